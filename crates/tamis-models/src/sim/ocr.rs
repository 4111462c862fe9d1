//! Words that might stand in a picture of this size, line below line.

use tamis_core::RecordId;
use tamis_core::geometry::BBox;
use tamis_core::model::{OcrReply, OcrWord};
use tamis_core::rng::Rng;

const WORDS: [&str; 24] = [
    "EXIT", "Open", "Total", "Sale", "12.50", "Street", "No", "parking", "2019", "Station", "Main", "Coffee", "Bakery",
    "7", "Page", "Fig.", "Stop", "Platform", "Left", "Monday", "50%", "off", "Hotel", "Market",
];

/// Reads a picture of `width` x `height` pixels without looking at it.
pub(super) fn read(width: u32, height: u32, digest: [u8; 16]) -> OcrReply {
    let mut rng = Rng::keyed(0, RecordId(digest), "simulated reading", &[]);
    let (width, height) = (f64::from(width), f64::from(height));
    let size = (height / 16.0).max(1.0);
    let lines = 1 + rng.below(4);
    let mut words = Vec::new();
    for line in 0..lines {
        let top = height * 0.1 + line as f64 * size * 1.8;
        let mut left = width * 0.08;
        for _ in 0..1 + rng.below(5) {
            let text = *rng.pick(&WORDS).unwrap_or(&WORDS[0]);
            let right = left + text.len() as f64 * size * 0.6;
            if right > width * 0.95 || top + size > height {
                break;
            }
            words.push(OcrWord {
                text: text.to_string(),
                bbox: BBox([left, top, right, top + size]),
                confidence: (rng.range(0.6, 1.0) * 100.0).round() / 100.0,
                line: line as u32,
                block: 0,
            });
            left = right + size * 0.5;
        }
    }
    OcrReply { words }
}

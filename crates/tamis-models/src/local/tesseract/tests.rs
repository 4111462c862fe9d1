//! A picture of two lines is read by the program that is installed.

use image::DynamicImage;
use tamis_core::media::{MediaKind, MemoryStore};

use super::*;

/// `Fresh bread` over `today 2026`, black on white.
const TEXT: &[u8] = include_bytes!("text.png");

fn tesseract() -> Tesseract {
    Tesseract::find(&Options::default(), 60.0)
        .unwrap_or_else(|e| panic!("{e}\n(`cargo xtask test` installs what the tests need)"))
}

async fn read(bytes: &[u8]) -> (Vec<OcrWord>, Vec<String>) {
    let store = MemoryStore::new();
    let image = store.put(MediaKind::Image, bytes).unwrap();
    let answered = tesseract().read(&OcrRequest { image, languages: Vec::new() }, &store).await.unwrap();
    let Reply::Ocr(reply) = answered.reply else { panic!("{:?}", answered.reply) };
    (reply.words, answered.notes)
}

/// The box around what is dark in this part of the picture.
fn ink(image: &DynamicImage, part: [u32; 4]) -> [f64; 4] {
    let grey = image.to_luma8();
    let dark = |x: u32, y: u32| grey.get_pixel(x, y).0[0] < 128;
    let spots: Vec<(u32, u32)> = (part[1]..part[3])
        .flat_map(|y| (part[0]..part[2]).map(move |x| (x, y)))
        .filter(|(x, y)| dark(*x, *y))
        .collect();
    let across = spots.iter().map(|s| s.0);
    let down = spots.iter().map(|s| s.1);
    let (left, right) = (across.clone().min().unwrap(), across.max().unwrap() + 1);
    let (top, bottom) = (down.clone().min().unwrap(), down.max().unwrap() + 1);
    [left, top, right, bottom].map(f64::from)
}

#[tokio::test]
async fn words_are_read_with_boxes_that_hug_the_ink() {
    let (words, notes) = read(TEXT).await;
    let texts: Vec<_> = words.iter().map(|w| (w.text.as_str(), w.line, w.block)).collect();
    assert_eq!(texts, [("Fresh", 0, 0), ("bread", 0, 0), ("today", 1, 0), ("2026", 1, 0)]);
    assert!(notes.is_empty() && words.iter().all(|w| w.confidence > 0.8 && w.confidence <= 1.0));
    let image = image::load_from_memory(TEXT).unwrap();
    for word in words {
        let [x0, y0, x1, y1] = word.bbox.0;
        let around = [x0 - 4.0, y0 - 4.0, x1 + 4.0, y1 + 4.0].map(|n| n.max(0.0) as u32);
        let ink = ink(&image, around);
        let off = word.bbox.0.iter().zip(ink).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off <= 2.0, "{} at {:?}, ink at {ink:?}", word.text, word.bbox.0);
    }
}

#[tokio::test]
async fn a_picture_that_is_stored_turned_is_read_upright() {
    let (expected, _) = read(TEXT).await;
    let turned = image::load_from_memory(TEXT).unwrap().to_rgb8();
    let turned = image::imageops::rotate270(&turned);
    let mut jpeg = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 95);
    encoder.encode(&turned, turned.width() as u16, turned.height() as u16, jpeg_encoder::ColorType::Rgb).unwrap();
    // Orientation 6: to be turned by 90 degrees clockwise.
    let mut exif = b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    exif.splice(0..0, jpeg.drain(..2));
    exif.extend(jpeg);
    let (words, notes) = read(&exif).await;
    let texts = |words: &[OcrWord]| words.iter().map(|w| w.text.clone()).collect::<Vec<_>>();
    assert_eq!((texts(&words), notes.len()), (texts(&expected), 1));
    for (a, b) in words.iter().zip(&expected) {
        assert!(a.bbox.iou(&b.bbox) > 0.8, "{a:?} {b:?}");
    }
}

#[tokio::test]
async fn an_empty_picture_has_no_words() {
    let white = DynamicImage::ImageLuma8(image::GrayImage::from_pixel(200, 100, image::Luma([255])));
    assert_eq!(read(&encode_png(&white).unwrap()).await.0, []);
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let absent = Options { tesseract: "no-such-tesseract".into(), ..Options::default() };
    let said = Tesseract::find(&absent, 1.0).err().unwrap();
    assert!(said.contains("apt-get install tesseract-ocr"), "{said}");
    let said = Tesseract::find(&Options { languages: vec!["tlh".into()], ..Options::default() }, 1.0).err().unwrap();
    assert!(said.contains("no data for the language `tlh`") && said.contains("tesseract-ocr-tlh"), "{said}");
    assert!(Options { languages: vec!["-c x".into()], ..Options::default() }.check().is_err());
    assert!(tesseract().languages(&["--psm".into()]).unwrap_err().contains("no language"));
    assert!(version(&Options::default()).unwrap().starts_with("tesseract "));
}

#[tokio::test]
async fn a_program_that_hangs_is_stopped_in_time() {
    let tesseract = Tesseract { timeout: Duration::from_millis(200), ..tesseract() };
    let mut hangs = Command::new("sleep");
    hangs.arg("30");
    let began = std::time::Instant::now();
    let fault = tesseract.run(hangs, Bytes::from(TEXT)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::TimedOut);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn lines_and_blocks_are_counted_through_the_picture() {
    let table = "level\tpage_num\n5\t1\t1\t1\t1\t1\t1\t2\t3\t4\t91.5\ta\n5\t1\t1\t2\t1\t1\t1\t2\t3\t4\t-1\tb\n\
                 4\t1\t2\t1\t1\t0\t0\t0\t0\t0\t-1\t\n5\t1\t2\t1\t1\t1\t1\t2\t3\t4\t50\tc\td\n5\t1\t2\t1\t1\t2\t0\t0\t1\t1\t5\t  \n";
    let words = words(table).unwrap();
    let got: Vec<_> = words.iter().map(|w| (w.text.as_str(), w.line, w.block, w.confidence)).collect();
    assert_eq!(got, [("a", 0, 0, 0.915), ("b", 1, 0, 0.0), ("c\td", 2, 1, 0.5)]);
    assert_eq!(words[0].bbox.0, [1.0, 2.0, 4.0, 6.0]);
    assert!(super::words("\n5\t1\t1\t1\t1\t1\tx\t2\t3\t4\t91\ta").is_err());
}

//! How many tokens texts and pictures are, before anybody is asked.

use std::sync::OnceLock;

use serde::Serialize;
use tiktoken_rs::CoreBPE;

/// Tokens that chat templates put around each message.
pub(crate) const PER_MESSAGE: f64 = 4.0;

/// Tokens of a text in the `o200k` vocabulary, which is within some percent of what other recent vocabularies give.
///
/// The vocabulary is part of the program (3.6 MB). Its first use takes about 0.2 s and 50 MB of memory, so it is used
/// for plans; running calls use [`roughly`].
pub fn count(text: &str) -> usize {
    static VOCABULARY: OnceLock<Option<CoreBPE>> = OnceLock::new();
    match VOCABULARY.get_or_init(|| tiktoken_rs::o200k_base().ok()) {
        Some(vocabulary) => vocabulary.encode_ordinary(text).len(),
        None => roughly(text) as usize,
    }
}

/// Tokens of a text by its length: a quarter for each ASCII character, 0.7 for each other. For reservations.
pub fn roughly(text: &str) -> f64 {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let others = text.chars().count() - ascii;
    (ascii as f64 / 4.0 + others as f64 * 0.7).ceil()
}

/// How a model counts the tokens of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageTokens {
    /// Qwen2-VL and Qwen2.5-VL: 28-pixel cells of the picture scaled into a range of pixels, and two marks.
    /// Qwen2-VL, arXiv:2409.12191, section 2.1
    Qwen {
        /// fewest pixels, 56 x 56 in the published configuration
        min_pixels: u64,
        /// most pixels, 16384 x 28 x 28 in the published configuration
        max_pixels: u64,
    },
    /// OpenAI's high detail: scaled into 2048 x 2048, the shorter side to 768, then 85 and 170 for each tile of 512
    OpenaiTiles,
    /// InternVL 1.5 and later: up to 12 tiles of 448 in the nearest aspect ratio and a thumbnail, 256 for each.
    /// InternVL 1.5, arXiv:2404.16821, section 3.3
    Internvl,
    /// LLaVA-1.5: 24 x 24 patches whatever the size
    Llava,
    /// Pixtral: patches of 16 pixels of the picture scaled into 1024 x 1024, and a mark for each row.
    /// arXiv:2410.07073, section 2.2
    Pixtral,
    /// Claude: pixels / 750 of the picture scaled into 1568 x 1568 and, after that, to about 1,600 tokens.
    /// Anthropic's guide to vision, "Evaluate image size" and "Calculate image costs"
    Anthropic,
    /// Gemini 1.5 to 2.5: 258 for a picture of at most 384 x 384, else for each tile; the tiles' side is the shorter side
    /// / 1.5, between 256 and 768. Gemini API guide to image understanding, "Token calculation"
    Gemini,
    /// the same for every picture
    Fixed(f64),
}

impl ImageTokens {
    /// The names of the formulas in `models.yaml`.
    pub const NAMES: &[&str] =
        &["qwen2-vl", "qwen2.5-vl", "openai-tiles", "internvl", "llava", "pixtral", "anthropic", "gemini"];

    /// The formula of this name.
    pub fn named(name: &str) -> Option<ImageTokens> {
        match name {
            "qwen2-vl" | "qwen2.5-vl" => Some(ImageTokens::Qwen { min_pixels: 56 * 56, max_pixels: 16384 * 28 * 28 }),
            "openai-tiles" => Some(ImageTokens::OpenaiTiles),
            "internvl" => Some(ImageTokens::Internvl),
            "llava" => Some(ImageTokens::Llava),
            "pixtral" => Some(ImageTokens::Pixtral),
            "anthropic" => Some(ImageTokens::Anthropic),
            "gemini" => Some(ImageTokens::Gemini),
            _ => None,
        }
    }

    /// The formula that a model of this name is known to use.
    pub fn of_model(model: &str) -> Option<ImageTokens> {
        let model = model.to_lowercase();
        let known = [
            ("qwen2-vl", "qwen2-vl"),
            ("qwen2.5-vl", "qwen2-vl"),
            ("gpt-4o", "openai-tiles"),
            ("gpt-4.1", "openai-tiles"),
            ("internvl", "internvl"),
            ("llava-1.5", "llava"),
            ("llava-v1.5", "llava"),
            ("pixtral", "pixtral"),
            ("claude", "anthropic"),
            ("gemini-1.5", "gemini"),
            ("gemini-2", "gemini"),
        ];
        let mini = model.contains("mini") || model.contains("nano");
        let (_, name) = known.iter().find(|(part, _)| model.contains(part) && !(mini && part.starts_with("gpt")))?;
        ImageTokens::named(name)
    }

    /// Tokens of a picture of this many pixels.
    pub fn of(self, width: u32, height: u32) -> f64 {
        let (width, height) = (f64::from(width.max(1)), f64::from(height.max(1)));
        match self {
            ImageTokens::Qwen { min_pixels, max_pixels } => qwen(width, height, min_pixels as f64, max_pixels as f64),
            ImageTokens::OpenaiTiles => openai(width, height),
            ImageTokens::Internvl => internvl(width, height),
            ImageTokens::Llava => 576.0,
            ImageTokens::Pixtral => pixtral(width, height),
            ImageTokens::Anthropic => anthropic(width, height),
            ImageTokens::Gemini => gemini(width, height),
            ImageTokens::Fixed(tokens) => tokens,
        }
    }
}

fn qwen(width: f64, height: f64, min_pixels: f64, max_pixels: f64) -> f64 {
    const CELL: f64 = 28.0;
    let mut columns = (width / CELL).round_ties_even().max(1.0);
    let mut rows = (height / CELL).round_ties_even().max(1.0);
    let pixels = columns * rows * CELL * CELL;
    if pixels > max_pixels {
        let shrink = (width * height / max_pixels).sqrt();
        columns = (width / shrink / CELL).floor().max(1.0);
        rows = (height / shrink / CELL).floor().max(1.0);
    } else if pixels < min_pixels {
        let grow = (min_pixels / (width * height)).sqrt();
        columns = (width * grow / CELL).ceil();
        rows = (height * grow / CELL).ceil();
    }
    columns * rows + 2.0
}

fn openai(width: f64, height: f64) -> f64 {
    let fit = (2048.0 / width.max(height)).min(1.0);
    let (width, height) = (width * fit, height * fit);
    let fit = (768.0 / width.min(height)).min(1.0);
    let tiles = (width * fit / 512.0).ceil() * (height * fit / 512.0).ceil();
    85.0 + 170.0 * tiles
}

fn internvl(width: f64, height: f64) -> f64 {
    const TILE: f64 = 448.0;
    let ratio = width / height;
    let grids = (1..=12u32).flat_map(|columns| (1..=12 / columns).map(move |rows| (columns, rows)));
    let mut grids: Vec<(f64, f64)> = grids.map(|(columns, rows)| (f64::from(columns), f64::from(rows))).collect();
    grids.sort_by(|a, b| (a.0 * a.1).total_cmp(&(b.0 * b.1)));
    let (mut best, mut least) = ((1.0, 1.0), f64::INFINITY);
    for (columns, rows) in grids {
        let difference = (ratio - columns / rows).abs();
        let larger_fits = difference == least && width * height > 0.5 * TILE * TILE * columns * rows;
        if difference < least || larger_fits {
            (best, least) = ((columns, rows), difference);
        }
    }
    let tiles = best.0 * best.1;
    256.0 * if tiles > 1.0 { tiles + 1.0 } else { 1.0 }
}

fn pixtral(width: f64, height: f64) -> f64 {
    let shrink = (width.max(height) / 1024.0).max(1.0);
    let columns = (width / shrink / 16.0).ceil();
    let rows = (height / shrink / 16.0).ceil();
    (columns + 1.0) * rows
}

fn anthropic(width: f64, height: f64) -> f64 {
    let shrink = (1568.0 / width.max(height)).min(1.0);
    (width * shrink * height * shrink / 750.0).ceil().min(1600.0)
}

fn gemini(width: f64, height: f64) -> f64 {
    if width <= 384.0 && height <= 384.0 {
        return 258.0;
    }
    let side = (width.min(height) / 1.5).floor().clamp(256.0, 768.0);
    258.0 * (width / side).ceil() * (height / side).ceil()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_tokens_follow_the_published_formulas() {
        let of = |name: &str, width, height| ImageTokens::named(name).unwrap().of(width, height);
        assert_eq!(of("qwen2-vl", 640, 480), 23.0 * 17.0 + 2.0);
        assert_eq!(of("qwen2-vl", 20, 20), 2.0 * 2.0 + 2.0);
        assert_eq!(of("openai-tiles", 1024, 1024), 85.0 + 170.0 * 4.0);
        assert_eq!(of("openai-tiles", 512, 512), 85.0 + 170.0);
        assert_eq!(of("openai-tiles", 4096, 8192), 85.0 + 170.0 * 6.0);
        assert_eq!(of("internvl", 448, 448), 256.0);
        assert_eq!(of("internvl", 896, 896), 5.0 * 256.0);
        assert_eq!(of("internvl", 1792, 1344), 13.0 * 256.0);
        assert_eq!(of("llava", 10, 10), 576.0);
        assert_eq!(of("pixtral", 1024, 1024), 65.0 * 64.0);
        assert_eq!(of("pixtral", 2048, 1024), 65.0 * 32.0);
        assert_eq!(of("anthropic", 200, 200), 54.0);
        assert_eq!(of("anthropic", 1000, 1000), 1334.0);
        assert_eq!(of("anthropic", 1092, 1092), 1590.0);
        assert_eq!(of("anthropic", 8000, 4000), 1600.0);
        assert_eq!(of("anthropic", 8000, 2000), 820.0);
        assert_eq!(of("gemini", 384, 384), 258.0);
        assert_eq!(of("gemini", 960, 540), 258.0 * 6.0);
        assert_eq!(of("gemini", 3000, 3000), 258.0 * 16.0);
    }

    #[test]
    fn a_very_large_picture_is_scaled_to_the_most_pixels() {
        let formula = ImageTokens::Qwen { min_pixels: 3136, max_pixels: 1280 * 28 * 28 };
        assert!(formula.of(4000, 3000) <= 1282.0);
    }

    #[test]
    fn text_is_counted_exactly_and_roughly() {
        let text = "A brown dog runs across the wet sand after a red ball.";
        assert_eq!(count(text), 13);
        assert!((10.0..17.0).contains(&roughly(text)));
    }

    #[test]
    fn known_models_have_their_formula() {
        assert!(matches!(ImageTokens::of_model("Qwen/Qwen2.5-VL-72B-Instruct"), Some(ImageTokens::Qwen { .. })));
        assert_eq!(ImageTokens::of_model("gpt-4o-mini"), None);
        assert_eq!(ImageTokens::of_model("claude-sonnet-4-5"), Some(ImageTokens::Anthropic));
        assert_eq!(ImageTokens::of_model("gemini-2.5-flash"), Some(ImageTokens::Gemini));
        assert_eq!(ImageTokens::of_model("something"), None);
    }
}

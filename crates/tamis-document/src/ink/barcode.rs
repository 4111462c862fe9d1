//! Code 128 (ISO/IEC 15417), character set B.

use kurbo::Rect;
use tamis_draw::Color;
use tamis_draw::scene::Node;

/// Bars as wide as their place, with quiet zones; `None` when a character is not in set B.
pub(crate) fn draw(text: &str, width: f64, height: f64) -> Option<Node> {
    let codes = codes(text)?;
    let modules = 11 * codes.len() + 2 + 20;
    let module = width / modules as f64;
    let mut x = 10.0 * module;
    let mut nodes = Vec::new();
    let mut bar = |x: f64, w: f64| {
        let id = format!("bar.{}", nodes.len());
        nodes.push(Node::fill(id, "ground", Rect::new(x, 0.0, x + w, height), Color::BLACK));
    };
    for code in codes {
        for (i, digit) in PATTERNS[code].bytes().enumerate() {
            let w = f64::from(digit - b'0') * module;
            if i % 2 == 0 {
                bar(x, w);
            }
            x += w;
        }
    }
    bar(x, 2.0 * module);
    Some(Node::group("barcode", "barcode", nodes))
}

/// Start, characters, check sum (weighted sum modulo 103), stop.
fn codes(text: &str) -> Option<Vec<usize>> {
    const START_B: usize = 104;
    const STOP: usize = 106;
    let mut codes = vec![START_B];
    for c in text.bytes() {
        codes.push(usize::from(c.checked_sub(32).filter(|c| *c < 95)?));
    }
    let check = START_B + codes.iter().skip(1).zip(1..).map(|(c, weight)| c * weight).sum::<usize>();
    codes.extend([check % 103, STOP]);
    Some(codes)
}

/// Widths of bars and spaces in turn, in modules; the stop's last bar is drawn apart.
const PATTERNS: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213", "221312",
    "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132", "221231", "213212",
    "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321", "232121",
    "111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331",
    "132131", "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131", "311123",
    "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111", "111224", "111422", "121124",
    "121421", "141122", "141221", "112214", "112412", "122114", "122411", "142112", "142211", "241211", "221114",
    "413111", "241112", "134111", "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112",
    "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311",
    "113141", "114131", "311141", "411131", "211412", "211214", "211232", "233111",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sum_is_that_of_the_standard() {
        // The worked example of the standard's commentaries: "PJJ123C" has the check sum 54 in set A, whose start sign
        // counts one less than that of set B.
        assert_eq!(codes("PJJ123C").unwrap()[8], 55);
        assert!(codes("é").is_none());
    }

    #[test]
    fn every_pattern_is_eleven_modules_wide() {
        for pattern in &PATTERNS {
            assert_eq!(pattern.bytes().map(|b| u32::from(b - b'0')).sum::<u32>(), 11, "{pattern}");
        }
    }
}

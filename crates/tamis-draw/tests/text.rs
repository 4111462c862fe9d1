//! Text in every script we say we can set.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

use tamis_draw::Color;
use tamis_draw::text::{Anchor, Font, Style, line, paragraph};

fn style(size: f64) -> Style {
    Style::new(Font::new("Open Sans"), size, Color::BLACK)
}

#[test]
fn every_script_has_glyphs_whatever_font_is_asked_for() {
    for text in [
        "Größe Ærø naïve",
        "Ελληνικά",
        "Русский текст",
        "中文图表标题",
        "日本語のグラフ",
        "한국어 차트",
        "العربية",
        "हिन्दी चार्ट",
        "€ £ ¥ ± × ÷ ≤ ≥ ° µ ² ½ → ∑",
    ] {
        let line = line(text, &style(20.0));
        assert!(!line.has_missing_glyph(), "{text}");
        assert_eq!(line.text, text);
    }
    assert!(line("\u{10FFFD}", &style(20.0)).has_missing_glyph());
}

#[test]
fn glyphs_stand_in_a_row_and_sum_up_to_the_width() {
    let line = line("Total 1,234.5", &style(16.0));
    let sum: f64 = line.glyphs.iter().map(|g| g.advance).sum();
    assert!((sum - line.width).abs() < 0.01, "{sum} {}", line.width);
    assert!(line.glyphs.windows(2).all(|w| w[0].x < w[1].x && w[0].range.end <= w[1].range.start));
    let ink = line.ink().unwrap();
    assert!(ink.x0 > -1.0 && ink.x1 < line.width + 1.0 && ink.y0 > -line.ascent && ink.y1 < line.descent);
}

#[test]
fn arabic_runs_from_right_to_left_and_joins() {
    let line = line("سلام", &style(20.0));
    let first = line.glyphs.iter().find(|g| g.range.start == 0).unwrap();
    assert!(line.glyphs.iter().all(|g| g.x <= first.x), "the first letter stands at the right");
    let apart: f64 = "سلام".chars().map(|c| super_line(c).width).sum();
    assert!(line.width < apart, "joined letters are narrower than letters alone");
}

fn super_line(c: char) -> tamis_draw::text::Line {
    line(&c.to_string(), &style(20.0))
}

#[test]
fn a_paragraph_keeps_every_word_and_its_width() {
    let text = "Quarterly revenue of all regions in million euros, without discontinued operations\nSecond line";
    let lines = paragraph(text, &style(14.0), 160.0);
    assert!(lines.len() > 3 && lines.iter().all(|l| l.width <= 160.0 + 0.01));
    let words: Vec<_> = lines.iter().flat_map(|l| l.text.split_whitespace()).collect();
    assert_eq!(words, text.split_whitespace().collect::<Vec<_>>());
    let long = paragraph(&"x".repeat(200), &style(14.0), 100.0);
    assert!(long.len() > 5 && long.iter().all(|l| l.width <= 100.01), "a word wider than the line is broken");
}

#[test]
fn words_have_their_own_boxes_along_the_turned_line() {
    let run = line("two words", &style(20.0)).turned((50.0, 50.0), Anchor::START, 90.0);
    let words = run.words();
    assert_eq!(words.iter().map(|w| &run.text[w.range.clone()]).collect::<Vec<_>>(), ["two", "words"]);
    // Turned by a quarter counter-clockwise, the text runs upwards.
    assert!(words[1].corners[0].y < words[0].corners[0].y);
    assert!(words.iter().all(|w| w.corners.iter().all(|c| c.x <= 56.0 && c.x > 20.0)));
}

#[test]
fn an_anchored_line_stands_where_its_anchor_says() {
    let centered = line("abc", &style(20.0)).at((100.0, 10.0), Anchor::TOP);
    let width = line("abc", &style(20.0)).width;
    assert!((centered.origin.x - (100.0 - width / 2.0)).abs() < 1e-9);
    assert!(centered.origin.y > 10.0);
}

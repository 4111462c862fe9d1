//! Specs that users write: hostile texts, holes of other crates, contradictions.

use tamis_document::spec::{
    Align, Block, Cell, Class, DocumentSpec, Hole, HoleKind, Inline, Language, Look, PageSpec, Ruling, Table, Text,
    TextStyle, Voice, Width,
};
use tamis_document::{Drawing, Error, Kind, NoArtist, lay_out};
use tamis_draw::Color;
use tamis_draw::kurbo::Rect;
use tamis_draw::scene::Node;

fn look() -> Look {
    let sans = vec!["DejaVu Sans".to_string()];
    Look {
        body: sans.clone(),
        display: sans.clone(),
        mono: sans.clone(),
        hand: sans,
        size: 11.0,
        leading: 0.65,
        paragraph_gap: 1.0,
        justify: false,
        paper: Color::WHITE,
        ink: Color::BLACK,
        faint: Color::rgb(0x555555),
        accent: Color::rgb(0x1f3a5f),
        tint: Color::rgb(0xeeeeee),
        pen: Color::rgb(0x1c2f80),
        ruling: Ruling::Grid,
    }
}

fn style() -> TextStyle {
    TextStyle {
        size: 11.0,
        voice: Voice::Body,
        weight: 400,
        italic: false,
        color: None,
        align: Align::Start,
        tracking: 0.0,
        above: 10.0,
        below: 10.0,
        first_indent: 0.0,
        sticky: false,
    }
}

fn text(id: &str, says: &str) -> Block {
    let inlines = vec![Inline::Plain(says.into())];
    Block::Text(Text { id: id.into(), class: Class::Text, level: 0, inlines, style: style() })
}

fn spec(body: Vec<Block>) -> DocumentSpec {
    DocumentSpec {
        kind: Kind::Letter,
        language: Language::En,
        seed: 1,
        title: "Written by hand".into(),
        page: PageSpec { dpi: 96.0, ..PageSpec::a4() },
        look: look(),
        header: Vec::new(),
        footer: Vec::new(),
        body,
        facts: Vec::new(),
    }
}

fn words(body: Vec<Block>) -> Vec<String> {
    let document = lay_out(&spec(body), &mut NoArtist).expect("a page");
    document.pages.iter().flat_map(|p| &p.truth.words).map(|w| w.text.clone()).collect()
}

#[test]
fn markup_in_a_text_is_text() {
    let hostile = [
        r#"#set page(width: 1cm) *bold* _x_ $x^2$ = Heading - item @ref <label> `code` \ // comment"#,
        r#"")];#panic("out");[#"#,
        r#"\u{41} \n \" ${7*7} {{ 7 }} https://example.org/#a"#,
        "/* open comment",
    ];
    for says in hostile {
        let wanted: Vec<_> = says.split_whitespace().map(String::from).collect();
        assert_eq!(words(vec![text("t", says)]), wanted);
    }
}

#[test]
fn control_characters_and_line_breaks_are_spaces() {
    assert_eq!(words(vec![text("t", "a\u{0}b\nc\u{2028}d")]), ["a", "b", "c", "d"]);
}

#[test]
fn emoji_and_other_scripts_fall_back_to_fonts_that_have_them() {
    assert_eq!(words(vec![text("t", "ship 🚀 שלום 汉字 مرحبا")]).len(), 5);
}

#[test]
fn right_to_left_words_come_in_reading_order() {
    assert_eq!(words(vec![text("t", "مرحبا بكم في 2024 هنا")]), ["مرحبا", "بكم", "في", "2024", "هنا"]);
}

#[test]
fn a_word_of_ten_thousand_letters_is_broken_and_stays_on_its_page() {
    let long = "x".repeat(10_000);
    let document = lay_out(&spec(vec![text("t", &long)]), &mut NoArtist).unwrap();
    let seen: String = document.pages.iter().flat_map(|p| &p.truth.words).map(|w| w.text.as_str()).collect();
    assert_eq!(seen, long);
    assert_eq!(document.markdown, long);
}

#[test]
fn a_character_without_a_glyph_is_refused_with_its_name() {
    let error = lay_out(&spec(vec![text("t", "fine \u{13000}")]), &mut NoArtist).unwrap_err();
    assert!(matches!(error, Error::MissingGlyph { character: '\u{13000}', ref id } if id == "t"), "{error}");
}

#[test]
fn contradictions_are_refused() {
    let refused = |spec: &DocumentSpec| lay_out(spec, &mut NoArtist).unwrap_err();
    assert!(matches!(refused(&spec(vec![text("t", "a"), text("t", "b")])), Error::RepeatedId(_)));
    let mut small = spec(vec![text("t", "a")]);
    small.page.width = 1.0;
    assert!(matches!(refused(&small), Error::Range { .. }));
    let mut font = spec(vec![text("t", "a")]);
    font.look.body = vec!["Papyrus".into()];
    assert!(matches!(refused(&font), Error::UnknownFont(_)));
    assert!(matches!(refused(&spec(vec![table(vec![vec![Cell::new("a")]])])), Error::Ragged { .. }));
    let long = "word ".repeat(80_000);
    assert!(matches!(refused(&spec(vec![text("t", &long)])), Error::TooLarge { .. }));
}

fn table(rows: Vec<Vec<Cell>>) -> Block {
    let columns = vec![(Width::Auto, Align::Start), (Width::Fixed(30.0), Align::End)];
    Block::Table(Table {
        id: "table".into(),
        columns,
        header_rows: 1,
        rows,
        size: 10.0,
        ruling: Ruling::Grid,
        inset: [5.0, 4.0],
    })
}

#[test]
fn a_table_is_known_cell_by_cell() {
    let rows = vec![
        vec![Cell::new("Item | unit"), Cell::new("Sum & more")],
        vec![Cell::new("Bolt"), Cell::new("3 %")],
        vec![Cell::new("both").spanning(2)],
    ];
    let document = lay_out(&spec(vec![table(rows)]), &mut NoArtist).unwrap();
    let truth = &document.pages[0].truth;
    let table = &truth.tables[0];
    assert_eq!(table.cells.len(), 5);
    assert_eq!(
        table.html,
        "<table><thead><tr><th>Item | unit</th><th>Sum &amp; more</th></tr></thead>\
         <tbody><tr><td>Bolt</td><td>3 %</td></tr><tr><td colspan=\"2\">both</td></tr></tbody></table>"
    );
    assert_eq!(document.markdown, "| Item \\| unit | Sum & more |\n| --- | --: |\n| Bolt | 3 % |\n| both | |");
    assert!(table.latex.contains("\\multicolumn{2}{l}{both}") && table.latex.contains("3 \\%"));
    for line in &truth.lines {
        let [x0, y0, x1, y1] = line.bbox;
        let holds = |c: &[f64; 4]| x0 >= c[0] && y0 >= c[1] && x1 <= c[2] && y1 <= c[3];
        assert_eq!(table.cells.iter().filter(|c| holds(&c.bbox)).count(), 1, "{line:?}");
    }
    // Neighbours share their edge.
    assert!((table.cells[0].bbox[2] - table.cells[1].bbox[0]).abs() < 0.01);
}

#[test]
fn an_artist_fills_holes_at_the_size_it_wants() {
    let kind = HoleKind::Chart { topic: "sales".into() };
    let hole = Hole { id: "chart".into(), class: Class::Figure, kind, width: 100.0, height: 60.0 };
    let spec = spec(vec![text("above", "Above"), Block::Hole(hole, Align::Center), text("below", "Below")]);
    assert!(matches!(lay_out(&spec, &mut NoArtist), Err(Error::Undrawn { .. })));
    let mut artist = |hole: &Hole, scale: f64| {
        let (width, height) = (hole.width * scale, 50.0);
        let node = Node::fill("bar", "bar", Rect::new(0.0, 0.0, width, height), Color::BLACK);
        Some(Drawing { node, width, height, baseline: None, markdown: Some("a chart".into()) })
    };
    let document = lay_out(&spec, &mut artist).unwrap();
    let page = &document.pages[0];
    assert_eq!(document.markdown, "Above\n\na chart\n\nBelow");
    let block = page.truth.blocks.iter().find(|b| b.id == "chart").unwrap();
    assert!((block.bbox[3] - block.bbox[1] - 50.0).abs() < 0.1, "{:?}", block.bbox);
    let middle = (block.bbox[0] + block.bbox[2]) / 2.0;
    assert!((middle - f64::from(page.truth.width) / 2.0).abs() < 0.6, "{middle}");
    assert!(page.scene.find("chart/bar").is_some());
}

#[test]
fn a_broken_word_is_whole_in_the_text_and_hyphenated_on_the_page() {
    let says = "unbelievable responsibility characteristically disproportionate misunderstanding ".repeat(6);
    let mut narrow = spec(vec![text("t", &says)]);
    narrow.page.margins = [20.0, 90.0, 20.0, 90.0];
    if let Block::Text(text) = &mut narrow.body[0] {
        text.style.align = Align::Justify;
    }
    let document = lay_out(&narrow, &mut NoArtist).unwrap();
    let truth = &document.pages[0].truth;
    assert!(truth.words.iter().any(|w| w.text.ends_with('-')));
    assert_eq!(truth.blocks[0].text, says.trim());
}

//! Formulas: what is true of each sampled one, and what becomes of hostile LaTeX.
#![allow(clippy::unwrap_used)] // a helper's failure is the test's failure

use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::render;
use tamis_page::formula::{self, FormulaError, FormulaSpec, Level, Typeface};

fn rng(name: &str) -> Rng {
    Rng::keyed(8, RecordId::input(name), "formulas", &[])
}

#[test]
fn every_sampled_formula_is_drawn_in_every_typeface() {
    for level in Level::ALL {
        for i in 0..60 {
            let mut spec = formula::sample(Some(level), &mut rng(&format!("{level:?} {i}")));
            assert_eq!(formula::normalise(&spec.latex), spec.latex);
            spec.typeface = Typeface::ALL[i % Typeface::ALL.len()];
            let (scene, set) = formula::formula_scene(&spec).unwrap_or_else(|e| panic!("{}: {e}", spec.latex));
            let elements = scene.elements();
            for symbol in &set.symbols {
                let found = elements.iter().find(|e| e.id == symbol.id);
                let found = found.unwrap_or_else(|| panic!("{}: {:?} has no box", spec.latex, symbol));
                let b = found.bbox;
                let inside =
                    b.x0 > 0.0 && b.y0 > 0.0 && b.x1 < f64::from(scene.width) && b.y1 < f64::from(scene.height);
                assert!(inside, "{}: {symbol:?} {b:?}", spec.latex);
            }
        }
    }
}

#[test]
fn every_level_has_topics_and_a_default_run_covers_them() {
    let mut seen = std::collections::BTreeSet::new();
    for i in 0..900 {
        let spec = formula::sample(None, &mut rng(&format!("cover {i}")));
        seen.insert((spec.level, spec.topic));
    }
    let all: usize = Level::ALL.iter().map(|l| formula::topics(*l).len()).sum();
    assert!(all > 40 && seen.len() == all, "{} of {all}", seen.len());
}

#[test]
fn a_symbol_has_the_box_of_its_ink() {
    let (scene, set) = formula::formula_scene(&FormulaSpec::new(r"\frac{a}{b}+x^{2}")).unwrap();
    let texts: Vec<&str> = set.symbols.iter().map(|s| s.text.as_str()).collect();
    assert!(["a", "b", "+", "x", "2"].iter().all(|t| texts.contains(t)), "{texts:?}");
    for symbol in &set.symbols {
        let mask = render::mask(&scene, &symbol.id).unwrap();
        let b = scene.bbox(&symbol.id).unwrap();
        for (i, _) in mask.iter().enumerate().filter(|(_, m)| **m > 0) {
            let (x, y) = ((i as u32 % scene.width) as f64, (i as u32 / scene.width) as f64);
            assert!(x + 1.0 >= b.x0 - 1.0 && x <= b.x1 + 1.0 && y + 1.0 >= b.y0 - 1.0 && y <= b.y1 + 1.0);
        }
    }
}

#[test]
fn handwriting_is_the_same_for_a_seed_and_differs_between_seeds() {
    let spec = |seed| FormulaSpec { typeface: Typeface::Hand, seed, ..FormulaSpec::new(r"\int_{0}^{1} x^{2}+3x") };
    let draw = |seed| render::pixels(&formula::formula_scene(&spec(seed)).unwrap().0).unwrap();
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1).rgba, draw(2).rgba);
}

#[test]
fn latex_that_does_not_parse_is_refused_with_its_place() {
    let place = |latex: &str| match formula::typeset(&FormulaSpec::new(latex), "f") {
        Err(FormulaError::Parse { position, .. }) => position,
        other => panic!("{latex}: {other:?}"),
    };
    assert_eq!(place(r"a + \frac{1}{"), 13);
    assert_eq!(place(r"é + \nonsense"), 4);
    for latex in [r"\left( a", "a^", "a^b^c", r"\begin{matrix} a", "}", "{", r"\sqrt", "&", r"\end{cases}"] {
        place(latex);
    }
}

#[test]
fn hostile_latex_is_refused_or_drawn_but_never_more() {
    let set = |latex: &str| formula::formula_scene(&FormulaSpec::new(latex)).map(|_| ());
    assert_eq!(set(""), Err(FormulaError::Empty));
    assert_eq!(set("   "), Err(FormulaError::Empty));
    assert!(matches!(set("{}"), Err(FormulaError::NoInk { .. })));
    assert!(matches!(set(&"x".repeat(5000)), Err(FormulaError::Long { length: 5000 })));
    assert!(matches!(set(r"\def\a{\a\a}\a"), Err(FormulaError::Forbidden { position: 0, .. })));
    assert!(matches!(set(r"x\includegraphics{/etc/passwd}"), Err(FormulaError::Forbidden { position: 1, .. })));
    // Deep nesting may be drawn or refused; it must come back.
    let nested = [
        format!("{}x{}", "{".repeat(1500), "}".repeat(1500)),
        format!("{}x{}", r"\sqrt{".repeat(300), "}".repeat(300)),
    ];
    nested.iter().for_each(|latex| drop(set(latex)));
    assert!(matches!(set("\\text{\u{1f9ff}\u{10ffff}}"), Err(FormulaError::Glyph { .. })));
    assert!(set(r"\text{速度}=\frac{s}{t}").is_ok());
    assert!(matches!(
        formula::typeset(&FormulaSpec { size: 20_000.0, ..FormulaSpec::new("x") }, "f"),
        Err(FormulaError::Size { .. })
    ));
    assert!(matches!(set(r"\hspace{9000em} x"), Err(FormulaError::Large { .. })));
}

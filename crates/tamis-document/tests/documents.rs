//! Sampled documents of every kind and language: they are set, their truth is true, their sums add up.

use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_document::spec::{Class, DocumentSpec, Language};
use tamis_document::truth::{PageTruth, Table};
use tamis_document::{Document, Kind, NoArtist, Options, lay_out, sample};

fn spec(kind: Kind, language: Language, seed: u64) -> DocumentSpec {
    let mut rng = Rng::keyed(seed, RecordId::input(kind.name()), "document", &[]);
    sample(kind, &Options { language: Some(language), ..Options::default() }, &mut rng)
}

fn document(kind: Kind, language: Language, seed: u64) -> Document {
    let spec = spec(kind, language, seed);
    lay_out(&spec, &mut NoArtist).unwrap_or_else(|e| panic!("{} {} {seed}: {e}", kind.name(), language.code()))
}

/// One document of each kind in each language; the seeds differ so that the looks do.
fn all() -> impl Iterator<Item = (Kind, Language, Document)> {
    let each = |kind: Kind| Language::ALL.into_iter().map(move |language| (kind, language));
    Kind::ALL.into_iter().flat_map(each).map(|(kind, language)| {
        let seed = kind as u64 * 100 + language as u64;
        (kind, language, document(kind, language, seed))
    })
}

fn inside(inner: [f64; 4], outer: [f64; 4]) -> bool {
    inner[0] >= outer[0] - 0.01
        && inner[1] >= outer[1] - 0.01
        && inner[2] <= outer[2] + 0.01
        && inner[3] <= outer[3] + 0.01
}

#[test]
fn every_kind_in_every_language_has_words_in_lines_in_blocks_in_the_page() {
    for (kind, language, document) in all() {
        let name = format!("{} {}", kind.name(), language.code());
        assert!(!document.markdown.is_empty(), "{name}");
        for page in &document.pages {
            let truth = &page.truth;
            let edges = [0.0, 0.0, f64::from(truth.width), f64::from(truth.height)];
            for line in &truth.lines {
                let block = &truth.blocks[line.block];
                assert!(inside(line.bbox, block.bbox), "{name}: line {:?} leaves {}", line.text, block.id);
                for word in &truth.words[line.words.clone()] {
                    assert!(inside(word.bbox, line.bbox), "{name}: {:?} leaves its line", word.text);
                }
            }
            for block in &truth.blocks {
                assert!(inside(block.bbox, edges), "{name}: {} leaves the page: {:?}", block.id, block.bbox);
            }
        }
        let words = document.pages.iter().map(|p| p.truth.words.len()).sum::<usize>();
        assert!(words >= 12, "{name} has {words} words");
    }
}

#[test]
fn texts_of_different_blocks_do_not_overlap() {
    for (kind, language, document) in all() {
        for page in &document.pages {
            let truth = &page.truth;
            for (i, a) in truth.lines.iter().enumerate() {
                for b in &truth.lines[i + 1..] {
                    // Lines of one text may touch where letters reach up and down; handwriting leaves its line.
                    let hand = [a, b].iter().any(|l| truth.words[l.words.clone()].iter().any(|w| w.hand));
                    if a.block == b.block && truth.blocks[a.block].class != Class::Table || hand {
                        continue;
                    }
                    let (w, h) = (
                        a.bbox[2].min(b.bbox[2]) - a.bbox[0].max(b.bbox[0]),
                        a.bbox[3].min(b.bbox[3]) - a.bbox[1].max(b.bbox[1]),
                    );
                    assert!(w < 1.0 || h < 2.5, "{} {}: {:?} and {:?}", kind.name(), language.code(), a.text, b.text);
                }
            }
        }
    }
}

#[test]
fn every_scene_passes_the_checks() {
    let mut all_faults = Vec::new();
    for (kind, language, document) in all() {
        for page in &document.pages {
            let faults = tamis_draw::check::faults(&page.scene, &tamis_draw::check::Rules::default());
            all_faults.extend(faults.into_iter().map(|f| format!("{} {}: {f:?}", kind.name(), language.code())));
        }
    }
    assert!(all_faults.is_empty(), "{all_faults:#?}");
}

#[test]
fn what_is_read_of_a_block_is_what_the_spec_says() {
    for kind in [Kind::Letter, Kind::Contract, Kind::TwoColumnPaper] {
        for language in [Language::En, Language::De, Language::Ar, Language::Hi, Language::Ko] {
            let document = document(kind, language, 7);
            for page in &document.pages {
                for (i, block) in page.truth.blocks.iter().enumerate() {
                    let lines = page.truth.lines.iter().filter(|l| l.block == i);
                    let seen = lines.map(|l| l.text.as_str()).collect::<Vec<_>>().join(" ");
                    let letters = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
                    let is_text =
                        !matches!(block.class, Class::Table | Class::Figure | Class::PageNumber | Class::Stamp);
                    if is_text && block.class != Class::ListItem {
                        assert_eq!(letters(&seen), letters(&block.text), "{} {}", kind.name(), language.code());
                    }
                }
            }
        }
    }
}

#[test]
fn every_fact_stands_on_one_page_at_least() {
    for (kind, language, document) in all() {
        let facts = spec(kind, language, kind as u64 * 100 + language as u64).facts;
        for fact in facts {
            let found = document
                .pages
                .iter()
                .flat_map(|p| &p.truth.fields)
                .any(|f| f.name == fact.name && f.value == fact.value);
            assert!(found, "{} {}: {} = {:?}", kind.name(), language.code(), fact.name, fact.value);
        }
    }
}

fn number(pages: &Document, name: &str) -> i64 {
    let field = pages.pages.iter().flat_map(|p| &p.truth.fields).find(|f| f.name == name).expect("a field");
    (field.number.expect("a number") * 100.0).round() as i64
}

#[test]
fn invoices_and_receipts_add_up() {
    for language in Language::ALL {
        for seed in 0..4 {
            let invoice = document(Kind::Invoice, language, seed);
            assert_eq!(number(&invoice, "subtotal") + number(&invoice, "vat"), number(&invoice, "total"));
            let receipt = document(Kind::Receipt, language, seed);
            assert_eq!(number(&receipt, "cash") - number(&receipt, "total"), number(&receipt, "change"));
        }
    }
}

/// The figures of a cell.
fn digits(text: &str) -> i64 {
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}

fn column(table: &Table, column: usize) -> Vec<(usize, i64)> {
    let cells = table.cells.iter().filter(|c| c.column == column && c.columns == 1 && !c.header);
    cells.map(|c| (c.row, digits(&c.text))).collect()
}

#[test]
fn the_items_of_an_invoice_make_its_subtotal() {
    for seed in 0..6 {
        let document = document(Kind::Invoice, Language::Fr, seed);
        let tables: Vec<&Table> = document.pages.iter().flat_map(|p| &p.truth.tables).collect();
        let amounts: Vec<i64> = tables.iter().flat_map(|t| column(t, 3)).map(|(_, n)| n).collect();
        let items = &amounts[..amounts.len() - 3];
        assert_eq!(items.iter().sum::<i64>(), number(&document, "subtotal"));
        let (counts, prices) = (column(tables[0], 1), column(tables[0], 2));
        for ((count, price), amount) in counts.iter().zip(&prices).zip(items) {
            assert_eq!(count.1 * price.1, *amount);
        }
    }
}

#[test]
fn the_balance_of_a_statement_follows_its_bookings() {
    let document = document(Kind::Statement, Language::En, 3);
    let mut balance = number(&document, "opening");
    for table in document.pages.iter().flat_map(|p| &p.truth.tables) {
        let (debits, credits, balances) = (column(table, 2), column(table, 3), column(table, 4));
        for ((debit, credit), shown) in debits.iter().zip(&credits).zip(&balances) {
            balance += credit.1 - debit.1;
            assert_eq!(balance, shown.1);
        }
    }
    assert_eq!(balance, number(&document, "closing"));
}

#[test]
fn the_same_spec_gives_the_same_pages_on_every_thread() {
    let drawn = || {
        let pages = |kind| document(kind, Language::De, 11).pages;
        let pages = [Kind::Form, Kind::Newspaper, Kind::Slides].into_iter().flat_map(pages);
        pages.map(|p| (tamis_draw::render::svg(&p.scene), p.truth)).collect::<Vec<_>>()
    };
    let here = drawn();
    let there: Vec<_> = (0..3).map(|_| std::thread::spawn(drawn)).collect();
    for thread in there {
        assert!(thread.join().unwrap() == here);
    }
}

#[test]
fn a_spec_survives_being_written_down() {
    for kind in Kind::ALL {
        let spec = spec(kind, Language::Es, 5);
        let text = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<DocumentSpec>(&text).unwrap(), spec);
    }
}

#[test]
fn long_documents_run_over_pages_and_repeat_what_is_repeated() {
    let report = document(Kind::Report, Language::En, 2);
    assert!(report.pages.len() > 1);
    let has = |page: &PageTruth, class| page.blocks.iter().any(|b| b.class == class);
    for page in &report.pages {
        assert!(has(&page.truth, Class::Header) && has(&page.truth, Class::PageNumber));
    }
    assert!(report.pages[0].truth.markdown.starts_with("# "));
}

#[test]
fn a_text_that_runs_over_two_columns_is_two_blocks() {
    let mut continued = 0;
    for seed in 0..6 {
        let half = spec(Kind::TwoColumnPaper, Language::En, seed).page.column_width() * 144.0 / 25.4;
        let document = document(Kind::TwoColumnPaper, Language::En, seed);
        let blocks = document.pages.iter().flat_map(|p| &p.truth.blocks);
        for block in blocks.filter(|b| matches!(b.class, Class::Text | Class::ListItem) && b.text.len() > 120) {
            // Punctuation may hang over a column's edge.
            assert!(block.bbox[2] - block.bbox[0] < half + 6.0, "{} {:?}", block.id, block.bbox);
            continued += usize::from(block.continued);
        }
    }
    assert!(continued > 0);
}

#[test]
fn kinds_have_as_many_pages_as_they_say() {
    for kind in Kind::ALL {
        let pages: usize = Language::ALL.into_iter().map(|l| document(kind, l, 40 + l as u64).pages.len()).sum();
        let mean = pages as f64 / Language::ALL.len() as f64;
        assert!((mean / kind.pages() - 1.0).abs() < 0.35, "{}: {mean:.2} pages", kind.name());
    }
}

//! Generated tables: what is true of each of them, whatever was drawn.
#![allow(clippy::unwrap_used)] // a helper's failure is the test's failure

use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_page::table::{self, Cell, CellKind, DOMAINS, Room, RowRole, TableSpec, ThemeChoice};

fn rng(name: &str) -> Rng {
    Rng::keyed(21, RecordId::input(name), "tables", &[])
}

fn tables(count: usize) -> impl Iterator<Item = TableSpec> {
    (0..count).map(|i| table::sample_table(None, None, &mut rng(&format!("table {i}"))).unwrap())
}

#[test]
fn every_domain_has_tables_in_every_language_that_pass_the_scene_checks() {
    for language in table::languages() {
        for domain in DOMAINS {
            let spec = table::sample_table(Some(domain), Some(language), &mut rng(&format!("{language} {domain}")));
            let spec = spec.unwrap_or_else(|| panic!("no table of {domain} in {language}"));
            assert!((3..=20).contains(&spec.rows()) && (3..=20).contains(&spec.columns()));
            let drawn = table::draw_table(&spec, &Room::default()).unwrap();
            let faults = tamis_draw::check::faults(&drawn.scene, &tamis_draw::check::Rules::default());
            assert!(faults.is_empty(), "{language} {domain}, {:?}: {faults:?}", spec.draft().theme.name);
        }
    }
    assert!(table::sample_table(Some("nonsense"), None, &mut rng("x")).is_none());
}

#[test]
fn tables_have_merged_cells_groups_notes_totals_and_two_levels_of_headers() {
    let all: Vec<TableSpec> = tables(300).collect();
    let share = |what: &dyn Fn(&TableSpec) -> bool| all.iter().filter(|t| what(t)).count();
    assert!(share(&|t| t.cells().iter().any(|c| c.row_span > 1)) > 60);
    assert!(share(&|t| t.head() > 1) > 60);
    assert!(share(&|t| t.draft().rows.contains(&RowRole::Group)) > 30);
    assert!(share(&|t| t.draft().rows.contains(&RowRole::Total)) > 50);
    assert!(share(&|t| !t.draft().footnotes.is_empty()) > 40);
}

/// In whole units of the last decimal, so that sums are exact.
fn ticks(spec: &TableSpec, row: usize, column: usize) -> Option<i64> {
    let n = spec.number(row, column)?;
    Some((n.value * 10f64.powi(i32::from(n.decimals))).round() as i64)
}

#[test]
fn totals_are_the_sums_of_their_columns() {
    let mut checked = 0;
    for spec in tables(400) {
        let rows = spec.draft().rows.clone();
        for (row, role) in rows.iter().enumerate() {
            let parts: Vec<usize> = match role {
                RowRole::Total => spec.body_rows().collect(),
                RowRole::Subtotal => spec.body_rows().filter(|r| spec.group(*r) == spec.group(row)).collect(),
                _ => continue,
            };
            for column in (spec.stub()..spec.columns()).filter(|c| spec.draft().columns[*c].additive) {
                let sum: Option<i64> = parts.iter().map(|r| ticks(&spec, *r, column)).sum();
                assert_eq!(ticks(&spec, row, column), sum, "{} column {column}", spec.draft().caption);
                checked += 1;
            }
        }
    }
    assert!(checked > 300, "{checked}");
}

#[test]
fn a_number_is_written_as_its_text_says() {
    for spec in tables(200).filter(|s| s.draft().language == "en") {
        for cell in spec.cells().iter().filter(|c| c.number.is_some()) {
            let number = cell.number.as_ref().unwrap();
            let text = cell.text.split(" ±").next().unwrap();
            let digits = |t: &str| t.chars().filter(char::is_ascii_digit).collect::<String>();
            let written = format!("{:.*}", usize::from(number.decimals), number.value.abs());
            assert_eq!(digits(text), digits(&written), "{:?}", cell.text);
            let negative = text.starts_with(['-', '−', '(']);
            assert_eq!(negative, number.value < 0.0, "{:?}", cell.text);
        }
    }
}

/// A reader of the HTML that knows nothing of how it was written: places cells as browsers do.
fn read_back(html: &str) -> Vec<(usize, usize, usize, usize, bool, String)> {
    let body = &html[..html.find("<tfoot>").unwrap_or(html.len())];
    let mut taken = std::collections::BTreeSet::new();
    let mut cells = Vec::new();
    for (row, line) in body.split("<tr>").skip(1).enumerate() {
        let mut column = 0;
        for part in line.split_inclusive("</th>").flat_map(|p| p.split_inclusive("</td>")) {
            let Some(start) = part.find("<t") else { continue };
            let open = &part[start..start + part[start..].find('>').unwrap() + 1];
            if !open.starts_with("<th") && !open.starts_with("<td") {
                continue;
            }
            let span = |name: &str| {
                let at = open.find(&format!("{name}=\"")).map(|i| &open[i + name.len() + 2..]);
                at.map_or(1, |t| t[..t.find('"').unwrap()].parse().unwrap())
            };
            let (rows, columns): (usize, usize) = (span("rowspan"), span("colspan"));
            while taken.contains(&(row, column)) {
                column += 1;
            }
            (row..row + rows).for_each(|r| (column..column + columns).for_each(|c| assert!(taken.insert((r, c)))));
            let inside = &part[start + open.len()..part.rfind("</t").unwrap()];
            let text = inside.split("<sup>").next().unwrap().replace("<br>", "\n");
            let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
            cells.push((row, column, rows, columns, open.starts_with("<th"), text));
        }
    }
    cells
}

#[test]
fn html_read_back_is_the_grid() {
    for spec in tables(300) {
        let expected: Vec<_> = spec
            .cells()
            .iter()
            .map(|c| (c.row, c.column, c.row_span, c.column_span, spec.kind(c) != CellKind::Data, c.text.clone()))
            .collect();
        assert_eq!(read_back(&table::html(&spec)), expected);
    }
}

#[test]
fn html_opens_and_closes_its_tags_in_order() {
    for spec in tables(100) {
        let html = table::html(&spec);
        let mut open: Vec<String> = Vec::new();
        for tag in html.split('<').skip(1).map(|t| &t[..t.find('>').unwrap()]) {
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop().as_deref(), Some(name)),
                None if tag == "br" => {}
                None => open.push(tag.split(' ').next().unwrap().to_string()),
            }
        }
        assert!(open.is_empty());
    }
}

#[test]
fn latex_rows_have_as_many_places_as_columns_and_escapes_hold() {
    for spec in tables(300) {
        let latex = table::latex(&spec);
        let rows: Vec<&str> = latex.lines().filter(|l| l.ends_with(" \\\\")).collect();
        assert_eq!(rows.len(), spec.rows());
        for row in rows {
            let places: usize = row
                .trim_end_matches(" \\\\")
                .split(" & ")
                .map(|p| {
                    p.trim().strip_prefix("\\multicolumn{").map_or(1, |r| r[..r.find('}').unwrap()].parse().unwrap())
                })
                .sum();
            assert_eq!(places, spec.columns(), "{row}");
        }
        let bare = latex.replace("\\%", "").replace("\\&", "").replace("\\$", "").replace("\\#", "").replace("\\_", "");
        assert!(!bare.contains(['%', '#', '_']), "{latex}");
        assert_eq!(bare.matches('{').count(), bare.matches('}').count());
    }
}

#[test]
fn hostile_texts_are_escaped_in_every_form() {
    let text = "a&b <i> \"q\" 50% $x_1^2$ {#} \\ ~ |p| *s* `c` [l]";
    let mut draft = table::sample_table(Some("prices"), Some("en"), &mut rng("hostile")).unwrap().into_draft();
    draft.cells.retain(|c| c.row == 0 || c.row_span == 1);
    let rows = 3;
    draft.rows = vec![RowRole::Head, RowRole::Body, RowRole::Body];
    draft.footnotes.clear();
    draft.stub = 1;
    let columns = draft.columns.len();
    draft.cells = (0..rows * columns).map(|i| Cell::new(i / columns, i % columns, text)).collect();
    let spec = TableSpec::new(draft).unwrap();
    assert_eq!(read_back(&table::html(&spec))[4].5, text);
    let latex = table::latex(&spec);
    assert!(
        latex.contains(r"a\&b \textless{}i\textgreater{}")
            && latex.contains(r"50\% \$x\_1\textasciicircum{}2\$ \{\#\} \textbackslash{}")
    );
    let markdown = table::markdown(&spec).unwrap();
    let line = markdown.lines().rfind(|l| l.contains("a&amp;b")).unwrap();
    let pipes = line.replace("\\|", "").matches('|').count();
    assert_eq!(pipes, columns + 1, "{line}");
}

#[test]
fn markdown_refuses_merged_cells_and_repeats_them_when_asked() {
    let spec = table::sample_table(Some("survey"), Some("en"), &mut rng("merged")).unwrap();
    assert!(table::markdown(&spec).unwrap_err().to_string().contains("merged cells"));
    let flat = table::markdown_flat(&spec);
    let rows: Vec<&str> = flat.lines().filter(|l| l.starts_with('|')).collect();
    assert_eq!(rows.len(), spec.rows() - spec.head() + 2);
}

#[test]
fn ink_of_every_cell_lies_in_its_box_in_every_theme() {
    for (i, theme) in table::themes().iter().enumerate() {
        let spec = table::sample_table(None, None, &mut rng(&format!("ink {i}"))).unwrap();
        let mut draft = spec.into_draft();
        draft.theme = ThemeChoice { name: theme.name.clone(), seed: i as u64 };
        let spec = TableSpec::new(draft).unwrap();
        for width in [1000.0, 420.0] {
            let drawn = table::draw_table(&spec, &Room { width, ..Room::default() }).unwrap();
            let elements = drawn.scene.elements();
            for cell in &drawn.cells {
                let Some(element) = elements.iter().find(|e| e.id == cell.id) else {
                    assert!(cell.text.trim().is_empty(), "{:?} shows nothing", cell.text);
                    continue;
                };
                let [x0, y0, x1, y1] = cell.bbox;
                let b = element.bbox;
                let inside = b.x0 >= x0 - 0.5 && b.y0 >= y0 - 0.5 && b.x1 <= x1 + 0.5 && b.y1 <= y1 + 0.5;
                assert!(inside, "{} at {width}: {:?} has ink {b:?} in {:?}", theme.name, cell.text, cell.bbox);
            }
        }
    }
}

#[test]
fn drawn_tables_pass_the_scene_checks() {
    for (i, spec) in tables(120).enumerate() {
        let drawn = table::draw_table(&spec, &Room::default()).unwrap();
        let faults = tamis_draw::check::faults(&drawn.scene, &tamis_draw::check::Rules::default());
        assert!(faults.is_empty(), "table {i}, {:?}: {faults:?}", spec.draft().theme.name);
    }
}

#[test]
fn a_long_or_odd_csv_is_drawn_within_the_page() {
    let long = "word ".repeat(60);
    let csv = format!("name,مدينة,😀\n{long},القاهرة,1\n{},x,2\n", "unbroken".repeat(40));
    let (spec, _) = table::table_from_csv(csv.as_bytes(), 10, ThemeChoice::default()).unwrap();
    let drawn = table::draw_table(&spec, &Room { width: 600.0, ..Room::default() }).unwrap();
    assert!(drawn.scene.width < 900, "{}", drawn.scene.width);
    for cell in &drawn.cells {
        if let Some(b) = drawn.scene.bbox(&cell.id) {
            assert!(b.x1 <= cell.bbox[2] + 0.5 && b.y1 <= cell.bbox[3] + 0.5, "{:?}", cell.text);
        }
    }
}

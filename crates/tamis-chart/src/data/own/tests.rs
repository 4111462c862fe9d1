use tamis_core::RecordId;
use tamis_core::rng::Rng;

use super::gather::{KEYS, SAMPLE};
use super::{OwnError, OwnTable, Role, read, read_csv};
use crate::data::Options;
use crate::spec::{Channel, Chart, Kind};
use crate::table::{Cells, Column, Time};

fn rng() -> Rng {
    Rng::keyed(7, RecordId::input("own"), "table", &[])
}

fn csv(text: &str) -> OwnTable {
    read_csv("Sales", text.as_bytes(), &mut rng()).expect("a table")
}

fn refused(text: &str) -> OwnError {
    read_csv("Sales", text.as_bytes(), &mut rng()).expect_err("a refusal")
}

/// All kinds the table offers, drawn under several seeds.
fn charts(table: &OwnTable) -> Vec<Chart> {
    let kinds = table.kinds();
    assert!(!kinds.is_empty(), "{:?}", table.report());
    let one = |k: &Kind, seed| table.chart(*k, &mut Rng::keyed(seed, RecordId::input("own"), "chart", &[]));
    kinds.iter().flat_map(|k| (0..4).filter_map(move |seed| one(k, seed).ok())).collect()
}

fn x(chart: &Chart) -> &Column {
    chart.drawn(Channel::X).next().expect("an x")
}

fn sales() -> String {
    let mut text = "Order id,Date,Region,Revenue (million USD),Margin,Units\n".to_string();
    for i in 0..240 {
        let region = ["North", "South", "East", "West"][i % 4];
        text += &format!(
            "{},2021-{:02}-{:02},{region},\"1,2{:02}.5\",{}%,{}\n",
            1000 + i,
            i / 20 % 12 + 1,
            i % 28 + 1,
            i % 100,
            10 + i % 30,
            40 + i * 7 % 90
        );
    }
    text
}

#[test]
fn roles_units_and_decimals_are_read_from_headers_and_cells() {
    let table = csv(&sales());
    let report = table.report();
    assert_eq!(table.roles()[0].role, Role::Id, "{report:?}");
    assert_eq!(table.roles()[1].role, Role::Time);
    assert_eq!(table.roles()[2].role, Role::Category);
    assert_eq!(report[3], "Revenue: number (million USD, 1 decimals, may be summed)");
    assert_eq!(report[4], "Margin: number (%, 0 decimals, is averaged, not summed)");
}

#[test]
fn a_table_of_sales_becomes_many_kinds_of_valid_charts() {
    let table = csv(&sales());
    let kinds = table.kinds();
    for kind in [
        Kind::Line,
        Kind::Bar,
        Kind::Pie,
        Kind::StackedArea,
        Kind::BarLine,
        Kind::Histogram,
        Kind::Box,
        Kind::Scatter,
        Kind::Bubble,
        Kind::Parallel,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} not in {kinds:?}");
    }
    assert!(charts(&table).iter().all(|c| c.validate().is_ok()));
}

#[test]
fn a_pie_of_sums_holds_the_sum_of_all_rows() {
    let table = csv("Region,Revenue\nNorth,1.5\nSouth,2\nNorth,3.25\nEast,4\n");
    let chart = table.chart(Kind::Pie, &mut rng()).expect("a pie");
    let y = chart.drawn(Channel::Y).next().expect("a y");
    assert_eq!((x(&chart).written(0), y.number(0)), ("North".to_string(), Some(4.75)));
    assert_eq!(chart.note, "Sums over 4 rows.");
}

#[test]
fn rates_are_averaged_and_never_summed() {
    let table = csv("Region,Growth rate (%)\nNorth,2\nNorth,4\nSouth,7\n");
    assert!(!table.kinds().contains(&Kind::Pie));
    let chart = table.chart(Kind::Bar, &mut rng()).expect("bars");
    let y = chart.drawn(Channel::Y).next().expect("a y");
    assert_eq!([y.number(0), y.number(1)], [Some(7.0), Some(3.0)]);
}

#[test]
fn numbers_are_read_however_they_are_written() {
    use super::cells::{
        Decimals::{Comma, Point},
        number,
    };
    let cases = [
        ("1,234.50", Point, 1234.5),
        ("1.234,5", Comma, 1234.5),
        ("12 345", Point, 12345.0),
        ("$1,200", Point, 1200.0),
        ("-€5.20", Point, -5.2),
        ("(300)", Point, -300.0),
        ("45 %", Point, 45.0),
        ("−3", Point, -3.0),
        ("1’000", Point, 1000.0),
        ("٣٫٥", Point, 3.5),
        ("1e3", Point, 1000.0),
        ("12,34,567", Point, 1234567.0),
    ];
    for (cell, decimals, value) in cases {
        assert_eq!(number(cell, decimals).map(|n| n.0), Some(value), "{cell}");
    }
    for cell in ["12 apples", "1.2.3", "abc", "1,2", "--5", "1e400"] {
        assert_eq!(number(cell, Point), None, "{cell}");
    }
}

#[test]
fn times_are_read_however_they_are_written() {
    use super::cells::{
        DayOrder::{DayFirst, MonthFirst},
        time,
    };
    let day = Some(Time::Day(2021, 3, 14));
    for cell in [
        "2021-03-14",
        "2021/3/14",
        "14.03.2021",
        "14/03/2021",
        "14 March 2021",
        "Mar 14, 2021",
        "20210314",
        "2021-03-14T08:30:00Z",
        "2021-03-14 08:30",
    ] {
        assert_eq!(time(cell, DayFirst, false), day, "{cell}");
    }
    assert_eq!(time("03/14/2021", MonthFirst, false), day);
    for cell in ["2021-03", "03/2021", "Mar 2021", "March 2021", "Mar-21", "2021 Mar"] {
        assert_eq!(time(cell, DayFirst, false), Some(Time::Month(2021, 3)), "{cell}");
    }
    for cell in ["2021 Q3", "Q3 2021", "2021Q3", "2021-Q3", "Q3/2021"] {
        assert_eq!(time(cell, DayFirst, false), Some(Time::Quarter(2021, 3)), "{cell}");
    }
    for cell in ["2021-13-01", "31.02.2021", "12.5", "March", "1.5.2"] {
        assert_eq!(time(cell, DayFirst, false), None, "{cell}");
    }
}

#[test]
fn one_column_of_numbers_is_a_distribution() {
    let text: String = (0..60).map(|i| format!("{}\n", i * i % 47)).collect();
    let table = csv(&format!("Weight (kg)\n{text}"));
    assert!(table.kinds().contains(&Kind::Histogram));
    assert!(charts(&table).iter().all(|c| c.validate().is_ok()));
}

#[test]
fn a_table_without_numbers_is_counted() {
    let table = csv("Answer\nyes\nno\nyes\nyes\nperhaps\n");
    let chart = table.chart(Kind::Bar, &mut rng()).expect("bars");
    let y = chart.drawn(Channel::Y).next().expect("a y");
    assert_eq!((x(&chart).written(0), y.number(0), y.name.as_str()), ("yes".into(), Some(3.0), "Number of rows"));
}

#[test]
fn cells_of_another_type_are_missing_and_reported() {
    let mut text = "City,Population\n".to_string();
    (0..30).for_each(|i| {
        text += &format!("City {},{}\n", i % 5, if i == 3 { "many".into() } else { (i * 10).to_string() })
    });
    let table = csv(&text);
    assert!(table.report()[1].ends_with("1 cells could not be read and are missing"), "{:?}", table.report());
    assert!(charts(&table).iter().all(|c| c.validate().is_ok()));
}

#[test]
fn nan_and_infinity_are_missing() {
    let table = csv("Name,Value\na,NaN\nb,inf\nc,-Infinity\nd,4\ne,5\nf,1e999\n");
    for chart in charts(&table) {
        assert!(chart.validate().is_ok());
        let finite = chart.table.columns.iter().all(|c| (0..c.len()).filter_map(|r| c.number(r)).all(f64::is_finite));
        assert!(finite, "{:?}", chart.table);
    }
}

fn many_categories(header: &str) -> OwnTable {
    let text: String = (0..400).map(|i| format!("Product {i},{}\n", 1000 - i)).collect();
    csv(&format!("{header}\n{text}"))
}

#[test]
fn four_hundred_categories_become_the_largest_twelve_and_other() {
    let table = many_categories("Product,Sales");
    let chart = table.chart(Kind::Bar, &mut rng()).expect("bars");
    let y = chart.drawn(Channel::Y).next().expect("a y");
    assert_eq!((x(&chart).len(), x(&chart).written(12)), (13, "Other".into()));
    let sum: f64 = (0..13).filter_map(|r| y.number(r)).sum();
    assert_eq!(sum, (0..400).map(|i| f64::from(1000 - i)).sum::<f64>());
    assert!(chart.note.starts_with("The 12 largest of 400"), "{}", chart.note);
}

#[test]
fn what_cannot_be_summed_has_no_other() {
    let chart = many_categories("Product,Price (EUR)").chart(Kind::Bar, &mut rng()).expect("bars");
    assert_eq!(x(&chart).len(), 12);
    assert_eq!(chart.note, "The 12 largest of 400.");
}

#[test]
fn long_labels_are_shortened_and_stay_different() {
    let long = "x".repeat(300);
    let words = "word ".repeat(60);
    let table = csv(&format!("Label,Value\n{long},1\n{words},2\nshort,3\n"));
    let chart = table.chart(Kind::Bar, &mut rng()).expect("bars");
    let Cells::Text(names) = &x(&chart).cells else { panic!("names") };
    assert!(names.iter().flatten().all(|n| n.chars().count() <= 41), "{names:?}");
    assert_eq!(names.len(), 3);
}

#[test]
fn right_to_left_and_emoji_labels_are_kept() {
    let table = csv("المدينة,عدد السكان\nالقاهرة,21\nبغداد,7\n👩‍👩‍👧 عائلة,3\n🇩🇪,2\n");
    for chart in charts(&table) {
        assert!(chart.validate().is_ok());
    }
    let chart = table.chart(Kind::Bar, &mut rng()).expect("bars");
    assert_eq!((x(&chart).written(0), x(&chart).written(2)), ("القاهرة".into(), "👩‍👩‍👧 عائلة".into()));
}

#[test]
fn semicolons_and_decimal_commas_are_recognised() {
    let table = csv(
        "Land;Umsatz (Mio. EUR);Jahr\nHessen;1.234,5;2020\nBayern;980,25;2020\nHessen;1.300,0;2021\nBayern;1.001,5;2021\n",
    );
    assert_eq!(table.roles()[2].role, Role::Time);
    let chart = table.chart(Kind::StackedBar, &mut rng()).expect("stacks");
    assert_eq!(chart.drawn(Channel::Y).next().and_then(|y| y.number(0)), Some(1234.5));
}

#[test]
fn a_table_without_rows_or_header_is_refused() {
    assert_eq!(refused("a,b\n").place, "the table");
    assert_eq!(refused("").place, "the header");
    assert_eq!(refused("a,b\n,\n,\n").found, "only identifiers and empty columns");
}

#[test]
fn what_is_no_text_is_refused_with_its_line() {
    let error = read_csv("x", &b"a,b\n1,2\n\xff\xfe,3\n"[..], &mut rng()).expect_err("no UTF-8");
    assert_eq!(error.place, "line 3", "{error}");
}

#[test]
fn a_kind_that_the_table_lacks_is_refused() {
    let error = csv(&sales()).chart(Kind::Sankey, &mut rng()).expect_err("no flows");
    assert!(error.to_string().contains("Sankey"), "{error}");
}

#[test]
fn ragged_rows_and_equal_headers_are_read() {
    let table = csv("a,a,b\nx,1\ny,2,3,4\nz,5,6\n");
    assert_eq!(table.roles()[1].name, "a 2");
    assert!(charts(&table).iter().all(|c| c.validate().is_ok()));
}

/// So many rows, each with a name, a day and a number of its own.
fn stream(rows: usize) -> OwnTable {
    let row = |i: usize| {
        vec![
            format!("user {i}"),
            format!("{:04}-{:02}-{:02}", 1000 + i / 336 % 1800, i / 28 % 12 + 1, i % 28 + 1),
            (i % 977).to_string(),
        ]
    };
    read("Log", ["Name", "Day", "Amount"].map(String::from).into(), (0..rows).map(row), &mut rng()).expect("a table")
}

#[test]
fn what_is_held_does_not_grow_with_the_rows() {
    let table = stream(120_000);
    assert_eq!(table.rows(), 120_000);
    assert!(table.gathered.held() <= 2 * KEYS + 12_000 + SAMPLE + 2, "{}", table.gathered.held());
    assert!(charts(&table).iter().all(|c| c.validate().is_ok()));
    let bars = table.chart(Kind::Bar, &mut rng()).expect("bars");
    let y = bars.drawn(Channel::Y).next().expect("a y");
    let sum: f64 = (0..y.len()).filter_map(|r| y.number(r)).sum();
    assert_eq!(sum, (0..120_000).map(|i| f64::from(i % 977)).sum::<f64>(), "what came too late is in the rest");
}

#[test]
#[ignore = "ten million rows take a minute: cargo test -p tamis-chart --lib own -- --ignored"]
fn ten_million_rows_are_read() {
    let table = stream(10_000_000);
    assert_eq!(table.rows(), 10_000_000);
    assert!(table.gathered.held() <= 2 * KEYS + 12_000 + SAMPLE + 2);
}

#[test]
fn the_same_table_gives_the_same_figure() {
    let table = csv(&sales());
    let figure =
        || table.figure(&[Kind::Line, Kind::Pie, Kind::Box], &Options::default(), &mut rng()).expect("a figure");
    assert_eq!(figure(), figure());
    assert_eq!(figure().scenario.theme, "Data");
}

#[test]
fn a_grid_of_an_own_table_has_no_empty_cells() {
    let table = csv(&sales());
    for seed in 0..20 {
        let mut rng = Rng::keyed(seed, RecordId::input("own"), "grid", &[]);
        let figure = table.figure(&[Kind::Bar, Kind::Scatter], &Options::default(), &mut rng).expect("a figure");
        let cells = figure.grid[0] * figure.grid[1];
        assert!(figure.charts.len() + 1 >= cells && figure.charts.len() <= cells, "{:?}", figure.grid);
    }
}

#[test]
fn prices_of_a_day_are_levels() {
    let table = csv("Day,Open,High,Low,Close,Volume\n2024-01-02,1,3,1,2,500\n2024-01-03,2,4,1,3,700\n");
    let summed: Vec<bool> = table.report().iter().map(|line| line.contains("may be summed")).collect();
    assert_eq!(summed, [false, false, false, false, false, true], "{:?}", table.report());
    assert_eq!(table.roles()[0].why, "2 of 2 cells are dates");
}

#[test]
fn numbered_respondents_are_identifiers() {
    let text: String = (0..40).map(|i| format!("R{i:04},{}\n", i % 5)).collect();
    assert_eq!(csv(&format!("Respondent,Score\n{text}")).roles()[0].role, Role::Id);
}

//! The two operators together: drawn pools, pools of annotated pages, and pages that cannot be used.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use tamis_core::convert::NoMedia;
use tamis_core::error::StopReason;
use tamis_core::media::{Media, MediaKind};
use tamis_core::operator::{Bound, Context, Host, Verdict};
use tamis_core::testing::{LocalHost, Rows, record};
use tamis_core::value::Fields;
use tamis_core::{Field, Name, Record, Schema, StepError, Type, Value};
use tamis_draw::render;
use tamis_draw::scene::Pixels;
use tamis_draw::{Color, kurbo::Rect};
use tamis_recipe::{Beside, bind_steps, no_files};

use crate::REGISTRY;

/// Small pages of few elements; variants are off, as two instances of a class are few and get them.
const SMALL: &str = "page_width: [200, 240], page_aspect: [1, 1.2], elements_limit: 6, variants: 0";

/// The two steps, with options of each.
fn steps(make: &str, draw: &str) -> String {
    format!(
        "- make.layout: {{ into: layout, align: align, density: density{make} }}\n\
         - draw.page: {{ from: layout, into: image, elements: elements{draw} }}\n"
    )
}

fn page_schema() -> Schema {
    let image = Name::from("image");
    let regions = Field::in_frame(Type::list(Type::Region), image.clone());
    [(image, Field::new(Type::Image)), (Name::from("regions"), regions)].into_iter().collect()
}

/// Binds, or tells every problem.
fn bound(yaml: &str) -> Result<Vec<tamis_core::block::Step>, String> {
    let tables = [(Name::from("pages"), page_schema())].into_iter().collect();
    let beside = Beside { roles: &[], constants: Default::default(), tables };
    let bound = bind_steps(yaml, Schema::new(), beside, &no_files(), REGISTRY);
    bound.map(|(block, _)| block.steps).map_err(|told| told.iter().map(|d| format!("{}\n", d.message)).collect())
}

fn run(yaml: &str, host: &LocalHost, ordinal: u64) -> Result<Record, StepError> {
    let mut made = record::<Name>(ordinal, []);
    for step in bound(yaml).unwrap() {
        let Bound::Transform(operator) = &step.bound else { panic!("a transform was expected") };
        let verdict = operator.apply(&mut made, &Context { host, step: &step.id })?;
        assert!(matches!(verdict, Verdict::Pass), "{verdict:?}");
    }
    Ok(made)
}

/// A page of 300 x 400 pixels, red but for a green rectangle.
fn picture(green: Rect) -> Pixels {
    let mut pixels = Pixels::filled(300, 400, Color::rgb(0xff0000));
    for y in green.y0 as usize..green.y1 as usize {
        for x in green.x0 as usize..green.x1 as usize {
            pixels.rgba[(y * 300 + x) * 4..][..2].copy_from_slice(&[0, 255]);
        }
    }
    pixels
}

/// A host with a table of pages: a picture each, and its regions as JSON.
fn host(pages: &[(Option<Pixels>, serde_json::Value)]) -> LocalHost {
    let host = LocalHost::new(7);
    let row = |(pixels, regions): &(Option<Pixels>, serde_json::Value)| -> Fields {
        let media = match pixels {
            Some(pixels) => host.media().put(MediaKind::Image, &render::png(pixels).unwrap()).unwrap(),
            None => Arc::new(Media::file(MediaKind::Image, "/nowhere/page.png")),
        };
        let regions = Value::from_json(regions, &Type::list(Type::Region), &NoMedia).unwrap();
        [(Name::from("image"), Value::Media(media)), (Name::from("regions"), regions)].into_iter().collect()
    };
    let rows = Rows::new(page_schema(), pages.iter().map(row).collect());
    host.with_table("pages", Arc::new(rows))
}

fn pixel(record: &Record, host: &LocalHost, [x, y]: [u32; 2]) -> [u8; 3] {
    let page = host.pixels(record.get("image").unwrap().as_media().unwrap()).unwrap().to_rgb8();
    page.get_pixel(x, y).0
}

#[test]
fn a_drawn_page_has_elements_with_boxes_on_it() {
    let host = LocalHost::new(7);
    let yaml = steps(&format!(", instances: 2, packing: {{ {SMALL} }}"), "");
    let page = run(&yaml, &host, 0).unwrap();
    let elements = page.get("elements").unwrap().as_list().unwrap();
    assert!(elements.len() > 1 && elements.len() <= 6, "{}", elements.len());
    for element in elements.iter() {
        let [x0, y0, x1, y1] = element.get("box").unwrap().as_box().unwrap().0;
        let Some(Value::Polygon(polygon)) = element.get("polygon") else { panic!("a polygon was expected") };
        assert_eq!(polygon.0, [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]);
        let label = element.get("label").unwrap().as_text().unwrap();
        assert!(element.get("source").unwrap().as_text().unwrap().starts_with(&format!("{label}/")));
    }
    let (align, density) = (page.get("align").unwrap().as_float(), page.get("density").unwrap().as_float());
    assert!(align.unwrap() >= 0.0 && (0.0..=1.0).contains(&density.unwrap()));
    assert_eq!(run(&yaml, &host, 0).unwrap().get("image"), page.get("image"), "the same each time");
    assert_ne!(run(&yaml, &host, 1).unwrap().get("image"), page.get("image"));
}

#[test]
fn annotated_pages_give_the_elements_where_the_run_names_them() {
    let green = Rect::new(30.0, 40.0, 180.0, 160.0);
    let regions = serde_json::json!([{"label": "stamp", "box": [30, 40, 180, 160]}]);
    let host = host(&[(Some(picture(green)), regions.clone()), (Some(picture(green)), regions)]);
    let packing = format!(", pages: pages, packing: {{ {SMALL} }}");
    let page = run(&steps(&packing, ", pages: pages"), &host, 0).unwrap();
    let elements = page.get("elements").unwrap().as_list().unwrap();
    assert_eq!(elements.len(), 2);
    for element in elements.iter() {
        assert_eq!(element.get("label").unwrap().as_text(), Some("stamp"));
        let [x0, y0, x1, y1] = element.get("box").unwrap().as_box().unwrap().0.map(|v| v as u32);
        for corner in [[x0, y0], [x1 - 1, y1 - 1], [(x0 + x1) / 2, (y0 + y1) / 2]] {
            assert_eq!(pixel(&page, &host, corner), [0, 255, 0], "{corner:?}");
        }
    }
    // A pixel that belongs to no element is paper.
    let covered = |x: f64, y: f64| {
        elements.iter().any(|e| {
            let [x0, y0, x1, y1] = e.get("box").unwrap().as_box().unwrap().0;
            x0 <= x && x < x1 && y0 <= y && y < y1
        })
    };
    let free = (0..40).map(|i| [i * 5, i * 5]).find(|[x, y]| !covered(f64::from(*x), f64::from(*y))).unwrap();
    assert_eq!(pixel(&page, &host, free), [255; 3]);
}

#[test]
fn without_the_optional_table_elements_are_drawn() {
    let yaml = steps(&format!(", pages: pages, instances: 1, packing: {{ {SMALL} }}"), ", pages: pages");
    let page = run(&yaml, &LocalHost::new(7), 0).unwrap();
    assert!(
        page.get("elements").unwrap().as_list().unwrap()[0].get("source").unwrap().as_text().unwrap().ends_with("/0")
    );
}

#[test]
fn pages_that_cannot_be_used_stop_the_run() {
    let stopped = |pages: &[(Option<Pixels>, serde_json::Value)], more: &str| {
        let error = run(&steps(&format!(", pages: pages{more}"), ", pages: pages"), &host(pages), 0).unwrap_err();
        let StepError::Stop(StopReason::Machine(why)) = error else { panic!("a stop was expected: {error}") };
        why
    };
    let good = || Some(picture(Rect::ZERO));
    let region = |label: &str, found: [f64; 4]| serde_json::json!([{"label": label, "box": found}]);
    let table = region("table", [0.0, 0.0, 100.0, 100.0]);
    let missing = stopped(&[(good(), table.clone()), (None, table.clone())], "");
    assert!(missing.contains("row 2 of the table `pages`") && missing.contains("/nowhere/page.png"), "{missing}");
    for bad in [[400.0, 10.0, 500.0, 20.0], [10.0, 10.0, 10.0, 50.0]] {
        let told = stopped(&[(good(), region("table", bad))], "");
        assert!(told.contains("region 0 (`table`)") && told.contains("300 x 400"), "{told}");
        assert!(stopped(&[(good(), region("table", bad))], ", invalid: drop").contains("of 1 regions on 1 pages none"));
    }
    assert!(stopped(&[(good(), table)], ", classes: [figure]").contains("`table` is not among the 1"));
    assert!(stopped(&[], "").contains("of 0 regions on 0 pages"));
}

#[test]
fn specs_that_are_no_pages_reject_the_record() {
    let steps = bound(&steps("", "")).unwrap();
    let Bound::Transform(draw) = &steps[1].bound else { panic!("a transform was expected") };
    let host = LocalHost::new(7);
    let rejected = |spec: serde_json::Value| {
        let mut record = record(0, vec![(Name::from("layout"), Value::from_plain_json(&spec))]);
        match draw.apply(&mut record, &Context { host: &host, step: "draw.page" }).unwrap() {
            Verdict::Reject(reject) => reject.values[0].1.as_text().unwrap().to_string(),
            other => panic!("a rejection was expected: {other:?}"),
        }
    };
    assert!(rejected(serde_json::json!({"width": "x"})).contains("at `width`"));
    assert!(rejected(serde_json::json!({"width": 0, "height": 9, "seed": 1, "elements": []})).contains("0 x 9"));
    let crop = serde_json::json!({
        "class_id": 0, "class": "x", "box": [0, 0, 5, 5], "variant": 0,
        "source": {"crop": {"page": 0, "region": 0, "rect": [0, 0, 9, 9]}},
    });
    let told = rejected(serde_json::json!({"width": 9, "height": 9, "seed": 1, "elements": [crop]}));
    assert!(told.contains("name their table with `pages`"), "{told}");
}

#[test]
fn options_out_of_range_are_problems() {
    let told = |make: &str| bound(&steps(make, "")).err().unwrap_or_default();
    assert!(told(", packing: { elements_limit: 1000 }").contains("expected 1 to 40, found 1000"));
    assert!(told(", instances: 0").contains("expected 1 to 2000"));
    assert!(told(", classes: [tabel]").contains("did you mean `table`?"));
    assert!(told(", classes: [table, table]").contains("stands there twice"));
    assert!(told(", pages: page").contains("no table is called `page`; did you mean `pages`?"));
}

//! Writes pages of a kind as pictures, with their boxes if asked:
//! `cargo run --example pages -- OUT KIND|all LANGUAGE|any SEEDS [boxes]`.

use std::error::Error;
use std::path::Path;

use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_document::spec::Language;
use tamis_document::{Kind, NoArtist, Options, lay_out, sample};
use tamis_draw::Color;
use tamis_draw::kurbo::Rect;
use tamis_draw::scene::{Node, Stroke};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, kind, language, seeds, rest @ ..] = arguments.as_slice() else {
        return Err("expected OUT KIND|all LANGUAGE|any SEEDS [boxes]".into());
    };
    let boxes = rest.iter().any(|a| a == "boxes");
    for kind in Kind::ALL.into_iter().filter(|k| kind == "all" || k.name() == kind) {
        for seed in seeds.split(',') {
            let language = Language::ALL.into_iter().find(|l| l.code() == language);
            let mut rng = Rng::keyed(seed.parse()?, RecordId::input(kind.name()), "document", &[]);
            let spec = sample(kind, &Options { language, ..Options::default() }, &mut rng);
            match lay_out(&spec, &mut NoArtist) {
                Ok(document) => {
                    for page in document.pages {
                        let n = page.truth.number;
                        let name = format!("{}-{}-{seed}-{n}", kind.name().replace(' ', "_"), spec.language.code());
                        write(Path::new(out), &name, page, boxes)?;
                    }
                }
                Err(error) => println!("{} {} {seed}: {error}", kind.name(), spec.language.code()),
            }
        }
    }
    Ok(())
}

fn write(out: &Path, name: &str, page: tamis_document::Page, boxes: bool) -> Result<(), Box<dyn Error>> {
    let (mut scene, truth) = (page.scene, page.truth);
    if boxes {
        let mut draw = |bbox: [f64; 4], color: u32| {
            let rect = Rect::new(bbox[0], bbox[1], bbox[2], bbox[3]);
            let id = format!("box.{}", scene.nodes.len());
            scene.push(Node::stroke(id, "box", rect, Stroke::new(Color::rgb(color), 1.0)));
        };
        truth.words.iter().for_each(|w| draw(w.bbox, 0xd62728));
        truth.lines.iter().for_each(|l| draw(l.bbox, 0x2ca02c));
        truth.blocks.iter().for_each(|b| draw(b.bbox, 0x1f77b4));
        truth.tables.iter().flat_map(|t| &t.cells).for_each(|c| draw(c.bbox, 0x9467bd));
        truth.fields.iter().for_each(|f| draw(f.value_bbox, 0xff7f0e));
    }
    for fault in tamis_draw::check::faults(&scene, &tamis_draw::check::Rules::default()) {
        println!("{name}: {fault:?}");
    }
    let pixels = tamis_draw::render::pixels(&scene).ok_or("the page is too large")?;
    std::fs::write(out.join(format!("{name}.png")), tamis_draw::render::png(&pixels)?)?;
    std::fs::write(out.join(format!("{name}.md")), &truth.markdown)?;
    Ok(())
}

//! `tamis sheet`: many pictures of a run at a glance.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;
use tamis_core::media::MediaStore;
use tamis_core::{BBox, Name, Record, Schema, Value};
use tamis_draw::kurbo::{Affine, Rect};
use tamis_draw::scene::{Node, Pixels, Scene, Stroke};
use tamis_draw::text::{Anchor, Font, Height, Style, line};
use tamis_draw::{Color, render};
use tamis_engine::dataset;

use crate::args::SheetArgs;
use crate::error::{Error, Outcome};
use crate::{human, launch, pictures};

/// Draws the sheet and says where it is.
pub fn run(args: &SheetArgs) -> Outcome {
    let sheet = Sheet::plan(args)?;
    let dir = launch::finished_run(&args.dir, &args.work)?;
    let run = dir.read()?;
    let field = field(&run.output, args.field.as_deref())?;
    let total = dataset::samples(&dir, &run)?.filter(Result::is_ok).count();
    if total == 0 {
        let message = format!("{} has no samples to show", dir.shown());
        return Err(
            Error::refused(message).help(format!("`tamis stats {}` says what became of the records", dir.shown()))
        );
    }
    let shown = args.take.min(total);
    let store = launch::media(&dir)?;
    let mut scene = sheet.scene(shown)?;
    let mut at = 0;
    for (i, record) in dataset::samples(&dir, &run)?.enumerate() {
        let record = record?;
        // Spread evenly: the sample after which one more picture is due.
        if (i + 1) * shown / total > at {
            sheet.put(&mut scene, at, &record, &field, &*store)?;
            at += 1;
        }
    }
    let pixels = render::pixels(&scene).ok_or_else(|| Error::refused("the sheet is too large for memory"))?;
    std::fs::write(&args.out, encode(&args.out, &pixels)?)
        .map_err(|e| Error::refused(format!("{}: {e}", args.out.display())))?;
    if args.json {
        println!(
            "{}",
            json!({ "out": args.out, "shown": at, "samples": total, "width": scene.width, "height": scene.height })
        );
    } else {
        let of = human::counted(total as u64, "sample");
        println!("{} {at} of {of} in {}", human::green("✔"), args.out.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// The image field to show.
fn field(schema: &Schema, asked: Option<&str>) -> Result<Name, Error> {
    let images = pictures::fields(schema);
    let listed = || images.iter().map(|n| &***n).collect::<Vec<_>>().join(", ");
    match asked {
        None => images.first().map(|n| (*n).clone()).ok_or_else(|| Error::refused("the samples have no image field")),
        Some(name) => match images.iter().find(|n| &****n == name) {
            Some(found) => Ok((*found).clone()),
            None => {
                let message = format!("--field {name}: the samples have no image field of this name");
                Err(Error::refused(message).help(format!("they have {}", listed())))
            }
        },
    }
}

/// The measures of a sheet, pixels.
struct Sheet<'a> {
    args: &'a SheetArgs,
    /// Height of the lines below a picture.
    caption: f64,
}

const GAP: f64 = 10.0;
const LINE: f64 = 16.0;
/// The largest sheet: 16,384 pixels a side is what most programs open.
const LARGEST: f64 = 16_384.0;

impl Sheet<'_> {
    fn plan(args: &SheetArgs) -> Result<Sheet<'_>, Error> {
        if args.columns == 0 || args.take == 0 || !(16..=4096).contains(&args.cell) {
            let message = format!(
                "expected at least 1 column, 1 picture and a cell of 16 to 4096 pixels, found {}, {} and {}",
                args.columns, args.take, args.cell
            );
            return Err(Error::refused(message));
        }
        format_of(&args.out)?;
        Ok(Sheet { args, caption: LINE * (1.0 + args.by.len() as f64) })
    }

    fn scene(&self, shown: usize) -> Result<Scene, Error> {
        let columns = self.args.columns.min(shown);
        let rows = shown.div_ceil(columns);
        let cell = f64::from(self.args.cell);
        let width = GAP + columns as f64 * (cell + GAP);
        let height = GAP + rows as f64 * (cell + self.caption + GAP);
        if width > LARGEST || height > LARGEST {
            let message = format!("a sheet of {width:.0} x {height:.0} pixels is larger than {LARGEST:.0} a side");
            return Err(Error::refused(message).help("show fewer pictures (--take) or smaller ones (--cell)"));
        }
        Ok(Scene::new(width as u32, height as u32, Color::rgb(0xf2f2f2)))
    }

    fn put(
        &self,
        scene: &mut Scene,
        at: usize,
        record: &Record,
        field: &Name,
        store: &dyn MediaStore,
    ) -> Result<(), Error> {
        let cell = f64::from(self.args.cell);
        let (column, row) = (at % self.args.columns, at / self.args.columns);
        let x = GAP + column as f64 * (cell + GAP);
        let y = GAP + row as f64 * (cell + self.caption + GAP);
        scene.push(Node::fill(
            format!("{at}/ground"),
            "cell",
            Rect::new(x, y, x + cell, y + cell),
            Color::rgb(0xe0e0e0),
        ));
        let small = |value| {
            let handle = pictures::first(value).ok_or("no picture")?;
            pictures::small(handle, store, self.args.cell).map(|(pixels, scale)| (Arc::new(pixels), scale))
        };
        match record.get(field).map(small) {
            Some(Ok((pixels, scale))) => {
                let (w, h) = (f64::from(pixels.width), f64::from(pixels.height));
                let (left, top) = ((x + (cell - w) / 2.0).round(), (y + (cell - h) / 2.0).round());
                scene.push(Node::image(format!("{at}"), "picture", Rect::new(left, top, left + w, top + h), pixels));
                let to = Affine::translate((left, top)) * Affine::scale(scale);
                self.boxes(scene, at, record, to);
            }
            Some(Err(error)) => self.write(scene, &format!("{at}/error"), &error, x + 4.0, y + LINE),
            None => self.write(scene, &format!("{at}/error"), "no picture", x + 4.0, y + LINE),
        }
        let id = record.id.to_string();
        self.write(scene, &format!("{at}/id"), &id[..12.min(id.len())], x, y + cell + LINE * 0.8);
        for (i, name) in self.args.by.iter().enumerate() {
            let value = record.get(name).map_or_else(|| "?".to_string(), |v| human::brief(&said(v), 60));
            self.write(scene, &format!("{at}/{name}"), &value, x, y + cell + LINE * (1.8 + i as f64));
        }
        Ok(())
    }

    fn boxes(&self, scene: &mut Scene, at: usize, record: &Record, to: Affine) {
        const COLORS: [u32; 6] = [0xe6194b, 0x3cb44b, 0x4363d8, 0xf58231, 0x911eb4, 0x008080];
        let Some(value) = self.args.boxes.as_ref().and_then(|name| record.get(name)) else { return };
        let mut found = Vec::new();
        boxes_in(value, &mut found);
        for (i, bbox) in found.iter().enumerate() {
            let rect = to.transform_rect_bbox(Rect::new(bbox.0[0], bbox.0[1], bbox.0[2], bbox.0[3]));
            let stroke = Stroke::new(Color::rgb(COLORS[i % COLORS.len()]), 1.0);
            scene.push(Node::stroke(format!("{at}/box/{i}"), "box", rect, stroke));
        }
    }

    /// A line cut off at the end of its cell.
    fn write(&self, scene: &mut Scene, id: &str, text: &str, x: f64, y: f64) {
        let style = Style::new(Font::new("DejaVu Sans"), 11.0, Color::rgb(0x333333));
        let mut shown = text.to_string();
        let mut shaped = line(&shown, &style);
        while shaped.width > f64::from(self.args.cell) && shown.chars().count() > 1 {
            shown = shown.chars().take(shown.chars().count() * 9 / 10).collect();
            shaped = line(&format!("{shown}…"), &style);
        }
        scene.push(Node::text(id, "caption", shaped.at((x, y), Anchor { x: 0.0, y: Height::Baseline })));
    }
}

fn boxes_in(value: &Value, found: &mut Vec<BBox>) {
    match value {
        Value::Box(bbox) => found.push(*bbox),
        Value::List(items) => items.iter().for_each(|v| boxes_in(v, found)),
        Value::Map(fields) => fields.iter().for_each(|(_, v)| boxes_in(v, found)),
        _ => {}
    }
}

fn said(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        other => other.to_json().to_string(),
    }
}

#[derive(Clone, Copy)]
enum Format {
    Png,
    Jpeg,
    Webp,
}

fn format_of(out: &Path) -> Result<Format, Error> {
    match out.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("png") => Ok(Format::Png),
        Some("jpg" | "jpeg") => Ok(Format::Jpeg),
        Some("webp") => Ok(Format::Webp),
        _ => {
            let message = format!("--out {}: expected a file that ends in .png, .jpg or .webp", out.display());
            Err(Error::refused(message))
        }
    }
}

fn encode(out: &Path, pixels: &Pixels) -> Result<Vec<u8>, Error> {
    let file = match format_of(out)? {
        Format::Png => render::png(pixels),
        Format::Jpeg => render::jpeg(pixels, 90),
        Format::Webp => render::webp(pixels),
    };
    file.map_err(|e| Error::refused(e.to_string()))
}

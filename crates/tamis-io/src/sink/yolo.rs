//! YOLO: a text file of labels for each picture, as Ultralytics and Darknet read them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tamis_core::media::{MediaHash, MediaStore};
use tamis_core::record::Record;
use tamis_core::schema::Schema;
use tamis_core::sink::{Dataset, Sink, SinkError};
use tamis_core::{Media, Name, Value};

use super::folder::MediaFolder;
use super::json::create;
use super::regions::{self, Labelled};
use super::{at_record, io_error, media_error};

/// `images/`, `labels/<picture>.txt` with a line `class x y w h` for each box, and `data.yaml` with the classes.
///
/// The centre and the size of a box are shares of the upright picture's width and height, 0 to 1, cut at its edges.
/// Where every region of the dataset may have a polygon (type region) and the record's has one, the line is
/// `class x1 y1 x2 y2 ...`, the form of segmentation. Classes are the labels. Where regions have a `class_id`, that is the
/// number of their class, and numbers in between that no region has are named `class 5`; otherwise classes are numbered
/// from 0 in the order in which they first appear. Pictures without a label get an empty file, which makes them
/// background. Records about one picture share its file. Source: docs.ultralytics.com, datasets/detect and
/// datasets/segment.
pub(super) struct Yolo;

impl Sink for Yolo {
    fn format(&self) -> &'static str {
        "yolo"
    }

    fn about(&self) -> &'static str {
        "labels/*.txt, images/ and data.yaml for detectors; needs an image with regions or boxes"
    }

    fn accepts(&self, schema: &Schema) -> Result<(), SinkError> {
        layout(schema).map(drop)
    }

    fn write(
        &self,
        dataset: &Dataset<'_>,
        records: &mut dyn Iterator<Item = Result<Record, SinkError>>,
        out: &Path,
    ) -> Result<(), SinkError> {
        let (image, places) = layout(dataset.schema)?;
        let mut writer = Writer {
            store: dataset.media,
            folder: MediaFolder::new(dataset.media, out),
            out: out.to_path_buf(),
            known: HashMap::new(),
            classes: Classes::default(),
        };
        for dir in ["images", "labels"] {
            let dir = out.join(dir);
            std::fs::create_dir_all(&dir).map_err(|e| io_error(&dir, &e))?;
        }
        for record in records {
            let record = record?;
            writer.add(&record, &image, &places).map_err(|e| at_record(&record, e))?;
        }
        writer.finish()
    }
}

fn layout(schema: &Schema) -> Result<(Name, Vec<Name>), SinkError> {
    let found = || schema.iter().map(|(name, field)| format!("{name}: {field}")).collect::<Vec<_>>().join(", ");
    let Some(image) = schema.images().first().cloned() else {
        return Err(SinkError(format!("yolo needs a field of type image, the dataset has {}", found())));
    };
    let places = regions::fields(schema, &image);
    if places.is_empty() {
        let what = format!("regions or boxes in the grid of `{image}`");
        return Err(SinkError(format!("yolo needs {what}; the dataset has {}", found())));
    }
    Ok((image, places))
}

struct Writer<'a> {
    store: &'a dyn MediaStore,
    folder: MediaFolder<'a>,
    out: PathBuf,
    /// the label file of each picture
    known: HashMap<MediaHash, PathBuf>,
    classes: Classes,
}

impl Writer<'_> {
    fn add(&mut self, record: &Record, image: &Name, places: &[Name]) -> Result<(), SinkError> {
        let Some(media) = record.get(image).and_then(Value::as_media) else {
            return Err(SinkError(format!("field `{image}`: expected an image, found nothing")));
        };
        let header = media.header(self.store).map_err(media_error)?;
        let size = [f64::from(header.width), f64::from(header.height)];
        let mut lines = String::new();
        for place in regions::of(record, places) {
            let class = self.classes.number(&place)?;
            line(&mut lines, class, &place, size);
        }
        let path = self.labels(media)?;
        let mut file =
            std::fs::OpenOptions::new().create(true).append(true).open(&path).map_err(|e| io_error(&path, &e))?;
        file.write_all(lines.as_bytes()).map_err(|e| io_error(&path, &e))
    }

    /// The label file that belongs to a picture, which is put beside it.
    fn labels(&mut self, media: &Media) -> Result<PathBuf, SinkError> {
        let hash = media.hash(self.store).map_err(media_error)?;
        match self.known.entry(hash) {
            Entry::Occupied(path) => Ok(path.get().clone()),
            Entry::Vacant(place) => {
                let picture = self.folder.put(media)?;
                let name = Path::new(&picture).with_extension("txt");
                let name = name.file_name().unwrap_or_default();
                Ok(place.insert(self.out.join("labels").join(name)).clone())
            }
        }
    }

    fn finish(self) -> Result<(), SinkError> {
        let path = self.out.join("data.yaml");
        let mut yaml = "path: .\ntrain: images\nval: images\nnames:\n".to_string();
        for (i, class) in self.classes.names.iter().enumerate() {
            // JSON's texts are YAML's, whatever they hold. Readers want every number up to the last one named.
            let name = class.clone().unwrap_or_else(|| format!("class {i}"));
            let _ = writeln!(yaml, "  {i}: {}", serde_json::Value::from(name));
        }
        create(&path)?.write_all(yaml.as_bytes()).map_err(|e| io_error(&path, &e))
    }
}

/// The classes met so far.
#[derive(Default)]
struct Classes {
    /// by number; none where only higher numbers were met
    names: Vec<Option<String>>,
    numbers: HashMap<String, usize>,
    /// whether regions say the numbers of their classes; unknown before the first one
    given: Option<bool>,
}

/// More classes than any detector has: a number beyond is a mistake.
const MOST_CLASSES: i64 = 100_000;

impl Classes {
    fn number(&mut self, place: &Labelled<'_>) -> Result<usize, SinkError> {
        let label = place.label;
        if *self.given.get_or_insert(place.class_id.is_some()) != place.class_id.is_some() {
            let message = format!("some regions have a `class_id` and others have none, among them `{label}`");
            return Err(SinkError(message));
        }
        let known = self.numbers.get(label).copied();
        let number = match (place.class_id, known) {
            (None, Some(known)) => return Ok(known),
            (None, None) => self.names.len(),
            (Some(number), _) if !(0..MOST_CLASSES).contains(&number) => {
                let message = format!("`class_id` of `{label}`: expected 0 to {}, found {number}", MOST_CLASSES - 1);
                return Err(SinkError(message));
            }
            (Some(number), Some(known)) if known != number as usize => {
                return Err(SinkError(format!("`{label}` has the `class_id` {number} here and {known} elsewhere")));
            }
            (Some(number), _) => number as usize,
        };
        if self.names.len() <= number {
            self.names.resize(number + 1, None);
        }
        match &self.names[number] {
            Some(other) if other != label => {
                return Err(SinkError(format!("the `class_id` {number} is `{label}` here and `{other}` elsewhere")));
            }
            Some(_) => {}
            None => {
                self.names[number] = Some(label.to_string());
                self.numbers.insert(label.to_string(), number);
            }
        }
        Ok(number)
    }
}

/// One line; nothing for a place without area inside the picture.
fn line(lines: &mut String, class: usize, place: &Labelled<'_>, [width, height]: [f64; 2]) {
    let share = |x: f64, y: f64| ((x / width).clamp(0.0, 1.0), (y / height).clamp(0.0, 1.0));
    if let Some(polygon) = place.polygon {
        let _ = write!(lines, "{class}");
        for [x, y] in &polygon.0 {
            let (x, y) = share(*x, *y);
            let _ = write!(lines, " {x:.6} {y:.6}");
        }
        lines.push('\n');
        return;
    }
    let [x0, y0, x1, y1] = place.bbox.0;
    let ((x0, y0), (x1, y1)) = (share(x0, y0), share(x1, y1));
    if x1 > x0 && y1 > y0 {
        let _ = writeln!(lines, "{class} {:.6} {:.6} {:.6} {:.6}", (x0 + x1) / 2.0, (y0 + y1) / 2.0, x1 - x0, y1 - y0);
    }
}

#[cfg(test)]
mod tests {
    use tamis_core::geometry::BBox;

    use super::*;

    fn numbers(places: &[(&str, Option<i64>)]) -> Result<(Vec<usize>, Vec<Option<String>>), String> {
        let mut classes = Classes::default();
        let number = |(label, class_id): &(&str, Option<i64>)| {
            let bbox = BBox([0.0, 0.0, 1.0, 1.0]);
            let place = Labelled { label, bbox, polygon: None, score: None, class_id: *class_id };
            classes.number(&place).map_err(|e| e.to_string())
        };
        let numbers = places.iter().map(number).collect::<Result<_, _>>()?;
        Ok((numbers, classes.names))
    }

    #[test]
    fn classes_are_numbered_as_they_come_or_as_their_regions_say() {
        let (found, names) = numbers(&[("b", None), ("a", None), ("b", None)]).unwrap();
        assert_eq!((found, names), (vec![0, 1, 0], vec![Some("b".into()), Some("a".into())]));
        let (found, names) = numbers(&[("b", Some(3)), ("a", Some(1)), ("b", Some(3))]).unwrap();
        assert_eq!((found, names), (vec![3, 1, 3], vec![None, Some("a".into()), None, Some("b".into())]));
    }

    #[test]
    fn numbers_that_contradict_are_refused() {
        let refused = |places: &[(&str, Option<i64>)]| numbers(places).unwrap_err();
        assert!(refused(&[("a", Some(0)), ("a", Some(1))]).contains("`a` has the `class_id` 1 here and 0 elsewhere"));
        assert!(refused(&[("a", Some(0)), ("b", Some(0))]).contains("is `b` here and `a` elsewhere"));
        assert!(refused(&[("a", Some(0)), ("b", None)]).contains("others have none, among them `b`"));
        assert!(refused(&[("a", Some(-1))]).contains("expected 0 to 99999, found -1"));
    }
}

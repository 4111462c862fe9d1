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
/// `class x1 y1 x2 y2 ...`, the form of segmentation. Classes are the labels, numbered from 0 in the order in which
/// they first appear. Pictures without a label get an empty file, which makes them background. Records about one
/// picture share its file. Source: docs.ultralytics.com, datasets/detect and datasets/segment.
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
            classes: Vec::new(),
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
    classes: Vec<String>,
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
            let class = self.class(place.label);
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

    fn class(&mut self, label: &str) -> usize {
        self.classes.iter().position(|known| known == label).unwrap_or_else(|| {
            self.classes.push(label.to_string());
            self.classes.len() - 1
        })
    }

    fn finish(self) -> Result<(), SinkError> {
        let path = self.out.join("data.yaml");
        let mut yaml = "path: .\ntrain: images\nval: images\nnames:\n".to_string();
        for (i, class) in self.classes.iter().enumerate() {
            // JSON's texts are YAML's, whatever they hold.
            let _ = writeln!(yaml, "  {i}: {}", serde_json::Value::from(class.as_str()));
        }
        create(&path)?.write_all(yaml.as_bytes()).map_err(|e| io_error(&path, &e))
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

//! COCO: instances and captions.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, Write, copy};
use std::path::Path;

use serde_json::{Value as Json, json};
use tamis_core::geometry::Polygon;
use tamis_core::media::MediaHash;
use tamis_core::record::Record;
use tamis_core::schema::Schema;
use tamis_core::sink::{Dataset, Sink, SinkError};
use tamis_core::{Media, Name, Type, Value};

use super::folder::MediaFolder;
use super::json::create;
use super::regions::{self, Labelled};
use super::{at_record, io_error, media_error};

/// `annotations/instances.json`, `annotations/captions.json` (each where the dataset has such fields) and `images/`.
///
/// Pictures are those of the first image field; records about one picture share its entry. Instances come from fields
/// of regions (category: the label) and of boxes (category: the name of the field), captions from the fields
/// `caption`, `captions` and `description`. Categories are numbered from 1 in the order in which they first appear.
/// Areas are those of the polygon, or of the box where there is none. Source: cocodataset.org, data format.
pub(super) struct Coco;

impl Sink for Coco {
    fn format(&self) -> &'static str {
        "coco"
    }

    fn about(&self) -> &'static str {
        "instances and captions as pycocotools reads them; needs an image, and regions, boxes or captions"
    }

    fn accepts(&self, schema: &Schema) -> Result<(), SinkError> {
        Layout::of(schema).map(drop)
    }

    fn write(
        &self,
        dataset: &Dataset<'_>,
        records: &mut dyn Iterator<Item = Result<Record, SinkError>>,
        out: &Path,
    ) -> Result<(), SinkError> {
        let layout = Layout::of(dataset.schema)?;
        let mut writer = Writer {
            dataset,
            folder: MediaFolder::new(dataset.media, out),
            known: HashMap::new(),
            categories: Vec::new(),
            images: Spool::new(out)?,
            instances: Spool::new(out)?,
            captions: Spool::new(out)?,
        };
        for record in records {
            let record = record?;
            writer.add(&record, &layout).map_err(|e| at_record(&record, e))?;
        }
        writer.finish(&layout, out)
    }
}

/// Which fields of a dataset go where.
struct Layout {
    image: Name,
    regions: Vec<Name>,
    captions: Vec<Name>,
}

impl Layout {
    fn of(schema: &Schema) -> Result<Layout, SinkError> {
        let found = || {
            let fields: Vec<String> = schema.iter().map(|(name, field)| format!("{name}: {field}")).collect();
            fields.join(", ")
        };
        let Some(image) = schema.images().first().cloned() else {
            return Err(SinkError(format!("coco needs a field of type image, the dataset has {}", found())));
        };
        let of = |name: &Name| schema.get(name).and_then(|field| field.of.clone());
        let regions = regions::fields(schema, &image);
        let texts = schema.iter().filter(|(name, field)| {
            ["caption", "captions", "description"].contains(&&***name) && regions::one(&field.ty).fits(&Type::Text)
        });
        let captions: Vec<Name> =
            texts.map(|(name, _)| name).filter(|name| of(name).is_none_or(|frame| frame == image)).cloned().collect();
        if regions.is_empty() && captions.is_empty() {
            let what = "regions or boxes in the grid of the image, or a field `caption` or `captions`";
            return Err(SinkError(format!("coco needs {what}; the dataset has {}", found())));
        }
        Ok(Layout { image, regions, captions })
    }
}

struct Writer<'a> {
    dataset: &'a Dataset<'a>,
    folder: MediaFolder<'a>,
    /// ids of the pictures written so far
    known: HashMap<MediaHash, u64>,
    categories: Vec<String>,
    images: Spool,
    instances: Spool,
    captions: Spool,
}

impl Writer<'_> {
    fn add(&mut self, record: &Record, layout: &Layout) -> Result<(), SinkError> {
        let Some(media) = record.get(&layout.image).and_then(Value::as_media) else {
            return Err(SinkError(format!("field `{}`: expected an image, found nothing", layout.image)));
        };
        let image = self.image(media)?;
        for region in regions::of(record, &layout.regions) {
            self.instance(image, &region)?;
        }
        for name in &layout.captions {
            let captions = match record.get(name) {
                Some(Value::List(captions)) => captions.to_vec(),
                other => other.cloned().into_iter().collect(),
            };
            for caption in captions.iter().filter_map(Value::as_text) {
                let id = self.captions.count + 1;
                self.captions.push(&json!({"id": id, "image_id": image, "caption": caption}))?;
            }
        }
        Ok(())
    }

    fn image(&mut self, media: &Media) -> Result<u64, SinkError> {
        let hash = media.hash(self.dataset.media).map_err(media_error)?;
        if let Some(id) = self.known.get(&hash) {
            return Ok(*id);
        }
        let header = media.header(self.dataset.media).map_err(media_error)?.clone();
        let path = self.folder.put(media)?;
        let file_name = path.trim_start_matches("images/");
        let id = self.images.count + 1;
        self.known.insert(hash, id);
        let (width, height) = (header.width, header.height);
        self.images.push(&json!({"id": id, "file_name": file_name, "width": width, "height": height}))?;
        Ok(id)
    }

    fn instance(&mut self, image: u64, region: &Labelled<'_>) -> Result<(), SinkError> {
        let bbox = region.bbox;
        let outline: Vec<f64> = region.polygon.iter().flat_map(|polygon| polygon.0.iter().flatten().copied()).collect();
        let [x, y, _, _] = bbox.0;
        let mut instance = json!({
            "id": self.instances.count + 1,
            "image_id": image,
            "category_id": self.category(region.label),
            "bbox": [x, y, bbox.width(), bbox.height()],
            "area": region.polygon.map_or(bbox.area(), area),
            "iscrowd": 0,
            "segmentation": if outline.is_empty() { json!([]) } else { json!([outline]) },
        });
        if let Some(score) = region.score {
            instance["score"] = json!(score);
        }
        self.instances.push(&instance)
    }

    fn category(&mut self, label: &str) -> usize {
        if let Some(at) = self.categories.iter().position(|known| known == label) {
            return at + 1;
        }
        self.categories.push(label.to_string());
        self.categories.len()
    }

    fn finish(mut self, layout: &Layout, out: &Path) -> Result<(), SinkError> {
        let info = json!({"description": self.dataset.name, "version": "1.0"});
        let categories = self.categories.iter().enumerate();
        let categories: Json = categories.map(|(i, name)| json!({"id": i + 1, "name": name})).collect();
        let files = [
            ("instances.json", !layout.regions.is_empty(), &mut self.instances, Some(categories)),
            ("captions.json", !layout.captions.is_empty(), &mut self.captions, None),
        ];
        for (name, wanted, annotations, categories) in files {
            if !wanted {
                continue;
            }
            let path = out.join("annotations").join(name);
            let mut file = create(&path)?;
            let write = |file: &mut BufWriter<File>| -> std::io::Result<()> {
                write!(file, "{{\"info\": {info},\n\"images\": [\n")?;
                self.images.copy_to(file)?;
                write!(file, "\n],\n\"annotations\": [\n")?;
                annotations.copy_to(file)?;
                write!(file, "\n]")?;
                if let Some(categories) = categories {
                    write!(file, ",\n\"categories\": {categories}")?;
                }
                writeln!(file, "}}")?;
                file.flush()
            };
            write(&mut file).map_err(|e| io_error(&path, &e))?;
        }
        Ok(())
    }
}

/// The elements of an array, kept on disk until it is known what comes before them.
struct Spool {
    file: BufWriter<File>,
    count: u64,
    out: std::path::PathBuf,
}

impl Spool {
    fn new(out: &Path) -> Result<Spool, SinkError> {
        let file = tempfile::tempfile_in(out).map_err(|e| io_error(out, &e))?;
        Ok(Spool { file: BufWriter::new(file), count: 0, out: out.to_path_buf() })
    }

    fn push(&mut self, json: &Json) -> Result<(), SinkError> {
        let comma = if self.count > 0 { ",\n" } else { "" };
        self.count += 1;
        write!(self.file, "{comma}{json}").map_err(|e| io_error(&self.out, &e))
    }

    fn copy_to(&mut self, to: &mut impl Write) -> std::io::Result<()> {
        self.file.flush()?;
        let file = self.file.get_mut();
        file.rewind()?;
        copy(&mut BufReader::new(file), to).map(drop)
    }
}

/// The area of a polygon by the shoelace formula, in square pixels.
fn area(polygon: &Polygon) -> f64 {
    let corners = &polygon.0;
    let pairs = corners.iter().zip(corners.iter().cycle().skip(1));
    let doubled: f64 = pairs.map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
    doubled.abs() / 2.0
}

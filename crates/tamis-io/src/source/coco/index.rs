//! What annotation files say, by picture, in as little memory as it takes.

use std::collections::HashMap;
use std::fmt;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use tamis_core::place;
use tamis_core::source::SourceError;

use super::layout;
use crate::source::files::io_error;
use crate::source::jsonl;

/// The pictures of some annotation files.
#[derive(Default)]
pub(super) struct Index {
    pub pictures: Vec<Picture>,
    pub categories: Vec<Category>,
    /// directories that pictures may be in, for each file
    pub folders: Vec<Vec<PathBuf>>,
    pub has_captions: bool,
    pub has_instances: bool,
    /// numbers in `pictures` by id and file name; several when splits count anew
    known: HashMap<(i64, Box<str>), Vec<usize>>,
    /// how often each file name came
    names: HashMap<Box<str>, u32>,
}

pub(super) struct Picture {
    pub id: i64,
    pub file_name: Box<str>,
    /// how many pictures before it have the same file name
    pub repeat: u32,
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// number in [`Index::folders`]
    pub folder: usize,
    pub captions: Vec<Box<str>>,
    pub instances: Vec<Instance>,
}

pub(super) struct Instance {
    pub id: i64,
    /// number in [`Index::categories`]
    pub category: usize,
    /// x, y, width, height in pixels
    pub bbox: [f64; 4],
    /// the largest piece, x and y in turns
    pub outline: Option<Box<[f64]>>,
    pub score: Option<f64>,
}

#[derive(Clone)]
pub(super) struct Category {
    pub name: Box<str>,
    pub supercategory: Option<Box<str>>,
}

impl Index {
    /// Reads all files. Errors: one that is not COCO, annotations of a category that does not exist.
    pub(super) fn read(root: &Path, files: &[PathBuf]) -> Result<Index, SourceError> {
        let mut index = Index::default();
        for path in files {
            let file = place::open(path).map_err(|e| io_error(path, &e))?.whole();
            let read: FileJson = serde_json::from_reader(BufReader::with_capacity(1 << 20, file)).map_err(|e| {
                let place = format!("{}:{}:{}", path.display(), e.line(), e.column());
                SourceError::new(format!("{place}: not as COCO has it: {}", jsonl::reason(&e)))
            })?;
            index.add(path, read).map_err(|why| SourceError::new(format!("{}: {why}", path.display())))?;
        }
        if index.pictures.is_empty() {
            return Err(SourceError::new(format!("{}: its COCO files list no images", root.display())));
        }
        (index.known, index.names) = (HashMap::new(), HashMap::new());
        Ok(index)
    }

    fn add(&mut self, path: &Path, file: FileJson) -> Result<(), String> {
        self.folders.push(layout::picture_folders(path));
        let mut numbers = HashMap::with_capacity(file.images.len());
        for image in file.images {
            numbers.insert(image.id, self.picture(image));
        }
        let first = self.categories.len();
        let mut categories = HashMap::new();
        for (i, category) in file.categories.iter().flatten().enumerate() {
            categories.insert(category.id, first + i);
            let (name, supercategory) = (category.name.clone(), category.supercategory.clone());
            self.categories.push(Category { name, supercategory });
        }
        self.has_instances |= !categories.is_empty();
        for annotation in file.annotations {
            self.has_captions |= annotation.caption.is_some();
            // Annotations of images that the file does not list have no picture to go to.
            let Some(&number) = numbers.get(&annotation.image_id) else { continue };
            self.annotate(number, annotation, &categories)?;
        }
        Ok(())
    }

    /// The number of a picture; a new one unless it is known from another file.
    fn picture(&mut self, image: ImageJson) -> usize {
        let folder = self.folders.len() - 1;
        let path = |folder: usize| layout::picture_path(&self.folders[folder], &image.file_name);
        let same = |known: usize| {
            let other = self.pictures[known].folder;
            self.folders[other] == self.folders[folder] || path(other) == path(folder)
        };
        let known = self.known.get(&(image.id, image.file_name.clone()));
        if let Some(number) = known.and_then(|numbers| numbers.iter().copied().find(|known| same(*known))) {
            return number;
        }
        let number = self.pictures.len();
        let times = self.names.entry(image.file_name.clone()).or_default();
        *times += 1;
        self.known.entry((image.id, image.file_name.clone())).or_default().push(number);
        self.pictures.push(Picture {
            id: image.id,
            file_name: image.file_name,
            repeat: *times - 1,
            width: image.width,
            height: image.height,
            folder,
            captions: Vec::new(),
            instances: Vec::new(),
        });
        number
    }

    fn annotate(
        &mut self,
        number: usize,
        annotation: AnnotationJson,
        categories: &HashMap<i64, usize>,
    ) -> Result<(), String> {
        let picture = &mut self.pictures[number];
        if let Some(caption) = annotation.caption {
            picture.captions.push(caption.trim().into());
        }
        let Some(bbox) = annotation.bbox else { return Ok(()) };
        let id = annotation.id.unwrap_or(-1);
        // Some files repeat the annotations of others.
        let repeated = picture.instances.iter().any(|known| known.id == id && known.bbox == bbox);
        if annotation.iscrowd != 0 || repeated {
            return Ok(());
        }
        let category = annotation.category_id.unwrap_or(-1);
        let Some(&category) = categories.get(&category) else {
            return Err(format!("annotation {id}: there is no category {category}"));
        };
        let outline = annotation.segmentation.and_then(|outline| outline.0);
        picture.instances.push(Instance { id, category, bbox, outline, score: annotation.score });
        Ok(())
    }
}

#[derive(Deserialize)]
struct FileJson {
    images: Vec<ImageJson>,
    annotations: Vec<AnnotationJson>,
    categories: Option<Vec<CategoryJson>>,
}

#[derive(Deserialize)]
struct ImageJson {
    id: i64,
    file_name: Box<str>,
    width: Option<u32>,
    height: Option<u32>,
}

#[derive(Deserialize)]
struct CategoryJson {
    id: i64,
    name: Box<str>,
    supercategory: Option<Box<str>>,
}

#[derive(Deserialize)]
struct AnnotationJson {
    id: Option<i64>,
    image_id: i64,
    caption: Option<Box<str>>,
    category_id: Option<i64>,
    bbox: Option<[f64; 4]>,
    segmentation: Option<Segmentation>,
    #[serde(default)]
    iscrowd: u8,
    score: Option<f64>,
}

/// The largest piece of an outline, of those with three corners at least; run lengths are stepped over.
struct Segmentation(Option<Box<[f64]>>);

impl<'de> Deserialize<'de> for Segmentation {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Segmentation, D::Error> {
        deserializer.deserialize_any(SegmentationVisitor)
    }
}

struct SegmentationVisitor;

impl<'de> Visitor<'de> for SegmentationVisitor {
    type Value = Segmentation;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of polygons, or run lengths")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pieces: A) -> Result<Segmentation, A::Error> {
        let mut largest: Option<Box<[f64]>> = None;
        while let Some(piece) = pieces.next_element::<Box<[f64]>>()? {
            let good = piece.len() >= 6 && piece.len().is_multiple_of(2);
            if good && largest.as_ref().is_none_or(|known| area(&piece) > area(known)) {
                largest = Some(piece);
            }
        }
        Ok(Segmentation(largest))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Segmentation, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Segmentation(None))
    }
}

/// The area of a polygon by the shoelace formula, in square pixels.
fn area(corners: &[f64]) -> f64 {
    let n = corners.len() / 2;
    let at = |i: usize| (corners[2 * (i % n)], corners[2 * (i % n) + 1]);
    let doubled: f64 = (0..n).map(|i| at(i).0 * at(i + 1).1 - at(i + 1).0 * at(i).1).sum();
    doubled.abs() / 2.0
}

//! COCO: instances and captions, merged by image.

mod index;
mod layout;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};
use tamis_core::Type;
use tamis_core::media::Origin;
use tamis_core::source::{RowError, SharedSource, SourceError, Wanted};

use self::index::{Index, Instance, Picture};
use super::embedded::Embedded;
use super::files::name_in;
use super::format::{Format, RawRow, RawRows, typed};
use super::typing::Need;
pub(crate) use layout::annotation_files;

/// Opens one annotation file, or a directory with several (`annotations/*.json`, `*/_annotations.coco.json`, or
/// `*.json` beside the pictures). Files about the same pictures are merged by id and file name, so that instances and
/// captions come together. There is one row for each picture, in the order of the files.
///
/// Fields: `image`, `file_name`, `image_id`, `width`, `height`, `captions` (a list, empty where there are none),
/// `regions`: `label` (the category), `box` in absolute pixels as `[x0, y0, x1, y1]`, `polygon` (of an object in
/// several pieces the largest), `supercategory`, `score`, `id`. Regions that stand for a crowd (`iscrowd`) are left
/// out, because their box is not that of one object; masks in run lengths are not read, the region keeps its box.
///
/// A picture whose file is missing still has its row; its handle says so when it is read.
/// Errors: a file that is not COCO, with line and column of what is wrong.
pub(crate) fn open(root: &Path, files: Vec<PathBuf>, wanted: &Wanted) -> Result<SharedSource, SourceError> {
    let index = Index::read(root, &files)?;
    typed(Coco { root: root.to_path_buf(), files, index }, wanted)
}

struct Coco {
    root: PathBuf,
    files: Vec<PathBuf>,
    index: Index,
}

impl Format for Coco {
    fn name(&self) -> &'static str {
        "coco"
    }

    fn place(&self) -> String {
        self.root.display().to_string()
    }

    fn columns(&self) -> Option<Vec<(String, Type)>> {
        let mut columns = vec![
            ("image".to_string(), Type::Image),
            ("file_name".to_string(), Type::Text),
            ("image_id".to_string(), Type::Int),
            ("width".to_string(), Type::Int),
            ("height".to_string(), Type::Int),
        ];
        if self.index.has_captions {
            columns.push(("captions".to_string(), Type::list(Type::Text)));
        }
        if self.index.has_instances {
            columns.push(("regions".to_string(), Type::list(Type::Region)));
        }
        Some(columns)
    }

    fn len(&self) -> Option<u64> {
        Some(self.index.pictures.len() as u64)
    }

    fn files(&self) -> Vec<(String, PathBuf)> {
        self.files.iter().map(|path| (name_in(&self.root, path), path.clone())).collect()
    }

    fn rows(&self, from: u64, need: &Need) -> Result<RawRows<'_>, SourceError> {
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(self.index.pictures.len());
        let regions = need.includes("regions");
        Ok(Box::new(self.index.pictures[from..].iter().map(move |picture| self.row(picture, regions))))
    }
}

impl Coco {
    fn row(&self, picture: &Picture, regions: bool) -> Result<RawRow, RowError> {
        if Path::new(&*picture.file_name).components().any(|part| part == std::path::Component::ParentDir) {
            let message = format!("the file name `{}` climbs out of its folder with `..`", picture.file_name);
            return Err(RowError { key: picture.key(), message });
        }
        let path = layout::picture_path(&self.index.folders[picture.folder], &picture.file_name);
        let mut fields = Map::new();
        fields.insert("image".to_string(), Embedded::token(0));
        fields.insert("file_name".to_string(), json!(picture.file_name));
        fields.insert("image_id".to_string(), json!(picture.id));
        let sides = [("width", picture.width), ("height", picture.height)];
        let sides = sides.into_iter().filter_map(|(name, side)| Some((name.to_string(), json!(side?))));
        fields.extend(sides);
        fields.insert("captions".to_string(), json!(picture.captions));
        if regions {
            let regions = picture.instances.iter().map(|instance| self.region(instance)).collect();
            fields.insert("regions".to_string(), Json::Array(regions));
        }
        let image = Embedded::At(Origin::File { path }, String::new());
        Ok(RawRow { key: picture.key(), fields, embedded: vec![image], folder: self.root.as_path().into() })
    }

    fn region(&self, instance: &Instance) -> Json {
        let category = &self.index.categories[instance.category];
        let [x, y, width, height] = instance.bbox;
        let mut region = json!({"label": category.name, "box": [x, y, x + width, y + height], "id": instance.id});
        if let Some(outline) = &instance.outline {
            region["polygon"] = outline.chunks_exact(2).map(|corner| json!([corner[0], corner[1]])).collect();
        }
        if let Some(supercategory) = &category.supercategory {
            region["supercategory"] = json!(supercategory);
        }
        if let Some(score) = instance.score {
            region["score"] = json!(score);
        }
        region
    }
}

impl Picture {
    fn key(&self) -> String {
        match self.repeat {
            0 => self.file_name.to_string(),
            times => format!("{}#{}", self.file_name, times + 1),
        }
    }
}

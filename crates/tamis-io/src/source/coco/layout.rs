//! Where the annotation files and the pictures of a COCO directory are.

use std::path::{Path, PathBuf};

use tamis_core::place;
use tamis_core::source::SourceError;

use crate::source::detect;
use crate::source::files::{dirs_and_files, entries, extension};

/// The COCO files in a directory, in name order; empty if it has none.
///
/// Files of key points, panoptic and stuff annotations are left out where there are others: they repeat the instances.
pub(crate) fn annotation_files(root: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let annotations = root.join("annotations");
    let mut files = if place::is_dir(&annotations) { coco_in(&annotations)? } else { Vec::new() };
    if files.is_empty() {
        files = coco_in(root)?;
    }
    if files.is_empty() {
        let (dirs, _) = dirs_and_files(root)?;
        let named = dirs.into_iter().map(|dir| dir.join("_annotations.coco.json"));
        files = named.filter(|path| place::is_file(path)).collect();
    }
    let plain = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        !["person_keypoints", "panoptic", "stuff", "image_info"].iter().any(|other| name.starts_with(other))
    };
    if files.iter().any(plain) {
        files.retain(plain);
    }
    Ok(files)
}

fn coco_in(dir: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let paths = entries(dir)?.into_iter();
    // A picture's own sidecar is not looked into: there may be a million of them.
    let mut paths = paths.filter(|path| extension(path).is_some_and(|ext| ext == "json") && place::is_file(path));
    let beside =
        |path: &PathBuf| ["jpg", "jpeg", "png", "webp"].iter().any(|ext| place::is_file(&path.with_extension(ext)));
    let mut found = Vec::new();
    while let Some(path) = paths.by_ref().find(|path| !beside(path)) {
        if detect::is_coco(&path) {
            found.push(path);
        }
    }
    Ok(found)
}

/// The directories that the pictures of an annotation file may be in, the likeliest first.
///
/// `annotations/instances_train2017.json` means `train2017/`, `images/train2017/`, `images/` or the directory itself;
/// `annotations/train.json` means `train/` and so on.
pub(super) fn picture_folders(file: &Path) -> Vec<PathBuf> {
    let dir = file.parent().unwrap_or(Path::new(""));
    let root =
        if dir.file_name().is_some_and(|name| name == "annotations") { dir.parent().unwrap_or(dir) } else { dir };
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let split = stem.split_once('_').map_or(stem.as_str(), |(_, split)| split);
    let images = root.join("images");
    let mut folders = vec![root.join(split), images.join(split), images, root.to_path_buf()];
    folders.retain(|folder| place::is_dir(folder));
    if let Some(first) = folders.first().filter(|folder| place::is_url(folder)) {
        // One listing in place of a question for each picture; what it does not tell is asked for.
        let _ = place::walk_url(first);
    }
    folders
}

/// The path of a picture: in the first directory that has it, else where it would be expected first.
pub(super) fn picture_path(folders: &[PathBuf], file_name: &str) -> PathBuf {
    let mut paths = folders.iter().map(|folder| folder.join(file_name));
    let expected = folders.first().map_or_else(|| PathBuf::from(file_name), |folder| folder.join(file_name));
    paths.find(|path| place::is_file(path)).unwrap_or(expected)
}

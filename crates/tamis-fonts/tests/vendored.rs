//! The files, the manifest and the table agree, and the fonts hold what the manifest says.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use skrifa::attribute::Style;
use skrifa::raw::types::Tag;
use skrifa::string::StringId;
use skrifa::{FontRef, MetadataProvider};
use tamis_fonts::{Face, Kind, faces, families};

#[derive(Deserialize)]
struct Entry {
    file: String,
    family: String,
    style: String,
    weight: u16,
    italic: bool,
    kind: String,
    scripts: Vec<String>,
    licence: String,
    licence_file: String,
    package: String,
    done: String,
    blake3: String,
    bytes: usize,
}

#[test]
fn the_table_is_the_manifest() {
    let manifest = manifest();
    assert_eq!(faces().len(), manifest.len());
    for (face, entry) in pairs(&manifest) {
        let file = &entry.file;
        assert_eq!(face.family, entry.family, "{file}");
        assert_eq!(face.weight, entry.weight, "{file}");
        assert_eq!(face.italic, entry.italic, "{file}");
        assert_eq!(format!("{:?}", face.kind), entry.kind, "{file}");
        assert_eq!(face.scripts, entry.scripts, "{file}");
        assert_eq!(face.licence, entry.licence, "{file}");
        assert_eq!(face.data.len(), entry.bytes, "{file}");
        assert_eq!(blake3::hash(face.data).to_hex().as_str(), entry.blake3, "{file}");
        assert!(entry.package.split(' ').count() == 3 && !entry.done.is_empty(), "{file}: where is it from?");
    }
}

#[test]
fn no_file_is_missing_or_extra() {
    let mut expected: BTreeSet<String> =
        ["README.md", "make.py", "manifest.json", "scripts.json"].map(str::to_owned).into();
    for entry in manifest() {
        expected.insert(entry.licence_file);
        expected.insert(entry.file);
    }
    let mut found = BTreeSet::new();
    for entry in folder().read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(path.read_dir().unwrap().map(|entry| relative(&entry.unwrap().path())));
        } else {
            found.insert(relative(&path));
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn the_licence_lies_beside_the_font() {
    for entry in manifest() {
        let text = std::fs::read_to_string(folder().join(&entry.licence_file)).unwrap();
        let says = match entry.licence.as_str() {
            "OFL-1.1" => "SIL OPEN FONT LICENSE Version 1.1",
            "Apache-2.0" => "Apache License",
            "Bitstream-Vera" => "Bitstream Vera",
            "LPPL-1.3c" => "LaTeX Project Public License",
            other => panic!("{}: the licence {other} is not one of those that were weighed", entry.file),
        };
        assert!(text.contains(says), "{}", entry.licence_file);
        assert!(text.to_lowercase().contains("copyright") || text.contains("(C)"), "{}", entry.licence_file);
        assert_eq!(Path::new(&entry.file).parent(), Path::new(&entry.licence_file).parent());
    }
}

#[test]
fn a_reserved_name_is_left_to_the_font_as_it_came() {
    for entry in manifest().iter().filter(|entry| entry.done != "nothing") {
        let text = std::fs::read_to_string(folder().join(&entry.licence_file)).unwrap();
        let Some((_, names)) = text.split_once("Reserved Font Name ") else { continue };
        let names = names.lines().next().unwrap();
        let names = names.trim_end_matches('.').split(", ").map(|name| name.trim_matches('"'));
        for name in names.filter(|name| !name.is_empty()) {
            assert!(!entry.family.contains(name), "{} is changed, so it cannot be called {name}", entry.file);
        }
    }
}

#[test]
fn the_font_says_the_same_of_itself() {
    let manifest = manifest();
    for (face, entry) in pairs(&manifest) {
        let (font, file) = (font(face), &entry.file);
        let family = [StringId::TYPOGRAPHIC_FAMILY_NAME, StringId::FAMILY_NAME]
            .into_iter()
            .find_map(|id| font.localized_strings(id).english_or_first())
            .unwrap();
        assert_eq!(family.chars().collect::<String>(), face.family, "{file}");
        let attributes = font.attributes();
        assert_eq!(attributes.weight.value(), f32::from(face.weight), "{file}");
        assert_eq!(attributes.style != Style::Normal, face.italic, "{file}");
        assert_eq!(entry.style.contains("Italic"), face.italic, "{file}");
        assert_eq!(entry.style.contains("Bold"), face.weight == 700, "{file}");
    }
}

#[test]
fn a_face_is_static_and_has_outlines_only() {
    for face in faces() {
        let font = font(face);
        let has = |tag: &[u8; 4]| font.table_data(Tag::new(tag)).is_some();
        assert!(has(b"glyf") || has(b"CFF "), "{face:?}");
        for tag in [b"fvar", b"COLR", b"CBDT", b"EBDT", b"sbix", b"SVG "] {
            assert!(!has(tag), "{face:?}");
        }
        assert!(has(b"MATH") || face.kind != Kind::Math, "{face:?}");
    }
}

#[test]
fn a_face_has_glyphs_for_the_scripts_it_claims() {
    let samples: BTreeMap<String, String> =
        serde_json::from_slice(&std::fs::read(folder().join("scripts.json")).unwrap()).unwrap();
    for face in faces() {
        let (font, characters) = (font(face), font(face).charmap());
        let outlines = font.outline_glyphs();
        assert!(!face.scripts.is_empty(), "{face:?}");
        for script in face.scripts {
            for c in samples[*script].chars() {
                let glyph = characters.map(c).unwrap_or_else(|| panic!("{face:?} has no {c:?}"));
                assert!(outlines.get(glyph).is_some(), "{face:?} does not draw {c:?}");
            }
        }
    }
}

#[test]
fn every_sampled_script_is_covered_by_some_face() {
    let samples: BTreeMap<String, String> =
        serde_json::from_slice(&std::fs::read(folder().join("scripts.json")).unwrap()).unwrap();
    let covered: BTreeSet<&str> = faces().iter().flat_map(|face| face.scripts).copied().collect();
    assert_eq!(covered, samples.keys().map(String::as_str).collect());
}

#[test]
fn a_family_is_named_once_and_its_faces_differ() {
    let names: Vec<_> = families().collect();
    let once: BTreeSet<_> = names.iter().collect();
    assert_eq!(names.len(), once.len());
    let styles: BTreeSet<_> = faces().iter().map(|face| (face.family, face.weight, face.italic)).collect();
    assert_eq!(styles.len(), faces().len());
}

#[test]
fn the_fonts_stay_small() {
    let bytes: usize = faces().iter().map(|face| face.data.len()).sum();
    assert!(bytes < 15_000_000, "{bytes} bytes are embedded into every program that draws");
}

fn pairs(manifest: &[Entry]) -> impl Iterator<Item = (&'static Face, &Entry)> {
    faces().iter().zip(manifest)
}

fn font(face: &Face) -> FontRef<'static> {
    FontRef::new(face.data).unwrap()
}

fn manifest() -> Vec<Entry> {
    serde_json::from_slice(&std::fs::read(folder().join("manifest.json")).unwrap()).unwrap()
}

fn relative(path: &Path) -> String {
    path.strip_prefix(folder())
        .unwrap()
        .components()
        .map(|c| c.as_os_str().to_str().unwrap())
        .collect::<Vec<_>>()
        .join("/")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/fonts")
}

//! Input made to hurt: everything is refused with a sentence, nothing panics, nothing takes long.

use proptest::prelude::*;
use tamis_recipe::{DiskFolder, MemoryFolder, Options, check};

use crate::operators::REGISTRY;

fn told_of_bytes(recipe: impl Into<Vec<u8>>) -> Vec<String> {
    let folder = MemoryFolder::new("test", [("recipe.yaml", recipe.into())]);
    let checked = check(&folder, REGISTRY, &Options::default());
    checked.diagnostics.iter().map(ToString::to_string).collect()
}

#[test]
fn a_folder_without_a_recipe() {
    let checked = check(&MemoryFolder::default(), REGISTRY, &Options::default());
    assert_eq!(checked.diagnostics[0].to_string(), "recipe.yaml:1:1: error: `recipe.yaml`: no such file");
}

#[test]
fn a_recipe_of_50_megabytes() {
    assert_eq!(
        told_of_bytes("a: b\n".repeat(10_000_000)),
        ["recipe.yaml:1:1: error: `recipe.yaml` has more than 16 MiB, the most that a recipe's file may have"]
    );
    assert_eq!(
        told_of_bytes("a: b\n".repeat(1_000_000)),
        ["recipe.yaml:1:1: error: the file has 4.8 MiB; at most 4 MiB are read"]
    );
}

#[test]
fn a_bomb_of_aliases() {
    let layer =
        |text: String, i: usize| format!("{text}a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", "));
    let bomb = (1..30).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_string(), layer);
    let told = told_of_bytes(bomb);
    assert_eq!(told.len(), 1);
    assert!(told[0].ends_with("error: the file holds more than 100000 values, aliases counted"), "{}", told[0]);
}

#[test]
fn ten_thousand_lists_inside_each_other() {
    let deep = format!("recipe: t\nsteps: {}", "[".repeat(10_000));
    assert_eq!(told_of_bytes(deep).len(), 1);
}

#[test]
fn a_hundred_thousand_problems_are_not_all_told() {
    let many = format!("recipe: t\nsteps:\n{}output: {{}}\n", "  - a:\n".repeat(30_000));
    assert!(told_of_bytes(many).len() <= 500);
}

#[test]
fn bytes_that_are_no_text() {
    assert_eq!(
        told_of_bytes(b"recipe: t\nabout: caf\xE9\n".to_vec()),
        ["recipe.yaml:1:1: error: `recipe.yaml` is not UTF-8: byte 20, on line 2, is no character; save it as UTF-8"]
    );
    assert_eq!(
        told_of_bytes(b"\xFF\xFEr\0e\0".to_vec()),
        ["recipe.yaml:1:1: error: `recipe.yaml` is written in UTF-16; save it as UTF-8"]
    );
}

#[test]
fn a_byte_order_mark_is_no_error() {
    let recipe = "\u{FEFF}recipe: t\ninputs: {a: text}\nsteps: []\noutput: {a: text}\n";
    assert!(told_of_bytes(recipe).is_empty());
}

#[test]
fn prompts_that_are_binary_or_lead_out_of_the_folder() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("recipe");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(outer.path().join("secret.md"), "secret").unwrap();
    std::fs::write(inner.join("binary.md"), b"a\0b").unwrap();
    std::os::unix::fs::symlink(outer.path().join("secret.md"), inner.join("link.md")).unwrap();
    std::os::unix::fs::symlink(inner.join("round.md"), inner.join("round.md")).unwrap();
    let step = |path: &str| format!("  - chat.ask: {{role: w, prompt: {path}, into: a}}\n");
    let steps: String = ["binary.md", "link.md", "/etc/hosts.md", "round.md"].iter().map(|path| step(path)).collect();
    std::fs::write(
        inner.join("recipe.yaml"),
        format!("recipe: t\nroles: {{w: chat}}\nsteps:\n{steps}output: {{a: text}}\n"),
    )
    .unwrap();
    let checked = check(&DiskFolder::open(&inner).unwrap(), REGISTRY, &Options::default());
    let told: Vec<String> = checked.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(
        told[..3],
        [
            "recipe.yaml:4:33: error: `binary.md` is not a text: it holds zero bytes",
            "recipe.yaml:5:33: error: `link.md` is a symlink that leaves the recipe's folder",
            "recipe.yaml:6:33: error: `/etc/hosts.md` is absolute; paths begin in the recipe's folder",
        ]
    );
    assert!(told[3].starts_with("recipe.yaml:7:33: error: `round.md`: "), "{}", told[3]);
}

const WHOLE: &str = "recipe: t\nparams: {n: 1}\nroles: {w: chat}\ninputs: {image: image, boxes: list<box>}\nsteps:\n  - \
    chat.ask: {role: w, prompt: '{{ image }} {{ n }}', into: a, n: $n}\n    when: boxes | length > 1\n  - choose.field:\n      \
    by: a\n      cases:\n        x: [{text.trim: {from: a}}]\n        'y z': []\noutput: {image: image, a: text?}\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_are_checked_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        told_of_bytes(bytes);
    }

    #[test]
    fn any_text_is_checked_without_panic(text in "[a-z:{}\\[\\]$&*#|>'\"\\-\\n \\t\u{e9}\u{1F600}\\\\,?!%@`~.0-9]{0,200}") {
        told_of_bytes(text);
    }

    #[test]
    fn a_damaged_recipe_is_checked_without_panic(at in 0..WHOLE.len(), cut in 0_usize..20, put in "[\\x00-\\x7f\u{e9}]{0,6}") {
        let mut bytes = WHOLE.as_bytes().to_vec();
        bytes.splice(at..(at + cut).min(WHOLE.len()), put.into_bytes());
        for line in told_of_bytes(bytes) {
            prop_assert!(!line.is_empty());
        }
    }
}

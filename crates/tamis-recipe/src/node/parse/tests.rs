use super::*;

fn tree(text: &str) -> Result<Node, YamlError> {
    parse(&SourceText::new("recipe.yaml", text), Limits::RECIPE)
}

/// What is underlined, the message and the help.
fn refusal(text: &str) -> (String, String, Option<String>) {
    let error = tree(text).unwrap_err();
    (text.get(error.span.start..error.span.end).unwrap_or("?").to_string(), error.message, error.help)
}

fn message(text: &str) -> String {
    tree(text).unwrap_err().message
}

const EXAMPLE: &str =
    "a: 1\nb:\n  - x: 'hé'\n    y: [1, 2.5]\n  - |\n    block\n    text\nc:\n\"k\": \"list<{a: text}>\"\n";

#[test]
fn every_value_and_key_knows_its_place() {
    let node = tree(EXAMPLE).unwrap();
    let at = |path: &str| {
        let found = node.find(path);
        (&EXAMPLE[found.span().start..found.span().end], found.exact)
    };
    assert_eq!(at("a"), ("1", true));
    assert_eq!(at("b"), ("b", true));
    assert_eq!(at("b[0].x"), ("'hé'", true));
    assert_eq!(at("b[0].y[1]"), ("2.5", true));
    assert_eq!(at("b.0.y.0"), ("1", true));
    assert_eq!(at("c"), ("c", true));
    assert_eq!(at("k"), ("\"list<{a: text}>\"", true));
    assert_eq!(at("b[0].z.w"), ("x: 'hé'\n    y: [1, 2.5]", false));
    assert!(!at("nowhere").1);
}

#[test]
fn a_key_with_dots_is_found() {
    let node = tree("shares: {a.b: 1, a: 2}").unwrap();
    assert_eq!(node.find("shares.a.b").node.kind, Kind::Int(1));
    assert_eq!(node.find("shares.a").node.kind, Kind::Int(2));
}

#[test]
fn the_tree_is_the_json_that_was_meant() {
    let json = serde_json::json!({
        "a": 1, "b": [{"x": "hé", "y": [1, 2.5]}, "block\ntext\n"], "c": null, "k": "list<{a: text}>"
    });
    assert_eq!(tree(EXAMPLE).unwrap().to_json(), json);
}

#[test]
fn keys_are_texts_whatever_they_look_like() {
    let node = tree("1: a\ntrue: b\n'x y': c").unwrap();
    assert_eq!(node.entries().iter().map(|e| e.key.as_str()).collect::<Vec<_>>(), ["1", "true", "x y"]);
    assert_eq!(message("? [a]\n: 3"), "expected a text as key, found a list or a map");
    assert_eq!(message("~: 3"), "a key is missing in front of `:`");
    assert_eq!(message("<<: {a: 1}"), "the merge key `<<` is not read here; write the keys out");
}

#[test]
fn a_repeated_key_is_found() {
    let node = tree("a: 1\nb: {c: 1, c: 2}\na: 3").unwrap();
    let found: Vec<_> = node.repeated_keys().iter().map(|e| (e.key.as_str(), e.key_span.start)).collect();
    assert_eq!(found, [("a", 21), ("c", 15)]);
}

#[test]
fn aliases_repeat_what_they_name() {
    assert_eq!(tree("a: &x [1, 2]\nb: *x").unwrap().to_json(), serde_json::json!({"a": [1, 2], "b": [1, 2]}));
    assert_eq!(message("a: &x [*x]"), "this alias stands inside the value that it repeats");
    assert!(message("a: *x").contains("unknown anchor"));
}

#[test]
fn a_bomb_of_aliases_is_refused_before_it_grows() {
    let layer =
        |text: String, i: usize| format!("{text}a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", "));
    let bomb = (1..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_string(), layer);
    assert_eq!(message(&bomb), "the file holds more than 100000 values, aliases counted");
    let wide = format!("a: &a {}\nb: [{}]", "x".repeat(100_000), vec!["*a"; 50].join(", "));
    assert_eq!(message(&wide), "the texts of the file have more than 4194304 bytes, aliases counted");
}

#[test]
fn deep_nesting_is_refused() {
    let deep = "lists and maps are nested more than 64 deep";
    assert_eq!(message(&"- ".repeat(10_000)), deep);
    assert_eq!(message(&"[".repeat(10_000)), deep);
    assert_eq!(message(&"{a: ".repeat(10_000)), deep);
    let indented: String = (0..2000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    assert_eq!(message(&indented), deep);
}

#[test]
fn a_file_of_50_megabytes_is_refused_unread() {
    assert_eq!(message(&"a: b\n".repeat(10_000_000)), "the file has 47.7 MiB; at most 4 MiB are read");
}

#[test]
fn broken_yaml_is_told_with_its_place() {
    assert_eq!(message("a: [1, 2"), "this is no YAML: unclosed bracket '['");
    assert_eq!(message("a: 1\n---\nb: 2"), "a second document begins here; a file holds one");
    assert_eq!(message("a: !ruby/object 3"), "the tag `!ruby/object` is not read here");
    assert_eq!(refusal("a:\n\t- b").2.as_deref(), Some("indent with spaces: YAML does not allow tabs"));
    let (_, _, help) = refusal("about: this: that");
    assert_eq!(
        help.as_deref(),
        Some("a text that contains `: ` needs quotes around it; a key begins a line of its own")
    );
}

#[test]
fn an_empty_file_is_nothing() {
    for text in ["", "\n\n", "# only a comment\n", "---\n"] {
        assert_eq!(tree(text).unwrap().kind, Kind::Null);
    }
}

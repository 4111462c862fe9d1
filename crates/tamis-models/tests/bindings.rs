//! `models.yaml`.
#![allow(clippy::unwrap_used)]

use tamis_core::model::RoleKind;
use tamis_models::Bindings;

const GOOD: &str = "\
roles: { writer: qwen, judge: [{ model: qwen, weight: 3 }, { model: sim }] }
models:
  qwen:
    backend: openai
    urls: [\"http://me:secret@a:8000/v1/\", http://b:8000/v1]
    model: Qwen/Qwen2.5-VL-72B-Instruct
    key: ${SOME_KEY}
    price: { input: 0.5, output: 1.5 }
    limits: { concurrency: 8, requests_per_minute: 600, tokens_per_minute: 100000, timeout_s: 120, attempts: 6 }
    images: { max_side: 1568, max_bytes: 5000000, tokens: qwen2-vl }
    sampling: { temperature: 0.7, max_tokens: 1024 }
    structured: prompt
  sim: { backend: sim }
";

fn error(text: &str) -> String {
    Bindings::parse("models.yaml", text).unwrap_err().to_string()
}

#[test]
fn everything_that_is_documented_is_read_and_described_without_secrets() {
    let bindings = Bindings::parse("models.yaml", GOOD).unwrap();
    let described = bindings.describe();
    assert_eq!(described["models"]["qwen"]["urls"][0], "http://a:8000/v1");
    assert_eq!(described["models"]["qwen"]["key"], "${SOME_KEY}");
    assert_eq!(described["roles"]["judge"][0]["weight"], 3.0);
    assert!(!described.to_string().contains("secret"));
}

#[test]
fn the_digest_is_of_models_and_sampling_and_not_of_servers_and_prices() {
    let digest =
        |text: &str| Bindings::parse("models.yaml", text).unwrap().digest(&[("writer".into(), RoleKind::Chat)]);
    let same = GOOD.replace("http://b:8000", "http://c:9000").replace("0.5", "0.6").replace("SOME_KEY", "KEY");
    assert_eq!(digest(GOOD), digest(&same));
    assert_ne!(digest(GOOD), digest(&GOOD.replace("0.7", "0.8")));
    assert_ne!(digest(GOOD), digest(&GOOD.replace("72B", "7B")));
}

#[test]
fn mistakes_are_named_with_their_place_and_what_was_meant() {
    let misspelt = error("roles: { w: m }\nmodels:\n  m:\n    backend: openai\n    ulr: http://x/v1\n");
    assert!(misspelt.starts_with("models.yaml:5:") && misspelt.contains("did you mean `url"), "{misspelt}");
    let unknown = error("roles:\n  w: qwem\nmodels:\n  qwen: { backend: sim }\n");
    assert!(unknown.starts_with("models.yaml:2:") && unknown.contains("did you mean `qwen`"), "{unknown}");
    let among = error("roles:\n  w: [{ model: sim }, { model: sym }]\nmodels:\n  sim: { backend: sim }\n");
    assert!(among.starts_with("models.yaml:2:32:"), "{among}");
    let backend = error("roles: {}\nmodels:\n  m: { backend: opnai }\n");
    assert!(backend.starts_with("models.yaml:3:") && backend.contains("did you mean `openai`"), "{backend}");
    let formula = error("roles: {}\nmodels:\n  m: { backend: sim, images: { tokens: qwen-vl } }\n");
    assert!(formula.contains("qwen2-vl"), "{formula}");
    let bracket = error("roles: { w: m\nmodels: {}\n");
    assert!(bracket.starts_with("models.yaml:"), "{bracket}");
}

#[test]
fn a_key_in_the_file_is_refused_with_the_reason_and_not_repeated() {
    let text = "roles: {}\nmodels:\n  m:\n    backend: openai\n    url: http://x/v1\n    key: sk-123456789\n";
    let error = error(text);
    assert!(error.starts_with("models.yaml:6:10:") && error.contains("${OPENAI_API_KEY}"), "{error}");
    assert!(!error.contains("sk-123456789"));
}

#[test]
fn roles_without_a_model_are_listed() {
    let bindings = Bindings::parse("models.yaml", GOOD).unwrap();
    let roles =
        [("writer".into(), RoleKind::Chat), ("writter".into(), RoleKind::Chat), ("judge".into(), RoleKind::Chat)];
    let missing = bindings.missing(&roles);
    assert_eq!(missing.len(), 1);
    assert!(missing[0].contains("`writter`") && missing[0].contains("did you mean `writer`"), "{missing:?}");
    assert!(Bindings::simulated().missing(&roles).is_empty());
    assert!(Bindings::from_url("http://localhost:8000/v1").unwrap().missing(&roles).is_empty());
    assert!(Bindings::from_url("localhost:8000").is_err());
}

#[tokio::test]
async fn a_variable_that_is_not_set_is_named() {
    let bindings = Bindings::parse("models.yaml", GOOD).unwrap();
    let error = bindings.connect(&[("writer".into(), RoleKind::Chat)], Default::default()).await.err().unwrap();
    assert!(error.to_string().contains("SOME_KEY, which is not set"), "{error}");
}

#[test]
fn other_vendors_have_their_own_address_limits_and_wishes() {
    let text = "roles: { w: c, v: g }\nmodels:\n  \
        c: { backend: anthropic, model: claude-sonnet-4-5, images: { max_side: 1568 } }\n  \
        g: { backend: gemini, model: gemini-2.5-flash, url: \"https://proxy/v1beta\" }\n";
    let described = Bindings::parse("models.yaml", text).unwrap().describe();
    let claude = &described["models"]["c"];
    assert_eq!((&claude["backend"], &claude["urls"][0]), (&"anthropic".into(), &"https://api.anthropic.com/v1".into()));
    let images = serde_json::json!({ "max_side": 1568, "max_bytes": 3_932_160, "tokens": "anthropic" });
    assert_eq!(claude["images"], images);
    assert_eq!(described["models"]["g"]["urls"][0], "https://proxy/v1beta");
    for (model, told) in [
        ("{ backend: anthropic }", "write which one as `model`"),
        ("{ backend: gemini }", "write which one as `model`"),
        ("{ backend: anthropic, model: c, structured: json_object }", "write json_schema"),
        ("{ backend: anthropic, model: c, sampling: { extra: { tool_choice: x } } }", "may not set `tool_choice`"),
        ("{ backend: gemini, model: g, sampling: { extra: { responseSchema: x } } }", "may not set `responseSchema`"),
        ("{ backend: gemini, model: g, url: generativelanguage.googleapis.com }", "is no URL"),
        ("{ backend: gemini, model: g, embed: { dimensions: 5 } }", "`embed` belongs to backend openai"),
        ("{ backend: antropic, model: c }", "did you mean `anthropic`"),
    ] {
        let error = error(&format!("roles: {{}}\nmodels:\n  m: {model}\n"));
        assert!(error.starts_with("models.yaml:3:") && error.contains(told), "{error}");
    }
}

//! Backends of this machine, bound by a `models.yaml` and asked as a run asks them.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use tamis_core::RecordId;
use tamis_core::media::{MediaStore, MemoryStore};
use tamis_core::model::{CallSite, CodeEnd, CodeRequest, Receipt, Reply, Request, RoleKind};
use tamis_models::{BindingError, Bindings, Services};

fn bindings(text: &str) -> Result<Bindings, BindingError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.yaml");
    std::fs::write(&path, text).unwrap();
    Bindings::load(path)
}

async fn ask(text: &str, kind: RoleKind, request: Request) -> (Reply, Receipt, MemoryStore) {
    let name: tamis_core::Name = "it".into();
    let models = bindings(text).unwrap().connect(&[(name.clone(), kind)], Services::default()).await;
    let model =
        models.unwrap_or_else(|e| panic!("{e}\n(`cargo xtask test` installs what the tests need)"))[&name].clone();
    let store = MemoryStore::new();
    let site = CallSite { record: RecordId([1; 16]), step: "s", media: &store };
    let (reply, receipt) = model.call(request, &site).await.unwrap();
    (reply, receipt, store)
}

#[tokio::test]
async fn a_program_is_run_and_its_picture_is_in_the_runs_store() {
    // One white pixel.
    let program = "import base64\nopen('p.png', 'wb').write(base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptV\
                   AAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=='))\nprint('done')";
    let request = CodeRequest { program: Arc::from(program), outputs: vec!["*.png".into()], ..CodeRequest::default() };
    let text = "roles: { it: py }\nmodels:\n  py: { backend: python, options: { workers: 1, time_s: 10 } }\n";
    let (reply, receipt, store) = ask(text, RoleKind::CodeRunner, Request::Code(request)).await;
    let Reply::Code(reply) = reply else { panic!("{reply:?}") };
    assert_eq!((&reply.end, reply.stdout.as_str()), (&CodeEnd::Exit(0), "done\n"), "{}", reply.stderr);
    assert!(store.contains(reply.images[0].1), "{reply:?} {receipt:?}");
    assert!(receipt.backend == "python" && receipt.model.starts_with("Python 3."), "{receipt:?}");
}

#[test]
fn what_is_wrong_in_a_binding_is_said_at_its_place() {
    let said = |model: &str| bindings(&format!("roles: {{ it: m }}\nmodels:\n  m: {model}\n")).unwrap_err().to_string();
    let cases = [
        ("{ backend: python, options: { time: 3 } }", "unknown field `time`"),
        ("{ backend: python, options: { preload: ['os; x'] } }", "names of modules"),
        ("{ backend: python, url: http://localhost }", "takes no `url`"),
        ("{ backend: python, model: x }", "takes no `model`"),
        ("{ backend: tesseract, options: { psm: 0 } }", "`psm` is 0"),
        ("{ backend: onnx }", "missing field `model`"),
        ("{ backend: onnx, options: { model: { file: a.onnx } } }", "one of `text` and `image`"),
        ("{ backend: comfyui }", "needs `url`"),
        ("{ backend: sim, options: {} }", "takes no `options`"),
    ];
    for (model, expected) in cases {
        assert!(said(model).contains(expected) && said(model).contains("models.yaml:3:"), "{model}: {}", said(model));
    }
    let found = bindings("roles: { it: m }\nmodels: { m: { backend: tesseract } }\n").unwrap();
    let missing = found.missing(&[("it".into(), RoleKind::CodeRunner)]);
    assert!(missing[0].contains("backend tesseract does not play code-runner"), "{missing:?}");
}

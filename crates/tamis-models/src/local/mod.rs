//! Backends that run on this machine: programs in a sandbox, Tesseract, ONNX models; and what bindings say of them.

pub(crate) mod onnx;
pub(crate) mod python;
pub(crate) mod tesseract;

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use tamis_core::model::RoleKind;

use crate::backend::Backend;
use crate::bindings::BackendKind;
use crate::client::comfyui;

/// `options` of a model, by its backend.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Options {
    Python(python::Options),
    Tesseract(tesseract::Options),
    Onnx(Box<onnx::Options>),
    Comfyui(comfyui::Options),
}

impl Options {
    /// Reads the options of a backend that has some; files are taken from `folder`.
    ///
    /// Errors, in words: what is wrong in them; options of a backend that has none.
    pub(crate) fn read(backend: BackendKind, written: Option<&Json>, folder: &Path) -> Result<Option<Options>, String> {
        Ok(match backend {
            BackendKind::Python => Some(Options::Python(parse::<python::Options>(written)?.check()?)),
            BackendKind::Tesseract => Some(Options::Tesseract(parse::<tesseract::Options>(written)?.check()?)),
            BackendKind::Onnx => Some(Options::Onnx(Box::new(parse::<onnx::Options>(written)?.check(folder)?))),
            BackendKind::Comfyui => Some(Options::Comfyui(parse::<comfyui::Options>(written)?.check(folder)?)),
            other if written.is_some() => return Err(format!("backend {} takes no `options`", other.name())),
            _ => None,
        })
    }

    /// Whether a role of this kind can be bound to it, where its backend plays several.
    pub(crate) fn plays(&self, kind: RoleKind) -> bool {
        match self {
            Options::Python(_) => kind == RoleKind::CodeRunner,
            Options::Tesseract(_) => kind == RoleKind::Ocr,
            Options::Onnx(options) if options.reads_texts() => kind == RoleKind::TextEmbed,
            Options::Onnx(_) => kind == RoleKind::ImageEmbed,
            Options::Comfyui(options) => kind == options.kind(),
        }
    }

    /// What plays the role, with its version: a new version is asked anew.
    ///
    /// Errors, in words: what is missing on this machine.
    pub(crate) fn name(&self) -> Result<String, String> {
        match self {
            Options::Python(options) => python::versions(options),
            Options::Tesseract(options) => tesseract::version(options),
            Options::Onnx(options) => onnx::name(options),
            Options::Comfyui(options) => comfyui::name(options),
        }
    }

    /// What of them decides an answer.
    pub(crate) fn asked(&self) -> Json {
        match self {
            Options::Python(options) => json!(options.asked()),
            Options::Tesseract(options) => json!(options.asked()),
            Options::Onnx(options) => options.asked(),
            Options::Comfyui(options) => options.asked(),
        }
    }

    /// The backend, where it runs in this process or as its child.
    ///
    /// Errors, in words: what is missing on this machine.
    pub(crate) fn local(&self, timeout_s: f64) -> Result<Option<Box<dyn Backend>>, String> {
        Ok(match self {
            Options::Python(options) => Some(Box::new(python::Runner::start(options)?)),
            Options::Tesseract(options) => Some(Box::new(tesseract::Tesseract::find(options, timeout_s)?)),
            Options::Onnx(options) => Some(Box::new(onnx::Onnx::open(options)?)),
            Options::Comfyui(_) => None,
        })
    }
}

fn parse<T: DeserializeOwned>(written: Option<&Json>) -> Result<T, String> {
    let written = written.cloned().unwrap_or_else(|| json!({}));
    serde_json::from_value(written).map_err(|e| format!("`options`: {e}"))
}

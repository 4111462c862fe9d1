//! Backends that run on this machine: programs in a sandbox, Tesseract, ONNX models.

pub(crate) mod python;
pub(crate) mod tesseract;

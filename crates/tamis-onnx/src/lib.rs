//! Embeddings by ONNX models.

//! Steps that read the text in pictures.

pub mod read;

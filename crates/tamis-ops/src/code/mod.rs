//! Steps that run programs.

pub mod run;

//! Training that happens elsewhere.

pub mod external;
mod hand_over;

//! Formulas: sampled or the user's own LaTeX, set by RaTeX's layout, drawn with a box for each symbol.

mod faces;
mod grammar;
mod hand;
mod normal;
mod own;
mod pen;
mod sample;
mod scene;
mod spec;
mod typeset;

pub use normal::normalise;
pub use own::{OwnFormula, own_formulas};
pub use sample::{Level, sample, topics};
pub use scene::{formula_scene, formula_size};
pub use spec::{FormulaError, FormulaSpec, MAX_LATEX, Paper, Typeface};
pub use typeset::{Formula, Symbol, typeset};

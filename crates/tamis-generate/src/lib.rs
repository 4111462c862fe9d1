//! Operators that make data without a model: one operator, one file.
//!
//! `make.*` writes a spec, `draw.*` draws it and says where everything is, `ask.*` asks what cannot be answered wrong.

use tamis_core::operator::OperatorSpec;

mod drawing;
mod own;
mod questions;
mod value;

pub mod chart;
#[cfg(feature = "documents")]
pub mod document;
pub mod formula;
pub mod layout;
pub mod table;

/// Every operator of this crate, by name.
pub static REGISTRY: &[OperatorSpec] = &[
    OperatorSpec::of::<chart::ask::AskChart>(),
    #[cfg(feature = "documents")]
    OperatorSpec::of::<document::ask::AskDocument>(),
    OperatorSpec::of::<chart::execute::AskExecute>(),
    OperatorSpec::of::<formula::ask::AskFormula>(),
    OperatorSpec::of::<table::ask::AskTable>(),
    OperatorSpec::of::<chart::build::BuildChart>(),
    OperatorSpec::of::<chart::draw::DrawChart>(),
    #[cfg(feature = "documents")]
    OperatorSpec::of::<document::draw::DrawDocument>(),
    OperatorSpec::of::<formula::draw::DrawFormula>(),
    OperatorSpec::of::<layout::draw::DrawPage>(),
    OperatorSpec::of::<table::draw::DrawTable>(),
    OperatorSpec::of::<chart::make::MakeChart>(),
    #[cfg(feature = "documents")]
    OperatorSpec::of::<document::make::MakeDocument>(),
    OperatorSpec::of::<formula::make::MakeFormula>(),
    OperatorSpec::of::<layout::make::MakeLayout>(),
    OperatorSpec::of::<table::make::MakeTable>(),
    OperatorSpec::of::<chart::plan::PlanChart>(),
];

#[cfg(test)]
mod tests {
    // Pictures take their time, so few rows each.
    tamis_testing::compliance!(crate::REGISTRY, 8);
}

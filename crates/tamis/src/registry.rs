//! Every operator there is: those of the house of operators and those of the generators, by name.

use std::sync::LazyLock;

use tamis_core::operator::OperatorSpec;

/// Every operator, by name.
pub static REGISTRY: LazyLock<Vec<OperatorSpec>> = LazyLock::new(|| {
    let mut all: Vec<_> = tamis_ops::REGISTRY.iter().chain(tamis_generate::REGISTRY).copied().collect();
    all.sort_by_key(|spec| spec.name);
    all
});

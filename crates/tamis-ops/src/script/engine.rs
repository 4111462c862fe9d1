//! Rhai in a cage: no files, no clock, no chance but the record's own, and bounds on everything.

use std::sync::{Arc, Mutex, PoisonError};

use rhai::packages::{Package, StandardPackage};
use rhai::{Array, Dynamic, Engine, EvalAltResult, Position};
use tamis_core::rng::Rng;

/// Levels of calls of functions.
const CALLS: usize = 32;
/// Levels of expressions, outside and inside functions.
const DEPTHS: (usize, usize) = (64, 48);
/// Bytes of all texts in a value.
const TEXT: usize = 1 << 20;
/// Elements of all lists in a value.
const ELEMENTS: usize = 10_000;
/// Keys of all maps in a value.
const KEYS: usize = 10_000;
/// Variables at a time.
const VARIABLES: usize = 256;

/// Bytes of a script's stack: lists inside lists, as deep as their bound allows, are copied and dropped level by level.
pub(super) const STACK: usize = 64 << 20;

/// An engine that stops a script after so many operations.
pub(super) fn engine(operations: u64) -> Engine {
    let mut engine = Engine::new_raw();
    engine.register_global_module(StandardPackage::new().as_shared_module());
    engine.set_max_operations(operations);
    engine.set_max_call_levels(CALLS);
    engine.set_max_expr_depths(DEPTHS.0, DEPTHS.1);
    engine.set_max_string_size(TEXT);
    engine.set_max_array_size(ELEMENTS);
    engine.set_max_map_size(KEYS);
    engine.set_max_variables(VARIABLES);
    engine.disable_symbol("eval");
    engine.on_print(|_| {});
    engine.on_debug(|_, _, _| {});
    // The standard functions hold one that waits.
    engine.register_fn("sleep", |_: i64| no_sleep());
    engine.register_fn("sleep", |_: f64| no_sleep());
    dice(&mut engine);
    engine
}

fn no_sleep() -> Result<(), Box<EvalAltResult>> {
    Err("a script cannot wait".into())
}

/// The record's randomness as a script sees it: `rng`.
#[derive(Clone)]
pub(super) struct Dice(Arc<Mutex<Rng>>);

impl Dice {
    pub(super) fn new(rng: Rng) -> Dice {
        Dice(Arc::new(Mutex::new(rng)))
    }

    fn with<T>(&self, draw: impl FnOnce(&mut Rng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn dice(engine: &mut Engine) {
    engine.register_type_with_name::<Dice>("rng");
    engine.register_fn("unit", |dice: &mut Dice| dice.with(Rng::unit));
    engine.register_fn("below", |dice: &mut Dice, n: i64| dice.with(|rng| rng.below(n.max(0) as usize) as i64));
    engine.register_fn("range", |dice: &mut Dice, low: f64, high: f64| dice.with(|rng| rng.range(low, high)));
    engine.register_fn("pick", |dice: &mut Dice, list: Array| {
        dice.with(|rng| rng.pick(&list).cloned()).unwrap_or(Dynamic::UNIT)
    });
    engine.register_fn("shuffle", |dice: &mut Dice, mut list: Array| {
        dice.with(|rng| rng.shuffle(&mut list));
        list
    });
}

/// Where something is in a script, for people.
pub(super) fn place(name: &str, at: Position) -> String {
    match (at.line(), at.position()) {
        (Some(line), Some(column)) => format!("{name}, line {line}, column {column}"),
        (Some(line), None) => format!("{name}, line {line}"),
        _ => name.to_string(),
    }
}

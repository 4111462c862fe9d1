//! What documents say: texts of many languages with slots, names, amounts and dates that agree with each other.

mod author;
mod bank;
mod look;
mod money;

pub(crate) use author::{Author, Pair};
pub(crate) use bank::{Bank, Good, Shows, Topic};
pub(crate) use money::{Cents, Date, decimals, grouped, number};

//! The operations of programs and their types.

/// What an argument or a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number, written out.
    Index,
    /// A number; a point is taken for its value.
    Number,
    /// Words.
    Text,
    /// Several words.
    Texts,
    /// Yes or no.
    Bool,
    /// One datum.
    Point,
    /// Several data.
    Points,
    /// One of these bare words.
    Word(&'static [&'static str]),
    /// Texts or points.
    Several,
    /// Known only when run.
    Any,
}

const COMPARE: Kind = Kind::Word(&["gt", "lt", "ge", "le", "eq"]);
const DIRECTION: Kind = Kind::Word(&["down", "up"]);
const FOLD: Kind = Kind::Word(&["max", "mean", "min", "range", "sum"]);

/// Every bare word.
pub const WORDS: &[&str] = &["down", "eq", "ge", "gt", "le", "lt", "max", "mean", "min", "range", "sum", "up"];

macro_rules! ops {
    ($($(#[$doc:meta])* $name:ident $text:literal [$($arg:expr),*] $(+ $more:expr)? => $out:expr),* $(,)?) => {
        /// An operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Op { $($(#[$doc])* $name),* }

        impl Op {
            /// Every operation.
            pub const ALL: &'static [Op] = &[$(Op::$name),*];

            /// As it is written in programs.
            pub fn name(self) -> &'static str {
                match self { $(Op::$name => $text),* }
            }

            /// The arguments it takes.
            pub fn takes(self) -> &'static [Kind] {
                match self { $(Op::$name => const { &[$($arg),*] }),* }
            }

            /// What may follow the arguments any number of times, if anything may.
            pub fn repeats(self) -> Option<Kind> {
                match self { $(Op::$name => None::<Kind>$(.or(Some($more)))?),* }
            }

            /// What it gives.
            pub fn gives(self) -> Kind {
                match self { $(Op::$name => $out),* }
            }
        }
    };
}

use Kind::{Any, Bool, Index, Number, Several, Text, Texts};
use Kind::{Point as Datum, Points as Data};

ops! {
    /// `value(chart, series, row)`: one datum.
    Value "value" [Index, Text, Text] => Datum,
    /// `select(chart, series)`: the data of one series, by row.
    Select "select" [Index, Text] => Data,
    /// `across(chart, row)`: the data of one row, by series.
    Across "across" [Index, Text] => Data,
    /// `all(chart)`: every datum.
    All "all" [Index] => Data,
    /// `by_series(chart, sum)`: one number for each series, over its rows.
    BySeries "by_series" [Index, FOLD] => Data,
    /// `by_row(chart, sum)`: one number for each row, over the series.
    ByRow "by_row" [Index, FOLD] => Data,
    /// `between(data, first, last)`: those from one key to another, both included.
    Between "between" [Data, Text, Text] => Data,
    /// `without(data, key)`: all but one.
    Without "without" [Data, Text] => Data,
    /// `filter(data, gt, number)`: those whose value compares so.
    Filter "filter" [Data, COMPARE, Number] => Data,
    /// `sort(data, down)`: by value, from the largest (`down`) or the smallest (`up`).
    Sort "sort" [Data, DIRECTION] => Data,
    /// `top(data, n)`: the first n of them.
    Top "top" [Data, Index] => Data,
    /// `nth(data, n)`: the n-th, from 1.
    Nth "nth" [Data, Index] => Datum,
    /// The first.
    First "first" [Data] => Datum,
    /// The last.
    Last "last" [Data] => Datum,
    /// The only one.
    Only "only" [Data] => Datum,
    /// The one of the largest value.
    ArgMax "argmax" [Data] => Datum,
    /// The one of the smallest value.
    ArgMin "argmin" [Data] => Datum,
    /// `points(a, b, ...)`: data put together.
    Gather "points" [Datum] + Datum => Data,
    /// `rank(data, key, down)`: the place of a key when sorted, from 1.
    Rank "rank" [Data, Text, DIRECTION] => Number,
    /// What tells a datum from the others.
    Key "key" [Datum] => Text,
    /// The number of a datum.
    Val "val" [Datum] => Number,
    /// The keys of data.
    Keys "keys" [Data] => Texts,
    /// How many.
    Count "count" [Several] => Number,
    /// Whether there are none.
    NoneLeft "none" [Several] => Bool,
    /// The sum.
    Sum "sum" [Data] => Number,
    /// The arithmetic mean.
    Mean "mean" [Data] => Number,
    /// The middle value, or the mean of the two in the middle.
    Median "median" [Data] => Number,
    /// The largest value minus the smallest.
    Range "range" [Data] => Number,
    /// `minus(data, data)`: differences of those with the same key.
    Minus "minus" [Data, Data] => Data,
    /// The data without their signs.
    Sizes "sizes" [Data] => Data,
    /// The changes from each datum to the next, by the key of the later.
    Changes "changes" [Data] => Data,
    /// "increasing", "decreasing" or "fluctuating".
    Trend "trend" [Data] => Text,
    /// `relation(data, data)`: "positive", "negative" or "none", by the correlation of those with the same key.
    Relation "relation" [Data, Data] => Text,
    /// a + b.
    Add "add" [Number, Number] => Number,
    /// a - b.
    Diff "diff" [Number, Number] => Number,
    /// |a - b|.
    Gap "gap" [Number, Number] => Number,
    /// a / b.
    Ratio "ratio" [Number, Number] => Number,
    /// 100 a / b.
    Percent "percent" [Number, Number] => Number,
    /// 100 (b - a) / a: the change from a to b.
    Change "change" [Number, Number] => Number,
    /// `compare(a, gt, b)`.
    Compare "compare" [Number, COMPARE, Number] => Bool,
    /// `round(number, decimals)`.
    Round "round" [Number, Index] => Number,
    /// `read(chart, fact)`: what is written on or known of a chart, a table or a formula.
    Read "read" [Index, Text] => Any,
    /// `figure(fact)`: what is written on or known of the whole.
    Figure "figure" [Text] => Any,
    /// `lookup(table, row, column)`: the text of a cell.
    Lookup "lookup" [Index, Text, Text] => Text,
    /// `locate(table, text)`: the row and the column of the only cell with this text.
    Locate "locate" [Index, Text] => Texts,
    /// `cells(table, row)`: the texts of a row.
    Cells "cells" [Index, Text] => Texts,
    /// `field(key)`: the value of a form's field.
    Field "field" [Text] => Text,
    /// The blocks of a page, in reading order, as text.
    Order "order" [] => Texts,
    /// `item(texts, n)`: the n-th, from 1.
    Item "item" [Texts, Index] => Text,
    /// `place(texts, text)`: which place a text has, from 1.
    Place "place" [Texts, Text] => Number,
    /// `has(texts, text)`.
    Has "has" [Texts, Text] => Bool,
    /// Whether two texts are the same.
    Same "same" [Text, Text] => Bool,
}

impl Op {
    /// The operation of this name.
    pub fn of_name(name: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.name() == name)
    }
}

impl Kind {
    /// Whether a value of kind `given` can stand where this is wanted.
    pub fn accepts(self, given: Kind) -> bool {
        match (self, given) {
            (_, Kind::Any) => !matches!(self, Kind::Index | Kind::Word(_)),
            (Kind::Any, _) => true,
            (Kind::Number, Kind::Index | Kind::Number | Kind::Point) => true,
            (Kind::Several, Kind::Texts | Kind::Points | Kind::Several) => true,
            (Kind::Word(wanted), Kind::Word(words)) => words.iter().all(|w| wanted.contains(w)),
            (wanted, given) => wanted == given,
        }
    }

    /// In words, for errors.
    pub fn words(self) -> String {
        match self {
            Kind::Index => "a whole number".to_owned(),
            Kind::Number => "a number".to_owned(),
            Kind::Text => "a text".to_owned(),
            Kind::Texts => "texts".to_owned(),
            Kind::Bool => "yes or no".to_owned(),
            Kind::Point => "one datum".to_owned(),
            Kind::Points => "data".to_owned(),
            Kind::Word(words) => format!("one of {}", words.join(", ")),
            Kind::Several => "texts or data".to_owned(),
            Kind::Any => "anything".to_owned(),
        }
    }
}

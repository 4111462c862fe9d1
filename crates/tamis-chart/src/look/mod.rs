//! Looks: charts that a reader takes for the work of different tools.

mod base;
mod build;
mod palette;
mod print;
mod screen;
mod style;
mod tools;

pub use build::names;

pub use style::{
    Bars, Dates, Grid, LabelPlace, LegendPlace, LegendStyle, Lines, Marker, Numbers, Palette, Points, Spines, Style,
    Swatch, Texts, TickSide, Ticks, TitleAlign, YTitle, readable,
};

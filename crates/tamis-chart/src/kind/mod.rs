//! How each kind is drawn. A kind gets a [`Cell`], asks it for axes or for plain room, and puts its marks there.
//!
//! ```text
//! let x = cell.column(Channel::X)?;                            // the columns it draws
//! cell.legend_of_series();                                     // before axes: an outer legend takes room
//! let frame = cell.axes(Axes::new(cell.chart, Domain::categories(x), Domain::numbers(values).from_zero()))?;
//! cell.mark(series, row, "bar", frame.rect([..], [..]), paint) // every datum: id `mark/S.R`
//! cell.label(series, row, &text, &spots)                       // after all marks; not written where there is no room
//! ```

use crate::cell::Cell;
use crate::layout::DrawError;
use crate::spec::Kind;

/// Draws the data of the cell's chart.
pub(crate) fn draw(cell: &mut Cell) -> Result<(), DrawError> {
    match cell.chart.kind {
        kind => Err(DrawError::NotDrawn { kind }),
    }
}

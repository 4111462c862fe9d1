//! From the axes a kind asks for to a frame whose labels fit.

use tamis_draw::kurbo::Rect;

use crate::cell::Cell;
use crate::frame::{Axes, Domain, Frame, Scale, ScaleKind};
use crate::layout::DrawError;

impl Cell<'_> {
    /// Lays out titles, legend and axes, draws them, and gives the frame for the data.
    ///
    /// # Errors
    /// When the plot would be too small to read.
    pub fn axes(&mut self, axes: Axes) -> Result<Frame, DrawError> {
        let room = self.plain()?;
        let plot = Rect::new(room.x0 + 60.0, room.y0, room.x1, room.y1 - 50.0);
        let (across, up) = ([plot.x0, plot.x1], [plot.y1, plot.y0]);
        let (x_ends, y_ends) = if axes.horizontal { ([plot.y0, plot.y1], across) } else { (across, up) };
        let frame = Frame {
            plot,
            x: scale(&axes.x, x_ends),
            y: scale(&axes.y, y_ends),
            y2: axes.y2.as_ref().map(|d| scale(d, y_ends)),
            horizontal: axes.horizontal,
            lower: None,
            above: Rect::ZERO,
            right: Rect::ZERO,
        };
        Ok(frame)
    }

    /// Lays out titles and legend and gives the room for the data of kinds without axes.
    ///
    /// # Errors
    /// When the room would be too small to read.
    pub fn plain(&mut self) -> Result<Rect, DrawError> {
        Ok(self.room)
    }
}

fn scale(domain: &Domain, [from, to]: [f64; 2]) -> Scale {
    let (min, max) = match domain {
        Domain::Numbers { low, high, zero, .. } => (if *zero { low.min(0.0) } else { *low }, *high),
        Domain::Categories(names) => (-0.5, names.len() as f64 - 0.5),
        Domain::Times { low, high, .. } => (*low, *high),
    };
    Scale { kind: ScaleKind::Linear, min, max, from, to }
}

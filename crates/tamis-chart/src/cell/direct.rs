//! Names written at the ends of lines instead of a legend.

use tamis_draw::kurbo::Point;
use tamis_draw::scene::Node;
use tamis_draw::text::{Anchor, Line};

use super::text::elided;
use super::{Cell, Crowded, Layer};
use crate::look::readable;

impl Cell<'_> {
    /// Says that series of this kind have ends at the right of the plot, where their names could stand. To be called
    /// before the legend is declared.
    pub(crate) fn lines_have_ends(&mut self) {
        self.has_ends = true;
    }

    /// A legend that stands at the ends of lines in any style, where there is room for it.
    pub(crate) fn names_at_ends(&mut self, entries: Vec<crate::cell::Entry>) {
        self.at_ends = true;
        self.legend = Some(super::legend::Legend::Entries(entries));
    }

    /// Says where the line of a series ends.
    pub(crate) fn line_end(&mut self, series: usize, at: Point) {
        self.ends.push((series, at));
    }

    /// How much room the names need at the right.
    pub(crate) fn direct_room(&self) -> f64 {
        let style = &self.style.text.legend;
        let widest = self.direct_names().map(|(_, l)| l.width).fold(0.0, f64::max);
        if self.direct.is_empty() { 0.0 } else { widest + style.size * 0.8 }
    }

    fn direct_names(&self) -> impl Iterator<Item = (usize, Line)> {
        let (style, room) = (&self.style.text.legend, self.room.width() * 0.26);
        self.direct.iter().map(move |e| (e.series, elided(&e.name, style, room)))
    }

    /// Writes the names where the lines end, moved apart where they would overlap.
    pub(super) fn draw_direct(&mut self) -> Result<(), Crowded> {
        if self.direct.is_empty() {
            return Ok(());
        }
        let Some(frame) = self.frame.clone() else { return Err(Crowded) };
        let ground = self.style.background;
        let mut names: Vec<(f64, usize, Line)> = Vec::new();
        for (series, line) in self.direct_names() {
            let (_, end) = self.ends.iter().find(|(s, _)| *s == series).copied().ok_or(Crowded)?;
            names.push((end.y, series, line));
        }
        names.sort_by(|a, b| a.0.total_cmp(&b.0));
        let height = self.style.text.legend.size * 1.15;
        if height * names.len() as f64 > frame.plot.height() {
            return Err(Crowded);
        }
        let places = apart(&names.iter().map(|n| n.0).collect::<Vec<_>>(), height, frame.plot.y0, frame.plot.y1);
        let x = frame.plot.x1 + self.style.text.legend.size * 0.5;
        self.view.names = true;
        let mut nodes = Vec::with_capacity(names.len());
        for ((_, series, line), y) in names.into_iter().zip(places) {
            self.view.names &= !line.text.ends_with('\u{2026}');
            let mut run = line.at((x, y), Anchor::LEFT);
            run.color = readable(self.color(series), ground, 3.2);
            self.keep_free(&run);
            nodes.push(Node::text(self.id(format_args!("legend/{series}")), "legend entry", run));
        }
        let node = Node::group(self.id("legend"), "legend", nodes);
        self.push(Layer::Legend, node);
        Ok(())
    }
}

/// Places at least `height` apart within `top..bottom`, as near as can be to the wanted ones, which rise.
fn apart(wanted: &[f64], height: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut places = wanted.to_vec();
    let mut least = top;
    for place in &mut places {
        *place = place.max(least);
        least = *place + height;
    }
    let mut most = bottom;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - height;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_move_apart_and_stay_in_the_plot() {
        let places = apart(&[50.0, 52.0, 99.0, 100.0], 10.0, 0.0, 100.0);
        assert!(places.windows(2).all(|p| p[1] - p[0] >= 10.0 - 1e-9), "{places:?}");
        assert!(places[3] <= 100.0 && places[0] >= 0.0);
    }
}

//! Legends: which sample stands for which name, or which colour for which value.

use tamis_draw::Color;
use tamis_draw::kurbo::{Circle, Line as Segment, Point, Rect, RoundedRect, Shape as _, Size};
use tamis_draw::scene::{Node, Outline, Paint, Stroke};
use tamis_draw::text::{Anchor, Line};

use super::paint::marker;
use super::text::elided;
use super::{Cell, Crowded, Layer};
use crate::layout::DrawError;
use crate::look::{LegendPlace, Marker, Swatch};
use crate::spec::Channel;

/// One line of a legend: `legend/S`.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Rank of the series, or of the group or slice.
    pub series: usize,
    /// Its name.
    pub name: String,
    /// What it looks like.
    pub sample: Sample,
}

/// What a series looks like.
#[derive(Clone, Debug)]
pub(crate) enum Sample {
    /// A filled area.
    Area(Paint, Option<Stroke>),
    /// A line, with a mark if its data have one.
    Line(Stroke, Option<(Marker, Color)>),
    /// A point.
    Point(Marker, Color),
}

/// A legend that is to be drawn.
#[derive(Clone, Debug)]
pub(super) enum Legend {
    Entries(Vec<Entry>),
    Bar(super::ColorBar),
}

/// A legend's entries at their places, from its upper left corner.
#[derive(Clone, Debug)]
pub(super) struct Laid {
    items: Vec<Item>,
    size: Size,
    /// Where it stands, once that is known; `None` for inside the plot.
    pub room: Option<Rect>,
}

#[derive(Clone, Debug)]
struct Item {
    series: usize,
    sample: Sample,
    line: Line,
    at: Point,
}

impl Cell<'_> {
    /// A legend of these entries; to be called before [`Cell::axes`] or [`Cell::plain`]. Not drawn where the chart
    /// wants none.
    pub(crate) fn legend(&mut self, entries: Vec<Entry>) {
        if self.chart.legend && !entries.is_empty() {
            self.legend = Some(Legend::Entries(entries));
        }
    }

    /// A legend of the `Y` series with the sample of each, if there is more than one.
    pub(crate) fn legend_of_series(&mut self, sample: impl Fn(&Self, usize) -> Sample) {
        let names: Vec<String> = self.chart.columns(Channel::Y).map(String::from).collect();
        if names.len() > 1 {
            let entries = names.into_iter().enumerate();
            let entries = entries.map(|(series, name)| Entry { series, name, sample: sample(self, series) }).collect();
            self.legend(entries);
        }
    }

    /// Takes room for a legend that stands outside the plot. `framed`: there is a plot that it could stand in.
    pub(super) fn reserve_legend(&mut self, framed: bool) -> Result<(), DrawError> {
        let entries = match self.legend.take() {
            Some(Legend::Entries(entries)) => entries,
            Some(Legend::Bar(bar)) => return self.reserve_bar(bar),
            None => return Ok(()),
        };
        let names: usize = entries.len();
        let mut place = self.place_of_legend(framed);
        if place == LegendPlace::Direct {
            self.direct = entries;
            return Ok(());
        }
        // Many names make a column at the side that is higher than the plot; below they take fewer pixels.
        if matches!(place, LegendPlace::Right | LegendPlace::RightMiddle)
            && self.room.width() < self.room.height() * 0.9
        {
            place = LegendPlace::Bottom;
        }
        let room = self.room.size();
        let gap = self.style.text.legend.size;
        let laid = match place {
            LegendPlace::Right | LegendPlace::RightMiddle => self.columns_of(&entries, room.width * 0.34, room.height),
            LegendPlace::Inside => self.columns_of(&entries, room.width * 0.5, room.height * 0.6),
            _ => self.rows_of(&entries, room.width, room.height * 0.3),
        };
        let laid = laid.or_else(|| self.columns_of(&entries, room.width * 0.5, room.height));
        let Some(mut laid) = laid else {
            let needed = names as f64 * self.style.text.legend.size * 1.45;
            return Err(DrawError::TooSmall { what: format!("a legend of {names} names"), needed, found: room.height });
        };
        let size = laid.size;
        let take_right = size.width < room.width * 0.55 && size.height > room.height * 0.3;
        let room = self.room;
        laid.room = match place {
            LegendPlace::Inside => None,
            LegendPlace::Bottom | LegendPlace::Top | LegendPlace::TopLeft if !take_right => {
                Some(if place == LegendPlace::Bottom {
                    self.room.y1 -= size.height + gap * 0.8;
                    Rect { y0: room.y1 - size.height, ..room }
                } else {
                    self.room.y0 += size.height + gap * 0.7;
                    Rect { y1: room.y0 + size.height, ..room }
                })
            }
            _ => {
                self.room.x1 -= size.width + gap * 1.2;
                Some(Rect { x0: room.x1 - size.width, ..room })
            }
        };
        self.laid = Some((laid, place));
        Ok(())
    }

    fn place_of_legend(&self, framed: bool) -> LegendPlace {
        let wanted = if self.at_ends { LegendPlace::Direct } else { self.style.legend.place };
        let crowded = self.crowded && matches!(wanted, LegendPlace::Inside | LegendPlace::Direct);
        match wanted {
            LegendPlace::Direct if self.has_ends && !crowded => wanted,
            LegendPlace::Direct if self.at_ends => LegendPlace::Right,
            LegendPlace::Direct => LegendPlace::TopLeft,
            LegendPlace::Inside if !framed || crowded => LegendPlace::Right,
            _ => wanted,
        }
    }

    /// Entries below each other, in as few columns as fit.
    fn columns_of(&self, entries: &[Entry], width: f64, height: f64) -> Option<Laid> {
        let style = self.style;
        let row = style.text.legend.size * 1.42;
        let pad = self.legend_pad();
        let fit = (((height - 2.0 * pad) / row).floor() as usize).max(1);
        let count = entries.len().div_ceil(fit);
        let rows = entries.len().div_ceil(count);
        let indent = self.sample_width(entries) + style.text.legend.size * 0.55;
        let between = style.text.legend.size * 1.2;
        let widest = (width - 2.0 * pad - between * (count - 1) as f64) / count as f64 - indent;
        if widest < style.text.legend.size * 2.5 {
            return None;
        }
        let mut items = Vec::with_capacity(entries.len());
        let mut x = pad;
        for column in entries.chunks(rows) {
            let mut broadest = 0.0f64;
            for (i, entry) in column.iter().enumerate() {
                let line = elided(&entry.name, &style.text.legend, widest);
                broadest = broadest.max(line.width);
                let at = Point::new(x, pad + row * i as f64);
                items.push(Item { series: entry.series, sample: entry.sample.clone(), line, at });
            }
            x += indent + broadest + between;
        }
        let size = Size::new(x - between + pad, row * rows as f64 + 2.0 * pad);
        Some(Laid { items, size, room: None })
    }

    /// Entries beside each other, in as few rows as fit.
    fn rows_of(&self, entries: &[Entry], width: f64, height: f64) -> Option<Laid> {
        let style = self.style;
        let size = style.text.legend.size;
        let (row, pad) = (size * 1.5, self.legend_pad());
        let indent = self.sample_width(entries) + size * 0.5;
        let between = size * 1.4;
        let mut items: Vec<Item> = Vec::with_capacity(entries.len());
        let (mut x, mut y, mut broadest) = (pad, pad, 0.0f64);
        for entry in entries {
            let line = elided(&entry.name, &style.text.legend, (width - 2.0 * pad - indent).min(size * 24.0));
            if x > pad && x + indent + line.width > width - pad {
                (x, y) = (pad, y + row);
            }
            let end = x + indent + line.width;
            broadest = broadest.max(end);
            items.push(Item { series: entry.series, sample: entry.sample.clone(), line, at: Point::new(x, y) });
            x = end + between;
        }
        let size = Size::new(broadest + pad, y + row + pad);
        (size.height <= height).then_some(Laid { items, size, room: None })
    }

    fn legend_pad(&self) -> f64 {
        let legend = &self.style.legend;
        let framed = legend.frame.is_some() || legend.fill.is_some_and(|f| f != self.style.background);
        if framed { legend.gap } else { 0.0 }
    }

    fn sample_width(&self, entries: &[Entry]) -> f64 {
        let size = self.style.text.legend.size;
        let has_line = entries.iter().any(|e| matches!(e.sample, Sample::Line(..)));
        match self.style.legend.swatch {
            _ if has_line => size * 1.9,
            Swatch::Wide => size * 1.7,
            Swatch::Square => size * 0.9,
            Swatch::Dot => size * 0.75,
        }
    }

    /// Draws the legend that has been laid out.
    pub(super) fn draw_legend(&mut self) -> Result<(), Crowded> {
        let Some((laid, place)) = self.laid.take() else { return Ok(()) };
        let origin = match laid.room {
            Some(room) => self.outside(&laid, place, room),
            None => self.best_corner(laid.size).ok_or(Crowded)?,
        };
        let mut nodes = Vec::with_capacity(laid.items.len() * 2 + 1);
        let legend = &self.style.legend;
        if self.legend_pad() > 0.0 {
            let frame = Rect::from_origin_size(origin, laid.size);
            let outline: Outline = if legend.corner > 0.0 {
                RoundedRect::from_rect(frame, legend.corner).to_path(0.1).into()
            } else {
                frame.into()
            };
            let fill = legend.fill.map(Paint::Solid);
            nodes.push(Node::shape(self.id("legend/frame"), "legend frame", outline, fill, legend.frame.clone()));
        }
        let entries: Vec<Entry> = laid
            .items
            .iter()
            .map(|i| Entry { series: i.series, name: String::new(), sample: i.sample.clone() })
            .collect();
        let width = self.sample_width(&entries);
        self.view.names = true;
        for item in laid.items {
            self.view.names &= !item.line.text.ends_with('\u{2026}');
            let at = origin + item.at.to_vec2();
            nodes.push(self.entry(item, at, width));
        }
        let node = Node::group(self.id("legend"), "legend", nodes);
        self.push(Layer::Legend, node);
        Ok(())
    }

    fn entry(&mut self, item: Item, at: Point, width: f64) -> Node {
        let size = self.style.text.legend.size;
        let middle = at.y + size * 0.71;
        let sample = Rect::new(at.x, middle - size * 0.5, at.x + width, middle + size * 0.5);
        let id = self.id(format_args!("legend/{}", item.series));
        let mut nodes = self.sample(&id, &item.sample, sample);
        let run = item.line.at((at.x + width + size * 0.5, middle), Anchor::LEFT);
        self.keep_free(&run);
        nodes.push(Node::text(format!("{id}/name"), "legend label", run));
        Node::group(id, "legend entry", nodes)
    }

    /// What a series looks like, in a box.
    fn sample(&self, id: &str, sample: &Sample, room: Rect) -> Vec<Node> {
        let size = self.style.text.legend.size;
        let center = room.center();
        match sample {
            Sample::Area(fill, edge) => {
                let outline: Outline = match self.style.legend.swatch {
                    Swatch::Wide => Rect::from_center_size(center, (size * 1.7, size * 0.68)).into(),
                    Swatch::Square => Rect::from_center_size(center, (size * 0.85, size * 0.85)).into(),
                    Swatch::Dot => Circle::new(center, size * 0.37).into(),
                };
                vec![Node::shape(format!("{id}/sample"), "legend sample", outline, Some(fill.clone()), edge.clone())]
            }
            Sample::Line(stroke, mark) => {
                let line = Segment::new((room.x0, center.y), (room.x1, center.y));
                let mut nodes = vec![Node::stroke(format!("{id}/sample"), "legend sample", line, stroke.clone())];
                if let Some((form, color)) = mark {
                    nodes.push(self.line_mark(format!("{id}/mark"), "legend sample", *form, *color, center));
                }
                nodes
            }
            Sample::Point(form, color) => {
                let diameter = self.style.points.size.clamp(size * 0.45, size * 0.75);
                let outline = marker(*form, center, diameter);
                let edge = self.style.points.edge.clone();
                vec![Node::shape(format!("{id}/sample"), "legend sample", outline, Some((*color).into()), edge)]
            }
        }
    }

    /// Where a legend outside the plot starts.
    fn outside(&self, laid: &Laid, place: LegendPlace, room: Rect) -> Point {
        let plot = self.frame.as_ref().map(|f| f.plot);
        let (w, h) = (laid.size.width, laid.size.height);
        if room.width() <= w + 1.0 {
            // At the side: at the top of the plot or half-way down.
            let (top, bottom) = plot.map_or((room.y0, room.y1), |p| (p.y0, p.y1));
            let y = if place == LegendPlace::Right { top } else { (top + bottom) / 2.0 - h / 2.0 };
            return Point::new(room.x0, y.min(room.y1 - h).max(room.y0));
        }
        let middle = plot.map_or(room.center().x, |p| p.center().x);
        let x = match place {
            LegendPlace::TopLeft if self.style.title_align == crate::look::TitleAlign::Plot => {
                plot.map_or(room.x0, |p| p.x0)
            }
            LegendPlace::TopLeft => room.x0,
            _ => middle - w / 2.0,
        };
        Point::new(x.min(room.x1 - w).max(room.x0), room.y0)
    }

    /// The place in the plot that holds the least data; `None` when all hold too much.
    fn best_corner(&self, size: Size) -> Option<Point> {
        let frame = self.frame.as_ref()?;
        let gap = self.style.text.legend.size * 0.7;
        let plot = frame.plot.inset(-gap);
        let (dx, dy) = (plot.width() - size.width, plot.height() - size.height);
        if dx < 0.0 || dy < 0.0 {
            return None;
        }
        // In the order in which tools try them.
        let places = [
            (1.0, 0.0),
            (0.0, 0.0),
            (0.0, 1.0),
            (1.0, 1.0),
            (1.0, 0.5),
            (0.0, 0.5),
            (0.5, 0.0),
            (0.5, 1.0),
            (0.5, 0.5),
        ];
        let spots = places.map(|(x, y)| plot.origin() + (x * dx, y * dy));
        let free = spots.into_iter().filter(|at| self.is_free(Rect::from_origin_size(*at, size)));
        let scored = free.map(|at| (self.inks.share(Rect::from_origin_size(at, size)), at));
        let best = scored.reduce(|a, b| if b.0 + 1e-9 < a.0 { b } else { a })?;
        (best.0 <= 0.015).then_some(best.1)
    }
}

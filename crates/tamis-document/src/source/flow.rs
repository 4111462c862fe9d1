//! Blocks as typst.

use std::fmt::Write as _;

use crate::source::write::{Opening, Writer, alignment, color, mm, number, pt};
use crate::source::{Marker, points};
use crate::spec::{Align, Block, Class, Column, Hole, Item, Panel, Space, Text, Width};

impl Writer<'_> {
    pub(crate) fn block(&mut self, block: &Block) {
        match block {
            Block::Text(text) => self.text(text),
            Block::List { items, indent, gap } => items.iter().for_each(|i| self.item(i, *indent, *gap)),
            Block::Table(table) => self.table(table),
            Block::Hole(hole, align) => self.hole(hole, *align),
            Block::Row { columns, gap, align } => self.row(columns, *gap, *align),
            Block::Columns { count, gutter, blocks } => {
                let _ = write!(self.out, "#columns({}, gutter: {})[", (*count).max(1), mm(*gutter));
                self.blocks(blocks);
                self.put("]\n");
            }
            Block::Panel(panel) => self.panel(panel),
            Block::Together(blocks) => {
                let room = pt(self.spec.look.size * self.spec.look.paragraph_gap * 1.15);
                let _ = write!(self.out, "#block(breakable: false, width: 100%, above: {room}, below: {room})[");
                self.blocks(blocks);
                self.put("]\n");
            }
            Block::Spanning(blocks) => {
                let _ = write!(
                    self.out,
                    "#place(top, scope: \"parent\", float: true, clearance: 14pt)[#block(width: 100%)["
                );
                self.blocks(blocks);
                self.put("]]\n");
            }
            Block::Footnote(text) => self.footnote(text),
            Block::Rule { width, color: ink, length } => {
                let length = number(length * 100.0);
                let _ = writeln!(
                    self.out,
                    "#block(above: 0pt, below: 0pt, line(length: {length}%, stroke: {} + {}))",
                    pt(*width),
                    color(*ink)
                );
            }
            Block::Space(Space::Points(points)) => {
                let _ = writeln!(self.out, "#v({})", pt(*points));
            }
            Block::Space(Space::Share(share)) => {
                let _ = writeln!(self.out, "#v({}fr)", number(*share));
            }
            Block::PageBreak => self.put("#pagebreak(weak: true)\n"),
            Block::ColumnBreak => self.put("#colbreak(weak: true)\n"),
        }
    }

    fn item(&mut self, item: &Item, indent: f64, gap: f64) {
        let text = &item.text;
        let opening = Opening { marker: &item.marker, ..Opening::block(&text.id, Class::ListItem) };
        let (above, below) = (pt(text.style.above.max(gap)), pt(text.style.below.max(gap)));
        let _ = write!(self.out, "#block(width: 100%, above: {above}, below: {below})[");
        self.style(&text.style);
        let _ = write!(self.out, "#grid(columns: ({}, 1fr), ", pt(indent));
        self.within(opening, |w| {
            let marker = crate::typeset::literal(&item.marker);
            let _ = write!(w.out, "[#{marker};], [");
            w.inlines(&text.inlines);
            w.put("]");
        });
        self.put(")]\n");
    }

    fn row(&mut self, columns: &[Column], gap: f64, align: Align) {
        let vertical = match align {
            Align::Bottom => "bottom",
            Align::Center => "horizon",
            _ => "top",
        };
        let widths: Vec<_> = columns.iter().map(|c| width(c.width)).collect();
        let _ =
            write!(self.out, "#grid(columns: ({},), column-gutter: {}, align: {vertical}", widths.join(", "), mm(gap));
        for column in columns {
            let _ = write!(self.out, ", align({})[", alignment(column.align));
            self.blocks(&column.blocks);
            self.put("]");
        }
        self.put(")\n");
    }

    fn panel(&mut self, panel: &Panel) {
        let margins = self.spec.page.margins;
        let (left, right) = if panel.bleed { (-margins[3], -margins[1]) } else { (0.0, 0.0) };
        let _ = write!(self.out, "#pad(left: {}, right: {}, ", mm(left), mm(right));
        let fill = panel.fill.map_or("none".into(), color);
        let mut stroke = String::from("none");
        if let Some((ink, thick)) = panel.stroke {
            let line = format!("{} + {}", pt(thick), color(ink));
            let names = ["top", "right", "bottom", "left"];
            let sides =
                names.iter().zip(panel.sides).map(|(n, on)| format!("{n}: {}", if on { &line } else { "none" }));
            stroke = if panel.sides == [true; 4] {
                line.clone()
            } else {
                format!("({})", sides.collect::<Vec<_>>().join(", "))
            };
        }
        let height = panel.height.map_or("auto".into(), mm);
        let _ = write!(
            self.out,
            "block(breakable: false, width: 100%, height: {height}, fill: {fill}, stroke: {stroke}, radius: {}, inset: (x: {}, y: {}))[",
            pt(panel.radius),
            pt(panel.inset[0]),
            pt(panel.inset[1]),
        );
        self.blocks(&panel.blocks);
        self.put("])\n");
    }

    fn footnote(&mut self, text: &Text) {
        let _ = write!(self.out, "#place(bottom, float: true, clearance: 10pt)[#block(width: 100%)[");
        let _ = write!(self.out, "#line(length: 30%, stroke: 0.4pt + {})\n#v(-3pt)", color(self.spec.look.ink));
        self.text(text);
        self.put("]]\n");
    }

    fn hole(&mut self, hole: &Hole, align: Align) {
        let Some(drawing) = self.drawings.get(&*hole.id).map(|f| &f.drawing) else { return };
        let size = points(drawing, self.spec);
        let opening = Opening::block(&hole.id, hole.class);
        self.within(opening, |w| {
            let marker = w.marker(|region| Marker::Hole { region });
            let _ = writeln!(
                w.out,
                "#block(width: 100%, align({}, rect(width: {}, height: {}, inset: 0pt, stroke: none, fill: {marker})))",
                alignment(align),
                pt(size.width()),
                pt(size.height()),
            );
        });
    }

    /// Stands on the baseline, or with its own baseline on the line's.
    pub(crate) fn inline_hole(&mut self, hole: &Hole) {
        let Some(drawing) = self.drawings.get(&*hole.id).map(|f| &f.drawing) else { return };
        let size = points(drawing, self.spec);
        let below = drawing.baseline.map_or(0.0, |b| (drawing.height - b) * 72.0 / self.spec.page.dpi);
        let marker = self.marker(|region| Marker::Hole { region });
        let _ = write!(
            self.out,
            "#box(width: {w}, height: {h}, baseline: {}, rect(width: {w}, height: {h}, inset: 0pt, stroke: none, fill: {marker}));",
            pt(below),
            w = pt(size.width()),
            h = pt(size.height()),
        );
    }
}

/// A column's width as typst takes it.
pub(crate) fn width(width: Width) -> String {
    match width {
        Width::Auto => "auto".into(),
        Width::Fixed(millimetres) => mm(millimetres),
        Width::Share(share) => format!("{}fr", number(share)),
    }
}

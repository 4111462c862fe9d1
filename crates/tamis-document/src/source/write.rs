//! The writer: text, regions and markers as they grow.

use std::fmt::Write as _;

use tamis_draw::Color;

use crate::layout::Drawings;
use crate::source::{Marker, OUTSIDE, Region, Source};
use crate::spec::{Align, Block, Class, DocumentSpec, Inline, Language, Text, TextStyle, Voice};
use crate::typeset;

pub(crate) struct Writer<'a> {
    pub spec: &'a DocumentSpec,
    pub drawings: &'a Drawings<'a>,
    pub out: String,
    regions: Vec<Region>,
    open: Vec<usize>,
    bounds: Vec<(u32, usize)>,
    markers: Vec<Marker>,
}

/// What a new region is.
pub(crate) struct Opening<'a> {
    pub id: &'a str,
    pub class: Class,
    pub hand: bool,
    /// Starts lines of its own.
    pub is_unit: bool,
    /// Is a block of its own.
    pub is_block: bool,
    pub level: u8,
    pub marker: &'a str,
    pub is_inline_hole: bool,
}

impl<'a> Opening<'a> {
    /// A block with lines of its own.
    pub(crate) fn block(id: &'a str, class: Class) -> Opening<'a> {
        Opening { id, class, hand: false, is_unit: true, is_block: true, level: 0, marker: "", is_inline_hole: false }
    }
}

impl<'a> Writer<'a> {
    pub(crate) fn new(spec: &'a DocumentSpec, drawings: &'a Drawings<'a>) -> Writer<'a> {
        Writer {
            spec,
            drawings,
            out: String::with_capacity(16 << 10),
            regions: Vec::new(),
            open: Vec::new(),
            bounds: Vec::new(),
            markers: Vec::new(),
        }
    }

    pub(crate) fn finish(self) -> Source {
        Source { text: self.out, regions: self.regions, bounds: self.bounds, markers: self.markers }
    }

    pub(crate) fn document(&mut self) {
        let (page, look, language) = (&self.spec.page, &self.spec.look, self.spec.language);
        let [top, right, bottom, left] = page.margins;
        let (width, height) = page.pixels();
        let points = |pixels: u32| f64::from(pixels) * 72.0 / page.dpi;
        self.put(&format!(
            "#set page(width: {}, height: {}, columns: {}, fill: none, margin: (top: {}, right: {}, bottom: {}, left: {}), header: [",
            pt(points(width)),
            pt(points(height)),
            page.columns.max(1),
            mm(top),
            mm(right),
            mm(bottom),
            mm(left),
        ));
        let spec = self.spec;
        self.look();
        self.blocks(&spec.header);
        self.put("], footer: [");
        self.look();
        self.blocks(&spec.footer);
        self.put("], header-ascent: 25%, footer-descent: 25%)\n");
        let _ = writeln!(self.out, "#set columns(gutter: {})", mm(page.gutter));
        let _ = writeln!(self.out, "#set text(lang: \"{}\", fallback: true)", language.code());
        let _ = writeln!(self.out, "#set block(spacing: {})", pt(look.size * look.paragraph_gap));
        self.look();
        self.blocks(&spec.body);
    }

    /// What holds for all running text.
    fn look(&mut self) {
        let look = &self.spec.look;
        let region = match self.spec.language {
            Language::Zh => ", region: \"CN\"",
            _ => "",
        };
        // Scripts with marks above and below need lines that are high enough for them.
        let (edges, less) = match self.spec.language.script() {
            "Arab" | "Deva" => (", top-edge: 0.95em, bottom-edge: -0.32em", 0.5),
            "Hans" => (", top-edge: 0.86em, bottom-edge: -0.1em", 0.25),
            _ => ("", 0.0),
        };
        let text = format!(
            "#set text(font: {}, size: {}, fill: {}, lang: \"{}\"{region}{edges})\n#set par(leading: {}em)\n",
            families(&look.body),
            pt(look.size),
            color(look.ink),
            self.spec.language.code(),
            number((look.leading - less).max(0.05)),
        );
        self.put(&text);
    }

    pub(crate) fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    pub(crate) fn blocks(&mut self, blocks: &[Block]) {
        blocks.iter().for_each(|b| self.block(b));
    }

    /// Writes what belongs to a new region.
    pub(crate) fn within(&mut self, opening: Opening<'_>, write: impl FnOnce(&mut Self)) {
        let region = self.regions.len();
        let parent = self.open.last().copied();
        let of = |own: bool, parents: fn(&Region) -> usize| match parent {
            Some(p) if !own => parents(&self.regions[p]),
            _ => region,
        };
        let (block, unit) = (of(opening.is_block, |r| r.block), of(opening.is_unit, |r| r.unit));
        self.regions.push(Region {
            id: opening.id.to_string(),
            class: opening.class,
            block,
            unit,
            level: opening.level,
            marker: opening.marker.to_string(),
            hand: opening.hand,
            is_inline_hole: opening.is_inline_hole,
        });
        self.open.push(region);
        self.bounds.push((self.out.len() as u32, region));
        write(self);
        self.open.pop();
        self.bounds.push((self.out.len() as u32, parent.unwrap_or(OUTSIDE)));
    }

    /// The paint that marks a place of the innermost region.
    pub(crate) fn marker(&mut self, what: impl FnOnce(usize) -> Marker) -> String {
        let region = self.open.last().copied().unwrap_or(OUTSIDE);
        self.markers.push(what(region));
        typeset::marker(self.markers.len() - 1)
    }

    /// A text in its own region, as a block of typst.
    pub(crate) fn text(&mut self, text: &Text) {
        let style = &text.style;
        let hand = style.voice == Voice::Hand;
        let opening = Opening { hand, level: text.level, ..Opening::block(&text.id, text.class) };
        let sticky = if style.sticky { ", sticky: true" } else { "" };
        let (above, below) = (pt(style.above), pt(style.below));
        let _ = write!(self.out, "#block(width: 100%, above: {above}, below: {below}{sticky})[");
        self.style(style);
        self.within(opening, |w| w.paragraph(text));
        self.put("]\n");
    }

    fn paragraph(&mut self, text: &Text) {
        if text.style.first_indent > 0.0 {
            let _ = write!(self.out, "#h({}em)", number(text.style.first_indent));
        }
        self.inlines(&text.inlines);
    }

    /// Rules for the rest of the typst block.
    pub(crate) fn style(&mut self, style: &TextStyle) {
        let look = &self.spec.look;
        let fonts = match style.voice {
            Voice::Body => None,
            Voice::Display => Some(&look.display),
            Voice::Mono => Some(&look.mono),
            Voice::Hand => Some(&look.hand),
        };
        let mut rules = format!("#set text(size: {}", pt(style.size));
        if let Some(fonts) = fonts {
            let _ = write!(rules, ", font: {}", families(fonts));
        }
        let _ = write!(rules, ", weight: {}", style.weight);
        if style.italic && self.spec.language.has_italics() {
            rules.push_str(", style: \"italic\"");
        }
        let ink = style.color.or((style.voice == Voice::Hand).then_some(look.pen));
        if let Some(ink) = ink {
            let _ = write!(rules, ", fill: {}", color(ink));
        }
        if style.tracking != 0.0 {
            let _ = write!(rules, ", tracking: {}em", number(style.tracking));
        }
        let justify = style.align == Align::Justify;
        if justify && self.spec.language.hyphenates() {
            rules.push_str(", hyphenate: true");
        }
        // Lines of headings stand closer than those of running text.
        let is_heading =
            style.size > look.size * 1.25 && matches!(self.spec.language.script(), "Latn" | "Cyrl" | "Grek");
        let leading = if is_heading { ", leading: 0.5em" } else { "" };
        let _ = write!(rules, ")\n#set par(justify: {justify}{leading})\n");
        let _ = writeln!(rules, "#set align({})", alignment(style.align));
        self.put(&rules);
    }

    pub(crate) fn inlines(&mut self, inlines: &[Inline]) {
        inlines.iter().for_each(|i| self.inline(i));
    }

    fn inline(&mut self, inline: &Inline) {
        match inline {
            Inline::Plain(text) => self.literal(text),
            Inline::Styled { text, bold, italic, hand, color: ink, mark } => {
                let mut rules = String::new();
                if *bold {
                    rules.push_str("weight: 700, ");
                }
                if *italic && self.spec.language.has_italics() {
                    rules.push_str("style: \"italic\", ");
                }
                if *hand {
                    let look = &self.spec.look;
                    let _ = write!(rules, "font: {}, size: 1.2em, ", families(&look.hand));
                }
                if let Some(ink) = ink.or(hand.then_some(self.spec.look.pen)) {
                    let _ = write!(rules, "fill: {}, ", color(ink));
                }
                let _ = write!(self.out, "#text({rules})[");
                match mark {
                    Some((id, class)) => {
                        let opening =
                            Opening { hand: *hand, is_unit: false, is_block: false, ..Opening::block(id, *class) };
                        self.within(opening, |w| w.literal(text));
                    }
                    None if *hand => {
                        let id = format!("hand.{}", self.regions.len());
                        let opening = Opening {
                            hand: true,
                            is_unit: false,
                            is_block: false,
                            ..Opening::block(&id, Class::Value)
                        };
                        self.within(opening, |w| w.literal(text));
                    }
                    None => self.literal(text),
                }
                self.put("];");
            }
            Inline::Raised(text) => {
                let literal = typeset::literal(text);
                let _ = write!(self.out, "#super(typographic: false)[#{literal};];");
            }
            Inline::Hole(hole) => {
                let opening = Opening { is_inline_hole: true, ..Opening::block(&hole.id, hole.class) };
                self.within(opening, |w| w.inline_hole(hole));
            }
            Inline::Fill => self.put("#h(1fr);"),
            Inline::Gap(em) => {
                let _ = write!(self.out, "#h({}em);", number(*em));
            }
            Inline::Break => self.put("#linebreak();"),
        }
    }

    /// A text that can be nothing but text. Positions of glyphs in a literal are 16-bit numbers: long ones are cut.
    fn literal(&mut self, text: &str) {
        const LONGEST: usize = 12_000;
        let mut rest = text;
        while !rest.is_empty() {
            let mut end = rest.len().min(LONGEST);
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            let literal = typeset::literal(&rest[..end]);
            let _ = write!(self.out, "#{literal};");
            rest = &rest[end..];
        }
    }
}

/// A list of families as typst takes it.
pub(crate) fn families(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|n| typeset::literal(n)).collect();
    format!("({},)", quoted.join(", "))
}

pub(crate) fn color(c: Color) -> String {
    // An opacity of one part in 255 is how places are marked; nobody sees the difference to none.
    let a = if c.a == 1 { 0 } else { c.a };
    format!("rgb({}, {}, {}, {a})", c.r, c.g, c.b)
}

pub(crate) fn pt(points: f64) -> String {
    format!("{}pt", number(points))
}

pub(crate) fn mm(millimetres: f64) -> String {
    format!("{}mm", number(millimetres))
}

/// A number as typst reads it: no exponent, at most five digits behind the point.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.5}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

pub(crate) fn alignment(align: Align) -> &'static str {
    match align {
        Align::Start | Align::Justify => "start",
        Align::Center => "center",
        Align::End => "end",
        Align::Bottom => "start + bottom",
    }
}

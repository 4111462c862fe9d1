//! From LaTeX to symbols that stand somewhere.

use ratex_layout::{LayoutOptions, layout, to_display_list, validate_layout};
use ratex_types::display_item::{DisplayItem, DisplayList};
use ratex_types::path_command::PathCommand;
use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::kurbo::{Affine, BezPath, Rect};
use tamis_draw::scene::{Node, Outline, Stroke};
use tamis_draw::text::CharacterOutline;

use super::faces;
use super::hand::{Hand, Written};
use super::normal::check_commands;
use super::spec::{FormulaError, FormulaSpec, MAX_LATEX, Typeface};

/// Most em of a formula's side.
const MAX_EM: f64 = 400.0;

/// A formula that stands with its upper left corner at (0, 0); its ink may lie a little outside its size.
#[derive(Clone, Debug)]
pub struct Formula {
    /// A group of role "formula" with a node for each symbol, in pixels.
    pub node: Node,
    /// Pixels.
    pub width: f64,
    /// Pixels.
    pub height: f64,
    /// From the top down to the baseline of the (first) line, in pixels.
    pub baseline: f64,
    /// What the symbols are, in paint order.
    pub symbols: Vec<Symbol>,
}

/// One symbol of a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The id of its node: its box is that of the scene's element.
    pub id: String,
    /// The character, or empty for rules and stretched shapes.
    pub text: String,
}

/// Sets a formula; its node has the id `id`, its symbols `id/symbol/0` and so on.
///
/// # Errors
/// LaTeX that is empty, too long, does not parse (with the position), needs a glyph no face has, or is too large.
pub fn typeset(spec: &FormulaSpec, id: &str) -> Result<Formula, FormulaError> {
    if !(6.0..=400.0).contains(&spec.size) {
        return Err(FormulaError::Size { size: spec.size });
    }
    let list = display_list(&spec.latex)?;
    let mut pen = Setter { spec, id, hand: hand(spec), nodes: Vec::new(), symbols: Vec::new() };
    list.items.iter().try_for_each(|item| pen.item(item))?;
    if pen.nodes.is_empty() {
        return Err(FormulaError::NoInk { latex: spec.latex.chars().take(60).collect() });
    }
    Ok(Formula {
        node: Node::group(id.to_string(), "formula", pen.nodes),
        width: list.width * spec.size,
        height: list.total_height() * spec.size,
        baseline: list.height * spec.size,
        symbols: pen.symbols,
    })
}

fn hand(spec: &FormulaSpec) -> Option<Hand> {
    let rng = || Rng::keyed(spec.seed, RecordId::input(&spec.latex), "handwriting", &[]);
    spec.typeface.is_hand().then(|| Hand::new(rng(), spec.typeface == Typeface::Marker))
}

fn display_list(latex: &str) -> Result<DisplayList, FormulaError> {
    if latex.trim().is_empty() {
        return Err(FormulaError::Empty);
    }
    if latex.len() > MAX_LATEX {
        return Err(FormulaError::Long { length: latex.len() });
    }
    check_commands(latex)?;
    let tree = ratex_parser::parse(latex).map_err(|e| {
        let at = e.loc.map_or(latex.len(), |l| l.start);
        parse_error(latex, at, e.message)
    })?;
    let boxes = layout(&tree, &LayoutOptions::default());
    validate_layout(&boxes).map_err(|e| parse_error(latex, 0, e))?;
    let list = to_display_list(&boxes);
    let (width, height) = (list.width, list.total_height());
    if !(width <= MAX_EM && height <= MAX_EM) {
        return Err(FormulaError::Large { width, height, limit: MAX_EM });
    }
    Ok(list)
}

fn parse_error(latex: &str, byte: usize, message: String) -> FormulaError {
    let byte = (0..=byte.min(latex.len())).rev().find(|i| latex.is_char_boundary(*i)).unwrap_or(0);
    let position = latex[..byte].chars().count();
    FormulaError::Parse { position, message, near: latex[byte..].chars().take(20).collect() }
}

struct Setter<'a> {
    spec: &'a FormulaSpec,
    id: &'a str,
    hand: Option<Hand>,
    nodes: Vec<Node>,
    symbols: Vec<Symbol>,
}

impl Setter<'_> {
    fn item(&mut self, item: &DisplayItem) -> Result<(), FormulaError> {
        match item {
            DisplayItem::GlyphPath { x, y, scale, font, char_code, color } => {
                self.glyph(Affine::translate((*x, *y)) * Affine::scale(*scale), font, *char_code, *color)
            }
            DisplayItem::Line { x, y, width, thickness, color, dashed } => {
                self.rule(*x, *y, *width, *thickness, *dashed, *color);
                Ok(())
            }
            DisplayItem::Rect { x, y, width, height, color } => {
                let rect = Rect::new(*x, *y, x + width, y + height).scale_from_origin(self.spec.size);
                let color = self.color(*color);
                let id = self.next("");
                // Upright and level bars come as rectangles too; only those are rules.
                let role = if width.min(*height) < 0.12 { "rule" } else { "colour box" };
                let rect = if role == "rule" { self.visible(rect) } else { rect };
                if rect.width() > 0.0 && rect.height() > 0.0 {
                    self.nodes.push(Node::fill(id, role, rect, color));
                }
                Ok(())
            }
            DisplayItem::Path { x, y, commands, fill, color } => {
                self.path(&path(commands, *x, *y), *fill, *color);
                Ok(())
            }
        }
    }

    fn glyph(
        &mut self,
        place: Affine,
        face: &str,
        code: u32,
        color: ratex_types::color::Color,
    ) -> Result<(), FormulaError> {
        let character = char::from_u32(code).unwrap_or('\u{fffd}');
        let Some(own) = faces::katex(face, code) else {
            if character.is_whitespace() || character == '\u{2061}' {
                return Ok(());
            }
            return self.foreign(place, character, color);
        };
        if own.path.elements().is_empty() {
            return Ok(());
        }
        if let Some(hand) = self.hand.as_mut() {
            let written = hand.symbol(face, character, &own);
            self.written(place, written, character, color);
            return Ok(());
        }
        let glyph =
            faces::substitute(self.spec.typeface, face, code).map_or(own.path.clone(), |other| fitted(&other, &own));
        self.area(place, &glyph, character, color);
        Ok(())
    }

    /// A character that KaTeX's faces lack (CJK in `\text`): from the text faces.
    fn foreign(
        &mut self,
        place: Affine,
        character: char,
        color: ratex_types::color::Color,
    ) -> Result<(), FormulaError> {
        let found = tamis_fonts::families().find_map(|f| faces::text(f, false, u32::from(character)));
        let Some(glyph) = found.filter(|g| !g.path.elements().is_empty()) else {
            return Err(FormulaError::Glyph { character });
        };
        self.area(place, &glyph.path.clone(), character, color);
        Ok(())
    }

    fn area(&mut self, place: Affine, glyph: &BezPath, character: char, color: ratex_types::color::Color) {
        let outline = Affine::scale(self.spec.size) * place * glyph.clone();
        let color = self.color(color);
        let id = self.next(&character.to_string());
        let bold = matches!(self.spec.typeface, Typeface::Bold)
            .then(|| Stroke::new(color, (0.045 * self.spec.size).max(0.4)).round());
        self.nodes.push(Node::shape(id, "symbol", outline, Some(color.into()), bold));
    }

    fn written(&mut self, place: Affine, written: Written, character: char, color: ratex_types::color::Color) {
        let color = self.color(color);
        let id = self.next(&character.to_string());
        let place = Affine::scale(self.spec.size) * place;
        let stroke = self.outline(color, written.outline);
        let shapes = written.areas.into_iter().enumerate();
        let shape = |(i, area): (usize, BezPath)| {
            Node::shape(format!("{id}/stroke/{i}"), "pen stroke", place * area, Some(color.into()), stroke.clone())
        };
        let shapes = shapes.map(shape).collect();
        self.nodes.push(Node::group(id, "symbol", shapes));
    }

    /// A stroke of a width in em, if there is any.
    fn outline(&self, color: Color, width: f64) -> Option<Stroke> {
        (width > 0.0).then(|| Stroke::new(color, width * self.spec.size).round())
    }

    fn rule(&mut self, x: f64, y: f64, width: f64, thickness: f64, dashed: bool, color: ratex_types::color::Color) {
        let size = self.spec.size;
        let color = self.color(color);
        let id = self.next("");
        if let Some(hand) = self.hand.as_mut() {
            let stroke = Affine::scale(size) * hand.line((x, y).into(), (x + width, y).into());
            self.nodes.push(Node::fill(id, "rule", stroke, color));
            return;
        }
        let rect = Rect::new(x, y - thickness / 2.0, x + width, y + thickness / 2.0).scale_from_origin(size);
        let rect = self.visible(rect);
        if !dashed {
            self.nodes.push(Node::fill(id, "rule", rect, color));
            return;
        }
        let line = tamis_draw::kurbo::Line::new((rect.x0, rect.center().y), (rect.x1, rect.center().y));
        let dash = 4.0 * rect.height();
        self.nodes.push(Node::stroke(id, "rule", line, Stroke::new(color, rect.height()).dashed(&[dash, dash])));
    }

    /// A bar of at least 0.8 pixels, so that it shows at small sizes.
    fn visible(&self, rect: Rect) -> Rect {
        let grow = |side: f64| ((0.8 - side) / 2.0).max(0.0);
        let bold = if self.spec.typeface == Typeface::Bold { 0.02 * self.spec.size } else { 0.0 };
        rect.inflate(grow(rect.width()) + bold / 2.0, grow(rect.height()) + bold)
    }

    fn path(&mut self, path: &BezPath, fill: bool, color: ratex_types::color::Color) {
        let color = self.color(color);
        let id = self.next("");
        let path = match self.hand.as_mut() {
            Some(hand) => hand.wobbled(path),
            None => path.clone(),
        };
        let bolder = self.outline(color, self.hand.as_ref().map_or(0.0, Hand::outline));
        let path = Affine::scale(self.spec.size) * path;
        if !fill {
            let stroke = Stroke::new(color, (0.04 * self.spec.size).max(0.8));
            self.nodes.push(Node::stroke(id, "stretched symbol", path, stroke));
            return;
        }
        // Parts of stretched arrows and braces wind in opposite senses: each is filled on its own.
        let parts = subpaths(&path).into_iter().enumerate();
        let part = |(i, outline): (usize, Outline)| {
            Node::shape(format!("{id}/part/{i}"), "stretched symbol", outline, Some(color.into()), bolder.clone())
        };
        let parts = parts.map(part).collect();
        self.nodes.push(Node::group(id, "stretched symbol", parts));
    }

    fn next(&mut self, text: &str) -> String {
        let id = format!("{}/symbol/{}", self.id, self.symbols.len());
        self.symbols.push(Symbol { id: id.clone(), text: text.to_string() });
        id
    }

    /// The ink, unless the formula itself asks for a colour.
    fn color(&self, color: ratex_types::color::Color) -> Color {
        let byte = |c: f32| (c.clamp(0.0, 1.0) * 255.0).round() as u8;
        let own = Color { r: byte(color.r), g: byte(color.g), b: byte(color.b), a: byte(color.a) };
        if own == Color::BLACK { self.spec.ink } else { own }
    }
}

/// A letter of another face at the height and in the middle of the room of KaTeX's.
fn fitted(other: &CharacterOutline, own: &CharacterOutline) -> BezPath {
    let scale = if own.bounds.height() > 0.0 && other.bounds.height() > 0.0 {
        (own.bounds.height() / other.bounds.height()).clamp(0.8, 1.2)
    } else {
        1.0
    };
    let narrow = (own.advance.max(own.bounds.width()) / (other.bounds.width() * scale)).min(1.0);
    let shift = own.bounds.center().x - other.bounds.center().x * scale * narrow;
    Affine::translate((shift, 0.0)) * Affine::scale_non_uniform(scale * narrow, scale) * other.path.clone()
}

fn path(commands: &[PathCommand], x: f64, y: f64) -> BezPath {
    let mut path = BezPath::new();
    for command in commands {
        match *command {
            PathCommand::MoveTo { x: a, y: b } => path.move_to((x + a, y + b)),
            PathCommand::LineTo { x: a, y: b } => path.line_to((x + a, y + b)),
            PathCommand::QuadTo { x1, y1, x: a, y: b } => path.quad_to((x + x1, y + y1), (x + a, y + b)),
            PathCommand::CubicTo { x1, y1, x2, y2, x: a, y: b } => {
                path.curve_to((x + x1, y + y1), (x + x2, y + y2), (x + a, y + b));
            }
            PathCommand::Close => path.close_path(),
        }
    }
    path
}

fn subpaths(path: &BezPath) -> Vec<Outline> {
    let mut parts: Vec<BezPath> = Vec::new();
    for element in path.elements() {
        if matches!(element, tamis_draw::kurbo::PathEl::MoveTo(_)) || parts.is_empty() {
            parts.push(BezPath::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(*element);
        }
    }
    parts.retain(|p| p.elements().len() > 2);
    parts.into_iter().map(Outline::Path).collect()
}

//! A table as a scene: fills, rules, texts, and the box of every cell.

use serde::Serialize;
use tamis_draw::Color;
use tamis_draw::kurbo::{Affine, Line as Segment, Rect};
use tamis_draw::scene::{Node, Scene, Stroke};
use tamis_draw::text::{self, Anchor, Font, Height, Line, Style};

use super::lines::rules;
use super::measure::{self, Content, Grid};
use super::spec::{Align, CellKind, TableSpec};
use super::theme::{Look, RuleForm, ThemeError, look};

/// How much room a table has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// Texts wrap so that the table is no wider, in pixels, if words allow it.
    pub width: f64,
    /// Empty space around it, in pixels.
    pub margin: f64,
    /// All sizes of the theme times this.
    pub scale: f64,
}

impl Default for Room {
    fn default() -> Room {
        Room { width: 1100.0, margin: 24.0, scale: 1.0 }
    }
}

/// A drawn table.
#[derive(Clone, Debug)]
pub struct TableScene {
    /// The picture; the table's node is `table`, cells are `table/cell/ROW.COLUMN`.
    pub scene: Scene,
    /// The grid: outer edges of the cells, in pixels of the scene.
    pub grid: Rect,
    /// The cells in reading order.
    pub cells: Vec<CellBox>,
}

/// Where a cell is. Its rectangle is that of its place in the grid, so empty cells have one too.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CellBox {
    /// The id of its node, if it has ink.
    pub id: String,
    /// `[x0, y0, x1, y1]` in pixels.
    pub bbox: [f64; 4],
    /// First row.
    pub row: usize,
    /// First column.
    pub column: usize,
    /// Rows it covers.
    pub row_span: usize,
    /// Columns it covers.
    pub column_span: usize,
    /// What it is.
    pub kind: CellKind,
    /// As written, without the mark of its note.
    pub text: String,
}

/// Draws a table with its caption, notes and source.
///
/// # Errors
/// A theme that is not there, or whose fonts are not.
pub fn draw_table(table: &TableSpec, room: &Room) -> Result<TableScene, ThemeError> {
    let (node, size, grid, cells) = table_node(table, room)?;
    let margin = room.margin.max(0.0).round();
    let side = |length: f64| (length + 2.0 * margin).ceil().max(1.0) as u32;
    let mut scene = Scene::new(side(size.0), side(size.1), look(&table.draft().theme)?.theme.ground);
    scene.push(node.transformed(Affine::translate((margin, margin))));
    let shift = tamis_draw::kurbo::Vec2::new(margin, margin);
    let moved = |c: CellBox| CellBox {
        bbox: [c.bbox[0] + margin, c.bbox[1] + margin, c.bbox[2] + margin, c.bbox[3] + margin],
        ..c
    };
    Ok(TableScene { scene, grid: grid + shift, cells: cells.into_iter().map(moved).collect() })
}

type Drawn = (Node, (f64, f64), Rect, Vec<CellBox>);

/// The table's node with its upper left corner at (0, 0), its size, its grid and its cells.
fn table_node(table: &TableSpec, room: &Room) -> Result<Drawn, ThemeError> {
    let mut look = look(&table.draft().theme)?;
    look.size *= room.scale;
    look.pad = look.pad.map(|p| (p * room.scale).round().max(1.0));
    let grid = measure::measure(table, &look, room.width);
    let width = grid.x[table.columns()];
    let rtl = matches!(table.draft().language.as_str(), "ar" | "he" | "fa" | "ur");
    let mut painter = Painter { table, look: &look, grid: &grid, width, rtl, nodes: Vec::new(), y: 0.0 };
    let page = width.max(look.size * 18.0).min(room.width.max(width));
    painter.above(page);
    let top = painter.y;
    painter.fills();
    painter.rules();
    let cells = painter.texts();
    painter.y = top + grid.y[table.rows()];
    painter.below(page);
    let (bottom, nodes) = (painter.y, painter.nodes);
    let node = Node::group("table", "table", nodes);
    let widest = page.max(width);
    Ok((node, (widest, bottom), Rect::new(0.0, top, width, top + grid.y[table.rows()]), cells))
}

struct Painter<'a> {
    table: &'a TableSpec,
    look: &'a Look,
    grid: &'a Grid,
    width: f64,
    rtl: bool,
    nodes: Vec<Node>,
    y: f64,
}

impl Painter<'_> {
    /// The rectangle of a range of columns and rows.
    fn rect(&self, columns: (usize, usize), rows: (usize, usize)) -> Rect {
        let (a, b) = (self.grid.x[columns.0], self.grid.x[columns.1]);
        let (x0, x1) = if self.rtl { (self.width - b, self.width - a) } else { (a, b) };
        Rect::new(x0, self.y + self.grid.y[rows.0], x1, self.y + self.grid.y[rows.1])
    }

    fn fills(&mut self) {
        let (table, theme) = (self.table, self.look.theme);
        if let Some(fill) = theme.fill {
            let all = self.rect((0, table.columns()), (0, table.rows()));
            self.nodes.push(Node::fill("table/fill", "table background", all, fill));
        }
        if let Some(stripe) = theme.stripe {
            for (i, row) in table.body_rows().enumerate().filter(|(i, _)| i % 2 == 1) {
                // A stripe stops at cells that come down from above.
                for column in 0..table.columns() {
                    let through = table.cell(row, column).is_some_and(|c| c.row_span > 1);
                    if !through {
                        let rect = self.rect((column, column + 1), (row, row + 1));
                        self.nodes.push(Node::fill(format!("table/stripe/{i}.{column}"), "stripe", rect, stripe));
                    }
                }
            }
        }
        for cell in table.cells() {
            if let Some(fill) = measure::block(table, self.look, cell).and_then(|b| b.fill) {
                let rect =
                    self.rect((cell.column, cell.column + cell.column_span), (cell.row, cell.row + cell.row_span));
                let id = format!("table/fill/{}.{}", cell.row, cell.column);
                self.nodes.push(Node::fill(id, "cell background", rect, fill));
            }
        }
    }

    fn rules(&mut self) {
        let drawn = rules(self.table, self.look.theme);
        let unit = self.look.size / 16.0;
        let mut nodes = Vec::new();
        for (i, rule) in drawn.iter().enumerate() {
            let width = (rule.style.width * unit).max(0.6);
            let rect = if rule.level {
                self.rect((rule.from, rule.to), (rule.at, rule.at))
            } else {
                self.rect((rule.at, rule.at), (rule.from, rule.to))
            };
            let trim = if rule.trimmed { 0.6 * self.look.pad[0] } else { 0.0 };
            let (a, b) = ((rect.x0 + trim, rect.y0), (rect.x1 - trim, rect.y1));
            let far = if rule.style.form == RuleForm::Double { 1.4 * width } else { 0.0 };
            let offsets: &[f64] = if far > 0.0 { &[-1.0, 1.0] } else { &[0.0] };
            for (k, side) in offsets.iter().enumerate() {
                let (dx, dy) = if rule.level { (0.0, side * far) } else { (side * far, 0.0) };
                let line = Segment::new((a.0 + dx, a.1 + dy), (b.0 + dx, b.1 + dy));
                let mut stroke = Stroke::new(rule.style.color, width);
                stroke = match rule.style.form {
                    RuleForm::Dotted => stroke.dashed(&[1.2 * width, 2.0 * width]),
                    RuleForm::Dashed => stroke.dashed(&[5.0 * width, 3.0 * width]),
                    _ => stroke,
                };
                nodes.push(Node::stroke(format!("table/rule/{i}.{k}"), "rule", line, stroke));
            }
        }
        self.nodes.extend(nodes);
    }

    fn texts(&mut self) -> Vec<CellBox> {
        let mut boxes = Vec::new();
        for (cell, content) in self.table.cells().iter().zip(&self.grid.contents) {
            let columns = (cell.column, cell.column + cell.column_span);
            let rect = self.rect(columns, (cell.row, cell.row + cell.row_span));
            let id = format!("table/cell/{}.{}", cell.row, cell.column);
            let kind = self.table.kind(cell);
            let role = match kind {
                CellKind::ColumnHeader | CellKind::Corner => "column header",
                CellKind::RowHeader => "row header",
                CellKind::Group => "group header",
                CellKind::Data => "table cell",
            };
            let style = measure::style(self.table, self.look, cell);
            let lines = self.cell_lines(&id, content, &style, rect, kind);
            if !lines.is_empty() {
                self.nodes.push(Node::group(id.clone(), role, lines));
            }
            boxes.push(CellBox {
                id,
                bbox: [rect.x0, rect.y0, rect.x1, rect.y1],
                row: cell.row,
                column: cell.column,
                row_span: cell.row_span,
                column_span: cell.column_span,
                kind,
                text: cell.text.clone(),
            });
        }
        boxes
    }

    fn cell_lines(&self, id: &str, content: &Content, style: &Style, rect: Rect, kind: CellKind) -> Vec<Node> {
        let leading = measure::leading(&content.lines, style, self.look);
        let block = leading * content.lines.len() as f64;
        let top = match kind {
            // Headers stand on the line below them.
            CellKind::ColumnHeader | CellKind::Corner => rect.y1 - self.look.pad[1] - block,
            _ => rect.center().y - block / 2.0,
        };
        let mut nodes = Vec::new();
        for (i, line) in content.lines.iter().enumerate() {
            let mark = content.mark.as_ref().filter(|_| i + 1 == content.lines.len());
            let gap = 0.1 * style.size;
            let extra = mark.map_or(0.0, |m| m.width + gap);
            // Beside figures the mark hangs in the padding, so that their last digits stay below each other.
            let hangs = content.align == Align::End && !self.rtl && extra < self.look.pad[0];
            let x = self.start(content.align, rect, line.width + if hangs { 0.0 } else { extra });
            let baseline = top + leading * i as f64 + (leading + line.ascent - line.descent) / 2.0;
            // In right-to-left lines the mark stands to the left of the words.
            let (text_x, mark_x) = if self.rtl { (x + extra, x) } else { (x, x + line.width + gap) };
            let at = Anchor { x: 0.0, y: Height::Baseline };
            nodes.push(Node::text(format!("{id}/line/{i}"), "cell text", line.clone().at((text_x, baseline), at)));
            if let Some(mark) = mark {
                let run = mark.clone().at((mark_x, baseline - 0.36 * style.size), at);
                nodes.push(Node::text(format!("{id}/mark"), "note mark", run));
            }
        }
        nodes
    }

    /// Where a line of this width begins.
    fn start(&self, align: Align, rect: Rect, width: f64) -> f64 {
        let (left, right) = (rect.x0 + self.look.pad[0], rect.x1 - self.look.pad[0] - width);
        match (align, self.rtl) {
            (Align::Start, false) | (Align::End, true) => left,
            (Align::End, false) | (Align::Start, true) => right,
            (Align::Center, _) => rect.center().x - width / 2.0,
        }
    }

    fn above(&mut self, page: f64) {
        if !self.look.theme.caption.below {
            self.caption(page);
            self.y += if self.y > 0.0 { 0.5 * self.look.size } else { 0.0 };
        }
    }

    fn below(&mut self, page: f64) {
        if self.look.theme.caption.below && !self.table.draft().caption.is_empty() {
            self.y += 0.5 * self.look.size;
            self.caption(page);
        }
        let draft = self.table.draft();
        let small = self.plain(0.84);
        if !draft.footnotes.is_empty() || !draft.source.is_empty() {
            self.y += 0.4 * self.look.size;
        }
        for (i, note) in draft.footnotes.iter().enumerate() {
            self.note(i, &note.mark, &note.text, &small, page);
        }
        self.paragraph("table/source", "source", &draft.source, &small, false, page);
    }

    fn caption(&mut self, page: f64) {
        let (draft, caption) = (self.table.draft(), &self.look.theme.caption);
        let mut style = self.plain(caption.scale.unwrap_or(1.0));
        style.font.weight = if caption.bold { 700 } else { 400 };
        style.font.italic = caption.italic;
        self.paragraph("table/caption", "table caption", &draft.caption, &style, caption.center, page);
        self.paragraph("table/subtitle", "table subtitle", &draft.subtitle, &self.plain(0.9), caption.center, page);
    }

    fn note(&mut self, i: usize, mark: &str, words: &str, style: &Style, page: f64) {
        let sign = text::line(mark, &style.sized(style.size * 0.72));
        let (top, indent) = (self.y, sign.width + 0.25 * style.size);
        let lines = text::paragraph(words, style, (page - indent).max(style.size * 4.0));
        let mut nodes = Vec::new();
        let step = lines.iter().map(Line::height).fold(1.2 * style.size, f64::max);
        for (k, line) in lines.into_iter().enumerate() {
            let baseline = top + step * k as f64 + (step + line.ascent - line.descent) / 2.0;
            let x = if self.rtl { page - indent - line.width } else { indent };
            if k == 0 {
                let mark_x = if self.rtl { page - sign.width } else { 0.0 };
                let run = sign.clone().at((mark_x, baseline - 0.32 * style.size), Anchor::START);
                nodes.push(Node::text(format!("table/note/{i}/mark"), "note mark", run));
            }
            nodes.push(Node::text(
                format!("table/note/{i}/line/{k}"),
                "note text",
                line.at((x, baseline), Anchor::START),
            ));
            self.y = top + step * (k + 1) as f64;
        }
        self.nodes.push(Node::group(format!("table/note/{i}"), "table note", nodes));
    }

    /// Lines of a text over or below the table.
    fn paragraph(&mut self, id: &str, role: &'static str, words: &str, style: &Style, center: bool, page: f64) {
        if words.trim().is_empty() {
            return;
        }
        let lines = text::paragraph(words, style, page);
        let step = lines.iter().map(Line::height).fold(1.2 * style.size, f64::max);
        let mut nodes = Vec::new();
        for (k, line) in lines.into_iter().enumerate() {
            let baseline = self.y + (step + line.ascent - line.descent) / 2.0;
            let free = (page - line.width).max(0.0);
            let x = if center {
                free.min((self.width - line.width).max(0.0)) / 2.0
            } else if self.rtl {
                free
            } else {
                0.0
            };
            nodes.push(Node::text(format!("{id}/line/{k}"), "line", line.at((x, baseline), Anchor::START)));
            self.y += step;
        }
        self.nodes.push(Node::group(id.to_string(), role, nodes));
    }

    fn plain(&self, scale: f64) -> Style {
        let ink: Color = self.look.theme.ink;
        Style::new(Font::new(self.look.family.clone()), self.look.size * scale, ink)
    }
}

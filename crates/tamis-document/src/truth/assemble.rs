//! Puts the truth of pages together: fragments, cells and holes by block.

use std::collections::{BTreeMap, BTreeSet};

use kurbo::{Affine, Point, Rect};
use tamis_draw::scene::{Content, Node};

use crate::layout::{Composed, Drawings, Fragment, Page};
use crate::source::Source;
use crate::spec::{self, Class, DocumentSpec, visit};
use crate::truth::markdown::{self, BlockText};
use crate::truth::read::{self, ReadWord};
use crate::truth::{Block, Cell, Field, Line, PageTruth, Table, Word, array, table};

/// The truth of all pages, which come with their scenes.
pub(crate) fn assemble(
    spec: &DocumentSpec,
    source: &Source,
    drawings: &Drawings<'_>,
    pages: Vec<Composed>,
) -> Vec<Page> {
    let total = pages.len();
    let known = Known::new(spec, source, drawings, &pages);
    let mut seen = BTreeSet::new();
    let mut out = Vec::with_capacity(total);
    for (page, number) in pages.into_iter().zip(1..) {
        let assembler = Assembler { spec, source, drawings, known: &known, page: &page, number, total };
        let truth = assembler.truth(&mut seen);
        out.push(Page { scene: page.scene, truth });
    }
    out
}

/// What the spec says of each id, and on how many pages a block stands.
struct Known<'a> {
    tables: BTreeMap<&'a str, &'a spec::Table>,
    texts: BTreeMap<&'a str, String>,
    pages: BTreeMap<usize, usize>,
}

impl<'a> Known<'a> {
    fn new(spec: &'a DocumentSpec, source: &Source, drawings: &Drawings<'_>, all: &[Composed]) -> Known<'a> {
        let (mut tables, mut texts, mut pages) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        visit::everywhere(spec, &mut |block| {
            if let spec::Block::Table(table) = block {
                tables.insert(&*table.id, table);
            }
            for (text, _) in block.texts() {
                texts.insert(&*text.id, markdown::with_drawings(text, drawings));
            }
        });
        for page in all {
            let here: BTreeSet<usize> = page.fragments.iter().map(|f| source.regions[f.region].block).collect();
            here.into_iter().for_each(|block| *pages.entry(block).or_default() += 1);
        }
        Known { tables, texts, pages }
    }
}

struct Assembler<'a> {
    spec: &'a DocumentSpec,
    source: &'a Source,
    drawings: &'a Drawings<'a>,
    known: &'a Known<'a>,
    page: &'a Composed,
    number: usize,
    total: usize,
}

impl Assembler<'_> {
    fn truth(&self, seen: &mut BTreeSet<usize>) -> PageTruth {
        let mut truth = PageTruth {
            number: self.number,
            total: self.total,
            width: self.page.scene.width,
            height: self.page.scene.height,
            blocks: Vec::new(),
            lines: Vec::new(),
            words: Vec::new(),
            tables: Vec::new(),
            fields: Vec::new(),
            markdown: String::new(),
        };
        let units = self.units();
        let mut texts = Vec::new();
        for block in self.order(&units) {
            texts.push(self.block(block, &units, seen, &mut truth));
        }
        truth.fields = self.fields();
        truth.markdown = markdown::page(&texts);
        truth
    }

    /// Fragments by block and text: regions are numbered in the order they are written.
    fn units(&self) -> BTreeMap<(usize, usize), Vec<Fragment>> {
        let mut units: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for fragment in &self.page.fragments {
            let region = &self.source.regions[fragment.region];
            units.entry((region.block, region.unit)).or_default().push(fragment.clone());
        }
        units
    }

    /// The blocks of the page in reading order.
    fn order(&self, units: &BTreeMap<(usize, usize), Vec<Fragment>>) -> Vec<usize> {
        let mut blocks: BTreeSet<usize> = units.keys().map(|k| k.0).collect();
        blocks.extend(self.page.cells.iter().map(|c| self.source.regions[c.0].block));
        blocks.extend(self.page.holes.iter().map(|h| h.0));
        let mut blocks: Vec<usize> = blocks.into_iter().collect();
        blocks.sort_by_key(|b| (rank(self.source.regions[*b].class), *b));
        blocks
    }

    fn block(
        &self,
        block: usize,
        units: &BTreeMap<(usize, usize), Vec<Fragment>>,
        seen: &mut BTreeSet<usize>,
        truth: &mut PageTruth,
    ) -> BlockText {
        let region = &self.source.regions[block];
        let mut lines = Vec::new();
        for (_, fragments) in units.range((block, 0)..(block + 1, 0)) {
            lines.extend(read::lines(fragments.clone()));
        }
        let whole = self.known.texts.get(&*region.id);
        let text = match whole {
            Some(whole) if self.known.pages.get(&block) == Some(&1) => whole.clone(),
            _ => self.read(&lines, whole),
        };
        let mut text_of_block = BlockText {
            id: region.id.clone(),
            class: region.class,
            level: region.level,
            marker: region.marker.clone(),
            text,
            table: None,
            drawn: None,
        };
        if self.known.tables.contains_key(&*region.id) {
            text_of_block.table = Some(self.table_block(block, &lines, seen, truth));
        } else if let Some((_, place)) = self.page.holes.iter().find(|h| h.0 == block) {
            text_of_block.drawn = Some(self.hole_block(block, *place, seen, truth));
        } else {
            let parts = columns(lines);
            let one = parts.len() == 1;
            for part in parts {
                let text = if one { text_of_block.text.clone() } else { self.read(&part, whole) };
                self.push(block, &part, text, None, seen, truth);
            }
        }
        text_of_block
    }

    /// What is read of some lines of a text.
    fn read(&self, lines: &[Vec<ReadWord>], whole: Option<&String>) -> String {
        read::join(lines, whole.map_or("", String::as_str), self.spec.language.is_unspaced())
    }

    /// Adds a block, or the part of one that stands in one column, with its lines; `ground` is what it covers besides.
    fn push(
        &self,
        block: usize,
        lines: &[Vec<ReadWord>],
        text: String,
        ground: Option<Rect>,
        seen: &mut BTreeSet<usize>,
        truth: &mut PageTruth,
    ) {
        let region = &self.source.regions[block];
        let index = truth.blocks.len();
        let ink = lines.iter().flatten().map(|w| w.bbox).chain(ground).reduce(|a, b| a.union(b));
        truth.blocks.push(Block {
            id: region.id.clone(),
            class: region.class,
            bbox: array(ink.unwrap_or(Rect::ZERO)),
            text,
            level: region.level,
            continued: !seen.insert(block) && !region.class.is_furniture(),
        });
        lines.iter().for_each(|line| self.line(line, index, truth));
    }

    /// A drawing: its box is its ink's. What stands for it in Markdown.
    fn hole_block(
        &self,
        block: usize,
        place: Rect,
        seen: &mut BTreeSet<usize>,
        truth: &mut PageTruth,
    ) -> Option<String> {
        let region = &self.source.regions[block];
        let id = &*region.id;
        let ink = self.page.scene.nodes.iter().find(|n| n.id == id).and_then(ink_of);
        self.push(block, &[], String::new(), Some(ink.unwrap_or(place)), seen, truth);
        let index = truth.blocks.len() - 1;
        truth.blocks[index].text = self.words_of_drawing(id, index, truth);
        let drawn = self.drawings.get(id).and_then(|f| f.drawing.markdown.clone());
        if region.is_inline_hole { Some(String::new()) } else { drawn }
    }

    /// A table, or its rows on this page; its Markdown.
    fn table_block(
        &self,
        block: usize,
        lines: &[Vec<ReadWord>],
        seen: &mut BTreeSet<usize>,
        truth: &mut PageTruth,
    ) -> String {
        let index = truth.blocks.len();
        let Some(table) = self.table(block, index) else { return String::new() };
        let text = self.read(lines, None);
        let [x0, y0, x1, y1] = table.bbox;
        self.push(block, lines, text, Some(Rect::new(x0, y0, x1, y1)), seen, truth);
        let markdown = table.markdown.clone();
        truth.tables.push(table);
        markdown
    }

    fn line(&self, words: &[ReadWord], block: usize, truth: &mut PageTruth) {
        let start = truth.words.len();
        let line = truth.lines.len();
        for word in words {
            truth.words.push(Word {
                text: word.text.clone(),
                bbox: array(word.bbox),
                corners: word.corners.map(|c| c.map(|p| [p.x, p.y])),
                block,
                line: Some(line),
                hand: self.source.regions[word.region].hand,
            });
        }
        let text = words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
        let Some(bbox) = words.iter().map(|w| w.bbox).reduce(|a, b| a.union(b)) else { return };
        truth.lines.push(Line { text, bbox: array(bbox), block, words: start..truth.words.len() });
    }

    /// Texts within a drawing are words of its block, but of no line.
    fn words_of_drawing(&self, id: &str, block: usize, truth: &mut PageTruth) -> String {
        let mut texts = Vec::new();
        if let Some(node) = self.page.scene.nodes.iter().find(|n| n.id == id) {
            drawn_words(node, Affine::IDENTITY, &mut |text, corners| {
                let rect = corners.iter().fold(Rect::from_points(corners[0], corners[2]), |r, p| r.union_pt(*p));
                let turned = (corners[0].y - corners[1].y).abs() > 1e-6;
                truth.words.push(Word {
                    text: text.clone(),
                    bbox: array(rect),
                    corners: turned.then(|| corners.map(|p| [p.x, p.y])),
                    block,
                    line: None,
                    hand: false,
                });
                texts.push(text);
            });
        }
        texts.join(" ")
    }

    /// The rows of a table that are on the page.
    fn table(&self, block: usize, index: usize) -> Option<Table> {
        let spec = self.known.tables.get(&*self.source.regions[block].id)?;
        let here: BTreeMap<usize, Rect> =
            self.page.cells.iter().filter(|c| self.source.regions[c.0].block == block).copied().collect();
        let mut cells = Vec::new();
        let mut region_of_cell = block;
        for (row, row_cells) in spec.rows.iter().enumerate() {
            let mut column = 0;
            for cell in row_cells {
                let id = format!("{}/r{row}c{column}", spec.id);
                // Cells are written after their table, row by row, so their regions are found in that order.
                let found = (region_of_cell..self.source.regions.len()).find(|r| self.source.regions[*r].id == id);
                if let Some(found) = found {
                    region_of_cell = found;
                    if let Some(rect) = here.get(&found) {
                        cells.push(Cell {
                            row,
                            column,
                            columns: cell.columns.max(1),
                            header: row < spec.header_rows,
                            text: table::tidy(&cell.plain()),
                            bbox: array(*rect),
                        });
                    }
                }
                column += cell.columns.max(1);
            }
        }
        let mut rows: Vec<usize> = cells.iter().map(|c| c.row).collect();
        rows.dedup();
        let rect = here.values().copied().reduce(|a, b| a.union(b))?;
        Some(Table {
            id: spec.id.clone(),
            block: index,
            bbox: array(rect),
            cells,
            html: table::html(spec, &rows),
            latex: table::latex(spec, &rows),
            markdown: table::markdown(spec, &rows),
        })
    }

    fn fields(&self) -> Vec<Field> {
        let place = |id: &str| {
            let within = |f: &&Fragment| {
                let region = &self.source.regions[f.region];
                region.id == id || self.source.regions[region.unit].id == id
            };
            self.page.fragments.iter().filter(within).map(|f| f.bbox).reduce(|a, b| a.union(b))
        };
        self.spec
            .facts
            .iter()
            .filter_map(|fact| {
                Some(Field {
                    name: fact.name.clone(),
                    key: fact.key.clone(),
                    value: fact.value.clone(),
                    number: fact.number,
                    key_bbox: fact.key_id.as_deref().and_then(place).map(array),
                    value_bbox: array(place(&fact.value_id)?),
                })
            })
            .collect()
    }
}

/// Lines by the column they stand in: a line above the one before it starts the next column.
fn columns(lines: Vec<Vec<ReadWord>>) -> Vec<Vec<Vec<ReadWord>>> {
    let mut parts: Vec<Vec<Vec<ReadWord>>> = Vec::new();
    let mut last = f64::NEG_INFINITY;
    for line in lines {
        let Some(bbox) = line.iter().map(|w| w.bbox).reduce(|a, b| a.union(b)) else { continue };
        let middle = bbox.center().y;
        match parts.last_mut() {
            Some(part) if middle > last - bbox.height() => part.push(line),
            _ => parts.push(vec![line]),
        }
        last = middle;
    }
    parts
}

/// Headers are read first, notes and footers last.
fn rank(class: Class) -> u8 {
    match class {
        Class::Header => 0,
        Class::Footnote => 2,
        Class::Footer | Class::PageNumber => 3,
        _ => 1,
    }
}

/// The box of a node's ink.
fn ink_of(node: &Node) -> Option<Rect> {
    let mut scene = tamis_draw::scene::Scene::new(1 << 20, 1 << 20, tamis_draw::Color::WHITE);
    // Moved, since boxes are cut off at the picture's edges and a stamp may reach over them.
    const AWAY: f64 = 65_536.0;
    scene.push(node.clone().transformed(Affine::translate((AWAY, AWAY))));
    scene.elements().first().map(|e| e.bbox - kurbo::Vec2::new(AWAY, AWAY))
}

fn drawn_words(node: &Node, to: Affine, found: &mut impl FnMut(String, [Point; 4])) {
    match &node.content {
        Content::Group(group) => {
            let to = to * group.transform;
            group.children.iter().for_each(|c| drawn_words(c, to, found));
        }
        Content::Text(run) => {
            for word in run.words() {
                found(run.text[word.range].to_string(), word.corners.map(|p| to * p));
            }
        }
        Content::Shape(_) | Content::Image(_) => {}
    }
}

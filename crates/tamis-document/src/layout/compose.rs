//! One page: pieces become nodes of a scene, in groups by block, and fragments of words.

use std::collections::BTreeMap;

use kurbo::{Affine, Rect};
use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::scene::{Content as NodeContent, Node, Scene};
use tamis_draw::text::TextRun;

use crate::error::Error;
use crate::ink;
use crate::layout::holes::Drawings;
use crate::layout::words::{self, Fragment};
use crate::layout::{hand, merge};
use crate::source::{Marker, Source};
use crate::spec::{DocumentSpec, HoleKind};
use crate::typeset::{Content, Piece, SourcePlace};

/// A page that is drawn, and where its elements stand.
pub(crate) struct Composed {
    pub scene: Scene,
    /// In paint order.
    pub fragments: Vec<Fragment>,
    /// Cells of tables: region and box.
    pub cells: Vec<(usize, Rect)>,
    /// Holes: region and where the drawing's upper left corner stands.
    pub holes: Vec<(usize, Rect)>,
}

/// Composes page `number` of `total`.
pub(crate) fn page(
    spec: &DocumentSpec,
    source: &Source,
    drawings: &Drawings<'_>,
    pieces: Vec<Piece>,
    number: usize,
    total: usize,
) -> Result<Composed, Error> {
    let (width, height) = spec.page.pixels();
    let rng = Rng::keyed(spec.seed, RecordId::input("handwriting"), "page", &[number as u32]);
    let mut composer = Composer {
        spec,
        source,
        drawings,
        number,
        total,
        rng,
        groups: BTreeMap::new(),
        nodes: Vec::new(),
        count: 0,
        pending: Vec::new(),
        fragments: Vec::new(),
        cells: Vec::new(),
        holes: Vec::new(),
    };
    pieces.into_iter().try_for_each(|p| composer.piece(p))?;
    composer.flush()?;
    let mut scene = Scene::new(width, height, spec.look.paper);
    scene.nodes = composer.nodes;
    Ok(Composed { scene, fragments: composer.fragments, cells: composer.cells, holes: composer.holes })
}

struct Composer<'a> {
    spec: &'a DocumentSpec,
    source: &'a Source,
    drawings: &'a Drawings<'a>,
    number: usize,
    total: usize,
    rng: Rng,
    /// Where in `nodes` the group of a block is.
    groups: BTreeMap<usize, usize>,
    nodes: Vec<Node>,
    count: usize,
    /// Runs that go on from one another, and the transform of them all.
    pending: Vec<(TextRun, Vec<SourcePlace>, Affine)>,
    fragments: Vec<Fragment>,
    cells: Vec<(usize, Rect)>,
    holes: Vec<(usize, Rect)>,
}

impl Composer<'_> {
    fn piece(&mut self, piece: Piece) -> Result<(), Error> {
        let goes_on = match (&piece.content, self.pending.last()) {
            (Content::Text { run, .. }, Some((last, _, transform))) => {
                *transform == piece.transform && run.text != SOFT_HYPHEN && merge::goes_on(last, run)
            }
            _ => false,
        };
        if !goes_on {
            self.flush()?;
        }
        match piece.content {
            Content::Text { run, source } if run.text == SOFT_HYPHEN => self.text(run, &source, piece.transform),
            Content::Text { run, source } => {
                self.pending.push((run, source, piece.transform));
                Ok(())
            }
            Content::Shape(shape) => {
                let id = self.next("shape");
                let role = if shape.fill.is_some() { "ground" } else { "rule" };
                let node = Node { id, role: role.into(), content: NodeContent::Shape(shape) };
                self.nodes.push(placed(node, piece.transform));
                Ok(())
            }
            Content::Marker(marker, rect) => {
                let wrong = || Error::Internal(format!("a place numbered {marker}"));
                let marker = self.source.markers.get(marker).copied().ok_or_else(wrong)?;
                self.marker(marker, piece.transform.transform_rect_bbox(rect), piece.transform)
            }
        }
    }

    /// Draws the runs that are waiting as one.
    fn flush(&mut self) -> Result<(), Error> {
        let Some(transform) = self.pending.first().map(|p| p.2) else { return Ok(()) };
        let runs = std::mem::take(&mut self.pending).into_iter().map(|(run, source, _)| (run, source)).collect();
        match merge::merged(runs) {
            Some((run, source)) => self.text(run, &source, transform),
            None => Ok(()),
        }
    }

    fn next(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}.{}", self.count)
    }

    /// Puts a node into the group of its region's block.
    fn push(&mut self, region: usize, node: Node) {
        let block = self.source.regions[region].block;
        let at = *self.groups.entry(block).or_insert_with(|| {
            let region = &self.source.regions[block];
            self.nodes.push(Node::group(region.id.clone(), region.class.name(), Vec::new()));
            self.nodes.len() - 1
        });
        if let NodeContent::Group(group) = &mut self.nodes[at].content {
            group.children.push(node);
        }
    }

    fn text(&mut self, run: TextRun, source: &[(u32, u32)], transform: Affine) -> Result<(), Error> {
        if run.text == SOFT_HYPHEN {
            self.hyphen(run, transform);
            return Ok(());
        }
        let (run, source) = without_breaks(run, source);
        if run.glyphs.is_empty() {
            return Ok(());
        }
        let mut regions = Vec::with_capacity(source.len());
        for (position, _) in &source {
            let unknown = || Error::Internal(format!("nobody wrote the text {:?}", run.text));
            regions.push(self.source.region(*position).ok_or_else(unknown)?);
        }
        self.check_glyphs(&run, &regions)?;
        // A run of two elements (a key and a value alike in style) is drawn once, in the group of its first.
        let first = regions[0];
        if self.source.regions[first].hand {
            for (word, source) in hand::scatter(&run, &source, &mut self.rng) {
                let regions = vec![first; source.len()];
                self.line(word, &source, &regions, transform);
            }
        } else {
            self.line(run, &source, &regions, transform);
        }
        Ok(())
    }

    /// The hyphen of a word that is broken: it belongs to the text before it.
    fn hyphen(&mut self, mut run: TextRun, transform: Affine) {
        let Some((region, key)) = self.fragments.last().map(|f| (f.region, f.key)) else { return };
        run.text = "-".into();
        run.glyphs.iter_mut().for_each(|g| g.range = 0..1);
        let glyphs = run.glyphs.len();
        self.line(run, &vec![key; glyphs], &vec![region; glyphs], transform);
    }

    fn line(&mut self, run: TextRun, source: &[(u32, u32)], regions: &[usize], transform: Affine) {
        let Some(first) = regions.first() else { return };
        self.fragments.extend(words::fragments(&run, transform, regions, source));
        if run.text.trim().is_empty() {
            return;
        }
        let block = &self.source.regions[self.source.regions[*first].block];
        let (id, role) = (format!("{}/text.{}", block.id, self.count), "text");
        self.count += 1;
        self.push(*first, placed(Node::text(id, role, run), transform));
    }

    fn check_glyphs(&self, run: &TextRun, regions: &[usize]) -> Result<(), Error> {
        let Some(at) = run.glyphs.iter().position(|g| g.id == 0) else { return Ok(()) };
        let character = run.text[run.glyphs[at].range.clone()].chars().next().unwrap_or('\u{fffd}');
        Err(Error::MissingGlyph { character, id: self.source.regions[regions[at]].id.clone() })
    }

    fn marker(&mut self, marker: Marker, rect: Rect, transform: Affine) -> Result<(), Error> {
        match marker {
            Marker::Cell { region, fill } => {
                if let Some(fill) = fill {
                    let id = format!("{}/ground", self.source.regions[region].id);
                    self.push(region, Node::fill(id, "table cell", rect, fill));
                }
                self.cells.push((region, rect));
            }
            Marker::Hole { region } => {
                let id = &*self.source.regions[region].id;
                let unknown = || Error::Internal(format!("the hole {id:?} is not in the spec"));
                let filled = self.drawings.get(id).ok_or_else(unknown)?;
                let node = match &filled.hole.kind {
                    HoleKind::PageNumber { pattern, size, color, align } => {
                        let text = pattern
                            .replace("{n}", &self.number.to_string())
                            .replace("{total}", &self.total.to_string());
                        let drawing = &filled.drawing;
                        let px = size * self.spec.page.dpi / 72.0;
                        let family = self.spec.look.body.first().map_or("", String::as_str);
                        ink::page_number(&text, family, px, *color, *align, (drawing.width, drawing.height))
                    }
                    _ => filled.drawing.node.clone(),
                };
                let class = self.source.regions[region].class.name();
                let node = Node::group(id, class, vec![prefixed(node, id)]);
                self.nodes
                    .push(placed(node.transformed(Affine::translate(rect.origin().to_vec2())), turned(transform)));
                self.holes.push((region, rect));
            }
        }
        Ok(())
    }
}

/// The boxes of markers are in the page's frame already; only what is turned would need its transform again, and our
/// templates turn no holes.
fn turned(_: Affine) -> Affine {
    Affine::IDENTITY
}

fn placed(node: Node, transform: Affine) -> Node {
    if transform == Affine::IDENTITY { node } else { node.transformed(transform) }
}

/// Ids of a drawing behind the id of its hole, so that two charts of one page differ.
fn prefixed(mut node: Node, prefix: &str) -> Node {
    node.id = format!("{prefix}/{}", node.id);
    if let NodeContent::Group(group) = &mut node.content {
        group.children = std::mem::take(&mut group.children).into_iter().map(|c| prefixed(c, prefix)).collect();
    }
    node
}

/// How the typesetter writes the hyphen of a broken word.
const SOFT_HYPHEN: &str = "\u{ad}";

/// The run without characters that only said where a word may be broken or how letters join.
fn without_breaks(mut run: TextRun, source: &[(u32, u32)]) -> (TextRun, Vec<(u32, u32)>) {
    let invisible = |c: char| {
        matches!(c, '\u{200b}' | '\u{ad}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
    };
    if !run.text.contains(invisible) {
        return (run, source.to_vec());
    }
    let mut moved = vec![0; run.text.len() + 1];
    let mut text = String::new();
    for (at, c) in run.text.char_indices() {
        (at..at + c.len_utf8()).for_each(|b| moved[b] = text.len());
        if !invisible(c) {
            text.push(c);
        }
    }
    moved[run.text.len()] = text.len();
    let (mut glyphs, mut kept) = (Vec::new(), Vec::new());
    for (glyph, source) in run.glyphs.into_iter().zip(source) {
        let range = moved[glyph.range.start]..moved[glyph.range.end];
        if !range.is_empty() {
            glyphs.push(tamis_draw::text::Glyph { range, ..glyph });
            kept.push(*source);
        }
    }
    run.glyphs = glyphs;
    run.text = text;
    (run, kept)
}

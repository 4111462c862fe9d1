//! Pictures of elements: each painter fills a box of a given size with something of its class.

use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::kurbo::{Affine, Rect, Size as Extent};
use tamis_draw::scene::{Node, Scene};
use tamis_draw::text::{Anchor, Font, Height, Line, Style};

use super::classes::{Class, Painter};
use super::pictures;
use super::prose::{self, Prose};

const INKS: [u32; 5] = [0x111111, 0x1d1d1d, 0x202a38, 0x000000, 0x2b2320];
const ACCENTS: [u32; 7] = [0x8c1c13, 0x0b4f6c, 0x2f5d3a, 0x5b3a8c, 0xb35c00, 0x14213d, 0x7a1f3d];
const SERIF: [&str; 4] = ["Tinos", "Libertinus Serif", "Noto Serif", "Tamis Computer Modern"];
const SANS: [&str; 5] = ["Arimo", "Open Sans", "Roboto", "Lato", "Noto Sans"];

/// The middle of a line's height, for texts in boxes.
pub(super) const MIDDLE: Anchor = Anchor { x: 0.5, y: Height::Middle };

/// A canvas of one element.
pub(super) struct Canvas<'a> {
    pub scene: Scene,
    pub rng: &'a mut Rng,
    pub prose: &'static Prose,
    pub class: &'static str,
    pub family: &'static str,
    pub ink: Color,
    pub accent: Color,
}

/// An element as a scene of `width` x `height` pixels.
pub(super) fn element(class: &Class, width: u32, height: u32, rng: &mut Rng) -> Option<Scene> {
    let prose = prose::any(rng)?;
    let family = if rng.unit() < 0.6 { SERIF[rng.below(SERIF.len())] } else { SANS[rng.below(SANS.len())] };
    let (ink, accent) = (Color::rgb(INKS[rng.below(INKS.len())]), Color::rgb(ACCENTS[rng.below(ACCENTS.len())]));
    let scene = Scene::new(width, height, Color::WHITE);
    let mut canvas = Canvas { scene, rng, prose, class: class.name, family, ink, accent };
    canvas.paint(class.painter);
    // An answer line belongs at the foot of its room; everything else fills it, as boxes of annotated pages are tight.
    if !matches!(class.painter, Painter::Rule | Painter::Seal) {
        tighten(&mut canvas.scene);
    }
    Some(canvas.scene)
}

/// How much more ink may be stretched in one direction than in the other.
const MOST_STRETCH: f64 = 1.25;

/// Enlarges the drawing until its ink fills the picture, in one direction more than in the other if need be.
fn tighten(scene: &mut Scene) {
    let ink = scene.elements().iter().map(|element| element.bbox).reduce(|a, b| a.union(b));
    let Some(ink) = ink.filter(|ink| scene.background == Color::WHITE && ink.area() > 0.0) else { return };
    let (width, height) = (f64::from(scene.width), f64::from(scene.height));
    let (x, y) = (width / ink.width(), height / ink.height());
    let (x, y) = (x.min(y * MOST_STRETCH), y.min(x * MOST_STRETCH));
    let top = (height - y * ink.height()) / 2.0;
    let place = Affine::translate((0.0, top)) * Affine::scale_non_uniform(x, y) * Affine::translate((-ink.x0, -ink.y0));
    scene.nodes = std::mem::take(&mut scene.nodes).into_iter().map(|node| node.transformed(place)).collect();
}

impl Canvas<'_> {
    pub(super) fn size(&self) -> Extent {
        Extent::new(f64::from(self.scene.width), f64::from(self.scene.height))
    }

    pub(super) fn style(&self, size: f64) -> Style {
        Style::new(Font::new(self.family), size, self.ink)
    }

    pub(super) fn push(&mut self, role: &'static str, make: impl FnOnce(String) -> Node) {
        let id = format!("{role}/{}", self.scene.nodes.len());
        self.scene.push(make(id));
    }

    pub(super) fn write(&mut self, line: Line, x: f64, baseline: f64) {
        self.push("line", |id| Node::text(id, "line", line.at((x, baseline), Anchor::START)));
    }

    fn paint(&mut self, painter: Painter) {
        let whole = Rect::from_origin_size((0.0, 0.0), self.size());
        match painter {
            Painter::Heading => self.heading(whole),
            Painter::Prose => self.prose(whole, None),
            Painter::Small => self.small(whole),
            Painter::Line => self.short_line(whole),
            Painter::Quote => self.quote(whole),
            Painter::Verse => self.verse(whole),
            Painter::Dialogue | Painter::Bullets | Painter::Numbers | Painter::Options | Painter::References => {
                self.items(whole, painter);
            }
            Painter::Contents => self.contents(whole),
            Painter::Form => self.form(whole),
            Painter::Table => self.table(None),
            Painter::Bill => self.table(Some("prices")),
            Painter::Formula => self.formula(),
            Painter::Code => self.code(whole),
            Painter::Capital => self.capital(whole),
            Painter::Teaser => self.teaser(whole),
            Painter::Masthead => self.masthead(whole),
            Painter::Picture => pictures::figure(self, whole),
            Painter::Portrait => pictures::portrait(self, whole),
            Painter::Advertisement => pictures::advertisement(self, whole),
            Painter::Matrix => pictures::matrix(self, whole),
            Painter::Bars => pictures::bars(self, whole),
            Painter::Bracket => pictures::bracket(self, whole),
            Painter::Rule => pictures::rule(self, whole),
            Painter::Blank => pictures::blank(self, whole),
            Painter::Weather => pictures::weather(self, whole),
            Painter::Seal => pictures::seal(self, whole),
        }
    }

    /// A size at which text of a page of this width reads well.
    pub(super) fn body(&mut self) -> f64 {
        self.rng.range(17.0, 24.0).round()
    }
}

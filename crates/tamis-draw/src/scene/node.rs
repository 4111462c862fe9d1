//! Nodes of the tree and what they hold.

use std::borrow::Cow;
use std::sync::Arc;

use kurbo::{Affine, BezPath, Circle, Line, Point, Rect};

use crate::color::Color;
use crate::scene::paint::{Paint, Stroke};
use crate::text::TextRun;

/// What a node is, in words a labeller would use: "bar", "tick label", "table cell", "formula".
pub type Role = Cow<'static, str>;

/// One element of a scene.
#[derive(Clone, Debug)]
pub struct Node {
    /// Unique in its scene; what questions and specs refer to.
    pub id: String,
    /// What it is, in words.
    pub role: Role,
    /// What is drawn.
    pub content: Content,
}

/// What a node draws.
#[derive(Clone, Debug)]
pub enum Content {
    /// Other nodes, moved, clipped or faded together.
    Group(Group),
    /// A filled or stroked outline.
    Shape(Shape),
    /// One line of text.
    Text(TextRun),
    /// A picture.
    Image(Image),
}

/// Nodes that move together.
#[derive(Clone, Debug)]
pub struct Group {
    /// In paint order, in the group's own frame.
    pub children: Vec<Node>,
    /// From the group's frame to its parent's.
    pub transform: Affine,
    /// What lies outside is not drawn; in the group's own frame.
    pub clip: Option<Rect>,
    /// 0 (invisible) to 1; children are blended as one layer.
    pub opacity: f64,
}

/// A filled or stroked outline; the fill is painted first.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Where.
    pub outline: Outline,
    /// What is inside; non-zero winding rule.
    pub fill: Option<Paint>,
    /// What is along it.
    pub stroke: Option<Stroke>,
}

/// The geometry of a [`Shape`], pixels.
#[derive(Clone, Debug)]
pub enum Outline {
    /// An upright rectangle.
    Rect(Rect),
    /// A circle.
    Circle(Circle),
    /// A straight line; only its stroke shows.
    Line(Line),
    /// Anything else.
    Path(BezPath),
}

/// A picture stretched over a rectangle.
#[derive(Clone, Debug)]
pub struct Image {
    /// Where, in pixels.
    pub rect: Rect,
    /// What.
    pub pixels: Arc<Pixels>,
}

/// RGBA pixels, row by row from the top, alpha not premultiplied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width * height * 4` bytes.
    pub rgba: Vec<u8>,
}

impl Node {
    fn new(id: impl Into<String>, role: impl Into<Role>, content: Content) -> Node {
        Node { id: id.into(), role: role.into(), content }
    }

    /// Nodes that belong together, where they are.
    pub fn group(id: impl Into<String>, role: impl Into<Role>, children: Vec<Node>) -> Node {
        let group = Group { children, transform: Affine::IDENTITY, clip: None, opacity: 1.0 };
        Node::new(id, role, Content::Group(group))
    }

    /// A filled outline.
    pub fn fill(
        id: impl Into<String>,
        role: impl Into<Role>,
        outline: impl Into<Outline>,
        fill: impl Into<Paint>,
    ) -> Node {
        Node::shape(id, role, outline, Some(fill.into()), None)
    }

    /// A stroked outline.
    pub fn stroke(id: impl Into<String>, role: impl Into<Role>, outline: impl Into<Outline>, stroke: Stroke) -> Node {
        Node::shape(id, role, outline, None, Some(stroke))
    }

    /// An outline with a fill, a stroke or both.
    pub fn shape(
        id: impl Into<String>,
        role: impl Into<Role>,
        outline: impl Into<Outline>,
        fill: Option<Paint>,
        stroke: Option<Stroke>,
    ) -> Node {
        Node::new(id, role, Content::Shape(Shape { outline: outline.into(), fill, stroke }))
    }

    /// One line of text.
    pub fn text(id: impl Into<String>, role: impl Into<Role>, run: TextRun) -> Node {
        Node::new(id, role, Content::Text(run))
    }

    /// A picture.
    pub fn image(id: impl Into<String>, role: impl Into<Role>, rect: Rect, pixels: Arc<Pixels>) -> Node {
        Node::new(id, role, Content::Image(Image { rect, pixels }))
    }

    /// The same node moved; a node that is no group is put into one of the same id and role.
    pub fn transformed(self, transform: Affine) -> Node {
        let mut group = self.into_group();
        if let Content::Group(g) = &mut group.content {
            g.transform = transform * g.transform;
        }
        group
    }

    /// The same node cut off outside `clip` (of the node's own frame).
    pub fn clipped(self, clip: Rect) -> Node {
        let mut group = self.into_group();
        if let Content::Group(g) = &mut group.content {
            g.clip = Some(g.clip.map_or(clip, |c| c.intersect(clip)));
        }
        group
    }

    /// The same node at an opacity of 0 to 1.
    pub fn faded(self, opacity: f64) -> Node {
        let mut group = self.into_group();
        if let Content::Group(g) = &mut group.content {
            g.opacity *= opacity;
        }
        group
    }

    fn into_group(self) -> Node {
        match self.content {
            Content::Group(_) => self,
            _ => {
                let (id, role) = (self.id.clone(), self.role.clone());
                Node::group(id, role, vec![Node { id: format!("{}/ink", self.id), ..self }])
            }
        }
    }

    /// This node or the one below it that has this id.
    pub fn find(&self, id: &str) -> Option<&Node> {
        match &self.content {
            _ if self.id == id => Some(self),
            Content::Group(group) => group.children.iter().find_map(|n| n.find(id)),
            _ => None,
        }
    }
}

impl Outline {
    /// A closed polygon through these points.
    pub fn polygon(points: &[Point]) -> Outline {
        let Outline::Path(mut path) = Outline::polyline(points) else { unreachable!("a polyline is a path") };
        path.close_path();
        Outline::Path(path)
    }

    /// An open line through these points.
    pub fn polyline(points: &[Point]) -> Outline {
        let mut path = BezPath::new();
        for (i, point) in points.iter().enumerate() {
            if i == 0 { path.move_to(*point) } else { path.line_to(*point) }
        }
        Outline::Path(path)
    }
}

impl From<Rect> for Outline {
    fn from(rect: Rect) -> Outline {
        Outline::Rect(rect)
    }
}

impl From<Circle> for Outline {
    fn from(circle: Circle) -> Outline {
        Outline::Circle(circle)
    }
}

impl From<Line> for Outline {
    fn from(line: Line) -> Outline {
        Outline::Line(line)
    }
}

impl From<BezPath> for Outline {
    fn from(path: BezPath) -> Outline {
        Outline::Path(path)
    }
}

impl Pixels {
    /// A picture of one colour.
    pub fn filled(width: u32, height: u32, color: Color) -> Pixels {
        let pixel = [color.r, color.g, color.b, color.a];
        Pixels { width, height, rgba: pixel.repeat(width as usize * height as usize) }
    }
}

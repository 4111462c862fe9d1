//! A small plot in a free corner that shows a part of the data larger (ECD's diversification (e)).

use tamis_draw::kurbo::{Affine, BezPath, Circle, Line, Point, Rect, Shape as _, Size};
use tamis_draw::scene::{Content, Node, Outline, Stroke};

use super::{Cell, Layer};
use crate::spec::Kind;

/// How many times larger the part is shown.
const ZOOM: f64 = 2.6;

impl Cell<'_> {
    /// Draws an inset where the style wants one, the kind has points or lines, and a place is free.
    pub(super) fn draw_inset(&mut self) {
        let takes = matches!(
            self.chart.kind,
            Kind::Line | Kind::Step | Kind::Scatter | Kind::Bubble | Kind::Area | Kind::ErrorPoint | Kind::Candlestick
        );
        let Some(frame) = self.frame.clone().filter(|_| self.style.inset && takes) else { return };
        let plot = frame.plot;
        let Some(room) = self.free_window(plot) else { return };
        let part = Size::new(room.width() / ZOOM, room.height() / ZOOM);
        let Some(source) = self.busiest(plot, part, room) else { return };
        let to = Affine::translate(room.center().to_vec2())
            * Affine::scale(ZOOM)
            * Affine::translate(-source.center().to_vec2());
        let mut nodes = Vec::new();
        for node in &self.layers[Layer::Marks as usize] {
            enlarge(node, to, room, &self.id("inset"), &mut nodes);
        }
        let k = self.style.scale;
        let line = Stroke::new(self.style.text.tick.color.mix(self.style.ground(), 0.35), k.max(0.8));
        let id = self.id("inset");
        let ground = Node::fill(format!("{id}/ground"), "inset ground", room, self.style.ground());
        let data = Node::group(format!("{id}/data"), "inset data", nodes).clipped(room);
        let window = Node::stroke(format!("{id}/source"), "inset source", source, line.clone());
        let frame = Node::stroke(format!("{id}/frame"), "inset frame", room, line.clone());
        let mut parts = vec![ground, data, frame, window];
        for (i, (from, to)) in guides(source, room).into_iter().enumerate() {
            let guide = line.clone().dashed(&[3.0 * k, 3.0 * k]);
            parts.push(Node::stroke(format!("{id}/guide/{i}"), "inset guide", Line::new(from, to), guide));
        }
        self.texts.push(room);
        self.push(Layer::Notes, Node::group(id, "inset", parts));
    }

    /// The largest free window in a corner of the plot.
    fn free_window(&self, plot: Rect) -> Option<Rect> {
        let gap = self.style.text.tick.size * 0.9;
        let inner = plot.inset(-gap);
        for share in [0.4, 0.34, 0.28] {
            let size = Size::new(plot.width() * share, plot.height() * share * 0.95);
            let (dx, dy) = (inner.width() - size.width, inner.height() - size.height);
            let places = [(1.0, 0.0), (0.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.5, 0.0), (0.5, 1.0)];
            let windows = places.map(|(x, y)| Rect::from_origin_size(inner.origin() + (x * dx, y * dy), size));
            let free = windows.into_iter().find(|w| self.is_free(*w) && self.inks.share(*w) < 0.004);
            if free.is_some() {
                return free;
            }
        }
        None
    }

    /// The part of the plot, outside the window, with the most data around one datum.
    fn busiest(&self, plot: Rect, part: Size, window: Rect) -> Option<Rect> {
        let step = (self.anchors.len() / 40).max(1);
        let parts = self.anchors.iter().step_by(step).map(|a| {
            let c = a.bbox.center();
            let x = (c.x - part.width / 2.0).clamp(plot.x0, (plot.x1 - part.width).max(plot.x0));
            let y = (c.y - part.height / 2.0).clamp(plot.y0, (plot.y1 - part.height).max(plot.y0));
            Rect::from_origin_size((x, y), part)
        });
        let apart = parts.filter(|p| !p.inflate(4.0, 4.0).overlaps(window));
        let scored = apart.map(|p| (self.inks.share(p), p)).filter(|(s, _)| *s > 0.0);
        scored.reduce(|a, b| if b.0 > a.0 { b } else { a }).map(|(_, p)| p)
    }
}

/// Two lines from the corners of the source to those of the window that face it.
fn guides(source: Rect, room: Rect) -> [(Point, Point); 2] {
    let level = (source.center().y - room.center().y).abs() < (source.center().x - room.center().x).abs();
    if level {
        let (a, b) = if room.x0 > source.x0 { (source.x1, room.x0) } else { (source.x0, room.x1) };
        [(Point::new(a, source.y0), Point::new(b, room.y0)), (Point::new(a, source.y1), Point::new(b, room.y1))]
    } else {
        let (a, b) = if room.y0 > source.y0 { (source.y1, room.y0) } else { (source.y0, room.y1) };
        [(Point::new(source.x0, a), Point::new(room.x0, b)), (Point::new(source.x1, a), Point::new(room.x1, b))]
    }
}

/// Adds a copy of what the node draws within the window, enlarged; points and lines keep nearly their widths.
fn enlarge(node: &Node, to: Affine, room: Rect, prefix: &str, out: &mut Vec<Node>) {
    let Content::Shape(shape) = &node.content else {
        if let Content::Group(group) = &node.content {
            group.children.iter().for_each(|child| enlarge(child, to, room, prefix, out));
        }
        return;
    };
    let outline = match &shape.outline {
        Outline::Circle(circle) => Outline::Circle(Circle::new(to * circle.center, circle.radius * 1.25)),
        Outline::Rect(rect) => Outline::Rect(to.transform_rect_bbox(*rect)),
        Outline::Line(line) => Outline::Path(to * line.to_path(0.1)),
        Outline::Path(path) => Outline::Path(placed(path, to)),
    };
    let bbox = outline.path().bounding_box();
    let reach = shape.stroke.as_ref().map_or(0.0, |s| s.width);
    if bbox.inflate(reach, reach).intersect(room).area() <= 0.0 {
        return;
    }
    let name = node.id.rsplit("mark/").next().unwrap_or(&node.id).replace('/', "-");
    let copy = Node::shape(
        format!("{prefix}/data/{}", name),
        node.role.clone(),
        outline,
        shape.fill.clone(),
        shape.stroke.clone(),
    );
    out.push(copy);
}

/// A small closed path is a mark and keeps nearly its size; any other is enlarged.
fn placed(path: &BezPath, to: Affine) -> BezPath {
    let bbox = path.bounding_box();
    let is_mark = bbox.width().max(bbox.height()) < 16.0 && path.elements().len() < 16;
    if is_mark {
        let center = bbox.center();
        Affine::translate((to * center).to_vec2())
            * Affine::scale(1.25)
            * Affine::translate(-center.to_vec2())
            * path.clone()
    } else {
        to * path.clone()
    }
}

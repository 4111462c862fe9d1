//! SVG: the same tree with its ids and roles; glyphs as outlines, so that it needs no font.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use kurbo::{Affine, Rect};

use crate::color::Color;
use crate::render::encode;
use crate::scene::{Cap, Content, Group, Hatch, HatchKind, Image, Join, Node, Outline, Paint, Scene, Shape, Stroke};
use crate::text::{FaceId, TextRun, outline};

/// Writes a scene as SVG. Every node keeps its id (`id`) and role (`data-role`).
pub fn svg(scene: &Scene) -> String {
    let mut writer = Writer::default();
    // Writing to a string cannot fail.
    let _ = scene.nodes.iter().try_for_each(|n| writer.node(n));
    let (w, h) = (scene.width, scene.height);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\">\n\
         <defs>\n{}{}</defs>\n<rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n{}</svg>\n",
        writer.glyphs.values().map(String::as_str).collect::<String>(),
        writer.defs,
        scene.background,
        writer.body
    )
}

#[derive(Default)]
struct Writer {
    glyphs: BTreeMap<(FaceId, u16), String>,
    defs: String,
    body: String,
    /// How many gradients, patterns and clips there are so far.
    named: usize,
}

impl Writer {
    fn node(&mut self, node: &Node) -> fmt::Result {
        write!(self.body, "<g id=\"{}\" data-role=\"{}\"", escaped(&node.id), escaped(&node.role))?;
        match &node.content {
            Content::Group(group) => self.group(group)?,
            Content::Shape(shape) => {
                self.body.push('>');
                self.shape(shape)?;
            }
            Content::Text(run) => self.text(run)?,
            Content::Image(image) => self.image(image)?,
        }
        self.body.push_str("</g>\n");
        Ok(())
    }

    fn group(&mut self, group: &Group) -> fmt::Result {
        write!(self.body, "{}", transform(group.transform))?;
        if group.opacity < 1.0 {
            write!(self.body, " opacity=\"{}\"", group.opacity)?;
        }
        if let Some(clip) = group.clip {
            let name = self.name();
            writeln!(self.defs, "<clipPath id=\"{name}\">{}</clipPath>", rect(clip, ""))?;
            write!(self.body, " clip-path=\"url(#{name})\"")?;
        }
        self.body.push_str(">\n");
        group.children.iter().try_for_each(|n| self.node(n))
    }

    fn shape(&mut self, shape: &Shape) -> fmt::Result {
        let mut look = String::new();
        match &shape.fill {
            None => look.push_str(" fill=\"none\""),
            Some(Paint::Solid(c)) => write!(look, " {}", colored("fill", *c))?,
            Some(Paint::Gradient(g)) => {
                let name = self.name();
                writeln!(
                    self.defs,
                    "<linearGradient id=\"{name}\" gradientUnits=\"userSpaceOnUse\" x1=\"{}\" y1=\"{}\" x2=\"{}\" \
                     y2=\"{}\"><stop offset=\"0\" {}/><stop offset=\"1\" {}/></linearGradient>",
                    g.from.x,
                    g.from.y,
                    g.to.x,
                    g.to.y,
                    stop(g.from_color),
                    stop(g.to_color)
                )?;
                write!(look, " fill=\"url(#{name})\"")?;
            }
            Some(Paint::Hatch(hatch)) => write!(look, " fill=\"url(#{})\"", self.pattern(hatch)?)?,
        }
        if let Some(s) = &shape.stroke {
            write!(look, "{}", stroked(s))?;
        }
        match &shape.outline {
            Outline::Rect(r) => self.body.push_str(&rect(*r, &look)),
            Outline::Circle(c) => {
                write!(self.body, "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{look}/>", c.center.x, c.center.y, c.radius)?;
            }
            other => write!(self.body, "<path d=\"{}\"{look}/>", other.path().to_svg())?,
        }
        Ok(())
    }

    fn pattern(&mut self, hatch: &Hatch) -> Result<String, fmt::Error> {
        let name = self.name();
        let s = hatch.spacing;
        let turn = match hatch.kind {
            HatchKind::Rising | HatchKind::Crossed => " patternTransform=\"rotate(-45)\"",
            HatchKind::Falling => " patternTransform=\"rotate(45)\"",
            _ => "",
        };
        write!(
            self.defs,
            "<pattern id=\"{name}\" patternUnits=\"userSpaceOnUse\" width=\"{s}\" height=\"{s}\"{turn}>"
        )?;
        if let Some(ground) = hatch.ground {
            write!(self.defs, "<rect width=\"{s}\" height=\"{s}\" {}/>", colored("fill", ground))?;
        }
        let ink = stroked(&Stroke::new(hatch.color, hatch.width));
        if hatch.kind == HatchKind::Dots {
            let (m, r) = (s / 2.0, hatch.width / 2.0);
            write!(self.defs, "<circle cx=\"{m}\" cy=\"{m}\" r=\"{r}\" {}/>", colored("fill", hatch.color))?;
        } else if hatch.kind != HatchKind::Vertical {
            write!(self.defs, "<path d=\"M0,{m} H{s}\"{ink}/>", m = s / 2.0)?;
        }
        if matches!(hatch.kind, HatchKind::Vertical | HatchKind::Grid | HatchKind::Crossed) {
            write!(self.defs, "<path d=\"M{m},0 V{s}\"{ink}/>", m = s / 2.0)?;
        }
        self.defs.push_str("</pattern>\n");
        Ok(name)
    }

    fn text(&mut self, run: &TextRun) -> fmt::Result {
        let place = transform(run.transform());
        write!(self.body, "{place} aria-label=\"{}\" {}>", escaped(&run.text), colored("fill", run.color))?;
        for glyph in &run.glyphs {
            let Some(shape) = outline::outline(glyph.face, glyph.id) else { continue };
            let name = format!("g{}-{}", glyph.face.0, glyph.id);
            self.glyphs
                .entry((glyph.face, glyph.id))
                .or_insert_with(|| format!("<path id=\"{name}\" d=\"{}\"/>\n", shape.path.to_svg()));
            let (x, y, size) = (glyph.x, glyph.y, run.size);
            write!(self.body, "<use href=\"#{name}\" transform=\"translate({x},{y}) scale({size})\"/>")?;
        }
        Ok(())
    }

    fn image(&mut self, image: &Image) -> fmt::Result {
        let data = encode::png(&image.pixels).map(|f| base64::STANDARD.encode_to_string(f));
        let (r, data) = (image.rect, data.unwrap_or_default());
        write!(
            self.body,
            "><image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
             href=\"data:image/png;base64,{data}\"/>",
            r.x0,
            r.y0,
            r.width(),
            r.height()
        )
    }

    fn name(&mut self) -> String {
        self.named += 1;
        format!("d{}", self.named)
    }
}

fn rect(r: Rect, look: &str) -> String {
    let r = r.abs();
    format!("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{look}/>", r.x0, r.y0, r.width(), r.height())
}

fn colored(what: &str, c: Color) -> String {
    let opaque = Color { a: 255, ..c };
    if c.a == 255 {
        format!("{what}=\"{opaque}\"")
    } else {
        format!("{what}=\"{opaque}\" {what}-opacity=\"{:.4}\"", f64::from(c.a) / 255.0)
    }
}

fn stop(c: Color) -> String {
    colored("stop", c).replace("stop=", "stop-color=")
}

fn stroked(s: &Stroke) -> String {
    let mut text = format!(" {} stroke-width=\"{}\"", colored("stroke", s.color), s.width);
    if !s.dashes.is_empty() {
        let dashes: Vec<_> = s.dashes.iter().map(f64::to_string).collect();
        text += &format!(" stroke-dasharray=\"{}\"", dashes.join(","));
    }
    text += match s.cap {
        Cap::Butt => "",
        Cap::Round => " stroke-linecap=\"round\"",
        Cap::Square => " stroke-linecap=\"square\"",
    };
    text + match s.join {
        Join::Miter => "",
        Join::Round => " stroke-linejoin=\"round\"",
        Join::Bevel => " stroke-linejoin=\"bevel\"",
    }
}

fn transform(to: Affine) -> String {
    let [a, b, c, d, e, f] = to.as_coeffs();
    if to == Affine::IDENTITY { String::new() } else { format!(" transform=\"matrix({a},{b},{c},{d},{e},{f})\"") }
}

/// Text for an attribute; control characters, which XML cannot hold, become spaces.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

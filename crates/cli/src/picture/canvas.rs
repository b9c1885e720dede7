//! A sheet to draw on: rectangles, lines, dots and text, and the PNG it becomes.

use std::io;
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform,
};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// Text is drawn with this; `README.md` beside it says what it is.
const FONT: &[u8] = include_bytes!("roboto-regular.ttf");

/// Widest and highest picture, pixels.
const SIDE_MAX: u32 = 8192;

/// A colour: red, green, blue.
pub(super) type Rgb = [u8; 3];

pub(super) const PAPER: Rgb = [255, 255, 255];
pub(super) const INK: Rgb = [33, 37, 41];
pub(super) const FAINT: Rgb = [105, 112, 120];
pub(super) const RULE: Rgb = [206, 211, 216];

/// Where text stands on its point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
}

pub(super) struct Canvas {
    pixels: Pixmap,
    face: Face<'static>,
}

impl Canvas {
    /// An empty sheet; sides are held within what a picture may have.
    pub(super) fn new(width: f32, height: f32) -> io::Result<Self> {
        let side = |length: f32| (length.ceil() as u32).clamp(1, SIDE_MAX);
        let mut pixels = Pixmap::new(side(width), side(height))
            .ok_or_else(|| io::Error::other("the picture has no size"))?;
        pixels.fill(color(PAPER));
        let face = Face::parse(FONT, 0).map_err(io::Error::other)?;
        Ok(Self { pixels, face })
    }

    pub(super) fn rect(&mut self, [left, top, right, bottom]: [f32; 4], fill: Rgb) {
        // Edges on whole pixels: neighbours leave no seam.
        let rect = Rect::from_ltrb(left.round(), top.round(), right.round(), bottom.round());
        if let Some(rect) = rect {
            let mut paint = ink(fill);
            paint.anti_alias = false;
            self.pixels
                .fill_rect(rect, &paint, Transform::identity(), None);
        }
    }

    pub(super) fn frame(&mut self, [left, top, right, bottom]: [f32; 4], stroke: Rgb) {
        let corners = [
            [left, top],
            [right, top],
            [right, bottom],
            [left, bottom],
            [left, top],
        ];
        self.line(&corners, stroke, 1.0);
    }

    pub(super) fn line(&mut self, points: &[[f32; 2]], stroke: Rgb, width: f32) {
        let mut path = PathBuilder::new();
        for (k, [x, y]) in points.iter().enumerate() {
            match k {
                0 => path.move_to(*x, *y),
                _ => path.line_to(*x, *y),
            }
        }
        if let Some(path) = path.finish() {
            let pen = Stroke {
                width,
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            self.pixels
                .stroke_path(&path, &ink(stroke), &pen, Transform::identity(), None);
        }
    }

    pub(super) fn dot(&mut self, [x, y]: [f32; 2], radius: f32, fill: Rgb, edge: Rgb) {
        let Some(path) = PathBuilder::from_circle(x, y, radius) else {
            return;
        };
        let identity = Transform::identity();
        self.pixels
            .fill_path(&path, &ink(fill), FillRule::Winding, identity, None);
        let pen = Stroke {
            width: 1.2,
            ..Stroke::default()
        };
        self.pixels
            .stroke_path(&path, &ink(edge), &pen, identity, None);
    }

    /// Text whose base line is at `y`.
    pub(super) fn text(
        &mut self,
        [x, y]: [f32; 2],
        size: f32,
        anchor: Anchor,
        fill: Rgb,
        text: &str,
    ) {
        let scale = size / f32::from(self.face.units_per_em());
        let width = self.text_width(size, text);
        let mut left = match anchor {
            Anchor::Left => x,
            Anchor::Middle => x - 0.5 * width,
            Anchor::Right => x - width,
        };
        let mut glyphs = Outline {
            path: PathBuilder::new(),
            left,
            base: y,
            scale,
        };
        for glyph in self.glyphs(text) {
            glyphs.left = left;
            self.face.outline_glyph(glyph, &mut glyphs);
            left += self.advance(glyph) * scale;
        }
        if let Some(path) = glyphs.path.finish() {
            self.pixels.fill_path(
                &path,
                &ink(fill),
                FillRule::Winding,
                Transform::identity(),
                None,
            );
        }
    }

    /// Text over a map: with a pale edge, so that it reads on any ground.
    pub(super) fn label(&mut self, at: [f32; 2], size: f32, anchor: Anchor, text: &str) {
        for (dx, dy) in [
            (-1.2, 0.0),
            (1.2, 0.0),
            (0.0, -1.2),
            (0.0, 1.2),
            (-0.8, -0.8),
            (0.8, 0.8),
            (-0.8, 0.8),
            (0.8, -0.8),
        ] {
            self.text([at[0] + dx, at[1] + dy], size, anchor, PAPER, text);
        }
        self.text(at, size, anchor, INK, text);
    }

    pub(super) fn text_width(&self, size: f32, text: &str) -> f32 {
        let scale = size / f32::from(self.face.units_per_em());
        self.glyphs(text)
            .map(|glyph| self.advance(glyph) * scale)
            .sum()
    }

    /// The text, or its beginning and `…` where it is longer than `width`.
    pub(super) fn shortened(&self, size: f32, text: &str, width: f32) -> String {
        if self.text_width(size, text) <= width {
            return text.to_string();
        }
        let mut short: String = text.to_string();
        while short.pop().is_some() {
            let with_dots = format!("{}\u{2026}", short.trim_end());
            if self.text_width(size, &with_dots) <= width {
                return with_dots;
            }
        }
        short
    }

    fn glyphs(&self, text: &str) -> impl Iterator<Item = GlyphId> {
        text.chars()
            .map(|letter| self.face.glyph_index(letter).unwrap_or(GlyphId(0)))
    }

    fn advance(&self, glyph: GlyphId) -> f32 {
        f32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0))
    }

    /// As PNG, without opacity.
    pub(super) fn png(&self) -> io::Result<Vec<u8>> {
        let rgb: Vec<u8> = self
            .pixels
            .data()
            .chunks_exact(4)
            .flat_map(|p| [p[0], p[1], p[2]])
            .collect();
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.pixels.width(), self.pixels.height());
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(io::Error::other)?;
        writer.write_image_data(&rgb).map_err(io::Error::other)?;
        writer.finish().map_err(io::Error::other)?;
        Ok(bytes)
    }
}

fn color([r, g, b]: Rgb) -> Color {
    Color::from_rgba8(r, g, b, 255)
}

fn ink(fill: Rgb) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(color(fill));
    paint
}

/// A glyph's outline on the sheet.
struct Outline {
    path: PathBuilder,
    left: f32,
    base: f32,
    scale: f32,
}

impl Outline {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.left + x * self.scale, self.base - y * self.scale)
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

//! Strokes, text and markers on a scene.

use kuva::render::color::Color;
use kuva::render::render::{PathData, Primitive, Scene, TextAnchor};

/// A colour of the palette that Okabe and Ito chose for readers with any colour vision, or a grey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ink(u8, u8, u8);

impl Ink {
    pub(crate) const BLACK: Self = Self(0x1a, 0x1a, 0x1a);
    pub(crate) const GREY: Self = Self(0x6e, 0x6e, 0x6e);
    pub(crate) const PALE: Self = Self(0xd9, 0xd9, 0xd9);
    pub(crate) const WHITE: Self = Self(0xff, 0xff, 0xff);
    pub(crate) const BLUE: Self = Self(0x00, 0x72, 0xb2);
    pub(crate) const VERMILLION: Self = Self(0xd5, 0x5e, 0x00);

    /// Okabe and Ito, "Color Universal Design" (2008). Yellow is left out: it vanishes on white.
    const SERIES: [Self; 7] = [
        Self::BLUE,
        Self::VERMILLION,
        Self(0x00, 0x9e, 0x73),
        Self(0xcc, 0x79, 0xa7),
        Self(0xe6, 0x9f, 0x00),
        Self(0x56, 0xb4, 0xe9),
        Self::BLACK,
    ];

    fn color(self) -> Color {
        Color::Rgb(self.0, self.1, self.2)
    }
}

/// Shape of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    Inverted,
    Pentagon,
}

impl Shape {
    const SERIES: [Self; 6] =
        [Self::Circle, Self::Square, Self::Triangle, Self::Diamond, Self::Inverted, Self::Pentagon];

    /// Corners on the unit circle, scaled so that all shapes look equally large; none for a circle.
    fn corners(self) -> Vec<(f64, f64)> {
        let (count, first_degrees, scale) = match self {
            Self::Circle => return Vec::new(),
            Self::Square => (4, 45.0, 1.25),
            Self::Triangle => (3, -90.0, 1.35),
            Self::Diamond => (4, 0.0, 1.3),
            Self::Inverted => (3, 90.0, 1.35),
            Self::Pentagon => (5, -90.0, 1.15),
        };
        (0..count)
            .map(|corner| {
                let angle = (first_degrees + 360.0 * f64::from(corner) / f64::from(count)).to_radians();
                (scale * angle.cos(), scale * angle.sin())
            })
            .collect()
    }
}

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) ink: Ink,
    pub(crate) shape: Shape,
}

impl Style {
    /// The style of the series with this index. Colours and shapes repeat after 7 and 6, together after 42.
    pub(crate) fn of(series: usize) -> Self {
        Self { ink: Ink::SERIES[series % 7], shape: Shape::SERIES[series % 6] }
    }
}

/// Whether a marker is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    Solid,
    Open,
}

/// A line's colour, width in scene units, and dashes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stroke {
    pub(crate) ink: Ink,
    pub(crate) width: f64,
    pub(crate) dashes: Option<&'static str>,
}

impl Stroke {
    pub(crate) const fn solid(ink: Ink, width: f64) -> Self {
        Self { ink, width, dashes: None }
    }
}

/// Which point of a text is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Start,
    Middle,
    End,
}

/// A rectangle in scene units, y downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Area {
    pub(crate) fn width(self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn height(self) -> f64 {
        self.bottom - self.top
    }

    pub(crate) fn contains(self, (x, y): (f64, f64)) -> bool {
        x >= self.left && x <= self.right && y >= self.top && y <= self.bottom
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    /// The rectangle, larger by `margin` on every side.
    pub(crate) fn grown(self, margin: f64) -> Self {
        Self {
            left: self.left - margin,
            top: self.top - margin,
            right: self.right + margin,
            bottom: self.bottom + margin,
        }
    }
}

/// A scene under construction.
pub(crate) struct Canvas {
    scene: Scene,
    clips: usize,
}

impl Canvas {
    /// A white canvas; whole units, so that SVG and PNG have the same size.
    pub(crate) fn new(width: f64, height: f64) -> Self {
        let mut scene = Scene::new(width.ceil(), height.ceil());
        scene.font_family = Some("'DejaVu Sans', Verdana, sans-serif".to_owned());
        scene.text_color = Some("#1a1a1a".to_owned());
        Self { scene, clips: 0 }
    }

    pub(crate) fn into_scene(self) -> Scene {
        self.scene
    }

    /// A straight line.
    pub(crate) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), stroke: Stroke) {
        self.scene.add(Primitive::Line {
            x1,
            y1,
            x2,
            y2,
            stroke: stroke.ink.color(),
            stroke_width: stroke.width,
            stroke_dasharray: stroke.dashes.map(str::to_owned),
        });
    }

    /// A solid line through all points; nothing for fewer than two.
    pub(crate) fn polyline(&mut self, points: &[(f64, f64)], stroke: Stroke) {
        if points.len() > 1 {
            self.scene.add(Primitive::PolyLine {
                points: points.to_vec(),
                stroke: stroke.ink.color(),
                stroke_width: stroke.width,
                stroke_dasharray: None,
            });
        }
    }

    /// A filled polygon without outline.
    pub(crate) fn band(&mut self, corners: &[(f64, f64)], ink: Ink, opacity: f64) {
        self.path(corners, Some(ink.color()), Color::None, 0.0, Some(opacity));
    }

    /// A marker around a point, of radius `radius`.
    pub(crate) fn marker(&mut self, (x, y): (f64, f64), style: Style, fill: Fill, radius: f64) {
        let inside = if fill == Fill::Solid { style.ink } else { Ink::WHITE };
        let outline = (radius * 0.32).max(2.0);
        if style.shape == Shape::Circle {
            self.scene.add(Primitive::Circle {
                cx: x,
                cy: y,
                r: radius,
                fill: inside.color(),
                fill_opacity: None,
                stroke: Some(style.ink.color()),
                stroke_width: Some(outline),
            });
        } else {
            let corners: Vec<_> =
                style.shape.corners().into_iter().map(|(dx, dy)| (x + radius * dx, y + radius * dy)).collect();
            self.path(&corners, Some(inside.color()), style.ink.color(), outline, None);
        }
    }

    /// Text with its baseline at `y`.
    pub(crate) fn text(&mut self, (x, y): (f64, f64), text: &str, size: f64, align: Align, ink: Ink) {
        self.write((x, y), text, size, align, ink, None);
    }

    /// Text that runs upwards.
    pub(crate) fn text_upwards(&mut self, at: (f64, f64), text: &str, size: f64, align: Align, ink: Ink) {
        self.write(at, text, size, align, ink, Some(-90.0));
    }

    /// Draws inside `area` only.
    pub(crate) fn clipped(&mut self, area: Area, draw: impl FnOnce(&mut Self)) {
        self.clips += 1;
        self.scene.add(Primitive::ClipStart {
            x: area.left,
            y: area.top,
            width: area.width(),
            height: area.height(),
            id: format!("axes{}", self.clips),
        });
        draw(self);
        self.scene.add(Primitive::ClipEnd);
    }

    fn write(&mut self, (x, y): (f64, f64), text: &str, size: f64, align: Align, ink: Ink, rotate: Option<f64>) {
        // Dollar signs would begin a formula, and XML has no control characters.
        let content: String = text.chars().filter(|letter| !letter.is_control()).collect();
        self.scene.add(Primitive::Text {
            x,
            y,
            content: content.replace('$', "\\$"),
            size: size.round() as u32,
            anchor: match align {
                Align::Start => TextAnchor::Start,
                Align::Middle => TextAnchor::Middle,
                Align::End => TextAnchor::End,
            },
            rotate,
            bold: false,
            color: Some(ink.color()),
        });
    }

    fn path(&mut self, corners: &[(f64, f64)], fill: Option<Color>, stroke: Color, width: f64, opacity: Option<f64>) {
        let mut outline = String::new();
        for (index, (x, y)) in corners.iter().enumerate() {
            outline += &format!("{}{x:.2} {y:.2} ", if index == 0 { 'M' } else { 'L' });
        }
        outline.push('Z');
        self.scene.add(Primitive::Path(Box::new(PathData {
            d: outline,
            fill,
            stroke,
            stroke_width: width,
            opacity,
            stroke_dasharray: None,
        })));
    }
}

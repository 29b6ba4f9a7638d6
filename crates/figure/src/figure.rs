//! A finished figure, its options, and why one could not be drawn.

use kuva::backend::svg::SvgBackend;
use kuva::render::render::Scene;

/// Scene units per millimetre.
pub(crate) const UNITS_PER_MM: f64 = 10.0;

/// What a user may choose about any figure.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureOptions {
    /// Title above the figure; null leaves the space to the data.
    pub title: Option<String>,
    /// A statement that must be seen in the picture, such as `synthetic data`, written above the axes.
    pub notice: Option<String>,
    /// Width (mm), 60 to 400. Text and lines keep their size.
    pub width_mm: f64,
}

impl Default for FigureOptions {
    /// One column of a journal, 85 mm, without title and notice.
    fn default() -> Self {
        Self { title: None, notice: None, width_mm: 85.0 }
    }
}

/// Why a figure could not be drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    /// A batch lacks a column.
    #[error("expected column `{column}` ({expected}), found {found}")]
    MissingColumn {
        /// The column.
        column: &'static str,
        /// What it holds.
        expected: &'static str,
        /// The columns there are.
        found: String,
    },
    /// A column has a type that cannot hold what is expected.
    #[error("column `{column}`: expected {expected}, found type {found}")]
    WrongType {
        /// The column.
        column: &'static str,
        /// What it holds.
        expected: &'static str,
        /// Its type.
        found: String,
    },
    /// No row is left to draw.
    #[error("expected at least one row with {expected}, found none in {rows} rows")]
    Empty {
        /// What a row needs.
        expected: &'static str,
        /// Number of rows in the batches.
        rows: usize,
    },
    /// Two fits claim one series.
    #[error("series `{series}`: expected one fit, found two")]
    TwoFits {
        /// The series.
        series: String,
    },
    /// The figure's width is outside what the layout can do.
    #[error("width is {width_mm} mm, outside 60 to 400 mm")]
    Width {
        /// The width asked for.
        width_mm: f64,
    },
    /// The picture's width is outside what makes sense.
    #[error("width is {width_px} px, outside 100 to 10000 px")]
    Pixels {
        /// The width asked for.
        width_px: u32,
    },
    /// The picture could not be encoded.
    #[error("cannot encode the picture: {reason}")]
    Encode {
        /// Why.
        reason: String,
    },
}

/// A figure, laid out.
#[derive(Debug)]
pub struct Figure {
    pub(crate) scene: Scene,
    pub(crate) caption: Vec<String>,
    pub(crate) left_out: usize,
}

impl Figure {
    /// The figure as SVG, in millimetres, with text as text. Viewers without `DejaVu Sans` use another font.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let Scene { width, height, .. } = self.scene;
        let svg = SvgBackend::new().with_pretty(true).render_scene(&self.scene);
        // kuva gives a size in pixels; the figure's own size is that on paper.
        svg.replacen(
            &format!("width=\"{width}\" height=\"{height}\""),
            &format!(
                "width=\"{}mm\" height=\"{}mm\" viewBox=\"0 0 {width} {height}\"",
                width / UNITS_PER_MM,
                height / UNITS_PER_MM
            ),
            1,
        )
    }

    /// The figure as PNG, `width_px` pixels wide (100 to 10000). 2008 are 600 dpi for one column of 85 mm.
    ///
    /// kuva draws upright text with soft edges and rotated text without, so the title of the vertical axis looks
    /// heavier than the others below about 1200 pixels.
    ///
    /// # Errors
    ///
    /// [`FigureError::Pixels`] for another width; [`FigureError::Encode`] when the picture cannot be encoded.
    pub fn to_png(&self, width_px: u32) -> Result<Vec<u8>, FigureError> {
        if !(100..=10_000).contains(&width_px) {
            return Err(FigureError::Pixels { width_px });
        }
        // kuva rounds the size up, so a scale rounded up in f32 would add a column of pixels.
        let mut scale = (f64::from(width_px) / self.scene.width) as f32;
        while (self.scene.width as f32 * scale).ceil() > width_px as f32 {
            scale = scale.next_down();
        }
        kuva::RasterBackend::new()
            .with_scale(scale)
            .render_scene(&self.scene)
            .map_err(|reason| FigureError::Encode { reason })
    }

    /// Explanations for the reader: the meaning of signs and bands, the rows that are left out and the reasons,
    /// reports that contradict others. Sentences, without a full stop if there is only one.
    #[must_use]
    pub fn caption(&self) -> String {
        self.caption.join(". ")
    }

    /// Number of rows that are not drawn because a number or a label is missing.
    #[must_use]
    pub fn rows_left_out(&self) -> usize {
        self.left_out
    }
}

//! The frame of a figure: header, box, ticks and titles of the axes.

use kuva::render::render::Scene;

use crate::axis::Axis;
use crate::canvas::{Align, Area, Canvas, Ink, Stroke};
use crate::figure::UNITS_PER_MM;
use crate::text::width;
use crate::{Figure, FigureError, FigureOptions};

/// Size of tick labels: 6.5 points.
pub(crate) const TICK_SIZE: f64 = 23.0;
/// Size of axis titles: 7.5 points.
pub(crate) const TITLE_SIZE: f64 = 26.0;
const HEADER_ROW: f64 = 38.0;
const FRAME_LINE: Stroke = Stroke::solid(Ink::BLACK, 2.5);
const MAJOR: f64 = 14.0;
const MINOR: f64 = 8.0;
const GAP: f64 = 10.0;

/// Width of a figure in scene units.
///
/// # Errors
///
/// [`FigureError::Width`].
pub(crate) fn figure_width(options: &FigureOptions) -> Result<f64, FigureError> {
    match options.width_mm {
        width_mm if (60.0..=400.0).contains(&width_mm) => Ok((width_mm * UNITS_PER_MM).round()),
        width_mm => Err(FigureError::Width { width_mm }),
    }
}

/// Height of title and notice.
pub(crate) fn header_height(options: &FigureOptions) -> f64 {
    let rows = usize::from(options.title.is_some()) + usize::from(options.notice.is_some());
    GAP + HEADER_ROW * rows as f64
}

/// Draws title and notice, from the left edge of the axes.
pub(crate) fn draw_header(canvas: &mut Canvas, options: &FigureOptions, left: f64) {
    let mut baseline = HEADER_ROW - 4.0;
    if let Some(title) = &options.title {
        canvas.text((left, baseline), title, TITLE_SIZE, Align::Start, Ink::BLACK);
        baseline += HEADER_ROW;
    }
    if let Some(notice) = &options.notice {
        canvas.text((left, baseline), notice, TITLE_SIZE, Align::Start, Ink::VERMILLION);
    }
}

/// Space left of the axes for the labels of `y` and a title.
pub(crate) fn left_margin(y: &Axis) -> f64 {
    let widest = y.ticks.iter().filter_map(|tick| tick.label.as_deref()).map(|label| width(label, TICK_SIZE));
    TITLE_SIZE + 2.0 * GAP + widest.fold(0.0, f64::max) + GAP
}

/// Space below the axes for labels and a title.
pub(crate) const BOTTOM_MARGIN: f64 = TICK_SIZE + TITLE_SIZE + 4.0 * GAP;

/// Space above the axes for a second axis.
pub(crate) const TOP_AXIS_MARGIN: f64 = TICK_SIZE + TITLE_SIZE + 3.5 * GAP;

/// Axes around an area of the canvas.
pub(crate) struct Frame {
    pub(crate) area: Area,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

impl Frame {
    /// Where a point lies on the canvas.
    pub(crate) fn position(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (
            self.area.left + self.x.fraction(x) * self.area.width(),
            self.area.bottom - self.y.fraction(y) * self.area.height(),
        )
    }

    /// Box, ticks that point inwards, labels and titles. With a second axis `top`, the upper side is its.
    pub(crate) fn draw(&self, canvas: &mut Canvas, x_title: &str, y_title: &str, top: Option<(&Axis, &str)>) {
        let Area { left, top: upper, right, bottom } = self.area;
        for tick in &self.x.ticks {
            let x = self.position((tick.at, self.y.min)).0;
            let length = if tick.label.is_some() { MAJOR } else { MINOR };
            canvas.line((x, bottom), (x, bottom - length), FRAME_LINE);
            if top.is_none() {
                canvas.line((x, upper), (x, upper + length), FRAME_LINE);
            }
            if let Some(label) = &tick.label {
                canvas.text((x, bottom + GAP + 0.85 * TICK_SIZE), label, TICK_SIZE, Align::Middle, Ink::BLACK);
            }
        }
        for tick in &self.y.ticks {
            let y = self.position((self.x.min, tick.at)).1;
            let length = if tick.label.is_some() { MAJOR } else { MINOR };
            canvas.line((left, y), (left + length, y), FRAME_LINE);
            canvas.line((right, y), (right - length, y), FRAME_LINE);
            if let Some(label) = &tick.label {
                canvas.text((left - GAP, y + 0.36 * TICK_SIZE), label, TICK_SIZE, Align::End, Ink::BLACK);
            }
        }
        let center = (left + right) / 2.0;
        if let Some((axis, title)) = top {
            for tick in &axis.ticks {
                let x = left + axis.fraction(tick.at) * self.area.width();
                let length = if tick.label.is_some() { MAJOR } else { MINOR };
                canvas.line((x, upper), (x, upper + length), FRAME_LINE);
                if let Some(label) = &tick.label {
                    canvas.text((x, upper - GAP), label, TICK_SIZE, Align::Middle, Ink::BLACK);
                }
            }
            canvas.text((center, upper - 2.0 * GAP - TICK_SIZE), title, TITLE_SIZE, Align::Middle, Ink::BLACK);
        }
        for (from, to) in [
            ((left, bottom), (right, bottom)),
            ((right, bottom), (right, upper)),
            ((right, upper), (left, upper)),
            ((left, upper), (left, bottom)),
        ] {
            canvas.line(from, to, FRAME_LINE);
        }
        let title_baseline = bottom + 2.0 * GAP + TICK_SIZE + 0.85 * TITLE_SIZE;
        canvas.text((center, title_baseline), x_title, TITLE_SIZE, Align::Middle, Ink::BLACK);
        let middle = (upper + bottom) / 2.0;
        canvas.text_upwards((GAP + 0.8 * TITLE_SIZE, middle), y_title, TITLE_SIZE, Align::Middle, Ink::BLACK);
    }
}

/// The points, with further ones between them, so that a line through them is seen as an obstacle.
pub(crate) fn densified(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut dense = Vec::new();
    for pair in points.windows(2) {
        let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
        let pieces = ((x2 - x1).hypot(y2 - y1) / 10.0).ceil().clamp(1.0, 500.0);
        dense.extend((0..pieces as u32).map(|piece| {
            let share = f64::from(piece) / pieces;
            (x1 + (x2 - x1) * share, y1 + (y2 - y1) * share)
        }));
    }
    dense.extend(points.last());
    dense
}

/// A figure from its parts.
pub(crate) fn finish(canvas: Canvas, caption: Vec<String>, left_out: usize) -> Figure {
    let scene: Scene = canvas.into_scene();
    Figure { scene, caption, left_out }
}

/// The sentence that counts what is not drawn, where there is anything.
pub(crate) fn left_out_sentence(left_out: usize, rows: usize, lacking: &str) -> Option<String> {
    (left_out > 0).then(|| format!("{left_out} of {rows} rows left out: {lacking}"))
}

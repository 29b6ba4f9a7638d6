//! The legend: inside the axes where it covers no data, else above them.

use crate::canvas::{Align, Area, Canvas, Fill, Ink, Stroke, Style};
use crate::text::width;

pub(crate) const TEXT_SIZE: f64 = 23.0;
const ROW: f64 = 33.0;
const SAMPLE: f64 = 46.0;
const PADDING: f64 = 10.0;
/// Steps of the search for a free place, along either side of the axes.
const STEPS: usize = 12;

/// Symbol before the text of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sample {
    Marker(Style, Fill),
    MarkerOnLine(Style, Fill),
    Nothing,
}

/// One line of a legend.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) sample: Sample,
    pub(crate) text: String,
}

impl Entry {
    fn width(&self) -> f64 {
        let sample = if self.sample == Sample::Nothing { 0.0 } else { SAMPLE + 10.0 };
        sample + width(&self.text, TEXT_SIZE)
    }

    fn draw(&self, canvas: &mut Canvas, left: f64, middle: f64, marker_radius: f64) {
        let center = (left + SAMPLE / 2.0, middle);
        let text_left = match self.sample {
            Sample::Nothing => left,
            Sample::Marker(style, fill) => {
                canvas.marker(center, style, fill, marker_radius);
                left + SAMPLE + 10.0
            }
            Sample::MarkerOnLine(style, fill) => {
                canvas.line((left, middle), (left + SAMPLE, middle), Stroke::solid(style.ink, 3.5));
                canvas.marker(center, style, fill, marker_radius);
                left + SAMPLE + 10.0
            }
        };
        canvas.text((text_left, middle + 0.36 * TEXT_SIZE), &self.text, TEXT_SIZE, Align::Start, Ink::BLACK);
    }
}

/// Width and height of the entries below one another.
pub(crate) fn size(entries: &[Entry]) -> (f64, f64) {
    let widest = entries.iter().map(Entry::width).fold(0.0, f64::max);
    (widest + 2.0 * PADDING, ROW * entries.len() as f64 + 2.0 * PADDING)
}

/// A place of that size inside `axes` that holds none of the points, nearest to a corner; `None` if there is none.
pub(crate) fn free_place(axes: Area, (width, height): (f64, f64), points: &[(f64, f64)]) -> Option<Area> {
    const MARGIN: f64 = 20.0;
    let (free_x, free_y) = (axes.width() - width - 2.0 * MARGIN, axes.height() - height - 2.0 * MARGIN);
    if free_x < 0.0 || free_y < 0.0 {
        return None;
    }
    let mut places: Vec<(usize, usize)> = (0..=STEPS).flat_map(|x| (0..=STEPS).map(move |y| (x, y))).collect();
    places.sort_by_key(|&(x, y)| (x.min(STEPS - x) + y.min(STEPS - y), y, STEPS - x));
    places
        .into_iter()
        .map(|(x, y)| {
            let left = axes.left + MARGIN + free_x * x as f64 / STEPS as f64;
            let top = axes.top + MARGIN + free_y * y as f64 / STEPS as f64;
            Area { left, top, right: left + width, bottom: top + height }
        })
        .find(|place| points.iter().all(|&point| !place.grown(14.0).contains(point)))
}

/// Draws the entries below one another.
pub(crate) fn draw(canvas: &mut Canvas, place: Area, entries: &[Entry], marker_radius: f64) {
    for (index, entry) in entries.iter().enumerate() {
        let middle = place.top + PADDING + ROW * (index as f64 + 0.5);
        entry.draw(canvas, place.left + PADDING, middle, marker_radius);
    }
}

/// Height of the entries in as many columns as `available` holds.
pub(crate) fn rows_height(entries: &[Entry], available: f64) -> f64 {
    ROW * entries.len().div_ceil(columns(entries, available)) as f64
}

/// Draws the entries in as many columns as fit, row by row from the top left.
pub(crate) fn draw_rows(
    canvas: &mut Canvas,
    (left, top): (f64, f64),
    available: f64,
    entries: &[Entry],
    marker_radius: f64,
) {
    let columns = columns(entries, available);
    let column = size(entries).0 + PADDING;
    for (index, entry) in entries.iter().enumerate() {
        let middle = top + ROW * ((index / columns) as f64 + 0.5);
        entry.draw(canvas, left + column * (index % columns) as f64, middle, marker_radius);
    }
}

fn columns(entries: &[Entry], available: f64) -> usize {
    let column = size(entries).0 + PADDING;
    ((available / column) as usize).clamp(1, entries.len().max(1))
}

//! The Nyquist plot: −Im(Z) against Re(Z) with equal scales.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;

use crate::axis::{Axis, nice_step};
use crate::canvas::{Align, Area, Canvas, Fill, Ink, Stroke, Style};
use crate::columns::{Column, numbers, optional, text};
use crate::frame::{self, Frame};
use crate::legend::{self, Entry, Sample};
use crate::text::{fitted, frequency, prefix, width};
use crate::{Figure, FigureError, FigureOptions};

/// Text of the legend takes at most this share of the figure's width.
const LEGEND_SHARE: f64 = 0.7;
const MARKER_RADIUS: f64 = 8.0;
const LABEL_SIZE: f64 = 21.0;
/// Larger than any impedance that is measured: a larger number is a mark for a missing one.
const LARGEST_OHM: f64 = 1e15;
/// Smallest span of an axis (Ohm).
const LEAST_SPAN_OHM: f64 = 1e-6;
/// A point counts as a decade's when its frequency is within this factor of a power of ten.
const DECADE_TOLERANCE: f64 = 1.03;

/// Possible positions of a label around its marker, in order of preference: right and down, in label sizes.
const AROUND: [(f64, f64); 16] = [
    (0.0, -1.0),
    (1.0, -0.5),
    (-1.0, -0.5),
    (1.0, 0.0),
    (-1.0, 0.0),
    (1.0, 0.5),
    (0.0, 1.0),
    (0.4, -1.2),
    (-0.4, -1.2),
    (0.4, 1.2),
    (-0.4, 1.2),
    (1.0, 1.0),
    (-1.0, 1.0),
    (0.0, -1.6),
    (0.0, 1.6),
    (-1.2, -1.2),
];

const SERIES: Column = Column { name: "series", holds: "text" };
const FREQUENCY: Column = Column { name: "frequency_hz", holds: "a number in Hz" };
const RE: Column = Column { name: "z_re_ohm", holds: "a number in Ohm" };
const IM: Column = Column { name: "z_im_ohm", holds: "a number in Ohm" };
const FIT_RE: Column = Column { name: "fit_re_ohm", holds: "a number in Ohm" };
const FIT_IM: Column = Column { name: "fit_im_ohm", holds: "a number in Ohm" };

/// Which part of the spectra a Nyquist plot shows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum NyquistView {
    /// The arcs: where a blocking electrode's tail rises above them, it is cut. Everything, where there is no tail.
    #[default]
    Arcs,
    /// Every point.
    All,
    /// Re(Z) from zero to this (Ohm). Everything, where it is not positive and below 10¹⁵.
    UpTo(f64),
}

/// What a user may choose about a Nyquist plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NyquistOptions {
    /// Choices common to all figures.
    pub figure: FigureOptions,
    /// The part shown.
    pub view: NyquistView,
}

/// One frequency of a series.
#[derive(Clone, Copy, Debug)]
struct Point {
    frequency_hz: f64,
    re: f64,
    /// −Im(Z).
    minus_im: f64,
    /// Re and −Im of the fit.
    fit: Option<(f64, f64)>,
}

/// The Nyquist plot: −Im(Z) against Re(Z), both with the same scale.
///
/// One row a frequency: `series` (such as `30 °C`), `frequency_hz`, `z_re_ohm`, `z_im_ohm` (negative for a capacitive
/// response), and optionally `fit_re_ohm` and `fit_im_ohm`, null where nothing was fitted. Data are open markers, fits
/// are lines; markers at powers of ten of the frequency are filled and, where there is room, labelled. The unit is
/// chosen between µΩ and GΩ.
///
/// # Errors
///
/// [`FigureError::MissingColumn`] and [`FigureError::WrongType`] for the columns above; [`FigureError::Empty`] when no
/// row has a series, a positive frequency and an impedance below 10¹⁵ Ohm; [`FigureError::Width`].
pub fn nyquist(batches: &[RecordBatch], options: &NyquistOptions) -> Result<Figure, FigureError> {
    let figure_width = frame::figure_width(&options.figure)?;
    let (order, series, rows, left_out) = read(batches)?;
    let limits = Limits::of(&series, options.view);
    let (unit, letter) = prefix(limits.largest());

    // Both axes have one scale: the longer of the two needs decides it.
    let step = nice_step((limits.re_max - limits.re_min) / unit, 5.0);
    let y = Axis::linear(limits.im_min / unit, limits.im_max / unit, step);
    let left = frame::left_margin(&y);
    let area_width = figure_width - left - 34.0;
    let x = Axis::linear(limits.re_min / unit, limits.re_max / unit, step);
    let area_height = area_width * (y.max - y.min) / (x.max - x.min);
    let top = frame::header_height(&options.figure) + 10.0;
    let mut frame = Frame { area: Area { left, top, right: left + area_width, bottom: top + area_height }, x, y };

    let has_fit = series.values().flatten().any(|point| point.fit.is_some());
    let entries: Vec<Entry> = order
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let style = Style::of(index);
            let has_line = series.get(name).is_some_and(|points| points.iter().any(|point| point.fit.is_some()));
            let sample = match has_line {
                true => Sample::MarkerOnLine(style, Fill::Open),
                false => Sample::Marker(style, Fill::Open),
            };
            Entry { sample, text: fitted(name, legend::TEXT_SIZE, LEGEND_SHARE * figure_width) }
        })
        .collect();
    let legend_size = legend::size(&entries);
    let place = legend::free_place(frame.area, legend_size, &obstacles(&frame, &series, unit));
    if place.is_none() {
        let shift = legend::rows_height(&entries, area_width) + 10.0;
        frame.area.top += shift;
        frame.area.bottom += shift;
    }

    let mut canvas = Canvas::new(figure_width, frame.area.bottom + frame::BOTTOM_MARGIN);
    frame::draw_header(&mut canvas, &options.figure, left);
    let area = frame.area;
    canvas.clipped(area, |canvas| {
        for (index, name) in order.iter().enumerate() {
            let points = series.get(name).map_or(&[][..], Vec::as_slice);
            for point in points {
                let fill = if is_decade(point.frequency_hz) { Fill::Solid } else { Fill::Open };
                let at = frame.position((point.re / unit, point.minus_im / unit));
                if area.grown(2.0 * MARKER_RADIUS).contains(at) {
                    canvas.marker(at, Style::of(index), fill, MARKER_RADIUS);
                }
            }
        }
        for (index, name) in order.iter().enumerate() {
            let points = series.get(name).map_or(&[][..], Vec::as_slice);
            canvas.polyline(&smoothed(&fit_line(&frame, points, unit)), Stroke::solid(Style::of(index).ink, 3.0));
        }
    });
    let mut taken: Vec<Area> = place.into_iter().collect();
    label_decades(&mut canvas, &frame, &series, unit, &mut taken);
    let (x_title, y_title) = (format!("Re(Z) / {letter}Ω"), format!("−Im(Z) / {letter}Ω"));
    frame.draw(&mut canvas, &x_title, &y_title, None);
    match place {
        Some(place) => legend::draw(&mut canvas, place, &entries, MARKER_RADIUS),
        None => {
            let at = (left, frame::header_height(&options.figure));
            legend::draw_rows(&mut canvas, at, area_width, &entries, MARKER_RADIUS);
        }
    }

    let mut caption = Vec::new();
    if series.values().flatten().any(|point| is_decade(point.frequency_hz)) {
        caption.push("Filled markers: powers of ten of the frequency".to_owned());
    }
    caption.extend(has_fit.then(|| "Lines: fits".to_owned()));
    let outside = series.values().flatten().filter(|point| !limits.shows(point)).count();
    if outside > 0 {
        let drawn = series.values().map(Vec::len).sum::<usize>();
        caption.push(format!("{outside} of {drawn} points lie outside the axes"));
    }
    caption.extend(frame::left_out_sentence(left_out, rows, "no series, frequency or impedance"));
    Ok(frame::finish(canvas, caption, left_out))
}

type Series = BTreeMap<String, Vec<Point>>;

/// Names in order of appearance, points by series from high to low frequency, number of rows, rows left out.
fn read(batches: &[RecordBatch]) -> Result<(Vec<String>, Series, usize, usize), FigureError> {
    let names = text(batches, SERIES)?;
    let frequencies = numbers(batches, FREQUENCY)?;
    let (re, im) = (numbers(batches, RE)?, numbers(batches, IM)?);
    let (fit_re, fit_im) = (optional(batches, FIT_RE, numbers)?, optional(batches, FIT_IM, numbers)?);
    let rows = names.len();
    let (mut order, mut series, mut left_out) = (Vec::new(), Series::new(), 0);
    for (row, name) in names.into_iter().enumerate() {
        let (Some(name), Some(frequency_hz), Some(re), Some(im)) = (name, frequencies[row], re[row], im[row]) else {
            left_out += 1;
            continue;
        };
        if frequency_hz <= 0.0 || re.abs().max(im.abs()) > LARGEST_OHM {
            left_out += 1;
            continue;
        }
        if !series.contains_key(&name) {
            order.push(name.clone());
        }
        let fit = fit_re[row].zip(fit_im[row]).map(|(re, im)| (re, -im));
        series.entry(name).or_default().push(Point { frequency_hz, re, minus_im: -im, fit });
    }
    if order.is_empty() {
        return Err(FigureError::Empty { expected: "a series, a positive frequency and an impedance", rows });
    }
    for points in series.values_mut() {
        points.sort_by(|a, b| b.frequency_hz.total_cmp(&a.frequency_hz));
    }
    Ok((order, series, rows, left_out))
}

/// The part of the plane that is shown (Ohm).
#[derive(Clone, Copy, Debug)]
struct Limits {
    re_min: f64,
    re_max: f64,
    im_min: f64,
    im_max: f64,
}

impl Limits {
    /// Height of the axes divided by their width, at least and at most.
    const SHAPE: (f64, f64) = (0.5, 1.0);

    fn of(series: &Series, view: NyquistView) -> Self {
        let most = |value: fn(&Point) -> f64| series.values().flatten().map(value).fold(0.0, f64::max);
        let least = |value: fn(&Point) -> f64| series.values().flatten().map(value).fold(0.0, f64::min);
        let cut = match view {
            NyquistView::UpTo(re_max) => Some(re_max),
            NyquistView::Arcs => {
                series.values().filter_map(|points| arc_end(points)).reduce(f64::max).map(|re| 1.3 * re)
            }
            NyquistView::All => None,
        };
        let (re_max, im_max) = match cut.filter(|re_max| *re_max > 0.0 && *re_max < LARGEST_OHM) {
            Some(re_max) => {
                let seen = series.values().flatten().filter(|point| point.re <= re_max).map(|point| point.minus_im);
                (re_max, seen.fold(0.0, f64::max).min(0.75 * re_max))
            }
            None => (1.06 * most(|point| point.re), 1.06 * most(|point| point.minus_im)),
        };
        let (re_min, im_min) = (1.06 * least(|point| point.re), 1.06 * least(|point| point.minus_im));
        // Noise around zero is no reason for an axis below zero.
        let floor = |min: f64| if min > -0.03 * re_max.max(im_max) { 0.0 } else { min };
        let (re_min, im_min) = (floor(re_min), floor(im_min));
        let (least, most) = Self::SHAPE;
        let re_span = (re_max - re_min).max((im_max - im_min) / most).max(LEAST_SPAN_OHM);
        let im_span = (im_max - im_min).max(re_span * least);
        Self { re_min, re_max: re_min + re_span, im_min, im_max: im_min + im_span }
    }

    /// The largest magnitude on either axis.
    fn largest(&self) -> f64 {
        [self.re_min, self.re_max, self.im_min, self.im_max].into_iter().map(f64::abs).fold(0.0, f64::max)
    }

    fn shows(&self, point: &Point) -> bool {
        (self.re_min..=self.re_max).contains(&point.re) && (self.im_min..=self.im_max).contains(&point.minus_im)
    }
}

/// Re(Z) where an arc ends and a tail begins that rises above it; `None` without such a tail.
///
/// The arc ends where −Im/Re has its deepest minimum between higher values on both sides. Medians of five points hide
/// single outliers; what is nearly real anyway counts as 0.05, so that noise around zero makes no minimum.
fn arc_end(points: &[Point]) -> Option<f64> {
    const LEAST: f64 = 0.05;
    let ratio: Vec<f64> = (0..points.len())
        .map(|index| {
            let window = &points[index.saturating_sub(2)..(index + 3).min(points.len())];
            let mut values: Vec<f64> = window.iter().map(|point| (point.minus_im / point.re).max(LEAST)).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        })
        .collect();
    let highest = |values: &[f64]| values.iter().copied().fold(LEAST, f64::max);
    let depth = |index: usize| highest(&ratio[..=index]).min(highest(&ratio[index..])) / ratio[index];
    let foot = (0..ratio.len()).max_by(|&a, &b| depth(a).total_cmp(&depth(b)).then(b.cmp(&a)))?;
    let top = |points: &[Point]| points.iter().map(|point| point.minus_im).fold(0.0, f64::max);
    (depth(foot) > 1.5 && top(&points[foot..]) > 1.5 * top(&points[..foot])).then(|| points[foot].re)
}

fn is_decade(frequency_hz: f64) -> bool {
    let decade = 10_f64.powf(frequency_hz.log10().round());
    (frequency_hz / decade).max(decade / frequency_hz) < DECADE_TOLERANCE
}

/// Points and fits on the canvas, as far as they lie within the axes.
fn obstacles(frame: &Frame, series: &Series, unit: f64) -> Vec<(f64, f64)> {
    let mut obstacles = Vec::new();
    for points in series.values() {
        obstacles.extend(points.iter().map(|point| frame.position((point.re / unit, point.minus_im / unit))));
        obstacles.extend(frame::densified(&fit_line(frame, points, unit)));
    }
    obstacles.retain(|&at| frame.area.contains(at));
    obstacles
}

/// The fit on the canvas, from high to low frequency. What lies far outside is drawn no farther out than needed to
/// leave the axes in the right direction.
fn fit_line(frame: &Frame, points: &[Point], unit: f64) -> Vec<(f64, f64)> {
    let fits = points.iter().filter_map(|point| point.fit);
    let near = |at: f64| at.clamp(-1e5, 1e5);
    fits.map(|(re, minus_im)| frame.position((re / unit, minus_im / unit))).map(|(x, y)| (near(x), near(y))).collect()
}

/// A smooth line through the points of a fit, which are only known at the measured frequencies: Catmull and Rom's
/// cubic, which goes through every point.
fn smoothed(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    const PIECES: u32 = 6;
    let mut smooth = Vec::with_capacity(points.len() * PIECES as usize);
    for index in 1..points.len() {
        let [before, from, to, after] =
            [index.saturating_sub(2), index - 1, index, (index + 1).min(points.len() - 1)].map(|index| points[index]);
        let cubic = |before: f64, from: f64, to: f64, after: f64, t: f64| {
            from + 0.5
                * t
                * ((to - before)
                    + t * ((2.0 * before - 5.0 * from + 4.0 * to - after) + t * (3.0 * (from - to) + after - before)))
        };
        smooth.extend((0..PIECES).map(|piece| {
            let t = f64::from(piece) / f64::from(PIECES);
            (cubic(before.0, from.0, to.0, after.0, t), cubic(before.1, from.1, to.1, after.1, t))
        }));
    }
    smooth.extend(points.last());
    smooth
}

/// Writes frequencies next to the filled markers where neither data nor other labels are covered. The series with the
/// largest arc is labelled first: it has most room around it.
fn label_decades(canvas: &mut Canvas, frame: &Frame, series: &Series, unit: f64, taken: &mut Vec<Area>) {
    let data = obstacles(frame, series, unit);
    let mut all: Vec<&Vec<Point>> = series.values().collect();
    let spread = |points: &&Vec<Point>| points.iter().map(|point| point.minus_im).fold(f64::INFINITY, f64::min);
    all.sort_by(|a, b| spread(b).total_cmp(&spread(a)));
    let mut labelled = Vec::new();
    for points in all {
        for point in points.iter().filter(|point| is_decade(point.frequency_hz)) {
            let label = frequency(10_f64.powf(point.frequency_hz.log10().round()));
            let (x, y) = frame.position((point.re / unit, point.minus_im / unit));
            if labelled.contains(&label) || !frame.area.contains((x, y)) {
                continue;
            }
            let (wide, high) = (width(&label, LABEL_SIZE), 0.75 * LABEL_SIZE);
            let free = AROUND.into_iter().find_map(|(right, down)| {
                let (center_x, center_y) = (x + right * (wide / 2.0 + 18.0), y + down * (high / 2.0 + 18.0));
                let place = Area {
                    left: center_x - wide / 2.0,
                    top: center_y - high / 2.0,
                    right: center_x + wide / 2.0,
                    bottom: center_y + high / 2.0,
                };
                let inside = frame.area.grown(-18.0);
                let fits = inside.contains((place.left, place.top)) && inside.contains((place.right, place.bottom));
                let clear = data.iter().all(|&at| !place.grown(MARKER_RADIUS + 2.0).contains(at));
                (fits && clear && taken.iter().all(|other| !other.overlaps(place.grown(4.0)))).then_some(place)
            });
            if let Some(place) = free {
                canvas.text((place.left, place.bottom), &label, LABEL_SIZE, Align::Start, Ink::GREY);
                taken.push(place);
                labelled.push(label);
            }
        }
    }
}

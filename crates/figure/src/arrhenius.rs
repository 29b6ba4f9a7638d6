//! The Arrhenius plot: conductivity against inverse temperature, with fitted lines.

use std::collections::BTreeMap;

use aldb_elements::constants::{BOLTZMANN_EV_PER_K, ZERO_CELSIUS_K};
use arrow_array::RecordBatch;

use crate::axis::{Axis, Tick, nice_step};
use crate::canvas::{Align, Area, Canvas, Fill, Ink, Stroke, Style};
use crate::columns::{Column, numbers, optional, text};
use crate::frame::{self, Frame};
use crate::legend::{self, Entry, Sample};
use crate::text::{fitted, fixed, with_uncertainty};
use crate::{Figure, FigureError, FigureOptions};

/// What can be a temperature of a film (°C): 1 mK to 10 000 °C.
const TEMPERATURES_C: std::ops::RangeInclusive<f64> = -273.149..=10_000.0;
const ROOM_TEMPERATURE_C: f64 = 25.0;
/// Text of the legend takes at most this share of the figure's width.
const LEGEND_SHARE: f64 = 0.7;
const MARKER_RADIUS: f64 = 10.0;
/// Pieces of a band's edge.
const BAND_PIECES: u32 = 60;

const SERIES: Column = Column { name: "series", holds: "text" };
const TEMPERATURE: Column = Column { name: "temperature_c", holds: "a number in °C" };
const SIGMA: Column = Column { name: "sigma_s_per_cm", holds: "a number in S/cm" };
const SIGMA_ERR: Column = Column { name: "sigma_err_s_per_cm", holds: "a number in S/cm" };
const EA: Column = Column { name: "ea_ev", holds: "a number in eV" };
const EA_ERR: Column = Column { name: "ea_err_ev", holds: "a number in eV" };
const LN_SIGMA0: Column = Column { name: "ln_sigma0", holds: "a number, the logarithm of S/cm" };
const VAR_LN_SIGMA0: Column = Column { name: "var_ln_sigma0", holds: "a number" };
const VAR_EA: Column = Column { name: "var_ea_ev", holds: "a number in eV²" };
const COV: Column = Column { name: "cov", holds: "a number in eV" };
const LOW: Column = Column { name: "sigma_25c_lo95_s_per_cm", holds: "a number in S/cm" };
const HIGH: Column = Column { name: "sigma_25c_hi95_s_per_cm", holds: "a number in S/cm" };
const QUALITY: Column = Column { name: "quality", holds: "text" };

struct Point {
    /// 1000 K / T.
    inverse: f64,
    sigma: f64,
    sigma_err: Option<f64>,
}

struct Line {
    ea_ev: f64,
    ea_err_ev: Option<f64>,
    ln_sigma0: f64,
    covariance: Option<[f64; 3]>,
    /// Interval of 95 % of σ at 25 °C (S/cm).
    interval: Option<(f64, f64)>,
    /// `suspect`, or another quality that is not good.
    doubt: Option<String>,
}

impl Line {
    /// log₁₀ σ, σ in S/cm, at 1000 K / T.
    fn log_sigma(&self, inverse: f64) -> f64 {
        (self.ln_sigma0 - self.ea_ev * inverse / (1000.0 * BOLTZMANN_EV_PER_K)) / std::f64::consts::LN_10
    }

    /// The part between two places on the horizontal axis whose log₁₀ σ lies between two values; `None` for none.
    fn within(&self, (from, to): (f64, f64), (low, high): (f64, f64)) -> Option<(f64, f64)> {
        let (start, rise) = (self.log_sigma(from), self.log_sigma(to) - self.log_sigma(from));
        let at = |log: f64| from + (to - from) * ((log - start) / rise);
        let (from, to) = match rise {
            0.0 => (from, to),
            _ => (from.max(at(low).min(at(high))), to.min(at(low).max(at(high)))),
        };
        (from < to && (low..=high).contains(&self.log_sigma((from + to) / 2.0))).then_some((from, to))
    }

    /// Standard uncertainty of it; `None` without a covariance.
    fn log_sigma_err(&self, inverse: f64) -> Option<f64> {
        let [var_ln_sigma0, var_ea, cov] = self.covariance?;
        let slope = inverse / (1000.0 * BOLTZMANN_EV_PER_K);
        let variance = var_ln_sigma0 + slope * slope * var_ea - 2.0 * slope * cov;
        Some(variance.max(0.0).sqrt() / std::f64::consts::LN_10)
    }
}

/// The Arrhenius plot: σ on a logarithmic axis against 1000/T, with the temperature in °C above.
///
/// `points` has one row a measurement: `series`, `temperature_c`, `sigma_s_per_cm`, and `sigma_err_s_per_cm`, a
/// standard uncertainty that may be null or missing. `fits` has one row a series: `series`, `ea_ev`, `ea_err_ev`
/// (may be null), `ln_sigma0` for σ = σ₀·exp(−Eₐ/kT) in S/cm, and, for a band, the covariance as `var_ln_sigma0`,
/// `var_ea_ev` and `cov`, which may be null or missing. A line is solid where there are data and dashed beyond, to
/// 25 °C; its band is one standard uncertainty wide to either side. `sigma_25c_lo95_s_per_cm` and `sigma_25c_hi95_s_per_cm`
/// are drawn as a bar at 25 °C, and a `quality` that is not `good` is stated; these three may be null or missing.
///
/// # Errors
///
/// [`FigureError::MissingColumn`] and [`FigureError::WrongType`] for the columns above; [`FigureError::Empty`] when no
/// row of `points` has a series, a temperature between 1 mK and 10 000 °C and a positive conductivity;
/// [`FigureError::TwoFits`] when two rows of `fits` name the same series; [`FigureError::Width`].
pub fn arrhenius(points: &[RecordBatch], fits: &[RecordBatch], options: &FigureOptions) -> Result<Figure, FigureError> {
    let width = frame::figure_width(options)?;
    let (mut order, series, rows, left_out) = read_points(points)?;
    let (lines, fits_left_out) = read_fits(fits)?;
    for name in lines.keys() {
        if !order.contains(name) {
            order.push(name.clone());
        }
    }

    let drawn = || series.values().flatten();
    let room_inverse = (!lines.is_empty()).then(|| inverse(ROOM_TEMPERATURE_C));
    let inverses = drawn().map(|point| point.inverse).chain(room_inverse);
    let (x_min, x_max) = padded(inverses, 0.06);
    let x_min = x_min.max(inverse(2.0 * TEMPERATURES_C.end()));
    let x = Axis::linear(x_min, x_max, nice_step(x_max - x_min, 6.0));
    let (y_min, y_max) = padded(
        drawn().flat_map(|point| [point.sigma.log10(), (point.sigma + point.sigma_err.unwrap_or(0.0)).log10()]).chain(
            lines.values().flat_map(|line| {
                let at = inverse(ROOM_TEMPERATURE_C);
                let err = line.log_sigma_err(at).unwrap_or(0.0).min(1.0);
                let (low, high) = line.interval.map_or((-err, err), |(low, high)| {
                    (low.log10() - line.log_sigma(at), high.log10() - line.log_sigma(at))
                });
                let reach = [low.min(-err).max(-1.0), high.max(err).min(1.0)];
                reach.map(|off| (line.log_sigma(at) + off).clamp(-30.0, 30.0))
            }),
        ),
        0.08,
    );
    let y = Axis::logarithmic(y_min, y_max);

    let text_limit = LEGEND_SHARE * width;
    let entries: Vec<Entry> = order
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let style = Style::of(index);
            match (lines.get(name), series.contains_key(name)) {
                (Some(line), _) => Entry {
                    sample: Sample::MarkerOnLine(style, Fill::Open),
                    text: fitted(&line_label(name, line), legend::TEXT_SIZE, text_limit),
                },
                (None, _) => Entry {
                    sample: Sample::Marker(style, Fill::Open),
                    text: fitted(name, legend::TEXT_SIZE, text_limit),
                },
            }
        })
        .collect();

    let left = frame::left_margin(&y);
    let top = frame::header_height(options) + frame::TOP_AXIS_MARGIN;
    let area = Area { left, top, right: width - 22.0, bottom: top + 0.82 * (width - left) };
    let mut frame = Frame { area, x, y };
    let obstacles = obstacles(&frame, &series, &lines);
    let place = legend::free_place(area, legend::size(&entries), &obstacles);
    if place.is_none() {
        let shift = legend::rows_height(&entries, area.width());
        frame.area = Area { top: area.top + shift, bottom: area.bottom + shift, ..area };
    }

    let mut canvas = Canvas::new(width, frame.area.bottom + frame::BOTTOM_MARGIN);
    frame::draw_header(&mut canvas, options, left);
    if let Some(room_inverse) = room_inverse {
        let room = frame.position((room_inverse, 0.0)).0;
        canvas.line((room, frame.area.top), (room, frame.area.bottom), Stroke::solid(Ink::PALE, 2.5));
        let label_at = (room - 8.0, frame.area.top + 40.0);
        canvas.text(label_at, "25 °C", legend::TEXT_SIZE, Align::End, Ink::GREY);
    }
    let clip = frame.area;
    canvas.clipped(clip, |canvas| {
        for (index, name) in order.iter().enumerate() {
            if let Some(line) = lines.get(name) {
                draw_line(canvas, &frame, line, series.get(name).map_or(&[], Vec::as_slice), Style::of(index));
            }
        }
        for (index, name) in order.iter().enumerate() {
            draw_points(canvas, &frame, series.get(name).map_or(&[], Vec::as_slice), Style::of(index));
        }
    });
    let celsius = celsius_axis(&frame.x);
    frame.draw(&mut canvas, "(1000 / T) / K⁻¹", "σ / S cm⁻¹", Some((&celsius, "temperature / °C")));
    match place {
        Some(place) => legend::draw(&mut canvas, place, &entries, MARKER_RADIUS),
        None => {
            let at = (left, frame::header_height(options));
            legend::draw_rows(&mut canvas, at, area.width(), &entries, MARKER_RADIUS);
        }
    }

    let mut caption = Vec::new();
    if lines.values().any(|line| line.covariance.is_some()) {
        caption.push("Bands show one standard uncertainty of the line".to_owned());
    }
    if lines.values().any(|line| line.interval.is_some()) {
        caption.push("Bars at 25 °C show intervals of 95 %".to_owned());
    }
    caption.extend(frame::left_out_sentence(left_out, rows, "no series, temperature or positive conductivity"));
    caption.extend((fits_left_out > 0).then(|| format!("{fits_left_out} fits without numbers are not drawn")));
    Ok(frame::finish(canvas, caption, left_out))
}

/// 1000 K / T.
fn inverse(temperature_c: f64) -> f64 {
    1000.0 / (temperature_c + ZERO_CELSIUS_K)
}

type Series = BTreeMap<String, Vec<Point>>;

/// Names in order of appearance, points by series, number of rows, number of rows left out.
fn read_points(batches: &[RecordBatch]) -> Result<(Vec<String>, Series, usize, usize), FigureError> {
    let names = text(batches, SERIES)?;
    let temperatures = numbers(batches, TEMPERATURE)?;
    let sigmas = numbers(batches, SIGMA)?;
    let errors = optional(batches, SIGMA_ERR, numbers)?;
    let rows = names.len();
    let (mut order, mut series, mut left_out) = (Vec::new(), Series::new(), 0);
    for (((name, temperature_c), sigma), sigma_err) in names.into_iter().zip(temperatures).zip(sigmas).zip(errors) {
        let (Some(name), Some(temperature_c), Some(sigma)) = (name, temperature_c, sigma) else {
            left_out += 1;
            continue;
        };
        if !TEMPERATURES_C.contains(&temperature_c) || sigma <= 0.0 {
            left_out += 1;
            continue;
        }
        if !series.contains_key(&name) {
            order.push(name.clone());
        }
        let sigma_err = sigma_err.filter(|err| *err > 0.0);
        series.entry(name).or_default().push(Point { inverse: inverse(temperature_c), sigma, sigma_err });
    }
    if order.is_empty() {
        return Err(FigureError::Empty { expected: "a series, a temperature and a positive conductivity", rows });
    }
    Ok((order, series, rows, left_out))
}

fn read_fits(batches: &[RecordBatch]) -> Result<(BTreeMap<String, Line>, usize), FigureError> {
    let names = text(batches, SERIES)?;
    let energies = numbers(batches, EA)?;
    let energy_errors = numbers(batches, EA_ERR)?;
    let prefactors = numbers(batches, LN_SIGMA0)?;
    let variances = [VAR_LN_SIGMA0, VAR_EA, COV].map(|column| optional(batches, column, numbers));
    let [var_ln_sigma0, var_ea, cov] = variances;
    let (var_ln_sigma0, var_ea, cov) = (var_ln_sigma0?, var_ea?, cov?);
    let (lows, highs) = (optional(batches, LOW, numbers)?, optional(batches, HIGH, numbers)?);
    let qualities = optional(batches, QUALITY, text)?;
    let (mut lines, mut left_out) = (BTreeMap::new(), 0);
    for (row, name) in names.into_iter().enumerate() {
        let (Some(series), Some(ea_ev), Some(ln_sigma0)) = (name, energies[row], prefactors[row]) else {
            left_out += 1;
            continue;
        };
        let covariance = match (var_ln_sigma0[row], var_ea[row], cov[row]) {
            (Some(var_ln_sigma0), Some(var_ea), Some(cov)) => Some([var_ln_sigma0, var_ea, cov]),
            _ => None,
        };
        let ea_err_ev = energy_errors[row].filter(|err| *err > 0.0);
        let interval = lows[row].zip(highs[row]).filter(|(low, high)| *low > 0.0 && low < high);
        let doubt = qualities[row].clone().filter(|quality| quality != "good");
        let line = Line { ea_ev, ea_err_ev, ln_sigma0, covariance, interval, doubt };
        if lines.insert(series.clone(), line).is_some() {
            return Err(FigureError::TwoFits { series });
        }
    }
    Ok((lines, left_out))
}

fn line_label(name: &str, line: &Line) -> String {
    let doubt = line.doubt.as_ref().map_or_else(String::new, |doubt| format!(" ({doubt})"));
    format!("{name}: Eₐ = {} eV{doubt}", energy(line))
}

fn energy(line: &Line) -> String {
    match line.ea_err_ev {
        Some(err) => with_uncertainty(line.ea_ev, err),
        None => fixed(line.ea_ev, 2),
    }
}

fn padded(values: impl Iterator<Item = f64>, share: f64) -> (f64, f64) {
    let (min, max) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), value| (min.min(value), max.max(value)));
    let span = (max - min).max(0.1);
    (min - share * span, max + share * span)
}

/// Ticks at round temperatures on the axis of 1000/T, as close as their labels allow.
fn celsius_axis(x: &Axis) -> Axis {
    let celsius = |inverse: f64| 1000.0 / inverse - ZERO_CELSIUS_K;
    let (coldest, hottest) = (celsius(x.max), celsius(x.min));
    let step = [5.0, 10.0, 20.0, 25.0, 50.0, 100.0, 200.0, 500.0]
        .into_iter()
        .find(|step| (hottest - coldest) / step <= 7.0)
        .unwrap_or(1000.0);
    let first = (coldest / step).ceil() as i64;
    let last = (hottest / step).floor() as i64;
    let ticks = (first..=last)
        .map(|index| Tick { at: inverse(index as f64 * step), label: Some(fixed(index as f64 * step, 0)) })
        .collect();
    Axis { min: x.min, max: x.max, ticks }
}

/// Ends of the line: those of the data, and those of the data and 25 °C.
fn ends(frame: &Frame, points: &[Point]) -> ((f64, f64), (f64, f64)) {
    let room = inverse(ROOM_TEMPERATURE_C);
    let data = points
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), point| (min.min(point.inverse), max.max(point.inverse)));
    if points.is_empty() { ((room, room), (frame.x.min, room)) } else { (data, (data.0.min(room), data.1.max(room))) }
}

fn draw_line(canvas: &mut Canvas, frame: &Frame, line: &Line, points: &[Point], style: Style) {
    let (data, whole) = ends(frame, points);
    let at = |inverse: f64| frame.position((inverse, line.log_sigma(inverse)));
    if line.covariance.is_some() {
        let edge = |sign: f64| {
            (0..=BAND_PIECES).map(move |piece| {
                let inverse = whole.0 + (whole.1 - whole.0) * f64::from(piece) / f64::from(BAND_PIECES);
                let err = line.log_sigma_err(inverse).unwrap_or(0.0);
                let edge = line.log_sigma(inverse) + sign * err;
                frame.position((inverse, edge.clamp(frame.y.min - 1.0, frame.y.max + 1.0)))
            })
        };
        let outline: Vec<_> = edge(1.0).chain(edge(-1.0).rev()).collect();
        canvas.band(&outline, style.ink, 0.2);
    }
    if let Some((low, high)) = line.interval {
        let room = inverse(ROOM_TEMPERATURE_C);
        draw_bar(canvas, frame.position((room, low.log10())), frame.position((room, high.log10())), style);
    }
    let seen = (frame.y.min - 0.1, frame.y.max + 0.1);
    if let Some((from, to)) = line.within(data, seen) {
        canvas.line(at(from), at(to), Stroke::solid(style.ink, 4.0));
    }
    for (from, to) in [(whole.0, data.0), (data.1, whole.1)] {
        if let Some((from, to)) = line.within((from, to), seen) {
            canvas.line(at(from), at(to), Stroke { ink: style.ink, width: 4.0, dashes: Some("14,10") });
        }
    }
}

/// A vertical bar with a short line at each end.
fn draw_bar(canvas: &mut Canvas, bottom: (f64, f64), top: (f64, f64), style: Style) {
    let stroke = Stroke::solid(style.ink, 2.5);
    canvas.line(bottom, top, stroke);
    for (x, y) in [bottom, top] {
        canvas.line((x - 7.0, y), (x + 7.0, y), stroke);
    }
}

fn draw_points(canvas: &mut Canvas, frame: &Frame, points: &[Point], style: Style) {
    for point in points {
        if let Some(err) = point.sigma_err {
            let low = if err < point.sigma { (point.sigma - err).log10() } else { frame.y.min };
            let top = frame.position((point.inverse, (point.sigma + err).log10()));
            draw_bar(canvas, frame.position((point.inverse, low)), top, style);
        }
    }
    for point in points {
        canvas.marker(frame.position((point.inverse, point.sigma.log10())), style, Fill::Open, MARKER_RADIUS);
    }
}

fn obstacles(frame: &Frame, series: &Series, lines: &BTreeMap<String, Line>) -> Vec<(f64, f64)> {
    let mut obstacles: Vec<(f64, f64)> = Vec::new();
    for (name, line) in lines {
        let points = series.get(name).map_or(&[][..], Vec::as_slice);
        let (_, whole) = ends(frame, points);
        let ends: Vec<_> =
            [whole.0, whole.1].map(|inverse| frame.position((inverse, line.log_sigma(inverse)))).to_vec();
        obstacles.extend(frame::densified(&ends));
    }
    for point in series.values().flatten() {
        let err = point.sigma_err.unwrap_or(0.0);
        let (x, y) = frame.position((point.inverse, point.sigma.log10()));
        let top = frame.position((point.inverse, (point.sigma + err).log10())).1;
        let bottom = frame.position((point.inverse, (point.sigma - err).max(point.sigma / 10.0).log10())).1;
        obstacles.extend([(x, y), (x, top), (x, bottom)]);
    }
    if !lines.is_empty() {
        let room = frame.position((inverse(ROOM_TEMPERATURE_C), 0.0)).0;
        obstacles.extend([20.0, 35.0, 50.0].map(|below| (room - 40.0, frame.area.top + below)));
    }
    obstacles
}

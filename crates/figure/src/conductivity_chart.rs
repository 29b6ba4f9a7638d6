//! The conductivity chart: reports and own films in order, as dots with ranges on a logarithmic axis.

use arrow_array::RecordBatch;

use crate::axis::Axis;
use crate::canvas::{Align, Area, Canvas, Fill, Ink, Shape, Stroke, Style};
use crate::columns::{Column, flags, numbers, optional, text};
use crate::formula::subscripted;
use crate::frame::{self, Frame};
use crate::legend::{self, Entry, Sample};
use crate::text::{fitted, fixed, width};
use crate::{Figure, FigureError, FigureOptions};

const MARKER_RADIUS: f64 = 11.0;
const LABEL_SIZE: f64 = 23.0;
const SOURCE_SIZE: f64 = 20.0;
const ROW: f64 = 62.0;
/// Labels take at most this share of the figure's width.
const LABEL_SHARE: f64 = 0.5;

const LITERATURE: Style = Style { ink: Ink::BLUE, shape: Shape::Circle };
const OWN: Style = Style { ink: Ink::VERMILLION, shape: Shape::Diamond };

const LABEL: Column = Column { name: "label", holds: "text" };
const FIRST_AUTHOR: Column = Column { name: "first_author", holds: "text" };
const YEAR: Column = Column { name: "year", holds: "a number" };
const SIGMA: Column = Column { name: "sigma_s_per_cm", holds: "a number in S/cm" };
const SIGMA_LOW: Column = Column { name: "sigma_low_s_per_cm", holds: "a number in S/cm" };
const SIGMA_HIGH: Column = Column { name: "sigma_high_s_per_cm", holds: "a number in S/cm" };
const SIGMA_ERR: Column = Column { name: "sigma_err_s_per_cm", holds: "a number in S/cm" };
const TEMPERATURE: Column = Column { name: "temperature_c", holds: "a number in °C" };
const TEMPERATURE_NOTE: Column = Column { name: "temperature_note", holds: "text" };
const IS_OWN: Column = Column { name: "is_own", holds: "true or false" };
const CONFLICT: Column = Column { name: "conflict", holds: "text" };

struct Report {
    label: String,
    source: String,
    sigma: f64,
    range: Option<(f64, f64)>,
    temperature: Temperature,
    own: bool,
    conflict: Option<String>,
}

/// At which temperature a value was reported.
enum Temperature {
    /// 25 °C.
    Standard,
    /// Room temperature, without a number.
    Room,
    /// Another, or none; with what to write in the row.
    Other(String),
}

impl Temperature {
    fn of(celsius: Option<f64>, note: Option<&str>) -> Self {
        let note = note.map(str::trim).filter(|note| !note.is_empty());
        match (celsius, note) {
            (Some(celsius), _) if (celsius - 25.0).abs() <= 0.5 => Self::Standard,
            (Some(celsius), _) => Self::Other(format!("{} °C", fixed(celsius, 0))),
            (None, Some(note)) if note.eq_ignore_ascii_case("rt") || note.to_lowercase().contains("room") => Self::Room,
            (None, Some(note)) if !note.starts_with("not stated") => Self::Other(note.to_owned()),
            (None, _) => Self::Other("temperature not stated".to_owned()),
        }
    }

    fn fill(&self) -> Fill {
        if matches!(self, Self::Other(_)) { Fill::Open } else { Fill::Solid }
    }
}

/// The conductivity chart: one row a report, ordered by σ, on a logarithmic axis.
///
/// Columns: `label`, `sigma_s_per_cm`, `is_own`; and, each of which may be null or missing, `first_author`, `year`,
/// the range `sigma_low_s_per_cm` and `sigma_high_s_per_cm`, else `sigma_err_s_per_cm` (a standard uncertainty),
/// `temperature_c`, `temperature_note` (as the source prints it) and `conflict` (what contradicts the value).
///
/// A value reported at another temperature than 25 °C, or at none, has an open marker and its temperature in the
/// row's label; `room temperature` counts as 25 °C and is written too. Reports with a conflict carry a dagger, and
/// [`Figure::caption`] names the contradiction.
///
/// # Errors
///
/// [`FigureError::MissingColumn`] and [`FigureError::WrongType`] for the columns above; [`FigureError::Empty`] when no
/// row has a label and a positive conductivity; [`FigureError::Width`].
pub fn conductivity_chart(batches: &[RecordBatch], options: &FigureOptions) -> Result<Figure, FigureError> {
    let figure_width = frame::figure_width(options)?;
    let (reports, rows, left_out) = read(batches)?;

    let limit = LABEL_SHARE * figure_width;
    let lines: Vec<(String, String)> =
        reports.iter().map(|report| (label_line(report), fitted(&source_line(report), SOURCE_SIZE, limit))).collect();
    let lines: Vec<(String, String)> =
        lines.into_iter().map(|(label, source)| (fitted(&label, LABEL_SIZE, limit), source)).collect();
    let widest = lines
        .iter()
        .map(|(label, source)| width(label, LABEL_SIZE).max(width(source, SOURCE_SIZE)))
        .fold(0.0, f64::max);

    let extent = reports.iter().flat_map(|report| {
        let (low, high) = report.range.unwrap_or((report.sigma, report.sigma));
        [report.sigma, low, high]
    });
    let logs: Vec<f64> = extent.filter(|sigma| *sigma > 0.0).map(f64::log10).collect();
    let min = logs.iter().copied().fold(f64::INFINITY, f64::min);
    let max = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let x = Axis::logarithmic(min - 0.35, max + 0.35);

    let entries = entries(&reports);
    let left = 14.0 + widest + 16.0;
    let top = frame::header_height(options) + 10.0;
    let area = Area { left, top, right: figure_width - 30.0, bottom: top + ROW * reports.len() as f64 + 20.0 };
    let frame = Frame { area, x, y: Axis { min: 0.0, max: 1.0, ticks: Vec::new() } };
    let legend_height = legend::rows_height(&entries, figure_width - 30.0);
    let mut canvas = Canvas::new(figure_width, area.bottom + frame::BOTTOM_MARGIN + legend_height + 16.0);
    frame::draw_header(&mut canvas, options, 14.0);

    for tick in frame.x.ticks.iter().filter(|tick| tick.label.is_some()) {
        let at = frame.position((tick.at, 0.0)).0;
        canvas.line((at, area.top), (at, area.bottom), Stroke::solid(Ink::PALE, 2.0));
    }
    for (index, (report, (label, source))) in reports.iter().zip(&lines).enumerate() {
        let middle = area.top + 10.0 + ROW * (index as f64 + 0.5);
        let ink = if report.own { OWN.ink } else { Ink::BLACK };
        let label_baseline = if source.is_empty() { middle + 0.36 * LABEL_SIZE } else { middle - 3.0 };
        canvas.text((left - 16.0, label_baseline), label, LABEL_SIZE, Align::End, ink);
        canvas.text((left - 16.0, middle + 21.0), source, SOURCE_SIZE, Align::End, Ink::GREY);
        draw_report(&mut canvas, &frame, report, middle);
    }
    frame.draw(&mut canvas, "σ / S cm⁻¹", "", None);
    let legend_at = (14.0, area.bottom + frame::BOTTOM_MARGIN + 4.0);
    legend::draw_rows(&mut canvas, legend_at, figure_width - 30.0, &entries, MARKER_RADIUS);

    let mut caption: Vec<String> = reports
        .iter()
        .filter_map(|report| {
            let conflict = report.conflict.as_ref()?;
            Some(format!("† {}{}: {conflict}", report.label, comma(&report.source)))
        })
        .collect();
    caption.extend(frame::left_out_sentence(left_out, rows, "no label or positive conductivity"));
    Ok(frame::finish(canvas, caption, left_out))
}

/// Reports by falling σ, then label; number of rows; rows left out.
fn read(batches: &[RecordBatch]) -> Result<(Vec<Report>, usize, usize), FigureError> {
    let labels = text(batches, LABEL)?;
    let sigmas = numbers(batches, SIGMA)?;
    let own = flags(batches, IS_OWN)?;
    let authors = optional(batches, FIRST_AUTHOR, text)?;
    let years = optional(batches, YEAR, numbers)?;
    let lows = optional(batches, SIGMA_LOW, numbers)?;
    let highs = optional(batches, SIGMA_HIGH, numbers)?;
    let errors = optional(batches, SIGMA_ERR, numbers)?;
    let temperatures = optional(batches, TEMPERATURE, numbers)?;
    let notes = optional(batches, TEMPERATURE_NOTE, text)?;
    let conflicts = optional(batches, CONFLICT, text)?;
    let rows = labels.len();
    let (mut reports, mut left_out) = (Vec::new(), 0);
    for (row, label) in labels.into_iter().enumerate() {
        let (Some(label), Some(sigma)) = (label, sigmas[row].filter(|sigma| *sigma > 0.0)) else {
            left_out += 1;
            continue;
        };
        let range = match (lows[row], highs[row], errors[row]) {
            (None, None, None) => None,
            (None, None, Some(err)) => Some((sigma - err.abs(), sigma + err.abs())),
            (low, high, _) => Some((low.unwrap_or(sigma).min(sigma), high.unwrap_or(sigma).max(sigma))),
        };
        let author = authors[row].clone().unwrap_or_default();
        let year = years[row].map(|year| fixed(year, 0)).unwrap_or_default();
        reports.push(Report {
            label,
            source: format!("{author} {year}").trim().to_owned(),
            sigma,
            range,
            temperature: Temperature::of(temperatures[row], notes[row].as_deref()),
            own: own[row],
            conflict: conflicts[row].clone().filter(|conflict| !conflict.trim().is_empty()),
        });
    }
    if reports.is_empty() {
        return Err(FigureError::Empty { expected: "a label and a positive conductivity", rows });
    }
    reports.sort_by(|a, b| b.sigma.total_cmp(&a.sigma).then_with(|| a.label.cmp(&b.label)));
    Ok((reports, rows, left_out))
}

fn label_line(report: &Report) -> String {
    let dagger = if report.conflict.is_some() { " †" } else { "" };
    format!("{}{dagger}", subscripted(&report.label))
}

fn source_line(report: &Report) -> String {
    match &report.temperature {
        Temperature::Standard => report.source.clone(),
        Temperature::Room => join(&report.source, "room temperature"),
        Temperature::Other(note) => join(&report.source, note),
    }
}

fn join(source: &str, note: &str) -> String {
    if source.is_empty() { note.to_owned() } else { format!("{source}, {note}") }
}

fn comma(source: &str) -> String {
    if source.is_empty() { String::new() } else { format!(", {source}") }
}

fn draw_report(canvas: &mut Canvas, frame: &Frame, report: &Report, middle: f64) {
    let style = if report.own { OWN } else { LITERATURE };
    let at = |sigma: f64| frame.position((sigma.log10(), 0.0)).0.clamp(frame.area.left, frame.area.right);
    if let Some((low, high)) = report.range {
        // A range that reaches zero ends at the axes' edge.
        let left = if low > 0.0 { at(low) } else { frame.area.left };
        let stroke = Stroke::solid(style.ink, 4.0);
        canvas.line((left, middle), (at(high), middle), stroke);
        for end in [left, at(high)] {
            canvas.line((end, middle - 9.0), (end, middle + 9.0), stroke);
        }
    }
    canvas.marker((at(report.sigma), middle), style, report.temperature.fill(), MARKER_RADIUS);
}

fn entries(reports: &[Report]) -> Vec<Entry> {
    let some = |test: fn(&Report) -> bool| reports.iter().any(test);
    let open = |report: &Report| report.temperature.fill() == Fill::Open;
    [
        (some(|report| report.own), Sample::Marker(OWN, Fill::Solid), "own films"),
        (some(|report| !report.own), Sample::Marker(LITERATURE, Fill::Solid), "literature"),
        (some(open), Sample::Marker(Style { ink: Ink::GREY, shape: Shape::Circle }, Fill::Open), "open: not at 25 °C"),
        (some(|report| !report.own && report.conflict.is_some()), Sample::Nothing, "† contradictory report"),
        (some(|report| report.own && report.conflict.is_some()), Sample::Nothing, "† doubtful result"),
    ]
    .into_iter()
    .filter(|(present, ..)| *present)
    .map(|(_, sample, text)| Entry { sample, text: text.to_owned() })
    .collect()
}

//! Reads powder patterns in crystallographic information files (`.cif`).
//!
//! Each data block (`data_NAME`) whose loop has measured intensities (`_pd_meas_counts_total`,
//! `_pd_meas_intensity_total`, or their net values) is a measurement. Its angles are a column of that loop, or follow from
//! `_pd_meas_2theta_range_min`, `_max` and `_inc`. Where a file also gives corrected angles (`_pd_proc_2theta_corrected`,
//! `_pd_proc_2theta_range_*`) these are taken, as programs do, and the measured ones kept in
//! `measured_two_theta_deg`. A standard uncertainty in brackets, `5540(160)`, becomes a column of its own.
//!
//! Source: CIF 1.1 syntax and the powder dictionary (cif_pd), International Union of Crystallography.
//!
//! Not supported: patterns over time of flight, and files with crystal structures alone: these are refused by name.

mod tokens;

use std::collections::BTreeMap;
use std::iter::Peekable;

use aldb_elements::constants::ZERO_CELSIUS_K;

use super::rows::number;
use super::scan::{Lines, Scan, stepped};
use crate::column::column_name;
use crate::local_time::zoned;
use crate::manifest::embedded;
use crate::repetition::check_columns;
use crate::text::{decode, excerpt};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading};
use tokens::{Token, Tokens};

/// The columns that hold what was measured, the best first, and whether they count events.
const MEASURED: [(&str, bool); 4] = [
    ("_pd_meas_counts_total", true),
    ("_pd_meas_intensity_total", false),
    ("_pd_meas_counts_net", false),
    ("_pd_meas_intensity_net", false),
];

/// Relative distance of the lines of a doublet.
const CLOSE: f64 = 0.01;

/// Reads powder patterns in `.cif`.
#[derive(Debug)]
pub(crate) struct PowderCif;

impl Adapter for PowderCif {
    fn manifest(&self) -> &Manifest {
        embedded("powder_cif")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let text = probe.text();
        let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
        if text.starts_with("#\\#CIF_") {
            return Match::Certain;
        }
        // Comments alone may fill the start; those that the Crystallography Open Database writes identify it.
        let has_database =
            text.starts_with("#---") && text.lines().nth(1).is_some_and(|line| line.starts_with("#$Date"));
        let has_block = lines.by_ref().any(|line| line.len() > 5 && line.to_ascii_lowercase().starts_with("data_"));
        let has_item = lines.any(|line| line == "loop_" || is_item(line));
        if has_database || (has_block && has_item) { Match::Likely } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let decoded = decode(file);
        let blocks = blocks(&decoded.text)?;
        let mut reading = Reading::default();
        let mut left_out = Vec::new();
        for block in &blocks {
            if let Some(words) = pattern(block, &mut reading) {
                left_out.push(format!("data block `{}`: {words}", excerpt(block.name, 40)));
            }
        }
        if reading.measurements.is_empty() {
            return Err(ReadError::NotSupported {
                place: Place::Line(1),
                recognised: match left_out.first() {
                    Some(words) => {
                        format!(
                            "a crystallographic information file (.cif) whose pattern cannot be identified ({words})"
                        )
                    }
                    None => "a crystallographic information file (.cif) without a measured powder pattern".to_owned(),
                },
                advice: "ask for the diffractometer's own file".to_owned(),
            });
        }
        left_out.iter().take(5).for_each(|words| reading.leave_out(format!("left out: {words}")));
        Ok(reading)
    }
}

/// Whether a line starts with a data name such as `_cell_length_a`.
fn is_item(line: &str) -> bool {
    let mut rest = line.strip_prefix('_').unwrap_or_default().chars();
    rest.next().is_some_and(|c| c.is_ascii_alphabetic()) && rest.any(|c| c == '_' || c == '.')
}

/// A data block: its single items, and its loop of measured intensities.
#[derive(Default)]
struct Block<'t> {
    name: &'t str,
    items: BTreeMap<String, &'t str>,
    measured: Option<Loop<'t>>,
    /// Of a loop of wavelengths, and their weights.
    wavelengths: Vec<&'t str>,
    weights: Vec<&'t str>,
}

struct Loop<'t> {
    names: Vec<String>,
    /// From the first value on: the words are split again rather than kept in memory beside the file.
    words: Words<'t>,
    /// Number of values.
    count: usize,
}

type Words<'t> = Peekable<Tokens<'t>>;

fn blocks(text: &str) -> Result<Vec<Block<'_>>, ReadError> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut tokens = Tokens::new(text).peekable();
    while let Some(token) = tokens.next() {
        match token {
            Token::Block(name) => blocks.push(Block { name, ..Block::default() }),
            Token::Name(name) => {
                let Some(Token::Value(value, _)) = tokens.peek().copied() else { continue };
                tokens.next();
                // There may be any number of items about the crystal structure, which are not read.
                if let Some(block) = blocks.last_mut().filter(|_| is_powder_item(name)) {
                    block.items.insert(name.to_ascii_lowercase(), value);
                }
            }
            Token::Loop(line) => {
                let mut names = Vec::new();
                while let Some(Token::Name(name)) = tokens.peek().copied() {
                    tokens.next();
                    names.push(name.to_ascii_lowercase());
                    check_columns(names.len(), Place::Line(line))?;
                }
                let is_measured = names.iter().any(|name| MEASURED.iter().any(|(measured, _)| measured == name));
                let words = tokens.clone();
                let mut count = 0;
                let wavelength = names.iter().position(|name| name == "_diffrn_radiation_wavelength");
                let weight = names.iter().position(|name| name == "_diffrn_radiation_wavelength_wt");
                while let Some(Token::Value(value, _)) = tokens.peek().copied() {
                    tokens.next();
                    let place = Some(count % names.len().max(1));
                    if let Some(block) = blocks.last_mut().filter(|_| place == wavelength || place == weight) {
                        if place == wavelength { &mut block.wavelengths } else { &mut block.weights }.push(value);
                    }
                    count += 1;
                }
                if let Some(block) = blocks.last_mut().filter(|block| is_measured && block.measured.is_none()) {
                    block.measured = Some(Loop { names, words, count });
                }
            }
            Token::Value(..) => {}
        }
    }
    Ok(blocks)
}

fn is_powder_item(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("_pd_") || name.starts_with("_diffrn_")
}

/// Adds a block's pattern to the reading; returns why it has none that can be identified.
fn pattern(block: &Block<'_>, reading: &mut Reading) -> Option<String> {
    let measured = block.measured.as_ref()?;
    let place = |name: &str| measured.names.iter().position(|other| other == name);
    let (header, counted, intensity) =
        MEASURED.iter().find_map(|(name, counted)| Some((*name, *counted, place(name)?)))?;
    let item = |name: &str| block.items.get(name).copied().filter(|value| !["?", ".", ""].contains(&value.trim()));
    let item_number = |name: &str| item(name).and_then(|value| with_uncertainty(value).map(|(value, _)| value));
    let width = measured.names.len();
    let mut scan = Scan::default();
    if measured.count % width != 0 {
        scan.incomplete(&format!("the loop's last row has {} of {width} values", measured.count % width));
    }
    let count = measured.count / width;
    let range = |kind: &str| {
        let bound = |end: &str| item_number(&format!("_pd_{kind}_2theta_range_{end}"));
        even(bound("min"), bound("max"), bound("inc"), count)
    };
    let angle_places = ["_pd_proc_2theta_corrected", "_pd_meas_2theta_corrected", "_pd_meas_2theta_scan"].map(place);
    let corrected = angle_places[0].or(angle_places[1]);
    let even_angles = (range("proc"), range("meas"));
    // Where the columns have no angles, they are even. A range that contradicts its own points is ignored.
    let has_column = corrected.or(angle_places[2]).is_some();
    if !has_column && even_angles.0.is_none() && even_angles.1.is_none() {
        let words = format!("{count} intensities, but no column of 2theta and no range of 2theta that fits them");
        return Some(words);
    }
    let mut columns: Vec<Vec<f64>> = vec![Vec::with_capacity(count); width];
    let mut uncertainties: Vec<Vec<f64>> = vec![Vec::new(); width];
    let block_number = reading.measurements.len();
    let needed: Vec<usize> = [Some(intensity), corrected.or(angle_places[2])].into_iter().flatten().collect();
    let mut kept = Vec::with_capacity(count);
    let mut words = measured.words.clone();
    let mut cells: Vec<(&str, u64)> = Vec::with_capacity(width);
    for row in 0..count {
        cells.clear();
        cells.extend(words.by_ref().take(width).map(|word| match word {
            Token::Value(value, line) => (value, line),
            _ => ("", 0),
        }));
        let wrong =
            needed.iter().find(|place| cells.get(**place).is_none_or(|(cell, _)| with_uncertainty(cell).is_none()));
        if let Some(wrong) = wrong {
            let (cell, line) = cells.get(*wrong).copied().unwrap_or_default();
            {
                let error = ReadError::NotANumber {
                    place: Place::Line(line),
                    column: measured.names.get(*wrong).cloned().unwrap_or_default(),
                    unit: String::new(),
                    found: excerpt(cell, 40),
                };
                reading.rejected.push(block_number, error);
            }
            continue;
        }
        kept.push(row);
        for ((cell, _), (column, uncertainty)) in cells.iter().zip(columns.iter_mut().zip(&mut uncertainties)) {
            let (value, sigma) = with_uncertainty(cell).unwrap_or((f64::NAN, None));
            column.push(value);
            if let Some(sigma) = sigma {
                uncertainty.resize(column.len() - 1, f64::NAN);
                uncertainty.push(sigma);
            }
        }
    }
    let pick = |angles: Vec<f64>| kept.iter().filter_map(|row| angles.get(*row).copied()).collect::<Vec<f64>>();
    let mut take = |place: usize| columns.get_mut(place).map(std::mem::take).unwrap_or_default();
    match (corrected, angle_places[2], even_angles) {
        (Some(place), scanned, (_, measured_range)) => {
            scan.column("scan_angle_deg", Some("deg"), &measured.names[place], take(place));
            scan.text("angles", &format!("corrected, `{}`", measured.names[place]));
            if let Some(place) = scanned {
                scan.column("measured_two_theta_deg", Some("deg"), "_pd_meas_2theta_scan", take(place));
            } else if let Some(angles) = measured_range {
                scan.column("measured_two_theta_deg", Some("deg"), "_pd_meas_2theta_range_min", pick(angles));
            }
        }
        (None, Some(place), _) => scan.column("scan_angle_deg", Some("deg"), "_pd_meas_2theta_scan", take(place)),
        (None, None, (Some(angles), measured_range)) => {
            scan.column("scan_angle_deg", Some("deg"), "_pd_proc_2theta_range_min", pick(angles));
            scan.text("angles", "corrected, `_pd_proc_2theta_range_min` to `_max`");
            if let Some(angles) = measured_range {
                scan.column("measured_two_theta_deg", Some("deg"), "_pd_meas_2theta_range_min", pick(angles));
            }
        }
        (None, None, (None, Some(angles))) => {
            scan.column("scan_angle_deg", Some("deg"), "_pd_meas_2theta_range_min", pick(angles));
        }
        (None, None, (None, None)) => {}
    }
    scan.column("intensity", Some("1"), header, take(intensity));
    for (place, name) in measured.names.iter().enumerate() {
        let values = take(place);
        let name = name.trim_start_matches('_');
        // Columns without a single number are placeholders.
        if values.iter().any(|value| value.is_finite()) {
            scan.column(&column_name(name), None, name, values);
        }
        if let Some(uncertainty) = uncertainties.get_mut(place).filter(|uncertainty| !uncertainty.is_empty()) {
            uncertainty.resize(kept.len(), f64::NAN);
            let (name, unit) = if place == intensity {
                ("intensity_standard_uncertainty".to_owned(), Some("1"))
            } else {
                (format!("{}_standard_uncertainty", column_name(name)), None)
            };
            scan.column(&name, unit, measured.names[place].as_str(), std::mem::take(uncertainty));
        }
    }
    scan.axis(Some("2theta"));
    scan.text("intensity_unit", if counted { "counts" } else { crate::NOT_STATED });
    circumstances(&mut scan, block.name, &item, &item_number);
    doublet(&mut scan, block);
    reading.measurements.push(scan.measurement(block_number));
    None
}

/// The wavelengths of a loop: one is the used one, two close to each other are a doublet.
fn doublet(scan: &mut Scan, block: &Block<'_>) {
    let numbers = |words: &[&str]| -> Vec<Option<f64>> {
        words.iter().map(|word| with_uncertainty(word).map(|(value, _)| value)).collect()
    };
    let (wavelengths, weights) = (numbers(&block.wavelengths), numbers(&block.weights));
    match wavelengths[..] {
        [Some(used)] => scan.positive("wavelength_angstrom", used),
        [Some(first), Some(second)] if (first / second - 1.0).abs() < CLOSE => {
            let ratio = match weights[..] {
                [Some(a), Some(b)] if a > 0.0 && b >= 0.0 => Some(if first < second { b / a } else { a / b }),
                _ => None,
            };
            let ratio = ratio.filter(|ratio| ratio.is_finite());
            let (alpha_1, alpha_2) = (Some(first.min(second)), Some(first.max(second)));
            scan.wavelengths(&Lines { alpha_1, alpha_2, ratio, ..Lines::default() });
        }
        _ => {}
    }
}

fn circumstances<'t>(
    scan: &mut Scan,
    name: &str,
    item: &impl Fn(&str) -> Option<&'t str>,
    number_of: &impl Fn(&str) -> Option<f64>,
) {
    scan.text("title", name);
    for (name, tag) in [
        ("instrument", "_diffrn_measurement_device_type"),
        ("scan_type", "_pd_meas_scan_method"),
        ("radiation", "_diffrn_radiation_type"),
        ("radiation_probe", "_diffrn_radiation_probe"),
        ("anode", "_diffrn_source_target"),
        ("sample", "_pd_spec_description"),
    ] {
        scan.text(name, item(tag).unwrap_or_default());
    }
    scan.positive("wavelength_angstrom", number_of("_diffrn_radiation_wavelength"));
    scan.number("temperature_c", number_of("_diffrn_ambient_temperature").map(|kelvin| kelvin - ZERO_CELSIUS_K));
    scan.positive("counting_time_s", number_of("_pd_meas_step_count_time"));
    scan.number("step_deg", number_of("_pd_meas_2theta_range_inc"));
    if let Some(started) = item("_pd_meas_datetime_initiated") {
        let with_seconds = started.split('T').nth(1).is_some();
        if let Some((started, zone)) = with_seconds.then(|| zoned(started)).flatten() {
            scan.text("started_at", &started);
            scan.text("started_at_offset", zone.as_deref().unwrap_or_default());
        }
    }
    let probe = item("_diffrn_radiation_probe").or(item("_diffrn_radiation_type")).unwrap_or_default().to_lowercase();
    if probe.contains("neutron") || probe.contains("electron") {
        scan.warnings.push(format!("the radiation is `{}`, not X-rays", excerpt(&probe, 40)));
    }
}

/// Even angles, where a stated range has as many as there are points; within one, because of how programs round.
#[expect(clippy::float_cmp, reason = "both are whole: one is rounded, the other a count")]
fn even(min: Option<f64>, max: Option<f64>, step: Option<f64>, count: usize) -> Option<Vec<f64>> {
    let (min, step) = (min?, step.filter(|step| *step != 0.0)?);
    let announced = ((max? - min) / step).round() + 1.0;
    (announced == count as f64).then(|| stepped(min, step, count))
}

/// A number and the standard uncertainty in brackets after it, which counts in its last digits.
fn with_uncertainty(cell: &str) -> Option<(f64, Option<f64>)> {
    let Some((value, rest)) = cell.split_once('(') else {
        return number(cell).filter(|_| !cell.trim().is_empty()).map(|value| (value, None));
    };
    let sigma: f64 = rest.strip_suffix(')')?.parse().ok()?;
    let (mantissa, exponent) = value
        .split_once(['e', 'E'])
        .map_or((value, 0), |(mantissa, exponent)| (mantissa, exponent.parse::<i32>().unwrap_or(0)));
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| i32::try_from(decimals.len()).unwrap_or(0));
    let scale = exponent.saturating_sub(decimals);
    // Dividing keeps 0.0012(3) at 0.0003.
    let sigma = if scale < 0 { sigma / 10_f64.powi(scale.saturating_neg()) } else { sigma * 10_f64.powi(scale) };
    Some((number(value)?, Some(sigma)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn read(text: &str) -> Reading {
        PowderCif.read(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_loop_of_angles_and_counts_is_a_pattern() {
        let reading = read(
            "data_film\n_diffrn_radiation_wavelength 1.5406\nloop_\n_pd_meas_2theta_scan\n_pd_meas_counts_total\n\
             10.0 7\n10.5 .\n11.0 9\ndata_other\nloop_ _a_b 1 2\n",
        );
        let scan = &reading.measurements[0];
        assert_eq!(scan.numbers("scan_angle_deg"), Some(&[10.0, 11.0][..]));
        assert_eq!(scan.numbers("intensity"), Some(&[7.0, 9.0][..]));
        assert_eq!(scan.metadata["intensity_unit"], Value::Text("counts".to_owned()));
        assert_eq!(
            reading.rejected[0].error.to_string(),
            "line 7: expected a number for `_pd_meas_counts_total`, found `.`"
        );
    }

    #[test]
    fn a_loop_of_two_wavelengths_is_the_doublet() {
        let points = "loop_\n_pd_meas_2theta_scan\n_pd_meas_counts_total\n10.0 7\n10.5 8\n";
        let wavelengths =
            "loop_\n_diffrn_radiation_wavelength\n_diffrn_radiation_wavelength_wt\n1.540598 1.0\n1.544426 0.5\n";
        let metadata = &read(&format!("data_film\n{wavelengths}{points}")).measurements[0].metadata;
        assert_eq!(metadata["wavelength_k_alpha_1_angstrom"], crate::Value::Number(1.540598));
        assert_eq!(metadata["wavelength_k_alpha_2_angstrom"], crate::Value::Number(1.544426));
        assert_eq!(metadata["k_alpha_ratio"], crate::Value::Number(0.5));
        let one = "_diffrn_radiation_probe neutron\nloop_\n_diffrn_radiation_wavelength_id\n_diffrn_radiation_wavelength\n1 2.0785\n";
        let metadata = &read(&format!("data_film\n{one}{points}")).measurements[0].metadata;
        assert_eq!(metadata["wavelength_angstrom"], crate::Value::Number(2.0785));
        assert_eq!(metadata["radiation_probe"], crate::Value::Text("neutron".to_owned()));
    }

    #[test]
    fn a_range_gives_the_angles_where_it_fits_the_points() {
        let text = "data_x\n_pd_meas_2theta_range_min 1.5\n_pd_meas_2theta_range_max 1.6\n_pd_meas_2theta_range_inc 0.05\n\
            _pd_proc_2theta_range_min 1.52\n_pd_proc_2theta_range_max 1.62\n_pd_proc_2theta_range_inc 0.05\n\
            loop_\n_pd_meas_intensity_total\n_pd_proc_ls_weight\n5540(160) 0.0 12.5(3) . 3 1\n";
        let scan = &read(text).measurements[0];
        assert_eq!(scan.numbers("intensity"), Some(&[5540.0, 12.5, 3.0][..]));
        assert_eq!(scan.numbers("scan_angle_deg").map(|angles| angles[0]), Some(1.52));
        assert_eq!(scan.numbers("measured_two_theta_deg").map(|angles| angles[0]), Some(1.5));
        let sigma = scan.numbers("intensity_standard_uncertainty").unwrap();
        assert_eq!(sigma[..2], [160.0, 0.3]);
        let contradiction = PowderCif.read(text.replace(" 3 1\n", "\n").as_bytes()).unwrap_err().to_string();
        assert!(contradiction.contains("2 intensities, but no column of 2theta"), "{contradiction}");
    }

    #[test]
    fn structures_alone_are_refused_by_name() {
        let error = PowderCif.read(b"data_x\n_cell_length_a 5.4\n").unwrap_err().to_string();
        assert!(error.contains("without a measured powder pattern"), "{error}");
    }
}

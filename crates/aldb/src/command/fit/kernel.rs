//! The kernels that SQL has, on the measurements of one file: `aldb fit growth | cauchy | xps | xrd | composition | …`.

use std::io::Write as _;
use std::path::PathBuf;

use aldb_formats::{Measurement, Technique, Value, Values};
use aldb_query::functions::{FieldKind, ResultField, Rows, documentation, evaluate};
use aldb_query::output::significant;
use clap::Args;
use serde_json::{Map, json};

use super::super::ReportFormat;
use super::super::inspect::read;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// What every one of these commands takes.
#[derive(Debug, Args)]
pub(super) struct FileArguments {
    /// The file
    file: PathBuf,
    /// Only this measurement of the file, from 0
    #[arg(long, value_name = "N")]
    block: Option<u32>,
    /// Read the file as this format [default: found by content]
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

#[derive(Debug, Args)]
pub(super) struct Growth {
    #[command(flatten)]
    file: FileArguments,
    /// Length of a cycle, where the file has times but no cycles
    #[arg(long, value_name = "SECONDS")]
    cycle_s: Option<f64>,
}

#[derive(Debug, Args)]
pub(super) struct Cauchy {
    #[command(flatten)]
    file: FileArguments,
    /// Thickness of the native oxide below the film
    #[arg(long, value_name = "NM", default_value_t = 1.5)]
    oxide_nm: f64,
    /// Start value of A of the index A + B/λ² + C/λ⁴
    #[arg(long, value_name = "A", default_value_t = 1.52)]
    cauchy_a: f64,
    /// Start value of B
    #[arg(long, value_name = "UM2", default_value_t = 0.005)]
    cauchy_b_um2: f64,
}

#[derive(Debug, Args)]
pub(super) struct Xps {
    #[command(flatten)]
    file: FileArguments,
    /// Only this region, as `O 1s`
    #[arg(long)]
    region: Option<String>,
    /// Added to the energies [default: what brings the file's C 1s line to 284.6 eV]
    #[arg(long, value_name = "EV", allow_negative_numbers = true)]
    shift_ev: Option<f64>,
    /// Components of regions that are not known
    #[arg(long, value_name = "N", default_value_t = 1)]
    components: u8,
}

#[derive(Debug, Args)]
pub(super) struct Xrd {
    #[command(flatten)]
    file: FileArguments,
    /// Wavelength of Kα1 [default: the file's, else copper's]
    #[arg(long, value_name = "ANGSTROM")]
    wavelength_angstrom: Option<f64>,
    /// Thickness of the film
    #[arg(long, value_name = "NM")]
    thickness_nm: Option<f64>,
}

#[derive(Debug, Args)]
pub(super) struct Composition {
    #[command(flatten)]
    file: FileArguments,
    /// The plateau, in the profile's depths [default: found]
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    window: Option<Vec<f64>>,
}

#[derive(Debug, Args)]
pub(super) struct Electrode {
    #[command(flatten)]
    file: FileArguments,
    /// Area of the electrode [default: the file's]
    #[arg(long, value_name = "CM2")]
    area_cm2: Option<f64>,
    /// Current density of 1C
    #[arg(long, value_name = "UA/CM2", default_value_t = 6.0)]
    one_c_ua_per_cm2: f64,
}

type Columns = Result<Vec<Rows>, String>;

impl Growth {
    pub(super) fn run(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        run(lake, &self.file, "fit_growth_in_situ", Technique::EllipsometrySeries, |measurement, _| {
            let n = measurement.n_points();
            Ok(vec![
                numbers(measurement, &["time_s"]).unwrap_or_else(|_| nothing(n)),
                numbers(measurement, &["thickness_nm"])?,
                numbers(measurement, &["cycle"]).unwrap_or_else(|_| nothing(n)),
                Rows::Words(vec![None; n]),
                nothing(n),
                same(self.cycle_s, n),
            ])
        })
    }
}

impl Cauchy {
    pub(super) fn run(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        run(lake, &self.file, "fit_cauchy", Technique::SpectroscopicEllipsometry, |measurement, _| {
            let n = measurement.n_points();
            Ok(vec![
                numbers(measurement, &["wavelength_nm"])?,
                numbers(measurement, &["angle_of_incidence_deg"])?,
                numbers(measurement, &["psi_deg"])?,
                numbers(measurement, &["delta_deg"])?,
                same(Some(self.oxide_nm), n),
                same(Some(self.cauchy_a), n),
                same(Some(self.cauchy_b_um2), n),
            ])
        })
    }
}

impl Xps {
    pub(super) fn run(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        let wanted = self.region.as_deref().map(plain);
        run(lake, &self.file, "fit_photoelectrons", Technique::PhotoelectronSpectroscopy, |measurement, all| {
            let n = measurement.n_points();
            let region = region(measurement);
            if wanted.as_ref().is_some_and(|wanted| *wanted != plain(&region)) {
                return Err(String::new());
            }
            if wanted.is_none() && ["survey", "wide"].iter().any(|survey| plain(&region).contains(survey)) {
                return Err(String::new());
            }
            let shift = self.shift_ev.or_else(|| reference(all));
            Ok(vec![
                Rows::Words(vec![Some(region); n]),
                numbers(measurement, &["binding_energy_ev"])?,
                numbers(measurement, &["intensity", "counts", "count_rate_per_s"])?,
                same(Some(shift.unwrap_or(0.0)), n),
                same(Some(f64::from(self.components)), n),
            ])
        })
    }
}

/// What brings the C 1s line of a file to 284.6 eV; `None` without one.
fn reference(all: &[Measurement]) -> Option<f64> {
    let carbon = all.iter().find(|measurement| plain(&region(measurement)).starts_with("c1s"))?;
    let columns = vec![
        numbers(carbon, &["binding_energy_ev"]).ok()?,
        numbers(carbon, &["intensity", "counts", "count_rate_per_s"]).ok()?,
    ];
    evaluate("find_charge_shift", columns)?.get("shift_ev")?.as_f64()
}

fn plain(region: &str) -> String {
    region.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase()
}

fn region(measurement: &Measurement) -> String {
    let stated = text(measurement, "region");
    let first = words(measurement, "region").and_then(|values| values.into_iter().flatten().next());
    first.or(stated).unwrap_or_default()
}

impl Xrd {
    pub(super) fn run(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        run(lake, &self.file, "find_reflections", Technique::XRayDiffraction, |measurement, _| {
            let n = measurement.n_points();
            let counts = numbers(measurement, &["counts"]);
            let per_intensity =
                if counts.is_ok() { 1.0 } else { number(measurement, "counting_time_s").unwrap_or(1.0) };
            Ok(vec![
                numbers(measurement, &["two_theta_deg", "scan_angle_deg"])?,
                counts.or_else(|_| numbers(measurement, &["count_rate_per_s", "intensity"]))?,
                same(Some(per_intensity), n),
                same(self.wavelength_angstrom.or_else(|| number(measurement, "wavelength_k_alpha_1_angstrom")), n),
                same(number(measurement, "wavelength_k_alpha_2_angstrom"), n),
                same(number(measurement, "k_alpha_ratio"), n),
                same(self.thickness_nm, n),
                same(None, n),
            ])
        })
    }
}

impl Composition {
    pub(super) fn run(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        run(lake, &self.file, "fit_composition", Technique::IonBeamDepthProfile, |measurement, _| {
            let n = measurement.n_points();
            let elements = words(measurement, "element").ok_or("no column `element`")?;
            let contents = numbers(measurement, &["content_percent"]).or_else(|_| {
                let fractions = numbers(measurement, &["fraction"])?;
                Ok::<_, String>(match fractions {
                    Rows::Numbers(values) => {
                        Rows::Numbers(values.into_iter().map(|value| value.map(|value| 100.0 * value)).collect())
                    }
                    words => words,
                })
            })?;
            let window = |end: usize| self.window.as_ref().and_then(|window| window.get(end).copied());
            Ok(vec![
                numbers(measurement, &["depth_nm", "areal_depth_1e15_per_cm2"])?,
                Rows::Words(elements),
                contents,
                numbers(measurement, &["counts"]).unwrap_or_else(|_| nothing(n)),
                same(window(0), n),
                same(window(1), n),
            ])
        })
    }
}

impl Electrode {
    pub(super) fn peaks(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        run(lake, &self.file, "find_peak_pairs", Technique::Electrochemistry, |measurement, _| {
            let n = measurement.n_points();
            Ok(vec![
                order(n),
                numbers(measurement, &["time_s"]).unwrap_or_else(|_| nothing(n)),
                numbers(measurement, &["potential_v"])?,
                self.current_density(measurement)?,
            ])
        })
    }

    pub(super) fn rates(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        run(lake, &self.file, "measure_rates", Technique::Electrochemistry, |measurement, _| {
            let n = measurement.n_points();
            let density = self.current_density(measurement)?;
            Ok(vec![numbers(measurement, &["time_s"])?, density, same(Some(self.one_c_ua_per_cm2), n)])
        })
    }

    pub(super) fn onset(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        run(lake, &self.file, "find_onset", Technique::Electrochemistry, |measurement, _| {
            let n = measurement.n_points();
            Ok(vec![order(n), numbers(measurement, &["potential_v"])?, self.current_density(measurement)?])
        })
    }

    fn current_density(&self, measurement: &Measurement) -> Result<Rows, String> {
        let area = self.area_cm2.or_else(|| number(measurement, "electrode_area_cm2"));
        let area = area.filter(|area| *area > 0.0).ok_or("the file states no electrode area: give --area-cm2")?;
        match numbers(measurement, &["current_a"])? {
            Rows::Numbers(values) => Ok(Rows::Numbers(
                values.into_iter().map(|amperes| amperes.map(|amperes| 1e6 * amperes / area)).collect(),
            )),
            words => Ok(words),
        }
    }
}

fn order(n: usize) -> Rows {
    Rows::Numbers((0..n).map(|place| Some(place as f64)).collect())
}

fn same(value: Option<f64>, n: usize) -> Rows {
    Rows::Numbers(vec![value; n])
}

fn nothing(n: usize) -> Rows {
    same(None, n)
}

/// The first of these columns that the measurement has.
fn numbers(measurement: &Measurement, names: &[&str]) -> Result<Rows, String> {
    let found = names.iter().find_map(|name| measurement.numbers(name));
    let values = found.ok_or_else(|| format!("no column `{}`", names.join("` or `")))?;
    Ok(Rows::Numbers(values.iter().map(|value| value.is_finite().then_some(*value)).collect()))
}

fn words(measurement: &Measurement, name: &str) -> Option<Vec<Option<String>>> {
    measurement.columns.iter().find(|column| column.name == name).and_then(|column| match &column.values {
        Values::Text(values) => {
            Some(values.iter().map(|word| Some(word.clone()).filter(|word| !word.is_empty())).collect())
        }
        Values::Number(_) => None,
    })
}

fn number(measurement: &Measurement, name: &str) -> Option<f64> {
    match measurement.metadata.get(name) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

fn text(measurement: &Measurement, name: &str) -> Option<String> {
    match measurement.metadata.get(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// Fits the measurements of a technique. Columns that are an empty error belong to a measurement that was not asked for.
fn run(
    lake: &LakeOption,
    arguments: &FileArguments,
    kernel: &str,
    technique: Technique,
    columns: impl Fn(&Measurement, &[Measurement]) -> Columns,
) -> Result<Outcome, Error> {
    let path = &arguments.file;
    let shown = path.display().to_string();
    let (_, reading) =
        read(&lake.registry()?, path, arguments.adapter.as_deref()).map_err(|error| format!("{shown}: {error}"))?;
    let documented = documentation().into_iter().find(|function| function.name == kernel);
    let fields = documented.map(|function| function.result).unwrap_or_default();
    let (mut objects, mut outcome) = (Vec::new(), Outcome::Done);
    let mut out = terminal::output();
    for measurement in &reading.measurements {
        let asked =
            measurement.technique == technique && arguments.block.is_none_or(|block| measurement.block == block);
        if !asked {
            continue;
        }
        let fit = match columns(measurement, &reading.measurements) {
            Err(reason) if reason.is_empty() => continue,
            Err(reason) => json_failure(&reason),
            Ok(columns) => evaluate(kernel, columns).unwrap_or_default(),
        };
        if fit.get("quality").and_then(|quality| quality.as_str()) == Some("failed") {
            outcome = Outcome::Failed;
        }
        if arguments.format == ReportFormat::Table {
            writeln!(out, "{shown}, block {}", measurement.block)?;
            print(&mut out, &fields, &fit, 2)?;
        }
        let mut object =
            Map::from_iter([("file".to_owned(), json!(shown)), ("block".to_owned(), json!(measurement.block))]);
        object.extend(fit);
        objects.push(serde_json::Value::Object(object));
    }
    if objects.is_empty() {
        return Err(format!("{shown}: no {} that was asked for in it", technique.name().replace('_', " ")).into());
    }
    if arguments.format == ReportFormat::Json {
        let text = match &objects[..] {
            [object] => serde_json::to_string_pretty(object)?,
            objects => serde_json::to_string_pretty(objects)?,
        };
        writeln!(out, "{text}")?;
    }
    out.flush()?;
    Ok(outcome)
}

fn json_failure(reason: &str) -> Map<String, serde_json::Value> {
    Map::from_iter([("quality".to_owned(), json!("failed")), ("reason".to_owned(), json!(reason))])
}

/// The fields that have a value, each with its unit; a field and its uncertainty on one line.
fn print(
    out: &mut impl std::io::Write,
    fields: &[ResultField],
    fit: &Map<String, serde_json::Value>,
    indent: usize,
) -> Result<(), Error> {
    let width = fields.iter().map(|field| field.name.chars().count()).max().unwrap_or(0);
    for field in fields {
        let Some(value) = fit.get(field.name).filter(|value| !value.is_null()) else { continue };
        let unit = field.unit.filter(|unit| *unit != "1").map(|unit| format!(" {unit}")).unwrap_or_default();
        match (&field.kind, value) {
            (FieldKind::Rows(inner), serde_json::Value::Array(rows)) => {
                writeln!(out, "{:indent$}{}", "", field.name)?;
                table(out, inner, rows, indent + 2)?;
            }
            (_, serde_json::Value::Number(number)) => {
                let number = number.as_f64().map(significant).unwrap_or_default();
                writeln!(out, "{:indent$}{:width$}  {number}{unit}", "", field.name)?;
            }
            (_, serde_json::Value::String(words)) => writeln!(out, "{:indent$}{:width$}  {words}", "", field.name)?,
            (_, other) => writeln!(out, "{:indent$}{:width$}  {other}", "", field.name)?,
        }
    }
    Ok(())
}

/// Rows of a list, aligned; columns without any value are left out.
fn table(
    out: &mut impl std::io::Write,
    fields: &[ResultField],
    rows: &[serde_json::Value],
    indent: usize,
) -> Result<(), Error> {
    let shown = |value: Option<&serde_json::Value>| match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::Number(number)) => number.as_f64().map(significant).unwrap_or_default(),
        Some(serde_json::Value::String(words)) => words.clone(),
        Some(other) => other.to_string(),
    };
    let used: Vec<&ResultField> =
        fields.iter().filter(|field| rows.iter().any(|row| !shown(row.get(field.name)).is_empty())).collect();
    let mut lines: Vec<Vec<String>> = vec![used.iter().map(|field| field.name.to_owned()).collect()];
    lines.extend(rows.iter().map(|row| used.iter().map(|field| shown(row.get(field.name))).collect()));
    for line in &lines {
        let cells = line.iter().enumerate().map(|(place, cell)| {
            let width = lines.iter().map(|line| line[place].chars().count()).max().unwrap_or(0);
            format!("{cell:>width$}")
        });
        writeln!(out, "{:indent$}{}", "", cells.collect::<Vec<_>>().join("  "))?;
    }
    Ok(())
}

//! `aldb fit MODEL FILE`: the query of a derived table over the rows of one file.

use std::io::Write;
use std::path::PathBuf;

use aldb_formats::Technique;
use aldb_ingest::{Circumstances, rows_of_file};
use aldb_query::output::{self, significant};
use aldb_query::table::Columns;
use aldb_query::{Session, derived_query};
use aldb_schema::{Column, ColumnType};
use clap::Args;
use serde_json::{Map, Value, json};

use super::super::ReportFormat;
use super::super::inspect::bytes_of;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal::{self, write_objects};

/// What every one of these commands takes.
#[derive(Debug, Args)]
pub(super) struct FileArguments {
    /// The file
    file: PathBuf,
    /// Only this measurement of the file, from 0
    #[arg(long, value_name = "N")]
    block: Option<u32>,
    /// Read the file as this format [default: recognised by content]
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

#[derive(Debug, Args)]
pub(super) struct Growth {
    #[command(flatten)]
    file: FileArguments,
    /// Length of a cycle, if the file has times but no cycles
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
    /// Added to the binding energies [default: the shift that brings C 1s of the file to 284.6 eV]
    #[arg(long, value_name = "EV", allow_negative_numbers = true)]
    shift_ev: Option<f64>,
    /// Number of components [default: non-bridging and bridging in O 1s, elsewhere as many as the region needs]
    #[arg(long, value_name = "N")]
    components: Option<u8>,
}

#[derive(Debug, Args)]
pub(super) struct Xrd {
    #[command(flatten)]
    file: FileArguments,
    /// Wavelength, of Kα1 or of a single line [default: that of the file, otherwise of copper]
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
    /// The plateau, in the depths of the profile [default: found in the profile]
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    window: Option<Vec<f64>>,
}

#[derive(Debug, Args)]
pub(super) struct Electrode {
    #[command(flatten)]
    file: FileArguments,
    /// Area of the electrode [default: that of the file]
    #[arg(long, value_name = "CM2")]
    area_cm2: Option<f64>,
}

#[derive(Debug, Args)]
pub(super) struct Rates {
    #[command(flatten)]
    electrode: Electrode,
    /// Current density of 1C
    #[arg(long, value_name = "UA/CM2", default_value_t = 6.0)]
    one_c_ua_per_cm2: f64,
}

/// A derived table, and what an option changes in its query.
pub(super) struct Job<'a> {
    table: &'static str,
    technique: Technique,
    file: &'a FileArguments,
    circumstances: Circumstances,
    /// Text of the query, and the text in its place.
    pub(super) changes: Vec<(&'static str, String)>,
}

impl<'a> Job<'a> {
    pub(super) fn new(table: &'static str, technique: Technique, file: &'a FileArguments) -> Self {
        Self { table, technique, file, circumstances: Circumstances::default(), changes: Vec::new() }
    }
}

impl Growth {
    pub(super) async fn run(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        let circumstances = Circumstances { cycle_s: self.cycle_s, ..Circumstances::default() };
        let job = Job::new("growth", Technique::EllipsometrySeries, &self.file);
        run(lake, Job { circumstances, ..job }, |_| true).await
    }
}

impl Cauchy {
    pub(super) async fn run(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        let options = format!("s.delta_deg, {:?}, {:?}, {:?})", self.oxide_nm, self.cauchy_a, self.cauchy_b_um2);
        let job = Job::new("cauchy_fits", Technique::SpectroscopicEllipsometry, &self.file);
        run(lake, Job { changes: vec![("s.delta_deg)", options)], ..job }, |_| true).await
    }
}

impl Xps {
    pub(super) async fn run(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        let plain =
            |region: &str| region.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase();
        let mut changes = Vec::new();
        if let Some(components) = self.components {
            changes.push(("r.shift_ev, NULL,", format!("r.shift_ev, {:?},", f64::from(components))));
        }
        if let Some(shift) = self.shift_ev {
            changes.push(("s.intensity, r.shift_ev,", format!("s.intensity, {shift:?},")));
            changes.push(("r.shift_err_ev, r.doubt,", "0.0, CAST(NULL AS VARCHAR),".to_owned()));
        }
        let job = Job::new("xps_regions", Technique::PhotoelectronSpectroscopy, &self.file);
        let wanted = self.region.as_deref().map(plain);
        run(lake, Job { changes, ..job }, |row| {
            let region = row.get("region").and_then(Value::as_str).map(plain);
            wanted.is_none() || region == wanted
        })
        .await
    }
}

impl Xrd {
    pub(super) async fn run(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        // What the file states of its lines is then not used.
        let changes = self.wavelength_angstrom.map(|wavelength| {
            let all = "alpha1, alpha2, ratio, thickness_nm, thickness_err_nm, wavelength, anode, radiation)";
            (all, format!("NULL, NULL, NULL, thickness_nm, thickness_err_nm, {wavelength:?}, NULL, NULL)"))
        });
        let circumstances = Circumstances { thickness_nm: self.thickness_nm, ..Circumstances::default() };
        let job = Job::new("crystallinity", Technique::XRayDiffraction, &self.file);
        run(lake, Job { circumstances, changes: changes.into_iter().collect(), ..job }, |_| true).await
    }
}

impl Composition {
    pub(super) async fn run(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        let window = self.window.as_deref().unwrap_or_default();
        let changes = match window {
            [from, to] => vec![("NULL, NULL, e.elements", format!("{from:?}, {to:?}, e.elements"))],
            _ => Vec::new(),
        };
        let job = Job::new("depth_profile_fits", Technique::IonBeamDepthProfile, &self.file);
        run(lake, Job { changes, ..job }, |_| true).await
    }
}

impl Electrode {
    fn job(&self, table: &'static str) -> Job<'_> {
        let circumstances = Circumstances { electrode_area_cm2: self.area_cm2, ..Circumstances::default() };
        Job { circumstances, ..Job::new(table, Technique::Electrochemistry, &self.file) }
    }

    pub(super) async fn peaks(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        run(lake, self.job("cv_peaks"), |_| true).await
    }

    pub(super) async fn onset(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        run(lake, self.job("stability_onset"), |_| true).await
    }
}

impl Rates {
    pub(super) async fn run(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        let changes = vec![(", 6.0, ", format!(", {:?}, ", self.one_c_ua_per_cm2))];
        run(lake, Job { changes, ..self.electrode.job("rate_capability") }, |_| true).await
    }
}

/// Columns of a lake that a file alone does not have.
const KEYS: [&str; 4] = ["measurement_id", "sample_id", "run_id", "recipe_id"];

/// The rows of a derived table that a file gives.
pub(super) struct Fits<'a> {
    job: Job<'a>,
    pub(super) session: Session,
    /// With the position of the measurement in the file, in that order.
    pub(super) rows: Vec<(u32, Map<String, Value>)>,
}

/// Runs the query of a derived table over the rows of a file and shows what it gives.
async fn run(lake: &LakeOption, job: Job<'_>, asked: impl Fn(&Map<String, Value>) -> bool) -> Result<Outcome, Error> {
    fits(lake, job, asked).await?.show()
}

/// Runs the query of a derived table over the rows of a file.
///
/// # Errors
///
/// Where the file cannot be read or has no matching measurement, and where the lake's own query has no place for an option.
pub(super) async fn fits<'a>(
    lake: &LakeOption,
    job: Job<'a>,
    asked: impl Fn(&Map<String, Value>) -> bool,
) -> Result<Fits<'a>, Error> {
    let FileArguments { file, block, adapter, .. } = job.file;
    let shown = file.display();
    let failed = |error: &dyn std::fmt::Display| format!("{shown}: {error}");
    let bytes = bytes_of(file).map_err(|error| failed(&error))?;
    let (adapter, reading) = lake.registry()?.read(&bytes, adapter.as_deref()).map_err(|error| failed(&error))?;
    let rows = rows_of_file(&aldb_lake::file_id(&bytes), &adapter, &reading, &job.circumstances)?;
    let root = lake.open().ok().map(|lake| lake.root().to_owned());
    let mut query = derived_query(root.as_deref(), job.table)?;
    for (text, changed) in &job.changes {
        if query.matches(text).count() != 1 {
            return Err(
                format!("the query of {} has no `{}`: its options cannot be applied", job.table, text.trim()).into()
            );
        }
        query = query.replace(text, changed);
    }
    let session = Session::in_memory(root.as_deref(), rows.tables)?;
    let mut fits = Vec::new();
    for fit in objects(&session, &query).await? {
        let id = fit.get("measurement_id").and_then(Value::as_str);
        let place = id.and_then(|id| rows.blocks.get(id)).copied().unwrap_or_default();
        if asked(&fit) && block.is_none_or(|block| place == block) {
            fits.push((place, fit));
        }
    }
    fits.sort_by_key(|(place, _)| *place);
    if fits.is_empty() {
        return Err(format!("{shown}: no matching measurement ({})", job.technique.name().replace('_', " ")).into());
    }
    Ok(Fits { job, session, rows: fits })
}

/// The rows that a query gives.
pub(super) async fn objects(session: &Session, query: &str) -> Result<Vec<Map<String, Value>>, Error> {
    let mut text = Vec::new();
    output::write(session.query(query).await?, output::Format::Json, &mut text).await?;
    Ok(serde_json::from_slice(&text)?)
}

impl Fits<'_> {
    /// Prints the rows, one after the other.
    pub(super) fn show(self) -> Result<Outcome, Error> {
        let shown = self.job.file.file.display().to_string();
        let columns = aldb_schema::table(self.job.table).map(|table| table.columns.as_slice()).unwrap_or_default();
        let fit_failed = |fit: &Map<String, Value>| fit.get("quality").and_then(Value::as_str) == Some("failed");
        let outcome = if self.rows.iter().any(|(_, fit)| fit_failed(fit)) { Outcome::Failed } else { Outcome::Done };
        let mut out = terminal::output();
        let mut objects = Vec::new();
        for (block, fit) in self.rows {
            if self.job.file.format == ReportFormat::Table {
                writeln!(out, "{shown}, block {block}")?;
                print(&mut out, columns, &fit, 2)?;
            }
            let mut object = Map::from_iter([("file".to_owned(), json!(shown)), ("block".to_owned(), json!(block))]);
            object.extend(fit.into_iter().filter(|(name, _)| !KEYS.contains(&name.as_str())));
            objects.push(Value::Object(object));
        }
        if self.job.file.format == ReportFormat::Json {
            write_objects(&mut out, &objects)?;
        }
        out.flush()?;
        Ok(outcome)
    }
}

/// The columns that have a value, each with its unit.
fn print(out: &mut impl Write, columns: &[Column], fit: &Map<String, Value>, indent: usize) -> Result<(), Error> {
    let shown = columns.iter().filter(|column| !KEYS.contains(&column.name.as_str()));
    let shown: Vec<&Column> =
        shown.filter(|column| fit.get(&column.name).is_some_and(|value| !value.is_null())).collect();
    let width = shown.iter().map(|column| column.name.chars().count()).max().unwrap_or(0);
    for column in shown {
        let value = &fit[&column.name];
        if let (ColumnType::List, Value::Array(rows)) = (column.column_type, value) {
            writeln!(out, "{:indent$}{}", "", column.name)?;
            list(out, &column.item, rows, indent + 2)?;
            continue;
        }
        let unit = column.unit.as_deref().map(aldb_schema::symbol).unwrap_or_default();
        let line = format!("{:indent$}{:width$}  {} {unit}", "", column.name, cell(Some(value)));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Rows of a list, aligned, without columns that have no value.
fn list(out: &mut impl Write, columns: &[Column], rows: &[Value], indent: usize) -> Result<(), Error> {
    let used = |column: &&Column| rows.iter().any(|row| !cell(row.get(&column.name)).is_empty());
    let used: Vec<&Column> = columns.iter().filter(used).collect();
    let mut lines: Vec<Vec<String>> = vec![used.iter().map(|column| column.name.clone()).collect()];
    lines.extend(rows.iter().map(|row| used.iter().map(|column| cell(row.get(&column.name))).collect()));
    let cells = lines.iter().map(|line| line.iter().map(String::as_str));
    let aligned = Columns::new(vec![true; used.len()], cells.clone());
    for line in cells {
        writeln!(out, "{:indent$}{}", "", aligned.line(line))?;
    }
    Ok(())
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Number(number)) => number.as_f64().map(significant).unwrap_or_default(),
        Some(Value::String(words)) => words.clone(),
        Some(other) => other.to_string(),
    }
}

//! `aldb growth live SAMPLE`: a growth that is still going on, and where it leads.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use aldb_lake::{Lake, Snapshot};
use aldb_query::derive::out_of_date_among;
use aldb_query::table::{printable, write_table};
use aldb_query::{Session, output};
use clap::{Args, Subcommand};
use serde_json::Value;

use super::{ReportFormat, warn_of_stale};
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// Time between looks at the newest snapshot.
const POLL: Duration = Duration::from_secs(3);

/// Follow the growth of a film.
#[derive(Debug, Args)]
pub(crate) struct GrowthCommand {
    #[command(subcommand)]
    command: Growth,
}

#[derive(Debug, Subcommand)]
enum Growth {
    /// Predict thickness and target of a growth that goes on, from what the lake has of its scan
    Live(Live),
}

/// Predicts where a growth leads; on a terminal again whenever the lake has more of it. It suggests, and never stops a run.
#[derive(Debug, Args)]
struct Live {
    /// The sample
    sample: String,
    /// Thickness of the film to be reached [default: target_thickness_nm of the recipe, otherwise thickness_nm of the sample]
    #[arg(long, value_name = "NM", value_parser = positive)]
    target_nm: Option<f64>,
    /// Show it once, also on a terminal
    #[arg(long)]
    once: bool,
    /// Format of the result
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

fn positive(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| format!("expected a thickness in nm above 0, found `{text}`"))
}

impl GrowthCommand {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        match self.command {
            Growth::Live(live) => live.run(lake).await,
        }
    }
}

/// The newest scan of a sample, its readings and the doses of its run, with what is planned.
fn query(sample: &str, target_nm: Option<f64>) -> String {
    let sample = sample.replace('\'', "''");
    let target = target_nm.map_or_else(|| "NULL".to_owned(), |target_nm| format!("{target_nm:?}"));
    format!(
        "SELECT measurement_id, sample_id, run_id, recipe_id, planned_cycles, target_nm, fit FROM (
            SELECT
                measurement_id, sample_id, run_id, recipe_id,
                max(planned_cycles) AS planned_cycles, max(target_nm) AS target_nm,
                predict_growth(time_s, thickness_nm, cycle, precursor, cycles_per_supercycle, cycle_s, planned_cycles, target_nm) AS fit
            FROM (
                SELECT
                    m.measurement_id, m.sample_id, m.run_id, m.recipe_id, s.time_s, s.thickness_nm, s.cycle,
                    CAST(NULL AS VARCHAR) AS precursor, CAST(r.cycles_per_supercycle AS DOUBLE) AS cycles_per_supercycle, r.cycle_s,
                    CAST(c.cycles AS DOUBLE) AS planned_cycles,
                    coalesce(CAST({target} AS DOUBLE), metadata_number(r.canonical, 'target_thickness_nm'), p.thickness_nm) AS target_nm
                FROM measurements AS m
                JOIN ellipsometry_series AS s ON s.measurement_id = m.measurement_id
                LEFT JOIN recipes AS r ON r.recipe_id = m.recipe_id
                LEFT JOIN samples AS p ON p.sample_id = m.sample_id
                LEFT JOIN (
                    SELECT recipe_id, CASE WHEN count(repeats) = count(*) THEN sum(repeats) END AS cycles FROM recipe_cycles GROUP BY recipe_id
                ) AS c ON c.recipe_id = m.recipe_id
                WHERE m.technique = 'ellipsometry_series'
                UNION ALL
                SELECT
                    m.measurement_id, m.sample_id, m.run_id, m.recipe_id, l.time_s, NULL, l.cycle, l.precursor, NULL, NULL, NULL, NULL
                FROM measurements AS m
                JOIN run_log AS l ON l.run_id = m.run_id
                WHERE m.technique = 'ellipsometry_series' AND l.event IN ('dose', 'pulse') AND l.precursor IS NOT NULL
            ) AS readings
            WHERE measurement_id = (
                SELECT measurement_id FROM measurements
                WHERE technique = 'ellipsometry_series' AND sample_id = '{sample}'
                ORDER BY measured_at DESC, batch DESC, measurement_id LIMIT 1
            )
            GROUP BY measurement_id, sample_id, run_id, recipe_id
        ) AS predicted"
    )
}

/// A row with the fields of its fit beside its other columns.
fn flat(mut row: Value) -> Value {
    if let Some(columns) = row.as_object_mut()
        && let Some(Value::Object(fit)) = columns.remove("fit")
    {
        columns.extend(fit);
    }
    row
}

impl Live {
    async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let follows = self.format == ReportFormat::Table && !self.once && std::io::stdout().is_terminal();
        let mut seen = None;
        loop {
            let snapshot = lake.snapshot().await?;
            if seen != Some(snapshot.number()) {
                seen = Some(snapshot.number());
                self.show(&lake, snapshot, follows).await?;
            }
            if !follows {
                return Ok(Outcome::Done);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn show(&self, lake: &Lake, snapshot: Snapshot, follows: bool) -> Result<(), Error> {
        let session = Session::open(lake, snapshot.clone())?;
        let frame = session.query(&query(&self.sample, self.target_nm)).await?;
        let mut json = Vec::new();
        output::write(frame, output::Format::Json, &mut json).await?;
        let rows: Vec<Value> = serde_json::from_slice(&json)?;
        let Some(row) = rows.into_iter().next().map(flat) else {
            return Err(format!(
                "sample `{}` has no scan during deposition in the lake: describe the sample in samples/, and ingest the file of the ellipsometer",
                self.sample
            )
            .into());
        };
        warn_of_stale(&out_of_date_among(lake, &snapshot, &session.tables_read())?);
        if self.format == ReportFormat::Json {
            let mut out = terminal::data();
            terminal::write_objects(&mut out, &[row])?;
            return Ok(out.flush()?);
        }
        if follows {
            // Clear the screen, as text to a terminal may not.
            let mut out = terminal::data();
            out.write_all(b"\x1b[2J\x1b[H")?;
            out.flush()?;
        }
        print(&row)?;
        if follows {
            terminal::message(&format_args!("snapshot {}; Ctrl-C ends this, not the run", snapshot.number()));
        }
        Ok(())
    }
}

/// A number of the row; `None` where it is null.
fn number(row: &Value, name: &str) -> Option<f64> {
    row[name].as_f64()
}

/// A value with its interval of 95 %.
fn interval(row: &Value, names: [&str; 3], digits: usize) -> Option<[String; 2]> {
    let [value, low, high] = names.map(|name| number(row, name));
    let (value, low, high) = (value?, low?, high?);
    Some([format!("{value:.digits$}"), format!("{low:.digits$} to {high:.digits$}")])
}

fn print(row: &Value) -> Result<(), Error> {
    let text = |name: &str| printable(row[name].as_str().unwrap_or("not known")).into_owned();
    let whole = |name: &str| number(row, name).map_or_else(|| "?".to_owned(), |number| format!("{number:.0}"));
    let mut out = terminal::output();
    writeln!(
        out,
        "sample {}, run {}: {} of {} cycles (from the {})\n",
        text("sample_id"),
        text("run_id"),
        whole("cycles_done"),
        whole("planned_cycles"),
        row["cycle_source"].as_str().unwrap_or("scan")
    )?;
    let points = row["shown"].as_array().map(Vec::as_slice).unwrap_or_default();
    let shown: Vec<[String; 2]> = points
        .iter()
        .filter_map(|point| {
            Some([format!("{:.0}", number(point, "cycle")?), format!("{:.3}", number(point, "point_nm")?)])
        })
        .collect();
    if !shown.is_empty() {
        write_table(&mut out, "  ", ["cycle", "thickness / nm"], &shown)?;
        writeln!(out)?;
    }
    let at_target = number(row, "target_nm").map(|target| format!("cycle of {target:.2} nm"));
    let to_target = number(row, "target_nm").map(|target| format!("cycles left to {target:.2} nm"));
    let end = format!("film at cycle {} / nm", whole("planned_cycles"));
    let lines = [
        (Some("growth per cycle / Å".to_owned()), ["gpc_angstrom", "gpc_lo95_angstrom", "gpc_hi95_angstrom"], 4),
        (Some("nucleation delay / cycles".to_owned()), ["delay_cycles", "delay_lo95_cycles", "delay_hi95_cycles"], 1),
        (Some("film now / nm".to_owned()), ["film_nm", "film_lo95_nm", "film_hi95_nm"], 2),
        (Some(end), ["end_film_nm", "end_film_lo95_nm", "end_film_hi95_nm"], 2),
        (at_target, ["target_cycle", "target_cycle_lo95", "target_cycle_hi95"], 1),
        (to_target, ["cycles_to_target", "cycles_to_target_lo95", "cycles_to_target_hi95"], 1),
    ];
    let rows: Vec<[String; 3]> = lines
        .into_iter()
        .filter_map(|(name, columns, digits)| {
            let [value, between] = interval(row, columns, digits)?;
            Some([name?, value, between])
        })
        .collect();
    if !rows.is_empty() {
        write_table(&mut out, "  ", ["", "value", "95 %"], &rows)?;
        writeln!(out)?;
    }
    if let Some(offset_s) = number(row, "clock_offset_s") {
        let off = number(row, "cycles_ambiguous").unwrap_or(0.0);
        let certainty = if off > 0.0 {
            format!("ambiguous, by up to {}", terminal::count(off as usize, "cycle"))
        } else {
            "certain".to_owned()
        };
        let confidence = number(row, "clock_confidence").unwrap_or(0.0);
        writeln!(
            out,
            "clock: the scan is {offset_s:.1} s ahead of the log; {certainty} (probability {confidence:.3})"
        )?;
    }
    match (row["quality"].as_str(), row["reason"].as_str()) {
        (Some("failed"), reason) => {
            writeln!(out, "no prediction yet: {}", printable(reason.unwrap_or("no reason given")))?;
        }
        (Some("suspect"), Some(reason)) => writeln!(out, "in doubt: {}", printable(reason))?,
        _ => {}
    }
    Ok(out.flush()?)
}

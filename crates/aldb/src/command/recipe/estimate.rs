//! `aldb recipe estimate`: time, doses, exposure, thickness and composition of a recipe.

use std::io::Write as _;

use aldb_query::measured::measured_film;
use aldb_query::table::{write_list, write_table};
use aldb_query::{Session, output};
use aldb_recipe::Recipe;

use super::super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// Replaces the growth and composition that the recipe expects of each kind of cycle by measured ones, where the lake has them. Returns
/// the names of these cycles.
async fn measure(recipe: &mut Recipe, lake: &LakeOption) -> Result<Vec<String>, Error> {
    // An estimate needs no lake.
    let Ok(lake) = lake.open() else { return Ok(Vec::new()) };
    let session = Session::open(&lake, lake.snapshot().await?)?;
    let temperature = recipe.deposition_temperature_c;
    let mut known = Vec::new();
    for cycle in &mut recipe.cycle_types {
        let film = measured_film(&session, &cycle.doses(), temperature).await?;
        let expected = cycle.expected.get_or_insert_default();
        if film.gpc_angstrom.is_none() && film.contents_percent.is_empty() {
            continue;
        }
        known.push(cycle.name.clone());
        expected.growth_per_cycle_nm = film.gpc_angstrom.map(|gpc| gpc / 10.0).or(expected.growth_per_cycle_nm);
        expected.nucleation_delay_cycles =
            film.nucleation_delay_cycles.map(|delay| delay.max(0.0)).or(expected.nucleation_delay_cycles);
        if !film.contents_percent.is_empty() {
            expected.composition_at_percent = film.contents_percent;
        }
    }
    Ok(known)
}

pub(super) async fn estimate(mut recipe: Recipe, lake: &LakeOption, format: ReportFormat) -> Result<Outcome, Error> {
    let measured = measure(&mut recipe, lake).await?;
    let estimate = aldb_recipe::estimate(&recipe);
    let mut out = terminal::output();
    if format == ReportFormat::Json {
        writeln!(out, "{:#}", serde_json::to_value(&estimate)?)?;
        out.flush()?;
        return Ok(Outcome::Done);
    }
    let number = |value: Result<f64, String>, unit: &str| match value {
        Ok(value) => format!("{} {unit}", output::significant(value)),
        Err(why) => format!("unknown: {why}"),
    };
    let unknown = || "a duration or the number of cycles is not stated".to_owned();
    let mut rows = vec![[
        "deposition time".to_owned(),
        number(estimate.duration_s.map(|seconds| seconds / 3600.0).ok_or_else(unknown), "h"),
    ]];
    for (cycle, count) in &estimate.cycles {
        rows.push([
            format!("cycles of {cycle}"),
            count.map_or_else(|| "unknown".to_owned(), |count| count.to_string()),
        ]);
    }
    rows.push(["growth per cycle".to_owned(), number(estimate.growth_per_cycle_nm.clone(), "nm")]);
    rows.push(["thickness".to_owned(), number(estimate.thickness_nm.clone(), "nm")]);
    match &estimate.composition_at_percent {
        Ok(content) => {
            let elements = content.iter().map(|(element, percent)| format!("{element} {percent:.1}"));
            rows.push(["composition".to_owned(), format!("{} at.%", elements.collect::<Vec<_>>().join(", "))]);
        }
        Err(why) => rows.push(["composition".to_owned(), format!("unknown: {why}")]),
    }
    write_list(&mut out, "", &rows)?;
    let mut rows = Vec::new();
    for precursor in &estimate.precursors {
        let optional = |value: Option<f64>, unit| value.map_or_else(|| "-".to_owned(), |value| number(Ok(value), unit));
        rows.push([
            precursor.precursor.clone(),
            precursor.doses.map_or_else(|| "-".to_owned(), |doses| doses.to_string()),
            optional(precursor.open_s, "s"),
            optional(precursor.exposure_pa_s, "Pa s"),
        ]);
    }
    if !rows.is_empty() {
        writeln!(out)?;
        write_table(&mut out, "", ["precursor", "doses", "open for", "exposure"], &rows)?;
    }
    let source = match &measured[..] {
        [] => "growth and composition of each kind of cycle are those stated in the recipe".to_owned(),
        cycles => format!("growth and composition of {} are those measured in the lake", cycles.join(", ")),
    };
    writeln!(out, "\n{source}; mixtures follow the rule of mixtures")?;
    out.flush()?;
    Ok(Outcome::Done)
}

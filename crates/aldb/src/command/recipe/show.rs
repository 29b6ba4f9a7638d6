//! `aldb recipe list`, `show` and `diff`.

use std::io::Write;

use aldb_query::output::significant;
use aldb_query::table::{write_list, write_table};
use aldb_recipe::{Block, Recipe};
use serde_json::json;

use super::super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::recipes::{self, NamedRecipe};
use crate::terminal;

pub(super) fn list(lake: &LakeOption, format: ReportFormat) -> Result<Outcome, Error> {
    let mut rows = Vec::new();
    let mut objects = Vec::new();
    for found in recipes::all(lake) {
        let (id, name) = match &found.recipe {
            Ok(recipe) => (recipe.recipe_id(), recipe.name.clone()),
            Err(error) => (String::new(), format!("cannot be read: {}", error.lines().next().unwrap_or_default())),
        };
        objects.push(json!({ "recipe": found.called, "recipe_id": id, "where": found.place, "name": name }));
        rows.push([found.called, id, found.place.to_owned(), name]);
    }
    let mut out = terminal::output();
    match format {
        ReportFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&objects)?)?,
        ReportFormat::Table => write_table(&mut out, "", ["recipe", "id", "where", "name"], &rows)?,
    }
    out.flush()?;
    Ok(Outcome::Done)
}

pub(super) fn show(named: &NamedRecipe, canonical: bool, format: ReportFormat) -> Result<Outcome, Error> {
    let recipe = &named.recipe;
    let mut out = terminal::output();
    if canonical {
        writeln!(out, "{}", recipe.canonical())?;
    } else if format == ReportFormat::Json {
        let content: serde_json::Value = serde_json::from_str(&recipe.canonical())?;
        let object =
            json!({ "name": recipe.name, "recipe_id": recipe.recipe_id(), "note": recipe.note, "content": content });
        writeln!(out, "{}", serde_json::to_string_pretty(&object)?)?;
    } else {
        describe(&mut out, recipe)?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn describe(out: &mut impl Write, recipe: &Recipe) -> Result<(), Error> {
    let number = |value: Option<f64>, unit: &str| value.map(|value| format!("{} {unit}", significant(value)));
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut row = |what: &str, value: Option<String>| {
        rows.push([what.to_owned(), value.unwrap_or_else(|| "not stated".to_owned())]);
    };
    row("name", Some(recipe.name.clone()));
    row("recipe_id", Some(recipe.recipe_id()));
    row("process", Some(recipe.process.clone()));
    row("deposition temperature", number(Some(recipe.deposition_temperature_c), "°C"));
    row("wall temperature", number(recipe.wall_temperature_c, "°C"));
    row("base pressure", number(recipe.base_pressure_pa, "Pa"));
    row("settling time", recipe.settle.map(|settle| format!("{} s", settle.seconds())));
    row("cycles", recipe.times().map(|times| times.to_string()));
    if let Some(target) = recipe.target_thickness_nm {
        row("target thickness", number(Some(target), "nm"));
    }
    if let Some(ratio) = recipe.cycle_ratio() {
        row("cycle ratio k/(k+l)", Some(significant(ratio)));
    }
    if !recipe.substrate.is_empty() {
        let layer = |layer: &aldb_recipe::Layer| match layer.thickness_nm {
            Some(thickness) => format!("{} nm {}", significant(thickness), layer.material),
            None => layer.material.clone(),
        };
        row("substrate", Some(recipe.substrate.iter().map(layer).collect::<Vec<_>>().join(" / ")));
    }
    if let Some(note) = &recipe.note {
        row("note", Some(note.clone()));
    }
    write_list(out, "", &rows)?;
    if !recipe.precursors.is_empty() {
        writeln!(out)?;
        let mut rows = Vec::new();
        for precursor in &recipe.precursors {
            let temperature = |value: Option<f64>| number(value, "°C").unwrap_or_else(|| "-".to_owned());
            rows.push([
                precursor.name.clone(),
                precursor.formula.clone().unwrap_or_else(|| "-".to_owned()),
                match &precursor.unheated {
                    Some(_) => "unheated".to_owned(),
                    None => temperature(precursor.source_temperature_c),
                },
                temperature(precursor.line_temperature_c),
                match (&precursor.carrier_gas, number(precursor.carrier_flow_sccm, "sccm")) {
                    (Some(gas), Some(flow)) => format!("{gas}, {flow}"),
                    (Some(gas), None) => gas.clone(),
                    _ => "-".to_owned(),
                },
                number(precursor.dose_pressure_pa, "Pa").unwrap_or_else(|| "-".to_owned()),
            ]);
        }
        let header = ["precursor", "formula", "source", "line", "carrier gas", "dose pressure"];
        write_table(out, "", header, &rows)?;
    }
    for cycle in &recipe.cycle_types {
        writeln!(out, "\ncycle {}", cycle.name)?;
        let row = |(number, step): (String, &aldb_recipe::Step)| {
            let what = [step.precursor.clone(), step.gas.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let duration = step.duration.map_or_else(String::new, |duration| format!("{} s", duration.seconds()));
            [number, step.step.name().to_owned(), what, duration]
        };
        let rows: Vec<_> = cycle.numbered_steps().into_iter().map(row).collect();
        write_list(out, "  ", &rows)?;
    }
    let once = sequence(&recipe.blocks());
    let times = recipe.times().map_or_else(|| "?".to_owned(), |times| times.to_string());
    writeln!(out, "\nsequence: [{once}]{times}")?;
    Ok(())
}

/// A sequence in the notation of the field: `[A [B]5]100`.
fn sequence(blocks: &[Block]) -> String {
    let part = |block: &Block| {
        let inner = block.cycle.clone().unwrap_or_else(|| sequence(&block.sequence));
        if block.repeat == 1 { inner } else { format!("[{inner}]{}", block.repeat) }
    };
    blocks.iter().map(part).collect::<Vec<_>>().join(" ")
}

pub(super) fn diff(a: &Recipe, b: &Recipe, format: ReportFormat) -> Result<Outcome, Error> {
    let differences = aldb_recipe::diff(a, b);
    let mut out = terminal::output();
    match format {
        ReportFormat::Json => {
            let object = json!({ "a": a.recipe_id(), "b": b.recipe_id(), "differences": differences });
            writeln!(out, "{object:#}")?;
        }
        ReportFormat::Table if differences.is_empty() => {
            writeln!(out, "no differences: both are recipe {}", a.recipe_id())?;
        }
        ReportFormat::Table => {
            let words = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            let rows: Vec<[String; 3]> =
                differences.iter().map(|found| [found.place.clone(), words(&found.a), words(&found.b)]).collect();
            write_table(&mut out, "", ["entry", &a.name, &b.name], &rows)?;
        }
    }
    out.flush()?;
    Ok(if differences.is_empty() { Outcome::Done } else { Outcome::Failed })
}

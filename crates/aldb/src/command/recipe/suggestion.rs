//! `aldb recipe suggest`: the supercycle for a target composition.

use std::io::Write as _;

use aldb_query::table::{write_list, write_table};
use aldb_query::{Session, output, suggest};

use super::super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal;

pub(super) async fn suggest(
    request: &suggest::Request,
    lake: &LakeOption,
    format: ReportFormat,
) -> Result<Outcome, Error> {
    let lake = lake.open()?;
    let session = Session::open(&lake, lake.snapshot().await?)?;
    let found = suggest::suggest(&session, request).await?;
    let mut out = terminal::output();
    if format == ReportFormat::Json {
        writeln!(out, "{}", serde_json::to_string_pretty(&found)?)?;
        out.flush()?;
        return Ok(Outcome::Done);
    }
    let number = output::significant;
    let [a, b] = &found.kinds;
    let cycle = &found.supercycle;
    let rows = [
        [
            "supercycle".to_owned(),
            format!("{} {a} : {} {b}, cycle ratio {}", cycle.k, cycle.l, number(cycle.cycle_ratio)),
        ],
        [
            "supercycles".to_owned(),
            format!("{} ({} cycles)", cycle.supercycles, cycle.supercycles * u64::from(cycle.k + cycle.l)),
        ],
        ["temperature".to_owned(), format!("{} °C", number(found.deposition_temperature_c))],
        [
            cycle.quantity.clone(),
            format!(
                "{} ± {} expected, {} requested, {} by the rule of mixtures alone",
                number(cycle.expected),
                number(cycle.expected_err),
                number(cycle.target),
                number(cycle.by_rule)
            ),
        ],
        [
            "growth per cycle".to_owned(),
            format!("{} ± {} Å", number(cycle.gpc_angstrom), number(cycle.gpc_err_angstrom)),
        ],
        ["nucleation delay".to_owned(), format!("{} cycles", number(cycle.nucleation_delay_cycles))],
        ["thickness".to_owned(), format!("{} ± {} nm", number(cycle.thickness_nm), number(cycle.thickness_err_nm))],
    ];
    write_list(&mut out, "", &rows)?;
    if !cycle.neighbours.is_empty() {
        let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number);
        let films = cycle.neighbours.iter();
        let rows: Vec<[String; 4]> = films
            .map(|film| [film.sample_id.clone(), number(film.cycle_ratio), shown(film.measured), shown(film.by_rule)])
            .collect();
        writeln!(out)?;
        write_table(&mut out, "", ["nearest measured film", "cycle ratio", "measured", "rule of mixtures"], &rows)?;
    }
    for note in &cycle.notes {
        writeln!(out, "{note}")?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}

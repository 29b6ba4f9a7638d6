//! `aldb reactor check`: lists every fault of a reactor's description.

use std::io::Write as _;

use aldb_recipe::{FileFault, Reactor, ReactorError};
use serde_json::json;

use super::super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::recipes;
use crate::terminal::{self, count};

pub(super) fn check(named: &str, lake: &LakeOption, format: ReportFormat) -> Result<Outcome, Error> {
    let (text, place) = recipes::reactor_text(named, lake)?;
    let (name, faults) = match Reactor::from_toml(&text) {
        Ok(reactor) => (Some(reactor.name), Vec::new()),
        Err(ReactorError::Faults(faults)) => (None, faults),
        // Its entries cannot be compared before it can be read.
        Err(error) => (None, vec![FileFault { line: None, place: "file".to_owned(), problem: error.to_string() }]),
    };
    let mut out = terminal::output();
    match format {
        ReportFormat::Json => {
            let object = json!({ "reactor": name, "file": place, "passes": faults.is_empty(), "faults": faults });
            writeln!(out, "{}", serde_json::to_string_pretty(&object)?)?;
        }
        ReportFormat::Table => {
            for fault in &faults {
                writeln!(out, "{fault}")?;
            }
            match faults.len() {
                0 => writeln!(out, "{place} has no faults; hardware interlocks remain mandatory")?,
                faults => writeln!(out, "{place} has {} and is not used", count(faults, "fault"))?,
            }
        }
    }
    out.flush()?;
    Ok(if faults.is_empty() { Outcome::Done } else { Outcome::Failed })
}

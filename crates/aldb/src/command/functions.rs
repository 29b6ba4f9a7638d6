//! `aldb functions [NAME…]`: the SQL functions of aldb.

use std::io::Write as _;

use aldb_query::functions::{Documentation, FieldKind, ResultField, documentation};
use clap::Args;

use super::ReportFormat;
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// List the SQL functions that fit and compute: arguments, units, results, an example.
#[derive(Debug, Args)]
pub(crate) struct Functions {
    /// Functions to describe in full [default: list all]
    names: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

impl Functions {
    pub(crate) fn run(self) -> Result<Outcome, Error> {
        let mut all = documentation();
        if let Some(unknown) = self.names.iter().find(|name| !all.iter().any(|function| function.name == **name)) {
            let known: Vec<&str> = all.iter().map(|function| function.name).collect();
            return Err(format!("no function `{unknown}`: expected one of {}", known.join(", ")).into());
        }
        all.retain(|function| self.names.is_empty() || self.names.iter().any(|name| name == function.name));
        let mut out = terminal::output();
        match self.format {
            ReportFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?,
            ReportFormat::Table if self.names.is_empty() => {
                for function in &all {
                    writeln!(out, "{}\n    {}", call(function), function.meaning)?;
                }
                writeln!(
                    out,
                    "\n`aldb functions NAME` describes a function in full; docs/GLOSSARY.md defines the terms"
                )?;
            }
            ReportFormat::Table => {
                for function in &all {
                    whole(&mut out, function)?;
                }
            }
        }
        out.flush()?;
        Ok(Outcome::Done)
    }
}

fn call(function: &Documentation) -> String {
    let needed: Vec<&str> =
        function.arguments.iter().filter(|argument| !argument.optional).map(|argument| argument.name).collect();
    let optional: String = function
        .arguments
        .iter()
        .filter(|argument| argument.optional)
        .map(|argument| format!("[, {}]", argument.name))
        .collect();
    format!("{}({}{optional})", function.name, needed.join(", "))
}

fn whole(out: &mut impl std::io::Write, function: &Documentation) -> Result<(), Error> {
    writeln!(out, "{}  ({}, version {})", call(function), function.kind, function.version)?;
    writeln!(out, "  {}\n\n  arguments", function.meaning)?;
    for argument in &function.arguments {
        let unit = argument.unit.map(|unit| format!(" [{unit}]")).unwrap_or_default();
        let optional = if argument.optional { " Optional." } else { "" };
        writeln!(out, "    {}{unit}: {}{optional}", argument.name, argument.meaning)?;
    }
    writeln!(out, "\n  results")?;
    fields(out, &function.result, 4)?;
    writeln!(out, "\n  example\n    {}\n", function.example)?;
    Ok(())
}

fn fields(out: &mut impl std::io::Write, all: &[ResultField], indent: usize) -> Result<(), Error> {
    for field in all {
        let unit = field.unit.map(|unit| format!(" [{unit}]")).unwrap_or_default();
        writeln!(out, "{:indent$}{}{unit}: {}", "", field.name, field.meaning)?;
        if let FieldKind::Rows(inner) = &field.kind {
            fields(out, inner, indent + 2)?;
        }
    }
    Ok(())
}

//! `aldb sql`: queries over the lake.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use aldb_lake::AsOf;
use aldb_query::derive::out_of_date_among;
use aldb_query::{Session, output};
use clap::Args;

use super::{RowFormat, warn_of_stale};
use crate::files::NewFile;
use crate::lake_option::{LakeOption, as_of};
use crate::outcome::{Error, Outcome};
use crate::terminal::{self, count};

/// Query the lake in SQL. Queries are read-only.
#[derive(Debug, Args)]
#[command(after_help = "SHOW TABLES lists tables and views; DESCRIBE TABLE gives unit and meaning of every column.")]
pub(crate) struct Sql {
    /// The query; `-` reads it from standard input
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    query: Option<String>,
    /// File that contains the query
    #[arg(short = 'f', long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Format of the rows [default: by the extension of -o, otherwise table]
    #[arg(long, value_enum)]
    format: Option<RowFormat>,
    /// File to write to [default: standard output]
    #[arg(short = 'o', long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Query an earlier state of the lake: the number of a snapshot or a time in UTC
    #[arg(long, value_name = "SNAPSHOT|TIME", value_parser = as_of)]
    as_of: Option<AsOf>,
}

fn by_ending(path: &Path) -> Option<RowFormat> {
    match path.extension()?.to_str()? {
        "csv" => Some(RowFormat::Csv),
        "json" => Some(RowFormat::Json),
        "parquet" => Some(RowFormat::Parquet),
        _ => None,
    }
}

impl Sql {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let query = match (&self.query, &self.file) {
            (Some(dash), _) if dash == "-" => {
                let mut text = String::new();
                std::io::stdin()
                    .read_to_string(&mut text)
                    .map_err(|error| format!("cannot read the query: {error}"))?;
                text
            }
            (Some(query), _) => query.clone(),
            (None, Some(path)) => {
                std::fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?
            }
            (None, None) => return Err("no query".into()),
        };
        let lake = lake.open()?;
        let snapshot = lake.snapshot_as_of(&self.as_of.clone().unwrap_or(AsOf::Newest)).await?;
        if let Some(note) = snapshot.note() {
            terminal::message(&format_args!("note: {note}"));
        }
        // It holds the views, which some queries plan only when they run.
        let session = Session::open(&lake, snapshot.clone())?;
        let frame = session.query(&query).await?;
        if self.as_of.is_none() {
            warn_of_stale(&out_of_date_among(&lake, &snapshot, &session.tables_read())?);
        }
        let format = self.format.or_else(|| by_ending(self.output.as_deref()?)).unwrap_or(RowFormat::Table).into();
        match &self.output {
            None => {
                let mut out = terminal::data();
                output::write(frame, format, &mut out).await?;
                out.flush()?;
            }
            Some(path) => {
                let mut out = NewFile::create(path)?;
                let n_rows = output::write(frame, format, &mut out).await?;
                out.finish()?;
                terminal::message(&format_args!("wrote {} to {}", count(n_rows, "row"), path.display()));
            }
        }
        Ok(Outcome::Done)
    }
}

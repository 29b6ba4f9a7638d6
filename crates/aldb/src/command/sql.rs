//! `aldb sql`: queries over the lake.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use aldb_lake::AsOf;
use aldb_query::{Session, output};
use clap::Args;

use super::RowFormat;
use crate::lake_option::{LakeOption, as_of};
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// Query the lake in SQL. Only reading is possible.
#[derive(Debug, Args)]
#[command(after_help = "SHOW TABLES lists what there is; DESCRIBE TABLE gives unit and meaning of every column.")]
pub(crate) struct Sql {
    /// The query; `-` reads it from standard input
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    query: Option<String>,
    /// File with the query
    #[arg(short = 'f', long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// How rows are written [default: by the ending of -o, else table]
    #[arg(long, value_enum)]
    format: Option<RowFormat>,
    /// File to write to [default: standard output]
    #[arg(short = 'o', long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The lake as it was: a snapshot's number or a time in UTC
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
        let frame = Session::open(&lake, snapshot)?.query(&query).await?;
        let format = self.format.or_else(|| by_ending(self.output.as_deref()?)).unwrap_or(RowFormat::Table).into();
        match &self.output {
            None => {
                let mut out = terminal::output();
                output::write(frame, format, &mut out).await?;
                out.flush()?;
            }
            Some(path) => {
                // Written beside and renamed: a query that fails leaves an older result as it was.
                let half = path.with_extension("half");
                let failed = |error: std::io::Error| format!("cannot write `{}`: {error}", path.display());
                let mut out = BufWriter::new(File::create(&half).map_err(failed)?);
                let written = output::write(frame, format, &mut out).await;
                let flushed = out.flush();
                match (written, flushed) {
                    (Ok(n_rows), Ok(())) => {
                        std::fs::rename(&half, path).map_err(failed)?;
                        terminal::say(&format_args!("wrote {n_rows} rows to {}", path.display()));
                    }
                    (Err(error), _) => {
                        let _ = std::fs::remove_file(&half);
                        return Err(error.into());
                    }
                    (_, Err(error)) => {
                        let _ = std::fs::remove_file(&half);
                        return Err(failed(error).into());
                    }
                }
            }
        }
        Ok(Outcome::Done)
    }
}

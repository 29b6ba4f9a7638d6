//! Why a query or a job did not run.

use std::path::PathBuf;

use aldb_lake::LakeError;
use datafusion::error::DataFusionError;

/// Why a query or a job did not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The lake refused.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The query is wrong, or failed while it ran.
    #[error("{}", plain(.0))]
    Sql(#[from] DataFusionError),
    /// The text holds no query, or several.
    #[error("expected one statement, found {found}")]
    Statements {
        /// How many.
        found: usize,
    },
    /// The statement would change something.
    #[error("only reading is possible: expected SELECT, SHOW TABLES, DESCRIBE or EXPLAIN, found {found}")]
    NotReading {
        /// The statement.
        found: String,
    },
    /// A query file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A job's header is wrong.
    #[error("`{job}`: {found}")]
    Header {
        /// The job.
        job: String,
        /// What is wrong, and what is expected.
        found: String,
    },
    /// A job's query is wrong or failed.
    #[error("job `{job}`: {}", plain(source))]
    Job {
        /// The job.
        job: String,
        /// Why.
        source: DataFusionError,
    },
    /// A job's result does not fit its table.
    #[error("job `{job}`: {found}")]
    Result {
        /// The job.
        job: String,
        /// What does not fit, and what is expected.
        found: String,
    },
    /// Jobs wait for each other.
    #[error("the jobs {cycle} need each other: one of them must do without")]
    Cycle {
        /// The jobs in the order of their need.
        cycle: String,
    },
    /// No such job.
    #[error("no job `{job}`: expected one of {known}")]
    UnknownJob {
        /// The name.
        job: String,
        /// The jobs there are.
        known: String,
    },
    /// No such check.
    #[error("no check `{check}`: expected one of {known}")]
    UnknownCheck {
        /// The name.
        check: String,
        /// The checks there are.
        known: String,
    },
    /// A row was asked for that is not there.
    #[error("{found}")]
    NoSuchRow {
        /// What was asked for, and what there is.
        found: String,
    },
    /// The lake does not know enough for a suggestion.
    #[error("no suggestion: {found}")]
    NoSuggestion {
        /// What is missing.
        found: String,
    },
    /// Rows could not be written.
    #[error("cannot write the result: {found}")]
    Output {
        /// Why not.
        found: String,
    },
}

/// DataFusion wraps errors in the names of its own layers; a person needs the innermost words.
fn plain(error: &DataFusionError) -> String {
    let text = error.strip_backtrace();
    let text = ["Error during planning: ", "Schema error: ", "SQL error: ", "Execution error: "]
        .iter()
        .fold(text, |text, layer| text.strip_prefix(layer).map_or_else(|| text.clone(), str::to_owned));
    match error.diagnostic().and_then(|diagnostic| diagnostic.span) {
        Some(span) => format!("line {}, column {}: {text}", span.start.line, span.start.column),
        None => text,
    }
}

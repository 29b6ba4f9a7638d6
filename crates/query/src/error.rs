//! Why a query or a job did not run.

use std::path::PathBuf;

use aldb_lake::LakeError;
use datafusion::error::DataFusionError;

use crate::codes::{Failure, FailureCode};

/// Why a query or a job did not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The lake cannot be read or written.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The query is invalid, or failed while it ran.
    #[error("{}", plain(.0))]
    Sql(#[from] DataFusionError),
    /// The text holds no statement, or several.
    #[error("expected one statement, found {found}")]
    Statements {
        /// How many.
        found: usize,
    },
    /// The statement would change something.
    #[error("queries are read-only: expected SELECT, SHOW TABLES, DESCRIBE or EXPLAIN, found {found}")]
    NotReading {
        /// The statement.
        found: String,
    },
    /// A query file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The header of a query file is invalid.
    #[error("`queries/{file}.sql`: {found}")]
    Header {
        /// The file below `queries/`, without its ending.
        file: String,
        /// Expected and found.
        found: String,
    },
    /// The query of a job is invalid or failed.
    #[error("`queries/derived/{job}.sql`: {}", plain(source))]
    Job {
        /// The job.
        job: String,
        /// The cause.
        source: DataFusionError,
    },
    /// The result of a job does not match its table.
    #[error("`queries/derived/{job}.sql`: {found}")]
    Result {
        /// The job.
        job: String,
        /// The difference, and what is expected.
        found: String,
    },
    /// Jobs depend on each other.
    #[error("the jobs {cycle} depend on each other: one of them must not")]
    Cycle {
        /// The jobs, each followed by one whose table it reads.
        cycle: String,
    },
    /// No such job.
    #[error("no job `{job}`: expected one of {known}")]
    UnknownJob {
        /// The name.
        job: String,
        /// The jobs that exist.
        known: String,
    },
    /// No such check.
    #[error("no check `{check}`: expected one of {known}")]
    UnknownCheck {
        /// The name.
        check: String,
        /// The checks that exist.
        known: String,
    },
    /// No such row.
    #[error("{found}")]
    NoSuchRow {
        /// The requested row, and what exists.
        found: String,
    },
    /// The lake holds too few measurements for a suggestion.
    #[error("no suggestion: {found}")]
    NoSuggestion {
        /// The missing information.
        found: String,
    },
    /// Rows could not be written.
    #[error("cannot write the result: {found}")]
    Output {
        /// The cause.
        found: String,
    },
}

impl QueryError {
    /// The code of the error, for programs.
    #[must_use]
    pub fn code(&self) -> FailureCode {
        match self {
            Self::Lake(_) => FailureCode::LakeUnreadable,
            Self::Sql(_) | Self::Job { .. } => FailureCode::QueryFailed,
            Self::Statements { .. } => FailureCode::NotOneStatement,
            Self::NotReading { .. } => FailureCode::NotReadOnly,
            Self::File { .. } => FailureCode::FileUnreadable,
            Self::Header { .. } => FailureCode::HeaderInvalid,
            Self::Result { .. } => FailureCode::ColumnsMismatch,
            Self::Cycle { .. } => FailureCode::CircularJobs,
            Self::UnknownJob { .. } | Self::UnknownCheck { .. } | Self::NoSuchRow { .. } => FailureCode::UnknownName,
            Self::NoSuggestion { .. } => FailureCode::InsufficientData,
            Self::Output { .. } => FailureCode::OutputFailed,
        }
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self { message: Some(error.to_string()), code: Some(error.code()) }
    }
}

/// The names that DataFusion's layers put before a message.
const LAYERS: [&str; 6] = [
    "Error during planning: ",
    "Schema error: ",
    "SQL error: ",
    "Execution error: ",
    "External error: ",
    "Arrow error: ",
];

/// The message for people: place in the text of the query, then what is wrong, without the names of layers.
fn plain(error: &DataFusionError) -> String {
    let text = error.strip_backtrace();
    let parts: Vec<&str> = text.split("\ncaused by\n").map(without_layers).collect();
    let text = parts.join(": ");
    match error.diagnostic().and_then(|diagnostic| diagnostic.span) {
        Some(span) => format!("line {}, column {}: {text}", span.start.line, span.start.column),
        None => text,
    }
}

fn without_layers(text: &str) -> &str {
    LAYERS.iter().find_map(|layer| text.strip_prefix(layer)).map_or(text, without_layers)
}

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
            Self::Sql(source) | Self::Job { source, .. } if aldb_lake::cause(source).is_some() => {
                FailureCode::LakeUnreadable
            }
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
const LAYERS: [&str; 11] = [
    "Error during planning: ",
    "Schema error: ",
    "SQL error: ",
    "sql parser error: ",
    "Execution error: ",
    "External error: ",
    "Arrow error: ",
    "Cast error: ",
    "Internal error: ",
    "Optimizer rule 'simplify_expressions' failed: ",
    "type_coercion: ",
];

/// What DataFusion adds to an error that it did not foresee; here it is one of the query.
const BUG: &str = "\nThis issue was likely caused by a bug in DataFusion's code. Please help us to resolve this by filing a bug \
                   report in our issue tracker: https://github.com/apache/datafusion/issues";

/// The message for people: place in the text of the query, then what is wrong, without the names of layers.
fn plain(error: &DataFusionError) -> String {
    // What is wrong with the lake says itself what to do, whatever part of a query met it.
    if let Some(cause) = aldb_lake::cause(error) {
        return cause;
    }
    let text = error.strip_backtrace().replace(BUG, "");
    let parts: Vec<&str> = text.split("\ncaused by\n").collect();
    let text = parsed(without_layers(&parts.join(": ")));
    match error.diagnostic().and_then(|diagnostic| diagnostic.span) {
        Some(span) => format!("line {}, column {}: {text}", span.start.line, span.start.column),
        None => text,
    }
}

fn without_layers(text: &str) -> &str {
    LAYERS.iter().find_map(|layer| text.strip_prefix(layer)).map_or(text, without_layers)
}

/// An error of the parser of SQL, which is written as `ParserError("Expected: …, found: … at Line: 1, Column: 8")`.
fn parsed(text: &str) -> String {
    let inner = ["ParserError(\"", "TokenizerError(\""].iter().find_map(|kind| text.strip_prefix(kind));
    let Some(inner) = inner.and_then(|rest| rest.strip_suffix("\")")) else { return text.to_owned() };
    let inner = inner.replace("\\\"", "\"").replace("\\'", "'").replace("\\n", "\n");
    let (words, place) = match inner.rsplit_once(" at Line: ") {
        Some((words, place)) => (words.to_owned(), format!("line {}: ", place.replace(", Column: ", ", column "))),
        None => (inner, String::new()),
    };
    let expected = words.strip_prefix("Expected: ").and_then(|rest| rest.rsplit_once(", found: "));
    match expected {
        Some((expected, "EOF")) => format!("{place}expected {expected}, found the end of the query"),
        Some((expected, found)) => format!("{place}expected {expected}, found `{found}`"),
        None => format!("{place}{words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(error: DataFusionError) -> String {
        QueryError::from(error).to_string()
    }

    #[test]
    fn an_error_of_the_parser_says_place_expected_and_found() {
        for (query, says) in [
            ("SELEC 1", "line 1, column 1: expected an SQL statement, found `SELEC`"),
            ("SELECT * FROM samples JOIN", "expected identifier, found the end of the query"),
            ("SELECT 'a", "line 1, column 8: Unterminated string literal"),
        ] {
            let error = datafusion::sql::parser::DFParser::parse_sql(query).unwrap_err();
            assert_eq!(message(error), says);
        }
    }

    #[test]
    fn a_message_has_neither_layers_nor_a_backtrace() {
        let plan = DataFusionError::Plan("no such thing".to_owned());
        let error = DataFusionError::Context("type_coercion".to_owned(), Box::new(plan));
        assert_eq!(message(error), "no such thing");
        let traced = DataFusionError::Execution("no space left\n\nbacktrace:    0: main".to_owned());
        assert_eq!(message(traced), "no space left");
    }
}

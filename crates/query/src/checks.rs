//! Checks: queries that find rows which contradict themselves or each other.
//!
//! A check is one file of `queries/checks/`. Its header states the severity and the table and key of the rows that it
//! finds:
//!
//! ```sql
//! -- severity: error
//! -- row: composition measurement_id
//! -- Contents that do not add up to 100 at.%.
//! SELECT measurement_id, concat('adds up to ', total) AS reason FROM …
//! ```
//!
//! The query returns the contradicting rows, each with a `reason` for people; the columns after `-- row: TABLE` are the
//! key of the row, by which its lineage is found.

use std::collections::BTreeMap;

use aldb_lake::{Lake, Snapshot};
use arrow::array::AsArray as _;
use datafusion::error::DataFusionError;
use serde::Serialize;

use crate::codes::Failure;
use crate::derive::{SourceFile, lineages};
use crate::keyed::values;
use crate::queries::{QueryFile, QueryFolder, query_files};
use crate::{QueryError, Session};

/// The severity of what a check finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Missing or ambiguous.
    Note,
    /// Conflicts with other numbers, or hides a condition.
    Warning,
    /// Cannot be right.
    Error,
}

/// What a check found.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// The check: `queries/checks/<name>.sql`.
    pub check: String,
    /// The severity of what it finds.
    pub severity: Severity,
    /// What it finds, in words.
    pub meaning: String,
    /// The table whose rows it finds.
    pub table: String,
    /// The rows that it finds.
    pub rows: Vec<FoundRow>,
    /// Why it could not be run; null if it was run.
    #[serde(flatten)]
    pub failure: Failure,
}

/// A row that a check found.
#[derive(Debug, Clone, Serialize)]
pub struct FoundRow {
    /// Its key: columns and values.
    pub key: BTreeMap<String, String>,
    /// What is wrong with it.
    pub reason: String,
    /// The files that it was derived from.
    pub files: Vec<SourceFile>,
}

/// Runs the checks that ship with aldb and those of the lake: all, or those named.
///
/// # Errors
///
/// [`QueryError`] if a name is unknown, a header is invalid or the lake cannot be read. A check whose query fails is in
/// the report, and the other checks are run.
pub async fn run_checks(lake: &Lake, snapshot: &Snapshot, named: &[String]) -> Result<Vec<CheckReport>, QueryError> {
    let files = query_files(Some(lake.root()), QueryFolder::Checks)?;
    if let Some(unknown) = named.iter().find(|name| !files.contains_key(*name)) {
        let known = files.keys().cloned().collect::<Vec<_>>().join(", ");
        return Err(QueryError::UnknownCheck { check: unknown.clone(), known });
    }
    let session = Session::without_excluded(lake, snapshot.clone())?;
    let mut reports = Vec::new();
    for file in files.values().filter(|file| named.is_empty() || named.contains(&file.name)) {
        let header = Header::parse(file)?;
        let mut report = CheckReport {
            check: file.name.clone(),
            severity: header.severity,
            meaning: header.meaning,
            table: header.table.clone(),
            rows: Vec::new(),
            failure: Failure::default(),
        };
        match find_rows(&session, file, &header.key).await {
            Ok(rows) => report.rows = rows,
            Err(error) => report.failure = error.into(),
        }
        let places: Vec<(String, Vec<String>)> = report
            .rows
            .iter()
            .map(|row| (header.table.clone(), header.key.iter().map(|column| row.key[column].clone()).collect()))
            .collect();
        match lineages(lake, snapshot.clone(), &places).await {
            Ok(found) => {
                for (row, lineage) in report.rows.iter_mut().zip(found) {
                    row.files = lineage.files().into_values().cloned().collect();
                }
            }
            Err(error) => {
                let message = format!("the source files of its rows were not found: {error}");
                report.failure = Failure { message: Some(message), code: Some(error.code()) };
            }
        }
        reports.push(report);
    }
    reports.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.check.cmp(&b.check)));
    Ok(reports)
}

struct Header {
    severity: Severity,
    table: String,
    key: Vec<String>,
    meaning: String,
}

impl Header {
    fn parse(file: &QueryFile) -> Result<Self, QueryError> {
        let invalid = |found: String| QueryError::Header { file: format!("checks/{}", file.name), found };
        let entry = |name: &str| file.header().find_map(|line| Some(line.strip_prefix(name)?.trim()));
        let severity = match entry("severity:") {
            Some("error") => Severity::Error,
            Some("warning") => Severity::Warning,
            Some("note") => Severity::Note,
            found => {
                let found = found.map_or_else(|| "none".to_owned(), |found| format!("`{found}`"));
                let expected = "expected `-- severity: error`, `warning` or `note` at the top";
                return Err(invalid(format!("{expected}, found {found}")));
            }
        };
        let mut words = entry("row:").unwrap_or_default().split([' ', ',']).filter(|word| !word.is_empty());
        let Some(table) = words.next() else {
            return Err(invalid("expected `-- row: TABLE COLUMN[, COLUMN]` at the top, found none".to_owned()));
        };
        let key: Vec<String> = words.map(str::to_owned).collect();
        if key.is_empty() {
            return Err(invalid(format!("expected `-- row: {table} COLUMN[, COLUMN]`, found no column")));
        }
        let meaning = file.header().filter(|line| !line.starts_with("severity:") && !line.starts_with("row:"));
        Ok(Self { severity, table: table.to_owned(), key, meaning: meaning.collect::<Vec<_>>().join(" ") })
    }
}

async fn find_rows(session: &Session, file: &QueryFile, key: &[String]) -> Result<Vec<FoundRow>, QueryError> {
    let frame = session.query(&file.text).await?;
    let missing = key.iter().map(String::as_str).chain(["reason"]);
    for column in missing {
        if frame.schema().field_with_unqualified_name(column).is_err() {
            let found = format!("expected a column `{column}`, found {}", frame.schema().field_names().join(", "));
            return Err(QueryError::Header { file: format!("checks/{}", file.name), found });
        }
    }
    let mut rows = Vec::new();
    for batch in frame.collect().await? {
        for row in 0..batch.num_rows() {
            let columns = key.iter().filter_map(|column| batch.column_by_name(column));
            let values = values(columns, row).map_err(DataFusionError::from)?;
            let reason = batch.column_by_name("reason").and_then(|array| array.as_string_opt::<i32>().cloned());
            let reason = reason.map(|reasons| reasons.value(row).to_owned()).unwrap_or_default();
            rows.push(FoundRow { key: key.iter().cloned().zip(values).collect(), reason, files: Vec::new() });
        }
    }
    rows.sort_by(|a, b| (&a.key, &a.reason).cmp(&(&b.key, &b.reason)));
    Ok(rows)
}

//! The codes that docs/CLI.md lists are those of the program.

use std::fmt::Write as _;

use aldb_fit::quality::ReasonCode;
use aldb_formats::FileErrorCode;
use aldb_query::codes::{FailureCode, JobCause, RowReason, StaleCause};

/// The rows of a table of codes, after the line that introduces it.
fn table(introduction: &str, rows: impl IntoIterator<Item = (&'static str, &'static str)>) -> String {
    let mut text = format!("{introduction}\n\n| Code | Meaning |\n| --- | --- |\n");
    for (code, meaning) in rows {
        writeln!(text, "| `{code}` | {meaning} |").unwrap();
    }
    text
}

#[test]
fn the_documentation_lists_every_code_with_its_meaning() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/CLI.md")).unwrap();
    let (_, codes) = page.split_once("\n## Codes\n").unwrap();
    let tables = [
        table(
            "Why a file was not read (`error_code` in `failed[]` of `ingest` and `status`):",
            FileErrorCode::ALL.iter().map(|code| (code.as_str(), code.meaning())),
        ),
        table(
            "Why the keys of a job were compared (`cause_code` of `derive`):",
            JobCause::ALL.iter().map(|code| (code.as_str(), code.meaning())),
        ),
        table(
            "Why a key was derived again (`code` in `stale[]` of `derive`):",
            StaleCause::ALL.iter().map(|code| (code.as_str(), code.meaning())),
        ),
        table(
            "Why a job, a check or a query failed (`error_code`):",
            FailureCode::ALL.iter().map(|code| (code.as_str(), code.meaning())),
        ),
        table(
            "Why a fit is not good, or failed (`reason_code` of derived tables):",
            ReasonCode::ALL.iter().map(|code| (code.as_str(), code.meaning())),
        ),
        table(
            "Why a row of a derived table has no value (`reason_code`):",
            RowReason::ALL.iter().map(|code| (code.as_str(), code.meaning())),
        ),
    ];
    for table in tables {
        assert!(codes.contains(&table), "docs/CLI.md, under `## Codes`: expected\n{table}");
    }
}

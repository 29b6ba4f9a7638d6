//! A job: the header and the query of one file in `queries/derived/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;

use super::statement::canonical;
use crate::catalog::{EXCLUSIONS, has_excluded_rows};
use crate::queries::{QueryFile, QueryFolder, query_files};
use crate::{QueryError, functions};

/// A derived table and the query that makes it.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) name: String,
    /// The columns that identify what is derived; all rows of a key are derived together.
    pub(super) key: Vec<String>,
    pub(super) text: String,
    /// The header's version, and the hash of everything that determines the result apart from the input rows.
    pub(super) version: String,
    /// Tables that the query reads, directly or through views.
    pub(super) inputs: BTreeSet<String>,
    /// The functions that it calls, each with its version.
    pub(super) functions: String,
}

impl Job {
    /// Turns an error of DataFusion into one of this job.
    pub(super) fn failed<E: Into<DataFusionError>>(&self) -> impl Fn(E) -> QueryError {
        failed(&self.name)
    }

    fn new(file: &QueryFile) -> Result<Self, QueryError> {
        let entry = |name: &str| {
            file.header().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':').map(str::trim))
        };
        let invalid =
            |found: &str| QueryError::Header { file: format!("derived/{}", file.name), found: found.to_owned() };
        let key =
            entry("key").ok_or_else(|| invalid("expected a line `-- key: COLUMN[, COLUMN]` at the top, found none"))?;
        let key: Vec<String> = key.split(',').map(|column| column.trim().to_owned()).collect();
        if key.iter().any(String::is_empty) {
            return Err(invalid("expected `-- key: COLUMN[, COLUMN]`, found an empty column name"));
        }
        let version =
            entry("version").ok_or_else(|| invalid("expected a line `-- version: NUMBER` at the top, found none"))?;
        let number: u32 = version
            .parse()
            .map_err(|_| invalid(&format!("expected `-- version:` and a whole number, found `{version}`")))?;
        Ok(Self {
            name: file.name.clone(),
            key,
            text: file.text.clone(),
            version: number.to_string(),
            inputs: BTreeSet::new(),
            functions: String::new(),
        })
    }
}

/// The jobs of a lake, each after those whose tables it reads.
pub(super) fn jobs(lake: &Path, state: &SessionState) -> Result<Vec<Job>, QueryError> {
    let views = query_files(Some(lake), QueryFolder::Views)?;
    let mut jobs = BTreeMap::new();
    for file in query_files(Some(lake), QueryFolder::Derived)?.values() {
        let mut job = Job::new(file)?;
        let mut texts = vec![canonical(&job.text).map_err(job.failed())?];
        let mut waiting = named_tables(state, &job.name, &job.text)?;
        let mut seen = BTreeSet::new();
        while let Some(name) = waiting.pop_first() {
            if !seen.insert(name.clone()) {
                continue;
            }
            match views.get(&name) {
                Some(view) => {
                    texts.push(canonical(&view.text).map_err(job.failed())?);
                    waiting.extend(named_tables(state, &job.name, &view.text)?);
                }
                None => {
                    job.inputs.insert(name);
                }
            }
        }
        if job.inputs.iter().any(|table| has_excluded_rows(table)) {
            job.inputs.insert(EXCLUSIONS.to_owned());
        }
        let mut hash = blake3::Hasher::new();
        job.functions = functions::versions(&texts.join(" "));
        // Rows with different columns are different rows.
        let columns = aldb_schema::table(&job.name).map_or_else(String::new, |table| {
            table.columns.iter().map(|column| format!("{} {}\n", column.name, column.field().data_type())).collect()
        });
        for part in texts.iter().map(String::as_str).chain([job.functions.as_str(), &job.key.join(","), &columns]) {
            hash.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        job.version = format!("{}-{}", job.version, &hash.finalize().to_hex()[..16]);
        jobs.insert(job.name.clone(), job);
    }
    in_order(jobs)
}

fn failed<E: Into<DataFusionError>>(job: &str) -> impl Fn(E) -> QueryError + use<E> {
    let job = job.to_owned();
    move |source| QueryError::Job { job: job.clone(), source: source.into() }
}

fn named_tables(state: &SessionState, job: &str, text: &str) -> Result<BTreeSet<String>, QueryError> {
    let dialect = state.config().options().sql_parser.dialect;
    let statement = state.sql_to_statement(text, &dialect).map_err(failed(job))?;
    let references = state.resolve_table_references(&statement).map_err(failed(job))?;
    Ok(references.iter().map(|reference| reference.table().to_owned()).collect())
}

fn in_order(mut jobs: BTreeMap<String, Job>) -> Result<Vec<Job>, QueryError> {
    let mut ordered: Vec<Job> = Vec::new();
    while !jobs.is_empty() {
        let ready = jobs.values().find(|job| !job.inputs.iter().any(|input| jobs.contains_key(input)));
        let Some(name) = ready.map(|job| job.name.clone()) else {
            return Err(QueryError::Cycle { cycle: cycle(&jobs).join(" → ") });
        };
        ordered.extend(jobs.remove(&name));
    }
    Ok(ordered)
}

/// For jobs that all depend on others among them: some that form a cycle, each followed by one that it reads.
fn cycle(jobs: &BTreeMap<String, Job>) -> Vec<String> {
    let mut path: Vec<&str> = Vec::new();
    let mut next = jobs.keys().next().map(String::as_str);
    while let Some(name) = next {
        if let Some(place) = path.iter().position(|visited| *visited == name) {
            path.drain(..place);
            path.push(name);
            break;
        }
        path.push(name);
        next = jobs[name].inputs.iter().map(String::as_str).find(|input| jobs.contains_key(*input));
    }
    path.into_iter().map(|name| format!("`queries/derived/{name}.sql`")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> QueryFile {
        QueryFile { name: "growth".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_header_without_a_key_is_named() {
        let error = Job::new(&file("-- version: 1\nSELECT 1")).unwrap_err().to_string();
        assert_eq!(
            error,
            "`queries/derived/growth.sql`: expected a line `-- key: COLUMN[, COLUMN]` at the top, found none"
        );
    }

    #[test]
    fn a_version_that_is_not_a_number_is_shown() {
        let error = Job::new(&file("-- key: a\n-- version: new\nSELECT 1")).unwrap_err().to_string();
        assert_eq!(error, "`queries/derived/growth.sql`: expected `-- version:` and a whole number, found `new`");
    }

    #[test]
    fn jobs_that_depend_on_each_other_are_named() {
        let job = |name: &str, input: &str| {
            let mut job = Job::new(&file("-- key: a\n-- version: 1\nSELECT 1")).unwrap();
            job.name = name.to_owned();
            job.inputs.insert(input.to_owned());
            (name.to_owned(), job)
        };
        // A job that only reads one of their tables is not named.
        let error = in_order([job("0", "a"), job("a", "b"), job("b", "a")].into()).unwrap_err().to_string();
        assert_eq!(
            error,
            "the jobs `queries/derived/a.sql` → `queries/derived/b.sql` → `queries/derived/a.sql` depend on each other: one of them must not"
        );
    }
}

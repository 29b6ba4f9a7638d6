//! Verifies a lake: files against their hashes, tables against their schemas, numbers of rows against those recorded.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aldb_lake::{Lake, LakeError, Snapshot};
use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Int64Type;
use arrow::row::OwnedRow;
use datafusion::error::DataFusionError;
use serde::Serialize;

use crate::keyed::Keys;
use crate::{QueryError, Session};

/// What was verified, and the discrepancies.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Verified {
    /// Files in the archive.
    pub n_files: usize,
    /// Tables.
    pub n_tables: usize,
    /// Their rows.
    pub n_rows: usize,
    /// Each discrepancy, in words.
    pub problems: Vec<String>,
}

/// Verifies the archive and the tables of a snapshot.
///
/// # Errors
///
/// [`QueryError`] where the lake cannot be read at all; discrepancies are in the result.
pub async fn verify(lake: &Lake, snapshot: &Snapshot) -> Result<Verified, QueryError> {
    let session = Session::open(lake, snapshot.clone())?;
    let mut verified = Verified::default();
    files(lake, &session, &mut verified).await?;
    tables(snapshot, &mut verified).await?;
    counts(&session, snapshot, &mut verified).await?;
    Ok(verified)
}

/// Every file that was read is in the archive, and its bytes have the hash under which it is stored.
async fn files(lake: &Lake, session: &Session, verified: &mut Verified) -> Result<(), QueryError> {
    let query =
        "SELECT file_id, min(path) FROM source_files WHERE file_id IS NOT NULL GROUP BY file_id ORDER BY file_id";
    let kept = "SELECT DISTINCT file_id FROM measurements";
    let needed: HashSet<String> = texts(session, kept).await?.into_iter().map(|row| row[0].clone()).collect();
    let archive = lake.archive();
    for row in texts(session, query).await? {
        let (id, path) = (&row[0], &row[1]);
        match archive.get(id) {
            Ok(bytes) => {
                verified.n_files += 1;
                let found = aldb_lake::file_id(&bytes);
                if found != *id {
                    verified
                        .problems
                        .push(format!("archive: the copy of `{path}` has the hash {found}, expected {id}"));
                }
            }
            // A file that could not be read may be missing from the archive; one with measurements must not.
            Err(error) if needed.contains(id) || archive.path(id).exists() => {
                verified.problems.push(format!("archive: `{path}`: {error}"));
            }
            Err(_) => {}
        }
    }
    Ok(())
}

/// Every table has the columns of its schema, and no key more than once.
async fn tables(snapshot: &Snapshot, verified: &mut Verified) -> Result<(), QueryError> {
    let names: Vec<String> = snapshot.tables().map(str::to_owned).collect();
    for name in names {
        verified.n_tables += 1;
        let schema = match snapshot.schema(&name).await {
            Ok(schema) => schema,
            Err(error @ LakeError::Column { .. }) => {
                verified.problems.push(error.to_string());
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let key = aldb_schema::table(&name).map(|described| described.key.clone()).unwrap_or_default();
        let columns: Vec<&str> = match key.is_empty() {
            true => schema.fields().iter().take(1).map(|field| field.name().as_str()).collect(),
            false => key.iter().map(String::as_str).collect(),
        };
        let mut seen: HashSet<OwnedRow> = HashSet::new();
        let mut repeated = 0_usize;
        let mut keys = Keys::new(&key);
        for batch in snapshot.read(&name, &columns, None).await? {
            verified.n_rows += batch.num_rows();
            if key.is_empty() {
                continue;
            }
            let rows = keys.rows(&batch).map_err(DataFusionError::from)?;
            repeated += rows.into_iter().filter(|row| !seen.insert(row.clone())).count();
        }
        if repeated > 0 {
            verified.problems.push(format!("{name}: rows with a duplicate key: {repeated} (key {})", key.join(", ")));
        }
    }
    Ok(())
}

/// Every measurement has its recorded number of rows, and every row its measurement.
async fn counts(session: &Session, snapshot: &Snapshot, verified: &mut Verified) -> Result<(), QueryError> {
    let mut expected: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    let query = "SELECT fact_table, measurement_id, CAST(n_points AS BIGINT) AS n FROM measurements";
    for (names, n) in counted(session, query).await? {
        expected.entry(names[0].clone()).or_default().insert(names[1].clone(), n);
    }
    let mut facts: BTreeSet<String> = expected.keys().cloned().collect();
    let of_kind = |name: &&str| aldb_schema::table(name).is_some_and(|table| table.kind == aldb_schema::Kind::Fact);
    facts.extend(snapshot.tables().filter(of_kind).map(str::to_owned));
    for fact in facts {
        let known = expected.remove(&fact).unwrap_or_default();
        let mut found: BTreeMap<String, i64> = BTreeMap::new();
        if snapshot.version(&fact).is_some() {
            let query = format!("SELECT '', measurement_id, count(*) AS n FROM {fact} GROUP BY measurement_id");
            found = counted(session, &query).await?.into_iter().map(|(names, n)| (names[1].clone(), n)).collect();
        }
        for (id, n) in &known {
            let there = found.remove(id).unwrap_or(0);
            if there != *n {
                verified.problems.push(format!("{fact}: measurement {id}: expected {n} rows, found {there}"));
            }
        }
        for (id, n) in found {
            verified.problems.push(format!("{fact}: measurement {id} is not in `measurements`, rows found: {n}"));
        }
    }
    Ok(())
}

async fn texts(session: &Session, query: &str) -> Result<Vec<Vec<String>>, QueryError> {
    let mut all = Vec::new();
    let batches = match session.query(query).await {
        Ok(frame) => frame.collect().await?,
        // A lake without the table has nothing to verify in it.
        Err(QueryError::Lake(LakeError::UnknownTable { .. })) => Vec::new(),
        Err(error) => return Err(error),
    };
    for batch in batches {
        let columns: Vec<_> = batch.columns().iter().filter_map(|array| array.as_string_opt::<i32>()).collect();
        for row in 0..batch.num_rows() {
            all.push(columns.iter().map(|column| column.value(row).to_owned()).collect());
        }
    }
    Ok(all)
}

async fn counted(session: &Session, query: &str) -> Result<Vec<(Vec<String>, i64)>, QueryError> {
    let mut all = Vec::new();
    for batch in session.query(query).await?.collect().await? {
        let names: Vec<_> = batch.columns().iter().filter_map(|array| array.as_string_opt::<i32>()).collect();
        let Some(counts) = batch.columns().last().and_then(|array| array.as_primitive_opt::<Int64Type>()) else {
            continue;
        };
        for row in 0..batch.num_rows() {
            let values = names.iter().map(|column| column.is_valid(row).then(|| column.value(row).to_owned()));
            all.push((values.map(Option::unwrap_or_default).collect(), counts.value(row)));
        }
    }
    Ok(all)
}

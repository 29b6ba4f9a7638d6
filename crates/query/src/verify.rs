//! Verifies a lake: every byte against its hash, tables against their schemas, numbers of rows against those recorded.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aldb_lake::{Lake, LakeError, Part, Snapshot};
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
    /// What is known to be lost since a repair, and what could not be compared, in words.
    pub notes: Vec<String>,
    /// Whether the state of the lake can be queried: no table of it is damaged.
    #[serde(skip)]
    pub is_readable: bool,
}

/// Verifies every file of a lake, and the tables of its newest state.
///
/// # Errors
///
/// [`QueryError`] where the lake cannot be read at all; discrepancies are in the result.
pub async fn verify(lake: &Lake) -> Result<Verified, QueryError> {
    let examined = lake.examine().await?;
    let mut verified = Verified { n_files: examined.n_archived, notes: examined.notes.clone(), ..Verified::default() };
    verified.is_readable =
        !examined.damages.iter().any(|damage| matches!(damage.part, Part::Table(..) | Part::Journal(_)));
    verified.problems.extend(examined.damages.into_iter().map(|damage| damage.text));
    if !verified.is_readable {
        verified.notes.push("keys and numbers of rows can be compared only when no table is damaged".to_owned());
        return Ok(verified);
    }
    let snapshot = lake.snapshot().await?;
    let session = Session::open(lake, snapshot.clone())?;
    files(lake, &session, &mut verified).await?;
    tables(&snapshot, &mut verified).await?;
    counts(&session, &snapshot, &mut verified).await?;
    Ok(verified)
}

/// Every file with measurements, and every description, is in the archive.
async fn files(lake: &Lake, session: &Session, verified: &mut Verified) -> Result<(), QueryError> {
    let query = "SELECT file_id, min(path) FROM source_files WHERE file_id IS NOT NULL AND (status = 'read' OR file_id IN \
                 (SELECT file_id FROM measurements)) GROUP BY file_id ORDER BY file_id";
    let archive = lake.archive();
    for row in texts(session, query).await? {
        let (id, path) = (&row[0], &row[1]);
        if !archive.path(id).exists() {
            let place = archive.path(id);
            let place = place.strip_prefix(lake.root()).unwrap_or(&place).display().to_string();
            verified.problems.push(format!("archive: `{place}`, the copy of `{path}`, is missing"));
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

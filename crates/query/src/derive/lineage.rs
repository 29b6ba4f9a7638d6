//! The origin of a row: through jobs and their versions to measurements, files and their hashes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use aldb_lake::{Lake, Snapshot};
use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int32Type, Int64Type, Schema};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use serde::Serialize;

use super::carry::{Carry, SEPARATOR, carried_column, collect_texts, occurrences};
use super::job::{Job, jobs};
use super::shape::{INPUT_HASH, Shape};
use super::stored::JOB_VERSION;
use crate::catalog::EXCLUSIONS;
use crate::keyed::values;
use crate::{QueryError, Session};

/// A row, or the rows of a key, and the rows that it was derived from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lineage {
    /// The table.
    pub table: String,
    /// Its key: columns and values.
    pub key: BTreeMap<String, String>,
    /// The values of its row, or of each of the rows of its key: all columns but lists, structures and nulls. Only of derived
    /// rows, of samples and of measurements.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Values>,
    /// The job that derived it; null for measured and hand-written rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<DerivedBy>,
    /// The file from which it was read; null for derived rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<SourceFile>,
    /// Unknown parts of its origin, and what somebody excluded from it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The rows that it was derived from, those with the shortest origin first; last those that failed and so gave it no value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Lineage>,
}

/// Values by their columns.
pub type Values = BTreeMap<String, serde_json::Value>;

/// The job that derived a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DerivedBy {
    /// The job: `queries/derived/<name>.sql`.
    pub name: String,
    /// Its version: the header's, and a hash of its query, the views in it and the versions of its functions.
    pub job_version: String,
    /// Fingerprint of the rows that it was derived from.
    pub input_hash: String,
    /// The functions that its query calls, each with its version.
    pub functions: String,
}

/// A file as it was ingested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceFile {
    /// BLAKE3 of its bytes.
    pub file_id: String,
    /// The paths at which it was found.
    pub paths: Vec<String>,
    /// Its size in bytes; null if the lake does not know the file.
    pub size_bytes: Option<i64>,
    /// The format as which it was read.
    pub adapter: Option<String>,
    /// The place of its bytes in the lake, relative to the lake.
    pub archive: String,
}

impl Lineage {
    /// Whether it is a derived row without a value: what is derived from it used nothing of it.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.values.is_empty()
            && self.values.iter().all(|row| row.get("quality").is_some_and(|quality| quality == "failed"))
    }

    /// The tables of the tree.
    #[must_use]
    pub fn tables(&self) -> BTreeSet<String> {
        let mut tables: BTreeSet<String> = self.inputs.iter().flat_map(Self::tables).collect();
        tables.insert(self.table.clone());
        tables
    }

    /// Number of rows in the tree.
    fn size(&self) -> usize {
        1 + self.inputs.iter().map(Self::size).sum::<usize>()
    }

    /// The files at the ends of the tree, each once.
    #[must_use]
    pub fn files(&self) -> BTreeMap<&str, &SourceFile> {
        let mut files = BTreeMap::new();
        let mut waiting = vec![self];
        while let Some(node) = waiting.pop() {
            files.extend(node.file.as_ref().map(|file| (file.file_id.as_str(), file)));
            waiting.extend(&node.inputs);
        }
        files
    }
}

/// The table of a row and the values of its identifying columns, as text.
type RowId = (String, Vec<String>);

/// The keys of rows by table.
type Keys = BTreeMap<String, BTreeSet<Vec<String>>>;

/// Follows a row of a table to its source files. `key` has a value for each column of the table's key.
///
/// # Errors
///
/// [`QueryError::NoSuchRow`] if the table has no such key; [`QueryError`] if the lake or a query is invalid.
pub async fn lineage(lake: &Lake, snapshot: Snapshot, table: &str, key: &[String]) -> Result<Lineage, QueryError> {
    let roots = [(table.to_owned(), key.to_vec())];
    let mut all = lineages(lake, snapshot, &roots).await?;
    Ok(all.remove(0))
}

/// The same for several rows at once.
///
/// # Errors
///
/// As [`lineage`].
pub async fn lineages(lake: &Lake, snapshot: Snapshot, roots: &[RowId]) -> Result<Vec<Lineage>, QueryError> {
    let session = Session::without_excluded(lake, snapshot.clone())?;
    let whole = Session::open(lake, snapshot.clone())?;
    let jobs = jobs(lake.root(), &session.context().state())?;
    let mut search = Search {
        session: &session,
        whole: &whole,
        snapshot: &snapshot,
        jobs: &jobs,
        columns: BTreeMap::new(),
        sources: HashMap::new(),
        notes: HashMap::new(),
    };
    let mut waiting = Keys::new();
    let roots: Vec<RowId> = roots.iter().map(|(table, key)| (table.clone(), search.job_key(table, key))).collect();
    for (table, key) in &roots {
        search.require(table, key).await?;
        waiting.entry(table.clone()).or_default().insert(key.clone());
    }
    // A job comes after those whose tables it reads. In reverse order all keys of a table are known before it is
    // followed.
    for job in jobs.iter().rev() {
        if let Some(keys) = waiting.remove(&job.name) {
            for (table, key) in search.follow(job, &keys).await? {
                waiting.entry(table).or_default().insert(key);
            }
        }
    }
    let files = search.files(lake, &waiting).await?;
    let (derived, mut values) = search.derived().await?;
    search.values_of_leaves(&waiting, &mut values).await?;
    search.note_exclusions(&roots, &waiting).await?;
    Ok(roots.iter().map(|root| search.tree(root, &derived, &values, &files)).collect())
}

struct Search<'a> {
    /// In which jobs are planned: without what somebody excluded.
    session: &'a Session,
    /// In which rows are read.
    whole: &'a Session,
    snapshot: &'a Snapshot,
    jobs: &'a [Job],
    /// Identifying columns by table.
    columns: BTreeMap<String, Vec<String>>,
    /// The rows that a row was derived from.
    sources: HashMap<RowId, BTreeSet<RowId>>,
    notes: HashMap<RowId, Vec<String>>,
}

impl Search<'_> {
    fn job(&self, table: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.name == table)
    }

    /// The columns that identify rows of a table: the key of its job; else its own key, with the file.
    async fn identity(&mut self, table: &str) -> Result<Vec<String>, QueryError> {
        if let Some(known) = self.columns.get(table) {
            return Ok(known.clone());
        }
        let schema = self.whole.context().table_provider(table).await?.schema();
        let has = |name: &str| schema.field_with_name(name).is_ok();
        let columns = match (self.job(table), aldb_schema::table(table)) {
            (Some(job), _) => job.key.clone(),
            (None, _) if !has("file_id") && has("measurement_id") => vec!["measurement_id".to_owned()],
            (None, Some(described)) => {
                let mut columns = described.key.clone();
                if has("file_id") && !columns.iter().any(|column| column == "file_id") {
                    columns.push("file_id".to_owned());
                }
                columns
            }
            (None, None) => schema.fields().iter().map(|field| field.name().clone()).collect(),
        };
        self.columns.insert(table.to_owned(), columns.clone());
        Ok(columns)
    }

    /// The key of the table's job, from a key of the table where all its columns are given.
    fn job_key(&self, table: &str, key: &[String]) -> Vec<String> {
        let whole = aldb_schema::table(table).map(|table| table.key.as_slice()).unwrap_or_default();
        match self.job(table) {
            Some(job) if key.len() == whole.len() => {
                let values = job
                    .key
                    .iter()
                    .map(|column| whole.iter().position(|other| other == column).map(|at| key[at].clone()));
                values.collect::<Option<Vec<String>>>().unwrap_or_else(|| key.to_vec())
            }
            _ => key.to_vec(),
        }
    }

    /// Fails if there is no such row.
    async fn require(&mut self, table: &str, key: &[String]) -> Result<(), QueryError> {
        if self.session.is_view(table) {
            return Err(QueryError::NoSuchRow {
                found: format!(
                    "`{table}` is a view: expected one of the tables that it reads (`aldb sql 'EXPLAIN SELECT * FROM {table}'` lists them)"
                ),
            });
        }
        let mut columns = self.identity(table).await?;
        if self.job(table).is_none() {
            columns.truncate(key.len().max(1));
        }
        if columns.len() != key.len() {
            let found = format!(
                "`{table}` has the key {}: expected {} values, found {}",
                columns.join(", "),
                columns.len(),
                key.len()
            );
            return Err(QueryError::NoSuchRow { found });
        }
        if self.job(table).is_none() {
            self.columns.insert(table.to_owned(), columns.clone());
        }
        let rows = self.rows(table, &columns, &[key.to_vec()].into(), &[]).await?;
        if rows.iter().all(|batch| batch.num_rows() == 0) {
            let shown: Vec<String> =
                columns.iter().zip(key).map(|(column, value)| format!("{column} = {value}")).collect();
            return Err(QueryError::NoSuchRow { found: format!("`{table}` has no row with {}", shown.join(", ")) });
        }
        Ok(())
    }

    /// The rows of some keys, in their key columns and others.
    async fn rows(
        &self,
        table: &str,
        key: &[String],
        keys: &BTreeSet<Vec<String>>,
        others: &[&str],
    ) -> Result<Vec<RecordBatch>, QueryError> {
        let schema = self.whole.context().table_provider(table).await?.schema();
        let types: Vec<DataType> = key
            .iter()
            .map(|name| schema.field_with_name(name).map_or(DataType::Utf8, |field| field.data_type().clone()))
            .collect();
        let wanted = key_batch(key, &types, keys).map_err(DataFusionError::from)?;
        let names: Vec<&str> = key.iter().map(String::as_str).chain(others.iter().copied()).collect();
        let wanted = self.whole.context().read_batch(wanted)?;
        let on: Vec<&str> = key.iter().map(String::as_str).collect();
        let frame = self.whole.context().table(table).await?.select_columns(&names)?;
        Ok(frame.join(wanted, datafusion::common::JoinType::LeftSemi, &on, &on, None)?.collect().await?)
    }

    /// Finds the rows that some keys of a job were derived from.
    async fn follow(&mut self, job: &Job, keys: &BTreeSet<Vec<String>>) -> Result<BTreeSet<RowId>, QueryError> {
        let plan = self.session.plan(&job.text).await.map_err(job.failed())?;
        let types: Vec<DataType> = job
            .key
            .iter()
            .map(|name| {
                plan.schema()
                    .field_with_unqualified_name(name)
                    .map_or(DataType::Utf8, |field| field.data_type().clone())
            })
            .collect();
        let shape = Shape::new(plan, &job.key).map_err(job.failed())?;
        let wanted = key_batch(&job.key, &types, keys).map_err(job.failed())?;
        let mut found = BTreeSet::new();
        // Rows exist because there is no exclusion: they were not derived from any.
        for table in job.inputs.iter().filter(|table| *table != EXCLUSIONS) {
            let columns = self.identity(table).await?;
            for occurrence in 0..occurrences(shape.input(), table) {
                let mut carry = Carry { table, columns: &columns, occurrence, seen: 0 };
                let Some((carrying, true)) = carry.plan(shape.input()).map_err(job.failed())? else {
                    let note = format!("the query does not show which rows of {table} it was derived from");
                    for key in keys {
                        self.notes.entry((job.name.clone(), key.clone())).or_default().push(note.clone());
                    }
                    continue;
                };
                let plan = shape.restricted_to(carrying, Some(&wanted)).map_err(job.failed())?;
                let Some(carried) = carried_column(plan.schema()) else { continue };
                let columns = shape.named_keys().chain([Expr::Column(carried)]);
                let plan = LogicalPlanBuilder::from(plan).project(columns.collect::<Vec<_>>()).map_err(job.failed())?;
                let plan = plan.build().map_err(job.failed())?;
                for batch in self.session.collect(plan).await.map_err(job.failed())? {
                    let n = job.key.len();
                    for row in 0..batch.num_rows() {
                        let key = values(batch.columns().iter().take(n), row).map_err(job.failed())?;
                        let mut rows = Vec::new();
                        collect_texts(batch.column(n).as_ref(), row, &mut rows);
                        let places = rows
                            .into_iter()
                            .map(|text| (table.clone(), text.split(SEPARATOR).map(str::to_owned).collect::<Vec<_>>()));
                        let places: BTreeSet<RowId> = places.collect();
                        found.extend(places.iter().cloned());
                        self.sources.entry((job.name.clone(), key)).or_default().extend(places);
                    }
                }
            }
        }
        Ok(found)
    }

    /// The file of every row that was not derived by a job.
    async fn files(&self, lake: &Lake, leaves: &Keys) -> Result<HashMap<RowId, SourceFile>, QueryError> {
        let file_ids = self.file_ids(leaves).await?;
        let mut files: BTreeMap<&String, SourceFile> = BTreeMap::new();
        for id in file_ids.values() {
            let archive = lake.archive().path(id);
            let archive = archive.strip_prefix(lake.root()).unwrap_or(&archive).display().to_string();
            let file_id = id.clone();
            files.insert(id, SourceFile { file_id, paths: Vec::new(), size_bytes: None, adapter: None, archive });
        }
        let ids: BTreeSet<Vec<String>> = files.keys().map(|id| vec![(*id).clone()]).collect();
        let columns = ["path", "size_bytes", "adapter"];
        for batch in self.rows("source_files", &["file_id".to_owned()], &ids, &columns).await? {
            let (sizes, adapters) =
                (batch.column(2).as_primitive_opt::<Int64Type>(), batch.column(3).as_string_opt::<i32>());
            for row in 0..batch.num_rows() {
                let values = values(batch.columns().iter().take(2), row).map_err(DataFusionError::from)?;
                let Some(file) = files.get_mut(&values[0]) else { continue };
                file.paths.push(values[1].clone());
                file.paths.sort();
                file.size_bytes = sizes.filter(|sizes| sizes.is_valid(row)).map(|sizes| sizes.value(row));
                file.adapter = adapters.filter(|names| names.is_valid(row)).map(|names| names.value(row).to_owned());
            }
        }
        let known = file_ids.iter().filter_map(|(row, id)| Some((row.clone(), files.get(id)?.clone())));
        Ok(known.collect())
    }

    /// The id of the file of every row: from its own columns, from its measurement, or from its table.
    async fn file_ids(&self, leaves: &Keys) -> Result<HashMap<RowId, String>, QueryError> {
        let mut file_ids: HashMap<RowId, String> = HashMap::new();
        for (table, keys) in leaves {
            let Some(columns) = self.columns.get(table) else { continue };
            if let Some(place) = columns.iter().position(|column| column == "file_id") {
                file_ids.extend(keys.iter().map(|key| ((table.clone(), key.clone()), key[place].clone())));
                continue;
            }
            let (source, place) = match columns.iter().position(|column| column == "measurement_id") {
                Some(place) => ("measurements", place),
                None => (table.as_str(), 0),
            };
            let schema = self.whole.context().table_provider(source).await?.schema();
            if schema.field_with_name("file_id").is_err() {
                continue;
            }
            let wanted: BTreeSet<Vec<String>> = keys.iter().map(|key| vec![key[place].clone()]).collect();
            let mut ids = HashMap::new();
            for batch in self.rows(source, &[columns[place].clone()], &wanted, &["file_id"]).await? {
                for row in 0..batch.num_rows() {
                    let mut values = values(batch.columns(), row).map_err(DataFusionError::from)?;
                    let file_id = values.pop().unwrap_or_default();
                    ids.insert(values.pop().unwrap_or_default(), file_id);
                }
            }
            for key in keys {
                if let Some(id) = ids.get(&key[place]) {
                    file_ids.insert((table.clone(), key.clone()), id.clone());
                }
            }
        }
        Ok(file_ids)
    }

    /// Version, input and values of every row that was derived.
    async fn derived(&self) -> Result<(HashMap<RowId, DerivedBy>, RowValues), QueryError> {
        let (mut all, mut values_of) = (HashMap::new(), RowValues::new());
        for job in self.jobs {
            let keys: BTreeSet<Vec<String>> = self
                .sources
                .keys()
                .chain(self.notes.keys())
                .filter(|(table, _)| *table == job.name)
                .map(|(_, key)| key.clone())
                .collect();
            if keys.is_empty() || self.snapshot.version(&job.name).is_none() {
                continue;
            }
            let n_key = job.key.len() + 2;
            let scalars = self
                .scalars(&job.name, &[&job.key[..], &[JOB_VERSION.to_owned(), INPUT_HASH.to_owned()]].concat())
                .await?;
            let others: Vec<&str> =
                [JOB_VERSION, INPUT_HASH].into_iter().chain(scalars.iter().map(String::as_str)).collect();
            for batch in self.rows(&job.name, &job.key, &keys, &others).await? {
                for row in 0..batch.num_rows() {
                    let mut values = values(batch.columns().iter().take(n_key), row).map_err(job.failed())?;
                    let shown = json_values(&batch, n_key, row);
                    let (input_hash, job_version) = (values.pop(), values.pop());
                    let by = DerivedBy {
                        name: job.name.clone(),
                        job_version: job_version.unwrap_or_default(),
                        input_hash: input_hash.unwrap_or_default(),
                        functions: job.functions.clone(),
                    };
                    let place = (job.name.clone(), values);
                    values_of.entry(place.clone()).or_default().push(shown);
                    all.insert(place, by);
                }
            }
        }
        Ok((all, values_of))
    }

    /// The columns of a table with a single value, without some.
    async fn scalars(&self, table: &str, without: &[String]) -> Result<Vec<String>, QueryError> {
        let schema = self.whole.context().table_provider(table).await?.schema();
        let shown =
            schema.fields().iter().filter(|field| !field.data_type().is_nested() && !without.contains(field.name()));
        Ok(shown.map(|field| field.name().clone()).collect())
    }

    /// The values of samples and measurements.
    async fn values_of_leaves(&self, leaves: &Keys, values_of: &mut RowValues) -> Result<(), QueryError> {
        const SHOWN: [(&str, &[&str]); 2] = [
            ("samples", &["thickness_nm", "thickness_err_nm", "run_id", "recipe_id"]),
            ("measurements", &["technique", "n_points", "dot", "electrode_area_cm2", "temperature_c", "link_warnings"]),
        ];
        for (table, columns) in SHOWN {
            let (Some(keys), Some(key)) = (leaves.get(table), self.columns.get(table)) else { continue };
            for batch in self.rows(table, key, keys, columns).await? {
                for row in 0..batch.num_rows() {
                    let place = values(batch.columns().iter().take(key.len()), row).map_err(DataFusionError::from)?;
                    let shown = json_values(&batch, key.len(), row);
                    values_of.entry((table.to_owned(), place)).or_default().push(shown);
                }
            }
        }
        Ok(())
    }

    /// Notes which points were excluded: with their measurement, and, where a whole measurement of the same sample and
    /// technique is left out, with the rows that were asked for.
    async fn note_exclusions(&mut self, roots: &[RowId], leaves: &Keys) -> Result<(), QueryError> {
        if self.snapshot.version(EXCLUSIONS).is_none() {
            return Ok(());
        }
        let query = "SELECT e.measurement_id, coalesce(m.sample_id, ''), m.fact_table, CASE \
                     WHEN e.last_point IS NULL THEN '' ELSE concat('points ', e.first_point, ' to ', e.last_point) END, \
                     concat(e.reason, ' (', e.excluded_by, ')') \
                     FROM exclusions AS e JOIN measurements AS m ON m.measurement_id = e.measurement_id \
                     ORDER BY e.measurement_id, e.first_point";
        let mut excluded = Vec::new();
        for batch in self.whole.query(query).await?.collect().await? {
            for row in 0..batch.num_rows() {
                excluded.push(values(batch.columns(), row).map_err(DataFusionError::from)?);
            }
        }
        let ids: BTreeSet<Vec<String>> = leaves
            .iter()
            .filter_map(|(table, keys)| {
                let place = self.columns.get(table)?.iter().position(|column| column == "measurement_id")?;
                Some(keys.iter().map(move |key| vec![key[place].clone()]))
            })
            .flatten()
            .collect();
        let mut of_same = BTreeSet::new();
        let key = ["measurement_id".to_owned()];
        for batch in self.rows("measurements", &key, &ids, &["sample_id", "fact_table"]).await? {
            for row in 0..batch.num_rows() {
                of_same.insert(values(batch.columns().iter().skip(1), row).map_err(DataFusionError::from)?);
            }
        }
        for row in &excluded {
            let [id, sample, table, points, why] = &row[..] else { continue };
            if points.is_empty() {
                let note = format!("the whole measurement is excluded: {why}");
                self.notes.entry(("measurements".to_owned(), vec![id.clone()])).or_default().push(note);
                if of_same.contains(&[sample.clone(), table.clone()][..]) {
                    for root in roots.iter().filter(|root| root.1 != [id.clone()]) {
                        let note =
                            format!("measurement {id} of sample {sample} is left out, because it is excluded: {why}");
                        self.notes.entry(root.clone()).or_default().push(note);
                    }
                }
            } else {
                let place = (table.clone(), vec![id.clone()]);
                self.notes.entry(place).or_default().push(format!("{points} are excluded: {why}"));
            }
        }
        Ok(())
    }

    fn tree(
        &self,
        place: &RowId,
        derived: &HashMap<RowId, DerivedBy>,
        values_of: &RowValues,
        files: &HashMap<RowId, SourceFile>,
    ) -> Lineage {
        let (table, values) = place;
        let columns = self.columns.get(table).cloned().unwrap_or_default();
        let inputs = self.sources.get(place).into_iter().flatten();
        let mut inputs: Vec<Lineage> = inputs.map(|input| self.tree(input, derived, values_of, files)).collect();
        inputs.sort_by_cached_key(|input| (input.has_failed(), input.size()));
        Lineage {
            values: values_of.get(place).cloned().unwrap_or_default(),
            table: table.clone(),
            key: columns.into_iter().zip(values.iter().cloned()).filter(|(column, _)| column != "file_id").collect(),
            job: derived.get(place).cloned(),
            file: files.get(place).cloned(),
            notes: self.notes.get(place).cloned().unwrap_or_default(),
            inputs,
        }
    }
}

/// The values of rows.
type RowValues = HashMap<RowId, Vec<Values>>;

/// The values of a row from some column on; nulls are left out.
fn json_values(batch: &RecordBatch, from: usize, row: usize) -> Values {
    let mut shown = Values::new();
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()).skip(from) {
        if array.is_null(row) {
            continue;
        }
        let value = match array.data_type() {
            DataType::Float64 => {
                serde_json::Number::from_f64(array.as_primitive::<Float64Type>().value(row)).map(Into::into)
            }
            DataType::Int64 => Some(array.as_primitive::<Int64Type>().value(row).into()),
            DataType::Int32 => Some(array.as_primitive::<Int32Type>().value(row).into()),
            DataType::Boolean => Some(array.as_boolean().value(row).into()),
            _ => values([array], row).ok().and_then(|texts| texts.into_iter().next()).map(Into::into),
        };
        shown.extend(value.map(|value: serde_json::Value| (field.name().clone(), value)));
    }
    shown
}

/// Keys as a batch of the types that their columns have.
fn key_batch(
    names: &[String],
    types: &[DataType],
    keys: &BTreeSet<Vec<String>>,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let fields: Vec<Field> =
        names.iter().zip(types).map(|(name, data_type)| Field::new(name, data_type.clone(), true)).collect();
    let columns = types.iter().enumerate().map(|(place, data_type)| {
        let words: StringArray = keys.iter().map(|key| key.get(place).map(String::as_str)).collect();
        cast(&(Arc::new(words) as ArrayRef), data_type)
    });
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.collect::<Result<_, _>>()?)
}

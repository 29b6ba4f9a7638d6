//! Batches are visible all at once, whatever happens to the process that writes them.

#![allow(clippy::unwrap_used, reason = "a test ends where something that it needs fails")]

use std::sync::Arc;

use aldb_lake::{AsOf, KeySet, Lake, LakeError};
use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, new_null_array,
};
use arrow::datatypes::Float64Type;

fn samples(names: &[&str], thickness_nm: f64, batch: i64) -> RecordBatch {
    let n = names.len();
    let schema = aldb_schema::table("samples").unwrap().arrow_schema();
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| match field.name().as_str() {
            "sample_id" => Arc::new(StringArray::from(names.to_vec())) as ArrayRef,
            "thickness_nm" => Arc::new(Float64Array::from(vec![thickness_nm; n])),
            "synthetic" => Arc::new(BooleanArray::from(vec![true; n])),
            "file_id" => Arc::new(StringArray::from(vec!["00"; n])),
            "batch" => Arc::new(Int64Array::from(vec![batch; n])),
            _ => new_null_array(field.data_type(), n),
        })
        .collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

async fn thickness_by_sample(lake: &Lake, as_of: &AsOf) -> Vec<(String, f64)> {
    let snapshot = lake.snapshot_as_of(as_of).await.unwrap();
    let mut rows = Vec::new();
    for batch in snapshot.read("samples", &["sample_id", "thickness_nm"], None).await.unwrap() {
        for row in 0..batch.num_rows() {
            rows.push((
                batch.column(0).as_string::<i32>().value(row).to_owned(),
                batch.column(1).as_primitive::<Float64Type>().value(row),
            ));
        }
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

fn keys(names: &[&str]) -> KeySet {
    let mut keys = KeySet::new("samples", &["sample_id".to_owned()]);
    keys.insert(&samples(names, 0.0, 0)).unwrap();
    keys
}

fn row(name: &str, thickness_nm: f64) -> (String, f64) {
    (name.to_owned(), thickness_nm)
}

#[tokio::test]
async fn a_batch_is_visible_after_its_commit_and_older_states_stay_readable() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::init(folder.path(), "").unwrap();
    let mut writer = lake.write().await.unwrap();
    writer.append("samples", &[samples(&["A", "B"], 80.0, 1)]).await.unwrap();
    assert_eq!(thickness_by_sample(&lake, &AsOf::Newest).await, []);
    writer.commit("first").await.unwrap();
    let replaced = writer.replace("samples", &mut keys(&["B"]), &[samples(&["B", "C"], 40.0, 2)]).await.unwrap();
    assert_eq!(replaced, 1);
    let second = writer.commit("second").await.unwrap().clone();
    assert_eq!((second.number(), second.cause()), (2, "second"));
    assert_eq!(thickness_by_sample(&lake, &AsOf::Newest).await, [row("A", 80.0), row("B", 40.0), row("C", 40.0)]);
    assert_eq!(thickness_by_sample(&lake, &AsOf::Snapshot(1)).await, [row("A", 80.0), row("B", 80.0)]);
    let at = AsOf::Time { micros: second.time_micros() - 1, asked: String::new() };
    assert_eq!(thickness_by_sample(&lake, &at).await, [row("A", 80.0), row("B", 80.0)]);
    let error = lake.snapshot_as_of(&AsOf::Snapshot(7)).await.unwrap_err().to_string();
    assert!(error.starts_with("no snapshot 7: the lake has snapshots 1 ("), "{error}");
}

#[tokio::test]
async fn data_of_a_killed_writer_are_never_visible_and_are_undone() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::init(folder.path(), "").unwrap();
    let mut writer = lake.write().await.unwrap();
    writer.append("samples", &[samples(&["A"], 80.0, 1)]).await.unwrap();
    writer.commit("first").await.unwrap();
    // The process dies here: two tables are ahead of the newest snapshot, one of them new.
    writer.append("samples", &[samples(&["lost"], 1.0, 2)]).await.unwrap();
    drop(writer);
    assert_eq!(thickness_by_sample(&lake, &AsOf::Newest).await, [row("A", 80.0)]);
    let mut writer = lake.write().await.unwrap();
    assert_eq!(writer.batch(), 2);
    writer.append("samples", &[samples(&["B"], 80.0, 2)]).await.unwrap();
    writer.commit("second").await.unwrap();
    assert_eq!(thickness_by_sample(&lake, &AsOf::Newest).await, [row("A", 80.0), row("B", 80.0)]);
}

#[tokio::test]
async fn a_table_created_by_a_killed_writer_starts_empty() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::init(folder.path(), "").unwrap();
    let mut writer = lake.write().await.unwrap();
    writer.append("samples", &[samples(&["lost"], 1.0, 1)]).await.unwrap();
    drop(writer);
    let mut writer = lake.write().await.unwrap();
    writer.append("samples", &[samples(&["A"], 80.0, 1)]).await.unwrap();
    writer.commit("first").await.unwrap();
    assert_eq!(thickness_by_sample(&lake, &AsOf::Newest).await, [row("A", 80.0)]);
}

#[tokio::test]
async fn rows_are_updated_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::init(folder.path(), "").unwrap();
    let mut writer = lake.write().await.unwrap();
    writer.append("samples", &[samples(&["A", "B"], 80.0, 1)]).await.unwrap();
    let updated = writer
        .update("samples", &mut keys(&["B", "none"]), &mut |rows| {
            assert_eq!(rows.num_rows(), 1);
            Ok(samples(&["B"], 40.0, 2))
        })
        .await
        .unwrap();
    assert_eq!(updated, 1);
    writer.commit("first").await.unwrap();
    assert_eq!(thickness_by_sample(&lake, &AsOf::Newest).await, [row("A", 80.0), row("B", 40.0)]);
}

#[tokio::test]
async fn many_small_batches_leave_few_files_and_every_row() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::init(folder.path(), "").unwrap();
    let mut writer = lake.write().await.unwrap();
    for batch in 1..=70 {
        writer.append("samples", &[samples(&[&format!("{batch:03}")], 80.0, batch)]).await.unwrap();
        writer.commit("one more").await.unwrap();
    }
    drop(writer);
    assert_eq!(thickness_by_sample(&lake, &AsOf::Newest).await.len(), 70);
    assert_eq!(thickness_by_sample(&lake, &AsOf::Snapshot(13)).await.len(), 13);
    let snapshot = lake.snapshot().await.unwrap();
    assert_eq!(snapshot.number(), 70);
    let changes = snapshot.changes("samples", None).await.unwrap();
    let (files, rows) =
        (changes.added().unwrap().len(), changes.added().unwrap().iter().map(RecordBatch::num_rows).sum::<usize>());
    assert_eq!(rows, 70);
    assert!(files <= 21, "{files} files");
}

#[tokio::test]
async fn a_long_log_has_checkpoints_and_every_state_can_still_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::init(folder.path(), "").unwrap();
    for batch in 1..=45 {
        let mut writer = lake.write().await.unwrap();
        writer.append("samples", &[samples(&[&format!("s{batch:02}")], 1.0, batch)]).await.unwrap();
        writer.commit("test").await.unwrap();
    }
    for table in ["samples", "snapshots"] {
        let log = folder.path().join("tables").join(table).join("_delta_log");
        assert!(log.join("_last_checkpoint").is_file(), "{table}");
    }
    // Opened again, not from the memory of this process.
    let lake = Lake::open(folder.path()).unwrap();
    for number in [1, 19, 20, 21, 45] {
        let rows = thickness_by_sample(&lake, &AsOf::Snapshot(number)).await;
        assert_eq!(rows.len(), usize::try_from(number).unwrap());
    }
}

#[tokio::test]
async fn rows_that_do_not_fit_their_table_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::init(folder.path(), "").unwrap();
    let mut writer = lake.write().await.unwrap();
    let rows = samples(&["A"], 80.0, 1).project(&[0, 1]).unwrap();
    let error = writer.append("samples", &[rows]).await.unwrap_err();
    assert!(matches!(error, LakeError::Batch(_)), "{error}");
    assert!(!writer.has_changes());
}

#[tokio::test]
async fn units_and_meanings_come_back_with_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::init(folder.path(), "").unwrap();
    let mut writer = lake.write().await.unwrap();
    writer.append("samples", &[samples(&["A"], 80.0, 1)]).await.unwrap();
    writer.commit("first").await.unwrap();
    let schema = lake.snapshot().await.unwrap().schema("samples").await.unwrap();
    let field = schema.field_with_name("thickness_nm").unwrap();
    assert_eq!(field.metadata()[aldb_schema::UNIT], "nm");
    assert_eq!(field.metadata()[aldb_schema::COMMENT], "Film thickness; null where not given.");
}

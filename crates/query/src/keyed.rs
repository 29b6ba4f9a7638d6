//! Rows by their key: keys that can be compared and printed, and differences between sets of rows.

use std::collections::HashMap;

pub(crate) use aldb_lake::Keys;
use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::error::ArrowError;
use arrow::row::OwnedRow;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// The values of a row in some columns, as text.
pub(crate) fn values<'a>(
    columns: impl IntoIterator<Item = &'a ArrayRef>,
    row: usize,
) -> Result<Vec<String>, ArrowError> {
    let options = FormatOptions::default();
    let texts = columns.into_iter().map(|array| Ok(ArrayFormatter::try_new(array, &options)?.value(row).to_string()));
    texts.collect()
}

/// The rows that are in only one of two sets: those added and those removed. A row that was moved from one file to another is
/// in both.
pub(crate) fn difference(
    columns: &[String],
    added: &[RecordBatch],
    removed: &[RecordBatch],
) -> Result<(Vec<RecordBatch>, Vec<RecordBatch>), ArrowError> {
    let mut keys = Keys::new(columns);
    let mut count: HashMap<OwnedRow, i64> = HashMap::new();
    let mut count_rows = |batches: &[RecordBatch], step: i64| -> Result<Vec<Vec<OwnedRow>>, ArrowError> {
        let mut all = Vec::with_capacity(batches.len());
        for batch in batches {
            let rows = keys.rows(batch)?;
            for row in &rows {
                *count.entry(row.clone()).or_default() += step;
            }
            all.push(rows);
        }
        Ok(all)
    };
    let (rows_added, rows_removed) = (count_rows(added, 1)?, count_rows(removed, -1)?);
    let pick = |batches: &[RecordBatch], rows: &[Vec<OwnedRow>], sign: i64| {
        let mut picked = Vec::new();
        for (batch, rows) in batches.iter().zip(rows) {
            let only: BooleanArray = rows.iter().map(|row| Some(count[row] * sign > 0)).collect();
            if only.true_count() > 0 {
                picked.push(filter_record_batch(batch, &only)?);
            }
        }
        Ok::<_, ArrowError>(picked)
    };
    Ok((pick(added, &rows_added, 1)?, pick(removed, &rows_removed, -1)?))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;

    use super::*;

    fn batch(values: &[i64]) -> RecordBatch {
        RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from(values.to_vec())) as ArrayRef)]).unwrap()
    }

    fn values(batches: &[RecordBatch]) -> Vec<i64> {
        batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
    }

    #[test]
    fn rows_that_only_moved_are_not_a_difference() {
        let (added, removed) =
            difference(&["a".to_owned()], &[batch(&[1, 2, 3])], &[batch(&[2]), batch(&[1, 4])]).unwrap();
        assert_eq!((values(&added), values(&removed)), (vec![3], vec![4]));
    }
}

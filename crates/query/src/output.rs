//! Writes the rows of a query: as a table for people, or as CSV, JSON or Parquet for programs.
//!
//! JSON is an array of objects, one for each row, with every column; NaN and infinities are null. CSV has a header;
//! lists and structures are JSON in its cells. Both have numbers in full precision, the table six significant digits.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch, StringArray};
use arrow::csv::WriterBuilder as CsvWriterBuilder;
use arrow::datatypes::{DataType, Field, Float64Type, Schema, SchemaRef};
use arrow::json::writer::{JsonArray, WriterBuilder as JsonWriterBuilder};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use futures::StreamExt as _;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::QueryError;
use crate::table::Columns;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Aligned columns for people.
    #[default]
    Table,
    /// Comma-separated text with a header.
    Csv,
    /// An array of objects.
    Json,
    /// Apache Parquet.
    Parquet,
}

fn failed(found: impl std::fmt::Display) -> QueryError {
    QueryError::Output { found: found.to_string() }
}

/// Runs a query and writes its rows batch by batch. Returns their number.
///
/// # Errors
///
/// [`QueryError::Sql`] where the query fails while it runs; [`QueryError::Output`] where writing fails.
pub async fn write<W: Write + Send>(frame: DataFrame, format: Format, to: &mut W) -> Result<usize, QueryError> {
    let schema: SchemaRef = Arc::new(frame.schema().as_arrow().clone());
    let mut stream = frame.execute_stream().await?;
    let mut writer = Writer::begin(format, &schema, to)?;
    let mut n_rows = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        n_rows += batch.num_rows();
        writer.write(&batch)?;
    }
    writer.end(n_rows)?;
    Ok(n_rows)
}

/// Writes rows that are not those of a query. Returns their number.
///
/// # Errors
///
/// [`QueryError::Output`] where writing fails.
pub fn write_batches<W: Write + Send>(
    schema: &SchemaRef,
    batches: impl IntoIterator<Item = RecordBatch>,
    format: Format,
    to: &mut W,
) -> Result<usize, QueryError> {
    let mut writer = Writer::begin(format, schema, to)?;
    let mut n_rows = 0;
    for batch in batches {
        n_rows += batch.num_rows();
        writer.write(&batch)?;
    }
    writer.end(n_rows)?;
    Ok(n_rows)
}

enum Writer<'a, W: Write + Send> {
    Table { to: &'a mut W, schema: SchemaRef, columns: Option<Columns> },
    Csv(Box<arrow::csv::Writer<&'a mut W>>),
    Json(arrow::json::Writer<&'a mut W, JsonArray>),
    Parquet(Box<ArrowWriter<&'a mut W>>),
}

impl<'a, W: Write + Send> Writer<'a, W> {
    fn begin(format: Format, schema: &SchemaRef, to: &'a mut W) -> Result<Self, QueryError> {
        Ok(match format {
            Format::Table => Self::Table { to, schema: schema.clone(), columns: None },
            Format::Csv => {
                let mut writer = CsvWriterBuilder::new().with_header(true).build(to);
                // The header is written even if there are no rows.
                writer.write(&flat(&RecordBatch::new_empty(schema.clone()))?).map_err(failed)?;
                Self::Csv(Box::new(writer))
            }
            Format::Json => Self::Json(JsonWriterBuilder::new().with_explicit_nulls(true).build(to)),
            Format::Parquet => {
                let zstd = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
                Self::Parquet(Box::new(ArrowWriter::try_new(to, schema.clone(), Some(zstd)).map_err(failed)?))
            }
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        match self {
            Self::Table { to, schema, columns } => write_table(*to, schema, batch, columns),
            Self::Csv(writer) => writer.write(&flat(batch)?).map_err(failed),
            Self::Json(writer) => writer.write(batch).map_err(failed),
            Self::Parquet(writer) => writer.write(batch).map_err(failed),
        }
    }

    fn end(self, n_rows: usize) -> Result<(), QueryError> {
        match self {
            Self::Table { to, schema, columns } => {
                if columns.is_none() {
                    write_table(to, &schema, &RecordBatch::new_empty(schema.clone()), &mut None)?;
                }
                writeln!(to, "({n_rows} {})", if n_rows == 1 { "row" } else { "rows" }).map_err(failed)
            }
            Self::Csv(_) => Ok(()),
            Self::Json(mut writer) => {
                writer.finish().map_err(failed)?;
                writeln!(writer.into_inner()).map_err(failed)
            }
            Self::Parquet(writer) => writer.close().map(|_| ()).map_err(failed),
        }
    }
}

/// Writes the rows aligned; the first batch decides the widths of the columns.
fn write_table(
    to: &mut impl Write,
    schema: &SchemaRef,
    batch: &RecordBatch,
    columns: &mut Option<Columns>,
) -> Result<(), QueryError> {
    let cells: Vec<Vec<String>> = batch.columns().iter().map(cells_of).collect::<Result<_, _>>()?;
    let row = |row: usize| cells.iter().map(move |column| column[row].as_str());
    let first = columns.is_none();
    let header: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let columns = columns.get_or_insert_with(|| {
        let right = schema.fields().iter().map(|field| field.data_type().is_numeric()).collect();
        let rows = (0..batch.num_rows()).map(|place| row(place).collect());
        Columns::new(right, std::iter::once(header.clone()).chain(rows))
    });
    if first {
        writeln!(to, "{}\n{}", columns.line(header), columns.rule()).map_err(failed)?;
    }
    for place in 0..batch.num_rows() {
        writeln!(to, "{}", columns.line(row(place))).map_err(failed)?;
    }
    Ok(())
}

fn cells_of(array: &ArrayRef) -> Result<Vec<String>, QueryError> {
    if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
        return Ok(numbers.iter().map(|number| number.map_or_else(String::new, significant)).collect());
    }
    let options = FormatOptions::default().with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%S"));
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).map_err(failed)?;
    Ok((0..array.len()).map(|row| formatter.value(row).to_string().replace(['\n', '\r'], " ⏎ ")).collect())
}

/// A number with six significant digits: `0.58`, `1.17e-7`, `250`.
#[must_use]
pub fn significant(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return if number == 0.0 { "0".to_owned() } else { number.to_string() };
    }
    let scientific = format!("{number:.5e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..=8).contains(&exponent) {
        let decimals = usize::try_from(5 - exponent).unwrap_or(0);
        let fixed = format!("{number:.decimals$}");
        return if fixed.contains('.') { fixed.trim_end_matches('0').trim_end_matches('.').to_owned() } else { fixed };
    }
    format!("{}e{exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'))
}

/// The same rows with lists and structures as JSON text, which CSV can hold.
fn flat(batch: &RecordBatch) -> Result<RecordBatch, QueryError> {
    let nested = |data_type: &DataType| data_type.is_nested();
    if !batch.schema_ref().fields().iter().any(|field| nested(field.data_type())) {
        return Ok(batch.clone());
    }
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if nested(field.data_type()) {
            fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, true)));
            arrays.push(Arc::new(json_cells(array)?) as ArrayRef);
        } else {
            fields.push(field.clone());
            arrays.push(array.clone());
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|error| DataFusionError::from(error).into())
}

fn json_cells(array: &ArrayRef) -> Result<StringArray, QueryError> {
    let mut cells = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        if array.is_null(row) {
            cells.push(None);
            continue;
        }
        let one = RecordBatch::try_from_iter([("v", array.slice(row, 1))]).map_err(failed)?;
        let mut text = Vec::new();
        let mut writer = JsonWriterBuilder::new()
            .with_explicit_nulls(true)
            .build::<_, arrow::json::writer::LineDelimited>(&mut text);
        writer.write(&one).map_err(failed)?;
        writer.finish().map_err(failed)?;
        let text = String::from_utf8_lossy(&text);
        cells.push(text.trim().strip_prefix("{\"v\":").and_then(|rest| rest.strip_suffix('}')).map(str::to_owned));
    }
    Ok(StringArray::from(cells))
}

#[cfg(test)]
mod tests {
    use arrow::array::Float64Array;

    use super::*;

    #[test]
    fn numbers_have_six_significant_digits_and_no_trailing_zeros() {
        let cases = [
            (0.0, "0"),
            (0.58, "0.58"),
            (1.17e-7, "1.17e-7"),
            (250.0, "250"),
            (123_456.78, "123457"),
            (-0.000_123_456_789, "-0.000123457"),
            (6.022e23, "6.022e23"),
            (1e6, "1000000"),
        ];
        for (number, shown) in cases {
            assert_eq!(significant(number), shown);
        }
    }

    fn rows() -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable([
            ("sample_id", Arc::new(StringArray::from(vec![Some("A"), None])) as ArrayRef, true),
            ("ea_ev", Arc::new(Float64Array::from(vec![Some(0.43), Some(0.5)])), true),
        ])
        .unwrap()
    }

    fn written(format: Format) -> String {
        let mut text = Vec::new();
        write_batches(&rows().schema(), [rows()], format, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_table_is_aligned_with_numbers_to_the_right() {
        assert_eq!(
            written(Format::Table),
            "sample_id  ea_ev\n────────────────\nA           0.43\n             0.5\n(2 rows)\n"
        );
    }

    #[test]
    fn json_names_every_column_of_every_row() {
        assert_eq!(
            written(Format::Json),
            "[{\"sample_id\":\"A\",\"ea_ev\":0.43},{\"sample_id\":null,\"ea_ev\":0.5}]\n"
        );
    }

    #[test]
    fn csv_has_one_header() {
        assert_eq!(written(Format::Csv), "sample_id,ea_ev\nA,0.43\n,0.5\n");
    }
}

//! `hash_rows(column, …)`: the fingerprint of a set of rows, whatever their order.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _};
use arrow::datatypes::{DataType, Field, FieldRef, UInt64Type};
use arrow::row::{RowConverter, SortField};
use datafusion::common::{ScalarValue, exec_err};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

/// The function. Rows are hashed one by one and the hashes added, so that order and grouping have no influence; it is
/// assumed, as for any fingerprint of one's own data, that nobody constructs rows that collide.
pub(super) fn hash_rows() -> AggregateUDF {
    AggregateUDF::from(HashRows { signature: Signature::variadic_any(Volatility::Immutable) })
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct HashRows {
    signature: Signature,
}

impl AggregateUDFImpl for HashRows {
    fn name(&self) -> &str {
        "hash_rows"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let fields = args.expr_fields.iter().map(|field| SortField::new(field.data_type().clone())).collect();
        Ok(Box::new(Sum { converter: RowConverter::new(fields)?, sum: 0, n_rows: 0 }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let field = |part: &str| Arc::new(Field::new(format!("{}[{part}]", args.name), DataType::UInt64, false));
        Ok(vec![field("high"), field("low"), field("n_rows")])
    }
}

#[derive(Debug)]
struct Sum {
    converter: RowConverter,
    sum: u128,
    n_rows: u64,
}

impl Accumulator for Sum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = self.converter.convert_columns(values)?;
        for row in &rows {
            let mut first = [0; 16];
            first.copy_from_slice(&blake3::hash(row.as_ref()).as_bytes()[..16]);
            self.sum = self.sum.wrapping_add(u128::from_le_bytes(first));
            self.n_rows += 1;
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut hash = blake3::Hasher::new();
        hash.update(&self.sum.to_le_bytes()).update(&self.n_rows.to_le_bytes());
        Ok(ScalarValue::Utf8(Some(hash.finalize().to_hex()[..32].to_owned())))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.converter.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let part = |value: u64| ScalarValue::UInt64(Some(value));
        Ok(vec![part((self.sum >> 64) as u64), part(self.sum as u64), part(self.n_rows)])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let columns: Vec<_> = states.iter().filter_map(|state| state.as_primitive_opt::<UInt64Type>()).collect();
        let [high, low, n_rows] = columns[..] else { return exec_err!("expected the state of hash_rows") };
        for row in 0..high.len() {
            let sum = (u128::from(high.value(row)) << 64) | u128::from(low.value(row));
            self.sum = self.sum.wrapping_add(sum);
            self.n_rows += n_rows.value(row);
        }
        Ok(())
    }
}

//! An aggregate that gathers the rows of a group and gives them to a kernel at the end.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, Float64Builder, ListArray, ListBuilder, StringBuilder, StructArray};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Float64Type};
use datafusion::common::{ScalarValue, exec_err};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

/// A kernel over the rows of a group.
pub(super) trait Kernel: Debug + Clone + PartialEq + Eq + Hash + Send + Sync + 'static {
    /// Name in SQL.
    const NAME: &'static str;

    /// Names and types of the arguments: [`DataType::Float64`] or [`DataType::Utf8`].
    fn arguments() -> Vec<(&'static str, DataType)>;

    /// Fields of the result.
    fn fields() -> Fields;

    /// The result for a group: one row, one array for each field.
    fn evaluate(rows: &[Gathered]) -> Vec<ArrayRef>;
}

/// One argument's values in a group.
#[derive(Debug, Clone)]
pub(super) enum Gathered {
    Numbers(Vec<Option<f64>>),
    Words(Vec<Option<String>>),
}

impl Gathered {
    fn new(data_type: &DataType) -> Self {
        if data_type == &DataType::Utf8 { Self::Words(Vec::new()) } else { Self::Numbers(Vec::new()) }
    }

    /// The numbers; nothing for words.
    pub(super) fn numbers(&self) -> &[Option<f64>] {
        match self {
            Self::Numbers(values) => values,
            Self::Words(_) => &[],
        }
    }

    /// The words; nothing for numbers.
    pub(super) fn words(&self) -> &[Option<String>] {
        match self {
            Self::Words(values) => values,
            Self::Numbers(_) => &[],
        }
    }

    fn extend(&mut self, array: &ArrayRef) -> Result<()> {
        match self {
            Self::Numbers(values) => match array.as_primitive_opt::<Float64Type>() {
                Some(array) => values.extend(array.iter()),
                None => return exec_err!("expected numbers, found {}", array.data_type()),
            },
            Self::Words(values) => match array.as_string_opt::<i32>() {
                Some(array) => values.extend(array.iter().map(|word| word.map(str::to_owned))),
                None => return exec_err!("expected text, found {}", array.data_type()),
            },
        }
        Ok(())
    }

    fn size(&self) -> usize {
        match self {
            Self::Numbers(values) => size_of::<Option<f64>>() * values.capacity(),
            Self::Words(values) => {
                let text: usize = values.iter().flatten().map(String::len).sum();
                size_of::<Option<String>>() * values.capacity() + text
            }
        }
    }

    fn list(&self) -> ListArray {
        match self {
            Self::Numbers(values) => {
                let mut list = ListBuilder::new(Float64Builder::new());
                list.append_value(values.iter().copied());
                list.finish()
            }
            Self::Words(values) => {
                let mut list = ListBuilder::new(StringBuilder::new());
                list.append_value(values.iter().map(Option::as_deref));
                list.finish()
            }
        }
    }
}

/// The SQL function of a kernel.
pub(super) fn aggregate<K: Kernel>(kernel: K) -> AggregateUDF {
    let types = K::arguments().into_iter().map(|(_, data_type)| data_type).collect();
    AggregateUDF::from(KernelFunction { kernel, signature: Signature::exact(types, Volatility::Immutable) })
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct KernelFunction<K: Kernel> {
    kernel: K,
    signature: Signature,
}

impl<K: Kernel> AggregateUDFImpl for KernelFunction<K> {
    fn name(&self) -> &str {
        K::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(K::fields()))
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Gather::<K>::new()))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(K::arguments()
            .into_iter()
            .map(|(name, data_type)| {
                let list = DataType::List(Arc::new(Field::new_list_field(data_type, true)));
                Arc::new(Field::new(format!("{}[{name}]", args.name), list, true))
            })
            .collect())
    }
}

#[derive(Debug)]
struct Gather<K: Kernel> {
    columns: Vec<Gathered>,
    kernel: std::marker::PhantomData<K>,
}

impl<K: Kernel> Gather<K> {
    fn new() -> Self {
        let columns = K::arguments().iter().map(|(_, data_type)| Gathered::new(data_type)).collect();
        Self { columns, kernel: std::marker::PhantomData }
    }
}

impl<K: Kernel> Accumulator for Gather<K> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.columns.iter_mut().zip(values).try_for_each(|(column, array)| column.extend(array))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let result = StructArray::try_new(K::fields(), K::evaluate(&self.columns), None)?;
        Ok(ScalarValue::Struct(Arc::new(result)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.columns.iter().map(Gathered::size).sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(self.columns.iter().map(|column| ScalarValue::List(Arc::new(column.list()))).collect())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for (column, state) in self.columns.iter_mut().zip(states) {
            let Some(lists) = state.as_list_opt::<i32>() else {
                return exec_err!("expected gathered lists, found {}", state.data_type());
            };
            lists.iter().flatten().try_for_each(|list| column.extend(&list))?;
        }
        Ok(())
    }
}

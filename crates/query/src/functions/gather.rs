//! An aggregate that gathers the rows of a group and gives them to a kernel at the end.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, Float64Builder, ListArray, ListBuilder, StringBuilder};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{ScalarValue, exec_err};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, TypeSignature, Volatility};

use super::document::{Argument, Documentation, Value, arrow_fields, structures};

/// A kernel over the rows of a group: what it is, and what it gives, one value for each field of the result.
#[derive(Clone)]
pub(super) struct Kernel {
    pub(super) documentation: Documentation,
    pub(super) evaluate: fn(&Group) -> Vec<Value>,
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.documentation.name)
    }
}

/// The rows of a group, argument by argument; one that was left out is empty.
#[derive(Debug)]
pub(super) struct Group {
    columns: Vec<Gathered>,
}

impl Group {
    pub(super) fn new(columns: Vec<super::Rows>) -> Self {
        let gathered = columns.into_iter().map(|column| match column {
            super::Rows::Numbers(values) => Gathered::Numbers(values),
            super::Rows::Words(values) => Gathered::Words(values),
        });
        Self { columns: gathered.collect() }
    }

    /// The rows in which none of these arguments is null, as one column each.
    pub(super) fn numbers<const N: usize>(&self, arguments: [usize; N]) -> [Vec<f64>; N] {
        let columns = arguments.map(|argument| self.optional_numbers(argument));
        let rows = columns.iter().map(|column| column.len()).min().unwrap_or(0);
        let mut complete = [(); N].map(|()| Vec::with_capacity(rows));
        for row in 0..rows {
            let values = columns.map(|column| column[row]);
            if values.iter().all(Option::is_some) {
                for (column, value) in complete.iter_mut().zip(values) {
                    column.extend(value);
                }
            }
        }
        complete
    }

    /// An argument's numbers, row by row; none where it was left out or is text.
    pub(super) fn optional_numbers(&self, argument: usize) -> &[Option<f64>] {
        match self.columns.get(argument) {
            Some(Gathered::Numbers(values)) => values,
            _ => &[],
        }
    }

    /// An argument's words, row by row; none where it was left out or is a number.
    pub(super) fn words(&self, argument: usize) -> &[Option<String>] {
        match self.columns.get(argument) {
            Some(Gathered::Words(values)) => values,
            _ => &[],
        }
    }

    /// A parameter: the same in every row.
    pub(super) fn number(&self, argument: usize) -> Option<f64> {
        self.optional_numbers(argument).iter().copied().flatten().next()
    }

    /// A parameter in words: the same in every row.
    pub(super) fn word(&self, argument: usize) -> Option<&str> {
        self.words(argument).iter().flatten().map(String::as_str).next()
    }
}

#[derive(Debug, Clone)]
enum Gathered {
    Numbers(Vec<Option<f64>>),
    Words(Vec<Option<String>>),
}

impl Gathered {
    fn new(data_type: &DataType) -> Self {
        if data_type == &DataType::Utf8 { Self::Words(Vec::new()) } else { Self::Numbers(Vec::new()) }
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
pub(super) fn aggregate(kernel: Kernel) -> AggregateUDF {
    let types: Vec<DataType> = kernel.documentation.arguments.iter().map(Argument::data_type).collect();
    let needed = kernel.documentation.arguments.iter().filter(|argument| !argument.optional).count();
    let forms = (needed..=types.len()).map(|given| TypeSignature::Exact(types[..given].to_vec()));
    let signature = Signature::one_of(forms.collect(), Volatility::Immutable);
    AggregateUDF::from(KernelFunction { kernel, signature })
}

#[derive(Debug, Clone)]
struct KernelFunction {
    kernel: Kernel,
    signature: Signature,
}

// A kernel is known by its name.
impl PartialEq for KernelFunction {
    fn eq(&self, other: &Self) -> bool {
        self.kernel.documentation.name == other.kernel.documentation.name
    }
}

impl Eq for KernelFunction {}

impl Hash for KernelFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kernel.documentation.name.hash(state);
    }
}

impl AggregateUDFImpl for KernelFunction {
    fn name(&self) -> &str {
        self.kernel.documentation.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(arrow_fields(&self.kernel.documentation.result)))
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let given = self.kernel.documentation.arguments.iter().take(args.exprs.len());
        let columns = given.map(|argument| Gathered::new(&argument.data_type())).collect();
        Ok(Box::new(Gather { group: Group { columns }, kernel: self.kernel.clone() }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let given = self.kernel.documentation.arguments.iter().take(args.input_fields.len());
        Ok(given
            .map(|argument| {
                let list = DataType::List(Arc::new(Field::new_list_field(argument.data_type(), true)));
                Arc::new(Field::new(format!("{}[{}]", args.name, argument.name), list, true))
            })
            .collect())
    }
}

#[derive(Debug)]
struct Gather {
    group: Group,
    kernel: Kernel,
}

impl Accumulator for Gather {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.group.columns.iter_mut().zip(values).try_for_each(|(column, array)| column.extend(array))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let row = (self.kernel.evaluate)(&self.group);
        Ok(ScalarValue::Struct(Arc::new(structures(&self.kernel.documentation.result, &[&row])?)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.group.columns.iter().map(Gathered::size).sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(self.group.columns.iter().map(|column| ScalarValue::List(Arc::new(column.list()))).collect())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for (column, state) in self.group.columns.iter_mut().zip(states) {
            let Some(lists) = state.as_list_opt::<i32>() else {
                return exec_err!("expected gathered lists, found {}", state.data_type());
            };
            lists.iter().flatten().try_for_each(|list| column.extend(&list))?;
        }
        Ok(())
    }
}

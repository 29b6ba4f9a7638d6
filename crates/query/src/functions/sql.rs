//! Kernels and row functions as functions of DataFusion. A kernel is an aggregate: it collects the rows of a group and
//! gives one structure at the end.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, new_empty_array};
use arrow::compute::concat;
use arrow::datatypes::{DataType, Field, FieldRef};
use arrow::error::ArrowError;
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{ScalarValue, exec_datafusion_err, plan_datafusion_err};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

use super::field::arrow_fields;
use super::kernel::Kernel;
use super::scalar::Scalar;

/// The aggregate of a kernel.
pub(super) fn aggregate(kernel: Kernel) -> AggregateUDF {
    let arguments = &kernel.documentation.arguments;
    let types: Vec<DataType> = arguments.iter().map(|argument| argument.kind.data_type()).collect();
    let needed = arguments.iter().filter(|argument| !argument.optional).count();
    let forms = (needed..=types.len()).map(|given| TypeSignature::Exact(types[..given].to_vec()));
    let signature = Signature::one_of(forms.collect(), Volatility::Immutable);
    AggregateUDF::from(Aggregate { kernel, signature })
}

/// The scalar function of a function of one row.
pub(super) fn scalar(scalar: Scalar) -> ScalarUDF {
    let signature = Signature::any(scalar.documentation.arguments.len(), Volatility::Immutable);
    ScalarUDF::from(RowFunction { scalar, signature })
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Aggregate {
    kernel: Kernel,
    signature: Signature,
}

impl AggregateUDFImpl for Aggregate {
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
        let columns = given.map(|argument| Gathered { data_type: argument.kind.data_type(), parts: Vec::new() });
        Ok(Box::new(Group { columns: columns.collect(), kernel: self.kernel.clone() }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let given = self.kernel.documentation.arguments.iter().take(args.input_fields.len());
        let state = given.map(|argument| {
            let list = DataType::new_list(argument.kind.data_type(), true);
            Arc::new(Field::new(format!("{}[{}]", args.name, argument.name), list, true))
        });
        Ok(state.collect())
    }
}

/// The values of one argument, as received.
#[derive(Debug)]
struct Gathered {
    data_type: DataType,
    parts: Vec<ArrayRef>,
}

impl Gathered {
    fn column(&self) -> std::result::Result<ArrayRef, ArrowError> {
        match &self.parts[..] {
            [] => Ok(new_empty_array(&self.data_type)),
            [only] => Ok(only.clone()),
            parts => concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>()),
        }
    }
}

#[derive(Debug)]
struct Group {
    columns: Vec<Gathered>,
    kernel: Kernel,
}

impl Group {
    fn columns(&self) -> std::result::Result<Vec<ArrayRef>, ArrowError> {
        self.columns.iter().map(Gathered::column).collect()
    }
}

impl Accumulator for Group {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for (column, values) in self.columns.iter_mut().zip(values).filter(|(_, values)| !values.is_empty()) {
            column.parts.push(values.clone());
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Struct(Arc::new(self.kernel.run(&self.columns()?)?)))
    }

    fn size(&self) -> usize {
        // A part may be a slice of a larger array: only the size of the slice counts.
        let share =
            |part: &ArrayRef| size_of::<ArrayRef>() + part.to_data().get_slice_memory_size().unwrap_or_default();
        size_of_val(self) + self.columns.iter().flat_map(|column| &column.parts).map(share).sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let lists = self.columns()?.into_iter();
        Ok(lists.map(|column| SingleRowListArrayBuilder::new(column).build_list_scalar()).collect())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for (column, state) in self.columns.iter_mut().zip(states) {
            let lists = state.as_list_opt::<i32>();
            let lists = lists.ok_or_else(|| exec_datafusion_err!("expected lists, found {}", state.data_type()))?;
            column.parts.extend(lists.iter().flatten().filter(|list| !list.is_empty()));
        }
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct RowFunction {
    scalar: Scalar,
    signature: Signature,
}

impl ScalarUDFImpl for RowFunction {
    fn name(&self) -> &str {
        self.scalar.documentation.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match &self.scalar.documentation.result[..] {
            [only] => only.data_type(),
            fields => DataType::Struct(arrow_fields(fields)),
        })
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let first = args.scalar_arguments.first().copied().flatten();
        if let Some(text) = first.and_then(|value| value.try_as_str().flatten()) {
            self.scalar.check_literal(text).map_err(|message| plan_datafusion_err!("{}: {message}", self.name()))?;
        }
        Ok(Arc::new(Field::new(self.name(), self.return_type(&[])?, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = ColumnarValue::values_to_arrays(&args.args)?;
        let values = self.scalar.run(&columns).map_err(|message| exec_datafusion_err!("{}: {message}", self.name()))?;
        Ok(ColumnarValue::Array(values))
    }
}

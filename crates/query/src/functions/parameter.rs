//! `parameter_value(parameters, name)` and `parameter_error(parameters, name)`: one parameter of a fitted circuit.

use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, Float64Builder};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::exec_err;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::document::{Argument, Documentation, FieldKind, plain, text};

/// Its estimate; null where the circuit has no such parameter.
pub(super) fn value() -> ScalarUDF {
    ScalarUDF::from(Parameter { name: "parameter_value", field: "value", signature: signature() })
}

/// Its standard uncertainty; null where the data do not determine it.
pub(super) fn error() -> ScalarUDF {
    ScalarUDF::from(Parameter { name: "parameter_error", field: "std_err", signature: signature() })
}

pub(super) fn documentation() -> Vec<Documentation> {
    let of = |name, meaning, result, example| Documentation {
        name,
        kind: "scalar",
        version: 1,
        meaning,
        arguments: vec![
            Argument {
                name: "parameters",
                kind: "parameters of fit_circuit",
                unit: None,
                meaning: "What `fit_circuit` found.",
                optional: false,
            },
            text("name", "Name of the parameter, as `R1`."),
        ],
        result: vec![plain("value", FieldKind::Number, result)],
        example,
    };
    vec![
        of(
            "parameter_value",
            "One parameter of a fitted circuit.",
            "Its estimate, in its unit; null where the circuit has no such parameter.",
            "SELECT measurement_id, parameter_value(parameters, 'R1') AS r1_ohm FROM impedance_fits LIMIT 3",
        ),
        of(
            "parameter_error",
            "Standard uncertainty of one parameter of a fitted circuit.",
            "It, in the parameter's unit; null where the data do not determine it.",
            "SELECT measurement_id, parameter_error(parameters, 'R1') AS r1_err_ohm FROM impedance_fits LIMIT 3",
        ),
    ]
}

fn signature() -> Signature {
    Signature::any(2, Volatility::Immutable)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Parameter {
    name: &'static str,
    field: &'static str,
    signature: Signature,
}

impl ScalarUDFImpl for Parameter {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (lists, wanted) = (arrays[0].as_list_opt::<i32>(), arrays[1].as_string_opt::<i32>());
        let (Some(lists), Some(wanted)) = (lists, wanted) else {
            return exec_err!(
                "{}: expected (parameters of fit_circuit, text), found ({}, {})",
                self.name,
                arrays[0].data_type(),
                arrays[1].data_type()
            );
        };
        let mut values = Float64Builder::with_capacity(lists.len());
        for row in 0..lists.len() {
            if lists.is_null(row) || wanted.is_null(row) {
                values.append_null();
                continue;
            }
            let list = lists.value(row);
            let parameters = list.as_struct_opt();
            let names = parameters.and_then(|p| p.column_by_name("name")?.as_string_opt::<i32>());
            let fields = parameters.and_then(|p| p.column_by_name(self.field)?.as_primitive_opt::<Float64Type>());
            let (Some(names), Some(fields)) = (names, fields) else {
                return exec_err!("{}: expected parameters of fit_circuit, found {}", self.name, lists.data_type());
            };
            let place = (0..names.len()).find(|place| names.value(*place) == wanted.value(row));
            values.append_option(place.filter(|place| fields.is_valid(*place)).map(|place| fields.value(place)));
        }
        Ok(ColumnarValue::Array(Arc::new(values.finish())))
    }
}

//! `circuit_re(circuit, parameters, frequency_hz)` and `circuit_im(…)`: the impedance of a fitted circuit.

use std::sync::Arc;

use aldb_fit::circuit::Circuit;
use arrow::array::{Array as _, AsArray as _, Float64Builder};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::exec_err;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::document::{Argument, Documentation, field, number, text};

/// Its real part (Ohm); null where nothing was fitted.
pub(super) fn re() -> ScalarUDF {
    ScalarUDF::from(Fitted {
        name: "circuit_re",
        part: Part::Real,
        signature: Signature::any(3, Volatility::Immutable),
    })
}

/// Its imaginary part (Ohm); null where nothing was fitted.
pub(super) fn im() -> ScalarUDF {
    ScalarUDF::from(Fitted {
        name: "circuit_im",
        part: Part::Imaginary,
        signature: Signature::any(3, Volatility::Immutable),
    })
}

pub(super) fn documentation() -> Vec<Documentation> {
    let of = |name, meaning, example| Documentation {
        name,
        kind: "scalar",
        version: 1,
        meaning,
        arguments: vec![
            text("circuit", "The circuit that was fitted."),
            Argument {
                name: "parameters",
                kind: "parameters of fit_circuit",
                unit: None,
                meaning: "What `fit_circuit` found.",
                optional: false,
            },
            number("frequency_hz", "Hz", "Frequency."),
        ],
        result: vec![field("value", "Ohm", "It; null where nothing was fitted.")],
        example,
    };
    vec![
        of(
            "circuit_re",
            "Real part of the impedance of a fitted circuit.",
            "SELECT measurement_id, circuit_re(circuit, parameters, 1000.0) AS z_re_ohm FROM impedance_fits LIMIT 3",
        ),
        of(
            "circuit_im",
            "Imaginary part of the impedance of a fitted circuit.",
            "SELECT measurement_id, circuit_im(circuit, parameters, 1000.0) AS z_im_ohm FROM impedance_fits LIMIT 3",
        ),
    ]
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Part {
    Real,
    Imaginary,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Fitted {
    name: &'static str,
    part: Part,
    signature: Signature,
}

impl ScalarUDFImpl for Fitted {
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
        let (circuits, lists) = (arrays[0].as_string_opt::<i32>(), arrays[1].as_list_opt::<i32>());
        let (Some(circuits), Some(lists), Some(frequencies)) =
            (circuits, lists, arrays[2].as_primitive_opt::<Float64Type>())
        else {
            return exec_err!(
                "{}: expected (circuit, parameters of fit_circuit, frequency in Hz), found ({}, {}, {})",
                self.name,
                arrays[0].data_type(),
                arrays[1].data_type(),
                arrays[2].data_type()
            );
        };
        let mut values = Float64Builder::with_capacity(lists.len());
        // Rows of one spectrum follow each other: its circuit is parsed once.
        let mut parsed: Option<(String, Circuit)> = None;
        for row in 0..lists.len() {
            if circuits.is_null(row) || lists.is_null(row) || frequencies.is_null(row) {
                values.append_null();
                continue;
            }
            let notation = circuits.value(row);
            if parsed.as_ref().is_none_or(|(known, _)| known != notation) {
                let circuit = Circuit::parse(notation).map_err(|error| DataFusionError::External(Box::new(error)))?;
                parsed = Some((notation.to_owned(), circuit));
            }
            let list = lists.value(row);
            let numbers = list
                .as_struct_opt()
                .and_then(|parameters| parameters.column_by_name("value")?.as_primitive_opt::<Float64Type>());
            let (Some(numbers), Some((_, circuit))) = (numbers, &parsed) else {
                return exec_err!("{}: expected parameters of fit_circuit, found {}", self.name, lists.data_type());
            };
            if numbers.len() != circuit.parameters().len() {
                return exec_err!(
                    "{}: `{notation}` has {} parameters, found {}",
                    self.name,
                    circuit.parameters().len(),
                    numbers.len()
                );
            }
            let z = circuit.impedance(numbers.values(), frequencies.value(row));
            values.append_value(if self.part == Part::Real { z.re } else { z.im });
        }
        Ok(ColumnarValue::Array(Arc::new(values.finish())))
    }
}

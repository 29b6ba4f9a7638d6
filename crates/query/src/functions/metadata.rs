//! `metadata_text(metadata, name)` and `metadata_number(metadata, name)`: an entry of a measurement's metadata.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, Float64Builder, StringBuilder};
use arrow::datatypes::DataType;
use datafusion::common::exec_err;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::document::{Documentation, FieldKind, plain, text};

pub(super) fn text_entry() -> ScalarUDF {
    ScalarUDF::from(Entry { name: "metadata_text", kind: Kind::Text, signature: signature() })
}

pub(super) fn number_entry() -> ScalarUDF {
    ScalarUDF::from(Entry { name: "metadata_number", kind: Kind::Number, signature: signature() })
}

fn signature() -> Signature {
    Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable)
}

pub(super) fn documentation() -> Vec<Documentation> {
    let of = |name, meaning, kind, example| Documentation {
        name,
        kind: "scalar",
        version: 1,
        meaning,
        arguments: vec![text("metadata", "Metadata, as a JSON object."), text("name", "Name of the entry.")],
        result: vec![plain("value", kind, "The entry; null where there is none of this kind.")],
        example,
    };
    vec![
        of(
            "metadata_text",
            "A text of a measurement's metadata.",
            FieldKind::Text,
            "SELECT measurement_id, metadata_text(metadata, 'instrument') AS instrument FROM measurements LIMIT 3",
        ),
        of(
            "metadata_number",
            "A number of a measurement's metadata.",
            FieldKind::Number,
            "SELECT measurement_id, metadata_number(metadata, 'step_deg') AS step_deg FROM measurements LIMIT 3",
        ),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Text,
    Number,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Entry {
    name: &'static str,
    kind: Kind,
    signature: Signature,
}

impl ScalarUDFImpl for Entry {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.kind {
            Kind::Text => DataType::Utf8,
            Kind::Number => DataType::Float64,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (Some(objects), Some(names)) = (arrays[0].as_string_opt::<i32>(), arrays[1].as_string_opt::<i32>()) else {
            return exec_err!(
                "{}: expected (text, text), found ({}, {})",
                self.name,
                arrays[0].data_type(),
                arrays[1].data_type()
            );
        };
        let entry = |row: usize| {
            if objects.is_null(row) || names.is_null(row) {
                return None;
            }
            let mut object: serde_json::Value = serde_json::from_str(objects.value(row)).ok()?;
            object.get_mut(names.value(row)).map(serde_json::Value::take)
        };
        let array: ArrayRef = match self.kind {
            Kind::Text => {
                let mut values = StringBuilder::new();
                for row in 0..objects.len() {
                    values.append_option(entry(row).and_then(|value| value.as_str().map(str::to_owned)));
                }
                Arc::new(values.finish())
            }
            Kind::Number => {
                let mut values = Float64Builder::new();
                for row in 0..objects.len() {
                    values.append_option(entry(row).and_then(|value| value.as_f64()));
                }
                Arc::new(values.finish())
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}

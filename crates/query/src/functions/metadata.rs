//! `metadata_text` and `metadata_number`: an entry of a measurement's metadata.

use arrow::array::StringArray;
use serde_json::Value;

use super::arguments::Arguments;
use super::field::fields;
use super::scalar::{Definition, Scalar, any};

struct Request {
    metadata: StringArray,
    name: StringArray,
}

impl Request {
    fn of(arguments: &mut Arguments<'_>) -> Self {
        Self {
            metadata: arguments.text("metadata", "Metadata, as a JSON object."),
            name: arguments.text("name", "Name of the entry."),
        }
    }

    fn entries<V>(&self, value: fn(&Value) -> Option<V>) -> Vec<Option<V>> {
        // Rows of one measurement follow each other: its metadata are parsed once.
        let mut parsed: Option<(&str, Option<Value>)> = None;
        let entries = self.metadata.iter().zip(&self.name).map(|(metadata, name)| {
            let (metadata, name) = (metadata?, name?);
            let object = match parsed.take() {
                Some((known, object)) if known == metadata => object,
                _ => serde_json::from_str(metadata).ok(),
            };
            let found = object.as_ref().and_then(|object| value(object.get(name)?));
            parsed = Some((metadata, object));
            found
        });
        entries.collect()
    }
}

/// `metadata_text`.
pub(super) fn text_entry() -> Scalar {
    Definition {
        name: "metadata_text",
        version: 1,
        meaning: "Text from a measurement's metadata.",
        example: "SELECT measurement_id, metadata_text(metadata, 'instrument') AS instrument FROM measurements LIMIT 3",
        arguments: Request::of,
        evaluate: |asked| Ok(asked.entries(|value| value.as_str().map(str::to_owned))),
        fields: fields! { value: String;
            text value "The entry; null where there is no text of this name." => value.clone();
        },
        literal: any,
    }
    .scalar()
}

/// `metadata_number`.
pub(super) fn number_entry() -> Scalar {
    Definition {
        name: "metadata_number",
        version: 1,
        meaning: "A number from a measurement's metadata.",
        example: "SELECT measurement_id, metadata_number(metadata, 'step_deg') AS step_deg FROM measurements LIMIT 3",
        arguments: Request::of,
        evaluate: |asked| Ok(asked.entries(Value::as_f64)),
        fields: fields! { value: f64;
            number value "The entry; null where there is no number of this name." => *value;
        },
        literal: any,
    }
    .scalar()
}

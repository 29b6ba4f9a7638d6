//! What an approval of a recipe signs.

use std::fmt::Write as _;

use toml::{Table, Value};

/// 128 bits of the BLAKE3 hash of every entry but the approvals, keys sorted.
pub(super) fn digest(text: &str) -> Result<String, String> {
    let mut table: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    table.remove("approval");
    let mut written = String::new();
    write(&Value::Table(table), &mut written);
    Ok(blake3::hash(written.as_bytes()).to_hex()[..32].to_owned())
}

fn write(value: &Value, written: &mut String) {
    match value {
        Value::Table(table) => {
            let mut entries: Vec<_> = table.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            *written += "{";
            for (key, value) in entries {
                // Writing to a string cannot fail.
                write!(written, "{key:?}:").ok();
                self::write(value, written);
                *written += ",";
            }
            *written += "}";
        }
        Value::Array(items) => {
            *written += "[";
            for item in items {
                write(item, written);
                *written += ",";
            }
            *written += "]";
        }
        Value::String(text) => *written += &format!("{text:?}"),
        value => *written += &value.to_string(),
    }
}

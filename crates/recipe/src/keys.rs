//! The keys of a TOML file: which keys its tables have, and what they hold. All faults are found at once, each with its line.
//!
//! A deserialiser stops at the first unknown key, missing key or value of the wrong type. Here a file is compared with a
//! description of its tables first. What is wrong is then replaced by a value that contradicts nothing, so that everything else in the
//! file is checked too, and a file is right after one correction.

use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use crate::quantity::Milliseconds;
use crate::source::line_of;

/// What a key holds. A number is what takes the place of a value of the wrong type: it contradicts no other value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Holds {
    /// Text.
    Text,
    /// A number, with or without a decimal point; its range is checked elsewhere.
    Number(f64),
    /// A finite number.
    Finite(f64),
    /// Seconds of a recipe.
    Seconds,
    /// A whole number from 0, written without a decimal point.
    Count(u32),
    /// `true` or `false`.
    Flag,
    /// A list of texts.
    Texts,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of these words.
    Words(&'static [&'static str]),
    /// A table of finite numbers.
    Numbers,
}

/// A key.
pub(crate) struct Key {
    name: &'static str,
    holds: Holds,
    is_required: bool,
}

/// A key that its table requires.
pub(crate) const fn key(name: &'static str, holds: Holds) -> Key {
    Key { name, holds, is_required: true }
}

/// A key that may be absent.
pub(crate) const fn optional(name: &'static str, holds: Holds) -> Key {
    Key { name, holds, is_required: false }
}

/// How often a table occurs in the table above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occurs {
    /// Once.
    Once,
    /// Once or not at all.
    Perhaps,
    /// Any number of times.
    Any,
    /// Once or more often.
    Often,
}

/// The keys of a table.
pub(crate) struct Keys {
    /// Key of the table, or of the array of tables, in the table above; empty for the top level.
    pub(crate) table: &'static str,
    pub(crate) occurs: Occurs,
    pub(crate) keys: &'static [Key],
    /// The key whose value determines further keys: `kind` of a limit.
    pub(crate) tag: &'static str,
    /// Further keys for each value of the tag.
    pub(crate) by_tag: &'static [(&'static str, &'static [Key])],
    /// Tables inside this table.
    pub(crate) inner: &'static [&'static Keys],
}

/// A table without inner tables.
pub(crate) const fn table(table: &'static str, occurs: Occurs, keys: &'static [Key]) -> Keys {
    Keys { table, occurs, keys, tag: "", by_tag: &[], inner: &[] }
}

/// A fault of a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FileFault {
    /// Line in the file, from 1; null if it was not read from one.
    pub line: Option<usize>,
    /// The table or entry.
    pub place: String,
    /// Expected and found.
    pub problem: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}, ")?;
        }
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// Faults one below the other.
pub(crate) fn listed(faults: &[FileFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A file that was read, what it was read from once faults are mended, and these faults.
pub(crate) struct Read {
    pub(crate) table: Table,
    pub(crate) faults: Vec<FileFault>,
}

/// Compares a file with the keys of its tables.
///
/// # Errors
///
/// Its syntax is not that of TOML.
pub(crate) fn read(text: &str, keys: &Keys) -> Result<Read, String> {
    let error = |error: toml::de::Error| error.to_string().trim_end().to_owned();
    let written = DeTable::parse(text).map_err(error)?;
    let mut table: Table = text.parse().map_err(error)?;
    let mut found = Found { text, faults: Vec::new() };
    found.table(("", written.span().start), written.get_ref(), &mut table, keys);
    let mut faults = found.faults;
    faults.sort_by_key(|fault| fault.line);
    Ok(Read { table, faults })
}

struct Found<'t> {
    text: &'t str,
    faults: Vec<FileFault>,
}

impl Found<'_> {
    fn add(&mut self, start: usize, place: &str, problem: String) {
        let place = if place.is_empty() { "top level" } else { place };
        self.faults.push(FileFault { line: Some(line_of(self.text, start)), place: place.to_owned(), problem });
    }

    /// Compares a table, and mends it.
    fn table(&mut self, (place, start): (&str, usize), written: &DeTable<'_>, table: &mut Table, keys: &Keys) {
        let tag = written.get(keys.tag).map(|tag| (tag, table.get(keys.tag).and_then(Value::as_str)));
        if let Some((tag, value)) = tag
            && !keys.by_tag.iter().any(|(of, _)| Some(*of) == value)
        {
            // Which keys belong here is not known.
            let words: Vec<&str> = keys.by_tag.iter().map(|(of, _)| *of).collect();
            let found = self.text.get(tag.span()).unwrap_or_default();
            let expected = in_quotes(&words).join(" or ");
            self.add(tag.span().start, place, format!("`{}` is {found}, expected {expected}", keys.tag));
            *table = keys.all_instead();
            return;
        }
        let known: Vec<&Key> = keys.keys.iter().chain(keys.of_tag(table)).collect();
        let tables = keys.inner.iter().map(|inner| inner.table);
        let names: Vec<&str> = known.iter().map(|key| key.name).chain(tables).collect();
        for (name, _) in written.iter().filter(|(name, _)| !names.contains(&name.get_ref().as_ref())) {
            let expected = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            self.add(name.span().start, place, format!("unknown key `{}`; expected {expected}", name.get_ref()));
            table.remove(name.get_ref().as_ref());
        }
        let mut missing = Vec::new();
        for key in known {
            let Some(value) = written.get(key.name) else {
                if key.is_required {
                    missing.push(key.name);
                    table.insert(key.name.to_owned(), key.holds.instead());
                }
                continue;
            };
            let held = table.get(key.name).cloned().unwrap_or_else(|| key.holds.instead());
            if let Err(expected) = key.holds.takes(&held) {
                let written = self.text.get(value.span()).unwrap_or_default();
                let written = if written.len() > 60 { value.get_ref().type_str() } else { written };
                self.add(value.span().start, place, format!("`{}` is {written}, expected {expected}", key.name));
                table.insert(key.name.to_owned(), key.holds.instead());
            }
        }
        for inner in keys.inner {
            match written.get(inner.table) {
                None if matches!(inner.occurs, Occurs::Once | Occurs::Often) => {
                    missing.push(inner.table);
                    table.insert(inner.table.to_owned(), inner.instead());
                }
                None => {}
                Some(value) => {
                    let held = table.remove(inner.table).unwrap_or_else(|| inner.instead());
                    let mended = self.inner(place, value, held, inner);
                    table.insert(inner.table.to_owned(), mended);
                }
            }
        }
        if !missing.is_empty() {
            let expected = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            self.add(start, place, format!("expected {expected}, found none"));
        }
    }

    /// Compares a table within another, or an array of them.
    fn inner(&mut self, place: &str, value: &Spanned<DeValue<'_>>, held: Value, keys: &Keys) -> Value {
        let within = |name: String| if place.is_empty() { name } else { format!("{place}, {name}") };
        let start = value.span().start;
        let is_one = matches!(keys.occurs, Occurs::Once | Occurs::Perhaps);
        match (value.get_ref(), held) {
            (DeValue::Table(written), Value::Table(mut table)) if is_one => {
                self.table((&within(format!("[{}]", keys.table)), start), written, &mut table, keys);
                Value::Table(table)
            }
            (DeValue::Array(items), Value::Array(held)) if !is_one => {
                let mut mended = Vec::new();
                for (index, (item, held)) in items.iter().zip(held).enumerate() {
                    let number = format!("[[{}]] {}", keys.table, index + 1);
                    let (DeValue::Table(written), Value::Table(mut table)) = (item.get_ref(), held) else {
                        let found = item.get_ref().type_str();
                        self.add(
                            item.span().start,
                            &within(number),
                            format!("expected a table, found a value of type {found}"),
                        );
                        continue;
                    };
                    let called = ["name", "valve", "material", "step", "rule"]
                        .iter()
                        .find_map(|key| Some(format!(" (`{}`)", written.get(*key)?.get_ref().as_str()?)));
                    let place = within(format!("{number}{}", called.unwrap_or_default()));
                    self.table((&place, item.span().start), written, &mut table, keys);
                    mended.push(Value::Table(table));
                }
                Value::Array(mended)
            }
            (other, _) => {
                let expected =
                    if is_one { format!("a table [{}]", keys.table) } else { format!("tables [[{}]]", keys.table) };
                self.add(
                    start,
                    place,
                    format!("`{}` is of type {}, expected {expected}", keys.table, other.type_str()),
                );
                keys.instead()
            }
        }
    }
}

impl Keys {
    /// The further keys of the value that the tag has.
    fn of_tag(&self, table: &Table) -> &'static [Key] {
        let value = table.get(self.tag).and_then(Value::as_str);
        self.by_tag.iter().find(|(of, _)| Some(*of) == value).map_or(&[], |(_, keys)| keys)
    }

    /// What takes the place of a table that is missing.
    fn instead(&self) -> Value {
        if matches!(self.occurs, Occurs::Any | Occurs::Often) {
            return Value::Array(Vec::new());
        }
        Value::Table(self.all_instead())
    }

    /// A table of all required keys.
    fn all_instead(&self) -> Table {
        let mut table = Table::new();
        for key in self.keys.iter().filter(|key| key.is_required) {
            table.insert(key.name.to_owned(), key.holds.instead());
        }
        for key in self.of_tag(&table).iter().filter(|key| key.is_required) {
            table.insert(key.name.to_owned(), key.holds.instead());
        }
        for inner in self.inner.iter().filter(|inner| matches!(inner.occurs, Occurs::Once | Occurs::Often)) {
            table.insert(inner.table.to_owned(), inner.instead());
        }
        table
    }
}

impl Holds {
    /// Whether a value is what the key holds; otherwise what is expected.
    fn takes(self, value: &Value) -> Result<(), String> {
        #[expect(clippy::cast_precision_loss, reason = "only whether it is in a range is asked")]
        let number = match value {
            Value::Integer(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        };
        let (takes, expected) = match self {
            Self::Text => (value.is_str(), "text in quotes".to_owned()),
            Self::Number(_) => (number.is_some(), "a number".to_owned()),
            Self::Finite(_) => (number.is_some_and(f64::is_finite), "a finite number".to_owned()),
            Self::Seconds => (
                number.is_some_and(|seconds| Milliseconds::from_seconds(seconds).is_some()),
                "seconds from 0 to 4294967 with three decimals at most".to_owned(),
            ),
            Self::Count(_) => (
                value.as_integer().is_some_and(|count| u32::try_from(count).is_ok()),
                "a whole number from 0".to_owned(),
            ),
            Self::Flag => (value.is_bool(), "true or false".to_owned()),
            Self::Texts => {
                let texts = value.as_array().is_some_and(|items| items.iter().all(Value::is_str));
                (texts, "a list of texts in quotes".to_owned())
            }
            Self::Word(words) => {
                (value.as_str().is_some_and(|word| words.contains(&word)), in_quotes(words).join(" or "))
            }
            Self::Words(words) => {
                let items = value.as_array().map(Vec::as_slice);
                let one = |item: &Value| item.as_str().is_some_and(|word| words.contains(&word));
                (items.is_some_and(|items| items.iter().all(one)), format!("a list of {}", in_quotes(words).join(", ")))
            }
            Self::Numbers => {
                let numbers = value
                    .as_table()
                    .is_some_and(|table| table.values().all(|value| Self::Finite(0.0).takes(value).is_ok()));
                (numbers, "a table of numbers".to_owned())
            }
        };
        if takes { Ok(()) } else { Err(expected) }
    }

    /// What takes the place of a value that is missing or wrong.
    fn instead(self) -> Value {
        match self {
            Self::Text => Value::String(String::new()),
            Self::Number(number) | Self::Finite(number) => Value::Float(number),
            Self::Seconds => Value::Float(1.0),
            Self::Count(count) => Value::Integer(count.into()),
            Self::Flag => Value::Boolean(false),
            Self::Texts | Self::Words(_) => Value::Array(Vec::new()),
            Self::Word(words) => Value::String(words.first().copied().unwrap_or_default().to_owned()),
            Self::Numbers => Value::Table(Table::new()),
        }
    }
}

fn in_quotes(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| format!("\"{word}\"")).collect()
}

/// The faults of keys, and those of values that concern other lines: a value that was mended says nothing.
pub(crate) fn together(keys: Vec<FileFault>, values: Vec<FileFault>) -> Vec<FileFault> {
    let lines: Vec<Option<usize>> = keys.iter().map(|fault| fault.line).collect();
    let mut faults = keys;
    faults.extend(values.into_iter().filter(|fault| !lines.contains(&fault.line)));
    faults.sort_by_key(|fault| fault.line);
    faults
}

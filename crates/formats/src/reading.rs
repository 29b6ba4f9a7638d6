//! The result of an adapter: measurements, the rows it could not trust, and why a file was refused.

use std::collections::BTreeMap;

use crate::text::excerpt;
use crate::{Rejections, Technique};

/// Name of the setting that says how a measurement ends early.
const INCOMPLETE: &str = "incomplete";
/// What is expected of an archive; its directory is its last part.
pub(crate) const WHOLE_ARCHIVE: &str = "a zip archive with its directory";

/// The contents of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// In file order. A file of a supported format without a data row has one measurement of no points.
    pub measurements: Vec<Measurement>,
    /// Rows that cannot be trusted, never repaired.
    pub rejected: Rejections,
    /// What a user should know about the whole file.
    pub warnings: Vec<String>,
    /// What the reader saw in the file and did not take: tables, sheets, scans, members of an archive. Each is in `warnings` too.
    pub not_read: Vec<String>,
}

impl Reading {
    /// What the reader says of a measurement that ends before its announced or its last row; `None` if all are whole.
    #[must_use]
    pub fn ends_early(&self) -> Option<String> {
        self.measurements.iter().find_map(|measurement| match measurement.metadata.get(INCOMPLETE)? {
            Value::Text(words) => Some(words.clone()),
            _ => None,
        })
    }

    /// States a part of the file that is not read: in `not_read`, and as a warning.
    pub(crate) fn leave_out(&mut self, words: impl Into<String>) {
        let words = words.into();
        self.warnings.push(words.clone());
        self.not_read.push(words);
    }
}

/// One measurement: a spectrum, a scan, a cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Place in the file, from 0.
    pub block: u32,
    /// What was measured.
    pub technique: Technique,
    /// Columns of one length. Those that the technique's table knows have its names and units; others
    /// have a name made from the file's header (see [`column_name`](crate::column::column_name)).
    pub columns: Vec<Column>,
    /// Settings and circumstances, by lower-case names with units (`electrode_area_cm2`, `started_at`,
    /// `title`, `instrument`, `software`, `comment`, `incomplete`, …). Placeholders that an instrument writes where nothing was entered are absent.
    pub metadata: BTreeMap<String, Value>,
    /// What a user should know about this measurement.
    pub warnings: Vec<String>,
}

impl Measurement {
    /// Number of rows.
    #[must_use]
    pub fn n_points(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// The numbers of a column, if it exists and holds numbers.
    #[must_use]
    pub fn numbers(&self, name: &str) -> Option<&[f64]> {
        self.columns.iter().find(|column| column.name == name).and_then(|column| match &column.values {
            Values::Number(values) => Some(values.as_slice()),
            Values::Text(_) => None,
        })
    }
}

/// One column of a measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Lower-case name that ends in its unit: `frequency_hz`, `z_re_ohm`.
    pub name: String,
    /// UCUM code (`Hz`, `Ohm`, `1` for a pure number); `None` where the file does not state a unit.
    pub unit: Option<String>,
    /// The header as written in the file, for people.
    pub header: String,
    /// One value a row.
    pub values: Values,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Numbers; NaN where the file has none.
    Number(Vec<f64>),
    /// Words, such as a current range.
    Text(Vec<String>),
}

impl Values {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One entry of a measurement's metadata.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number in the unit that its name ends in.
    Number(f64),
    /// A switch.
    Flag(bool),
    /// Words; times are ISO 8601 without a zone, because instruments write local time.
    Text(String),
}

/// A row that was left out, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct RejectedRow {
    /// The measurement it would have belonged to.
    pub block: u32,
    /// Why, and where.
    pub error: ReadError,
}

/// A position in a file that an editor or a hex viewer can go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Line number, from 1.
    Line(u64),
    /// Byte offset, from 0.
    Offset(u64),
}

impl Place {
    /// A byte offset, from 0.
    #[must_use]
    pub fn byte(offset: usize) -> Self {
        Self::Offset(offset as u64)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Offset(offset) => write!(f, "byte {offset}"),
        }
    }
}

/// Why a file, or a row of it, could not be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// No adapter knows these bytes.
    #[error(
        "{place}: no known format: the file starts with `{starts_with}`; describe it in a manifest (`ingest/<format>/instrument.toml`) or export it as text"
    )]
    Unknown {
        /// The start of the file.
        place: Place,
        /// Its first characters, made printable.
        starts_with: String,
    },
    /// The format is known, but not read (yet).
    #[error("{place}: this is {recognised}, which aldb does not read; {advice}")]
    NotSupported {
        /// Where it was recognised.
        place: Place,
        /// The format and technique, for people.
        recognised: String,
        /// What the user can do instead.
        advice: String,
    },
    /// Two formats claim the file with equal right.
    #[error("{place}: several formats fit: {formats}; state which one to read it as")]
    Ambiguous {
        /// Where they were recognised.
        place: Place,
        /// Their names.
        formats: String,
    },
    /// The named format doesn't exist.
    #[error("no format is called `{name}`, expected one of {formats}")]
    NoSuchFormat {
        /// The start of the file; the message leaves it out.
        place: Place,
        /// The name that was requested.
        name: String,
        /// The names that exist.
        formats: String,
    },
    /// A number was expected.
    #[error("{place}: expected a number{} for `{column}`, found `{found}`", in_unit(unit))]
    NotANumber {
        /// Where.
        place: Place,
        /// The column's header.
        column: String,
        /// UCUM code; empty without a unit.
        unit: String,
        /// The cell, cut to 40 characters.
        found: String,
    },
    /// A row is shorter or longer than its header.
    #[error("{place}: expected {expected} fields, found {found}")]
    FieldCount {
        /// Where.
        place: Place,
        /// Fields of the header.
        expected: usize,
        /// Fields of the row.
        found: usize,
    },
    /// A number is impossible for its quantity.
    #[error("{place}: `{column}` is {}, expected {expected}", with_unit(*value, unit))]
    OutOfRange {
        /// Where.
        place: Place,
        /// The column's header.
        column: String,
        /// UCUM code; empty without a unit.
        unit: String,
        /// The value.
        value: f64,
        /// The range in words: "above 0".
        expected: String,
    },
    /// A column that the technique needs is not in the file.
    #[error("{place}: expected a column {expected}, found {found}")]
    ColumnMissing {
        /// Where the header is.
        place: Place,
        /// What was expected, for people.
        expected: String,
        /// The columns that exist.
        found: String,
    },
    /// The file is not what its start claims.
    #[error("{place}: expected {expected}, found {found}")]
    Malformed {
        /// Where.
        place: Place,
        /// What the format requires.
        expected: String,
        /// What was found.
        found: String,
    },
    /// The file is larger than an adapter may take.
    #[error("{place}: the file has {found} bytes, expected at most {limit}")]
    TooLarge {
        /// Where the limit was crossed.
        place: Place,
        /// Size in bytes.
        found: u64,
        /// Limit in bytes.
        limit: u64,
    },
}

aldb_codes::codes! {
    /// Why a file was not read.
    FileErrorCode {
        FileUnreadable "file_unreadable" "the file system cannot find or read the file or folder",
        FileTooLarge "file_too_large" "the file is larger than the limit",
        UnknownFormat "unknown_format" "no reader recognises the file",
        FormatNotSupported "format_not_supported" "the format is recognised, but not read",
        AmbiguousFormat "ambiguous_format" "several formats match the file",
        NoSuchFormat "no_such_format" "no format has the name that was given",
        Malformed "malformed" "the file does not follow its format",
        ColumnMissing "column_missing" "the file has no column for a quantity that its technique needs",
        FieldCount "field_count" "a row has more or fewer fields than the header",
        NotANumber "not_a_number" "a field that should be a number is not",
        ValueOutOfRange "value_out_of_range" "a value lies outside the range that its quantity can have",
        InvalidDescription "invalid_description" "a file in samples/, recipes/ or literature/ is invalid",
    }
}

/// ` in Ω`, ` in % or as a fraction of 1`; nothing for a number without a unit.
fn in_unit(unit: &str) -> String {
    let symbol = |code: &str| {
        if code == "1" { "as a fraction of 1".to_owned() } else { format!("in {}", aldb_schema::symbol(code)) }
    };
    match unit {
        "" | "1" => String::new(),
        unit => format!(" {}", unit.split(" or ").map(symbol).collect::<Vec<_>>().join(" or ")),
    }
}

/// `-300 °C`.
fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        "" | "1" => value.to_string(),
        unit => format!("{value} {}", aldb_schema::symbol(unit)),
    }
}

impl ReadError {
    /// The cause, for programs.
    #[must_use]
    pub fn code(&self) -> FileErrorCode {
        match self {
            Self::Unknown { .. } => FileErrorCode::UnknownFormat,
            Self::NotSupported { .. } => FileErrorCode::FormatNotSupported,
            Self::Ambiguous { .. } => FileErrorCode::AmbiguousFormat,
            Self::NoSuchFormat { .. } => FileErrorCode::NoSuchFormat,
            Self::NotANumber { .. } => FileErrorCode::NotANumber,
            Self::FieldCount { .. } => FileErrorCode::FieldCount,
            Self::OutOfRange { .. } => FileErrorCode::ValueOutOfRange,
            Self::ColumnMissing { .. } => FileErrorCode::ColumnMissing,
            Self::Malformed { .. } => FileErrorCode::Malformed,
            Self::TooLarge { .. } => FileErrorCode::FileTooLarge,
        }
    }

    /// Whether the file ends before what it announces: it may be one that is still being written or copied.
    #[must_use]
    pub fn ends_early(&self) -> bool {
        match self {
            Self::Malformed { expected, found, .. } => {
                let ends = [
                    "the end of the file",
                    "was cut",
                    "ends within",
                    "the XML ends",
                    "breaks off",
                    "end of input",
                    "EOF while",
                ];
                ends.iter().any(|end| found.contains(end))
                    || [WHOLE_ARCHIVE, "rows below the header"].iter().any(|whole| expected.contains(whole))
            }
            _ => false,
        }
    }

    /// A [`ReadError::Malformed`].
    pub(crate) fn malformed(place: Place, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Malformed { place, expected: expected.into(), found: found.into() }
    }

    /// The same for a line of text, of which at most 40 characters are quoted; empty text is the end of the file.
    pub(crate) fn unexpected(line: u64, expected: impl Into<String>, text: &str) -> Self {
        let found = if text.is_empty() { "the end of the file".to_owned() } else { format!("`{}`", excerpt(text, 40)) };
        Self::malformed(Place::Line(line), expected, found)
    }

    /// Where in the file.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Unknown { place, .. }
            | Self::NotSupported { place, .. }
            | Self::Ambiguous { place, .. }
            | Self::NoSuchFormat { place, .. }
            | Self::NotANumber { place, .. }
            | Self::FieldCount { place, .. }
            | Self::OutOfRange { place, .. }
            | Self::ColumnMissing { place, .. }
            | Self::Malformed { place, .. }
            | Self::TooLarge { place, .. } => *place,
        }
    }
}

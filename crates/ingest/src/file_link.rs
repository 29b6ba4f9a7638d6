//! An entry that gives keys to a single file.

use crate::entry::{Entry, Mistakes};
use crate::stated::Stated;

/// A `[[link]]`, or a row of a CSV file with the columns `file` and one of [`FileLink::KEYS`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FileLink {
    /// A path as in `source_files`.
    pub(crate) file: String,
    pub(crate) keys: Stated,
    pub(crate) note: Option<String>,
    pub(crate) line: usize,
}

impl FileLink {
    /// What an entry may give.
    pub(crate) const KEYS: [&'static str; 5] = ["sample", "run", "dot", "temperature_c", "repeat"];

    pub(crate) fn of(mut entry: Entry, mistakes: &mut Mistakes) -> Self {
        let (line, temperature_line) = (entry.line(""), entry.line("temperature_c"));
        let file = entry.required("file").trim().to_owned();
        let keys = Stated {
            sample: entry.text("sample"),
            run: entry.text("run"),
            dot: entry.text("dot"),
            temperature_c: entry.number("temperature_c"),
            repeat: entry.text("repeat"),
            ..Stated::default()
        };
        let note = entry.text("note");
        let was_right = mistakes.is_empty();
        entry.finish("link", mistakes);
        if let Some(cold) = keys.temperature_c.filter(|celsius| *celsius < -aldb_elements::constants::ZERO_CELSIUS_K) {
            mistakes.push(temperature_line, format!("`temperature_c`: expected at least -273.15 °C, found {cold}"));
        }
        if was_right && mistakes.is_empty() && keys == Stated::default() {
            mistakes
                .push(line, format!("the link of `{file}` gives nothing: expected one of {}", Self::KEYS.join(", ")));
        }
        Self { file, keys, note, line }
    }
}

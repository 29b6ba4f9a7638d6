//! One entry of a sheet, written in TOML or as a row of a CSV file. Its keys are fetched by name; missing and unknown
//! keys and values of the wrong type are collected with their lines, so that one message is enough to correct the whole
//! sheet.

use csv::StringRecord;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Largest number of mistakes that are listed individually.
const LISTED: usize = 20;

/// Mistakes of one sheet, each with its line.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(Vec<(usize, String)>);

impl Mistakes {
    pub(crate) fn push(&mut self, line: usize, text: String) {
        // An unknown column of a CSV file is one mistake, however many rows there are.
        if !self.0.contains(&(line, text.clone())) {
            self.0.push((line, text));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn append(&mut self, others: Self) {
        for (line, text) in others.0 {
            self.push(line, text);
        }
    }

    /// All mistakes in the order of their lines; an error if there is one.
    pub(crate) fn into_result(mut self) -> Result<(), String> {
        self.0.sort_by_key(|(line, _)| *line);
        let mut words: Vec<String> =
            self.0.iter().take(LISTED).map(|(line, text)| format!("line {line}: {text}")).collect();
        match self.0.len() {
            0 => return Ok(()),
            n if n > LISTED => words.push(format!("and {} more", n - LISTED)),
            _ => {}
        }
        Err(words.join("; "))
    }
}

/// A value as written.
#[derive(Debug, Clone)]
enum Written {
    Text(String),
    Number(f64, String),
    Flag(bool),
    Words(Vec<String>),
    List(Vec<Entry>),
    Table(Entry),
    Other(&'static str),
}

impl Written {
    /// For messages.
    fn shown(&self) -> String {
        match self {
            Self::Text(text) | Self::Number(_, text) => format!("`{text}`"),
            Self::Flag(flag) => format!("`{flag}`"),
            Self::Words(_) | Self::List(_) => "a list".to_owned(),
            Self::Table(_) => "a table".to_owned(),
            Self::Other(what) => format!("a value of type {what}"),
        }
    }
}

/// An entry whose keys are still to be fetched.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    line: usize,
    values: Vec<(String, usize, Written)>,
    known: Vec<&'static str>,
    missing: Vec<&'static str>,
    mistakes: Vec<(usize, String)>,
}

/// The line, from 1, of a byte of a text.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    1 + text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count()
}

impl Entry {
    fn new(line: usize, values: Vec<(String, usize, Written)>) -> Self {
        Self { line, values, known: Vec::new(), missing: Vec::new(), mistakes: Vec::new() }
    }

    /// A table of a TOML text.
    pub(crate) fn of_toml(text: &str, line: usize, table: &DeTable<'_>) -> Self {
        let value = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
            let name: &std::borrow::Cow<'_, str> = name.get_ref();
            (name.to_string(), line_of(text, value.span().start), written(text, value))
        };
        Self::new(line, table.iter().map(value).collect())
    }

    /// A row of a CSV file; an empty cell is absent.
    pub(crate) fn of_csv(names: &StringRecord, row: &StringRecord, line: usize) -> Self {
        let filled = names.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
        let value = |(name, cell): (&str, &str)| (name.to_owned(), line, Written::Text(cell.to_owned()));
        Self::new(line, filled.map(value).collect())
    }

    fn take(&mut self, name: &'static str) -> Option<(usize, Written)> {
        self.known.push(name);
        let place = self.values.iter().position(|(written, ..)| written == name)?;
        let (_, line, value) = self.values.swap_remove(place);
        Some((line, value))
    }

    /// The text of a key, without fetching it.
    pub(crate) fn peek(&self, name: &str) -> Option<String> {
        match self.values.iter().find(|(written, ..)| written == name)? {
            (.., Written::Text(text) | Written::Number(_, text)) => Some(text.trim().to_owned()).filter(|t| is_name(t)),
            _ => None,
        }
    }

    fn wrong(&mut self, line: usize, name: &str, expected: &str, found: &Written) {
        self.mistakes.push((line, format!("`{name}`: expected {expected}, found {}", found.shown())));
    }

    /// Text; a number is taken as written, so that a name may be a number.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            (_, Written::Text(text) | Written::Number(_, text)) => Some(text),
            (line, other) => {
                self.wrong(line, name, "text", &other);
                None
            }
        }
    }

    /// Required text.
    pub(crate) fn required(&mut self, name: &'static str) -> String {
        let n_mistakes = self.mistakes.len();
        let text = self.text(name).filter(|text| !text.trim().is_empty());
        if text.is_none() && self.mistakes.len() == n_mistakes {
            self.missing.push(name);
        }
        text.unwrap_or_default()
    }

    /// A required name: text with a letter or a digit.
    pub(crate) fn name(&mut self, name: &'static str) -> String {
        let line = self.line(name);
        let text = self.required(name);
        if !text.is_empty() && !is_name(&text) {
            self.mistakes.push((line, format!("`{name}`: expected a name with a letter or a digit, found `{text}`")));
        }
        text
    }

    /// A number: TOML's, or text with a decimal point or comma.
    pub(crate) fn number(&mut self, name: &'static str) -> Option<f64> {
        let (line, value) = self.take(name)?;
        let number = match &value {
            Written::Number(number, _) => Some(*number).filter(|number| number.is_finite()),
            Written::Text(text) if text.trim().is_empty() => return None,
            Written::Text(text) => decimal(text),
            _ => None,
        };
        if number.is_none() {
            self.wrong(line, name, "a number", &value);
        }
        number
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        let (line, value) = self.take(name)?;
        let flag = match &value {
            Written::Flag(flag) => Some(*flag),
            Written::Text(text) => match text.to_lowercase().as_str() {
                "true" | "yes" => Some(true),
                "false" | "no" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if flag.is_none() {
            self.wrong(line, name, "true, false, yes or no", &value);
        }
        flag
    }

    /// Yes or no; required.
    pub(crate) fn required_flag(&mut self, name: &'static str) -> bool {
        let n_mistakes = self.mistakes.len();
        let flag = self.flag(name);
        if flag.is_none() && self.mistakes.len() == n_mistakes {
            self.missing.push(name);
        }
        flag.unwrap_or_default()
    }

    /// A list of entries (TOML), or the corresponding text (CSV), with its line.
    pub(crate) fn list(&mut self, name: &'static str) -> Option<(usize, Result<Vec<Entry>, String>)> {
        match self.take(name)? {
            (line, Written::List(entries)) => Some((line, Ok(entries))),
            (line, Written::Words(words)) if words.is_empty() => Some((line, Ok(Vec::new()))),
            (line, Written::Text(text)) => Some((line, Err(text))),
            (line, other) => {
                self.wrong(line, name, "a list", &other);
                None
            }
        }
    }

    /// A list of words, or one word; empty if there is none.
    pub(crate) fn words(&mut self, name: &'static str) -> Vec<String> {
        match self.take(name) {
            None => Vec::new(),
            Some((_, Written::Words(words))) => words,
            Some((_, Written::Text(word))) => vec![word],
            Some((line, other)) => {
                self.wrong(line, name, "a list of text", &other);
                Vec::new()
            }
        }
    }

    /// A whole number from 0, as large as a table can hold.
    pub(crate) fn count(&mut self, name: &'static str) -> Option<u64> {
        let (line, value) = self.take(name)?;
        let count = match &value {
            Written::Number(_, text) | Written::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        let count = count.filter(|count| *count <= i32::MAX as u64);
        if count.is_none() {
            self.wrong(line, name, "a whole number from 0", &value);
        }
        count
    }

    /// A table inside this entry.
    pub(crate) fn table(&mut self, name: &'static str) -> Option<Self> {
        match self.take(name)? {
            (_, Written::Table(entry)) => Some(entry),
            (line, other) => {
                self.wrong(line, name, "a table", &other);
                None
            }
        }
    }

    /// The line of a key that was not fetched yet; that of the entry if it has no line.
    pub(crate) fn line(&self, name: &str) -> usize {
        self.values.iter().find(|(written, ..)| written == name).map_or(self.line, |(_, line, _)| *line)
    }

    /// Keys that were not requested are allowed.
    pub(crate) fn allow_others(&mut self) {
        self.values.clear();
    }

    /// Returns everything missing, unknown or wrong. `kind` is the kind of the entry.
    pub(crate) fn finish(self, kind: &str, mistakes: &mut Mistakes) {
        if !self.missing.is_empty() {
            mistakes.push(self.line, format!("{kind} without {}", quoted(&self.missing)));
        }
        for (line, text) in self.mistakes {
            mistakes.push(line, text);
        }
        for (name, line, _) in &self.values {
            let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            mistakes.push(*line, format!("unknown key `{name}` of {article} {kind}: expected {}", quoted(&self.known)));
        }
    }
}

/// The entries of `[[name]]` tables of a TOML text, in the order of `names`.
///
/// # Errors
///
/// If it is not TOML. Keys other than these are mistakes.
pub(crate) fn entries_of_toml<const N: usize>(
    text: &str,
    names: [&str; N],
    mistakes: &mut Mistakes,
) -> Result<[Vec<Entry>; N], String> {
    Ok(tables_of_toml(text, names, [], mistakes)?.0)
}

/// Lists of tables and single tables.
type Tables<const N: usize, const M: usize> = ([Vec<Entry>; N], [Option<Entry>; M]);

/// The entries of `[[name]]` tables of a TOML text, and its `[name]` tables, each in the order of its names.
///
/// # Errors
///
/// If it is not TOML. Keys other than these are mistakes.
pub(crate) fn tables_of_toml<const N: usize, const M: usize>(
    text: &str,
    lists: [&str; N],
    tables: [&str; M],
    mistakes: &mut Mistakes,
) -> Result<Tables<N, M>, String> {
    let root = DeTable::parse(text).map_err(|error| error.to_string())?;
    let mut entries = ([const { Vec::new() }; N], [const { None }; M]);
    for (name, value) in root.get_ref() {
        let line = line_of(text, name.span().start);
        let key = name.get_ref().as_ref();
        let found = written(text, value);
        if let Some(place) = tables.iter().position(|name| *name == key) {
            match found {
                Written::Table(entry) => entries.1[place] = Some(entry),
                _ => mistakes.push(line, format!("expected `[{key}]`, a table")),
            }
            continue;
        }
        let Some(place) = lists.iter().position(|name| *name == key) else {
            let expected = lists.iter().map(|name| format!("`[[{name}]]`"));
            let expected: Vec<String> = expected.chain(tables.iter().map(|name| format!("`[{name}]`"))).collect();
            mistakes.push(line, format!("expected {}, found `{key}`", expected.join(" or ")));
            continue;
        };
        match found {
            Written::List(found) => entries.0[place] = found,
            Written::Words(words) if words.is_empty() => {}
            _ => mistakes.push(line, format!("expected `[[{key}]]`, in double brackets")),
        }
    }
    Ok(entries)
}

/// Names for a message.
pub(crate) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Whether a text can be the name of something: not only blanks and separators.
fn is_name(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// A finite number with a decimal point or comma.
pub(crate) fn decimal(text: &str) -> Option<f64> {
    text.trim().replace(',', ".").parse().ok().filter(|number: &f64| number.is_finite())
}

fn written(text: &str, value: &Spanned<DeValue<'_>>) -> Written {
    let source = text.get(value.span()).unwrap_or_default();
    match value.get_ref() {
        DeValue::String(words) => Written::Text(words.to_string()),
        DeValue::Integer(_) | DeValue::Float(_) => match source.replace('_', "").parse() {
            Ok(number) => Written::Number(number, source.to_owned()),
            Err(_) => Written::Other("number in another notation"),
        },
        DeValue::Boolean(flag) => Written::Flag(*flag),
        DeValue::Datetime(_) => Written::Text(source.to_owned()),
        DeValue::Array(values) => {
            let words = values.iter().map(|value| value.get_ref().as_str().map(str::to_owned));
            if let Some(words) = words.collect::<Option<Vec<_>>>() {
                return Written::Words(words);
            }
            let entries = values.iter().map(|value| {
                let table = value.get_ref().as_table()?;
                Some(Entry::of_toml(text, line_of(text, value.span().start), table))
            });
            entries.collect::<Option<Vec<_>>>().map_or(Written::Other("array"), Written::List)
        }
        DeValue::Table(table) => Written::Table(Entry::of_toml(text, line_of(text, value.span().start), table)),
    }
}

/// The keys in the first table after these words in docs/SAMPLES.md, in alphabetical order.
#[cfg(test)]
pub(crate) fn documented(after: &str) -> Vec<String> {
    let section = include_str!("../../../docs/SAMPLES.md").split(after).nth(1).unwrap();
    let rows = section.lines().skip_while(|line| !line.starts_with("| ")).take_while(|line| line.starts_with("| "));
    let names = rows.skip(2).flat_map(|line| line.split('|').nth(1).unwrap().split(','));
    let mut names: Vec<String> = names.map(|name| name.trim().trim_matches('`').to_owned()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_with_an_entry_is_listed_with_its_line() {
        let text = "thickness = 80\nthickness_nm = \"thin\"\n\nsynthetic = 1\n";
        let table = DeTable::parse(text).unwrap();
        let mut entry = Entry::of_toml(text, 1, table.get_ref());
        let (id, thickness, synthetic) =
            (entry.required("sample_id"), entry.number("thickness_nm"), entry.flag("synthetic"));
        assert_eq!((id.as_str(), thickness, synthetic), ("", None, None));
        let mut mistakes = Mistakes::default();
        entry.finish("sample", &mut mistakes);
        assert_eq!(
            mistakes.into_result().unwrap_err(),
            "line 1: sample without `sample_id`; line 1: unknown key `thickness` of a sample: expected `sample_id`, \
             `thickness_nm`, `synthetic`; line 2: `thickness_nm`: expected a number, found `thin`; \
             line 4: `synthetic`: expected true, false, yes or no, found `1`"
        );
    }

    #[test]
    fn a_name_may_be_a_number_and_a_time_may_be_unquoted() {
        let text = "sample_id = 17\nstarted_at = 2026-01-02T03:04:05\nthickness_nm = 80\n";
        let table = DeTable::parse(text).unwrap();
        let mut entry = Entry::of_toml(text, 1, table.get_ref());
        assert_eq!(entry.required("sample_id"), "17");
        assert_eq!(entry.text("started_at").as_deref(), Some("2026-01-02T03:04:05"));
        assert_eq!(entry.number("thickness_nm"), Some(80.0));
    }
}

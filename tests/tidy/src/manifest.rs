//! As much of TOML as the checks need: sections and their `key = value` lines, with line numbers.

/// One `key = value` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// From 1.
    pub(crate) line: usize,
    /// The section's header without brackets; empty at the top.
    pub(crate) section: String,
    pub(crate) key: String,
    /// Without the quotes around a single string.
    pub(crate) value: String,
}

/// The entries of a file. Values over several lines keep only their first line.
pub(crate) fn entries(text: &str) -> Vec<Entry> {
    let mut section = String::new();
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').trim_start_matches('[').trim().to_owned();
        } else if let Some((key, value)) = line.split_once('=')
            && !line.starts_with('#')
        {
            let value = value.trim();
            let plain = value.strip_prefix(['"', '\'']).and_then(|rest| rest.strip_suffix(['"', '\'']));
            found.push(Entry {
                line: number + 1,
                section: section.clone(),
                key: key.trim().trim_matches('"').to_owned(),
                value: plain.unwrap_or(value).to_owned(),
            });
        }
    }
    found
}

/// The value of a key above the first section.
pub(crate) fn top<'e>(entries: &'e [Entry], key: &str) -> Option<&'e str> {
    entries.iter().find(|entry| entry.section.is_empty() && entry.key == key).map(|entry| entry.value.as_str())
}

/// The packages that a `Cargo.toml` depends on, for whatever purpose and on whatever system, each with its line.
pub(crate) fn dependencies(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut add = |line: usize, name: &str| found.push((line, name.split('.').next().unwrap_or(name).to_owned()));
    let is_section = |part: &str| ["dependencies", "dev-dependencies", "build-dependencies"].contains(&part);
    for entry in entries(text) {
        match entry.section.rsplit_once('.') {
            _ if is_section(&entry.section) => add(entry.line, &entry.key),
            // [target.'cfg(unix)'.dependencies]
            Some((_, last)) if is_section(last) => add(entry.line, &entry.key),
            // [dependencies.tokio]
            Some((first, name)) if first.rsplit('.').next().is_some_and(is_section) => add(entry.line, name),
            _ => {}
        }
    }
    found
}

#[test]
fn a_dependency_is_found_however_it_is_written() {
    let text = "[package]\nname = \"x\"\n[dependencies]\naldb-fit.workspace = true\n# sled = \"0.34\"\n\
                [dev-dependencies]\nserde = { version = \"1\" }\n[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n\
                [build-dependencies.cc]\nversion = \"1\"\n[[bench]]\nname = \"circuit\"\n";
    let names: Vec<String> = dependencies(text).into_iter().map(|(line, name)| format!("{line} {name}")).collect();
    assert_eq!(names, ["4 aldb-fit", "7 serde", "9 libc", "11 cc"]);
}

#[test]
fn entries_above_the_first_section_belong_to_the_file() {
    let entries = entries("name = \"a\"\nkey = [\"b\"]\n[[column]]\nname = \"c\"\n");
    assert_eq!((top(&entries, "name"), top(&entries, "key")), (Some("a"), Some("[\"b\"]")));
    assert_eq!(top(&entries, "title"), None);
}

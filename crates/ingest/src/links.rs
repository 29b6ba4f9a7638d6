//! Keys that people give to single files, where a path rule gives none or wrong ones: the entries of `samples/links.csv`.
//!
//! An entry takes the place of what the path of the file gives, key by key. While an entry has a mistake, what it gave before
//! stays; without it the path decides again.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use aldb_lake::{Lake, Snapshot};
use serde::Serialize;

use crate::IngestError;
use crate::content::{Content, Rows};
use crate::discover::{absolute, relative};
use crate::file_link::FileLink;
use crate::report::{FailedFile, FileNote};
use crate::sheets::{self, Earlier, KnownSample, Read, Sheet, is_at_or_below};
use crate::stated::{ByHand, Exceptions, Stated};
use crate::stored::{self, Files, MOVED, StoredFile};

/// The file that `aldb link` writes, in the lake.
pub const LINKS: &str = "samples/links.csv";

/// A sheet of samples/ with mistakes: it may have linked files.
#[derive(Debug)]
struct Troubled {
    sheet: String,
    /// Files whose entries have mistakes.
    files: HashSet<String>,
    /// Whether there may be others.
    is_unnamed: bool,
}

/// The entries of all sheets.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// Each with the path of its sheet.
    listed: Vec<(String, FileLink)>,
    troubled: Vec<Troubled>,
}

impl Links {
    pub(crate) fn of(sheets: &[Sheet], contents: &[Read]) -> Self {
        let mut links = Self::default();
        for (sheet, (content, trouble)) in sheets.iter().zip(contents) {
            if let Content::Samples { links: listed, .. } = content {
                links.listed.extend(listed.iter().map(|link| (sheet.path.clone(), link.clone())));
            }
            if trouble.is_some() && is_at_or_below(&sheet.path, "samples") {
                let (files, is_unnamed) = (trouble.names.clone(), trouble.is_unnamed);
                links.troubled.push(Troubled { sheet: sheet.path.clone(), files, is_unnamed });
            }
        }
        links
    }

    pub(crate) fn has_trouble(&self) -> bool {
        !self.troubled.is_empty()
    }

    /// What is given to each file now. `known` are the files of the lake, needed only where a sheet has mistakes: what its entries
    /// gave before stays.
    pub(crate) fn exceptions(&self, lake: &Path, known: &Files) -> Exceptions {
        let mut by_path: HashMap<PathBuf, ByHand> = HashMap::new();
        for (sheet, link) in &self.listed {
            let by_hand = ByHand { sheet: sheet.clone(), keys: link.keys.clone() };
            by_path.entry(absolute(lake, &link.file)).or_insert(by_hand);
        }
        for file in known.iter().filter(|_| self.has_trouble()) {
            let Some(by_hand) = file.path_keys().and_then(|keys| keys.by_hand) else { continue };
            let stays = self.troubled.iter().any(|troubled| {
                is_at_or_below(&by_hand.sheet, &troubled.sheet)
                    && (troubled.is_unnamed || troubled.files.contains(&file.path))
            });
            if stays {
                by_path.entry(absolute(lake, &file.path)).or_insert(by_hand);
            }
        }
        Exceptions::new(by_path)
    }

    /// What is doubtful about the entries: unknown files, samples and runs, entries of one file. Each with its line.
    pub(crate) async fn doubts(
        &self,
        lake: &Path,
        snapshot: &Snapshot,
        samples: &HashMap<String, KnownSample>,
        runs: &HashMap<String, Option<String>>,
    ) -> Result<Vec<FileNote>, IngestError> {
        if self.listed.is_empty() {
            return Ok(Vec::new());
        }
        let paths: Vec<&str> = self.listed.iter().map(|(_, link)| link.file.as_str()).collect();
        let files = stored::files_like(snapshot, &paths, &[]).await?;
        let mut all: Option<Files> = None;
        let mut seen: HashMap<&str, (&str, usize)> = HashMap::new();
        let mut notes = Vec::new();
        for (sheet, link) in &self.listed {
            let FileLink { file, keys, line, .. } = link;
            let mut say = |what: String| {
                notes.push(FileNote { path: sheet.clone(), note: format!("line {line}: link of `{file}`: {what}") });
            };
            match seen.get(file.as_str()) {
                Some((other, first)) if other == sheet => {
                    say(format!("line {first} links the same file, and that line is used"));
                }
                Some((other, first)) => {
                    say(format!("line {first} of {other} links the same file, and that line is used"));
                }
                None => drop(seen.insert(file, (sheet, *line))),
            }
            let here: Vec<&StoredFile> = files.iter().filter(|known| known.path == *file && known.counts()).collect();
            match here.iter().find(|known| known.status == MOVED) {
                Some(moved) if here.len() == 1 => {
                    let now = files.everywhere(&moved.file_id).find(|known| known.is_read());
                    let now = now.map_or_else(String::new, |now| format!(", but at `{}`", now.path));
                    say(format!("the file is no longer at this path{now}: correct the path"));
                }
                _ if here.is_empty() && !absolute(lake, file).exists() => {
                    if all.is_none() {
                        all = Some(stored::files(snapshot).await?);
                    }
                    let near = all.as_ref().and_then(|all| ending(all, file).ok());
                    let near = near.map_or_else(String::new, |near| format!(": is `{near}` meant?"));
                    say(format!("the lake has no file of this path{near}"));
                }
                _ => {}
            }
            if let Some(sample) = keys.sample.as_ref().filter(|sample| !samples.contains_key(*sample)) {
                say(format!("sample `{sample}` is not described in samples/"));
            }
            if let Some(run) = keys.run.as_ref().filter(|run| !runs.contains_key(*run)) {
                say(format!("run `{run}` is not described in samples/"));
            }
        }
        Ok(notes)
    }
}

/// The links as the sheets state them now, with what they refer to. Nothing is written.
pub(crate) struct Stand {
    pub(crate) links: Links,
    pub(crate) samples: HashMap<String, KnownSample>,
    pub(crate) runs: HashMap<String, Option<String>>,
    /// Sheets of samples/ with mistakes.
    pub(crate) failed: Vec<FailedFile>,
}

/// Reads the sheets of a lake as the next ingest will.
pub(crate) async fn stand(lake: &Lake, snapshot: &Snapshot) -> Result<Stand, IngestError> {
    let mut sheets = sheets::read_folders(lake.root());
    for folder in stored::missing_folders(snapshot, lake).await? {
        sheets.push(Sheet::missing(folder));
    }
    let contents = sheets::contents(&sheets);
    let links = Links::of(&sheets, &contents);
    let has_trouble = contents.iter().any(|(_, trouble)| trouble.is_some());
    let earlier = if has_trouble { stored::earlier(snapshot).await? } else { Earlier::default() };
    let described = sheets::read(&sheets, contents, &earlier, 0);
    let failed = sheets.iter().zip(&described.outcome).filter_map(|(sheet, outcome)| {
        let error = outcome.error.clone().filter(|_| is_at_or_below(&sheet.path, "samples"))?;
        Some(FailedFile { path: sheet.path.clone(), error })
    });
    Ok(Stand { links, failed: failed.collect(), samples: described.samples, runs: described.runs })
}

/// The names of the samples that the sheets of a lake describe now.
///
/// # Errors
///
/// [`IngestError`] if the lake cannot be read.
pub async fn described_samples(lake: &Lake, snapshot: &Snapshot) -> Result<HashSet<String>, IngestError> {
    Ok(stand(lake, snapshot).await?.samples.into_keys().collect())
}

/// An entry, for people and programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkedFile {
    /// The sheet and its line.
    pub sheet: String,
    /// The line, from 1.
    pub line: usize,
    /// The file, as in `source_files`.
    pub file: String,
    /// What the entry gives.
    #[serde(flatten)]
    pub keys: LinkKeys,
    /// What the person noted.
    pub note: Option<String>,
}

/// Keys that a person gives to a file; `None` leaves the key to the path.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LinkKeys {
    /// The sample.
    pub sample: Option<String>,
    /// The run.
    pub run: Option<String>,
    /// The electrode.
    pub dot: Option<String>,
    /// Intended temperature of the measurement (°C).
    pub temperature_c: Option<f64>,
    /// Number of the repetition.
    pub repeat: Option<String>,
}

/// All entries of a lake, with what is wrong and what is doubtful about them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinksReport {
    /// The entries without a mistake.
    pub links: Vec<LinkedFile>,
    /// Sheets with mistakes.
    pub failed: Vec<FailedFile>,
    /// Unknown files, samples and runs, and files that are linked twice, each with its line.
    pub notes: Vec<FileNote>,
}

/// The entries of a lake. Nothing is written.
///
/// # Errors
///
/// [`IngestError`] if the lake cannot be read.
pub async fn links(lake: &Lake, snapshot: &Snapshot) -> Result<LinksReport, IngestError> {
    let Stand { links, samples, runs, failed } = stand(lake, snapshot).await?;
    let notes = links.doubts(lake.root(), snapshot, &samples, &runs).await?;
    let links = links.listed.into_iter().map(|(sheet, link)| {
        let Stated { sample, run, dot, temperature_c, repeat, .. } = link.keys;
        let keys = LinkKeys { sample, run, dot, temperature_c, repeat };
        LinkedFile { sheet, line: link.line, file: link.file, keys, note: link.note }
    });
    Ok(LinksReport { links: links.collect(), failed, notes })
}

/// Why `samples/links.csv` was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The lake cannot be read.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// Neither the lake nor the file system has the file.
    #[error("`{file}`: expected a file of the lake, as `aldb status` names it, or one that is there, found none")]
    UnknownFile {
        /// As given.
        file: String,
    },
    /// Several files of the lake have paths that end so.
    #[error("the paths of {n} files end with `{file}`, such as `{first}`: write more of the path")]
    Ambiguous {
        /// As given.
        file: String,
        /// How many.
        n: usize,
        /// One of them.
        first: String,
    },
    /// No key was given.
    #[error("expected a key for `{file}`: sample, run, electrode, temperature or repeat")]
    NothingGiven {
        /// The file.
        file: String,
    },
    /// The sheet has mistakes.
    #[error("{sheet} has mistakes, so it is not changed: {why}")]
    Mistakes {
        /// The sheet.
        sheet: String,
        /// The mistakes with their lines.
        why: String,
    },
    /// Another sheet links the file.
    #[error("line {line} of {sheet} links `{file}`: change it there")]
    LinkedElsewhere {
        /// The file.
        file: String,
        /// The sheet.
        sheet: String,
        /// Its line.
        line: usize,
    },
    /// There is no entry to remove.
    #[error("no entry of {LINKS} links `{file}`")]
    NotLinked {
        /// The file.
        file: String,
    },
    /// A wrong temperature.
    #[error("expected a temperature of at least -273.15 °C, found {found} °C")]
    TooCold {
        /// As given.
        found: f64,
    },
}

/// A changed text of [`LINKS`], still to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct EditedLinks {
    /// The file's path as in `source_files`.
    pub file: String,
    /// The text of the sheet.
    pub text: String,
}

/// The text of `samples/links.csv` with these keys for a file; `None` removes its entry. Keys that an entry has already and that
/// are not given stay. Nothing is written.
///
/// # Errors
///
/// [`LinkError`] for an unknown file, no key, a sheet with mistakes, an entry in another sheet.
pub async fn edit_links(
    lake: &Lake,
    snapshot: &Snapshot,
    file: &str,
    keys: Option<&LinkKeys>,
) -> Result<EditedLinks, LinkError> {
    let files = stored::files(snapshot).await?;
    let Stand { links, failed, .. } = stand(lake, snapshot).await?;
    let is_listed = |name: &str| links.listed.iter().any(|(_, link)| link.file == name);
    // An entry of a file that is no longer known can still be removed.
    let name = if is_listed(file) { file.to_owned() } else { resolved(lake.root(), &files, file)? };
    if let Some(failed) = failed.into_iter().find(|failed| failed.path == LINKS) {
        return Err(LinkError::Mistakes { sheet: failed.path, why: failed.error.message });
    }
    if let Some((sheet, link)) = links.listed.iter().find(|(sheet, link)| sheet != LINKS && link.file == name) {
        return Err(LinkError::LinkedElsewhere { file: name, sheet: sheet.clone(), line: link.line });
    }
    if let Some(keys) = keys {
        if *keys == LinkKeys::default() {
            return Err(LinkError::NothingGiven { file: name });
        }
        if let Some(found) = keys.temperature_c.filter(|celsius| *celsius < -aldb_elements::constants::ZERO_CELSIUS_K) {
            return Err(LinkError::TooCold { found });
        }
    } else if !is_listed(&name) {
        return Err(LinkError::NotLinked { file: name });
    }
    let text = std::fs::read_to_string(lake.root().join(LINKS)).unwrap_or_default();
    match edited(&text, &name, keys) {
        Ok(text) => Ok(EditedLinks { file: name, text }),
        Err(why) => Err(LinkError::Mistakes { sheet: LINKS.to_owned(), why }),
    }
}

/// The name in `source_files` of a file that a person names: a path that is there, or a path of the lake, or its end.
fn resolved(lake: &Path, files: &Files, given: &str) -> Result<String, LinkError> {
    let is_known = |name: &str| files.iter().any(|file| file.path == name && file.counts());
    let path = Path::new(given);
    let mut there = Vec::new();
    if path.is_file() {
        // A link in the folder of a source has its own name.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let beside = folder.canonicalize().ok().zip(path.file_name()).map(|(folder, name)| folder.join(name));
        there.extend(beside.into_iter().chain(path.canonicalize().ok()).map(|path| relative(lake, &path)));
    }
    if let Some(known) = there.iter().find(|name| is_known(name)) {
        return Ok(known.clone());
    }
    if is_known(given) {
        return Ok(given.to_owned());
    }
    match (ending(files, given), there.into_iter().next()) {
        (Ok(name), _) | (Err(0), Some(name)) => Ok(name.to_owned()),
        (Err(0), None) => Err(LinkError::UnknownFile { file: given.to_owned() }),
        (Err(n), _) => {
            let end = format!("/{given}");
            let mut ending: Vec<&str> =
                files.iter().map(|file| file.path.as_str()).filter(|path| path.ends_with(&end)).collect();
            ending.sort_unstable();
            let first = ending.first().copied().unwrap_or_default().to_owned();
            Err(LinkError::Ambiguous { file: given.to_owned(), n, first })
        }
    }
}

/// The only path of a file of the lake that ends so; otherwise how many do.
fn ending(files: &Files, name: &str) -> Result<String, usize> {
    let end = format!("/{name}");
    let paths: HashSet<&str> =
        files.iter().filter(|file| file.counts() && file.path.ends_with(&end)).map(|file| file.path.as_str()).collect();
    let n = paths.len();
    paths.into_iter().next().filter(|_| n == 1).map(str::to_owned).ok_or(n)
}

/// The text of the sheet with these keys for a file, in its own order and with its own separator.
fn edited(text: &str, file: &str, keys: Option<&LinkKeys>) -> Result<String, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Rows { delimiter, names, rows } = match text.trim().is_empty() {
        true => Rows::of("file,sample,run,dot,temperature_c,repeat,note\n")?,
        false => Rows::of(text)?,
    };
    let mut names: Vec<String> = names.iter().map(str::to_owned).collect();
    let mut rows: Vec<Vec<String>> = rows.into_iter().map(|(_, row)| row.iter().map(str::to_owned).collect()).collect();
    let place_of = |names: &mut Vec<String>, name: &str| match names.iter().position(|column| column == name) {
        Some(place) => place,
        None => {
            names.push(name.to_owned());
            names.len() - 1
        }
    };
    let of_file = place_of(&mut names, "file");
    let is_of_file = |row: &Vec<String>| row.get(of_file).is_some_and(|cell| cell == file);
    match keys {
        None => rows.retain(|row| !is_of_file(row)),
        Some(LinkKeys { sample, run, dot, temperature_c, repeat }) => {
            let row = match rows.iter().position(is_of_file) {
                Some(place) => place,
                None => {
                    rows.push(Vec::new());
                    rows.len() - 1
                }
            };
            let temperature = temperature_c.map(|celsius| celsius.to_string());
            let cells = [
                ("file", Some(file)),
                ("sample", sample.as_deref()),
                ("run", run.as_deref()),
                ("dot", dot.as_deref()),
                ("temperature_c", temperature.as_deref()),
                ("repeat", repeat.as_deref()),
            ];
            for (name, value) in cells {
                let Some(value) = value else { continue };
                let place = place_of(&mut names, name);
                if rows[row].len() <= place {
                    rows[row].resize(place + 1, String::new());
                }
                value.clone_into(&mut rows[row][place]);
            }
        }
    }
    let mut writer = csv::WriterBuilder::new();
    writer.delimiter(delimiter);
    if text.contains("\r\n") {
        writer.terminator(csv::Terminator::CRLF);
    }
    let mut writer = writer.from_writer(Vec::new());
    writer.write_record(&names).map_err(|error| error.to_string())?;
    for mut row in rows {
        row.resize(names.len().max(row.len()), String::new());
        writer.write_record(&row).map_err(|error| error.to_string())?;
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheets::contents;

    fn sheet(text: &str) -> Sheet {
        Sheet {
            path: LINKS.to_owned(),
            file_id: "00".to_owned(),
            bytes: text.as_bytes().to_vec(),
            modified_micros: None,
            error: None,
        }
    }

    fn keys(sample: &str) -> LinkKeys {
        LinkKeys { sample: Some(sample.to_owned()), ..LinkKeys::default() }
    }

    fn known(path: &str, sample: &str) -> StoredFile {
        let keys = serde_json::json!({ "by_hand": { "sheet": LINKS, "keys": { "sample": sample } } });
        StoredFile { keys: Some(keys.to_string()), ..StoredFile::read(path, path, "x", 1, 1) }
    }

    /// What is given to two files that were linked to A before.
    fn given(text: &str) -> [Option<String>; 2] {
        let sheets = [sheet(text)];
        let links = Links::of(&sheets, &contents(&sheets));
        let mut files = Files::default();
        files.insert(known("in/a.DTA", "A"));
        files.insert(known("in/b.DTA", "A"));
        let exceptions = links.exceptions(Path::new("/lake"), &files);
        ["in/a.DTA", "in/b.DTA"].map(|file| {
            exceptions.of_path(&Path::new("/lake").join(file)).and_then(|by_hand| by_hand.keys.sample.clone())
        })
    }

    #[test]
    fn an_entry_with_a_mistake_gives_what_it_gave_before_and_the_others_count() {
        let some = |sample: &str| Some(sample.to_owned());
        assert_eq!(given("file,sample,temperature_c\nin/a.DTA,B,\nin/b.DTA,B,30\n"), [some("B"), some("B")]);
        assert_eq!(given("file,sample,temperature_c\nin/a.DTA,B,warm\nin/b.DTA,B,30\n"), [some("A"), some("B")]);
        assert_eq!(given("file,sample,temperature_c\nin/a.DTA,B,-300\n"), [some("A"), None]);
        // A sheet that cannot be read as a whole keeps everything, one without an entry nothing.
        assert_eq!(given("fiel,sample\nin/a.DTA,B\n"), [some("A"), some("A")]);
        assert_eq!(given("file,sample,sample\nin/a.DTA,B,B\n"), [some("A"), some("A")]);
        assert_eq!(given("file,sample\n"), [None, None]);
        assert_eq!(given("file,sample\nin/a.DTA,B\nin/a.DTA,C\n"), [some("B"), None]);
    }

    #[test]
    fn mistakes_are_named_with_their_lines() {
        let words = |text: &str| contents(&[sheet(text)]).remove(0).1.words();
        assert_eq!(words("file,sample\na.DTA,B\n"), None);
        let text = "file;sample;temperature_c\na;B;30,5\nb;;\n;B;\nc;B;-300\n";
        let expected = "line 3: the link of `b` gives nothing: expected one of sample, run, dot, temperature_c, repeat; \
                        line 4: link without `file`; line 5: `temperature_c`: expected at least -273.15 °C, found -300";
        assert_eq!(words(text).as_deref(), Some(expected));
        assert!(words("file,sample,electrode\na,B,1\n").unwrap().contains("unknown key `electrode` of a link"));
    }

    #[test]
    fn an_edit_keeps_order_separator_and_the_columns_of_people() {
        let first = edited("", "in/a.DTA", Some(&keys("A"))).unwrap();
        assert_eq!(first, "file,sample,run,dot,temperature_c,repeat,note\nin/a.DTA,A,,,,,\n");
        let text = "note;file;sample\r\nsee book;in/b.DTA;B\r\n;in/a.DTA;X\r\n";
        let more = LinkKeys { dot: Some("3".to_owned()), temperature_c: Some(-12.5), ..keys("A") };
        let changed = edited(text, "in/a.DTA", Some(&more)).unwrap();
        let expected = "note;file;sample;dot;temperature_c\r\nsee book;in/b.DTA;B;;\r\n;in/a.DTA;A;3;-12.5\r\n";
        assert_eq!(changed, expected);
        // What is not given stays; another file gets its own row; and a row can go.
        let again =
            edited(&changed, "in/a.DTA", Some(&LinkKeys { repeat: Some("2".to_owned()), ..LinkKeys::default() }))
                .unwrap();
        assert!(again.ends_with(";in/a.DTA;A;3;-12.5;2\r\n"), "{again}");
        assert!(edited(&again, "in/c,;.DTA", Some(&keys("C"))).unwrap().ends_with(";\"in/c,;.DTA\";C;;;\r\n"));
        let removed = edited(&again, "in/b.DTA", None).unwrap();
        assert!(!removed.contains("in/b.DTA") && removed.contains("in/a.DTA"), "{removed}");
    }
}

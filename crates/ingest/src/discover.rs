//! Finds the files of the sources, and defines how paths are written in the lake.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use rayon::prelude::*;
use walkdir::WalkDir;

use crate::config::Configuration;
use crate::report::NotIncluded;

/// A file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Absolute.
    pub(crate) path: PathBuf,
    /// Its name in `source_files`.
    pub(crate) name: String,
    pub(crate) size_bytes: u64,
    pub(crate) modified: Option<SystemTime>,
}

/// A file's path, and its name in `source_files`.
type Named = (String, PathBuf);

/// Asks the file system for the size and time of a file.
fn status_of((name, path): Named) -> Result<Found, Missing> {
    match std::fs::metadata(&path) {
        Ok(status) => Ok(Found { path, name, size_bytes: status.len(), modified: status.modified().ok() }),
        Err(error) => Err(Missing { name, why: format!("cannot read its size and time: {error}") }),
    }
}

/// An entry that should exist and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) name: String,
    pub(crate) why: String,
}

/// What was found in the folders.
#[derive(Debug, Default)]
pub(crate) struct Discovered {
    /// The files, in the order of their names.
    pub(crate) files: Vec<Found>,
    pub(crate) missing: Vec<Missing>,
    /// Files in the folders of sources that match no pattern of any source.
    pub(crate) not_included: Vec<NotIncluded>,
    /// Links that were not followed, and why.
    pub(crate) not_followed: Vec<Missing>,
}

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked<'a> {
    /// The folders of all sources.
    All,
    /// The folders of these sources.
    Sources(&'a [String]),
    /// These files and folders.
    Paths(&'a [PathBuf]),
}

/// A walk through folders.
struct Walk<'a> {
    lake: &'a Path,
    found: Vec<Named>,
    missing: Vec<Missing>,
    not_followed: Vec<Missing>,
}

/// All files of the sources, or those below the given paths.
pub(crate) fn discover(configuration: &Configuration, lake: &Path, asked: Asked<'_>) -> Discovered {
    let mut walk = Walk { lake, found: Vec::new(), missing: Vec::new(), not_followed: Vec::new() };
    // By path, because folders of sources may overlap.
    let mut others: BTreeMap<PathBuf, &str> = BTreeMap::new();
    let is_asked = |name: &String| match asked {
        Asked::All => true,
        Asked::Sources(names) => names.contains(name),
        Asked::Paths(_) => false,
    };
    for source in configuration.sources.iter().filter(|source| is_asked(&source.name)) {
        match std::fs::read_dir(&source.folder) {
            Ok(_) => walk.through(&source.folder, &mut |path| {
                let takes = source.takes(path);
                if !takes && !source.leaves_out(path) && configuration.source_of(path).is_none() {
                    others.entry(path.to_owned()).or_insert(&source.name);
                }
                takes
            }),
            Err(error) => walk.missing.push(Missing {
                name: format!("source `{}`", source.name),
                why: match error.kind() {
                    std::io::ErrorKind::NotFound => format!("no folder `{}`", source.folder.display()),
                    _ => format!("cannot list `{}`: {error}", source.folder.display()),
                },
            }),
        }
    }
    let paths = if let Asked::Paths(paths) = asked { paths } else { &[] };
    for path in paths {
        let status = path.canonicalize().and_then(|path| Ok((std::fs::metadata(&path)?, path)));
        match status {
            // A folder inside a source follows its patterns; from any other folder every file is read.
            Ok((status, path)) if status.is_dir() => {
                let inside = configuration.sources.iter().any(|source| path.starts_with(&source.folder));
                walk.through(&path, &mut |file| !inside || configuration.source_of(file).is_some());
            }
            Ok((status, path)) if status.is_file() => walk.found.push((relative(lake, &path), path)),
            // Reading a pipe or a device may never end.
            Ok((_, path)) => walk.missing.push(Missing {
                name: path.display().to_string(),
                why: "expected a file or a folder, found a pipe, a socket or a device".to_owned(),
            }),
            Err(error) => walk.missing.push(Missing { name: path.display().to_string(), why: error.to_string() }),
        }
    }
    let Walk { mut found, mut missing, not_followed, .. } = walk;
    // A lake inside an instrument's folder does not ingest itself.
    let is_outside = |path: &Path| path.strip_prefix(lake).map_or(true, |inside| !belongs_to_lake(inside));
    found.retain(|(_, path)| is_outside(path));
    let mut not_included: Vec<NotIncluded> = Vec::new();
    for (path, source) in others.iter().filter(|(path, _)| is_outside(path)) {
        match not_included.iter_mut().find(|other| other.source == *source) {
            Some(other) => other.n_files += 1,
            None => {
                let example = relative(lake, path);
                not_included.push(NotIncluded { source: (*source).to_owned(), n_files: 1, example });
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    let mut files = Vec::with_capacity(found.len());
    for status in found.into_par_iter().map(status_of).collect::<Vec<_>>() {
        match status {
            Ok(file) => files.push(file),
            Err(why) => missing.push(why),
        }
    }
    Discovered { files, missing, not_included, not_followed }
}

/// Whether a path below the lake is one of the lake's own files.
pub(crate) fn belongs_to_lake(inside: &Path) -> bool {
    const OWN: [&str; 10] =
        ["aldb.toml", "layout.json", "tables", "raw", "state", "samples", "recipes", "literature", "queries", "ingest"];
    let first = inside.components().next().map(|part| part.as_os_str().to_string_lossy());
    first.is_none_or(|first| OWN.contains(&first.as_ref()))
}

impl Walk<'_> {
    /// Adds the files of a folder and its subfolders that are taken.
    fn through(&mut self, folder: &Path, takes: &mut dyn FnMut(&Path) -> bool) {
        let base = relative(self.lake, folder);
        let lake = self.lake;
        let not_followed = &mut self.not_followed;
        // A link that leads back into the lake would archive the archive.
        let mut leads_into_lake = |entry: &walkdir::DirEntry| {
            let inside = || entry.path().canonicalize().ok()?.strip_prefix(lake).ok().map(belongs_to_lake);
            let leads = entry.path_is_symlink() && inside() == Some(true);
            if leads {
                let name = entry.path().display().to_string();
                not_followed.push(Missing { name, why: "the link leads into the lake itself".to_owned() });
            }
            leads
        };
        let entries = WalkDir::new(folder).follow_links(true).into_iter();
        let entries = entries
            .filter_entry(|entry| entry.depth() == 0 || (!is_hidden(entry.file_name()) && !leads_into_lake(entry)));
        let mut circles = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) if entry.file_type().is_file() && takes(entry.path()) => {
                    let path = entry.into_path();
                    let name = match path.strip_prefix(folder) {
                        Ok(below) if !base.is_empty() => with_slashes(&base, below),
                        _ => relative(self.lake, &path),
                    };
                    self.found.push((name, path));
                }
                Ok(_) => {}
                Err(error) => {
                    let name =
                        error.path().map_or_else(|| folder.display().to_string(), |path| path.display().to_string());
                    match error.loop_ancestor() {
                        Some(above) => circles.push(Missing {
                            name,
                            why: format!("the link leads back to `{}`, in which it lies", above.display()),
                        }),
                        None => self.missing.push(Missing { name, why: error.to_string() }),
                    }
                }
            }
        }
        self.not_followed.extend(circles);
    }
}

/// Whether a name is that of a file which is hidden or still being made.
pub(crate) fn is_hidden(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || name.starts_with("~$") || name.ends_with(".tmp") || name.ends_with(".part")
}

/// A path relative to the lake, with `/` between folders: names stay valid if a lake is moved with its instruments.
pub(crate) fn relative(lake: &Path, path: &Path) -> String {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (lake.components().collect(), path.components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if common == 0 {
        return path.display().to_string();
    }
    let up = std::iter::repeat_n("..".to_owned(), from.len() - common);
    let down = to[common..].iter().map(|part| name_of(part.as_os_str()).into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// The name of a path below a folder of this name.
fn with_slashes(base: &str, below: &Path) -> String {
    below.components().fold(base.to_owned(), |mut name, part| {
        name.push('/');
        name.push_str(&name_of(part.as_os_str()));
        name
    })
}

/// The name of a file or folder as text. Bytes that are not UTF-8 are written as `\xNN`, so that no two names become one;
/// a `\` before an `x` is written as `\x5c` for the same reason.
pub(crate) fn name_of(name: &OsStr) -> Cow<'_, str> {
    if let Some(text) = name.to_str()
        && !text.contains("\\x")
    {
        return Cow::Borrowed(text);
    }
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text += &chunk.valid().replace("\\x", "\\x5cx");
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    Cow::Owned(text)
}

/// The name of a file or folder from [`name_of`].
#[cfg(unix)]
fn named(text: &OsStr) -> std::ffi::OsString {
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let escaped = rest.strip_prefix(b"\\x").and_then(|digits| digits.get(..2));
        let byte = escaped.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &rest[4..] } else { after };
    }
    std::ffi::OsString::from_vec(bytes)
}

/// Names of other systems are always text.
#[cfg(not(unix))]
fn named(text: &OsStr) -> std::ffi::OsString {
    text.to_owned()
}

/// The absolute path of a name in `source_files`.
pub(crate) fn absolute(lake: &Path, name: &str) -> PathBuf {
    let mut path = lake.to_owned();
    for part in Path::new(name).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            Component::Normal(name) => path.push(named(name)),
            other => path.push(other),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_path() {
        let lake = Path::new("/data/lab/lake");
        for (path, name) in [
            ("/data/lab/instruments/a.DTA", "../instruments/a.DTA"),
            ("/data/lab/lake/samples/s.toml", "samples/s.toml"),
            ("/mnt/pc/b.mpt", "../../../mnt/pc/b.mpt"),
        ] {
            assert_eq!(relative(lake, Path::new(path)), name);
            assert_eq!(absolute(lake, name), Path::new(path));
            let folder = Path::new(path).parent().unwrap();
            let below = Path::new(path).strip_prefix(folder).unwrap();
            assert_eq!(with_slashes(&relative(lake, folder), below), name);
        }
    }

    #[cfg(unix)]
    #[test]
    fn no_two_names_become_one() {
        use std::os::unix::ffi::OsStrExt as _;
        let lake = Path::new("/lake");
        let names: [(&[u8], &str); 5] = [
            (b"a\xe9.DTA", "in/a\\xe9.DTA"),
            (b"a\xe8.DTA", "in/a\\xe8.DTA"),
            (b"a\\xe9.DTA", "in/a\\x5cxe9.DTA"),
            (b"a\\.DTA", "in/a\\.DTA"),
            ("aé.DTA".as_bytes(), "in/aé.DTA"),
        ];
        for (bytes, name) in names {
            let path = lake.join("in").join(OsStr::from_bytes(bytes));
            assert_eq!(relative(lake, &path), name);
            assert_eq!(absolute(lake, name), path);
        }
    }
}

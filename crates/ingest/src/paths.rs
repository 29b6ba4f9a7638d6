//! Where the files of the lake are now, and what their paths say: kept in `source_files`, for all files whenever one of
//! them is not where it was, or a rule has changed.
//!
//! A file is `read` where it is, `moved` where it no longer is while it is at another path, and `gone` where it was last.
//! What cannot be seen, because the folder of its source is not there or cannot be read, stays as it was.

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::path::Path;

use aldb_lake::{SeenFile, Writer, file_id, nanoseconds};
use rayon::prelude::*;

use crate::IngestError;
use crate::candidates::PATHS;
use crate::config::Configuration;
use crate::discover::{Found, absolute};
use crate::link::Linker;
use crate::sheets;
use crate::stored::{self, Files, GONE, MOVED, READ, REMOVED, StoredFile};

/// What is known about a path and the bytes that it held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// It still holds them.
    Same,
    /// There is no file.
    Absent,
    /// The file system does not tell, or the file is still to be read.
    Unknown,
}

/// Whether there is certainly no file at this absolute path. Where the folder of its source is not there, it may be.
pub(crate) fn is_absent(configuration: &Configuration, path: &Path) -> bool {
    match std::fs::symlink_metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            let mut of_path = configuration.sources.iter().filter(|source| path.starts_with(&source.folder));
            of_path.all(|source| source.folder.is_dir())
        }
        _ => false,
    }
}

/// A number by which two sets of names are told apart.
pub(crate) fn signature<'a>(names: impl IntoParallelIterator<Item = &'a str>) -> u64 {
    let of_name = |name: &str| u64::from_str_radix(&file_id(name.as_bytes())[..16], 16).unwrap_or(0);
    names.into_par_iter().map(of_name).reduce(|| 0, u64::wrapping_add)
}

/// What was found out about the paths of all files.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Files whose measurements must be linked again.
    pub(crate) touched: HashSet<String>,
    /// Files that are at no path that is known now. They may be at one that is still to be read.
    pub(crate) missing: HashSet<String>,
}

/// Brings what is stored about the paths of all files up to date.
pub(crate) async fn settle(
    writer: &mut Writer,
    lake: &Path,
    linker: &Linker<'_>,
    found: Option<&[Found]>,
    files: &mut Files,
) -> Result<Settled, IngestError> {
    let found: Option<HashMap<&str, &Found>> =
        found.map(|found| found.iter().map(|found| (found.name.as_str(), found)).collect());
    let sheets_apart = files.iter().filter(|file| file.counts() && !sheets::is_sheet_path(&file.path));
    let seen: HashMap<(String, String), Seen> = sheets_apart
        .map(|file| {
            let seen = match found.as_ref().and_then(|found| found.get(file.path.as_str())) {
                Some(found) if is_seen(writer, found, &file.file_id) => Seen::Same,
                Some(_) => Seen::Unknown,
                None if is_absent(linker.configuration, &absolute(lake, &file.path)) => Seen::Absent,
                None => Seen::Unknown,
            };
            ((file.path.clone(), file.file_id.clone()), seen)
        })
        .collect();
    let mut changed = Vec::new();
    let mut touched = HashSet::new();
    let mut absent: Vec<(String, String)> = Vec::new();
    let mut update = |file: &mut StoredFile| {
        let key = (file.path.clone(), file.file_id.clone());
        let Some(seen) = seen.get(&key) else { return };
        let before = file.clone();
        match seen {
            Seen::Same if file.status == MOVED || file.status == GONE => READ.clone_into(&mut file.status),
            Seen::Absent if file.is_read() => absent.push(key),
            Seen::Absent if file.is_without_rows() => REMOVED.clone_into(&mut file.status),
            _ => {}
        }
        let path = absolute(lake, &file.path);
        file.source = linker.configuration.source_of(&path).map(|source| source.name.clone());
        file.keys = linker.keys_again(&path, file.keys.take());
        if *file != before {
            touched.insert(file.file_id.clone());
            changed.push((file.path.clone(), file.file_id.clone()));
        }
    };
    files.iter_mut().for_each(&mut update);
    // A file is gone only where no other path holds it now.
    for (path, id) in &absent {
        if let Some(file) = files.row_mut(path, id) {
            GONE.clone_into(&mut file.status);
        }
        touched.insert(id.clone());
        changed.push((path.clone(), id.clone()));
    }
    for id in absent.iter().map(|(_, id)| id.clone()).chain(touched.iter().cloned()).collect::<HashSet<_>>() {
        changed.extend(files.moved(&id).into_iter().map(|path| (path, id.clone())));
    }
    let is_gone = |(path, id): &&(String, String)| files.at(path, id).is_some_and(|file| file.status == GONE);
    let missing = absent.iter().filter(is_gone).map(|(_, id)| id.clone()).collect();
    changed.sort_unstable();
    changed.dedup();
    let rows: Vec<StoredFile> = changed.iter().filter_map(|(path, id)| files.row(path, id).cloned()).collect();
    stored::update_paths(writer, &rows).await?;
    Ok(Settled { touched, missing })
}

/// Whether the index knows that this file still has these bytes.
fn is_seen(writer: &Writer, found: &Found, id: &str) -> bool {
    let seen: Option<SeenFile> = writer.index().get(PATHS, &found.name);
    seen.is_some_and(|seen| seen.file_id == id && seen.still(found.size_bytes, found.modified.map_or(0, nanoseconds)))
}

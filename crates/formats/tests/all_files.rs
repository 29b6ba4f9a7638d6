//! Shows every real file of every technique to every adapter: none is read as what it isn't.
//!
//! The files are not ours and not part of the project: without them the tests say so and pass. They are
//! looked for in `ALDB_REAL_FILES`, else in `../../../shared/real`.

// Helpers of tests may unwrap; a skipped test must be seen.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};

use aldb_formats::{HEAD_BYTES, Match, ReadError, Registry};

fn real_files() -> Option<Vec<PathBuf>> {
    let folder = std::env::var_os("ALDB_REAL_FILES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real"), PathBuf::from);
    let mut found = Vec::new();
    collect(&folder, &mut found);
    if found.is_empty() {
        eprintln!("skipped: no real files in {}", folder.display());
        return None;
    }
    found.sort();
    Some(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Whether a file holds an impedance spectrum, by where it lies.
fn is_impedance(path: &Path) -> bool {
    path.components().any(|part| ["eis", "eis_b"].iter().any(|folder| part.as_os_str() == *folder))
}

#[test]
fn no_file_is_claimed_equally_by_two_adapters() {
    let Some(paths) = real_files() else { return };
    let registry = Registry::new();
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        let head = &bytes[..bytes.len().min(HEAD_BYTES)];
        let claims: Vec<_> =
            registry.adapters().map(|adapter| (adapter.sniff(head), &adapter.manifest().name)).collect();
        let best = claims.iter().map(|(sure, _)| *sure).max().unwrap();
        let claimants: Vec<_> = claims.iter().filter(|(sure, _)| *sure == best && best != Match::No).collect();
        assert!(claimants.len() < 2, "{}: {claimants:?}", path.display());
    }
}

#[test]
fn files_of_other_techniques_are_refused() {
    let Some(paths) = real_files() else { return };
    let registry = Registry::new();
    for path in paths.iter().filter(|path| !is_impedance(path)) {
        let result = registry.read(&std::fs::read(path).unwrap(), None);
        let is_refused = matches!(result, Err(ReadError::NotSupported { .. } | ReadError::Unknown { .. }));
        assert!(is_refused, "{}: {result:?}", path.display());
    }
}

#[test]
fn instrument_files_of_other_techniques_are_known_by_name() {
    let Some(paths) = real_files() else { return };
    let registry = Registry::new();
    let known =
        ["vms", "xrdml", "brml", "rasx", "raw", "uxd", "spe", "pro", "cif", "isc", "cor", "SE", "pssession", "xnra"];
    for path in paths.iter().filter(|path| !is_impedance(path)) {
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        if known.contains(&extension.as_ref()) {
            let result = registry.read(&std::fs::read(path).unwrap(), None);
            assert!(matches!(result, Err(ReadError::NotSupported { .. })), "{}: {result:?}", path.display());
        }
    }
}

#[test]
fn a_file_cut_off_anywhere_ends_in_a_reading_or_an_error() {
    let Some(paths) = real_files() else { return };
    let registry = Registry::new();
    for path in paths.iter().filter(|path| is_impedance(path)) {
        let bytes = std::fs::read(path).unwrap();
        for part in 0..12 {
            let cut = &bytes[..bytes.len() * part / 12];
            let rows = registry.read(cut, None).map_or(0, |(_, reading)| {
                reading.measurements.iter().map(aldb_formats::Measurement::n_points).sum::<usize>()
            });
            assert!(rows <= cut.len(), "{}: {rows} rows in {} bytes", path.display(), cut.len());
        }
    }
}

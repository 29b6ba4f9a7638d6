//! Shows every real file of every technique to every adapter: none is read as something else.
//!
//! Measured files are not part of the project: `test_support::real_files` finds them, and each test is skipped without them.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use aldb_formats::{Match, Probe, Registry, Technique};

/// All measured files, in order.
fn measured_files() -> Option<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(&test_support::real_files("")?, &mut found);
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

/// Techniques that the files below a folder may have.
fn expected(path: &Path) -> &'static [Technique] {
    use Technique as T;
    const FOLDERS: &[(&str, &[Technique])] = &[
        ("eis", &[T::ImpedanceSpectroscopy, T::Electrochemistry]),
        ("cyclers", &[T::Electrochemistry]),
        ("echem", &[T::Electrochemistry, T::ImpedanceSpectroscopy]),
        ("reactor", &[T::ReactorLog]),
        ("ellipsometry", &[T::SpectroscopicEllipsometry, T::EllipsometrySeries, T::OpticalConstants, T::ReactorLog]),
        ("erd", &[T::IonBeamDepthProfile, T::IonBeamSpectrum, T::IonBeamEvents]),
        ("xps", &[T::PhotoelectronSpectroscopy]),
        ("xrd", &[T::XRayDiffraction]),
    ];
    let is_below = |folder: &str| {
        path.components().any(|part| part.as_os_str().to_string_lossy().trim_end_matches("_b") == folder)
    };
    FOLDERS.iter().find(|(folder, _)| is_below(folder)).map_or(&[], |(_, techniques)| techniques)
}

/// Whether a file is an instrument's, not notes or the output of another program.
fn is_data(path: &Path) -> bool {
    let is_golden = path.components().any(|part| part.as_os_str() == "golden");
    let name = path.file_name().unwrap().to_string_lossy();
    !is_golden && !["MANIFEST.csv", "README.md", "FORMAT_NOTES.md", "truth.json", "truth.csv"].contains(&name.as_ref())
}

#[test]
fn no_file_is_claimed_equally_by_two_adapters() {
    let Some(paths) = measured_files() else { return };
    let registry = Registry::new();
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        let probe = Probe::new(&bytes);
        let claims: Vec<_> =
            registry.adapters().map(|adapter| (adapter.sniff(&probe), &adapter.manifest().name)).collect();
        let best = claims.iter().map(|(sure, _)| *sure).max().unwrap();
        let claimants: Vec<_> = claims.iter().filter(|(sure, _)| *sure == best && best != Match::No).collect();
        assert!(claimants.len() < 2, "{}: {claimants:?}", path.display());
    }
}

#[test]
fn every_file_is_read_as_what_its_folder_holds_or_refused() {
    let Some(paths) = measured_files() else { return };
    let registry = Registry::new();
    let mut wrong = Vec::new();
    for path in &paths {
        let allowed: &[Technique] = if is_data(path) { expected(path) } else { &[] };
        if let Ok((format, reading)) = registry.read(&std::fs::read(path).unwrap(), None) {
            let stray: Vec<_> = reading.measurements.iter().filter(|m| !allowed.contains(&m.technique)).collect();
            if let Some(stray) = stray.first() {
                wrong.push(format!("{}: read as {format}, {}", path.display(), stray.technique.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_reader_gives_a_column_that_no_table_has() {
    let Some(paths) = measured_files() else { return };
    let registry = Registry::new();
    let mut found = std::collections::BTreeMap::new();
    for path in &paths {
        let Ok((format, reading)) = registry.read(&std::fs::read(path).unwrap(), None) else { continue };
        for warning in reading.measurements.iter().flat_map(|measurement| &measurement.warnings) {
            if warning.contains("` is not stored: the table `") {
                found.entry(format!("{format}: {warning}")).or_insert(path);
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_file_cut_off_anywhere_ends_in_a_reading_or_an_error() {
    let Some(paths) = measured_files() else { return };
    let registry = Registry::new();
    for path in paths.iter().filter(|path| is_data(path)) {
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

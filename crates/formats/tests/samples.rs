//! Reads every sample in `ingest/<format>/samples/` and compares the whole reading with the `.expected` beside it;
//! damages every sample and checks only what must hold for any bytes.
//!
//! `UPDATE_EXPECT=1 cargo test -p aldb-formats` rewrites the expected readings.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use aldb_formats::{Measurement, ReadError, Reading, Registry, Technique, Values};
use test_support::{Noise, damage};

fn ingest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ingest")
}

/// Format and path of every sample, in order.
fn samples() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(ingest()).unwrap().map(|entry| entry.unwrap().path()) {
        let format = folder.file_name().unwrap().to_string_lossy().into_owned();
        for sample in std::fs::read_dir(folder.join("samples")).into_iter().flatten() {
            let path = sample.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "expected") {
                found.push((format.clone(), path));
            }
        }
    }
    found.sort();
    assert!(found.len() > 15, "{found:?}");
    found
}

fn render(result: &Result<(String, Reading), ReadError>) -> String {
    let mut text = String::new();
    let (format, reading) = match result {
        Ok(read) => read,
        Err(error) => return format!("error: {error}\n"),
    };
    writeln!(text, "format: {format}").unwrap();
    for warning in &reading.warnings {
        writeln!(text, "warning: {warning}").unwrap();
    }
    for rejected in &reading.rejected {
        writeln!(text, "rejected from measurement {}: {}", rejected.block, rejected.error).unwrap();
    }
    for measurement in &reading.measurements {
        render_measurement(measurement, &mut text);
    }
    text
}

fn render_measurement(measurement: &Measurement, text: &mut String) {
    writeln!(
        text,
        "\nmeasurement {}: {}, {} points",
        measurement.block,
        measurement.technique.name(),
        measurement.n_points()
    )
    .unwrap();
    for (name, value) in &measurement.metadata {
        writeln!(text, "{name} = {}", serde_json::to_string(value).unwrap()).unwrap();
    }
    for warning in &measurement.warnings {
        writeln!(text, "warning: {warning}").unwrap();
    }
    for column in &measurement.columns {
        writeln!(text, "{} [{}] from `{}`", column.name, column.unit.as_deref().unwrap_or("no unit"), column.header)
            .unwrap();
    }
    for row in 0..measurement.n_points() {
        let cells = measurement.columns.iter().map(|column| match &column.values {
            Values::Number(values) => format!("{:?}", values[row]),
            Values::Text(values) => format!("{:?}", values[row]),
        });
        writeln!(text, "{}", cells.collect::<Vec<_>>().join("\t")).unwrap();
    }
}

#[test]
fn every_sample_is_recognised_and_read_as_expected() {
    let registry = Registry::new();
    let mut wrong = Vec::new();
    for (format, path) in samples() {
        // A format that is never recognised is read where it is named.
        let manifest = registry.adapter(&format).unwrap().manifest();
        let name = (manifest.text.is_some() && manifest.detect.is_empty()).then_some(format.as_str());
        let result = registry.read(&std::fs::read(&path).unwrap(), name);
        assert_eq!(result.as_ref().map(|(name, _)| name.as_str()), Ok(format.as_str()), "{}", path.display());
        let found = render(&result);
        let expected_path = PathBuf::from(format!("{}.expected", path.display()));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&expected_path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
        if expected != found {
            wrong.push(format!("{}: expected\n{expected}\nfound\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_reader_gives_a_column_that_no_table_has() {
    let registry = Registry::new();
    let mut found = Vec::new();
    for (format, path) in samples() {
        let Ok((_, reading)) = registry.read(&std::fs::read(&path).unwrap(), Some(&format)) else { continue };
        for warning in reading.measurements.iter().flat_map(|measurement| &measurement.warnings) {
            if warning.contains("` is not stored: the table `") {
                found.push(format!("{}: {warning}", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_delimited_format_has_a_sample() {
    let with_samples: Vec<String> = samples().into_iter().map(|(format, _)| format).collect();
    for adapter in Registry::new().adapters() {
        assert!(with_samples.contains(&adapter.manifest().name), "{}", adapter.manifest().name);
    }
}

/// Checks what must hold for any bytes: an error, or columns of one length with no more rows than bytes.
fn check(registry: &Registry, format: &str, bytes: &[u8]) {
    let Ok((_, reading)) = registry.read(bytes, Some(format)) else { return };
    let mut rows = 0;
    for measurement in &reading.measurements {
        rows += measurement.n_points();
        assert!(measurement.columns.iter().all(|column| column.values.len() == measurement.n_points()));
        // That of a microbalance is a reading, which may fail.
        let is_reading = measurement.technique == Technique::ReactorLog;
        let frequencies = measurement.numbers("frequency_hz").filter(|_| !is_reading);
        assert!(frequencies.is_none_or(|values| values.iter().all(|value| *value > 0.0)), "{format}: {frequencies:?}");
    }
    // A byte of an archive may hold many rows.
    assert!(rows <= 100 * bytes.len(), "{rows} rows in {} bytes", bytes.len());
}

#[test]
fn a_sample_cut_off_anywhere_ends_in_a_reading_or_an_error() {
    let registry = Registry::new();
    for (format, path) in samples() {
        let bytes = std::fs::read(&path).unwrap();
        for length in 0..bytes.len() {
            check(&registry, &format, &bytes[..length]);
            if length % 32 == 0 {
                std::hint::black_box(registry.detect(&bytes[..length]));
            }
        }
    }
}

#[test]
fn a_damaged_sample_ends_in_a_reading_or_an_error() {
    let registry = Registry::new();
    for (format, path) in samples() {
        let bytes = std::fs::read(&path).unwrap();
        let mut noise = Noise::new(0x5EED);
        for round in 0..1000 {
            let damaged = damage(&bytes, &mut noise);
            check(&registry, &format, &damaged);
            if round % 16 == 0 {
                std::hint::black_box(registry.detect(&damaged));
            }
        }
    }
}

/// Whether a reader says that a file ends before what it announces.
fn ends_early(bytes: &[u8]) -> bool {
    match Registry::new().read(bytes, None) {
        Ok((_, reading)) => reading.ends_early().is_some(),
        Err(error) => error.ends_early(),
    }
}

#[test]
fn a_file_that_is_still_being_copied_ends_early_and_one_that_is_wrong_does_not() {
    for folder in ["bruker_brml", "eclab_mpr", "eclab_mpt", "impedance_xlsx", "rigaku_rasx", "vamas", "woollam_text"] {
        let whole = |path: &Path| !["cut", "abort", "fewer"].iter().any(|word| path.to_string_lossy().contains(word));
        let (_, sample) = samples().into_iter().find(|(format, path)| format == folder && whole(path)).unwrap();
        let bytes = std::fs::read(&sample).unwrap();
        assert!(!ends_early(&bytes), "{}", sample.display());
        // Text may end between two lines, where nothing is missing to see.
        let cuts = [50, 60, 70, 80, 90, 95].map(|percent| bytes.len() * percent / 100);
        assert!(cuts.into_iter().filter(|cut| ends_early(&bytes[..*cut])).count() >= 4, "{}", sample.display());
    }
    for wrong in [&b"# Notes\n\nThe lamp was changed.\n"[..], b"Freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n1,2,x\n2,3,y\n", b""] {
        assert!(!ends_early(wrong));
    }
}

//! Malicious files: archives and documents that expand to gigabytes, counts that exceed any memory, and every
//! sample with its numbers inflated. All end in a reading or an error, soon, and in bounded memory, which is
//! measured in a process of its own.

// Helpers of tests may unwrap; a skipped test must be seen.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use aldb_formats::{Measurement, Registry};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// What a process that reads hostile files of a few kilobytes may take, in bytes: what an archive may unpack to, held
/// twice, and room for the program itself.
const MEMORY: u64 = 192 << 20;

/// Set in the process that a test starts for itself.
const IS_ALONE: &str = "ALDB_TEST_IS_ALONE";

/// Runs the test called `name` once more in a process of its own, where no other test adds to the memory, and requires that it
/// passes there; returns whether this is that process.
fn is_alone(name: &str) -> bool {
    if std::env::var_os(IS_ALONE).is_some() {
        return true;
    }
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).args(["--exact", name, "--nocapture"]).env(IS_ALONE, "1").output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && words.contains("1 passed"), "{words}");
    false
}

/// The greatest memory that this process has taken, in bytes; `None` where the system does not report it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes << 10)
}

/// Requires that this process has never taken more than [`MEMORY`].
fn check_memory(what: &str) {
    match peak_memory() {
        Some(peak) => assert!(peak < MEMORY, "{what}: {} MiB", peak >> 20),
        None => eprintln!("skipped: this system does not report the memory of a process"),
    }
}

/// An archive of one member, `length` zeros.
fn archive_of_zeros(name: &str, length: usize) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, SimpleFileOptions::default()).unwrap();
    let piece = vec![0; 1 << 20];
    for _ in 0..length / piece.len() {
        writer.write_all(&piece).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Reads a file as everything that it could be taken for, and returns the greatest number of points.
fn read_as_anything(registry: &Registry, file: &[u8]) -> usize {
    let points = |reading: &aldb_formats::Reading| reading.measurements.iter().map(Measurement::n_points).sum();
    let names: Vec<String> = registry.adapters().map(|adapter| adapter.manifest().name.clone()).collect();
    let named = names.iter().map(|name| registry.read(file, Some(name)));
    let all = named.chain(std::iter::once(registry.read(file, None)));
    all.flatten().map(|(_, reading)| points(&reading)).max().unwrap_or(0)
}

fn samples() -> Vec<PathBuf> {
    let ingest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ingest");
    let folders = std::fs::read_dir(ingest).unwrap().map(|entry| entry.unwrap().path().join("samples"));
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten());
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_none_or(|extension| extension != "expected"));
    files.sort();
    files
}

#[test]
fn an_archive_that_expands_to_gigabytes_takes_little_memory() {
    if !is_alone("an_archive_that_expands_to_gigabytes_takes_little_memory") {
        return;
    }
    let registry = Registry::new();
    let names = [
        "Experiment0/RawData0.xml",
        "Data0/Profile0.txt",
        "Data0/MesurementConditions0.xml",
        "data.ndc",
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",
        "[Content_Types].xml",
    ];
    for name in names {
        let bomb = archive_of_zeros(name, 256 << 20);
        assert!(bomb.len() < 1 << 20, "{name}: {} bytes", bomb.len());
        assert_eq!(read_as_anything(&registry, &bomb), 0, "{name}");
        check_memory(name);
    }
}

#[test]
fn a_document_that_expands_to_gigabytes_is_refused() {
    let registry = Registry::new();
    for root in ["xrdMeasurements", "idf", "any", "RawData"] {
        let mut text = format!("<?xml version=\"1.0\"?>\n<!DOCTYPE {root} [\n<!ENTITY a0 \"aaaaaaaaaa\">\n");
        for level in 1..12 {
            let previous = format!("&a{};", level - 1).repeat(10);
            text.push_str(&format!("<!ENTITY a{level} \"{previous}\">\n"));
        }
        text.push_str(&format!("]>\n<{root}><xrdMeasurement>&a11;</xrdMeasurement></{root}>\n"));
        assert_eq!(read_as_anything(&registry, text.as_bytes()), 0, "{root}");
        let deep = format!("<{root}>").repeat(200_000);
        assert_eq!(read_as_anything(&registry, deep.as_bytes()), 0, "{root}");
        let wide = format!("<{root}>{}", "<a/>".repeat(2_000_000));
        assert_eq!(read_as_anything(&registry, wide.as_bytes()), 0, "{root}");
    }
}

#[test]
fn no_sample_with_absurd_counts_makes_more_points_than_it_has_bytes() {
    const ABSURD: [u32; 4] = [u32::MAX, i32::MAX as u32, 0x0100_0000, 0x8000_0000];
    if !is_alone("no_sample_with_absurd_counts_makes_more_points_than_it_has_bytes") {
        return;
    }
    let registry = Registry::new();
    for path in samples() {
        let sample = std::fs::read(&path).unwrap();
        let Ok((format, _)) = registry.read(&sample, None) else { continue };
        // Headers are at the start; text has no binary counts, but its digits are counts as well.
        let header = sample.len().min(2048);
        let step = if sample.len() > 8_000 { 8 } else { 4 };
        for at in (0..header.saturating_sub(4)).step_by(step) {
            for absurd in ABSURD {
                let mut file = sample.clone();
                file[at..at + 4].copy_from_slice(&absurd.to_le_bytes());
                if let Ok((_, reading)) = registry.read(&file, Some(&format)) {
                    let points: usize = reading.measurements.iter().map(Measurement::n_points).sum();
                    // A compressed byte may hold a hundred points.
                    assert!(points <= 100 * sample.len(), "{}: {points} points, byte {at}", path.display());
                }
            }
        }
        check_memory(&path.to_string_lossy());
    }
}

#[test]
fn numbers_of_many_digits_in_a_sample_end_in_a_reading_or_an_error() {
    let registry = Registry::new();
    let number = regex::bytes::Regex::new(r"[0-9]+").unwrap();
    for path in samples() {
        let sample = std::fs::read(&path).unwrap();
        let Ok((format, _)) = registry.read(&sample, None) else { continue };
        for absurd in ["99999999999999999999", "1e999", "-1", "4294967295"] {
            for found in number.find_iter(&sample[..sample.len().min(4096)]).take(40) {
                let file = [&sample[..found.start()], absurd.as_bytes(), &sample[found.end()..]].concat();
                let points = registry
                    .read(&file, Some(&format))
                    .map_or(0, |(_, reading)| reading.measurements.iter().map(Measurement::n_points).sum::<usize>());
                assert!(points <= 100 * file.len(), "{}: {points} points", path.display());
            }
        }
    }
}

#[test]
fn endless_lines_and_cells_are_refused_or_read() {
    let registry = Registry::new();
    for unit in ["1,", "1\t", " 1", ";", "\"", "\n", "\0", "1", "-", "é", "[", "<"] {
        let file = unit.repeat(1_000_000);
        assert!(read_as_anything(&registry, file.as_bytes()) <= file.len(), "{unit:?}");
    }
}

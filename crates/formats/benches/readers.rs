//! Measures how fast each format is read, in bytes per second.
//!
//! `cargo bench -p aldb-formats --bench readers`. Text samples of `ingest/` are enlarged to a few megabytes by repeating their rows.
//! Formats whose files cannot be grown like that are measured on the largest measured file (`test_support::real_files`), else on the
//! sample as it is, where the fixed cost of a file counts as well.

// A benchmark may panic on an unexpected file.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aldb_formats::{Detection, Registry};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Size that texts are grown to.
const GROWN: usize = 4 << 20;

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Repeats the longest run of lines with equal numbers of cells; `None` if no run has four lines.
fn grown(sample: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(sample).ok()?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let shape = |line: &str| {
        let cells = line.split([',', ';', '\t', ' ']).filter(|cell| !cell.is_empty()).count();
        (line.contains(|c: char| c.is_ascii_digit()), cells)
    };
    let mut best = 0..0;
    let mut start = 0;
    for end in 1..=lines.len() {
        if end == lines.len() || shape(lines[end]) != shape(lines[start]) {
            if end - start > best.len() {
                best = start..end;
            }
            start = end;
        }
    }
    if best.len() < 4 || !shape(lines[best.start]).0 {
        return None;
    }
    let (before, rows, after) =
        (lines[..best.start].concat(), lines[best.clone()].concat(), lines[best.end..].concat());
    let times = GROWN.saturating_sub(sample.len()) / rows.len() + 1;
    Some([before, rows.repeat(times), after].concat().into_bytes())
}

fn readers(c: &mut Criterion) {
    let registry = Registry::new();
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    files_below(&crate_folder.join("../../ingest"), &mut paths);
    if let Some(real) = test_support::real_files("") {
        files_below(&real, &mut paths);
    }
    paths.retain(|path| path.extension().is_none_or(|extension| extension != "expected" && extension != "toml"));

    let mut largest: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        let bytes = grown(&bytes).filter(|file| registry.read(file, None).is_ok()).unwrap_or(bytes);
        if let Detection::Format(adapter, _) = registry.detect(&bytes)
            && registry.read(&bytes, None).is_ok()
        {
            let held = largest.entry(adapter.manifest().name.clone()).or_default();
            if bytes.len() > held.len() && bytes.len() < 8 * GROWN {
                *held = bytes;
            }
        }
    }
    let mut group = c.benchmark_group("readers");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_millis(1500));
    for (name, bytes) in &largest {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(format!("{name} ({} kB)", bytes.len() / 1000), |b| {
            b.iter(|| registry.read(bytes, Some(name)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, readers);
criterion_main!(benches);

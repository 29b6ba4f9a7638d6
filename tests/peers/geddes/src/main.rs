//! Reads each file with aldb and with geddes, in turn, and prints the least time of each and their ratio.
//!
//! Both read the same bytes from memory. geddes returns the first pattern of a file as two arrays, aldb all of them with
//! settings and every column.

use std::time::{Duration, Instant};

use aldb_formats::Registry;

/// Each reader is timed this often; the least time counts, because whatever disturbs a run makes it longer.
const RUNS: usize = 25;

fn least(mut run: impl FnMut() -> bool) -> Option<Duration> {
    (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            let is_read = run();
            is_read.then(|| start.elapsed())
        })
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .min()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::new();
    println!("{:>10}  {:>10}  {:>10}  {:>7}  file", "bytes", "aldb µs", "geddes µs", "ratio");
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        let aldb = least(|| registry.read(&bytes, None).is_ok());
        let geddes = least(|| geddes::read_bytes(&bytes, &path).is_ok());
        let shown = |time: Option<Duration>| {
            time.map_or_else(|| "refused".to_owned(), |time| format!("{:.1}", time.as_secs_f64() * 1e6))
        };
        let ratio = aldb.zip(geddes).map_or_else(String::new, |(aldb, geddes)| {
            format!("{:.2}", geddes.as_secs_f64() / aldb.as_secs_f64())
        });
        println!("{:>10}  {:>10}  {:>10}  {ratio:>7}  {path}", bytes.len(), shown(aldb), shown(geddes));
    }
    Ok(())
}

//! Lakes that earlier versions of aldb made (tests/lakes): every table is read, and today's program brings them up to date.

use std::path::{Path, PathBuf};

use crate::support::Bench;

fn lakes() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/lakes");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut lakes: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    lakes.sort();
    lakes
}

/// What the earlier program printed of a table: its columns, and its rows in a fixed order.
fn expected(lake: &Path, name: &str) -> (String, Vec<String>) {
    let text = std::fs::read_to_string(lake.join("expected").join(format!("{name}.csv"))).unwrap();
    let mut lines = text.lines().map(str::to_owned);
    let columns = lines.next().unwrap();
    let mut rows: Vec<String> = lines.collect();
    rows.sort();
    (columns, rows)
}

/// Derived tables whose stored rows cannot be given today's columns, because a list in them has other fields, or a new column is never
/// null: they are empty until they are derived again.
const DERIVED_AGAIN: [&str; 2] = ["crystallinity", "xrd_peaks"];

/// Rows of every table, views aside.
fn row_counts(bench: &Bench) -> Vec<(String, usize)> {
    let tables = bench.rows("SHOW TABLES");
    let names = tables.iter().filter_map(|row| {
        let (name, rest) = row.split_once(',')?;
        (!rest.starts_with("view")).then(|| name.to_owned())
    });
    names.map(|name| (name.clone(), bench.rows(&format!("SELECT count(*) FROM {name}"))[0].parse().unwrap())).collect()
}

#[test]
fn a_lake_of_every_earlier_version_is_read_and_brought_up_to_date() {
    let lakes = lakes();
    assert!(!lakes.is_empty());
    for lake in lakes {
        let bench = Bench::copy_of(&lake);
        let place = lake.display();
        let counts = std::fs::read_to_string(lake.join("expected/row_counts.csv")).unwrap();
        let counts: Vec<(String, usize)> = counts
            .lines()
            .map(|line| line.split_once(',').map(|(name, n)| (name.to_owned(), n.parse().unwrap())).unwrap())
            .collect();
        // Before anything is written: every row, with today's columns.
        let now = row_counts(&bench);
        for (table, n) in counts.iter().filter(|(table, _)| !DERIVED_AGAIN.contains(&table.as_str())) {
            assert!(now.contains(&(table.clone(), *n)), "{place}: {table} had {n} rows: {now:?}");
            bench.run(&["sql", &format!("SELECT * FROM {table}"), "--format", "csv"]).done();
        }
        for table in ["arrhenius", "conductivity", "composition", "film_thickness", "growth", "xps_composition"] {
            let (columns, rows) = expected(&lake, table);
            assert_eq!(bench.rows(&format!("SELECT {columns} FROM {table}")), rows, "{place}: {table}");
        }
        let verified = bench.run(&["verify"]);
        assert_eq!(verified.status, 0, "{place}: {}{}", verified.out, verified.err);
        // Brought up to date, nothing is lost and all of it is as today's program would make it.
        bench.run(&["ingest"]).done();
        bench.run(&["derive"]).done();
        let after = row_counts(&bench);
        for (table, n) in counts.iter().filter(|(table, _)| table != "snapshots") {
            let now = after.iter().find(|(name, _)| name == table).map(|(_, n)| *n);
            assert!(now.is_some_and(|now| now >= *n), "{place}: {table} had {n} rows, has {now:?}");
        }
        let verified = bench.run(&["verify", "--recompute"]);
        assert_eq!(verified.status, 0, "{place}: {}{}", verified.out, verified.err);
        assert!(bench.path("lake/layout.json").is_file(), "{place}");
        // The state before is still there.
        bench.run(&["sql", "SELECT * FROM arrhenius", "--as-of", "1"]).done();
    }
}

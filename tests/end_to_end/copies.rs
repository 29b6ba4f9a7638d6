//! Copies of a lake that is written meanwhile, backups, and maintenance: no state is lost in any of them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::damage::tree;
use crate::support::{Bench, Ran, aldb, copy, small_campaign};

const MEASURED: &str = "SELECT m.measurement_id, m.sample_id, m.n_points, count(s.point) AS n FROM measurements AS m LEFT JOIN \
                        impedance_spectra AS s ON s.measurement_id = m.measurement_id GROUP BY ALL";

fn run(lake: &Path, arguments: &[&str]) -> Ran {
    aldb().arg("--lake").arg(lake).args(arguments).output().unwrap().into()
}

fn rows(lake: &Path, more: &[&str]) -> Vec<String> {
    let ran = run(lake, &[&["sql", MEASURED, "--format", "csv"][..], more].concat()).done();
    let mut rows: Vec<String> = ran.out.lines().skip(1).map(str::to_owned).collect();
    rows.sort();
    rows
}

/// A lake of two batches, and files for more.
fn started() -> Bench {
    let campaign = small_campaign();
    let bench = Bench::new();
    bench.describe(&campaign);
    bench.write(&campaign.files()[..2]);
    bench.run(&["ingest"]).done();
    bench
}

/// Copies the folders of a lake in two steps; a batch is written between them.
fn copied_in_two_steps(bench: &Bench, first: &[&str]) -> Bench {
    let target = Bench::new();
    std::fs::remove_dir_all(target.path("lake")).unwrap();
    std::fs::create_dir(target.path("lake")).unwrap();
    let lake = bench.path("lake");
    for name in first {
        copy(&lake.join(name), &target.path("lake").join(name));
    }
    bench.write(&small_campaign().files()[2..4]);
    bench.run(&["ingest"]).done();
    for entry in std::fs::read_dir(&lake).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let (from, to) = (lake.join(&name), target.path("lake").join(&name));
        match from.is_dir() {
            true if first.contains(&name.as_str()) => {}
            true => copy(&from, &to),
            false => drop(std::fs::copy(from, to).unwrap()),
        }
    }
    copy(&bench.path("instruments"), &target.path("instruments"));
    target
}

#[test]
fn a_copy_made_while_the_lake_was_written_opens_at_its_newest_whole_snapshot_and_says_so() {
    for first in [&["tables"][..], &["raw"], &["state", "tables"]] {
        let bench = started();
        let before = rows(&bench.path("lake"), &[]);
        let newest = bench.run(&["sql", "SELECT max(snapshot) FROM snapshots", "--format", "csv"]).done();
        let newest = newest.out.lines().nth(1).unwrap().to_owned();
        let torn = copied_in_two_steps(&bench, first);
        let lake = torn.path("lake");
        let ran = run(&lake, &["status"]).done();
        let said = format!(
            "note: this copy of a lake was made while the lake was written: it is used at its newest whole snapshot, {newest}; "
        );
        assert!(ran.err.contains(&said) && ran.err.contains(" not in the copy"), "{first:?}: {}", ran.err);
        assert_eq!(rows(&lake, &[]), before, "{first:?}");
        run(&lake, &["verify"]).done();
        // What is missing is read again, and the copy is a lake of its own, of which nothing is said any more.
        run(&lake, &["ingest"]).done();
        assert_eq!(torn.content(), bench.content(), "{first:?}");
        let ran = run(&lake, &["verify", "--reread", "--recompute"]).done();
        assert!(!ran.err.contains("this copy"), "{}", ran.err);
    }
}

#[test]
fn damage_is_not_taken_for_a_copy_that_was_made_too_early() {
    let bench = started();
    let older = bench.copied();
    bench.write(&small_campaign().files()[2..4]);
    bench.run(&["ingest"]).done();
    // In a copy of the whole, and in a torn one, a table that is gone is an error.
    let torn = copied_in_two_steps(&bench, &["tables"]);
    for damaged in [bench.copied(), torn] {
        std::fs::remove_dir_all(damaged.path("lake/tables/measurements")).unwrap();
        let ran = damaged.run(&["status"]);
        assert!(ran.status == 1 && ran.err.contains("table `measurements`: expected version"), "{}", ran.err);
    }
    // So are tables that were put back from an older copy, in the lake itself and in a copy.
    for damaged in [bench.copied(), bench] {
        std::fs::remove_dir_all(damaged.path("lake/tables")).unwrap();
        copy(&older.path("lake/tables"), &damaged.path("lake/tables"));
        let ran = damaged.run(&["status"]);
        assert!(ran.status == 1 && ran.err.contains(", which is older: run `aldb verify --repair`"), "{}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn plain_copies_at_any_time_can_be_used() {
    let bench = started();
    let is_done = AtomicBool::new(false);
    let folder = tempfile::tempdir().unwrap();
    let mut copies = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for file in small_campaign().files().into_iter().skip(2).take(3) {
                bench.write(&[file]);
                bench.run(&["ingest"]).done();
            }
            is_done.store(true, Ordering::Relaxed);
        });
        while !is_done.load(Ordering::Relaxed) {
            let target = folder.path().join(copies.len().to_string());
            // Files that are renamed meanwhile are said to have vanished.
            std::process::Command::new("cp").arg("-a").arg(bench.path("")).arg(&target).output().unwrap();
            copies.push(target);
        }
    });
    assert!(copies.len() > 2);
    let step = copies.len().div_ceil(4);
    for target in copies.iter().step_by(step) {
        let lake = target.join("lake");
        for row in rows(&lake, &[]) {
            let cells: Vec<&str> = row.split(',').collect();
            assert_eq!(cells[2], cells[3], "{row}");
        }
        run(&lake, &["ingest"]).done();
        run(&lake, &["verify"]).done();
    }
}

#[test]
fn a_backup_made_while_the_lake_is_written_is_whole_and_is_completed_by_the_next() {
    let bench = started();
    let first = rows(&bench.path("lake"), &[]);
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("backup");
    let backup = |bench: &Bench| {
        let ran = bench.run(&["backup", target.to_str().unwrap(), "--format", "json"]).done();
        serde_json::from_str::<serde_json::Value>(&ran.out).unwrap()
    };
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for file in small_campaign().files().into_iter().skip(2).take(3) {
                bench.write(&[file]);
                bench.run(&["ingest"]).done();
            }
            is_done.store(true, Ordering::Relaxed);
        });
        while !is_done.load(Ordering::Relaxed) {
            let done = backup(&bench);
            let number = done["snapshot"].to_string();
            assert_eq!(rows(&target, &[]), rows(&bench.path("lake"), &["--as-of", &number]), "{done}");
            run(&target, &["verify"]).done();
        }
    });
    std::fs::remove_file(bench.path("lake/samples").read_dir().unwrap().next().unwrap().unwrap().path()).unwrap();
    let done = backup(&bench);
    assert_eq!(done["n_removed"], 1, "{done}");
    let again = backup(&bench);
    assert_eq!((&again["n_copied"], &again["n_copied_bytes"]), (&0.into(), &0.into()), "{again}");
    assert_eq!(rows(&target, &[]), rows(&bench.path("lake"), &[]));
    assert_eq!(rows(&target, &["--as-of", "2"]), first);
    run(&target, &["verify", "--reread", "--recompute"]).done();
    // The index is made again by whoever writes.
    assert!(!target.join("state/index").exists());
    let other = started();
    for (into, expected) in [
        (bench.path("lake/backup"), "expected a folder outside the lake"),
        (bench.path("instruments"), "expected an empty folder or an earlier backup of this lake, found `"),
        (other.path("lake"), "its entry 1 in `raw/journal` is not one of this lake"),
    ] {
        let ran = bench.run(&["backup", into.to_str().unwrap()]);
        assert!(ran.status == 1 && ran.err.contains(expected), "{expected}: {}", ran.err);
    }
}

#[test]
fn a_damaged_file_is_not_copied_into_a_backup() {
    let bench = started();
    let data = tree(&bench.path("lake/tables/measurements")).into_iter().map(|(path, _)| path);
    let path = data.into_iter().find(|path| path.to_string_lossy().contains(".b3-")).unwrap();
    let path = bench.path("lake/tables/measurements").join(path);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ran = bench.run(&["backup", folder.path().to_str().unwrap()]);
    assert!(ran.status == 1 && ran.err.contains("does not have the hash in its name"), "{}", ran.err);
}

#[test]
fn maintenance_deletes_what_no_state_needs_and_loses_no_state() {
    let campaign = small_campaign();
    let bench = Bench::new();
    bench.describe(&campaign);
    let json = |arguments: &[&str]| {
        let ran = bench.run(&[arguments, &["--format", "json"]].concat()).done();
        serde_json::from_str::<serde_json::Value>(&ran.out).unwrap()
    };
    for (n, file) in campaign.files().into_iter().take(9).enumerate() {
        bench.write(&[file]);
        if n == 3 {
            let killed = bench.command(&["ingest"]).env("ALDB_TEST_EXIT_AT", "commit:5").output().unwrap();
            assert!(!killed.status.success());
        }
        bench.run(&["ingest", "--no-derive"]).done();
    }
    let lake = bench.path("lake");
    // What processes leave that were killed while they wrote, and a file of somebody that only looks so.
    std::fs::write(lake.join("tables/measurements/part-00000-left.parquet"), b"PAR1").unwrap();
    std::fs::write(lake.join("raw/journal/.tmpAb12Cd"), b"half").unwrap();
    std::fs::write(lake.join("samples/.tmpAb12Cd"), b"").unwrap();
    let states = || (1..=9).map(|n: i32| rows(&lake, &["--as-of", &n.to_string()])).collect::<Vec<_>>();
    let (before, files) = (states(), tree(&lake.join("tables")));
    // Nothing is old enough; a dry run changes nothing.
    let young = json(&["maintain", "--dry-run"]);
    let old = json(&["maintain", "--dry-run", "--older-than", "0"]);
    assert_eq!((&young["n_deleted"], &young["n_too_young"]), (&0.into(), &old["n_deleted"]), "{young} {old}");
    assert_eq!(tree(&lake.join("tables")), files);
    let done = json(&["maintain", "--older-than", "0"]);
    assert_eq!((&done["n_deleted"], &done["problems"]), (&old["n_deleted"], &serde_json::json!([])), "{done} {old}");
    assert!(done["n_deleted"].as_u64().unwrap() >= 4 && done["n_archived"].as_u64().unwrap() >= 9, "{done}");
    assert!(!lake.join("raw/journal/.tmpAb12Cd").exists() && lake.join("samples/.tmpAb12Cd").exists());
    assert_eq!(states(), before);
    bench.run(&["verify", "--reread"]).done();
    let again = json(&["maintain", "--older-than", "0"]);
    assert_eq!(again["n_deleted"], 0, "{again}");
    // A file that a state needs is missed as before.
    let needed = tree(&lake.join("tables/measurements")).into_iter().map(|(path, _)| path);
    let needed = needed.into_iter().find(|path| path.to_string_lossy().contains(".b3-")).unwrap();
    std::fs::remove_file(lake.join("tables/measurements").join(needed)).unwrap();
    assert_eq!(bench.run(&["verify"]).status, 1);
}

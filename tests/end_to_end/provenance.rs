//! Where values come from, whether they still hold, and what contradicts them.

use crate::support::{Bench, small_campaign};

fn derived() -> Bench {
    let bench = Bench::new();
    let campaign = small_campaign();
    bench.write(&campaign.files());
    bench.describe(&campaign);
    bench.run(&["ingest"]).done();
    bench.run(&["derive"]).done();
    bench
}

#[test]
fn a_value_is_followed_to_the_files_it_was_derived_from() {
    let bench = derived();
    let ran = bench.run(&["lineage", "arrhenius", "synthetic-LBO-250", "--format", "json"]).done();
    let tree: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(tree["job"]["name"], "arrhenius");
    let mut files = std::collections::BTreeSet::new();
    let mut waiting = vec![&tree];
    while let Some(node) = waiting.pop() {
        if let Some(id) = node["file"]["file_id"].as_str() {
            files.insert((id.to_owned(), node["file"]["archive"].as_str().unwrap().to_owned()));
        }
        waiting.extend(node["inputs"].as_array().into_iter().flatten());
    }
    // Every spectrum of the film, and the sheets that describe it; no file of the other film.
    let expected = bench.rows("SELECT DISTINCT file_id FROM measurements WHERE sample_id = 'synthetic-LBO-250'");
    assert!(expected.iter().all(|id| files.iter().any(|(found, _)| found == id)), "{files:?}");
    let other = bench.rows("SELECT DISTINCT file_id FROM measurements WHERE sample_id = 'synthetic-LBO-125'");
    assert!(other.iter().all(|id| !files.iter().any(|(found, _)| found == id)), "{files:?}");
    for (_, archive) in &files {
        assert!(bench.path("lake").join(archive).is_file(), "{archive}");
    }
    let drawn = bench.run(&["lineage", "arrhenius", "synthetic-LBO-250", "--format", "svg"]).done();
    assert!(drawn.out.starts_with("<svg") && drawn.out.contains("impedance_fits"));
    let none = bench.run(&["lineage", "arrhenius", "nobody"]);
    assert_eq!((none.status, none.err.as_str()), (1, "error: `arrhenius` has no row with sample_id = nobody\n"));
}

#[test]
fn a_changed_byte_or_row_is_found() {
    let bench = derived();
    let ran = bench.run(&["verify", "--recompute"]).done();
    assert!(ran.out.ends_with(": no discrepancy\n"), "{}", ran.out);
    let id = bench.rows("SELECT max(file_id) FROM measurements").remove(0);
    let archive = bench.path("lake").join("raw").join(&id[..2]).join(format!("{}.zst", &id[2..]));
    std::fs::write(&archive, b"nothing").unwrap();
    let ran = bench.run(&["verify"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("archive:") && ran.out.ends_with("1 discrepancy\n"), "{}{}", ran.out, ran.err);
}

#[test]
fn a_check_of_the_lake_finds_rows_and_fails() {
    let bench = derived();
    bench.run(&["check", "conductivity_falls_with_temperature"]).done();
    let folder = bench.path("lake/queries/checks");
    std::fs::create_dir_all(&folder).unwrap();
    let query = "-- severity: error\n-- row: arrhenius sample_id\n-- Films that conduct.\nSELECT sample_id, 'it conducts' AS reason FROM arrhenius";
    std::fs::write(folder.join("films_that_conduct.sql"), query).unwrap();
    let ran = bench.run(&["check", "films_that_conduct", "--format", "json"]);
    assert_eq!(ran.status, 1);
    let reports: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let rows = reports[0]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row["reason"] == "it conducts" && !row["files"].as_array().unwrap().is_empty()));
    let wrong = "-- severity: bad\n-- row: arrhenius sample_id\nSELECT sample_id, 'x' AS reason FROM arrhenius";
    std::fs::write(folder.join("films_that_conduct.sql"), wrong).unwrap();
    let ran = bench.run(&["check"]);
    assert!(
        ran.err.contains("expected `-- severity: error`, `warning` or `note` at the top, found `bad`"),
        "{}",
        ran.err
    );
}

#[test]
fn a_property_of_the_lake_is_derived_and_its_errors_are_named() {
    let bench = derived();
    let folder = bench.path("lake/queries/derived");
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(format!("{name}.sql")), text).unwrap();
    write(
        "resistance",
        "-- key: sample_id\n-- version: 1\nSELECT sample_id, avg(r1_ohm) AS r1_ohm FROM impedance_fits GROUP BY sample_id",
    );
    bench.run(&["derive"]).done();
    assert_eq!(bench.rows("SELECT count(*) FROM resistance"), ["2"]);
    write(
        "resistance",
        "-- key: sample_id\n-- version: 1\nSELECT sample_id, avg(r9_ohm) AS r1_ohm FROM impedance_fits GROUP BY sample_id",
    );
    let ran = bench.run(&["derive"]);
    assert!(
        ran.status == 1
            && ran.err.contains("`queries/derived/resistance.sql`: line 3, column ")
            && ran.err.contains("r9_ohm"),
        "{}",
        ran.err
    );
    assert_eq!(bench.rows("SELECT count(*) FROM resistance"), ["2"]);
    write("resistance", "-- key: sample\n-- version: 1\nSELECT sample_id, 1 AS one FROM samples");
    let ran = bench.run(&["derive"]);
    assert!(
        ran.err.contains("`-- key:`, at the top: column `sample` is not in the result: sample_id, one"),
        "{}",
        ran.err
    );
    write("resistance", "-- key: sample_id\n-- version: 1\nSELECT sample_id, 1 AS one FROM conductance");
    write("conductance", "-- key: sample_id\n-- version: 1\nSELECT sample_id, 1 AS one FROM resistance");
    let ran = bench.run(&["derive"]);
    assert!(ran.err.contains("the jobs `queries/derived/conductance.sql` → `queries/derived/resistance.sql` → `queries/derived/conductance.sql` depend on each other: one of them must not"), "{}", ran.err);
}

/// A key for which a query fails is a row with the reason; the others are derived.
#[test]
fn a_failing_key_is_a_row_with_its_reason() {
    let bench = derived();
    let folder = bench.path("lake/queries/derived");
    std::fs::create_dir_all(&folder).unwrap();
    let query = "-- key: sample_id\n-- version: 1\nSELECT sample_id, CAST(split_part(sample_id, '-', 3) AS INT) / (CAST(split_part(sample_id, '-', 3) AS INT) - 125) AS x, \
                 'good' AS quality, CAST(NULL AS VARCHAR) AS reason FROM samples";
    std::fs::write(folder.join("fragile.sql"), query).unwrap();
    let ran = bench.run(&["derive"]);
    assert!(ran.err.contains("fragile: sample_id=synthetic-LBO-125: "), "{}", ran.err);
    let rows = bench.rows("SELECT sample_id, x, quality, reason IS NULL FROM fragile");
    assert_eq!(rows, ["synthetic-LBO-125,,failed,false", "synthetic-LBO-250,2,good,true"]);
}

#[test]
fn every_function_has_an_example_that_runs() {
    let bench = Bench::new();
    let listed = bench.run(&["functions", "--format", "json"]).done();
    let functions: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    assert!(functions.as_array().unwrap().len() > 15);
    for function in functions.as_array().unwrap() {
        let example = function["example"].as_str().unwrap();
        let ran = bench.run(&["sql", example]);
        assert_eq!(ran.status, 0, "{}: {}", function["name"], ran.err);
        for part in function["arguments"].as_array().unwrap().iter().chain(function["result"].as_array().unwrap()) {
            assert!(part["meaning"].as_str().is_some_and(|meaning| !meaning.is_empty()), "{function}");
        }
    }
}

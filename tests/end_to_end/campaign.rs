//! End to end: instrument files go in, derived properties come out, whatever happens in between.

use std::time::Duration;

use crate::support::{Bench, small_campaign};
use aldb_lab::Campaign;

/// A lake of the same final state, made from nothing.
fn from_scratch(like: &Bench, files: &[aldb_lab::LabFile]) -> Bench {
    let bench = Bench::new();
    bench.write(files);
    for folder in ["samples", "recipes"] {
        for entry in std::fs::read_dir(like.path("lake").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let to = bench.path("lake").join(folder).join(path.file_name().unwrap());
            std::fs::copy(&path, to).unwrap();
        }
    }
    std::fs::copy(like.path("lake/aldb.toml"), bench.path("lake/aldb.toml")).unwrap();
    bench.run(&["ingest"]);
    bench.run(&["derive"]).done();
    bench
}

fn assert_same_content(one: &Bench, other: &Bench) {
    for ((table, one), (_, other)) in one.content().into_iter().zip(other.content()) {
        assert_eq!(one.len(), other.len(), "{table}");
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one, other, "{table}");
        }
    }
}

#[test]
fn the_synthetic_campaign_recovers_its_input_values() {
    let bench = Bench::new();
    let campaign = Campaign::default();
    bench.write(&campaign.files());
    bench.describe(&campaign);
    bench.run(&["ingest"]).done();
    bench.run(&["derive"]).done();
    assert_eq!(bench.rows("SELECT count(*) FROM measurements"), ["72"]);
    assert_eq!(
        bench.rows("SELECT DISTINCT quality FROM impedance_fits WHERE quality = 'failed'"),
        Vec::<String>::new()
    );
    for film in campaign.truth() {
        let query = format!(
            "SELECT abs(ea_ev - {}) / ea_err_ev < 4 AND abs(sigma_25c_s_per_cm - {}) / sigma_25c_err_s_per_cm < 4, n_points, n_dots \
             FROM arrhenius WHERE sample_id = '{}'",
            film.ea_ev, film.sigma_25c_s_per_cm, film.sample_id
        );
        assert_eq!(bench.rows(&query), ["true,36,3"], "{}", film.sample_id);
    }
}

#[test]
fn ingesting_and_deriving_again_does_nothing() {
    let bench = Bench::new();
    let campaign = small_campaign();
    bench.write(&campaign.files());
    bench.describe(&campaign);
    bench.run(&["ingest"]).done();
    bench.run(&["derive"]).done();
    let ran = bench.run(&["ingest"]).done();
    assert!(ran.err.contains("nothing new; the lake is at snapshot 2"), "{}", ran.err);
    let ran = bench.run(&["derive", "--explain"]).done();
    assert!(ran.out.contains("arrhenius: no input changed"), "{}", ran.out);
    let report: serde_json::Value =
        serde_json::from_str(&bench.run(&["derive", "--format", "json"]).done().out).unwrap();
    let jobs = report["jobs"].as_array().unwrap();
    assert!(!jobs.is_empty());
    assert!(jobs.iter().all(|job| job["cause_code"] == "unchanged" && job["error_code"].is_null()), "{report}");
    assert_eq!(bench.rows("SELECT max(snapshot) FROM snapshots"), ["2"]);
}

#[test]
fn a_measurement_is_linked_when_its_sample_is_described_without_being_read_again() {
    let bench = Bench::new();
    let campaign = small_campaign();
    bench.write(&campaign.files());
    bench.run(&["ingest"]).done();
    bench.run(&["derive"]).done();
    let status = bench.run(&["status"]).done();
    assert!(status.out.contains("sample `synthetic-LBO-125` is not described in samples/"), "{}", status.out);
    assert_eq!(bench.rows("SELECT count(*) FROM arrhenius"), ["0"]);
    let reason = bench.rows("SELECT DISTINCT reason FROM conductivity WHERE sigma_s_per_cm IS NULL");
    assert!(reason.iter().any(|reason| reason.contains("synthetic-LBO-250")), "{reason:?}");
    bench.describe(&campaign);
    let ran = bench.run(&["ingest"]).done();
    assert!(ran.err.contains("measurements were re-linked") && !ran.err.contains(" read"), "{}", ran.err);
    bench.run(&["derive"]).done();
    assert_eq!(bench.rows("SELECT count(*) FROM impedance_spectra WHERE recipe_id IS NULL"), ["0"]);
    assert_eq!(bench.rows("SELECT count(*) FROM arrhenius WHERE ea_ev IS NOT NULL"), ["2"]);
    assert_same_content(&bench, &from_scratch(&bench, &campaign.files()));
}

#[test]
fn after_any_edit_incremental_equals_from_scratch() {
    let bench = Bench::new();
    let campaign = small_campaign();
    let mut files = campaign.files();
    bench.describe(&campaign);
    let half = files.len() / 2;
    bench.write(&files[..half]);
    bench.run(&["ingest"]).done();
    bench.run(&["derive"]).done();
    // More files come.
    bench.write(&files[half..]);
    bench.run(&["ingest"]).done();
    bench.run(&["derive"]).done();
    assert_same_content(&bench, &from_scratch(&bench, &files));
    // A file changes: it now holds the other film's spectra.
    let other = Campaign { seed: 7, ..small_campaign() }.files();
    files[0].bytes.clone_from(&other[0].bytes);
    bench.write(&files[..1]);
    bench.run(&["ingest", "--no-derive"]).done();
    let ran = bench.run(&["derive", "--explain"]).done();
    assert!(ran.out.contains("input rows were removed") && ran.out.contains(": new"), "{}", ran.out);
    assert_same_content(&bench, &from_scratch(&bench, &files));
    // A sample's thickness changes.
    let samples = bench.path("lake/samples/samples.toml");
    let text = std::fs::read_to_string(&samples).unwrap();
    std::fs::write(&samples, text.replacen("thickness_nm = 80.0", "thickness_nm = 75.0", 1)).unwrap();
    bench.run(&["ingest", "--no-derive"]).done();
    let ran = bench.run(&["derive", "--explain"]).done();
    assert!(ran.out.contains("conductivity: input rows changed: film_thickness"), "{}", ran.out);
    assert!(ran.err.contains("impedance_fits: up to date"), "{}", ran.err);
    assert_same_content(&bench, &from_scratch(&bench, &files));
    // A rule changes: the electrode's area comes from the source, not from the sample.
    let configuration = bench.path("lake/aldb.toml");
    let text = std::fs::read_to_string(&configuration).unwrap();
    std::fs::write(
        &configuration,
        text.replacen("_dot(?<dot>", "_dot(?<repeat>", 1).replacen("_r(?<repeat>", "_r(?<dot>", 1),
    )
    .unwrap();
    bench.run(&["ingest"]).done();
    bench.run(&["derive"]).done();
    assert_same_content(&bench, &from_scratch(&bench, &files));
    // The sample's description goes.
    std::fs::remove_file(&samples).unwrap();
    bench.run(&["ingest"]).done();
    bench.run(&["derive"]).done();
    assert_eq!(bench.rows("SELECT count(*) FROM arrhenius"), ["0"]);
    assert_same_content(&bench, &from_scratch(&bench, &files));
    // A query of the lake's own takes the place of one that ships.
    let own = "-- key: measurement_id\n-- version: 2\nSELECT measurement_id, sample_id, run_id, recipe_id, NULL AS dot, NULL AS temperature_c, \
               NULL AS thickness_nm, NULL AS thickness_err_nm, NULL AS electrode_area_cm2, r1_ohm, r1_err_ohm, NULL AS sigma_s_per_cm, \
               NULL AS sigma_err_s_per_cm, 'failed' AS quality, 'never' AS reason FROM impedance_fits";
    std::fs::write(bench.path("lake/queries/derived/conductivity.sql"), own).unwrap();
    let ran = bench.run(&["derive", "--explain"]).done();
    assert!(ran.out.contains("conductivity: query or function changed"), "{}", ran.out);
    assert_eq!(bench.rows("SELECT DISTINCT reason FROM conductivity"), ["never"]);
}

#[test]
fn losing_the_index_costs_only_time() {
    let bench = Bench::new();
    let campaign = small_campaign();
    bench.write(&campaign.files());
    bench.describe(&campaign);
    bench.run(&["ingest"]).done();
    bench.run(&["derive"]).done();
    let before = bench.content();
    std::fs::remove_dir_all(bench.path("lake/state/index")).unwrap();
    let ran = bench.run(&["ingest"]).done();
    assert!(ran.err.contains("the index in state/ was missing or damaged"), "{}", ran.err);
    assert!(ran.err.contains("nothing new"), "{}", ran.err);
    std::fs::remove_dir_all(bench.path("lake/state/index")).unwrap();
    let ran = bench.run(&["derive"]).done();
    assert!(ran.err.contains("all keys were compared") && ran.err.contains("arrhenius: up to date"), "{}", ran.err);
    assert_eq!(bench.content(), before);
}

#[test]
fn a_bad_file_is_recorded_and_the_other_files_are_read() {
    let bench = Bench::new();
    let campaign = small_campaign();
    bench.write(&campaign.files());
    bench.describe(&campaign);
    let bad = bench.path("instruments/gamry/synthetic-LBO-125/bad.DTA");
    std::fs::write(&bad, b"EC-Lab ASCII FILE\nNb header lines : many\n").unwrap();
    let ran = bench.run(&["ingest"]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(ran.err.contains("bad.DTA") && ran.err.contains("1 failed"), "{}", ran.err);
    let n_good = campaign.files().len();
    let count = |status: &str| {
        bench.rows(&format!("SELECT count(*) FROM source_files WHERE status = '{status}' AND path LIKE '../%'"))
    };
    assert_eq!((count("read"), count("failed")), (vec![n_good.to_string()], vec!["1".to_owned()]));
    assert!(bench.run(&["status"]).done().out.contains("bad.DTA"));
    // Mended, it comes in.
    std::fs::write(&bad, &campaign.files()[0].bytes).unwrap();
    bench.run(&["ingest"]).done();
    assert_eq!(count("failed"), ["0"]);
}

#[test]
fn killed_at_any_moment_no_row_is_lost_duplicated_or_partial() {
    let campaign = Campaign { repeats: 2, ..Campaign::default() };
    let whole = Bench::new();
    whole.write(&campaign.files());
    whole.describe(&campaign);
    whole.run(&["ingest"]).done();
    let expected = whole.rows("SELECT measurement_id, n_points FROM measurements");
    let facts = "SELECT measurement_id, count(*) FROM impedance_spectra GROUP BY measurement_id";
    for milliseconds in [5, 20, 40, 60, 80, 100, 130, 160, 200, 300] {
        let bench = Bench::new();
        bench.write(&campaign.files());
        bench.describe(&campaign);
        let mut child = bench.command(&["ingest"]).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        // What is seen now is whole: every measurement with all its rows.
        let seen = bench.rows("SELECT measurement_id, n_points FROM measurements");
        assert_eq!(seen, bench.rows(facts), "killed after {milliseconds} ms");
        bench.run(&["ingest"]).done();
        assert_eq!(
            bench.rows("SELECT measurement_id, n_points FROM measurements"),
            expected,
            "killed after {milliseconds} ms"
        );
        assert_eq!(bench.rows(facts), expected, "killed after {milliseconds} ms");
    }
}

#[test]
fn an_earlier_state_can_be_queried() {
    let bench = Bench::new();
    let campaign = small_campaign();
    let files = campaign.files();
    bench.write(&files[..3]);
    bench.run(&["ingest"]).done();
    bench.write(&files[3..]);
    bench.run(&["ingest"]).done();
    let count = "SELECT count(*) AS n FROM source_files";
    let then = bench.run(&["sql", count, "--format", "json", "--as-of", "1"]).done();
    assert_eq!(then.out, "[{\"n\":3}]\n");
    let ran = bench.run(&["sql", count, "--as-of", "99"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("no snapshot 99: the lake has snapshots 1 ("), "{}", ran.err);
}

//! Path rules and links by hand: checked, proposed and tried without storing anything, and what they give in the tables.

use std::path::Path;

use crate::support::{Bench, small_campaign};

/// A lake with the spectra of two films, described and not yet ingested.
fn described() -> Bench {
    let bench = Bench::new();
    let campaign = small_campaign();
    bench.write(&campaign.files());
    bench.describe(&campaign);
    bench
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

/// Writes `aldb.toml` with one source for the Gamry files and this rule.
fn rule(bench: &Bench, rule: &str) {
    let text = format!(
        "[[source]]\nname = \"gamry\"\nfolder = \"../instruments/gamry\"\ninclude = [\"**/*.DTA\"]\npath = '{rule}'\n"
    );
    std::fs::write(bench.path("lake/aldb.toml"), text).unwrap();
}

const TEMPLATE: &str = "{sample}/{*}_dot{dot}_{temperature_c}C_r{repeat}";

/// A Gamry file of the first film, below the folder of the instruments.
fn a_file(bench: &Bench) -> String {
    let folder = bench.path("instruments/gamry/synthetic-LBO-125");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let first = names.filter(|name| name.contains("_dot1_")).min().unwrap();
    format!("../instruments/gamry/synthetic-LBO-125/{first}")
}

#[test]
fn a_check_shows_what_rules_give_and_writes_nothing() {
    let bench = described();
    rule(&bench, TEMPLATE);
    let before = listing(&bench.path("lake"));
    let right = json(&bench.run(&["sources", "check", "--format", "json"]).done().out);
    let source = &right["sources"][0];
    let n = source["n_files"].as_u64().unwrap();
    assert!(n > 0 && source["n_matched"] == n && source["kind"] == "template", "{source}");
    assert_eq!(source["collisions"], serde_json::json!([]));
    assert_eq!(source["unknown_samples"], serde_json::json!([]));
    // Without the number of the repetition and the electrode, the files of one temperature cannot be told apart.
    rule(&bench, "{sample}/{*}_{temperature_c}C_{*}");
    let ran = bench.run(&["sources", "check", "gamry"]).done();
    assert!(
        ran.out.contains("files that their keys do not tell apart")
            && ran.out.contains("impedance_spectroscopy of sample"),
        "{}",
        ran.out
    );
    // A rule that takes the day for the sample.
    let (from, dated) = (bench.path("instruments/gamry/synthetic-LBO-125"), bench.path("instruments/gamry/2026-03-02"));
    std::fs::rename(&from, &dated).unwrap();
    rule(&bench, TEMPLATE);
    let wrong = json(&bench.run(&["sources", "check", "--format", "json"]).done().out);
    let unknown = &wrong["sources"][0]["unknown_samples"];
    assert_eq!(unknown[0]["sample"], "2026-03-02");
    assert_eq!(unknown[0]["looks_like_date"], true);
    // Names that do not match are shown with where they stop to.
    rule(&bench, "{sample}/{*}_spot{dot}_{*}");
    let ran = bench.run(&["sources", "check"]).done();
    assert!(ran.out.contains("matches up to `2026-03-02/`, then expected `{*}_spot`"), "{}", ran.out);
    std::fs::rename(&dated, &from).unwrap();
    rule(&bench, TEMPLATE);
    let ran = bench.run(&["sources", "check", "none"]);
    assert!(ran.status == 1 && ran.err.contains("aldb.toml has no source `none`"), "{}", ran.err);
    assert_eq!(listing(&bench.path("lake")), before);
}

/// Every file below a folder, with its size.
fn listing(folder: &Path) -> Vec<(String, u64)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            all.extend(listing(&entry.path()));
        } else if entry.file_name() != "aldb.toml" {
            all.push((entry.path().display().to_string(), entry.metadata().unwrap().len()));
        }
    }
    all.sort();
    all
}

#[test]
fn a_check_needs_neither_the_lock_nor_a_lake_that_can_be_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = described();
    rule(&bench, TEMPLATE);
    bench.run(&["ingest", "--no-derive"]).done();
    let set = |mode: u32| {
        for folder in ["lake", "lake/state", "lake/samples"] {
            std::fs::set_permissions(bench.path(folder), std::fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    set(0o555);
    let ran = bench.run(&["sources", "check"]);
    set(0o755);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.out.contains("gamry"), "{}", ran.out);
}

#[test]
fn a_tried_rule_shows_groups_ends_and_misspelt_names() {
    let bench = Bench::new();
    let ran = bench.run(&["sources", "try", "{sample}/{*}_dot{dot}", "LBO-17/eis_dot2.DTA"]).done();
    assert!(ran.out.contains("sample  LBO-17") && ran.out.contains("dot     2"), "{}", ran.out);
    let ran = bench.run(&["sources", "try", r"(?<Sample>[A-Z]+-\d{2})", "LBO-17.DTA", "x.DTA"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("the group `Sample` is stored as a tag of that name: is `sample` meant?"), "{}", ran.err);
    assert!(ran.out.contains("x.DTA\n  does not match: expected"), "{}", ran.out);
    assert!(ran.out.contains("1 of 2 paths match"), "{}", ran.out);
    let ran = bench.run(&["sources", "try", "{sample}{dot}", "a"]);
    assert!(ran.status == 1 && ran.err.contains("expected something between the two"), "{}", ran.err);
}

#[test]
fn a_proposal_for_the_folder_of_the_instruments_links_every_file() {
    let bench = described();
    std::fs::write(bench.path("instruments/README.md"), "# notes\n").unwrap();
    std::fs::write(bench.path("instruments/gamry/notes.DTA"), "no instrument wrote this\n").unwrap();
    let proposal = bench.run(&["sources", "suggest", bench.path("instruments").to_str().unwrap()]).done().out;
    std::fs::write(bench.path("lake/aldb.toml"), &proposal).unwrap();
    let ran = bench.run(&["ingest", "--no-derive"]);
    assert_eq!(ran.status, 0, "{}\n{proposal}", ran.err);
    let missing = bench.rows(
        "SELECT count(*) FROM measurements WHERE sample_id IS NULL OR dot IS NULL OR nominal_temperature_c IS NULL",
    );
    assert_eq!(missing, ["0"], "{proposal}");
    assert_ne!(bench.rows("SELECT count(*) FROM measurements"), ["0"]);
}

#[test]
fn a_run_links_and_other_groups_are_tags_that_follow_the_rule() {
    let bench = described();
    std::fs::write(bench.path("lake/samples/runs.csv"), "run_id,reactor\nR7,high_vacuum\n").unwrap();
    let (from, to) =
        (bench.path("instruments/gamry/synthetic-LBO-125"), bench.path("instruments/gamry/2026-03-02/AV/R7"));
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::rename(from, to).unwrap();
    rule(&bench, "{date}/{operator}/{run}/{*}_dot{dot}_{temperature_c}C_{cell}");
    bench.run(&["ingest", "--no-derive"]).done();
    let tags = "SELECT DISTINCT run_id, sample_id, tags FROM measurements";
    let expected = r#"R7,,"{""cell"":""r1"",""date"":""2026-03-02"",""operator"":""AV""}""#;
    assert_eq!(bench.rows(tags), [expected]);
    // Another rule links again without reading again.
    rule(&bench, "{date}/{*}/{run}/{*}_dot{dot}_{temperature_c}C_r{repeat}");
    let ran = bench.run(&["ingest", "--no-derive"]).done();
    assert!(ran.err.contains("re-linked"), "{}", ran.err);
    assert_eq!(bench.rows(tags), [r#"R7,,"{""date"":""2026-03-02""}""#]);
    bench.run(&["verify", "--reread"]).done();
    // A misspelt group is said by ingest and status, and is no error.
    rule(&bench, "{date}/{*}/{run}/{*}_dot{dot}_{temp}C_r{repeat}");
    let said = "the group `temp` is stored as a tag of that name: is `temperature_c` meant?";
    let ran = bench.run(&["ingest", "--no-derive"]).done();
    assert!(ran.err.contains(said), "{}", ran.err);
    assert!(bench.run(&["status"]).done().out.contains(said));
}

/// Sample, electrode and nominal temperature of the only measurement of a file.
fn keys(bench: &Bench, path: &str) -> Vec<String> {
    bench.rows(&format!(
        "SELECT m.sample_label, m.dot, m.nominal_temperature_c FROM measurements AS m JOIN source_files AS f \
         ON f.file_id = m.file_id WHERE f.path = '{path}'"
    ))
}

#[test]
fn a_link_by_hand_counts_while_it_is_there() {
    let bench = described();
    rule(&bench, TEMPLATE);
    bench.run(&["ingest", "--no-derive"]).done();
    let file = a_file(&bench);
    let by_rule = keys(&bench, &file);
    let others = format!(
        "SELECT measurement_id, sample_id, dot, temperature_c FROM measurements WHERE file_id NOT IN (SELECT file_id FROM source_files WHERE path = '{file}')"
    );
    let before = bench.rows(&others);
    let ingest = || bench.run(&["ingest", "--no-derive"]).done();
    let path = bench.path("lake").join(&file);
    bench.run(&["link", path.to_str().unwrap(), "--sample", "synthetic-LBO-250", "--dot", "B"]).done();
    ingest();
    let linked = keys(&bench, &file);
    assert!(linked.len() == 1 && linked[0].starts_with("synthetic-LBO-250,B,"), "{linked:?}");
    let list = json(&bench.run(&["link", "--list", "--format", "json"]).done().out);
    assert_eq!((&list["links"][0]["file"], &list["links"][0]["line"]), (&file.clone().into(), &2.into()));
    // A mistake is said with its line, and what the entry gave stays; so do the measurements without the index.
    let sheet = bench.path("lake/samples/links.csv");
    let right = std::fs::read_to_string(&sheet).unwrap();
    std::fs::write(&sheet, right.replace(",B,,", ",B,warm,")).unwrap();
    let ran = bench.run(&["ingest", "--no-derive"]);
    let said = "line 2: `temperature_c`: expected a number, found `warm`";
    assert!(ran.status == 1 && ran.err.contains(said), "{}", ran.err);
    assert_eq!(keys(&bench, &file), linked);
    assert!(bench.run(&["status"]).done().out.contains(said));
    let ran = bench.run(&["sources", "check"]);
    assert!(ran.status == 1 && ran.err.contains(said), "{}", ran.err);
    let ran = bench.run(&["link", &file, "--dot", "1"]);
    assert!(ran.status == 1 && ran.err.contains("has mistakes, so it is not changed"), "{}", ran.err);
    // Unknown files and samples, and a second entry, are said with their lines.
    std::fs::write(&sheet, format!("{right}{file},A,,,,,\n../instruments/gamry/none.DTA,A,,,,,\n")).unwrap();
    let notes = [
        "line 3: link of `".to_owned() + &file + "`: line 2 links the same file, and that line is used",
        "line 4: link of `../instruments/gamry/none.DTA`: the lake has no file of this path".to_owned(),
        "line 4: link of `../instruments/gamry/none.DTA`: sample `A` is not described in samples/".to_owned(),
    ];
    let (ingested, status, checked) =
        (ingest().err, bench.run(&["status"]).done().out, bench.run(&["sources", "check"]).done().out);
    for note in notes {
        assert!(
            ingested.contains(&note) && status.contains(&note) && checked.contains(&note),
            "{note}\n{ingested}\n{status}\n{checked}"
        );
    }
    assert_eq!(keys(&bench, &file), linked);
    bench.run(&["verify", "--reread"]).done();
    // Without the entry the rule decides again, and nothing else has changed.
    std::fs::write(&sheet, &right).unwrap();
    bench.run(&["link", &file, "--remove"]).done();
    ingest();
    assert_eq!(keys(&bench, &file), by_rule);
    assert_eq!(bench.rows(&others), before);
    let ran = bench.run(&["link", "none.DTA", "--sample", "A"]);
    assert!(ran.status == 1 && ran.err.contains("expected a file of the lake"), "{}", ran.err);
}

#[test]
fn a_file_of_no_source_is_linked_by_hand_too() {
    let bench = described();
    std::fs::write(bench.path("lake/aldb.toml"), "").unwrap();
    let file = a_file(&bench);
    let path = bench.path("lake").join(&file);
    bench.run(&["ingest", "--no-derive", path.to_str().unwrap()]).done();
    assert_eq!(keys(&bench, &file), [",,"]);
    bench.run(&["link", &file, "--sample", "synthetic-LBO-125", "--temperature-c", "-10"]).done();
    bench.run(&["ingest", "--no-derive"]).done();
    assert_eq!(keys(&bench, &file), ["synthetic-LBO-125,,-10.0"]);
    bench.run(&["link", &file, "--remove"]).done();
    bench.run(&["ingest", "--no-derive"]).done();
    assert_eq!(keys(&bench, &file), [",,"]);
}

#[test]
fn folders_of_measured_files_give_proposals_that_take_no_date_for_a_sample() {
    let Some(measured) = test_support::real_files("") else { return };
    for entry in std::fs::read_dir(measured).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        let bench = Bench::new();
        let proposal = bench.run(&["sources", "suggest", folder.to_str().unwrap()]).done().out;
        std::fs::write(bench.path("lake/aldb.toml"), &proposal).unwrap();
        let checked = json(&bench.run(&["sources", "check", "--format", "json"]).done().out);
        let sources = checked["sources"].as_array().unwrap();
        assert!(!sources.is_empty(), "{}", folder.display());
        for source in sources {
            let unknown = source["unknown_samples"].as_array().unwrap();
            assert!(unknown.iter().all(|sample| sample["looks_like_date"] == false), "{}: {source}", folder.display());
            assert!(source["n_files"].as_u64().unwrap() > 0, "{}: {source}", folder.display());
        }
    }
}

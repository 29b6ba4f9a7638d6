//! The command line's conventions: where results go, exit status, formats, and messages a person can act on.

use crate::support::{Bench, Ran, aldb, small_campaign};

fn plain(arguments: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    aldb().args(arguments).current_dir(folder.path()).output().unwrap().into()
}

#[test]
fn wrong_usage_ends_in_2_and_a_missing_lake_in_1() {
    assert_eq!(plain(&["no-such-command"]).status, 2);
    assert_eq!(plain(&["sql"]).status, 2);
    let ran = plain(&["status"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("expected a folder with `aldb.toml`; make one with `aldb init`"), "{}", ran.err);
}

#[test]
fn version_completions_and_manual_are_printed() {
    assert!(plain(&["--version"]).done().out.starts_with("aldb 0."));
    for shell in ["bash", "zsh", "fish"] {
        assert!(plain(&["completions", shell]).done().out.contains("derive"), "{shell}");
    }
    let manual = plain(&["man"]).done().out;
    for command in ["ingest", "derive", "inspect"] {
        assert!(manual.contains(command), "{command}");
    }
}

#[test]
fn the_lake_is_found_from_a_folder_inside_it() {
    let bench = Bench::new();
    let ran: Ran = aldb().arg("status").current_dir(bench.path("lake/samples")).output().unwrap().into();
    assert!(ran.done().out.contains("none yet"));
    let ran: Ran = aldb().arg("status").env("ALDB_LAKE", bench.path("lake")).output().unwrap().into();
    ran.done();
}

#[test]
fn inspect_shows_the_content_of_a_file_and_why_another_cannot_be_read() {
    let bench = Bench::new();
    let file = small_campaign().files().into_iter().find(|file| file.path.ends_with(".DTA")).unwrap();
    bench.write(std::slice::from_ref(&file));
    let path = bench.path(&file.path);
    let ran: Ran = aldb().arg("inspect").arg(&path).args(["--format", "json"]).output().unwrap().into();
    let ran = ran.done();
    let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(found["adapter"], "gamry_dta");
    let measurement = &found["measurements"][0];
    assert_eq!((&measurement["technique"], &measurement["block"]), (&"impedance_spectroscopy".into(), &0.into()));
    let frequency = &measurement["columns"]["frequency_hz"];
    assert_eq!(frequency["unit"], "Hz");
    assert_eq!(frequency["first"], frequency["max"]);
    assert!(measurement["columns"]["z_im_ohm"]["max"].as_f64().unwrap() < 0.0);

    let unknown = bench.path("notes.txt");
    std::fs::write(&unknown, "meet at noon\n").unwrap();
    let ran: Ran = aldb().arg("inspect").args([&path, &unknown]).args(["--format", "json"]).output().unwrap().into();
    assert_eq!(ran.status, 1);
    let both: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let error = &both[1]["error"];
    assert!(error["message"].as_str().unwrap().contains("meet at noon"), "{error}");
    assert!(error["line"].is_number() || error["offset"].is_number(), "{error}");
}

#[test]
fn one_file_is_fitted_without_start_values() {
    let bench = Bench::new();
    let file = small_campaign().noise_free().files().into_iter().find(|file| file.path.ends_with(".DTA")).unwrap();
    bench.write(std::slice::from_ref(&file));
    let arguments = ["--circuit", "R0-p(R1,CPE1)-CPE2", "--format", "json"];
    let ran: Ran = aldb().args(["fit", "circuit"]).arg(bench.path(&file.path)).args(arguments).output().unwrap().into();
    let fit: serde_json::Value = serde_json::from_str(&ran.done().out).unwrap();
    assert_eq!(fit["parameters"].as_array().unwrap().len(), 6);
    assert_eq!(fit["quality"], "good");
    let residuals = fit["residuals"]["re"].as_array().unwrap();
    assert_eq!(residuals.len(), fit["n_points"].as_u64().unwrap() as usize);
    let ran: Ran = aldb().args(["fit", "circuit", "x", "--circuit", "R0-X1"]).output().unwrap().into();
    assert_eq!(ran.status, 2, "{}", ran.err);
}

#[test]
fn tables_are_described_with_units_and_meanings() {
    let bench = Bench::new();
    let ran = bench.run(&["sql", "SHOW TABLES"]).done();
    for table in ["impedance_spectra", "arrhenius", "conductivity_chart", "snapshots"] {
        assert!(ran.out.contains(table), "{}", ran.out);
    }
    let ran = bench.run(&["sql", "DESCRIBE arrhenius", "--format", "json"]).done();
    let columns: Vec<serde_json::Value> = serde_json::from_str(&ran.out).unwrap();
    let ea = columns.iter().find(|column| column["column"] == "ea_ev").unwrap();
    assert_eq!((ea["unit"].as_str(), ea["type"].as_str()), (Some("eV"), Some("float64")));
    assert!(ea["meaning"].as_str().unwrap().contains("Activation energy"));
}

#[test]
fn nothing_can_be_changed_by_a_query() {
    let bench = Bench::new();
    for query in [
        "DROP TABLE samples",
        "DELETE FROM samples",
        "INSERT INTO samples VALUES ('x')",
        "CREATE TABLE x AS SELECT 1",
        "COPY (SELECT 1) TO 'x.csv'",
        "SET datafusion.execution.batch_size = 1",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "SELECT 1; SELECT 2",
        "SELECT * FROM '/etc/passwd'",
    ] {
        let ran = bench.run(&["sql", query]);
        assert_eq!(ran.status, 1, "{query}: {}", ran.out);
        assert!(ran.err.starts_with("error: "), "{query}: {}", ran.err);
    }
}

#[test]
fn rows_come_in_every_format() {
    let bench = Bench::new();
    let query = "SELECT 1.5 AS sigma, 'a' AS name UNION ALL SELECT NULL, 'b' ORDER BY name";
    let run = |format: &str| bench.run(&["sql", query, "--format", format]).done().out;
    assert_eq!(run("csv"), "sigma,name\n1.5,a\n,b\n");
    assert_eq!(run("json"), "[{\"sigma\":1.5,\"name\":\"a\"},{\"sigma\":null,\"name\":\"b\"}]\n");
    assert_eq!(run("table"), "sigma  name\n───────────\n  1.5  a\n       b\n(2 rows)\n");
    let file = bench.path("rows.parquet");
    let ran: Ran = bench.command(&["sql", query, "-o"]).arg(&file).output().unwrap().into();
    assert!(ran.done().err.contains("wrote 2 rows"));
    assert_eq!(&std::fs::read(&file).unwrap()[..4], b"PAR1");
}

#[test]
fn an_output_file_leaves_its_neighbours_alone_and_survives_a_failing_query() {
    let bench = Bench::new();
    let folder = bench.path("results");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.half"), "a neighbour").unwrap();
    let write = |query: &str, name: &str| -> Ran {
        let mut command = bench.command(&["sql", query, "--format", "csv", "-o"]);
        command.arg(folder.join(name)).output().unwrap().into()
    };
    write("SELECT 1 AS one", "a.csv").done();
    assert_eq!(write("SELECT CAST(sample_id AS INT) FROM (VALUES ('x')) AS t(sample_id)", "a.csv").status, 1);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!((read("a.csv").as_str(), read("a.half").as_str()), ("one\n1\n", "a neighbour"));
    write("SELECT 2 AS two", "a.half").done();
    assert_eq!((read("a.csv").as_str(), read("a.half").as_str()), ("one\n1\n", "two\n2\n"));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2, "temporary files are left");
}

#[test]
fn an_unknown_table_or_column_is_reported_with_its_place_and_those_that_exist() {
    let bench = Bench::new();
    let ran = bench.run(&["sql", "SELECT *\nFROM sample"]);
    let expected = "error: line 2, column 6: no table or view `sample`: expected one of arrhenius, arrhenius_lines, ";
    assert!(ran.status == 1 && ran.err.starts_with(expected), "{}", ran.err);
    let ran = bench.run(&["sql", "SELECT thickness FROM samples"]);
    let expected = "error: line 1, column 8: No field named thickness. Did you mean 'samples.thickness_nm'?";
    assert!(ran.status == 1 && ran.err.starts_with(expected), "{}", ran.err);
}

#[test]
fn the_demonstration_is_safe_to_run_twice_and_is_marked_as_synthetic() {
    let folder = tempfile::tempdir().unwrap();
    let demo = || -> Ran { aldb().args(["demo", "here"]).current_dir(folder.path()).output().unwrap().into() };
    let first = demo().done();
    assert!(first.out.contains("synthetic") && first.out.contains("ea_ev"), "{}", first.out);
    let again = demo().done();
    assert_eq!(again.out, first.out);
    assert!(again.err.contains("nothing new"), "{}", again.err);
    for figure in ["nyquist", "arrhenius", "conductivity_chart"] {
        let svg = std::fs::read_to_string(folder.path().join(format!("here/figures/{figure}.svg"))).unwrap();
        assert!(svg.contains("synthetic"), "{figure}");
        let png = std::fs::read(folder.path().join(format!("here/figures/{figure}.png"))).unwrap();
        assert_eq!(&png[1..4], b"PNG");
    }
    let lake = folder.path().join("here/lake");
    let run = |arguments: &[&str]| -> Ran { aldb().arg("--lake").arg(&lake).args(arguments).output().unwrap().into() };
    // The last of fifteen runs of one recipe was made to grow less; the refill before the ninth begins a phase.
    let query = "SELECT run_id, phase, rules FROM control_points WHERE state = 'out of control' AND newest_phase";
    let found = run(&["sql", query, "--format", "csv"]).done();
    assert_eq!(found.out.lines().nth(1).unwrap(), "synthetic-LBO-225-series-15-run,2.0,beyond_3_sigma moving_range");
    assert_eq!(found.out.lines().count(), 2, "{}", found.out);
    // A growth that has ended is predicted to end where it did.
    let live = run(&["growth", "live", "synthetic-LBO-225-series-02", "--format", "json"]).done();
    let live: serde_json::Value = serde_json::from_str(&live.out).unwrap();
    assert_eq!((&live["quality"], &live["planned_cycles"]), (&"good".into(), &60.0.into()), "{live}");
    let [low, high] = ["gpc_lo95_angstrom", "gpc_hi95_angstrom"].map(|name| live[name].as_f64().unwrap());
    assert!(low < high && high - low < 0.02 && 0.40 < low && high < 0.43, "{live}");
    let unknown = run(&["growth", "live", "nobody"]);
    assert!(unknown.status == 1 && unknown.err.contains("has no scan during deposition"), "{}", unknown.err);
}

#[test]
fn a_setting_that_a_file_does_not_state_is_supplied_by_its_source_and_withdrawn() {
    let bench = Bench::new();
    let spectrum = "# synthetic\nEnergy (eV),Intensity (counts)\n284.0,10\n285.0,30\n286.0,12\n";
    std::fs::create_dir_all(bench.path("instruments/xps")).unwrap();
    // A format of the laboratory's own, whose energies may be either.
    let manifest = "name = \"xps_own\"\ntitle = \"Own spectra\"\ntechnique = \"photoelectron_spectroscopy\"\n\
                    table = \"xps_spectra\"\nsource = \"none\"\nstated = { energy_scale = \"not stated\" }\n[text]\ncomment = '^#'\n";
    std::fs::create_dir_all(bench.path("lake/ingest/xps_own")).unwrap();
    std::fs::write(bench.path("lake/ingest/xps_own/instrument.toml"), manifest).unwrap();
    std::fs::write(bench.path("instruments/xps/synthetic-film_C1s.csv"), spectrum).unwrap();
    let configure = |rest: &str| {
        let source = "[[source]]\nname = \"xps\"\nfolder = \"../instruments/xps\"\nadapter = \"xps_own\"\n";
        let rule = "path = '(?<sample>[^_]+)_(?<region>\\w+)'\n";
        std::fs::write(bench.path("lake/aldb.toml"), format!("{source}{rule}{rest}")).unwrap();
    };
    let binding = "SELECT min(region), min(energy_ev), min(binding_energy_ev) FROM xps_spectra";
    configure("");
    bench.run(&["ingest"]).done();
    assert_eq!(bench.rows(binding), ["C1s,284.0,"]);
    configure("[source.defaults]\nenergy_scale = \"binding\"\n");
    bench.run(&["ingest"]).done();
    assert_eq!(bench.rows(binding), ["C1s,284.0,284.0"]);
    configure("");
    bench.run(&["ingest"]).done();
    assert_eq!(bench.rows(binding), ["C1s,284.0,"]);
    configure("[source.defaults]\nenergy_scal = \"binding\"\n");
    let ran = bench.run(&["ingest"]);
    assert_eq!(ran.status, 1);
    let words = "aldb.toml: line 7: unknown key `energy_scal` of a default: expected `sample`, `dot`, ";
    assert!(ran.err.contains(words), "{}", ran.err);
}

#[test]
fn formats_are_listed_and_a_decision_is_explained() {
    let bench = Bench::new();
    let listed = bench.run(&["formats", "--format", "json"]).done();
    let formats: Vec<serde_json::Value> = serde_json::from_str(&listed.out).unwrap();
    assert!(formats.len() > 50 && formats.iter().all(|format| format["source"].is_string()));
    std::fs::write(bench.path("spectrum.dat"), "freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n1000,1,2\n100,1,3\n").unwrap();
    let tried = bench.run(&["formats", "try", "--format", "json", bench.path("spectrum.dat").to_str().unwrap()]).done();
    let tried: serde_json::Value = serde_json::from_str(&tried.out).unwrap();
    assert_eq!(tried["claims"][0]["format"], "impedance_csv");
    assert_eq!(tried["claims"][0]["certainty"], "weak");
    std::fs::write(bench.path("notes.txt"), "bought milk\n").unwrap();
    let refused = bench.run(&["formats", "try", bench.path("notes.txt").to_str().unwrap()]);
    assert_eq!(refused.status, 1);
    assert!(refused.out.contains("decision  no known format"), "{}", refused.out);
}

#[test]
fn a_reactor_description_is_checked_and_every_fault_has_its_line() {
    assert!(plain(&["reactor", "check", "high_vacuum"]).done().out.contains("has no faults"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let shipped = include_str!("../../schemas/reactors/high_vacuum.toml");
    std::fs::write(
        &file,
        shipped.replace("watchdog_s = 2.0", "watchdog_s = 0").replace("max_c = 150.0", "max_c = nan"),
    )
    .unwrap();
    let path = file.to_str().unwrap();
    let ran = plain(&["reactor", "check", path, "--format", "json"]);
    assert_eq!(ran.status, 1);
    let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(found["passes"], false);
    let places: Vec<_> = found["faults"].as_array().unwrap().iter().map(|fault| &fault["place"]).collect();
    assert_eq!(places, ["heater `walls`", "[controller]"]);
    let ran = plain(&["recipe", "check", "lbo_250", "--reactor", path]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("`watchdog_s` is 0, expected 0.2 to 10 s"), "{}", ran.err);
}

#[test]
fn a_signature_is_appended_to_a_recipe() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, include_str!("../../schemas/recipes/lbo_250.toml")).unwrap();
    let path = file.to_str().unwrap();
    plain(&["recipe", "approve", path, "--name", "Ada \"A.\" Byron"]).done();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("[[approval]]") && text.contains("Byron"), "{text}");
    plain(&["recipe", "check", path]).done();
    assert_eq!(plain(&["recipe", "approve", "lbo_250", "--name", "Ada"]).status, 1, "an example is no file");
}

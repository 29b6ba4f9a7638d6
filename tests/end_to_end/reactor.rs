//! A recipe on its way: written, checked, exported, run on the simulated controller, and back as rows.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::{Ran, aldb};

/// The simulated controller as a process of its own, and its address.
struct Simulated(Child, String);

impl Simulated {
    fn start(arguments: &[&str]) -> Self {
        let mut child = aldb()
            .args(["reactor", "simulate", "--port", "0", "--time-scale", "1000"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split(" at ").nth(1).and_then(|rest| rest.split(';').next()).unwrap().to_owned();
        Self(child, address)
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn in_lake(lake: &std::path::Path, arguments: &[&str]) -> Ran {
    let mut command: Command = aldb();
    command.arg("--lake").arg(lake).args(arguments);
    Ran::from(command.output().unwrap())
}

/// A lake with a recipe of two cycles in it.
fn lake_with_recipe() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    Ran::from(aldb().arg("init").arg(&lake).output().unwrap()).done();
    in_lake(&lake, &["recipe", "new", "short", "--from", "lbo_250_saturation_5_5_20"]).done();
    let path = lake.join("recipes/short.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("cycles = 40", "cycles = 2")).unwrap();
    (folder, lake)
}

#[test]
fn a_recipe_runs_on_the_simulated_controller_and_comes_back_as_rows() {
    let (_folder, lake) = lake_with_recipe();
    let controller = Simulated::start(&[]);
    let at = controller.1.as_str();
    in_lake(&lake, &["recipe", "check", "short"]).done();
    let early = in_lake(&lake, &["reactor", "start", "short", "--at", at]);
    assert_eq!(early.status, 1);
    assert!(early.err.contains("load it first"), "{}", early.err);
    in_lake(&lake, &["reactor", "load", "short", "--at", at]).done();
    in_lake(&lake, &["reactor", "verify", "short", "--at", at]).done();
    in_lake(&lake, &["reactor", "start", "short", "--at", at, "--run-id", "first"]).done();
    let status = in_lake(&lake, &["reactor", "status", "--at", at, "--format", "json"]).done();
    let status: serde_json::Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!((status["state"].as_str(), status["is_safe"].as_bool()), (Some("complete"), Some(true)));
    in_lake(&lake, &["ingest"]).done();
    let query = "SELECT count(*) AS steps, sum(duration_s) AS s, sum(planned_duration_s) AS planned_s \
                 FROM run_steps WHERE run_id = 'first'";
    let rows = in_lake(&lake, &["sql", query, "--format", "csv"]).done();
    assert_eq!(rows.out, "steps,s,planned_s\n12,420.0,420.0\n");
    let query = "SELECT note, outcome, safe_state, n_deviations FROM runs WHERE run_id = 'first'";
    let run = in_lake(&lake, &["sql", query, "--format", "csv"]).done();
    assert_eq!(run.out, "note,outcome,safe_state,n_deviations\nsynthetic: simulated controller,complete,seen,0.0\n");
    let query = "SELECT count(*) AS rows FROM run_log WHERE event = 'dose' AND pump_valve = 'open' AND valves IS NOT NULL \
                 AND heaters LIKE 'block 2%' AND deposition_temperature_c > 240";
    assert_eq!(in_lake(&lake, &["sql", query, "--format", "csv"]).done().out, "rows\n6\n");
}

#[test]
fn a_fault_of_the_reactor_ends_the_run_and_is_flagged_in_its_rows() {
    let (_folder, lake) = lake_with_recipe();
    let controller = Simulated::start(&["--fault", "drift:block@1550"]);
    let at = controller.1.as_str();
    in_lake(&lake, &["reactor", "load", "short", "--at", at]).done();
    let ran = in_lake(&lake, &["reactor", "start", "short", "--at", at, "--run-id", "drifts"]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("heater") && ran.err.contains("safe state seen"), "{}", ran.err);
    in_lake(&lake, &["ingest"]).done();
    let query = "SELECT count(*) > 0 AS flagged FROM run_log WHERE deviation LIKE '%heater%'";
    assert_eq!(in_lake(&lake, &["sql", query, "--format", "csv"]).done().out, "flagged\ntrue\n");
}

#[test]
fn a_recipe_that_breaks_a_hard_limit_is_neither_exported_nor_loaded() {
    let (_folder, lake) = lake_with_recipe();
    let path = lake.join("recipes/short.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("deposition_temperature_c = 250", "deposition_temperature_c = 350")).unwrap();
    for arguments in [
        &["recipe", "export", "short", "--to", "json"][..],
        &["recipe", "unroll", "short"],
        &["reactor", "load", "short", "--at", "127.0.0.1:9"],
        &["reactor", "start", "short", "--at", "127.0.0.1:9"],
    ] {
        let ran = in_lake(&lake, arguments);
        assert_eq!((ran.status, ran.out.as_str()), (1, ""), "{arguments:?}");
        assert!(ran.err.contains("expected at most 300, the limit of heater `block`"), "{}", ran.err);
    }
}

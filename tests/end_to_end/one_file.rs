//! `aldb fit MODEL FILE` compared with ingest and derive of the same file, on measured files.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use test_support::real_files;

use crate::support::{Bench, Ran, aldb};

/// Model, its derived table, and the folder of measured files.
const MODELS: [(&str, &str, &str); 9] = [
    ("circuit", "impedance_fits", "eis"),
    ("growth", "growth", "ellipsometry"),
    ("cauchy", "cauchy_fits", "ellipsometry"),
    ("xps", "xps_regions", "xps"),
    ("xrd", "crystallinity", "xrd"),
    ("composition", "depth_profile_fits", "erd"),
    ("peaks", "cv_peaks", "echem"),
    ("rates", "rate_capability", "echem"),
    ("onset", "stability_onset", "echem"),
];

/// Columns that a row has in a lake alone.
const IN_A_LAKE: [&str; 8] =
    ["path", "block", "measurement_id", "sample_id", "run_id", "recipe_id", "job_version", "input_hash"];

/// Members that the fit of a file has beside the columns of its table.
const BESIDE: [&str; 3] = ["file", "block", "residuals"];

type Row = Map<String, Value>;

/// Relative difference of two numbers that went through the same calculation: the last digit of a standard error (from a singular value
/// decomposition) was seen to differ between two processes with the same input.
const TOLERANCE: f64 = 1e-12;

fn sorted(rows: impl IntoIterator<Item = Row>) -> Vec<Value> {
    let mut rows: Vec<Value> = rows.into_iter().map(Value::Object).collect();
    rows.sort_by_key(Value::to_string);
    rows
}

fn are_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| are_equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| are_equal(a, b)))
        }
        _ => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()),
            _ => a == b,
        },
    }
}

#[test]
fn a_file_is_fitted_as_its_derived_rows_are() {
    let folders = ["eis", "eis_b", "ellipsometry", "xps", "xps_b", "xrd", "xrd_b", "erd", "echem", "echem_b"];
    let fresh = ["fresh/eis", "fresh/ellipsometry", "fresh/xps", "fresh/xrd", "fresh/echem"];
    for folder in folders.into_iter().chain(fresh) {
        let Some(measured) = real_files(folder) else { return };
        let field = folder.trim_start_matches("fresh/").trim_end_matches("_b");
        let bench = Bench::new();
        let source = format!("[[source]]\nname = \"measured\"\nfolder = {:?}\n", measured.canonicalize().unwrap());
        std::fs::write(bench.path("lake/aldb.toml"), source).unwrap();
        // Files that cannot be read are counted as failures; they have no rows.
        bench.run(&["ingest"]);
        bench.run(&["derive"]).done();
        let mut n_compared = 0;
        for (model, table, _) in MODELS.iter().filter(|(_, _, of)| *of == field) {
            let query = format!(
                "SELECT f.path, d.* FROM {table} AS d JOIN measurements AS m ON m.measurement_id = d.measurement_id \
                 JOIN source_files AS f ON f.file_id = m.file_id"
            );
            let ran = bench.run(&["sql", &query, "--format", "json"]).done();
            let rows: Vec<Row> = serde_json::from_str(&ran.out).unwrap();
            let mut by_path: BTreeMap<String, Vec<Row>> = BTreeMap::new();
            for row in rows {
                by_path.entry(row["path"].as_str().unwrap().to_owned()).or_default().push(row);
            }
            for (path, mut stored) in by_path {
                let file = bench.path("lake").join(&path);
                let ran: Ran =
                    aldb().args(["fit", model]).arg(&file).args(["--format", "json"]).output().unwrap().into();
                let fitted: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{path}: {}", ran.err));
                let mut fitted: Vec<Row> = match fitted {
                    Value::Array(rows) => rows.into_iter().map(|row| row.as_object().unwrap().clone()).collect(),
                    row => vec![row.as_object().unwrap().clone()],
                };
                fitted.iter_mut().for_each(|row| row.retain(|name, _| !BESIDE.contains(&name.as_str())));
                stored.iter_mut().for_each(|row| row.retain(|name, _| !IN_A_LAKE.contains(&name.as_str())));
                let (fitted, stored) = (Value::Array(sorted(fitted)), Value::Array(sorted(stored)));
                assert!(are_equal(&fitted, &stored), "{model} {path}\nfitted: {fitted}\nstored: {stored}");
                n_compared += 1;
            }
        }
        assert!(n_compared > 0, "no measured file of {folder} was fitted");
    }
}

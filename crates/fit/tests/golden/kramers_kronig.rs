//! The linear Kramers–Kronig test against impedance.py's own.

use crate::files::{Data, data_used, json, json_files, numbers, points_of};
use aldb_fit::kramers_kronig::{FitParts, LinKkOptions, SeriesCapacitor, lin_kk};
use serde_json::Value;
use test_support::real_files;

/// Largest difference of µ, and of residuals, from the golden ones. The complex fit there inverts
/// normal equations whose condition is the square of ours, which costs it half its digits.
const TOLERANCE: f64 = 1e-6;

fn check(name: &str, data: &Data, parts: &str, capacitor: bool, golden: &Value, residuals: [&str; 2]) {
    let options = LinKkOptions {
        parts: if parts == "real" { FitParts::Real } else { FitParts::Complex },
        capacitor: if capacitor { SeriesCapacitor::Included } else { SeriesCapacitor::Absent },
        ..LinKkOptions::default()
    };
    let test = lin_kk(data.spectrum(), &options).unwrap();
    let (m, mu) = (golden["M"].as_u64().unwrap() as usize, golden["mu"].as_f64().unwrap());
    let difference =
        |own: &[f64], key: &str| own.iter().zip(numbers(&golden[key])).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let (re, im) = (difference(&test.residual_re, residuals[0]), difference(&test.residual_im, residuals[1]));
    println!(
        "{name} {parts} capacitor {capacitor}: M {} ({m}), mu differs {:.1e}, residuals {re:.1e} {im:.1e}; {}: {}",
        test.m,
        test.mu - mu,
        test.consistency.as_str(),
        test.verdict
    );
    assert_eq!(test.m, m, "{name} {parts}");
    assert!((test.mu - mu).abs() < TOLERANCE, "{name} {parts}: mu {} and {mu}", test.mu);
    assert!(re < TOLERANCE && im < TOLERANCE, "{name} {parts}: residuals differ by {re} and {im}");
}

#[test]
fn elements_mu_and_residuals_are_those_of_impedance_py() {
    let Some(folder) = real_files("") else { return };
    for path in json_files(&folder.join("eis/golden/linkk")) {
        let golden = json(&path);
        let data = data_used(&golden);
        for run in golden["runs"].as_array().unwrap() {
            let parts = run["fit_type"].as_str().unwrap();
            let name = golden["file"].as_str().unwrap();
            check(name, &data, parts, run["add_cap"] == true, run, ["residual_real", "residual_imag"]);
        }
    }
}

#[test]
fn the_second_half_agrees_too() {
    let Some(folder) = real_files("") else { return };
    for golden in json(&folder.join("eis_b/golden/linkk.json"))["results"].as_array().unwrap() {
        let file = golden["file"].as_str().unwrap();
        let Some(data) = points_of(&folder, file) else { continue };
        let data = data.masked(golden["mask"].as_str().unwrap());
        if data.frequency_hz.len() as u64 != golden["n_points"].as_u64().unwrap() {
            println!("{file}: points not available as text");
            continue;
        }
        let call = golden["call"].as_str().unwrap();
        let parts = if call.contains("'real'") { "real" } else { "complex" };
        check(file, &data, parts, call.contains("add_cap=True"), golden, ["res_real", "res_imag"]);
    }
}

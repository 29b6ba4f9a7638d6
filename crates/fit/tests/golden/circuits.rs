//! Circuits fitted without a guess, against optima found by an independent program from many guesses.

use std::path::Path;

use crate::files::{Data, data_used, json, json_files, numbers, points_of};
use aldb_fit::circuit::Circuit;
use aldb_fit::cnls::{CircuitFit, CnlsOptions, Weighting, fit_circuit};
use test_support::real_files;

/// Costs below this are rounding: exact data were made with the golden program's own functions.
const ROUNDING: f64 = 1e-20;

struct Case {
    name: String,
    circuit: String,
    weighting: Weighting,
    data: Data,
    parameters: Vec<f64>,
    std_errs: Vec<f64>,
    cost: f64,
}

fn check(case: &Case) -> CircuitFit {
    let circuit = Circuit::parse(&case.circuit).unwrap();
    let options = CnlsOptions { weighting: case.weighting, ..CnlsOptions::default() };
    let begin = std::time::Instant::now();
    let fit = fit_circuit(&circuit, case.data.spectrum(), &options).unwrap();
    let took = begin.elapsed();
    let Case { name, cost, .. } = case;
    println!(
        "{name} {} {}: cost {:.6e}, golden {cost:.6e}, ratio {:.7}, {}/{} starts, {:?}, {} it, {took:.1?}, {}: {}",
        case.circuit,
        fit.weighting.as_str(),
        fit.cost,
        fit.cost / cost,
        fit.n_starts_at_optimum,
        fit.n_starts,
        fit.stop,
        fit.n_iterations,
        fit.verdict.quality,
        fit.verdict
    );
    println!("    {:?}", fit.parameters.iter().map(|p| (p.value, p.std_err)).collect::<Vec<_>>());
    let scale: f64 = match case.weighting {
        Weighting::Unit => case.data.points().map(|(_, re, im)| re * re + im * im).sum(),
        _ => case.data.frequency_hz.len() as f64,
    };
    assert!(fit.cost <= 1.001 * cost + ROUNDING * scale, "{name} {}: {} above {cost}", case.circuit, fit.cost);
    // Where the golden program found the same optimum and determined a parameter, values and errors
    // are the same.
    if (fit.cost / cost - 1.0).abs() < 1e-6 {
        for ((fitted, value), std_err) in fit.parameters.iter().zip(&case.parameters).zip(&case.std_errs) {
            if *std_err < 0.1 * value {
                let name = &fitted.name;
                assert!(
                    (fitted.value - value).abs() < 0.01 * std_err + 1e-6 * value,
                    "{name} {} {value}",
                    fitted.value
                );
                if !fitted.at_bound {
                    let own = fitted.independent_err.unwrap();
                    assert!((own / std_err - 1.0).abs() < 0.01, "{}: {name} ± {own}, golden {std_err}", case.name);
                }
            }
        }
    }
    fit
}

fn weighting(text: &str) -> Weighting {
    if text.starts_with("modulus") { Weighting::Modulus } else { Weighting::Unit }
}

#[test]
fn no_start_values_are_needed_to_reach_the_optimum_on_measured_spectra() {
    let Some(folder) = real_files("") else { return };
    for path in json_files(&folder.join("eis/golden/fits")) {
        let golden = json(&path);
        let circuit = golden["circuit"].as_str().unwrap().to_owned();
        let names: Vec<_> =
            Circuit::parse(&circuit).unwrap().parameters().iter().map(|spec| spec.name.clone()).collect();
        let optimum = &golden["optimum"];
        let named = |key: &str| names.iter().map(|name| optimum[key][name].as_f64().unwrap_or(f64::NAN)).collect();
        check(&Case {
            name: golden["file"].as_str().unwrap().to_owned(),
            circuit,
            weighting: weighting(golden["weighting"].as_str().unwrap()),
            data: data_used(&golden),
            parameters: named("parameters"),
            std_errs: named("std_err"),
            cost: optimum["cost_S"].as_f64().unwrap(),
        });
    }
}

#[test]
fn no_start_values_are_needed_to_reach_the_optimum_in_the_second_half_either() {
    let Some(folder) = real_files("") else { return };
    for golden in json(&folder.join("eis_b/golden/fits.json"))["fits"].as_array().unwrap() {
        let file = golden["file"].as_str().unwrap();
        let mask = golden["mask"].as_str().unwrap();
        let data = points_of(&folder, file).unwrap().masked(mask);
        assert_eq!(data.frequency_hz.len() as u64, golden["n_points_fit"].as_u64().unwrap(), "{file}");
        check(&Case {
            name: golden["key"].as_str().unwrap().to_owned(),
            circuit: golden["circuit_impedance_py"].as_str().unwrap().to_owned(),
            weighting: weighting(golden["weighting"].as_str().unwrap()),
            data,
            parameters: numbers(&golden["optimum"]["parameters"]),
            std_errs: numbers(&golden["optimum"]["std_err"]),
            cost: golden["optimum"]["cost_sum_sq"].as_f64().unwrap(),
        });
    }
}

/// Rows of a csv file without quotes, as (header, rows).
fn csv(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn select(rows: &[Vec<String>], key: &[(usize, &str)], from: usize) -> Data {
    let mut data = Data::default();
    for row in rows.iter().filter(|row| key.iter().all(|(column, value)| row[*column] == *value)) {
        let number = |k: usize| row[from + k].parse().unwrap();
        data.push(number(0), number(1), number(2));
    }
    data
}

#[test]
fn thin_film_spectra_with_known_truth_are_fitted_to_the_optimum() {
    let Some(folder) = real_files("") else { return };
    let rows = csv(&folder.join("eis/synthetic/synthetic_R0_R1Q1_Q2.csv"));
    let truth = json(&folder.join("eis/golden/synthetic/synthetic_R0_R1Q1_Q2.truth.json"));
    for golden in truth["fits"].as_array().unwrap() {
        let dataset = golden["dataset"].as_str().unwrap();
        let (t, d) = (golden["temperature_C"].to_string(), golden["dot_diameter_um"].to_string());
        let optimum = &golden["optimum"];
        let named = |key: &str| {
            ["R0", "R1", "Q1", "a1", "Q2", "a2"]
                .iter()
                .map(|name| optimum[key][name].as_f64().unwrap_or(f64::NAN))
                .collect()
        };
        check(&Case {
            name: format!("{dataset} {t} °C {d} µm"),
            circuit: "R0-p(R1,CPE1)-CPE2".to_owned(),
            weighting: Weighting::Modulus,
            data: select(&rows, &[(0, dataset), (1, &t), (2, &d)], 4),
            parameters: named("parameters"),
            std_errs: named("std_err"),
            cost: optimum["cost_S"].as_f64().unwrap(),
        });
    }
}

#[test]
fn thin_film_spectra_of_the_second_half_are_fitted_to_the_optimum() {
    let Some(folder) = real_files("") else { return };
    let rows = csv(&folder.join("eis_b/synthetic_R0_R1Q1_Q2.csv"));
    let truth = json(&folder.join("eis_b/golden/synthetic_R0_R1Q1_Q2.json"));
    let noises: std::collections::BTreeSet<_> = rows.iter().map(|row| row[3].clone()).collect();
    for golden in truth["spectra"].as_array().unwrap() {
        let (dot, t) = (golden["dot"].as_str().unwrap(), golden["T_C"].to_string());
        for noise in &noises {
            let exact = noise == "none";
            check(&Case {
                name: format!("{noise} {t} °C {dot}"),
                circuit: "R(RQ)Q".to_owned(),
                weighting: Weighting::Modulus,
                data: select(&rows, &[(0, dot), (2, &t), (3, noise)], 4),
                parameters: numbers(&golden[if exact { "true_parameters" } else { "noisy_optimum_parameters" }]),
                std_errs: numbers(&golden["noisy_optimum_std_err"]),
                cost: if exact { 1e-24 } else { golden["noisy_optimum_cost_sum_sq"].as_f64().unwrap() },
            });
        }
    }
}

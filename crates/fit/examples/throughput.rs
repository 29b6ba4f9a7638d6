//! Times kernels over inputs from standard input, for `benches/peers/compare.py`: one JSON object in, one out.
//!
//! In: `{circuits: [{frequency_hz, z_re_ohm, z_im_ohm}], regions: [{energy_ev, counts}], films: [{wavelength_nm,
//! angle_of_incidence_deg, psi_deg, delta_deg}], optical: [wavelength_nm]}`. Out: for each list an array of `{seconds, …}`, the median of five runs and
//! what was found; of the wavelengths `[n, k]` of silicon and `n` of its oxide.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench ends where its input is wrong, and prints what it found"
)]

use std::time::Instant;

use aldb_fit::circuit::Circuit;
use aldb_fit::cnls::{CnlsOptions, fit_circuit};
use aldb_fit::ellipsometry::{CauchyOptions, Reading, fit_cauchy, silica, silicon};
use aldb_fit::photoelectrons::{RegionOptions, fit_region};
use aldb_fit::spectrum::Spectrum;
use serde_json::{Value, json};

fn column(object: &Value, name: &str) -> Vec<f64> {
    object[name].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// Median time of five runs, and what the last one gave.
fn timed<T>(run: impl Fn() -> T) -> (f64, T) {
    let mut times = Vec::new();
    let mut result = run();
    for _ in 0..5 {
        let started = Instant::now();
        result = run();
        times.push(started.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    (times[2], result)
}

fn main() {
    let input: Value = serde_json::from_reader(std::io::stdin()).unwrap();
    let list = |name: &str| input[name].as_array().cloned().unwrap_or_default();
    let circuit = Circuit::parse("R0-p(R1,CPE1)-CPE2").unwrap();
    let circuits: Vec<Value> = list("circuits")
        .iter()
        .map(|spectrum| {
            let (frequency_hz, z_re_ohm, z_im_ohm) =
                (column(spectrum, "frequency_hz"), column(spectrum, "z_re_ohm"), column(spectrum, "z_im_ohm"));
            let spectrum = Spectrum { frequency_hz: &frequency_hz, z_re_ohm: &z_re_ohm, z_im_ohm: &z_im_ohm };
            let (seconds, fit) = timed(|| fit_circuit(&circuit, spectrum, &CnlsOptions::default()).unwrap());
            let parameters: Vec<f64> = fit.parameters.iter().map(|parameter| parameter.value).collect();
            json!({ "seconds": seconds, "parameters": parameters, "cost": fit.cost })
        })
        .collect();
    let regions: Vec<Value> = list("regions")
        .iter()
        .map(|region| {
            let (energy, counts) = (column(region, "energy_ev"), column(region, "counts"));
            let (seconds, fit) = timed(|| fit_region(&energy, &counts, &RegionOptions::oxygen_1s()).unwrap());
            json!({ "seconds": seconds, "ratio": fit.area_ratio(0, 1).0 })
        })
        .collect();
    let films: Vec<Value> = list("films")
        .iter()
        .map(|film| {
            let [wavelength, angle, psi, delta] =
                ["wavelength_nm", "angle_of_incidence_deg", "psi_deg", "delta_deg"].map(|name| column(film, name));
            let readings: Vec<Reading> = (0..wavelength.len())
                .map(|k| Reading {
                    wavelength_nm: wavelength[k],
                    angle_of_incidence_deg: angle[k],
                    psi_deg: psi[k],
                    delta_deg: delta[k],
                })
                .collect();
            let (seconds, fit) = timed(|| fit_cauchy(&readings, &CauchyOptions::default()).unwrap());
            json!({ "seconds": seconds, "thickness_nm": fit.thickness_nm, "a": fit.a, "b_um2": fit.b_um2 })
        })
        .collect();
    let optical: Vec<Value> = list("optical")
        .iter()
        .map(|wavelength| {
            let wavelength_nm = wavelength.as_f64().unwrap();
            json!([silicon(wavelength_nm).re, -silicon(wavelength_nm).im, silica(wavelength_nm).re])
        })
        .collect();
    println!("{}", json!({ "circuits": circuits, "regions": regions, "films": films, "optical": optical }));
}

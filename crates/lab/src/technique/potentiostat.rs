//! The liquid cell: voltammograms and rate capability of coated LiMn2O4, stability windows of coated platinum.
//!
//! All potentials are against Li⁺/Li.

use super::{MINUTES_PER_DAY, Noise, Output, steps};
use crate::characterisation::Characterisation;
use crate::deposited::{Deposited, Kind};
use crate::eclab_cycling::{HalfCycle, mpt};
use crate::gamry_sweep::{Method, Settings, dta};
use crate::model::cv::{Intercalation, PAIRS_V, Sweep, Window};
use crate::model::cycling::{Half, RateCapability};
use crate::paper::{CELL_AREA_CM2, CURRENT_1C_UA_PER_CM2, Coating};
use crate::truth::Origin;

/// Minutes from the opening of the laboratory to the first electrode: 13 October. Programs write day and month in either
/// order, so that only days above 12 can be distinguished from months; the electrodes take a day each.
const FIRST_ELECTRODE_MINUTES: i64 = 270 * MINUTES_PER_DAY;
/// Sweeps: rate (V/s) of section 2, step (V).
const RATE_V_PER_S: f64 = 1e-3;
const STEP_V: f64 = 0.01;
/// Window of the voltammograms (V), section 2, and cycles.
const WINDOW_V: (f64, f64) = (3.5, 4.5);
const CYCLES: usize = 2;
/// Start (V), which represents the open circuit, and end of the stability sweeps (V); the end is printed.
const STABILITY_V: (f64, f64) = (3.0, 6.0);
/// Rates (C) in the order of measurement; 1, 5 and 100 are printed.
const RATES_C: [f64; 6] = [1.0, 5.0, 20.0, 50.0, 100.0, 1.0];
const POINTS_PER_HALF: u32 = 16;
/// Standard deviations of currents (µA/cm²) and potentials (V).
const CYCLIC_NOISE: f64 = 0.2;
const LINEAR_NOISE: f64 = 0.02;
const POTENTIAL_NOISE_V: f64 = 2e-4;
const AMPERE_PER_MICROAMPERE: f64 = 1e-6;
const TECHNIQUE: &str = "electrochemistry";

const NOT_PRINTED: Origin = Origin::Chosen("not printed");

/// Up and down again: potentials (V) and currents (A) of a cycle.
pub(crate) fn cycle(film: &Intercalation, step_v: f64, noise: &mut Noise) -> Vec<(f64, f64)> {
    let count = ((WINDOW_V.1 - WINDOW_V.0) / step_v).round() as usize;
    let up = steps(WINDOW_V.0, step_v, count).into_iter().map(|potential| (potential, Sweep::Up));
    let down = steps(WINDOW_V.1, -step_v, count + 1).into_iter().map(|potential| (potential, Sweep::Down));
    up.chain(down)
        .map(|(potential_v, sweep)| {
            let density = film.current_ua_per_cm2(potential_v, RATE_V_PER_S, sweep) + noise.gaussian(CYCLIC_NOISE);
            (potential_v, density * CELL_AREA_CM2 * AMPERE_PER_MICROAMPERE)
        })
        .collect()
}

/// Half cycles at each rate (C), with so many points each.
pub(crate) fn half_cycles(film: &RateCapability, rates_c: &[f64], points: u32, noise: &mut Noise) -> Vec<HalfCycle> {
    let per_cm2_to_ma = CELL_AREA_CM2 * 1e-3;
    let mut halves = Vec::new();
    for &rate_c in rates_c {
        for (half, sign) in [(Half::Charge, 1.0), (Half::Discharge, -1.0)] {
            let points = film.half_cycle(rate_c, CURRENT_1C_UA_PER_CM2, half, points).into_iter().map(|point| {
                let potential_v = point.potential_v + noise.gaussian(POTENTIAL_NOISE_V);
                (point.time_s, potential_v, point.charge_uah_per_cm2 * per_cm2_to_ma)
            });
            let current_ma = sign * rate_c * CURRENT_1C_UA_PER_CM2 * per_cm2_to_ma;
            halves.push(HalfCycle { current_ma, points: points.collect() });
        }
    }
    halves
}

/// What goes into the voltammograms of an electrode.
pub(crate) fn intercalation(coating: &Coating) -> Intercalation {
    Intercalation {
        capacity_uah_per_cm2: CURRENT_1C_UA_PER_CM2,
        separation_v: coating.separation_v,
        capacitance_uf_per_cm2: 200.0,
    }
}

/// What goes into the rate capability of an electrode.
pub(crate) fn rate_capability(coating: &Coating) -> RateCapability {
    RateCapability {
        capacity_uah_per_cm2: CURRENT_1C_UA_PER_CM2,
        half_rate_c: coating.half_rate_c,
        resistance_ohm_cm2: 50.0,
        window_v: WINDOW_V,
    }
}

/// Writes the electrodes.
pub(crate) fn write(laboratory: &Characterisation, deposited: &[Deposited], output: &mut Output) {
    let is_electrode = |sample: &&Deposited| matches!(sample.kind, Kind::OnOxide(_) | Kind::OnPlatinum(_));
    for (index, sample) in deposited.iter().filter(is_electrode).enumerate() {
        let minutes = FIRST_ELECTRODE_MINUTES + MINUTES_PER_DAY * index as i64;
        match sample.kind {
            Kind::OnOxide(coating) => {
                write_oxide(laboratory, &sample.sample_id, &coating, minutes, output);
            }
            Kind::OnPlatinum(coating) => {
                write_platinum(laboratory, &sample.sample_id, &coating, minutes, output);
            }
            _ => {}
        }
    }
}

fn write_oxide(laboratory: &Characterisation, id: &str, coating: &Coating, minutes: i64, output: &mut Output) {
    let mut noise = Noise::new(laboratory.seed, &format!("{id}/potentiostat"), laboratory.noise);
    let film = intercalation(coating);
    let curves: Vec<_> = (0..CYCLES).map(|_| cycle(&film, STEP_V, &mut noise)).collect();
    let settings = Settings {
        method: Method::Cyclic,
        start_v: WINDOW_V.0,
        end_v: WINDOW_V.1,
        rate_v_per_s: RATE_V_PER_S,
        step_v: STEP_V,
        area_cm2: CELL_AREA_CM2,
    };
    output.file(&format!("potentiostat/{id}_cv.DTA"), dta(id, minutes, &settings, &curves));
    let cycled = rate_capability(coating);
    let halves = half_cycles(&cycled, &RATES_C, POINTS_PER_HALF, &mut noise);
    let name = format!("{id}_gcpl");
    let bytes = mpt(&name, minutes + 120, CELL_AREA_CM2, WINDOW_V, &halves);
    output.file(&format!("potentiostat/{name}.mpt"), bytes);

    let of = (id, TECHNIQUE);
    let reference = Origin::Chosen("the paper prints the region of 4.0 V; LiMn2O4 has its two steps here");
    for (pair, potential_v) in PAIRS_V.iter().enumerate() {
        output.truth(of, &format!("pair{}_midpoint_v", pair + 1), Some(*potential_v), reference);
    }
    let order = Origin::Chosen("section 3.2.1 gives the order of kinetics only");
    output.truth(of, "peak_separation_v", Some(coating.separation_v), order);
    let capacity = Origin::Derived("an hour at 6 µA/cm², section 2");
    output.truth(of, "capacity_uah_per_cm2", Some(film.capacity_uah_per_cm2), capacity);
    for rate_c in &RATES_C[..5] {
        let quantity = format!("capacity_{rate_c}c_uah_per_cm2");
        output.truth(of, &quantity, Some(cycled.capacity_at(*rate_c)), order);
    }
}

fn write_platinum(laboratory: &Characterisation, id: &str, coating: &Coating, minutes: i64, output: &mut Output) {
    let mut noise = Noise::new(laboratory.seed, &format!("{id}/potentiostat"), laboratory.noise);
    let window = Window { onset_v: coating.onset_v, rise: 60.0, baseline_ua_per_cm2: 0.1 };
    let count = ((STABILITY_V.1 - STABILITY_V.0) / STEP_V).round() as usize + 1;
    let curve = steps(STABILITY_V.0, STEP_V, count)
        .into_iter()
        .map(|potential_v| {
            let density = window.current_ua_per_cm2(potential_v) + noise.gaussian(LINEAR_NOISE);
            (potential_v, density * CELL_AREA_CM2 * AMPERE_PER_MICROAMPERE)
        })
        .collect();
    let settings = Settings {
        method: Method::Linear,
        start_v: STABILITY_V.0,
        end_v: STABILITY_V.1,
        rate_v_per_s: RATE_V_PER_S,
        step_v: STEP_V,
        area_cm2: CELL_AREA_CM2,
    };
    output.file(&format!("potentiostat/{id}_lsv.DTA"), dta(id, minutes, &settings, &[curve]));
    output.truth((id, TECHNIQUE), "stability_onset_v", coating.onset_v, coating.onset_origin);
    output.truth((id, TECHNIQUE), "baseline_ua_per_cm2", Some(window.baseline_ua_per_cm2), NOT_PRINTED);
}

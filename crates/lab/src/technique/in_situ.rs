//! Ellipsometry during deposition: thickness against time, and the reactor's log of the same run.
//!
//! Both count time from the same moment, a minute before the first dose. Five points a cycle resolve what each dose does.

use super::{MINUTES_PER_DAY, Noise, Output};
use crate::characterisation::Characterisation;
use crate::deposited::{Deposited, Kind};
use crate::model::growth::Deposition;
use crate::truth::Origin;
use crate::{completeease, reactor_log};

/// Seconds before the first dose.
const FIRST_DOSE_S: f64 = 60.0;
/// Thickness that the model finds before the first cycle (nm): native oxide. On a film for a saturation run, that film.
const BARE_NM: f64 = 1.5;
const GROWN_NM: f64 = 10.0;
/// Points a cycle.
const POINTS_PER_CYCLE: f64 = 5.0;
/// Standard deviation of a thickness (nm).
const THICKNESS_NOISE_NM: f64 = 0.02;
const TECHNIQUE: &str = "ellipsometry_series";

/// Start of the run of a sample, in minutes from the opening of the laboratory: after the impedance spectra, and every
/// five days, which is enough for the longest.
pub(crate) fn start_minutes(index: usize) -> i64 {
    (10 + 5 * index as i64) * MINUTES_PER_DAY
}

/// Writes the runs that were watched.
pub(crate) fn write(laboratory: &Characterisation, deposited: &[Deposited], output: &mut Output) {
    for sample in deposited {
        let start_nm = match sample.kind {
            Kind::Growth | Kind::WithoutWater => BARE_NM,
            Kind::Saturation | Kind::Series => GROWN_NM,
            _ => continue,
        };
        let run = Deposition {
            supercycle: sample.supercycle.clone(),
            cycles: sample.cycles,
            delay_cycles: sample.delay_cycles.0,
            first_dose_s: FIRST_DOSE_S,
            start_nm,
        };
        let id = sample.sample_id.as_str();
        let interval_s = run.cycle_s() / POINTS_PER_CYCLE;
        let events = run.events();
        let end_s = events.last().map_or(0.0, |event| event.time_s + event.duration_s);
        let times = super::steps(0.0, interval_s, (end_s / interval_s) as usize + 1);
        let mut noise = Noise::new(laboratory.seed, &format!("{id}/in situ"), laboratory.noise);
        let points: Vec<(f64, f64, f64)> = times
            .iter()
            .zip(run.thickness_nm(&times))
            .map(|(&time_s, thickness_nm)| {
                let mse = 2.0 + 0.02 * thickness_nm + noise.gaussian(0.02);
                (time_s, mse, thickness_nm + noise.gaussian(THICKNESS_NOISE_NM))
            })
            .collect();
        output.file(&format!("ellipsometer/in-situ/{id}.txt"), completeease::series(id, &points));
        output.file(&format!("reactor/{id}.csv"), reactor_log::csv(id, &events));

        let of = (id, TECHNIQUE);
        let (growth, origin) = sample.growth_angstrom;
        output.truth(of, "gpc_angstrom", Some(growth), origin);
        if sample.kind == Kind::Growth {
            output.truth(of, "nucleation_delay_cycles", Some(run.straight_from_cycle()), sample.delay_cycles.1);
        }
        let chosen = Origin::Chosen("not printed");
        output.truth(of, "start_thickness_nm", Some(start_nm), chosen);
        output.truth(of, "first_dose_s", Some(FIRST_DOSE_S), chosen);
        output.truth(of, "cycle_s", Some(run.cycle_s()), Origin::Chosen("only one of the pumping times is printed"));
    }
}

//! Estimated pressures: what flows into the chamber, and whether it is pumped away.
//!
//! With volume V and pumping speed S a flow Q (1 sccm is 101325 Pa · 1 cm³ / 60 s at 0 °C) leads to `V dp/dt = Q − S p`
//! while the valve to the pump is open, and to `V dp/dt = Q` while it is closed. A dose is taken to reach the pressure
//! that the recipe states for it; doses with the valve to the pump closed, and doses at the same time, add up. The
//! pressure after a step is `a p + b`, where p is the pressure before it, so that any number of rounds of a loop is
//! computed in closed form.

use aldb_elements::constants::ZERO_CELSIUS_K;

use super::violation::{Violation, exceeds, hard};
use crate::program::{Program, Slot};
use crate::reactor::Reactor;
use crate::recipe::{Precursor, Recipe};
use crate::rule::{Limit, Rule, Severity};

/// Pa·m³/s of 1 sccm at 0 °C.
const SCCM: f64 = 101_325.0 * 1e-6 / 60.0;
/// Lines of which the highest pressure of a part of the run is the maximum.
const MOST_PEAKS: usize = 16;

/// What a part of the run does to the pressure (Pa).
#[derive(Debug, Clone)]
struct Change {
    /// After it: `factor` · p + `rise`.
    factor: f64,
    rise: f64,
    /// Within it: the maximum of all `factor` · p + `rise`.
    peaks: Vec<Peak>,
}

#[derive(Debug, Clone, Copy)]
struct Peak {
    factor: f64,
    rise: f64,
    slot: usize,
}

fn then(a: Change, b: Change) -> Change {
    let mut peaks = a.peaks;
    peaks.extend(b.peaks.into_iter().map(|peak| Peak {
        factor: peak.factor * a.factor,
        rise: peak.factor * a.rise + peak.rise,
        ..peak
    }));
    // One that is nowhere the highest is left out.
    peaks.sort_by(|a, b| b.factor.total_cmp(&a.factor).then(b.rise.total_cmp(&a.rise)));
    let mut highest = f64::NEG_INFINITY;
    peaks.retain(|peak| {
        let higher = peak.rise > highest;
        highest = highest.max(peak.rise);
        higher
    });
    // The last are the highest at low pressure, where a run begins. A bound takes the place of the others.
    if peaks.len() > MOST_PEAKS {
        let kept = peaks.split_off(peaks.len() - MOST_PEAKS);
        let factor = peaks.iter().map(|peak| peak.factor).fold(0.0, f64::max);
        peaks = peaks.last().map(|last| Peak { factor, ..*last }).into_iter().chain(kept).collect();
    }
    Change { factor: a.factor * b.factor, rise: b.factor * a.rise + b.rise, peaks }
}

/// The highest pressure that the chamber may reach: what its gauges read, and what a rule allows for every dose.
fn limit(reactor: &Reactor) -> (f64, Option<&Rule>) {
    let gauges = reactor.gauges.iter().map(|gauge| gauge.max_pa).fold(0.0, f64::max);
    let rules = reactor.rules.iter().filter_map(|rule| match &rule.limit {
        Limit::DosePressure { precursors, max_pa } if precursors.is_empty() && rule.severity == Severity::Hard => {
            Some((*max_pa, Some(rule)))
        }
        _ => None,
    });
    rules.fold((gauges, None), |lowest, next| if next.0 < lowest.0 { next } else { lowest })
}

/// The precursors whose valves are open.
fn open<'a>(recipe: &'a Recipe, reactor: &Reactor, slot: &Slot) -> Vec<(usize, &'a Precursor)> {
    let is_open = |line: &usize| slot.outputs.valves >> line & 1 == 1;
    let on = |line: usize| recipe.precursors.iter().find(|own| reactor.lines[line].precursors.contains(&own.name));
    (0..reactor.lines.len()).filter(is_open).filter_map(|line| Some((line, on(line)?))).collect()
}

/// Compares the estimated pressure with what the chamber may reach.
pub(super) fn estimated(
    recipe: &Recipe,
    reactor: &Reactor,
    program: &Program,
    places: &[String],
    found: &mut Vec<Violation>,
) {
    shut(recipe, reactor, program, places, found);
    parallel(recipe, reactor, program, places, found);
    let (most_pa, rule) = limit(reactor);
    let warm = (recipe.wall_temperature_c.unwrap_or(0.0).max(20.0) + ZERO_CELSIUS_K) / ZERO_CELSIUS_K;
    let chamber = reactor.chamber.map(|chamber| (chamber.volume_l * 1e-3, chamber.pumping_speed_l_per_s * 1e-3));
    let change = |index: usize, slot: &Slot| {
        // Flows and single doses that exceed a limit are reported on their own.
        let flows = reactor.mfcs.iter().zip(slot.outputs.flows_msccm);
        let sccm: f64 = flows.map(|(mfc, flow)| (f64::from(flow) / 1e3).min(mfc.max_flow_sccm)).sum();
        let (flow, seconds) = (sccm * SCCM * warm, f64::from(slot.duration_ms) / 1e3);
        let stated = |own: &Precursor| own.dose_pressure_pa.unwrap_or(0.0).clamp(0.0, most_pa);
        let open = open(recipe, reactor, slot);
        if slot.outputs.pump_open {
            let dose: f64 = open.iter().map(|(_, own)| stated(own)).sum();
            let (steady, left) = match chamber {
                Some((volume, speed)) => (dose.max(flow / speed), (-seconds * speed / volume).exp()),
                None => (dose, 0.0),
            };
            // The pressure approaches the steady one; where it falls, it was higher in the step before.
            let peaks = vec![Peak { factor: 0.0, rise: steady, slot: index }];
            return Change { factor: left, rise: steady * (1.0 - left), peaks };
        }
        let before = index.checked_sub(1).map_or(0, |before| program.slots[before].outputs.valves);
        let opened: f64 = open.iter().filter(|(line, _)| before >> line & 1 == 0).map(|(_, own)| stated(own)).sum();
        let rise = opened + chamber.map_or(0.0, |(volume, _)| flow * seconds / volume);
        Change { factor: 1.0, rise, peaks: vec![Peak { factor: 1.0, rise, slot: index }] }
    };
    let Some(all) = program.combined(change, then) else { return };
    let base_pa = recipe.base_pressure_pa.unwrap_or(0.0).clamp(0.0, most_pa);
    let pressures = all.peaks.iter().map(|peak| (peak.factor * base_pa + peak.rise, peak.slot));
    let Some((highest, slot)) = pressures.max_by(|a, b| a.0.total_cmp(&b.0)) else { return };
    // A sum of decimal numbers is rounded in binary.
    if highest > most_pa * (1.0 + 1e-9) {
        let problem = format!("the pressure is estimated to reach {highest:.3e} Pa, expected {most_pa} Pa at most");
        found.push(match rule {
            Some(rule) => exceeds(rule, &places[slot], problem),
            None => hard("pressure", &places[slot], problem),
        });
    }
}

/// What may not happen while the valve to the pump is closed.
fn shut(recipe: &Recipe, reactor: &Reactor, program: &Program, places: &[String], found: &mut Vec<Violation>) {
    for (slot, place) in program.slots.iter().zip(places).filter(|(slot, _)| !slot.outputs.pump_open) {
        if slot.outputs.plasma_mw != 0 {
            found.push(hard("pump valve", place, "a plasma burns with the valve to the pump closed".to_owned()));
        }
        let open = open(recipe, reactor, slot);
        let carries = |mfc: &str| open.iter().any(|(line, _)| reactor.lines[*line].carrier_mfc.as_deref() == Some(mfc));
        for (mfc, flow) in reactor.mfcs.iter().zip(slot.outputs.flows_msccm) {
            let problem = match (flow, carries(&mfc.name), reactor.chamber) {
                (0, ..) | (_, true, Some(_)) => continue,
                (_, false, _) => format!("{} flows with the valve to the pump closed", mfc.gas),
                (_, true, None) => format!(
                    "the carrier gas {} flows with the valve to the pump closed, and the pressure cannot be estimated: \
                     the reactor's description has no [chamber]",
                    mfc.gas
                ),
            };
            found.push(hard("pump valve", place, problem));
        }
    }
}

/// Doses at the same time add up: their pressures, and their flows of carrier gas.
fn parallel(recipe: &Recipe, reactor: &Reactor, program: &Program, places: &[String], found: &mut Vec<Violation>) {
    for (slot, place) in program.slots.iter().zip(places) {
        let open = open(recipe, reactor, slot);
        if open.len() < 2 {
            continue;
        }
        let names = open.iter().map(|(_, own)| own.name.as_str()).collect::<Vec<_>>().join(" and ");
        let pressures: Vec<f64> = open.iter().filter_map(|(_, own)| own.dose_pressure_pa).collect();
        let sum_pa: f64 = pressures.iter().sum();
        for rule in &reactor.rules {
            let Limit::DosePressure { precursors, max_pa } = &rule.limit else { continue };
            let concerned = precursors.is_empty() || open.iter().any(|(_, own)| precursors.contains(&own.name));
            if concerned && sum_pa > max_pa * (1.0 + 1e-9) && pressures.iter().all(|one| one <= max_pa) {
                let problem = format!("{names} together reach {sum_pa} Pa, expected {max_pa} Pa at most");
                found.push(exceeds(rule, place, problem));
            }
        }
        for mfc in &reactor.mfcs {
            let carried = open.iter().filter(|(line, _)| reactor.lines[*line].carrier_mfc.as_ref() == Some(&mfc.name));
            let flows: Vec<f64> = carried.filter_map(|(_, own)| own.carrier_flow_sccm).collect();
            let sum: f64 = flows.iter().sum();
            if sum > mfc.max_flow_sccm * (1.0 + 1e-9) && flows.iter().all(|one| *one <= mfc.max_flow_sccm) {
                let most = mfc.max_flow_sccm;
                let problem =
                    format!("{names} together need {sum} sccm of `{}`, expected {most} sccm at most", mfc.name);
                found.push(hard("flow", place, problem));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(factor: f64, rise: f64, slot: usize) -> Change {
        Change { factor, rise, peaks: vec![Peak { factor, rise, slot }] }
    }

    fn highest(change: &Change, start: f64) -> f64 {
        change.peaks.iter().map(|peak| peak.factor * start + peak.rise).fold(0.0, f64::max)
    }

    #[test]
    fn combined_changes_are_what_single_ones_add_up_to() {
        let parts = [change(1.0, 3.0, 0), change(0.5, 1.0, 1), change(1.0, 0.25, 2), change(0.1, 2.0, 3)];
        for start in [0.0, 0.5, 20.0] {
            let (mut pressure, mut top) = (start, 0.0_f64);
            let mut all = parts[0].clone();
            for round in 0..7 {
                for (index, part) in parts.iter().enumerate() {
                    pressure = part.factor * pressure + part.rise;
                    top = top.max(pressure);
                    if (round, index) != (0, 0) {
                        all = then(all, part.clone());
                    }
                }
            }
            assert!((all.factor * start + all.rise - pressure).abs() < 1e-12);
            assert!((highest(&all, start) - top).abs() < 1e-12, "{} {top}", highest(&all, start));
        }
    }

    #[test]
    fn a_bound_takes_the_place_of_many_peaks() {
        let mut all = change(0.99, 1.0, 0);
        for slot in 1..200 {
            all = then(all, change(0.99, 1.0, slot));
        }
        assert!(all.peaks.len() <= MOST_PEAKS + 1);
        assert!(highest(&all, 0.0) >= all.rise - 1e-9);
    }
}

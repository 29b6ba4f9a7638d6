//! Estimates for a recipe: time, doses, exposure, thickness, composition.
//!
//! Growth, density and composition are those that the recipe expects of each cycle alone. A mixture is estimated by the
//! rule of mixtures: with `n` cycles of each kind, thickness is the sum of `n · growth`; density · growth is a mass per
//! area, so each kind has the mass fraction `w = ρ·g·n / Σ ρ·g·n`, the atomic fraction `x = (w/M) / Σ (w/M)` with the
//! mean atomic mass `M` of its own composition, and the film the content `Σ x · content`. This is equation 3 of
//! Verhelle et al., Chem. Mater. 37, 687 (2025), with mass turned into atoms. A nucleation delay, the longest that a
//! cycle states, is taken off the number of cycles.

use std::collections::BTreeMap;

use aldb_elements::mixture::{fractions, mean_atomic_mass};

use crate::recipe::{Cycle, Expected, Recipe, Step, StepKind};

/// Estimates for a recipe.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Estimate {
    /// From the first step to the last, without heating and evacuating; null if a duration is not known.
    pub duration_s: Option<f64>,
    /// Number of runs of each cycle; null if the number of cycles is not known.
    pub cycles: Vec<(String, Option<u64>)>,
    /// Estimates for each precursor.
    pub precursors: Vec<PrecursorUse>,
    /// Thickness of the film (nm), or why it is not known.
    pub thickness_nm: Result<f64, String>,
    /// Growth per cycle, over all kinds (nm), or why it is not known.
    pub growth_per_cycle_nm: Result<f64, String>,
    /// Content of each element (at.%), or why it is not known.
    pub composition_at_percent: Result<BTreeMap<String, f64>, String>,
}

/// Estimates for a precursor in a run.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PrecursorUse {
    /// The precursor.
    pub precursor: String,
    /// Number of doses.
    pub doses: Option<u64>,
    /// Time for which its valve is open (s).
    pub open_s: Option<f64>,
    /// Pressure times time (Pa·s); null without a pressure.
    pub exposure_pa_s: Option<f64>,
}

/// Estimates a recipe.
#[must_use]
pub fn estimate(recipe: &Recipe) -> Estimate {
    let times = recipe.times().map(u64::from);
    let total = |count: u64| times.map(|times| times.saturating_mul(count));
    let cycles = recipe.cycle_counts();
    let precursors = recipe.precursors.iter().map(|precursor| {
        let (mut doses, mut open_s) = (Some(0_u64), Some(0.0));
        for (cycle, count) in &cycles {
            for step in doses_of(&cycle.steps, &precursor.name) {
                let n = total(*count);
                doses = doses.zip(n).map(|(sum, n)| sum.saturating_add(n));
                let length = n.zip(step.duration).map(|(n, duration)| n as f64 * duration.seconds());
                open_s = open_s.zip(length).map(|(sum, length)| sum + length);
            }
        }
        PrecursorUse {
            precursor: precursor.name.clone(),
            doses,
            open_s,
            exposure_pa_s: open_s.zip(precursor.dose_pressure_pa).map(|(open, pressure)| open * pressure),
        }
    });
    let duration_s = cycles
        .iter()
        .try_fold(0.0, |sum, (cycle, count)| Some(sum + cycle.length_ms()? as f64 / 1e3 * total(*count)? as f64));
    let growth = mean_growth(recipe);
    let thickness_nm = growth.clone().and_then(|growth| {
        let n = times.ok_or("the number of cycles is not known")?;
        let all = n as f64 * once_in_all(recipe) as f64;
        Ok(growth * (all - delay(recipe)).max(0.0))
    });
    Estimate {
        duration_s,
        cycles: cycles.iter().map(|(cycle, count)| (cycle.name.clone(), total(*count))).collect(),
        precursors: precursors.collect(),
        thickness_nm,
        growth_per_cycle_nm: growth,
        composition_at_percent: composition(&cycles),
    }
}

impl Recipe {
    /// k/(k+l) if the sequence contains k of the first cycle and l of the second; null with one kind, or more than two.
    #[must_use]
    pub fn cycle_ratio(&self) -> Option<f64> {
        match self.supercycle().cycles.as_slice() {
            [(_, k), (_, l)] => Some(*k as f64 / (*k as f64 + *l as f64)),
            _ => None,
        }
    }
}

/// Number of runs of the sequence for the target thickness, rounded up. Null without a target or a growth.
pub(crate) fn cycles_for_target(recipe: &Recipe) -> Option<u32> {
    let target_nm = recipe.target_thickness_nm.filter(|target| *target > 0.0)?;
    let growth = mean_growth(recipe).ok().filter(|growth| *growth > 0.0)?;
    let sequences = (target_nm / growth + delay(recipe)) / once_in_all(recipe) as f64;
    // A quotient of decimal numbers may exceed a whole number by a rounding error.
    let sequences = (sequences - 1e-9).ceil().max(1.0);
    (sequences <= f64::from(u32::MAX)).then_some(sequences as u32)
}

fn once_in_all(recipe: &Recipe) -> u64 {
    recipe.cycle_counts().iter().fold(0, |sum: u64, (_, count)| sum.saturating_add(*count)).max(1)
}

fn expected(cycle: &Cycle) -> Expected {
    cycle.expected.clone().unwrap_or_default()
}

/// Growth per cycle over all kinds (nm).
fn mean_growth(recipe: &Recipe) -> Result<f64, String> {
    let mut sum = 0.0;
    for (cycle, count) in recipe.cycle_counts().into_iter().filter(|(_, count)| *count > 0) {
        let growth = expected(cycle).growth_per_cycle_nm;
        sum += count as f64 * growth.ok_or_else(|| format!("cycle `{}` states no growth_per_cycle_nm", cycle.name))?;
    }
    if recipe.cycle_types.is_empty() {
        return Err("the recipe has no cycle".to_owned());
    }
    Ok(sum / once_in_all(recipe) as f64)
}

fn delay(recipe: &Recipe) -> f64 {
    let stated = recipe.cycle_types.iter().filter_map(|cycle| expected(cycle).nucleation_delay_cycles);
    stated.fold(0.0, f64::max)
}

fn composition(cycles: &[(&Cycle, u64)]) -> Result<BTreeMap<String, f64>, String> {
    let used: Vec<_> = cycles.iter().filter(|(_, count)| *count > 0).collect();
    let mut components = Vec::new();
    for (cycle, count) in &used {
        let expected = expected(cycle);
        let missing = |entry: &str| format!("cycle `{}` states no {entry}", cycle.name);
        let composition = &expected.composition_at_percent;
        if composition.is_empty() {
            return Err(missing("composition_at_percent"));
        }
        if used.len() == 1 {
            // The film of a single cycle does not depend on its density.
            return Ok(composition.clone());
        }
        let growth = expected.growth_per_cycle_nm.ok_or_else(|| missing("growth_per_cycle_nm"))?;
        let density = expected.density_g_per_cm3.ok_or_else(|| missing("density_g_per_cm3"))?;
        let mean_mass = mean_atomic_mass(composition.iter().map(|(element, percent)| (element.as_str(), *percent)))
            .map_err(|error| format!("cycle `{}`: {error}", cycle.name))?;
        components.push((density * growth * *count as f64, mean_mass));
    }
    let mut content = BTreeMap::new();
    for ((cycle, _), fraction) in used.iter().zip(fractions(&components)) {
        if fraction.atomic.is_nan() {
            return Err("no cycle grows a film".to_owned());
        }
        for (element, percent) in expected(cycle).composition_at_percent {
            *content.entry(element).or_insert(0.0) += percent * fraction.atomic;
        }
    }
    if used.is_empty() { Err("no cycle grows a film".to_owned()) } else { Ok(content) }
}

fn doses_of<'a>(steps: &'a [Step], precursor: &str) -> Vec<&'a Step> {
    let mut found = Vec::new();
    for step in steps {
        if step.step == StepKind::Dose && step.precursor.as_deref() == Some(precursor) {
            found.push(step);
        }
        found.extend(doses_of(&step.steps, precursor));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(name: &str) -> Recipe {
        let (_, text) = Recipe::examples().into_iter().find(|(example, _)| *example == name).unwrap();
        Recipe::from_toml(text).unwrap()
    }

    /// Growth, boron and phosphorus that equation 3 gives with the paper's values, mass turned into atoms: computed
    /// outside of this program, to the digits given.
    #[test]
    fn mixtures_follow_the_rule_of_mixtures() {
        for (name, growth_angstrom, boron, phosphorus) in
            [("lbpo_cr050", 0.525, 6.72, 7.09), ("lbpo_cr017", 0.642, 1.82, 9.58), ("lbpo_cr009", 0.668, 0.95, 10.02)]
        {
            let estimate = estimate(&example(name));
            let content = estimate.composition_at_percent.unwrap();
            assert!((estimate.growth_per_cycle_nm.unwrap() * 10.0 - growth_angstrom).abs() < 5e-4, "{name}");
            assert!((content["B"] - boron).abs() < 6e-3, "{name}: {content:?}");
            assert!((content["P"] - phosphorus).abs() < 6e-3, "{name}: {content:?}");
        }
    }

    #[test]
    fn the_cycle_ratio_is_k_over_k_plus_l() {
        for (name, ratio) in [("lbpo_cr050", 0.5), ("lbpo_cr017", 1.0 / 6.0), ("lbpo_cr009", 1.0 / 11.0)] {
            assert_eq!(example(name).cycle_ratio(), Some(ratio));
        }
        assert_eq!(example("lbo_250").cycle_ratio(), None);
    }

    #[test]
    fn a_target_counts_the_cycles_of_the_delay_too() {
        let recipe = example("lbo_250");
        assert_eq!(recipe.times(), Some(2100));
        assert!((estimate(&recipe).thickness_nm.unwrap() - 80.0).abs() < 1e-9);
    }

    #[test]
    fn time_and_exposure_are_sums_over_all_cycles() {
        let estimate = estimate(&example("lbo_250_saturation_5_5_20"));
        assert_eq!(estimate.duration_s, Some(40.0 * (5.0 + 5.0 + 20.0 + 3.0 * 60.0)));
        let lithium = &estimate.precursors[0];
        assert_eq!((lithium.doses, lithium.open_s, lithium.exposure_pa_s), (Some(40), Some(200.0), Some(240.0)));
    }

    #[test]
    fn unknown_values_have_a_reason() {
        let recipe = Recipe::from_toml(
            "name = \"x\"\nprocess = \"x\"\ndeposition_temperature_c = 20\ncycles = 3\n\
             [[cycle]]\nname = \"A\"\nstep = [{ step = \"pump\" }]\n",
        )
        .unwrap();
        let estimate = estimate(&recipe);
        assert_eq!(estimate.duration_s, None);
        assert_eq!(estimate.thickness_nm, Err("cycle `A` states no growth_per_cycle_nm".to_owned()));
    }
}

//! What a controller does before the first step and after the last, compiled: leak test, ramps, cool-down.

use crate::program::CompileError;
use crate::quantity::thousandths;
use crate::reactor::{Heater, Reactor};
use crate::recipe::Recipe;

/// A leak test: everything is shut for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Leak {
    /// Duration.
    pub duration_ms: u32,
    /// Largest difference of the highest and the lowest pressure in that time, in µPa.
    pub rise_upa: u64,
}

impl Leak {
    /// Largest rise (Pa/s).
    #[must_use]
    pub fn max_rise_pa_per_s(&self) -> f64 {
        self.rise_upa as f64 / 1e3 / f64::from(self.duration_ms.max(1))
    }
}

/// A cool-down in vacuum.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cooling {
    /// For each heater the temperature at or below which it ends, in thousandths of °C; null where it does not matter.
    pub vent_mc: Vec<Option<i32>>,
    /// Longest duration.
    pub longest_ms: u32,
}

/// The conditions around the steps of a program.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Conditions {
    /// Leak test before the first step; null if there is none.
    pub leak: Option<Leak>,
    /// Highest ramp rate of each heater of the reactor, in thousandths of °C/min; 0 if it has no limit.
    pub ramps_mc_per_min: Vec<u32>,
    /// Cool-down after the last step; null if there is none.
    pub cooling: Option<Cooling>,
}

impl Conditions {
    /// No condition, for this number of heaters.
    #[must_use]
    pub fn none(heaters: usize) -> Self {
        Self { leak: None, ramps_mc_per_min: vec![0; heaters], cooling: None }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.leak.is_none() && self.cooling.is_none() && self.ramps_mc_per_min.iter().all(|ramp| *ramp == 0)
    }

    pub(crate) fn compile(recipe: &Recipe, reactor: &Reactor) -> Result<Self, CompileError> {
        let value = |entry, value: f64, expected| CompileError::Value {
            place: "recipe".to_owned(),
            entry,
            value: value.to_string(),
            expected,
        };
        let leak = recipe.leak_test.map(|test| {
            let rise_upa = test.max_rise_pa_per_s * f64::from(test.duration.0) * 1e3;
            let wrong = || value("max_rise_pa_per_s", test.max_rise_pa_per_s, "1 µPa or more in the test");
            let is_counted = (1.0..1e14).contains(&rise_upa);
            is_counted.then_some(Leak { duration_ms: test.duration.0, rise_upa: rise_upa as u64 }).ok_or_else(wrong)
        });
        let ramps = reactor.heaters.iter().map(|heater| match ramp(recipe, heater) {
            None => Ok(0),
            Some(ramp) => {
                let wrong = || value("ramp", ramp, "°C/min above 0 with three decimals at most");
                thousandths::<u32>(ramp).filter(|ramp| *ramp > 0).ok_or_else(wrong)
            }
        });
        let cooling = recipe.cool_down.map(|cooling| {
            let wrong = || value("vent_below_c", cooling.vent_below_c, "°C with three decimals at most");
            let vent = thousandths::<i32>(cooling.vent_below_c).filter(|vent| *vent < i32::MAX).ok_or_else(wrong)?;
            let vent_mc = reactor.heaters.iter().map(|heater| heater.heats.is_chamber().then_some(vent)).collect();
            Ok(Cooling { vent_mc, longest_ms: cooling.longest.0 })
        });
        Ok(Self {
            leak: leak.transpose()?,
            ramps_mc_per_min: ramps.collect::<Result<_, CompileError>>()?,
            cooling: cooling.transpose()?,
        })
    }

    /// In words, for exports that cannot contain them: what has to be done by hand. No commas or semicolons.
    pub(crate) fn by_hand(&self, reactor: &Reactor) -> Option<String> {
        let mut words = Vec::new();
        if let Some(leak) = self.leak {
            words.push(format!(
                "a leak test of {} s with a rise of {} Pa at most before the first step",
                f64::from(leak.duration_ms) / 1e3,
                leak.rise_upa as f64 / 1e6
            ));
        }
        let ramps = reactor.heaters.iter().enumerate().zip(&self.ramps_mc_per_min).filter(|(_, ramp)| **ramp > 0);
        words.extend(ramps.map(|((heater, _), ramp)| {
            format!("a ramp of heater {heater} of {} °C/min at most", f64::from(*ramp) / 1e3)
        }));
        if let Some(cooling) = &self.cooling {
            let vent = cooling.vent_mc.iter().flatten().next().map_or(0.0, |vent| f64::from(*vent) / 1e3);
            let longest_s = f64::from(cooling.longest_ms) / 1e3;
            words.push(format!("cooling to {vent} °C before venting in {longest_s} s at most"));
        }
        (!words.is_empty()).then(|| words.join(" and "))
    }
}

/// The lower of the limits of recipe and reactor (°C/min).
pub(crate) fn ramp(recipe: &Recipe, heater: &Heater) -> Option<f64> {
    let own = recipe.ramp.and_then(|ramp| ramp.of(heater.heats));
    own.into_iter().chain(heater.max_ramp_c_per_min).reduce(f64::min)
}

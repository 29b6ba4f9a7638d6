//! What a recipe requires before its first cycle and after its last: a leak test, ramps, a cool-down.

use serde::Deserialize;

use crate::heater_kind::HeaterKind;
use crate::quantity::Milliseconds;

/// Test of the chamber for leaks before the first cycle: at base pressure everything is shut, and the pressure rises.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeakTest {
    /// Time for which the valve to the pump is closed.
    #[serde(rename = "duration_s")]
    pub duration: Milliseconds,
    /// Largest rise of the pressure (Pa/s), on average over the test.
    pub max_rise_pa_per_s: f64,
}

/// Cooling in vacuum after the last cycle, before the run is complete and the chamber may be vented.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoolDown {
    /// Temperature (°C) to which substrate and walls have to cool.
    pub vent_below_c: f64,
    /// Longest time for that.
    #[serde(rename = "max_s")]
    pub longest: Milliseconds,
}

/// Highest ramp rates (°C/min) of heaters, up and down; null where the recipe does not limit them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ramp {
    /// Of the substrate.
    pub substrate_c_per_min: Option<f64>,
    /// Of the walls.
    pub wall_c_per_min: Option<f64>,
    /// Of lines.
    pub line_c_per_min: Option<f64>,
    /// Of sources.
    pub source_c_per_min: Option<f64>,
}

impl Ramp {
    /// Each limit with its key and the heaters that it is for.
    pub(crate) fn entries(&self) -> [(HeaterKind, &'static str, Option<f64>); 4] {
        [
            (HeaterKind::Substrate, "substrate_c_per_min", self.substrate_c_per_min),
            (HeaterKind::Wall, "wall_c_per_min", self.wall_c_per_min),
            (HeaterKind::Line, "line_c_per_min", self.line_c_per_min),
            (HeaterKind::Source, "source_c_per_min", self.source_c_per_min),
        ]
    }

    /// The limit for heaters of this kind (°C/min).
    pub(crate) fn of(&self, kind: HeaterKind) -> Option<f64> {
        self.entries().into_iter().find(|(of, ..)| *of == kind).and_then(|(.., value)| value)
    }
}

//! The limits by which a run is watched: `[watch]` of a reactor's description, and what follows from its other entries.

use serde::Deserialize;

use crate::quantity::{Milliseconds, thousandths};
use crate::reactor::{Heater, Reactor};
use crate::rule::{Limit, Severity};

/// How a run is watched. Every entry has a default.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Watching {
    /// Largest deviation of a flow from the planned one (%).
    pub flow_percent: f64,
    /// Largest deviation of the plasma's power from the planned one (%).
    pub plasma_percent: f64,
    /// Time after which a changed flow or power has to be reached.
    #[serde(rename = "settle_s")]
    pub settle: Milliseconds,
    /// Longest movement of a valve.
    #[serde(rename = "valve_s")]
    pub valve: Milliseconds,
    /// Longest hold.
    #[serde(rename = "held_s")]
    pub held: Milliseconds,
    /// Pressure (Pa) at which a run is aborted in Running and Held; the top of the highest gauge if it is not stated.
    pub pressure_trip_pa: Option<f64>,
    /// Deviations that are recorded only; all others end the run.
    pub recorded: Vec<Quantity>,
}

impl Default for Watching {
    fn default() -> Self {
        Self {
            flow_percent: 10.0,
            plasma_percent: 10.0,
            settle: Milliseconds(2000),
            valve: Milliseconds(500),
            held: Milliseconds(3_600_000),
            pressure_trip_pa: None,
            recorded: vec![Quantity::DosePressure],
        }
    }
}

/// A quantity whose deviation a reactor may choose to record only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Pressure of a dose against the planned one.
    DosePressure,
    /// Duration of a step.
    Duration,
    /// Flow of a gas.
    Flow,
    /// Power of the plasma.
    Plasma,
    /// Temperature against its set-point; not against `max_c`.
    Temperature,
}

/// A flow (sccm) up to which it counts as none.
pub(super) const NO_FLOW_SCCM: f64 = 1.0;
/// A power (W) up to which the plasma counts as off.
pub(super) const NO_PLASMA_W: f64 = 1.0;

impl Reactor {
    /// Whether a deviation of this quantity ends the run.
    pub(super) fn severity(&self, of: Quantity) -> Severity {
        if self.watch.recorded.contains(&of) { Severity::Soft } else { Severity::Hard }
    }

    /// Pressure (µPa) at which a run is aborted; null if neither a limit nor a gauge states one that registers can hold.
    #[must_use]
    pub fn pressure_trip_upa(&self) -> Option<u64> {
        let highest = self.gauges.iter().map(|gauge| gauge.max_pa).reduce(f64::max);
        let trip_upa = (self.watch.pressure_trip_pa.or(highest)? * 1e6).round();
        (1.0..=9e18).contains(&trip_upa).then_some(trip_upa as u64)
    }

    /// Temperature (thousandths of °C) at which a heater with this set-point ends a run in every state: its `max_c`, or what
    /// the tolerance allows above its set-point; null if registers cannot hold it.
    #[must_use]
    pub fn trip_mc(&self, heater: &Heater, setpoint_mc: i32) -> Option<i32> {
        let above_mc = setpoint_mc.checked_add(thousandths(self.tolerance.temperature_c)?)?;
        Some(above_mc.max(thousandths(heater.max_c)?))
    }

    /// Highest pressure (Pa) that a hard limit allows for a dose through these valves; null if there is none.
    pub(super) fn dose_limit_pa(&self, valves: u16) -> Option<f64> {
        let is_open = |name: &String| {
            let lines = self.lines.iter().enumerate();
            lines.filter(|(line, _)| valves >> line & 1 == 1).any(|(_, line)| line.precursors.contains(name))
        };
        let limits = self.rules.iter().filter(|rule| rule.severity == Severity::Hard);
        let limits = limits.filter_map(|rule| match &rule.limit {
            Limit::DosePressure { precursors, max_pa } if precursors.is_empty() || precursors.iter().any(is_open) => {
                Some(*max_pa)
            }
            _ => None,
        });
        limits.reduce(f64::min)
    }

    /// The names of the valves in these bits, joined by `+`; the number of one that no line has.
    #[must_use]
    pub fn valve_names(&self, bits: u16) -> String {
        let open = (0..16).filter(|line| bits >> line & 1 == 1);
        let name = |line: usize| self.lines.get(line).map_or_else(|| format!("#{line}"), |line| line.valve.clone());
        open.map(name).collect::<Vec<_>>().join("+")
    }

    /// The names of open interlocks; bit 0 is the emergency stop.
    #[must_use]
    pub fn interlock_names(&self, bits: u16) -> String {
        let open = (0..16).filter(|bit| bits >> bit & 1 == 1);
        let name = |bit: usize| match bit.checked_sub(1).and_then(|place| self.interlocks.get(place)) {
            _ if bit == 0 => "emergency stop".to_owned(),
            Some(name) => name.clone(),
            None => format!("interlock {bit}"),
        };
        open.map(name).collect::<Vec<_>>().join(", ")
    }
}

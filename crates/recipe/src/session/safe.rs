//! The safe state, as it is seen: what is still missing for it.

use super::limits::{NO_FLOW_SCCM, NO_PLASMA_W};
use super::link::{Clock, Controller, Identity, Lost, read_all};
use super::status::{Alarm, State, Status};
use crate::register_map::{IMAGE, STANDBY, VERSION, signed, value};
use crate::release::Released;

/// A heater counts as falling once it has cooled by this much (°C).
const FALL_C: f64 = 0.5;
/// Time within which a controller has to be in the safe state, apart from its heaters (ms).
pub(super) const ENDING_MS: u64 = 10_000;
/// Time within which heaters have to be seen falling (ms).
pub const COOLING_MS: u64 = 60_000;

/// A heater in the safe state.
#[derive(Debug, Clone, PartialEq)]
struct Cooling {
    name: String,
    standby_c: f64,
    /// Temperature at the first reading, and the lowest since.
    first_c: Option<f64>,
    lowest_c: f64,
}

/// The safe state: what it needs, and what was seen of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Safety {
    heaters: Vec<Cooling>,
    tolerance_c: f64,
}

/// What is still missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Missing {
    /// Valves, plasma, flows, alarms, the state.
    pub at_once: Vec<String>,
    /// Heaters that do not fall.
    pub heaters: Vec<String>,
}

impl Missing {
    /// Whether the safe state was seen.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.at_once.is_empty() && self.heaters.is_empty()
    }
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all: Vec<&str> = self.at_once.iter().chain(&self.heaters).map(String::as_str).collect();
        f.write_str(&all.join(", "))
    }
}

impl Safety {
    /// The safe state of a reactor.
    #[must_use]
    pub fn of(released: &Released) -> Self {
        let reactor = released.reactor();
        let heaters =
            reactor.heaters.iter().map(|heater| Cooling::new(heater.name.clone(), heater.standby_c)).collect();
        Self { heaters, tolerance_c: reactor.tolerance.temperature_c }
    }

    /// The safe state that the loaded recipe requires, from the controller's own registers.
    ///
    /// # Errors
    ///
    /// [`Lost`] if there is no answer.
    pub fn loaded(controller: &mut impl Controller, identity: &Identity) -> Result<Self, Lost> {
        let head = read_all(controller, IMAGE, 20)?;
        let n_heaters = usize::from(identity.parts[2]).min(16);
        if head.first() != Some(&VERSION) {
            // Nothing is loaded: only room temperature is known to be safe.
            let heaters = (0..n_heaters).map(|heater| Cooling::new(heater.to_string(), 25.0)).collect();
            return Ok(Self { heaters, tolerance_c: 25.0 });
        }
        let standby = read_all(controller, STANDBY, 32)?;
        let heaters = (0..n_heaters)
            .map(|heater| Cooling::new(heater.to_string(), f64::from(signed(&standby, 2 * heater)) / 1e3))
            .collect();
        Ok(Self { heaters, tolerance_c: f64::from(value(&head, 18)) / 1e3 })
    }

    /// What a reading shows to be missing. Heaters are compared with the first reading of the final state.
    pub fn missing(&mut self, status: &Status) -> Missing {
        let mut at_once = Vec::new();
        if !matches!(status.state, State::Idle | State::Aborted | State::Complete) {
            at_once.push(format!("the controller is {}", status.state.name()));
        }
        if status.valves_commanded | status.valves_confirmed != 0 {
            let open = status.valves_commanded | status.valves_confirmed;
            let lines: Vec<_> =
                (0..16).filter(|line| open >> line & 1 == 1).map(|line| (line + 1).to_string()).collect();
            at_once.push(format!("the valve of line {} is not closed", lines.join(" and ")));
        }
        if status.pump_open != [true, true] {
            at_once.push("the valve to the pump is not open".to_owned());
        }
        if status.plasma_w > NO_PLASMA_W {
            at_once.push(format!("the power of the plasma is {} W", status.plasma_w));
        }
        for (mfc, flow) in status.flows_sccm.iter().enumerate().filter(|(_, flow)| **flow > NO_FLOW_SCCM) {
            at_once.push(format!("the flow of mass flow controller {} is {flow} sccm", mfc + 1));
        }
        if status.alarm_bits[1] != 0 {
            at_once.push(format!("the alarm `{}` lasts", Alarm::text(status.alarm_bits[1])));
        }
        if status.interlocks != 0 {
            at_once.push(format!("an interlock is open ({:#06x})", status.interlocks));
        }
        let is_final = at_once.iter().all(|words| !words.starts_with("the controller is"));
        let mut heaters = Vec::new();
        for (heater, is) in self.heaters.iter_mut().zip(&status.temperatures_c) {
            if is_final {
                heater.first_c.get_or_insert(*is);
                heater.lowest_c = heater.lowest_c.min(*is);
            }
            let fell = heater.first_c.is_some_and(|first| *is <= first - FALL_C && *is <= heater.lowest_c + FALL_C);
            if *is > heater.standby_c + self.tolerance_c && !fell {
                let words = format!(
                    "heater `{}` is {is:.1} °C and was not seen to fall to {} °C",
                    heater.name, heater.standby_c
                );
                heaters.push(words);
            }
        }
        Missing { at_once, heaters }
    }

    /// Reads the state until it is safe, or it has had the time for that, `cooling_ms` for its heaters to be seen falling.
    /// Returns the last reading and what is missing.
    ///
    /// # Errors
    ///
    /// [`Lost`] if there is no answer.
    pub fn await_seen(
        &mut self,
        controller: &mut impl Controller,
        clock: &mut impl Clock,
        cooling_ms: u64,
    ) -> Result<(Status, Missing), Lost> {
        let began_ms = clock.now_ms();
        loop {
            let status = Status::read(controller)?;
            let missing = self.missing(&status);
            let took_ms = clock.now_ms().saturating_sub(began_ms);
            let is_late = if missing.at_once.is_empty() { took_ms > cooling_ms } else { took_ms > ENDING_MS };
            if missing.is_nothing() || is_late {
                return Ok((status, missing));
            }
            clock.wait_ms(100);
        }
    }
}

impl Cooling {
    fn new(name: String, standby_c: f64) -> Self {
        Self { name, standby_c, first_c: None, lowest_c: f64::INFINITY }
    }
}

//! The as-run log: the commands to a controller and its actions, as rows of CSV.
//!
//! Each row is complete in itself, so that a killed process leaves complete rows. `ingest/aldb_run_log` reads it.

use std::fmt::Write as _;

/// The columns, in order.
pub const HEADER: &str = "time_s,event,state,cycle,step,precursor,planned_duration_s,duration_s,planned_pressure_pa,\
                          pressure_pa,planned_temperature_c,deposition_temperature_c,deviation,message,\
                          valves,pump_valve,flows,plasma_w,pressure_max_pa,heaters,alarms\n";

/// The subject of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunHead {
    /// Name of the run.
    pub run_id: String,
    /// The recipe, as the controller reports it.
    pub recipe_id: String,
    /// The reactor.
    pub reactor: String,
    /// Local time, ISO 8601 without a zone.
    pub started_at: String,
    /// Whether the controller reports that it is a simulation.
    pub simulated: bool,
    /// SHA-256 of the reactor's description, in hexadecimal.
    pub reactor_digest: String,
    /// Who started it.
    pub started_by: String,
    /// The limits that the recipe exceeds for a reason, with the reason; empty if there are none.
    pub accepted: String,
    /// The bottles that were mounted; empty if they were not stated.
    pub mounted: String,
}

impl RunHead {
    /// The first lines of the log.
    #[must_use]
    pub fn text(&self) -> String {
        let line = |what: &str, value: &str| format!("# {what}: {}\n", value.replace(['\r', '\n'], " "));
        let mut text = "# aldb as-run log 2\n".to_owned();
        text += &line("run_id", &self.run_id);
        text += &line("recipe_id", &self.recipe_id);
        text += &line("reactor", &self.reactor);
        text += &line("started_at", &self.started_at);
        text += &line("reactor_digest", &self.reactor_digest);
        for (what, value) in
            [("started_by", &self.started_by), ("accepted", &self.accepted), ("mounted", &self.mounted)]
        {
            if !value.is_empty() {
                text += &line(what, value);
            }
        }
        if self.simulated {
            text += "# synthetic: simulated controller\n";
        }
        text + HEADER
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// Time since the log began (s).
    pub time_s: f64,
    /// `command`, `state`, `reading`, `end`, `lost`, or the kind of a step that ended.
    pub event: &'static str,
    /// State of the controller.
    pub state: &'static str,
    /// Number of the cycle.
    pub cycle: Option<u32>,
    /// Number of the step in the controller's table, from 1.
    pub step: Option<u32>,
    /// The precursor of a dose.
    pub precursor: String,
    /// Planned length (s).
    pub planned_duration_s: Option<f64>,
    /// Executed length (s).
    pub duration_s: Option<f64>,
    /// Planned pressure (Pa).
    pub planned_pressure_pa: Option<f64>,
    /// Pressure (Pa).
    pub pressure_pa: Option<f64>,
    /// Planned temperature of the substrate (°C).
    pub planned_temperature_c: Option<f64>,
    /// Temperature of the substrate (°C); of a step the one that deviates most.
    pub deposition_temperature_c: Option<f64>,
    /// The deviation.
    pub deviation: String,
    /// The message.
    pub message: String,
    /// Precursor valves that were confirmed open, by name.
    pub valves: String,
    /// Confirmed position of the valve to the pump.
    pub pump_valve: &'static str,
    /// Flows (sccm), by the names of the mass flow controllers.
    pub flows: String,
    /// Power of the plasma (W).
    pub plasma_w: Option<f64>,
    /// Highest pressure (Pa).
    pub pressure_max_pa: Option<f64>,
    /// Temperatures of all heaters (°C), by name.
    pub heaters: String,
    /// Alarms and open interlocks.
    pub alarms: String,
}

impl Row {
    /// The row as a line.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = format!("{:.3},{},{}", self.time_s, self.event, self.state);
        let mut cell = |value: Option<f64>| match value {
            // Writing to a string cannot fail.
            Some(value) => drop(write!(line, ",{value}")),
            None => line.push(','),
        };
        cell(self.cycle.map(f64::from));
        cell(self.step.map(f64::from));
        line.push(',');
        line += &quoted(&self.precursor);
        for value in [
            self.planned_duration_s,
            self.duration_s,
            self.planned_pressure_pa,
            self.pressure_pa,
            self.planned_temperature_c,
            self.deposition_temperature_c,
        ] {
            match value {
                Some(value) => drop(write!(line, ",{value}")),
                None => line.push(','),
            }
        }
        for words in [&self.deviation, &self.message, &self.valves, self.pump_valve, &self.flows] {
            line.push(',');
            line += &quoted(words);
        }
        for value in [self.plasma_w, self.pressure_max_pa] {
            match value {
                Some(value) => drop(write!(line, ",{value}")),
                None => line.push(','),
            }
        }
        for words in [&self.heaters, &self.alarms] {
            line.push(',');
            line += &quoted(words);
        }
        line.push('\n');
        line
    }
}

/// A cell of CSV; a line break would end the row for a reader that reads it after a kill.
fn quoted(words: &str) -> String {
    let words = words.replace(['\r', '\n'], " ");
    if words.contains([',', '"']) { format!("\"{}\"", words.replace('"', "\"\"")) } else { words }
}

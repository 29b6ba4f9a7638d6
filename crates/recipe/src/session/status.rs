//! What a controller says of its state.

use super::{Controller, Lost};
use crate::register_map::{STATE, id_text, signed, value};

/// What a controller does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing is loaded.
    Idle,
    /// A recipe is being loaded.
    Loading,
    /// A recipe is loaded and checked.
    Ready,
    /// It heats and evacuates.
    Preparing,
    /// It runs steps.
    Running,
    /// It waits within a step, all precursors closed.
    Held,
    /// It goes to the safe state.
    Aborting,
    /// It was aborted and is in the safe state.
    Aborted,
    /// All steps were run; it is in the safe state.
    Complete,
    /// A number that the map does not know.
    Unknown,
}

impl State {
    fn of(code: u16) -> Self {
        match code {
            0 => Self::Idle,
            1 => Self::Loading,
            2 => Self::Ready,
            3 => Self::Preparing,
            4 => Self::Running,
            5 => Self::Held,
            6 => Self::Aborting,
            7 => Self::Aborted,
            8 => Self::Complete,
            _ => Self::Unknown,
        }
    }

    /// The word in logs and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Loading => "loading",
            Self::Ready => "ready",
            Self::Preparing => "preparing",
            Self::Running => "running",
            Self::Held => "held",
            Self::Aborting => "aborting",
            Self::Aborted => "aborted",
            Self::Complete => "complete",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a controller ended a run by itself, or was told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// No heartbeat.
    Watchdog,
    /// A heater left its tolerance.
    Temperature,
    /// Pressure.
    Pressure,
    /// A valve is not as told.
    ValveStuck,
    /// The image changed.
    Checksum,
    /// Heating and evacuating took too long.
    NotPrepared,
    /// A client aborted.
    Aborted,
    /// A hardware interlock opened.
    Interlock,
}

impl Alarm {
    const ALL: [Self; 8] = [
        Self::Watchdog,
        Self::Temperature,
        Self::Pressure,
        Self::ValveStuck,
        Self::Checksum,
        Self::NotPrepared,
        Self::Aborted,
        Self::Interlock,
    ];

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Watchdog => "no heartbeat of the operator",
            Self::Temperature => "a heater left its tolerance",
            Self::Pressure => "the pressure is wrong",
            Self::ValveStuck => "a valve is not as told",
            Self::Checksum => "the loaded recipe changed",
            Self::NotPrepared => "base pressure or temperatures were not reached in time",
            Self::Aborted => "aborted by a client",
            Self::Interlock => "a hardware interlock opened",
        }
    }
}

/// The state of a controller at one time.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Status {
    /// What it does.
    pub state: State,
    /// The recipe that it holds.
    pub recipe_id: String,
    /// Whether there is an operator.
    pub has_operator: bool,
    /// Number of the step in its table, from 1.
    pub step: u32,
    /// Number of the cycle, from 1; 0 before.
    pub cycle: u32,
    /// Time in this step (ms).
    pub in_step_ms: u32,
    /// Time since the start (ms).
    pub since_start_ms: u32,
    /// Alarms.
    pub alarms: Vec<Alarm>,
    /// Precursor valves that are told to be open: bit i is line i.
    pub valves_told: u16,
    /// Precursor valves that are seen open.
    pub valves_seen: u16,
    /// Whether the valve to the pump is told to be open, and seen open.
    pub pump_open: [bool; 2],
    /// Pressure (Pa).
    pub pressure_pa: f64,
    /// Temperatures of the heaters (°C).
    pub temperatures_c: Vec<f64>,
    /// Flows of the mass flow controllers (sccm).
    pub flows_sccm: Vec<f64>,
    /// Power of the plasma (W).
    pub plasma_w: f64,
    /// Number of the last record.
    #[serde(skip)]
    pub records: u32,
    /// CRC-32 of the image that it holds.
    #[serde(skip)]
    pub checksum: u32,
    /// Changes while the controller lives.
    #[serde(skip)]
    pub heartbeat: u16,
    #[serde(skip)]
    pub(super) last_command: u16,
    #[serde(skip)]
    pub(super) last_token: u16,
    #[serde(skip)]
    last_result: u16,
}

impl Status {
    /// Asks a controller.
    ///
    /// # Errors
    ///
    /// [`Lost`] where no answer comes.
    pub fn read(controller: &mut impl Controller) -> Result<Self, Lost> {
        let found = controller.read(STATE.0, STATE.1)?;
        if found.len() != usize::from(STATE.1) {
            return Err(Lost::new(format!("expected {} registers, found {}", STATE.1, found.len())));
        }
        let at = |address: u16| usize::from(address - STATE.0);
        let word = |address: u16| found[at(address)];
        let wide = |address: u16| value(&found, at(address));
        let alarms = Alarm::ALL.into_iter().enumerate().filter(|(bit, _)| word(45) >> bit & 1 == 1);
        Ok(Self {
            last_command: word(32),
            last_result: word(33),
            has_operator: word(34) == 1,
            last_token: word(35),
            state: State::of(word(36)),
            step: u32::from(word(37)) + 1,
            cycle: wide(38),
            in_step_ms: wide(40),
            since_start_ms: wide(42),
            heartbeat: word(44),
            alarms: alarms.map(|(_, alarm)| alarm).collect(),
            valves_told: word(46),
            valves_seen: word(47),
            pump_open: [word(48) == 1, word(49) == 1],
            pressure_pa: f64::from(wide(50)) / 1e6,
            records: wide(52),
            checksum: wide(54),
            recipe_id: id_text(&found[at(56)..at(64)]),
            temperatures_c: (0..16).map(|heater| f64::from(signed(&found, at(64 + 2 * heater))) / 1e3).collect(),
            flows_sccm: (0..4).map(|mfc| f64::from(wide(96 + 2 * mfc)) / 1e3).collect(),
            plasma_w: f64::from(wide(104)) / 1e3,
        })
    }

    /// What became of the last command.
    pub(super) fn result(&self) -> Result<(), String> {
        Err(match self.last_result {
            1 => return Ok(()),
            2 => "another client is the operator, or none is".to_owned(),
            3 => format!("not while it is {}", self.state.name()),
            4 => "there is another operator".to_owned(),
            5 => "it finds the tables invalid".to_owned(),
            6 => "it finds the checksum wrong".to_owned(),
            7 => "it does not know the command".to_owned(),
            other => format!("result {other}"),
        })
    }

    /// Whether every precursor valve is seen closed and the valve to the pump seen open.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.valves_seen == 0 && self.valves_told == 0 && self.pump_open == [true, true]
    }
}

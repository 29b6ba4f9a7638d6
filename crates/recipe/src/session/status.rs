//! The state of a controller, as it reports it.

use super::{Controller, Lost};
use crate::register_map::{STATE, id_text, signed, value};

/// State of a controller, after ISA-88.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing is loaded.
    Idle,
    /// A recipe is being loaded.
    Loading,
    /// A recipe is loaded and checked.
    Ready,
    /// It is heating and evacuating the chamber.
    Preparing,
    /// It is executing steps.
    Running,
    /// It is waiting within a step, with all precursor valves closed.
    Held,
    /// It is entering the safe state.
    Aborting,
    /// It was aborted and is in the safe state.
    Aborted,
    /// All steps were executed; it is in the safe state.
    Complete,
    /// A number that the register map does not define.
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

    /// Name in logs and JSON.
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

/// Why a controller aborted a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// The heartbeat of the operator was lost.
    Watchdog,
    /// A heater was out of tolerance.
    Temperature,
    /// The pressure was out of range.
    Pressure,
    /// The position of a valve differed from its command.
    ValveStuck,
    /// The image in the controller changed.
    Checksum,
    /// Base pressure or set-points were not reached in time.
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

    /// The alarm in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Watchdog => "heartbeat of the operator lost",
            Self::Temperature => "heater out of tolerance",
            Self::Pressure => "pressure out of range",
            Self::ValveStuck => "valve position differs from its command",
            Self::Checksum => "loaded recipe changed in the controller",
            Self::NotPrepared => "base pressure or temperatures not reached in time",
            Self::Aborted => "aborted by a client",
            Self::Interlock => "hardware interlock open",
        }
    }
}

/// The state of a controller at one time.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Status {
    /// State.
    pub state: State,
    /// The recipe that it contains.
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
    /// Precursor valves that are commanded open: bit i is line i.
    pub valves_commanded: u16,
    /// Precursor valves that are confirmed open.
    pub valves_confirmed: u16,
    /// Whether the valve to the pump is commanded open, and confirmed open.
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
    /// CRC-32 of the image that it contains.
    #[serde(skip)]
    pub checksum: u32,
    /// Changes while the controller is alive.
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
    /// Reads the state of a controller.
    ///
    /// # Errors
    ///
    /// [`Lost`] if there is no answer.
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
            valves_commanded: word(46),
            valves_confirmed: word(47),
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

    /// Result of the last command.
    pub(super) fn result(&self) -> Result<(), String> {
        Err(match self.last_result {
            1 => return Ok(()),
            2 => "this client is not the operator".to_owned(),
            3 => format!("not accepted while {}", self.state.name()),
            4 => "claimed by another operator; wait for its release or its watchdog".to_owned(),
            5 => "it rejected the tables of steps and loops".to_owned(),
            6 => "the checksum is wrong; load the recipe again".to_owned(),
            7 => "it does not support the command".to_owned(),
            other => format!("unknown result code {other}"),
        })
    }

    /// Whether every precursor valve is confirmed closed and the valve to the pump confirmed open.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.valves_confirmed == 0 && self.valves_commanded == 0 && self.pump_open == [true, true]
    }
}

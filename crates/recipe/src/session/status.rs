//! The state of a controller, as it reports it.

use super::link::{Controller, Lost, read_all};
use super::part::Seen;
use crate::register_map::{CLIENTS, STATE, id_text, long, signed, value};

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
    /// All steps were executed; it is cooling the chamber in vacuum.
    Cooling,
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
            9 => Self::Cooling,
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
            Self::Cooling => "cooling",
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
    /// The pressure rose too far in the leak test, or not at all.
    Leak,
    /// The temperature of venting was not reached in time.
    NotCooled,
}

impl Alarm {
    const ALL: [Self; 10] = [
        Self::Watchdog,
        Self::Temperature,
        Self::Pressure,
        Self::ValveStuck,
        Self::Checksum,
        Self::NotPrepared,
        Self::Aborted,
        Self::Interlock,
        Self::Leak,
        Self::NotCooled,
    ];

    /// The alarms of these bits.
    #[must_use]
    pub fn of(bits: u16) -> Vec<Self> {
        let all = Self::ALL.into_iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
        all.map(|(_, alarm)| alarm).collect()
    }

    /// The alarms of these bits in words, separated by commas; those that the register map does not define by number.
    #[must_use]
    pub fn text(bits: u16) -> String {
        let known = Self::of(bits).into_iter().map(|alarm| alarm.words().to_owned());
        let unknown =
            (Self::ALL.len()..16).filter(|bit| bits >> bit & 1 == 1).map(|bit| format!("unknown alarm {bit}"));
        known.chain(unknown).collect::<Vec<_>>().join(", ")
    }

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
            Self::Leak => "leak test failed",
            Self::NotCooled => "temperature of venting not reached in time",
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
    /// Alarms since the last change request.
    pub alarms: Vec<Alarm>,
    /// Alarms whose condition lasts.
    pub alarms_present: Vec<Alarm>,
    /// Open interlocks: bit 0 is the emergency stop.
    pub interlocks: u16,
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
    /// Alarms as bits: since the last change request, and those whose condition lasts.
    #[serde(skip)]
    pub alarm_bits: [u16; 2],
    /// Number of the last record.
    #[serde(skip)]
    pub records: u32,
    /// CRC-32 of the image that it contains.
    #[serde(skip)]
    pub checksum: u32,
    /// Changes while the controller is alive.
    #[serde(skip)]
    pub heartbeat: u16,
    /// The last command of each client: token, number, result.
    #[serde(skip)]
    clients: Vec<(u32, u16, u16)>,
}

impl Status {
    /// Reads the state of a controller.
    ///
    /// # Errors
    ///
    /// [`Lost`] if there is no answer.
    pub fn read(controller: &mut impl Controller) -> Result<Self, Lost> {
        let found = read_all(controller, STATE.0, STATE.1)?;
        let at = |address: u16| usize::from(address - STATE.0);
        let word = |address: u16| found[at(address)];
        let wide = |address: u16| value(&found, at(address));
        let (first, each, clients) = CLIENTS;
        let row = |row: u16| {
            let from = first + row * each;
            (wide(from), word(from + 2), word(from + 3))
        };
        Ok(Self {
            state: State::of(word(64)),
            alarms: Alarm::of(word(65)),
            alarms_present: Alarm::of(word(66)),
            alarm_bits: [word(65), word(66)],
            interlocks: word(67),
            has_operator: word(68) == 1,
            heartbeat: word(69),
            step: u32::from(word(70)) + 1,
            cycle: wide(72),
            in_step_ms: wide(74),
            since_start_ms: wide(76),
            records: wide(78),
            checksum: wide(80),
            recipe_id: id_text(&found[at(82)..at(90)]),
            valves_commanded: word(90),
            valves_confirmed: word(91),
            pump_open: [word(92) == 1, word(93) == 1],
            pressure_pa: long(&found, at(94)) as f64 / 1e6,
            temperatures_c: (0..16).map(|heater| f64::from(signed(&found, at(98 + 2 * heater))) / 1e3).collect(),
            flows_sccm: (0..4).map(|mfc| f64::from(wide(130 + 2 * mfc)) / 1e3).collect(),
            plasma_w: f64::from(wide(138)) / 1e3,
            clients: (0..clients).map(row).collect(),
        })
    }

    /// Number and result of the last command that the controller had from this client.
    pub(super) fn answer(&self, token: u32) -> Option<(u16, Result<(), String>)> {
        let (_, number, result) = self.clients.iter().find(|(client, ..)| *client == token)?;
        let refused = match result {
            1 => return Some((*number, Ok(()))),
            2 => "this client is not the operator".to_owned(),
            3 => format!("not accepted while {}", self.state.name()),
            4 => "claimed by another operator; wait for its release or its watchdog".to_owned(),
            5 => "it rejected the tables of steps and loops, or the reactor of the recipe".to_owned(),
            6 => "the checksum is wrong; load the recipe again".to_owned(),
            7 => "it does not support the command".to_owned(),
            8 => "an interlock is open or an alarm lasts".to_owned(),
            other => format!("unknown result code {other}"),
        };
        Some((*number, Err(refused)))
    }

    /// What this reading shows, as of a time in which nothing changed.
    #[must_use]
    pub(super) fn seen(&self) -> Seen {
        let pump = |is_open: bool| if is_open { 2 } else { 1 };
        let of = |values: &[f64], place: usize| values.get(place).copied().unwrap_or(0.0);
        Seen {
            valves_commanded: self.valves_commanded,
            valves_confirmed: self.valves_confirmed,
            pump_commanded: pump(self.pump_open[0]),
            pump_confirmed: pump(self.pump_open[1]),
            alarms: self.alarm_bits[0] | self.alarm_bits[1],
            interlocks: self.interlocks,
            pressure_pa: [self.pressure_pa; 3],
            flows_sccm: std::array::from_fn(|mfc| [of(&self.flows_sccm, mfc); 2]),
            plasma_w: [self.plasma_w; 2],
            temperatures_c: std::array::from_fn(|heater| [of(&self.temperatures_c, heater); 2]),
        }
    }
}

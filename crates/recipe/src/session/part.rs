//! A part of a run, with the extremes of all that was seen in it: the preparation, a step or a part of one, a hold.
//!
//! Records describe the parts that ended; the block `PRESENT` of the register map has the same registers for the part
//! that has not ended, so that nothing between two readings is missed, whoever reads.

use super::link::{Controller, Lost, read_all};
use crate::reactor::{MOST_HEATERS, MOST_LINES, MOST_MFCS};
use crate::register_map::{COUNTERS, PRESENT, long, signed, value};

/// What a part of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing runs.
    None,
    /// Heating and evacuating before the first step.
    Preparation,
    /// A step, or a part of one.
    Step,
    /// A hold within a step.
    Hold,
    /// The safe state at the end; it has no record.
    Safe,
    /// Everything is shut before the first step.
    LeakTest,
    /// Evacuating again after the leak test.
    Evacuation,
    /// Cooling after the last step.
    CoolDown,
    /// A number that the register map does not define.
    Unknown,
}

/// How a part ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// As it should; a hold by its resumption.
    Complete,
    /// A step was held.
    Held,
    /// The run was aborted.
    Aborted,
    /// A number that the register map does not define.
    Unknown,
}

/// What was commanded and measured over a time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    /// Precursor valves that were commanded open at any time: bit i is line i.
    pub valves_commanded: u16,
    /// Precursor valves that were confirmed open at any time.
    pub valves_confirmed: u16,
    /// Commands to the valve to the pump: bit 0 closed at any time, bit 1 open at any time.
    pub pump_commanded: u16,
    /// Its confirmed positions, in the same way.
    pub pump_confirmed: u16,
    /// Alarms at any time.
    pub alarms: u16,
    /// Interlocks that were open at any time.
    pub interlocks: u16,
    /// Mean, lowest and highest pressure (Pa).
    pub pressure_pa: [f64; 3],
    /// Mean and highest flow of each mass flow controller (sccm).
    pub flows_sccm: [[f64; 2]; MOST_MFCS],
    /// Mean and highest power of the plasma (W).
    pub plasma_w: [f64; 2],
    /// Lowest and highest temperature of each heater (°C).
    pub temperatures_c: [[f64; 2]; MOST_HEATERS],
}

/// A part of a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    /// Number of its record, from 1.
    pub number: u32,
    /// What it is.
    pub kind: Kind,
    /// Entry of the table of steps, from 0.
    pub step: u16,
    /// How it ended.
    pub ending: Ending,
    /// Number of the cycle.
    pub cycle: u32,
    /// Its beginning (ms since the start).
    pub begin_ms: u32,
    /// Its duration, so far if it has not ended (ms).
    pub duration_ms: u32,
    /// What was seen.
    pub seen: Seen,
}

impl Part {
    /// Reads the part whose registers begin here: a record, or the present part.
    pub(super) fn read(controller: &mut impl Controller, start: u16) -> Result<Self, Lost> {
        let registers = &read_all(controller, start, PRESENT.1)?;
        let pa = |at| long(registers, at) as f64 / 1e6;
        let thousandth = |at| f64::from(value(registers, at)) / 1e3;
        let degrees = |at| f64::from(signed(registers, at)) / 1e3;
        Ok(Self {
            number: value(registers, 0),
            kind: match registers[2] {
                0 => Kind::None,
                1 => Kind::Preparation,
                2 => Kind::Step,
                3 => Kind::Hold,
                4 => Kind::Safe,
                5 => Kind::LeakTest,
                6 => Kind::Evacuation,
                7 => Kind::CoolDown,
                _ => Kind::Unknown,
            },
            step: registers[3],
            ending: match registers[4] {
                0 => Ending::Complete,
                1 => Ending::Held,
                2 => Ending::Aborted,
                _ => Ending::Unknown,
            },
            cycle: value(registers, 6),
            begin_ms: value(registers, 8),
            duration_ms: value(registers, 10),
            seen: Seen {
                alarms: registers[5],
                interlocks: registers[12],
                valves_commanded: registers[13],
                valves_confirmed: registers[14],
                pump_commanded: registers[15],
                pump_confirmed: registers[16],
                pressure_pa: [pa(18), pa(46), pa(22)],
                flows_sccm: std::array::from_fn(|mfc| [thousandth(26 + 2 * mfc), thousandth(34 + 2 * mfc)]),
                plasma_w: [thousandth(42), thousandth(44)],
                temperatures_c: std::array::from_fn(|heater| [degrees(56 + 2 * heater), degrees(88 + 2 * heater)]),
            },
        })
    }

    /// The part that has not ended.
    ///
    /// # Errors
    ///
    /// [`Lost`] if there is no answer.
    pub(super) fn present(controller: &mut impl Controller) -> Result<Self, Lost> {
        Self::read(controller, PRESENT.0)
    }
}

/// What each precursor valve did since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counters {
    /// Time for which it was confirmed open (ms).
    pub open_ms: [u32; MOST_LINES],
    /// How often it opened.
    pub openings: [u32; MOST_LINES],
}

impl Counters {
    /// Reads the counters.
    ///
    /// # Errors
    ///
    /// [`Lost`] if there is no answer.
    pub(super) fn read(controller: &mut impl Controller) -> Result<Self, Lost> {
        let found = read_all(controller, COUNTERS.0, COUNTERS.1)?;
        Ok(Self {
            open_ms: std::array::from_fn(|line| value(&found, 2 * line)),
            openings: std::array::from_fn(|line| value(&found, 32 + 2 * line)),
        })
    }
}

//! The present part of a run, as registers: what was commanded and measured since it began.

use super::process::{Actuators, Process};

/// What a part is: its code in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    None = 0,
    Preparation = 1,
    Step = 2,
    Hold = 3,
    Safe = 4,
    LeakTest = 5,
    Evacuation = 6,
    CoolDown = 7,
}

/// Registers of a part.
pub(super) const REGISTERS: usize = 120;

/// The extremes and sums of the present part.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) kind: Kind,
    pub(super) step: u16,
    pub(super) cycle: u32,
    pub(super) begin_ms: u64,
    pub(super) length_ms: u64,
    alarms: u16,
    interlocks: u16,
    valves: [u16; 2],
    pump: [u16; 2],
    pressure_upa: [u64; 2],
    pressure_sum: f64,
    flow_sums: [f64; 4],
    highest_flows: [u32; 4],
    plasma_sum: f64,
    highest_plasma: u32,
    heaters_mc: Vec<[i32; 2]>,
}

/// What the controller reads from its instruments at a time.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) alarms: u16,
    pub(super) interlocks: u16,
    pub(super) told: Actuators,
    pub(super) confirmed: u16,
    pub(super) pump_confirmed: bool,
    pub(super) flows_msccm: [u32; 4],
    pub(super) plasma_mw: u32,
    pub(super) pressure_upa: u64,
    pub(super) heaters_mc: Vec<i32>,
}

impl Reading {
    pub(super) fn heaters(process: &Process) -> Vec<i32> {
        process.temperatures_c.iter().map(|temperature| (temperature * 1e3).round() as i32).collect()
    }
}

impl Part {
    pub(super) fn new(kind: Kind, step: u16, cycle: u32, begin_ms: u64) -> Self {
        Self {
            kind,
            step,
            cycle,
            begin_ms,
            length_ms: 0,
            alarms: 0,
            interlocks: 0,
            valves: [0; 2],
            pump: [0; 2],
            pressure_upa: [u64::MAX, 0],
            pressure_sum: 0.0,
            flow_sums: [0.0; 4],
            highest_flows: [0; 4],
            plasma_sum: 0.0,
            highest_plasma: 0,
            heaters_mc: Vec::new(),
        }
    }

    /// Adds what was read for this time.
    pub(super) fn add(&mut self, reading: &Reading, ms: u64) {
        let weight = ms as f64;
        self.length_ms += ms;
        self.alarms |= reading.alarms;
        self.interlocks |= reading.interlocks;
        self.valves[0] |= reading.told.valves;
        self.valves[1] |= reading.confirmed;
        self.pump[0] |= 1 << u16::from(reading.told.pump_open);
        self.pump[1] |= 1 << u16::from(reading.pump_confirmed);
        self.pressure_upa =
            [self.pressure_upa[0].min(reading.pressure_upa), self.pressure_upa[1].max(reading.pressure_upa)];
        self.pressure_sum += reading.pressure_upa as f64 * weight;
        for (mfc, flow) in reading.flows_msccm.into_iter().enumerate() {
            self.flow_sums[mfc] += f64::from(flow) * weight;
            self.highest_flows[mfc] = self.highest_flows[mfc].max(flow);
        }
        self.plasma_sum += f64::from(reading.plasma_mw) * weight;
        self.highest_plasma = self.highest_plasma.max(reading.plasma_mw);
        self.heaters_mc.resize(reading.heaters_mc.len(), [i32::MAX, i32::MIN]);
        for (extremes, is) in self.heaters_mc.iter_mut().zip(&reading.heaters_mc) {
            *extremes = [extremes[0].min(*is), extremes[1].max(*is)];
        }
    }

    /// How far the pressure rose.
    pub(super) fn rise_upa(&self) -> u64 {
        self.pressure_upa[1].saturating_sub(self.pressure_upa[0])
    }

    /// Its registers, as the record of this number that ended in this way.
    pub(super) fn registers(&self, number: u32, how: u16) -> [u16; REGISTERS] {
        let mut registers = [0; REGISTERS];
        let mut put = |at: usize, words: &[u16]| registers[at..at + words.len()].copy_from_slice(words);
        let wide = |value: u32| [(value >> 16) as u16, value as u16];
        let long = |value: u64| [(value >> 48) as u16, (value >> 32) as u16, (value >> 16) as u16, value as u16];
        let mean = |sum: f64| if self.length_ms == 0 { 0.0 } else { (sum / self.length_ms as f64).round() };
        put(0, &wide(number));
        put(2, &[self.kind as u16, self.step, how, self.alarms]);
        put(6, &wide(self.cycle));
        put(8, &wide(self.begin_ms as u32));
        put(10, &wide(self.length_ms as u32));
        put(12, &[self.interlocks, self.valves[0], self.valves[1], self.pump[0], self.pump[1]]);
        put(18, &long(mean(self.pressure_sum) as u64));
        put(22, &long(self.pressure_upa[1]));
        for mfc in 0..4 {
            put(26 + 2 * mfc, &wide(mean(self.flow_sums[mfc]) as u32));
            put(34 + 2 * mfc, &wide(self.highest_flows[mfc]));
        }
        put(42, &wide(mean(self.plasma_sum) as u32));
        put(44, &wide(self.highest_plasma));
        put(46, &long(if self.length_ms == 0 { 0 } else { self.pressure_upa[0] }));
        for (heater, [lowest, highest]) in self.heaters_mc.iter().enumerate() {
            put(56 + 2 * heater, &wide(lowest.cast_unsigned()));
            put(88 + 2 * heater, &wide(highest.cast_unsigned()));
        }
        registers
    }
}

//! The simulated reactor: valves, pressure, temperatures. Each follows its command with a time constant.

use aldb_recipe::HeaterKind;

/// Commands to the actuators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Actuators {
    pub(super) valves: u16,
    pub(super) pump_open: bool,
    pub(super) flows_msccm: [u32; 4],
    pub(super) plasma_mw: u32,
}

impl Actuators {
    /// Precursors closed, plasma off, no flow, the pump on.
    pub(super) const SAFE: Self = Self { valves: 0, pump_open: true, flows_msccm: [0; 4], plasma_mw: 0 };
}

/// A valve moves so long (ms).
const VALVE_MS: u64 = 20;
/// Time constants of the pressure during a dose, and while it is pumped (ms). Chosen.
const DOSE_MS: f64 = 5.0;
const PUMP_MS: f64 = 1500.0;
/// Pressure that a flow of one sccm keeps up (Pa). Chosen.
const PA_PER_SCCM: f64 = 0.05;
/// Rise of the pressure of the shut chamber, from its walls (Pa/s). Chosen.
const OUTGASSING_PA_PER_S: f64 = 2e-6;
/// Drift of a broken heater (°C/s).
const DRIFT_C_PER_S: f64 = 0.5;

#[derive(Debug)]
pub(super) struct Process {
    pub(super) commanded: Actuators,
    pub(super) stuck: Option<(usize, bool)>,
    /// Rise of the pressure of the shut chamber through a leak (Pa/s).
    pub(super) leak_pa_per_s: f64,
    pub(super) pressure_pa: f64,
    pub(super) temperatures_c: Vec<f64>,
    pub(super) setpoints_c: Vec<f64>,
    drifted_c: Vec<f64>,
    time_constants_ms: Vec<f64>,
    confirmed: u16,
    moving_ms: u64,
}

impl Process {
    /// Heaters with what they heat and their standby, at which they begin.
    pub(super) fn new(heaters: Vec<(HeaterKind, f64)>) -> Self {
        let constant = |heats: &HeaterKind| match heats {
            HeaterKind::Substrate => 240e3,
            HeaterKind::Wall => 300e3,
            HeaterKind::Source => 180e3,
            HeaterKind::Line => 120e3,
        };
        let standby: Vec<f64> = heaters.iter().map(|(_, standby)| *standby).collect();
        Self {
            commanded: Actuators::SAFE,
            stuck: None,
            leak_pa_per_s: 0.0,
            pressure_pa: 1e-2,
            temperatures_c: standby.clone(),
            drifted_c: vec![0.0; standby.len()],
            time_constants_ms: heaters.iter().map(|(heats, _)| constant(heats)).collect(),
            setpoints_c: standby,
            confirmed: 0,
            moving_ms: 0,
        }
    }

    /// Precursor valves that are confirmed open.
    pub(super) fn confirmed_valves(&self) -> u16 {
        match self.stuck {
            Some((line, true)) => self.confirmed | 1 << line,
            Some((line, false)) => self.confirmed & !(1 << line),
            None => self.confirmed,
        }
    }

    pub(super) fn advance(&mut self, ms: u64, dose_pa: f64, floor_pa: f64) {
        if self.confirmed == self.commanded.valves {
            self.moving_ms = 0;
        } else {
            self.moving_ms += ms;
            if self.moving_ms >= VALVE_MS {
                self.confirmed = self.commanded.valves;
                self.moving_ms = 0;
            }
        }
        let flow_sccm: f64 = self.commanded.flows_msccm.iter().map(|flow| f64::from(*flow) / 1e3).sum();
        let (aim_pa, constant_ms) = if self.commanded.valves != 0 {
            (if dose_pa > 0.0 { dose_pa } else { 1.0 }, DOSE_MS)
        } else if self.commanded.pump_open {
            (floor_pa + flow_sccm * PA_PER_SCCM, PUMP_MS)
        } else {
            let rise_pa = (OUTGASSING_PA_PER_S + self.leak_pa_per_s) * ms as f64 / 1e3;
            self.pressure_pa += rise_pa;
            (self.pressure_pa, PUMP_MS)
        };
        self.pressure_pa = relaxed(self.pressure_pa, aim_pa, ms, constant_ms);
        for (index, temperature) in self.temperatures_c.iter_mut().enumerate() {
            let aim = self.setpoints_c[index] + self.drifted_c[index];
            *temperature = relaxed(*temperature, aim, ms, self.time_constants_ms[index]);
        }
    }

    /// A heater goes its own way.
    pub(super) fn drift(&mut self, heater: usize, ms: u64) {
        let by = DRIFT_C_PER_S * ms as f64 / 1e3;
        self.drifted_c[heater] += by;
        self.temperatures_c[heater] += by;
    }

    pub(super) fn in_tolerance(&self, setpoints_c: &[f64], tolerance_c: f64) -> bool {
        self.temperatures_c.iter().zip(setpoints_c).all(|(is, set)| (is - set).abs() <= tolerance_c)
    }
}

fn relaxed(is: f64, aim: f64, ms: u64, constant_ms: f64) -> f64 {
    aim + (is - aim) * (-(ms as f64) / constant_ms).exp()
}

//! Faults of a simulated reactor.

use aldb_recipe::Reactor;

/// What goes wrong, and when (ms of the process since the start).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// A valve is stuck: it stays open, or closed, whatever its command.
    StuckValve {
        /// The line.
        line: usize,
        /// Whether it is stuck open.
        open: bool,
        /// When.
        at_ms: u64,
    },
    /// A heater drifts away by 0.5 °C a second.
    Drift {
        /// The heater.
        heater: usize,
        /// When.
        at_ms: u64,
    },
    /// The heartbeat of the controller stops, though it answers.
    HeartbeatStops {
        /// When.
        at_ms: u64,
    },
    /// A bit of the loaded recipe turns.
    Corrupt {
        /// When.
        at_ms: u64,
    },
    /// It answers no more.
    Dies {
        /// When.
        at_ms: u64,
    },
    /// The base pressure is never reached.
    NoVacuum,
    /// Its clock is wrong by this factor.
    WrongClock {
        /// Length of a step over the planned one.
        factor: f64,
    },
    /// Air leaks into the chamber.
    Leaks {
        /// Rise of the pressure of the shut chamber (Pa/s).
        pa_per_s: f64,
    },
    /// The emergency stop is pressed.
    Stop {
        /// When.
        at_ms: u64,
    },
    /// A controller that does not do what it should, from the start on.
    Misbehaves(Misbehaviour),
}

/// What a controller does instead of what it should.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Misbehaviour {
    /// Steps of pumping have no length.
    SkipsPumps,
    /// Every dose opens a second valve, too.
    SecondValve(usize),
    /// Every dose opens this valve.
    WrongValve(usize),
    /// The valve to the pump is shut in every step.
    PumpShut,
    /// The first two steps of the table are exchanged.
    SwapsSteps,
    /// Every step is executed twice.
    RepeatsSteps,
    /// It ends after this cycle.
    EndsAfter(u32),
    /// The plasma burns in every step with this power (mW).
    Plasma(u32),
    /// Every mass flow controller has this flow (msccm) in every step.
    Flow(u32),
    /// It writes no records.
    NoRecords,
    /// It never writes the record of the first step.
    LosesRecord,
    /// The gauge shows atmosphere once steps are executed.
    Atmosphere,
    /// The alarm of the interlock is raised all the run, which goes on.
    Alarm,
    /// An interlock is open all the run, which goes on.
    IgnoresInterlock,
    /// A heater goes to 6482 °C during the preparation.
    Hot(usize),
    /// A heater is 60 °C too hot for a moment in the first step.
    Peak(usize),
    /// A valve opens for a moment in the second step, though nobody told it.
    Blink(usize),
    /// The first step takes as long as this (ms).
    LongStep(u64),
    /// The first step is in the records with its planned length, but lasted as long as this (ms).
    HiddenLongStep(u64),
    /// It prepares nothing.
    Unprepared,
    /// It acknowledges an abort and goes on.
    IgnoresAbort,
    /// It acknowledges a pause and goes on.
    IgnoresPause,
    /// It reports that the run is complete, but goes on.
    SaysComplete,
    /// Heaters keep their set-points in the safe state.
    StaysHot,
    /// A valve is open in the safe state.
    OpenAfter(usize),
    /// The valve to the pump is shut in the safe state.
    ShutAfter,
    /// Gas flows in the safe state (msccm).
    FlowAfter(u32),
    /// The plasma burns in the safe state (mW).
    PlasmaAfter(u32),
    /// It holds a run for ever, of its own accord, in the second step.
    HoldsForever,
    /// Air leaks into the chamber (µPa/s), and it goes on after the leak test.
    IgnoresLeak(u32),
    /// It leaves the leak test out.
    SkipsLeakTest,
    /// The valve to the pump is open in the leak test.
    PumpsInLeakTest,
    /// The leak test takes a quarter of its time.
    ShortLeakTest,
    /// The gauge always shows the same pressure, half the base pressure.
    StuckGauge,
    /// Set-points jump.
    IgnoresRamps,
    /// It leaves the cool-down out.
    SkipsCoolDown,
    /// The cool-down ends at once.
    EndsCoolDown,
    /// Heaters keep their set-points in the cool-down, which does not end.
    NeverCools,
    /// Its clock stands still from the second record on, though its heartbeat does not.
    FreezesClock,
    /// The number of records stands still from this one on, though steps advance.
    FreezesRecords(u32),
    /// The counters of the valves stand still from the second record on.
    FreezesCounters,
    /// The present part stands still from the second record on.
    FreezesPart,
    /// It says that it is no simulation, though its clock runs faster.
    ClaimsReal,
}

/// Why words are no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected stuck-open:VALVE@S, stuck-closed:VALVE@S, drift:HEATER@S, heartbeat@S, corrupt@S, dies@S, stop@S, no-vacuum, \
     clock:FACTOR, second-valve:VALVE, wrong-valve:VALVE, blink:VALVE, open-after:VALVE, hot:HEATER, peak:HEATER, \
     ends-after:CYCLE, plasma:W, plasma-after:W, flow:SCCM, flow-after:SCCM, long-step:S, hidden-long-step:S, skips-pumps, \
     pump-shut, swaps-steps, repeats-steps, no-records, loses-record, atmosphere, alarm, ignores-interlock, unprepared, \
     ignores-abort, ignores-pause, says-complete, stays-hot, shut-after, holds-forever, leaks:PA_PER_S, ignores-leak:PA_PER_S, \
     skips-leak-test, pumps-in-leak-test, short-leak-test, stuck-gauge, ignores-ramps, skips-cool-down, ends-cool-down, \
     never-cools, freezes-clock, freezes-records:NUMBER, freezes-counters, freezes-part or claims-real, with S in seconds, found `{found}`{why}"
)]
pub struct FaultError {
    found: String,
    why: String,
}

impl Fault {
    /// Reads a fault from words such as `stuck-open:V1@120`.
    ///
    /// # Errors
    ///
    /// [`FaultError`] with the faults that there are, or the valves or heaters.
    pub fn parse(words: &str, reactor: &Reactor) -> Result<Self, FaultError> {
        use Misbehaviour as M;
        let wrong = |why: String| FaultError { found: words.to_owned(), why };
        let (what, at) = match words.split_once('@') {
            Some((what, at)) => (what, Some(at)),
            None => (words, None),
        };
        let (kind, of) = what.split_once(':').unwrap_or((what, ""));
        let at_ms = || {
            let seconds = at.and_then(|at| at.parse::<f64>().ok()).filter(|seconds| (0.0..1e9).contains(seconds));
            seconds.map(|seconds| (seconds * 1e3) as u64).ok_or_else(|| wrong(String::new()))
        };
        let line = || {
            reactor.lines.iter().position(|line| line.valve == of).ok_or_else(|| {
                let names: Vec<_> = reactor.lines.iter().map(|line| line.valve.as_str()).collect();
                wrong(format!("; valves are {}", names.join(", ")))
            })
        };
        let heater = || {
            reactor.heater(of).ok_or_else(|| {
                let names: Vec<_> = reactor.heaters.iter().map(|heater| heater.name.as_str()).collect();
                wrong(format!("; heaters are {}", names.join(", ")))
            })
        };
        // In thousandths.
        let number = || {
            let number = of.parse::<f64>().ok().filter(|number| (0.0..4e6).contains(number));
            number.map(|number| (number * 1e3) as u32).ok_or_else(|| wrong(String::new()))
        };
        let misbehaves = match kind {
            "stuck-open" => return Ok(Self::StuckValve { line: line()?, open: true, at_ms: at_ms()? }),
            "stuck-closed" => return Ok(Self::StuckValve { line: line()?, open: false, at_ms: at_ms()? }),
            "drift" => return Ok(Self::Drift { heater: heater()?, at_ms: at_ms()? }),
            "heartbeat" => return Ok(Self::HeartbeatStops { at_ms: at_ms()? }),
            "corrupt" => return Ok(Self::Corrupt { at_ms: at_ms()? }),
            "dies" => return Ok(Self::Dies { at_ms: at_ms()? }),
            "stop" => return Ok(Self::Stop { at_ms: at_ms()? }),
            "no-vacuum" => return Ok(Self::NoVacuum),
            "clock" => {
                let factor = of.parse().ok().filter(|factor: &f64| (0.1..=10.0).contains(factor));
                return Ok(Self::WrongClock { factor: factor.ok_or_else(|| wrong(String::new()))? });
            }
            "leaks" => {
                let rate = of.parse().ok().filter(|rate: &f64| (0.0..=1000.0).contains(rate));
                return Ok(Self::Leaks { pa_per_s: rate.ok_or_else(|| wrong(String::new()))? });
            }
            "ignores-leak" => {
                let rate = of.parse().ok().filter(|rate: &f64| (0.0..=1000.0).contains(rate));
                M::IgnoresLeak((rate.ok_or_else(|| wrong(String::new()))? * 1e6) as u32)
            }
            "second-valve" => M::SecondValve(line()?),
            "wrong-valve" => M::WrongValve(line()?),
            "blink" => M::Blink(line()?),
            "open-after" => M::OpenAfter(line()?),
            "hot" => M::Hot(heater()?),
            "peak" => M::Peak(heater()?),
            "ends-after" => M::EndsAfter(number()? / 1000),
            "plasma" => M::Plasma(number()?),
            "plasma-after" => M::PlasmaAfter(number()?),
            "flow" => M::Flow(number()?),
            "flow-after" => M::FlowAfter(number()?),
            "long-step" => M::LongStep(number()?.into()),
            "hidden-long-step" => M::HiddenLongStep(number()?.into()),
            "skips-pumps" => M::SkipsPumps,
            "pump-shut" => M::PumpShut,
            "swaps-steps" => M::SwapsSteps,
            "repeats-steps" => M::RepeatsSteps,
            "no-records" => M::NoRecords,
            "loses-record" => M::LosesRecord,
            "atmosphere" => M::Atmosphere,
            "alarm" => M::Alarm,
            "ignores-interlock" => M::IgnoresInterlock,
            "unprepared" => M::Unprepared,
            "ignores-abort" => M::IgnoresAbort,
            "ignores-pause" => M::IgnoresPause,
            "says-complete" => M::SaysComplete,
            "stays-hot" => M::StaysHot,
            "shut-after" => M::ShutAfter,
            "holds-forever" => M::HoldsForever,
            "skips-leak-test" => M::SkipsLeakTest,
            "pumps-in-leak-test" => M::PumpsInLeakTest,
            "short-leak-test" => M::ShortLeakTest,
            "stuck-gauge" => M::StuckGauge,
            "ignores-ramps" => M::IgnoresRamps,
            "skips-cool-down" => M::SkipsCoolDown,
            "ends-cool-down" => M::EndsCoolDown,
            "never-cools" => M::NeverCools,
            "freezes-clock" => M::FreezesClock,
            "freezes-records" => M::FreezesRecords(number()? / 1000),
            "freezes-counters" => M::FreezesCounters,
            "freezes-part" => M::FreezesPart,
            "claims-real" => M::ClaimsReal,
            _ => return Err(wrong(String::new())),
        };
        Ok(Self::Misbehaves(misbehaves))
    }
}

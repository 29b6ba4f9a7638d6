//! A recipe compiled for one reactor: a table of steps, a table of loops, set-points. This is the program of a
//! controller.
//!
//! All quantities are whole numbers in the units in which a controller counts, so that every export can be read back
//! to the same program.

use aldb_elements::constants::ZERO_CELSIUS_K;

use crate::conditions::Conditions;
use crate::quantity::{thousandths, whole};
use crate::reactor::{HeaterKind, MOST_MFCS, Reactor};
use crate::recipe::{Block, Cycle, Precursor, PumpValve, Recipe, Step, StepKind};

/// Commands to the actuators of a reactor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Outputs {
    /// Open valves of precursors: bit i is line i.
    pub valves: u16,
    /// Whether the valve to the pump is open.
    pub pump_open: bool,
    /// Flow of each mass flow controller, in thousandths of sccm.
    pub flows_msccm: [u32; MOST_MFCS],
    /// Power of the plasma, in mW.
    pub plasma_mw: u32,
}

/// One entry of the table of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Kind of step.
    pub kind: StepKind,
    /// Whether a cycle begins with it: cycles are counted here.
    pub begins_cycle: bool,
    /// Commands to the actuators.
    pub outputs: Outputs,
    /// Duration.
    pub duration_ms: u32,
    /// Planned pressure of a dose, in µPa; 0 if none is planned.
    pub dose_pressure_upa: u32,
}

/// Slots `first..=last`, run `count` times. Loops are nested or disjoint; of loops with the same end, the inner comes
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Loop {
    /// First slot.
    pub first: u16,
    /// Last slot.
    pub last: u16,
    /// Total number of runs, 2 or more.
    pub count: u32,
}

/// A recipe compiled for one reactor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Program {
    /// The recipe.
    pub recipe_id: String,
    /// Name of the reactor.
    pub reactor: String,
    /// Set-point of each heater of the reactor, in thousandths of °C.
    pub setpoints_mc: Vec<i32>,
    /// Pressure to be reached before the first cycle, in µPa.
    pub base_pressure_upa: u32,
    /// Time for which all temperatures must be settled before the first cycle.
    pub settle_ms: u32,
    /// The steps.
    pub slots: Vec<Slot>,
    /// The loops over them.
    pub loops: Vec<Loop>,
    /// Leak test, ramps and cool-down.
    pub conditions: Conditions,
}

/// A slot that is run, and the number of the cycle, from 1, to which it belongs; 0 before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// Place in [`Program::slots`].
    pub slot: u16,
    /// Number of the cycle.
    pub cycle: u32,
}

/// A time during which no command to an actuator changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Commands to the actuators.
    pub outputs: Outputs,
    /// Duration.
    pub duration_ms: u64,
}

/// Why a recipe cannot be compiled for a reactor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// Information that a reactor requires is not in the recipe.
    #[error("{place}: expected `{entry}`, found none")]
    Missing {
        /// Place.
        place: String,
        /// The entry.
        entry: &'static str,
    },
    /// The reactor has no such part.
    #[error("{place}: the reactor has no {wanted}; it has {present}")]
    NoSuch {
        /// Place.
        place: String,
        /// Line, heater or mass flow controller that is missing.
        wanted: String,
        /// The parts that exist.
        present: String,
    },
    /// A value that the controller cannot represent.
    #[error("{place}: `{entry}` is {value}, expected {expected}")]
    Value {
        /// Place.
        place: String,
        /// The entry.
        entry: &'static str,
        /// The value.
        value: String,
        /// The representable values.
        expected: &'static str,
    },
    /// Two parallel steps with contradicting commands, or a contradiction within one.
    #[error("{place}: {problem}")]
    Parallel {
        /// Place.
        place: String,
        /// The contradiction.
        problem: String,
    },
    /// More than the controller can store.
    #[error("the recipe needs {needed} {what}, the controller holds {held}")]
    TooLong {
        /// Slots or loops.
        what: &'static str,
        /// Number in the recipe.
        needed: usize,
        /// Capacity of the controller.
        held: u16,
    },
}

impl Program {
    /// Compiles a recipe for a reactor. This checks that a controller can represent it, not that it is allowed: that is
    /// done by `check`, and an export or a driver accepts only released recipes.
    ///
    /// # Errors
    ///
    /// [`CompileError`]: the first obstacle.
    pub fn compile(recipe: &Recipe, reactor: &Reactor) -> Result<Self, CompileError> {
        Self::compile_placed(recipe, reactor).map(|(program, _)| program)
    }

    /// The same, with the place in the recipe of every slot.
    pub(crate) fn compile_placed(recipe: &Recipe, reactor: &Reactor) -> Result<(Self, Vec<String>), CompileError> {
        let missing = |entry| CompileError::Missing { place: "recipe".to_owned(), entry };
        let base_pressure = recipe.base_pressure_pa.ok_or_else(|| missing("base_pressure_pa"))?;
        let times = recipe.times().ok_or_else(|| missing("cycles"))?;
        let mut compiler = Compiler { recipe, reactor, slots: Vec::new(), places: Vec::new(), loops: Vec::new() };
        compiler.repeated(times, |compiler| compiler.blocks(&recipe.blocks()))?;
        let Compiler { slots, places, loops, .. } = compiler;
        if slots.is_empty() {
            return Err(missing("cycle"));
        }
        let limits = reactor.controller;
        for (what, needed, held) in
            [("steps", slots.len(), limits.step_slots), ("loops", loops.len(), limits.loop_slots)]
        {
            if needed > usize::from(held) {
                return Err(CompileError::TooLong { what, needed, held });
            }
        }
        let program = Self {
            recipe_id: recipe.recipe_id(),
            reactor: reactor.name.clone(),
            setpoints_mc: setpoints(recipe, reactor)?,
            base_pressure_upa: counted("recipe", "base_pressure_pa", base_pressure, 1e6, "0 to 4294 in µPa")?,
            settle_ms: recipe.settle.ok_or_else(|| missing("settle_s"))?.0,
            slots,
            loops,
            conditions: Conditions::compile(recipe, reactor)?,
        };
        Ok((program, places))
    }

    /// The slots in the order in which they are run.
    pub fn visits(&self) -> Visits<'_> {
        Visits { program: self, next: 0, cycle: 0, done: vec![0; self.loops.len()] }
    }

    /// The commands to the actuators, and their durations. If nothing changes from one step to the next, they form one
    /// segment; steps of zero duration have none.
    pub fn trace(&self) -> impl Iterator<Item = Segment> + '_ {
        let steps = self.visits().map(|visit| {
            let slot = &self.slots[usize::from(visit.slot)];
            Segment { outputs: slot.outputs, duration_ms: u64::from(slot.duration_ms) }
        });
        merged(steps)
    }
}

/// Joins consecutive segments with the same outputs, and removes those of zero duration.
pub fn merged(segments: impl Iterator<Item = Segment>) -> impl Iterator<Item = Segment> {
    let mut segments = segments.filter(|segment| segment.duration_ms > 0).peekable();
    std::iter::from_fn(move || {
        let mut segment = segments.next()?;
        while let Some(next) = segments.next_if(|next| next.outputs == segment.outputs) {
            segment.duration_ms = segment.duration_ms.saturating_add(next.duration_ms);
        }
        Some(segment)
    })
}

/// See [`Program::visits`].
#[derive(Debug, Clone)]
pub struct Visits<'a> {
    program: &'a Program,
    next: usize,
    cycle: u32,
    done: Vec<u32>,
}

impl Iterator for Visits<'_> {
    type Item = Visit;

    fn next(&mut self) -> Option<Visit> {
        let at = self.next;
        let slot = self.program.slots.get(at)?;
        self.cycle = self.cycle.saturating_add(u32::from(slot.begins_cycle));
        self.next = at + 1;
        for (over, done) in self.program.loops.iter().zip(&mut self.done) {
            if usize::from(over.last) != at {
                continue;
            }
            *done += 1;
            if *done < over.count {
                self.next = usize::from(over.first);
                break;
            }
            *done = 0;
        }
        Some(Visit { slot: u16::try_from(at).unwrap_or(u16::MAX), cycle: self.cycle })
    }
}

struct Compiler<'a> {
    recipe: &'a Recipe,
    reactor: &'a Reactor,
    slots: Vec<Slot>,
    places: Vec<String>,
    loops: Vec<Loop>,
}

impl Compiler<'_> {
    fn repeated(
        &mut self,
        count: u32,
        body: impl FnOnce(&mut Self) -> Result<(), CompileError>,
    ) -> Result<(), CompileError> {
        let (first, inner) = (self.slots.len(), self.loops.len());
        body(self)?;
        let Some(last) = self.slots.len().checked_sub(1).filter(|last| *last >= first) else { return Ok(()) };
        let slot = |place: usize| {
            u16::try_from(place).map_err(|_| CompileError::TooLong {
                what: "steps",
                needed: self.slots.len(),
                held: self.reactor.controller.step_slots,
            })
        };
        let (first, last) = (slot(first)?, slot(last)?);
        if count < 2 {
            return Ok(());
        }
        // A loop that contains only a loop is merged with it.
        if let [.., only] = &mut self.loops[inner..]
            && (only.first, only.last) == (first, last)
            && let Some(product) = only.count.checked_mul(count)
        {
            only.count = product;
            return Ok(());
        }
        self.loops.push(Loop { first, last, count });
        Ok(())
    }

    fn blocks(&mut self, blocks: &[Block]) -> Result<(), CompileError> {
        for block in blocks {
            self.repeated(block.repeat, |compiler| match &block.cycle {
                Some(name) => compiler.recipe.cycle_type(name).map_or(Ok(()), |cycle| compiler.cycle(cycle)),
                None => compiler.blocks(&block.sequence),
            })?;
        }
        Ok(())
    }

    fn cycle(&mut self, cycle: &Cycle) -> Result<(), CompileError> {
        let before = self.slots.len();
        for (index, step) in cycle.steps.iter().enumerate() {
            let place = format!("cycle `{}`, step {}", cycle.name, index + 1);
            self.step(&place, step)?;
        }
        if let Some(first) = self.slots.get_mut(before) {
            first.begins_cycle = true;
        }
        // Keeps the table far smaller than the memory, whatever the nesting.
        if self.slots.len() > usize::from(u16::MAX) {
            let held = self.reactor.controller.step_slots;
            return Err(CompileError::TooLong { what: "steps", needed: self.slots.len(), held });
        }
        Ok(())
    }

    /// A parallel step is divided at the beginning and end of each of its own steps.
    fn step(&mut self, place: &str, step: &Step) -> Result<(), CompileError> {
        let mut parts = Vec::new();
        timed(place, step, 0, &mut parts)?;
        let mut cuts: Vec<u64> = parts.iter().flat_map(|part| [part.begins_ms, part.ends_ms]).collect();
        cuts.push(0);
        cuts.sort_unstable();
        cuts.dedup();
        if step.step != StepKind::Parallel && cuts.len() < 2 {
            return Err(CompileError::Value {
                place: place.to_owned(),
                entry: "duration_s",
                value: "0".to_owned(),
                expected: "more than 0",
            });
        }
        for pair in cuts.windows(2) {
            let [from, to] = *pair else { continue };
            let now: Vec<&Timed<'_>> =
                parts.iter().filter(|part| part.begins_ms <= from && to <= part.ends_ms).collect();
            let slot = self.slot(place, &now, to - from)?;
            self.slots.push(slot);
            self.places.push(place.to_owned());
        }
        Ok(())
    }

    fn slot(&self, place: &str, parts: &[&Timed<'_>], duration_ms: u64) -> Result<Slot, CompileError> {
        let mut outputs = Outputs { pump_open: true, ..Outputs::default() };
        let mut dose_pressure_upa = 0;
        for Timed { place, step, .. } in parts {
            if step.pump_valve == Some(PumpValve::Closed) {
                outputs.pump_open = false;
            }
            match step.step {
                StepKind::Dose => {
                    let precursor = step.precursor.as_deref().and_then(|name| self.recipe.precursor(name));
                    let Some(precursor) = precursor else { continue };
                    self.dose(place, precursor, &mut outputs)?;
                    // The same precursor may be dosed twice at once: its valve is open once.
                    let again = parts.iter().take_while(|part| !std::ptr::eq(part.step, *step));
                    let again = { again }.any(|part| part.step.precursor == step.precursor);
                    if let Some(pressure) = precursor.dose_pressure_pa.filter(|_| !again) {
                        let pressure_upa = counted(place, "dose_pressure_pa", pressure, 1e6, PRESSURE)?;
                        dose_pressure_upa = u32::checked_add(dose_pressure_upa, pressure_upa).ok_or_else(|| {
                            let (entry, value) = ("dose_pressure_pa", "more, of doses at the same time".to_owned());
                            CompileError::Value { place: place.clone(), entry, value, expected: PRESSURE }
                        })?;
                    }
                }
                StepKind::Purge | StepKind::Plasma => self.gas(place, step, &mut outputs)?,
                StepKind::Pump | StepKind::Wait | StepKind::Parallel => {}
            }
        }
        // The most important action gives the step its kind.
        let order = [StepKind::Dose, StepKind::Plasma, StepKind::Purge, StepKind::Pump];
        let kind = order.into_iter().find(|kind| parts.iter().any(|part| part.step.step == *kind));
        if parts.iter().any(|part| part.step.step == StepKind::Pump) && !outputs.pump_open {
            return Err(CompileError::Parallel {
                place: place.to_owned(),
                problem: "pumping with the valve to the pump closed".to_owned(),
            });
        }
        let duration_ms = u32::try_from(duration_ms).map_err(|_| CompileError::Value {
            place: place.to_owned(),
            entry: "duration_s",
            value: (duration_ms / 1000).to_string(),
            expected: "4294967 s at most",
        })?;
        Ok(Slot { kind: kind.unwrap_or(StepKind::Wait), begins_cycle: false, outputs, duration_ms, dose_pressure_upa })
    }

    fn dose(&self, place: &str, precursor: &Precursor, outputs: &mut Outputs) -> Result<(), CompileError> {
        let Some((number, line)) = self.reactor.line_of(&precursor.name) else {
            let present: Vec<_> = self.reactor.lines.iter().flat_map(|line| &line.precursors).cloned().collect();
            return Err(CompileError::NoSuch {
                place: place.to_owned(),
                wanted: format!("line for `{}`", precursor.name),
                present: format!("lines for {}", present.join(", ")),
            });
        };
        outputs.valves |= 1 << number;
        if precursor.carrier_gas.is_none() && precursor.carrier_flow_sccm.is_none() {
            return Ok(());
        }
        let mfc = line.carrier_mfc.as_deref().and_then(|name| self.reactor.mfc(name));
        let fits = |mfc: &usize| precursor.carrier_gas.as_ref().is_none_or(|gas| *gas == self.reactor.mfcs[*mfc].gas);
        let Some(mfc) = mfc.filter(fits) else {
            let gas = precursor.carrier_gas.as_deref().unwrap_or("gas");
            return Err(self.no_gas(place, &format!("carrier {gas} on line `{}`", line.valve)));
        };
        let flow = precursor.carrier_flow_sccm.ok_or_else(|| CompileError::Missing {
            place: format!("precursor `{}`", precursor.name),
            entry: "carrier_flow_sccm",
        })?;
        self.flow(place, mfc, counted(place, "carrier_flow_sccm", flow, 1e3, FLOW)?, outputs)
    }

    fn gas(&self, place: &str, step: &Step, outputs: &mut Outputs) -> Result<(), CompileError> {
        let missing = |entry| CompileError::Missing { place: place.to_owned(), entry };
        let gas = step.gas.as_deref().ok_or_else(|| missing("gas"))?;
        let flow = step.flow_sccm.ok_or_else(|| missing("flow_sccm"))?;
        let mfc = self.reactor.mfc_of_gas(gas).ok_or_else(|| self.no_gas(place, &format!("flow of {gas}")))?;
        self.flow(place, mfc, counted(place, "flow_sccm", flow, 1e3, FLOW)?, outputs)?;
        if step.step == StepKind::Plasma {
            let power = step.power_w.ok_or_else(|| missing("power_w"))?;
            let power = counted(place, "power_w", power, 1e3, "0 to 4294967 W with three decimals at most")?;
            if self.reactor.plasma.is_none() {
                return Err(CompileError::NoSuch {
                    place: place.to_owned(),
                    wanted: "plasma source".to_owned(),
                    present: "none".to_owned(),
                });
            }
            if outputs.plasma_mw != 0 && outputs.plasma_mw != power {
                return Err(CompileError::Parallel { place: place.to_owned(), problem: "two plasmas at once".into() });
            }
            outputs.plasma_mw = power;
        }
        Ok(())
    }

    fn flow(&self, place: &str, mfc: usize, flow: u32, outputs: &mut Outputs) -> Result<(), CompileError> {
        let present = outputs.flows_msccm[mfc];
        if present != 0 && present != flow {
            return Err(CompileError::Parallel {
                place: place.to_owned(),
                problem: format!("two flows at once through `{}`", self.reactor.mfcs[mfc].name),
            });
        }
        outputs.flows_msccm[mfc] = flow;
        Ok(())
    }

    fn no_gas(&self, place: &str, wanted: &str) -> CompileError {
        let present: Vec<_> = self.reactor.mfcs.iter().map(|mfc| format!("{} ({})", mfc.name, mfc.gas)).collect();
        let present = if present.is_empty() { "none".to_owned() } else { present.join(", ") };
        CompileError::NoSuch { place: place.to_owned(), wanted: wanted.to_owned(), present }
    }
}

const PRESSURE: &str = "0 to 4294 Pa in whole µPa";
const FLOW: &str = "0 to 4294967 sccm with three decimals at most";

/// A step that is not parallel, with its times of beginning and end in the parallel step that contains it.
struct Timed<'a> {
    place: String,
    step: &'a Step,
    begins_ms: u64,
    ends_ms: u64,
}

fn timed<'a>(place: &str, step: &'a Step, offset_ms: u64, parts: &mut Vec<Timed<'a>>) -> Result<(), CompileError> {
    let begins_ms = offset_ms + step.start.map_or(0, |start| u64::from(start.0));
    if step.step == StepKind::Parallel {
        for (index, inner) in step.steps.iter().enumerate() {
            timed(&format!("{place}.{}", index + 1), inner, begins_ms, parts)?;
        }
        return Ok(());
    }
    let duration =
        step.duration.ok_or_else(|| CompileError::Missing { place: place.to_owned(), entry: "duration_s" })?;
    let ends_ms = begins_ms + u64::from(duration.0);
    parts.push(Timed { place: place.to_owned(), step, begins_ms, ends_ms });
    Ok(())
}

/// Set-points of all heaters: those stated in the recipe, standby for the others.
fn setpoints(recipe: &Recipe, reactor: &Reactor) -> Result<Vec<i32>, CompileError> {
    let setpoint = |place: &str, entry, value: f64| {
        let expected = "°C with three decimals at most, -273.15 to 2000";
        let wrong = || CompileError::Value { place: place.to_owned(), entry, value: value.to_string(), expected };
        if !(-ZERO_CELSIUS_K..=2000.0).contains(&value) {
            return Err(wrong());
        }
        thousandths(value).ok_or_else(wrong)
    };
    let mut setpoints = Vec::with_capacity(reactor.heaters.len());
    for heater in &reactor.heaters {
        let (place, entry, value) = match heater.heats {
            HeaterKind::Substrate => {
                ("recipe".to_owned(), "deposition_temperature_c", Some(recipe.deposition_temperature_c))
            }
            HeaterKind::Wall => {
                let entry = "wall_temperature_c";
                let missing = || CompileError::Missing { place: "recipe".to_owned(), entry };
                ("recipe".to_owned(), entry, Some(recipe.wall_temperature_c.ok_or_else(missing)?))
            }
            HeaterKind::Line | HeaterKind::Source => of_precursors(recipe, reactor, heater)?,
        };
        setpoints.push(match value {
            Some(value) => setpoint(&place, entry, value)?,
            None => setpoint(&heater.name, "standby_c", heater.standby_c)?,
        });
    }
    Ok(setpoints)
}

/// Temperature that the precursors on a heater's lines require. Precursors that require different temperatures
/// contradict each other.
fn of_precursors(
    recipe: &Recipe,
    reactor: &Reactor,
    heater: &crate::reactor::Heater,
) -> Result<(String, &'static str, Option<f64>), CompileError> {
    let mut asked: Option<(String, f64)> = None;
    let entry = if heater.heats == HeaterKind::Source { "source_temperature_c" } else { "line_temperature_c" };
    for precursor in &recipe.precursors {
        let Some((_, line)) = reactor.line_of(&precursor.name) else { continue };
        let (on, value) = match heater.heats {
            HeaterKind::Source => (&line.source_heater, precursor.source_temperature_c),
            _ => (&line.line_heater, precursor.line_temperature_c),
        };
        let (true, Some(value)) = (on.as_ref() == Some(&heater.name), value) else { continue };
        let place = format!("precursor `{}`", precursor.name);
        #[expect(clippy::float_cmp, reason = "both temperatures are as written in the recipe")]
        if asked.as_ref().is_some_and(|(_, other)| *other != value) {
            return Err(CompileError::Parallel {
                place,
                problem: format!("another precursor requires a different temperature of heater `{}`", heater.name),
            });
        }
        asked = Some((place, value));
    }
    Ok(match asked {
        Some((place, value)) => (place, entry, Some(value)),
        None => (format!("heater `{}`", heater.name), entry, None),
    })
}

fn counted(
    place: &str,
    entry: &'static str,
    value: f64,
    scale: f64,
    expected: &'static str,
) -> Result<u32, CompileError> {
    whole(value, scale).and_then(|value| u32::try_from(value).ok()).ok_or_else(|| CompileError::Value {
        place: place.to_owned(),
        entry,
        value: value.to_string(),
        expected,
    })
}

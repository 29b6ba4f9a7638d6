//! A control recipe in JSON, with the parts that ISA-88 (IEC 61512-1) gives one: header, formula, equipment, procedure.
//!
//! `schemas/exports/recipe.schema.json` is its schema. Keys are sorted; quantities are decimal numbers with at most three
//! decimals, for pressures six, and state their unit.

use serde_json::{Map, Number, Value, json};

use super::error::ImportError;
use crate::canonical::object;
use crate::conditions::{Conditions, Cooling, Leak};
use crate::program::{Loop, Outputs, Program, Slot};
use crate::quantity::whole;
use crate::reactor::{MOST_MFCS, Reactor};
use crate::recipe::StepKind;
use crate::release::Released;

/// Information that only the recipe contains.
#[derive(Default)]
pub(super) struct Names {
    name: String,
    process: String,
    accepted: Vec<(String, String)>,
    precursors: Vec<String>,
}

pub(super) fn write(released: &Released) -> String {
    let recipe = released.recipe();
    let names = Names {
        name: recipe.name.clone(),
        process: recipe.process.clone(),
        accepted: recipe.accepted.iter().map(|accepted| (accepted.rule.clone(), accepted.reason.clone())).collect(),
        precursors: recipe.precursors.iter().map(|precursor| precursor.name.clone()).collect(),
    };
    write_program(released.program(), released.reactor(), &names)
}

pub(super) fn write_program(program: &Program, reactor: &Reactor, names: &Names) -> String {
    let accepted =
        names.accepted.iter().map(|(rule, reason)| object(vec![("rule", json!(rule)), ("reason", json!(reason))]));
    let conditions = &program.conditions;
    let setpoints = reactor.heaters.iter().enumerate().zip(&program.setpoints_mc).map(|((index, heater), setpoint)| {
        let ramp = conditions.ramps_mc_per_min.get(index).filter(|ramp| **ramp > 0);
        let vent = conditions.cooling.as_ref().and_then(|cooling| cooling.vent_mc.get(index).copied().flatten());
        object(vec![
            ("heater", json!(heater.name)),
            ("temperature_c", scaled((*setpoint).into(), 1e3)),
            ("max_ramp_c_per_min", ramp.map_or(Value::Null, |ramp| scaled((*ramp).into(), 1e3))),
            ("vent_below_c", vent.map_or(Value::Null, |vent| scaled(vent.into(), 1e3))),
        ])
    });
    let leak_test = conditions.leak.map_or(Value::Null, |leak| {
        let rise = i64::try_from(leak.rise_upa).unwrap_or(i64::MAX);
        object(vec![("duration_s", scaled(leak.duration_ms.into(), 1e3)), ("max_rise_pa", scaled(rise, 1e6))])
    });
    let cooling = conditions.cooling.as_ref();
    let valves = reactor.lines.iter().map(|line| {
        let precursor = line.precursors.iter().find(|name| names.precursors.contains(name));
        object(vec![("valve", json!(line.valve)), ("precursor", precursor.map_or(Value::Null, |name| json!(name)))])
    });
    let mfcs = reactor.mfcs.iter().map(|mfc| object(vec![("name", json!(mfc.name)), ("gas", json!(mfc.gas))]));
    let last = program.slots.len();
    let procedure = object(vec![
        ("unit_procedure", json!("deposit")),
        ("operations", Value::Array(operations(program, reactor, (0, last), &program.loops))),
    ]);
    let recipe = object(vec![
        ("format", json!("aldb control recipe")),
        ("version", json!(2)),
        (
            "header",
            object(vec![
                ("recipe_id", json!(program.recipe_id)),
                ("name", json!(names.name)),
                ("process", json!(names.process)),
                ("reactor", json!(program.reactor)),
                ("accepted", accepted.collect()),
            ]),
        ),
        (
            "formula",
            object(vec![
                ("base_pressure_pa", scaled(program.base_pressure_upa.into(), 1e6)),
                ("settle_s", scaled(program.settle_ms.into(), 1e3)),
                ("setpoints", setpoints.collect()),
                ("leak_test", leak_test),
                ("cool_down_max_s", cooling.map_or(Value::Null, |cooling| scaled(cooling.longest_ms.into(), 1e3))),
            ]),
        ),
        ("equipment", object(vec![("valves", valves.collect()), ("mass_flow_controllers", mfcs.collect())])),
        ("procedure", object(vec![("unit_procedures", Value::Array(vec![procedure]))])),
    ]);
    format!("{recipe:#}\n")
}

/// A whole number of parts as a decimal number.
fn scaled(parts: i64, scale: f64) -> Value {
    let value = parts as f64 / scale;
    if value.fract() == 0.0 { json!(value as i64) } else { Number::from_f64(value).map_or(Value::Null, Value::Number) }
}

/// The slots of a range: runs of phases, and loops as operations that are repeated. Of two loops over the same slots
/// the outer one is later in the table.
fn operations(program: &Program, reactor: &Reactor, (from, to): (usize, usize), loops: &[Loop]) -> Vec<Value> {
    let mut found = Vec::new();
    let mut phases = Vec::new();
    let mut at = from;
    let inside = |over: &Loop| usize::from(over.first) >= from && usize::from(over.last) < to;
    while at < to {
        let widest = loops
            .iter()
            .enumerate()
            .filter(|(_, over)| inside(over) && usize::from(over.first) == at)
            .max_by_key(|(index, over)| (over.last, *index));
        let Some((index, over)) = widest else {
            phases.push(phase(&program.slots[at], reactor));
            at += 1;
            continue;
        };
        if !phases.is_empty() {
            found.push(object(vec![("phases", Value::Array(std::mem::take(&mut phases)))]));
        }
        let end = usize::from(over.last) + 1;
        let inner: Vec<Loop> =
            loops.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, over)| *over).collect();
        found.push(object(vec![
            ("repeat", json!(over.count)),
            ("operations", Value::Array(operations(program, reactor, (at, end), &inner))),
        ]));
        at = end;
    }
    if !phases.is_empty() {
        found.push(object(vec![("phases", Value::Array(phases))]));
    }
    found
}

fn phase(slot: &Slot, reactor: &Reactor) -> Value {
    let Outputs { valves, pump_open, flows_msccm, plasma_mw } = slot.outputs;
    let open = reactor.lines.iter().enumerate().filter(|(line, _)| valves >> line & 1 == 1);
    let flows = reactor.mfcs.iter().zip(flows_msccm).filter(|(_, flow)| *flow != 0);
    let flow = |(mfc, flow): (&crate::reactor::Mfc, u32)| {
        object(vec![("name", json!(mfc.name)), ("flow_sccm", scaled(flow.into(), 1e3))])
    };
    let stated = |value: u32, scale: f64| if value == 0 { Value::Null } else { scaled(value.into(), scale) };
    object(vec![
        ("phase", json!(slot.kind.name())),
        ("begins_cycle", json!(slot.begins_cycle)),
        ("duration_s", scaled(slot.duration_ms.into(), 1e3)),
        ("valves", open.map(|(_, line)| json!(line.valve)).collect()),
        ("pump_valve", json!(if pump_open { "open" } else { "closed" })),
        ("flows", flows.map(flow).collect()),
        ("plasma_power_w", stated(plasma_mw, 1e3)),
        ("dose_pressure_pa", stated(slot.dose_pressure_upa, 1e6)),
    ])
}

pub(super) fn read(text: &str, reactor: &Reactor) -> Result<Program, ImportError> {
    let recipe: Value = serde_json::from_str(text)
        .map_err(|error| ImportError::new(format!("line {}", error.line()), error.to_string()))?;
    let root = Entry { place: String::new(), value: &recipe };
    if root.at("format")?.text()? != "aldb control recipe" || root.at("version")?.value != &json!(2) {
        return Err(ImportError::new("format", "expected `aldb control recipe`, version 2"));
    }
    let (header, formula) = (root.at("header")?, root.at("formula")?);
    let mut setpoints_mc = vec![0; reactor.heaters.len()];
    let mut conditions = Conditions::none(reactor.heaters.len());
    let mut vent_mc = vec![None; reactor.heaters.len()];
    let setpoints = formula.at("setpoints")?.items()?;
    if setpoints.len() != setpoints_mc.len() {
        return Err(ImportError::new("formula, setpoints", format!("expected {} of them", setpoints_mc.len())));
    }
    for entry in setpoints {
        let heater = entry.at("heater")?;
        let place = reactor.heater(heater.text()?).ok_or_else(|| heater.wrong("a heater of the reactor"))?;
        let setpoint = entry.at("temperature_c")?;
        setpoints_mc[place] =
            setpoint.parts(1e3).and_then(|parts| i32::try_from(parts).map_err(|_| setpoint.wrong("a temperature")))?;
        if let Some(ramp) = entry.stated("max_ramp_c_per_min")? {
            conditions.ramps_mc_per_min[place] = ramp.count(1e3)?;
        }
        if let Some(vent) = entry.stated("vent_below_c")? {
            vent_mc[place] = Some(i32::try_from(vent.parts(1e3)?).map_err(|_| vent.wrong("a temperature"))?);
        }
    }
    if let Some(test) = formula.stated("leak_test")? {
        let rise = test.at("max_rise_pa")?;
        let rise_upa = u64::try_from(rise.parts(1e6)?).map_err(|_| rise.wrong("a pressure"))?;
        conditions.leak = Some(Leak { duration_ms: test.at("duration_s")?.count(1e3)?, rise_upa });
    }
    if let Some(longest) = formula.stated("cool_down_max_s")? {
        conditions.cooling = Some(Cooling { vent_mc, longest_ms: longest.count(1e3)? });
    }
    let mut program = Program {
        recipe_id: header.at("recipe_id")?.text()?.to_owned(),
        reactor: header.at("reactor")?.text()?.to_owned(),
        setpoints_mc,
        base_pressure_upa: formula.at("base_pressure_pa")?.count(1e6)?,
        settle_ms: formula.at("settle_s")?.count(1e3)?,
        slots: Vec::new(),
        loops: Vec::new(),
        conditions,
    };
    for unit in root.at("procedure")?.at("unit_procedures")?.items()? {
        for operation in unit.at("operations")?.items()? {
            run(&operation, reactor, &mut program, 0)?;
        }
    }
    Ok(program)
}

fn run(operation: &Entry<'_>, reactor: &Reactor, program: &mut Program, depth: usize) -> Result<(), ImportError> {
    if depth > 2 * crate::recipe::DEEPEST {
        return Err(operation.wrong("operations that are nested less deeply"));
    }
    let place = |program: &Program| u16::try_from(program.slots.len()).map_err(|_| operation.wrong("fewer phases"));
    if operation.value.get("phases").is_some() {
        for entry in operation.at("phases")?.items()? {
            let slot = slot(&entry, reactor)?;
            place(program)?;
            program.slots.push(slot);
        }
        return Ok(());
    }
    let first = place(program)?;
    for inner in operation.at("operations")?.items()? {
        run(&inner, reactor, program, depth + 1)?;
    }
    let count = operation.at("repeat")?.count(1.0)?;
    match place(program)?.checked_sub(1).filter(|last| *last >= first && count > 0) {
        Some(last) => program.loops.push(Loop { first, last, count }),
        None => return Err(operation.wrong("something to repeat, once or more")),
    }
    Ok(())
}

fn slot(entry: &Entry<'_>, reactor: &Reactor) -> Result<Slot, ImportError> {
    let phase = entry.at("phase")?;
    let kinds = [StepKind::Dose, StepKind::Purge, StepKind::Pump, StepKind::Wait, StepKind::Plasma];
    let kind =
        kinds.into_iter().find(|kind| phase.value == kind.name()).ok_or_else(|| phase.wrong("a kind of step"))?;
    let mut valves = 0;
    for valve in entry.at("valves")?.items()? {
        let name = valve.text()?;
        let line = reactor.lines.iter().position(|line| line.valve == name);
        valves |= 1 << line.ok_or_else(|| valve.wrong("a valve of the reactor"))?;
    }
    let mut flows_msccm = [0; MOST_MFCS];
    for flow in entry.at("flows")?.items()? {
        let name = flow.at("name")?;
        let mfc = reactor.mfc(name.text()?).ok_or_else(|| name.wrong("a mass flow controller of the reactor"))?;
        flows_msccm[mfc] = flow.at("flow_sccm")?.count(1e3)?;
    }
    let pump = entry.at("pump_valve")?;
    let optional =
        |name: &str, scale| if entry.value.get(name).is_some() { entry.at(name)?.count(scale) } else { Ok(0) };
    let begins = entry.at("begins_cycle")?;
    Ok(Slot {
        kind,
        begins_cycle: begins.value.as_bool().ok_or_else(|| begins.wrong("true or false"))?,
        outputs: Outputs {
            valves,
            pump_open: match pump.text()? {
                "open" => true,
                "closed" => false,
                _ => return Err(pump.wrong("`open` or `closed`")),
            },
            flows_msccm,
            plasma_mw: optional("plasma_power_w", 1e3)?,
        },
        duration_ms: entry.at("duration_s")?.count(1e3)?,
        dose_pressure_upa: optional("dose_pressure_pa", 1e6)?,
    })
}

/// A value and its place.
struct Entry<'a> {
    place: String,
    value: &'a Value,
}

impl<'a> Entry<'a> {
    fn at(&self, name: &str) -> Result<Entry<'a>, ImportError> {
        let place = if self.place.is_empty() { name.to_owned() } else { format!("{}, {name}", self.place) };
        match self.value.as_object().and_then(|object: &'a Map<String, Value>| object.get(name)) {
            Some(value) => Ok(Entry { place, value }),
            None => Err(ImportError::new(place, "expected it, found none")),
        }
    }

    /// An entry that may be absent.
    fn stated(&self, name: &str) -> Result<Option<Entry<'a>>, ImportError> {
        if self.value.get(name).is_some() { self.at(name).map(Some) } else { Ok(None) }
    }

    fn items(&self) -> Result<Vec<Entry<'a>>, ImportError> {
        let items = self.value.as_array().ok_or_else(|| self.wrong("a list"))?;
        let entry = |(index, value)| Entry { place: format!("{} {}", self.place, index + 1), value };
        Ok(items.iter().enumerate().map(entry).collect())
    }

    fn text(&self) -> Result<&'a str, ImportError> {
        self.value.as_str().ok_or_else(|| self.wrong("text"))
    }

    fn parts(&self, scale: f64) -> Result<i64, ImportError> {
        self.value
            .as_f64()
            .and_then(|value| whole(value, scale))
            .ok_or_else(|| self.wrong("a number that is not finer"))
    }

    fn count(&self, scale: f64) -> Result<u32, ImportError> {
        u32::try_from(self.parts(scale)?).map_err(|_| self.wrong("a number in its range"))
    }

    fn wrong(&self, expected: &str) -> ImportError {
        ImportError::new(self.place.clone(), format!("expected {expected}, found `{}`", self.value))
    }
}

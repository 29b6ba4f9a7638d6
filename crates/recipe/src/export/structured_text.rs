//! A data block in Structured Text (IEC 61131-3, 3rd edition): types, and one list of constants.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::error::ImportError;
use crate::conditions::{Conditions, Cooling, Leak};
use crate::program::{Loop, Outputs, Program, Slot};
use crate::quantity::whole;
use crate::reactor::{MOST_MFCS, Reactor};
use crate::recipe::StepKind;
use crate::register_map::{ANY_MC, kind_of};

const TYPES: &str = "\
TYPE ALDB_STEP : STRUCT
    kind : UINT; (* 1 dose, 2 purge, 3 pump, 4 wait, 5 plasma *)
    begins_cycle : BOOL;
    valves : WORD; (* bit i is line i *)
    pump_open : BOOL;
    duration : TIME;
    flow_msccm : ARRAY[0..3] OF UDINT; (* thousandths of sccm *)
    plasma_mw : UDINT;
    dose_pressure_upa : UDINT; (* 0: none planned *)
END_STRUCT END_TYPE

TYPE ALDB_LOOP : STRUCT
    first : UINT; (* steps from 0 *)
    last : UINT;
    count : UDINT;
END_STRUCT END_TYPE
";

pub(super) fn write(program: &Program, reactor: &Reactor) -> Result<String, String> {
    let mut text = format!("(* A recipe for a reactor. Run the steps as docs/REACTOR.md describes. *)\n\n{TYPES}\n");
    // Writing to a string cannot fail.
    let mut line = |words: std::fmt::Arguments<'_>| {
        writeln!(text, "{words}").ok();
    };
    line(format_args!("VAR_GLOBAL CONSTANT"));
    line(format_args!("    recipe_id : STRING[32] := '{}';", quoted(&program.recipe_id)));
    line(format_args!("    reactor : STRING[255] := '{}';", quoted(&program.reactor)));
    line(format_args!("    base_pressure_upa : UDINT := {};", program.base_pressure_upa));
    line(format_args!("    settle : TIME := T#{}ms;", program.settle_ms));
    let setpoints: Vec<String> = program.setpoints_mc.iter().map(i32::to_string).collect();
    // An array has at least one element.
    let most = |n: usize| n.max(1) - 1;
    line(format_args!("    n_heaters : UINT := {};", setpoints.len()));
    line(format_args!("    setpoint_mc : ARRAY[0..{}] OF DINT := [{}];", most(setpoints.len()), or_zero(&setpoints)));
    // What the recipe leaves to the reactor, so that the controller needs no other file.
    let parts = |value: f64| {
        let parts = whole(value, 1e3).and_then(|parts| i32::try_from(parts).ok());
        parts.map(|parts| parts.to_string()).ok_or_else(|| format!("{value} °C is not in thousandths"))
    };
    let standby = reactor.heaters.iter().map(|heater| parts(heater.standby_c)).collect::<Result<Vec<_>, _>>()?;
    line(format_args!("    standby_mc : ARRAY[0..{}] OF DINT := [{}];", most(standby.len()), or_zero(&standby)));
    line(format_args!("    tolerance_mc : DINT := {};", parts(reactor.tolerance.temperature_c)?));
    let conditions = &program.conditions;
    let ramps: Vec<String> = conditions.ramps_mc_per_min.iter().map(u32::to_string).collect();
    line(format_args!("    (* thousandths of °C/min; 0: no limit *)"));
    line(format_args!("    ramp_mc_per_min : ARRAY[0..{}] OF UDINT := [{}];", most(ramps.len()), or_zero(&ramps)));
    let (leak_ms, rise_upa) = conditions.leak.map_or((0, 0), |leak| (leak.duration_ms, leak.rise_upa));
    line(format_args!("    leak_test : TIME := T#{leak_ms}ms; (* 0: none *)"));
    line(format_args!("    leak_test_rise_upa : ULINT := {rise_upa};"));
    let (vent, longest_ms) = match &conditions.cooling {
        Some(cooling) => (cooling.vent_mc.clone(), cooling.longest_ms),
        None => (vec![None; program.setpoints_mc.len()], 0),
    };
    let vent: Vec<String> = vent.iter().map(|vent| vent.unwrap_or(ANY_MC).to_string()).collect();
    line(format_args!("    cool_down : TIME := T#{longest_ms}ms; (* longest; 0: none *)"));
    line(format_args!("    (* thousandths of °C; {ANY_MC}: any *)"));
    line(format_args!("    vent_mc : ARRAY[0..{}] OF DINT := [{}];", most(vent.len()), or_zero(&vent)));
    line(format_args!("    longest_preparation : TIME := T#{}ms;", reactor.tolerance.ready.0));
    let loops: Vec<String> = program
        .loops
        .iter()
        .map(|over| format!("(first := {}, last := {}, count := {})", over.first, over.last, over.count))
        .collect();
    line(format_args!("    n_loops : UINT := {};", loops.len()));
    let none = vec!["(first := 0, last := 0, count := 0)".to_owned()];
    let written = if loops.is_empty() { &none } else { &loops };
    line(format_args!("    loops : ARRAY[0..{}] OF ALDB_LOOP := [", most(loops.len())));
    line(format_args!("        {}", written.join(",\n        ")));
    line(format_args!("    ];"));
    line(format_args!("    n_steps : UINT := {};", program.slots.len()));
    line(format_args!("    steps : ARRAY[0..{}] OF ALDB_STEP := [", most(program.slots.len())));
    let steps: Vec<String> = program.slots.iter().map(step).collect();
    line(format_args!("        {}", steps.join(",\n        ")));
    line(format_args!("    ];"));
    line(format_args!("END_VAR"));
    Ok(text)
}

fn or_zero(items: &[String]) -> String {
    if items.is_empty() { "0".to_owned() } else { items.join(", ") }
}

fn step(slot: &Slot) -> String {
    let truth = |is: bool| if is { "TRUE" } else { "FALSE" };
    let kind = match slot.kind {
        StepKind::Dose => 1,
        StepKind::Purge => 2,
        StepKind::Pump => 3,
        StepKind::Wait | StepKind::Parallel => 4,
        StepKind::Plasma => 5,
    };
    format!(
        "(kind := {kind}, begins_cycle := {}, valves := 16#{:04X}, pump_open := {}, duration := T#{}ms, \
         flow_msccm := [{}], plasma_mw := {}, dose_pressure_upa := {})",
        truth(slot.begins_cycle),
        slot.outputs.valves,
        truth(slot.outputs.pump_open),
        slot.duration_ms,
        slot.outputs.flows_msccm.map(|flow| flow.to_string()).join(", "),
        slot.outputs.plasma_mw,
        slot.dose_pressure_upa
    )
}

fn quoted(text: &str) -> String {
    text.replace('$', "$$").replace('\'', "$'").replace('\n', "$N").replace('\r', "$R")
}

/// The value of a constant.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Number(i64),
    Truth(bool),
    Text(String),
    List(Vec<Value>),
    Structure(BTreeMap<String, Value>),
}

pub(super) fn read(text: &str) -> Result<Program, ImportError> {
    let mut constants = constants(text)?;
    let mut take = |name: &str| constants.remove(name).ok_or_else(|| ImportError::new(name, "expected it, found none"));
    let text_of = |name: &str, value: Value| match value {
        Value::Text(text) => Ok(text),
        other => Err(ImportError::new(name, format!("expected a string, found {other:?}"))),
    };
    let recipe_id = text_of("recipe_id", take("recipe_id")?)?;
    let reactor = text_of("reactor", take("reactor")?)?;
    let base_pressure_upa = number("base_pressure_upa", &take("base_pressure_upa")?)?;
    let settle_ms = number("settle", &take("settle")?)?;
    let (n_heaters, setpoints) =
        (number::<usize>("n_heaters", &take("n_heaters")?)?, list("setpoint_mc", take("setpoint_mc")?)?);
    let (n_loops, loops) = (number::<usize>("n_loops", &take("n_loops")?)?, list("loops", take("loops")?)?);
    let (n_steps, steps) = (number::<usize>("n_steps", &take("n_steps")?)?, list("steps", take("steps")?)?);
    for (name, n, found) in
        [("setpoint_mc", n_heaters, setpoints.len()), ("loops", n_loops, loops.len()), ("steps", n_steps, steps.len())]
    {
        if n.max(1) != found {
            return Err(ImportError::new(name, format!("expected {} elements, found {found}", n.max(1))));
        }
    }
    let setpoints_mc =
        setpoints.iter().take(n_heaters).map(|value| number("setpoint_mc", value)).collect::<Result<_, _>>()?;
    let loops = loops.into_iter().take(n_loops).map(loop_of).collect::<Result<Vec<Loop>, _>>()?;
    let slots = steps.into_iter().take(n_steps).map(slot_of).collect::<Result<Vec<Slot>, _>>()?;
    if let Some(over) = loops.iter().find(|over| over.first > over.last || usize::from(over.last) >= slots.len()) {
        return Err(ImportError::new("loops", format!("expected existing steps, found {over:?}")));
    }
    let conditions = conditions(&mut take, n_heaters)?;
    Ok(Program { recipe_id, reactor, setpoints_mc, base_pressure_upa, settle_ms, slots, loops, conditions })
}

/// Leak test, ramps and cool-down.
fn conditions(
    take: &mut impl FnMut(&str) -> Result<Value, ImportError>,
    n_heaters: usize,
) -> Result<Conditions, ImportError> {
    let leak = Leak {
        duration_ms: number("leak_test", &take("leak_test")?)?,
        rise_upa: number("leak_test_rise_upa", &take("leak_test_rise_upa")?)?,
    };
    let longest_ms = number("cool_down", &take("cool_down")?)?;
    let mut of_heaters = |name: &str| {
        let items = list(name, take(name)?)?;
        let wrong = || ImportError::new(name, format!("expected {} elements, found {}", n_heaters.max(1), items.len()));
        if items.len() == n_heaters.max(1) { Ok(items) } else { Err(wrong()) }
    };
    let (ramps, vent) = (of_heaters("ramp_mc_per_min")?, of_heaters("vent_mc")?);
    let ramps = ramps.iter().take(n_heaters).map(|ramp| number("ramp_mc_per_min", ramp));
    let vent =
        vent.iter().take(n_heaters).map(|vent| Ok(Some(number("vent_mc", vent)?).filter(|vent| *vent != ANY_MC)));
    let vent_mc = vent.collect::<Result<_, ImportError>>()?;
    Ok(Conditions {
        leak: (leak.duration_ms > 0).then_some(leak),
        ramps_mc_per_min: ramps.collect::<Result<_, _>>()?,
        cooling: (longest_ms > 0).then_some(Cooling { vent_mc, longest_ms }),
    })
}

fn number<T: TryFrom<i64>>(name: &str, value: &Value) -> Result<T, ImportError> {
    let wrong = || ImportError::new(name, format!("expected a number in its range, found {value:?}"));
    match value {
        Value::Number(number) => T::try_from(*number).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

fn list(name: &str, value: Value) -> Result<Vec<Value>, ImportError> {
    match value {
        Value::List(items) => Ok(items),
        other => Err(ImportError::new(name, format!("expected an array, found {other:?}"))),
    }
}

fn field(value: &Value, name: &str) -> Result<Value, ImportError> {
    let found = match value {
        Value::Structure(fields) => fields.get(name).cloned(),
        _ => None,
    };
    found.ok_or_else(|| ImportError::new(name, "expected the field, found none"))
}

fn truth(value: &Value, name: &str) -> Result<bool, ImportError> {
    match field(value, name)? {
        Value::Truth(truth) => Ok(truth),
        other => Err(ImportError::new(name, format!("expected TRUE or FALSE, found {other:?}"))),
    }
}

fn loop_of(value: Value) -> Result<Loop, ImportError> {
    let of = |name: &str| field(&value, name);
    Ok(Loop {
        first: number("first", &of("first")?)?,
        last: number("last", &of("last")?)?,
        count: number("count", &of("count")?)?,
    })
}

fn slot_of(value: Value) -> Result<Slot, ImportError> {
    let of = |name: &str| field(&value, name);
    let code: u16 = number("kind", &of("kind")?)?;
    let flows = list("flow_msccm", of("flow_msccm")?)?;
    let flows: Vec<u32> = flows.iter().map(|flow| number("flow_msccm", flow)).collect::<Result<_, _>>()?;
    let flows_msccm: [u32; MOST_MFCS] =
        flows.try_into().map_err(|_| ImportError::new("flow_msccm", "expected 4 flows"))?;
    Ok(Slot {
        kind: kind_of(code).ok_or_else(|| ImportError::new("kind", format!("expected 1 to 5, found {code}")))?,
        begins_cycle: truth(&value, "begins_cycle")?,
        outputs: Outputs {
            valves: number("valves", &of("valves")?)?,
            pump_open: truth(&value, "pump_open")?,
            flows_msccm,
            plasma_mw: number("plasma_mw", &of("plasma_mw")?)?,
        },
        duration_ms: number("duration", &of("duration")?)?,
        dose_pressure_upa: number("dose_pressure_upa", &of("dose_pressure_upa")?)?,
    })
}

/// The constants of the block, by name.
fn constants(text: &str) -> Result<BTreeMap<String, Value>, ImportError> {
    let mut reader = Reader { text, at: 0 };
    while reader.word()? != "CONSTANT" {}
    let mut constants = BTreeMap::new();
    loop {
        let name = reader.word()?;
        if name == "END_VAR" {
            return Ok(constants);
        }
        // The type is known.
        while !reader.takes(":=") {
            reader.step()?;
        }
        constants.insert(name.to_owned(), reader.value(0)?);
        reader.expect(";")?;
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn wrong(&self, problem: &str) -> ImportError {
        let line = self.text[..self.at].matches('\n').count() + 1;
        let rest: String = self.text[self.at..].chars().take(20).collect();
        ImportError::new(format!("line {line}"), format!("expected {problem}, found `{rest}`"))
    }

    /// Skips white space and comments.
    fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            match trimmed.strip_prefix("(*").map(|inner| inner.find("*)")) {
                Some(Some(end)) => self.at += end + 4,
                Some(None) => self.at = self.text.len(),
                None => return,
            }
        }
    }

    fn takes(&mut self, token: &str) -> bool {
        self.skip();
        let is = self.text[self.at..].starts_with(token);
        self.at += if is { token.len() } else { 0 };
        is
    }

    fn expect(&mut self, token: &str) -> Result<(), ImportError> {
        if self.takes(token) { Ok(()) } else { Err(self.wrong(&format!("`{token}`"))) }
    }

    /// Advances by one letter.
    fn step(&mut self) -> Result<(), ImportError> {
        self.skip();
        let letter = self.text[self.at..].chars().next().ok_or_else(|| self.wrong("more"))?;
        self.at += letter.len_utf8();
        Ok(())
    }

    /// The next word; anything that is not a word is skipped.
    fn word(&mut self) -> Result<&'a str, ImportError> {
        loop {
            self.skip();
            let rest = &self.text[self.at..];
            let length =
                rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
            if length > 0 {
                self.at += length;
                return Ok(&rest[..length]);
            }
            self.step()?;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, ImportError> {
        if depth > 4 {
            return Err(self.wrong("values nested 4 deep at most"));
        }
        if self.takes("[") {
            let mut items = Vec::new();
            loop {
                items.push(self.value(depth + 1)?);
                if self.takes("]") {
                    return Ok(Value::List(items));
                }
                self.expect(",")?;
            }
        }
        if self.takes("(") {
            let mut fields = BTreeMap::new();
            loop {
                let name = self.word()?;
                self.expect(":=")?;
                fields.insert(name.to_owned(), self.value(depth + 1)?);
                if self.takes(")") {
                    return Ok(Value::Structure(fields));
                }
                self.expect(",")?;
            }
        }
        if self.takes("'") {
            return self.string();
        }
        if self.takes("TRUE") {
            return Ok(Value::Truth(true));
        }
        if self.takes("FALSE") {
            return Ok(Value::Truth(false));
        }
        let (radix, is_time) = if self.takes("16#") { (16, false) } else { (10, self.takes("T#")) };
        let sign = if radix == 10 && !is_time && self.takes("-") { -1 } else { 1 };
        let rest = &self.text[self.at..];
        let length = rest.find(|letter: char| !letter.is_digit(radix)).unwrap_or(rest.len());
        let number = i64::from_str_radix(&rest[..length], radix).map_err(|_| self.wrong("a value"))?;
        self.at += length;
        if is_time {
            self.expect("ms")?;
        }
        Ok(Value::Number(sign * number))
    }

    fn string(&mut self) -> Result<Value, ImportError> {
        let mut text = String::new();
        let mut letters = self.text[self.at..].char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\'' => {
                    self.at += at + 1;
                    return Ok(Value::Text(text));
                }
                '$' => match letters.next() {
                    Some((_, 'N')) => text.push('\n'),
                    Some((_, 'R')) => text.push('\r'),
                    Some((_, letter)) => text.push(letter),
                    None => break,
                },
                letter => text.push(letter),
            }
        }
        Err(self.wrong("the end of a string"))
    }
}

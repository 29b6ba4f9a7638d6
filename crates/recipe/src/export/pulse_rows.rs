//! Rows of `heater`, `stabilize`, `flow`, `pulse`, `wait` and `goto`, as in small commercial reactors.
//!
//! Experimental: written from memory of such programs, whose grammar is not public. A pulse opens one valve for its
//! duration; during a wait all valves are closed; `goto ROW COUNT` runs the rows from ROW on COUNT times in total. The
//! pump is always on.

use std::fmt::Write as _;

use super::decimal::{decimal, thousandths};
use super::error::ImportError;
use crate::conditions::Conditions;
use crate::program::{Loop, Outputs, Program, Slot};
use crate::reactor::Reactor;
use crate::recipe::StepKind;

const HEAD: &str = "# EXPERIMENTAL: rows as in small commercial reactors, from memory; try them without precursors first\n\
                    row,command,channel,value\n";

pub(super) fn write(program: &Program, reactor: &Reactor) -> Result<String, String> {
    let flows = program.slots.iter().any(|slot| slot.outputs.flows_msccm[0] != 0);
    let mut rows: Vec<String> = Vec::new();
    let mut first_rows = Vec::with_capacity(program.slots.len());
    for (heater, setpoint) in program.setpoints_mc.iter().enumerate() {
        rows.push(format!("heater,{heater},{}", decimal((*setpoint).into())));
    }
    for heater in 0..program.setpoints_mc.len() {
        rows.push(format!("stabilize,{heater},"));
    }
    for (index, slot) in program.slots.iter().enumerate() {
        let Outputs { valves, pump_open, flows_msccm, plasma_mw } = slot.outputs;
        let step = index + 1;
        if !pump_open {
            return Err(format!("step {step} closes the valve to the pump"));
        }
        if plasma_mw != 0 {
            return Err(format!("step {step} lights a plasma"));
        }
        if valves.count_ones() > 1 {
            return Err(format!("step {step} opens several valves at once"));
        }
        if flows_msccm[1..].iter().any(|flow| *flow != 0) {
            let name = reactor.mfcs.get(1).map_or("a second flow", |mfc| mfc.name.as_str());
            return Err(format!("step {step} uses `{name}`, there is one flow"));
        }
        first_rows.push(rows.len());
        if flows {
            rows.push(format!("flow,,{}", decimal(flows_msccm[0].into())));
        }
        let seconds = decimal(slot.duration_ms.into());
        rows.push(match valves {
            0 => format!("wait,,{seconds}"),
            valves => format!("pulse,{},{seconds}", valves.trailing_zeros()),
        });
        for over in program.loops.iter().filter(|over| usize::from(over.last) == index) {
            let row = first_rows.get(usize::from(over.first)).ok_or("a loop begins after its end")?;
            rows.push(format!("goto,{row},{}", over.count));
        }
    }
    let (pressure, settle) = (f64::from(program.base_pressure_upa) / 1e6, decimal(program.settle_ms.into()));
    // Comments are not rows: these must be done by hand.
    let mut text = format!(
        "# not in these rows: reach a base pressure of {pressure} Pa, and wait until all heaters are settled for {settle} s\n\
         # not in these rows: pressures of doses, tolerances and standby temperatures\n"
    );
    if let Some(words) = program.conditions.by_hand(reactor) {
        writeln!(text, "# not in these rows: {words}").ok();
    }
    text += HEAD;
    for (index, row) in rows.iter().enumerate() {
        // Writing to a string cannot fail.
        writeln!(text, "{index},{row}").ok();
    }
    Ok(text)
}

pub(super) fn read(text: &str, reactor: &Reactor) -> Result<Program, ImportError> {
    let mut setpoints_mc: Vec<i32> = Vec::new();
    let (mut slots, mut loops): (Vec<Slot>, Vec<Loop>) = (Vec::new(), Vec::new());
    // The first slot at or after each row.
    let mut slot_of_row: Vec<usize> = Vec::new();
    let mut flow_msccm = 0;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')).skip(1) {
        let wrong =
            |problem: &str| ImportError::new(format!("line {}", number + 1), format!("{problem}, found `{line}`"));
        let cells: Vec<&str> = line.split(',').collect();
        let [row, command, channel, value] = cells.as_slice() else { return Err(wrong("expected 4 cells")) };
        if row.parse() != Ok(slot_of_row.len()) {
            return Err(wrong("expected rows in order"));
        }
        slot_of_row.push(slots.len());
        let whole = || thousandths(value).ok_or_else(|| wrong("expected a number with three decimals at most"));
        let place = || channel.parse::<usize>().map_err(|_| wrong("expected a channel"));
        let last = || u16::try_from(slots.len()).map_err(|_| wrong("expected fewer rows"));
        match *command {
            "heater" => {
                if place()? != setpoints_mc.len() {
                    return Err(wrong("expected heaters in order"));
                }
                setpoints_mc.push(i32::try_from(whole()?).map_err(|_| wrong("expected a temperature"))?);
            }
            "stabilize" => {}
            "flow" => flow_msccm = u32::try_from(whole()?).map_err(|_| wrong("expected a flow"))?,
            "pulse" | "wait" => {
                last()?;
                let valves = match *command {
                    "wait" => 0,
                    _ if place()? < 16 => 1 << place()?,
                    _ => return Err(wrong("expected a valve from 0 to 15")),
                };
                let outputs = Outputs { valves, pump_open: true, flows_msccm: [flow_msccm, 0, 0, 0], plasma_mw: 0 };
                slots.push(Slot {
                    kind: if valves == 0 { StepKind::Pump } else { StepKind::Dose },
                    begins_cycle: false,
                    outputs,
                    duration_ms: u32::try_from(whole()?).map_err(|_| wrong("expected a time"))?,
                    dose_pressure_upa: 0,
                });
            }
            "goto" => {
                let first = slot_of_row.get(place()?).copied().and_then(|first| u16::try_from(first).ok());
                let last = last()?.checked_sub(1);
                let (Some(first), Some(last)) = (first, last) else { return Err(wrong("expected a row before")) };
                let count = value.parse().ok().filter(|count| *count > 0 && first <= last);
                loops.push(Loop { first, last, count: count.ok_or_else(|| wrong("expected a count"))? });
            }
            _ => return Err(wrong("expected heater, stabilize, flow, pulse, wait or goto")),
        }
    }
    Ok(Program {
        recipe_id: String::new(),
        reactor: reactor.name.clone(),
        setpoints_mc,
        base_pressure_upa: 0,
        settle_ms: 0,
        slots,
        loops,
        conditions: Conditions::none(reactor.heaters.len()),
    })
}

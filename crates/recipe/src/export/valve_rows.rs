//! Rows of valves and a time, in the layouts of open controllers: profiles in `schemas/exports/` state the content of
//! each column.
//!
//! Such a file is repeated as a whole; the operator enters the number of repeats. A loop around everything is expressed
//! in this way; loops within are unrolled. The name of the last column contains loops and set-points, which rows cannot
//! express.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::Deserialize;

use super::decimal::{decimal, thousandths};
use super::error::ImportError;
use crate::conditions::Conditions;
use crate::program::{Loop, Outputs, Program, Segment, Slot, merged};
use crate::quantity::whole;
use crate::reactor::{MOST_LINES, MOST_MFCS, Reactor};
use crate::recipe::StepKind;

/// A layout of rows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name of the target.
    pub name: String,
    /// Its description.
    pub title: String,
    /// The source of the layout.
    pub source: String,
    /// The content of a column that does not depend on the recipe.
    keep: String,
    /// The controller's treatment of a valve that is open in two consecutive rows.
    shared_valves: SharedValves,
    column: Vec<Column>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SharedValves {
    StayOpen,
    Refused,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    header: String,
    holds: Holds,
    #[serde(default)]
    number: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Holds {
    Flow,
    FlowValve,
    Plasma,
    Valve,
    Keep,
    Duration,
}

static FILES: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../schemas/exports");

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let mut profiles: Vec<Profile> = FILES
        .files()
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "toml"))
        .map(|file| match toml::from_str(file.contents_utf8().unwrap_or_default()) {
            Ok(profile) => profile,
            // They are part of the program, and a test reads all of them.
            Err(error) => panic!("schemas/exports/{}: {error}", file.path().display()),
        })
        .collect();
    profiles.sort_by(|a, b| a.name.cmp(&b.name));
    profiles
});

pub(super) fn profiles() -> &'static [Profile] {
    &PROFILES
}

/// Largest number of rows in one file: these controllers are not made for more.
const MOST_ROWS: usize = 100_000;

pub(super) fn write(program: &Program, reactor: &Reactor, profile: &Profile) -> Result<String, String> {
    let (body, times) = body(program);
    let segments: Vec<Segment> = body.trace().take(MOST_ROWS + 1).collect();
    if segments.len() > MOST_ROWS {
        return Err(format!("it needs more than {MOST_ROWS} rows"));
    }
    let places =
        |holds: Holds| profile.column.iter().filter(move |column| column.holds == holds).map(|column| column.number);
    let held =
        |holds: Holds| places(holds).fold(0_u32, |held, number| held | 1_u32.checked_shl(number as u32).unwrap_or(0));
    let (valves, flows, plasma) = (held(Holds::Valve), held(Holds::Flow), places(Holds::Plasma).next().is_some());
    for segment in &segments {
        let Outputs { valves: open, pump_open, flows_msccm, plasma_mw } = segment.outputs;
        if !pump_open {
            return Err("it closes the valve to the pump".to_owned());
        }
        if let Some(line) = (0..MOST_LINES).find(|line| open >> line & 1 == 1 && valves >> line & 1 == 0) {
            let name = reactor.lines.get(line).map_or("?", |line| line.valve.as_str());
            return Err(format!("there is no column for valve `{name}`"));
        }
        if let Some(mfc) = (0..MOST_MFCS).find(|mfc| flows_msccm[*mfc] != 0 && flows >> mfc & 1 == 0) {
            let name = reactor.mfcs.get(mfc).map_or("?", |mfc| mfc.name.as_str());
            return Err(format!("there is no column for the flow of `{name}`"));
        }
        if plasma_mw != 0 && !plasma {
            return Err("there is no column for the plasma".to_owned());
        }
    }
    if profile.shared_valves == SharedValves::Refused {
        let around = if times > 1 { segments.first() } else { None };
        let mut open = segments.iter().chain(around).map(|segment| segment.outputs.valves);
        let mut before = open.next().unwrap_or(0);
        for now in open {
            if now & before != 0 {
                return Err("a valve is open in two consecutive rows".to_owned());
            }
            before = now;
        }
    }
    let mut carried = format!("; loops={times}");
    for (heater, setpoint) in program.setpoints_mc.iter().enumerate() {
        // Writing to a string cannot fail.
        write!(carried, "; heater {heater}={}", decimal((*setpoint).into())).ok();
    }
    // Rows cannot wait for a pressure or a temperature: the operator does.
    let pressure = f64::from(program.base_pressure_upa) / 1e6;
    write!(carried, "; base_pressure_pa={pressure}; settle_s={}", decimal(program.settle_ms.into())).ok();
    if let Some(words) = program.conditions.by_hand(reactor) {
        write!(carried, "; {BY_HAND}{words}").ok();
    }
    let headers: Vec<&str> = profile.column.iter().map(|column| column.header.as_str()).collect();
    let mut text = format!("{}{carried}\n", headers.join(","));
    for segment in &segments {
        let cell = |column: &Column| match column.holds {
            Holds::Flow => decimal(segment.outputs.flows_msccm[column.number].into()),
            Holds::FlowValve => u8::from(segment.outputs.flows_msccm[column.number] != 0).to_string(),
            Holds::Plasma => decimal(segment.outputs.plasma_mw.into()),
            Holds::Valve => (segment.outputs.valves >> column.number & 1).to_string(),
            Holds::Keep => profile.keep.clone(),
            Holds::Duration => decimal(segment.duration_ms.into()),
        };
        let cells: Vec<String> = profile.column.iter().map(cell).collect();
        text += &cells.join(",");
        text.push('\n');
    }
    Ok(text)
}

/// The part that one loop around everything repeats, and its number of repeats.
fn body(program: &Program) -> (Program, u32) {
    let mut body = program.clone();
    let last = program.slots.len().checked_sub(1).and_then(|last| u16::try_from(last).ok());
    match program.loops.last() {
        Some(outer) if outer.first == 0 && Some(outer.last) == last => {
            body.loops.pop();
            (body, outer.count)
        }
        _ => (body, 1),
    }
}

/// What rows cannot state, in words for the operator.
const BY_HAND: &str = "by_hand=";

pub(super) fn read(text: &str, reactor: &Reactor, profile: &Profile) -> Result<Program, ImportError> {
    let mut lines = text.lines().enumerate();
    let (_, head) = lines.next().ok_or_else(|| ImportError::new("line 1", "expected column names, found none"))?;
    let mut carried = head.split("; ");
    let headers: Vec<&str> = carried.next().unwrap_or_default().split(',').collect();
    let expected: Vec<&str> = profile.column.iter().map(|column| column.header.as_str()).collect();
    if headers != expected {
        return Err(ImportError::new("line 1", format!("expected columns {}", expected.join(","))));
    }
    let (mut loops, mut setpoints_mc) = (1_u32, Vec::new());
    let (mut base_pressure_upa, mut settle_ms) = (0, 0);
    for entry in carried.filter(|entry| !entry.starts_with(BY_HAND)) {
        let expected = "`loops=…`, `heater N=…`, `base_pressure_pa=…` or `settle_s=…`";
        let wrong = || ImportError::new("line 1", format!("expected {expected}, found `{entry}`"));
        let (name, value) = entry.split_once('=').ok_or_else(wrong)?;
        if name == "loops" {
            loops = value.parse().ok().filter(|loops| *loops > 0).ok_or_else(wrong)?;
        } else if name == "base_pressure_pa" {
            let upa = value.parse().ok().and_then(|pressure| whole(pressure, 1e6));
            base_pressure_upa = upa.and_then(|upa| u32::try_from(upa).ok()).ok_or_else(wrong)?;
        } else if name == "settle_s" {
            settle_ms = thousandths(value).and_then(|ms| u32::try_from(ms).ok()).ok_or_else(wrong)?;
        } else if name == format!("heater {}", setpoints_mc.len()) {
            let setpoint = thousandths(value).and_then(|value| i32::try_from(value).ok());
            setpoints_mc.push(setpoint.ok_or_else(wrong)?);
        } else {
            return Err(wrong());
        }
    }
    let mut rows = Vec::new();
    for (index, line) in lines {
        let wrong =
            |problem: &str| ImportError::new(format!("line {}", index + 1), format!("{problem}, found `{line}`"));
        let cells: Vec<&str> = line.split(',').collect();
        if cells.len() != profile.column.len() || rows.len() >= MOST_ROWS {
            return Err(wrong("expected as many cells as columns, and fewer rows"));
        }
        let (mut outputs, mut duration_ms) = (Outputs { pump_open: true, ..Outputs::default() }, 0);
        for (column, cell) in profile.column.iter().zip(cells) {
            let number = || thousandths(cell).and_then(|value| u32::try_from(value).ok());
            let in_range = column.number < if column.holds == Holds::Valve { MOST_LINES } else { MOST_MFCS };
            match column.holds {
                Holds::Keep | Holds::FlowValve => {}
                Holds::Flow if in_range => {
                    outputs.flows_msccm[column.number] = number().ok_or_else(|| wrong("expected a flow"))?;
                }
                Holds::Plasma => outputs.plasma_mw = number().ok_or_else(|| wrong("expected a power"))?,
                Holds::Valve if in_range && (cell == "0" || cell == "1") => {
                    outputs.valves |= u16::from(cell == "1") << column.number;
                }
                Holds::Flow | Holds::Valve => return Err(wrong("expected 0 or 1 for a valve")),
                Holds::Duration => {
                    let value = thousandths(cell).and_then(|value| u64::try_from(value).ok());
                    duration_ms = value.ok_or_else(|| wrong("expected a time"))?;
                }
            }
        }
        rows.push(Segment { outputs, duration_ms });
    }
    let mut slots = Vec::new();
    for segment in merged(rows.into_iter()) {
        // A row may be longer than the longest step.
        let mut left_ms = segment.duration_ms;
        while left_ms > 0 {
            let part = u32::try_from(left_ms).unwrap_or(u32::MAX);
            left_ms -= u64::from(part);
            slots.push(Slot {
                kind: if segment.outputs.valves == 0 { StepKind::Wait } else { StepKind::Dose },
                begins_cycle: false,
                outputs: segment.outputs,
                duration_ms: part,
                dose_pressure_upa: 0,
            });
            if slots.len() > usize::from(u16::MAX) {
                return Err(ImportError::new("rows", "expected fewer"));
            }
        }
    }
    let last = slots.len().checked_sub(1).and_then(|last| u16::try_from(last).ok());
    let around = last.filter(|_| loops > 1).map(|last| Loop { first: 0, last, count: loops });
    Ok(Program {
        recipe_id: String::new(),
        reactor: reactor.name.clone(),
        setpoints_mc,
        base_pressure_upa,
        settle_ms,
        slots,
        loops: around.into_iter().collect(),
        conditions: Conditions::none(reactor.heaters.len()),
    })
}

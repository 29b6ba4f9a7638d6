//! `aldb recipe unroll`: every step in the order of execution.

use std::io::Write as _;
use std::sync::Arc;

use aldb_query::output;
use aldb_recipe::Released;
use arrow::array::{ArrayRef, Float64Builder, Int64Builder, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::super::RowFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::recipes::OnReactor;
use crate::terminal;

pub(super) fn unroll(on: &OnReactor, lake: &LakeOption, format: RowFormat) -> Result<Outcome, Error> {
    let (_, released) = on.released(lake)?;
    let Some(released) = released else { return Ok(Outcome::Failed) };
    let rows = Unrolled::new(&released);
    let schema = rows.schema.clone();
    let mut out = terminal::output();
    output::write_batches(&schema, rows, format.into(), &mut out)?;
    out.flush()?;
    Ok(Outcome::Done)
}

/// The rows of an unrolled recipe, in batches.
struct Unrolled<'a> {
    released: &'a Released,
    visits: aldb_recipe::Visits<'a>,
    time_ms: u64,
    schema: SchemaRef,
}

/// Rows of a batch.
const ROWS: usize = 8192;

impl<'a> Unrolled<'a> {
    fn new(released: &'a Released) -> Self {
        let field = |name: &str, kind: DataType| Field::new(name, kind, true);
        let mut fields = vec![
            field("time_s", DataType::Float64),
            field("step", DataType::Int64),
            field("cycle", DataType::Int64),
            field("event", DataType::Utf8),
            field("precursor", DataType::Utf8),
            field("duration_s", DataType::Float64),
            field("valves", DataType::Utf8),
            field("pump_valve", DataType::Utf8),
            field("plasma_power_w", DataType::Float64),
        ];
        let flow = |mfc: &aldb_recipe::Mfc| field(&format!("{}_flow_sccm", mfc.name.to_lowercase()), DataType::Float64);
        fields.extend(released.reactor().mfcs.iter().map(flow));
        let schema = Arc::new(Schema::new(fields));
        Self { released, visits: released.program().visits(), time_ms: 0, schema }
    }
}

impl Iterator for Unrolled<'_> {
    type Item = RecordBatch;

    fn next(&mut self) -> Option<RecordBatch> {
        let (reactor, program) = (self.released.reactor(), self.released.program());
        let mut numbers: [Float64Builder; 3] = std::array::from_fn(|_| Float64Builder::new());
        let mut wholes: [Int64Builder; 2] = std::array::from_fn(|_| Int64Builder::new());
        let mut words: [StringBuilder; 4] = std::array::from_fn(|_| StringBuilder::new());
        let mut flows: Vec<Float64Builder> = reactor.mfcs.iter().map(|_| Float64Builder::new()).collect();
        let mut n_rows = 0;
        for visit in self.visits.by_ref().take(ROWS) {
            let slot = &program.slots[usize::from(visit.slot)];
            let outputs = slot.outputs;
            let open = || reactor.lines.iter().enumerate().filter(|(place, _)| outputs.valves >> place & 1 == 1);
            let valves: Vec<&str> = open().map(|(_, line)| line.valve.as_str()).collect();
            let of_recipe = |name: &&String| self.released.recipe().precursor(name).is_some();
            let precursors: Vec<&str> =
                open().filter_map(|(_, line)| line.precursors.iter().find(of_recipe)).map(String::as_str).collect();
            numbers[0].append_value(self.time_ms as f64 / 1e3);
            numbers[1].append_value(f64::from(slot.duration_ms) / 1e3);
            numbers[2].append_value(f64::from(outputs.plasma_mw) / 1e3);
            wholes[0].append_value(i64::from(visit.slot) + 1);
            wholes[1].append_value(i64::from(visit.cycle));
            words[0].append_value(slot.kind.name());
            words[1].append_option((!precursors.is_empty()).then(|| precursors.join("+")));
            words[2].append_option((!valves.is_empty()).then(|| valves.join("+")));
            words[3].append_value(if outputs.pump_open { "open" } else { "closed" });
            for (builder, flow) in flows.iter_mut().zip(outputs.flows_msccm) {
                builder.append_value(f64::from(flow) / 1e3);
            }
            self.time_ms += u64::from(slot.duration_ms);
            n_rows += 1;
        }
        if n_rows == 0 {
            return None;
        }
        let [mut time, mut duration, mut plasma] = numbers;
        let [mut step, mut cycle] = wholes;
        let [mut event, mut precursor, mut valves, mut pump] = words;
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(time.finish()),
            Arc::new(step.finish()),
            Arc::new(cycle.finish()),
            Arc::new(event.finish()),
            Arc::new(precursor.finish()),
            Arc::new(duration.finish()),
            Arc::new(valves.finish()),
            Arc::new(pump.finish()),
            Arc::new(plasma.finish()),
        ];
        columns.extend(flows.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
        RecordBatch::try_new(self.schema.clone(), columns).ok()
    }
}

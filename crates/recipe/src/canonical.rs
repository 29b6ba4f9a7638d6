//! The content of a recipe: its actions, without names.
//!
//! Names of recipe and cycles, notes, expectations and reasons are left out. Cycles are inserted where the sequence
//! runs them, and the sequence is in its normal form: repeats of 1 are removed, equal neighbours are merged, and a
//! repeat that contains only a repeat is combined with it. The same doses in the same order therefore have one content.

use serde_json::{Map, Number, Value};

use crate::recipe::{Block, CoolDown, LeakTest, Precursor, Ramp, Recipe, Step, StepKind};

/// The content as JSON, keys sorted.
pub(crate) fn content(recipe: &Recipe) -> Value {
    let times = recipe.times();
    let mut entries = vec![
        ("process", text(&recipe.process)),
        ("deposition_temperature_c", number(recipe.deposition_temperature_c)),
        ("wall_temperature_c", optional(recipe.wall_temperature_c)),
        ("base_pressure_pa", optional(recipe.base_pressure_pa)),
        ("settle_s", optional(recipe.settle.map(crate::Milliseconds::seconds))),
        ("leak_test", recipe.leak_test.map_or(Value::Null, leak_test)),
        ("ramp", recipe.ramp.map_or(Value::Null, |ramp| ramps(&ramp))),
        ("cool_down", recipe.cool_down.map_or(Value::Null, cool_down)),
        ("substrate", list(recipe.substrate.iter().map(layer).collect())),
        ("precursor", list(precursors(recipe))),
        ("sequence", list(sequence(recipe, times))),
    ];
    if times.is_none() {
        entries.push(("target_thickness_nm", optional(recipe.target_thickness_nm)));
    }
    object(entries)
}

fn leak_test(test: LeakTest) -> Value {
    object(vec![("duration_s", number(test.duration.seconds())), ("max_rise_pa_per_s", number(test.max_rise_pa_per_s))])
}

/// Null if it states no limit.
fn ramps(ramp: &Ramp) -> Value {
    let stated = object(ramp.entries().into_iter().map(|(_, key, value)| (key, optional(value))).collect());
    if stated.as_object().is_some_and(Map::is_empty) { Value::Null } else { stated }
}

fn cool_down(cooling: CoolDown) -> Value {
    object(vec![("vent_below_c", number(cooling.vent_below_c)), ("max_s", number(cooling.longest.seconds()))])
}

fn layer(layer: &crate::recipe::Layer) -> Value {
    object(vec![("material", text(&layer.material)), ("thickness_nm", optional(layer.thickness_nm))])
}

/// By name: the order in the file has no meaning.
fn precursors(recipe: &Recipe) -> Vec<Value> {
    let mut precursors: Vec<&Precursor> = recipe.precursors.iter().collect();
    precursors.sort_by(|a, b| a.name.cmp(&b.name));
    let words = |words: &Option<String>| words.as_deref().map_or(Value::Null, text);
    let entries = |precursor: &Precursor| {
        object(vec![
            ("name", text(&precursor.name)),
            ("formula", words(&precursor.formula)),
            ("supplier", words(&precursor.supplier)),
            ("purity_percent", optional(precursor.purity_percent)),
            ("source_temperature_c", optional(precursor.source_temperature_c)),
            ("line_temperature_c", optional(precursor.line_temperature_c)),
            ("carrier_gas", words(&precursor.carrier_gas)),
            ("carrier_flow_sccm", optional(precursor.carrier_flow_sccm)),
            ("dose_pressure_pa", optional(precursor.dose_pressure_pa)),
        ])
    };
    precursors.into_iter().map(entries).collect()
}

/// A part of the sequence in its normal form.
#[derive(Clone, PartialEq)]
enum Part {
    Steps(Vec<Value>),
    Repeated(Vec<Part>, u32),
}

fn sequence(recipe: &Recipe, times: Option<u32>) -> Vec<Value> {
    let parts = parts(recipe, &recipe.blocks());
    let parts = match times {
        Some(times) => repeated(parts, times),
        None => parts,
    };
    parts.iter().map(value).collect()
}

fn parts(recipe: &Recipe, blocks: &[Block]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for block in blocks {
        let inner = match &block.cycle {
            Some(name) => {
                let steps = recipe.cycle_type(name).map_or(&[][..], |cycle| &cycle.steps);
                if steps.is_empty() { Vec::new() } else { vec![Part::Steps(steps.iter().map(step).collect())] }
            }
            None => self::parts(recipe, &block.sequence),
        };
        parts.extend(repeated(inner, block.repeat));
    }
    merged(parts)
}

fn repeated(mut parts: Vec<Part>, times: u32) -> Vec<Part> {
    if parts.is_empty() || times == 1 {
        return parts;
    }
    if let [Part::Repeated(inner, count)] = parts.as_mut_slice()
        && let Some(product) = count.checked_mul(times)
    {
        return vec![Part::Repeated(std::mem::take(inner), product)];
    }
    vec![Part::Repeated(parts, times)]
}

/// Equal neighbours become one part.
fn merged(parts: Vec<Part>) -> Vec<Part> {
    let mut merged: Vec<(Vec<Part>, u32)> = Vec::new();
    for part in parts {
        let (body, times) = match part {
            Part::Repeated(body, times) => (body, times),
            steps @ Part::Steps(_) => (vec![steps], 1),
        };
        match merged.last_mut() {
            Some((last, count)) if *last == body && count.checked_add(times).is_some() => *count += times,
            _ => merged.push((body, times)),
        }
    }
    merged.into_iter().flat_map(|(body, times)| repeated(body, times)).collect()
}

fn value(part: &Part) -> Value {
    match part {
        Part::Steps(steps) => object(vec![("step", Value::Array(steps.clone()))]),
        Part::Repeated(parts, times) => {
            object(vec![("repeat", Value::from(*times)), ("sequence", Value::Array(parts.iter().map(value).collect()))])
        }
    }
}

fn step(step: &Step) -> Value {
    let words = |words: &Option<String>| words.as_deref().map_or(Value::Null, text);
    // Parallel steps have no order.
    let mut inner: Vec<Value> = step.steps.iter().map(self::step).collect();
    inner.sort_by_key(ToString::to_string);
    let pump_valve =
        step.pump_valve.filter(|valve| *valve == crate::PumpValve::Closed).map_or(Value::Null, |_| "closed".into());
    let start = step.start.filter(|start| start.0 > 0);
    object(vec![
        ("step", step.step.name().into()),
        ("duration_s", optional(step.duration.map(crate::Milliseconds::seconds))),
        ("precursor", words(&step.precursor)),
        ("gas", words(&step.gas)),
        ("flow_sccm", optional(step.flow_sccm)),
        ("power_w", optional(step.power_w)),
        ("pump_valve", pump_valve),
        ("start_s", optional(start.map(crate::Milliseconds::seconds))),
        ("steps", if step.step == StepKind::Parallel { Value::Array(inner) } else { Value::Null }),
    ])
}

/// Every number of a recipe whose range is not restricted, with its place.
pub(crate) fn numbers(recipe: &Recipe) -> Vec<(String, f64)> {
    let mut numbers = Vec::new();
    let mut add = |place: String, value: Option<f64>| numbers.extend(value.map(|value| (place, value)));
    add("deposition_temperature_c".to_owned(), Some(recipe.deposition_temperature_c));
    add("wall_temperature_c".to_owned(), recipe.wall_temperature_c);
    add("base_pressure_pa".to_owned(), recipe.base_pressure_pa);
    add("target_thickness_nm".to_owned(), recipe.target_thickness_nm);
    add("leak_test, max_rise_pa_per_s".to_owned(), recipe.leak_test.map(|test| test.max_rise_pa_per_s));
    add("cool_down, vent_below_c".to_owned(), recipe.cool_down.map(|cooling| cooling.vent_below_c));
    for (_, key, value) in recipe.ramp.unwrap_or_default().entries() {
        add(format!("ramp, {key}"), value);
    }
    for layer in &recipe.substrate {
        add(format!("substrate `{}`, thickness_nm", layer.material), layer.thickness_nm);
    }
    for precursor in &recipe.precursors {
        for (entry, value) in [
            ("purity_percent", precursor.purity_percent),
            ("source_temperature_c", precursor.source_temperature_c),
            ("line_temperature_c", precursor.line_temperature_c),
            ("carrier_flow_sccm", precursor.carrier_flow_sccm),
            ("dose_pressure_pa", precursor.dose_pressure_pa),
        ] {
            add(format!("precursor `{}`, {entry}", precursor.name), value);
        }
    }
    for cycle in &recipe.cycle_types {
        if let Some(expected) = &cycle.expected {
            for (entry, value) in [
                ("growth_per_cycle_nm", expected.growth_per_cycle_nm),
                ("nucleation_delay_cycles", expected.nucleation_delay_cycles),
                ("density_g_per_cm3", expected.density_g_per_cm3),
                ("density_err_g_per_cm3", expected.density_err_g_per_cm3),
            ] {
                add(format!("cycle `{}`, {entry}", cycle.name), value);
            }
            for (element, percent) in &expected.composition_at_percent {
                add(format!("cycle `{}`, {element}", cycle.name), Some(*percent));
            }
        }
        let mut steps: Vec<&Step> = cycle.steps.iter().collect();
        while let Some(step) = steps.pop() {
            add(format!("cycle `{}`, flow_sccm", cycle.name), step.flow_sccm);
            add(format!("cycle `{}`, power_w", cycle.name), step.power_w);
            steps.extend(&step.steps);
        }
    }
    numbers
}

/// A JSON object keeps its keys sorted or in order of insertion, depending on whether another crate of the program
/// enables that feature of `serde_json`; inserted in this order, both are the same. Nulls are left out.
pub(crate) fn object(mut entries: Vec<(&str, Value)>) -> Value {
    entries.sort_by_key(|(key, _)| *key);
    let stated = entries.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(stated.map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
}

fn list(items: Vec<Value>) -> Value {
    if items.is_empty() { Value::Null } else { Value::Array(items) }
}

fn text(words: &str) -> Value {
    Value::from(words.trim())
}

fn optional(value: Option<f64>) -> Value {
    value.map_or(Value::Null, number)
}

/// A whole number is the same in either notation: `125` and `125.0` are the same temperature.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use crate::Recipe;

    const LBO: &str = r#"
name = "LBO at 125"
process = "LBO"
deposition_temperature_c = 125
cycles = 20
note = "first"

[[precursor]]
name = "LiHMDS"
dose_pressure_pa = 1.2

[[precursor]]
name = "TMB"

[[cycle]]
name = "a"
step = [
    { step = "dose", precursor = "LiHMDS", duration_s = 3.5 },
    { step = "pump", duration_s = 10, note = "why" },
]

[[cycle]]
name = "b"
step = [{ step = "dose", precursor = "TMB", duration_s = 2 }]

[[sequence]]
cycle = "a"
repeat = 2

[[sequence]]
cycle = "b"
"#;

    fn id(text: &str) -> String {
        Recipe::from_toml(text).unwrap_or_else(|error| panic!("{error}\n{text}")).recipe_id()
    }

    #[test]
    fn names_and_notes_do_not_change_the_id() {
        let other = LBO.replace("LBO at 125", "low").replace("first", "second").replace("why", "because");
        let other = other.replace("\"a\"", "\"lithium\"").replace("\"b\"", "\"boron\"");
        assert_eq!(id(LBO), id(&other));
    }

    #[test]
    fn the_spelling_of_a_number_does_not_change_the_id() {
        assert_eq!(id(LBO), id(&LBO.replace("= 125\n", "= 125.0\n").replace("= 3.5 ", "= 3.50 ")));
    }

    #[test]
    fn whatever_changes_the_film_changes_the_id() {
        for (from, to) in [
            ("= 125\n", "= 250\n"),
            ("LiHMDS", "LiOtBu"),
            ("= 3.5 ", "= 3.6 "),
            ("repeat = 2", "repeat = 3"),
            ("cycles = 20", "cycles = 21"),
            ("= 1.2", "= 1.3"),
            ("{ step = \"pump\", duration_s = 10,", "{ step = \"purge\", duration_s = 10,"),
        ] {
            assert_ne!(id(LBO), id(&LBO.replace(from, to)), "{from}");
        }
    }

    #[test]
    fn the_same_order_written_differently_is_the_same_recipe() {
        let nested = LBO.replace("cycles = 20", "cycles = 2").replace(
            "[[sequence]]\ncycle = \"a\"\nrepeat = 2\n\n[[sequence]]\ncycle = \"b\"\n",
            "[[sequence]]\nrepeat = 10\nsequence = [{ cycle = \"a\" }, { cycle = \"a\" }, { cycle = \"b\" }]\n",
        );
        assert_ne!(nested, LBO);
        assert_eq!(id(LBO), id(&nested));
    }

    #[test]
    fn the_canonical_form_is_stable() {
        let recipe = Recipe::from_toml(LBO).unwrap();
        assert_eq!(
            recipe.canonical(),
            concat!(
                r#"{"deposition_temperature_c":125,"precursor":[{"dose_pressure_pa":1.2,"name":"LiHMDS"},{"name":"TMB"}],"#,
                r#""process":"LBO","sequence":[{"repeat":20,"sequence":["#,
                r#"{"repeat":2,"sequence":[{"step":[{"duration_s":3.5,"precursor":"LiHMDS","step":"dose"},"#,
                r#"{"duration_s":10,"step":"pump"}]}]},{"step":[{"duration_s":2,"precursor":"TMB","step":"dose"}]}]}]}"#
            )
        );
    }

    #[test]
    fn an_unknown_entry_is_named_with_its_line() {
        let error = Recipe::from_toml(&LBO.replace("repeat", "repeats")).unwrap_err().to_string();
        assert!(error.contains("line 28") && error.contains("unknown key `repeats`"), "{error}");
    }

    #[test]
    fn a_dose_of_something_unknown_is_refused() {
        let error = Recipe::from_toml(&LBO.replace("precursor = \"TMB\"", "precursor = \"TMP\"")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 24, cycle `b`, step 1: no [[precursor]] is called `TMP`; there are: `LiHMDS`, `TMB`"
        );
    }

    #[test]
    fn a_value_that_is_not_a_number_is_refused() {
        let error = Recipe::from_toml(&LBO.replace("= 125\n", "= nan\n")).unwrap_err();
        assert_eq!(error.to_string(), "line 4, top level: `deposition_temperature_c` is nan, expected a finite number");
    }
}

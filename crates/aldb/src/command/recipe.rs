//! `aldb recipe`: writes, checks, shows, compares, unrolls, estimates and exports recipes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aldb_query::measured::measured_film;
use aldb_query::{Session, output, suggest};
use aldb_recipe::export::{self, Target};
use aldb_recipe::{Block, Reactor, Recipe, Released, Report, Severity, check, quoted, with_entries};
use arrow::array::{ArrayRef, Float64Builder, Int64Builder, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use clap::{Args, Subcommand};
use serde_json::json;

use super::inspect::write_words;
use super::{ReportFormat, RowFormat};
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::recipes::{self, NamedRecipe};
use crate::terminal;

/// Write, check, compare, estimate and export deposition recipes.
#[derive(Debug, Args)]
#[command(after_help = "RECIPE is a file, a name or id in the lake's recipes/, or an example such as lbo_250.\n\
                        REACTOR is a file, a name in the lake's reactors/, or one that ships, such as high_vacuum.")]
pub(crate) struct RecipeCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a new recipe to start from
    New {
        /// Name of the recipe
        name: String,
        /// An example, or another recipe, to begin with
        #[arg(long, value_name = "RECIPE")]
        from: Option<String>,
        /// File to write [default: the name, in the lake's recipes/ or here]
        #[arg(short = 'o', long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// List the recipes of the lake and the examples
    List {
        /// How it is printed
        #[arg(long, value_enum, default_value_t)]
        format: ReportFormat,
    },
    /// Compare a recipe with every rule of a reactor
    Check {
        #[command(flatten)]
        on: OnReactor,
        /// How it is printed
        #[arg(long, value_enum, default_value_t)]
        format: ReportFormat,
    },
    /// Say what a recipe does
    Show {
        /// The recipe
        recipe: String,
        /// Print the canonical form, of which the id is made
        #[arg(long)]
        canonical: bool,
        /// How it is printed
        #[arg(long, value_enum, default_value_t, conflicts_with = "canonical")]
        format: ReportFormat,
    },
    /// Say in what two recipes differ
    Diff {
        /// The one
        a: String,
        /// The other
        b: String,
        /// How it is printed
        #[arg(long, value_enum, default_value_t)]
        format: ReportFormat,
    },
    /// Print every step in the order in which a reactor runs it
    Unroll {
        #[command(flatten)]
        on: OnReactor,
        /// How rows are written
        #[arg(long, value_enum, default_value = "table")]
        format: RowFormat,
    },
    /// Estimate time, doses, exposure, thickness and composition
    Estimate {
        /// The recipe
        recipe: String,
        /// How it is printed
        #[arg(long, value_enum, default_value_t)]
        format: ReportFormat,
    },
    /// Find the supercycle that will hit a composition, by what the lake has measured
    Suggest {
        /// The two kinds of cycles, as recipes call them
        #[arg(long, value_name = "A+B", value_parser = two_kinds)]
        process: [String; 2],
        /// What the film shall have: a ratio of contents, or a content in at.%
        #[arg(long, value_name = "B/P=0.5", value_parser = suggest::Target::parse)]
        target: suggest::Target,
        /// How thick it shall be
        #[arg(long, value_name = "10nm", value_parser = nanometres)]
        thickness: f64,
        /// Deposition temperature [default: that of most recipes with both kinds]
        #[arg(long, value_name = "CELSIUS")]
        temperature_c: Option<f64>,
        /// Most cycles in a supercycle
        #[arg(long, value_name = "N", default_value_t = 20)]
        most_cycles: u32,
        /// How it is printed
        #[arg(long, value_enum, default_value_t)]
        format: ReportFormat,
    },
    /// Write a checked recipe for a controller
    Export {
        #[command(flatten)]
        on: OnReactor,
        /// What to write
        #[arg(long, value_name = "TARGET", value_parser = target)]
        to: Target,
        /// File to write to [default: standard output]
        #[arg(short = 'o', long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// A recipe and the reactor that it is meant for.
#[derive(Debug, Clone, Args)]
pub(crate) struct OnReactor {
    /// The recipe
    recipe: String,
    /// The reactor
    #[arg(long, env = "ALDB_REACTOR", default_value = "high_vacuum")]
    pub(crate) reactor: String,
}

impl OnReactor {
    pub(crate) fn find(&self, lake: &LakeOption) -> Result<(NamedRecipe, Reactor), Error> {
        Ok((recipes::recipe(&self.recipe, lake)?, recipes::reactor(&self.reactor, lake)?))
    }

    /// The recipe, if the reactor's rules let it pass. Otherwise all violations are said.
    pub(crate) fn released(&self, lake: &LakeOption) -> Result<(NamedRecipe, Option<Released>), Error> {
        let (named, reactor) = self.find(lake)?;
        let report = check(&named.recipe, &reactor);
        let released = report.released().cloned();
        if released.is_none() {
            for violation in &report.violations {
                terminal::say(&format_args!("{violation}"));
            }
            terminal::complain(&format!("{}: {}", named.place, verdict(&report, &reactor)));
        }
        Ok((named, released))
    }
}

fn target(name: &str) -> Result<Target, String> {
    Target::named(name).ok_or_else(|| {
        let names: Vec<_> = Target::all().iter().map(|target| target.name().to_owned()).collect();
        format!("expected one of {}", names.join(", "))
    })
}

impl RecipeCommand {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        match self.action {
            Action::New { name, from, output } => new(&name, from.as_deref(), output, lake),
            Action::List { format } => list(lake, format),
            Action::Check { on, format } => say_check(&on, lake, format),
            Action::Show { recipe, canonical, format } => show(&recipes::recipe(&recipe, lake)?, canonical, format),
            Action::Diff { a, b, format } => {
                diff(&recipes::recipe(&a, lake)?.recipe, &recipes::recipe(&b, lake)?.recipe, format)
            }
            Action::Unroll { on, format } => unroll(&on, lake, format),
            Action::Estimate { recipe, format } => {
                let mut named = recipes::recipe(&recipe, lake)?;
                let measured = measure(&mut named.recipe, lake).await?;
                estimate(&named, &measured, format)
            }
            Action::Suggest { process, target, thickness, temperature_c, most_cycles, format } => {
                let request = suggest::Request {
                    kinds: process,
                    target,
                    thickness_nm: thickness,
                    deposition_temperature_c: temperature_c,
                    most_cycles,
                };
                say_suggestion(&request, lake, format).await
            }
            Action::Export { on, to, output } => export(&on, to, output.as_deref(), lake),
        }
    }
}

fn list(lake: &LakeOption, format: ReportFormat) -> Result<Outcome, Error> {
    let mut rows = vec![["recipe", "id", "where", "name"].map(str::to_owned)];
    let mut objects = Vec::new();
    for found in recipes::all(lake) {
        let (id, name) = match &found.recipe {
            Ok(recipe) => (recipe.recipe_id(), recipe.name.clone()),
            Err(error) => (String::new(), format!("cannot be read: {}", error.lines().next().unwrap_or_default())),
        };
        objects.push(json!({ "recipe": found.called, "recipe_id": id, "where": found.place, "name": name }));
        rows.push([found.called, id, found.place.to_owned(), name]);
    }
    let mut out = terminal::output();
    match format {
        ReportFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&objects)?)?,
        ReportFormat::Table => write_words(&mut out, "", &rows)?,
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn verdict(report: &Report, reactor: &Reactor) -> String {
    let count = |severity| report.violations.iter().filter(|violation| violation.severity == severity).count();
    let (hard, soft) = (count(Severity::Hard), count(Severity::Soft));
    let s = |count: usize| if count == 1 { "" } else { "s" };
    match (hard, soft, report.released()) {
        (0, 0, _) => format!("may run on {}", reactor.name),
        (0, soft, Some(_)) => {
            format!("may run on {}: {soft} soft limit{} exceeded for a stated reason", reactor.name, s(soft))
        }
        (0, soft, None) => format!(
            "may not run on {}: {soft} soft limit{} exceeded; state a reason in [[accept]] with `rule` and `reason`",
            reactor.name,
            s(soft)
        ),
        (hard, soft, _) => format!(
            "may not run on {}: {hard} hard limit{} and {soft} soft limit{} exceeded",
            reactor.name,
            s(hard),
            s(soft)
        ),
    }
}

fn say_check(on: &OnReactor, lake: &LakeOption, format: ReportFormat) -> Result<Outcome, Error> {
    let (named, reactor) = on.find(lake)?;
    let report = check(&named.recipe, &reactor);
    let passes = report.released().is_some();
    let mut out = terminal::output();
    match format {
        ReportFormat::Json => {
            let object = json!({
                "recipe": named.recipe.name,
                "recipe_id": named.recipe.recipe_id(),
                "reactor": reactor.name,
                "passes": passes,
                "violations": report.violations,
            });
            writeln!(out, "{}", serde_json::to_string_pretty(&object)?)?;
        }
        ReportFormat::Table => {
            for violation in &report.violations {
                writeln!(out, "{violation}")?;
            }
            writeln!(out, "{} ({}) {}", named.recipe.name, named.place, verdict(&report, &reactor))?;
        }
    }
    out.flush()?;
    Ok(if passes { Outcome::Done } else { Outcome::Failed })
}

fn show(named: &NamedRecipe, canonical: bool, format: ReportFormat) -> Result<Outcome, Error> {
    let recipe = &named.recipe;
    let mut out = terminal::output();
    if canonical {
        writeln!(out, "{}", recipe.canonical())?;
    } else if format == ReportFormat::Json {
        let content: serde_json::Value = serde_json::from_str(&recipe.canonical())?;
        let object =
            json!({ "name": recipe.name, "recipe_id": recipe.recipe_id(), "note": recipe.note, "content": content });
        writeln!(out, "{}", serde_json::to_string_pretty(&object)?)?;
    } else {
        describe(&mut out, recipe)?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn describe(out: &mut impl Write, recipe: &Recipe) -> Result<(), Error> {
    let number = |value: Option<f64>, unit: &str| value.map(|value| format!("{} {unit}", output::significant(value)));
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut row = |what: &str, value: Option<String>| {
        rows.push([what.to_owned(), value.unwrap_or_else(|| "not stated".to_owned())]);
    };
    row("name", Some(recipe.name.clone()));
    row("recipe_id", Some(recipe.recipe_id()));
    row("process", Some(recipe.process.clone()));
    row("deposition temperature", number(Some(recipe.deposition_temperature_c), "°C"));
    row("wall temperature", number(recipe.wall_temperature_c, "°C"));
    row("base pressure", number(recipe.base_pressure_pa, "Pa"));
    row("settle", recipe.settle.map(|settle| format!("{} s", settle.seconds())));
    row("cycles", recipe.times().map(|times| times.to_string()));
    if let Some(target) = recipe.target_thickness_nm {
        row("target thickness", number(Some(target), "nm"));
    }
    if let Some(ratio) = recipe.cycle_ratio() {
        row("cycle ratio k/(k+l)", Some(output::significant(ratio)));
    }
    if !recipe.substrate.is_empty() {
        let layer = |layer: &aldb_recipe::Layer| match layer.thickness_nm {
            Some(thickness) => format!("{} nm {}", output::significant(thickness), layer.material),
            None => layer.material.clone(),
        };
        row("substrate", Some(recipe.substrate.iter().map(layer).collect::<Vec<_>>().join(" / ")));
    }
    if let Some(note) = &recipe.note {
        row("note", Some(note.clone()));
    }
    write_words(out, "", &rows)?;
    if !recipe.precursors.is_empty() {
        writeln!(out)?;
        let mut rows = vec![["precursor", "formula", "source", "line", "carrier", "dose pressure"].map(str::to_owned)];
        for precursor in &recipe.precursors {
            let temperature = |value: Option<f64>| number(value, "°C").unwrap_or_else(|| "-".to_owned());
            rows.push([
                precursor.name.clone(),
                precursor.formula.clone().unwrap_or_else(|| "-".to_owned()),
                match &precursor.unheated {
                    Some(_) => "unheated".to_owned(),
                    None => temperature(precursor.source_temperature_c),
                },
                temperature(precursor.line_temperature_c),
                match (&precursor.carrier_gas, number(precursor.carrier_flow_sccm, "sccm")) {
                    (Some(gas), Some(flow)) => format!("{gas}, {flow}"),
                    (Some(gas), None) => gas.clone(),
                    _ => "-".to_owned(),
                },
                number(precursor.dose_pressure_pa, "Pa").unwrap_or_else(|| "-".to_owned()),
            ]);
        }
        write_words(out, "", &rows)?;
    }
    for cycle in &recipe.cycle_types {
        writeln!(out, "\ncycle {}", cycle.name)?;
        let mut rows = Vec::new();
        steps("", &cycle.steps, &mut rows);
        write_words(out, "  ", &rows)?;
    }
    let once = sequence(&recipe.blocks());
    let times = recipe.times().map_or_else(|| "?".to_owned(), |times| times.to_string());
    writeln!(out, "\nsequence: [{once}]{times}")?;
    Ok(())
}

fn steps(of: &str, steps: &[aldb_recipe::Step], rows: &mut Vec<[String; 4]>) {
    for (index, step) in steps.iter().enumerate() {
        let number = format!("{of}{}", index + 1);
        let what = [step.precursor.clone(), step.gas.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let duration = step.duration.map_or_else(String::new, |duration| format!("{} s", duration.seconds()));
        rows.push([number.clone(), step.step.name().to_owned(), what, duration]);
        self::steps(&format!("{number}."), &step.steps, rows);
    }
}

/// A sequence in the notation of the field: `[A [B]5]100`.
fn sequence(blocks: &[Block]) -> String {
    let part = |block: &Block| {
        let inner = block.cycle.clone().unwrap_or_else(|| sequence(&block.sequence));
        if block.repeat == 1 { inner } else { format!("[{inner}]{}", block.repeat) }
    };
    blocks.iter().map(part).collect::<Vec<_>>().join(" ")
}

fn unroll(on: &OnReactor, lake: &LakeOption, format: RowFormat) -> Result<Outcome, Error> {
    let (_, released) = on.released(lake)?;
    let Some(released) = released else { return Ok(Outcome::Failed) };
    let rows = Unrolled::new(&released);
    let schema = rows.schema.clone();
    let mut out = terminal::output();
    output::write_batches(&schema, rows, format.into(), &mut out)?;
    out.flush()?;
    Ok(Outcome::Done)
}

/// The rows of an unrolled recipe, some thousands at a time.
struct Unrolled<'a> {
    released: &'a Released,
    visits: aldb_recipe::Visits<'a>,
    time_ms: u64,
    schema: SchemaRef,
}

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

fn export(on: &OnReactor, to: Target, path: Option<&Path>, lake: &LakeOption) -> Result<Outcome, Error> {
    let (_, released) = on.released(lake)?;
    let Some(released) = released else { return Ok(Outcome::Failed) };
    let bytes = export::export(&released, to)?;
    match path {
        None => {
            let mut out = terminal::output();
            out.write_all(&bytes)?;
            out.flush()?;
        }
        Some(path) => {
            let failed = |error: std::io::Error| format!("cannot write `{}`: {error}", path.display());
            let half = path.with_extension("half");
            std::fs::write(&half, &bytes).map_err(failed)?;
            std::fs::rename(&half, path).map_err(failed)?;
            terminal::say(&format_args!("wrote {} to {}, read back and compared", to.name(), path.display()));
        }
    }
    Ok(Outcome::Done)
}

fn new(name: &str, from: Option<&str>, path: Option<PathBuf>, lake: &LakeOption) -> Result<Outcome, Error> {
    let begin = recipes::recipe(from.unwrap_or("lbo_250"), lake)?;
    let note = format!("begun from {}", begin.place);
    let entries = [("name", Some(quoted(name))), ("note", Some(quoted(&note)))];
    let text = with_entries(&begin.text, &entries);
    let text: String = text.lines().skip_while(|line| line.starts_with('#') || line.is_empty()).fold(
        "# A recipe, as docs/RECIPES.md describes. `aldb recipe check` says what a reactor thinks of it.\n\n"
            .to_owned(),
        |text, line| text + line + "\n",
    );
    Recipe::from_toml(&text)?;
    let path = path.unwrap_or_else(|| {
        let stem: String =
            name.chars().map(|letter| if letter.is_alphanumeric() || letter == '-' { letter } else { '_' }).collect();
        let folder = lake.open().map(|lake| lake.root().join("recipes")).unwrap_or_default();
        folder.join(format!("{stem}.toml"))
    });
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
    match &mut file {
        Ok(file) => {
            file.write_all(text.as_bytes()).map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
        }
        Err(error) => return Err(format!("cannot write `{}`: {error}", path.display()).into()),
    }
    terminal::say(&format_args!("wrote {}: change it, then `aldb recipe check`", path.display()));
    Ok(Outcome::Done)
}

fn diff(a: &Recipe, b: &Recipe, format: ReportFormat) -> Result<Outcome, Error> {
    let differences = aldb_recipe::diff(a, b);
    let mut out = terminal::output();
    match format {
        ReportFormat::Json => {
            let object = json!({ "a": a.recipe_id(), "b": b.recipe_id(), "differences": differences });
            writeln!(out, "{object:#}")?;
        }
        ReportFormat::Table if differences.is_empty() => writeln!(out, "the same recipe: {}", a.recipe_id())?,
        ReportFormat::Table => {
            let mut rows = vec![["entry".to_owned(), a.name.clone(), b.name.clone()]];
            let words = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            rows.extend(differences.iter().map(|found| [found.place.clone(), words(&found.a), words(&found.b)]));
            write_words(&mut out, "", &rows)?;
        }
    }
    out.flush()?;
    Ok(if differences.is_empty() { Outcome::Done } else { Outcome::Failed })
}

fn two_kinds(text: &str) -> Result<[String; 2], String> {
    match text.split('+').map(str::trim).collect::<Vec<_>>()[..] {
        [a, b] if !a.is_empty() && !b.is_empty() && a != b => Ok([a.to_owned(), b.to_owned()]),
        _ => Err(format!("expected two kinds of cycles as `LBO+LPO`, found `{text}`")),
    }
}

fn nanometres(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches("nm").trim().parse::<f64>().ok();
    number
        .filter(|nm| *nm > 0.0 && nm.is_finite())
        .ok_or_else(|| format!("expected a thickness as `10nm`, found `{text}`"))
}

async fn say_suggestion(request: &suggest::Request, lake: &LakeOption, format: ReportFormat) -> Result<Outcome, Error> {
    let lake = lake.open()?;
    let session = Session::open(&lake, lake.snapshot().await?)?;
    let found = suggest::suggest(&session, request).await?;
    let mut out = terminal::output();
    if format == ReportFormat::Json {
        writeln!(out, "{}", serde_json::to_string_pretty(&found)?)?;
        out.flush()?;
        return Ok(Outcome::Done);
    }
    let number = output::significant;
    let [a, b] = &found.kinds;
    let rows = [
        [
            "supercycle".to_owned(),
            format!("{} {a} : {} {b}, cycle ratio {}", found.k, found.l, number(found.cycle_ratio)),
        ],
        [
            "supercycles".to_owned(),
            format!("{} ({} cycles)", found.supercycles, found.supercycles * u64::from(found.k + found.l)),
        ],
        ["temperature".to_owned(), format!("{} °C", number(found.deposition_temperature_c))],
        [
            found.quantity.clone(),
            format!(
                "{} ± {} expected, {} asked for, {} by the rule of mixtures alone",
                number(found.expected),
                number(found.expected_err),
                number(found.target),
                number(found.by_rule)
            ),
        ],
        [
            "growth per cycle".to_owned(),
            format!("{} ± {} Å", number(found.gpc_angstrom), number(found.gpc_err_angstrom)),
        ],
        ["nucleation delay".to_owned(), format!("{} cycles", number(found.nucleation_delay_cycles))],
        ["thickness".to_owned(), format!("{} ± {} nm", number(found.thickness_nm), number(found.thickness_err_nm))],
    ];
    write_words(&mut out, "", &rows)?;
    if !found.neighbours.is_empty() {
        let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number);
        let mut rows = vec![["nearest measured", "cycle ratio", "measured", "by the rule"].map(str::to_owned)];
        rows.extend(
            found.neighbours.iter().map(|film| {
                [film.sample_id.clone(), number(film.cycle_ratio), shown(film.measured), shown(film.by_rule)]
            }),
        );
        writeln!(out)?;
        write_words(&mut out, "", &rows)?;
    }
    for note in &found.notes {
        writeln!(out, "{note}")?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// Puts what the lake has measured of each kind of cycle in the place of what the recipe expects. Returns the cycles of which it knew
/// something.
async fn measure(recipe: &mut Recipe, lake: &LakeOption) -> Result<Vec<String>, Error> {
    // An estimate needs no lake.
    let Ok(lake) = lake.open() else { return Ok(Vec::new()) };
    let session = Session::open(&lake, lake.snapshot().await?)?;
    let temperature = recipe.deposition_temperature_c;
    let mut known = Vec::new();
    for cycle in &mut recipe.cycle_types {
        let film = measured_film(&session, &cycle.doses(), temperature).await?;
        let expected = cycle.expected.get_or_insert_default();
        if film.gpc_angstrom.is_none() && film.contents_percent.is_empty() {
            continue;
        }
        known.push(cycle.name.clone());
        expected.growth_per_cycle_nm = film.gpc_angstrom.map(|gpc| gpc / 10.0).or(expected.growth_per_cycle_nm);
        expected.nucleation_delay_cycles =
            film.nucleation_delay_cycles.map(|delay| delay.max(0.0)).or(expected.nucleation_delay_cycles);
        if !film.contents_percent.is_empty() {
            expected.composition_at_percent = film.contents_percent;
        }
    }
    Ok(known)
}

fn estimate(named: &NamedRecipe, measured: &[String], format: ReportFormat) -> Result<Outcome, Error> {
    let estimate = aldb_recipe::estimate(&named.recipe);
    let mut out = terminal::output();
    if format == ReportFormat::Json {
        writeln!(out, "{:#}", serde_json::to_value(&estimate)?)?;
        out.flush()?;
        return Ok(Outcome::Done);
    }
    let number = |value: Result<f64, String>, unit: &str| match value {
        Ok(value) => format!("{} {unit}", output::significant(value)),
        Err(why) => format!("not known: {why}"),
    };
    let unknown = || "a length or the number of cycles is not stated".to_owned();
    let mut rows = vec![[
        "time of deposition".to_owned(),
        number(estimate.duration_s.map(|seconds| seconds / 3600.0).ok_or_else(unknown), "h"),
    ]];
    for (cycle, count) in &estimate.cycles {
        rows.push([
            format!("cycles of {cycle}"),
            count.map_or_else(|| "not known".to_owned(), |count| count.to_string()),
        ]);
    }
    rows.push(["growth per cycle".to_owned(), number(estimate.growth_per_cycle_nm.clone(), "nm")]);
    rows.push(["thickness".to_owned(), number(estimate.thickness_nm.clone(), "nm")]);
    match &estimate.composition_at_percent {
        Ok(content) => {
            let elements = content.iter().map(|(element, percent)| format!("{element} {percent:.1}"));
            rows.push(["composition".to_owned(), format!("{} at.%", elements.collect::<Vec<_>>().join(", "))]);
        }
        Err(why) => rows.push(["composition".to_owned(), format!("not known: {why}")]),
    }
    write_words(&mut out, "", &rows)?;
    let mut rows = vec![["precursor", "doses", "open", "exposure"].map(str::to_owned)];
    for precursor in &estimate.precursors {
        let optional = |value: Option<f64>, unit| value.map_or_else(|| "-".to_owned(), |value| number(Ok(value), unit));
        rows.push([
            precursor.precursor.clone(),
            precursor.doses.map_or_else(|| "-".to_owned(), |doses| doses.to_string()),
            optional(precursor.open_s, "s"),
            optional(precursor.exposure_pa_s, "Pa s"),
        ]);
    }
    if rows.len() > 1 {
        writeln!(out)?;
        write_words(&mut out, "", &rows)?;
    }
    let source = match measured {
        [] => "growth and composition are those that the recipe expects of each cycle alone".to_owned(),
        cycles => format!("growth and composition of {} alone are those that the lake has measured", cycles.join(", ")),
    };
    writeln!(out, "\n{source}; mixtures by the rule of mixtures")?;
    out.flush()?;
    Ok(Outcome::Done)
}

//! What people write by hand: samples, runs, recipes and literature values, in TOML or CSV.
//!
//! These files are few and refer to each other, so all are read whenever one changed. One that is wrong is reported
//! and left out; the others count.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use aldb_recipe::Recipe;
use serde::{Deserialize, Deserializer};

use crate::discover::relative;
use crate::rows::{Cell, Rows};
use crate::{recipe_cycles, recipe_steps};

/// The folders of a lake that hold such files.
pub(crate) const FOLDERS: [&str; 3] = ["samples", "recipes", "literature"];

/// A file that someone wrote.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    /// Path relative to the lake, with `/` between folders.
    pub(crate) path: String,
    pub(crate) file_id: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) modified_micros: Option<i64>,
}

/// A sample, as far as measurements need it.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownSample {
    pub(crate) run_id: Option<String>,
    pub(crate) recipe_id: Option<String>,
    /// Areas of its electrodes by their names.
    pub(crate) area_cm2: HashMap<String, f64>,
}

/// Everything that the sheets say.
pub(crate) struct Sheets {
    pub(crate) tables: Vec<(&'static str, Rows)>,
    pub(crate) samples: HashMap<String, KnownSample>,
    /// For each sheet in order: what is wrong with it, or what a user should know.
    pub(crate) outcome: Vec<Result<Vec<String>, String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct SampleFile {
    #[serde(default)]
    sample: Vec<SampleEntry>,
    #[serde(default)]
    run: Vec<RunEntry>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct SampleEntry {
    sample_id: String,
    run: Option<String>,
    recipe: Option<String>,
    #[serde(default, deserialize_with = "number")]
    thickness_nm: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    thickness_err_nm: Option<f64>,
    substrate: Option<String>,
    note: Option<String>,
    #[serde(default)]
    synthetic: bool,
    #[serde(default)]
    electrodes: Vec<ElectrodeEntry>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct ElectrodeEntry {
    dot: String,
    #[serde(default, deserialize_with = "number")]
    area_cm2: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    diameter_um: Option<f64>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RunEntry {
    run_id: String,
    recipe: Option<String>,
    reactor: Option<String>,
    started_at: Option<String>,
    note: Option<String>,
}

#[derive(Deserialize)]
struct LiteratureEntry {
    report_id: String,
    material: String,
    first_author: Option<String>,
    #[serde(default, deserialize_with = "number")]
    year: Option<f64>,
    journal: Option<String>,
    doi: Option<String>,
    process: Option<String>,
    precursors: Option<String>,
    #[serde(default, deserialize_with = "number")]
    deposition_temperature_c: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    film_thickness_nm: Option<f64>,
    geometry: Option<String>,
    #[serde(default, deserialize_with = "number")]
    sigma_s_per_cm: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    sigma_max_s_per_cm: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    sigma_err_s_per_cm: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    sigma_temperature_c: Option<f64>,
    sigma_temperature_as_printed: Option<String>,
    #[serde(default, deserialize_with = "number")]
    ea_ev: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    ea_err_ev: Option<f64>,
    in_chart: String,
    conflict: Option<String>,
    source_of_value: String,
    quote: Option<String>,
}

/// A number however it is written: TOML's, CSV's, or with a decimal comma.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f64),
        Text(String),
    }
    match Option::<Written>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Written::Number(number)) => Ok(Some(number)),
        Some(Written::Text(text)) if text.trim().is_empty() => Ok(None),
        Some(Written::Text(text)) => text
            .trim()
            .replace(',', ".")
            .parse()
            .map(Some)
            .map_err(|_| serde::de::Error::custom(format!("expected a number, found `{text}`"))),
    }
}

/// One sheet, read but not yet tied to the others.
enum Content {
    Samples(SampleFile),
    Recipes(Vec<Recipe>),
    Literature(Vec<LiteratureEntry>),
}

/// The sheets of a lake, in the order of their paths. One that cannot be opened stands there without a byte.
pub(crate) fn read_folders(lake: &Path) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    for folder in FOLDERS {
        for entry in walkdir::WalkDir::new(lake.join(folder)).follow_links(true).into_iter().flatten() {
            let name = entry.file_name().to_string_lossy();
            let is_sheet = name.ends_with(".toml") || name.ends_with(".csv");
            if !entry.file_type().is_file() || !is_sheet || name.starts_with(['.', '~']) {
                continue;
            }
            let bytes = std::fs::read(entry.path()).unwrap_or_default();
            let modified = entry.metadata().ok().and_then(|status| status.modified().ok());
            sheets.push(Sheet {
                path: relative(lake, entry.path()),
                file_id: aldb_lake::file_id(&bytes),
                bytes,
                modified_micros: modified.map(|time| aldb_lake::nanoseconds(time) / 1000),
            });
        }
    }
    sheets.sort_by(|a, b| a.path.cmp(&b.path));
    sheets
}

/// Reads all sheets and ties samples to runs and recipes. What stands twice counts once: the sheet first by path.
pub(crate) fn read(sheets: &[Sheet], batch: i64) -> Sheets {
    let contents: Vec<Result<Content, String>> = sheets.iter().map(content).collect();
    let mut tied = Tied::default();
    let mut outcome: Vec<Result<Vec<String>, String>> =
        contents.iter().map(|content| content.as_ref().map(|_| Vec::new()).map_err(Clone::clone)).collect();
    // Recipes first, then runs, then samples: each refers to those before.
    for step in [Tied::recipes, Tied::runs, Tied::samples, Tied::literature] {
        for ((sheet, content), outcome) in sheets.iter().zip(&contents).zip(&mut outcome) {
            if let (Ok(content), Ok(notes)) = (content, outcome) {
                step(&mut tied, (sheet, batch), content, notes);
            }
        }
    }
    let Tied { recipes, recipe_cycles, recipe_steps, runs, samples, literature, known, .. } = tied;
    let tables = vec![
        ("recipes", recipes),
        ("recipe_cycles", recipe_cycles),
        ("recipe_steps", recipe_steps),
        ("runs", runs),
        ("samples", samples),
        ("literature_conductivity", literature),
    ];
    Sheets { tables, samples: known, outcome }
}

/// What was read so far.
struct Tied {
    recipes: Rows,
    recipe_cycles: Rows,
    recipe_steps: Rows,
    runs: Rows,
    samples: Rows,
    literature: Rows,
    /// Ids by names; of two recipes with one name, the first.
    recipe_ids: HashMap<String, String>,
    ids: HashSet<String>,
    run_recipes: HashMap<String, Option<String>>,
    known: HashMap<String, KnownSample>,
    reports: HashSet<String>,
}

impl Default for Tied {
    fn default() -> Self {
        Self {
            recipes: Rows::of("recipes"),
            recipe_cycles: Rows::of("recipe_cycles"),
            recipe_steps: Rows::of("recipe_steps"),
            runs: Rows::of("runs"),
            samples: Rows::of("samples"),
            literature: Rows::of("literature_conductivity"),
            recipe_ids: HashMap::new(),
            ids: HashSet::new(),
            run_recipes: HashMap::new(),
            known: HashMap::new(),
            reports: HashSet::new(),
        }
    }
}

impl Tied {
    fn recipes(&mut self, (sheet, batch): (&Sheet, i64), content: &Content, notes: &mut Vec<String>) {
        let Content::Recipes(recipes) = content else { return };
        for recipe in recipes {
            let id = recipe.recipe_id();
            match self.recipe_ids.get(&recipe.name) {
                Some(other) if *other != id => notes.push(format!(
                    "another recipe is called `{}` too: the name means that one, this one is known by its id {id}",
                    recipe.name
                )),
                Some(_) => {}
                None => drop(self.recipe_ids.insert(recipe.name.clone(), id.clone())),
            }
            if !self.ids.insert(id.clone()) {
                notes.push(format!("recipe `{}` is the same, step by step, as one read before", recipe.name));
                continue;
            }
            recipe_cycles::push(&mut self.recipe_cycles, recipe, &id, &sheet.file_id, batch);
            recipe_steps::push(&mut self.recipe_steps, recipe, &id, &sheet.file_id, batch);
            let supercycle = recipe.supercycle();
            let cycles_per_supercycle = Some(supercycle.cycle_count()).filter(|count| *count > 0);
            self.recipes.push([
                ("recipe_id", id.into()),
                ("name", recipe.name.as_str().into()),
                ("process", recipe.process.as_str().into()),
                ("deposition_temperature_c", recipe.deposition_temperature_c.into()),
                ("cycles_per_supercycle", cycles_per_supercycle.map(recipe_cycles::whole).into()),
                ("cycle_s", supercycle.mean_cycle_s().into()),
                ("canonical", recipe.canonical().into()),
                ("note", recipe.note.clone().into()),
                ("file_id", sheet.file_id.as_str().into()),
                ("batch", batch.into()),
            ]);
        }
    }

    /// The id of a recipe that is named by its name or by its id.
    fn recipe(&self, named: Option<&str>, of: &str, notes: &mut Vec<String>) -> Option<String> {
        let named = named?;
        let found = self.recipe_ids.get(named).or_else(|| self.ids.get(named));
        if found.is_none() {
            notes.push(format!("{of}: no recipe `{named}` in recipes/"));
        }
        found.cloned()
    }

    fn runs(&mut self, (sheet, batch): (&Sheet, i64), content: &Content, notes: &mut Vec<String>) {
        let Content::Samples(file) = content else { return };
        for run in &file.run {
            if self.run_recipes.contains_key(&run.run_id) {
                notes.push(format!("run `{}` is described before: this description is left out", run.run_id));
                continue;
            }
            let recipe_id = self.recipe(run.recipe.as_deref(), &format!("run `{}`", run.run_id), notes);
            self.run_recipes.insert(run.run_id.clone(), recipe_id.clone());
            self.runs.push([
                ("run_id", run.run_id.as_str().into()),
                ("recipe_id", recipe_id.into()),
                ("reactor", run.reactor.clone().into()),
                ("started_at", run.started_at.clone().into()),
                ("note", run.note.clone().into()),
                ("file_id", sheet.file_id.as_str().into()),
                ("batch", batch.into()),
            ]);
        }
    }

    fn samples(&mut self, (sheet, batch): (&Sheet, i64), content: &Content, notes: &mut Vec<String>) {
        let Content::Samples(file) = content else { return };
        for sample in &file.sample {
            let id = &sample.sample_id;
            if self.known.contains_key(id) {
                notes.push(format!("sample `{id}` is described before: this description is left out"));
                continue;
            }
            let mut recipe_id = self.recipe(sample.recipe.as_deref(), &format!("sample `{id}`"), notes);
            if let Some(run) = &sample.run {
                match self.run_recipes.get(run) {
                    None => notes.push(format!("sample `{id}`: no run `{run}` in samples/")),
                    Some(of_run) if recipe_id.is_none() => recipe_id.clone_from(of_run),
                    Some(of_run) if of_run.is_some() && *of_run != recipe_id => {
                        notes.push(format!(
                            "sample `{id}`: its run `{run}` has another recipe; the sample's own counts"
                        ));
                    }
                    Some(_) => {}
                }
            }
            let mut area_cm2 = HashMap::new();
            let mut electrodes = Vec::new();
            for electrode in &sample.electrodes {
                let from_diameter = electrode.diameter_um.map(circle_cm2);
                let Some(area) = electrode.area_cm2.or(from_diameter).filter(|area| *area > 0.0) else {
                    notes.push(format!(
                        "sample `{id}`: electrode `{}` has no area_cm2 or diameter_um above 0",
                        electrode.dot
                    ));
                    continue;
                };
                area_cm2.insert(electrode.dot.clone(), area);
                electrodes.push(vec![electrode.dot.as_str().into(), area.into()]);
            }
            if sample.thickness_nm.is_some_and(|thickness| thickness <= 0.0) {
                notes.push(format!("sample `{id}`: thickness_nm is not above 0, so it is taken as not given"));
            }
            self.samples.push([
                ("sample_id", id.as_str().into()),
                ("run_id", sample.run.clone().into()),
                ("recipe_id", recipe_id.clone().into()),
                ("thickness_nm", sample.thickness_nm.filter(|thickness| *thickness > 0.0).into()),
                ("thickness_err_nm", sample.thickness_err_nm.filter(|error| *error >= 0.0).into()),
                ("substrate", sample.substrate.clone().into()),
                ("electrodes", if electrodes.is_empty() { Cell::Null } else { Cell::List(electrodes) }),
                ("note", sample.note.clone().into()),
                ("synthetic", sample.synthetic.into()),
                ("file_id", sheet.file_id.as_str().into()),
                ("batch", batch.into()),
            ]);
            self.known.insert(id.clone(), KnownSample { run_id: sample.run.clone(), recipe_id, area_cm2 });
        }
    }

    fn literature(&mut self, (sheet, batch): (&Sheet, i64), content: &Content, notes: &mut Vec<String>) {
        let Content::Literature(reports) = content else { return };
        for report in reports {
            let id = &report.report_id;
            let Some(sigma) = report.sigma_s_per_cm.filter(|sigma| *sigma > 0.0) else {
                notes.push(format!("report `{id}` has no sigma_s_per_cm above 0: it is left out"));
                continue;
            };
            if !self.reports.insert(id.clone()) {
                notes.push(format!("report `{id}` stands before: this row is left out"));
                continue;
            }
            self.literature.push([
                ("report_id", id.as_str().into()),
                ("material", report.material.as_str().into()),
                ("first_author", report.first_author.clone().into()),
                ("year", report.year.map(|year| year as i64).into()),
                ("journal", report.journal.clone().into()),
                ("doi", report.doi.clone().into()),
                ("process", report.process.clone().into()),
                ("precursors", report.precursors.clone().into()),
                ("deposition_temperature_c", report.deposition_temperature_c.into()),
                ("film_thickness_nm", report.film_thickness_nm.into()),
                ("geometry", report.geometry.clone().into()),
                ("sigma_s_per_cm", sigma.into()),
                ("sigma_max_s_per_cm", report.sigma_max_s_per_cm.into()),
                ("sigma_err_s_per_cm", report.sigma_err_s_per_cm.into()),
                ("sigma_temperature_c", report.sigma_temperature_c.into()),
                ("sigma_temperature_as_printed", report.sigma_temperature_as_printed.clone().into()),
                ("ea_ev", report.ea_ev.into()),
                ("ea_err_ev", report.ea_err_ev.into()),
                ("in_chart", matches!(report.in_chart.trim(), "yes" | "true").into()),
                ("conflict", report.conflict.clone().into()),
                ("source_of_value", report.source_of_value.as_str().into()),
                ("quote", report.quote.clone().into()),
                ("file_id", sheet.file_id.as_str().into()),
                ("batch", batch.into()),
            ]);
        }
    }
}

/// Area of a round electrode (cm²); 1 µm = 1e-4 cm.
pub(crate) fn circle_cm2(diameter_um: f64) -> f64 {
    std::f64::consts::PI * (diameter_um * 0.5e-4).powi(2)
}

fn content(sheet: &Sheet) -> Result<Content, String> {
    let text = std::str::from_utf8(&sheet.bytes).map_err(|error| {
        format!("byte {}: expected UTF-8 text, found another encoding: save it as UTF-8", error.valid_up_to())
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let folder = sheet.path.split('/').next().unwrap_or_default();
    let extension = Path::new(&sheet.path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match (folder, extension.to_ascii_lowercase().as_str()) {
        ("samples", "toml") => toml::from_str(text).map(Content::Samples).map_err(|error| error.to_string()),
        ("samples", "csv") => {
            let names = headers(text)?;
            if names.iter().any(|name| name == "sample_id") {
                let sample = entries(text)?;
                Ok(Content::Samples(SampleFile { sample, run: Vec::new() }))
            } else if names.iter().any(|name| name == "run_id") {
                let run = entries(text)?;
                Ok(Content::Samples(SampleFile { sample: Vec::new(), run }))
            } else {
                Err(format!("line 1: expected a column `sample_id` or `run_id`, found {}", names.join(", ")))
            }
        }
        ("recipes", "toml") => {
            Recipe::from_toml(text).map(|recipe| Content::Recipes(vec![recipe])).map_err(|error| error.to_string())
        }
        ("recipes", "csv") => recipes_of_csv(text).map(Content::Recipes),
        ("literature", "csv") => entries(text).map(Content::Literature),
        _ => {
            Err(format!("expected .toml or .csv in samples/ and recipes/, .csv in literature/, found `{}`", sheet.path))
        }
    }
}

/// A reader for the text: European spreadsheets separate by semicolons.
fn csv_reader(text: &str) -> csv::Reader<&[u8]> {
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.matches(';').count() > first.matches(',').count() { b';' } else { b',' };
    csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(text.as_bytes())
}

fn headers(text: &str) -> Result<Vec<String>, String> {
    let mut reader = csv_reader(text);
    let headers = reader.headers().map_err(|error| error.to_string())?;
    Ok(headers.iter().map(str::to_owned).collect())
}

fn entries<T: for<'de> Deserialize<'de>>(text: &str) -> Result<Vec<T>, String> {
    csv_reader(text).deserialize().collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// One recipe a row: a cell that is a number is one, an empty one is absent.
fn recipes_of_csv(text: &str) -> Result<Vec<Recipe>, String> {
    let names = headers(text)?;
    let mut recipes = Vec::new();
    for record in csv_reader(text).records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut table = toml::Table::new();
        for (name, cell) in names.iter().zip(&record).filter(|(_, cell)| !cell.is_empty()) {
            let value = match cell.replace(',', ".").parse::<f64>() {
                Ok(number) if name != "name" && number.is_finite() => match cell.parse() {
                    Ok(whole) => toml::Value::Integer(whole),
                    Err(_) => toml::Value::Float(number),
                },
                _ => toml::Value::String(cell.to_owned()),
            };
            table.insert(name.clone(), value);
        }
        recipes.push(Recipe::from_toml(&table.to_string()).map_err(|error| format!("line {line}: {error}"))?);
    }
    Ok(recipes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(path: &str, text: &str) -> Sheet {
        Sheet {
            path: path.to_owned(),
            file_id: "00".to_owned(),
            bytes: text.as_bytes().to_vec(),
            modified_micros: None,
        }
    }

    const RECIPE: &str = "name = \"LBO\"\nprocess = \"LBO\"\ndeposition_temperature_c = 125\n";

    #[test]
    fn a_sample_finds_its_recipe_by_name_and_through_its_run() {
        let sheets = read(
            &[
                sheet("recipes/lbo.toml", RECIPE),
                sheet(
                    "samples/films.toml",
                    "[[run]]\nrun_id = \"R1\"\nrecipe = \"LBO\"\n[[sample]]\nsample_id = \"A\"\nrecipe = \"LBO\"\n\
                     [[sample]]\nsample_id = \"B\"\nrun = \"R1\"\nelectrodes = [{ dot = \"1\", diameter_um = 100 }]\n",
                ),
            ],
            1,
        );
        let id = Recipe::from_toml(RECIPE).unwrap().recipe_id();
        assert_eq!(sheets.samples["A"].recipe_id.as_deref(), Some(id.as_str()));
        assert_eq!(sheets.samples["B"].recipe_id.as_deref(), Some(id.as_str()));
        assert!((sheets.samples["B"].area_cm2["1"] - 7.853_981_633_974_483e-5).abs() < 1e-18);
        assert_eq!(sheets.outcome, [Ok(vec![]), Ok(vec![])]);
    }

    #[test]
    fn samples_come_from_a_spreadsheet_with_decimal_commas() {
        let sheets = read(&[sheet("samples/films.csv", "sample_id;thickness_nm;note\nA;80,5;\nB;;thin\n")], 1);
        assert_eq!(sheets.outcome, [Ok(vec![])]);
        let (_, rows) = sheets.tables.iter().find(|(name, _)| *name == "samples").unwrap();
        assert_eq!(rows.batch().unwrap().num_rows(), 2);
    }

    #[test]
    fn a_sheet_that_is_wrong_is_named_and_the_others_count() {
        let sheets =
            read(&[sheet("samples/a.toml", "[[sample]]\nsample = 3\n"), sheet("samples/b.csv", "sample_id\nB\n")], 1);
        let error = sheets.outcome[0].clone().unwrap_err();
        assert!(error.contains("line 2"), "{error}");
        assert!(sheets.samples.contains_key("B"));
    }

    #[test]
    fn a_sample_described_twice_counts_once_and_says_so() {
        let sheets = read(&[sheet("samples/a.csv", "sample_id\nA\n"), sheet("samples/b.csv", "sample_id\nA\n")], 1);
        assert_eq!(
            sheets.outcome[1],
            Ok(vec!["sample `A` is described before: this description is left out".to_owned()])
        );
    }

    #[test]
    fn an_unknown_recipe_is_told() {
        let sheets = read(&[sheet("samples/a.csv", "sample_id,recipe\nA,none\n")], 1);
        assert_eq!(sheets.outcome[0], Ok(vec!["sample `A`: no recipe `none` in recipes/".to_owned()]));
    }

    #[test]
    fn of_two_recipes_with_one_name_the_second_is_known_by_its_id() {
        let other = RECIPE.replace("= 125", "= 250");
        let id = Recipe::from_toml(&other).unwrap().recipe_id();
        let runs = format!("run_id,recipe\nR1,LBO\nR2,{id}\n");
        let sheets =
            read(&[sheet("recipes/a.toml", RECIPE), sheet("recipes/b.toml", &other), sheet("samples/r.csv", &runs)], 1);
        assert_eq!(sheets.tables[0].1.batch().unwrap().num_rows(), 2);
        assert_eq!(sheets.outcome[2], Ok(vec![]));
        let note = sheets.outcome[1].clone().unwrap().remove(0);
        assert_eq!(
            note,
            format!("another recipe is called `LBO` too: the name means that one, this one is known by its id {id}")
        );
    }

    #[test]
    fn recipes_come_from_a_spreadsheet_too() {
        let text = "name,process,deposition_temperature_c,cycles\nLBO,LBO,125,\n";
        let sheets = read(&[sheet("recipes/all.csv", text), sheet("samples/a.csv", "sample_id,recipe\nA,LBO\n")], 1);
        assert_eq!(sheets.samples["A"].recipe_id, Some(Recipe::from_toml(RECIPE).unwrap().recipe_id()));
    }
}

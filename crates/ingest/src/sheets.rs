//! Files written by people: samples, runs, recipes and literature values, in TOML or CSV (docs/SAMPLES.md).
//!
//! These files are few and refer to each other, so all are read whenever one has changed. An entry with a mistake is
//! reported, and what the lake knew of it stays; so does everything of a file or folder that cannot be read.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::SystemTime;

use aldb_formats::FileErrorCode;

use crate::content::{Content, Exclusion, RECORDED, Trouble, content};
use crate::discover::relative;
use crate::report::FileError;
use crate::rows::{Cell, Rows};
use crate::{recipe_cycles, recipe_steps};

/// The folders of a lake with such files.
pub(crate) const FOLDERS: [&str; 3] = ["samples", "recipes", "literature"];

/// Whether a name in `source_files` is that of a file written by a person.
pub(crate) fn is_sheet_path(name: &str) -> bool {
    FOLDERS.iter().any(|folder| is_at_or_below(name, folder))
}

pub(crate) fn is_at_or_below(name: &str, folder: &str) -> bool {
    name.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A file written by a person.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    /// Path relative to the lake, with `/` between folders.
    pub(crate) path: String,
    pub(crate) file_id: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) modified_micros: Option<i64>,
    /// Why it could not be opened; then it has no bytes.
    pub(crate) error: Option<FileError>,
}

impl Sheet {
    /// A folder of sheets that should be there.
    pub(crate) fn missing(folder: &str) -> Self {
        let why = "expected the folder, found none: what its files described stays; make an empty folder if nothing is to be described";
        Self {
            path: folder.to_owned(),
            file_id: aldb_lake::file_id(b""),
            bytes: Vec::new(),
            modified_micros: None,
            error: Some(FileError::new(FileErrorCode::FileUnreadable, why)),
        }
    }
}

/// The properties of a sample that measurements need.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownSample {
    pub(crate) run_id: Option<String>,
    pub(crate) recipe_id: Option<String>,
    /// Areas of its electrodes by their names.
    pub(crate) area_cm2: HashMap<String, f64>,
    /// Standard uncertainties of the areas that have one.
    pub(crate) area_err_cm2: HashMap<String, f64>,
}

/// What the lake holds of earlier states of the sheets.
#[derive(Debug, Default)]
pub(crate) struct Earlier {
    /// The ids of all bytes that a path ever had.
    pub(crate) ids: HashMap<String, HashSet<String>>,
    /// Id, name, and the file of each.
    pub(crate) recipes: Vec<(String, String, String)>,
    /// Name, recipe, and the file of each.
    pub(crate) runs: Vec<(String, Option<String>, String)>,
    pub(crate) samples: Vec<(String, KnownSample, String)>,
    /// Id, time as written, and the file of each event.
    pub(crate) events: Vec<(String, String, String)>,
    /// Name and file of each published value.
    pub(crate) literature: Vec<(String, String)>,
}

impl Earlier {
    /// The files that were read at this path or below it.
    fn files(&self, path: &str) -> HashSet<&str> {
        let below = self.ids.iter().filter(|(other, _)| is_at_or_below(other, path));
        below.flat_map(|(_, ids)| ids.iter().map(String::as_str)).collect()
    }
}

/// The content of all sheets.
pub(crate) struct Sheets {
    pub(crate) tables: Vec<(&'static str, Rows)>,
    /// For each table, the values of its first key column whose stored rows stay: their description cannot be read now.
    pub(crate) kept: HashMap<&'static str, HashSet<String>>,
    pub(crate) samples: HashMap<String, KnownSample>,
    /// Runs, and the recipe of each.
    pub(crate) runs: HashMap<String, Option<String>>,
    /// For each sheet in order: what is wrong with it, and notes for the user.
    pub(crate) outcome: Vec<Outcome>,
}

/// What was found in a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) error: Option<FileError>,
    pub(crate) notes: Vec<String>,
}

/// The sheets of a lake, in the order of their paths. A file or folder that cannot be opened is listed with an error.
pub(crate) fn read_folders(lake: &Path) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    let mut push = |path: &Path, bytes: std::io::Result<Vec<u8>>, modified: Option<SystemTime>| {
        let (bytes, error) = match bytes {
            Ok(bytes) => (bytes, None),
            Err(error) => {
                (Vec::new(), Some(FileError::new(FileErrorCode::FileUnreadable, format!("cannot read it: {error}"))))
            }
        };
        sheets.push(Sheet {
            path: relative(lake, path),
            file_id: aldb_lake::file_id(&bytes),
            bytes,
            modified_micros: modified.map(|time| aldb_lake::nanoseconds(time) / 1000),
            error,
        });
    };
    for folder in &FOLDERS.map(|folder| lake.join(folder)) {
        match std::fs::metadata(folder) {
            Ok(status) if status.is_dir() => {}
            Ok(_) => {
                push(folder, Err(std::io::Error::other("expected a folder, found a file")), None);
                continue;
            }
            // Whether there should be one is known to the lake.
            Err(_) if std::fs::symlink_metadata(folder).is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound) => {
                continue;
            }
            Err(error) => {
                push(folder, Err(error), None);
                continue;
            }
        }
        for entry in walkdir::WalkDir::new(folder).follow_links(true) {
            match entry {
                Ok(entry) => {
                    if !is_sheet_name(entry.file_name()) || entry.depth() == 0 {
                        continue;
                    }
                    if entry.file_type().is_file() {
                        let modified = entry.metadata().ok().and_then(|status| status.modified().ok());
                        push(entry.path(), std::fs::read(entry.path()), modified);
                    } else {
                        push(entry.path(), Err(std::io::Error::other("expected a file, found a folder")), None);
                    }
                }
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    // A link that leads nowhere and is no sheet, such as the lock of an editor, says nothing.
                    let is_other = std::fs::symlink_metadata(&path).is_ok_and(|status| status.is_symlink())
                        && path.extension().is_some()
                        && !is_sheet_name(path.file_name().unwrap_or_default());
                    if !is_other {
                        push(&path, Err(error.into()), None);
                    }
                }
            }
        }
    }
    sheets.sort_by(|a, b| a.path.cmp(&b.path));
    sheets
}

fn is_sheet_name(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    (name.ends_with(".toml") || name.ends_with(".csv")) && !name.starts_with(['.', '~'])
}

/// The content of a sheet, before it is related to those of others.
pub(crate) type Read = (Content, Trouble);

/// Reads every sheet by itself.
pub(crate) fn contents(sheets: &[Sheet]) -> Vec<Read> {
    sheets
        .iter()
        .map(|sheet| match &sheet.error {
            Some(error) => (Content::nothing(), Trouble::whole(error.message.clone())),
            None => content(&sheet.path, &sheet.bytes),
        })
        .collect()
}

/// The same where only entries about files are wanted, exclusions and links: a sheet without a word that they cannot lack is not
/// read.
pub(crate) fn contents_about_files(sheets: &[Sheet]) -> Vec<Read> {
    sheets
        .iter()
        .map(|sheet| match may_exclude(sheet) || may_link(sheet) {
            true => content(&sheet.path, &sheet.bytes),
            false => (Content::nothing(), Trouble::default()),
        })
        .collect()
}

/// Whether a sheet may list exclusions, or cannot be read so that it may have listed some.
fn may_exclude(sheet: &Sheet) -> bool {
    may_contain(sheet, "reason")
}

/// Whether a sheet may link files, or cannot be read so that it may have linked some.
fn may_link(sheet: &Sheet) -> bool {
    sheet.path.starts_with("samples") && may_contain(sheet, "file")
}

fn may_contain(sheet: &Sheet, word: &str) -> bool {
    sheet.error.is_some() || std::str::from_utf8(&sheet.bytes).map_or(true, |text| text.contains(word))
}

/// The exclusions of all sheets.
pub(crate) struct Exclusions {
    /// Each with the position of its sheet.
    pub(crate) listed: Vec<(usize, Exclusion)>,
    /// Whether a sheet that may list others has mistakes.
    pub(crate) has_trouble: bool,
}

impl Exclusions {
    pub(crate) fn of(sheets: &[Sheet], contents: &[Read]) -> Self {
        let mut exclusions = Self { listed: Vec::new(), has_trouble: false };
        for (place, (sheet, (content, trouble))) in sheets.iter().zip(contents).enumerate() {
            if let Content::Samples { exclusions: listed, .. } = content {
                exclusions.listed.extend(listed.iter().map(|exclusion| (place, exclusion.clone())));
            }
            exclusions.has_trouble |= trouble.is_some() && may_exclude(sheet);
        }
        exclusions
    }
}

/// Relates samples to runs and recipes. If something is described twice, the first description is used, in the order of the
/// sheets' paths. What was described earlier, and cannot be read now, stays.
pub(crate) fn read(sheets: &[Sheet], contents: Vec<Read>, earlier: &Earlier, batch: i64) -> Sheets {
    let mut described = Described::default();
    let mut outcome = vec![Outcome::default(); sheets.len()];
    let troubles: Vec<(usize, HashSet<&str>, &Trouble)> = contents
        .iter()
        .enumerate()
        .filter(|(_, (_, trouble))| trouble.is_some())
        .map(|(place, (_, trouble))| (place, earlier.files(&sheets[place].path), trouble))
        .collect();
    // The sheet that described it, where that cannot be read now.
    let stays = |name: &str, file: &str| {
        let mut lost = troubles.iter().filter(|(_, files, _)| files.contains(file));
        lost.find(|(.., trouble)| trouble.is_unnamed || trouble.names.contains(name)).map(|(place, ..)| *place)
    };
    let mut kept: HashMap<&'static str, HashSet<String>> = HashMap::new();
    let mut keep = |tables: &[&'static str], key: &str, place: usize, name: &str, outcome: &mut [Outcome]| {
        for table in tables {
            kept.entry(table).or_default().insert(key.to_owned());
        }
        outcome[place].notes.push(format!("`{name}` stays as it was described last"));
    };
    // Recipes first, then runs, then samples: each refers to the previous ones.
    let all = |described: &mut Described, step: Step, outcome: &mut [Outcome]| {
        for ((sheet, (content, _)), outcome) in sheets.iter().zip(&contents).zip(outcome) {
            step(described, (sheet, batch), content, &mut outcome.notes);
        }
    };
    all(&mut described, Described::recipes, &mut outcome);
    for (id, name, file) in &earlier.recipes {
        if let Some(place) = stays(name, file)
            && !described.ids.contains(id)
            && !described.recipe_ids.contains_key(name)
        {
            described.ids.insert(id.clone());
            described.recipe_ids.insert(name.clone(), id.clone());
            keep(&["recipes", "recipe_cycles", "recipe_steps"], id, place, name, &mut outcome);
        }
    }
    all(&mut described, Described::runs, &mut outcome);
    for (name, recipe, file) in &earlier.runs {
        if let Some(place) = stays(name, file)
            && !described.run_recipes.contains_key(name)
        {
            described.run_recipes.insert(name.clone(), recipe.clone());
            keep(&["runs"], name, place, name, &mut outcome);
        }
    }
    all(&mut described, Described::samples, &mut outcome);
    for (name, sample, file) in &earlier.samples {
        if let Some(place) = stays(name, file)
            && !described.known.contains_key(name)
        {
            described.known.insert(name.clone(), sample.clone());
            keep(&["samples"], name, place, name, &mut outcome);
        }
    }
    all(&mut described, Described::events, &mut outcome);
    for (id, at, file) in &earlier.events {
        if let Some(place) = stays(at, file)
            && !described.event_ids.contains(id)
        {
            keep(&["events"], id, place, at, &mut outcome);
        }
    }
    all(&mut described, Described::literature, &mut outcome);
    for (name, file) in &earlier.literature {
        if let Some(place) = stays(name, file)
            && !described.reports.contains(name)
        {
            keep(&["literature_conductivity"], name, place, name, &mut outcome);
        }
    }
    for ((sheet, (_, trouble)), outcome) in sheets.iter().zip(contents).zip(&mut outcome) {
        outcome.error = match &sheet.error {
            Some(error) => Some(error.clone()),
            None => trouble.words().map(|words| FileError::new(FileErrorCode::InvalidDescription, words)),
        };
    }
    let Described {
        recipes, recipe_cycles, recipe_steps, runs, samples, events, literature, known, run_recipes, ..
    } = described;
    let tables = vec![
        ("recipes", recipes),
        ("recipe_cycles", recipe_cycles),
        ("recipe_steps", recipe_steps),
        ("runs", runs),
        ("samples", samples),
        ("events", events),
        ("literature_conductivity", literature),
    ];
    Sheets { tables, kept, samples: known, runs: run_recipes, outcome }
}

/// Adds the descriptions of one kind of a sheet.
type Step = fn(&mut Described, (&Sheet, i64), &Content, &mut Vec<String>);

/// The descriptions of the sheets read so far.
struct Described {
    recipes: Rows,
    recipe_cycles: Rows,
    recipe_steps: Rows,
    runs: Rows,
    samples: Rows,
    events: Rows,
    literature: Rows,
    /// Ids by names; of two recipes with one name, the first.
    recipe_ids: HashMap<String, String>,
    ids: HashSet<String>,
    run_recipes: HashMap<String, Option<String>>,
    known: HashMap<String, KnownSample>,
    event_ids: HashSet<String>,
    reports: HashSet<String>,
}

impl Default for Described {
    fn default() -> Self {
        Self {
            recipes: Rows::of("recipes"),
            recipe_cycles: Rows::of("recipe_cycles"),
            recipe_steps: Rows::of("recipe_steps"),
            runs: Rows::of("runs"),
            samples: Rows::of("samples"),
            events: Rows::of("events"),
            literature: Rows::of("literature_conductivity"),
            recipe_ids: HashMap::new(),
            ids: HashSet::new(),
            run_recipes: HashMap::new(),
            known: HashMap::new(),
            event_ids: HashSet::new(),
            reports: HashSet::new(),
        }
    }
}

impl Described {
    fn recipes(&mut self, (sheet, batch): (&Sheet, i64), content: &Content, notes: &mut Vec<String>) {
        let Content::Recipes(recipes) = content else { return };
        for recipe in recipes {
            let id = recipe.recipe_id();
            match self.recipe_ids.get(&recipe.name) {
                Some(other) if *other != id => notes.push(format!(
                    "recipe `{}`: the name refers to another recipe; refer to this one by its id {id}",
                    recipe.name
                )),
                Some(_) => {}
                None => drop(self.recipe_ids.insert(recipe.name.clone(), id.clone())),
            }
            if !self.ids.insert(id.clone()) {
                notes.push(format!("recipe `{}` has the same content as another: it is listed once", recipe.name));
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

    /// The id of a recipe, given its name or its id.
    fn recipe(&self, named: Option<&str>, of: &str, notes: &mut Vec<String>) -> Option<String> {
        let named = named?;
        let found = self.recipe_ids.get(named).or_else(|| self.ids.get(named));
        if found.is_none() {
            notes.push(format!("{of}: no recipe `{named}` in recipes/"));
        }
        found.cloned()
    }

    fn runs(&mut self, (sheet, batch): (&Sheet, i64), content: &Content, notes: &mut Vec<String>) {
        let Content::Samples { runs, .. } = content else { return };
        for run in runs {
            if self.run_recipes.contains_key(&run.run_id) {
                notes.push(format!("run `{}` is described twice: only the first description is used", run.run_id));
                continue;
            }
            let recipe_id = self.recipe(run.recipe.as_deref(), &format!("run `{}`", run.run_id), notes);
            self.run_recipes.insert(run.run_id.clone(), recipe_id.clone());
            let mut row: Vec<(&str, Cell)> = vec![
                ("run_id", run.run_id.as_str().into()),
                ("recipe_id", recipe_id.into()),
                ("reactor", run.reactor.clone().into()),
                ("started_at", run.started_at.clone().into()),
                ("note", run.note.clone().into()),
                ("n_deviations", run.deviations.map(|count| count as f64).into()),
                ("leak_rate_pa_per_s", run.leak_rate_pa_per_s.into()),
                ("file_id", sheet.file_id.as_str().into()),
                ("batch", batch.into()),
            ];
            row.extend(RECORDED.into_iter().zip(&run.recorded).map(|(key, value)| (key, value.clone().into())));
            self.runs.push(row);
        }
    }

    fn samples(&mut self, (sheet, batch): (&Sheet, i64), content: &Content, notes: &mut Vec<String>) {
        let Content::Samples { samples, .. } = content else { return };
        for sample in samples {
            let id = &sample.sample_id;
            if self.known.contains_key(id) {
                notes.push(format!("sample `{id}` is described twice: only the first description is used"));
                continue;
            }
            let mut recipe_id = self.recipe(sample.recipe.as_deref(), &format!("sample `{id}`"), notes);
            if let Some(run) = &sample.run {
                match self.run_recipes.get(run) {
                    None => notes.push(format!("sample `{id}`: no run `{run}` in samples/")),
                    Some(of_run) if recipe_id.is_none() => recipe_id.clone_from(of_run),
                    Some(of_run) if of_run.is_some() && *of_run != recipe_id => {
                        notes.push(format!(
                            "sample `{id}`: its run `{run}` has a different recipe; the recipe of the sample is used"
                        ));
                    }
                    Some(_) => {}
                }
            }
            let (mut area_cm2, mut area_err_cm2) = (HashMap::new(), HashMap::new());
            let (mut electrodes, mut errors) = (Vec::new(), Vec::new());
            for electrode in &sample.electrodes {
                let Some(area) = electrode.area_cm2.filter(|area| *area > 0.0) else {
                    notes.push(format!(
                        "sample `{id}`: electrode `{}` has neither area_cm2 nor diameter_um above 0, so it has no area",
                        electrode.dot
                    ));
                    continue;
                };
                area_cm2.insert(electrode.dot.clone(), area);
                if let Some(err) = electrode.area_err_cm2.filter(|err| *err >= 0.0) {
                    area_err_cm2.insert(electrode.dot.clone(), err);
                    errors.push(vec![electrode.dot.as_str().into(), err.into()]);
                }
                electrodes.push(vec![electrode.dot.as_str().into(), area.into()]);
            }
            if sample.thickness_nm.is_some_and(|thickness| thickness <= 0.0) {
                notes.push(format!("sample `{id}`: thickness_nm is not above 0 and is not used"));
            }
            self.samples.push([
                ("sample_id", id.as_str().into()),
                ("run_id", sample.run.clone().into()),
                ("recipe_id", recipe_id.clone().into()),
                ("thickness_nm", sample.thickness_nm.filter(|thickness| *thickness > 0.0).into()),
                ("thickness_err_nm", sample.thickness_err_nm.filter(|error| *error >= 0.0).into()),
                ("substrate", sample.substrate.clone().into()),
                ("electrodes", if electrodes.is_empty() { Cell::Null } else { Cell::List(electrodes) }),
                ("electrode_errors", if errors.is_empty() { Cell::Null } else { Cell::List(errors) }),
                ("note", sample.note.clone().into()),
                ("synthetic", sample.synthetic.into()),
                ("file_id", sheet.file_id.as_str().into()),
                ("batch", batch.into()),
            ]);
            self.known
                .insert(id.clone(), KnownSample { run_id: sample.run.clone(), recipe_id, area_cm2, area_err_cm2 });
        }
    }

    fn events(&mut self, (sheet, batch): (&Sheet, i64), content: &Content, notes: &mut Vec<String>) {
        let Content::Samples { events, .. } = content else { return };
        for event in events {
            let id = event.event_id();
            if !self.event_ids.insert(id.clone()) {
                notes.push(format!("{} is listed twice: only the first is used", event.shown()));
                continue;
            }
            self.events.push([
                ("event_id", id.as_str().into()),
                ("kind", event.kind.as_str().into()),
                ("at", event.at.as_str().into()),
                ("written_at", event.written_at.as_str().into()),
                ("reactor", event.reactor.clone().into()),
                ("precursor", event.precursor.clone().into()),
                ("line", event.line.clone().into()),
                ("note", event.note.clone().into()),
                ("file_id", sheet.file_id.as_str().into()),
                ("batch", batch.into()),
            ]);
        }
    }

    fn literature(&mut self, (sheet, batch): (&Sheet, i64), content: &Content, notes: &mut Vec<String>) {
        let Content::Literature(reports) = content else { return };
        for report in reports {
            let id = &report.report_id;
            let Some(sigma) = report.sigma_s_per_cm.filter(|sigma| *sigma > 0.0) else {
                notes.push(format!("report `{id}`: no sigma_s_per_cm above 0, so it is left out"));
                continue;
            };
            if !self.reports.insert(id.clone()) {
                notes.push(format!("report `{id}` is listed twice: only the first row is used"));
                continue;
            }
            self.literature.push([
                ("report_id", id.as_str().into()),
                ("material", report.material.as_str().into()),
                ("first_author", report.first_author.clone().into()),
                ("year", report.year.map(recipe_cycles::whole).into()),
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
                ("in_chart", report.in_chart.into()),
                ("conflict", report.conflict.clone().into()),
                ("source_of_value", report.source_of_value.as_str().into()),
                ("quote", report.quote.clone().into()),
                ("file_id", sheet.file_id.as_str().into()),
                ("batch", batch.into()),
            ]);
        }
    }
}

#[cfg(test)]
mod tests {
    use aldb_recipe::Recipe;

    use super::*;

    fn sheet(path: &str, text: &str) -> Sheet {
        Sheet {
            path: path.to_owned(),
            file_id: "00".to_owned(),
            bytes: text.as_bytes().to_vec(),
            modified_micros: None,
            error: None,
        }
    }

    fn read(sheets: &[Sheet], batch: i64) -> Sheets {
        super::read(sheets, contents(sheets), &Earlier::default(), batch)
    }

    /// The notes of a sheet without an error.
    fn notes(outcome: &Outcome) -> &[String] {
        assert_eq!(outcome.error, None);
        &outcome.notes
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
        assert_eq!(sheets.outcome, [Outcome::default(), Outcome::default()]);
    }

    #[test]
    fn samples_come_from_a_spreadsheet_with_decimal_commas() {
        let sheets = read(&[sheet("samples/films.csv", "sample_id;thickness_nm;note\nA;80,5;\nB;;thin\n")], 1);
        assert_eq!(sheets.outcome, [Outcome::default()]);
        let (_, rows) = sheets.tables.iter().find(|(name, _)| *name == "samples").unwrap();
        assert_eq!(rows.batch().unwrap().num_rows(), 2);
    }

    #[test]
    fn a_sheet_with_a_mistake_is_reported_and_the_others_are_used() {
        let sheets =
            read(&[sheet("samples/a.toml", "[[sample]]\nsample = 3\n"), sheet("samples/b.csv", "sample_id\nB\n")], 1);
        let error = sheets.outcome[0].error.clone().unwrap();
        assert_eq!(error.code, Some(FileErrorCode::InvalidDescription));
        let error = error.message;
        assert!(error.starts_with("line 1: sample without `sample_id`; line 2: unknown key `sample`"), "{error}");
        assert!(sheets.samples.contains_key("B"));
    }

    #[test]
    fn of_a_sample_described_twice_the_first_description_is_used() {
        let sheets = read(&[sheet("samples/a.csv", "sample_id\nA\n"), sheet("samples/b.csv", "sample_id\nA\n")], 1);
        let expected = "sample `A` is described twice: only the first description is used";
        assert_eq!(notes(&sheets.outcome[1]), [expected]);
    }

    #[test]
    fn an_unknown_recipe_is_reported() {
        let sheets = read(&[sheet("samples/a.csv", "sample_id,recipe\nA,none\n")], 1);
        assert_eq!(notes(&sheets.outcome[0]), ["sample `A`: no recipe `none` in recipes/"]);
    }

    #[test]
    fn of_two_recipes_with_one_name_the_second_is_known_by_its_id() {
        let other = RECIPE.replace("= 125", "= 250");
        let id = Recipe::from_toml(&other).unwrap().recipe_id();
        let runs = format!("run_id,recipe\nR1,LBO\nR2,{id}\n");
        let sheets =
            read(&[sheet("recipes/a.toml", RECIPE), sheet("recipes/b.toml", &other), sheet("samples/r.csv", &runs)], 1);
        assert_eq!(sheets.tables[0].1.batch().unwrap().num_rows(), 2);
        assert!(notes(&sheets.outcome[2]).is_empty());
        assert_eq!(
            notes(&sheets.outcome[1])[0],
            format!("recipe `LBO`: the name refers to another recipe; refer to this one by its id {id}")
        );
    }

    #[test]
    fn recipes_come_from_a_spreadsheet_too() {
        let text = "name,process,deposition_temperature_c,cycles\nLBO,LBO,125,\n";
        let sheets = read(&[sheet("recipes/all.csv", text), sheet("samples/a.csv", "sample_id,recipe\nA,LBO\n")], 1);
        assert_eq!(sheets.samples["A"].recipe_id, Some(Recipe::from_toml(RECIPE).unwrap().recipe_id()));
    }

    #[test]
    fn an_event_with_a_mistake_stays_as_it_was_and_one_that_is_removed_goes() {
        let file = |id: &str| ("samples/events.csv".to_owned(), HashSet::from([id.to_owned()]));
        let event = |id: &str, at: &str| (id.to_owned(), at.to_owned(), "e1".to_owned());
        let earlier = Earlier {
            ids: HashMap::from([file("e1")]),
            events: vec![event("id1", "2026-03-02"), event("id2", "2026-03-04")],
            ..Earlier::default()
        };
        let text = "kind,at,precursor\nrefil,2026-03-02,TMA\nmaintenance,2026-03-05,\n";
        let sheets = [sheet("samples/events.csv", text)];
        let read = super::read(&sheets, contents(&sheets), &earlier, 1);
        assert_eq!(read.kept["events"], HashSet::from(["id1".to_owned()]));
        let (_, rows) = read.tables.iter().find(|(name, _)| *name == "events").unwrap();
        assert_eq!(rows.batch().unwrap().num_rows(), 1);
    }

    #[test]
    fn what_cannot_be_read_now_stays_as_it_was() {
        let old = |name: &str, file: &str| (name.to_owned(), KnownSample::default(), file.to_owned());
        let earlier = Earlier {
            ids: HashMap::from([
                ("samples/a.csv".to_owned(), HashSet::from(["a1".to_owned(), "a2".to_owned()])),
                ("samples/sub/b.csv".to_owned(), HashSet::from(["b1".to_owned()])),
            ]),
            samples: vec![old("A", "a1"), old("B", "a2"), old("C", "a2"), old("D", "b1")],
            ..Earlier::default()
        };
        let read = |sheets: &[Sheet]| super::read(sheets, contents(sheets), &earlier, 1);
        let kept = |sheets: &Sheets| {
            let mut kept: Vec<String> = sheets.kept.get("samples").into_iter().flatten().cloned().collect();
            kept.sort();
            kept
        };
        // The row of B has a mistake; that of C was removed.
        let one_bad = read(&[sheet("samples/a.csv", "sample_id,thickness_nm\nA,80\nB,80 nm\n")]);
        assert_eq!(kept(&one_bad), ["B"]);
        assert!(one_bad.samples.contains_key("A") && one_bad.samples.contains_key("B"));
        assert!(!one_bad.samples.contains_key("C"));
        assert_eq!(one_bad.outcome[0].notes, ["`B` stays as it was described last"]);
        // A folder that cannot be read holds what was below it; what another sheet describes is that.
        let error = Some(FileError::new(FileErrorCode::FileUnreadable, "cannot read it"));
        let folder = Sheet { error, ..sheet("samples/sub", "") };
        assert_eq!(kept(&read(std::slice::from_ref(&folder))), ["D"]);
        assert!(kept(&read(&[folder, sheet("samples/d.csv", "sample_id\nD\n")])).is_empty());
        assert!(kept(&read(&[])).is_empty());
    }
}

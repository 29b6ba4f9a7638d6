//! The content of one sheet: its entries, read from TOML or CSV, before they are related to those of other sheets.
//!
//! An entry with a mistake is left out and named, so that what was known of it can stay; the others are read.

use std::collections::HashSet;
use std::path::Path;

use aldb_recipe::Recipe;
use csv::StringRecord;

use crate::entry::{Entry, Mistakes, decimal, entries_of_toml, line_of, quoted};
use crate::events::Event;
use crate::file_link::FileLink;

/// Descriptions in a sheet.
pub(crate) enum Content {
    Samples {
        samples: Vec<Sample>,
        runs: Vec<Run>,
        exclusions: Vec<Exclusion>,
        links: Vec<FileLink>,
        events: Vec<Event>,
    },
    Recipes(Vec<Recipe>),
    Literature(Vec<Report>),
}

impl Content {
    pub(crate) fn nothing() -> Self {
        Self::Samples {
            samples: Vec::new(),
            runs: Vec::new(),
            exclusions: Vec::new(),
            links: Vec::new(),
            events: Vec::new(),
        }
    }
}

/// What cannot be used of a sheet.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    /// Every mistake with its line.
    mistakes: Mistakes,
    /// Names of the entries with mistakes.
    pub(crate) names: HashSet<String>,
    /// Whether there may be others: an entry whose name cannot be read, or the whole sheet.
    pub(crate) is_unnamed: bool,
    /// Why the sheet cannot be read as a whole.
    whole: Option<String>,
}

impl Trouble {
    /// A sheet of which nothing can be read.
    pub(crate) fn whole(why: String) -> Self {
        Self { is_unnamed: true, whole: Some(why), ..Self::default() }
    }

    /// Everything that is wrong, in words.
    pub(crate) fn words(self) -> Option<String> {
        match self.whole {
            Some(why) => Some(why),
            None => self.mistakes.into_result().err(),
        }
    }

    pub(crate) fn is_some(&self) -> bool {
        self.whole.is_some() || !self.mistakes.is_empty()
    }

    /// Reads an entry of this name; `None` if it has a mistake.
    fn entry<T>(&mut self, name: Option<String>, read: impl FnOnce(&mut Mistakes) -> T) -> Option<T> {
        let mut mistakes = Mistakes::default();
        let entry = read(&mut mistakes);
        if mistakes.is_empty() {
            return Some(entry);
        }
        self.mistakes.append(mistakes);
        self.is_unnamed |= name.is_none();
        self.names.extend(name);
        None
    }
}

/// An `[[exclusion]]`, or a row of a CSV file with the columns `reason` and `file` or `measurement_id`: points that
/// nothing is to be derived from.
#[derive(Debug, Clone)]
pub(crate) struct Exclusion {
    pub(crate) measurement_id: Option<String>,
    /// A path as in `source_files`, or its end; or a `file_id`.
    pub(crate) file: Option<String>,
    /// Position of the measurement in the file; all of its measurements if absent.
    pub(crate) block: Option<u64>,
    /// First and last points of ranges; empty for all points.
    pub(crate) points: Vec<(u32, u32)>,
    pub(crate) reason: String,
    pub(crate) excluded_by: String,
    line: usize,
}

impl Exclusion {
    fn of(mut entry: Entry, mistakes: &mut Mistakes) -> Self {
        let (line, points_line) = (entry.line(""), entry.line("points"));
        let mut exclusion = Self {
            measurement_id: entry.text("measurement_id"),
            file: entry.text("file"),
            block: entry.count("block"),
            points: Vec::new(),
            reason: String::new(),
            excluded_by: String::new(),
            line,
        };
        let points = entry.text("points").unwrap_or_default();
        for part in points.split([' ', ',', ';']).filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let range = first
                .parse()
                .ok()
                .zip(last.parse().ok())
                .filter(|(first, last): &(u32, u32)| first <= last && i32::try_from(*last).is_ok());
            match range {
                Some(range) => exclusion.points.push(range),
                None => {
                    mistakes.push(points_line, format!("`points`: expected points such as `0-3 17`, found `{part}`"));
                }
            }
        }
        (exclusion.reason, exclusion.excluded_by) = (entry.name("reason"), entry.name("excluded_by"));
        entry.finish("exclusion", mistakes);
        if exclusion.measurement_id.is_some() == exclusion.file.is_some() {
            mistakes.push(line, "expected either a measurement or a file".to_owned());
        }
        exclusion
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        let what = self.measurement_id.as_ref().or(self.file.as_ref()).map_or("", String::as_str);
        format!("line {}: exclusion of `{what}`", self.line)
    }
}

/// A `[[sample]]`, or a row of a CSV file with a column `sample_id`.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) sample_id: String,
    pub(crate) run: Option<String>,
    pub(crate) recipe: Option<String>,
    pub(crate) thickness_nm: Option<f64>,
    pub(crate) thickness_err_nm: Option<f64>,
    pub(crate) substrate: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) synthetic: bool,
    pub(crate) electrodes: Vec<Electrode>,
}

/// An electrode on a sample.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Electrode {
    pub(crate) dot: String,
    /// Its area (cm²), as stated or from a diameter.
    pub(crate) area_cm2: Option<f64>,
    /// Standard uncertainty of the area (cm²), as stated or from that of the diameter.
    pub(crate) area_err_cm2: Option<f64>,
}

/// A `[[run]]`, or a row of a CSV file with a column `run_id`.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) run_id: String,
    pub(crate) recipe: Option<String>,
    pub(crate) reactor: Option<String>,
    pub(crate) started_at: Option<String>,
    pub(crate) note: Option<String>,
    /// What aldb writes of a run that it drove, by the names of [`RECORDED`].
    pub(crate) recorded: [Option<String>; RECORDED.len()],
    pub(crate) deviations: Option<u64>,
    pub(crate) leak_rate_pa_per_s: Option<f64>,
}

/// Keys of a run, and columns of `runs`, that aldb writes when it drives a run.
pub(crate) const RECORDED: [&str; 8] =
    ["ended_at", "outcome", "safe_state", "ending", "started_by", "accepted", "mounted", "reactor_digest"];

/// A row of a table of published conductivities.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) report_id: String,
    pub(crate) material: String,
    pub(crate) first_author: Option<String>,
    pub(crate) year: Option<u64>,
    pub(crate) journal: Option<String>,
    pub(crate) doi: Option<String>,
    pub(crate) process: Option<String>,
    pub(crate) precursors: Option<String>,
    pub(crate) deposition_temperature_c: Option<f64>,
    pub(crate) film_thickness_nm: Option<f64>,
    pub(crate) geometry: Option<String>,
    pub(crate) sigma_s_per_cm: Option<f64>,
    pub(crate) sigma_max_s_per_cm: Option<f64>,
    pub(crate) sigma_err_s_per_cm: Option<f64>,
    pub(crate) sigma_temperature_c: Option<f64>,
    pub(crate) sigma_temperature_as_printed: Option<String>,
    pub(crate) ea_ev: Option<f64>,
    pub(crate) ea_err_ev: Option<f64>,
    pub(crate) in_chart: bool,
    pub(crate) conflict: Option<String>,
    pub(crate) source_of_value: String,
    pub(crate) quote: Option<String>,
}

/// Area of a round electrode (cm²); 1 µm = 1e-4 cm.
pub(crate) fn circle_cm2(diameter_um: f64) -> f64 {
    std::f64::consts::PI * (diameter_um * 0.5e-4).powi(2)
}

impl Sample {
    fn of(mut entry: Entry, mistakes: &mut Mistakes) -> Self {
        let sample = Self {
            sample_id: entry.name("sample_id"),
            run: entry.text("run"),
            recipe: entry.text("recipe"),
            thickness_nm: entry.number("thickness_nm"),
            thickness_err_nm: entry.number("thickness_err_nm"),
            substrate: entry.text("substrate"),
            note: entry.text("note"),
            synthetic: entry.flag("synthetic").unwrap_or_default(),
            electrodes: match entry.list("electrodes") {
                Some((_, Ok(entries))) => entries.into_iter().map(|entry| Electrode::of(entry, mistakes)).collect(),
                Some((line, Err(text))) => electrodes_of_text(line, &text, mistakes),
                None => Vec::new(),
            },
        };
        entry.finish("sample", mistakes);
        sample
    }
}

impl Electrode {
    fn of(mut entry: Entry, mistakes: &mut Mistakes) -> Self {
        let (dot, area_cm2, area_err_cm2) =
            (entry.required("dot"), entry.number("area_cm2"), entry.number("area_err_cm2"));
        let (diameter_um, diameter_err_um) = (entry.number("diameter_um"), entry.number("diameter_err_um"));
        entry.finish("electrode", mistakes);
        let round = diameter_um.map(|diameter_um| Self::round(String::new(), diameter_um, diameter_err_um));
        let of_diameter = round.as_ref();
        Self {
            dot,
            area_err_cm2: area_err_cm2.or_else(|| of_diameter.and_then(|round| round.area_err_cm2)),
            area_cm2: area_cm2.or_else(|| of_diameter.and_then(|round| round.area_cm2)),
        }
    }

    /// A round electrode; the relative uncertainty of its area is twice that of its diameter.
    fn round(dot: String, diameter_um: f64, diameter_err_um: Option<f64>) -> Self {
        let area_cm2 = circle_cm2(diameter_um);
        let area_err_cm2 = diameter_err_um.map(|err| 2.0 * area_cm2 * err / diameter_um);
        Self { dot, area_cm2: Some(area_cm2), area_err_cm2 }
    }
}

/// The electrodes of a cell, such as `1=100um 2=3.14e-4cm2`: names, each with a diameter or an area, which may be followed by
/// its standard uncertainty: `1=100±2um`.
fn electrodes_of_text(line: usize, text: &str, mistakes: &mut Mistakes) -> Vec<Electrode> {
    let mut electrodes = Vec::new();
    for part in text.split_whitespace() {
        let read = part.split_once('=').filter(|(dot, _)| !dot.is_empty()).and_then(|(dot, size)| {
            let (dot, without) =
                (dot.to_owned(), |units: [&str; 2]| units.iter().find_map(|unit| measured(size.strip_suffix(unit)?)));
            if let Some((diameter_um, diameter_err_um)) = without(["um", "µm"]) {
                return Some(Electrode::round(dot, diameter_um, diameter_err_um));
            }
            let (area_cm2, area_err_cm2) = without(["cm2", "cm²"])?;
            Some(Electrode { dot, area_cm2: Some(area_cm2), area_err_cm2 })
        });
        match read {
            Some(electrode) => electrodes.push(electrode),
            None => mistakes.push(
                line,
                format!("`electrodes`: expected NAME=DIAMETERum or NAME=AREAcm2, such as `1=100um`, found `{part}`"),
            ),
        }
    }
    electrodes
}

/// A number, or a number and its standard uncertainty: `100`, `100±2`, `100+-2`.
fn measured(text: &str) -> Option<(f64, Option<f64>)> {
    match text.split_once('±').or_else(|| text.split_once("+-")) {
        Some((value, err)) => Some((decimal(value)?, Some(decimal(err)?))),
        None => Some((decimal(text)?, None)),
    }
}

impl Run {
    fn of(mut entry: Entry, mistakes: &mut Mistakes) -> Self {
        let run = Self {
            run_id: entry.name("run_id"),
            recipe: entry.text("recipe"),
            reactor: entry.text("reactor"),
            started_at: entry.text("started_at"),
            note: entry.text("note"),
            recorded: RECORDED.map(|key| entry.text(key)),
            deviations: entry.count("n_deviations"),
            leak_rate_pa_per_s: entry.number("leak_rate_pa_per_s"),
        };
        entry.finish("run", mistakes);
        run
    }
}

impl Report {
    fn of(mut entry: Entry, mistakes: &mut Mistakes) -> Self {
        let report = Self::fetch(&mut entry);
        // Tables of published values often have additional columns.
        entry.allow_others();
        entry.finish("report", mistakes);
        report
    }

    fn fetch(entry: &mut Entry) -> Self {
        Self {
            report_id: entry.name("report_id"),
            material: entry.required("material"),
            first_author: entry.text("first_author"),
            year: entry.count("year"),
            journal: entry.text("journal"),
            doi: entry.text("doi"),
            process: entry.text("process"),
            precursors: entry.text("precursors"),
            deposition_temperature_c: entry.number("deposition_temperature_c"),
            film_thickness_nm: entry.number("film_thickness_nm"),
            geometry: entry.text("geometry"),
            sigma_s_per_cm: entry.number("sigma_s_per_cm"),
            sigma_max_s_per_cm: entry.number("sigma_max_s_per_cm"),
            sigma_err_s_per_cm: entry.number("sigma_err_s_per_cm"),
            sigma_temperature_c: entry.number("sigma_temperature_c"),
            sigma_temperature_as_printed: entry.text("sigma_temperature_as_printed"),
            ea_ev: entry.number("ea_ev"),
            ea_err_ev: entry.number("ea_err_ev"),
            in_chart: entry.required_flag("in_chart"),
            conflict: entry.text("conflict"),
            source_of_value: entry.required("source_of_value"),
            quote: entry.text("quote"),
        }
    }
}

/// Reads a sheet by its folder and extension: what can be used of it, and what cannot.
pub(crate) fn content(path: &str, bytes: &[u8]) -> (Content, Trouble) {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = line_of(&String::from_utf8_lossy(&bytes[..error.valid_up_to()]), usize::MAX);
            let why = format!(
                "line {line}: expected UTF-8 text, found a different encoding: save it as UTF-8 (in Excel as `CSV UTF-8`)"
            );
            return (Content::nothing(), Trouble::whole(why));
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let folder = path.split('/').next().unwrap_or_default();
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let mut trouble = Trouble::default();
    let read = match (folder, extension.to_ascii_lowercase().as_str()) {
        ("samples", "toml") => samples_of_toml(text, &mut trouble),
        ("samples", "csv") => samples_of_csv(text, &mut trouble),
        ("recipes", "toml") => {
            Recipe::from_toml(text).map(|recipe| Content::Recipes(vec![recipe])).map_err(|error| error.to_string())
        }
        ("recipes", "csv") => recipes_of_csv(text, &mut trouble).map(Content::Recipes),
        ("literature", "csv") => {
            Rows::of(text).map(|rows| Content::Literature(rows.entries("report_id", &mut trouble, Report::of)))
        }
        _ => Err(format!("expected .toml or .csv in samples/ and recipes/, .csv in literature/, found `{path}`")),
    };
    match read {
        Ok(content) => (content, trouble),
        Err(why) => (Content::nothing(), Trouble::whole(why)),
    }
}

fn samples_of_toml(text: &str, trouble: &mut Trouble) -> Result<Content, String> {
    let names = ["sample", "run", "exclusion", "link", "event"];
    let [samples, runs, exclusions, links, events] = entries_of_toml(text, names, &mut trouble.mistakes)?;
    // A key that is none of these may be a misspelt one.
    trouble.is_unnamed |= !trouble.mistakes.is_empty();
    Ok(Content::Samples {
        samples: entries(samples, "sample_id", trouble, Sample::of),
        runs: entries(runs, "run_id", trouble, Run::of),
        exclusions: entries(exclusions, "", trouble, Exclusion::of),
        links: entries(links, "file", trouble, FileLink::of),
        events: entries(events, "at", trouble, Event::of),
    })
}

fn samples_of_csv(text: &str, trouble: &mut Trouble) -> Result<Content, String> {
    let rows = Rows::of(text)?;
    let (mut samples, mut runs, mut exclusions) = (Vec::new(), Vec::new(), Vec::new());
    let (mut links, mut events) = (Vec::new(), Vec::new());
    if rows.has("sample_id") {
        samples = rows.entries("sample_id", trouble, Sample::of);
    } else if rows.has("run_id") {
        runs = rows.entries("run_id", trouble, Run::of);
    } else if rows.has("reason") && (rows.has("file") || rows.has("measurement_id")) {
        exclusions = rows.entries("", trouble, Exclusion::of);
    } else if rows.has("file") && FileLink::KEYS.iter().any(|key| rows.has(key)) {
        links = rows.entries("file", trouble, FileLink::of);
    } else if rows.has("kind") && rows.has("at") {
        events = rows.entries("at", trouble, Event::of);
    } else {
        let found = quoted(&rows.names.iter().collect::<Vec<_>>());
        return Err(format!(
            "line 1: expected a column `sample_id` or `run_id`, or `reason` and `file` for exclusions, or `file` and \
             `sample` for links, or `kind` and `at` for events, found {found}"
        ));
    }
    Ok(Content::Samples { samples, runs, exclusions, links, events })
}

/// The rows of a CSV file with a header, each with its line.
pub(crate) struct Rows {
    pub(crate) delimiter: u8,
    pub(crate) names: StringRecord,
    pub(crate) rows: Vec<(usize, StringRecord)>,
}

impl Rows {
    /// European spreadsheets separate by semicolons, others by commas. Rows without any content are left out.
    pub(crate) fn of(text: &str) -> Result<Self, String> {
        let first = text.lines().next().unwrap_or_default();
        let delimiter = if first.matches(';').count() > first.matches(',').count() { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .trim(csv::Trim::All)
            .flexible(true)
            .from_reader(text.as_bytes());
        let names = reader.headers().map_err(|error| error.to_string())?.clone();
        if let Some(twice) = names
            .iter()
            .enumerate()
            .find(|(place, name)| !name.is_empty() && names.iter().take(*place).any(|earlier| earlier == *name))
        {
            return Err(format!("line 1: two columns `{}`: expected each once", twice.1));
        }
        let (mut rows, mut line, mut counted) = (Vec::new(), 1, 0);
        for row in reader.records() {
            let row = row.map_err(|error| error.to_string())?;
            // The reader's own count of lines is one behind where lines end with two characters.
            let start = row.position().map_or(counted, |position| usize::try_from(position.byte()).unwrap_or(counted));
            let blank = text.as_bytes().iter().skip(start).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let start = (start + blank).clamp(counted, text.len());
            line += text.as_bytes()[counted..start].iter().filter(|byte| **byte == b'\n').count();
            counted = start;
            let is_separator = |letter: char| matches!(letter, ';' | ',' | '\t' | ' ');
            if row.iter().any(|cell| !cell.chars().all(is_separator)) {
                rows.push((line, row));
            }
        }
        Ok(Self { delimiter, names, rows })
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|column| column == name)
    }

    /// What is wrong with the number of cells of a row.
    fn check_cells(&self, line: usize, row: &StringRecord, mistakes: &mut Mistakes) {
        if row.len() != self.names.len() {
            let hint = match self.delimiter {
                b',' if row.len() > self.names.len() => {
                    ": a decimal comma? write a decimal point, or separate cells by semicolons"
                }
                _ => "",
            };
            mistakes.push(line, format!("expected {} cells, found {}{hint}", self.names.len(), row.len()));
        }
    }

    /// The entries without a mistake; `key` is the column with their names.
    fn entries<T>(&self, key: &str, trouble: &mut Trouble, read: impl Fn(Entry, &mut Mistakes) -> T) -> Vec<T> {
        let mut entries = Vec::with_capacity(self.rows.len());
        for (line, row) in &self.rows {
            let entry = Entry::of_csv(&self.names, row, *line);
            entries.extend(trouble.entry(entry.peek(key), |mistakes| {
                self.check_cells(*line, row, mistakes);
                // Where cells have moved, every one of them may be in a wrong column.
                if mistakes.is_empty() { Some(read(entry, mistakes)) } else { None }
            }));
        }
        entries.into_iter().flatten().collect()
    }
}

fn entries<T>(
    entries: Vec<Entry>,
    key: &str,
    trouble: &mut Trouble,
    read: impl Fn(Entry, &mut Mistakes) -> T,
) -> Vec<T> {
    entries.into_iter().filter_map(|entry| trouble.entry(entry.peek(key), |mistakes| read(entry, mistakes))).collect()
}

/// One recipe per row: a cell with a number is a number, an empty one is absent.
fn recipes_of_csv(text: &str, trouble: &mut Trouble) -> Result<Vec<Recipe>, String> {
    let rows = Rows::of(text)?;
    let mut recipes = Vec::new();
    for (line, row) in &rows.rows {
        let mut table = toml::Table::new();
        for (name, cell) in rows.names.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
            let value = match decimal(cell) {
                Some(number) if name != "name" => match cell.parse() {
                    Ok(whole) => toml::Value::Integer(whole),
                    Err(_) => toml::Value::Float(number),
                },
                _ => toml::Value::String(cell.to_owned()),
            };
            table.insert(name.to_owned(), value);
        }
        let name = table.get("name").and_then(toml::Value::as_str).map(str::to_owned);
        let read = trouble.entry(name, |mistakes| {
            rows.check_cells(*line, row, mistakes);
            if !mistakes.is_empty() {
                return None;
            }
            match Recipe::from_toml(&table.to_string()) {
                Ok(recipe) => Some(recipe),
                Err(error) => {
                    mistakes.push(*line, error.to_string());
                    None
                }
            }
        });
        recipes.extend(read.flatten());
    }
    Ok(recipes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::documented;

    fn error(path: &str, text: &str) -> String {
        content(path, text.as_bytes()).1.words().unwrap()
    }

    fn electrodes(path: &str, text: &str) -> Vec<Electrode> {
        match content(path, text.as_bytes()) {
            (Content::Samples { samples, .. }, trouble) if !trouble.is_some() => samples[0].electrodes.clone(),
            (_, trouble) => panic!("{path} describes samples: {:?}", trouble.words()),
        }
    }

    #[test]
    fn all_mistakes_of_a_sheet_are_listed_with_their_lines() {
        let text = "[[sample]]\nsample = \"A\"\n\n[[run]]\nrun_id = \"R\"\nstart = 1\n\n[samples]\n";
        let expected = "line 1: sample without `sample_id`; \
                        line 2: unknown key `sample` of a sample: expected `sample_id`, `run`, `recipe`, `thickness_nm`, \
                        `thickness_err_nm`, `substrate`, `note`, `synthetic`, `electrodes`; \
                        line 6: unknown key `start` of a run: expected `run_id`, `recipe`, `reactor`, `started_at`, `note`, \
                        `ended_at`, `outcome`, `safe_state`, `ending`, `started_by`, `accepted`, `mounted`, `reactor_digest`, \
                        `n_deviations`, `leak_rate_pa_per_s`; \
                        line 8: expected `[[sample]]` or `[[run]]` or `[[exclusion]]` or `[[link]]` or `[[event]]`, found `samples`";
        assert_eq!(error("samples/a.toml", text), expected);
        assert_eq!(error("samples/a.toml", "[sample]\n"), "line 1: expected `[[sample]]`, in double brackets");
        let reports = "report_id,material\r\nx,LiPON\r\n,LiPON\r\n";
        let expected = "line 2: report without `in_chart`, `source_of_value`; \
                        line 3: report without `report_id`, `in_chart`, `source_of_value`";
        assert_eq!(error("literature/a.csv", reports), expected);
    }

    fn names(path: &str, text: &[u8]) -> (Vec<String>, Option<String>) {
        let (content, trouble) = content(path, text);
        let Content::Samples { samples, .. } = content else { panic!("{path} describes samples") };
        (samples.into_iter().map(|sample| sample.sample_id).collect(), trouble.words())
    }

    #[test]
    fn a_bad_row_leaves_the_others_and_is_named_with_its_line_whatever_ends_lines() {
        for end in ["\n", "\r\n"] {
            let rows =
                ["sample_id;thickness_nm;note", "A;80,5;", ";;", "B;80 nm;", "\"C\";;\"two\nlines\"", "D;inf;", "-;1;"];
            let (good, words) = names("samples/a.csv", rows.join(end).as_bytes());
            assert_eq!(good, ["A", "C"], "{end:?}");
            let expected = "line 4: `thickness_nm`: expected a number, found `80 nm`; \
                            line 7: `thickness_nm`: expected a number, found `inf`; \
                            line 8: `sample_id`: expected a name with a letter or a digit, found `-`";
            assert_eq!(words.as_deref(), Some(expected), "{end:?}");
        }
        let (good, words) = names("samples/a.csv", b"sample_id,thickness_nm\nA,80\n;;;;;\n,\n");
        assert_eq!((good, words), (vec!["A".to_owned()], None));
        let toml = "[[sample]]\nsample_id = \"\"\n[[sample]]\nsample_id = \"A\"\nthickness_nm = inf\n[[sample]]\nsample_id = \"B\"\n";
        let expected = "line 1: sample without `sample_id`; line 5: `thickness_nm`: expected a number, found `inf`";
        assert_eq!(names("samples/a.toml", toml.as_bytes()), (vec!["B".to_owned()], Some(expected.to_owned())));
    }

    #[test]
    fn another_encoding_is_named_with_its_line() {
        let (good, words) = names("samples/a.csv", b"sample_id,note\nA,x\nB,250 \xb0C\n");
        assert!(good.is_empty());
        let expected =
            "line 3: expected UTF-8 text, found a different encoding: save it as UTF-8 (in Excel as `CSV UTF-8`)";
        assert_eq!(words.as_deref(), Some(expected));
    }

    #[test]
    fn a_whole_number_that_no_table_can_hold_is_refused() {
        let year =
            |year: &str| format!("report_id,material,in_chart,source_of_value,year\nx,LiPON,yes,Table 1,{year}\n");
        let (_, trouble) = content("literature/a.csv", year("2015").as_bytes());
        assert_eq!(trouble.words(), None);
        let expected = "line 2: `year`: expected a whole number from 0, found `99999999999`";
        assert_eq!(error("literature/a.csv", &year("99999999999")), expected);
    }

    #[test]
    fn exclusions_name_points_reason_and_person() {
        let text = "file,block,points,reason,excluded_by\na.DTA,,0-3 17,contact lost,A. B.\na.DTA,,3-1,contact lost,A. B.\nb.DTA,,,,A. B.\n";
        let (content, trouble) = content("samples/exclusions.csv", text.as_bytes());
        let Content::Samples { exclusions, .. } = content else { panic!("exclusions are in samples/") };
        assert_eq!((exclusions.len(), exclusions[0].points.as_slice()), (1, [(0, 3), (17, 17)].as_slice()));
        let expected =
            "line 3: `points`: expected points such as `0-3 17`, found `3-1`; line 4: exclusion without `reason`";
        assert_eq!(trouble.words().as_deref(), Some(expected));
    }

    #[test]
    fn events_are_tables_or_rows_and_one_with_a_mistake_is_named_by_its_time() {
        let events = |path: &str, text: &str| {
            let (content, trouble) = content(path, text.as_bytes());
            let Content::Samples { events, .. } = content else { panic!("events are in samples/") };
            let names: Vec<String> = trouble.names.iter().cloned().collect();
            (events.iter().map(Event::shown).collect::<Vec<_>>(), names, trouble.words())
        };
        let toml = "[[event]]\nkind = \"refill\"\nat = 2026-03-02T09:30:00\nprecursor = \"TMA\"\n\
                    [[event]]\nkind = \"maintenance\"\nat = 2026-03-03\n";
        let shown = ["refill of TMA at 2026-03-02T09:30:00", "maintenance at 2026-03-03T00:00:00"].map(str::to_owned);
        assert_eq!(events("samples/events.toml", toml), (shown.to_vec(), vec![], None));
        let csv =
            "kind,at,precursor,note\nrefill,2026-03-02 09:30,TMA,new bottle\nrefill,2026-03-04,,\nrepair,tomorrow,,\n";
        let (good, mut names, words) = events("samples/events.csv", csv);
        names.sort();
        assert_eq!((good.as_slice(), names), (&shown[..1], vec!["2026-03-04".to_owned(), "tomorrow".to_owned()]));
        let expected = "line 3: a refill without `precursor`: expected which precursor was refilled; \
                        line 4: `kind`: expected `refill`, `maintenance`, `calibration`, `remark`, found `repair`; \
                        line 4: `at`: expected a date, or a date and local time, such as `2026-03-02T09:30`, found `tomorrow`";
        assert_eq!(words.as_deref(), Some(expected));
    }

    #[test]
    fn a_decimal_comma_between_commas_is_explained() {
        let expected = "line 3: expected 2 cells, found 3: a decimal comma? write a decimal point, or separate cells by semicolons";
        assert_eq!(error("samples/a.csv", "sample_id,thickness_nm\nA,80\nB,80,5\n"), expected);
    }

    #[test]
    fn electrodes_are_written_as_tables_or_in_one_cell() {
        let expected = [
            Electrode { dot: "1".to_owned(), area_cm2: Some(circle_cm2(99.5)), area_err_cm2: None },
            Electrode { dot: "b".to_owned(), area_cm2: Some(3.14e-4), area_err_cm2: None },
        ];
        let toml = "[[sample]]\nsample_id = \"A\"\n\
                    electrodes = [{ dot = 1, diameter_um = 99.5 }, { dot = \"b\", area_cm2 = 3.14e-4 }]\n";
        assert_eq!(electrodes("samples/a.toml", toml), expected);
        assert_eq!(electrodes("samples/a.csv", "sample_id;electrodes\nA;1=99,5um b=3.14e-4cm2\n"), expected);
        let expected = "line 2: `electrodes`: expected NAME=DIAMETERum or NAME=AREAcm2, such as `1=100um`, found `100um`; \
                        line 2: `electrodes`: expected NAME=DIAMETERum or NAME=AREAcm2, such as `1=100um`, found `2=1mm`";
        assert_eq!(error("samples/a.csv", "sample_id,electrodes\nA,100um 2=1mm\n"), expected);
    }

    #[test]
    fn the_relative_uncertainty_of_an_area_is_twice_that_of_the_diameter() {
        let toml = "[[sample]]\nsample_id = \"A\"\n\
                    electrodes = [{ dot = 1, diameter_um = 100, diameter_err_um = 2 }, \
                    { dot = 2, area_cm2 = 3e-4, area_err_cm2 = 1e-5 }]\n";
        for (path, text) in
            [("samples/a.toml", toml), ("samples/a.csv", "sample_id;electrodes\nA;1=100±2um 2=3e-4+-1e-5cm2\n")]
        {
            let found = electrodes(path, text);
            let relative = |electrode: &Electrode| electrode.area_err_cm2.unwrap() / electrode.area_cm2.unwrap();
            assert!((relative(&found[0]) - 0.04).abs() < 1e-12, "{found:?}");
            assert!((relative(&found[1]) - 1.0 / 30.0).abs() < 1e-12, "{found:?}");
        }
    }

    /// The keys that are read from an entry.
    fn known<T>(read: impl Fn(Entry, &mut Mistakes) -> T) -> Vec<String> {
        let mut mistakes = Mistakes::default();
        let row = |cell: &str| StringRecord::from(vec![cell]);
        read(Entry::of_csv(&row("unknown"), &row("x"), 1), &mut mistakes);
        let message = mistakes.into_result().unwrap_err();
        let expected = message.split("`unknown`").nth(1).unwrap();
        let mut names: Vec<String> = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        names.sort();
        names
    }

    #[test]
    fn every_key_is_documented_and_no_other() {
        assert_eq!(documented("One `[[sample]]` for each, in as many files as you like:"), known(Sample::of));
        assert_eq!(documented("An electrode:"), known(Electrode::of));
        assert_eq!(documented("## Runs"), known(Run::of));
        assert_eq!(documented("## Exclusions"), known(Exclusion::of));
        assert_eq!(documented("## Links of single files"), known(FileLink::of));
        assert_eq!(documented("## Events"), known(Event::of));
        let report = |mut entry: Entry, mistakes: &mut Mistakes| {
            Report::fetch(&mut entry);
            entry.finish("report", mistakes);
        };
        assert_eq!(documented("## Literature values"), known(report));
    }
}

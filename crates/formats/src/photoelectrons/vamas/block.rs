//! The header and the blocks of a VAMAS file, item by item.
//!
//! The list of items depends on the experiment mode, the scan mode and the technique, and from the second block on also on
//! the header's list of parameters: a positive number of entries lists those present, a negative one those absent.
//! Absent ones are as in the first block, which has all. Numbers of parameters are those of the standard, 1 to 40.

use std::rc::Rc;

use super::items::{Items, SIGNATURE, Stop, Values, bad, is_blank};
use crate::repetition::check_columns;
use crate::{Place, ReadError};

const EXPERIMENT_MODES: [&str; 9] = ["MAP", "MAPDP", "MAPSV", "MAPSVDP", "NORM", "SDP", "SDPSV", "SEM", "NOEXP"];
const SCAN_MODES: [&str; 3] = ["REGULAR", "IRREGULAR", "MAPPING"];
const TECHNIQUES: [&str; 14] = [
    "AES diff",
    "AES dir",
    "EDX",
    "ELS",
    "FABMS",
    "FABMS energy spec",
    "ISS",
    "SIMS",
    "SIMS energy spec",
    "SNMS",
    "SNMS energy spec",
    "UPS",
    "XPS",
    "XRF",
];
/// Techniques that always have a sputtering beam.
const ION_TECHNIQUES: [&str; 7] =
    ["FABMS", "FABMS energy spec", "ISS", "SIMS", "SIMS energy spec", "SNMS", "SNMS energy spec"];
const PARAMETERS: usize = 40;

/// The header before the first block.
#[derive(Debug)]
pub(super) struct Header<'a> {
    pub institution: &'a str,
    pub instrument: &'a str,
    pub experiment: &'a str,
    pub comment: &'a str,
    mode: &'static str,
    pub is_regular: bool,
    /// Label and unit of each variable of the experiment (etch time, position).
    pub variables: Vec<(&'a str, &'a str)>,
    /// Which parameters blocks after the first have.
    included: [bool; PARAMETERS],
    future_lines: usize,
    pub blocks: usize,
}

/// A label, a unit and a value that the standard has no place for.
pub(super) type Extra<'a> = (&'a str, &'a str, f64);

/// A block.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub id: &'a str,
    pub sample: &'a str,
    pub time: [f64; 6],
    pub comment: &'a str,
    pub technique: &'static str,
    pub position: [f64; 2],
    pub experiment_values: Rc<[&'a str]>,
    pub source: &'a str,
    pub source_energy: f64,
    pub source_strength: f64,
    pub analyser_mode: &'a str,
    pub pass_energy: f64,
    pub work_function: f64,
    pub target_bias: f64,
    pub take_off_polar: f64,
    pub species: &'a str,
    pub transition: &'a str,
    pub abscissa: (&'a str, &'a str),
    pub start: f64,
    pub increment: f64,
    /// Label and unit of each variable of a point.
    pub variables: Rc<[(&'a str, &'a str)]>,
    pub signal_mode: &'a str,
    pub dwell: f64,
    pub scans: f64,
    pub extras: Rc<[Extra<'a>]>,
    pub values: Values,
}

/// Reads the header before the first block.
pub(super) fn header<'a>(items: &mut Items<'a>) -> Result<Header<'a>, Stop> {
    // The first line that isn't blank is the format's name.
    let mut line = items.line();
    let mut word = items.word()?;
    while word.trim_matches(is_blank).is_empty() {
        line = items.line();
        word = items.word()?;
    }
    if !word.trim_start_matches(is_blank).starts_with(SIGNATURE) {
        return Err(bad(line, format!("`{SIGNATURE}`"), word));
    }
    let (institution, instrument) = (items.word()?, items.word()?);
    // The operator's name is personal and not kept.
    items.word()?;
    let experiment = items.word()?;
    let lines = items.count("the number of lines of the comment")?;
    let comment = items.lines(lines)?;
    let mode = one_of(items, "an experiment mode", &EXPERIMENT_MODES)?;
    let line = items.line();
    let scan_mode = one_of(items, "a scan mode", &SCAN_MODES)?;
    if scan_mode == "MAPPING" || mode == "SEM" {
        return Err(Stop::Bad(ReadError::NotSupported {
            place: Place::Line(line),
            recognised: format!("a VAMAS map (experiment mode {mode}, scan mode {scan_mode})"),
            advice: "only spectra are read: export the spectra at the positions of interest".to_owned(),
        }));
    }
    if ["MAP", "MAPDP", "NORM", "SDP"].contains(&mode) {
        items.number("the number of spectral regions")?;
    }
    if ["MAP", "MAPDP"].contains(&mode) {
        for what in ["analysis positions", "x coordinates of the map", "y coordinates of the map"] {
            items.number(&format!("the number of {what}"))?;
        }
    }
    let count = items.count("the number of experimental variables")?;
    let variables = labels(items, count)?;
    let entries = items.signed("the number of entries in the list of parameters")?;
    let mut included = [entries <= 0; PARAMETERS];
    for _ in 0..entries.unsigned_abs() {
        let line = items.line();
        let parameter = items.count("a parameter's number")?;
        match parameter.checked_sub(1).and_then(|place| included.get_mut(place)) {
            Some(is_included) => *is_included = entries > 0,
            None => return Err(bad(line, "a parameter's number from 1 to 40".to_owned(), &parameter.to_string())),
        }
    }
    let entered = items.count("the number of manually entered items")?;
    items.lines(entered)?;
    let future_header_lines = items.count("the number of future upgrade experiment entries")?;
    let future_lines = items.count("the number of future upgrade block entries")?;
    items.lines(future_header_lines)?;
    let blocks = items.count("the number of blocks")?;
    let is_regular = scan_mode == "REGULAR";
    Ok(Header {
        institution,
        instrument,
        experiment,
        comment,
        mode,
        is_regular,
        variables,
        included,
        future_lines,
        blocks,
    })
}

fn one_of(items: &mut Items<'_>, what: &str, choices: &[&'static str]) -> Result<&'static str, Stop> {
    let line = items.line();
    let word = items.word()?.trim_matches('\0');
    let choice = choices.iter().find(|choice| choice.eq_ignore_ascii_case(word));
    choice.copied().ok_or_else(|| bad(line, format!("{what} ({})", choices.join(", ")), word))
}

fn labels<'a>(items: &mut Items<'a>, count: usize) -> Result<Vec<(&'a str, &'a str)>, Stop> {
    (0..count).map(|_| Ok((items.word()?, items.word()?))).collect()
}

impl<'a> Block<'a> {
    /// Reads the block of this number (from 1). `first` is the first block of the file, once there is one.
    pub(super) fn read(
        items: &mut Items<'a>,
        header: &Header<'a>,
        first: Option<&Self>,
        number: usize,
    ) -> Result<Self, Stop> {
        let has = |parameter: usize| first.is_none() || header.included.get(parameter - 1) == Some(&true);
        let mode = header.mode;
        let mut block = Self::like(first);
        let start = items.line();
        (block.id, block.sample) = (items.word()?, items.word()?);
        for (place, what) in ["year", "month", "day", "hour", "minute", "second"].iter().enumerate() {
            if has(place + 1) {
                block.time[place] = items.number(&format!("the {what} of block {number}"))?;
            }
        }
        if has(7) {
            items.number("the hours in advance of Greenwich Mean Time")?;
        }
        if has(8) {
            let what = format!(
                "the number of lines of the comment of block {number}, which begins at line {start} with two lines of \
                 identifiers, the block's and the sample's,"
            );
            let lines = items.count(&what)?;
            block.comment = items.lines(lines)?;
        }
        if has(9) {
            block.technique = one_of(items, "a technique", &TECHNIQUES)?;
        }
        let technique = block.technique;
        if has(10) && ["MAP", "MAPDP"].contains(&mode) {
            block.position = [items.number("the x coordinate")?, items.number("the y coordinate")?];
        }
        if has(11) {
            let values = (0..header.variables.len()).map(|_| items.word());
            block.experiment_values = values.collect::<Result<_, _>>()?;
        }
        if has(12) {
            block.source = items.word()?;
        }
        let is_sputtered = ["MAPDP", "MAPSVDP", "SDP", "SDPSV"].contains(&mode);
        if has(13) && (is_sputtered || ION_TECHNIQUES.contains(&technique)) {
            items.lines(3)?;
        }
        if has(14) {
            block.source_energy = items.number("the source's characteristic energy")?;
        }
        if has(15) {
            block.source_strength = items.number("the source's strength")?;
        }
        if has(16) {
            items.lines(2)?;
        }
        if has(17) && ["MAP", "MAPDP", "MAPSV", "MAPSVDP", "SEM"].contains(&mode) {
            items.lines(2)?;
        }
        if has(18) && ["MAPSV", "MAPSVDP", "SEM"].contains(&mode) {
            items.lines(6)?;
        }
        if has(19) {
            items.lines(1)?;
        }
        if has(20) {
            items.lines(1)?;
        }
        block.analyser(items, &has)?;
        block.axes(items, header, &has)?;
        let is_probed = ["AES diff", "AES dir", "EDX", "ELS", "UPS", "XPS", "XRF"].contains(&technique);
        if has(37) && is_sputtered && is_probed {
            items.lines(7)?;
        }
        if has(38) {
            items.lines(2)?;
        }
        if has(39) {
            items.lines(1)?;
        }
        if has(40) {
            let count = items.count("the number of additional parameters")?;
            let extra = |_| Ok((items.word()?, items.word()?, items.number("an additional parameter")?));
            block.extras = (0..count).map(extra).collect::<Result<_, Stop>>()?;
        }
        items.lines(header.future_lines)?;
        let line = items.line();
        let announced = items.count("the number of ordinates")?;
        let variables = block.variables.len();
        if variables == 0 || announced % variables != 0 {
            let found = format!("{announced} ordinates of {variables} variables");
            return Err(bad(line, "as many ordinates for every variable".to_owned(), &found));
        }
        // Smallest and largest ordinate of every variable, which CasaXPS leaves at 0 and 1.
        items.lines(2 * variables)?;
        block.values = items.values(announced, variables);
        Ok(block)
    }

    fn analyser(&mut self, items: &mut Items<'a>, has: &impl Fn(usize) -> bool) -> Result<(), Stop> {
        if has(21) {
            self.analyser_mode = items.word()?;
        }
        if has(22) {
            self.pass_energy = items.number("the pass energy")?;
        }
        if has(23) && self.technique == "AES diff" {
            items.lines(1)?;
        }
        if has(24) {
            items.lines(1)?;
        }
        if has(25) {
            self.work_function = items.number("the analyser's work function")?;
        }
        if has(26) {
            self.target_bias = items.number("the target's bias")?;
        }
        if has(27) {
            items.lines(2)?;
        }
        if has(28) {
            self.take_off_polar = items.number("the take-off angle")?;
            items.lines(1)?;
        }
        Ok(())
    }

    fn axes(&mut self, items: &mut Items<'a>, header: &Header<'a>, has: &impl Fn(usize) -> bool) -> Result<(), Stop> {
        if has(29) {
            self.species = items.word()?;
        }
        if has(30) {
            self.transition = items.word()?;
            items.number("the charge of the detected particle")?;
        }
        if has(31) && header.is_regular {
            self.abscissa = (items.word()?, items.word()?);
            self.start = items.number("the start of the abscissa")?;
            self.increment = items.number("the increment of the abscissa")?;
        }
        if has(32) {
            let line = items.line();
            let count = items.count("the number of corresponding variables")?;
            check_columns(count, Place::Line(line)).map_err(Stop::Bad)?;
            self.variables = labels(items, count)?.into();
        }
        if has(33) {
            self.signal_mode = items.word()?;
        }
        if has(34) {
            self.dwell = items.number("the signal collection time")?;
        }
        if has(35) {
            self.scans = items.number("the number of scans")?;
        }
        if has(36) {
            items.lines(1)?;
        }
        Ok(())
    }

    /// A block with the parameters of the first, or with none.
    fn like(first: Option<&Self>) -> Self {
        let none = Self {
            id: "",
            sample: "",
            time: [f64::NAN; 6],
            comment: "",
            technique: "",
            position: [f64::NAN; 2],
            experiment_values: [].into(),
            source: "",
            source_energy: f64::NAN,
            source_strength: f64::NAN,
            analyser_mode: "",
            pass_energy: f64::NAN,
            work_function: f64::NAN,
            target_bias: f64::NAN,
            take_off_polar: f64::NAN,
            species: "",
            transition: "",
            abscissa: ("", ""),
            start: f64::NAN,
            increment: f64::NAN,
            variables: [].into(),
            signal_mode: "",
            dwell: f64::NAN,
            scans: f64::NAN,
            extras: [].into(),
            values: Values { numbers: Vec::new(), announced: 0, missing: 0, line: 0 },
        };
        let Some(first) = first else { return none };
        Self {
            experiment_values: Rc::clone(&first.experiment_values),
            variables: Rc::clone(&first.variables),
            extras: Rc::clone(&first.extras),
            values: none.values,
            ..*first
        }
    }
}

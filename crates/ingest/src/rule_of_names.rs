//! The path rule that the names of some files suggest: a template from their regular parts.
//!
//! Files whose names have the same marks and the same number of words have one *shape*. What a word is follows only from the
//! others of its shape: the sample is the word that samples/ describes, that the files state, or that looks like an identifier and
//! changes from file to file. If two words might be it, or none, that is said, and no sample is proposed. A date never is one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use aldb_elements::{Formula, Nuclide};

use crate::dates::looks_like_date;
use crate::names::{Kind, Level, Technique, Token, level};
use crate::path_rule::PathRule;

/// A file, as far as its name can be compared with those of others.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// Its path below the folder.
    pub(crate) below: String,
    pub(crate) technique: Technique,
    /// What the file itself calls its sample and its operator.
    pub(crate) sample: Option<String>,
    pub(crate) operator: Option<String>,
}

/// What the names suggest.
#[derive(Debug, Default)]
pub(crate) struct Proposal {
    /// The rule, if there is one, and how many files it matches.
    pub(crate) rule: Option<PathRule>,
    pub(crate) n_matched: usize,
    /// The rule that it would be if the sample is what it may be, where there is none.
    pub(crate) possible: Option<String>,
    /// What a person should know about it, one line each.
    pub(crate) remarks: Vec<String>,
    /// Names of other shapes: how many, an example, and a rule for them.
    pub(crate) others: Vec<(usize, String, Option<String>)>,
}

/// Words that describe a measurement or a file and never a sample.
const GENERAL: [&str; 72] = [
    "eis",
    "peis",
    "geis",
    "impedance",
    "cv",
    "lsv",
    "ca",
    "cp",
    "ocv",
    "ocp",
    "gcpl",
    "gitt",
    "pitt",
    "cycling",
    "xps",
    "xrd",
    "xrr",
    "gixrd",
    "erd",
    "rbs",
    "tof",
    "survey",
    "map",
    "nk",
    "ref",
    "reference",
    "test",
    "data",
    "file",
    "new",
    "old",
    "copy",
    "step",
    "cycle",
    "cyc",
    "loop",
    "scan",
    "run",
    "meas",
    "measurement",
    "spectrum",
    "spec",
    "example",
    "channel",
    "ch",
    "day",
    "part",
    "exp",
    "experiment",
    "version",
    "ver",
    "v",
    "no",
    "nr",
    "rep",
    "repeat",
    "final",
    "raw",
    "export",
    "min",
    "deg",
    "in",
    "situ",
    "insitu",
    "before",
    "after",
    "dummycell",
    "custom",
    "synthetic",
    "ellipsometer",
    "truth",
    "idf",
];

/// A word of a shape: level, place among the tokens of the level.
type Place = (usize, usize);

/// A name divided.
#[derive(Debug, Clone)]
struct Divided {
    file: usize,
    levels: Vec<Level>,
}

/// Divides a path without its extension; of every kind of mark the part closest to the file counts, of dates the first.
fn divided(file: usize, named: &Named) -> Divided {
    let mut names: Vec<&str> = named.below.split('/').collect();
    if let Some(last) = names.last_mut()
        && let Some((stem, _)) = last.rsplit_once('.').filter(|(stem, _)| !stem.is_empty())
    {
        *last = stem;
    }
    let mut levels: Vec<Level> = names.into_iter().map(|name| level(name, named.technique)).collect();
    let mut seen = HashSet::new();
    for token in levels.iter_mut().rev().flat_map(|level| level.tokens.iter_mut().rev()) {
        let group = token.kind.group().map(|group| if group == "temperature_k" { "temperature_c" } else { group });
        if token.kind != Kind::Date && group.is_none_or(|group| !seen.insert(group)) {
            unmark(token);
        }
    }
    let dates = levels.iter_mut().flat_map(|level| level.tokens.iter_mut()).filter(|token| token.kind == Kind::Date);
    dates.skip(1).for_each(unmark);
    Divided { file, levels }
}

/// Makes a word of a marked part.
fn unmark(token: &mut Token) {
    if token.kind == Kind::Word {
        return;
    }
    let start =
        token.before.find(|letter: char| letter.is_alphanumeric() || letter == '#').unwrap_or(token.before.len());
    let mark = token.before.split_off(start);
    token.value = format!("{mark}{}{}", token.value, token.after);
    token.after.clear();
    token.kind = Kind::Word;
}

impl Divided {
    /// What names of one shape have in common.
    fn shape(&self) -> String {
        let of_token = |token: &Token| format!("{:?}{:?}{:?}", token.kind, token.before, token.after);
        let of_level = |level: &Level| level.tokens.iter().map(of_token).collect::<String>() + "|" + &level.rest;
        self.levels.iter().map(of_level).collect::<Vec<_>>().join("/")
    }

    fn token(&self, (level, place): Place) -> &Token {
        &self.levels[level].tokens[place]
    }

    fn places(&self) -> impl Iterator<Item = Place> {
        self.levels.iter().enumerate().flat_map(|(at, level)| (0..level.tokens.len()).map(move |place| (at, place)))
    }

    fn has_marks(&self) -> bool {
        let is_mark = |kind| matches!(kind, Kind::Dot | Kind::Celsius | Kind::Kelvin | Kind::Repeat);
        self.places().any(|place| is_mark(self.token(place).kind))
    }
}

/// Why a word is the sample, most certain first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Evidence {
    Described,
    Stated,
    Marked,
    /// The more, the better.
    Looks(std::cmp::Reverse<u32>),
}

/// Files of one shape, and what its words are.
#[derive(Debug)]
struct Shape {
    files: Vec<Divided>,
    sample: Option<(Place, Evidence)>,
    /// Words that might be the sample where none certainly is.
    candidates: Vec<Place>,
}

impl Shape {
    fn of(files: Vec<Divided>, all: &[Named], known: &HashSet<String>) -> Self {
        let mut shape = Self { files, sample: None, candidates: Vec::new() };
        shape.find_sample(all, known);
        shape.find_operator(all);
        shape.find_repeat();
        shape
    }

    fn values(&self, place: Place) -> Vec<&str> {
        self.files.iter().map(|file| file.token(place).value.as_str()).collect()
    }

    fn words(&self) -> Vec<Place> {
        let first = &self.files[0];
        first.places().filter(|place| first.token(*place).kind == Kind::Word).collect()
    }

    fn find_sample(&mut self, all: &[Named], known: &HashSet<String>) {
        let first = &self.files[0];
        if let Some(place) = first.places().find(|place| first.token(*place).kind == Kind::Sample) {
            self.sample = Some((place, Evidence::Marked));
            return;
        }
        let mut found: Vec<(Evidence, Place)> = Vec::new();
        let words = self.words();
        for place in &words {
            let values = self.values(*place);
            if values.iter().any(|value| may_not_be_sample(value)) && !values.iter().all(|value| known.contains(*value))
            {
                continue;
            }
            found.extend(self.evidence(*place, &values, all, known).map(|evidence| (evidence, *place)));
        }
        found.sort();
        let differs = |a: Place, b: Place| self.values(a) != self.values(b);
        match found.as_slice() {
            [] => {}
            [(best, place), rest @ ..] => {
                // A second word that is as good and says something else leaves it open.
                let is_open = rest.iter().any(|(other, at)| is_as_good(*other, *best) && differs(*place, *at));
                if is_open {
                    self.candidates = found.iter().map(|(_, place)| *place).collect();
                } else {
                    self.sample = Some((*place, *best));
                }
            }
        }
        if self.sample.is_none() && self.candidates.is_empty() {
            let has_letter = |place: &Place| {
                let values = self.values(*place);
                let differ = self.files.len() == 1 || values.iter().any(|value| *value != values[0]);
                let is_nuclide = values.iter().all(|value| Nuclide::parse(value).is_some());
                differ
                    && !is_nuclide
                    && values.iter().all(|value| {
                        !may_not_be_sample(value) && value.chars().any(char::is_alphabetic) && !is_general(value)
                    })
            };
            self.candidates = words.into_iter().filter(has_letter).collect();
        }
    }

    fn evidence(&self, place: Place, values: &[&str], all: &[Named], known: &HashSet<String>) -> Option<Evidence> {
        let n = values.len();
        if values.iter().filter(|value| known.contains(**value)).count() * 5 >= n * 4 {
            return Some(Evidence::Described);
        }
        // What a file itself calls its sample; of a file that does not say, the word must look like one.
        let (mut n_same, mut n_other) = (0, 0);
        let mut others_fit = true;
        for (file, value) in self.files.iter().zip(values) {
            match all[file.file].sample.as_deref() {
                Some(stated) if stated.trim().eq_ignore_ascii_case(value) && value.chars().count() > 1 => n_same += 1,
                Some(_) => n_other += 1,
                None => others_fit &= identifier(value).is_some(),
            }
        }
        if n_same > 0 && n_same >= n_other * 4 && others_fit {
            return Some(Evidence::Stated);
        }
        let distinct: BTreeSet<&&str> = values.iter().collect();
        let has_marks = self.files[0].has_marks();
        if n < 2 || (distinct.len() < 2 && !has_marks) {
            return None;
        }
        let looks = values.iter().map(|value| identifier(value)).min().flatten()?;
        if !have_one_form(values) {
            return None;
        }
        let is_folder = place.0 + 1 < self.files[0].levels.len() && self.files[0].levels[place.0].tokens.len() == 1;
        let repeats = self.words().into_iter().any(|other| other != place && self.values(other) == values);
        let is_only = self.words().len() == 1;
        let score =
            looks + u32::from(distinct.len() > 1) + u32::from(is_folder) + u32::from(repeats) + u32::from(is_only);
        (score >= 4).then_some(Evidence::Looks(std::cmp::Reverse(score)))
    }

    /// A word that the files state as their operator.
    fn find_operator(&mut self, all: &[Named]) {
        for place in self.words() {
            let is_stated = |file: &Divided| {
                let stated = all[file.file].operator.as_deref().map(str::trim);
                stated.is_some_and(|stated| {
                    stated.chars().count() > 1 && stated.eq_ignore_ascii_case(&file.token(place).value)
                })
            };
            if self.sample.is_none_or(|(sample, _)| sample != place) && self.files.iter().all(is_stated) {
                self.mark(place, Kind::Operator);
                return;
            }
        }
    }

    /// A number that alone tells apart files of one sample, electrode and temperature counts the repetitions.
    fn find_repeat(&mut self) {
        let first = &self.files[0];
        let Some((sample, _)) = self.sample else { return };
        if first.places().any(|place| first.token(place).kind == Kind::Repeat) {
            return;
        }
        let is_counter = |place: &Place| {
            *place != sample
                && place.0 + 1 == first.levels.len()
                && self.values(*place).iter().all(|value| {
                    (value.len() <= 3 || value.starts_with("00")) && value.chars().all(|c| c.is_ascii_digit())
                })
        };
        let counters: Vec<Place> = self.words().into_iter().filter(is_counter).collect();
        for counter in counters {
            let mut alike: BTreeMap<Vec<&str>, BTreeSet<&str>> = BTreeMap::new();
            for file in &self.files {
                let others =
                    file.places().filter(|place| *place != counter).map(|place| file.token(place).value.as_str());
                alike.entry(others.collect()).or_default().insert(&file.token(counter).value);
            }
            let n_repeated: usize = alike.values().map(BTreeSet::len).filter(|n| *n > 1).sum();
            if n_repeated * 2 >= self.files.len() && n_repeated > 1 {
                self.mark(counter, Kind::Repeat);
                return;
            }
        }
    }

    fn mark(&mut self, (level, place): Place, kind: Kind) {
        for file in &mut self.files {
            file.levels[level].tokens[place].kind = kind;
        }
    }

    /// The levels of a template for this shape.
    fn template(&self) -> Vec<String> {
        let first = &self.files[0];
        let escaped = |text: &str| text.replace('{', "{{").replace('}', "}}");
        let of_level = |(at, level): (usize, &Level)| {
            let mut template = String::new();
            let mut is_open = false;
            let ends_sample = |place: usize| self.sample.is_some_and(|((level, word), _)| level == at && place > word);
            let starts_sample = self.sample.is_some_and(|((level, _), _)| level == at);
            for (place, token) in level.tokens.iter().enumerate() {
                let is_sample = self.sample.is_some_and(|(sample, _)| sample == (at, place));
                match token.kind.group() {
                    _ if is_sample => template += &format!("{}{{sample}}", escaped(&token.before)),
                    Some(group) => {
                        template += &format!("{}{{{group}}}{}", escaped(&token.before), escaped(&token.after));
                    }
                    // Before the sample every word counts, after it they are one.
                    None if is_open && (!starts_sample || ends_sample(place)) => continue,
                    None => template += &format!("{}{{*}}", escaped(&token.before)),
                }
                is_open = token.kind.group().is_none() && !is_sample;
            }
            template + &escaped(&level.rest)
        };
        first.levels.iter().enumerate().map(of_level).collect()
    }

    /// The template if this word is the sample.
    fn with_sample(&self, place: Place) -> String {
        let files = self.files[..1].to_vec();
        Self { files, sample: Some((place, Evidence::Marked)), candidates: Vec::new() }.template().join("/")
    }

    /// Templates for this shape that also match others.
    fn templates(&self) -> Vec<String> {
        let levels = self.template();
        let whole = levels.join("/");
        let mut all = vec![whole.clone()];
        // From the first level that says something, whatever is above it.
        let first = levels.iter().position(|level| level.contains('{') && level != "{*}").unwrap_or(0);
        let below = format!("{{**}}/{}", levels[first..].join("/"));
        all.push(below.clone());
        for template in [whole, below] {
            // A word that is there or not.
            for separator in ['_', ' ', '-'] {
                let optional = template.replace(&format!("{{*}}{separator}"), "{*}");
                if optional != template {
                    all.push(optional);
                }
            }
        }
        if let Some(((at, 0), _)) = self.sample
            && at + 1 == levels.len()
            && !self.files[0].levels[at]
                .tokens
                .iter()
                .any(|token| token.kind.group().is_some() && token.kind != Kind::Sample)
        {
            all.push(r"(?:^|/)(?<sample>[^/_ .]+)[^/]*$".to_owned());
        }
        all
    }

    fn sample_of(&self, file: &Divided) -> Option<String> {
        self.sample.map(|(place, _)| file.token(place).value.clone())
    }
}

/// Whether the second best evidence is as good as the best.
fn is_as_good(other: Evidence, best: Evidence) -> bool {
    match (other, best) {
        (Evidence::Looks(other), Evidence::Looks(best)) => other.0 + 1 >= best.0,
        (other, best) => other == best,
    }
}

/// Whether a text cannot be the name of a sample, or looks too much like something else.
fn may_not_be_sample(value: &str) -> bool {
    let is_number = !value.chars().any(char::is_alphabetic);
    let starts_with_date = value.len() > 6 && value.is_char_boundary(6) && looks_like_date(&value[..6]);
    let starts_with_day = value.len() > 8 && value.is_char_boundary(8) && looks_like_date(&value[..8]);
    let has_date = value.split('-').any(|part| part.len() >= 6 && looks_like_date(part));
    is_number || looks_like_date(value) || starts_with_date || starts_with_day || has_date
}

fn is_general(value: &str) -> bool {
    let letters: String = value.chars().filter(|letter| letter.is_alphabetic()).collect::<String>().to_lowercase();
    GENERAL.contains(&letters.as_str())
}

/// Whether at least half of some words consist of letters and digits in the same order, as the identifiers of one laboratory do.
fn have_one_form(values: &[&str]) -> bool {
    let form = |value: &str| {
        let mut form = String::new();
        for letter in value.chars() {
            let kind = if letter.is_ascii_digit() {
                '0'
            } else if letter.is_alphabetic() {
                'a'
            } else {
                letter
            };
            if kind == '-' || !form.ends_with(kind) {
                form.push(kind);
            }
        }
        form
    };
    let distinct: BTreeSet<&str> = values.iter().copied().collect();
    let mut forms: BTreeMap<String, usize> = BTreeMap::new();
    for value in &distinct {
        *forms.entry(form(value)).or_default() += 1;
    }
    let most = forms.values().max().copied().unwrap_or_default();
    distinct.len() == 1 || (most > 1 && most * 2 >= distinct.len())
}

/// How much a word looks like an identifier, such as `LBO-17`: letters, then digits; `None` if it does not.
fn identifier(value: &str) -> Option<u32> {
    let letters: Vec<char> = value.chars().collect();
    let is_plain = letters.iter().all(|letter| letter.is_alphanumeric() || *letter == '-');
    let has_digit = letters.iter().any(char::is_ascii_digit);
    if !is_plain || !has_digit || !letters.first().is_some_and(|letter| letter.is_alphabetic()) || is_general(value) {
        return None;
    }
    // A composition (`Li3PO4`), a line (`O1s`), a channel (`C01`), a number with its letter (`w1`).
    let n_elements = letters.iter().filter(|letter| letter.is_uppercase()).count();
    if n_elements > 1 && !value.contains('-') && Formula::parse(value).is_some() {
        return None;
    }
    let lower = value.to_lowercase();
    let is_line = lower.len() <= 4
        && lower.ends_with(['s', 'p', 'd', 'f'])
        && letters.iter().filter(|c| c.is_ascii_digit()).count() == 1;
    let is_channel =
        lower.starts_with('c') && lower.len() == 3 && lower[1..].chars().all(|letter| letter.is_ascii_digit());
    let n_letters = letters.iter().take_while(|letter| letter.is_alphabetic()).count();
    if is_line || is_channel || lower.starts_with("al2o3") || lower.starts_with("sio2") {
        return None;
    }
    Some(if n_letters > 1 || value.contains('-') { 3 } else { 2 })
}

/// Proposes a rule for files. `known` are the samples that samples/ describes.
pub(crate) fn propose(all: &[Named], known: &HashSet<String>) -> Proposal {
    let mut by_shape: BTreeMap<String, Vec<Divided>> = BTreeMap::new();
    for (place, named) in all.iter().enumerate() {
        let divided = divided(place, named);
        by_shape.entry(divided.shape()).or_default().push(divided);
    }
    let mut shapes: Vec<Shape> = by_shape.into_values().map(|files| Shape::of(files, all, known)).collect();
    shapes.sort_by_key(|shape| std::cmp::Reverse(shape.files.len()));
    let expected: HashMap<usize, String> = shapes
        .iter()
        .flat_map(|shape| shape.files.iter().filter_map(|file| Some((file.file, shape.sample_of(file)?))))
        .collect();
    let mut best: Option<(usize, usize, PathRule)> = None;
    const TRIED: usize = 20;
    for shape in shapes.iter().take(TRIED) {
        for written in shape.templates() {
            let Ok(rule) = PathRule::new(&written) else { continue };
            if rule.groups().next().is_none() {
                continue;
            }
            let Some((n_matched, n_samples)) = matched(&rule, all, &expected) else { continue };
            // Marks of a few names among many others are no rule.
            let least = if n_samples == 0 { all.len().div_ceil(4) } else { all.len().div_ceil(10) };
            if n_matched < least.max(2).min(all.len()) {
                continue;
            }
            let is_better =
                best.as_ref().is_none_or(|(matched, samples, _)| (n_samples, n_matched) > (*samples, *matched));
            if n_matched > 0 && is_better {
                best = Some((n_matched, n_samples, rule));
            }
        }
    }
    let mut proposal = Proposal::default();
    let is_matched = |file: &Divided| best.as_ref().is_some_and(|(.., rule)| rule.matches(&all[file.file].below));
    const LISTED: usize = 4;
    for shape in &shapes {
        let unmatched: Vec<&Divided> = shape.files.iter().filter(|file| !is_matched(file)).collect();
        if let Some(example) = unmatched.first().filter(|_| best.is_some() && proposal.others.len() < LISTED) {
            // Of a few names whose sample only looks like one, none is proposed.
            let is_sure = match shape.sample {
                Some((_, Evidence::Looks(_))) => shape.files.len() > 2,
                sample => sample.is_some(),
            };
            let rule = Some(shape.template().join("/")).filter(|_| is_sure);
            proposal.others.push((unmatched.len(), all[example.file].below.clone(), rule));
        }
    }
    if let Some((n_matched, _, rule)) = best {
        proposal.n_matched = n_matched;
        proposal.remarks = remarks(&rule, &shapes, all);
        proposal.rule = Some(rule);
    } else if let Some(shape) = shapes.first() {
        let is_common = shape.files.len() > 1 && shape.files.len() * 5 >= all.len();
        if is_common || all.len() == 1 {
            proposal.remarks.push(undecided(shape));
            if let [place] = shape.candidates.as_slice() {
                proposal.possible = Some(shape.with_sample(*place));
            }
        } else {
            proposal
                .remarks
                .push("the names have no common form, so no part of them can be told to be the sample".to_owned());
        }
    }
    proposal
}

/// How many files a rule matches, and for how many it names a sample; `None` if it names a wrong one for any.
fn matched(rule: &PathRule, all: &[Named], expected: &HashMap<usize, String>) -> Option<(usize, usize)> {
    let separators: HashSet<char> =
        expected.values().flat_map(|sample| sample.chars()).filter(|c| !c.is_alphanumeric()).collect();
    let (mut n_matched, mut n_samples) = (0, 0);
    for (place, named) in all.iter().enumerate() {
        let Some(captures) = rule.captures(&named.below) else { continue };
        n_matched += 1;
        let Some(sample) = captures.name("sample").map(|sample| sample.as_str()) else { continue };
        let is_right = match expected.get(&place) {
            Some(expected) => expected == sample,
            None => {
                !may_not_be_sample(sample)
                    && identifier(sample).is_some()
                    && sample.chars().all(|c| c.is_alphanumeric() || separators.contains(&c))
            }
        };
        if !is_right {
            return None;
        }
        n_samples += 1;
    }
    Some((n_matched, n_samples))
}

/// What a person should know about a rule.
fn remarks(rule: &PathRule, shapes: &[Shape], all: &[Named]) -> Vec<String> {
    let mut remarks = Vec::new();
    let is_of = |shape: &&Shape| rule.matches(&all[shape.files[0].file].below);
    let Some(shape) = shapes.iter().find(is_of) else { return remarks };
    match shape.sample {
        Some((_, Evidence::Described)) => remarks.push("the sample is the part that samples/ describes".to_owned()),
        Some((_, Evidence::Stated)) => {
            remarks.push("the sample is the part that the files themselves call so".to_owned());
        }
        Some((_, Evidence::Marked)) => {}
        Some((place, Evidence::Looks(_))) => {
            let distinct: BTreeSet<&str> = shape.values(place).into_iter().collect();
            remarks.push(match distinct.len() {
                1 => "all these files give one sample: check that it is one".to_owned(),
                _ => "the sample is the part that looks like an identifier: check the examples".to_owned(),
            });
        }
        None => {
            remarks.push(undecided(shape));
            if let [place] = shape.candidates.as_slice() {
                remarks.push(format!("if it is, the rule is: path = '{}'", shape.with_sample(*place)));
            }
        }
    }
    let first = &shape.files[0];
    if first.places().any(|place| {
        first.token(place).kind == Kind::Repeat && first.token(place).before.to_lowercase().ends_with("run")
    }) {
        remarks.push(
            "`run` with a number is taken as the repetition of a measurement: write {run} if it is the deposition"
                .to_owned(),
        );
    }
    if first.places().any(|place| first.token(place).kind == Kind::Date) && rule.groups().any(|group| group == "date") {
        remarks.push("the date is kept as a tag, as it is written".to_owned());
    }
    for place in shape.words() {
        let is_sample = |sample: Place| sample == place || shape.values(sample) == shape.values(place);
        if shape.sample.is_some_and(|(sample, _)| is_sample(sample)) || shape.candidates.contains(&place) {
            continue;
        }
        let values: BTreeSet<&str> = shape.values(place).into_iter().collect();
        let n_files = shape.files.len();
        let is_word = values.iter().all(|value| value.chars().any(char::is_alphabetic));
        if values.len() < 2 || values.len() > 12 || values.len() * 2 > n_files || !is_word || remarks.len() > 5 {
            continue;
        }
        let shown: Vec<String> = values.iter().take(3).map(|value| format!("`{value}`")).collect();
        let is_initials = |value: &&str| value.chars().count() <= 3 && value.chars().all(char::is_uppercase);
        let name = if values.iter().all(is_initials) { "{operator}" } else { "a name of your own in braces" };
        remarks.push(format!("the part that is {} is left to {{*}}: {name} keeps it as a tag", shown.join(", ")));
    }
    remarks
}

/// That the sample cannot be told, and what might be it.
fn undecided(shape: &Shape) -> String {
    const SHOWN: usize = 4;
    let file = &shape.files[0];
    let names: Vec<String> =
        shape.candidates.iter().take(SHOWN).map(|place| format!("`{}`", file.token(*place).value)).collect();
    match names.as_slice() {
        [] => "no part of the names can be told to be the sample".to_owned(),
        names => format!(
            "which part of the names is the sample cannot be told, it may be {}: write {{sample}} for it",
            names.join(" or ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposed_with(names: &[&str], known: &[&str], stated: Option<&str>) -> Proposal {
        let named = |name: &&str| Named {
            below: (*name).to_owned(),
            technique: Technique::Thermal,
            sample: stated.map(str::to_owned),
            operator: None,
        };
        let known = known.iter().map(|name| (*name).to_owned()).collect();
        propose(&names.iter().map(named).collect::<Vec<_>>(), &known)
    }

    fn rule(names: &[&str]) -> Option<String> {
        proposed_with(names, &[], None).rule.map(|rule| rule.written().to_owned())
    }

    #[test]
    fn regular_names_give_a_template_whatever_their_order() {
        let template = Some("{sample}/{*}_dot{dot}_{temperature_c}C_r{repeat}");
        let names = ["LBO-17/eis_dot1_30C_r1.DTA", "LBO-17/eis_dot2_40C_r1.DTA", "LBO-18/eis_dot1_-10C_r2.DTA"];
        assert_eq!(rule(&names).as_deref(), template);
        let names = ["20260302_AB12_pad3_25C.mpr", "20260303_AB13_pad1_60C.mpr"];
        assert_eq!(rule(&names).as_deref(), Some("{date}_{sample}_pad{dot}_{temperature_c}C"));
        let names = ["2026-03-02/LBO-17 eis 300K.z", "2026-03-04/LBO-18 eis 310K.z"];
        assert_eq!(rule(&names).as_deref(), Some("{date}/{sample} {*} {temperature_k}K"));
        let names = ["Sample1_C1s.vms", "Sample1_O1s.vms", "Sample2_C1s.vms", "Sample2_O1s.vms"];
        assert_eq!(rule(&names).as_deref(), Some("{sample}_{*}"));
    }

    #[test]
    fn a_date_is_never_the_sample() {
        for names in [
            &["2026-03-02/eis_dot1_30C.DTA", "2026-03-03/eis_dot1_30C.DTA"][..],
            &["20260302/eis_dot1_30C.DTA", "20260303/eis_dot2_30C.DTA"],
            &["260302_dot1.mpr", "260303_dot1.mpr"],
            &["2026/03/02/dot1_30C.mpr", "2026/03/04/dot1_30C.mpr"],
            &["March/x_30C.mpr", "April/x_30C.mpr"],
            &["02Mar2026/a_30C.mpr", "03Mar2026/a_40C.mpr"],
        ] {
            let proposal = proposed_with(names, &[], None);
            let groups: Vec<String> = proposal.rule.iter().flat_map(PathRule::groups).map(str::to_owned).collect();
            assert!(!groups.contains(&"sample".to_owned()), "{names:?}: {:?}", proposal.rule);
            assert!(
                proposal.remarks.iter().any(|remark| remark.contains("sample")),
                "{names:?}: {:?}",
                proposal.remarks
            );
        }
        // Beside a date the sample is found.
        let names = ["2026-03-02/LBO-17/eis_dot1_30C.DTA", "2026-03-03/LBO-18/eis_dot1_30C.DTA"];
        assert_eq!(rule(&names).as_deref(), Some("{date}/{sample}/{*}_dot{dot}_{temperature_c}C"));
    }

    #[test]
    fn where_two_words_may_be_the_sample_it_is_said_and_what_is_known_decides() {
        let names = ["AB12_XY7_30C.mpr", "AB13_XY8_30C.mpr", "AB14_XY9_40C.mpr"];
        let open = proposed_with(&names, &[], None);
        assert_eq!(open.rule.unwrap().written(), "{*}_{temperature_c}C");
        let said =
            "which part of the names is the sample cannot be told, it may be `AB12` or `XY7`: write {sample} for it";
        assert_eq!(open.remarks, [said]);
        let known = proposed_with(&names, &["XY7", "XY8", "XY9"], None);
        assert_eq!(known.rule.unwrap().written(), "{*}_{sample}_{temperature_c}C");
        let stated = proposed_with(&["a_film_30C.mpr"], &[], Some("film"));
        assert_eq!(stated.rule.unwrap().written(), "{*}_{sample}_{temperature_c}C");
    }

    #[test]
    fn one_name_or_words_without_a_pattern_are_not_guessed_at() {
        for names in [
            &["gamry_eispot_2018.DTA"][..],
            &["al2o3.mat", "complete_ease_example.dat", "w1_11012006_anisotropic.dat"],
            &["o1s_01_r0.9_w1.4_high.csv", "o1s_02_r0.9_w1.4_low.csv", "o1s_03_r0.9_w1.7_high.csv"],
            &["TiO2_a.xy", "Al2O3_b.xy"],
            &["survey.vms", "regular.vms"],
        ] {
            assert_eq!(rule(names), None, "{names:?}");
        }
    }

    #[test]
    fn names_with_and_without_a_word_share_a_rule_and_others_are_listed() {
        let names = ["LBO-17_dot1_30C.z", "LBO-17_eis_dot2_30C.z", "LBO-18_dot1_30C.z", "LBO-18_dot2_30C.z", "notes.z"];
        let proposal = proposed_with(&names, &[], None);
        assert_eq!(proposal.n_matched, 4, "{:?}", proposal.rule);
        assert_eq!(proposal.others, [(1, "notes.z".to_owned(), None)]);
        let names = ["LBO-17.uxd", "LBO-18.uxd", "LBO-17_grazing.uxd"];
        let proposal = proposed_with(&names, &[], None);
        let found = proposal.rule.unwrap();
        let sample = |name: &str| found.captures(name).unwrap().name("sample").unwrap().as_str().to_owned();
        assert_eq!(names.map(sample), ["LBO-17", "LBO-18", "LBO-17"]);
    }

    #[test]
    fn a_counter_is_the_repetition_where_nothing_else_tells_files_apart() {
        let names = ["LBO-17_30C_001.z", "LBO-17_30C_002.z", "LBO-18_30C_001.z", "LBO-18_30C_002.z"];
        assert_eq!(rule(&names).as_deref(), Some("{sample}_{temperature_c}C_{repeat}"));
        let names = ["LBO-17_001_30C.z", "LBO-17_002_40C.z", "LBO-18_003_30C.z", "LBO-18_004_40C.z"];
        assert_eq!(rule(&names).as_deref(), Some("{sample}_{*}_{temperature_c}C"));
    }
}

//! What each look at the folder of a source found.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aldb_lake::{Lake, LakeError, nanoseconds, write_file};
use serde::{Deserialize, Serialize};

use crate::config::Configuration;
use crate::discover::{Asked, Found, Missing};
use crate::report::{IngestReport, SourceRound, WaitingFile};

/// Begins the account of the sources that are looked at.
pub(crate) fn begin(
    configuration: &Configuration,
    asked: Asked<'_>,
    found: &[Found],
    missing: &[Missing],
    report: &mut IngestReport,
) {
    let is_asked = |name: &str| match asked {
        Asked::All => true,
        Asked::Sources(names) => names.iter().any(|asked| asked == name),
        Asked::Paths(_) => false,
    };
    for source in configuration.sources.iter().filter(|source| is_asked(&source.name)) {
        let whole = format!("source `{}`", source.name);
        let below = |missing: &&Missing| missing.name == whole || Path::new(&missing.name).starts_with(&source.folder);
        let errors: Vec<String> =
            missing
                .iter()
                .filter(below)
                .map(|missing| {
                    if missing.name == whole {
                        missing.why.clone()
                    } else {
                        format!("{}: {}", missing.name, missing.why)
                    }
                })
                .collect();
        report.sources.push(SourceRound {
            source: source.name.clone(),
            error: (!errors.is_empty()).then(|| errors.join("; ")),
            ..SourceRound::default()
        });
    }
    for file in found {
        if let Some(source) = configuration.source_of(&file.path)
            && let Some(round) = report.sources.iter_mut().find(|round| round.source == source.name)
        {
            round.n_files += 1;
        }
    }
}

/// Files of a source that wait, at most, that are listed by their names.
const LISTED: usize = 20;

/// What is known about the rounds of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceState {
    /// What the last round found.
    #[serde(flatten)]
    pub round: SourceRound,
    /// When the last round ended, in microseconds since 1970, UTC; none where there was none.
    pub last_round_micros: Option<i64>,
    /// When the last round ended in which the folder could be listed as a whole.
    pub last_seen_micros: Option<i64>,
    /// Measurements without a sample or a recipe.
    #[serde(skip_deserializing)]
    pub n_unlinked: usize,
    /// The files that wait, those that wait longest first.
    pub waiting: Vec<WaitingFile>,
    /// When the next round is due, if a service does the rounds.
    #[serde(skip_deserializing)]
    pub next_round_micros: Option<i64>,
    /// Whether two rounds were missed, or the folder could not be listed in the last two: nothing is known about new files.
    #[serde(skip_deserializing)]
    pub is_overdue: bool,
}

fn path(lake: &Lake) -> PathBuf {
    lake.root().join("state").join("sources.json")
}

/// What is stored; nothing where it is lost, as everything in `state/` may be.
fn stored(lake: &Lake) -> BTreeMap<String, SourceState> {
    let text = std::fs::read(path(lake)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

fn micros(time: SystemTime) -> i64 {
    nanoseconds(time) / 1000
}

/// Ends the account of the sources and stores it.
pub(crate) fn end(lake: &Lake, configuration: &Configuration, report: &mut IngestReport) -> Result<(), LakeError> {
    report.waiting.sort_by(|a, b| (a.since_micros, &a.path).cmp(&(b.since_micros, &b.path)));
    let mut states = stored(lake);
    states.retain(|name, _| configuration.sources.iter().any(|source| source.name == *name));
    let now = micros(SystemTime::now());
    for round in &mut report.sources {
        let waiting = report.waiting.iter().filter(|file| file.source.as_ref() == Some(&round.source));
        round.n_waiting = waiting.clone().count();
        round.oldest_waiting_micros = waiting.clone().map(|file| file.since_micros).min();
        let state = states.entry(round.source.clone()).or_default();
        state.waiting = waiting.take(LISTED).cloned().collect();
        state.last_round_micros = Some(now);
        if round.error.is_none() {
            state.last_seen_micros = Some(now);
        }
        state.round = round.clone();
    }
    if report.sources.is_empty() {
        return Ok(());
    }
    write_file(&path(lake), &serde_json::to_vec(&states).unwrap_or_default())
}

/// The sources of the configuration and their last rounds. `has_service` where a service is known to do the rounds: then it is
/// said when the next one is due, and whether two were missed.
#[must_use]
pub fn source_states(lake: &Lake, configuration: &Configuration, has_service: bool) -> Vec<SourceState> {
    let mut states = stored(lake);
    let now = SystemTime::now();
    let of = |micros: i64| SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    let of_source = configuration.sources.iter().map(|source| {
        let mut state = states.remove(&source.name).unwrap_or_default();
        state.round.source.clone_from(&source.name);
        if has_service {
            let last = state.last_round_micros.map_or(now, of);
            state.next_round_micros = Some(micros(source.schedule.next_after(last)));
            let missed =
                source.schedule.next_after(source.schedule.next_after(of(state.last_seen_micros.unwrap_or(0))));
            state.is_overdue = missed < now;
        }
        state
    });
    of_source.collect()
}

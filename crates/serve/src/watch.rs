//! Round after round, each source by its own schedule.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use aldb_ingest::{Configuration, ConfigurationError, WaitCause};
use aldb_lake::{Lake, LakeError, MaintainOptions};
use sd_notify::NotifyState;
use tokio::sync::watch::Receiver;
use tracing::{error, info, warn};

use crate::metrics::{self, Metrics};
use crate::round::Checked;
use crate::service::Service;
use crate::{MetricsError, Round, hooks};

/// How often the service says that it runs, whatever is due.
const BEAT: Duration = Duration::from_secs(30);
/// How often all folders are looked at together, whatever their schedules.
const FULL: Duration = Duration::from_hours(24);
/// A round that takes longer is taken for one that hangs: the service is silent, and its manager starts it again.
const LONGEST_ROUND: Duration = Duration::from_hours(12);
/// How long a round may take to end once the service was asked to.
const GRACE: Duration = Duration::from_secs(8);
/// Time for which a file must be unchanged where its source states none; and the longest that `--once` waits for it.
const SETTLE: Duration = Duration::from_secs(10);
const LONGEST_SETTLE: Duration = Duration::from_secs(120);

/// What the service does.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// One round, then end.
    pub is_once: bool,
    /// Where metrics are served.
    pub metrics: Option<SocketAddr>,
    /// Becomes true when the service is asked to end.
    pub stop: Receiver<bool>,
}

/// Why a service cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The lake cannot be used.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Its configuration cannot be used.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The metrics cannot be served.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
}

/// Does rounds until it is asked to end. `on_round` is called after each. Returns whether the last round was without errors.
///
/// # Errors
///
/// [`WatchError`] if it cannot begin. What goes wrong in a round is in its report, and the next round tries again.
pub async fn watch(
    lake: Lake,
    options: WatchOptions,
    mut on_round: impl FnMut(&Round) + Send,
) -> Result<bool, WatchError> {
    let WatchOptions { is_once, metrics: address, stop: mut asked } = options;
    let mut configuration = Configuration::from_toml(&lake.configuration()?, lake.root())?;
    let lake = lake.that_waits(|holder| info!("waiting for {holder}, which writes to the lake"));
    let metrics = Arc::new(Metrics::new());
    if let Some(address) = address {
        let address = metrics::serve(address, metrics.clone()).await?;
        info!("metrics are at http://{address}/metrics");
    }
    let mut service = Service::begin();
    let mut plan = Plan::default();
    let mut checked = Checked::default();
    let mut wrong = BTreeSet::new();
    if let Some(note) = lake.note() {
        warn!("{note}");
    }
    notify(&[NotifyState::Ready]);
    info!("{} of {}", counted(configuration.sources.len(), "source"), lake.root().display());
    loop {
        if !is_once && let Err(error) = service.beat(&lake, false) {
            error!("{error}");
        }
        notify(&[NotifyState::Watchdog]);
        let mut problem = None;
        match lake
            .configuration()
            .map_err(WatchError::from)
            .and_then(|text| Ok(Configuration::from_toml(&text, lake.root())?))
        {
            Ok(read) => configuration = read,
            // The rules that were right go on until the mistake is mended.
            Err(error) => problem = Some(error.to_string()),
        }
        if let Some(schedule) = configuration.watch.maintain.as_ref().filter(|_| !is_once) {
            let now = SystemTime::now();
            let last = *plan.maintained.get_or_insert(now);
            if schedule.next_after(last) <= now || last > now {
                plan.maintained = Some(now);
                tokio::select! {
                    () = maintain(&lake) => {}
                    // It ends between two of its steps; what it had not done is done the next time.
                    _ = asked.wait_for(|asked| *asked) => break,
                }
            }
        }
        let Some(due) = plan.due(&configuration, SystemTime::now()) else {
            let rest = plan.rest(SystemTime::now()).min(BEAT);
            tokio::select! {
                () = tokio::time::sleep(rest) => continue,
                _ = asked.wait_for(|asked| *asked) => break,
            }
        };
        let stop = Arc::new(AtomicBool::new(false));
        // Reading a batch keeps this task busy: others say that the service runs, and that it is asked to end.
        let helpers = [
            tokio::spawn(beating(lake.clone(), service.clone(), is_once)),
            tokio::spawn(stopping(asked.clone(), stop.clone())),
        ];
        let mut round = {
            let round = Round::of(&lake, due.clone(), &stop, &mut checked);
            let mut round = std::pin::pin!(round);
            tokio::select! {
                round = &mut round => round,
                _ = asked.wait_for(|asked| *asked) => {
                    // What is not committed by then is not visible, and is done again by the next round.
                    match tokio::time::timeout(GRACE, &mut round).await {
                        Ok(round) => round,
                        Err(_) => break,
                    }
                }
            }
        };
        helpers.iter().for_each(tokio::task::JoinHandle::abort);
        round.errors.extend(problem);
        plan.done(&configuration, &due, &round, SystemTime::now());
        metrics.count(&round);
        tell(&round);
        on_round(&round);
        let now_wrong = round.wrong();
        let is_new = now_wrong.difference(&wrong).next().is_some();
        for (command, applies) in
            [(&configuration.watch.on_error, is_new), (&configuration.watch.on_change, round.is_changed)]
        {
            if let Some(command) = command.as_ref().filter(|_| applies)
                && let Err(error) = hooks::run(command, &round).await
            {
                error!("{error}");
            }
        }
        wrong = now_wrong;
        if *asked.borrow() {
            break;
        }
        if is_once {
            let settles = plan.settles.take().filter(|_| !plan.has_looked_again);
            let Some(settles) = settles.filter(|settles| *settles <= LONGEST_SETTLE) else { break };
            plan.has_looked_again = true;
            plan.next.clear();
            tokio::select! {
                () = tokio::time::sleep(settles) => {}
                _ = asked.wait_for(|asked| *asked) => break,
            }
        }
    }
    notify(&[NotifyState::Stopping]);
    if !is_once {
        service.beat(&lake, true)?;
    }
    Ok(wrong.is_empty())
}

/// Says every half minute that the service runs, for as long as a round may take.
async fn beating(lake: Lake, mut service: Service, is_once: bool) {
    let started = Instant::now();
    while started.elapsed() < LONGEST_ROUND {
        tokio::time::sleep(BEAT).await;
        if !is_once {
            service.beat(&lake, false).ok();
        }
        notify(&[NotifyState::Watchdog]);
    }
}

/// Stops the round once the service is asked to end.
async fn stopping(mut asked: Receiver<bool>, stop: Arc<AtomicBool>) {
    if asked.wait_for(|asked| *asked).await.is_ok() {
        info!("ending after the batch that is being written");
        stop.store(true, Ordering::Relaxed);
    }
}

/// Maintains the lake, and says what was done.
async fn maintain(lake: &Lake) {
    match lake.maintain(&MaintainOptions::default()).await {
        Ok(done) => {
            for problem in &done.problems {
                error!("{problem}");
            }
            let files = counted(done.n_deleted, "file");
            info!("maintained: {} merged, {files} deleted", counted(done.merged.len(), "table"));
        }
        Err(problem) => error!("cannot maintain the lake: {problem}"),
    }
}

/// Without a service manager there is nobody to tell.
fn notify(states: &[NotifyState<'_>]) {
    sd_notify::notify(states).ok();
}

/// Writes what a round did into the log.
fn tell(round: &Round) {
    for problem in &round.errors {
        error!("{problem}");
    }
    let mut words = Vec::new();
    if let Some(report) = &round.ingest {
        for source in report.sources.iter().filter(|source| source.error.is_some()) {
            warn!("source {}: {}", source.source, source.error.as_deref().unwrap_or_default());
        }
        words.push(format!("{} in {}", counted(report.n_files, "file"), counted(report.sources.len(), "source")));
        let counts = [
            (report.n_read, "read"),
            (report.failed.len(), "failed"),
            (report.waiting.len() + report.n_busy, "waiting"),
            (report.not_recognised.len(), "not recognised"),
            (report.n_gone, "gone"),
        ];
        words.extend(counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        if report.index_rebuilt {
            words.push("the index in state/ was rebuilt".to_owned());
        }
    }
    let n_derived: usize = round.derived.iter().map(|derived| derived.n_written).sum();
    if n_derived > 0 {
        words.push(format!("{} derived", counted(n_derived, "row")));
    }
    let n_found: usize = round.checks.iter().filter(|found| found.is_error).map(|found| found.n_rows).sum();
    if n_found > 0 {
        words.push(format!("{} with errors (`aldb check`)", counted(n_found, "row")));
    }
    let words = format!("{}; snapshot {}; {:.1} s", words.join(", "), round.snapshot, round.elapsed_s);
    notify(&[NotifyState::Status(&words)]);
    info!("{words}");
}

/// A number and its noun.
fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// When each source is due.
#[derive(Debug, Default)]
struct Plan {
    next: BTreeMap<String, SystemTime>,
    full: Option<SystemTime>,
    /// When the lake was last maintained, or the service began.
    maintained: Option<SystemTime>,
    /// Time after which the files that wait may have settled.
    settles: Option<Duration>,
    has_looked_again: bool,
}

impl Plan {
    /// The sources that are due; empty for all, `None` for none.
    fn due(&mut self, configuration: &Configuration, now: SystemTime) -> Option<Vec<String>> {
        let names: BTreeSet<&str> = configuration.sources.iter().map(|source| source.name.as_str()).collect();
        self.next.retain(|name, _| names.contains(name.as_str()));
        // A clock that was put back must not silence a source.
        for source in &configuration.sources {
            let latest = source.schedule.next_after(now);
            self.next.entry(source.name.clone()).and_modify(|next| *next = (*next).min(latest)).or_insert(now);
        }
        let full = self.full.filter(|full| *full <= now && now < *full + FULL);
        let due: Vec<String> =
            self.next.iter().filter(|(_, next)| **next <= now).map(|(name, _)| name.clone()).collect();
        if full.is_none() || due.len() == self.next.len() {
            return Some(Vec::new());
        }
        (!due.is_empty()).then_some(due)
    }

    /// Time until something is due.
    fn rest(&self, now: SystemTime) -> Duration {
        let next = self.next.values().min().and_then(|next| next.duration_since(now).ok());
        next.unwrap_or(BEAT).max(Duration::from_millis(200))
    }

    /// A round over these sources has ended.
    fn done(&mut self, configuration: &Configuration, due: &[String], round: &Round, now: SystemTime) {
        if due.is_empty() {
            self.full = Some(now);
        }
        self.settles = None;
        for source in &configuration.sources {
            if !due.is_empty() && !due.contains(&source.name) {
                continue;
            }
            let mut next = source.schedule.next_after(now);
            let waits = |cause: WaitCause| {
                let report = round.ingest.iter().flat_map(|report| &report.waiting);
                report.into_iter().any(|file| file.source.as_ref() == Some(&source.name) && file.cause == cause)
            };
            if waits(WaitCause::Changing) {
                // A little later than the file may settle, so that the second look counts.
                let settle = source.settle.unwrap_or(SETTLE) + Duration::from_millis(500);
                self.settles = Some(self.settles.map_or(settle, |other| other.max(settle)));
                next = next.min(now + settle);
            }
            if let Some(every) = source.growing.filter(|_| waits(WaitCause::Changing)) {
                next = next.min(now + every.max(Duration::from_secs(1)));
            }
            self.next.insert(source.name.clone(), next);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn configuration() -> Configuration {
        let text = "[[source]]\nname = \"a\"\nfolder = \"a\"\nevery = \"1 min\"\n\
                    [[source]]\nname = \"b\"\nfolder = \"b\"\nevery = \"1 h\"\n";
        Configuration::from_toml(text, Path::new("/lake")).unwrap()
    }

    #[test]
    fn every_source_has_its_own_turn_and_all_have_one_each_day() {
        let (configuration, start) = (configuration(), SystemTime::UNIX_EPOCH + Duration::from_hours(500_000));
        let mut plan = Plan::default();
        let all = Some(Vec::new());
        assert_eq!(plan.due(&configuration, start), all);
        plan.done(&configuration, &[], &Round::default(), start);
        let after = |plan: &mut Plan, seconds: u64| plan.due(&configuration, start + Duration::from_secs(seconds));
        assert_eq!(after(&mut plan, 59), None);
        assert_eq!(plan.rest(start + Duration::from_secs(59)), Duration::from_secs(1));
        let due = after(&mut plan, 60);
        assert_eq!(due, Some(vec!["a".to_owned()]));
        plan.done(&configuration, &due.unwrap(), &Round::default(), start + Duration::from_secs(60));
        assert_eq!(after(&mut plan, 61), None);
        assert_eq!(after(&mut plan, 86_400), all);
    }

    #[test]
    fn a_clock_that_is_put_back_or_forward_silences_no_source() {
        let (configuration, start) = (configuration(), SystemTime::UNIX_EPOCH + Duration::from_hours(500_000));
        let day = Duration::from_hours(24);
        for now in [start - day, start + day] {
            let mut plan = Plan::default();
            plan.due(&configuration, start);
            plan.done(&configuration, &[], &Round::default(), start);
            assert_eq!(plan.due(&configuration, now), Some(Vec::new()));
            plan.done(&configuration, &[], &Round::default(), now);
            assert_eq!(plan.due(&configuration, now + Duration::from_secs(60)), Some(vec!["a".to_owned()]));
        }
    }
}

//! Brings files into the lake: finds them, reads new and changed ones, links them, commits them batch by batch.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime};

use aldb_formats::{FileErrorCode, Registry};
use aldb_lake::{Lake, LakeError, SeenFile, Writer, file_id, nanoseconds};
use rayon::prelude::*;

use crate::IngestError;
use crate::batch::Batch;
use crate::candidates::{Candidate, PATHS, batches, candidates, known_files};
use crate::config::Configuration;
use crate::discover::{Asked, Discovered, Found, discover};
use crate::exclusions;
use crate::installed::installed;
use crate::link::Linker;
use crate::links::Links;
use crate::paths::{settle, signature};
use crate::reading::{Outcome, Reader};
use crate::relink::relink;
use crate::report::{FailedFile, FileError, FileNote, IngestOptions, IngestReport, WaitCause, counted};
use crate::rounds;
use crate::sheets::{self, Earlier, Exclusions, Sheet};
use crate::stored::{self, Files, StoredFile};
use crate::waiting::{self, Patience};

/// Version of how keys are made of paths, files and descriptions: another one links all measurements again.
const LINKING: u32 = 3;

/// Time for which a file must be the same before a patient ingest reads it, where its source states none.
const PATIENT: Duration = Duration::from_secs(10);

/// Topic of the index for the state of the lake when it was last ingested into.
const LAKE: &str = "lake";

/// Ingests new and changed files. `progress` is called with the number of files done, and of all.
///
/// # Errors
///
/// [`IngestError`] if the lake or its configuration cannot be used. A file that cannot be read is in the report,
/// and the other files are ingested.
pub async fn ingest(
    lake: &Lake,
    options: &IngestOptions,
    mut progress: impl FnMut(usize, usize) + Send,
) -> Result<IngestReport, IngestError> {
    let text = lake.configuration()?;
    let configuration = Configuration::from_toml(&text, lake.root())?;
    let (registry, installed_hash) = installed(lake.root())?;
    let registry_hash = file_id(format!("{installed_hash}\n{}", configuration.reading_rules()).as_bytes());
    let configuration = Arc::new(configuration);
    // The folders are walked while the lake opens.
    let walk = {
        let (configuration, root, options) = (configuration.clone(), lake.root().to_owned(), options.clone());
        std::thread::spawn(move || discover(&configuration, &root, asked(&options)))
    };
    let mut writer = lake.write().await?;
    let mut report = IngestReport {
        index_rebuilt: writer.index().is_fresh() && writer.base().number() > 0,
        ..IngestReport::default()
    };
    let mut sheets = sheets::read_folders(lake.root());
    for folder in stored::missing_folders(&writer.pending(), lake).await? {
        sheets.push(Sheet::missing(folder));
    }
    // Unchanged sheets need not be compared again: the lake has their samples. Exclusions may name files that come now.
    let are_known = stored::remembers(&writer, &sheets);
    let contents = if are_known { sheets::contents_about_files(&sheets) } else { sheets::contents(&sheets) };
    let exclusions = Exclusions::of(&sheets, &contents);
    let links = Links::of(&sheets, &contents);
    let (samples, runs) = if are_known {
        (stored::samples(&writer.pending()).await?, stored::runs(&writer.pending()).await?)
    } else {
        let has_trouble = contents.iter().any(|(_, trouble)| trouble.is_some());
        let earlier = if has_trouble { stored::earlier(&writer.pending()).await? } else { Earlier::default() };
        let described = sheets::read(&sheets, contents, &earlier, writer.batch());
        report.n_described =
            stored::write_sheets(&mut writer, lake, &sheets, &described, &mut report.notes, &mut report.failed).await?;
        (described.samples, described.runs)
    };
    let known = if links.has_trouble() { stored::files(&writer.pending()).await? } else { Files::default() };
    let exceptions = links.exceptions(lake.root(), &known);
    let rules = format!("{LINKING}\n{text}");
    let link_hash =
        file_id(sheets.iter().fold(rules, |text, sheet| text + "\n" + &sheet.path + "\n" + &sheet.file_id).as_bytes());
    let Discovered { files: found, missing, not_included, not_followed } =
        walk.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    report.not_included = not_included;
    report.notes.extend(not_followed.into_iter().map(|link| FileNote { path: link.name, note: link.why }));
    rounds::begin(&configuration, asked(options), &found, &missing, &mut report);
    report.n_files = found.len();
    report.failed.extend(missing.into_iter().map(|missing| FailedFile {
        path: missing.name,
        error: FileError::new(FileErrorCode::FileUnreadable, missing.why),
    }));
    let has_same_links = writer.index().get::<String>(LAKE, "links").as_ref() == Some(&link_hash);
    // A new or changed reader may read files that failed before.
    let has_same_readers = writer.index().get::<String>(LAKE, "registry").as_ref() == Some(&registry_hash);
    let patience = Patience {
        settle: if options.is_patient { PATIENT } else { Duration::ZERO },
        now_ns: nanoseconds(SystemTime::now()),
    };
    let candidates = candidates(&writer, &configuration, &found, !has_same_readers, patience, &mut report)?;
    let linker = Linker { configuration: &configuration, samples: &samples, runs: &runs, exceptions: &exceptions };
    // A file that was seen before and is missing, or is there again, changes the number of all that are there.
    let is_whole = matches!(asked(options), Asked::All);
    let known = |found: &&Found| writer.index().get::<SeenFile>(PATHS, &found.name).is_some();
    let known: HashSet<&str> = found.par_iter().filter(known).map(|found| found.name.as_str()).collect();
    let has_same_paths = !is_whole || writer.index().get(LAKE, "paths") == Some(signature(known.par_iter().copied()));
    let mut missing_now = HashSet::new();
    if !has_same_links || !has_same_paths {
        let mut files = stored::files(&writer.pending()).await?;
        let there = is_whole.then_some(found.as_slice());
        let settled = settle(&mut writer, lake.root(), &linker, there, &mut files).await?;
        let among = has_same_links.then_some(&settled.touched);
        report.n_relinked += relink(&mut writer, &linker, &files, among).await?;
        missing_now = settled.missing;
    }
    let mut read = Vec::new();
    if !candidates.is_empty() {
        let named: Vec<PathBuf> = options.paths.iter().filter_map(|path| path.canonicalize().ok()).collect();
        let reader = Reading {
            lake,
            registry: &registry,
            configuration: &configuration,
            patience: options.is_patient.then_some(patience),
            are_named: &named,
            stop: &options.stop,
        };
        let mut files = known_files(&writer.pending(), &candidates).await?;
        let mut n_done = report.n_files - candidates.len();
        for batch in batches(&candidates) {
            if options.stop.load(Relaxed) {
                report.is_stopped = true;
                break;
            }
            let mut progress = |n: usize| progress(n_done + n, found.len());
            read.extend(
                read_batch(&mut writer, &reader, &linker, batch, &mut files, &mut report, &mut progress).await?,
            );
            n_done += batch.len();
        }
    }
    if !missing_now.is_empty() {
        let files = stored::files(&writer.pending()).await?;
        report.n_gone = missing_now.iter().filter(|id| !files.everywhere(id).any(StoredFile::is_read)).count();
    }
    let of_toml = |note: &String| FileNote { path: "aldb.toml".to_owned(), note: note.clone() };
    report.notes.extend(configuration.notes.iter().map(of_toml));
    report.notes.extend(links.doubts(lake.root(), &writer.pending(), &samples, &runs).await?);
    report.n_described += exclusions::write(&mut writer, &sheets, &exclusions, &mut report.notes).await?;
    commit(&mut writer, &report).await?;
    // Recorded only now that it is committed: the index must never be ahead of the lake.
    writer.index().put(LAKE, "sheets", &stored::sheets_seen(&sheets))?;
    writer.index().put(LAKE, "links", &link_hash)?;
    writer.index().put(LAKE, "registry", &registry_hash)?;
    if is_whole {
        let all = known.into_iter().chain(read.iter().map(String::as_str)).collect::<HashSet<_>>();
        writer.index().put(LAKE, "paths", &signature(all.into_par_iter()))?;
    } else if !read.is_empty() {
        // Which of them are in sources is found out by the next ingest of all.
        writer.index().put(LAKE, "paths", &())?;
    }
    writer.index().flush()?;
    report.snapshot = writer.base().number();
    rounds::end(lake, &configuration, &mut report)?;
    Ok(report)
}

/// What is looked at.
fn asked(options: &IngestOptions) -> Asked<'_> {
    match (options.paths.is_empty(), options.sources.is_empty()) {
        (false, _) => Asked::Paths(&options.paths),
        (true, false) => Asked::Sources(&options.sources),
        (true, true) => Asked::All,
    }
}

/// What reading a batch needs.
struct Reading<'a> {
    lake: &'a Lake,
    registry: &'a Registry,
    configuration: &'a Configuration,
    patience: Option<Patience>,
    are_named: &'a [PathBuf],
    stop: &'a AtomicBool,
}

async fn commit(writer: &mut Writer, report: &IngestReport) -> Result<(), LakeError> {
    let measurements = counted(report.n_measurements, "measurement");
    let cause = format!("ingested {}, {measurements}", counted(report.n_read, "file"));
    writer.commit(&cause).await.map(|_| ())
}

/// Reads a batch of candidates, writes and commits it. Returns the names of the files that were examined.
async fn read_batch(
    writer: &mut Writer,
    reading: &Reading<'_>,
    linker: &Linker<'_>,
    candidates: &[Candidate<'_>],
    files: &mut Files,
    report: &mut IngestReport,
    progress: &mut (dyn FnMut(usize) + Send),
) -> Result<Vec<String>, IngestError> {
    let reader = Reader {
        lake: reading.lake,
        registry: reading.registry,
        configuration: reading.configuration,
        index: writer.index(),
        patience: reading.patience,
        are_named: reading.are_named,
        stop: reading.stop,
    };
    let outcomes = reader.read_all(candidates, files, progress)?;
    let seen_ns = nanoseconds(SystemTime::now());
    let mut batch = Batch::new(writer.batch(), reading.lake.root(), linker, files, report);
    for (candidate, outcome) in candidates.iter().zip(&outcomes) {
        batch.add(candidate.found, outcome)?;
    }
    let n_relinked = batch.write(writer).await?;
    report.n_relinked += n_relinked;
    if writer.has_changes() {
        commit(writer, report).await?;
    }
    // Only what is committed counts as seen.
    let mut examined = Vec::with_capacity(candidates.len());
    for (Candidate { found, is_growing }, outcome) in candidates.iter().zip(&outcomes) {
        if let Some(file_id) = outcome.file_id() {
            let (size_bytes, is_growing) = (found.size_bytes, *is_growing);
            let modified_ns = found.modified.map_or(0, nanoseconds);
            let seen = SeenFile { size_bytes, modified_ns, seen_ns, file_id: file_id.to_owned(), is_growing };
            writer.index().put(PATHS, &found.name, &seen)?;
            if !is_growing {
                waiting::forget(writer.index(), &found.name)?;
            }
            examined.push(found.name.clone());
        } else if matches!(outcome, Outcome::EndsEarly) {
            let source = reading.configuration.source_of(&found.path);
            report.waiting.push(waiting::waiting_file(writer.index(), source, found, WaitCause::EndsEarly));
        }
    }
    Ok(examined)
}

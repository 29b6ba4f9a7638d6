//! Brings files into the lake: finds them, reads new and changed ones, links them, commits them batch by batch.

use std::sync::Arc;
use std::time::SystemTime;

use aldb_formats::FileErrorCode;
use aldb_lake::{Lake, LakeError, SeenFile, Writer, file_id, nanoseconds};

use crate::IngestError;
use crate::batch::Batch;
use crate::candidates::{PATHS, batches, candidates, known_files};
use crate::config::Configuration;
use crate::discover::{Found, discover};
use crate::installed::installed;
use crate::link::Linker;
use crate::reading::Reader;
use crate::relink::relink;
use crate::report::{FailedFile, FileError, IngestOptions, IngestReport, counted};
use crate::sheets;
use crate::stored::{self, Files};

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
    let registry_hash = file_id(format!("{installed_hash}\n{}", configuration.settings_rules()).as_bytes());
    let configuration = Arc::new(configuration);
    // The folders are walked while the lake opens.
    let walk = {
        let (configuration, root, paths) = (configuration.clone(), lake.root().to_owned(), options.paths.clone());
        std::thread::spawn(move || discover(&configuration, &root, &paths))
    };
    let mut writer = lake.write().await?;
    let mut report = IngestReport {
        index_rebuilt: writer.index().is_fresh() && writer.base().number() > 0,
        ..IngestReport::default()
    };
    let sheets = sheets::read_folders(lake.root());
    // Unchanged sheets need not be read again: the lake has their samples.
    let samples = if stored::remembers(&writer, &sheets) {
        stored::samples(&writer.pending()).await?
    } else {
        let described = sheets::read(&sheets, writer.batch());
        report.n_described =
            stored::write_sheets(&mut writer, lake, &sheets, &described, &mut report.notes, &mut report.failed).await?;
        described.samples
    };
    let link_hash =
        file_id(sheets.iter().fold(text, |text, sheet| text + "\n" + &sheet.path + "\n" + &sheet.file_id).as_bytes());
    let (found, missing) = walk.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    report.n_files = found.len();
    report.failed.extend(missing.into_iter().map(|missing| FailedFile {
        path: missing.name,
        error: FileError::new(FileErrorCode::FileUnreadable, missing.why),
    }));
    let has_same_links = writer.index().get::<String>(LAKE, "links").as_ref() == Some(&link_hash);
    // A new or changed reader may read files that failed before.
    let has_same_readers = writer.index().get::<String>(LAKE, "registry").as_ref() == Some(&registry_hash);
    let candidates = candidates(&writer, &configuration, &found, !has_same_readers, &mut report);
    let linker = Linker { configuration: &configuration, samples: &samples };
    if !has_same_links {
        report.n_relinked = relink(&mut writer, lake.root(), &linker).await?;
    }
    if !candidates.is_empty() {
        let reader = Reader { lake, registry: &registry, configuration: &configuration };
        let mut files = known_files(&writer.pending(), &candidates).await?;
        let mut n_done = report.n_files - candidates.len();
        for batch in batches(&candidates) {
            let mut progress = |n: usize| progress(n_done + n, found.len());
            read_batch(&mut writer, &reader, &linker, batch, &mut files, &mut report, &mut progress).await?;
            n_done += batch.len();
        }
    }
    commit(&mut writer, &report).await?;
    // Recorded only now that it is committed: the index must never be ahead of the lake.
    writer.index().put(LAKE, "sheets", &stored::sheets_seen(&sheets))?;
    writer.index().put(LAKE, "links", &link_hash)?;
    writer.index().put(LAKE, "registry", &registry_hash)?;
    writer.index().flush()?;
    report.snapshot = writer.base().number();
    Ok(report)
}

async fn commit(writer: &mut Writer, report: &IngestReport) -> Result<(), LakeError> {
    let measurements = counted(report.n_measurements, "measurement");
    let cause = format!("ingested {}, {measurements}", counted(report.n_read, "file"));
    writer.commit(&cause).await.map(|_| ())
}

/// Reads a batch of candidates, writes and commits it.
async fn read_batch(
    writer: &mut Writer,
    reader: &Reader<'_>,
    linker: &Linker<'_>,
    candidates: &[&Found],
    files: &mut Files,
    report: &mut IngestReport,
    progress: &mut (dyn FnMut(usize) + Send),
) -> Result<(), IngestError> {
    let outcomes = reader.read_all(candidates, files, progress)?;
    let seen_ns = nanoseconds(SystemTime::now());
    let mut batch = Batch::new(writer.batch(), linker, files, report);
    for (candidate, outcome) in candidates.iter().zip(&outcomes) {
        batch.add(candidate, outcome)?;
    }
    batch.write(writer).await?;
    if writer.has_changes() {
        commit(writer, report).await?;
    }
    // Only what is committed counts as seen.
    for (candidate, outcome) in candidates.iter().zip(&outcomes) {
        if let Some(file_id) = outcome.file_id() {
            let modified_ns = candidate.modified.map_or(0, nanoseconds);
            let seen = SeenFile { size_bytes: candidate.size_bytes, modified_ns, seen_ns, file_id: file_id.to_owned() };
            writer.index().put(PATHS, &candidate.name, &seen)?;
        }
    }
    Ok(())
}

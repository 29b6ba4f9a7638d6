//! `aldb demo [DIR]`: from files to figures on a synthetic campaign.

mod comparison;

use std::path::{Path, PathBuf};
use std::time::Instant;

use aldb_ingest::IngestOptions;
use aldb_lab::{Campaign, LabFile};
use aldb_lake::Lake;
use aldb_query::derive::DeriveOptions;
use clap::Args;

use super::figure::{Choice, FigureName, draw_both};
use super::{derive, ingest};
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// Configuration of the demonstration's lake.
const CONFIGURATION: &str = r#"# Lake of the demonstration. Everything under ../instruments is synthetic.

[[source]]
name = "gamry"
folder = "../instruments/gamry"
include = ["**/*.DTA"]
path = '(?<sample>synthetic-LBO-\d+)/.*_dot(?<dot>\w+)_(?<temperature_c>\d+)C_r(?<repeat>\d+)\.DTA$'

[[source]]
name = "biologic"
folder = "../instruments/biologic"
include = ["**/*.mpt"]
path = '(?<sample>synthetic-LBO-\d+)_dot(?<dot>\w+)_(?<temperature_c>\d+)C\.mpt$'

# All other files are named after their sample, whose name ends at the first `_` or `.`.

[[source]]
name = "ellipsometer"
folder = "../instruments/ellipsometer"
include = ["**/*.dat", "**/*.txt"]
path = '(?<sample>synthetic-[A-Za-z0-9-]+)[_.][^/]*$'

[[source]]
name = "reactor"
folder = "../instruments/reactor"
include = ["**/*.csv"]
path = '(?<sample>synthetic-[A-Za-z0-9-]+)[_.][^/]*$'

[[source]]
name = "erd"
folder = "../instruments/erd"
include = ["**/*.txt"]
path = '(?<sample>synthetic-[A-Za-z0-9-]+)[_.][^/]*$'

[[source]]
name = "xps"
folder = "../instruments/xps"
include = ["**/*.vms"]
path = '(?<sample>synthetic-[A-Za-z0-9-]+)[_.][^/]*$'

[[source]]
name = "xrd"
folder = "../instruments/xrd"
include = ["**/*.uxd", "**/*.xrdml"]
path = '(?<sample>synthetic-[A-Za-z0-9-]+)[_.][^/]*$'

[[source]]
name = "potentiostat"
folder = "../instruments/potentiostat"
include = ["**/*.DTA", "**/*.mpt"]
path = '(?<sample>synthetic-[A-Za-z0-9-]+)[_.][^/]*$'
"#;

/// Run everything on a synthetic campaign: files, tables, fits, figures.
///
/// The campaign follows Verhelle et al., Chem. Mater. 37, 687 (2025): lithium borate films, with the paper's
/// conductivities and activation energies and 1 % noise, and the data of its other instruments on these films and on
/// lithium borophosphate. No film was measured.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Folder to create
    #[arg(default_value = "aldb-demo")]
    dir: PathBuf,
}

impl Demo {
    pub(crate) async fn run(self) -> Result<Outcome, Error> {
        let started = Instant::now();
        let campaign = Campaign::default();
        let lake = prepare(&self.dir, &campaign)?;
        let report = ingest::with_progress(&lake, &IngestOptions::default()).await?;
        ingest::print_summary(&report);
        let derived = derive::with_progress(&lake, &DeriveOptions::default()).await?;
        derive::print(&derived, false, false)?;
        let inside = comparison::compare(&lake, &campaign).await?;
        let figures = self.dir.join("figures");
        std::fs::create_dir_all(&figures).map_err(|error| format!("cannot make `{}`: {error}", figures.display()))?;
        let sample = campaign.truth().first().map(|film| film.sample_id.clone());
        for (name, stem, choice) in [
            (FigureName::Nyquist, "nyquist", Choice { sample, ..Choice::default() }),
            (FigureName::Arrhenius, "arrhenius", Choice::default()),
            (FigureName::ConductivityChart, "conductivity_chart", Choice::default()),
        ] {
            for path in draw_both(&lake, name, &choice, &figures.join(stem)).await? {
                terminal::message(&format_args!("wrote {}", path.display()));
            }
        }
        terminal::message(&format_args!(
            "done in {:.1} s; all data are synthetic. Try next: aldb --lake {} sql 'SHOW TABLES'",
            started.elapsed().as_secs_f64(),
            self.dir.join("lake").display()
        ));
        let failed = !report.failed.is_empty() || derived.jobs.iter().any(|job| job.failure.is_some()) || !inside;
        Ok(if failed { Outcome::Failed } else { Outcome::Done })
    }
}

/// Writes the files of the campaign that do not exist yet, and opens their lake.
fn prepare(dir: &Path, campaign: &Campaign) -> Result<Lake, Error> {
    let root = dir.join("lake");
    std::fs::create_dir_all(&root).map_err(|error| format!("cannot make `{}`: {error}", root.display()))?;
    let lake = match Lake::open(&root) {
        Ok(lake) => {
            if lake.configuration()? != CONFIGURATION {
                let message =
                    "contains a different lake, or the lake of the demonstration was changed: choose another folder";
                return Err(format!("`{}` {message}", root.display()).into());
            }
            lake
        }
        Err(_) => Lake::init(&root, CONFIGURATION)?,
    };
    let characterisation = campaign.characterisation();
    for file in campaign.files().iter().chain(&characterisation.files()) {
        write_new(dir, file)?;
    }
    for file in campaign.lake_files().iter().chain(&characterisation.lake_files()) {
        write_new(&root, file)?;
    }
    let literature = LabFile {
        path: "literature/ald_li_conductivity.csv".to_owned(),
        bytes: aldb_lab::LITERATURE_CSV.as_bytes().to_vec(),
    };
    write_new(&root, &literature)?;
    Ok(lake)
}

/// Writes a file unless it exists: an edited file stays as it is, and a second run finds no new files.
fn write_new(below: &Path, file: &LabFile) -> Result<(), Error> {
    let path = below.join(&file.path);
    if path.exists() {
        return Ok(());
    }
    let failed = |error: std::io::Error| format!("cannot write `{}`: {error}", path.display());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    std::fs::write(&path, &file.bytes).map_err(failed)?;
    Ok(())
}

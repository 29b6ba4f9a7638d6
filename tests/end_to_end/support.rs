//! Runs the `aldb` binary on folders of synthetic files, for the end-to-end tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aldb_lab::{Campaign, LabFile};

/// What a run of the binary gave.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Exit status.
    pub(crate) status: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Ran {
    /// The same, if the exit status was 0.
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.status, 0, "{}\n{}", self.out, self.err);
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The binary, without what the environment might say about a lake.
pub(crate) fn aldb() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aldb"));
    command.env_remove("ALDB_LAKE").env("NO_COLOR", "1");
    command
}

/// A lake and the folder that instruments write into, in a temporary folder.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

const CONFIGURATION: &str = r#"
[[source]]
name = "gamry"
folder = "../instruments/gamry"
include = ["**/*.DTA"]
path = '(?<sample>[\w-]+)/.*_dot(?<dot>\w+)_(?<temperature_c>\d+)C_r(?<repeat>\d+)\.DTA$'

[[source]]
name = "biologic"
folder = "../instruments/biologic"
include = ["**/*.mpt"]
path = '(?<sample>[\w-]+)_dot(?<dot>\w+)_(?<temperature_c>\d+)C\.mpt$'
"#;

/// Copies a folder with everything in it and the times of its files; where there is none, nothing.
pub(crate) fn copy(from: &Path, to: &Path) {
    let Ok(entries) = std::fs::read_dir(from) else { return };
    std::fs::create_dir_all(to).unwrap();
    for entry in entries {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
            // When a file was changed is part of what is known about it.
            let changed = std::fs::metadata(&path).unwrap().modified().unwrap();
            std::fs::File::options().write(true).open(&target).unwrap().set_modified(changed).unwrap();
        }
    }
}

impl Bench {
    /// The same lake and files in another temporary folder.
    pub(crate) fn copied(&self) -> Self {
        Self::copy_of(self.folder.path())
    }

    /// A copy of a folder that holds a lake in `lake/`.
    pub(crate) fn copy_of(folder: &Path) -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        copy(folder, bench.folder.path());
        bench
    }

    /// An empty lake with the campaign's sources.
    pub(crate) fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["instruments/gamry", "instruments/biologic", "lake"] {
            std::fs::create_dir_all(bench.path(folder)).unwrap();
        }
        bench.run(&["init"]).done();
        std::fs::write(bench.path("lake/aldb.toml"), CONFIGURATION).unwrap();
        bench
    }

    /// A path below the temporary folder.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Runs the binary on the lake.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        aldb().arg("--lake").arg(self.path("lake")).args(arguments).output().unwrap().into()
    }

    /// The binary on the lake, for a test that starts it itself.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = aldb();
        command.arg("--lake").arg(self.path("lake")).args(arguments);
        command
    }

    /// Writes files below the temporary folder.
    pub(crate) fn write(&self, files: &[LabFile]) {
        for file in files {
            self.write_at(&self.path(&file.path), &file.bytes);
        }
    }

    /// Writes the samples and recipes of a campaign into the lake.
    pub(crate) fn describe(&self, campaign: &Campaign) {
        for file in campaign.lake_files() {
            self.write_at(&self.path("lake").join(&file.path), &file.bytes);
        }
    }

    fn write_at(&self, path: &Path, bytes: &[u8]) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// The rows of a query as CSV lines in a fixed order, without the header.
    pub(crate) fn rows(&self, query: &str) -> Vec<String> {
        let ran = self.run(&["sql", query, "--format", "csv"]).done();
        let mut lines: Vec<String> = ran.out.lines().skip(1).map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// Everything that was measured and derived, without the batch in which it came.
    pub(crate) fn content(&self) -> Vec<(&'static str, Vec<String>)> {
        ["measurements", "impedance_spectra", "impedance_fits", "conductivity", "arrhenius"]
            .into_iter()
            .map(|table| {
                let batch = if matches!(table, "measurements" | "impedance_spectra") { " EXCEPT (batch)" } else { "" };
                (table, self.rows(&format!("SELECT *{batch} FROM {table}")))
            })
            .collect()
    }
}

/// A campaign small enough for many runs: two films, one or two electrodes, few frequencies.
pub(crate) fn small_campaign() -> Campaign {
    let mut campaign = Campaign::default();
    campaign.dot_diameters_um.truncate(2);
    campaign.repeats = 1;
    campaign.sweep.points_per_decade = 5;
    campaign
}

//! The files that aldb writes into a lake while it drives a reactor: the recipe, the description of the run and its
//! as-run log. All three are ingested like other files.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use aldb_lake::{Lake, LakeError, write_file};
use aldb_recipe::as_run::RunHead;
use aldb_recipe::{Recipe, quoted};

use crate::config::RUN_LOGS;

/// Why a run cannot be recorded in a lake.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunFilesError {
    /// The name cannot be that of a file.
    #[error(
        "run `{run_id}`: expected a name of letters, digits, spaces, `.`, `_`, `-` and `+` that does not begin with `.`"
    )]
    Name {
        /// The name.
        run_id: String,
    },
    /// There is a log of such a run.
    #[error("run `{run_id}` exists already: {}; choose another --run-id", path.display())]
    Exists {
        /// The name.
        run_id: String,
        /// Its log.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("cannot write `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The lake cannot be written.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

/// The path of the as-run log of a new run.
///
/// # Errors
///
/// [`RunFilesError::Name`] if the name cannot be that of a file, [`RunFilesError::Exists`] if there is such a log.
pub fn run_log_path(lake: &Lake, run_id: &str) -> Result<PathBuf, RunFilesError> {
    let is_allowed = |letter: char| letter.is_alphanumeric() || "._-+ ".contains(letter);
    if run_id.is_empty() || run_id.starts_with('.') || !run_id.chars().all(is_allowed) {
        return Err(RunFilesError::Name { run_id: run_id.to_owned() });
    }
    let path = lake.root().join(RUN_LOGS).join(format!("{run_id}.csv"));
    match path.exists() {
        true => Err(RunFilesError::Exists { run_id: run_id.to_owned(), path }),
        false => Ok(path),
    }
}

/// Writes a recipe with this text into `recipes/`, unless one with the same content is there: the steps of a run are
/// then compared with its plan.
///
/// # Errors
///
/// [`RunFilesError::Lake`] if the file system refuses.
pub fn keep_recipe(lake: &Lake, recipe: &Recipe, text: &str) -> Result<(), RunFilesError> {
    let id = recipe.recipe_id();
    let folder = lake.root().join("recipes");
    let is_known = std::fs::read_dir(&folder).into_iter().flatten().flatten().any(|entry| {
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        Recipe::from_toml(&text).is_ok_and(|recipe| recipe.recipe_id() == id)
    });
    match is_known {
        true => Ok(()),
        false => Ok(write_file(&folder.join(format!("{id}.toml")), text.as_bytes())?),
    }
}

/// The as-run log of a run. Every row is on the disk before the next one is awaited.
#[derive(Debug)]
pub struct RunLog {
    path: PathBuf,
    file: File,
    /// The description of the run, and its text as it was written.
    description: (PathBuf, String),
}

/// The end of a run, for its description.
#[derive(Debug, Clone)]
pub struct RunEnd {
    /// Local time, ISO 8601 without a zone.
    pub ended_at: String,
    /// Outcome, such as `complete`.
    pub outcome: &'static str,
    /// Whether the safe state was seen; `None` if nothing was started.
    pub safe_state_seen: Option<bool>,
    /// The end in words.
    pub end: String,
    /// Number of deviations.
    pub deviations: usize,
    /// Rise of the pressure in the leak test (Pa/s); `None` if there was none.
    pub leak_rate_pa_per_s: Option<f64>,
}

impl RunLog {
    /// Describes the run in `samples/runs/` and begins its log.
    ///
    /// # Errors
    ///
    /// [`RunFilesError`] as for [`run_log_path`], and if the file system refuses.
    pub fn create(lake: &Lake, head: &RunHead) -> Result<Self, RunFilesError> {
        let path = run_log_path(lake, &head.run_id)?;
        let mut text = format!(
            "# Written by aldb when the run was started, and at its end.\n\n[[run]]\nrun_id = {}\nrecipe = {}\nreactor = {}\n\
             started_at = {}\n",
            quoted(&head.run_id),
            quoted(&head.recipe_id),
            quoted(&head.reactor),
            quoted(&head.started_at)
        );
        let note = if head.simulated { "synthetic: simulated controller" } else { "" };
        for (key, value) in [
            ("reactor_digest", head.reactor_digest.as_str()),
            ("started_by", &head.started_by),
            ("accepted", &head.accepted),
            ("mounted", &head.mounted),
            ("note", note),
        ] {
            if !value.is_empty() {
                text += &format!("{key} = {}\n", quoted(value));
            }
        }
        let description = lake.root().join("samples/runs").join(format!("{}.toml", head.run_id));
        write_file(&description, text.as_bytes())?;
        let failed = |source| RunFilesError::Io { path: path.clone(), source };
        std::fs::create_dir_all(lake.root().join(RUN_LOGS)).map_err(failed)?;
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        let mut log = Self { path, file, description: (description, text) };
        log.write(&head.text())?;
        Ok(log)
    }

    /// Adds the end to the description of the run, unless somebody changed it meanwhile. Returns whether it was added.
    ///
    /// # Errors
    ///
    /// [`RunFilesError::Lake`] if the file system refuses.
    pub fn ended(&self, end: &RunEnd) -> Result<bool, RunFilesError> {
        let (path, text) = &self.description;
        if !std::fs::read_to_string(path).is_ok_and(|found| found == *text) {
            return Ok(false);
        }
        let safe_state = match end.safe_state_seen {
            Some(true) => "safe_state = \"seen\"\n",
            Some(false) => "safe_state = \"not seen\"\n",
            None => "",
        };
        let leak_rate = end.leak_rate_pa_per_s.filter(|rate| rate.is_finite());
        let leak_rate = leak_rate.map_or_else(String::new, |rate| format!("leak_rate_pa_per_s = {rate:?}\n"));
        let whole = format!(
            "{text}ended_at = {}\noutcome = {}\n{safe_state}ending = {}\nn_deviations = {}\n{leak_rate}",
            quoted(&end.ended_at),
            quoted(end.outcome),
            quoted(&end.end),
            end.deviations
        );
        write_file(path, whole.as_bytes())?;
        Ok(true)
    }

    /// Adds lines, which end with a line break.
    ///
    /// # Errors
    ///
    /// [`RunFilesError::Io`] if the file system refuses.
    pub fn write(&mut self, lines: &str) -> Result<(), RunFilesError> {
        let written = self.file.write_all(lines.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|source| RunFilesError::Io { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_described_once_and_its_name_is_that_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::init(folder.path(), "").unwrap();
        let head = RunHead {
            run_id: "R 1".to_owned(),
            recipe_id: "00".to_owned(),
            reactor: "high_vacuum".to_owned(),
            started_at: "2026-01-02T03:04:05".to_owned(),
            simulated: true,
            reactor_digest: "ab".to_owned(),
            started_by: "A \"B\"".to_owned(),
            accepted: String::new(),
            mounted: String::new(),
        };
        let mut log = RunLog::create(&lake, &head).unwrap();
        log.write("1.0\n").unwrap();
        let end = RunEnd {
            ended_at: "2026-01-02T04:04:05".to_owned(),
            outcome: "aborted",
            safe_state_seen: Some(false),
            end: "why".to_owned(),
            deviations: 2,
            leak_rate_pa_per_s: Some(1.5e-6),
        };
        assert!(log.ended(&end).unwrap());
        let text = std::fs::read_to_string(lake.root().join("samples/runs/R 1.toml")).unwrap();
        assert!(
            text.ends_with(
                "safe_state = \"not seen\"\nending = \"why\"\nn_deviations = 2\nleak_rate_pa_per_s = 1.5e-6\n"
            ),
            "{text}"
        );
        assert!(!log.ended(&end).unwrap(), "what somebody changed is kept");
        let path = lake.root().join("run_logs/R 1.csv");
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("\n1.0\n"));
        let error = RunLog::create(&lake, &head).unwrap_err().to_string();
        assert_eq!(error, format!("run `R 1` exists already: {}; choose another --run-id", path.display()));
        for name in ["", ".hidden", "../up", "a/b"] {
            let error = run_log_path(&lake, name).unwrap_err();
            assert!(matches!(error, RunFilesError::Name { .. }), "{error}");
        }
    }
}

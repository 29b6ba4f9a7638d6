//! What a lake keeps cannot change unnoticed: files of every kind are damaged, removed and put back from an older copy.
//!
//! After each damage a query gives what it gave before, or the command ends with an error; `verify` says so too, and
//! `verify --repair` gives every row again. `ALDB_DAMAGES` is the number of random damages (24 unless stated), `ALDB_SEED` the start
//! of their sequence.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Bench, copy, small_campaign};

/// Tables whose rows are compared, without the batch in which a row was written.
const QUERIES: [&str; 9] = [
    "SELECT * EXCEPT (batch) FROM samples",
    "SELECT * EXCEPT (batch) FROM recipes",
    "SELECT * EXCEPT (batch) FROM source_files",
    "SELECT * EXCEPT (batch) FROM measurements",
    "SELECT * EXCEPT (batch) FROM impedance_spectra",
    "SELECT * FROM impedance_fits",
    "SELECT * FROM arrhenius",
    "SELECT * FROM conductivity",
    "SELECT snapshot, cause FROM snapshots WHERE snapshot <= 3",
];

/// A lake of three batches, and a copy of it after the first.
struct Lakes {
    whole: Bench,
    older: Bench,
    expected: Vec<Vec<String>>,
}

impl Lakes {
    fn new() -> Self {
        let campaign = small_campaign();
        let whole = Bench::new();
        whole.describe(&campaign);
        whole.write(&campaign.files()[..4]);
        whole.run(&["ingest"]).done();
        let older = whole.copied();
        whole.write(&campaign.files()[4..8]);
        whole.run(&["ingest"]).done();
        whole.run(&["derive"]).done();
        let expected = QUERIES.map(|query| whole.rows(query)).to_vec();
        assert!(expected.iter().all(|rows| !rows.is_empty()), "{expected:?}");
        whole.run(&["verify", "--recompute", "--reread"]).done();
        Self { whole, older, expected }
    }

    /// Whether every query gives what it gave before (`Ok(true)`), or an error (`Ok(false)`); otherwise what it gave.
    fn answers(&self, bench: &Bench) -> Result<bool, String> {
        let mut is_same = true;
        for (query, expected) in QUERIES.iter().zip(&self.expected) {
            let ran = bench.run(&["sql", query, "--format", "csv"]);
            if ran.status != 0 {
                is_same = false;
                if !ran.err.starts_with("error: ") || ran.err.contains("panicked") {
                    return Err(format!("{query}: {}", ran.err));
                }
                continue;
            }
            let mut rows: Vec<String> = ran.out.lines().skip(1).map(str::to_owned).collect();
            rows.sort();
            if rows != *expected {
                return Err(format!("{query}: {} rows of {}, or others\n{}", rows.len(), expected.len(), ran.err));
            }
        }
        Ok(is_same)
    }

    /// Damages a copy of the lake and tells whether everything that follows is right.
    fn try_damage(&self, what: &Damage) -> Result<(), String> {
        let bench = self.whole.copied();
        what.apply(&bench, &self.older);
        let is_cache = matches!(what, Damage::File(_, path) if path.starts_with("state/"));
        let is_same = self.answers(&bench)?;
        let verified = bench.run(&["verify"]);
        if !is_same && verified.status == 0 {
            return Err("verify finds nothing, though queries end with errors".to_owned());
        }
        let is_noticed = verified.status != 0 || is_cache || what.is_harmless(&bench, &self.whole);
        if !is_noticed {
            return Err("verify finds nothing".to_owned());
        }
        // A command that writes either refuses, or leaves everything as it was.
        let writing = bench.copied();
        if writing.run(&["ingest"]).status == 0 {
            let after = self.answers(&writing).map_err(|error| format!("after ingest: {error}"))?;
            if is_same && !after {
                return Err("after ingest queries end with errors".to_owned());
            }
        }
        if bench.path("lake/layout.json").exists() && verified.err.contains("layout.json") {
            std::fs::remove_file(bench.path("lake/layout.json")).unwrap();
        }
        let repaired = bench.run(&["verify", "--repair"]);
        match self.answers(&bench).map_err(|error| format!("after repair: {error}"))? {
            true if repaired.status == 0 => {}
            true => return Err(format!("repair: {}{}", repaired.out, repaired.err)),
            false => return Err(format!("after repair a query fails: {}{}", repaired.out, repaired.err)),
        }
        let again = bench.run(&["verify", "--recompute"]);
        if again.status != 0 {
            return Err(format!("verify after repair: {}{}", again.out, again.err));
        }
        // Life goes on.
        bench.run(&["ingest"]).done();
        bench.run(&["derive"]).done();
        self.answers(&bench).map(drop).map_err(|error| format!("after repair and ingest: {error}"))
    }

    fn try_all(&self, damages: &[Damage]) {
        let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    while let Some(damage) = damages.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if let Err(error) = self.try_damage(damage) {
                            wrong.lock().unwrap().push(format!("{damage:?}: {error}"));
                        }
                    }
                });
            }
        });
        let wrong = wrong.into_inner().unwrap();
        assert!(wrong.is_empty(), "{} of {} right\n{}", damages.len() - wrong.len(), damages.len(), wrong.join("\n\n"));
    }
}

#[derive(Debug, Clone)]
enum Change {
    /// One bit, at this fraction of the file.
    Flip(f64, u32),
    Empty,
    /// Cut off at this fraction of the file.
    Cut(f64),
    Remove,
}

#[derive(Debug, Clone)]
enum Damage {
    /// Of a file, by its path below the lake.
    File(Change, PathBuf),
    /// A folder is gone.
    Gone(&'static str),
    /// A folder is put back from the older copy.
    Older(String),
}

impl Damage {
    fn apply(&self, bench: &Bench, older: &Bench) {
        let lake = bench.path("lake");
        match self {
            Self::File(change, below) => {
                let path = lake.join(below);
                let mut bytes = std::fs::read(&path).unwrap();
                let place = |part: f64| (part * bytes.len() as f64) as usize;
                match change {
                    Change::Flip(part, bit) if !bytes.is_empty() => {
                        let place = place(*part);
                        bytes[place] ^= 1 << bit;
                    }
                    Change::Flip(..) => {}
                    Change::Empty => bytes.clear(),
                    Change::Cut(part) => bytes.truncate(place(*part)),
                    Change::Remove => return std::fs::remove_file(&path).unwrap(),
                }
                std::fs::write(&path, bytes).unwrap();
            }
            Self::Gone(below) => std::fs::remove_dir_all(lake.join(below)).unwrap(),
            Self::Older(below) => {
                std::fs::remove_dir_all(lake.join(below)).unwrap();
                copy(&older.path("lake").join(below), &lake.join(below));
            }
        }
    }

    /// Whether nothing that counts has changed: the words in `layout.json`, or what is rebuilt without a loss.
    fn is_harmless(&self, bench: &Bench, whole: &Bench) -> bool {
        match self {
            Self::File(_, path) if path.ends_with("layout.json") => true,
            // A hint or a checkpoint that is gone is made again; a flipped bit may leave a hint as it was.
            Self::File(Change::Remove, path) => {
                is_hint(path) || path.to_string_lossy().ends_with(".checkpoint.parquet")
            }
            Self::File(_, path) if is_hint(path) => true,
            // Some bits of a compressed file say nothing about its content.
            Self::File(Change::Flip(..), path) if path.starts_with("raw") && !path.starts_with("raw/journal") => {
                bench.run(&["verify", "--reread"]).status == 0
            }
            Self::File(_, path) => {
                std::fs::read(bench.path("lake").join(path)).ok() == std::fs::read(whole.path("lake").join(path)).ok()
            }
            Self::Gone(_) => false,
            Self::Older(below) => tree(&bench.path("lake").join(below)) == tree(&whole.path("lake").join(below)),
        }
    }
}

fn is_hint(path: &Path) -> bool {
    path.ends_with("_last_checkpoint")
}

/// Numbers without a pattern, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[(self.next() * among.len() as f64) as usize]
    }
}

fn files(root: &Path, below: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(root.join(below)).unwrap() {
        let entry = entry.unwrap();
        let path = below.join(entry.file_name());
        match entry.path().is_dir() {
            true => files(root, &path, all),
            false => all.push(path),
        }
    }
}

/// The files of a folder with their bytes.
pub(crate) fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    files(folder, Path::new(""), &mut all);
    all.sort();
    all.into_iter().map(|path| (path.clone(), std::fs::read(folder.join(path)).unwrap())).collect()
}

/// A number that a variable of the environment states.
pub(crate) fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn damage_anywhere_is_noticed_and_repaired() {
    let lakes = Lakes::new();
    let root = lakes.whole.path("lake");
    let mut all = Vec::new();
    for folder in ["tables", "raw", "state"] {
        files(&root, Path::new(folder), &mut all);
    }
    all.retain(|path| !path.ends_with("writer.lock"));
    all.push(PathBuf::from("layout.json"));
    all.sort();
    // Each kind of file as often as every other.
    let kinds: [&dyn Fn(&str) -> bool; 6] = [
        &|path| path.starts_with("tables/") && path.contains(".b3-"),
        &|path| path.contains("_delta_log"),
        &|path| path.starts_with("raw/journal"),
        &|path| path.starts_with("raw/") && !path.starts_with("raw/journal"),
        &|path| path.starts_with("state/"),
        &|path| path == "layout.json",
    ];
    let by_kind =
        kinds.map(|is_kind| all.iter().filter(|path| is_kind(&path.to_string_lossy())).cloned().collect::<Vec<_>>());
    assert!(by_kind.iter().all(|files| !files.is_empty()), "{by_kind:?}");
    let mut random = Random(number("ALDB_SEED", 1));
    let damages: Vec<Damage> = (0..number("ALDB_DAMAGES", 24) as usize)
        .map(|n| {
            // The last kind has one small file.
            let kind = if n % 12 == 11 { 5 } else { n % 5 };
            let path = random.pick(&by_kind[kind]).clone();
            let change = match (random.next() * 6.0) as u32 {
                0 => Change::Empty,
                1 => Change::Cut(random.next()),
                2 => Change::Remove,
                _ => Change::Flip(random.next(), (random.next() * 8.0) as u32),
            };
            Damage::File(change, path)
        })
        .collect();
    lakes.try_all(&damages);
}

#[test]
fn a_table_that_is_gone_emptied_or_older_is_an_error_and_is_repaired() {
    let lakes = Lakes::new();
    let names = ["samples", "source_files", "snapshots", "measurements", "impedance_spectra", "arrhenius"];
    let mut damages = vec![
        Damage::Gone("tables"),
        Damage::Gone("tables/samples/_delta_log"),
        Damage::Gone("raw/journal"),
        Damage::Gone("tables/impedance_spectra"),
        Damage::Gone("tables/source_files"),
        Damage::Gone("tables/snapshots"),
        Damage::Gone("tables/measurements"),
        Damage::Gone("tables/samples"),
        Damage::Gone("tables/recipes"),
        Damage::Gone("tables/recipe_cycles"),
        Damage::Gone("tables/recipe_steps"),
        Damage::Gone("tables/impedance_fits"),
        Damage::Gone("tables/arrhenius"),
        Damage::Gone("tables/conductivity"),
        Damage::Older("tables".to_owned()),
        Damage::Older("raw/journal".to_owned()),
    ];
    damages.extend(names[..5].iter().map(|name| Damage::Older(format!("tables/{name}"))));
    for name in names {
        let log = PathBuf::from(format!("tables/{name}/_delta_log"));
        let mut commits = Vec::new();
        files(&lakes.whole.path("lake"), &log, &mut commits);
        commits.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        let newest = commits.into_iter().max().unwrap();
        damages.push(Damage::File(Change::Empty, newest.clone()));
        damages.push(Damage::File(Change::Remove, newest));
    }
    lakes.try_all(&damages);
}

#[test]
fn a_lake_without_tables_is_rebuilt_when_the_folders_of_the_instruments_are_gone_too() {
    let lakes = Lakes::new();
    let bench = lakes.whole.copied();
    std::fs::remove_dir_all(bench.path("lake/tables")).unwrap();
    std::fs::remove_dir_all(bench.path("lake/state")).unwrap();
    std::fs::remove_dir_all(bench.path("lake/samples")).unwrap();
    std::fs::remove_dir_all(bench.path("lake/recipes")).unwrap();
    std::fs::remove_dir_all(bench.path("instruments")).unwrap();
    let ran = bench.run(&["sql", "SELECT count(*) FROM samples"]);
    assert_eq!(ran.status, 1, "{}", ran.out);
    assert!(ran.err.contains("aldb verify --repair"), "{}", ran.err);
    let repaired = bench.run(&["verify", "--repair", "--reread", "--recompute"]).done();
    assert!(repaired.out.contains("repaired table `impedance_spectra`"), "{}", repaired.out);
    assert_eq!(lakes.answers(&bench), Ok(true));
}

#[test]
fn a_damaged_file_of_the_archive_is_taken_again_from_its_folder_or_named() {
    let lakes = Lakes::new();
    let bench = lakes.whole.copied();
    let query = "SELECT file_id FROM source_files WHERE path LIKE '%.DTA' ORDER BY path LIMIT 1";
    let id = bench.rows(query)[0].clone();
    let archived = bench.path("lake/raw").join(&id[..2]).join(format!("{}.zst", &id[2..]));
    std::fs::write(&archived, b"").unwrap();
    assert_eq!(bench.run(&["verify"]).status, 1);
    bench.run(&["verify", "--repair"]).done();
    bench.run(&["verify", "--reread"]).done();
    std::fs::remove_dir_all(bench.path("instruments")).unwrap();
    std::fs::write(&archived, b"").unwrap();
    let repaired = bench.run(&["verify", "--repair"]);
    assert_eq!(repaired.status, 1, "{}", repaired.out);
    assert!(repaired.err.contains("cannot be restored"), "{}", repaired.err);
    assert_eq!(lakes.answers(&bench), Ok(true));
}

#[test]
fn every_damage_is_listed() {
    let lakes = Lakes::new();
    let bench = lakes.whole.copied();
    for table in ["samples", "measurements", "arrhenius"] {
        std::fs::remove_dir_all(bench.path("lake/tables").join(table)).unwrap();
    }
    let ran = bench.run(&["verify"]);
    assert_eq!(ran.status, 1);
    for table in ["samples", "measurements", "arrhenius"] {
        assert!(ran.err.contains(&format!("table `{table}`: expected version")), "{table}: {}", ran.err);
    }
}

#[test]
fn the_error_of_every_command_is_that_a_file_is_damaged_and_no_more() {
    let lakes = Lakes::new();
    let reading = ["sql", "SELECT * FROM measurements"];
    let sample = &lakes.whole.rows("SELECT sample_id FROM arrhenius")[0];
    for (change, found) in [
        (Change::Flip(0.5, 2), "its bytes do not have the hash in its name"),
        (Change::Remove, "No such file or directory (os error 2)"),
    ] {
        let bench = lakes.whole.copied();
        let mut messages = Vec::new();
        for table in ["measurements", "source_files"] {
            let mut all = Vec::new();
            files(&bench.path("lake"), &Path::new("tables").join(table), &mut all);
            for path in all.into_iter().filter(|path| path.to_string_lossy().contains(".b3-")) {
                let place = path.display();
                messages.push(format!("error: `{place}` is damaged: {found}: run `aldb verify --repair`\n"));
                Damage::File(change.clone(), path).apply(&bench, &lakes.older);
            }
        }
        for command in [&reading[..], &["status"], &["ingest"]] {
            let ran = bench.run(command);
            assert!(messages.contains(&ran.err), "{command:?}: {}", ran.err);
        }
        // These name each check and property too.
        for command in [&["check"][..], &["derive", "--full"], &["lineage", "arrhenius", sample]] {
            let ran = bench.run(command);
            let errors: Vec<&str> = ran.err.split_inclusive('\n').filter(|line| line.starts_with("error: ")).collect();
            assert!(!errors.is_empty(), "{command:?}: {}", ran.err);
            for error in errors {
                let is_said = |message: &String| error.ends_with(&message["error: ".len()..]);
                assert!(messages.iter().any(is_said) && !error.contains("Parquet"), "{command:?}: {error}");
            }
        }
    }
}

#[test]
fn no_character_in_the_path_of_a_lake_is_special() {
    for name in ["x%41", "x%20y", "x\\y", "x\ny", "x?#[*]"] {
        let folder = tempfile::tempdir().unwrap();
        let campaign = small_campaign();
        let bench = Bench::new();
        bench.describe(&campaign);
        bench.write(&campaign.files()[..2]);
        copy(&bench.path(""), &folder.path().join(name));
        // A neighbour whose name is what a URL would make of it.
        copy(&bench.path(""), &folder.path().join("xA"));
        let lake = folder.path().join(name).join("lake");
        let run = |arguments: &[&str]| {
            let ran = crate::support::aldb().arg("--lake").arg(&lake).args(arguments).output().unwrap();
            assert!(ran.status.success(), "{name:?} {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
            String::from_utf8(ran.stdout).unwrap()
        };
        run(&["ingest"]);
        run(&["derive"]);
        assert_eq!(run(&["sql", "SELECT count(*) AS n FROM measurements", "--format", "csv"]), "n\n2\n", "{name:?}");
        run(&["verify", "--reread"]);
        assert!(!folder.path().join("xA/lake/tables/measurements").exists());
    }
}

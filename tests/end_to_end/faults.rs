//! Disk and clock fail in the middle of every command that writes. Afterwards no row is lost, doubled or half there, and the
//! next run repairs by itself.
//!
//! On Linux `tests/faults/interpose.c` stands between `aldb` and the system; it needs a C compiler, as the build does. `ALDB_FAULTS` is
//! the number of moments for each command and fault (2 unless stated; 200 is the full size), `ALDB_SEED` the start of their sequence.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use test_support::Noise;

use crate::damage::{number, tree};
use crate::support::{Bench, Ran, aldb, small_campaign};

/// The library that makes calls fail; `None` where it cannot be had, which is said.
#[allow(clippy::print_stderr, reason = "a test that makes no fault must not look as if it had")]
fn interposed() -> Option<&'static Path> {
    static LIBRARY: OnceLock<Option<(tempfile::TempDir, PathBuf)>> = OnceLock::new();
    let library = LIBRARY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("interpose.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/faults/interpose.c");
        let made = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&path).arg(source).status();
        let is_made = cfg!(target_os = "linux") && made.is_ok_and(|status| status.success());
        is_made.then_some((folder, path))
    });
    if library.is_none() {
        eprintln!("skipped: faults are made on Linux, with a C compiler");
    }
    library.as_ref().map(|(_, path)| path.as_path())
}

/// The commands that write, the state of the lake before each, and what is seen in the end.
struct Timeline {
    commands: Vec<(&'static str, Bench)>,
    expected: Vec<(&'static str, Vec<String>)>,
}

impl Timeline {
    fn new() -> Self {
        let campaign = small_campaign();
        let start = Bench::new();
        start.describe(&campaign);
        start.write(&campaign.files()[..4]);
        // An ingest that was killed leaves files that no snapshot needs.
        let ingested = start.copied();
        let killed =
            ingested.command(&["ingest", "--no-derive"]).env("ALDB_TEST_EXIT_AT", "commit:12").output().unwrap();
        assert!(!killed.status.success());
        ingested.run(&["ingest", "--no-derive"]).done();
        let derived = ingested.copied();
        derived.run(&["derive"]).done();
        let expected = derived.content();
        assert!(expected.iter().all(|(_, rows)| !rows.is_empty()), "{expected:?}");
        let backed_up = derived.copied();
        Self {
            commands: vec![("ingest", start), ("derive", ingested), ("maintain", derived), ("backup", backed_up)],
            expected,
        }
    }

    fn before(&self, command: &str) -> &Bench {
        &self.commands.iter().find(|(name, _)| *name == command).unwrap().1
    }
}

/// The binary with one of the commands, which `backup` copies into `copy/` beside the lake.
fn command(bench: &Bench, name: &str) -> Command {
    let copy = bench.path("copy");
    match name {
        "ingest" => bench.command(&["ingest", "--no-derive"]),
        "derive" => bench.command(&["derive"]),
        "maintain" => bench.command(&["maintain", "--older-than", "0"]),
        _ => bench.command(&["backup", copy.to_str().unwrap()]),
    }
}

/// The same with a plan of faults for the files below the folder of the bench.
fn faulty(bench: &Bench, name: &str, library: &Path, under: &Path, plan: &str) -> Ran {
    let mut command = command(bench, name);
    command
        .env("LD_PRELOAD", library)
        .env("FAULTS_UNDER", under.canonicalize().unwrap())
        .env("FAULTS_FOLDER", bench.path("instruments"))
        .env("FAULTS_PLAN", plan)
        .env("RUST_BACKTRACE", "0");
    command.output().unwrap().into()
}

/// How many calls of each kind a command makes.
fn calls(bench: &Bench, name: &str, library: &Path, under: &str) -> (usize, usize) {
    let bench = bench.copied();
    let counted = bench.path("counted");
    let ran: Ran = command(&bench, name)
        .env("LD_PRELOAD", library)
        .env("FAULTS_UNDER", bench.path(under).canonicalize().unwrap())
        .env("FAULTS_COUNT", &counted)
        .output()
        .unwrap()
        .into();
    ran.done();
    let text = std::fs::read_to_string(counted).unwrap();
    let words: Vec<&str> = text.split_whitespace().collect();
    (words[1].parse().unwrap(), words[3].parse().unwrap())
}

/// Every measurement has all its rows, or is not seen at all.
fn is_whole(bench: &Bench) -> Result<(), String> {
    let query = "SELECT m.measurement_id, m.n_points, count(s.point) AS n FROM measurements AS m LEFT JOIN impedance_spectra AS s \
                 ON s.measurement_id = m.measurement_id GROUP BY m.measurement_id, m.n_points HAVING count(s.point) <> m.n_points";
    let ran = bench.run(&["sql", query, "--format", "csv"]);
    match ran.status == 0 && ran.out.lines().count() == 1 {
        true => Ok(()),
        false => Err(format!("a reader sees {}{}", ran.out, ran.err)),
    }
}

/// What must hold after a fault: readers see whole batches, the next run repairs by itself, and all rows are there once.
fn ends_well(timeline: &Timeline, bench: &Bench, name: &str) -> Result<(), String> {
    is_whole(bench)?;
    for arguments in [&["ingest"][..], &["derive"]] {
        let ran = bench.run(arguments);
        if ran.status != 0 {
            return Err(format!("{arguments:?} afterwards: {}{}", ran.out, ran.err));
        }
    }
    let ran: Ran = command(bench, name).output().unwrap().into();
    if ran.status != 0 {
        return Err(format!("{name} afterwards: {}{}", ran.out, ran.err));
    }
    let content = bench.content();
    for ((table, rows), (_, expected)) in content.iter().zip(&timeline.expected) {
        if rows != expected {
            return Err(format!("{table}: {} rows of {}, or others", rows.len(), expected.len()));
        }
    }
    let mut lakes = vec![bench.path("lake")];
    lakes.extend((name == "backup").then(|| bench.path("copy")));
    for lake in lakes {
        let verified: Ran = aldb().arg("--lake").arg(&lake).arg("verify").output().unwrap().into();
        if verified.status != 0 {
            return Err(format!("verify {}: {}{}", lake.display(), verified.out, verified.err));
        }
    }
    Ok(())
}

/// A fault at a moment of a command.
#[derive(Debug, Clone)]
struct Fault {
    command: &'static str,
    plan: String,
    under: &'static str,
}

fn try_all(timeline: &Timeline, library: &Path, faults: &[Fault]) {
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let bench = timeline.before(fault.command).copied();
                    let ran = faulty(&bench, fault.command, library, &bench.path(fault.under), &fault.plan);
                    let away = bench.path("instruments.away");
                    if away.exists() {
                        std::fs::rename(away, bench.path("instruments")).unwrap();
                    }
                    // Done, an error that is said, or killed.
                    let said = match ran.status {
                        0 | -1 => Ok(()),
                        1 if ran.err.contains("error: ") => Ok(()),
                        _ => Err("it ended in another way than with an error".to_owned()),
                    };
                    if let Err(error) = said.and_then(|()| ends_well(timeline, &bench, fault.command)) {
                        wrong.lock().unwrap().push(format!("{fault:?} ({}): {error}\n{}", ran.status, ran.err));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} right\n{}", faults.len() - wrong.len(), faults.len(), wrong.join("\n\n"));
}

/// Faults of one kind at random moments of every command.
fn at_random(timeline: &Timeline, library: &Path, calls_of: &str, what: &str, under: &'static str) -> Vec<Fault> {
    let mut dice = Noise::new(number("ALDB_SEED", 1));
    let n = number("ALDB_FAULTS", 2);
    let mut faults = Vec::new();
    for (command, before) in &timeline.commands {
        let (writes, reads) = calls(before, command, library, under);
        let all = if calls_of == "write" { writes } else { reads };
        assert!(all > 10, "{command}: {writes} writes, {reads} reads");
        for _ in 0..n {
            faults.push(Fault { command, plan: format!("{calls_of}:{}:{what}", 1 + dice.below(all)), under });
        }
    }
    faults
}

#[test]
fn killed_at_any_call_that_changes_the_disk_every_row_is_there_once() {
    let Some(library) = interposed() else { return };
    let timeline = Timeline::new();
    try_all(&timeline, library, &at_random(&timeline, library, "write", "kill", ""));
}

#[test]
fn a_full_disk_is_an_error_and_the_next_run_goes_on() {
    let Some(library) = interposed() else { return };
    let timeline = Timeline::new();
    try_all(&timeline, library, &at_random(&timeline, library, "write", "full", ""));
    // A full disk is named.
    let bench = timeline.before("ingest").copied();
    let ran = faulty(&bench, "ingest", library, &bench.path(""), "write:1:full");
    assert!(ran.status == 1 && ran.err.contains("No space left on device"), "{}", ran.err);
}

#[test]
fn reads_that_fail_or_are_short_change_no_row() {
    let Some(library) = interposed() else { return };
    let timeline = Timeline::new();
    let mut faults = at_random(&timeline, library, "read", "eio", "");
    faults.extend(timeline.commands.iter().map(|(command, _)| Fault {
        command,
        plan: "read:1:short".to_owned(),
        under: "",
    }));
    faults.extend(at_random(&timeline, library, "read", "end", "lake").into_iter().step_by(2));
    try_all(&timeline, library, &faults);
}

#[test]
fn a_folder_of_instruments_that_vanishes_in_mid_run_and_comes_back_changes_no_row() {
    let Some(library) = interposed() else { return };
    let timeline = Timeline::new();
    let faults = at_random(&timeline, library, "read", "rename", "");
    try_all(&timeline, library, &faults.into_iter().filter(|fault| fault.command == "ingest").collect::<Vec<_>>());
}

#[test]
fn a_clock_that_jumps_by_a_day_changes_no_row() {
    let Some(library) = interposed() else { return };
    let timeline = Timeline::new();
    for jumps in [["86400@1", "0@1"], ["-86400@1", "0@1"], ["86400@20", "-86400@1"], ["-86400@20", "86400@1"]] {
        let bench = timeline.before("ingest").copied();
        for (name, jump) in ["ingest", "derive"].into_iter().zip(jumps) {
            let ran: Ran =
                command(&bench, name).env("LD_PRELOAD", library).env("FAULTS_CLOCK", jump).output().unwrap().into();
            ran.done();
        }
        // Files that no snapshot needs are not taken for old by a clock that is ahead by a day.
        let dry = ["maintain", "--dry-run", "--format", "json"];
        let ran: Ran =
            bench.command(&dry).env("LD_PRELOAD", library).env("FAULTS_CLOCK", "86400@1").output().unwrap().into();
        assert!(ran.done().out.contains("\"n_deleted\":0,"));
        ends_well(&timeline, &bench, "maintain").unwrap_or_else(|error| panic!("{jumps:?}: {error}"));
    }
}

#[test]
fn without_its_folder_of_state_a_lake_that_was_killed_goes_on() {
    let timeline = Timeline::new();
    for (name, at) in [("ingest", "commit:15"), ("derive", "rename:3"), ("maintain", "write:1")] {
        let bench = timeline.before(name).copied();
        assert!(!command(&bench, name).env("ALDB_TEST_EXIT_AT", at).output().unwrap().status.success(), "{name} {at}");
        std::fs::remove_dir_all(bench.path("lake/state")).unwrap();
        ends_well(&timeline, &bench, name).unwrap_or_else(|error| panic!("{name} {at}: {error}"));
    }
}

#[test]
fn two_writers_and_ten_readers_at_once_see_whole_batches() {
    let campaign = small_campaign();
    let bench = Bench::new();
    bench.describe(&campaign);
    bench.write(&campaign.files()[..1]);
    bench.run(&["ingest"]).done();
    let is_done = AtomicUsize::new(0);
    let n_locked = AtomicUsize::new(0);
    let n_read = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for files in [1..3, 3..5] {
            let files = campaign.files()[files].to_vec();
            let (bench, is_done, n_locked) = (&bench, &is_done, &n_locked);
            scope.spawn(move || {
                for file in files {
                    bench.write(std::slice::from_ref(&file));
                    loop {
                        let ran = bench.run(&["ingest"]);
                        if ran.status == 0 {
                            break;
                        }
                        assert!(ran.err.contains("is writing to this lake"), "{}", ran.err);
                        n_locked.fetch_add(1, Ordering::Relaxed);
                    }
                }
                is_done.fetch_add(1, Ordering::Relaxed);
            });
        }
        for _ in 0..10 {
            scope.spawn(|| {
                while is_done.load(Ordering::Relaxed) < 2 {
                    is_whole(&bench).unwrap();
                    n_read.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert!(n_read.load(Ordering::Relaxed) > 10);
    bench.run(&["ingest"]).done();
    let scratch = Bench::new();
    scratch.describe(&campaign);
    scratch.write(&campaign.files()[..5]);
    scratch.run(&["ingest"]).done();
    assert_eq!(bench.content(), scratch.content());
    bench.run(&["verify"]).done();
}

#[test]
fn a_dry_run_of_derive_writes_nothing_and_waits_for_nobody() {
    let timeline = Timeline::new();
    let bench = timeline.before("derive").copied();
    std::fs::remove_dir_all(bench.path("lake/state")).unwrap();
    let before = tree(&bench.path("lake"));
    let dry = bench.run(&["derive", "--dry-run"]).done();
    assert!(dry.err.contains("arrhenius: 0 of 0 keys stale, and those that follow from conductivity"), "{}", dry.err);
    assert_eq!(tree(&bench.path("lake")), before);
    // What was derived is known to be up to date without the index, and while another process writes.
    let bench = timeline.before("maintain").copied();
    let lock = std::fs::File::options().write(true).open(bench.path("lake/state/writer.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(bench.command(&["derive"]).stderr(Stdio::null()).status().unwrap().code(), Some(1));
    let dry = bench.run(&["derive", "--dry-run"]).done();
    assert!(dry.err.lines().all(|line| line.ends_with(": up to date")), "{}", dry.err);
}

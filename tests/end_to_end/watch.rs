//! The service: files that are still being written, folders that come and go, names of every kind, and how it ends.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Bench, Ran, small_campaign};

/// A file of an instrument that lacks a column.
const WRONG: &str = "Frequency (Hz),Re(Z) (Ohm)\n1,2\n10,2\n100,2\n";

/// A lake with one source, and the bytes of a spectrum and of another.
fn bench(keys: &str) -> (Bench, Vec<u8>, Vec<u8>) {
    let bench = Bench::new();
    let campaign = small_campaign();
    bench.describe(&campaign);
    let mut files = campaign.files().into_iter().filter(|file| file.path.ends_with(".DTA"));
    let (first, second) = (files.next().unwrap(), files.next().unwrap());
    configure(&bench, keys);
    (bench, first.bytes, second.bytes)
}

fn configure(bench: &Bench, keys: &str) {
    let text = format!(
        "[[source]]\nname = \"gamry\"\nfolder = \"../instruments/gamry\"\nsettle_s = 1\nevery = \"1 s\"\n{keys}\n"
    );
    std::fs::write(bench.path("lake/aldb.toml"), text).unwrap();
}

/// A service that is ended with the test.
struct Running(Child);

impl Running {
    fn start(bench: &Bench) -> Self {
        let mut command = bench.command(&["watch"]);
        let log = File::create(bench.path("log")).unwrap();
        Self(command.stderr(log).stdout(Stdio::null()).spawn().unwrap())
    }

    /// Asks it to end; returns how long that took.
    fn end(mut self) -> Duration {
        let started = Instant::now();
        let id = self.0.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.0.wait().unwrap().success());
        started.elapsed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn log(bench: &Bench) -> String {
    std::fs::read_to_string(bench.path("log")).unwrap()
}

/// Waits until something holds, for as long as a busy computer may need.
fn until(bench: &Bench, what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(120), "{what}: {}", log(bench));
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn status(bench: &Bench) -> serde_json::Value {
    serde_json::from_str(&bench.run(&["status", "--format", "json"]).done().out).unwrap()
}

fn n_points(bench: &Bench) -> Vec<String> {
    bench.rows("SELECT n_points, incomplete FROM measurements")
}

/// Does rounds until nothing waits to be unchanged.
fn once(bench: &Bench) -> Ran {
    bench.run(&["watch", "--once"])
}

#[test]
fn one_round_ingests_derives_and_lists_apart_what_is_no_instrument_file() {
    let (bench, spectrum, _) = bench("ignore = [\"**/settings/*\"]");
    let folder = bench.path("instruments/gamry");
    std::fs::write(folder.join("a.DTA"), &spectrum).unwrap();
    std::fs::write(folder.join("README.md"), "# Notes\n\nThe lamp was changed.\n").unwrap();
    std::fs::create_dir(folder.join("settings")).unwrap();
    std::fs::write(folder.join("settings/x.txt"), "voltage").unwrap();
    let ran = once(&bench).done();
    assert!(ran.err.contains("1 read"), "{}", ran.err);
    let state = status(&bench);
    assert_eq!(state["not_recognised"], serde_json::json!(["../instruments/gamry/README.md"]));
    assert_eq!(state["failed"], serde_json::json!([]));
    assert_eq!(state["sources"][0]["n_files"], 2);
    assert_eq!(bench.rows("SELECT count(*) FROM impedance_fits"), ["1"]);
    // The same again finds nothing new, and is no error.
    let snapshot = state["snapshot"].clone();
    once(&bench).done();
    bench.run(&["ingest"]).done();
    assert_eq!(status(&bench)["snapshot"], snapshot);
    // A file that is broken is an error, named with what would help.
    std::fs::write(folder.join("b.csv"), WRONG).unwrap();
    assert_eq!(once(&bench).status, 1);
    let failed = &status(&bench)["failed"][0];
    assert!(failed["path"].as_str().unwrap().ends_with("b.csv"), "{failed}");
    assert!(failed["help"].as_str().unwrap().contains("aldb inspect"), "{failed}");
    assert!(failed["since_micros"].as_i64().unwrap() > 0, "{failed}");
}

#[test]
fn when_it_was_measured_is_one_column() {
    let (bench, spectrum, _) = bench("time_zone = \"Europe/Brussels\"");
    let folder = bench.path("instruments/gamry");
    std::fs::write(folder.join("a.DTA"), &spectrum).unwrap();
    std::fs::write(folder.join("b.csv"), "Frequency (Hz),Re(Z) (Ohm),-Im(Z) (Ohm)\n1,2,3\n10,2,3\n100,2,3\n").unwrap();
    let changed = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    File::options().write(true).open(folder.join("b.csv")).unwrap().set_modified(changed).unwrap();
    bench.run(&["watch", "--once"]).done();
    let rows = bench.rows(
        "SELECT path, measured_at_source, measured_at - to_timestamp(started_at) = INTERVAL '-1 hour' \
            OR measured_at - to_timestamp(started_at) = INTERVAL '-2 hours' FROM measurements WHERE started_at IS NOT NULL",
    );
    assert_eq!(rows, ["../instruments/gamry/a.DTA,instrument_clock,true"]);
    let rows = bench.rows("SELECT path, measured_at_source, measured_at FROM measurements WHERE started_at IS NULL");
    assert_eq!(rows, ["../instruments/gamry/b.csv,file_time,2023-11-14T22:13:20Z"]);
    bench.run(&["verify", "--reread"]).done();
}

#[test]
fn a_file_that_is_copied_with_pauses_is_read_once_and_whole() {
    let (bench, spectrum, _) = bench("");
    let running = Running::start(&bench);
    let path = bench.path("instruments/gamry/slow.DTA");
    let mut file = File::create(&path).unwrap();
    for part in spectrum.chunks(spectrum.len() / 6 + 1) {
        file.write_all(part).unwrap();
        file.flush().unwrap();
        // Longer than a round, and once longer than the file must be unchanged: then it is seen to end early.
        std::thread::sleep(Duration::from_millis(if part.len() % 2 == 0 { 700 } else { 2500 }));
    }
    drop(file);
    until(&bench, "read", || !n_points(&bench).is_empty());
    let whole = n_points(&bench);
    assert!(status(&bench)["service"]["is_running"].as_bool().unwrap());
    assert!(running.end() < Duration::from_secs(30));
    let told = log(&bench);
    assert!(!told.contains("ERROR"), "{told}");
    assert_eq!(bench.rows("SELECT status FROM source_files WHERE path LIKE '%slow.DTA'"), ["read"], "{told}");
    assert!(!status(&bench)["service"]["is_running"].as_bool().unwrap());
    // The healthy control: the same bytes, copied at once into another lake.
    let (control, _, _) = self::bench("");
    std::fs::write(control.path("instruments/gamry/slow.DTA"), &spectrum).unwrap();
    once(&control).done();
    assert_eq!(n_points(&control), whole);
}

#[test]
fn a_growing_file_is_read_while_it_grows_and_at_last_as_complete() {
    let (bench, _, _) = bench("growing = true\ngrowing_every_s = 1");
    let running = Running::start(&bench);
    let path = bench.path("instruments/gamry/growing.csv");
    let mut file = File::create(&path).unwrap();
    file.write_all(b"Frequency (Hz),Re(Z) (Ohm),-Im(Z) (Ohm)\n").unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for point in 0..400 {
        writeln!(file, "{},{},3", 1000 - point, 20 + point).unwrap();
        file.flush().unwrap();
        std::thread::sleep(Duration::from_millis(20));
        if point % 40 == 39 {
            seen.extend(n_points(&bench));
        }
    }
    assert!(seen.iter().any(|row| row.ends_with(",true")), "{seen:?}\n{}", log(&bench));
    assert!(!seen.iter().any(|row| row.ends_with(",false")), "{seen:?}");
    until(&bench, "complete", || n_points(&bench) == ["400,false"]);
    running.end();
    assert_eq!(bench.rows("SELECT count(*) FROM impedance_spectra"), ["400"]);
    bench.run(&["verify", "--reread"]).done();
}

#[test]
fn a_folder_that_vanishes_is_an_error_of_its_source_and_its_files_stay() {
    let (bench, spectrum, other) = bench("");
    let folder = bench.path("instruments/gamry");
    std::fs::write(folder.join("a.DTA"), &spectrum).unwrap();
    once(&bench).done();
    let before = bench.rows("SELECT * EXCEPT (batch) FROM measurements");
    let away = bench.path("instruments/away");
    std::fs::rename(&folder, &away).unwrap();
    let ran = once(&bench);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("no folder"), "{}", ran.err);
    assert!(status(&bench)["sources"][0]["error"].as_str().unwrap().contains("no folder"));
    assert_eq!(bench.rows("SELECT * EXCEPT (batch) FROM measurements"), before);
    assert_eq!(bench.rows("SELECT DISTINCT status FROM source_files WHERE path LIKE '%a.DTA'"), ["read"]);
    std::fs::write(away.join("b.DTA"), &other).unwrap();
    std::fs::rename(&away, &folder).unwrap();
    once(&bench).done();
    assert_eq!(status(&bench)["sources"][0]["error"], serde_json::Value::Null);
    assert_eq!(bench.rows("SELECT count(*) FROM measurements"), ["2"]);
}

#[test]
fn a_service_waits_for_another_writer_and_says_who_it_is() {
    let (bench, spectrum, _) = bench("");
    std::fs::write(bench.path("instruments/gamry/a.DTA"), &spectrum).unwrap();
    bench.run(&["ingest"]).done();
    let path = bench.path("lake/state/writer.lock");
    let lock = File::options().read(true).write(true).open(&path).unwrap();
    lock.lock().unwrap();
    let holder = std::fs::read_to_string(&path).unwrap();
    let running = Running::start(&bench);
    until(&bench, "waits", || log(&bench).contains(&format!("waiting for {}", holder.trim())));
    // Readers are not disturbed.
    assert_eq!(status(&bench)["n_measurements"], 0);
    lock.unlock().unwrap();
    until(&bench, "read", || !n_points(&bench).is_empty());
    running.end();
}

#[cfg(unix)]
#[test]
fn no_name_link_or_device_stops_or_deceives_a_round() {
    use std::os::unix::fs::symlink;
    let (bench, spectrum, other) = bench("");
    let folder = bench.path("instruments/gamry");
    let long = format!("{}/{}", "d".repeat(150), "l".repeat(200));
    let names = ["a b.DTA", "größe µ.DTA", "two\nlines.DTA", "CASE.DTA", "case.DTA", &long];
    for (place, name) in names.iter().enumerate() {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Other bytes in each.
        let bytes = [spectrum.as_slice(), format!("\n# {place}\n").as_bytes()].concat();
        std::fs::write(&path, bytes).unwrap();
    }
    let at = |path: &Path, seconds: i64| {
        let epoch = std::time::UNIX_EPOCH;
        let seconds_of = Duration::from_secs(seconds.unsigned_abs());
        let time = if seconds < 0 { epoch - seconds_of } else { epoch + seconds_of };
        File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    };
    at(&folder.join("CASE.DTA"), -100_000);
    at(&folder.join("case.DTA"), 4_000_000_000);
    symlink(&folder, folder.join("circle")).unwrap();
    symlink(bench.path("lake"), folder.join("lake")).unwrap();
    symlink(folder.join("nowhere"), folder.join("dangling.DTA")).unwrap();
    let pipe = folder.join("pipe.DTA");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let ran = once(&bench);
    // A link to nothing is an error; everything else is read.
    assert!(ran.err.contains("dangling.DTA"), "{}", ran.err);
    assert_eq!(bench.rows("SELECT count(*) FROM measurements"), [names.len().to_string()], "{}", ran.err);
    assert_eq!(
        bench.rows("SELECT path FROM source_files WHERE path LIKE '%raw%' OR path LIKE '%circle%'"),
        [] as [&str; 0]
    );
    // Times far away do not make a file read again.
    let before = status(&bench)["snapshot"].clone();
    once(&bench);
    assert_eq!(status(&bench)["snapshot"], before);
    // Named, a pipe is refused at once.
    let named = bench.run(&["ingest", pipe.to_str().unwrap()]);
    assert!(named.err.contains("found a pipe, a socket or a device"), "{}", named.err);
    // A time that changes while the bytes do not keeps no file waiting.
    std::fs::remove_file(folder.join("dangling.DTA")).unwrap();
    std::fs::write(folder.join("new.DTA"), &other).unwrap();
    let running = Running::start(&bench);
    let started = Instant::now();
    while bench.rows("SELECT 1 FROM measurements WHERE path LIKE '%new.DTA'").is_empty() {
        assert!(started.elapsed() < Duration::from_secs(120), "{}", log(&bench));
        let seconds = 1_700_000_000 + i64::try_from(started.elapsed().as_millis()).unwrap();
        at(&folder.join("new.DTA"), seconds);
        std::thread::sleep(Duration::from_millis(100));
    }
    running.end();
}

#[test]
fn commands_are_run_when_the_lake_changes_and_when_something_is_newly_wrong() {
    let (bench, spectrum, _) = bench("");
    let (changed, wrong) = (bench.path("changed"), bench.path("wrong"));
    let hooks = format!(
        "[watch]\non_change = \"cat >> '{}'; echo >> '{0}'\"\non_error = \"cat >> '{}'; echo >> '{1}'\"",
        changed.display(),
        wrong.display()
    );
    configure(&bench, &hooks);
    let lines = |path: &Path| std::fs::read_to_string(path).unwrap_or_default().lines().count();
    std::fs::write(bench.path("instruments/gamry/a.DTA"), &spectrum).unwrap();
    let running = Running::start(&bench);
    until(&bench, "changed", || lines(&changed) == 1);
    std::fs::write(bench.path("instruments/gamry/b.csv"), WRONG).unwrap();
    until(&bench, "wrong", || lines(&wrong) == 1);
    std::thread::sleep(Duration::from_secs(4));
    running.end();
    // What was wrong before is not told again.
    assert_eq!(lines(&wrong), 1, "{}", log(&bench));
    let told: serde_json::Value = serde_json::from_str(std::fs::read_to_string(&wrong).unwrap().trim()).unwrap();
    assert!(told["errors"][0].as_str().unwrap().contains("b.csv"), "{told}");
}

#[test]
fn mistakes_in_a_source_are_all_listed() {
    let (bench, _, _) =
        bench("cron = \"0 * * * *\"\ntime_zone = \"Nowhere\"\ngive_up_after = \"soon\"\ncomplete = \"done\"");
    let error = bench.run(&["watch", "--once"]);
    assert_eq!(error.status, 1);
    for expected in [
        "line 6: source `gamry`, `cron`: expected `every` or `cron`, found both",
        "line 7: source `gamry`, `time_zone`: expected the name of a time zone",
        "line 8: source `gamry`, `give_up_after`: expected a duration",
        "line 9: source `gamry`, `complete`: expected `marker:` and a file name",
    ] {
        assert!(error.err.contains(expected), "{}", error.err);
    }
}

#[test]
fn a_marked_source_reads_only_files_that_are_marked_as_complete() {
    let (bench, spectrum, other) = bench("complete = \"marker:*.done\"");
    let folder = bench.path("instruments/gamry");
    std::fs::write(folder.join("a.DTA"), &spectrum).unwrap();
    std::fs::write(folder.join("b.DTA"), &other).unwrap();
    std::fs::write(folder.join("a.done"), "").unwrap();
    once(&bench).done();
    assert_eq!(bench.rows("SELECT path FROM measurements"), ["../instruments/gamry/a.DTA"]);
    assert_eq!(status(&bench)["sources"][0]["waiting"][0]["cause"], "no_marker");
    std::fs::write(folder.join("b.DTA.done"), "").unwrap();
    once(&bench).done();
    assert_eq!(bench.rows("SELECT count(*) FROM measurements"), ["2"]);
}

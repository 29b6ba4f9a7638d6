//! Keys follow the files: renamed, moved and copied files, edited sources, sheets that cannot be read, excluded points,
//! and answers that say when they are old.

use std::path::{Path, PathBuf};

use crate::support::{Bench, small_campaign};

/// A lake with the spectra of two films on two electrodes, ingested and derived.
fn ingested() -> Bench {
    let bench = Bench::new();
    let campaign = small_campaign();
    bench.write(&campaign.files());
    bench.describe(&campaign);
    let ran = bench.run(&["ingest"]).done();
    assert!(ran.err.contains("arrhenius: derived 2 keys"), "{}", ran.err);
    bench
}

/// A spectrum of the first film and electrode 1.
fn spectrum(bench: &Bench) -> PathBuf {
    let folder = bench.path("instruments/gamry/synthetic-LBO-125");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().find(|path| name(path).contains("_dot1_")).unwrap()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Sample and electrode of every measurement, by the end of the path that decides.
const KEYS: &str = "SELECT m.measurement_id, m.sample_id, m.dot, m.temperature_c, m.link_note, m.link_warnings \
                    FROM measurements AS m";

/// Electrode and status of the file with this name.
fn at(bench: &Bench, name: &str) -> Vec<String> {
    let query = format!(
        "SELECT m.sample_id, m.dot, f.status FROM measurements AS m JOIN source_files AS f ON f.file_id = m.file_id \
         WHERE f.path LIKE '%/{name}'"
    );
    bench.rows(&query)
}

#[test]
fn a_renamed_file_has_the_keys_of_its_new_name() {
    let bench = ingested();
    let path = spectrum(&bench);
    let (old, new) = (name(&path), name(&path).replace("_dot1_", "_dot2_").replace("_r1", "_r9"));
    let others = "SELECT measurement_id, dot FROM measurements WHERE dot = '1' ORDER BY 1";
    let before = bench.rows(others);
    std::fs::rename(&path, path.with_file_name(&new)).unwrap();
    bench.run(&["ingest"]).done();
    assert_eq!(at(&bench, &new), ["synthetic-LBO-125,2,read"]);
    assert_eq!(at(&bench, &old), ["synthetic-LBO-125,2,moved"]);
    // The others keep theirs.
    let after = bench.rows(others);
    assert_eq!(after.len(), before.len() - 1);
    assert!(after.iter().all(|row| before.contains(row)));
    bench.run(&["verify", "--recompute"]).done();
    // The name may come back, and the index may be lost on the way.
    std::fs::rename(path.with_file_name(&new), &path).unwrap();
    std::fs::remove_dir_all(bench.path("lake/state/index")).unwrap();
    bench.run(&["ingest"]).done();
    assert_eq!(at(&bench, &old), ["synthetic-LBO-125,1,read"]);
    assert_eq!(bench.rows(others), before);
}

#[test]
fn a_folder_that_moves_with_its_source_keeps_every_key() {
    let bench = ingested();
    let (keys, lines) = (bench.rows(KEYS), bench.rows("SELECT * FROM arrhenius"));
    std::fs::rename(bench.path("instruments"), bench.path("elsewhere")).unwrap();
    // While the folder is not there, that is an error, and nothing is gone.
    let ran = bench.run(&["ingest"]);
    assert!(ran.status == 1 && ran.err.contains("error: source `gamry`: no folder"), "{}", ran.err);
    assert_eq!(bench.rows("SELECT count(*) FROM source_files WHERE status = 'gone'"), ["0"]);
    let toml = bench.path("lake/aldb.toml");
    let text = std::fs::read_to_string(&toml).unwrap();
    std::fs::write(&toml, text.replace("../instruments/", "../elsewhere/")).unwrap();
    for _ in 0..2 {
        bench.run(&["ingest"]).done();
        assert_eq!(bench.rows(KEYS), keys);
        assert_eq!(bench.rows("SELECT * FROM arrhenius"), lines);
        let index = bench.path("lake/state/index");
        std::fs::remove_dir_all(index).unwrap();
    }
    let moved = bench.rows("SELECT count(*) FROM source_files WHERE status = 'moved'");
    assert_eq!(moved, bench.rows("SELECT count(*) FROM measurements"));
}

#[test]
fn files_that_are_gone_and_those_of_a_removed_source_keep_their_keys() {
    let bench = ingested();
    let keys = bench.rows(KEYS);
    let path = spectrum(&bench);
    std::fs::remove_file(&path).unwrap();
    let ran = bench.run(&["ingest"]).done();
    assert!(ran.err.contains("1 file is no longer there: the measurements stay, with their keys"), "{}", ran.err);
    assert_eq!(bench.rows(KEYS), keys);
    let status = bench.run(&["status"]).done().out;
    assert!(status.contains("1 no longer there") && status.contains(&name(&path)), "{status}");
    let toml = bench.path("lake/aldb.toml");
    let text = std::fs::read_to_string(&toml).unwrap();
    std::fs::write(&toml, "").unwrap();
    bench.run(&["ingest"]).done();
    assert_eq!(bench.rows(KEYS), keys);
    // A description still reaches them: a sample that is no longer described is no longer a key.
    let samples: Vec<PathBuf> =
        std::fs::read_dir(bench.path("lake/samples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    for sheet in samples.iter().filter(|path| path.is_file()) {
        std::fs::rename(sheet, bench.path("lake").join(name(sheet))).unwrap();
    }
    bench.run(&["ingest"]).done();
    assert_eq!(bench.rows("SELECT count(*) FROM measurements WHERE sample_id IS NOT NULL"), ["0"]);
    for sheet in samples.iter().filter(|path| !path.is_dir()) {
        std::fs::rename(bench.path("lake").join(name(sheet)), sheet).unwrap();
    }
    std::fs::write(&toml, text).unwrap();
    bench.run(&["ingest"]).done();
    assert_eq!(bench.rows(KEYS), keys);
}

#[test]
fn of_two_paths_with_different_keys_both_are_said() {
    let bench = ingested();
    let keys = bench.rows(KEYS);
    let path = spectrum(&bench);
    let copy = path.with_file_name(name(&path).replace("_dot1_", "_dot2_").replace("_r1", "_r9"));
    std::fs::copy(&path, &copy).unwrap();
    let ran = bench.run(&["ingest"]).done();
    assert!(ran.err.contains("1 known from another path"), "{}", ran.err);
    let doubtful = bench.rows("SELECT link_warnings FROM measurements WHERE link_warnings IS NOT NULL");
    assert_eq!(doubtful.len(), 1);
    assert!(doubtful[0].contains("the file is at 2 paths that give different keys"), "{doubtful:?}");
    assert!(bench.run(&["status"]).done().out.contains("electrode 2"));
    std::fs::remove_file(&copy).unwrap();
    bench.run(&["ingest"]).done();
    assert_eq!(bench.rows(KEYS), keys);
}

#[test]
fn files_that_change_places_lose_nothing() {
    let bench = ingested();
    let path = spectrum(&bench);
    let other = path.with_file_name(name(&path).replace("_dot1_", "_dot2_"));
    let before = [at(&bench, &name(&path)), at(&bench, &name(&other))];
    let rows = bench.rows("SELECT * EXCEPT (batch) FROM impedance_spectra");
    let aside = bench.path("aside");
    std::fs::rename(&path, &aside).unwrap();
    std::fs::rename(&other, &path).unwrap();
    std::fs::rename(&aside, &other).unwrap();
    bench.run(&["ingest"]).done();
    let read = |name: &str| at(&bench, name).into_iter().filter(|row| row.ends_with(",read")).collect::<Vec<_>>();
    assert_eq!([read(&name(&path)), read(&name(&other))], before);
    assert_eq!(bench.rows("SELECT * EXCEPT (batch) FROM impedance_spectra"), rows);
    bench.run(&["verify", "--recompute"]).done();
}

#[test]
fn equal_files_side_by_side_are_one_and_names_that_are_not_text_are_told_apart() {
    use std::os::unix::ffi::OsStrExt as _;
    let campaign = small_campaign();
    let bytes = &campaign.files()[0].bytes;
    for _ in 0..10 {
        let bench = Bench::new();
        for copy in 0..8 {
            std::fs::write(bench.path("instruments/gamry").join(format!("copy{copy}.DTA")), bytes).unwrap();
        }
        bench.run(&["ingest", "--no-derive"]).done();
        assert_eq!(bench.rows("SELECT count(*) FROM measurements"), ["1"]);
        assert_eq!(bench.rows("SELECT count(*) FROM source_files WHERE status = 'read'"), ["8"]);
    }
    let bench = Bench::new();
    for (name, file) in [b"a\xe8.DTA", b"a\xe9.DTA"].iter().zip(campaign.files()) {
        std::fs::write(bench.path("instruments/gamry").join(std::ffi::OsStr::from_bytes(*name)), file.bytes).unwrap();
    }
    for _ in 0..2 {
        bench.run(&["ingest", "--no-derive"]).done();
        let paths = bench.rows("SELECT path, status FROM source_files");
        assert_eq!(paths, [r"../instruments/gamry/a\xe8.DTA,read", r"../instruments/gamry/a\xe9.DTA,read"]);
        assert_eq!(bench.rows("SELECT count(*) FROM measurements"), ["2"]);
    }
}

#[test]
fn files_outside_the_patterns_of_their_source_are_counted() {
    let bench = ingested();
    for n in 0..8 {
        std::fs::write(bench.path("instruments/gamry").join(format!("{n}.csv")), "1\n").unwrap();
    }
    let ran = bench.run(&["ingest"]).done();
    let expected = "8 files match no pattern of source `gamry` and so is not read, such as ../instruments/gamry/0.csv";
    assert!(ran.err.contains(&expected.replace("so is", "so are")), "{}", ran.err);
    assert!(!ran.err.contains("pattern of source `biologic`"), "{}", ran.err);
}

#[test]
fn a_sheet_that_cannot_be_read_changes_nothing_and_fails() {
    let bench = ingested();
    let state = |bench: &Bench| {
        (bench.rows(KEYS), bench.rows("SELECT * EXCEPT (batch) FROM samples"), bench.rows("SELECT * FROM arrhenius"))
    };
    let before = state(&bench);
    let samples = bench.path("lake/samples");
    let aside = bench.path("aside");
    std::fs::rename(&samples, &aside).unwrap();
    let restore = || {
        if samples.symlink_metadata().is_ok() {
            std::fs::remove_file(&samples).or_else(|_| std::fs::remove_dir_all(&samples)).unwrap();
        }
        std::fs::rename(&aside, &samples).unwrap();
        bench.run(&["ingest"]).done();
        assert_eq!(state(&bench), before);
        std::fs::rename(&samples, &aside).unwrap();
    };
    let make_wrong: [&dyn Fn(); 3] =
        [&|| {}, &|| std::os::unix::fs::symlink("/nowhere/at/all", &samples).unwrap(), &|| {
            std::fs::write(&samples, "a file").unwrap();
        }];
    for make_wrong in make_wrong {
        make_wrong();
        for _ in 0..2 {
            let ran = bench.run(&["ingest"]);
            assert!(ran.status == 1 && ran.err.contains("error: samples: "), "{}", ran.err);
            assert_eq!(state(&bench), before);
        }
        restore();
    }
    std::fs::rename(&aside, &samples).unwrap();
    // The same for single sheets: a folder in place of one, a link that leads nowhere, bytes that are no text.
    let sheets: Vec<PathBuf> = std::fs::read_dir(&samples).unwrap().map(|entry| entry.unwrap().path()).collect();
    let sheet = sheets.iter().find(|path| path.is_file()).unwrap();
    let text = std::fs::read(sheet).unwrap();
    let make_wrong: [&dyn Fn(); 3] = [
        &|| std::fs::create_dir(sheet).unwrap(),
        &|| std::os::unix::fs::symlink("/nowhere/at/all", sheet).unwrap(),
        &|| std::fs::write(sheet, b"\xff\xfe[[sample]]").unwrap(),
    ];
    for make_wrong in make_wrong {
        std::fs::remove_file(sheet).unwrap();
        make_wrong();
        let ran = bench.run(&["ingest"]);
        assert!(ran.status == 1 && ran.err.contains(&format!("error: samples/{}: ", name(sheet))), "{}", ran.err);
        assert_eq!(state(&bench), before);
        std::fs::remove_file(sheet).or_else(|_| std::fs::remove_dir(sheet)).unwrap();
        std::fs::write(sheet, &text).unwrap();
        bench.run(&["ingest"]).done();
        assert_eq!(state(&bench), before);
    }
    // A sheet that is deleted describes nothing any more.
    std::fs::remove_file(sheet).unwrap();
    bench.run(&["ingest"]).done();
    assert_ne!(state(&bench).0, before.0);
}

#[test]
fn a_bad_row_keeps_its_last_good_description_and_the_others_change() {
    let bench = ingested();
    let sheet = bench.path("lake/samples/more.csv");
    let write = |rows: &str| std::fs::write(&sheet, format!("sample_id,thickness_nm\r\n{rows}").as_bytes()).unwrap();
    let read = || bench.rows("SELECT sample_id, thickness_nm FROM samples WHERE sample_id LIKE 'X%'");
    write("X1,10\r\nX2,20\r\nX3,30\r\n");
    bench.run(&["ingest"]).done();
    write("X1,11\r\nX2,20 nm\r\n;;;;;\r\n");
    let ran = bench.run(&["ingest"]);
    let expected = "error: samples/more.csv: line 3: `thickness_nm`: expected a number, found `20 nm`\n";
    assert!(ran.status == 1 && ran.err.contains(expected), "{}", ran.err);
    assert!(ran.err.contains("note: samples/more.csv: `X2` stays as it was described last"), "{}", ran.err);
    assert_eq!(read(), ["X1,11.0", "X2,20.0"]);
    write("X1,11\r\nX2,21\r\n");
    bench.run(&["ingest"]).done();
    assert_eq!(read(), ["X1,11.0", "X2,21.0"]);
}

#[test]
fn an_answer_from_a_table_that_was_not_derived_since_says_so() {
    let bench = Bench::new();
    let campaign = small_campaign();
    let files = campaign.files();
    bench.write(&files[..files.len() - 1]);
    bench.describe(&campaign);
    bench.run(&["ingest"]).done();
    let sql = |query: &str| bench.run(&["sql", query]).done().err;
    let (derived, measured) = ("SELECT * FROM arrhenius", "SELECT count(*) FROM measurements");
    assert_eq!((sql(derived), sql(measured)), (String::new(), String::new()));
    assert_eq!(bench.run(&["status"]).done().err, "");
    bench.write(&files);
    let ran = bench.run(&["ingest", "--no-derive"]).done();
    assert!(ran.err.contains("derived tables were left as they are"), "{}", ran.err);
    let note =
        "note: `arrhenius` may be out of date: it is derived from conductivity; `aldb derive` brings it up to date\n";
    assert_eq!((sql(derived), sql(measured)), (note.to_owned(), String::new()));
    // Through a view too, and wherever else derived values are shown.
    assert!(sql("SELECT * FROM arrhenius_lines").contains("`arrhenius` may be out of date"));
    let figure = bench.path("a.svg");
    let figure = figure.to_str().unwrap();
    for command in [&["status"][..], &["check"], &["figure", "arrhenius", "-o", figure]] {
        assert!(bench.run(command).err.contains("may be out of date"), "{command:?}");
    }
    let status: serde_json::Value =
        serde_json::from_str(&bench.run(&["status", "--format", "json"]).done().out).unwrap();
    assert!(!status["stale"].as_array().unwrap().is_empty(), "{status}");
    // A dry run says what would follow, and counts every key once.
    let dry = bench.run(&["derive", "--dry-run"]).done().err;
    assert!(dry.contains("impedance_fits: 1 of 1 key stale") || dry.contains("impedance_fits: 1 of "), "{dry}");
    assert!(dry.contains("conductivity: ") && dry.contains("and those that follow from impedance_fits"), "{dry}");
    bench.run(&["derive"]).done();
    assert_eq!((sql(derived), bench.run(&["status"]).done().err), (String::new(), String::new()));
    let dry = bench.run(&["derive", "--dry-run"]).done().err;
    assert!(dry.lines().all(|line| line.ends_with(": up to date")), "{dry}");
}

#[test]
fn an_excluded_spectrum_is_left_out_until_its_line_is_removed() {
    let bench = ingested();
    let state = |bench: &Bench| (bench.rows("SELECT * FROM arrhenius"), bench.rows("SELECT * FROM impedance_fits"));
    let before = state(&bench);
    let path = spectrum(&bench);
    let sheet = bench.path("lake/samples/exclusions.csv");
    let write = |rows: &str| std::fs::write(&sheet, format!("file,points,reason,excluded_by\n{rows}")).unwrap();
    let points = "SELECT sample_id, n_points FROM arrhenius";
    let n = bench.rows(points);
    write(&format!("{},,contact lost,A. B.\n", name(&path)));
    bench.run(&["ingest"]).done();
    let ids = bench.rows("SELECT measurement_id FROM exclusions");
    assert_eq!(ids.len(), 1);
    assert_eq!(bench.rows(&format!("SELECT * FROM impedance_fits WHERE measurement_id = '{}'", ids[0])), [""; 0]);
    let fewer = bench.rows(points);
    assert!(fewer[0] != n[0] && fewer[1] == n[1], "{fewer:?}");
    // The measurement itself stays, and it is said everywhere that nothing is derived from it.
    assert_eq!(bench.rows("SELECT count(*) FROM measurements"), [small_campaign().files().len().to_string()]);
    assert!(bench.run(&["status"]).done().out.contains("all points: contact lost (A. B.)"));
    let lineage = bench.run(&["lineage", "arrhenius", "synthetic-LBO-125"]).done().out;
    assert!(lineage.contains("is left out, because it is excluded: contact lost (A. B.)"), "{lineage}");
    let lineage = bench.run(&["lineage", "measurements", &ids[0]]).done().out;
    assert!(lineage.contains("the whole measurement is excluded: contact lost (A. B.)"), "{lineage}");
    bench.run(&["verify", "--recompute"]).done();
    // Only some points: the fit is another one, of fewer points.
    write(&format!("{},0-3,contact lost,A. B.\n", name(&path)));
    bench.run(&["ingest"]).done();
    let fit = "SELECT n_points FROM impedance_fits WHERE measurement_id = ";
    let all = "SELECT n_points FROM measurements WHERE measurement_id = ";
    let number = |query: &str| bench.rows(&format!("{query}'{}'", ids[0]))[0].parse::<i64>().unwrap();
    assert_eq!(number(fit), number(all) - 4);
    bench.run(&["verify", "--recompute"]).done();
    // A line with a mistake changes nothing.
    write(&format!("{},0-3,,A. B.\n", name(&path)));
    assert_eq!(bench.run(&["ingest"]).status, 1);
    assert_eq!(number(fit), number(all) - 4);
    write("");
    bench.run(&["ingest"]).done();
    assert_eq!(state(&bench), before);
}

#[test]
fn lineage_shows_values_and_marks_what_failed() {
    let bench = ingested();
    let path = spectrum(&bench);
    let text = std::fs::read_to_string(&path).unwrap();
    // A spectrum cut off after a few points cannot be fitted.
    let table = text.find("ZCURVE").unwrap();
    let rows: Vec<&str> = text[table..].lines().take(6).collect();
    std::fs::write(&path, text[..table].to_owned() + &rows.join("\r\n") + "\r\n").unwrap();
    bench.run(&["ingest"]);
    let lineage = bench.run(&["lineage", "arrhenius", "synthetic-LBO-125"]).done().out;
    assert!(lineage.lines().nth(1).unwrap().contains("ea_ev = "), "{lineage}");
    assert!(lineage.contains("r1_ohm = ") && lineage.contains("thickness_nm = "), "{lineage}");
    assert!(lineage.contains("(failed: gave no value)"), "{lineage}");
    let first_failed = lineage.find("(failed: gave no value)").unwrap();
    assert!(lineage[..first_failed].contains("good"), "{lineage}");
}

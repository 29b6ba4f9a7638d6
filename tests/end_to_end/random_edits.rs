//! Whatever is done to a lake, in whatever order and with whatever dies in between: what is derived is what a lake made from the
//! final state derives.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aldb_lab::{Campaign, LabFile};
use test_support::Noise;

use crate::support::{Bench, copy, small_campaign};

const SOURCES: &str = r#"
[[source]]
name = "everything"
folder = "../instruments"
include = ["**/*"]
path = '(?<sample>synthetic-[A-Za-z0-9-]+)[_.][^/]*$'
"#;

/// Another rule, by which half of the samples are no longer known.
const OTHER_RULE: (&str, &str) =
    ("(?<sample>synthetic-[A-Za-z0-9-]+)", "(?<sample>synthetic-L[A-Z]O-[0-9]+[A-Za-z0-9-]*)");

fn everything(campaign: &Campaign) -> Vec<LabFile> {
    let mut files = campaign.characterisation().files();
    files.extend(campaign.files().into_iter().take(8));
    files
}

/// Measurements with their keys, and everything that was derived, table by table.
fn derived(bench: &Bench) -> BTreeMap<String, Vec<String>> {
    let tables = bench.run(&["sql", "SHOW TABLES", "--format", "csv"]).done();
    let names = tables.out.lines().filter_map(|line| {
        let mut cells = line.split(',');
        let name = cells.next()?;
        (cells.next()? == "derived").then(|| name.to_owned())
    });
    names
        .map(|name| {
            let rows = bench.rows(&format!("SELECT * FROM {name}"));
            (name, rows)
        })
        .chain([("measurements".to_owned(), bench.rows("SELECT * EXCEPT (batch) FROM measurements"))])
        .collect()
}

/// The folders that the instruments' folder is moved between.
const FOLDERS: [&str; 2] = ["instruments", "devices"];

/// The folder that instruments write into now.
fn instruments(bench: &Bench) -> PathBuf {
    bench.path(FOLDERS[usize::from(bench.path(FOLDERS[1]).exists())])
}

fn write(bench: &Bench, files: &[LabFile]) {
    for file in files {
        let path = instruments(bench).join(file.path.strip_prefix("instruments/").unwrap());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.bytes).unwrap();
    }
}

/// All files below a folder, in order.
fn below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] })
        .collect();
    files.sort();
    files
}

/// The name of a file, as of another sample, so that it is used only once.
fn of_another_sample(path: &Path, others: &[PathBuf], dice: &mut Noise) -> String {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let other = name(&others[dice.below(others.len())]);
    let sample = other.split(['_', '.']).next().unwrap().to_owned();
    format!("{sample}_{}_{}", dice.below(1_000_000), name(path))
}

/// A file is renamed, moved, copied, or its copy is deleted; files change places; the folder of all is moved.
fn move_files(bench: &Bench, dice: &mut Noise) -> &'static str {
    let folder = instruments(bench);
    let files = below(&folder);
    if files.is_empty() {
        return "there is nothing to move";
    }
    let path = &files[dice.below(files.len())];
    let name = path.file_name().unwrap();
    let into = |subfolder: &str, name: &std::ffi::OsStr| {
        let target = folder.join(subfolder).join(name);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        target
    };
    match dice.below(7) {
        0 => {
            std::fs::rename(path, path.with_file_name(of_another_sample(path, &files, dice))).unwrap();
            "a file is renamed"
        }
        1 => {
            std::fs::rename(path, into("archive", name)).unwrap();
            "a file is moved"
        }
        2 => {
            std::fs::copy(path, into("copies", name)).unwrap();
            "a file is copied"
        }
        3 => {
            std::fs::copy(path, into("copies", of_another_sample(path, &files, dice).as_ref())).unwrap();
            "a file is copied under another sample"
        }
        4 => {
            let bytes = std::fs::read(path).unwrap();
            if files.iter().any(|other| other != path && std::fs::read(other).unwrap() == bytes) {
                std::fs::remove_file(path).unwrap();
            }
            "one of two equal files is deleted"
        }
        5 => {
            let other = &files[dice.below(files.len())];
            if other.extension() == path.extension() {
                let aside = folder.join("aside");
                std::fs::rename(path, &aside).unwrap();
                std::fs::rename(other, path).or_else(|_| std::fs::rename(&aside, path)).unwrap();
                if aside.exists() {
                    std::fs::rename(&aside, other).unwrap();
                }
            }
            "two files change places"
        }
        _ => {
            let toml = bench.path("lake/aldb.toml");
            let text = std::fs::read_to_string(&toml).unwrap();
            let (from, to) = if folder.ends_with(FOLDERS[0]) { (0, 1) } else { (1, 0) };
            std::fs::rename(&folder, bench.path(FOLDERS[to])).unwrap();
            std::fs::write(&toml, text.replace(FOLDERS[from], FOLDERS[to])).unwrap();
            "the folder is moved, and the source with it"
        }
    }
}

fn from_scratch(like: &Bench) -> Bench {
    let bench = Bench::new();
    // An empty folder where there is none now: `Bench::new` makes both.
    std::fs::remove_dir_all(bench.path(FOLDERS[0])).unwrap();
    for folder in FOLDERS {
        copy(&like.path(folder), &bench.path(folder));
    }
    for folder in ["samples", "recipes", "queries"] {
        copy(&like.path("lake").join(folder), &bench.path("lake").join(folder));
    }
    std::fs::copy(like.path("lake/aldb.toml"), bench.path("lake/aldb.toml")).unwrap();
    bench.run(&["ingest"]);
    bench.run(&["derive"]).done();
    bench
}

/// A job that ships, with another parameter.
fn reparametrised(name: &str, from: &str, to: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../queries/derived").join(format!("{name}.sql"));
    let text = std::fs::read_to_string(path).unwrap();
    let changed = text.replace(from, to);
    assert_ne!(text, changed, "{name} has no `{from}`");
    changed
}

fn edit(bench: &Bench, dice: &mut Noise, files: &[LabFile], others: &[LabFile], next: &mut usize) -> &'static str {
    let lake = bench.path("lake");
    match dice.below(13) {
        0 | 1 => {
            let end = (*next + 1 + dice.below(files.len() / 4)).min(files.len());
            write(bench, &files[*next..end]);
            *next = end;
            "files come"
        }
        2 => {
            if *next > 0 {
                let place = dice.below(*next);
                write(bench, &others[place..=place]);
            }
            "a file changes"
        }
        3 => {
            let sheet = lake.join("samples/characterisation.toml");
            if let Ok(text) = std::fs::read_to_string(&sheet) {
                let (from, to) = if text.contains("thickness_nm = 60") {
                    ("thickness_nm = 60", "thickness_nm = 55")
                } else {
                    ("thickness_nm = 55", "thickness_nm = 60")
                };
                std::fs::write(&sheet, text.replacen(from, to, 1 + dice.below(3))).unwrap();
            }
            "a thickness changes"
        }
        4 => {
            let (here, away) = (lake.join("recipes"), lake.join("away"));
            std::fs::create_dir_all(&away).unwrap();
            let (from, to) = if dice.below(2) == 0 { (&here, &away) } else { (&away, &here) };
            let mut entries: Vec<_> = std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()).collect();
            entries.sort();
            if !entries.is_empty() {
                let path = entries.swap_remove(dice.below(entries.len()));
                std::fs::rename(&path, to.join(path.file_name().unwrap())).unwrap();
            }
            "a recipe goes or comes back"
        }
        5 => {
            let own = lake.join("queries/derived");
            std::fs::create_dir_all(&own).unwrap();
            let (name, from, to) = [
                ("stability_onset", "electrode_area_cm2, 5.0,", "electrode_area_cm2, 8.0,"),
                ("rate_capability", "6.0, e.potential_v,", "12.0, e.potential_v,"),
                ("xps_regions", "r.shift_ev, NULL,", "r.shift_ev, 2.0,"),
                ("cauchy_fits", "s.delta_deg) AS fit", "s.delta_deg, 2.0) AS fit"),
            ][dice.below(4)];
            std::fs::write(own.join(format!("{name}.sql")), reparametrised(name, from, to)).unwrap();
            "a job gets another parameter"
        }
        6 => {
            drop(std::fs::remove_dir_all(lake.join("queries/derived")));
            "jobs are again those that ship"
        }
        7 => {
            let path = lake.join("aldb.toml");
            let text = std::fs::read_to_string(&path).unwrap();
            let changed = if text.contains(OTHER_RULE.0) {
                text.replace(OTHER_RULE.0, OTHER_RULE.1)
            } else {
                text.replace(OTHER_RULE.1, OTHER_RULE.0)
            };
            std::fs::write(&path, changed).unwrap();
            "the rule for samples changes"
        }
        8..=11 => move_files(bench, dice),
        _ => {
            for command in ["ingest", "derive"] {
                let mut child = bench
                    .command(&[command])
                    .stdout(std::process::Stdio::null())
                    .stderr(std::process::Stdio::null())
                    .spawn()
                    .unwrap();
                std::thread::sleep(Duration::from_millis(20 + dice.below(250) as u64));
                drop(child.kill());
                drop(child.wait());
            }
            "commands are killed"
        }
    }
}

fn any_sequence(seed: u64) {
    let mut dice = Noise::new(seed);
    let (campaign, other) = (small_campaign(), Campaign { seed: 77, ..small_campaign() });
    let (files, others) = (everything(&campaign), everything(&other));
    let bench = Bench::new();
    std::fs::write(bench.path("lake/aldb.toml"), SOURCES).unwrap();
    bench.describe(&campaign);
    for file in campaign.characterisation().lake_files() {
        let path = bench.path("lake").join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.bytes).unwrap();
    }
    let mut done = Vec::new();
    let mut next = files.len() / 2;
    write(&bench, &files[..next]);
    for _ in 0..12 {
        done.push(edit(&bench, &mut dice, &files, &others, &mut next));
        if dice.below(3) > 0 {
            bench.run(&["ingest", "--no-derive"]);
        }
        if dice.below(3) > 0 {
            bench.run(&["derive"]).done();
        }
    }
    bench.run(&["ingest"]);
    bench.run(&["derive"]).done();
    let scratch = from_scratch(&bench);
    let (one, other) = (derived(&bench), derived(&scratch));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (table, rows) in &one {
        let others = &other[table];
        let first = rows.iter().zip(others).find(|(a, b)| a != b);
        assert!(
            rows == others,
            "seed {seed}: {table}: {} rows, {} from scratch; first difference {first:?}; after {done:?}",
            rows.len(),
            others.len()
        );
    }
    let verified = bench.run(&["verify", "--recompute"]);
    assert_eq!(verified.status, 0, "seed {seed}: {}\nafter {done:?}", verified.err);
}

#[test]
fn any_sequence_of_edits_and_kills_ends_as_from_scratch() {
    for seed in 1..=4 {
        any_sequence(seed);
    }
}

/// The row counts are those of the campaign, so that the comparison above is not of empty tables.
#[test]
fn every_job_derives_something_of_the_whole_campaign() {
    let bench = Bench::new();
    let campaign = small_campaign();
    std::fs::write(bench.path("lake/aldb.toml"), SOURCES).unwrap();
    bench.describe(&campaign);
    for file in campaign.characterisation().lake_files() {
        let path = bench.path("lake").join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.bytes).unwrap();
    }
    bench.write(&everything(&campaign));
    bench.run(&["ingest"]);
    bench.run(&["derive"]).done();
    // The campaign has no reflectivity.
    for (table, rows) in derived(&bench).into_iter().filter(|(table, _)| table != "film_reflectivity") {
        assert!(!rows.is_empty(), "{table} is empty");
    }
    // What was measured at a cycle ratio of 1/2 is hit by it, though the rule of mixtures expects a fifth of it there.
    let asked = [
        "recipe",
        "suggest",
        "--process",
        "LBO+LPO",
        "--target",
        "B/P=5.23",
        "--thickness",
        "10nm",
        "--format",
        "json",
    ];
    let suggested: serde_json::Value = serde_json::from_str(&bench.run(&asked).done().out).unwrap();
    assert_eq!((suggested["k"].as_u64(), suggested["l"].as_u64()), (Some(1), Some(1)), "{suggested}");
    assert!((suggested["by_rule"].as_f64().unwrap() - 0.95).abs() < 0.1, "{suggested}");
    assert!((suggested["thickness_nm"].as_f64().unwrap() - 10.0).abs() < 0.2, "{suggested}");
    let unknown = bench.run(&["recipe", "suggest", "--process", "LBO+LNO", "--target", "B/P=1", "--thickness", "10nm"]);
    assert!(unknown.status == 1 && unknown.err.contains("no suggestion: no temperature at which"), "{}", unknown.err);
}

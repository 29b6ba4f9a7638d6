//! The files of the synthetic laboratory: what they say of themselves is true.

use std::collections::BTreeSet;

use aldb_lab::{Campaign, Instrument, LITERATURE_CSV, LabFile};

fn text(file: &LabFile) -> String {
    // Latin-1 decodes byte by byte; the words compared here are ASCII in both encodings.
    file.bytes.iter().map(|&byte| char::from(byte)).collect()
}

fn find<'a>(files: &'a [LabFile], name: &str) -> &'a LabFile {
    files.iter().find(|file| file.path.ends_with(name)).unwrap_or_else(|| panic!("no file `{name}`"))
}

#[test]
fn the_same_campaign_gives_the_same_bytes() {
    let campaign = Campaign::default();
    assert_eq!(campaign.files(), Campaign::default().files());
    assert_eq!(campaign.lake_files(), Campaign::default().lake_files());
    assert_ne!(campaign.files(), Campaign { seed: 1, ..Campaign::default() }.files());
}

#[test]
fn a_further_film_leaves_the_others_as_they_were() {
    let one = Campaign::default();
    let mut two = Campaign::default();
    let mut film = two.films[0].clone();
    film.sample_id = "synthetic-LBO-third".to_owned();
    two.films.push(film);
    let files = one.files();
    assert_eq!(two.files()[..files.len()], files[..]);
}

#[test]
fn every_file_and_every_sample_is_marked_as_synthetic() {
    let campaign = Campaign::default();
    for file in campaign.files().iter().chain(&campaign.lake_files()) {
        assert!(text(file).contains("synthetic: "), "{}", file.path);
    }
    for film in campaign.truth() {
        assert!(film.sample_id.starts_with("synthetic"), "{}", film.sample_id);
    }
}

#[test]
fn paths_are_relative_and_distinct() {
    let campaign = Campaign::default();
    let mut files = campaign.files();
    files.extend(campaign.lake_files());
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths.len(), files.len());
    assert!(paths.iter().all(|path| !path.starts_with('/') && !path.contains("..")));
}

#[test]
fn a_gamry_file_has_one_row_per_point_and_as_many_notes_as_it_states() {
    let file = text(find(&Campaign::default().files(), "synthetic-LBO-125_dot2_40C_r1.DTA"));
    assert!(file.ends_with("\r\n") && !file.replace("\r\n", "").contains(['\r', '\n']));
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines[..2], ["EXPLAIN", "TAG\tEISPOT"]);
    let notes = lines.iter().position(|line| line.starts_with("NOTES\tNOTES\t2\t")).unwrap();
    assert!(lines[notes + 1].starts_with("\tsynthetic: ") && lines[notes + 2].starts_with('\t'));
    assert!(!lines[notes + 3].starts_with('\t'));
    let table = lines.iter().position(|line| *line == "ZCURVE\tTABLE").unwrap();
    let width = lines[table + 1].split('\t').count();
    assert_eq!(&lines[table + 1][..20], "\tPt\tTime\tFreq\tZreal\t");
    let rows = &lines[table + 2..];
    assert_eq!(rows.len(), 1 + 61);
    assert!(rows.iter().all(|row| row.split('\t').count() == width));
    let first: Vec<&str> = rows[1].split('\t').collect();
    assert_eq!((first[1], first[3], first[14]), ("0", "1000000", "-327.67"));
    assert!(first[5].starts_with('-'), "Zimag is stored with its sign: {}", first[5]);
}

#[test]
fn an_ec_lab_file_has_the_header_lines_and_loops_that_it_states() {
    let files = Campaign::default().files();
    for name in ["synthetic-LBO-250_dotA_60C.mpt", "synthetic-LBO-250_dotC_60C.mpt"] {
        let file = text(find(&files, name));
        assert!(file.ends_with("\r\n") && !file.replace("\r\n", "").contains(['\r', '\n']));
        let lines: Vec<&str> = file.lines().collect();
        assert_eq!(lines[0], "EC-Lab ASCII FILE");
        let count: usize = lines[1].strip_prefix("Nb header lines : ").unwrap().trim_end().parse().unwrap();
        assert!(lines[count - 1].starts_with("freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t"), "{}", lines[count - 1]);
        assert_eq!(lines[count - 3], "Loop 2 from point number 122 to 182");
        let rows = &lines[count..];
        assert_eq!(rows.len(), 3 * 61);
        // The line of names ends with a tab, the rows do not.
        let width = lines[count - 1].split('\t').count() - 1;
        assert!(rows.iter().all(|row| row.split('\t').count() == width));
        let cycles: Vec<&str> = rows.iter().step_by(61).map(|row| row.split('\t').nth(10).unwrap()).collect();
        let cycles: Vec<String> = cycles.into_iter().map(|cycle| cycle.replace(',', ".")).collect();
        assert_eq!(cycles, ["1.000000000000000E+000", "2.000000000000000E+000", "3.000000000000000E+000"]);
        assert!(!rows[0].split('\t').nth(2).unwrap().starts_with('-'), "-Im(Z) of a capacitor is positive");
    }
}

#[test]
fn the_decimal_comma_of_the_last_dot_is_in_header_and_data() {
    let files = Campaign::default().files();
    let point = text(find(&files, "dotB_30C.mpt"));
    let comma = text(find(&files, "dotC_30C.mpt"));
    assert!(point.contains("surface area : 0.001 cm\u{b2}\r\n") && point.contains("\r\n1.0000000E+006\t"));
    assert!(comma.contains("surface area : 0,001 cm\u{b2}\r\n") && comma.contains("\r\n1,0000000E+006\t"));
    let data = comma.split_once("freq/Hz").unwrap().1;
    assert!(!data.contains('.'));
}

#[test]
fn samples_state_the_areas_of_the_dots() {
    let campaign = Campaign::default();
    let text = campaign.samples_toml();
    assert!(text.contains("sample_id = \"synthetic-LBO-125\"\nrecipe = \"synthetic-LBO-125C-80nm\"\n"));
    assert!(text.contains("{ dot = \"1\", diameter_um = 100.0, area_cm2 = 7.853982e-5 },"));
    assert!(text.contains("{ dot = \"C\", diameter_um = 400.0, area_cm2 = 1.256637e-3 },"));
    assert_eq!(campaign.dots(Instrument::BioLogic)[2].label, "C");
}

#[test]
fn recipes_have_the_cycles_of_the_papers_growth_per_cycle() {
    let recipes = Campaign::default().recipes_toml();
    let cycles: Vec<(&str, bool)> = recipes
        .iter()
        .zip(["cycles = 1600\n", "cycles = 2000\n"])
        .map(|((name, text), cycles)| (name.as_str(), text.contains(cycles)))
        .collect();
    assert_eq!(cycles, [("synthetic-LBO-125C-80nm", true), ("synthetic-LBO-250C-80nm", true)]);
}

#[test]
fn noise_is_one_per_cent_of_the_modulus_on_either_part() {
    let noisy = Campaign { dot_scatter_rel: 0.0, ..Campaign::default() };
    let clean = noisy.clone().noise_free();
    let mut relative = Vec::new();
    for film in 0..noisy.films.len() {
        for (noisy, clean) in noisy.spectra(film).iter().zip(clean.spectra(film)) {
            for (&(_, re, im), (_, clean_re, clean_im)) in noisy.points.iter().zip(clean.points) {
                let modulus = clean_re.hypot(clean_im);
                relative.extend([(re - clean_re) / modulus, (im - clean_im) / modulus]);
            }
        }
    }
    let deviation = (relative.iter().map(|value| value * value).sum::<f64>() / relative.len() as f64).sqrt();
    assert!((deviation / 0.01 - 1.0).abs() < 0.03, "{deviation}");
}

#[test]
fn literature_rows_are_numbers_with_a_source() {
    let mut lines = LITERATURE_CSV.lines();
    assert!(lines.next().unwrap().starts_with("report_id,material,first_author,year,"));
    assert_eq!(lines.clone().count(), 15);
    assert!(!LITERATURE_CSV.contains("synthetic"));
}

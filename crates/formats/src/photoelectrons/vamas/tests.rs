//! Tests of the format with synthetic files.

use super::*;

/// A header of no comment, one region and no variables.
fn head(scan_mode: &str, blocks: usize) -> String {
    format!("{SIGNATURE} 1988 May 4\n\nMade-up spectrometer\n\n\n0\nNORM\n{scan_mode}\n1\n0\n0\n0\n0\n0\n{blocks}\n")
}

/// A regular block of intensity and transmission at 100 eV, 100.5 eV, 101 eV.
fn block(label: &str, unit: &str) -> String {
    format!(
        "O 1s\nsynthetic film\n2024\n2\n29\n12\n30\n5\n1\n2\nfirst line\nCalib M = 283 A = 284.8 BE ADD\nXPS\nAl\n1486.6\n1E+37\n1E+37\n1E+37\n1E+37\n\
         1E+37\nFAT\n20\n1E+37\n-4.5\n0\n1E+37\n1E+37\n0\n1E+37\nO\n1s\n-1\nKinetic energy\neV\n100\n0.5\n2\n{label}\n{unit}\nTransmission\nd\n\
         pulse counting\n0.2\n5\n0\n1E+37\n1E+37\n1E+37\n0\n6\n1\n3\n1\n1\n11\n1.5\n12\n1E+37\n13\n1.25\n"
    )
}

fn whole(parts: &[&str]) -> Reading {
    read(parts.concat().as_bytes()).unwrap()
}

fn text<'r>(reading: &'r Reading, name: &str) -> &'r str {
    match &reading.measurements[0].metadata[name] {
        Value::Text(text) => text,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn a_block_has_energies_from_start_and_increment_and_interleaved_variables() {
    let reading = whole(&["\r\n\r\n", &head("REGULAR", 1), &block("Intensity", "d"), "end of experiment\n"]);
    let spectrum = &reading.measurements[0];
    assert_eq!(spectrum.numbers("energy_ev"), Some(&[100.0, 100.5, 101.0][..]));
    assert_eq!(spectrum.numbers("intensity"), Some(&[11.0, 12.0, 13.0][..]));
    assert!(spectrum.numbers("transmission").unwrap()[1].is_nan());
    assert_eq!((text(&reading, "region"), text(&reading, "sample")), ("O 1s", "synthetic film"));
    assert_eq!((text(&reading, "energy_scale"), text(&reading, "intensity_unit")), ("kinetic", "counts"));
    assert_eq!(text(&reading, "started_at"), "2024-02-29T12:30:05");
    assert_eq!(text(&reading, "calibration"), "Calib M = 283 A = 284.8 BE ADD");
    let number = |name: &str| spectrum.metadata[name].clone();
    assert_eq!(number("counting_time_s"), Value::Number(1.0));
    assert_eq!(number("pass_energy_ev"), Value::Number(20.0));
    assert_eq!(number("excitation_energy_ev"), Value::Number(1486.6));
    assert_eq!(number("work_function_ev"), Value::Number(-4.5));
    assert!(reading.warnings.is_empty(), "{:?}", reading.warnings);
}

#[test]
fn unit_and_label_decide_whether_intensities_are_counts() {
    for (label, unit, expected) in [
        ("Intensity", "d", "counts"),
        ("counts", "d", "counts"),
        ("Intensity", "c/s", "counts/s"),
        ("counts per second", "d", "counts/s"),
        ("CPS", "n", "counts/s"),
        ("counts", "c/s", "not stated"),
        ("Intensity", "A", "not stated"),
    ] {
        let reading = whole(&[&head("REGULAR", 1), &block(label, unit), "end of experiment\n"]);
        assert_eq!(text(&reading, "intensity_unit"), expected, "{label} in {unit}");
    }
}

#[test]
fn an_irregular_block_has_its_energies_among_the_ordinates() {
    let irregular = block("Intensity", "d")
        .replace("Kinetic energy\neV\n100\n0.5\n2\nIntensity\nd\n", "2\nBinding Energy\neV\n")
        .replace("Transmission", "Intensity");
    let reading = whole(&[&head("IRREGULAR", 1), &irregular, "end of experiment"]);
    assert_eq!(reading.measurements[0].numbers("energy_ev"), Some(&[11.0, 13.0][..]));
    assert_eq!(text(&reading, "energy_scale"), "binding");
    assert_eq!(reading.rejected.len(), 1);
}

#[test]
fn a_file_that_ends_early_is_incomplete() {
    let file = format!("{}{}{}", head("REGULAR", 2), block("Intensity", "d"), block("Intensity", "d"));
    let without_end = whole(&[&file]);
    assert_eq!(without_end.warnings, ["the last line, `end of experiment`, is missing"]);
    let cut = whole(&[&file[..file.len() - 7]]);
    assert_eq!(cut.measurements[1].n_points(), 2);
    assert_eq!(
        cut.measurements[1].metadata["incomplete"],
        Value::Text("block 2 of 2 announces 6 ordinates and lacks the last 2".to_owned())
    );
    let one = whole(&[&head("REGULAR", 2), &block("Intensity", "d"), "end of experiment\n"]);
    assert_eq!(text(&one, "incomplete"), "the file announces 2 blocks and has 1");
}

#[test]
fn parameters_that_later_blocks_leave_out_are_those_of_the_first() {
    let listed = head("REGULAR", 2).replace("NORM\nREGULAR\n1\n0\n0\n", "NORM\nREGULAR\n1\n0\n2\n31\n8\n");
    let short = "N 1s\nsynthetic film\n1\nanother comment\nBinding energy\neV\n200\n-1\n4\n0\n0\n0\n0\n1\n2\n3\n4\n";
    let reading = whole(&[&listed, &block("Intensity", "d"), short, "end of experiment\n"]);
    assert_eq!(reading.measurements[1].numbers("energy_ev"), Some(&[200.0, 199.0][..]));
    assert_eq!(reading.measurements[1].metadata["energy_scale"], Value::Text("binding".to_owned()));
    assert_eq!(reading.measurements[1].metadata["comment"], Value::Text("another comment".to_owned()));
    assert_eq!(reading.measurements[1].metadata["dwell_time_s"], Value::Number(0.2));
}

#[test]
fn a_block_over_a_different_quantity_is_left_out() {
    let other = block("Intensity", "d").replace("Kinetic energy\neV", "Time\ns");
    let reading = whole(&[&head("REGULAR", 2), &other, &block("Intensity", "d"), "end of experiment\n"]);
    assert_eq!(reading.measurements.len(), 1);
    assert_eq!(reading.warnings, ["block 1 (`O 1s`) was left out: its abscissa `Time` in `s` is not an energy in eV"]);
    let error = read(format!("{}{other}", head("REGULAR", 1)).as_bytes()).unwrap_err().to_string();
    assert!(error.contains("without a spectrum over electron energy"), "{error}");
}

#[test]
fn photon_energies_are_named_as_such() {
    let other = block("Intensity", "d").replace("Kinetic energy\neV", "Photon energy\neV");
    let reading = whole(&[&head("REGULAR", 1), &other, "end of experiment\n"]);
    assert_eq!(text(&reading, "energy_scale"), "photon");
    assert!(!reading.measurements[0].metadata.contains_key("excitation_energy_ev"));
}

#[test]
fn a_block_with_one_identifier_is_refused_with_the_reason() {
    let malformed = block("Intensity", "d").replacen("O 1s\n", "", 1);
    let error = read(format!("{}{malformed}", head("REGULAR", 1)).as_bytes()).unwrap_err().to_string();
    assert_eq!(
        error,
        "line 25: expected the number of lines of the comment of block 1, which begins at line 16 with two lines of \
         identifiers, the block's and the sample's, (a whole number), found `first line`"
    );
    let map = head("MAPPING", 1);
    assert!(read(map.as_bytes()).unwrap_err().to_string().contains("a VAMAS map"));
}

//! Tests of whole texts: the numbers, the rejected rows, and the messages.

use crate::{Measurement, ReadError, Reading, Registry, Value};

fn read_as(name: &str, text: &str) -> Result<Reading, ReadError> {
    Registry::new().read(text.as_bytes(), Some(name)).map(|(_, reading)| reading)
}

fn csv(text: &str) -> Reading {
    read_as("impedance_csv", text).unwrap()
}

fn rejected(reading: &Reading) -> Vec<String> {
    reading.rejected.iter().map(|row| row.error.to_string()).collect()
}

fn points(reading: &Reading) -> Vec<usize> {
    reading.measurements.iter().map(Measurement::n_points).collect()
}

#[test]
fn a_missing_impedance_is_reported_with_the_existing_columns() {
    assert_eq!(
        read_as("impedance_csv", "time/s;freq/Hz;Ewe/V\n1;2;3\n").unwrap_err().to_string(),
        "line 1: expected a column for frequency, and for real and imaginary part or modulus and phase of the \
         impedance, found `time/s`, `freq/Hz`, `Ewe/V`"
    );
}

#[test]
fn an_area_specific_impedance_is_not_read_as_an_impedance() {
    assert_eq!(
        read_as("impedance_csv", "freq/Hz;Z' (Ω·cm²);Z'' (Ω·cm²)\n1;2;3\n").unwrap_err().to_string(),
        "line 1: expected a column for frequency, and for real and imaginary part or modulus and phase of the \
         impedance, found `freq/Hz`, `Z' (Ω·cm²)`, `Z'' (Ω·cm²)`"
    );
}

#[test]
fn a_file_with_a_header_and_no_row_is_a_measurement_without_points() {
    let reading = csv("freq/Hz,Re(Z)/Ohm,-Im(Z)/Ohm\n");
    assert_eq!((points(&reading), rejected(&reading)), (vec![0], Vec::new()));
}

#[test]
fn the_decimal_comma_is_decided_for_the_file_and_a_point_in_it_is_not_a_number() {
    let reading = csv("f/Hz;Z'/Ohm;Z''/Ohm\n1000,5;10,5;-1,5\n100;1.5;-1,5\n10;12,5;-1,5\n");
    assert_eq!(reading.measurements[0].numbers("z_re_ohm").unwrap(), [10.5, 12.5]);
    assert_eq!(rejected(&reading), ["line 3: expected a number in Ω for `Z'/Ohm`, found `1.5`"]);
}

#[test]
fn blanks_part_cells_also_with_a_decimal_comma() {
    let reading = csv("f/Hz  Z'/Ohm  -Z''/Ohm\n1000,5  10,5  1,5\n");
    assert_eq!(reading.measurements[0].numbers("z_im_ohm").unwrap(), [-1.5]);
}

#[test]
fn thousands_separators_are_not_guessed() {
    let reading = csv("f/Hz;Z'/Ohm;Z''/Ohm\n1000.5;10.5;-1.5\n1,000.5;10.5;-1.5\n");
    assert_eq!(rejected(&reading), ["line 3: expected a number in Hz for `f/Hz`, found `1,000.5`"]);
}

#[test]
fn a_last_row_that_is_cut_off_is_rejected_and_the_measurement_is_incomplete() {
    let reading = csv("f/Hz,Z'/Ohm,Z''/Ohm\n10,1,-1\n1,2");
    assert_eq!(
        rejected(&reading),
        ["line 3: expected a complete row with a line end, found the end of the file after `1,2`"]
    );
    let incomplete = Value::Text("the file ends in the middle of line 3".to_owned());
    assert_eq!(reading.measurements[0].metadata.get("incomplete"), Some(&incomplete));
}

#[test]
fn a_last_row_without_a_line_end_is_kept_with_a_warning() {
    let reading = csv("f/Hz,Z'/Ohm,Z''/Ohm\n10,1,-1\n1,2,-3");
    assert_eq!(points(&reading), [2]);
    assert_eq!(
        reading.measurements[0].warnings,
        ["line 3 has no line end: if the file was cut off there, its last value `-3` may be too short"]
    );
}

#[test]
fn fewer_points_than_announced_make_a_measurement_incomplete() {
    let text = "free text\n3\n100.0 1.0 -1.0\n10.0 2.0 -2.0\n";
    let reading = read_as("elchemea_i2b", text).unwrap();
    let incomplete = Value::Text("the file announces 3 points and has 2".to_owned());
    assert_eq!(reading.measurements[0].metadata.get("incomplete"), Some(&incomplete));
}

#[test]
fn a_repeated_header_or_a_new_sweep_starts_a_measurement() {
    let text = "f/Hz,Z'/Ohm,Z''/Ohm\n100,1,-1\n10,1,-1\nf/Hz,Z'/Ohm,Z''/Ohm\n1,1,-1\n0.1,1,-1\n100,2,-1\n10,2,-1\n";
    assert_eq!(points(&csv(text)), [2, 2, 2]);
}

#[test]
fn words_below_the_sampled_rows_make_a_column_of_words_and_reject_nothing() {
    let mut text = "f/Hz,Z'/Ohm,Z''/Ohm,range\n".to_owned();
    for row in 0..100 {
        text.push_str(&format!("{},1,-1,{}\n", 1000 - row, if row == 90 { "auto" } else { "3" }));
    }
    let reading = csv(&text);
    assert_eq!((points(&reading), rejected(&reading)), (vec![100], Vec::new()));
    let range = reading.measurements[0].columns.iter().find(|column| column.name == "range").unwrap();
    assert!(matches!(&range.values, crate::Values::Text(words) if words[90] == "auto" && words[0] == "3"));
}

#[test]
fn columns_of_the_same_name_keep_their_own() {
    let reading = csv("f/Hz,Z'/Ohm,Z''/Ohm,x,x,Re(Z)/Ohm\n1,2,-3,4,5,6\n");
    let names: Vec<_> = reading.measurements[0].columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["frequency_hz", "z_re_ohm", "z_im_ohm", "x", "x_2", "re_z_ohm"]);
}

#[test]
fn a_table_of_equal_steps_is_not_taken_for_a_headerless_spectrum() {
    let mut pattern = String::new();
    let mut no_sign = String::new();
    for step in 0..40 {
        pattern.push_str(&format!("{} {} {}\n", 1 + 5 * step, 100 + step, -0.5));
        no_sign.push_str(&format!("{:e} {} {}\n", 10_f64.powf(f64::from(step) / 10.0), 100 + step, 0.5));
    }
    for text in [pattern, no_sign] {
        let error = Registry::new().read(text.as_bytes(), None).unwrap_err();
        assert!(error.to_string().contains("columns of numbers without names"), "{error}");
    }
}

#[test]
fn an_installation_reads_its_own_format_by_a_manifest() {
    let manifest = r#"
        name = "our_bench"
        title = "Our bench"
        technique = "impedance_spectroscopy"
        table = "impedance_spectra"
        source = "the bench's program"

        [[detect]]
        match = "certain"
        pattern = '\AOURBENCH'

        [text]
        header = "none"
        rows_after = '^---'

        [blocks]
        marker = '^next'

        [[column]]
        position = 1
        name = "frequency_hz"
        unit = "kHz"

        [[column]]
        position = 2
        name = "z_re_ohm"

        [[column]]
        position = 3
        name = "z_im_ohm"
        factor = -1.0
    "#;
    let registry = Registry::with_manifests([("our_bench", manifest)]).unwrap();
    let (name, reading) = registry.read(b"OURBENCH\n1 2 3\n---\n1;2;3\nnext\n2;3;4\n", None).unwrap();
    assert_eq!((name.as_str(), points(&reading)), ("our_bench", vec![1, 1]));
    assert_eq!(reading.measurements[1].numbers("frequency_hz").unwrap(), [2000.0]);
    assert_eq!(reading.measurements[1].numbers("z_im_ohm").unwrap(), [-4.0]);
}

#[test]
fn a_format_that_does_not_exist_is_refused_with_those_that_do() {
    let message = read_as("impedanc_csv", "").unwrap_err().to_string();
    assert!(message.starts_with("no format is called `impedanc_csv`, expected one of `"), "{message}");
    assert!(message.contains("`chi_impedance`, ") && message.ends_with("`zplot_z`"), "{message}");
}

#[test]
fn two_manifests_with_the_same_claim_are_named() {
    let manifest = |name: &str| {
        format!(
            "name = \"{name}\"\ntitle = \"T\"\ntechnique = \"impedance_spectroscopy\"\ntable = \"impedance_spectra\"\n\
             source = \"none\"\n[[detect]]\nmatch = \"certain\"\npattern = 'X'\n[text]\n"
        )
    };
    let (a, b) = (manifest("a"), manifest("b"));
    let registry = Registry::with_manifests([("a", a.as_str()), ("b", b.as_str())]).unwrap();
    assert_eq!(
        registry.read(b"X\n", None).unwrap_err().to_string(),
        "byte 0: several formats fit: `a`, `b`; state which one to read it as"
    );
}

fn read_by(manifest: &str, text: &str) -> Reading {
    let registry = Registry::with_manifests([("own", manifest)]).unwrap();
    registry.read(text.as_bytes(), Some("own")).unwrap().1
}

#[test]
fn two_columns_and_the_settings_of_the_format_make_a_pattern() {
    let manifest = r#"
        name = "own"
        title = "Own pattern"
        technique = "x_ray_diffraction"
        table = "xrd_patterns"
        source = "none"
        stated = { scan_axis = "two_theta", wavelength_angstrom = 1.5406 }
        [text]
        header = "none"
        comment = '^#'
        [[column]]
        position = 1
        name = "scan_angle_deg"
        [[column]]
        position = 2
        name = "counts"
    "#;
    let reading = read_by(manifest, "# a pattern\n10.0 5\n10.1 7\n");
    let pattern = &reading.measurements[0];
    assert_eq!(pattern.numbers("two_theta_deg").unwrap(), [10.0, 10.1]);
    assert_eq!(pattern.numbers("intensity").unwrap(), [5.0, 7.0]);
    assert_eq!(pattern.metadata["wavelength_angstrom"], Value::Number(1.5406));
    assert_eq!(reading.warnings, [""; 0]);
}

#[test]
fn units_below_the_header_count() {
    let manifest = r#"
        name = "own"
        title = "Own log"
        technique = "ellipsometry_series"
        table = "ellipsometry_series"
        source = "none"
        [text]
        units_below = true
    "#;
    let reading = read_by(manifest, "Time\tThickness\tMSE\nmin\tÅ\t\n0.5\t12\t3\n1\t14\t2\n");
    let series = &reading.measurements[0];
    assert_eq!(series.numbers("time_s").unwrap(), [30.0, 60.0]);
    assert_eq!(series.numbers("thickness_nm").unwrap(), [1.2, 1.4]);
    assert_eq!(series.numbers("mse").unwrap(), [3.0, 2.0]);
}

//! What is in a file is read, or stated as not read; a file without a row that can be trusted is refused with the cause.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use aldb_formats::{Measurement, Reading, Registry};

fn read(bytes: impl AsRef<[u8]>) -> Result<Reading, String> {
    Registry::new().read(bytes.as_ref(), None).map(|(_, reading)| reading).map_err(|error| error.to_string())
}

/// A data set of PalmSens: frequency, real and imaginary part.
fn data_set(scale: f64, frequencies: &[f64]) -> String {
    let array = |kind: i64, description: &str, unit: &str, value: &dyn Fn(f64) -> f64| {
        let values: Vec<String> = frequencies.iter().map(|f| format!("{{\"v\":{}}}", value(*f))).collect();
        format!(
            "{{\"arraytype\":{kind},\"description\":\"{description}\",\"unit\":{{\"type\":\"{unit}\"}},\"datavalues\":[{}]}}",
            values.join(",")
        )
    };
    let arrays = [
        array(5, "Frequency", "PalmSens.Units.Hertz", &|f| f),
        array(7, "ZRe", "PalmSens.Units.ZRe", &|f| scale + f),
        array(8, "ZIm", "PalmSens.Units.ZIm", &|f| 2.0 * scale + f),
    ];
    format!("{{\"values\":[{}]}}", arrays.join(","))
}

#[test]
fn scans_nested_in_the_spectra_of_several_channels_are_all_read() {
    let frequencies = [1000.0, 100.0, 10.0];
    let scan = |scale: f64| format!("{{\"title\":\"scan\",\"dataset\":{}}}", data_set(scale, &frequencies));
    let channel = |number: usize, own: &str| {
        let scans: Vec<String> = (0..4).map(|place| scan((10 * number + place) as f64)).collect();
        format!("{{\"title\":\"CH {number}: 3 freqs\",{own}\"subscans\":[{}]}}", scans.join(","))
    };
    let session = |own: &str| {
        let channels: Vec<String> = (1..=3).map(|number| channel(number, own)).collect();
        format!(
            "{{\"type\":\"PalmSens.DataFiles.SessionFile\",\"coreversion\":\"5.9\",\"measurements\":[{{\"title\":\"x\",\"method\":\"METHOD_ID=eis\",\"eisdatalist\":[{}]}}]}}",
            channels.join(",")
        )
    };
    let firsts = |text: String| {
        let reading = read(text).unwrap();
        reading.measurements.iter().map(|m| m.numbers("z_re_ohm").unwrap()[0] - 1000.0).collect::<Vec<_>>()
    };
    let all = [10.0, 11.0, 12.0, 13.0, 20.0, 21.0, 22.0, 23.0, 30.0, 31.0, 32.0, 33.0];
    assert_eq!(firsts(session("")), all);
    // A channel without nested scans has its own data alone.
    let plain = format!(
        "{{\"type\":\"PalmSens.DataFiles.SessionFile\",\"coreversion\":\"5.9\",\"measurements\":[{{\"title\":\"x\",\"method\":\"METHOD_ID=eis\",\"eisdatalist\":[{}]}}]}}",
        scan(7.0)
    );
    assert_eq!(firsts(plain), [7.0]);
}

#[test]
fn a_table_of_gamry_that_is_not_read_is_stated() {
    let file = |further: &str| {
        let rows = (0..12).fold(String::new(), |mut rows, point| {
            writeln!(rows, "\t{point}\t{point}.5\t0.{point:02}\t1.0E-00{}", point % 9 + 1).unwrap();
            rows
        });
        format!(
            "EXPLAIN\nTAG\tCV\nTITLE\tLABEL\tsynthetic\tTest\nCURVE1\tTABLE\t12\n\tPt\tT\tVf\tIm\n\t#\ts\tV vs. Ref.\tA\n{rows}{further}"
        )
    };
    let microbalance = "QCMCurve\tDTABLE\n\tPt\tT\tfs\n\t#\ts\tMHz\n\t1\t0.5\t10.01\n\t2\t0.7\t10.02\n";
    let reading = read(file(microbalance)).unwrap();
    assert_eq!(reading.measurements.len(), 1);
    assert_eq!(reading.not_read, ["the table `QCMCurve` is left out: it lacks two of time, potential and current"]);
    assert_eq!(reading.warnings, reading.not_read);
    assert_eq!(read(file("")).unwrap().not_read, [""; 0]);
}

#[test]
fn a_file_whose_rows_are_all_rejected_is_refused_and_one_with_a_good_row_is_not() {
    let text = |last: &str| format!("Frequency (Hz),Z' (Ohm),Z'' (Ohm)\n-1,2,-3\n-2,2,-3\n-3,2,-3\n{last}");
    assert_eq!(
        read(text("")).unwrap_err(),
        "line 2: expected rows that can be read, found 3 rows, all rejected; the first: line 2: `Frequency (Hz)` is -1 Hz, expected above 0"
    );
    let reading = read(text("4,2,-3\n")).unwrap();
    assert_eq!((reading.measurements[0].n_points(), reading.rejected.total()), (1, 3));
}

#[test]
fn a_refusal_names_the_missing_column_or_the_format_to_state() {
    let rows = |row: &str| format!("{row}\n").repeat(8);
    assert_eq!(
        read(format!("Frequency (Hz),Z' (Ohm)\n{}", rows("1,2"))).unwrap_err(),
        "line 1: expected a column for frequency, and for real and imaginary part or modulus and phase of the impedance, found `Frequency (Hz)`, `Z' (Ohm)`"
    );
    let bare = read(rows("20.0 113")).unwrap_err();
    assert!(bare.contains("2 columns of numbers without names") && bare.contains("`adapter = \"xrd_xy\"`"), "{bare}");
    assert!(read(rows("20.0 113 4.5")).unwrap_err().contains("`adapter = \"xrd_xye\"`"));
    // A column is known by its unit, also alone; one that needs a unit and has none is named.
    for (header, says) in [
        ("Binding Energy (eV),remark", "line 1: expected a column for"),
        ("wavelength,psi,delta", "expected a unit in the header, as `wavelength (nm)`, found `wavelength` without one"),
        ("wavelength,remark,x", "expected a unit in the header, as `wavelength (nm)`, found `wavelength` without one"),
        ("wavelength,psi,x", "expected a column for wavelength, Psi and Delta, found `wavelength`, `psi`"),
        ("wavelength (nm),psi (deg),note", "line 1: expected a column for wavelength, Psi and Delta, found"),
    ] {
        let error = read(format!("{header}\n400,20,1\n410,21,2\n420,22,3\n")).unwrap_err();
        assert!(error.contains(says), "{header}: {error}");
    }
    assert!(read("these are words\nand more of them\n").unwrap_err().contains("no known format"));
}

/// An impedance spectrum of a resistor beside a capacitor under this header, whose last column is `last` of frequency, Re and Im.
fn spectrum(header: &str, last: impl Fn(f64, f64, f64) -> f64) -> Measurement {
    let text = (0..30).fold(format!("{header}\n"), |mut text, point| {
        let frequency = 10_f64.powf(5.0 - 0.2 * f64::from(point));
        let x = std::f64::consts::TAU * frequency * 1e-6 * 1000.0;
        let (re, im) = (1000.0 / (1.0 + x * x), -1000.0 * x / (1.0 + x * x));
        writeln!(text, "{frequency},{re},{im},{}", last(frequency, re, im)).unwrap();
        text
    });
    read(text).unwrap().measurements.remove(0)
}

#[test]
fn modulus_phase_and_capacitance_of_one_file_agree_with_real_and_imaginary_part() {
    let header = |last: &str| format!("Frequency (Hz),Z' (Ohm),Z'' (Ohm),{last}");
    for (last, value) in [
        ("|Z| (Ohm)", (|_, re, im| f64::hypot(re, im)) as fn(f64, f64, f64) -> f64),
        ("Phase (deg)", |_, re, im| f64::atan2(im, re).to_degrees()),
        ("Cs (F)", |f, _, im| -1.0 / (std::f64::consts::TAU * f * im)),
    ] {
        let healthy = spectrum(&header(last), value);
        assert!(healthy.numbers("z_im_ohm").is_some(), "{last}: {:?}", healthy.warnings);
        assert!(!healthy.warnings.iter().any(|warning| warning.contains("contradict")), "{:?}", healthy.warnings);
        let factor = if last == "|Z| (Ohm)" { 1.3 } else { -1.0 };
        let doubted = spectrum(&header(last), |f, re, im| factor * value(f, re, im));
        // A modulus does not contradict the sign of the imaginary part.
        assert_eq!(doubted.numbers("z_im_ohm").is_some(), last == "|Z| (Ohm)", "{last}");
        assert!(
            doubted.warnings.iter().any(|warning| warning.contains("the file contradicts itself")),
            "{:?}",
            doubted.warnings
        );
    }
    let radians = spectrum(&header("Phasez"), |_, re, im| f64::atan2(im, re));
    let phase = radians.numbers("z_phase_deg").unwrap();
    assert!(
        (phase[29]
            - radians.numbers("z_im_ohm").unwrap()[29].atan2(radians.numbers("z_re_ohm").unwrap()[29]).to_degrees())
        .abs()
            < 1e-9
    );
    assert!(radians.warnings.iter().any(|warning| warning.contains("radians")), "{:?}", radians.warnings);
}

//! Values that no reading may contain: in unknown units, read by the header of another table, impossible, or against the file's clock.
//!
//! Every trap has a healthy file beside it, whose values stay.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use aldb_formats::{Measurement, Reading, Registry};

fn read(text: &str) -> Result<Reading, String> {
    Registry::new().read(text.as_bytes(), None).map(|(_, reading)| reading).map_err(|error| error.to_string())
}

fn only(text: &str) -> Measurement {
    let reading = read(text).unwrap();
    assert_eq!(reading.measurements.len(), 1);
    Measurement {
        warnings: [reading.warnings, reading.measurements[0].warnings.clone()].concat(),
        ..reading.measurements[0].clone()
    }
}

/// A voltammogram of 20 points under this header: time, potential, current.
fn voltammogram(header: &str) -> String {
    (0..20).fold(format!("{header}\n"), |mut text, point| {
        writeln!(text, "{point},{}.{},{}", point / 10, point % 10, 5 * point).unwrap();
        text
    })
}

fn last(measurement: &Measurement, name: &str) -> Option<f64> {
    measurement.numbers(name)?.last().copied()
}

#[test]
fn a_current_in_an_unknown_unit_is_no_current() {
    for header in ["Current (?A)", "Current (ma)", "CURRENT (MA)"] {
        let measurement = only(&voltammogram(&format!("Time (s),Potential (V),{header}")));
        assert_eq!(last(&measurement, "current_a"), None, "{header}");
        assert_eq!(last(&measurement, "potential_v"), Some(1.9), "{header}");
        let of_the_unit = measurement.warnings.iter().filter(|warning| warning.contains("unit"));
        assert_eq!(of_the_unit.count(), 1, "{header}: {:?}", measurement.warnings);
    }
    for (header, last_a) in [("Current (µA)", 95e-6), ("Current (mA)", 95e-3), ("I/A", 95.0), ("CURRENT (A)", 95.0)] {
        let measurement = only(&voltammogram(&format!("Time (s),Potential (V),{header}")));
        assert!((last(&measurement, "current_a").unwrap() / last_a - 1.0).abs() < 1e-12, "{header}");
        assert_eq!(measurement.warnings, [""; 0], "{header}");
    }
}

#[test]
fn a_time_in_capitals_is_in_seconds_and_a_potential_keeps_its_name_beside_a_reference() {
    for header in ["TIME (S),E vs. Ag/AgCl/V,I/A", "t/s,U/V,I/A", "Time/s,U[V],I/A"] {
        let measurement = only(&voltammogram(header));
        assert_eq!(
            (last(&measurement, "time_s"), last(&measurement, "potential_v")),
            (Some(19.0), Some(1.9)),
            "{header}"
        );
        assert_eq!(measurement.warnings, [""; 0], "{header}");
    }
}

#[test]
fn a_frequency_in_megahertz_or_millihertz_is_refused() {
    let spectrum = |unit: &str| {
        (0..30).fold(format!("Frequency ({unit}),Z' (Ohm),Z'' (Ohm)\n"), |mut text, point| {
            writeln!(text, "{},{},-{point}.5", 1000 - 30 * point, 100 + point).unwrap();
            text
        })
    };
    assert_eq!(
        read(&spectrum("MHZ")).unwrap_err(),
        "line 1: expected columns in known units, as `mV` or `MHz`, found `Frequency (MHZ)` with the unit `MHZ`, which is not known or ambiguous"
    );
    assert_eq!(only(&spectrum("MHz")).numbers("frequency_hz").unwrap().first(), Some(&1e9));
    assert_eq!(only(&spectrum("HZ")).numbers("frequency_hz").unwrap().first(), Some(&1e3));
}

#[test]
fn a_second_table_with_other_columns_is_refused_and_a_repeated_header_is_not() {
    let rows = |psi_first: bool| {
        (0..20).fold(String::new(), |mut text, point| {
            let (psi, delta) = (20.0 + f64::from(point), 100.0 + f64::from(point));
            let (a, b) = if psi_first { (psi, delta) } else { (delta, psi) };
            writeln!(text, "{},{a},{b}", 400 + point).unwrap();
            text
        })
    };
    let (header, swapped) = ("Wavelength (nm),Psi (deg),Delta (deg)\n", "Wavelength (nm),Delta (deg),Psi (deg)\n");
    let error = read(&format!("{header}{}{swapped}{}", rows(true), rows(false))).unwrap_err();
    assert_eq!(
        error,
        "line 22: expected one table with one header, found a second header with `Wavelength (nm)`: save each table as a file of its own"
    );
    let reading = read(&format!("{header}{0}{header}{0}", rows(true))).unwrap();
    assert_eq!(reading.measurements.iter().map(Measurement::n_points).sum::<usize>(), 40);
}

#[test]
fn marks_of_an_overload_are_left_out_and_large_values_stay() {
    let text = voltammogram("Time (s),Potential (V),Current (A)");
    let overload = text.replace("\n7,0.7,35\n", "\n7,0.7,9.9E37\n");
    let measurement = only(&overload);
    let current = measurement.numbers("current_a").unwrap();
    assert!(current.iter().all(|value| value.is_nan() || *value <= 95.0), "{current:?}");
    assert_eq!(
        measurement.warnings,
        [
            "column `current_a`: 1 value left out, impossible: 9.9e37 A lies outside -1e4 to 1e4, a mark of an overload or a failure"
        ]
    );
    assert_eq!(only(&text).warnings, [""; 0]);
}

#[test]
fn a_cycle_that_is_no_whole_number_is_left_out() {
    let text = |cycle: &str| {
        let rows = voltammogram("Time (s),Potential (V),Current (A)");
        let mut lines = rows.lines();
        let header = lines.next().unwrap().to_owned() + ",cycle number\n";
        lines.fold(header, |all, line| all + line + "," + cycle + "\n")
    };
    assert_eq!(last(&only(&text("2")), "cycle"), Some(2.0));
    let measurement = only(&text("6.28"));
    assert!(last(&measurement, "cycle").unwrap().is_nan());
    assert_eq!(
        measurement.warnings,
        ["column `cycle_number`: 20 values left out, impossible: 6.28e0 is no whole number"]
    );
}

#[test]
fn a_word_in_a_column_of_numbers_costs_its_cell_only() {
    let text = voltammogram("Time (s),Potential (V),Current (A),Temperature (°C)");
    let with_temperature = |word: &str| {
        let mut lines = text.lines().enumerate();
        let header = lines.next().unwrap().1.to_owned() + "\n";
        lines.fold(header, |all, (number, line)| all + line + "," + if number == 9 { word } else { "25.5" } + "\n")
    };
    let measurement = only(&with_temperature("overload"));
    let temperature = measurement.numbers("temperature_c").unwrap();
    assert_eq!(temperature.iter().filter(|value| value.is_nan()).count(), 1);
    assert_eq!(last(&measurement, "temperature_c"), Some(25.5));
    assert_eq!(
        measurement.warnings,
        ["line 10: expected a number in °C for `Temperature (°C)`, found `overload`; 1 cell of this column left empty"]
    );
    assert_eq!(only(&with_temperature("25.5")).warnings, [""; 0]);
}

#[test]
fn a_file_that_is_not_recognised_is_refused_with_its_cause() {
    let rows = "100000,20.0,-1.5\n79432,20.1,-2.0\n";
    let header = "Freq (Hz),Z' (Ohm),Z'' (Ohm)\n";
    let utf_16: String = format!("{header}{rows}").chars().flat_map(|letter| [letter, '\0']).collect();
    for (text, cause) in [
        (String::new(), "byte 0: expected data, found an empty file"),
        (header.to_owned(), "line 1: expected rows below the header, found none"),
        (
            format!("{header}{rows}\0\0\0\0"),
            "byte 62: expected text, found zero bytes (NUL) to the end of the file: it was not written to its end; copy it again",
        ),
        (
            utf_16,
            "byte 1: expected text in UTF-8, or with a byte order mark, found zeros in every other byte: text in UTF-16 without a byte \
             order mark; save it as UTF-8",
        ),
        (
            format!("Freq,Z',Z''\nHz,Ohm,Ohm\n{rows}"),
            "line 2: expected units in the header, as `Freq (Hz)`, found a line of units, `Hz,Ohm,Ohm`",
        ),
        (
            format!("{header}{rows}").replacen('\n', "\r", 2),
            "byte 0: expected line ends of one kind, found more carriage returns than line feeds",
        ),
    ] {
        assert_eq!(read(&text).unwrap_err(), cause);
    }
    assert_eq!(only(&format!("{header}{rows}")).n_points(), 2);
}

#[test]
fn the_whole_file_decides_the_decimal_mark_and_thousands_are_doubted() {
    let rows = |n_whole: u32| {
        (0..n_whole + 20).fold("time (s);potential (V);current (A)\n".to_owned(), |mut text, point| {
            let potential = if point < n_whole { "0".to_owned() } else { format!("0,{point:03}") };
            writeln!(text, "{point};{potential};0").unwrap();
            text
        })
    };
    for n_whole in [0, 200] {
        let measurement = only(&rows(n_whole));
        assert_eq!(measurement.n_points(), n_whole as usize + 20);
        assert_eq!(last(&measurement, "potential_v"), Some(f64::from(n_whole + 19) / 1000.0));
        assert_eq!(measurement.warnings, [""; 0]);
    }
    let thousands = "Freq (Hz)\tZ' (Ohm)\tZ'' (Ohm)\n100,000\t1,200\t-53\n50,000\t1,210\t-106\n20,000\t1,230\t-265\n";
    assert_eq!(
        only(thousands).warnings,
        [
            "commas are read as decimal marks, but may separate thousands (ambiguous): every one has three digits after it"
        ]
    );
}

#[test]
fn a_clock_that_contradicts_the_times_is_reported() {
    let text = |factor: u32| {
        (0..30).fold("DateTime,Test Time (s),Voltage (V),Current (A)\n".to_owned(), |mut text, point| {
            writeln!(text, "2026-03-02 08:00:{point:02},{},3.5,0.5", factor * point).unwrap();
            text
        })
    };
    assert_eq!(
        only(&text(1000)).warnings,
        ["the clock in `DateTime` advances by 29 s, `time_s` by 29000 s: the unit of one of them is wrong"]
    );
    assert_eq!(only(&text(1)).warnings, [""; 0]);
}

#[test]
fn a_temperature_in_c_is_in_degrees_celsius_and_a_charge_in_coulombs() {
    for (header, unit) in [
        ("Aux_Temperature_1 (C)", "Cel"),
        ("temperature_1_C", "Cel"),
        ("Cell temp./C", "Cel"),
        ("(Q-Qo)/C", "mA.h"),
        ("Total Charge (C)", "C"),
    ] {
        let text = voltammogram("Time (s),Potential (V),Current (A)")
            .replace("Current (A)\n", &format!("Current (A),{header}\n"));
        let text = text.lines().enumerate().fold(String::new(), |mut with, (line, row)| {
            writeln!(with, "{row}{}", if line == 0 { "" } else { ",25.1" }).unwrap();
            with
        });
        let measurement = only(&text);
        let column = measurement.columns.iter().find(|column| column.header == header).unwrap();
        assert_eq!(column.unit.as_deref(), Some(unit), "{header}");
    }
}

#[test]
fn every_measured_number_of_a_table_has_a_range() {
    for technique in aldb_formats::Technique::all() {
        let table = aldb_schema::table(technique.table()).unwrap();
        for column in table.columns.iter().filter(|column| column.column_type == aldb_schema::ColumnType::Float64) {
            assert!(column.min.is_some() && column.max.is_some(), "{}.{}", table.name, column.name);
        }
    }
}

//! Tests with synthetic Woollam files.
#![expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]

use super::*;
use crate::Measurement;

const HEAD: &str = "synthetic film\r\nVASEmethod[EllipsometerType=4, Isotropic, AcqTime=2.5, WVASE=3.616, HardVer=17.034, \
    Wed Nov 01 15:23:22 2006]\r\nOriginal[film.dat]\r\nnm\r\n";

fn read_text(text: &str) -> (Measurement, Reading) {
    let reading = read(text.as_bytes()).unwrap();
    (reading.measurements[0].clone(), reading)
}

fn message(text: &str) -> String {
    read(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn rows_without_a_type_and_rows_of_type_e_are_psi_and_delta() {
    let plain = read_text(&format!("{HEAD}300\t65\t20.5\t-80.25\t0.01\t0.02\r\n310\t65\t21\t190\t0.01\t0.02\r\n")).0;
    assert_eq!(plain.numbers("wavelength_nm").unwrap(), [300.0, 310.0]);
    assert_eq!(plain.numbers("angle_of_incidence_deg").unwrap(), [65.0, 65.0]);
    assert_eq!(plain.numbers("psi_deg").unwrap(), [20.5, 21.0]);
    assert_eq!(plain.numbers("delta_deg").unwrap(), [-80.25, 190.0]);
    assert_eq!(plain.numbers("delta_err_deg").unwrap(), [0.02, 0.02]);
    assert_eq!(plain.warnings, [""; 0]);
    for (name, value) in [
        ("sample", "synthetic film"),
        ("software", "WVASE 3.616"),
        ("started_at", "2006-11-01T15:23:22"),
        ("delta_range", "within -90 to 270"),
        ("angles_deg", "65"),
        ("method_flags", "Isotropic"),
    ] {
        assert_eq!(plain.metadata[name], Value::Text(value.to_owned()), "{name}");
    }
    assert_eq!(plain.metadata["acquisition_time_s"], Value::Number(2.5));
    let typed = read_text("film\nVASEmethod[CompleteEASE=6.37]\nAngstroms\nE\t1930\t50\t40\t200\t0.1\t0.2\n").0;
    assert_eq!(typed.numbers("wavelength_nm").unwrap(), [193.0]);
    assert_eq!(typed.numbers("psi_err_deg").unwrap(), [0.1]);
}

#[test]
fn depolarization_joins_by_wavelength_and_angle_and_other_rows_are_counted() {
    let rows = "E\t300\t65\t20\t190\t1\t1\nE\t310\t65\t21\t191\t1\t1\nuR\t300\t65\tinf\t1\nuR\t310\t65\tinf\t1\n\
        dPolE\t310\t65\t0.5\t0.1\nmm12\t300\t65\t-1\t-1\t0.1\t0.1\ndPolE\t320\t65\t0.7\t0.1\n";
    let (spectrum, reading) = read_text(&format!("{HEAD}{rows}"));
    let depolarization = spectrum.numbers("depolarization_percent").unwrap();
    assert!(depolarization[0].is_nan() && depolarization[1] == 0.5);
    assert_eq!(*reading.rejected, []);
    assert_eq!(
        spectrum.warnings,
        [
            "rows of other quantities are left out: 2 rows `uR`, 1 row `mm12`",
            "1 row `dPolE` (depolarization) left out: no row of Psi and Delta has the same wavelength and angle"
        ]
    );
}

#[test]
fn dynamic_files_have_minutes_in_column_8() {
    let text = "\nVASEmethod[CompleteEASE=3.65]\nDynamic\nnm\n\
        400\t70\t20\t200\t1\t1\t\t0.05\n500\t70\t20\t200\t1\t1\t\t0.05\n400\t70\t20\t200\t1\t1\t\t0.1\ndPolE\t400\t70\t3\t1\t\t0.1";
    let spectrum = read_text(text).0;
    assert_eq!(spectrum.numbers("time_s").unwrap(), [3.0, 3.0, 6.0]);
    assert_eq!(spectrum.metadata["n_slices"], Value::Number(2.0));
    assert_eq!(spectrum.numbers("depolarization_percent").unwrap()[2], 3.0);
    assert!(spectrum.warnings[0].starts_with("line 8 has no line end"), "{:?}", spectrum.warnings);
    assert!(!spectrum.metadata.contains_key("sample"));
}

#[test]
fn tangent_and_cosine_become_angles_and_delta_is_folded() {
    let spectrum = read_text("nm  TRIG\n300 70  1    .5\n400 70  0    -1\n500 70 1 1.5\n").0;
    assert!((spectrum.numbers("psi_deg").unwrap()[0] - 45.0).abs() < 1e-12);
    assert!((spectrum.numbers("delta_deg").unwrap()[0] - 60.0).abs() < 1e-12);
    assert_eq!(spectrum.numbers("delta_deg").unwrap()[1], 180.0);
    assert_eq!(spectrum.n_points(), 2);
    assert_eq!(spectrum.metadata["delta_range"], Value::Text("folded into 0 to 180".to_owned()));
}

#[test]
fn generalised_ellipsometry_is_read_with_a_warning() {
    let rows = "AnE\t300\t65\t14\t150\t0.1\t0.1\nAps\t300\t65\t1\t-141\t0.1\t2\nAsp\t300\t65\t1\t41\t0.1\t2\n";
    let spectrum = read_text(&format!("{HEAD}{rows}")).0;
    assert_eq!(spectrum.numbers("psi_deg").unwrap(), [14.0]);
    assert!(spectrum.warnings[0].contains("r_pp/r_ss"));
    assert_eq!(spectrum.warnings[1], "rows of other quantities are left out: 1 row `Aps`, 1 row `Asp`");
    assert_eq!(spectrum.warnings[2], delta::MAY_BE_FOLDED);
}

#[test]
fn a_file_of_reflectance_alone_is_refused() {
    assert_eq!(
        message("film\nRTmethod[WVASE=3.6]\nnm\npR\t300\t65\t0.1\t0.01\npR\t310\t65\t0.1\t0.01\n"),
        "line 4: this is a Woollam file without Psi and Delta (2 rows `pR`), which aldb does not read; in WVASE or \
         CompleteEASE, save the ellipsometric data (Psi and Delta) as text; no table stores reflectance, transmittance or \
         Mueller matrices alone"
    );
    assert!(message("film\nRTmethod[WVASE=3.6]\nnm\n300\t65\t0.1\t0.01\n").contains("1 row without a type"));
}

#[test]
fn a_column_without_a_name_is_the_angle_where_tabs_leave_a_place_for_it_and_an_error_elsewhere() {
    let (spectrum, _) = read_text("nm\t\tPsi\tDelta\t\n600\t50\t31.887\t166.79\t\n600\t55\t28.494\t162.38\t\n");
    assert_eq!(spectrum.numbers("angle_of_incidence_deg"), Some(&[50.0, 55.0][..]));
    assert_eq!(spectrum.numbers("psi_deg"), Some(&[31.887, 28.494][..]));
    let shifted = "nm      Psi    Delta\n600  65  20.00  120.00\n610  65  20.50  121.00\n";
    assert_eq!(
        WoollamText.read(shifted.as_bytes()).unwrap_err().to_string(),
        "line 2: expected a name for each of the 4 columns in the header, such as `nm AOI Psi Delta`, found 3 names"
    );
    let (spectrum, _) = read_text("nm Psi Delta\n600 20.00 120.00\n610 20.50 121.00\n");
    assert_eq!(spectrum.numbers("psi_deg"), Some(&[20.0, 20.5][..]));
}

#[test]
fn a_line_of_names_may_replace_the_header() {
    let spectrum = read_text("nm AOI\tPsi\tDelta\n300\t45\t40\t171\n\n310\t45\t41\t185").0;
    assert_eq!(spectrum.numbers("delta_deg").unwrap(), [171.0, 185.0]);
    let nameless = read_text("nm\t\tPsi\tDelta\n600\t50\t31\t266\n").0;
    assert_eq!(nameless.numbers("angle_of_incidence_deg").unwrap(), [50.0]);
    assert_eq!(nameless.warnings, ["the header does not name column 2: it is taken as the angle of incidence"]);
    let without = read_text("eV\tPsi\tDelta\n2\t31\t266\n").0;
    assert_eq!(without.numbers("photon_energy_ev").unwrap(), [2.0]);
    assert_eq!(without.numbers("angle_of_incidence_deg"), None);
}

#[test]
fn bad_rows_are_rejected_with_their_line_and_a_cut_file_is_marked() {
    let rows =
        "300\t65\t20\t190\t1\t1\n310\t65\t2O\t190\t1\t1\n-5\t65\t20\t190\t1\t1\n320\t65\t20\n330\t65\t20\t190\t0";
    let (spectrum, reading) = read_text(&format!("{}{rows}", HEAD.replace("\r\n", "\n")));
    assert_eq!(spectrum.n_points(), 1);
    let errors: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
    assert_eq!(
        errors,
        [
            "line 6: expected a number in ° for `Psi`, found `2O`",
            "line 7: `wavelength` is -5 nm, expected above 0",
            "line 8: expected 6 fields, found 3",
            "line 9: expected 6 fields, found 5"
        ]
    );
    assert_eq!(spectrum.metadata["incomplete"], Value::Text("the file ends in the middle of line 9".to_owned()));
}

#[test]
fn two_measurements_in_one_file_are_refused() {
    let text = format!("{HEAD}300\t65\t20\t190\t1\t1\r\n");
    assert!(message(&format!("{text}{text}")).starts_with("line 7: expected rows of one measurement, found"));
    assert_eq!(
        message("film\nVASEmethod[WVASE=3.6]\n"),
        "line 2: expected a line with the unit of the first column (`nm`, `Angstroms`, `eV`), found \
         `VASEmethod[WVASE=3.6]`"
    );
    assert_eq!(
        message(""),
        "line 1: expected a line with the unit of the first column (`nm`, `Angstroms`, `eV`), found the end of the file"
    );
}

#[test]
fn computed_and_transmission_data_give_warnings() {
    let computed = HEAD.replace("Isotropic", "Simulation for film.mod, TransmissionMeas=1");
    let spectrum = read_text(&format!("{computed}300\t65\t20\t190\r\n")).0;
    assert_eq!(
        spectrum.warnings,
        [
            "the spectrum was measured in transmission (`TransmissionMeas=1`)",
            "the spectrum was computed, not measured (`Simulation for film.mod`)"
        ]
    );
    assert_eq!(spectrum.metadata["is_simulated"], Value::Flag(true));
}

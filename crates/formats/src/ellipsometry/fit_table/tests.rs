//! Tests with synthetic tables.

use super::*;
use crate::Measurement;

fn read_text(text: &str) -> (Measurement, Reading) {
    let reading = read(text.as_bytes()).unwrap();
    (reading.measurements[0].clone(), reading)
}

fn names(measurement: &Measurement) -> Vec<&str> {
    measurement.columns.iter().map(|column| column.name.as_str()).collect()
}

#[test]
fn positions_in_cm_become_mm_and_empty_rows_are_not_points() {
    let text = "X (cm)\tY (cm)\tMSE\tRoughness (nm)\tThickness # 1 (nm)\tE Inf\tRoughness (nm) Error\tThickness # 1 (nm) Error\tE Inf Error\n\
        -1.8\t0.5\t8.3\t3.08\t117.26\t24\t0.1\t0.2\t0.3\n\t\t\n\t\t";
    let (series, reading) = read_text(text);
    assert_eq!(
        names(&series),
        [
            "x_mm",
            "y_mm",
            "mse",
            "roughness_nm",
            "thickness_nm",
            "e_inf",
            "roughness_err_nm",
            "thickness_err_nm",
            "e_inf_error"
        ]
    );
    assert_eq!(series.numbers("x_mm").unwrap(), [-18.0]);
    assert_eq!(series.numbers("y_mm").unwrap(), [5.0]);
    assert_eq!(series.numbers("thickness_nm").unwrap(), [117.26]);
    assert_eq!(series.metadata["thickness_layer"], rows::text_value("Thickness # 1 (nm)"));
    assert_eq!((series.warnings.len(), reading.rejected.len()), (0, 0));
}

#[test]
fn statistics_above_the_points_of_a_map_are_not_points() {
    let text = " \tPoint #\tZ Align\tMSE\tThickness # 1 (A)\tn of Cauchy @ 632.8 nm\tFit OK\n\
        Average\tN/A\t0.6\t4\t1060\t1.5\t1.0\n% Range\tN/A\t0\t4\t9\t1\t0\n\
        (-0.000,0.5)\t1\t0.61\t3.5\t1056\t1.507\tyes\n(0.354,-0.354)\t2\t0.61\t3.7\t1044.2\t1.508\tno\n";
    let (map, reading) = read_text(text);
    assert_eq!(map.numbers("x_mm").unwrap(), [-0.0, 3.54]);
    assert_eq!(map.numbers("y_mm").unwrap(), [5.0, -3.54]);
    assert_eq!(map.numbers("thickness_nm").unwrap(), [105.6, 104.42]);
    assert_eq!(map.numbers("refractive_index").unwrap(), [1.507, 1.508]);
    assert_eq!(map.metadata["index_wavelength_nm"], Value::Number(632.8));
    assert_eq!(map.metadata["statistics_rows"], rows::text_value("Average, % Range"));
    assert_eq!(map.columns.last().unwrap().values, Values::Text(vec!["yes".to_owned(), "no".to_owned()]));
    assert_eq!(*reading.rejected, []);
}

#[test]
fn a_thickness_without_unit_does_not_become_nm() {
    let text = "a synthetic map\r\nAnalysis Strategy:  oxide\r\n\r\nFit Parm:\tMSE\tThick.2\tThick.1\t\r\n----\t----\t----\t----\t\r\n\
        Average:\t24.5\t1830.8\t21.5\t\r\n----\t----\t----\t----\t\r\n1:(2.00,6.00)\t21.7\t1830.3\t21.6\t\r\n\r\n";
    let (map, reading) = read_text(text);
    assert_eq!(names(&map), ["x_mm", "y_mm", "mse", "thick_2", "thick_1"]);
    assert_eq!(map.numbers("y_mm").unwrap(), [60.0]);
    assert_eq!(map.numbers("thick_2").unwrap(), [1830.3]);
    assert_eq!(map.metadata["thickness_unit"], rows::text_value(NOT_STATED));
    assert_eq!(map.metadata["title"], rows::text_value("a synthetic map"));
    assert_eq!(map.metadata["analysis_strategy"], rows::text_value("oxide"));
    assert_eq!(map.warnings[1], "the file states no unit for `Thick.2`, `Thick.1`: kept as written, not as nm");
    assert_eq!(*reading.rejected, []);
}

#[test]
fn time_converts_by_its_unit_and_that_of_film_sense_is_minutes() {
    let series = read_text("Time (min),MSE,Thickness # 1 (nm),Thickness # 2 (nm)\n0.5,2.1,1.81,7\n1.0,2.2,1.83,8\n").0;
    assert_eq!(series.numbers("time_s").unwrap(), [30.0, 60.0]);
    assert_eq!(series.numbers("thickness_nm").unwrap(), [1.81, 1.83]);
    assert_eq!(series.numbers("thickness_2_nm").unwrap(), [7.0, 8.0]);
    assert_eq!(
        series.warnings,
        ["several thicknesses were fitted: `thickness_nm` is the first, `Thickness # 1 (nm)`; the others are \
             `Thickness # 2 (nm)`"]
    );
    let film_sense = read_text("Time\tThick(A).1\trho(uOhm*cm)\r\r\n0.5\t12\t3\r\r\n").0;
    assert_eq!(film_sense.numbers("time_s").unwrap(), [30.0]);
    assert_eq!(film_sense.numbers("thickness_nm").unwrap(), [1.2]);
    assert!(film_sense.warnings[0].contains("minutes are assumed"));
    let abbreviated = read_text("Time (min.)\tMSE\tThickness (nm)\n0.5\t2\t3\n").0;
    assert_eq!(abbreviated.numbers("time_s").unwrap(), [30.0]);
    let remark = read_text("# run; a remark\r\nTime (min)\tMSE\tThickness # 1 (nm)\r\n0.5\t2\t3\r\n").0;
    assert_eq!(remark.numbers("time_s").unwrap(), [30.0]);
    assert_eq!(remark.metadata["title"], rows::text_value("run; a remark"));
    let unknown = read_text("Time\tMSE\tThickness # 1 (nm)\n0.5\t2\t3\n").0;
    assert_eq!(unknown.numbers("time").unwrap(), [0.5]);
    assert_eq!(unknown.metadata["time_unit"], rows::text_value(NOT_STATED));
}

#[test]
fn damage_is_reported_with_its_line() {
    let (series, reading) = read_text("Time (s)\tMSE\tThickness # 1 (nm)\n1\t2\t3\n2\t2\tx\n\t2\t3\n3\t4\n4\t5");
    let errors: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
    assert_eq!(
        errors,
        [
            "line 3: expected a number in nm for `Thickness # 1 (nm)`, found `x`",
            "line 4: expected a number in s for `Time (s)`, found ``",
            "line 6: expected 3 fields, found 2"
        ]
    );
    // A point without a thickness is a point whose fit failed.
    assert!(series.numbers("thickness_nm").unwrap()[1].is_nan());
    assert_eq!(series.metadata["incomplete"], rows::text_value("the file ends in the middle of line 6"));
    assert!(read(b"a,b\n1,2\n").is_err());
}

//! Facts of one file that contradict each other, checked wherever both are there, in the same way for all formats.
//!
//! Real and imaginary part against modulus, phase and series capacitance; counts against count rate and counting time; charge against
//! the integral of the current; the unit of Psi and Delta against their values. Where it cannot be known which of them is right, the values
//! are shown but not stored.

use std::f64::consts::TAU;

use crate::number::rounded;
use crate::{Measurement, Technique, Value, Values};

/// The end of the name of a column that contradicts others.
pub(crate) const CONTRADICTORY: &str = "_contradictory";
/// Relative difference that rounding in the file explains.
const ROUNDING: f64 = 0.02;
/// Largest difference of phases that rounding explains (degrees).
const ROUNDING_DEG: f64 = 2.0;
/// Ratios of a charge to the integral of the current where the unit of one of them is wrong: milli, and hours for seconds.
const UNIT_RATIOS: [f64; 2] = [1000.0, 3600.0];
/// Relative difference from such a ratio that sampling explains.
const SAMPLING: f64 = 0.1;

/// Compares what a measurement states twice; mends a phase in radians, and adds a warning for each contradiction.
pub(crate) fn compare_facts(measurement: &mut Measurement) {
    match measurement.technique {
        Technique::ImpedanceSpectroscopy => impedance(measurement),
        Technique::Electrochemistry => charge(measurement),
        Technique::XRayDiffraction | Technique::PhotoelectronSpectroscopy => rates(measurement),
        _ => {}
    }
}

/// Columns of Psi and Delta.
const ANGLES: [&str; 4] = ["psi_deg", "psi_err_deg", "delta_deg", "delta_err_deg"];

/// Takes Psi and Delta as degrees where their headers say radians, but most values can only be degrees: Psi has no more than 90°, Delta no more
/// than 360°. Where the headers say degrees and all values would fit radians, adds a warning.
pub(crate) fn compare_angle_units(measurement: &mut Measurement) {
    const FEWEST: usize = 8;
    if measurement.technique != Technique::SpectroscopicEllipsometry {
        return;
    }
    let radian = 1_f64.to_degrees();
    let says_radians = |header: &str| {
        header
            .to_lowercase()
            .split(|c: char| !c.is_alphabetic())
            .any(|word| ["rad", "radian", "radians"].contains(&word))
    };
    let (Some(psi), Some(delta)) = (measurement.numbers("psi_deg"), measurement.numbers("delta_deg")) else { return };
    let greatest = |values: &[f64]| median(values.iter().map(|value| value.abs()));
    let (Some(psi_median), Some(delta_median)) = (greatest(psi), greatest(delta)) else { return };
    let [psi_header, delta_header] = ["psi_deg", "delta_deg"].map(|name| header_of(measurement, name).to_owned());
    let is_named = says_radians(&psi_header) && says_radians(&delta_header);
    if is_named
        && (psi_median > 90.0 || delta_median > 360.0)
        && psi_median <= 90.0 * radian
        && delta_median <= 360.0 * radian
    {
        for column in measurement
            .columns
            .iter_mut()
            .filter(|column| ANGLES.contains(&column.name.as_str()) && says_radians(&column.header))
        {
            if let Values::Number(values) = &mut column.values {
                values.iter_mut().for_each(|value| *value = rounded(*value / radian, 12));
            }
        }
        measurement.warnings.push(format!(
            "`{psi_header}` and `{delta_header}` say radians, but the values can only be degrees (Psi is at most 90°, Delta at most 360°): they are taken as degrees"
        ));
        return;
    }
    let fits = |values: &[f64], most: f64| {
        values.len() >= FEWEST && values.iter().all(|value| value.is_nan() || value.abs() <= most)
    };
    if !is_named && fits(psi, 90.0 / radian) && fits(delta, 360.0 / radian) {
        measurement.warnings.push(format!(
            "all values of `{psi_header}` and `{delta_header}` would fit radians: if they are, state the unit in the header"
        ));
    }
}

fn impedance(measurement: &mut Measurement) {
    let (Some(re), Some(im)) = (measurement.numbers("z_re_ohm"), measurement.numbers("z_im_ohm")) else { return };
    let (re, im) = (re.to_vec(), im.to_vec());
    let modulus_is_near = measurement.numbers("z_modulus_ohm").is_none_or(|modulus| {
        let relative = re.iter().zip(&im).zip(modulus).map(|((re, im), modulus)| (re.hypot(*im) / modulus - 1.0).abs());
        median(relative).is_none_or(|median| median <= ROUNDING)
    });
    if !modulus_is_near {
        withhold(
            measurement,
            &["z_modulus_ohm"],
            "the modulus differs from that of real and imaginary part, which are taken",
        );
    }
    let phase_deg = || re.iter().zip(&im).map(|(re, im)| im.atan2(*re).to_degrees());
    if let Some(phase) = measurement.numbers("z_phase_deg").map(<[f64]>::to_vec) {
        let differs = |factor: f64| {
            let difference = phase_deg().zip(&phase).map(|(own, stated)| {
                let difference = (own - factor * stated).rem_euclid(360.0);
                difference.min(360.0 - difference)
            });
            median(difference).is_some_and(|median| median > ROUNDING_DEG)
        };
        let radian = 1_f64.to_degrees();
        let is_radians = phase.iter().all(|phase| phase.is_nan() || phase.abs() <= TAU) && !differs(radian);
        if !differs(1.0) {
            // As stated.
        } else if is_radians {
            let column = measurement.columns.iter_mut().find(|column| column.name == "z_phase_deg");
            if let Some((Values::Number(values), unit)) = column.map(|column| (&mut column.values, &mut column.unit)) {
                values.iter_mut().for_each(|value| *value = value.to_degrees());
                *unit = Some("deg".to_owned());
            }
            measurement.warnings.push("the phase is in radians, as real and imaginary part show".to_owned());
        } else if differs(-1.0) {
            withhold(
                measurement,
                &["z_phase_deg"],
                "the phase differs from that of real and imaginary part, which are taken",
            );
        } else {
            withhold(
                measurement,
                &["z_im_ohm", "z_phase_deg"],
                "the sign of the phase differs from that of the imaginary part",
            );
            return;
        }
    }
    let Some(frequency) = measurement.numbers("frequency_hz") else { return };
    let has_other_sign = measurement.columns.iter().any(|column| {
        let is_capacitance = column.name.starts_with('c') || column.header.starts_with('C');
        let Values::Number(values) = &column.values else { return false };
        let product = || frequency.iter().zip(&im).zip(values).map(|((f, im), c)| c * TAU * f * im);
        is_capacitance
            && median(product().map(|product| (product.abs() - 1.0).abs())).is_some_and(|median| median <= ROUNDING)
            && median(product()).is_some_and(|product| product > 0.0)
    });
    if has_other_sign {
        withhold(
            measurement,
            &["z_im_ohm"],
            "its sign is inductive, that of the series capacitance in the same file is not",
        );
    }
}

/// Counts against count rate and time.
fn rates(measurement: &mut Measurement) {
    let (Some(counts), Some(rate)) = (measurement.numbers("counts"), measurement.numbers("count_rate_per_s")) else {
        return;
    };
    let Some(Value::Number(time_s)) = measurement.metadata.get("counting_time_s") else { return };
    let ratio =
        counts.iter().zip(rate).filter(|(counts, _)| **counts > 0.0).map(|(counts, rate)| rate * time_s / counts);
    let Some(ratio) = median(ratio).filter(|ratio| !(0.5..=2.0).contains(ratio)) else { return };
    let words = format!("counts are not count rate times `counting_time_s`: they differ by a factor of {ratio:.3}");
    withhold(measurement, &["count_rate_per_s"], &words);
}

/// Charge against the integral of the current: a warning where they differ as units do. Which of them is right cannot be known.
fn charge(measurement: &mut Measurement) {
    let (Some(time_s), Some(current_a)) = (measurement.numbers("time_s"), measurement.numbers("current_a")) else {
        return;
    };
    let passed: f64 = time_s
        .windows(2)
        .zip(current_a.windows(2))
        .map(|(time, current)| (time[1] - time[0]) * f64::midpoint(current[0].abs(), current[1].abs()))
        .filter(|charge| charge.is_finite() && *charge > 0.0)
        .sum();
    let passed_mah = passed / 3.6;
    let mut warnings = Vec::new();
    for name in ["charge_mah", "charge_capacity_mah", "discharge_capacity_mah"] {
        let Some(stated) = measurement.numbers(name) else { continue };
        let moved: f64 = stated.windows(2).map(|two| (two[1] - two[0]).abs()).filter(|step| step.is_finite()).sum();
        let ratio = moved / passed_mah;
        if UNIT_RATIOS.iter().any(|unit| (ratio / unit - 1.0).abs() < SAMPLING || (ratio * unit - 1.0).abs() < SAMPLING)
        {
            warnings.push(format!(
                "`{}` changes by {ratio:.3} times the integral of the current: the unit of one of them may be wrong",
                header_of(measurement, name)
            ));
        }
    }
    measurement.warnings.extend(warnings);
}

fn header_of<'m>(measurement: &'m Measurement, name: &'m str) -> &'m str {
    measurement.columns.iter().find(|column| column.name == name).map_or(name, |column| column.header.as_str())
}

/// Renames columns, so that they are shown but not stored, with a warning.
fn withhold(measurement: &mut Measurement, names: &[&str], why: &str) {
    let mut headers = Vec::new();
    for column in measurement.columns.iter_mut().filter(|column| names.contains(&column.name.as_str())) {
        headers.push(format!("`{}`", column.header));
        column.name.push_str(CONTRADICTORY);
    }
    measurement.warnings.push(contradiction_in(&headers.join(", "), why));
}

/// The warning where columns with these headers are withheld.
pub(crate) fn contradiction_in(headers: &str, why: &str) -> String {
    format!("the file contradicts itself in {headers}: {why}; shown as `…{CONTRADICTORY}`, but not stored")
}

/// The median of the numbers among `values`.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    Some(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

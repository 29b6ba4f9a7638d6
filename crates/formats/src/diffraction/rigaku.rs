//! What both of Rigaku's formats say of a scan: the axis, the unit, and a third column that is the attenuator's.
//!
//! No source says whether the intensities have been multiplied by the third column, and in all files known it is 1
//! throughout. Where it is not, it is kept as `attenuator`, the intensities stay as they are, and what they count is not
//! stated.

use super::scan::{Scan, axis};

/// The columns of a profile.
pub(super) struct Profile {
    pub(super) angles: Vec<f64>,
    pub(super) intensities: Vec<f64>,
    pub(super) attenuator: Option<Vec<f64>>,
}

/// What a profile's header says.
#[derive(Debug, Default)]
pub(super) struct Stated<'t> {
    pub(super) axis: &'t str,
    pub(super) unit: &'t str,
    pub(super) points: Option<f64>,
    pub(super) step: Option<f64>,
    pub(super) speed: Option<f64>,
    pub(super) speed_unit: &'t str,
    pub(super) start_time: &'t str,
    /// Where axis ω stood, where it is told.
    pub(super) omega: Option<f64>,
}

/// Adds a profile to a scan, with what its header says of it.
pub(super) fn add(scan: &mut Scan, profile: Profile, stated: &Stated<'_>) {
    let found = profile.intensities.len();
    if let Some(points) = stated.points.filter(|points| (found as f64) < *points) {
        scan.incomplete(&format!("{found} points, the file announces {points}"));
    }
    let unit = match stated.unit.to_lowercase().as_str() {
        "counts" => "counts",
        "cps" | "counts/s" | "counts/sec" => "counts/s",
        _ => crate::NOT_STATED,
    };
    scan.text("intensity_unit", unit);
    let broken = profile.intensities.iter().filter(|value| value.fract() != 0.0).count();
    if unit == "counts" && broken > 0 {
        scan.warnings
            .push(format!("{broken} of {found} intensities are no whole numbers, though the unit is `counts`"));
    }
    scan.column("scan_angle_deg", Some("deg"), stated.axis, profile.angles);
    scan.column("intensity", Some("1"), stated.unit, profile.intensities);
    if let Some(factors) = profile.attenuator {
        let others = factors.iter().filter(|factor| **factor != 1.0).count();
        if others == 0 {
            scan.column("attenuation_factor", Some("1"), "attenuator", factors);
        } else {
            scan.warnings.push(format!(
                "the attenuator's column is not 1 in {others} points, and the file does not say whether the intensities \
                 have been multiplied by it: what they count is not stated"
            ));
            scan.not_stated("intensity_unit");
            scan.column("attenuator", Some("1"), "attenuator", factors);
        }
    }
    let name = stated.axis.trim();
    scan.axis((!name.is_empty()).then_some(name));
    scan.text("scan_type", name);
    if axis(name) == "two_theta" {
        scan.positive("incidence_angle_deg", stated.omega);
    }
    scan.number("step_deg", stated.step);
    match stated.speed_unit.trim().to_lowercase().as_str() {
        "deg/min" | "degree/min" => scan.positive("scan_speed_deg_per_min", stated.speed),
        // A step scan counts so long at each point. What a moving line detector counts for is not told by its speed.
        "sec" | "s" | "sec." => scan.positive("counting_time_s", stated.speed),
        _ => {}
    }
    match super::rows::zoned(stated.start_time) {
        Some((started, zone)) => {
            scan.text("started_at", &started);
            scan.text("started_at_offset", zone.as_deref().unwrap_or_default());
        }
        // With two digits for the year nobody can tell it from day and month.
        None => match super::rows::date(stated.start_time).filter(|_| has_whole_year(stated.start_time)) {
            Some(started) => scan.text("started_at", &started),
            None => scan.text("start_time_as_written", stated.start_time),
        },
    }
}

fn has_whole_year(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).take(3).any(|digits| digits.len() == 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn an_attenuator_that_varies_leaves_the_unit_open() {
        let mut scan = Scan::default();
        let attenuator = Some(vec![1.0, 70.0]);
        let profile = Profile { angles: vec![1.0, 2.0], intensities: vec![5.0, 6.0], attenuator };
        add(&mut scan, profile, &Stated { axis: "TwoThetaTheta", unit: "counts", ..Stated::default() });
        assert_eq!(scan.metadata["intensity_unit"], Value::Text("not stated".to_owned()));
        assert_eq!(scan.metadata["scan_axis"], Value::Text("theta_two_theta".to_owned()));
        let scan = scan.measurement(0);
        assert_eq!(scan.numbers("attenuator"), Some(&[1.0, 70.0][..]));
        assert_eq!(scan.numbers("attenuation_factor"), None);
    }
}

//! Writes diffraction patterns as PANalytical's Data Collector does: `.xrdml`, schema 1.5.
//!
//! Format: XML; `<positions>` of both axes by their ends (or by one place, if an axis does not move), the counting
//! time, and all counts in one `<intensities>`. Source: the schema's name space and files of Data Collector 4.0 and 5.4 in
//! public repositories.

use crate::file::REMARK;
use crate::model::bragg::{K_ALPHA_1_ANGSTROM, K_ALPHA_2_ANGSTROM};
use crate::opening::after_opening;

/// How the angles move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Geometry {
    /// Source and detector together: Bragg and Brentano's.
    Coupled,
    /// The detector alone, the beam at a grazing angle (°).
    Grazing { omega_deg: f64 },
}

/// A scan of 2θ (°) in equal steps, with the seconds a point.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scan {
    pub(crate) geometry: Geometry,
    pub(crate) start_deg: f64,
    pub(crate) end_deg: f64,
    pub(crate) time_s: f64,
    pub(crate) counts: Vec<f64>,
}

/// The file of a scan.
pub(crate) fn xrdml(sample: &str, start_minutes: i64, scan: &Scan) -> Vec<u8> {
    const SPACE: &str = "http://www.xrdml.com/XRDMeasurement/1.5";
    let stamp = |minutes: i64| after_opening(minutes).strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let end_minutes = start_minutes + (scan.counts.len() as f64 * scan.time_s / 60.0).ceil() as i64;
    let (axis, omega) = match scan.geometry {
        Geometry::Coupled => ("Gonio", moving(scan.start_deg / 2.0, scan.end_deg / 2.0)),
        Geometry::Grazing { omega_deg } => {
            ("2Theta", format!("\t\t\t\t\t<commonPosition>{omega_deg:.8}</commonPosition>\n"))
        }
    };
    let counts: Vec<String> = scan.counts.iter().map(f64::to_string).collect();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text += &format!(
        "<xrdMeasurements xmlns=\"{SPACE}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"{SPACE} {SPACE}/XRDMeasurement.xsd\" status=\"Completed\">\n"
    );
    text += &format!("\t<comment>\n\t\t<entry>{REMARK}</entry>\n\t</comment>\n");
    text +=
        &format!("\t<sample type=\"To be analyzed\">\n\t\t<id>{sample}</id>\n\t\t<name>{sample}</name>\n\t</sample>\n");
    text += "\t<xrdMeasurement measurementType=\"Scan\" status=\"Completed\" sampleMode=\"Reflection\">\n";
    text += &format!("\t\t<comment>\n\t\t\t<entry>{REMARK}</entry>\n\t\t</comment>\n");
    text += "\t\t<usedWavelength intended=\"K-Alpha\">\n";
    for (line, angstrom) in [("kAlpha1", K_ALPHA_1_ANGSTROM), ("kAlpha2", K_ALPHA_2_ANGSTROM), ("kBeta", 1.392_246)] {
        text += &format!("\t\t\t<{line} unit=\"Angstrom\">{angstrom:.7}</{line}>\n");
    }
    text += "\t\t\t<ratioKAlpha2KAlpha1>0.5000</ratioKAlpha2KAlpha1>\n\t\t</usedWavelength>\n";
    text += "\t\t<incidentBeamPath>\n\t\t\t<xRayTube id=\"1\" name=\"synthetic\">\n\
             \t\t\t\t<tension unit=\"kV\">40</tension>\n\t\t\t\t<current unit=\"mA\">40</current>\n\
             \t\t\t\t<anodeMaterial>Cu</anodeMaterial>\n\t\t\t</xRayTube>\n\t\t</incidentBeamPath>\n";
    text += &format!("\t\t<scan appendNumber=\"0\" mode=\"Continuous\" scanAxis=\"{axis}\" status=\"Completed\">\n");
    text += &format!(
        "\t\t\t<header>\n\t\t\t\t<startTimeStamp>{}</startTimeStamp>\n\t\t\t\t<endTimeStamp>{}</endTimeStamp>\n\
         \t\t\t\t<source>\n\t\t\t\t\t<applicationSoftware version=\"4.0a\">Data Collector</applicationSoftware>\n\
         \t\t\t\t</source>\n\t\t\t</header>\n",
        stamp(start_minutes),
        stamp(end_minutes)
    );
    text += "\t\t\t<dataPoints>\n";
    for (name, positions) in [("2Theta", moving(scan.start_deg, scan.end_deg)), ("Omega", omega)] {
        text += &format!("\t\t\t\t<positions axis=\"{name}\" unit=\"deg\">\n{positions}\t\t\t\t</positions>\n");
    }
    text += &format!("\t\t\t\t<commonCountingTime unit=\"seconds\">{:.3}</commonCountingTime>\n", scan.time_s);
    text += &format!("\t\t\t\t<intensities unit=\"counts\">{}</intensities>\n", counts.join(" "));
    text += "\t\t\t</dataPoints>\n\t\t</scan>\n\t</xrdMeasurement>\n</xrdMeasurements>\n";
    text.into_bytes()
}

fn moving(start_deg: f64, end_deg: f64) -> String {
    format!(
        "\t\t\t\t\t<startPosition>{start_deg:.8}</startPosition>\n\t\t\t\t\t<endPosition>{end_deg:.8}</endPosition>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(geometry: Geometry) -> String {
        let scan = Scan { geometry, start_deg: 10.0, end_deg: 10.04, time_s: 30.0, counts: vec![5.0, 7.0, 6.0] };
        String::from_utf8(xrdml("film", 0, &scan)).unwrap()
    }

    #[test]
    fn every_element_that_opens_closes() {
        let text = text(Geometry::Coupled);
        let mut open = Vec::new();
        for tag in text.split('<').skip(2).map(|part| part.split('>').next().unwrap()) {
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name)),
                None => open.push(tag.split_whitespace().next().unwrap()),
            }
        }
        assert_eq!(open, Vec::<&str>::new());
        assert!(text.contains("<entry>synthetic: "));
    }

    #[test]
    fn at_grazing_incidence_only_the_detector_moves() {
        let coupled = text(Geometry::Coupled);
        assert!(coupled.contains("scanAxis=\"Gonio\"") && coupled.contains("<endPosition>5.02000000</endPosition>"));
        let grazing = text(Geometry::Grazing { omega_deg: 0.5 });
        assert!(
            grazing.contains("scanAxis=\"2Theta\"") && grazing.contains("<commonPosition>0.50000000</commonPosition>")
        );
        assert!(grazing.contains("<intensities unit=\"counts\">5 7 6</intensities>"));
        assert!(grazing.contains("<endTimeStamp>2000-01-17T09:02:00+00:00</endTimeStamp>"));
    }
}

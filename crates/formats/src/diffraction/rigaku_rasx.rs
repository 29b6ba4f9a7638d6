//! Reads Rigaku's archives (`.rasx`).
//!
//! A zip. `Data<n>/Profile<m>.txt` are the points: angle, intensity and attenuator, parted by tabs, without a header;
//! beside each is `Data<n>/MesurementConditions<m>.xml` (spelled so) with what holds for it. A map has hundreds of both.
//!
//! Source: files of SmartLab Studio II.
//!
//! Not supported: images of area detectors in the same archive, which are passed over; profiles over something that is
//! no angle, which are left out with a warning.

use super::rigaku::{Stated, add};
use super::rigaku_ras::rows;
use super::rows::number;
use super::scan::{Lines, Scan};
use crate::archive::Archive;
use crate::manifest::embedded;
use crate::registry::Adapter;
use crate::text::{decode, excerpt, lines};
use crate::xml::{self, Node};
use crate::{Manifest, Match, Place, Probe, ReadError, Reading};

/// Reads `.rasx`.
#[derive(Debug)]
pub(crate) struct RigakuRasx;

impl Adapter for RigakuRasx {
    fn manifest(&self) -> &Manifest {
        embedded("rigaku_rasx")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let is_profile = |name: &String| place_of(name).is_some();
        let has_conditions = probe.has_member("MesurementConditions");
        if probe.member_names().iter().any(is_profile) || has_conditions { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let mut archive = Archive::open(file)?;
        let all = archive.names();
        let mut names: Vec<((u32, u32), String)> =
            all.iter().filter_map(|name| Some((place_of(name)?, name.clone()))).collect();
        names.sort();
        names.dedup();
        if names.is_empty() {
            return Err(ReadError::Malformed {
                place: Place::Offset(0),
                expected: "profiles `Data<n>/Profile<m>.txt`".to_owned(),
                found: "none".to_owned(),
            });
        }
        let mut reading = Reading::default();
        let mut left_out = Vec::new();
        for (_, name) in &names {
            let conditions = ["MesurementConditions", "MeasurementConditions"]
                .map(|word| name.replacen("Profile", word, 1).replace(".txt", ".xml"))
                .into_iter()
                .find(|name| all.contains(name));
            let root = match conditions {
                Some(conditions) => xml::parse(&archive.read(&conditions)?)?.0,
                None => Node::default(),
            };
            let text = archive.read(name)?;
            profile(name, &root, &text, &mut reading, &mut left_out);
        }
        if let (true, Some(first)) = (reading.measurements.is_empty(), left_out.first()) {
            return Err(ReadError::NotSupported {
                place: Place::Offset(0),
                recognised: format!("a Rigaku archive (.rasx) without a scan over an angle ({first})"),
                advice: "export a scan over an angle".to_owned(),
            });
        }
        reading.warnings.extend(left_out.iter().take(5).map(|words| format!("left out: {words}")));
        if left_out.len() > 5 {
            reading.warnings.push(format!("{} profiles were left out in all", left_out.len()));
        }
        Ok(reading)
    }
}

/// The numbers in `Data<n>/Profile<m>.txt`.
fn place_of(name: &str) -> Option<(u32, u32)> {
    let (folder, file) = name.rsplit_once('/')?;
    let profile = file.strip_prefix("Profile")?.strip_suffix(".txt")?;
    Some((folder.strip_prefix("Data")?.parse().ok()?, profile.parse().ok()?))
}

fn profile(name: &str, root: &Node, text: &[u8], reading: &mut Reading, left_out: &mut Vec<String>) {
    let at = |path: &str| root.text_at(path).unwrap_or_default();
    let number_at = |path: &str| root.text_at(path).and_then(number);
    let (axis, unit) = (at("ScanInformation/AxisName"), at("ScanInformation/PositionUnit"));
    if !unit.is_empty() && !unit.eq_ignore_ascii_case("deg") {
        left_out.push(format!("`{name}`, over axis `{}` in {}", excerpt(axis, 24), excerpt(unit, 12)));
        return;
    }
    let mut scan = Scan::default();
    scan.text("data_set", name);
    scan.text("sample", at("GeneralInformation/SampleName"));
    scan.text("comment", at("GeneralInformation/Comment"));
    scan.text("memo", at("GeneralInformation/Memo"));
    scan.text("instrument", at("GeneralInformation/SystemName"));
    scan.text("software", at("GeneralInformation/PackageName"));
    scan.text("method", at("GeneralInformation/PartName"));
    scan.text("format_version", &format!("{} {}", at("GeneralInformation/Type"), at("GeneralInformation/Version")));
    let generator = |name: &str| format!("HWConfigurations/XrayGenerator/{name}");
    scan.text("anode", at(&generator("TargetName")));
    scan.text("radiation", at(&generator("WaveType")));
    scan.wavelengths(&Lines {
        used: None,
        alpha_1: number_at(&generator("WavelengthKalpha1")),
        alpha_2: number_at(&generator("WavelengthKalpha2")),
        beta: number_at(&generator("WavelengthKbeta")),
        ratio: None,
    });
    if at(&generator("VoltageUnit")) == "kV" {
        scan.positive("generator_voltage_kv", number_at(&generator("Voltage")));
    }
    if at(&generator("CurrentUnit")) == "mA" {
        scan.positive("generator_current_ma", number_at(&generator("Current")));
    }
    scan.text("scan_mode", at("ScanInformation/Mode"));
    let omega = root.child("Axes").and_then(|axes| {
        axes.children("Axis")
            .find(|axis| axis.attribute("Name") == Some("Omega") && axis.attribute("State") == Some("Fixed"))
    });
    let decoded = decode(text);
    let points: Vec<_> = lines(&decoded.text).filter(|line| !line.text.trim().is_empty()).collect();
    let block = reading.measurements.len();
    let (profile, mut warnings) = rows(&points, block, &mut reading.rejected);
    // The archive checks its members' bytes: a last line without its end is whole.
    warnings.retain(|words| !words.contains("has no line end"));
    scan.warnings.extend(warnings);
    let stated = Stated {
        axis,
        unit: at("ScanInformation/IntensityUnit"),
        points: number_at("ScanInformation/DataCount"),
        step: number_at("ScanInformation/Step"),
        speed: number_at("ScanInformation/Speed"),
        speed_unit: at("ScanInformation/SpeedUnit"),
        start_time: at("ScanInformation/StartTime"),
        omega: omega.and_then(|axis| axis.attribute("Position")).and_then(number),
    };
    add(&mut scan, profile, &stated);
    reading.measurements.push(scan.measurement(block));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_ordered_by_their_numbers() {
        assert_eq!(place_of("Data12/Profile3.txt"), Some((12, 3)));
        assert_eq!(place_of("Data0/MesurementConditions0.xml"), None);
    }

    #[test]
    fn a_profile_without_conditions_states_nothing() {
        let mut reading = Reading::default();
        profile("Data0/Profile0.txt", &Node::default(), b"1.0\t5\t1\r\n1.5\t6\t1", &mut reading, &mut Vec::new());
        let scan = &reading.measurements[0];
        assert_eq!(scan.numbers("intensity"), Some(&[5.0, 6.0][..]));
        assert_eq!(scan.metadata["scan_axis"], crate::Value::Text("not stated".to_owned()));
        assert_eq!(scan.metadata["intensity_unit"], crate::Value::Text("not stated".to_owned()));
        assert!(scan.warnings.is_empty());
    }
}

//! Reads PANalytical's `.xrdml`.
//!
//! Format: XML. `xrdMeasurement` holds the wavelength, the beam path and `scan`s; `dataPoints` of a scan holds `positions`
//! (first and last, a list, or one for all) for each axis and either `intensities` (schema 1.x), which the program has
//! multiplied by the factors of the beam attenuator already, or `counts` (schema 2.x), which it has not.
//! Source: PANalytical, XRDML schemas 1.0 to 2.1 (xrdml.com); files of Data Collector 2.0 to 5.4.
//!
//! Not supported: scans along an axis that is not an angle; they are named in a warning.

use super::scan::{Lines, Scan, axis_column, between};
use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::text::{decode, excerpt};
use crate::xml::{self, Node};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Value, Values};

/// Reads `.xrdml`.
#[derive(Debug)]
pub(crate) struct Xrdml;

impl Adapter for Xrdml {
    fn manifest(&self) -> &Manifest {
        embedded("xrdml")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.text().contains("<xrdMeasurements") { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads a document.
///
/// # Errors
///
/// [`ReadError::Malformed`] where it is not XML of that kind, or holds no scan along an angle.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let (root, broken) = xml::parse(file)?;
    if root.name != "xrdMeasurements" {
        return Err(ReadError::malformed(
            Place::Offset(root.offset),
            "`xrdMeasurements`",
            format!("`{}`", excerpt(&root.name, 40)),
        ));
    }
    let text = broken.is_some().then(|| decode(file));
    let is_cut = |scan: &Node| {
        let stored = scan.child("dataPoints").and_then(stored);
        stored.zip(text.as_ref()).is_some_and(|(stored, decoded)| {
            let rest = usize::try_from(stored.offset).ok().and_then(|offset| decoded.text.get(offset..));
            rest.is_none_or(|rest| {
                !rest.contains(&format!("</{}", stored.name)) && !rest.contains(&format!(":{}>", stored.name))
            })
        })
    };
    let mut reading = Reading::default();
    let mut problem = None;
    let mut last_is_cut = false;
    for measurement in root.children("xrdMeasurement") {
        for scan in measurement.children("scan") {
            let scan_is_cut = is_cut(scan);
            match read_scan(&root, measurement, scan, scan_is_cut) {
                Ok(scan) => {
                    last_is_cut = scan_is_cut;
                    let block = reading.measurements.len();
                    reading.measurements.push(scan.measurement(block));
                }
                Err(error) => {
                    reading.leave_out(format!("a scan is left out: {error}"));
                    problem = Some(error);
                }
            }
        }
    }
    if let Some(statement) = &broken {
        reading.warnings.push(statement.clone());
        if let Some(last) = reading.measurements.last_mut().filter(|_| last_is_cut) {
            last.metadata.insert("incomplete".to_owned(), crate::Value::Text(statement.clone()));
        }
    }
    match (reading.measurements.is_empty(), problem) {
        (true, Some(error)) => Err(error),
        (true, None) => {
            let found = broken.map_or_else(|| "none".to_owned(), |cause| format!("none before the damage: {cause}"));
            Err(ReadError::malformed(Place::Offset(root.offset), "a `scan`", found))
        }
        _ => Ok(reading),
    }
}

/// The element that holds what was counted.
fn stored(points: &Node) -> Option<&Node> {
    points.child("intensities").or_else(|| points.child("counts"))
}

/// Reads a scan; `is_cut` where the file ends within its counts.
fn read_scan(root: &Node, measurement: &Node, node: &Node, is_cut: bool) -> Result<Scan, ReadError> {
    let points = node
        .child("dataPoints")
        .ok_or_else(|| ReadError::malformed(Place::Offset(node.offset), "`dataPoints`", "none"))?;
    let Some(stored) = stored(points) else {
        return Err(ReadError::malformed(Place::Offset(points.offset), "`intensities` or `counts`", "none"));
    };
    let mut values = numbers(stored)?;
    if is_cut {
        // The last number may have lost digits.
        values.pop();
    }
    let mut scan = Scan::default();
    let axes = axes(points, values.len(), is_cut)?;
    state_axes(&mut scan, node, points, axes)?;

    let factors = points.child("beamAttenuationFactors").map(numbers).transpose()?;
    let factors = factors.filter(|factors| factors.len() == values.len());
    #[expect(clippy::float_cmp, reason = "a factor of exactly 1 is written where nothing is attenuated")]
    let is_attenuated = factors.as_ref().is_some_and(|factors| factors.iter().any(|factor| *factor != 1.0));
    let intensity = match &factors {
        Some(factors) if stored.name == "counts" => {
            values.iter().zip(factors).map(|(count, factor)| count * factor).collect()
        }
        _ => values,
    };
    scan.column("intensity", None, &stored.name, intensity);
    if let Some(factors) = factors {
        scan.column("attenuation_factor", Some("1"), "beamAttenuationFactors", factors);
    }
    if is_attenuated {
        let is_counts = stored.name == "counts";
        let applied = if is_counts { "aldb multiplied the counts" } else { "the file's intensities are multiplied" };
        scan.text("attenuation", &format!("{applied} by the attenuation factor"));
    }
    match stored.attribute("unit") {
        Some("counts") => scan.text("intensity_unit", "counts"),
        Some("cps") => scan.text("intensity_unit", "counts/s"),
        _ => scan.not_stated("intensity_unit"),
    }
    scan.positive("counting_time_s", points.text_at("commonCountingTime").and_then(number));
    counting_times(&mut scan, points)?;
    state_settings(&mut scan, root, measurement, node);
    Ok(scan)
}

/// The rates of counts whose times are listed for each point.
fn counting_times(scan: &mut Scan, points: &Node) -> Result<(), ReadError> {
    let Some(times) = points.child("countingTimes").map(numbers).transpose()? else { return Ok(()) };
    let intensity = scan.columns.iter().find(|column| column.name == "intensity").map(|column| &column.values);
    let (Some(Values::Number(counts)), Some(Value::Text(unit))) = (intensity, scan.metadata.get("intensity_unit"))
    else {
        return Ok(());
    };
    if unit == "counts" && counts.len() == times.len() && times.iter().all(|time| *time > 0.0) {
        let rates = counts.iter().zip(&times).map(|(count, time)| count / time).collect();
        scan.column("count_rate_per_s", Some("/s"), "countingTimes", rates);
    }
    Ok(())
}

fn number(text: &str) -> Option<f64> {
    parse_number(text.trim(), DecimalMark::Point).filter(|number| number.is_finite())
}

/// The numbers in an element, separated by blanks.
fn numbers(node: &Node) -> Result<Vec<f64>, ReadError> {
    let mut numbers = Vec::with_capacity(node.text.len() / 4);
    for word in node.text.split_ascii_whitespace() {
        let value = fast_float2::parse::<f64, _>(word).ok().filter(|value| value.is_finite());
        numbers.push(value.ok_or_else(|| {
            ReadError::malformed(Place::Offset(node.offset), "numbers", format!("`{}`", excerpt(word, 40)))
        })?);
    }
    Ok(numbers)
}

/// An axis of a scan: its name in the file, and its angle at each point or at all of them.
enum Axis<'n> {
    Scanned(&'n str, Vec<f64>),
    Fixed(&'n str, f64),
}

/// The axes whose positions are angles.
///
/// # Errors
///
/// [`ReadError::Malformed`] where a list of positions is not as long as the counts, or where only the last position is known
/// of counts that were cut off: the angles of the remaining ones cannot be known.
fn axes(points: &Node, count: usize, is_cut: bool) -> Result<Vec<Axis<'_>>, ReadError> {
    let mut axes = Vec::new();
    for positions in points.children("positions").filter(|positions| positions.attribute("unit") == Some("deg")) {
        let Some(name) = positions.attribute("axis") else { continue };
        if let Some(list) = positions.child("listPositions") {
            let mut list = numbers(list)?;
            if is_cut {
                list.truncate(count);
            }
            if list.len() != count {
                let found = format!("{} for {count} intensities", list.len());
                return Err(ReadError::malformed(
                    Place::Offset(positions.offset),
                    "a position for each intensity",
                    found,
                ));
            }
            axes.push(Axis::Scanned(name, list));
        } else if let (Some(first), Some(last)) =
            (positions.text_at("startPosition").and_then(number), positions.text_at("endPosition").and_then(number))
        {
            if is_cut {
                let found = "the end of the file, so that their angles cannot be known".to_owned();
                return Err(ReadError::malformed(
                    Place::Offset(positions.offset),
                    "all intensities of the scan",
                    found,
                ));
            }
            axes.push(Axis::Scanned(name, between(first, last, count)));
        } else if let Some(common) = positions.text_at("commonPosition").and_then(number) {
            axes.push(Axis::Fixed(name, common));
        }
    }
    Ok(axes)
}

fn state_axes(scan: &mut Scan, node: &Node, points: &Node, axes: Vec<Axis<'_>>) -> Result<(), ReadError> {
    let written = node.attribute("scanAxis").unwrap_or_default();
    let is_scanned = |name: &str| axes.iter().any(|axis| matches!(axis, Axis::Scanned(scanned, _) if *scanned == name));
    let (two_theta, omega) = (is_scanned("2Theta"), is_scanned("Omega"));
    let main = axes.iter().find_map(|axis| match axis {
        Axis::Scanned(name, angles) if *name == "2Theta" || !two_theta => Some((*name, angles.clone())),
        _ => None,
    });
    let Some((name, angles)) = main else {
        return Err(ReadError::malformed(
            Place::Offset(points.offset),
            "a scan along an angle",
            format!("one along `{}`", excerpt(written, 40)),
        ));
    };
    match (two_theta, omega) {
        (true, true) => scan.text("scan_axis", "theta_two_theta"),
        (true, false) => scan.text("scan_axis", "two_theta"),
        _ => scan.axis(Some(name)),
    }
    scan.text("scan_axis_as_written", written);
    if let [first, second, ..] = angles[..] {
        scan.number("step_deg", (second - first).abs());
    }
    scan.column("scan_angle_deg", Some("deg"), name, angles);
    for axis in axes {
        match axis {
            Axis::Scanned(name, angles) => {
                if let Some(column) = axis_column(name) {
                    scan.column(column, Some("deg"), name, angles);
                }
            }
            Axis::Fixed(name, angle) => scan.fixed_axis(name, angle),
        }
    }
    Ok(())
}

fn has_listed_positions(scan: &Node) -> bool {
    let points = scan.child("dataPoints");
    points
        .is_some_and(|points| points.children("positions").any(|positions| positions.child("listPositions").is_some()))
}

fn state_settings(scan: &mut Scan, root: &Node, measurement: &Node, node: &Node) {
    let number_at = |node: &Node, path: &str| node.text_at(path).and_then(number);
    if let Some(wavelength) = measurement.child("usedWavelength") {
        let (alpha_1, alpha_2) = (number_at(wavelength, "kAlpha1"), number_at(wavelength, "kAlpha2"));
        let (beta, ratio) = (number_at(wavelength, "kBeta"), number_at(wavelength, "ratioKAlpha2KAlpha1"));
        let intended = wavelength.attribute("intended").unwrap_or_default();
        let used = match (intended, alpha_1, alpha_2, ratio) {
            ("K-Alpha 1", Some(alpha_1), ..) => Some(alpha_1),
            ("K-Alpha 2", _, Some(alpha_2), _) => Some(alpha_2),
            ("K-Alpha", Some(alpha_1), Some(alpha_2), Some(ratio)) => Some((alpha_1 + ratio * alpha_2) / (1.0 + ratio)),
            ("K-Beta", ..) => beta,
            _ => None,
        };
        scan.wavelengths(&Lines { used, alpha_1, alpha_2, beta, ratio });
        scan.text("radiation", intended);
    }
    if let Some(tube) = measurement.at("incidentBeamPath/xRayTube") {
        scan.text("anode", tube.text_at("anodeMaterial").unwrap_or_default());
        scan.positive("generator_voltage_kv", number_at(tube, "tension"));
        scan.positive("generator_current_ma", number_at(tube, "current"));
    }
    scan.text("measurement_type", measurement.attribute("measurementType").unwrap_or_default());
    scan.text("sample_mode", measurement.attribute("sampleMode").unwrap_or_default());
    scan.text("scan_type", node.attribute("mode").unwrap_or_default());
    scan.text("sample", root.text_at("sample/name").or_else(|| root.text_at("sample/id")).unwrap_or_default());
    let version = root.attributes.iter().find(|(name, value)| name == "xmlns" && value.contains("XRDMeasurement"));
    scan.text("format_version", version.and_then(|(_, value)| value.rsplit('/').next()).unwrap_or_default());
    if let Some(header) = node.child("header") {
        let started = header.text_at("startTimeStamp").unwrap_or_default();
        scan.text("started_at", started.get(..19).unwrap_or_default());
        scan.text("started_at_as_written", started);
        let software = header.at("source/applicationSoftware");
        let version = software.and_then(|node| node.attribute("version")).unwrap_or_default();
        scan.text("software", &format!("{} {version}", software.map_or("", |node| node.text.trim())));
        scan.text("instrument", header.text_at("source/instrumentControlSoftware").unwrap_or_default());
    }
    let comments = [root.child("comment"), measurement.child("comment"), node.at("header/comment")];
    let entries = comments.into_iter().flatten().flat_map(|comment| comment.children("entry"));
    let entries: Vec<&str> = entries.map(|entry| entry.text.trim()).filter(|entry| !entry.is_empty()).collect();
    scan.text("comment", &excerpt(&entries.join("; "), 1000));
    for (of, status) in [("scan", node.attribute("status")), ("measurement", measurement.attribute("status"))] {
        if let Some(status) = status.filter(|status| *status != "Completed") {
            scan.incomplete(&format!("the file states the {of} as `{}`", excerpt(status, 40)));
            if of == "scan" && !has_listed_positions(node) {
                scan.warnings.push(
                    "the scan was not completed: its angles are right only if the last position in the file is the one \
                     reached"
                        .to_owned(),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(points: &str) -> String {
        format!(
            "<xrdMeasurements xmlns=\"http://www.xrdml.com/XRDMeasurement/2.1\"><xrdMeasurement><scan scanAxis=\"Gonio\" \
             status=\"Completed\"><dataPoints>{points}</dataPoints></scan></xrdMeasurement></xrdMeasurements>"
        )
    }

    const TWO_THETA: &str = "<positions axis=\"2Theta\" unit=\"deg\"><startPosition>10</startPosition><endPosition>12</endPosition></positions>";

    #[test]
    fn counts_are_multiplied_by_the_attenuation_and_intensities_are_not() {
        let factors = "<beamAttenuationFactors>2 1 1</beamAttenuationFactors>";
        for (name, first) in [("counts", 6.0), ("intensities", 3.0)] {
            let text = document(&format!("{TWO_THETA}{factors}<{name} unit=\"counts\">3 4 5</{name}>"));
            let reading = read(text.as_bytes()).unwrap();
            assert_eq!(reading.measurements[0].numbers("intensity").unwrap(), [first, 4.0, 5.0]);
            assert_eq!(reading.measurements[0].numbers("scan_angle_deg").unwrap(), [10.0, 11.0, 12.0]);
        }
    }

    #[test]
    fn a_fixed_angle_of_the_beam_is_the_incidence() {
        let omega = "<positions axis=\"Omega\" unit=\"deg\"><commonPosition>0.5</commonPosition></positions>";
        let text = document(&format!("{TWO_THETA}{omega}<counts unit=\"counts\">3 4 5</counts>"));
        let pattern = &read(text.as_bytes()).unwrap().measurements[0];
        assert_eq!(pattern.metadata["incidence_angle_deg"], crate::Value::Number(0.5));
        assert_eq!(pattern.metadata["scan_axis"], crate::Value::Text("two_theta".to_owned()));
    }

    #[test]
    fn a_scan_that_is_cut_off_is_read_only_where_each_angle_is_stated() {
        let cut = |text: &str| read(text.split("30</counts>").next().unwrap().as_bytes());
        let error = cut(&document(&format!("{TWO_THETA}<counts unit=\"counts\">10 20 30</counts>"))).unwrap_err();
        assert!(error.to_string().ends_with("so that their angles cannot be known"), "{error}");
        let list = "<positions axis=\"2Theta\" unit=\"deg\"><listPositions>1 2 4</listPositions></positions>";
        let reading = cut(&document(&format!("{list}<counts unit=\"counts\">10 20 30</counts>"))).unwrap();
        assert_eq!(reading.measurements[0].numbers("scan_angle_deg").unwrap(), [1.0]);
        assert!(reading.measurements[0].metadata.contains_key("incomplete"));
    }

    #[test]
    fn a_scan_along_a_length_is_refused() {
        let z = "<positions axis=\"Z\" unit=\"mm\"><startPosition>1</startPosition><endPosition>2</endPosition></positions>";
        let text = document(&format!("{z}<counts unit=\"counts\">3 4 5</counts>")).replace("Gonio", "Z");
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.ends_with("expected a scan along an angle, found one along `Z`"), "{error}");
    }
}

//! Reads PANalytical's measurements (`.xrdml`).
//!
//! XML of schema 1.0 to 2.3: `xrdMeasurements` of `xrdMeasurement`s of `scan`s, each with `dataPoints`. The positions of
//! an axis are a start and an end, one common value, or a list. Schema 1.x stores `intensities`, which have been
//! multiplied by the factors of the beam attenuator; schema 2.x stores `counts`, which have not: these are multiplied
//! here, and `attenuation_factor` says by what. A mesh or a map is one measurement for each of its scans.
//!
//! Source: the published XRDML schemas 1.0 to 2.x, PANalytical; files of schema 1.0 to 1.6.
//!
//! Not supported: scans over something that is no angle (X, Y, Z, reciprocal space); they are left out with a warning.

use super::rows::{number, zoned};
use super::scan::{Lines, Scan, axis, axis_column, between};
use crate::column::column_name;
use crate::manifest::embedded;
use crate::registry::Adapter;
use crate::text::excerpt;
use crate::xml::{self, Node};
use crate::{Manifest, Match, Place, Probe, ReadError, Reading, Value};

/// Reads `.xrdml`.
#[derive(Debug)]
pub(crate) struct PanalyticalXrdml;

impl Adapter for PanalyticalXrdml {
    fn manifest(&self) -> &Manifest {
        embedded("panalytical_xrdml")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let text = probe.text();
        let is_root =
            |at: usize| text[at..].starts_with("<xrdMeasurements") || text[at..].contains(":xrdMeasurements ");
        let root = text
            .match_indices('<')
            .map(|(at, _)| at)
            .find(|at| text[*at..].chars().nth(1).is_some_and(char::is_alphabetic));
        if root.is_some_and(is_root) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let (root, broken) = xml::parse(file)?;
        if root.name != "xrdMeasurements" {
            return Err(ReadError::Malformed {
                place: Place::Offset(root.offset),
                expected: "`xrdMeasurements`".to_owned(),
                found: format!("`{}`", excerpt(&root.name, 40)),
            });
        }
        let mut reading = Reading::default();
        let mut left_out = Vec::new();
        for measurement in root.children("xrdMeasurement") {
            for node in measurement.children("scan") {
                let mut result = Scan::default();
                circumstances(&mut result, &root, measurement, node);
                let is_cut = broken.is_some() && is_last(&root, measurement, node);
                match points(&mut result, node, is_cut) {
                    Ok(()) => {
                        let block = reading.measurements.len();
                        reading.measurements.push(result.measurement(block));
                    }
                    Err(words) => {
                        left_out.push(format!("scan {}, {words}", reading.measurements.len() + left_out.len() + 1));
                    }
                }
            }
        }
        if let Some(words) = broken {
            match reading.measurements.last_mut() {
                Some(last) => {
                    last.metadata.insert("incomplete".to_owned(), Value::Text(words));
                }
                None => reading.warnings.push(words),
            }
        }
        reading.warnings.extend(left_out.iter().take(5).map(|words| format!("left out: {words}")));
        if left_out.len() > 5 {
            reading.warnings.push(format!("{} scans were left out in all", left_out.len()));
        }
        if reading.measurements.is_empty() {
            return Err(ReadError::NotSupported {
                place: Place::Offset(0),
                recognised: match left_out.first() {
                    Some(words) => {
                        format!("a PANalytical measurement (.xrdml) without a scan that can be read ({words})")
                    }
                    None => "a PANalytical measurement (.xrdml) without a scan".to_owned(),
                },
                advice: "export the scan that you need as text".to_owned(),
            });
        }
        Ok(reading)
    }
}

/// Whether a scan is the last thing in the document, so that its points may lack their end.
fn is_last(root: &Node, measurement: &Node, node: &Node) -> bool {
    root.children.last().is_some_and(|last| std::ptr::eq(last, measurement))
        && measurement.children.last().is_some_and(|last| std::ptr::eq(last, node))
}

/// The positions of one axis.
enum Positions<'n> {
    Common(f64),
    Even(f64, f64),
    List(&'n str),
}

fn positions(node: &Node) -> Option<Positions<'_>> {
    let at = |name: &str| node.text_at(name).and_then(number);
    if let Some(list) = node.text_at("listPositions") {
        return Some(Positions::List(list));
    }
    match (at("commonPosition"), at("startPosition"), at("endPosition")) {
        (Some(common), ..) => Some(Positions::Common(common)),
        (None, Some(start), Some(end)) => Some(Positions::Even(start, end)),
        _ => None,
    }
}

/// Numbers with blanks between them; in words where one of them is none.
fn list(text: &str, what: &str) -> Result<Vec<f64>, String> {
    let mut values = Vec::with_capacity(text.len() / 4);
    for cell in text.split_ascii_whitespace() {
        match fast_float2::parse::<f64, _>(cell) {
            Ok(value) => values.push(value),
            Err(_) => return Err(format!("whose {what} have `{}` at place {}", excerpt(cell, 20), values.len() + 1)),
        }
    }
    Ok(values)
}

/// Reads the points of a scan; in words why they can't be.
fn points(scan: &mut Scan, node: &Node, is_cut: bool) -> Result<(), String> {
    let name = node.attribute("scanAxis").unwrap_or_default();
    let Some(data) = node.child("dataPoints") else {
        return Err("which has no points".to_owned());
    };
    let intensities = data.child("intensities");
    let (Some(stored), header) =
        (intensities.or_else(|| data.child("counts")), if intensities.is_some() { "intensities" } else { "counts" })
    else {
        return Err("which has no intensities".to_owned());
    };
    let mut values = list(&stored.text, header)?;
    let factors = match data.text_at("beamAttenuationFactors") {
        Some(text) => Some(list(text, "beamAttenuationFactors")?),
        None => None,
    };
    let axes: Vec<(&str, Positions<'_>)> = data
        .children("positions")
        .filter_map(|node| Some((node.attribute("axis")?, positions(node).filter(|_| is_degrees(node))?)))
        .collect();
    let moving: Vec<&str> = axes
        .iter()
        .filter(|(_, positions)| !matches!(positions, Positions::Common(_)))
        .map(|(name, _)| *name)
        .collect();
    let scanned = scanned(name, &moving)?;
    // Start and end belong to all points: with some of them missing, the angles of the others can't be told.
    let is_even = axes.iter().any(|(_, positions)| matches!(positions, Positions::Even(..)));
    if is_cut && is_even && data.children.last().is_some_and(|last| std::ptr::eq(last, stored)) {
        return Err("which the file cuts off: without all its points their angles can't be told".to_owned());
    }
    if is_cut {
        // The last number may be cut as well.
        values.pop();
    }
    if let Some(factors) = factors {
        let whole = values.len().min(factors.len());
        if factors.len() != values.len() {
            scan.incomplete(&format!("{} intensities and {} attenuation factors", values.len(), factors.len()));
        }
        values.truncate(whole);
        if header == "counts" {
            for (value, factor) in values.iter_mut().zip(&factors) {
                *value *= factor;
            }
        }
        scan.column("attenuation_factor", Some("1"), "beamAttenuationFactors", factors[..whole].to_vec());
        scan.text(
            "attenuation",
            if header == "counts" { "counts were multiplied by the factors" } else { "in the intensities as stored" },
        );
    }
    let count = values.len();
    let mut shortest = count;
    let mut columns = Vec::new();
    for (axis_name, positions) in &axes {
        let column = axis_column(axis_name).map_or_else(|| format!("{}_deg", column_name(axis_name)), str::to_owned);
        match positions {
            Positions::Common(value) => scan.number(&column.replace("_deg", "_position_deg"), *value),
            Positions::Even(start, end) => columns.push((*axis_name, column, between(*start, *end, count))),
            Positions::List(text) => {
                let angles = list(text, "positions")?;
                shortest = shortest.min(angles.len());
                if angles.len() != count {
                    scan.incomplete(&format!("{count} intensities and {} positions of {axis_name}", angles.len()));
                }
                columns.push((*axis_name, column, angles));
            }
        }
    }
    for (axis_name, column, mut angles) in columns {
        angles.truncate(shortest);
        let column = if axis_name == scanned { "scan_angle_deg" } else { &column };
        if axis_name == scanned && angles.len() > 1 {
            scan.number("step_deg", rounded((angles[angles.len() - 1] - angles[0]) / (angles.len() - 1) as f64));
        }
        scan.column(column, Some("deg"), axis_name, angles);
    }
    values.truncate(shortest);
    scan.column("intensity", Some("1"), header, values);
    for column in &mut scan.columns {
        if let crate::Values::Number(values) = &mut column.values {
            values.truncate(shortest);
        }
    }
    // The angles that are told are those of 2θ where both axes of a coupled scan moved.
    let is_coupled = moving.contains(&"2Theta") && moving.iter().any(|name| ["Omega", "Theta"].contains(name));
    scan.axis(Some(if is_coupled { "coupled" } else { scanned }));
    if axis(scanned) == "two_theta" && !is_coupled {
        let omega = axes.iter().find_map(|(name, positions)| match positions {
            Positions::Common(value) if *name == "Omega" => Some(*value),
            _ => None,
        });
        scan.number("incidence_angle_deg", omega);
    }
    let unit = stored.attribute("unit").unwrap_or_default();
    scan.text(
        "intensity_unit",
        match unit {
            "counts" => "counts",
            "counts per second" | "cps" => "counts/s",
            _ => crate::NOT_STATED,
        },
    );
    counting_time(scan, data, shortest)
}

/// Without the digits that a difference of two decimal numbers leaves.
fn rounded(step: f64) -> f64 {
    (step * 1e10).round() / 1e10
}

fn is_degrees(positions: &Node) -> bool {
    positions.attribute("unit").is_none_or(|unit| unit == "deg")
}

/// The axis whose positions are the angles of the scan.
fn scanned<'n>(name: &str, moving: &[&'n str]) -> Result<&'n str, String> {
    let find = |wanted: &str| moving.iter().copied().find(|axis| *axis == wanted);
    let found = match name {
        "Gonio" | "2Theta" | "2Theta-Omega" | "Omega-2Theta" | "2Theta-Theta" => find("2Theta"),
        "Omega" => find("Omega"),
        "Theta" => find("Theta").or(find("Omega")),
        "Phi" => find("Phi"),
        "Psi" | "Chi" => find("Psi").or(find("Chi")),
        // Without a stated axis only one that moved alone, or with 2θ, can be it.
        "" => find("2Theta").or(if moving.len() == 1 { moving.first().copied() } else { None }),
        _ => None,
    };
    // An area detector at rest names the axis that the frame was taken at, and 2θ spans the frame.
    let found = found.or(if moving.len() == 1 && moving[0] == "2Theta" { Some("2Theta") } else { None });
    found.filter(|name| axis_column(name).is_some()).ok_or_else(|| {
        let moved = if moving.is_empty() { "none that is an angle".to_owned() } else { moving.join(", ") };
        format!("over axis `{}`, of which it gives no angles (it gives {moved})", excerpt(name, 24))
    })
}

fn counting_time(scan: &mut Scan, data: &Node, count: usize) -> Result<(), String> {
    scan.positive("counting_time_s", data.text_at("commonCountingTime").and_then(number));
    if let Some(text) = data.text_at("countingTimes") {
        let times = list(text, "countingTimes")?;
        if times.len() == count {
            if let (Some(first), true) = (times.first(), times.windows(2).all(|pair| pair[0] == pair[1])) {
                scan.positive("counting_time_s", *first);
            } else {
                scan.column("counting_time_s", Some("s"), "countingTimes", times);
            }
        }
    }
    Ok(())
}

fn circumstances(scan: &mut Scan, root: &Node, measurement: &Node, node: &Node) {
    let text = |path: &str| measurement.text_at(path).unwrap_or_default();
    scan.text("scan_type", node.attribute("scanAxis").unwrap_or_default());
    scan.text("scan_mode", node.attribute("mode").unwrap_or_default());
    scan.text("measurement_type", measurement.attribute("measurementType").unwrap_or_default());
    scan.text("sample_mode", measurement.attribute("sampleMode").unwrap_or_default());
    if let Some(schema) = root.attribute("schemaLocation").and_then(|location| location.split_ascii_whitespace().next())
    {
        scan.text("format_version", &format!("XRDML {}", schema.rsplit('/').next().unwrap_or_default()));
    }
    let sample = root.child("sample");
    let of_sample = |path| sample.and_then(|sample| sample.text_at(path)).unwrap_or_default();
    scan.text("sample", if of_sample("id").is_empty() { of_sample("name") } else { of_sample("id") });
    if !of_sample("id").is_empty() {
        scan.text("title", of_sample("name"));
    }
    let comments = measurement.child("comment").into_iter().flat_map(|comment| comment.children("entry"));
    let comments: Vec<&str> = comments.map(|entry| entry.text.trim()).filter(|entry| !entry.is_empty()).collect();
    scan.text("comment", &comments.join("; "));
    let at = |path: &str| measurement.text_at(path).and_then(number);
    let mut lines = Lines {
        used: None,
        alpha_1: at("usedWavelength/kAlpha1"),
        alpha_2: at("usedWavelength/kAlpha2"),
        beta: at("usedWavelength/kBeta"),
        ratio: at("usedWavelength/ratioKAlpha2KAlpha1"),
    };
    let intended = measurement.child("usedWavelength").and_then(|node| node.attribute("intended"));
    lines.used = match intended {
        Some("K-Alpha 1") => lines.alpha_1,
        Some("K-Alpha 2") => lines.alpha_2,
        Some("K-Beta") => lines.beta,
        // The mean, weighted as the file says.
        Some("K-Alpha") => lines
            .alpha_1
            .zip(lines.alpha_2)
            .zip(lines.ratio)
            .and_then(|((one, two), ratio)| (ratio >= 0.0).then(|| (one + ratio * two) / (1.0 + ratio))),
        _ => None,
    };
    scan.wavelengths(&lines);
    scan.text("radiation", intended.unwrap_or_default());
    scan.text("anode", text("incidentBeamPath/xRayTube/anodeMaterial"));
    scan.positive("generator_voltage_kv", at("incidentBeamPath/xRayTube/tension"));
    scan.positive("generator_current_ma", at("incidentBeamPath/xRayTube/current"));
    if let Some(header) = node.child("header") {
        if let Some((started, zone)) = header.text_at("startTimeStamp").and_then(zoned) {
            scan.text("started_at", &started);
            scan.text("started_at_offset", zone.as_deref().unwrap_or_default());
        }
        let software = header.at("source/applicationSoftware");
        scan.text("software", software.map_or("", |node| node.text.as_str()));
        scan.text("software_version", software.and_then(|node| node.attribute("version")).unwrap_or_default());
        scan.text("instrument", header.text_at("source/instrumentControlSoftware").unwrap_or_default());
        scan.text("instrument_id", header.text_at("source/instrumentID").unwrap_or_default());
    }
    if let Some(status) = node.attribute("status").filter(|status| *status != "Completed") {
        scan.incomplete(&format!(
            "the scan's status is `{}`; if the end that it states is the planned one, its angles are stretched",
            excerpt(status, 24)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(version: &str, axis: &str, points: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><xrdMeasurements xmlns=\"http://www.xrdml.com/XRDMeasurement/{version}\"><xrdMeasurement \
             measurementType=\"Scan\"><scan scanAxis=\"{axis}\" status=\"Completed\"><dataPoints>{points}</dataPoints></scan>\
             </xrdMeasurement></xrdMeasurements>"
        )
    }

    fn even(axis: &str, start: f64, end: f64) -> String {
        format!(
            "<positions axis=\"{axis}\" unit=\"deg\"><startPosition>{start}</startPosition><endPosition>{end}</endPosition>\
             </positions>"
        )
    }

    fn read(text: &str) -> Reading {
        PanalyticalXrdml.read(text.as_bytes()).unwrap()
    }

    #[test]
    fn counts_are_multiplied_by_the_attenuation_and_intensities_are_not() {
        let factors = "<beamAttenuationFactors>148 1 1</beamAttenuationFactors>";
        let points = |tag| format!("{}{factors}<{tag} unit=\"counts\">2 300 100</{tag}>", even("2Theta", 1.0, 2.0));
        let new = read(&document("2.1", "2Theta", &points("counts")));
        assert_eq!(new.measurements[0].numbers("intensity"), Some(&[296.0, 300.0, 100.0][..]));
        assert_eq!(new.measurements[0].numbers("attenuation_factor"), Some(&[148.0, 1.0, 1.0][..]));
        let old = read(&document("1.5", "2Theta", &points("intensities")));
        assert_eq!(old.measurements[0].numbers("intensity"), Some(&[2.0, 300.0, 100.0][..]));
    }

    #[test]
    fn a_fixed_omega_is_the_angle_of_incidence() {
        let omega = "<positions axis=\"Omega\" unit=\"deg\"><commonPosition>0.5</commonPosition></positions>";
        let points = format!("{}{omega}<counts unit=\"counts\">1 2 3</counts>", even("2Theta", 20.0, 21.0));
        let scan = &read(&document("2.1", "2Theta", &points)).measurements[0];
        assert_eq!(scan.metadata["scan_axis"], Value::Text("two_theta".to_owned()));
        assert_eq!(scan.metadata["incidence_angle_deg"], Value::Number(0.5));
        assert_eq!(scan.metadata["step_deg"], Value::Number(0.5));
    }

    #[test]
    fn a_rocking_curve_is_over_omega_and_a_list_gives_every_angle() {
        let list = "<positions axis=\"Omega\" unit=\"deg\"><listPositions>17 17.1 17.4</listPositions></positions>\
            <positions axis=\"2Theta\" unit=\"deg\"><commonPosition>34.5</commonPosition></positions>";
        let scan = &read(&document("1.3", "Omega", &format!("{list}<intensities unit=\"counts\">1 9 2</intensities>")))
            .measurements[0];
        assert_eq!(scan.numbers("scan_angle_deg"), Some(&[17.0, 17.1, 17.4][..]));
        assert_eq!(scan.metadata["scan_axis"], Value::Text("omega".to_owned()));
        assert_eq!(scan.metadata["two_theta_position_deg"], Value::Number(34.5));
    }

    #[test]
    fn scans_without_angles_are_refused_by_name() {
        let points = "<positions axis=\"X\" unit=\"mm\"><startPosition>0</startPosition><endPosition>5</endPosition></positions>\
            <counts unit=\"counts\">1 2</counts>";
        let error = PanalyticalXrdml.read(document("2.1", "X", points).as_bytes()).unwrap_err().to_string();
        assert!(error.contains("scan 1, over axis `X`"), "{error}");
    }

    #[test]
    fn a_file_that_breaks_off_says_so() {
        let text = document(
            "1.5",
            "Gonio",
            &format!("{}<intensities unit=\"counts\">1 2 3</intensities>", even("2Theta", 1.0, 2.0)),
        );
        let cut = &text[..text.find("</intensities>").unwrap()];
        let error = PanalyticalXrdml.read(cut.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("scan 1, which the file cuts off"), "{error}");
        let list = "<positions axis=\"2Theta\"><listPositions>1 2 4</listPositions></positions>";
        let text = document("1.5", "Gonio", &format!("{list}<intensities unit=\"counts\">1 2 3</intensities>"));
        let scan = &read(&text[..text.find("</intensities>").unwrap()]).measurements[0];
        assert_eq!(scan.numbers("scan_angle_deg"), Some(&[1.0, 2.0][..]));
        assert!(matches!(&scan.metadata["incomplete"], Value::Text(words) if words.contains("the XML ends at byte")));
    }
}

//! Reads Bruker's `.brml`.
//!
//! Format: a zip with one XML `Experiment0/RawDataN.xml` for each data set, in any order. A `DataRoute` holds `ScanInformation`,
//! rows (`Datum`) of numbers separated by commas, and `DataViews`, which give the layout of a row: fixed columns
//! (`MeasuredTime`, `AbsorptionFactor`), the scanned axes, and what the detectors recorded.
//! Source: files of DIFFRAC.Measurement Center; Bruker publishes no description. UXD files of the same measurements agree.
//!
//! The absorption factor is kept as a column and not applied: where it is not 1 the stored counts are not whole numbers, because the
//! program has applied it.
//!
//! Not supported: rows with a whole detector image (a recorded column longer than 1); they are named in a warning.

use super::scan::{Lines, Scan, axis_column, stepped};
use crate::archive::Archive;
use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::text::excerpt;
use crate::xml::{self, Node};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Rejections};

/// Most numbers in a row that are examined.
const WIDEST: usize = 256;

/// Reads `.brml`.
#[derive(Debug)]
pub(crate) struct Brml;

impl Adapter for Brml {
    fn manifest(&self) -> &Manifest {
        embedded("bruker_brml")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let is_raw_data = |name: &String| name.contains("Experiment0/") && name.contains("RawData");
        if probe.member_names().iter().any(is_raw_data) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads an archive.
///
/// # Errors
///
/// [`ReadError::Malformed`] where it is not such an archive, or none of its data sets can be read.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let mut archive = Archive::open(file)?;
    let mut members: Vec<(u32, String)> =
        archive.names().into_iter().filter_map(|name| Some((place_of(&name)?, name))).collect();
    members.sort_unstable();
    let mut reading = Reading::default();
    let mut problem = None;
    for (_, name) in &members {
        let document = archive.read(name)?;
        let (root, broken) = xml::parse(&document)?;
        let routes = root.child("DataRoutes").into_iter().flat_map(|routes| routes.children("DataRoute"));
        for route in routes {
            match read_route(&root, route) {
                Ok((mut scan, rejected)) => {
                    if let Some(statement) = &broken {
                        scan.incomplete(statement);
                    }
                    let block = reading.measurements.len();
                    scan.text("member", name);
                    reading.measurements.push(scan.measurement(block));
                    reading.rejected.append(block, rejected);
                }
                Err(error) => {
                    reading.leave_out(format!("a data set of `{}` is left out: {error}", excerpt(name, 80)));
                    problem = Some(error);
                }
            }
        }
    }
    match (reading.measurements.is_empty(), problem) {
        (true, Some(error)) => Err(error),
        (true, None) => Err(ReadError::malformed(
            Place::Offset(0),
            "a member `Experiment0/RawDataN.xml` with a `DataRoute`",
            "none",
        )),
        _ => Ok(reading),
    }
}

/// The number in `Experiment0/RawData12.xml`.
fn place_of(name: &str) -> Option<u32> {
    let member = name.rsplit('/').next()?;
    let number = member.strip_prefix("RawData")?.strip_suffix(".xml")?;
    if number.is_empty() { Some(0) } else { number.parse().ok() }
}

fn number(text: &str) -> Option<f64> {
    parse_number(text.trim(), DecimalMark::Point).filter(|number| number.is_finite())
}

/// The layout of a row.
#[derive(Debug, Default)]
struct Views<'n> {
    time: Option<usize>,
    absorption: Option<usize>,
    /// Place and name of each scanned axis.
    axes: Vec<(usize, &'n str)>,
    /// Place, name and unit of what the detectors recorded.
    recorded: Vec<(usize, &'n str, &'n str)>,
    has_image: bool,
}

impl<'n> Views<'n> {
    fn from_route(route: &'n Node) -> Self {
        let mut views = Self::default();
        let all = route.child("DataViews").into_iter().flat_map(|views| views.children("RawDataView"));
        for view in all {
            let place = |name: &str| view.attribute(name).and_then(|text| text.parse::<usize>().ok());
            let Some(start) = place("Start").filter(|start| *start < WIDEST) else { continue };
            match (view.attribute("LogicName"), view.child("Varying"), view.child("Recording")) {
                (Some("MeasuredTime"), ..) => views.time = Some(start),
                (Some("AbsorptionFactor"), ..) => views.absorption = Some(start),
                (_, Some(varying), _) => {
                    let names = varying.children("FieldDefinitions").filter_map(|field| field.attribute("FieldName"));
                    views.axes.extend(names.enumerate().map(|(place, name)| (start.saturating_add(place), name)));
                }
                (_, _, Some(recording)) => {
                    let name = recording.attribute("LogicName").unwrap_or("Counter");
                    let unit = recording.child("Unit").and_then(|unit| unit.attribute("Base")).unwrap_or_default();
                    if place("Length") == Some(1) {
                        views.recorded.push((start, name, unit));
                    } else {
                        views.has_image = true;
                    }
                }
                _ => {}
            }
        }
        views
    }
}

fn read_route(root: &Node, route: &Node) -> Result<(Scan, Rejections), ReadError> {
    let views = Views::from_route(route);
    let Some((first_recorded, ..)) = views.recorded.first().copied() else {
        let found = if views.has_image { "a detector image, which is not read" } else { "none" };
        return Err(ReadError::malformed(Place::Offset(route.offset), "a recorded column of one number a row", found));
    };
    let information = route.child("ScanInformation");
    let widest = views.axes.iter().map(|(place, _)| *place).chain(views.recorded.iter().map(|(place, ..)| *place));
    let widest = widest.chain(views.time).chain(views.absorption).max().unwrap_or(0);
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); widest + 1];
    let mut rejected = Rejections::default();
    let mut seen = 0_usize;
    for datum in route.children("Datum") {
        seen += 1;
        let mut values = [f64::NAN; WIDEST];
        let mut count = 0;
        for (place, cell) in datum.text.split(',').enumerate().take(WIDEST) {
            values[place] = fast_float2::parse(cell.trim()).unwrap_or(f64::NAN);
            count = place + 1;
        }
        if count <= widest || !values[first_recorded].is_finite() {
            {
                let found = format!("`{}`", excerpt(datum.text.trim(), 60));
                rejected.push(
                    0,
                    ReadError::malformed(
                        Place::Offset(datum.offset),
                        format!("a row of {} numbers", widest + 1),
                        found,
                    ),
                );
            }
            continue;
        }
        for (column, value) in columns.iter_mut().zip(values) {
            column.push(value);
        }
    }
    let count = columns.first().map_or(0, Vec::len);
    let mut take = |place: usize| columns.get_mut(place).map(std::mem::take).unwrap_or_default();
    let mut scan = Scan::default();

    let scan_name = information.and_then(|node| node.attribute("ScanName")).unwrap_or_default();
    let planned = information.and_then(|node| node.child("ScanAxes"));
    let planned: Vec<&Node> = planned.into_iter().flat_map(|axes| axes.children("ScanAxisInfo")).collect();
    let mut axes: Vec<(&str, Vec<f64>)> = views.axes.iter().map(|(place, name)| (*name, take(*place))).collect();
    if axes.is_empty() {
        for axis in &planned {
            let value = |name: &str| axis.text_at(name).and_then(number);
            if let (Some(name), Some(start), Some(step)) =
                (axis.attribute("AxisName"), value("Start"), value("Increment"))
            {
                let start = start + value("Reference").unwrap_or(0.0);
                axes.push((name, stepped(start, step, count)));
            }
        }
        if !axes.is_empty() {
            scan.warnings
                .push("the rows have no angles: they are taken from the planned start and increment".to_owned());
        }
    }
    let Some((name, angles)) = axes.first().cloned() else {
        return Err(ReadError::malformed(Place::Offset(route.offset), "a scanned axis", "none"));
    };
    let is_coupled = axes.iter().any(|(name, _)| *name == "TwoTheta") && axes.len() > 1;
    if is_coupled && name == "TwoTheta" {
        scan.text("scan_axis", "theta_two_theta");
    } else {
        scan.axis(Some(name));
    }
    scan.text("scan_axis_as_written", scan_name);
    let visible = information.and_then(|node| node.attribute("VisibleName")).unwrap_or_default();
    scan.text("scan_type", if visible.is_empty() { scan_name } else { visible });
    scan.column("scan_angle_deg", Some("deg"), name, angles);
    for (name, angles) in axes {
        if let Some(column) = axis_column(name) {
            scan.column(column, Some("deg"), name, angles);
        }
    }
    for (place, name, unit) in &views.recorded {
        let values = take(*place);
        if *place == first_recorded {
            scan.column("intensity", None, name, values);
            match *unit {
                "Counts" => scan.text("intensity_unit", "counts"),
                "CountsPerSecond" => scan.text("intensity_unit", "counts/s"),
                _ => scan.not_stated("intensity_unit"),
            }
        } else {
            scan.column(&crate::column::column_name(name), None, name, values);
        }
    }
    if views.has_image {
        scan.warnings.push("the rows also have a detector image, which is not read".to_owned());
    }
    if let Some(place) = views.absorption {
        scan.column("attenuation_factor", Some("1"), "AbsorptionFactor", take(place));
    }
    if let Some(place) = views.time {
        let times = take(place);
        #[expect(clippy::float_cmp, reason = "points counted equally long repeat the same number")]
        let only = times.first().copied().filter(|first| times.iter().all(|time| time == first));
        if let Some(only) = only {
            scan.positive("counting_time_s", only);
        }
        scan.column("measured_time_s", Some("s"), "MeasuredTime", times);
    }
    let announced = information.and_then(|node| node.text_at("MeasurementPoints")).and_then(number);
    if let Some(announced) = announced.filter(|announced| *announced > seen as f64) {
        scan.incomplete(&format!("the file announces {announced} points and has {seen}"));
    }
    if let Some(step) = planned.first().and_then(|axis| axis.text_at("Increment")).and_then(number) {
        scan.positive("step_deg", step.abs());
    }
    state_settings(&mut scan, root);
    Ok((scan, rejected))
}

fn state_settings(scan: &mut Scan, root: &Node) {
    let started = root.text_at("TimeStampStarted").unwrap_or_default();
    scan.text("started_at", started.get(..19).unwrap_or_default());
    scan.text("started_at_as_written", started);
    let status = root.text_at("MeasurementStatus").unwrap_or_default();
    scan.text("status", status);
    if matches!(status, "Aborted" | "Interrupted" | "Running") {
        scan.incomplete(&format!("the file states the measurement as `{status}`"));
    }
    let Some(fixed) = root.child("FixedInformation") else { return };
    let value = |node: &Node, name: &str| node.child(name).and_then(|node| node.attribute("Value")).and_then(number);
    for node in fixed.descendants() {
        match node.name.as_str() {
            "InfoItem" => {
                let words = node.attribute("Value").unwrap_or_default();
                match node.attribute("Name") {
                    Some("SampleName") => scan.text("sample", words),
                    Some("Comment") => scan.text("comment", words),
                    _ => {}
                }
            }
            "Tube" if node.child("WaveLengthAlpha1").is_some() => {
                let (alpha_1, alpha_2) = (value(node, "WaveLengthAlpha1"), value(node, "WaveLengthAlpha2"));
                let (beta, ratio) = (value(node, "WaveLengthBeta"), value(node, "WaveLengthRatio"));
                scan.wavelengths(&Lines { used: None, alpha_1, alpha_2, beta, ratio });
                scan.text("anode", node.text_at("TubeMaterial").unwrap_or_default());
                if let Some(generator) = node.child("Generator") {
                    scan.positive("generator_voltage_kv", value(generator, "Voltage"));
                    scan.positive("generator_current_ma", value(generator, "Current"));
                }
            }
            _ => {}
        }
    }
    let drives = fixed.child("Drives").into_iter().flat_map(|drives| drives.children("InfoData"));
    let scanned: Vec<String> = scan.columns.iter().map(|column| column.name.clone()).collect();
    for drive in drives {
        let Some(position) = drive.child("Position").filter(|position| position.attribute("Unit") == Some("°")) else {
            continue;
        };
        let position = position.attribute("Value").and_then(number);
        let column =
            drive.attribute("LogicName").and_then(axis_column).filter(|column| !scanned.iter().any(|s| s == column));
        match column {
            // The angle that the beam keeps to the surface while the detector moves.
            Some("omega_deg") if scanned.iter().any(|name| name == "two_theta_deg") => {
                scan.number("incidence_angle_deg", position);
            }
            Some(column) => scan.number(column, position),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: &str = "<RawData><DataRoutes><DataRoute><ScanInformation ScanName=\"LockedCoupled\"><MeasurementPoints>3</MeasurementPoints>\
        </ScanInformation><Datum>1,8.3,7.5,10,5</Datum><Datum>1,1,8,10.1,5.05</Datum><DataViews>\
        <RawDataView Start=\"0\" Length=\"1\" LogicName=\"MeasuredTime\"/><RawDataView Start=\"1\" Length=\"1\" LogicName=\"AbsorptionFactor\"/>\
        <RawDataView Start=\"2\" Length=\"1\"><Recording LogicName=\"ScanCounter\"><Unit Base=\"Counts\"/></Recording></RawDataView>\
        <RawDataView Start=\"3\" Length=\"2\"><Varying><FieldDefinitions FieldName=\"TwoTheta\"/><FieldDefinitions FieldName=\"Theta\"/>\
        </Varying></RawDataView></DataViews></DataRoute></DataRoutes></RawData>";

    #[test]
    fn the_views_locate_the_counts_and_a_short_set_is_incomplete() {
        let (root, _) = xml::parse(ROUTE.as_bytes()).unwrap();
        let (scan, rejected) = read_route(&root, root.at("DataRoutes/DataRoute").unwrap()).unwrap();
        let measurement = scan.measurement(0);
        assert_eq!(measurement.numbers("intensity").unwrap(), [7.5, 8.0]);
        assert_eq!(measurement.numbers("scan_angle_deg").unwrap(), [10.0, 10.1]);
        assert_eq!(measurement.numbers("attenuation_factor").unwrap(), [8.3, 1.0]);
        assert_eq!(measurement.metadata["scan_axis"], crate::Value::Text("theta_two_theta".to_owned()));
        assert_eq!(
            measurement.metadata["incomplete"],
            crate::Value::Text("the file announces 3 points and has 2".to_owned())
        );
        assert!(rejected.is_empty());
    }

    #[test]
    fn members_are_taken_by_their_number() {
        assert_eq!([place_of("Experiment0/RawData12.xml"), place_of("Experiment0/RawData.xml")], [Some(12), Some(0)]);
        assert_eq!(place_of("Experiment0/DataContainer.xml"), None);
    }
}

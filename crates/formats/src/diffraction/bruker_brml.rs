//! Reads the archives of Bruker's DIFFRAC.SUITE (`.brml`).
//!
//! A zip of XML. `Experiment<m>/RawData<n>.xml` are the data sets, in any order in the archive; each has `DataRoute`s, of
//! which those that were measured count, and each of these points `<Datum>a,b,c,…</Datum>`. What the numbers are is
//! declared in `DataViews`: a `RawDataView` of `Start` and `Length` is the measured time and the absorption factor
//! (fixed), the scanned axes (varying, each a `FieldDefinitions`), or what was recorded: the counts are the recording
//! whose unit is counts, which need not be the last. Axes that did not move are `FixedInformation/Drives`.
//!
//! The absorption factor belongs to the beam's attenuator. Counts below a factor other than 1 are no whole numbers: they
//! have been multiplied by it already, and are kept as they are.
//!
//! Source: files of DIFFRAC.SUITE 3.3 to 7.5.
//!
//! Not supported: several counters at once beyond the first, which are kept as columns of their own; detector images.

use super::rows::{Rows, number, zoned};
use super::scan::{Lines, Scan, axis, axis_column};
use crate::archive::Archive;
use crate::column::column_name;
use crate::manifest::embedded;
use crate::number::DecimalMark;
use crate::registry::Adapter;
use crate::repetition::check_columns;
use crate::xml::{self, Node};
use crate::{Manifest, Match, Place, Probe, ReadError, Reading};

/// Reads `.brml`.
#[derive(Debug)]
pub(crate) struct BrukerBrml;

impl Adapter for BrukerBrml {
    fn manifest(&self) -> &Manifest {
        embedded("bruker_brml")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let is_data = |name: &String| place_of(name).is_some();
        // Of the first bytes alone only some members can be seen.
        if probe.member_names().iter().any(is_data) || probe.has_member("Experiment0/") {
            Match::Certain
        } else {
            Match::No
        }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let mut archive = Archive::open(file)?;
        let mut names: Vec<((u32, u32), String)> =
            archive.names().into_iter().filter_map(|name| Some((place_of(&name)?, name))).collect();
        names.sort();
        names.dedup();
        if names.is_empty() {
            return Err(ReadError::Malformed {
                place: Place::Offset(0),
                expected: "data sets `Experiment<m>/RawData<n>.xml`".to_owned(),
                found: "none".to_owned(),
            });
        }
        let mut reading = Reading::default();
        for (_, name) in &names {
            let document = archive.read(name)?;
            let (root, broken) = xml::parse(&document)?;
            drop(document);
            data_set(&root, name, broken.as_deref(), &mut reading)?;
        }
        if let (true, Some(words)) = (reading.measurements.is_empty(), reading.warnings.first()) {
            return Err(ReadError::NotSupported {
                place: Place::Offset(0),
                recognised: format!("a Bruker archive (.brml) without a scan over an angle ({words})"),
                advice: "export it as text".to_owned(),
            });
        }
        Ok(reading)
    }
}

/// The numbers in `Experiment<m>/RawData<n>.xml`.
fn place_of(name: &str) -> Option<(u32, u32)> {
    let (folder, file) = name.rsplit_once('/')?;
    let data_set = file.strip_prefix("RawData")?.strip_suffix(".xml")?;
    Some((folder.strip_prefix("Experiment")?.parse().ok()?, data_set.parse().ok()?))
}

/// What stands where nothing was counted (`BlankingValue`).
const BLANK: f64 = -9999.0;

/// Most numbers of one view: axes and hkl are a few.
const LONGEST: usize = 16;

/// What a number of a `<Datum>` is.
enum Meaning {
    Time,
    Absorption,
    /// The axis' name in the file.
    Axis(String),
    /// What a detector recorded: its name, and whether the unit is counts.
    Counts(String, bool),
    Other(String),
}

fn data_set(root: &Node, name: &str, broken: Option<&str>, reading: &mut Reading) -> Result<(), ReadError> {
    let routes = root.child("DataRoutes").map(|routes| routes.children("DataRoute").collect::<Vec<_>>());
    let mut routes = routes.unwrap_or_default();
    // Beside what was measured there may be what was computed from it.
    if routes.iter().any(|route| route.attribute("RouteFlag") == Some("Measured")) {
        routes.retain(|route| route.attribute("RouteFlag") == Some("Measured"));
    }
    if routes.is_empty() && broken.is_none() {
        reading.warnings.push(format!("`{name}` has no measured data"));
    }
    for route in routes {
        let views = route.child("DataViews").into_iter().flat_map(|views| views.children("RawDataView"));
        let longest =
            views.filter_map(|view| view.attribute("Length")?.parse::<usize>().ok()).max().unwrap_or_default();
        if longest > LONGEST {
            let words =
                format!("`{name}` was left out: each of its points is a detector's frame of {longest} channels");
            reading.warnings.push(words);
            continue;
        }
        let meanings = meanings(route, name)?;
        match scan(route, &meanings, reading.measurements.len(), &mut reading.rejected) {
            Ok(mut scan) => {
                circumstances(&mut scan, root, route);
                scan.text("data_set", name);
                if let Some(words) = broken {
                    scan.incomplete(words);
                }
                reading.measurements.push(scan.measurement(reading.measurements.len()));
            }
            Err(words) => reading.warnings.push(format!("`{name}` was left out: {words}")),
        }
    }
    Ok(())
}

/// What the numbers of the points are, by their place.
fn meanings(route: &Node, name: &str) -> Result<Vec<Meaning>, ReadError> {
    let views = route.child("DataViews").map(|views| views.children("RawDataView").collect::<Vec<_>>());
    let mut meanings: Vec<(usize, Meaning)> = Vec::new();
    for view in views.unwrap_or_default() {
        let place = |attribute| view.attribute(attribute).and_then(|value: &str| value.parse::<usize>().ok());
        let (Some(start), Some(length)) = (place("Start"), place("Length")) else { continue };
        check_columns(start.saturating_add(length), Place::Offset(view.offset))?;
        let mut fields = view.descendants().filter(|node| node.name == "FieldDefinitions");
        let recording = view.child("Recording");
        let unit = recording.and_then(|recording| recording.child("Unit")).and_then(|unit| unit.attribute("Base"));
        let is_count = recording.and_then(|recording| recording.attribute("Category")) == Some("Count");
        for offset in 0..length {
            let logic_name = view.attribute("LogicName").unwrap_or_default();
            let recorded = recording.and_then(|recording| recording.attribute("LogicName"));
            let meaning = match (logic_name, recorded) {
                ("MeasuredTime", _) => Meaning::Time,
                ("AbsorptionFactor", _) => Meaning::Absorption,
                (_, Some(recorded)) if length == 1 && (unit == Some("Counts") || (unit.is_none() && is_count)) => {
                    Meaning::Counts(recorded.to_owned(), unit == Some("Counts"))
                }
                (_, Some(recorded)) => Meaning::Other(numbered(recorded, offset, length)),
                (_, None) => match fields.next().and_then(|field| field.attribute("FieldName")) {
                    Some(field) => Meaning::Axis(field.to_owned()),
                    None => Meaning::Other(numbered(logic_name, offset, length)),
                },
            };
            meanings.push((start + offset, meaning));
        }
    }
    meanings.sort_by_key(|(place, _)| *place);
    // Each number has one meaning at most; else points would be read as what they are not.
    if meanings.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        let places: Vec<String> = meanings.iter().take(20).map(|(place, _)| place.to_string()).collect();
        return Err(ReadError::Malformed {
            place: Place::Offset(route.offset),
            expected: format!("`DataViews` in `{name}` that declare each number of a point once"),
            found: format!("places {}", places.join(", ")),
        });
    }
    // A number that nobody declared is kept by its place.
    let count = meanings.last().map_or(0, |(place, _)| place + 1);
    for place in 0..count {
        if meanings.iter().all(|(declared, _)| *declared != place) {
            meanings.push((place, Meaning::Other(format!("undeclared {place}"))));
        }
    }
    meanings.sort_by_key(|(place, _)| *place);
    Ok(meanings.into_iter().map(|(_, meaning)| meaning).collect())
}

fn numbered(name: &str, offset: usize, length: usize) -> String {
    if length == 1 { name.to_owned() } else { format!("{name} {}", offset + 1) }
}

fn scan(
    route: &Node,
    meanings: &[Meaning],
    block: usize,
    rejected: &mut Vec<crate::RejectedRow>,
) -> Result<Scan, String> {
    let axes: Vec<&str> = meanings
        .iter()
        .filter_map(|meaning| match meaning {
            Meaning::Axis(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let has_counts = meanings.iter().any(|meaning| matches!(meaning, Meaning::Counts(..)));
    if !has_counts {
        return Err("it declares no single count for each point".to_owned());
    }
    // The first axis is that of the pattern: 2θ of a coupled scan, the only one of others.
    let scanned =
        axes.iter().copied().find(|name| axis_column(name) == Some("two_theta_deg")).or(axes.first().copied());
    let Some(scanned) = scanned.filter(|name| axis_column(name).is_some()) else {
        return Err(format!("its axis {} is no known angle", scanned.unwrap_or("(none)")));
    };
    let headers: Vec<&str> = meanings
        .iter()
        .map(|meaning| match meaning {
            Meaning::Time => "MeasuredTime",
            Meaning::Absorption => "AbsorptionFactor",
            Meaning::Axis(name) | Meaning::Counts(name, _) | Meaning::Other(name) => name,
        })
        .collect();
    let mut rows = Rows::new(&headers, DecimalMark::Point);
    if rows.columns.len() != headers.len() {
        return Err(format!("its points have {} numbers", headers.len()));
    }
    for datum in route.children("Datum") {
        rows.row_at(Place::Offset(datum.offset), datum.text.split(','));
    }
    let mut scan = Scan::default();
    scan.warnings.extend(rows.finish(block, rejected));
    let announced = route.text_at("ScanInformation/MeasurementPoints").and_then(number);
    if let Some(announced) = announced.filter(|announced| (rows.len() as f64) < *announced) {
        scan.incomplete(&format!("{} points, the file announces {announced}", rows.len()));
    }
    let times_place = meanings.iter().position(|meaning| matches!(meaning, Meaning::Time));
    let times = times_place.map(|place| rows.take(place)).unwrap_or_default();
    let mut has_intensity = false;
    for (place, meaning) in meanings.iter().enumerate() {
        match meaning {
            Meaning::Time => {}
            Meaning::Absorption => {
                let factors = rows.take(place);
                attenuation(&mut scan, factors);
            }
            Meaning::Axis(name) => {
                let values = rows.take(place);
                if name == scanned {
                    scan.column("scan_angle_deg", Some("deg"), name, values);
                } else {
                    let own = format!("{}_deg", column_name(name));
                    scan.column(axis_column(name).unwrap_or(&own), Some("deg"), name, values);
                }
            }
            Meaning::Counts(name, is_stated) if !has_intensity => {
                scan.text("intensity_unit", if *is_stated { "counts" } else { crate::NOT_STATED });
                has_intensity = true;
                let mut counts = rows.take(place);
                counts.iter_mut().filter(|count| **count == BLANK).for_each(|count| *count = f64::NAN);
                scan.column("intensity", Some("1"), name, counts);
            }
            Meaning::Counts(name, _) | Meaning::Other(name) => {
                let unit = matches!(meaning, Meaning::Counts(..)).then_some("1");
                scan.column(&column_name(name), unit, name, rows.take(place));
            }
        }
    }
    counting_time(&mut scan, times);
    // 2θ alone, or with θ at half its speed.
    let name = route.child("ScanInformation").and_then(|info| info.attribute("ScanName")).unwrap_or_default();
    let is_coupled = axes.len() > 1 && axis_column(scanned) == Some("two_theta_deg");
    scan.axis(Some(if is_coupled && axis(name) == "theta_two_theta" { "coupled" } else { scanned }));
    scan.text("scan_type", name);
    if scan.metadata.get("scan_axis") == Some(&crate::Value::Text("two_theta".to_owned())) && axes.len() > 1 {
        scan.warnings.push(format!("axes {} moved together in a scan of type `{name}`", axes.join(", ")));
    }
    Ok(scan)
}

/// Keeps the absorption factor where there was one.
fn attenuation(scan: &mut Scan, factors: Vec<f64>) {
    if factors.iter().any(|factor| *factor != 1.0) {
        scan.warnings.push(
            "the absorption factor is not 1 throughout: the file's intensities have been multiplied by it".to_owned(),
        );
    }
    scan.column("attenuation_factor", Some("1"), "AbsorptionFactor", factors);
}

/// One time for all points is a setting, else a column.
fn counting_time(scan: &mut Scan, times: Vec<f64>) {
    let Some(first) = times.first().copied() else { return };
    if times.iter().all(|time| *time == first) {
        scan.positive("counting_time_s", first);
        return;
    }
    let counts =
        scan.columns.iter().find(|column| column.name == "intensity").and_then(|column| match &column.values {
            crate::Values::Number(values) => Some(values.clone()),
            crate::Values::Text(_) => None,
        });
    let rates = counts.map(|counts| counts.iter().zip(&times).map(|(counts, time)| counts / time).collect());
    scan.column("count_rate_per_s", Some("/s"), "ScanCounter / MeasuredTime", rates.unwrap_or_default());
    scan.column("counting_time_s", Some("s"), "MeasuredTime", times);
}

/// What stands around the points.
fn circumstances(scan: &mut Scan, root: &Node, route: &Node) {
    if let Some((started, zone)) = root.text_at("TimeStampStarted").and_then(zoned) {
        scan.text("started_at", &started);
        scan.text("started_at_offset", zone.as_deref().unwrap_or_default());
    }
    let scanned =
        scan.columns.iter().find(|column| column.name == "scan_angle_deg").map(|column| column.header.clone());
    let axes = route.at("ScanInformation/ScanAxes");
    let step = axes
        .into_iter()
        .flat_map(|axes| axes.children("ScanAxisInfo"))
        .find(|info| info.attribute("AxisName") == scanned.as_deref())
        .and_then(|info| info.text_at("Increment"));
    scan.number("step_deg", step.and_then(number));
    let fixed = root.child("FixedInformation");
    let values = |node: &Node, name: &str| node.child(name).and_then(|node| node.attribute("Value")).and_then(number);
    for node in fixed.into_iter().flat_map(Node::descendants) {
        match node.name.as_str() {
            "InfoItem" => {
                let value = node.attribute("Value").unwrap_or_default();
                match node.attribute("Name") {
                    Some("SampleName") => scan.text("sample", value),
                    Some("Comment") => scan.text("comment", value),
                    _ => {}
                }
            }
            "MethodApplicationType" => scan.text("method", &node.text),
            "Tube" => {
                scan.wavelengths(&Lines {
                    used: None,
                    alpha_1: values(node, "WaveLengthAlpha1"),
                    alpha_2: values(node, "WaveLengthAlpha2"),
                    beta: values(node, "WaveLengthBeta"),
                    ratio: values(node, "WaveLengthRatio"),
                });
                scan.positive("wavelength_k_alpha_mean_angstrom", values(node, "WaveLengthAverage"));
                scan.text("anode", node.text_at("TubeMaterial").unwrap_or_default());
                if let Some(generator) = node.child("Generator") {
                    scan.positive("generator_voltage_kv", values(generator, "Voltage"));
                    scan.positive("generator_current_ma", values(generator, "Current"));
                }
            }
            "InfoData" if node.attribute("type") == Some("FixedDriveInfoData") => {
                let position = node.child("Position").filter(|position| position.attribute("Unit") == Some("°"));
                let value = position.and_then(|position| position.attribute("Value")).and_then(number);
                match node.attribute("LogicName") {
                    Some("Theta") => {
                        scan.number("theta_position_deg", value);
                        let is_detector_scan =
                            scan.metadata.get("scan_axis") == Some(&crate::Value::Text("two_theta".to_owned()));
                        if is_detector_scan {
                            scan.number("incidence_angle_deg", value);
                        }
                    }
                    Some("Chi") => scan.number("chi_position_deg", value),
                    Some("Phi") => scan.number("phi_position_deg", value),
                    Some("TwoTheta") => scan.number("two_theta_position_deg", value),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    const VIEWS: &str = r#"<DataViews>
        <RawDataView Start="0" Length="1" LogicName="MeasuredTime" Unit="s"/>
        <RawDataView Start="1" Length="1" LogicName="AbsorptionFactor"/>
        <RawDataView Start="2" Length="2"><Varying><FieldDefinitions FieldName="TwoTheta"/><FieldDefinitions
        FieldName="Theta"/></Varying></RawDataView>
        <RawDataView Start="4" Length="1"><Recording LogicName="ScanCounter"><Unit Base="Counts"/></Recording></RawDataView>
        <RawDataView Start="5" Length="1"><Recording LogicName="Sensor"><Unit Base="Volt"/></Recording></RawDataView>
        </DataViews>"#;

    fn read(views: &str, data: &str) -> Result<Reading, ReadError> {
        let route = format!(
            "<DataRoute RouteFlag='Measured'><ScanInformation ScanName='LockedCoupled'/>{data}{views}</DataRoute>"
        );
        let document = format!("<RawData><DataRoutes>{route}</DataRoutes></RawData>");
        let (root, broken) = xml::parse(document.as_bytes())?;
        let mut reading = Reading::default();
        data_set(&root, "RawData0.xml", broken.as_deref(), &mut reading)?;
        Ok(reading)
    }

    #[test]
    fn the_counts_are_where_the_views_say() {
        let reading = read(VIEWS, "<Datum>2,8.3,10,5,7.5,1</Datum><Datum>2,1,10.5,5.25,8,1</Datum>").unwrap();
        let scan = &reading.measurements[0];
        assert_eq!(scan.numbers("scan_angle_deg"), Some(&[10.0, 10.5][..]));
        assert_eq!(scan.numbers("omega_deg"), Some(&[5.0, 5.25][..]));
        assert_eq!(scan.numbers("intensity"), Some(&[7.5, 8.0][..]));
        assert_eq!(scan.numbers("attenuation_factor"), Some(&[8.3, 1.0][..]));
        assert_eq!(scan.numbers("sensor"), Some(&[1.0, 1.0][..]));
        assert_eq!(scan.metadata["counting_time_s"], Value::Number(2.0));
        assert_eq!(scan.metadata["scan_axis"], Value::Text("theta_two_theta".to_owned()));
    }

    #[test]
    fn views_that_overlap_are_refused() {
        let error = read(&VIEWS.replace("Start=\"5\"", "Start=\"4\""), "").unwrap_err().to_string();
        assert!(error.contains("found places 0, 1, 2, 3, 4, 4"), "{error}");
    }

    #[test]
    fn data_sets_are_ordered_by_their_numbers() {
        assert_eq!(place_of("Experiment0/RawData17.xml"), Some((0, 17)));
        assert_eq!(place_of("Experiment0/DataContainer.xml"), None);
    }
}

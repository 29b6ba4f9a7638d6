//! Reads ion beam data files: IDF, IAEA's XML for ion beam analysis, also as SIMNRA (`.xnra`) and pyIBA write it.
//!
//! Read of each `sample`: its `layeredstructure` as a depth profile, and of each `spectrum` the measured `data`. Simulated
//! spectra (`process/simulations`), smoothed ones (`processeddata`) and measured ones without a count are counted in a
//! warning. Elements are found by name in any namespace: files declare wrong ones.
//!
//! * Concentrations are a fraction in SIMNRA's files and percent in pyIBA's, and both have `units="fraction"`. Sums over
//!   layers decide: near 1 or near 100 in every layer; else the layers are left out with a warning.
//! * Names of layer elements may be molecules (`Si 1 O 2`); they are split into elements by their atoms.
//! * Numbers may have a leading blank and exponents like `E+0003`.
//! * The energy calibration is metadata: files state one even if none was entered (0 keV + 1 keV/channel).
//!
//! Source: C. Jeynes et al., "The RBS data furnace / IDF", idf.schemas.itn.pt, IDF version 1.01; files of SIMNRA 7.03 and
//! pyIBA.

use std::collections::BTreeMap;

use super::layers::{Composed, DepthUnit, Model, Structure};
use super::number_lines::{column, number};
use super::spectra::times_in_first_channels;
use crate::manifest::embedded;
use crate::repetition;
use crate::text::{counted, excerpt};
use crate::xml::{Node, parse};
use crate::{Adapter, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value};

/// Reads ion beam data files.
#[derive(Debug)]
pub(crate) struct IonBeamDataFile;

impl Adapter for IonBeamDataFile {
    fn manifest(&self) -> &Manifest {
        embedded("iba_idf")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if root_name(probe.text()) == Some("idf") { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// The name of an XML document's first element, without its namespace.
fn root_name(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    while rest.starts_with("<?") || rest.starts_with("<!") {
        let end = if rest.starts_with("<!--") { "-->" } else { ">" };
        rest = rest.split_once(end)?.1.trim_start();
    }
    let name = rest.strip_prefix('<')?.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next()?;
    name.rsplit(':').next()
}

fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let (root, broken) = parse(file)?;
    if root.name != "idf" {
        return Err(ReadError::malformed(
            Place::Offset(root.offset),
            "the element `idf`",
            format!("`{}`", excerpt(&root.name, 40)),
        ));
    }
    let mut reading = Reading::default();
    let common = file_metadata(&root, broken.as_deref());
    for sample in root.children("sample") {
        let mut metadata = common.clone();
        if let Some(title) = sample.text_at("description") {
            metadata.insert("title".to_owned(), text(title));
        }
        for layers in sample.children("structure").flat_map(|structure| structure.children("layeredstructure")) {
            let is_cut = broken.is_some() && last_names(&root).any(|name| name == "layer");
            profile(layers, is_cut, &metadata, &mut reading);
        }
        let spectra: Vec<_> = sample.children("spectra").flat_map(|spectra| spectra.children("spectrum")).collect();
        repetition::check(&metadata, std::iter::empty(), spectra.len(), Place::Offset(sample.offset))?;
        for (place, spectrum) in spectra.into_iter().enumerate() {
            measured(spectrum, place + 1, &metadata, &mut reading);
        }
    }
    if reading.measurements.is_empty() {
        let why = if reading.warnings.is_empty() {
            "no layers and no spectrum".to_owned()
        } else {
            reading.warnings.join("; ")
        };
        return Err(ReadError::NotSupported {
            place: Place::Offset(0),
            recognised: format!("an ion beam data file (IDF or SIMNRA XML) without measured data ({why})"),
            advice: "import the measured spectrum as text, or a file that contains it".to_owned(),
        });
    }
    Ok(reading)
}

fn text(value: &str) -> Value {
    Value::Text(excerpt(value, 1000))
}

/// The names of the root, its last child, the last child of that, and so on: where a truncated document ends.
fn last_names(root: &Node) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(root), |node| node.children.last()).map(|node| node.name.as_str())
}

/// The metadata of a whole file.
fn file_metadata(root: &Node, broken: Option<&str>) -> BTreeMap<String, Value> {
    let mut metadata = BTreeMap::new();
    let mut set = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            metadata.insert(name.to_owned(), text(value));
        }
    };
    let version = root.text_at("attributes/simnraversionnr").map(|version| format!("SIMNRA {version}"));
    set("software", version.as_deref());
    set("format_version", root.text_at("attributes/idfversion"));
    set("file_name", root.text_at("attributes/filename"));
    let created = root.text_at("attributes/createtime").map(|time| time.replacen(' ', "T", 1));
    set("file_created_at", created.as_deref());
    let notes: Vec<_> = root.children("notes").flat_map(|notes| &notes.children).map(|note| note.text.trim()).collect();
    let notes = notes.into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; ");
    set("comment", Some(notes.as_str()).filter(|notes| !notes.is_empty()));
    set("incomplete", broken);
    metadata
}

/// Reads layers, or warns why not; the last one is left out where the document breaks off in it.
fn profile(structure: &Node, is_cut: bool, metadata: &BTreeMap<String, Value>, reading: &mut Reading) {
    let place = Place::Offset(structure.offset);
    let mut layers: Vec<_> = structure.children("layers").flat_map(|layers| layers.children("layer")).collect();
    if is_cut {
        layers.pop();
    }
    if layers.is_empty() {
        return;
    }
    match model(&layers).and_then(|(model, unit_warning)| {
        let mut measurement = model.measurement(metadata.clone(), place).map_err(|error| error.to_string())?;
        measurement.warnings.extend(unit_warning);
        Ok(measurement)
    }) {
        Ok(mut measurement) => {
            measurement.block = reading.measurements.len() as u32;
            #[expect(clippy::float_cmp, reason = "a count is whole, and exact as a float")]
            let differing =
                structure.text_at("nlayers").and_then(number).filter(|announced| *announced != layers.len() as f64);
            if let Some(announced) = differing {
                let warning = format!("`nlayers` is {announced}, but there are {}", layers.len());
                measurement.warnings.push(warning);
            }
            reading.measurements.push(measurement);
        }
        Err(why) => reading.warnings.push(format!("the layers are not read: {why}")),
    }
}

/// The layers of a structure, and a warning about their unit.
fn model(layers: &[&Node]) -> Result<(Model, Option<String>), String> {
    let mut molecules: Vec<String> = Vec::new();
    let mut depth_unit = None;
    let mut stated_unit = "";
    let mut composed = Vec::new();
    for (place, layer) in layers.iter().enumerate() {
        let which = place + 1;
        let thickness = layer.child("layerthickness").ok_or_else(|| format!("layer {which} has no thickness"))?;
        let (unit, factor) = match thickness.attribute("units").map(str::trim) {
            Some("1e15at/cm2" | "1e15 at/cm2") => (DepthUnit::Areal, 1.0),
            Some("nm") => (DepthUnit::Nanometres, 1.0),
            Some("um") => (DepthUnit::Nanometres, 1000.0),
            other => {
                return Err(format!(
                    "the thickness of layer {which} is in `{}`",
                    excerpt(other.unwrap_or_default(), 20)
                ));
            }
        };
        if *depth_unit.get_or_insert(unit) != unit {
            return Err("the thicknesses are in different units".to_owned());
        }
        let extent = number(thickness.text.trim()).filter(|value| value.is_finite() && *value >= 0.0);
        let extent = extent.ok_or_else(|| format!("layer {which} has no thickness"))? * factor;
        let mut shares = vec![0.0; molecules.len()];
        for element in layer.children("layerelements").flat_map(|elements| elements.children("layerelement")) {
            let name = element.text_at("name").ok_or_else(|| format!("layer {which} has an element without a name"))?;
            let concentration = element.child("concentration");
            let share = concentration.and_then(|node| number(node.text.trim())).filter(|value| value.is_finite());
            let share =
                share.ok_or_else(|| format!("layer {which} has no concentration of `{}`", excerpt(name, 40)))?;
            stated_unit = concentration.and_then(|node| node.attribute("units")).unwrap_or(stated_unit);
            let at = molecules.iter().position(|known| known == name).unwrap_or_else(|| {
                molecules.push(name.to_owned());
                shares.push(0.0);
                molecules.len() - 1
            });
            if let Some(sum) = shares.get_mut(at) {
                *sum += share;
            }
            if molecules.len() > 1000 {
                return Err("there are more than 1000 molecules".to_owned());
            }
        }
        // Programs keep a place for an empty layer.
        let is_empty = extent == 0.0 && shares.iter().all(|share| *share == 0.0);
        if !is_empty {
            composed.push(Composed { extent, shares, thickness_nm: None });
        }
    }
    if composed.is_empty() {
        return Err("all are empty".to_owned());
    }
    let sums: Vec<f64> = composed.iter().map(|layer| layer.shares.iter().sum()).collect();
    let near = |one: f64| sums.iter().all(|sum| (0.5 * one..=1.5 * one).contains(sum));
    let factor = match (near(1.0), near(100.0)) {
        (true, _) => 100.0,
        (_, true) => 1.0,
        _ => {
            let least = sums.iter().copied().fold(f64::INFINITY, f64::min);
            let most = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            return Err(format!("the sums of concentrations are {least} to {most}, neither 1 nor 100 in every layer"));
        }
    };
    let count = molecules.len();
    for layer in &mut composed {
        layer.shares.resize(count, 0.0);
        layer.shares.iter_mut().for_each(|share| *share *= factor);
    }
    #[expect(clippy::float_cmp, reason = "the factor is 1 or 100, as set above")]
    let is_mislabelled = factor == 1.0 && stated_unit == "fraction";
    let warning = is_mislabelled
        .then(|| "concentrations are declared as fractions but add up to 100: they were taken as percent".to_owned());
    let unit = depth_unit.unwrap_or(DepthUnit::Areal);
    Ok((Model { structure: Structure::Layers, unit, molecules, composed }, warning))
}

/// Reads the measured data of a spectrum, or warns why not.
fn measured(spectrum: &Node, which: usize, common: &BTreeMap<String, Value>, reading: &mut Reading) {
    let simulated =
        spectrum.children("process").flat_map(Node::descendants).filter(|node| node.name == "simpledata").count();
    if simulated > 0 {
        reading.warnings.push(format!("the simulated spectra of spectrum {which} ({simulated}) are not read"));
    }
    for data in spectrum.children("data").flat_map(|data| data.children("simpledata")) {
        let (mut y, y_faulty) = numbers(data.child("y"));
        if matches!(common.get("incomplete"), Some(Value::Text(statement)) if statement.ends_with("within `y`")) {
            // The last number may be cut off.
            y.pop();
        }
        let (x, x_faulty) = numbers(data.child("x"));
        if y.iter().all(|count| *count == 0.0) {
            let channels = counted(y.len(), "channel");
            reading.warnings.push(format!("spectrum {which} has no measured counts ({channels} of 0)"));
            continue;
        }
        let axis = data.text_at("xaxis/axisname").unwrap_or_default();
        let unit = data.text_at("xaxis/axisunit").unwrap_or_default();
        let (name, ucum, factor) = match (axis, unit) {
            (_, "channel" | "channels" | "#") | ("channel", "") => ("channel", "1", 1.0),
            (_, "keV") => ("energy_kev", "keV", 1.0),
            (_, "MeV") => ("energy_kev", "keV", 1000.0),
            _ => {
                let axis = excerpt(&format!("{axis} / {unit}"), 60);
                reading
                    .warnings
                    .push(format!("spectrum {which} is not read: its axis `{axis}` is neither channel nor energy"));
                continue;
            }
        };
        let mut metadata = common.clone();
        circumstances(spectrum, &mut metadata);
        let mut warnings = Vec::new();
        if x.len() != y.len() || x_faulty || y_faulty {
            let broken =
                if x_faulty || y_faulty { ", and one list ends in something that is not a number" } else { "" };
            warnings.push(format!(
                "there are {} channels or energies and {} counts{broken}: the rest is left out",
                x.len(),
                y.len()
            ));
        }
        let rows = x.len().min(y.len());
        let mut x = x;
        x.truncate(rows);
        y.truncate(rows);
        x.iter_mut().for_each(|value| *value *= factor);
        if name == "channel" {
            warnings.extend(times_in_first_channels(&x, &y));
        }
        let y_unit = data.text_at("yaxis/axisunit").unwrap_or_default();
        if y_unit != "counts" {
            metadata.insert("yield_unit".to_owned(), text(if y_unit.is_empty() { crate::NOT_STATED } else { y_unit }));
        }
        let header = format!("{axis} / {unit}");
        reading.measurements.push(Measurement {
            block: reading.measurements.len() as u32,
            technique: Technique::IonBeamSpectrum,
            columns: vec![column(name, Some(ucum), &header, x), column("counts", Some("1"), "yield / counts", y)],
            metadata,
            warnings,
        });
    }
}

/// The numbers in an element's text up to the first other word, and whether there is such a word.
fn numbers(node: Option<&Node>) -> (Vec<f64>, bool) {
    let mut values = Vec::new();
    for word in node.map_or("", |node| node.text.as_str()).split_ascii_whitespace() {
        match number(word) {
            Some(value) => values.push(value),
            None => return (values, true),
        }
    }
    (values, false)
}

/// Settings of beam, geometry, detector and calibration in a spectrum.
fn circumstances(spectrum: &Node, metadata: &mut BTreeMap<String, Value>) {
    const NUMBERS: [(&str, &str, &[&str]); 8] = [
        ("beam_energy_kev", "beam/beamenergy", &["keV"]),
        ("beam_energy_spread_kev", "beam/beamenergyspread", &["keV"]),
        ("beam_charge_uc", "beam/beamfluence", &["uC"]),
        ("beam_particles", "beam/beamfluence", &["#particles"]),
        ("incidence_angle_deg", "geometry/incidenceangle", &["degree", "deg"]),
        ("scattering_angle_deg", "geometry/scatteringangle", &["degree", "deg"]),
        ("exit_angle_deg", "geometry/exitangle", &["degree", "deg"]),
        ("solid_angle_msr", "detection/detector/solidangle", &["msr"]),
    ];
    for (name, path, units) in NUMBERS {
        let Some(node) = spectrum.at(path) else { continue };
        let is_unit = node.attribute("units").is_some_and(|unit| units.contains(&unit));
        if let Some(value) = Some(node.text.trim()).filter(|text| is_unit && !text.is_empty()).and_then(number) {
            metadata.insert(name.to_owned(), Value::Number(value));
        }
    }
    const TEXTS: [(&str, &str); 6] = [
        ("beam_particle", "beam/beamparticle"),
        ("geometry", "geometry/geometrytype"),
        ("detector", "detection/detector/detectortype"),
        ("reaction", "reactions/technique"),
        ("channel_mode", "data/channelmode"),
        ("source_file", "data/datafile/filename"),
    ];
    for (name, path) in TEXTS {
        if let Some(value) = spectrum.text_at(path) {
            metadata.insert(name.to_owned(), text(value));
        }
    }
    let parameters = spectrum.at("calibrations/energycalibrations/energycalibration/calibrationparameters");
    for parameter in parameters.into_iter().flat_map(|node| node.children("calibrationparameter")) {
        let name = match parameter.attribute("units") {
            Some("keV") => "calibration_offset_kev",
            Some("keV/channel") => "calibration_gain_kev_per_channel",
            Some("keV/channel^2") => "calibration_quadratic_kev_per_channel2",
            _ => continue,
        };
        if let Some(value) = Some(parameter.text.trim()).filter(|text| !text.is_empty()).and_then(number) {
            metadata.entry(name.to_owned()).or_insert(Value::Number(value));
        }
    }
    let notes: Vec<_> =
        spectrum.children("notes").flat_map(|notes| &notes.children).map(|note| note.text.trim()).collect();
    let notes = notes.into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; ");
    if !notes.is_empty() {
        metadata.insert("notes".to_owned(), text(&notes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(layers: &str, spectra: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?>\n<!-- made up -->\n<idf:idf xmlns:idf=\"wrong\"><sample><structure><layeredstructure>\
             <layers>{layers}</layers></layeredstructure></structure><spectra>{spectra}</spectra></sample></idf:idf>"
        )
    }

    fn layer(thickness: &str, elements: &[(&str, &str)]) -> String {
        let elements: String = elements
            .iter()
            .map(|(name, share)| {
                format!("<layerelement><name>{name}</name><concentration units=\"fraction\">{share}</concentration></layerelement>")
            })
            .collect();
        format!(
            "<layer><layerthickness units=\"1e15at/cm2\">{thickness}</layerthickness><layerelements>{elements}\
             </layerelements></layer>"
        )
    }

    fn spectrum(unit: &str, x: &str, y: &str) -> String {
        format!(
            "<spectrum><beam><beamenergy units=\"keV\"> 2.0E+0003</beamenergy></beam><data><simpledata><xaxis><axisname>\
             energy</axisname><axisunit>{unit}</axisunit></xaxis><yaxis><axisunit>counts</axisunit></yaxis><x>{x}</x><y>{y}\
             </y></simpledata></data><process><simulations><simpledata/></simulations></process></spectrum>"
        )
    }

    #[test]
    fn fractions_and_percent_are_distinguished_by_their_sums() {
        for (share, factor) in [(" 6.0E-0001", "0.4"), ("60", "40")] {
            let text = file(&layer(" 1.0E+0003", &[("O", share), ("Al", factor)]), "");
            let reading = read(text.as_bytes()).unwrap();
            assert_eq!(reading.measurements[0].numbers("content_percent"), Some(&[60.0, 40.0, 60.0, 40.0][..]));
            assert_eq!(reading.measurements[0].warnings.len(), usize::from(share == "60"));
        }
        let text = file(&(layer("10", &[("O", "1")]) + &layer("10", &[("O", "100")])), "");
        assert_eq!(
            read(text.as_bytes()).unwrap_err().to_string(),
            "byte 0: this is an ion beam data file (IDF or SIMNRA XML) without measured data (the layers are not read: \
             the sums of concentrations are 1 to 100, neither 1 nor 100 in every layer), which aldb does not read; \
             import the measured spectrum as text, or a file that contains it"
        );
    }

    #[test]
    fn measured_spectra_are_read_and_simulated_or_empty_ones_counted() {
        let text = file("", &(spectrum("channel", "0 1 2", "0 5 7") + &spectrum("#", "0 1", " 0.0 0.0")));
        assert_eq!(IonBeamDataFile.sniff(&Probe::new(text.as_bytes())), Match::Certain);
        let reading = read(text.as_bytes()).unwrap();
        assert_eq!(reading.measurements.len(), 1);
        assert_eq!(reading.measurements[0].numbers("counts"), Some(&[0.0, 5.0, 7.0][..]));
        assert_eq!(reading.measurements[0].metadata["beam_energy_kev"], Value::Number(2000.0));
        assert_eq!(
            reading.warnings,
            [
                "the simulated spectra of spectrum 1 (1) are not read",
                "the simulated spectra of spectrum 2 (1) are not read",
                "spectrum 2 has no measured counts (2 channels of 0)"
            ]
        );
    }

    #[test]
    fn different_numbers_of_energies_and_counts_give_a_warning() {
        let reading = read(file("", &spectrum("MeV", "0.5 1 x", "0 5 7")).as_bytes()).unwrap();
        assert_eq!(reading.measurements[0].numbers("energy_kev"), Some(&[500.0, 1000.0][..]));
        assert_eq!(
            reading.measurements[0].warnings,
            [
                "there are 2 channels or energies and 3 counts, and one list ends in something that is not a number: the rest is left out"
            ]
        );
    }

    #[test]
    fn other_xml_is_not_claimed() {
        for text in ["<idfx/>", "<a><idf/></a>", "idf", "<?xml?>", "<!-- <idf> "] {
            assert_eq!(IonBeamDataFile.sniff(&Probe::new(text.as_bytes())), Match::No, "{text}");
        }
    }
}

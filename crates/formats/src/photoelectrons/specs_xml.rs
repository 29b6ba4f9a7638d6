//! Reads spectra that SPECS's SpecsLab 2 stored as XML.
//!
//! Format: structures of CORBA as elements (`struct`, `sequence`, `string`, `double`, …) whose attribute `name` states what they
//! are, with a document type. Groups hold regions; a region has its settings, the analyser's detectors, cycles, scans of
//! these with their counts, and the transmission. A sequence of `length` 0 may still hold one empty element.
//! Source: files of SpecsLab 2.55 and 2.81 and the vendor's own text export of one of them.
//!
//! Energies are kinetic: `kinetic_energy + i × scan_delta`. Counts are in the order of steps, and at each step of the
//! detectors; before the first energy there are `mcd_head` more steps, after the last `mcd_tail`. A detector sees an energy that
//! is higher by `shift × pass_energy`, so the counts of energy i are, of each detector, those of step
//! i + `mcd_head` − `shift` × `pass_energy` / `scan_delta`, rounded. Without this, peaks are half as high and smeared.
//!
//! Each cycle is a spectrum: the counts of all detectors and stored scans together, counted for the dwell time times the
//! scans. Not supported: several curves a scan, cycles without their scans (`compact_cycles`), scans over anything but kinetic
//! energies: they are left out with a warning.

use crate::local_time::ole_to_iso;
use crate::manifest::embedded;
use crate::photoelectrons::spectrum::{Spectrum, ends_early};
use crate::text::{counted, excerpt};
use crate::xml::{Node, parse};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading};

const SIGNATURE: &str = "CORBA XML document created by XMLSerializer";

/// Reads SpecsLab's XML.
#[derive(Debug)]
pub(crate) struct SpecsXml;

impl Adapter for SpecsXml {
    fn manifest(&self) -> &Manifest {
        embedded("specs_xml")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.text().contains(SIGNATURE) { Match::Certain } else { Match::No }
    }

    fn evidence(&self, _probe: &Probe<'_>) -> &'static str {
        "a comment names SPECS's serializer as its creator"
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// The child called `name`.
fn named<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.children.iter().find(|child| child.attribute("name") == Some(name))
}

/// The elements of the sequence called `name`.
fn sequence<'n>(node: &'n Node, name: &str) -> &'n [Node] {
    named(node, name).filter(|sequence| sequence.attribute("length") != Some("0")).map_or(&[], |found| &found.children)
}

fn text<'n>(node: Option<&'n Node>, name: &str) -> &'n str {
    node.and_then(|node| named(node, name)).map_or("", |found| found.text.trim())
}

fn number(node: Option<&Node>, name: &str) -> f64 {
    text(node, name).parse().unwrap_or(f64::NAN)
}

fn count(node: Option<&Node>, name: &str) -> usize {
    text(node, name).parse().unwrap_or(0)
}

/// The numbers of a sequence: in one element, separated by blanks, or in many.
fn numbers(sequence: &Node) -> Vec<f64> {
    let mut values = Vec::with_capacity(sequence.children.iter().map(|child| child.text.len() / 4).sum());
    for child in &sequence.children {
        values.extend(child.text.split_ascii_whitespace().map(|word| fast_float2::parse(word).unwrap_or(f64::NAN)));
    }
    values
}

/// The settings of a region that its counts need.
struct Shape {
    points: usize,
    head: usize,
    /// Steps in all.
    steps: usize,
    start: f64,
    step: f64,
    /// For each detector the step that holds the counts of the first energy.
    first_steps: Vec<f64>,
}

fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let (root, broken) = parse(file)?;
    let head = String::from_utf8_lossy(file.get(..file.len().min(1000)).unwrap_or_default()).into_owned();
    if !head.contains(SIGNATURE) {
        let found = format!("`{}`", excerpt(head.lines().next().unwrap_or_default(), 40));
        return Err(ReadError::malformed(Place::Offset(0), format!("`{SIGNATURE}`"), found));
    }
    let program = head.split("from SL ").nth(1).and_then(|rest| rest.split_whitespace().next());
    let software = program.map_or(String::new(), |version| format!("SpecsLab {version}"));
    let mut reading = Reading::default();
    for group in root.children.iter().flat_map(|groups| &groups.children) {
        for region in sequence(group, "regions") {
            let one = |reading: &mut Reading| cycles(region, group, &software, reading);
            if let Err(why) = one(&mut reading)? {
                let name = text(Some(region), "name");
                reading.leave_out(format!("region `{}` was left out: {why}", excerpt(name, 80)));
            }
        }
    }
    if let Some(statement) = broken {
        ends_early(&mut reading, statement);
    }
    if reading.measurements.is_empty() && reading.warnings.is_empty() {
        reading.warnings.push("the file has no region".to_owned());
    }
    Ok(reading)
}

/// Reads the cycles of a region; the inner error states why it was left out.
fn cycles(region: &Node, group: &Node, software: &str, reading: &mut Reading) -> Result<Result<(), String>, ReadError> {
    let shape = match shape(region) {
        Ok(shape) => shape,
        Err(why) => return Ok(Err(why)),
    };
    let cycles = sequence(region, "cycles");
    if cycles.iter().all(|cycle| sequence(cycle, "scans").is_empty()) {
        let is_compact = !sequence(region, "compact_cycles").is_empty();
        let why = if is_compact { "it has only the sum of its scans (`compact_cycles`)" } else { "it has no scan" };
        return Ok(Err(why.to_owned()));
    }
    for (place, cycle) in cycles.iter().enumerate() {
        let mut counts = Vec::new();
        let mut scans = 0_usize;
        let stored = sequence(cycle, "scans");
        for scan in stored {
            let values = named(scan, "counts").map_or(Vec::new(), numbers);
            if values.len() != shape.steps.saturating_mul(shape.first_steps.len()) {
                continue;
            }
            scans += 1;
            // Only now is it certain that the file has as many points as it states.
            counts.resize(shape.points, 0.0);
            add(&values, &shape, &mut counts);
        }
        if scans == 0 {
            let expected = shape.steps.saturating_mul(shape.first_steps.len());
            return Ok(Err(format!("no scan of cycle {place} has {expected} counts")));
        }
        let mut spectrum = Spectrum::default();
        let energies = (0..shape.points).map(|point| shape.start + shape.step * point as f64).collect();
        spectrum.column("energy_ev", Some("eV"), "kinetic_energy", energies);
        spectrum.column("intensity", Some("1"), "counts", counts);
        if let Some(transmission) = named(region, "transmission").map(numbers).filter(|list| list.len() == shape.points)
        {
            spectrum.column("transmission", Some("1"), "transmission", transmission);
        }
        if scans < stored.len() {
            spectrum.warnings.push(format!(
                "left out as incomplete: {} of {}",
                stored.len() - scans,
                counted(stored.len(), "scan")
            ));
        }
        describe(region, group, &mut spectrum);
        spectrum.text("software", software);
        spectrum.number("cycle", place as f64);
        spectrum.number("step_ev", shape.step);
        let settings = named(region, "region");
        spectrum.counting(Some(number(settings, "dwell_time")), Some(scans as f64));
        let planned = count(settings, "num_scans");
        if planned > scans {
            spectrum.number("planned_scans", planned as f64);
            spectrum.warnings.push(format!("{} planned, {scans} stored", counted(planned, "scan")));
        }
        // Seconds since 1970-01-01 in UTC, by way of days since 1899-12-30.
        if let Some(time) = ole_to_iso(number(Some(cycle), "time") / 86_400.0 + 25_569.0) {
            spectrum.text("started_at", &time);
            spectrum.text("time_zone", "UTC");
        }
        spectrum.finish(|_| Place::Offset(region.offset), reading)?;
    }
    Ok(Ok(()))
}

/// The positions of the counts of a region's energies, or why they are unknown.
fn shape(region: &Node) -> Result<Shape, String> {
    let settings = named(region, "region");
    let mode = settings.and_then(|settings| named(settings, "scan_mode"));
    let mode = text(mode, "name");
    let points = count(settings, "values_per_curve");
    let (start, step) = (number(settings, "kinetic_energy"), number(settings, "scan_delta"));
    if !["FixedAnalyzerTransmission", "FixedRetardingRatio"].contains(&mode) {
        return Err(format!("its scan mode `{}` is not over kinetic energies", excerpt(mode, 40)));
    }
    if count(settings, "curves_per_scan") > 1 {
        return Err("it has several curves per scan".to_owned());
    }
    if !start.is_finite() || !step.is_finite() || step == 0.0 || points == 0 {
        return Err("its energies are not stated".to_owned());
    }
    let base = number(settings, "kinetic_energy_base");
    if base.is_finite() && base != 0.0 {
        return Err(format!("its energies have a base of {base} eV, whose meaning is unknown"));
    }
    let (head, tail) = (count(Some(region), "mcd_head"), count(Some(region), "mcd_tail"));
    let steps = points.saturating_add(head).saturating_add(tail);
    let analyser = named(region, "analyzer_info");
    let detectors = analyser.map_or(&[][..], |analyser| sequence(analyser, "detectors"));
    let pass_energy = number(settings, "pass_energy");
    let mut first_steps = Vec::with_capacity(detectors.len().max(1));
    for detector in detectors {
        let shift = number(Some(detector), "shift");
        if shift != 0.0 && (mode != "FixedAnalyzerTransmission" || !(shift * pass_energy).is_finite()) {
            return Err(format!("in scan mode `{mode}` its detectors can't be aligned"));
        }
        let gain = number(Some(detector), "gain");
        #[expect(clippy::float_cmp, reason = "a gain of exactly 1 changes no count")]
        if gain.is_finite() && gain != 1.0 {
            return Err(format!("a detector has a gain of {gain}, which may or may not have been applied"));
        }
        first_steps.push(if shift == 0.0 { head as f64 } else { head as f64 - shift * pass_energy / step });
    }
    if first_steps.is_empty() {
        first_steps.push(head as f64);
    }
    Ok(Shape { points, head, steps, start, step, first_steps })
}

/// Adds a scan's counts, detector for detector, at the energies where they belong.
fn add(values: &[f64], shape: &Shape, counts: &mut [f64]) {
    let detectors = shape.first_steps.len();
    for (detector, first) in shape.first_steps.iter().enumerate() {
        // Head and tail make room for the shifts; a step beyond them has no counts.
        let first = first.round();
        let is_inside = first >= 0.0 && first <= (shape.steps - shape.points) as f64;
        let start = if is_inside { first as usize } else { shape.head };
        for (point, sum) in counts.iter_mut().enumerate() {
            let place = start.saturating_add(point).saturating_mul(detectors).saturating_add(detector);
            *sum += if is_inside { values.get(place).copied().unwrap_or(f64::NAN) } else { f64::NAN };
        }
    }
}

fn describe(region: &Node, group: &Node, spectrum: &mut Spectrum) {
    let settings = named(region, "region");
    spectrum.scales(Some("kinetic"), Some("counts"));
    spectrum.text("region", text(Some(region), "name"));
    spectrum.text("group", text(Some(group), "name"));
    let method = text(settings, "analysis_method");
    spectrum.text("method", method);
    spectrum.text("analyser_lens", text(settings, "analyzer_lens"));
    spectrum.text("analyser_slit", text(settings, "analyzer_slit"));
    spectrum.text("analyser_mode", text(settings.and_then(|settings| named(settings, "scan_mode")), "name"));
    spectrum.text("instrument", text(named(region, "analyzer_info"), "name"));
    spectrum.source(text(named(region, "source_info"), "name"), number(settings, "excitation_energy"), method);
    spectrum.positive("pass_energy_ev", number(settings, "pass_energy"));
    spectrum.number("work_function_ev", number(settings, "effective_workfunction"));
    spectrum.text("comment", text(Some(region), "comment"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    /// A file of one region of three energies with two detectors, whose counts are these at each of five steps.
    fn file(counts: &str, scans: usize, gain: &str) -> String {
        let scan =
            format!("<struct><sequence name=\"counts\" length=\"10\"><ulong>{counts}</ulong></sequence></struct>");
        let detector = |shift: &str| {
            format!("<struct><double name=\"shift\">{shift}</double><double name=\"gain\">{gain}</double></struct>")
        };
        format!(
            "<?xml version=\"1.0\"?>\n<!-- CORBA XML document created by XMLSerializer2 1.6 at 2024-01-01, from SL 2.81-r1 built x -->\n\
             <!DOCTYPE any [<!ELEMENT any (any)?>]>\n<any><sequence length=\"1\"><struct><string name=\"name\">synthetic film</string>\
             <sequence name=\"regions\" length=\"1\"><struct><string name=\"name\">O1s</string><struct name=\"region\">\
             <string name=\"analysis_method\">XPS</string><struct name=\"scan_mode\"><string name=\"name\">FixedAnalyzerTransmission</string></struct>\
             <ulong name=\"num_scans\">3</ulong><ulong name=\"curves_per_scan\">1</ulong><ulong name=\"values_per_curve\">3</ulong>\
             <double name=\"dwell_time\">0.5</double><double name=\"scan_delta\">0.5</double><double name=\"excitation_energy\">1486.6</double>\
             <double name=\"kinetic_energy\">950</double><double name=\"pass_energy\">10</double></struct>\
             <ulong name=\"mcd_head\">1</ulong><ulong name=\"mcd_tail\">1</ulong><struct name=\"analyzer_info\"><sequence name=\"detectors\" length=\"2\">\
             {}{}</sequence></struct><sequence name=\"cycles\" length=\"1\"><struct><ulong name=\"time\">1643391325</ulong>\
             <sequence name=\"scans\" length=\"{scans}\">{}</sequence></struct></sequence>\
             <sequence name=\"transmission\" length=\"3\"><double>1\n2\n3</double></sequence></struct></sequence></struct></sequence></any>",
            detector("-0.05"),
            detector("0.05"),
            scan.repeat(scans),
        )
    }

    /// Detectors see the same peak at steps 3 and 1.
    const COUNTS: &str = "1 2\n3 40\n5 6\n70 8\n9 10\n";

    #[test]
    fn detectors_are_aligned_before_they_are_added() {
        let reading = read(file(COUNTS, 1, "1").as_bytes()).unwrap();
        let spectrum = &reading.measurements[0];
        assert_eq!(spectrum.numbers("energy_ev"), Some(&[950.0, 950.5, 951.0][..]));
        assert_eq!(spectrum.numbers("intensity"), Some(&[7.0, 110.0, 15.0][..]));
        assert_eq!(spectrum.numbers("transmission"), Some(&[1.0, 2.0, 3.0][..]));
        assert_eq!(spectrum.metadata["started_at"], Value::Text("2022-01-28T17:35:25".to_owned()));
        assert_eq!(spectrum.metadata["software"], Value::Text("SpecsLab 2.81-r1".to_owned()));
        assert_eq!(spectrum.warnings, ["3 scans planned, 1 stored"]);
    }

    #[test]
    fn scans_are_added_and_their_time_with_them() {
        let reading = read(file(COUNTS, 3, "1").as_bytes()).unwrap();
        assert_eq!(reading.measurements[0].numbers("intensity"), Some(&[21.0, 330.0, 45.0][..]));
        assert_eq!(reading.measurements[0].metadata["counting_time_s"], Value::Number(1.5));
        assert!(reading.measurements[0].warnings.is_empty());
    }

    #[test]
    fn regions_that_cannot_be_aligned_or_are_incomplete_are_left_out() {
        let gain = read(file(COUNTS, 1, "2").as_bytes()).unwrap();
        assert_eq!(
            gain.warnings,
            ["region `O1s` was left out: a detector has a gain of 2, which may or may not have been applied"]
        );
        let short = read(file("1 2 3", 1, "1").as_bytes()).unwrap();
        assert_eq!(short.warnings, ["region `O1s` was left out: no scan of cycle 0 has 10 counts"]);
        let whole = file(COUNTS, 1, "1");
        let cut = read(&whole.as_bytes()[..whole.len() - 60]).unwrap();
        assert!(cut.measurements[0].metadata.contains_key("incomplete"));
    }
}

//! Reads the text that AugerScan (RBD Instruments) exports: spectra of PHI spectrometers with its electronics.
//!
//! Format: for each region a line `Element C 1s; Region 6 of 6; Depth Cycle 1 of 1; Time Per Step 50; Sweeps 16; Anode Mg; Photon Energy 1253.6;
//! XPS;`, then rows of energy and intensity, separated by a tab. A file of several regions may begin with a table of
//! evaluated intensities (`Cycles 8; Regions 6; …`), which is not read.
//!
//! The time for a point is in ms for each sweep, and the intensities are counts: the program's `.spe` of the same spectrum has the
//! intensity divided by that time, in c/s. The file does not state whether its energies are binding or kinetic. They are binding energies if
//! one of the file is 0 or less, which no kinetic energy is.
//!
//! Source: exports of AugerScan beside its `.spe` of the same spectra.

use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::photoelectrons::rows::numbers;
use crate::photoelectrons::spectrum::{Spectrum, even_step};
use crate::rejections::{ends_in_line, no_line_end};
use crate::text::{Line, decode, lines};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Value};

/// Reads AugerScan's text.
#[derive(Debug)]
pub(crate) struct AugerScan;

impl Adapter for AugerScan {
    fn manifest(&self) -> &Manifest {
        embedded("auger_scan_text")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let has_region = probe.text().lines().take(8).any(is_region);
        if has_region { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

fn is_region(line: &str) -> bool {
    line.starts_with("Element") && line.contains("; Region ") && line.contains("Time Per Step ")
}

/// A region while its rows are read.
struct Open<'t> {
    line: Line<'t>,
    energies: Vec<f64>,
    intensities: Vec<f64>,
    cut: Option<u64>,
    open_end: Option<String>,
}

/// Reads a file.
///
/// # Errors
///
/// [`ReadError::Malformed`] where there is no region.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut reading = Reading::default();
    let mut regions: Vec<Open<'_>> = Vec::new();
    for line in lines(&decoded.text) {
        let text = line.text.trim();
        if is_region(text) {
            regions.push(Open { line, energies: Vec::new(), intensities: Vec::new(), cut: None, open_end: None });
        } else if let Some((block, open)) = regions.iter_mut().enumerate().next_back().filter(|_| !text.is_empty()) {
            let mut row = [0.0; 2];
            if numbers(text, &mut row) == Some(2) && row.iter().all(|number| number.is_finite()) {
                open.energies.push(row[0]);
                open.intensities.push(row[1]);
                let last = text.split_ascii_whitespace().last().unwrap_or_default();
                open.open_end = (!line.ended).then(|| no_line_end(line.number, last));
            } else {
                open.cut = (!line.ended).then_some(line.number);
                let error = ReadError::unexpected(line.number, "an energy and an intensity", text);
                reading.rejected.push(block, error);
            }
        }
    }
    if regions.is_empty() {
        let first = lines(&decoded.text).next().map_or("", |line| line.text);
        return Err(ReadError::unexpected(1, "`Element …; Region …`", first));
    }
    // All regions of a file are on one scale.
    let is_binding = regions.iter().flat_map(|region| &region.energies).any(|energy| *energy <= 0.0);
    for region in regions {
        push(region, is_binding, &mut reading)?;
    }
    Ok(reading)
}

fn push(open: Open<'_>, is_binding: bool, reading: &mut Reading) -> Result<(), ReadError> {
    let mut spectrum = Spectrum::default();
    let step = even_step(&open.energies);
    spectrum.column("energy_ev", Some("eV"), "column 1", open.energies);
    spectrum.column("intensity", Some("1"), "column 2", open.intensities);
    spectrum.scales(is_binding.then_some("binding"), Some("counts"));
    if !is_binding {
        spectrum.warnings.push(
            "the file does not state whether its energies are binding or kinetic: supply `energy_scale` in the source"
                .to_owned(),
        );
    }
    let entries: Vec<&str> = open.line.text.split(';').map(str::trim).collect();
    let entry = |key: &str| entries.iter().find_map(|entry| entry.strip_prefix(key)).map_or("", str::trim);
    let number = |key: &str| {
        parse_number(entry(key), DecimalMark::Point).filter(|number| number.is_finite()).unwrap_or(f64::NAN)
    };
    spectrum.text("region", entry("Element"));
    spectrum.counting(Some(number("Time Per Step") / 1000.0), Some(number("Sweeps")));
    let method = entries.iter().copied().find(|entry| ["XPS", "AES", "UPS"].contains(entry)).unwrap_or_default();
    spectrum.text("method", method);
    spectrum.source(entry("Anode"), number("Photon Energy"), method);
    // `Depth Cycle 2 of 10`: levels count from 0 in all formats.
    if let Some((cycle, count)) = entry("Depth Cycle").split_once(" of ")
        && let (Ok(cycle), Ok(count)) = (cycle.trim().parse::<u32>(), count.trim().parse::<u32>())
        && count > 1
    {
        spectrum.number("etch_level", f64::from(cycle.saturating_sub(1)));
    }
    if let Some(step) = step {
        spectrum.number("step_ev", step);
    }
    spectrum.warnings.extend(open.open_end);
    if let Some(line) = open.cut {
        let words = ends_in_line(line);
        spectrum.metadata.insert("incomplete".to_owned(), Value::Text(words));
    }
    let from = open.line.number + 1;
    spectrum.finish(|row| Place::Line(from + row as u64), reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_is_a_spectrum_and_one_energy_of_zero_tells_the_scale_of_all() {
        let text = "Cycles 8; Regions 2; Anode Mg; Photon Energy 1253.6; XPS;\nO 1s\tC 1s\t\n2.5\t1.5\t\n\
            Element O 1s; Region 1 of 2; Depth Cycle 1 of 1; Time Per Step 50; Sweeps 8; Anode Mg; Photon Energy 1253.6; XPS;\n\
            540\t100\n539.5\t1x\n539\t120\n\n\
            Element ; Region 2 of 2; Depth Cycle 3 of 4; Time Per Step 50; Sweeps 5; Anode Mg; Photon Energy 1253.6; XPS;\n1\t7\n0.5\t8\n0\t9\n";
        let reading = read(text.as_bytes()).unwrap();
        let [first, second] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(first.numbers("energy_ev"), Some(&[540.0, 539.0][..]));
        assert_eq!(first.metadata["energy_scale"], Value::Text("binding".to_owned()));
        assert_eq!(first.metadata["counting_time_s"], Value::Number(0.4));
        assert_eq!(second.metadata["energy_scale"], Value::Text("binding".to_owned()));
        assert_eq!(second.metadata["etch_level"], Value::Number(2.0));
        assert_eq!((reading.rejected.len(), second.metadata.contains_key("region")), (1, false));
        let alone = read(text.split("\n\n").next().unwrap_or_default().as_bytes()).unwrap();
        assert_eq!(alone.measurements[0].metadata["energy_scale"], Value::Text("not stated".to_owned()));
        assert!(read(b"Element\n").is_err());
    }
}

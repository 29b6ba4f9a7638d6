//! Reads PHI's spectra and depth profiles (`.spe`, `.pro`; SmartSoft, MultiPak).
//!
//! Format: text from `SOFH` to `EOFH`, lines of `key: value`, then little-endian bytes: four u32 (kind, number of arrays,
//! bytes of their heads, bytes of this), a head of 96 bytes for each array, the arrays. A head has, as u32 unless stated
//! otherwise: at 0 the region's number, at 20, 24 and 28 the array's lengths, at 32, 40 the names of the first two axes (`pnt`
//! points; `cyc` cycles of sputtering, `sar` areas, `reg` regions), at 56 the unit, at 72 the type (`f4`, `f8`), at 76 the
//! bytes, at 80 where they start, counted from the end of `EOFH`'s line; in files of older programs that is 0, and the arrays
//! follow each other, the end of each at 92. Older programs also write `chn` for `pnt`, the region 0, and the type `u8`: eight
//! bytes that hold an `f8` (their text export of the same spectrum has the same numbers, as counts); numbers that are no `f8` of
//! a measurement are whole ones. Energies are in the text: `SpectralRegDef` has number, area, name, atomic number,
//! points, step, start, end, two ends of the peak, time for a point in s, pass energy.
//! Source: files of a VersaProbe 4 (SmartSoft 3.3); a file of an older program with its export as text; the descriptions of the same bytes in yadg (`phi.spe`) and pynxtools-xps.
//!
//! Each cycle of each region is a spectrum, with its time of sputtering. Not supported: maps and line scans, which have more
//! axes: their arrays are left out with a warning.

use std::collections::BTreeMap;

use crate::little_endian::{number_at, numbers, usize_at};
use crate::manifest::embedded;
use crate::photoelectrons::spectrum::{Spectrum, calendar, ends_early};
use crate::text::{decode, excerpt};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading};

const START: &[u8] = b"SOFH";
const END: &[u8] = b"EOFH";
const HEAD_BYTES: usize = 96;

/// Reads PHI's files.
#[derive(Debug)]
pub(crate) struct Phi;

impl Adapter for Phi {
    fn manifest(&self) -> &Manifest {
        embedded("phi")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let head = probe.head();
        let is_phi = head.starts_with(START) && matches!(head.get(START.len()), Some(b'\r' | b'\n'));
        if is_phi { Match::Certain } else { Match::No }
    }

    fn evidence(&self, _probe: &Probe<'_>) -> &'static str {
        "it starts with `SOFH`, as PHI's headers do"
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// A region as the text describes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Region {
    pub number: u32,
    pub name: String,
    pub points: usize,
    pub step: f64,
    pub start: f64,
    pub end: f64,
    pub dwell_s: f64,
    pub pass_energy: f64,
}

/// How the numbers of an array are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Single,
    Double,
    /// Eight bytes each, whole numbers.
    Whole,
}

impl Kind {
    fn width(self) -> usize {
        match self {
            Self::Single => 4,
            Self::Double | Self::Whole => 8,
        }
    }
}

/// The head of an array.
#[derive(Debug, Clone)]
struct Array<'a> {
    region: u32,
    points: usize,
    /// Length of the second axis.
    levels: usize,
    depth: usize,
    axes: [String; 2],
    unit: String,
    kind: Kind,
    /// Byte offset in the file.
    offset: usize,
    bytes: &'a [u8],
}

/// The text before the arrays, by key; for keys that repeat, the first.
pub(super) struct Header<'a> {
    pub values: BTreeMap<&'a str, &'a str>,
    pub regions: Vec<Region>,
}

fn read(file: &[u8]) -> Result<Reading, ReadError> {
    if !file.starts_with(START) {
        return Err(ReadError::malformed(
            Place::byte(0),
            "`SOFH`",
            format!("`{}`", excerpt(&String::from_utf8_lossy(&file[..file.len().min(8)]), 8)),
        ));
    }
    let Some(end) = memchr::memmem::find(file, END) else {
        return Err(ReadError::malformed(
            Place::byte(file.len()),
            "`EOFH` at the end of the text",
            "the end of the file",
        ));
    };
    let text = decode(file.get(..end).unwrap_or_default());
    let header = header(&text.text)?;
    let after = file.get(end + END.len()..).unwrap_or_default();
    let line_end = after.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1).min(2);
    let start = end + END.len() + line_end;
    let arrays = arrays(file, start)?;
    let mut reading = Reading::default();
    let times = arrays.iter().find(|array| array.axes[0] == "cyc" && array.unit == "s").map(Array::values);
    let is_spectrum = |array: &Array<'_>| ["pnt", "chn"].contains(&array.axes[0].as_str());
    // Older programs count from 0, or write 0 throughout: then the arrays are in the order of the regions.
    let is_numbered = arrays.iter().filter(|array| is_spectrum(array)).all(|array| array.region > 0);
    let mut in_order = header.regions.iter();
    for array in &arrays {
        if !is_spectrum(array) {
            continue;
        }
        let next = in_order.next();
        let numbered = header.regions.iter().find(|region| is_numbered && region.number == array.region);
        let region = numbered.or(next);
        let Some(region) = region.filter(|region| region.points == array.points) else {
            let found = format!("{} in array {}", array.points, array.region);
            let expected = region.map_or("a `SpectralRegDef` of this region".to_owned(), |region| {
                format!("{} points, as in `SpectralRegDef` of `{}`", region.points, region.name)
            });
            return Err(ReadError::malformed(Place::byte(array.offset), &expected, found));
        };
        if array.depth > 1 || !["cyc", "sar", ""].contains(&array.axes[1].as_str()) {
            reading.leave_out(format!(
                "region `{}` is a map or line scan over `{}` and was left out",
                region.name, array.axes[1]
            ));
            continue;
        }
        let place = header.regions.iter().position(|other| other == region).unwrap_or(0);
        let level_times = times.as_ref().and_then(|times| times.chunks_exact(array.levels.max(1)).nth(place));
        spectra(array, region, &header, level_times, &mut reading)?;
    }
    if reading.measurements.is_empty() && reading.warnings.is_empty() {
        reading.warnings.push("the file has no spectrum".to_owned());
    }
    Ok(reading)
}

/// The settings of the text that MultiPak also writes into its exports.
pub(super) fn header(text: &str) -> Result<Header<'_>, ReadError> {
    let mut values = BTreeMap::new();
    let mut regions = Vec::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let (key, value) = (key.trim(), value.trim());
        if key == "SpectralRegDef" {
            regions.push(region(value).ok_or_else(|| {
                ReadError::malformed(
                    Place::byte(0),
                    "`SpectralRegDef` with at least 12 entries",
                    format!("`{}`", excerpt(value, 120)),
                )
            })?);
        }
        values.entry(key).or_insert(value);
    }
    Ok(Header { values, regions })
}

/// A `SpectralRegDef`. The name may hold blanks, so what follows it is counted from the end of the name: the first word
/// from which on there are only numbers.
fn region(value: &str) -> Option<Region> {
    let words: Vec<&str> = value.split_whitespace().collect();
    let number = |place: usize| words.get(place).and_then(|word| word.parse::<f64>().ok());
    let after_name = (3..words.len()).find(|place| (*place..place + 9).all(|place| number(place).is_some()))?;
    Some(Region {
        number: words.first()?.parse().ok()?,
        name: words.get(2..after_name)?.join(" "),
        points: words.get(after_name + 1)?.parse().ok()?,
        step: number(after_name + 2)?,
        start: number(after_name + 3)?,
        end: number(after_name + 4)?,
        dwell_s: number(after_name + 7)?,
        pass_energy: number(after_name + 8)?,
    })
}

fn word_at(bytes: &[u8], at: usize, length: usize) -> String {
    let bytes = bytes.get(at..at + length).unwrap_or_default();
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
}

/// The arrays of the section that starts at `start`.
fn arrays(file: &[u8], start: usize) -> Result<Vec<Array<'_>>, ReadError> {
    let section = file.get(start..).unwrap_or_default();
    let (Some(count), Some(heads), Some(own)) = (usize_at(section, 4), usize_at(section, 8), usize_at(section, 12))
    else {
        return Err(ReadError::malformed(Place::byte(file.len()), "the heads of the arrays", "the end of the file"));
    };
    if own != 16 || heads != count.saturating_mul(HEAD_BYTES) {
        let found = format!("{own} bytes, and {heads} bytes for {count} heads");
        return Err(ReadError::malformed(
            Place::byte(start),
            "a head of 16 bytes and heads of 96 bytes for each array",
            found,
        ));
    }
    let mut arrays = Vec::new();
    let mut follows = own.saturating_add(heads);
    for number in 0..count {
        let at = own + number.saturating_mul(HEAD_BYTES);
        let Some(head) = section.get(at..at.saturating_add(HEAD_BYTES)) else {
            return Err(ReadError::malformed(
                Place::byte(file.len()),
                format!("the heads of {count} arrays"),
                "the end of the file",
            ));
        };
        let field = |at: usize| usize_at(head, at).unwrap_or(0);
        let kind = word_at(head, 72, 4);
        let mut stored = match kind.as_str() {
            "f4" => Kind::Single,
            "f8" | "u8" => Kind::Double,
            _ => {
                return Err(ReadError::malformed(
                    Place::byte(start + at + 72),
                    "`f4`, `f8` or `u8`",
                    format!("`{}`", excerpt(&kind, 4)),
                ));
            }
        };
        let (points, levels, depth) = (field(20), field(24).max(1), field(28).max(1));
        let length =
            points.checked_mul(levels).and_then(|n| n.checked_mul(depth)).and_then(|n| n.checked_mul(stored.width()));
        let Some(length) = length.filter(|length| *length <= field(76)) else {
            let found = format!("{} bytes for {points} × {levels} × {depth} numbers", field(76));
            return Err(ReadError::malformed(Place::byte(start + at + 76), "as many bytes as an array has", found));
        };
        let offset = if field(80) == 0 { follows } else { field(80) };
        // Arrays that share bytes could make a small file very large.
        if offset < follows {
            return Err(ReadError::malformed(
                Place::byte(start + at + 80),
                "an array after the previous ones",
                format!("one at {offset}"),
            ));
        }
        let levels = if points == 0 { 1 } else { levels };
        let rest = section.get(offset.min(section.len())..).unwrap_or_default();
        let bytes = &rest[..length.min(rest.len())];
        // The bits of a count below 2^52 are those of a number near 0 that no spectrometer counts.
        let is_whole = |bytes: &[u8]| number_at::<u64>(bytes, 0).is_none_or(|bits| bits < 1 << 52);
        if kind == "u8" && bytes.chunks_exact(8).all(is_whole) {
            stored = Kind::Whole;
        }
        arrays.push(Array {
            region: field(0) as u32,
            points,
            levels,
            depth,
            axes: [word_at(head, 32, 4), word_at(head, 40, 4)],
            unit: word_at(head, 56, 12),
            kind: stored,
            offset: start.saturating_add(offset),
            bytes,
        });
        follows = if field(92) > offset { field(92) } else { offset.saturating_add(field(76)) };
    }
    Ok(arrays)
}

impl Array<'_> {
    /// The numbers in the file: fewer than announced where it ends early.
    fn values(&self) -> Vec<f64> {
        decoded(self.bytes, self.kind)
    }
}

fn decoded(bytes: &[u8], kind: Kind) -> Vec<f64> {
    match kind {
        Kind::Single => numbers::<f32>(bytes).collect(),
        Kind::Double => numbers::<f64>(bytes).collect(),
        Kind::Whole => bytes.chunks_exact(8).filter_map(|bytes| number_at::<u64>(bytes, 0)).map(|n| n as f64).collect(),
    }
}

/// The spectra of a region: one for each level.
fn spectra(
    array: &Array<'_>,
    region: &Region,
    header: &Header<'_>,
    times: Option<&[f64]>,
    reading: &mut Reading,
) -> Result<(), ReadError> {
    let width = array.kind.width();
    let level_bytes = array.points * width;
    let is_profile = array.axes[1] == "cyc";
    let has_times = times.is_some_and(|times| times.iter().any(|time| *time != 0.0));
    for level in 0..array.levels {
        let from = level.saturating_mul(level_bytes).min(array.bytes.len());
        let bytes = array.bytes.get(from..).unwrap_or_default();
        let bytes = &bytes[..level_bytes.min(bytes.len())];
        if bytes.len() < width && level_bytes > 0 {
            ends_early(
                reading,
                format!("the file ends after {level} of {} levels of region `{}`", array.levels, region.name),
            );
            break;
        }
        let intensities = decoded(bytes, array.kind);
        let found = intensities.len();
        let mut spectrum = Spectrum::default();
        let energies: Vec<f64> = (0..found).map(|point| region.start + region.step * point as f64).collect();
        let end = region.start + region.step * array.points.saturating_sub(1) as f64;
        if (end - region.end).abs() > region.step.abs() / 2.0 {
            let (step, points) = (region.step, array.points);
            spectrum.warnings.push(format!(
                "the region ends at {} eV, but {points} points in steps of {step} eV end at {end:.4} eV",
                region.end
            ));
        }
        spectrum.column("energy_ev", Some("eV"), "SpectralRegDef", energies);
        spectrum.column(
            "intensity",
            Some("1"),
            if array.unit.is_empty() { "intensity" } else { &array.unit },
            intensities,
        );
        describe(&mut spectrum, region, header, &array.unit);
        if is_profile && (array.levels > 1 || has_times) {
            spectrum.number("etch_level", level as f64);
            if let Some(time) = times.and_then(|times| times.get(level)).filter(|_| has_times) {
                spectrum.number("etch_time_s", *time);
            }
        } else if !is_profile && array.levels > 1 {
            spectrum.number("area", level as f64 + 1.0);
        }
        let at = array.offset.saturating_add(from);
        spectrum.finish(|row| Place::Offset((at + row * width) as u64), reading)?;
        if found < array.points {
            ends_early(
                reading,
                format!("the file ends after {found} of {} points of region `{}`", array.points, region.name),
            );
            break;
        }
    }
    Ok(())
}

/// Adds what the text states about a region.
pub(super) fn describe(spectrum: &mut Spectrum, region: &Region, header: &Header<'_>, unit: &str) {
    let value = |key: &str| header.values.get(key).copied().unwrap_or_default();
    let first = |key: &str| value(key).split_whitespace().find_map(|word| word.parse::<f64>().ok()).unwrap_or(f64::NAN);
    let technique = value("Technique");
    // Auger spectra of the same instruments have kinetic energies, which no known file states.
    let scale = ["XPS", "UPS"].contains(&technique).then_some("binding");
    let unit = match unit {
        "c/s" | "cps" => Some("counts/s"),
        "c" | "cts" | "counts" => Some("counts"),
        _ => None,
    };
    spectrum.scales(scale, unit);
    spectrum.text("region", &region.name);
    spectrum.number("step_ev", region.step);
    spectrum.counting(Some(region.dwell_s), None);
    spectrum.positive("pass_energy_ev", region.pass_energy);
    spectrum.text("method", technique);
    spectrum.text("instrument", value("InstrumentModel"));
    spectrum.text("institution", value("Institution"));
    spectrum.text("software", value("SoftwareVersion"));
    // `(1, name)`: the number of a position on the platen, and the text entered for it.
    let described = value("FileDesc");
    let typed = described.trim_matches(['(', ')']).split_once(',').map_or(described, |(_, typed)| typed);
    spectrum.text("sample", typed);
    spectrum.text("comment", value("Comment"));
    spectrum.text("analyser_mode", value("AnalyserMode"));
    spectrum.number("work_function_ev", first("AnalyserWorkFcn"));
    spectrum.positive("take_off_angle_deg", first("SourceAnalyserAngle"));
    spectrum.source(value("XraySource"), first("XraySource"), technique);
    spectrum.positive("excitation_power_w", first("XrayPower"));
    let reference = value("EnergyReference");
    if !reference.starts_with("none") {
        spectrum.text("calibration", reference);
    }
    spectrum.text("intensity_calibration", value("IntensityCalCoeff"));
    let date = if value("AcqFileDate").is_empty() { value("FileDate") } else { value("AcqFileDate") };
    let mut parts = date.split_whitespace().map(|part| part.parse::<f64>().unwrap_or(f64::NAN));
    let mut part = || parts.next().unwrap_or(f64::NAN);
    // Older programs write the year with two digits.
    let year = part();
    let year = if year < 80.0 {
        year + 2000.0
    } else if year < 100.0 {
        year + 1900.0
    } else {
        year
    };
    if let Some(time) = calendar([year, part(), part(), 0.0, 0.0, 0.0]) {
        spectrum.text("started_at", time.get(..10).unwrap_or_default());
    }
    if !value("SputterMode").is_empty() {
        spectrum.text("sputter_ion", value("SputterIon"));
        spectrum.text("sputter_mode", value("SputterMode"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    const TEXT: &str = "SOFH\r\nTechnique: XPS\r\nInstrumentModel: made-up\r\nFileDate: 2024 1 22\r\nFileDesc: (1, synthetic film)\r\n\
        AnalyserWorkFcn: 4.5 eV\r\nEnergyReference: none 0.0\r\nXraySource: Al 1486.6 mono\r\n\
        SpectralRegDefFull: 1 1 O1s 8 3 -0.5 535.0 534.0 535 534 0.0 55.00 AREA\r\nNoSpectralReg: 1\r\n\
        SpectralRegDef: 1 1 O1s 8 3 -0.5 535.0 534.0 535 534 0.4 55.00 AREA\r\nEOFH\r\n";

    fn head(region: u32, lengths: [u32; 3], axes: [&[u8; 4]; 2], unit: &[u8; 4], bytes: u32, offset: u32) -> Vec<u8> {
        let mut head = vec![0; 96];
        let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &region.to_le_bytes());
        for (place, length) in lengths.iter().enumerate() {
            put(20 + 4 * place, &length.to_le_bytes());
        }
        put(32, axes[0]);
        put(40, axes[1]);
        put(56, unit);
        put(72, b"f4");
        put(76, &bytes.to_le_bytes());
        put(80, &offset.to_le_bytes());
        head
    }

    /// Two levels of one region, and the times of sputtering before them.
    fn profile() -> Vec<u8> {
        let mut file = TEXT.as_bytes().to_vec();
        for number in [1_u32, 2, 192, 16] {
            file.extend(number.to_le_bytes());
        }
        file.extend(head(1, [3, 2, 1], [b"pnt\0", b"cyc\0"], b"c/s\0", 24, 208));
        file.extend(head(2, [2, 1, 1], [b"cyc\0", b"reg\0"], b"s\0\0\0", 8, 232));
        for number in [10.0_f32, 11.0, 12.0, 20.0, 21.0, 22.0, 0.0, 30.0] {
            file.extend(number.to_le_bytes());
        }
        file
    }

    #[test]
    fn every_level_of_a_region_is_a_spectrum_with_its_time() {
        let reading = read(&profile()).unwrap();
        let found: Vec<_> =
            reading.measurements.iter().map(|spectrum| spectrum.numbers("intensity").unwrap()).collect();
        assert_eq!(found, [[10.0, 11.0, 12.0], [20.0, 21.0, 22.0]]);
        let second = &reading.measurements[1];
        assert_eq!(second.numbers("energy_ev"), Some(&[535.0, 534.5, 534.0][..]));
        let text = |name: &str| second.metadata[name].clone();
        assert_eq!(text("etch_time_s"), Value::Number(30.0));
        assert_eq!(text("energy_scale"), Value::Text("binding".to_owned()));
        assert_eq!(text("intensity_unit"), Value::Text("counts/s".to_owned()));
        assert_eq!(text("started_at"), Value::Text("2024-01-22".to_owned()));
        assert_eq!(text("sample"), Value::Text("synthetic film".to_owned()));
        assert_eq!(text("pass_energy_ev"), Value::Number(55.0));
        assert_eq!(text("excitation_energy_ev"), Value::Number(1486.6));
        assert!(second.warnings.is_empty());
    }

    #[test]
    fn a_cut_file_gives_the_points_that_it_has() {
        let file = profile();
        let reading = read(&file[..file.len() - 14]).unwrap();
        assert_eq!(reading.measurements[1].n_points(), 1);
        let statement = "the file ends after 1 of 3 points of region `O1s`".to_owned();
        assert_eq!(reading.measurements[1].metadata["incomplete"], Value::Text(statement));
    }

    #[test]
    fn arrays_that_contradict_the_text_are_refused() {
        let mut file = profile();
        let at = TEXT.len() + 16 + 20;
        file[at] = 2;
        let error = read(&file).unwrap_err().to_string();
        assert!(error.contains("expected 3 points, as in `SpectralRegDef` of `O1s`, found 2 in array 1"), "{error}");
        assert!(read(b"SOFH\nTechnique: XPS\n").unwrap_err().to_string().contains("`EOFH`"));
    }

    #[test]
    fn a_name_with_blanks_is_kept_whole() {
        let found = region("2 1 In MNN 49 101 -0.2 298.0 278.0 297.0 279.0 0.8 55.0 AREA").unwrap();
        assert_eq!((found.name.as_str(), found.points, found.pass_energy), ("In MNN", 101, 55.0));
    }

    #[test]
    fn the_type_u8_holds_doubles_or_whole_numbers() {
        let numbers = [512.0_f64, 640.0, 1023.0];
        for (bytes, name) in [
            (numbers.map(f64::to_le_bytes).concat(), "f8"),
            (numbers.map(|number| (number as u64).to_le_bytes()).concat(), "whole"),
        ] {
            let mut file = TEXT.as_bytes().to_vec();
            for number in [1_u32, 1, 96, 16] {
                file.extend(number.to_le_bytes());
            }
            let mut head = head(0, [3, 1, 0], [b"chn\0", b"sar\0"], b"c/s\0", 24, 112);
            head[72..76].copy_from_slice(b"u8\0\0");
            file.extend(head);
            file.extend(bytes);
            let reading = read(&file).unwrap();
            assert_eq!(reading.measurements[0].numbers("intensity"), Some(&numbers[..]), "{name}");
        }
    }
}

//! Reads Igor binary waves (`.ibw`) that hold photoelectron spectra, as Scienta's SES writes them.
//!
//! Format: a binary header, a wave header, the numbers, then texts: formula, note, units. Either byte order: the version, a
//! number below 256, determines it. Version 2 has one axis, version 5 up to four, the first of which runs fastest; the value at
//! a step is `offset + step × delta`. The sum of all 16-bit words of the headers is 0. SES's note holds lines of
//! `key=value`, and the unit of the first axis its name: `Binding Energy [eV]`.
//! Source: WaveMetrics, Technical Note 003, Igor Binary Format; waves of SES 1.2.5.
//!
//! Each step of further axes is a spectrum. Not supported: versions 1 and 3, complex numbers, and waves without an axis of
//! energies: they are refused by name.

use crate::manifest::embedded;
use crate::photoelectrons::ses::{Settings, place_of};
use crate::photoelectrons::spectrum::{Spectrum, ends_early};
use crate::text::{decode, excerpt};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Value};

/// Reads Igor binary waves of photoelectron spectra.
#[derive(Debug)]
pub(crate) struct Igor;

impl Adapter for Igor {
    fn manifest(&self) -> &Manifest {
        embedded("scienta_ibw")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if Layout::from_head(probe.head()).is_some() { Match::Certain } else { Match::No }
    }

    fn evidence(&self, _probe: &Probe<'_>) -> &'static str {
        "it has the headers of an Igor wave, with the right checksum"
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Byte positions in a version of the format.
#[derive(Debug, Clone, Copy)]
struct Layout {
    version: u16,
    is_big_endian: bool,
    /// Bytes of the binary header, and up to the numbers.
    header: usize,
    data: usize,
}

/// An axis of a wave.
#[derive(Debug, Clone, Default)]
struct Axis {
    length: usize,
    delta: f64,
    offset: f64,
    unit: String,
}

impl Layout {
    /// The layout of a file with a header of a known version whose checksum is right.
    fn from_head(head: &[u8]) -> Option<Self> {
        let first = [*head.first()?, *head.get(1)?];
        let known = |version: u16| [2, 5].contains(&version);
        let (little, big) = (u16::from_le_bytes(first), u16::from_be_bytes(first));
        let (version, is_big_endian) = if known(little) { (little, false) } else { (big, true) };
        let (header, data) = match version {
            2 => (16, 126),
            5 => (64, 384),
            _ => return None,
        };
        let layout = Self { version, is_big_endian, header, data };
        let words = head.get(..data)?.chunks_exact(2);
        let sum = words.fold(0_u16, |sum, word| sum.wrapping_add(layout.word(word)));
        (sum == 0).then_some(layout)
    }

    fn word(self, bytes: &[u8]) -> u16 {
        let word = [bytes.first().copied().unwrap_or(0), bytes.get(1).copied().unwrap_or(0)];
        if self.is_big_endian { u16::from_be_bytes(word) } else { u16::from_le_bytes(word) }
    }

    fn bytes<const N: usize>(self, file: &[u8], at: usize) -> [u8; N] {
        let mut bytes: [u8; N] = file.get(at..at + N).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; N]);
        if self.is_big_endian {
            bytes.reverse();
        }
        bytes
    }

    /// A length: 0 where it is negative in the file.
    fn length(self, file: &[u8], at: usize) -> usize {
        usize::try_from(i32::from_le_bytes(self.bytes(file, at))).unwrap_or(0)
    }

    fn double(self, file: &[u8], at: usize) -> f64 {
        f64::from_le_bytes(self.bytes(file, at))
    }
}

fn text_at(file: &[u8], at: usize, length: usize) -> String {
    let bytes = file.get(at..at.saturating_add(length).min(file.len())).unwrap_or_default();
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    decode(&bytes[..end]).text.trim().to_owned()
}

/// Bytes and kind of a number, from the type of a wave.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    F32,
    F64,
    Whole { bytes: usize, is_signed: bool },
}

fn kind(code: u16) -> Option<Kind> {
    let is_signed = code & 0x40 == 0;
    match code & !0x40 {
        0x02 => Some(Kind::F32),
        0x04 => Some(Kind::F64),
        0x08 => Some(Kind::Whole { bytes: 1, is_signed }),
        0x10 => Some(Kind::Whole { bytes: 2, is_signed }),
        0x20 => Some(Kind::Whole { bytes: 4, is_signed }),
        _ => None,
    }
}

impl Kind {
    fn width(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Whole { bytes, .. } => bytes,
        }
    }

    fn value(self, layout: Layout, bytes: &[u8]) -> f64 {
        match self {
            Self::F32 => f64::from(f32::from_le_bytes(layout.bytes(bytes, 0))),
            Self::F64 => f64::from_le_bytes(layout.bytes(bytes, 0)),
            Self::Whole { bytes: 1, is_signed: true } => f64::from(i8::from_le_bytes(layout.bytes(bytes, 0))),
            Self::Whole { bytes: 1, .. } => f64::from(u8::from_le_bytes(layout.bytes(bytes, 0))),
            Self::Whole { bytes: 2, is_signed: true } => f64::from(i16::from_le_bytes(layout.bytes(bytes, 0))),
            Self::Whole { bytes: 2, .. } => f64::from(u16::from_le_bytes(layout.bytes(bytes, 0))),
            Self::Whole { is_signed: true, .. } => f64::from(i32::from_le_bytes(layout.bytes(bytes, 0))),
            Self::Whole { .. } => f64::from(u32::from_le_bytes(layout.bytes(bytes, 0))),
        }
    }
}

/// A wave's headers and texts.
struct Wave {
    name: String,
    kind: Kind,
    axes: Vec<Axis>,
    data_unit: String,
    note: String,
}

fn wave(file: &[u8], layout: Layout) -> Result<Wave, ReadError> {
    let head = layout.header;
    let (type_at, name) = match layout.version {
        2 => (head, text_at(file, head + 6, 20)),
        _ => (head + 16, text_at(file, head + 28, 32)),
    };
    let code = layout.word(file.get(type_at..).unwrap_or_default());
    let kind = kind(code).ok_or_else(|| ReadError::NotSupported {
        place: Place::Offset(type_at as u64),
        recognised: format!("an Igor wave `{}` of complex numbers or texts (type {code})", excerpt(&name, 40)),
        advice: "export the spectrum as a wave of real numbers".to_owned(),
    })?;
    let mut axes = Vec::new();
    let data_unit;
    let note_at;
    if layout.version == 2 {
        let unit = text_at(file, head + 38, 4);
        let (delta, offset) = (layout.double(file, head + 48), layout.double(file, head + 56));
        axes.push(Axis { length: layout.length(file, head + 42), delta, offset, unit });
        data_unit = text_at(file, head + 34, 4);
        // `wfmSize`, which counts 16 bytes after the numbers.
        let wave_bytes = layout.length(file, 2);
        note_at = head.saturating_add(wave_bytes);
    } else {
        for axis in 0..4 {
            let length = layout.length(file, head + 68 + 4 * axis);
            if length == 0 {
                break;
            }
            let (delta, offset) =
                (layout.double(file, head + 84 + 8 * axis), layout.double(file, head + 116 + 8 * axis));
            let unit = text_at(file, head + 152 + 4 * axis, 4);
            axes.push(Axis { length, delta, offset, unit });
        }
        let points = layout.length(file, head + 12);
        let counted = axes.iter().try_fold(1_usize, |product, axis| product.checked_mul(axis.length));
        if counted.unwrap_or(usize::MAX) != points && !(axes.is_empty() && points == 0) {
            let found = format!("axes of {:?}", axes.iter().map(|axis| axis.length).collect::<Vec<_>>());
            return Err(ReadError::malformed(
                Place::byte(head + 68),
                format!("axes of {points} points in total"),
                found,
            ));
        }
        // Behind the numbers: formula, note, and the units that are too long for the header.
        note_at = head.saturating_add(layout.length(file, 4)).saturating_add(layout.length(file, 8));
        let mut at = note_at.saturating_add(layout.length(file, 12));
        let long = layout.length(file, 16);
        data_unit = if long > 0 { text_at(file, at, long) } else { text_at(file, head + 148, 4) };
        at = at.saturating_add(long);
        for (place, axis) in (0..4).zip(axes.iter_mut().map(Some).chain(std::iter::repeat_with(|| None))) {
            let long = layout.length(file, 20 + 4 * place);
            if let Some(axis) = axis.filter(|_| long > 0) {
                axis.unit = text_at(file, at, long);
            }
            at = at.saturating_add(long);
        }
    }
    let note_length = layout.length(file, if layout.version == 2 { 6 } else { 12 });
    let note = text_at(file, note_at, note_length);
    Ok(Wave { name, kind, axes, data_unit, note })
}

fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let Some(layout) = Layout::from_head(file) else {
        let found = format!("{} other bytes", file.len());
        return Err(ReadError::malformed(
            Place::byte(0),
            "the headers of an Igor wave of version 2 or 5, with the right checksum",
            found,
        ));
    };
    let wave = wave(file, layout)?;
    let mut settings = Settings::default();
    wave.note.split(['\r', '\n']).for_each(|line| settings.line(line));
    let is_ses = wave.note.starts_with("[SES]");
    let is_energy = |axis: &Axis| axis.unit.to_lowercase().contains("energy") || axis.unit.eq_ignore_ascii_case("ev");
    let energy = wave.axes.iter().position(is_energy).or(is_ses.then_some(0)).filter(|place| *place < wave.axes.len());
    let end =
        layout.data.saturating_add(wave.axes.iter().map(|axis| axis.length).product::<usize>() * wave.kind.width());
    let Some(energy) = energy else {
        if file.len() < end {
            // Units that are too long for the header are at the end.
            return Err(ReadError::malformed(
                Place::byte(file.len()),
                format!("a wave of {end} bytes and the units of its axes"),
                "the end of the file",
            ));
        }
        return Err(ReadError::NotSupported {
            place: Place::Offset(0),
            recognised: format!("an Igor wave `{}` without an axis of energies", excerpt(&wave.name, 40)),
            advice: "in Igor, set the unit of the axis to `Kinetic Energy [eV]` or `Binding Energy [eV]`".to_owned(),
        });
    };
    let data = file.get(layout.data..).unwrap_or_default();
    let width = wave.kind.width();
    let total: usize = wave.axes.iter().map(|axis| axis.length).product();
    let available = (data.len() / width).min(total);
    let mut reading = Reading::default();
    // The wave is a block of `inner × along × outer` numbers, the energies along the middle.
    let inner: usize = wave.axes[..energy].iter().map(|axis| axis.length).product();
    let along = wave.axes[energy].length;
    let stride = inner.max(1);
    let axis = &wave.axes[energy];
    for place in 0..total.checked_div(along).unwrap_or(0) {
        let start = place % stride + place / stride * stride * along;
        let index = |step: usize| start + step * stride;
        let found = if start < available { ((available - start - 1) / stride + 1).min(along) } else { 0 };
        if found == 0 {
            ends_early(&mut reading, format!("the file ends after {available} of {total} numbers"));
            break;
        }
        let mut spectrum = Spectrum::default();
        let energies = (0..found).map(|step| axis.offset + axis.delta * step as f64).collect();
        let number = |step: usize| {
            let at = index(step) * width;
            wave.kind.value(layout, data.get(at..at + width).unwrap_or_default())
        };
        spectrum.column("energy_ev", Some("eV"), &axis.unit, energies);
        spectrum.column("intensity", Some("1"), &wave.data_unit, (0..found).map(number).collect());
        settings.describe(&axis.unit, &mut spectrum);
        spectrum.text("wave", &wave.name);
        spectrum.number("step_ev", axis.delta);
        if !is_ses {
            spectrum.text("comment", &wave.note);
        }
        let mut rest = place;
        for (number, other) in wave.axes.iter().enumerate().filter(|(number, _)| *number != energy) {
            let step = rest % other.length.max(1);
            rest /= other.length.max(1);
            let name = if other.unit.is_empty() { format!("axis_{}", number + 1) } else { other.unit.clone() };
            place_of(&name, other.offset + other.delta * step as f64, &mut spectrum);
        }
        spectrum.finish(|row| Place::Offset((layout.data + index(row) * width) as u64), &mut reading)?;
        if found < along {
            ends_early(&mut reading, format!("the file ends after {available} of {total} numbers"));
            if stride == 1 {
                break;
            }
        }
    }
    if reading.measurements.is_empty() && reading.warnings.is_empty() {
        reading.warnings.push("the wave has no points".to_owned());
    }
    unit_of_intensity(&wave.data_unit, &mut reading);
    Ok(reading)
}

/// Adds the unit of intensities where the wave states one: SES writes `Counts [a.u.]`, which is not a unit.
fn unit_of_intensity(unit: &str, reading: &mut Reading) {
    let stated = match unit.to_lowercase().replace(' ', "").as_str() {
        "counts" | "cts" => "counts",
        "counts/s" | "cps" | "c/s" => "counts/s",
        _ => return,
    };
    for measurement in &mut reading.measurements {
        measurement.metadata.insert("intensity_unit".to_owned(), Value::Text(stated.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wave of version 5 in either byte order, with `axes` as length, offset, delta and long unit.
    fn wave5(is_big: bool, axes: &[(i32, f64, f64, &str)], numbers: &[f32], note: &str) -> Vec<u8> {
        fn put<const N: usize>(file: &mut [u8], at: usize, mut bytes: [u8; N], is_big: bool) {
            if is_big {
                bytes.reverse();
            }
            file[at..at + N].copy_from_slice(&bytes);
        }
        let mut file = vec![0; 384];
        put(&mut file, 0, 5_u16.to_le_bytes(), is_big);
        put(&mut file, 4, (320 + 4 * numbers.len() as i32).to_le_bytes(), is_big);
        put(&mut file, 12, (note.len() as i32).to_le_bytes(), is_big);
        put(&mut file, 64 + 12, (numbers.len() as i32).to_le_bytes(), is_big);
        put(&mut file, 64 + 16, 2_u16.to_le_bytes(), is_big);
        file[64 + 28..64 + 33].copy_from_slice(b"wave0");
        for (place, (length, offset, delta, unit)) in axes.iter().enumerate() {
            if unit.len() < 4 {
                file[64 + 152 + 4 * place..64 + 152 + 4 * place + unit.len()].copy_from_slice(unit.as_bytes());
            } else {
                put(&mut file, 20 + 4 * place, (unit.len() as i32).to_le_bytes(), is_big);
            }
            put(&mut file, 64 + 68 + 4 * place, length.to_le_bytes(), is_big);
            put(&mut file, 64 + 84 + 8 * place, delta.to_le_bytes(), is_big);
            put(&mut file, 64 + 116 + 8 * place, offset.to_le_bytes(), is_big);
        }
        let word = |bytes: &[u8]| {
            if is_big { u16::from_be_bytes([bytes[0], bytes[1]]) } else { u16::from_le_bytes([bytes[0], bytes[1]]) }
        };
        let sum = file.chunks_exact(2).fold(0_u16, |sum, bytes| sum.wrapping_add(word(bytes)));
        put(&mut file, 2, sum.wrapping_neg().to_le_bytes(), is_big);
        for number in numbers {
            file.extend(if is_big { number.to_be_bytes() } else { number.to_le_bytes() });
        }
        file.extend(note.bytes());
        axes.iter().filter(|(_, _, _, unit)| unit.len() > 3).for_each(|(_, _, _, unit)| file.extend(unit.bytes()));
        file
    }

    const NOTE: &str =
        "[SES]\rVersion=1.2.5\rRegion Name=O1s\rPass Energy=20\rExcitation Energy=1486.6\rEnergy Scale=Binding\r";

    #[test]
    fn a_wave_of_either_byte_order_is_a_spectrum() {
        for is_big in [false, true] {
            let file = wave5(is_big, &[(3, 530.0, -0.5, "Binding Energy [eV]")], &[1.0, 2.0, 3.0], NOTE);
            assert!(Layout::from_head(&file).is_some());
            let reading = read(&file).unwrap();
            let spectrum = &reading.measurements[0];
            assert_eq!(spectrum.numbers("energy_ev"), Some(&[530.0, 529.5, 529.0][..]));
            assert_eq!(spectrum.numbers("intensity"), Some(&[1.0, 2.0, 3.0][..]));
            assert_eq!(spectrum.metadata["energy_scale"], Value::Text("binding".to_owned()));
            assert_eq!(spectrum.metadata["region"], Value::Text("O1s".to_owned()));
        }
    }

    #[test]
    fn steps_of_other_axes_are_spectra_wherever_the_energies_are() {
        let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let (energy, angle) = ((3, 100.0, 1.0, "Kinetic Energy [eV]"), (2, -5.0, 10.0, "Y-Scale [deg]"));
        let first =
            read(&wave5(false, &[energy, angle], &numbers, NOTE.replace("Binding", "Kinetic").as_str())).unwrap();
        assert_eq!(first.measurements[1].numbers("intensity"), Some(&[4.0, 5.0, 6.0][..]));
        assert_eq!(first.measurements[1].metadata["y_scale_deg"], Value::Number(5.0));
        let second = read(&wave5(false, &[angle, energy], &numbers, "")).unwrap();
        assert_eq!(second.measurements[1].numbers("intensity"), Some(&[2.0, 4.0, 6.0][..]));
        assert_eq!(second.measurements[1].metadata["y_scale_deg"], Value::Number(5.0));
    }

    #[test]
    fn a_cut_wave_is_incomplete_and_other_waves_are_refused() {
        let file = wave5(false, &[(3, 530.0, -0.5, "eV")], &[1.0, 2.0, 3.0], "");
        let cut = read(&file[..384 + 9]).unwrap();
        assert_eq!(cut.measurements[0].numbers("intensity"), Some(&[1.0, 2.0][..]));
        assert!(cut.measurements[0].metadata.contains_key("incomplete"));
        let other = read(&wave5(false, &[(3, 0.0, 1.0, "m")], &[1.0, 2.0, 3.0], "")).unwrap_err().to_string();
        assert!(other.contains("an Igor wave `wave0` without an axis of energies"), "{other}");
    }
}

//! Reads Philips' binary files (`.rd` of version 3, `.sd` of version 5).
//!
//! Little-endian: `V3RD` or `V5RD`; u8 anode at 85; file's name at 138 (8 characters), sample at 146 (20); f64 step,
//! start and end at 214; u16 intensities from 250 (version 3) or 810 (version 5). An intensity is packed: its square divided by
//! 100, of which the whole part counts, is what was measured, to three digits at most.
//!
//! Source: xylib's description of the format; no real file was available.
//!
//! The file names neither the scanned axis nor the unit of the intensities: both are not stated.

use super::scan::{Scan, stepped};
use crate::little_endian::{number_at, text_at};
use crate::manifest::embedded;
use crate::text::counted;
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading};

/// Reads `.rd`.
#[derive(Debug)]
pub(crate) struct PhilipsRd;

impl Adapter for PhilipsRd {
    fn manifest(&self) -> &Manifest {
        embedded("philips_rd")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let file = probe.file();
        if file.starts_with(b"V3RD") || file.starts_with(b"V5RD") { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let data = match file.get(..4) {
            Some(b"V3RD") => 250,
            Some(b"V5RD") => 810,
            _ => return Err(ReadError::malformed(Place::byte(0), "`V3RD` or `V5RD`", "something else")),
        };
        let values = [214, 222, 230].map(|at| number_at::<f64>(file, at));
        let ([Some(step), Some(start), Some(end)], Some(packed)) = (values, file.get(data..)) else {
            return Err(ReadError::malformed(
                Place::byte(file.len()),
                format!("a header of {data} bytes"),
                "the end of the file",
            ));
        };
        let steps = ((end - start) / step).round();
        if !(step.is_finite() && step > 0.0 && start.abs() <= 360.0 && end.abs() <= 360.0 && steps >= 0.0) {
            let found = format!("{start} to {end} by {step}");
            return Err(ReadError::malformed(
                Place::byte(214),
                "a step above 0, and a start and a later end in degrees",
                found,
            ));
        }
        let announced = steps + 1.0;
        let held = packed.len() / 2;
        let count = if announced < held as f64 { announced as usize } else { held };
        let values = packed.chunks_exact(2).take(count).map(|pair| {
            let packed = f64::from(u16::from_le_bytes([pair[0], pair[1]]));
            (packed * packed / 100.0).floor()
        });
        let intensities: Vec<f64> = values.collect();
        let mut scan = Scan::default();
        if (intensities.len() as f64) < announced {
            scan.incomplete(&format!("{}, the file announces {announced}", counted(intensities.len(), "point")));
        }
        scan.text("format_version", &text_at(file, 0, 4));
        scan.text("sample", &text_at(file, 146, 20));
        let anode = file.get(85).and_then(|code| ["Cu", "Mo", "Fe", "Cr"].get(usize::from(*code)));
        scan.text("anode", anode.copied().unwrap_or_default());
        scan.number("step_deg", step);
        scan.axis(None);
        scan.not_stated("intensity_unit");
        scan.warnings.push("the file keeps at most three digits of each intensity".to_owned());
        scan.column("scan_angle_deg", Some("deg"), "start, step", stepped(start, step, intensities.len()));
        scan.column("intensity", Some("1"), "packed", intensities);
        Ok(Reading { measurements: vec![scan.measurement(0)], ..Reading::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: &[u8], data: usize) -> Vec<u8> {
        let mut file = vec![0; data];
        file[..4].copy_from_slice(version);
        for (place, value) in [0.5_f64, 10.0, 11.0].into_iter().enumerate() {
            file[214 + 8 * place..222 + 8 * place].copy_from_slice(&value.to_le_bytes());
        }
        file.extend([100_u16, 33, 255].map(u16::to_le_bytes).concat());
        file
    }

    #[test]
    fn intensities_are_unpacked() {
        for file in [file(b"V3RD", 250), file(b"V5RD", 810)] {
            let reading = PhilipsRd.read(&file).unwrap();
            let scan = &reading.measurements[0];
            assert_eq!(scan.numbers("scan_angle_deg"), Some(&[10.0, 10.5, 11.0][..]));
            assert_eq!(scan.numbers("intensity"), Some(&[100.0, 10.0, 650.0][..]));
            assert_eq!(scan.metadata["anode"], crate::Value::Text("Cu".to_owned()));
        }
    }
}

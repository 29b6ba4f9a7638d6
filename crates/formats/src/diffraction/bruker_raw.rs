//! Reads the binary files of Siemens and Bruker diffractometers (`.raw`): DIFFRAC-AT versions 1 and 2, DIFFRACplus
//! (`RAW1.01`, often called version 3) and DIFFRAC.SUITE's converter (`RAW4.00`).
//!
//! The first bytes distinguish them; STOE and GSAS use the same extension for formats of their own. All are little-endian,
//! and each range is a measurement.
//!
//! Source: DIFFRAC-AT manual, appendix B, and DIFFRACplus XCH manual (2002), appendix A, as cited by xylib; files of all
//! versions but the first.
//!
//! Not supported: ranges scanned over something other than an angle. They are left out with a warning.

mod at;
mod plus;
mod ranges;
mod suite;

use ranges::Ranges;

use crate::manifest::embedded;
use crate::text::excerpt;
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading};

/// Reads Bruker's `.raw`.
#[derive(Debug)]
pub(crate) struct BrukerRaw;

impl Adapter for BrukerRaw {
    fn manifest(&self) -> &Manifest {
        embedded("bruker_raw")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let file = probe.file();
        let binary = |file: &[u8]| file.get(..16.min(file.len())).is_some_and(|head| head.contains(&0));
        let is_new = file.starts_with(b"RAW1.01\0") || file.starts_with(b"RAW4.00\0");
        let is_old = (file.starts_with(b"RAW ") || file.starts_with(b"RAW2")) && binary(file);
        if is_new || is_old { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let ranges = match file {
            [b'R', b'A', b'W', b'1', ..] => plus::ranges(file)?,
            [b'R', b'A', b'W', b'4', ..] => suite::ranges(file)?,
            [b'R', b'A', b'W', b'2', ..] => at::ranges_of_version_2(file)?,
            [b'R', b'A', b'W', b' ', ..] => at::ranges_of_version_1(file)?,
            _ => {
                let start = file.get(..8.min(file.len())).unwrap_or_default();
                let found = format!("`{}`", excerpt(&String::from_utf8_lossy(start), 8));
                return Err(ReadError::malformed(Place::byte(0), "`RAW1.01`, `RAW4.00`, `RAW2` or `RAW `", &found));
            }
        };
        finish(ranges)
    }
}

fn finish(ranges: Ranges) -> Result<Reading, ReadError> {
    if let (true, Some(first)) = (ranges.scans.is_empty(), ranges.left_out.first()) {
        return Err(ReadError::NotSupported {
            place: Place::Offset(0),
            recognised: format!("a Bruker RAW file of {} ranges without an angle ({first})", ranges.left_out.len()),
            advice: "export it as text".to_owned(),
        });
    }
    let measurements = ranges.scans.into_iter().enumerate().map(|(block, scan)| scan.measurement(block)).collect();
    let mut reading = Reading { measurements, warnings: ranges.warnings, ..Reading::default() };
    // A file may have thousands of them; the first few suffice.
    ranges.left_out.iter().take(5).for_each(|words| reading.leave_out(format!("left out: {words}")));
    if ranges.left_out.len() > 5 {
        reading.leave_out(format!("{} ranges were left out in all", ranges.left_out.len()));
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_the_same_extension_are_not_taken() {
        let sniff = |file: &[u8]| BrukerRaw.sniff(&Probe::new(file));
        assert_eq!(sniff(b"RAW_1.06Powdat\0\0"), Match::No);
        assert_eq!(sniff(b"RAW data of something\r\n"), Match::No);
        assert_eq!(sniff(b"RAW2\x01\0\0\0"), Match::Certain);
        assert_eq!(sniff(b"RAW1.01\0"), Match::Certain);
    }
}

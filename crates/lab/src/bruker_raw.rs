//! Writes diffraction patterns as Bruker's binary `RAW1.01`, for benches.
//!
//! Format: little-endian; a header of 712 bytes with the number of ranges, date, sample, comment and wavelengths; for each
//! range a header of 304 bytes with points, angles and step, then counts as 32-bit floats. Source: the layout that xylib
//! documents (`bruker_raw.cpp`), and files of Diffrac Plus in public repositories.
//!
//! Not supported: supplementary headers. Fields that no program reads are zero.

use crate::file::REMARK;
use crate::model::bragg::{K_ALPHA_1_ANGSTROM, K_ALPHA_2_ANGSTROM};
use crate::opening::after_opening;
use crate::uxd::Scan;

const FILE_HEADER: usize = 712;
const RANGE_HEADER: u32 = 304;

/// The file of coupled scans, one a range.
pub(crate) fn raw(sample: &str, start_minutes: i64, scans: &[Scan]) -> Vec<u8> {
    let time = after_opening(start_minutes);
    let mut bytes = vec![0; FILE_HEADER];
    put(&mut bytes, 0, b"RAW1.01");
    // Completed.
    put(&mut bytes, 8, &1_u32.to_le_bytes());
    put(&mut bytes, 12, &count(scans.len()).to_le_bytes());
    put(&mut bytes, 16, time.strftime("%m/%d/%y").to_string().as_bytes());
    put(&mut bytes, 26, time.strftime("%H:%M:%S").to_string().as_bytes());
    put(&mut bytes, 326, sample.as_bytes());
    put(&mut bytes, 386, REMARK.as_bytes());
    put(&mut bytes, 608, b"Cu");
    let mean = (2.0 * K_ALPHA_1_ANGSTROM + K_ALPHA_2_ANGSTROM) / 3.0;
    for (index, angstrom) in [mean, K_ALPHA_1_ANGSTROM, K_ALPHA_2_ANGSTROM, 1.392_246, 0.5].into_iter().enumerate() {
        put(&mut bytes, 616 + 8 * index, &angstrom.to_le_bytes());
    }
    for scan in scans {
        let start = bytes.len();
        bytes.resize(start + RANGE_HEADER as usize, 0);
        put(&mut bytes, start, &RANGE_HEADER.to_le_bytes());
        put(&mut bytes, start + 4, &count(scan.counts.len()).to_le_bytes());
        put(&mut bytes, start + 8, &(scan.start_deg / 2.0).to_le_bytes());
        put(&mut bytes, start + 16, &scan.start_deg.to_le_bytes());
        put(&mut bytes, start + 176, &scan.step_deg.to_le_bytes());
        put(&mut bytes, start + 192, &(scan.time_s as f32).to_le_bytes());
        put(&mut bytes, start + 240, &K_ALPHA_1_ANGSTROM.to_le_bytes());
        for counts in &scan.counts {
            bytes.extend((*counts as f32).to_le_bytes());
        }
    }
    bytes
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Overwrites the bytes at an existing place.
fn put(bytes: &mut [u8], place: usize, value: &[u8]) {
    if let Some(space) = bytes.get_mut(place..place + value.len()) {
        space.copy_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_follow_the_header_and_each_other_without_a_gap() {
        let scan = |counts: &[f64]| Scan { start_deg: 10.0, step_deg: 0.02, time_s: 2.0, counts: counts.to_vec() };
        let bytes = raw("film", 0, &[scan(&[5.0, 7.0]), scan(&[9.0])]);
        assert_eq!(bytes.len(), 712 + 304 + 2 * 4 + 304 + 4);
        assert_eq!((&bytes[..7], bytes[12], &bytes[16..24]), (&b"RAW1.01"[..], 2, &b"01/17/00"[..]));
        assert_eq!(&bytes[386..386 + REMARK.len()], REMARK.as_bytes());
        let second = 712 + 304 + 8;
        assert_eq!((bytes[second + 4], bytes[712 + 4]), (1, 2));
        assert_eq!(&bytes[712 + 304..712 + 308], 5.0_f32.to_le_bytes());
        assert_eq!(&bytes[712 + 176..712 + 184], 0.02_f64.to_le_bytes());
        assert_eq!(&bytes[second + 304..], 9.0_f32.to_le_bytes());
    }
}

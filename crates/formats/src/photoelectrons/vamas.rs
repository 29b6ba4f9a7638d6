//! Reads VAMAS files (`.vms`, `.npl`), the transfer format of surface analysis.
//!
//! Format: one item on each line, without names: the meaning of a line follows from its place and from items before it. A
//! header (identifiers, comment, experiment and scan mode, labels of variables, which parameters blocks leave out), then
//! blocks, each with some forty parameters and its ordinates, then `end of experiment`.
//! Source: Dench, Hazell and Seah, Surf. Interface Anal. 13, 63 (1988), which became ISO 14976:1998; files of Kratos,
//! SPECS and Omicron instruments and of CasaXPS.
//!
//! Deviations from the standard that are read: blank lines before the first (Kratos), NUL bytes in labels (MultiPak),
//! any line ends, a missing last line (with a warning), 1E+37 for any number that isn't known.
//!
//! Energies are the file's: a calibration that CasaXPS wrote into a comment is metadata and is not applied, and the work
//! function is not used. Not supported: maps (scan mode `MAPPING`), and blocks over anything but an electron energy;
//! these are left out with a warning.

mod block;
mod items;
mod spectrum;

use crate::manifest::embedded;
use crate::text::decode;
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Value};

use self::block::{Block, Header, header};
use self::items::{Items, SIGNATURE, Stop, TERMINATOR, is_blank};
use super::spectrum::ends_early;

/// Reads VAMAS files.
#[derive(Debug)]
pub(crate) struct Vamas;

impl Adapter for Vamas {
    fn manifest(&self) -> &Manifest {
        embedded("vamas")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let is_vamas = probe.text().trim_start_matches(is_blank).starts_with(SIGNATURE);
        if is_vamas { Match::Certain } else { Match::No }
    }

    fn evidence(&self, _probe: &Probe<'_>) -> &'static str {
        "it starts with the first line of VAMAS files"
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads a file.
///
/// # Errors
///
/// [`ReadError::Malformed`] where an item isn't what its place requires; [`ReadError::NotSupported`] for maps and for
/// files without a spectrum over energy.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut items = Items::new(&decoded.text);
    let header = header(&mut items).map_err(|stop| stop.into_error("the end of the file within the header"))?;
    let mut reading = Reading::default();
    let mut first: Option<Block<'_>> = None;
    let mut left_out = 0_usize;
    for number in 1..=header.blocks {
        if items.rest().trim_matches(is_blank).is_empty() || items.is_next(TERMINATOR) {
            let statement = format!("the file announces {} blocks and has {}", header.blocks, number - 1);
            ends_early(&mut reading, statement);
            break;
        }
        let block = match Block::read(&mut items, &header, first.as_ref(), number) {
            Ok(block) => block,
            Err(Stop::End) => {
                let statement = format!("the file ends within the head of block {number} of {}", header.blocks);
                if reading.measurements.is_empty() {
                    return Err(Stop::End.into_error(&statement));
                }
                ends_early(&mut reading, statement);
                break;
            }
            Err(Stop::Bad(error)) => return Err(error),
        };
        let is_cut = block.values.missing > 0;
        match spectrum::from_block(&block, &header) {
            Ok(spectrum) => {
                let place = |row: usize| Place::Line(block.values.line + (row * block.variables.len()) as u64);
                spectrum.finish(place, &mut reading)?;
            }
            Err(why) => {
                left_out += 1;
                // The first few show what such blocks are; the rest is counted.
                if left_out <= 10 {
                    reading.leave_out(format!("block {number} (`{}`) was left out: {why}", block.id));
                }
            }
        }
        if is_cut {
            let (missing, announced) = (block.values.missing, block.values.announced);
            let statement = format!(
                "block {number} of {} announces {announced} ordinates and lacks the last {missing}",
                header.blocks
            );
            ends_early(&mut reading, statement);
            break;
        }
        first.get_or_insert(block);
    }
    finish(&items, &header, left_out, &mut reading)?;
    Ok(reading)
}

/// Adds warnings about the file's end and its blocks.
fn finish(items: &Items<'_>, header: &Header<'_>, left_out: usize, reading: &mut Reading) -> Result<(), ReadError> {
    if left_out > 10 {
        reading.leave_out(format!("{left_out} blocks were left out in all"));
    }
    if reading.measurements.is_empty() {
        if left_out > 0 {
            return Err(ReadError::NotSupported {
                place: Place::Line(1),
                recognised: format!("a VAMAS file without a spectrum over electron energy ({left_out} other blocks)"),
                advice: "only spectra over kinetic or binding energy are read: leave this file out of the source"
                    .to_owned(),
            });
        }
        reading.warnings.push("the file has no block".to_owned());
    }
    let is_whole = !reading.measurements.iter().any(|measurement| measurement.metadata.contains_key("incomplete"));
    if is_whole && !items.is_next(TERMINATOR) {
        let rest = items.rest().trim_matches(is_blank);
        reading.warnings.push(if rest.is_empty() {
            format!("the last line, `{TERMINATOR}`, is missing")
        } else {
            format!(
                "line {}: expected `{TERMINATOR}` after {} blocks, found more: the file has more blocks than it announces",
                items.line(),
                header.blocks
            )
        });
    }
    // Instruments write an etch time of 0 into every file that is not a depth profile.
    let is_profile = |value: Option<&Value>| matches!(value, Some(Value::Number(time)) if *time != 0.0);
    if !reading.measurements.iter().any(|measurement| is_profile(measurement.metadata.get("etch_time_s"))) {
        for measurement in &mut reading.measurements {
            measurement.metadata.remove("etch_time_s");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! Reads the text files of J.A. Woollam's programs (`.dat`, `.txt`): Psi and Delta against wavelength and angle.
//!
//! Format: the sample's name (perhaps an empty line), `VASEmethod[…]` or `RTmethod[…]` with settings, perhaps
//! `Original[…]`, perhaps `Dynamic`, the unit of the first column (`nm`, `Angstroms`, `eV`; `nm TRIG` where the rows hold
//! tan Psi and cos Delta), then rows: wavelength, angle of incidence, Psi, Delta and the standard deviations of both.
//! WVASE and CompleteEASE 3.65 write these rows without a type, CompleteEASE 6.37 begins them with `E`. Rows of other
//! quantities begin with their type: `dpolE` or `dPolE` (depolarization in percent), `AnE` (Psi and Delta of r_pp/r_ss),
//! `Aps`, `Asp`, `uR`, `pR`, `uT`, `pT`, `mm12`, … . `Dynamic` files have an empty column 7 and the time in minutes in column 8.
//! Computed spectra may come with one line `nm AOI Psi Delta` instead of all that.
//!
//! Source: files of WVASE 3.6 and CompleteEASE 3.65 and 6.37, listed in `ingest/woollam_text/instrument.toml`.
//!
//! Not supported: reflectance, transmittance and Mueller matrices. Beside Psi and Delta they are counted in a warning;
//! a file of nothing else ends in [`ReadError::NotSupported`].

mod header;
mod spectra;

use crate::manifest::embedded;
use crate::text::{decode, lines_from, whole_lines};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Value};

use super::delta;
use super::rows;
use header::{Header, header};
use spectra::Spectra;

/// Reads Woollam's text files.
#[derive(Debug)]
pub(crate) struct WoollamText;

impl Adapter for WoollamText {
    fn manifest(&self) -> &Manifest {
        embedded("woollam_text")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        header::looks_like(whole_lines(probe.text()))
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads a text of Psi and Delta.
///
/// # Errors
///
/// [`ReadError::Malformed`] without a line of the unit, and for a second header among the rows;
/// [`ReadError::NotSupported`] for rows of other quantities alone.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let text = &decoded.text;
    let header = header(text)?;
    let mut spectra = Spectra::new(&header);
    let mut fields = Vec::new();
    for line in lines_from(text, header.rows_start, header.rows_line) {
        if header::is_method(line.text) {
            return Err(ReadError::unexpected(line.number, "rows of one measurement", line.text));
        }
        spectra.take(&line, &mut fields);
    }
    assemble(header, spectra)
}

fn assemble(header: Header, spectra: Spectra) -> Result<Reading, ReadError> {
    if let Some(counts) = spectra.only_others() {
        return Err(ReadError::NotSupported {
            place: Place::Line(header.rows_line),
            recognised: format!("a Woollam file without Psi and Delta ({counts})"),
            advice: "in WVASE or CompleteEASE, save the ellipsometric data (Psi and Delta) as text; no table \
                     stores reflectance, transmittance or Mueller matrices alone"
                .to_owned(),
        });
    }
    let is_trig = header.is_trig;
    let (mut measurement, rejected) = spectra.into_measurement(header);
    rows::note_angles(&mut measurement);
    if is_trig {
        measurement.warnings.push(
            "the file has tan Psi and cos Delta: Delta is folded into 0° to 180°, because its cosine lacks the sign"
                .to_owned(),
        );
        let folded = Value::Text("folded into 0 to 180".to_owned());
        measurement.metadata.insert("delta_range".to_owned(), folded);
    } else {
        delta::note_range(&mut measurement);
    }
    Ok(Reading { measurements: vec![measurement], rejected, ..Reading::default() })
}

#[cfg(test)]
mod tests;

//! Reads spectra that are two columns without a header: Potku's energy spectra, and channels of an analyser.
//!
//! * Potku's `.hist`: the middle of the bin in MeV with five decimals, a blank, the number of events in six places.
//! * Multichannel analysers, and programs for their spectra, write channel and counts (`.dat`, `.odf`, `.txt`, `.asc`):
//!   channels from 0 or 1 on in steps of 1, separated from the counts by blanks, tab, comma or semicolon. Lines of words may
//!   follow, and comments that begin with `#` anywhere. Channels 0 and 1 often hold live and real time instead of counts; nothing in the file states this. Values
//!   are kept unchanged, with a warning where these two stand out.
//!
//! Source: Potku's `energy_spectrum.py` (`%5.5f %6d`), pyIBA's and JaBS's example spectra.
//!
//! Not supported: counts without a channel, and spectra with words above the numbers.

use std::collections::BTreeMap;

use super::number_lines::{
    Cell, Meaning, OtherLines, Rows, cells, has_decimals, is_blank, is_blank_or_mark, number, plain, read_rows,
    whole_number,
};
use crate::manifest::embedded;
use crate::text::{counted, decode, lines, whole_lines};
use crate::{Adapter, Manifest, Match, Measurement, NOT_STATED, Probe, ReadError, Reading, Technique, Value};

const COUNTS: Meaning = plain("counts", "1", "counts");
const POTKU: [Meaning; 2] = [
    Meaning {
        name: "energy_kev",
        unit: Some("keV"),
        header: "energy / MeV, middle of the bin",
        factor: 1000.0,
        read: Cell::Number,
    },
    COUNTS,
];
const CHANNELS: [Meaning; 2] = [plain("channel", "1", "channel"), COUNTS];

/// Rows that a text without a header needs to be taken as channels and counts.
const FEWEST_CHANNELS: usize = 16;

/// Reads Potku's energy spectra.
#[derive(Debug)]
pub(crate) struct PotkuEnergySpectrum;

impl Adapter for PotkuEnergySpectrum {
    fn manifest(&self) -> &Manifest {
        embedded("potku_energy_spectrum")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let mut energies = Vec::new();
        for line in lines(whole_lines(probe.text())) {
            let Some((energy, counts)) = line.text.split_once(' ') else { return Match::No };
            let fits = has_decimals(energy, 5)
                && counts.len() >= 6
                && (counts.len() == 6 || !counts.starts_with(' '))
                && has_decimals(counts.trim_start(), 0);
            match number(energy).filter(|_| fits) {
                Some(energy) => energies.push(energy),
                None => return Match::No,
            }
        }
        let steps: Vec<_> = energies.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let first = steps.first().copied().unwrap_or_default();
        let is_even = first > 0.0 && steps.iter().all(|step| (step - first).abs() < 2.5e-5);
        if is_even && steps.len() > 1 { Match::Likely } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let text = decode(file).text;
        let rows = read_rows(lines(&text), &POTKU, is_blank, OtherLines::Rejected);
        let mut metadata = BTreeMap::new();
        metadata.insert("element".to_owned(), Value::Text(NOT_STATED.to_owned()));
        metadata.insert("software".to_owned(), Value::Text("Potku".to_owned()));
        Ok(spectrum(rows, &POTKU, metadata))
    }
}

/// Reads channels and counts.
#[derive(Debug)]
pub(crate) struct MultichannelText;

impl Adapter for MultichannelText {
    fn manifest(&self) -> &Manifest {
        embedded("mca_text")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let text = whole_lines(probe.text());
        let mut first = None;
        let mut found = 0;
        for line in lines(text).filter(|line| !is_comment(line.text)) {
            let mut numbers = cells(line.text, is_blank_or_mark);
            let (channel, counts) = (numbers.next().and_then(whole_number), numbers.next().and_then(number));
            let (Some(channel), Some(counts), None) = (channel, counts, numbers.next()) else {
                // Words may follow the channels, but not be between or above them.
                if found > 0 && line.text.contains(char::is_alphabetic) {
                    break;
                }
                return Match::No;
            };
            let start = *first.get_or_insert(channel);
            if start > 1 || channel as usize != start as usize + found || !(counts >= 0.0 && counts.fract() == 0.0) {
                return Match::No;
            }
            found += 1;
        }
        if found >= FEWEST_CHANNELS { Match::Weak } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let text = decode(file).text;
        let rows = read_rows(
            lines(&text).filter(|line| !is_comment(line.text)),
            &CHANNELS,
            is_blank_or_mark,
            OtherLines::EndTheTable,
        );
        let mut warnings = vec!["the file has no header: its columns are taken as channel and counts".to_owned()];
        warnings.extend(times_in_first_channels(&rows.values[0], &rows.values[1]));
        #[expect(clippy::float_cmp, reason = "the numbers of channels are whole and exact as floats")]
        if rows.values[0].windows(2).any(|pair| pair[1] != pair[0] + 1.0) {
            warnings.push("the channels do not increase in steps of 1".to_owned());
        }
        let mut metadata = BTreeMap::new();
        if let Some((line, text)) = &rows.ended_by {
            metadata.insert("text_below".to_owned(), Value::Text(format!("from line {line}: {text}")));
            if rows.below > 0 {
                warnings.push(format!("not read: {} of numbers below line {line}", counted(rows.below, "row")));
            }
        }
        let mut reading = spectrum(rows, &CHANNELS, metadata);
        if let Some(measurement) = reading.measurements.first_mut() {
            measurement.warnings = warnings;
        }
        Ok(reading)
    }
}

/// Whether JaBS and others would skip a line.
fn is_comment(text: &str) -> bool {
    text.trim_start().starts_with('#')
}

/// A warning where channels 0 and 1 look like times: counts above 0, and none in the channels after them.
pub(super) fn times_in_first_channels(channels: &[f64], counts: &[f64]) -> Option<String> {
    let [zeroth, first, later @ ..] = counts else { return None };
    let later = later.get(..8)?;
    let stands_out = (*zeroth > 0.0 || *first > 0.0) && later.iter().all(|count| *count == 0.0);
    (channels.first() == Some(&0.0) && stands_out).then(|| {
        format!("channels 0 and 1 have {zeroth} and {first}, the channels after them 0: these are probably times, not counts")
    })
}

/// One measurement of a spectrum.
fn spectrum<const N: usize>(rows: Rows<N>, meanings: &[Meaning; N], mut metadata: BTreeMap<String, Value>) -> Reading {
    if let Some(statement) = &rows.incomplete {
        metadata.insert("incomplete".to_owned(), Value::Text(statement.clone()));
    }
    let measurement = Measurement {
        block: 0,
        technique: Technique::IonBeamSpectrum,
        columns: Rows::columns(rows.values, meanings),
        metadata,
        warnings: Vec::new(),
    };
    Reading { measurements: vec![measurement], rejected: rows.rejected, ..Reading::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels(first: usize) -> String {
        (first..first + 20).map(|channel| format!(" {channel}  {} \r\n", (channel * 7) % 5)).collect()
    }

    #[test]
    fn energies_of_potku_become_kev() {
        let text = "0.85000      0\n0.95000     12\n1.05000 1234567\n";
        assert_eq!(PotkuEnergySpectrum.sniff(&Probe::new(text.as_bytes())), Match::Likely);
        let reading = PotkuEnergySpectrum.read(text.as_bytes()).unwrap();
        assert_eq!(reading.measurements[0].numbers("energy_kev"), Some(&[850.0, 950.0, 1050.0][..]));
        // A diffraction pattern, and bins of unequal width.
        for text in ["10.00000 0\n10.02000 12\n10.04000 7\n", "0.85000      0\n0.95000     12\n1.15000      7\n"] {
            assert_eq!(PotkuEnergySpectrum.sniff(&Probe::new(text.as_bytes())), Match::No);
        }
    }

    #[test]
    fn channels_from_0_or_1_in_steps_of_1_are_a_spectrum() {
        for text in [
            channels(0),
            channels(1),
            "# made up\n".to_owned() + &channels(0),
            channels(0).replace("  ", ","),
            channels(1) + "live time 5 s\n",
        ] {
            assert_eq!(MultichannelText.sniff(&Probe::new(text.as_bytes())), Match::Weak, "{text}");
        }
        let fractions = channels(0).replace("  3 ", " 3.5");
        for text in [channels(5), "x\n".to_owned() + &channels(0), channels(0).replace(" 7 ", " 8 "), fractions] {
            assert_eq!(MultichannelText.sniff(&Probe::new(text.as_bytes())), Match::No, "{text}");
        }
    }

    #[test]
    fn times_in_the_first_channels_are_kept_with_a_warning() {
        let mut text = "0 891\n1 917\n".to_owned();
        (2..30).for_each(|channel| text.push_str(&format!("{channel} {}\n", usize::from(channel > 20))));
        text.push_str("stopped by hand\n");
        let reading = MultichannelText.read(text.as_bytes()).unwrap();
        let spectrum = &reading.measurements[0];
        assert_eq!(spectrum.n_points(), 30);
        assert_eq!(spectrum.metadata["text_below"], Value::Text("from line 31: stopped by hand".to_owned()));
        assert_eq!(
            spectrum.warnings[1],
            "channels 0 and 1 have 891 and 917, the channels after them 0: these are probably times, not counts"
        );
        assert!(reading.rejected.is_empty());
    }
}

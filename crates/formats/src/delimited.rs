//! Reads any delimited text by its manifest alone: one pass over the bytes, one line of scratch space.
//!
//! Every line of the rows ends as a row, as a rejected row with its line number, or as one that the manifest
//! leaves out. A text that stops in mid-row gives what came before, a rejected row and the metadata `incomplete`.

mod blocks;
pub(crate) mod cells;
mod detection;
mod layout;
mod preamble;
mod rows;
mod spectrum;
pub(crate) mod sweep;
#[cfg(test)]
mod tests;

use crate::manifest::{DetectRule, Manifest};
use crate::text::{decode, whole_lines};
use crate::{Adapter, Match, Probe, ReadError, Reading};

/// An adapter made of a manifest with a `[text]` section.
#[derive(Debug, Clone)]
pub struct Delimited {
    manifest: Manifest,
}

impl Delimited {
    /// The adapter that `manifest` describes.
    #[must_use]
    pub fn new(manifest: Manifest) -> Self {
        Self { manifest }
    }

    fn fits(&self, rule: &DetectRule, head: &str) -> bool {
        if rule.pattern.as_ref().is_some_and(|pattern| !pattern.is_in(head))
            || rule.without.as_ref().is_some_and(|pattern| pattern.is_in(head))
        {
            return false;
        }
        if !rule.columns && !rule.sweep {
            return true;
        }
        match layout::find(&self.manifest, whole_lines(head)) {
            // Words alone that happen to name columns are prose.
            Ok(found) if rule.level == Match::Weak && !layout::has_row(&self.manifest, head, &found) => false,
            Ok(found) => !rule.sweep || detection::is_sweep(&self.manifest, head, found),
            Err(_) => false,
        }
    }
}

impl Adapter for Delimited {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        // Text has no NUL but for the halves of UTF-16.
        let is_utf16 = probe.head().starts_with(b"\xFF\xFE") || probe.head().starts_with(b"\xFE\xFF");
        if self.max_certainty() < Match::Certain && !is_utf16 && memchr::memchr(0, probe.head()).is_some() {
            return Match::No;
        }
        let levels = self.manifest.detect.iter().filter(|rule| self.fits(rule, probe.text())).map(|rule| rule.level);
        levels.max().unwrap_or(Match::No)
    }

    fn max_certainty(&self) -> Match {
        self.manifest.detect.iter().map(|rule| rule.level).max().unwrap_or(Match::No)
    }

    fn evidence(&self, probe: &Probe<'_>) -> &'static str {
        let best_rule =
            self.manifest.detect.iter().filter(|rule| self.fits(rule, probe.text())).max_by_key(|rule| rule.level);
        match best_rule {
            None => "nothing",
            Some(rule) if rule.sweep => "its rows are a frequency sweep",
            Some(rule) if rule.columns && rule.pattern.is_some() => {
                "it matches the manifest's pattern and has the columns"
            }
            Some(rule) if rule.columns => "its header names the required columns",
            Some(_) => "it matches the manifest's pattern",
        }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let decoded = decode(file);
        let found = layout::find(&self.manifest, &decoded.text)?;
        let settings = preamble::settings(&self.manifest, &decoded.text[..found.rows_start], found.decimal);
        let table = rows::read(&self.manifest, &decoded.text, found)?;
        Ok(spectrum::reading(&self.manifest, table, settings))
    }
}

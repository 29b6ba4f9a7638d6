//! The verdict of a kernel on its own result: its reliability, and reasons for doubt.
//!
//! A cause has a code, on which queries can rely, and words for people. Kernels share codes with the same meaning.

use std::fmt;

/// Reliability of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// Converged, every parameter determined, the model describes the data.
    #[default]
    Good,
    /// Usable with the stated reservations.
    Suspect,
    /// The numbers do not describe the data; they are kept to document the attempt.
    Failed,
}

impl Quality {
    /// The word stored in tables: `good`, `suspect` or `failed`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Suspect => "suspect",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

aldb_codes::codes! {
    /// Why a result is not good, or does not exist.
    ReasonCode {
        // The input.
        MissingInput "missing_input" "A value that the calculation needs is null.",
        LengthsDiffer "lengths_differ" "Columns that belong together have different lengths.",
        NotANumber "not_a_number" "A value is infinite or not a number.",
        ValueOutOfRange "value_out_of_range" "A value lies outside the range that its quantity can have.",
        OptionOutOfRange "option_out_of_range" "An option of the calculation lies outside its range, or does not exist.",
        InvalidCircuit "invalid_circuit" "The text is not an equivalent circuit.",
        InvalidReferenceData "invalid_reference_data" "A table of reference data, such as the optical constants of a substrate, cannot be used.",
        UnknownElement "unknown_element" "A symbol is not that of a chemical element.",
        TooFewPoints "too_few_points" "There are fewer points, doses, depths, temperatures or readings than the calculation needs.",
        RangeTooNarrow "range_too_narrow" "The measurement covers too small a range of angle, frequency, energy or potential.",
        SamplingTooCoarse "sampling_too_coarse" "Points are too far apart to resolve the feature.",
        // The fit.
        NotConverged "not_converged" "The search ended at its limit of iterations; the optimum may lie elsewhere.",
        LocalOptimum "local_optimum" "The optimum found may not be the best one.",
        PoorFit "poor_fit" "The model does not describe the data within their noise.",
        ResidualsCorrelated "residuals_correlated" "Neighbouring residuals are correlated: a misfit of the model or slow drift, not noise.",
        ParameterAtBound "parameter_at_bound" "A fitted parameter ended at one of its bounds.",
        ParameterUndetermined "parameter_undetermined" "The data do not determine a parameter.",
        AmbiguousSolution "ambiguous_solution" "Another set of parameters describes the data equally well.",
        LargeUncertainty "large_uncertainty" "The result exists, but its uncertainty is large.",
        InputSuspect "input_suspect" "A value on which the result is based is suspect, or a part of the input failed.",
        SourcesDisagree "sources_disagree" "Values of the same quantity from different sources differ by more than three combined standard uncertainties.",
        LargeScatter "large_scatter" "Repeated measurements scatter far more than their uncertainties.",
        NoReplicates "no_replicates" "There is a single measurement, so that scatter is unknown.",
        Extrapolated "extrapolated" "The result lies far outside the measured range.",
        NearEndOfRange "near_end_of_range" "A feature lies so close to the end of the measured range that part of it is missing.",
        SignalTooWeak "signal_too_weak" "No signal is significantly above the noise.",
        TooNoisy "too_noisy" "The noise is too large to decide.",
        NoiseNotPoisson "noise_not_poisson" "Noise differs from that of counting: the intensities are not counts, or were processed.",
        // Impedance and conductivity.
        KramersKronigViolated "kramers_kronig_violated" "Real and imaginary parts violate the Kramers-Kronig relations: the sample drifted, or its response was not linear.",
        SampleChanged "sample_changed" "The sample changed during the measurement.",
        ConductivityFallsWithTemperature "conductivity_falls_with_temperature" "The conductivity does not rise with temperature.",
        // Growth.
        NoGrowth "no_growth" "The thickness does not increase significantly.",
        NotLinear "not_linear" "The data do not follow the straight line that is fitted to them.",
        TwoSlopes "two_slopes" "The film grows at two rates, one after the other.",
        GrowthEnds "growth_ends" "The film stops growing although cycles go on.",
        CycleLengthDiffers "cycle_length_differs" "The scan repeats with another period than the cycle of the recipe.",
        ClockAmbiguous "clock_ambiguous" "The doses of the log fit the scan as well some cycles away.",
        SlightCurvature "slight_curvature" "The thickness is slightly curved against the cycle.",
        DelayNegative "delay_negative" "The extrapolated line meets the thickness of the substrate before growth began.",
        TrendNotSignificant "trend_not_significant" "A change is observed, but could be due to chance.",
        // Composition.
        NoPlateau "no_plateau" "The depth profile has no region of constant composition.",
        CompositionNotClosed "composition_not_closed" "The contents do not add up to 100 at.%.",
        // Photoelectrons.
        BackgroundNotFound "background_not_found" "No background passes through both ends of the region.",
        ComponentNotSignificant "component_not_significant" "The area of a component is not significantly above zero.",
        ComponentsIndistinguishable "components_indistinguishable" "Only the sum of two components is determined.",
        ShiftImplausible "shift_implausible" "The shift of the energy scale is larger than charging explains.",
        NoEnergyReference "no_energy_reference" "The energy scale has no reference, or a doubtful one.",
        NotComparable "not_comparable" "Regions were measured under different or unknown conditions: their areas cannot be compared.",
        NoSensitivityFactor "no_sensitivity_factor" "No sensitivity factor is known for a core line that was measured.",
        LinesOverlap "lines_overlap" "A line of another element lies in the region of a core line.",
        // Diffraction.
        PeaksOverlap "peaks_overlap" "Peaks are so close that their areas are shared between them.",
        FewReflectionsMatched "few_reflections_matched" "Few reflections of the phase were found: texture, or another phase.",
        PhaseNotIdentified "phase_not_identified" "The peaks match no reference phase.",
        NoReferenceReflection "no_reference_reflection" "No reflection of a reference phase lies in the measured range.",
        // Ellipsometry.
        DeltaFolded "delta_folded" "All values of delta lie between 0 and 180 degrees, as for instruments that cannot determine its sign.",
        WavelengthAssumed "wavelength_assumed" "The file states no wavelength, so that one is assumed.",
        WavelengthContradicted "wavelength_contradicted" "Statements about the wavelength contradict each other or the pattern.",
        // Electrochemistry.
        NoCycle "no_cycle" "The potential does not go up and down.",
        PeaksUnpaired "peaks_unpaired" "Peaks of one direction have no counterpart in the other.",
        PeaksReversed "peaks_reversed" "The anodic peak lies below the cathodic one.",
        NoDischarge "no_discharge" "There is no half cycle of discharge at constant current.",
        NoBaseline "no_baseline" "The current does not follow a straight baseline, or is away from it from the beginning.",
        OnsetNotLasting "onset_not_lasting" "The current leaves its baseline and returns to it.",
        SignReversed "sign_reversed" "The sign of the current contradicts the change of the potential.",
        Interrupted "interrupted" "A half cycle is interrupted, cut off, or does not begin from a full charge.",
    }
}

/// One reason why a result is not good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The resulting quality: suspect or failed.
    pub quality: Quality,
    /// The cause, for queries.
    pub code: ReasonCode,
    /// The cause with its numbers, for people.
    pub words: String,
}

/// How far a result can be trusted, and why not further.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The quality of the most serious reason; good if there is none.
    pub quality: Quality,
    /// Reasons why the result is not good, most serious first; empty if it is good.
    pub reasons: Vec<Reason>,
    /// Remarks that do not affect the quality.
    pub notes: Vec<String>,
}

impl Verdict {
    /// A good result with a note.
    #[must_use]
    pub fn good(note: impl Into<String>) -> Self {
        Self { notes: vec![note.into()], ..Self::default() }
    }

    /// A result suspect for one reason.
    #[must_use]
    pub fn suspect(code: ReasonCode, words: impl Into<String>) -> Self {
        let mut verdict = Self::default();
        verdict.add(Quality::Suspect, code, words);
        verdict
    }

    /// A result that failed for one reason.
    #[must_use]
    pub fn failed(code: ReasonCode, words: impl Into<String>) -> Self {
        let mut verdict = Self::default();
        verdict.add(Quality::Failed, code, words);
        verdict
    }

    /// Adds a reason, after those of the same seriousness. One of [`Quality::Good`] is a note.
    pub fn add(&mut self, quality: Quality, code: ReasonCode, words: impl Into<String>) {
        if quality == Quality::Good {
            return self.note(words);
        }
        self.quality = self.quality.max(quality);
        let place = self.reasons.partition_point(|reason| reason.quality >= quality);
        self.reasons.insert(place, Reason { quality, code, words: words.into() });
    }

    /// Adds a note.
    pub fn note(&mut self, words: impl Into<String>) {
        self.notes.push(words.into());
    }

    /// Adds the reasons of a result on which this one is based.
    pub fn inherit(&mut self, other: &Self) {
        for reason in &other.reasons {
            self.add(reason.quality, reason.code, reason.words.clone());
        }
    }

    /// The reasons' words, joined by `; `; `None` when good.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let words: Vec<&str> = self.reasons.iter().map(|reason| reason.words.as_str()).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// The reasons' codes in the same order, joined by a space; `None` when good.
    #[must_use]
    pub fn codes(&self) -> Option<String> {
        let codes: Vec<&str> = self.reasons.iter().map(|reason| reason.code.as_str()).collect();
        (!codes.is_empty()).then(|| codes.join(" "))
    }

    /// Whether `code` is among the reasons.
    #[must_use]
    pub fn has(&self, code: ReasonCode) -> bool {
        self.reasons.iter().any(|reason| reason.code == code)
    }
}

/// Quality, reasons and notes: `suspect: at a bound: R1; 2 of 60 starts reached the optimum`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.quality.as_str())?;
        let words = self.reasons.iter().map(|reason| &reason.words).chain(&self.notes);
        for (place, words) in words.enumerate() {
            write!(f, "{}{words}", if place == 0 { ": " } else { "; " })?;
        }
        Ok(())
    }
}

/// An error that has a code.
pub trait Coded: std::error::Error {
    /// The cause, for queries.
    fn code(&self) -> ReasonCode;

    /// The verdict for a missing result: failed, with the message as words.
    fn verdict(&self) -> Verdict {
        Verdict::failed(self.code(), self.to_string())
    }
}

/// `1 point`, `2 points`: a count with its noun.
pub(crate) fn counted(count: usize, singular: &str, plural: &str) -> String {
    format!("{count} {}", if count == 1 { singular } else { plural })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_serious_reason_comes_first_and_the_others_in_their_order() {
        let mut verdict = Verdict::suspect(ReasonCode::ParameterAtBound, "at a bound: R1");
        verdict.note("60 points");
        verdict.add(Quality::Suspect, ReasonCode::NotConverged, "not converged");
        verdict.add(Quality::Failed, ReasonCode::PoorFit, "misfit 30 %");
        assert_eq!(verdict.quality, Quality::Failed);
        assert_eq!(verdict.words().as_deref(), Some("misfit 30 %; at a bound: R1; not converged"));
        assert_eq!(verdict.codes().as_deref(), Some("poor_fit parameter_at_bound not_converged"));
        assert_eq!(verdict.to_string(), "failed: misfit 30 %; at a bound: R1; not converged; 60 points");
        let good = Verdict::good("60 points");
        assert_eq!((good.words(), good.codes(), good.to_string()), (None, None, "good: 60 points".to_owned()));
    }

    #[test]
    fn codes_are_words_joined_by_underscores_and_each_occurs_once() {
        let mut codes: Vec<&str> = ReasonCode::ALL.iter().map(|code| code.as_str()).collect();
        assert!(
            codes.iter().all(|code| code
                .split('_')
                .all(|word| word.chars().all(|c| c.is_ascii_lowercase()) && !word.is_empty()))
        );
        assert!(ReasonCode::ALL.iter().all(|code| code.meaning().ends_with('.')));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ReasonCode::ALL.len());
    }
}

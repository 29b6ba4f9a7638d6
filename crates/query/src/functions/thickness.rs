//! `combine_thickness`: the thickness of a film from all that is known of it.

use aldb_fit::quality::Quality;
use aldb_fit::thickness::{Evidence, ProfileDepth, Reflectivity, Scan, Spot, Thickness, combine_thickness};

use arrow::array::Array as _;

use super::arguments::{Arguments, at, quality_at, text_at};
use super::field::fields;
use super::kernel::{Definition, Failure, Kernel, Outcome};
use crate::codes::RowReason;

/// What is known, and the reasons of inputs that failed.
struct Known {
    evidence: Evidence,
    failed: Vec<String>,
}

pub(super) fn kernel() -> Kernel {
    Definition {
        name: "combine_thickness",
        version: 2,
        meaning: "Thickness of a film from what is stated, what was watched during deposition and what spectra, reflectivity and depth profiles show, as far as each \
                  covers the whole film. Values that contradict each other make it suspect.",
        example: "SELECT combine_thickness(source, 'm', 'good', NULL, nm, err, cycles, 0.0, NULL, NULL, 0.4, 1.5, NULL, 0.0, 1.0, NULL, \
                  NULL) AS film FROM (VALUES ('stated', 80.0, 1.0, NULL), ('growth', 12.0, 0.1, 300.0), ('recipe', NULL, NULL, \
                  2000.0)) AS invented(source, nm, err, cycles)",
        arguments: known,
        evaluate: |known| {
            combine_thickness(&known.evidence).ok_or_else(|| {
                let mut words =
                    "growth was not measured, no thickness is stated, and neither Ψ and Δ nor reflectivity were fitted".to_owned();
                if !known.failed.is_empty() {
                    words = format!("no thickness is stated, and no other source gives one: {}", known.failed.join("; "));
                }
                Failure::new(RowReason::NoThickness, words)
            })
        },
        verdict: |film| film.verdict.clone(),
        always: fields! { film: Outcome<Known, Thickness>;
            number cycles_deposited ["1"] "Number of cycles of the deposition, from the log of the run, otherwise from the recipe; null where not known."
                => film.input.evidence.cycles;
        },
        fields: fields! { film: Thickness;
            number thickness_nm ["nm"] "Thickness of the film." => film.nm;
            number thickness_err_nm ["nm"] "Standard uncertainty of the thickness: that of its source, and the spread over places." => film.err_nm;
            text thickness_source "`growth`: measured during deposition; `stated`: in samples/; `spectrum`: from Ψ and Δ; `reflectivity`: from X-ray reflectivity." => film.source.as_str();
            number thickness_stated_nm ["nm"] "Thickness as stated; null where not stated." => film.stated_nm.map(|value| value.0);
            number thickness_stated_err_nm ["nm"] "Standard uncertainty as stated; 5 %, at least 0.5 nm, where none is stated." => film.stated_nm.map(|value| value.1);
            number thickness_growth_nm ["nm"] "Thickness measured during deposition; cycles that no scan covers are taken to have grown as much as the others." => film.growth_nm.map(|value| value.0);
            number thickness_growth_err_nm ["nm"] "Its standard uncertainty: scatter of the scans, and 10 % (up to a tenth of the cycles: 50 %) of what grew in cycles not covered. Left out: the scale of the optical model." => film.growth_nm.map(|value| value.1);
            number thickness_spectrum_nm ["nm"] "Thickness from Ψ and Δ: the last spectrum of a series, the mean over places." => film.spectrum_nm.map(|value| value.0);
            number thickness_spectrum_err_nm ["nm"] "Its standard uncertainty: that of the fits, and the standard deviation over places." => film.spectrum_nm.map(|value| value.1);
            number thickness_reflectivity_nm ["nm"] "Thickness from X-ray reflectivity; null without it." => film.reflectivity_nm.map(|value| value.0);
            number thickness_reflectivity_err_nm ["nm"] "Its standard uncertainty: that of the fringes, and the standard deviation of several curves." => film.reflectivity_nm.map(|value| value.1);
            number thickness_profile_nm ["nm"] "Thickness from depth profiles, for comparison only; null without one that reaches below the film." => film.profile_nm.map(|value| value.0);
            number thickness_profile_err_nm ["nm"] "Its standard uncertainty: the depth resolution, and the density: 15 % where the file states lengths, 20 % where it states atoms per area, of which 9.5·10¹⁵/cm² are taken to be in 1 nm." => film.profile_nm.map(|value| value.1);
            number cycles_watched ["1"] "Number of cycles that scans cover; null without one." => film.cycles_watched;
        },
    }
    .kernel()
}

fn known(arguments: &mut Arguments<'_>) -> Known {
    let source = arguments.text("source", "What the row is: `stated`, `growth` (a scan), `spectrum`, `reflectivity`, `profile` (thickness in nm), `areal profile` (thickness in 10¹⁵ atoms/cm²) or `recipe`.");
    let measurement = arguments.text("measurement_id", "The measurement; null for what is stated.");
    let quality = arguments.text("quality", "Quality of the scan or the spectrum.");
    let reason = arguments.text("reason", "Why it is not good.");
    let nm = arguments.number("thickness_nm", "nm", "Thickness; of a scan, what grew over it.");
    let err = arguments.number("thickness_err_nm", "nm", "Its standard uncertainty.");
    let cycles = arguments.number("cycles", "1", "Number of cycles: that a scan covers, or of one kind in the recipe.");
    let first_cycle = arguments.number("first_cycle", "1", "First cycle that a scan covers.");
    let log_cycles = arguments.number("log_cycles", "1", "Number of cycles in the log of the run.");
    let end_cycle = arguments.number("end_cycle", "1", "Cycle at which growth ended within a scan.");
    let gpc = arguments.number("gpc_angstrom", "Ao", "Growth per cycle of a scan.");
    let substrate = arguments.number("substrate_nm", "nm", "Thickness before growth, in the optical model of a scan.");
    let clock = arguments.number("clock_s", "s", "Start of a measurement on a clock that all share.");
    let start =
        arguments.number("start_s", "s", "Time of a spectrum, or of the first reading of a scan, since the start.");
    let end = arguments.number("end_s", "s", "Time of the last reading of a scan.");
    let x = arguments.number("x_mm", "mm", "Position of a spectrum.");
    let y = arguments.number("y_mm", "mm", "Position of a spectrum.");
    let mut known = Known { evidence: Evidence::default(), failed: Vec::new() };
    let (mut planned, mut logged) = (Some(0.0), None);
    for row in 0..source.len() {
        let quality = quality_at(&quality, row);
        let reason = text_at(&reason, row).map(str::to_owned);
        match text_at(&source, row) {
            Some("stated") => known.evidence.stated = at(&nm, row).map(|nm| (nm, at(&err, row))),
            Some("recipe") => planned = planned.zip(at(&cycles, row)).map(|(sum, cycles)| sum + cycles),
            Some("growth") => {
                logged = [logged, at(&log_cycles, row)].into_iter().flatten().reduce(f64::max);
                let time_s = at(&start, row).zip(at(&end, row));
                known.evidence.scans.push(Scan {
                    film_nm: at(&nm, row).unwrap_or(f64::NAN),
                    film_err_nm: at(&err, row),
                    gpc_angstrom: at(&gpc, row).unwrap_or(f64::NAN),
                    start_nm: at(&substrate, row),
                    from_cycle: at(&first_cycle, row),
                    cycles: at(&cycles, row),
                    end_cycle: at(&end_cycle, row),
                    clock_s: at(&clock, row).zip(time_s).map(|(clock, (start, end))| (clock, clock + end - start)),
                    time_s,
                    quality,
                    reason: reason.clone(),
                });
            }
            Some(kind @ ("profile" | "areal profile")) if quality != Quality::Failed => {
                let film = at(&nm, row).zip(at(&err, row));
                known.evidence.profiles.extend(film.map(|(film, err)| match kind {
                    "profile" => ProfileDepth::Length { nm: film, err_nm: err },
                    _ => ProfileDepth::Atoms { per_cm2: film, err_per_cm2: err },
                }));
            }
            Some("reflectivity") => known.evidence.reflectivities.push(Reflectivity {
                nm: at(&nm, row).unwrap_or(f64::NAN),
                err_nm: at(&err, row).unwrap_or(f64::NAN),
                quality,
                reason: reason.clone(),
            }),
            Some("spectrum") => known.evidence.spots.push(Spot {
                measurement: text_at(&measurement, row).unwrap_or_default().to_owned(),
                time_s: at(&start, row),
                place_mm: (at(&x, row), at(&y, row)),
                nm: at(&nm, row),
                err_nm: at(&err, row),
                quality,
                reason: reason.clone(),
            }),
            _ => {}
        }
        if quality == Quality::Failed && !matches!(text_at(&source, row), Some("profile" | "areal profile")) {
            known.failed.extend(reason);
        }
    }
    known.failed.sort();
    known.failed.dedup();
    known.evidence.cycles = logged.or(planned).filter(|cycles| *cycles > 0.0);
    known
}

//! The verdict on a fitted region.

use super::region::RegionFit;
use super::start_search::Bounds;
use crate::quality::{Quality, ReasonCode, Verdict, counted};

/// An area below this many standard uncertainties is not a significant component.
const SIGNIFICANT: f64 = 3.0;
/// χ² relative to that of neighbouring residuals: chance exceeds this with 131 points less than once in 10,000.
const MISFIT: f64 = 2.0;
/// A misfit below this fraction of the highest component is due to the line shape, and harmless.
const HARMLESS: f64 = 0.01;

pub(super) fn judge(fit: &RegionFit, bounds: &Bounds) -> Verdict {
    if !fit.converged {
        let words = format!("not converged after {}", counted(fit.iterations, "iteration", "iterations"));
        return Verdict::failed(ReasonCode::NotConverged, words);
    }
    if fit.area_total <= SIGNIFICANT * fit.area_total_err {
        let words = format!(
            "no peak: area {:.4} with a standard uncertainty of {:.4}, {SIGNIFICANT} times it needed",
            fit.area_total, fit.area_total_err
        );
        return Verdict::failed(ReasonCode::SignalTooWeak, words);
    }
    let points = counted(fit.n_points, "point", "points");
    let mut verdict = Verdict::good(format!("{points}, reduced χ² {:.2}", fit.chi2_reduced));
    let mut doubt = |code, words| verdict.add(Quality::Suspect, code, words);
    if fit.fwhm_at_bound {
        let words = format!(
            "width at its upper bound of {} eV: the region is broader than its components may be",
            bounds.fwhm_max_ev
        );
        doubt(ReasonCode::ParameterAtBound, words);
    } else if fit.fwhm_ev <= bounds.fwhm_min_ev {
        doubt(ReasonCode::ParameterAtBound, format!("width at its lower bound of {:.3} eV", bounds.fwhm_min_ev));
    }
    for (k, component) in fit.components.iter().enumerate() {
        let name = &component.name;
        if component.area <= SIGNIFICANT * component.area_err {
            let words = format!(
                "{name} has an area of {:.1} ± {:.1}, {SIGNIFICANT} standard uncertainties needed",
                component.area, component.area_err
            );
            doubt(ReasonCode::ComponentNotSignificant, words);
        } else if component.position_ev <= bounds.lower_ev[k] || component.position_ev >= bounds.upper_ev[k] {
            let words = format!("position of {name} at its bound of {:.2} eV", component.position_ev);
            doubt(ReasonCode::ParameterAtBound, words);
        }
    }
    for words in near_pairs(fit) {
        doubt(ReasonCode::ComponentsIndistinguishable, words);
    }
    let systematic = (1.0 - 1.0 / fit.misfit).max(0.0).sqrt() * fit.residual_rms;
    let highest = fit.components.iter().map(|component| component.height).fold(0.0, f64::max);
    if fit.misfit > MISFIT && systematic > HARMLESS * highest {
        let words = format!(
            "residuals are not noise: {:.1} % of the highest component, χ² {:.1} times that of neighbouring points",
            100.0 * systematic / highest,
            fit.misfit
        );
        doubt(ReasonCode::ResidualsCorrelated, words);
    }
    verdict
}

/// Areas of which only the sum is determined.
fn near_pairs(fit: &RegionFit) -> Vec<String> {
    let m = fit.components.len();
    let covariance = |i: usize, j: usize| fit.area_covariance[i * m + j];
    let mut found = Vec::new();
    for i in 0..m {
        for j in 0..i {
            let correlation = covariance(i, j) / (covariance(i, i) * covariance(j, j)).sqrt();
            if correlation < -0.98 {
                let (a, b) = (&fit.components[j].name, &fit.components[i].name);
                found.push(format!("{a} and {b} cannot be distinguished: correlation of their areas {correlation:.3}"));
            }
        }
    }
    found
}

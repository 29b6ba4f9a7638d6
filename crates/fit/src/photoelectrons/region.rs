//! A region: the model that is fitted to it, and the result.

use super::shirley::Background;
use crate::quality::{ReasonCode, Verdict};

/// Largest number of components that are fitted.
pub const MAX_COMPONENTS: usize = 8;

/// Where a component is expected.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentStart {
    /// Its name in the result.
    pub name: String,
    /// Its expected position (eV, binding).
    pub position_ev: f64,
    /// Its largest displacement (eV), positive.
    pub tolerance_ev: f64,
}

impl ComponentStart {
    /// A component within 1 eV of `position_ev`.
    #[must_use]
    pub fn new(name: &str, position_ev: f64) -> Self {
        Self { name: name.to_owned(), position_ev, tolerance_ev: 1.0 }
    }
}

/// Weighting of the points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Weighting {
    /// By 1/variance of a Poisson process whose mean is the fitted intensity.
    #[default]
    Poisson,
    /// Equal weights. Uncertainties are those of a Poisson process nevertheless.
    Unweighted,
}

impl Weighting {
    /// The word stored in tables: `poisson` or `unweighted`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Unweighted => "unweighted",
        }
    }
}

/// A spin–orbit pair: a second line above the first, in a fixed ratio and at a fixed distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpinOrbit {
    /// Distance of the second line (eV, binding), positive.
    pub splitting_ev: f64,
    /// Height of the second line over that of the first, 0 to 1.
    pub ratio: f64,
}

/// Options of the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionOptions {
    /// The components, 1 to [`MAX_COMPONENTS`].
    pub components: Vec<ComponentStart>,
    /// m of GL(m), 0 (Gaussian) to 1 (Lorentzian); 0.30 by default.
    pub mix: f64,
    /// Largest nominal width (eV); 2.0 by default. A width at it makes the fit suspect.
    pub fwhm_max_ev: f64,
    /// Limits of the region (eV), in either order; all points by default.
    pub range_ev: Option<(f64, f64)>,
    /// Number of points at each end whose mean gives an end of the background; 5 by default.
    pub endpoint_mean_of: usize,
    /// Weighting of the points.
    pub weighting: Weighting,
    /// Whether each component is a spin–orbit pair; its position and height are then those of the first line.
    pub spin_orbit: Option<SpinOrbit>,
}

impl Default for RegionOptions {
    fn default() -> Self {
        Self {
            components: Vec::new(),
            mix: 0.30,
            fwhm_max_ev: 2.0,
            range_ev: None,
            endpoint_mean_of: 5,
            weighting: Weighting::Poisson,
            spin_orbit: None,
        }
    }
}

impl RegionOptions {
    /// O 1s of a phosphate or borate glass: `NBO`, non-bridging, at 530.4 eV and `BO`, bridging, at 531.7 eV,
    /// each within 1 eV, on a scale referenced to C 1s at 284.6 eV.
    #[must_use]
    pub fn oxygen_1s() -> Self {
        let components = vec![ComponentStart::new("NBO", 530.4), ComponentStart::new("BO", 531.7)];
        Self { components, ..Self::default() }
    }
}

/// One component.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Position (eV, binding).
    pub position_ev: f64,
    /// Its standard uncertainty (eV, k = 1); `None` at a bound, or without intensity.
    pub position_err_ev: Option<f64>,
    /// Nominal width F of GL (eV); 0.96136 F is the width at half height for m = 0.30.
    pub fwhm_ev: f64,
    /// Its standard uncertainty (eV, k = 1); `None` at a bound.
    pub fwhm_err_ev: Option<f64>,
    /// Height above the background (unit of the intensity), not negative.
    pub height: f64,
    /// Its standard uncertainty (k = 1).
    pub height_err: f64,
    /// Area from −∞ to ∞ (intensity × eV), of both lines of a spin–orbit pair.
    pub area: f64,
    /// Its standard uncertainty (k = 1).
    pub area_err: f64,
    /// Fraction of the area of all components (%).
    pub share_percent: f64,
}

/// A fitted region.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionFit {
    /// The components, in the order of the options.
    pub components: Vec<Component>,
    /// Nominal width F, common to all components (eV).
    pub fwhm_ev: f64,
    /// Its standard uncertainty (eV, k = 1); `None` at a bound.
    pub fwhm_err_ev: Option<f64>,
    /// Whether the width is at [`RegionOptions::fwhm_max_ev`].
    pub fwhm_at_bound: bool,
    /// Area of all components (intensity × eV).
    pub area_total: f64,
    /// Its standard uncertainty (k = 1).
    pub area_total_err: f64,
    /// Covariance of the areas, row by row.
    pub area_covariance: Vec<f64>,
    /// The background at [`Self::energy_ev`].
    pub background: Background,
    /// Binding energies of the points used (eV), ascending.
    pub energy_ev: Vec<f64>,
    /// Intensity − background − components, at [`Self::energy_ev`].
    pub residual: Vec<f64>,
    /// Σ r²/μ per degree of freedom, μ the fitted intensity: 1 for counts that the components describe,
    /// 1/dwell in seconds for counts per second. Uncertainties are scaled by its root.
    pub chi2_reduced: f64,
    /// χ² relative to the noise estimated from differences of neighbouring residuals, without errors of the
    /// background's end values: 1 for noise, more if components or background do not describe the region.
    pub misfit: f64,
    /// Root mean square of the residuals (unit of the intensity).
    pub residual_rms: f64,
    /// Number of points used.
    pub n_points: usize,
    /// Lowest binding energy used (eV).
    pub energy_min_ev: f64,
    /// Highest binding energy used (eV).
    pub energy_max_ev: f64,
    /// Weighting of the points.
    pub weighting: Weighting,
    /// m of GL(m).
    pub mix: f64,
    /// The spin–orbit pair that each component is.
    pub spin_orbit: Option<SpinOrbit>,
    /// Iterations of the search that gave this result.
    pub iterations: usize,
    /// Whether the search converged.
    pub converged: bool,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Reasons that leave the sum of all areas as certain as it is: only its parts are doubtful.
const OF_PARTS: [ReasonCode; 2] = [ReasonCode::ComponentNotSignificant, ReasonCode::ComponentsIndistinguishable];

impl RegionFit {
    /// Why the area of all components is doubtful; `None` where it is not.
    #[must_use]
    pub fn area_doubt(&self) -> Option<String> {
        let reasons = self.verdict.reasons.iter().filter(|reason| !OF_PARTS.contains(&reason.code));
        let words: Vec<&str> = reasons.map(|reason| reason.words.as_str()).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// Ratio of two components' areas and its standard uncertainty (k = 1), from the areas' covariance;
    /// NaN for a component that does not exist or a denominator without area.
    #[must_use]
    pub fn area_ratio(&self, numerator: usize, denominator: usize) -> (f64, f64) {
        let m = self.components.len();
        if numerator >= m || denominator >= m || self.components[denominator].area <= 0.0 {
            return (f64::NAN, f64::NAN);
        }
        let (a, b) = (self.components[numerator].area, self.components[denominator].area);
        let covariance = |i: usize, j: usize| self.area_covariance[i * m + j];
        let ratio = a / b;
        let variance = covariance(numerator, numerator) - 2.0 * ratio * covariance(numerator, denominator)
            + ratio * ratio * covariance(denominator, denominator);
        (ratio, variance.max(0.0).sqrt() / b)
    }
}

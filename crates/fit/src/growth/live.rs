//! Prediction of a growth that is still going on.
//!
//! The line of steady growth is continued. Its uncertainty holds the scatter of the points with their correlation, by Student's distribution; that of
//! the thickness before growth; and that growth may change: from the last point on, its mean may differ from what was seen by 2 % (k = 1).

use super::error::GrowthError;
use super::linearity::ANGSTROM_PER_NM;
use super::{GrowthFit, GrowthOptions, fit_growth};
use crate::student::factor;

/// Standard uncertainty of the growth that follows, relative to the growth so far.
pub const CHANGE_REL: f64 = 0.02;
const PROBABILITY: f64 = 0.95;

/// What is to be predicted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Plan {
    /// Cycles of the whole deposition; `None` where not known.
    pub cycles: Option<f64>,
    /// Thickness of the film to be reached (nm); `None` where there is none.
    pub target_nm: Option<f64>,
    /// By how many cycles the numbers may be off, such as 1 where the clocks of scan and log are ambiguous.
    pub cycles_off: f64,
}

/// A value with its interval of 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The value.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    fn about(value: f64, half: f64) -> Self {
        Self { value, low: value - half, high: value + half }
    }
}

/// A growth that is still going on, and where it leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The growth so far.
    pub growth: GrowthFit,
    /// Last cycle that the scan shows.
    pub cycles_done: f64,
    /// Growth per cycle (Å).
    pub gpc_angstrom: Interval,
    /// Nucleation delay (cycles).
    pub delay_cycles: Interval,
    /// Thickness of the film at the last cycle (nm), without that before growth.
    pub film_nm: Interval,
    /// The same at the end of the deposition; `None` where the number of cycles is not known, or growth has ended.
    pub end_film_nm: Option<Interval>,
    /// Cycle at which the target is reached; `None` without a target, or where growth does not lead there.
    pub target_cycle: Option<Interval>,
    /// Cycles from the last one until then, which do not depend on how cycles are numbered; negative where it is past.
    pub cycles_to_target: Option<Interval>,
}

/// Predicts from thicknesses (nm) at the end of cycles (cycles, 0 = before the first dose).
///
/// # Errors
///
/// As [`fit_growth`]: too few cycles in the linear regime, no growth, growth that is not linear.
pub fn predict_growth(
    cycle: &[f64],
    thickness_nm: &[f64],
    options: &GrowthOptions,
    plan: &Plan,
) -> Result<Prediction, GrowthError> {
    let growth = fit_growth(cycle, thickness_nm, options)?;
    let done = cycle.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Slow noise has fewer independent points.
    let correlation = growth.autocorrelation.clamp(0.0, 0.97);
    let reach = factor(PROBABILITY, growth.n_points as f64 * (1.0 - correlation) / (1.0 + correlation) - 2.0);
    let (slope, slope_err) = (growth.gpc_angstrom / ANGSTROM_PER_NM, growth.gpc_err_angstrom / ANGSTROM_PER_NM);
    let middle = 0.5 * (growth.first_cycle + growth.last_cycle);
    let spread = (growth.last_cycle - growth.first_cycle).powi(2) / 12.0;
    let film = |at: f64| growth.intercept_nm + slope * at - growth.substrate_nm;
    let variance = |at: f64| {
        let change = CHANGE_REL * slope * (at - growth.last_cycle).max(0.0);
        slope_err.powi(2) * (spread + (at - middle).powi(2)) + growth.substrate_err_nm.powi(2) + change * change
    };
    let end = plan.cycles.filter(|_| growth.end_cycle.is_none()).map(|cycles| {
        let off = plan.cycles_off * slope;
        Interval::about(film(cycles), reach * variance(cycles).sqrt() + off.abs())
    });
    let to_target = plan.target_nm.filter(|_| growth.end_cycle.is_none()).and_then(|target_nm| {
        let at = (target_nm + growth.substrate_nm - growth.intercept_nm) / slope;
        let is_ahead = at.is_finite() && at > growth.first_cycle;
        is_ahead.then(|| Interval::about(at - done, reach * variance(at).sqrt() / slope.abs()))
    });
    let target_cycle = to_target.map(|to| Interval {
        value: to.value + done,
        low: to.low + done - plan.cycles_off,
        high: to.high + done + plan.cycles_off,
    });
    let off = plan.cycles_off;
    let delay = Interval::about(growth.nucleation_delay_cycles, reach * growth.nucleation_delay_err_cycles + off);
    Ok(Prediction {
        cycles_done: done,
        gpc_angstrom: Interval::about(growth.gpc_angstrom, reach * growth.gpc_err_angstrom),
        delay_cycles: delay,
        film_nm: Interval::about(film(growth.last_cycle), reach * variance(growth.last_cycle).sqrt()),
        end_film_nm: end,
        target_cycle,
        cycles_to_target: to_target,
        growth,
    })
}

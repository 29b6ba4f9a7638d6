//! Covariance of the parameters of a fit, propagated from the counts through background and least squares.
//!
//! The parameters are functions of all intensities: δθ = P(δy − δb), P = (JᵀWJ)⁻¹JᵀW, and δb follows
//! δy through [`Response`]. With variances φμ, μ the fitted intensity, the covariance is
//! φ·G diag(μ) Gᵀ, G = P(1 − ∂b/∂y): valid for any weights (the "sandwich").
//!
//! φ is Σ r²/μ divided by its mean for φ = 1. The end values of the background come from
//! few points and shift all residuals together, so that this mean is not just points minus parameters.
//!
//! Source: JCGM 100:2008, 5.2 and E.3; P. McCullagh, J. A. Nelder, Generalized Linear Models, 2nd ed.
//! (1989), 9.2 (dispersion of counts).

use super::separable::Model;
use super::shirley::Response;

/// Uncertainties from residuals and counts.
pub(super) struct Uncertainty {
    /// Row by row: positions, width, heights. Zero for fixed parameters.
    pub(super) covariance: Vec<f64>,
    /// φ: 1 for counts that the components describe.
    pub(super) dispersion: f64,
    /// φ from neighbouring residuals, insensitive to slow misfits.
    pub(super) neighbour_dispersion: f64,
    /// φ from the part that errors of the background's end values do not explain.
    pub(super) inner_dispersion: f64,
    /// Which parameters were free.
    pub(super) free: Vec<bool>,
}

/// At the parameters of the last evaluation of `model`; `None` if parameters cannot be distinguished.
pub(super) fn propagate(
    model: &mut Model<'_>,
    response: &Response,
    expected: &[f64],
    residual: &[f64],
    mut free: Vec<bool>,
) -> Option<Uncertainty> {
    let (n, m) = (expected.len(), model.m);
    let p = 2 * m + 1;
    model.derive();
    let normal = model.normal_matrix();
    free.iter_mut().enumerate().for_each(|(k, free)| *free &= normal[k * p + k] > 0.0);
    let chosen: Vec<usize> = (0..p).filter(|&k| free[k]).collect();
    let inverse = invert(normal, &chosen, p)?;
    let q = chosen.len();
    // Rows of P, then of G.
    let mut rows = vec![0.0; n * q];
    for (k, row) in rows.chunks_exact_mut(n).enumerate() {
        for (l, &column) in chosen.iter().enumerate() {
            let factor = inverse[k * q + l];
            let j = &model.jacobian[n * column..n * (column + 1)];
            row.iter_mut().zip(j).for_each(|(row, j)| *row += factor * j);
        }
        row.iter_mut().zip(model.root_weight()).for_each(|(row, root)| *row *= root);
    }
    let chi2: f64 = residual.iter().zip(expected).map(|(r, mu)| r * r / mu).sum();
    let (freedom, by_ends) = expected_chi2(model, response, expected, residual, &rows, &chosen);
    let dispersion = chi2 / freedom;
    let inner_dispersion = (chi2 - by_ends).max(0.0) / (n - q) as f64;
    let bends: f64 = residual
        .windows(3)
        .zip(expected.windows(3))
        .map(|(r, mu)| (r[0] - 2.0 * r[1] + r[2]).powi(2) / (mu[0] + 4.0 * mu[1] + mu[2]))
        .sum();
    let mut row = vec![0.0; n];
    for own in rows.chunks_exact_mut(n) {
        row.copy_from_slice(own);
        response.subtract_transposed(&row, own);
    }
    let mut covariance = vec![0.0; p * p];
    for (a, &k) in chosen.iter().enumerate() {
        row.iter_mut().zip(&rows[n * a..n * (a + 1)]).zip(expected).for_each(|((row, g), mu)| *row = g * mu);
        for (b, &l) in chosen.iter().enumerate().take(a + 1) {
            let value = dispersion * crate::levenberg::dot(&row, &rows[n * b..n * (b + 1)]);
            covariance[k * p + l] = value;
            covariance[l * p + k] = value;
        }
    }
    let neighbour_dispersion = bends / (n as f64 - 2.0);
    Some(Uncertainty { covariance, dispersion, neighbour_dispersion, inner_dispersion, free })
}

/// The mean of Σ r²/μ for counts that the components describe, and the part of the present Σ r²/μ that is explained by
/// end values of the background that differ from those used by no more than their errors.
fn expected_chi2(
    model: &Model<'_>,
    response: &Response,
    expected: &[f64],
    residual: &[f64],
    rows: &[f64],
    chosen: &[usize],
) -> (f64, f64) {
    let (n, q, ends) = (expected.len(), chosen.len(), response.ends());
    let count = ends as f64;
    let (mut low, mut high) = response.by_ends();
    let mut freedom = (n - q) as f64;
    // Least squares for both end values, with their variances as prior information.
    let (mut own, mut along) = ([0.0; 2], [0.0; 2]);
    for (k, (left, at)) in [(&mut low, 0..ends), (&mut high, n - ends..n)].into_iter().enumerate() {
        // The part of a change of the background that components do not compensate.
        let taken: Vec<f64> =
            rows.chunks_exact(n).map(|row| row.iter().zip(&*left).map(|(p, d)| p * d).sum()).collect();
        for (&column, taken) in chosen.iter().zip(taken) {
            let j = &model.jacobian[n * column..n * (column + 1)];
            left.iter_mut().zip(j).zip(model.root_weight()).for_each(|((left, j), root)| *left -= taken * j / root);
        }
        let shared: f64 = left[at.clone()].iter().sum::<f64>() / count;
        let variance: f64 = expected[at].iter().sum::<f64>() / (count * count);
        let mut spread = 0.0;
        for ((z, mu), r) in left.iter().zip(expected).zip(residual) {
            spread += z * z / mu;
            along[k] += z * r / mu;
        }
        freedom += variance * spread - 2.0 * shared;
        own[k] = spread + 1.0 / variance;
    }
    let both: f64 = low.iter().zip(&high).zip(expected).map(|((a, b), mu)| a * b / mu).sum();
    let determinant = own[0] * own[1] - both * both;
    let explained =
        (own[1] * along[0] * along[0] - 2.0 * both * along[0] * along[1] + own[0] * along[1] * along[1]) / determinant;
    (freedom.max(1.0), explained)
}

/// Inverse of the chosen rows and columns, scaled to a unit diagonal during inversion; `None` if singular.
fn invert(normal: &[f64], chosen: &[usize], p: usize) -> Option<Vec<f64>> {
    let q = chosen.len();
    let scale: Vec<f64> = chosen.iter().map(|&k| 1.0 / normal[k * p + k].sqrt()).collect();
    let scaled = nalgebra::DMatrix::from_fn(q, q, |a, b| normal[chosen[a] * p + chosen[b]] * scale[a] * scale[b]);
    let factor = scaled.cholesky()?;
    let l = factor.l_dirty();
    if (0..q).any(|k| l[(k, k)] <= 1e-6 || l[(k, k)].is_nan()) {
        return None;
    }
    let inverse = factor.inverse();
    Some((0..q * q).map(|at| inverse[(at / q, at % q)] * scale[at / q] * scale[at % q]).collect())
}

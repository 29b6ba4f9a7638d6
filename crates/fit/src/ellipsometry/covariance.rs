//! Standard errors of the parameters of a film, from the residuals.
//!
//! N, C and S of one reading lie on a sphere and share the noise of ψ and Δ, so the errors come from each reading's
//! whole contribution to the gradient: (JᵀJ)⁻¹·M·(JᵀJ)⁻¹ with M = Σ g gᵀ, g = Jᵢᵀ(1 − Hᵢ)⁻¹rᵢ, Hᵢ the reading's block
//! of the projection J(JᵀJ)⁻¹Jᵀ: the residual of the reading in a fit without it. If residuals at neighbouring
//! wavelengths are correlated, M includes products of neighbours with Bartlett's weights, up to the lag of Andrews'
//! rule for a first-order autoregression.
//!
//! Source: H. White, Econometrica 48 (1980) 817; J. G. MacKinnon, H. White, J. Econometrics 29 (1985) 305;
//! W. K. Newey, K. D. West, Econometrica 55 (1987) 703; D. W. K. Andrews, Econometrica 59 (1991) 817.

use nalgebra::{Matrix3, Matrix4, Vector3, Vector4};

/// A correlation of neighbours is significant above this many of its standard errors.
const SIGNIFICANT: f64 = 3.0;

pub(super) struct Covariance {
    /// Of the parameters; zero beyond their number.
    pub(super) matrix: Matrix4<f64>,
    /// (JᵀJ)⁻¹ in the same order.
    pub(super) bread: Matrix4<f64>,
    /// Correlation of residuals at neighbouring wavelengths.
    pub(super) correlation: f64,
    /// Number of independent readings; all of them if residuals are uncorrelated.
    pub(super) effective: f64,
    /// Root mean square of what residuals share with their neighbours, without a known cause; zero if they are uncorrelated.
    pub(super) misfit: f64,
    /// Number of residuals.
    rows: f64,
}

impl Covariance {
    /// Standard error of a quantity with these derivatives by the parameters. What is wrong with a model leaves a misfit, and moves
    /// the parameters where it looks like a change of them: taken as large as the misfit, of the shape that moves the quantity most.
    pub(super) fn err(&self, by: &Vector4<f64>) -> f64 {
        let by_misfit = self.misfit * ((self.bread * by).dot(by) * self.rows).max(0.0).sqrt();
        self.scatter(by).max(by_misfit)
    }

    /// Takes off the misfit, of this root mean square, that has a known cause.
    pub(super) fn explain_misfit(&mut self, known: f64) {
        self.misfit = (self.misfit * self.misfit - known * known).max(0.0).sqrt();
    }

    /// The same from the scatter of the residuals alone.
    pub(super) fn scatter(&self, by: &Vector4<f64>) -> f64 {
        (self.matrix * by).dot(by).max(0.0).sqrt()
    }
}

/// From `residuals` (three a reading) and `jacobian` (columns of the same length). `runs` are the numbers of readings
/// at one angle after another, each sorted by wavelength. `None` when the parameters cannot be distinguished.
pub(super) fn covariance(residuals: &[f64], jacobian: &[f64], runs: &[usize]) -> Option<Covariance> {
    let rows = residuals.len();
    let p = jacobian.len() / rows;
    let readings = rows / 3;
    let mut norms = [1.0; 4];
    for (norm, column) in norms.iter_mut().zip(jacobian.chunks_exact(rows)) {
        *norm = column.iter().map(|value| value * value).sum::<f64>().sqrt();
        if !(*norm > 0.0 && norm.is_finite()) {
            return None;
        }
    }
    let row = |i: usize| Vector4::from_fn(|k, _| if k < p { jacobian[rows * k + i] / norms[k] } else { 0.0 });
    let mut normal = Matrix4::zeros();
    for i in 0..rows {
        let row = row(i);
        normal += row * row.transpose();
    }
    for k in p..4 {
        normal[(k, k)] = 1.0;
    }
    let mut bread = normal.cholesky()?.inverse();
    // Columns scaled to 1: beyond this, their difference is lost in rounding.
    if (0..p).any(|k| bread[(k, k)] > 1e11) {
        return None;
    }
    let scores: Vec<Vector4<f64>> = (0..readings)
        .map(|i| {
            let rows = [row(3 * i), row(3 * i + 1), row(3 * i + 2)];
            let spread = rows.map(|row| bread * row);
            let rest = Matrix3::from_fn(|a, b| f64::from(u8::from(a == b)) - rows[a].dot(&spread[b]));
            let own = Vector3::from_column_slice(&residuals[3 * i..3 * i + 3]);
            // A reading that alone determines a parameter has no residual.
            let own = rest.cholesky().map_or(own, |factor| factor.solve(&own));
            rows[0] * own[0] + rows[1] * own[1] + rows[2] * own[2]
        })
        .collect();
    let correlation = correlation(residuals, runs);
    let independent = 2.0 * readings as f64;
    let believed = if correlation * independent.sqrt() > SIGNIFICANT { correlation.min(0.99) } else { 0.0 };
    let alpha = 4.0 * (believed / ((1.0 - believed) * (1.0 + believed))).powi(2);
    let mut meat = Matrix4::zeros();
    let mut begin = 0;
    for &length in runs {
        let run = &scores[begin..begin + length];
        begin += length;
        for score in run {
            meat += score * score.transpose();
        }
        let reach = (1.1447 * (alpha * length as f64).cbrt()).floor().min((length / 2) as f64);
        for lag in 1..=reach as usize {
            let weight = 1.0 - lag as f64 / (reach + 1.0);
            for (later, earlier) in run[lag..].iter().zip(run) {
                let product = later * earlier.transpose();
                meat += (product + product.transpose()) * weight;
            }
        }
    }
    let mut matrix = bread * meat * bread;
    for a in 0..4 {
        for b in 0..4 {
            let scale = if a < p && b < p { 1.0 / (norms[a] * norms[b]) } else { 0.0 };
            matrix[(a, b)] *= scale;
            bread[(a, b)] *= scale;
        }
    }
    let effective = readings as f64 * (1.0 - believed) / (1.0 + believed);
    let squares: f64 = residuals.iter().map(|r| r * r).sum();
    let misfit = (believed * squares / rows as f64).sqrt();
    Some(Covariance { matrix, bread, correlation, effective, misfit, rows: rows as f64 })
}

/// Of residuals at neighbouring wavelengths of one angle.
fn correlation(residuals: &[f64], runs: &[usize]) -> f64 {
    let (mut products, mut squares) = (0.0, 0.0);
    let mut begin = 0;
    for &length in runs {
        let run = &residuals[3 * begin..3 * (begin + length)];
        begin += length;
        squares += run.iter().map(|r| r * r).sum::<f64>();
        if length > 1 {
            products += run[3..].iter().zip(run).map(|(later, earlier)| later * earlier).sum::<f64>();
        }
    }
    if squares > 0.0 { products / squares } else { 0.0 }
}

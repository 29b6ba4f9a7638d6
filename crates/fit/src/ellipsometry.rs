//! Thickness and refractive index of a transparent film from ellipsometry.
//!
//! The film lies on native oxide (fused silica) on silicon, or on a substrate with a table of its own, in air. Its
//! index follows Cauchy's formula, n(λ) = A + B/λ² + C/λ⁴ with λ in µm, and it does not absorb. Fitted are
//! N = cos 2ψ, C = sin 2ψ cos Δ and S = sin 2ψ sin Δ, which do not change when 360° are added to Δ, with an error of
//! 0.001 each, as J. A. Woollam Co. does; the figure of merit is theirs, too.
//!
//! Source: `psi_delta` and `fit_cauchy` name theirs.
//!
//! Not supported: absorbing, graded or rough films, two films. They give a large `mse`.

mod cauchy;
mod covariance;
mod error;
mod film;
mod optical;
mod scan;
mod transfer;

pub use cauchy::fit_cauchy;
pub use error::EllipsometryError;
pub use film::{CauchyFit, CauchyOptions, Film, Free, Reading};
pub use optical::{OpticalConstants, SILICON_RANGE_NM, Substrate, silica, silicon};
pub use transfer::psi_delta;

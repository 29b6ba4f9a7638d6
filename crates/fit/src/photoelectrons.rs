//! Photoelectron spectra: energy reference, Shirley background, GL components, quantification.
//!
//! A region is fitted in three steps: the Shirley background between the means of its end points, a
//! search of positions and width on a grid, and least squares from the best places of the grid. No start values
//! are needed. Component heights are linear and are solved, not searched (variable projection).
//!
//! Uncertainties include everything that comes from the counts: variances of a Poisson process, times a
//! factor derived from the residuals (1 for counts, 1/dwell for counts per second), propagated through the
//! fit and through the background, whose end values come from the same few points.
//!
//! Source: D. A. Shirley, Phys. Rev. B 5 (1972) 4709 (background); N. Fairley, CasaXPS Manual 2.3.15
//! (2009), "Peak fitting in XPS" (line shape GL(m)); G. H. Golub, V. Pereyra, SIAM J. Numer. Anal. 10
//! (1973) 413 (variable projection); JCGM 100:2008 (propagation of uncertainty).

mod choice;
mod components;
mod error;
mod judgement;
mod line_shape;
mod lines;
mod points;
mod quantification;
mod reference;
mod region;
mod separable;
mod shirley;
mod start_search;
mod uncertainty;

pub use choice::{LineArea, fit_core_line, integrated_area, line_area};
pub use components::{find_components, fit_region};
pub use error::PhotoelectronError;
pub use line_shape::{gl, gl_area};
pub use lines::{CoreLine, OtherRegion, SENSITIVITY_SOURCE, relative_sensitivity};
pub use quantification::{
    AtomicPercent, IntensityUnit, MeasuredRegion, Quantification, QuantificationError, SENSITIVITY_ERR, quantify,
};
pub use reference::{C_1S_REFERENCE_EV, Shift, adventitious, carbon_names, reference_shift};
pub use region::{Component, ComponentStart, MAX_COMPONENTS, RegionFit, RegionOptions, SpinOrbit, Weighting};
pub use shirley::{Background, shirley};

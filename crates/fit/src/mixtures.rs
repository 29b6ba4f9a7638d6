//! The rule of mixtures: growth and composition of a mixture of two processes, if each grows as it does alone.
//!
//! Of k cycles of A and l of B the cycle ratio is CR = k/(k + l). Growth is the mean by CR. Density times growth is a
//! mass per area, so f = ρ_A·g_A·CR / (ρ_A·g_A·CR + ρ_B·g_B·(1 − CR)) is the *mass* fraction of A; atoms follow from it
//! with the end members' mean atomic masses, x = (f/M_A) / (f/M_A + (1 − f)/M_B), and contents from x.
//!
//! Source: Verhelle et al., Chem. Mater. 37, 687 (2025), equation 3, which gives f.

pub use aldb_elements::mixture::mean_atomic_mass;
use aldb_elements::mixture::{CompositionError, fractions};

use crate::quality::{Coded, ReasonCode};

/// Relative standard uncertainty of a density that is stated without one: thin films are less dense than the bulk by some per cent,
/// and by how much depends on the process.
pub const DENSITY_REL: f64 = 0.1;

/// Properties of one process alone. Errors are standard uncertainties (k = 1), zero if not known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EndMember {
    /// Growth per cycle (Å).
    pub gpc_angstrom: f64,
    /// Its standard uncertainty (Å).
    pub gpc_err_angstrom: f64,
    /// Density (g/cm³).
    pub density_g_per_cm3: f64,
    /// Its standard uncertainty (g/cm³); [`DENSITY_REL`] of the density where it is not known.
    pub density_err_g_per_cm3: f64,
    /// Mean atomic mass (g/mol), as from [`mean_atomic_mass`].
    pub mean_atomic_mass_g_per_mol: f64,
}

/// The fraction by which contents are mixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// The atomic fraction, as contents in at.% require.
    #[default]
    AtomicFraction,
    /// The mass fraction, as if it were atomic.
    MassFraction,
}

impl Route {
    /// The words stored in tables: `atomic fraction` or `mass fraction`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AtomicFraction => "atomic fraction",
            Self::MassFraction => "mass fraction",
        }
    }
}

/// Expected properties of a mixture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// Fraction of A's cycles.
    pub cycle_ratio: f64,
    /// Growth per cycle, over both kinds (Å).
    pub gpc_angstrom: f64,
    /// Its standard uncertainty (Å).
    pub gpc_err_angstrom: f64,
    /// Fraction of A's mass.
    pub mass_fraction: f64,
    /// Its standard uncertainty.
    pub mass_fraction_err: f64,
    /// Fraction of A's atoms.
    pub atomic_fraction: f64,
    /// Its standard uncertainty.
    pub atomic_fraction_err: f64,
}

/// Why the rule of mixtures gives no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MixtureError {
    /// There are no cycles.
    #[error("expected cycles of both kinds, found {k} and {l}")]
    NoCycles {
        /// Cycles of A.
        k: u64,
        /// Cycles of B.
        l: u64,
    },
    /// A property is not a positive number.
    #[error("expected a positive {quantity} in {unit}, found {value}")]
    NotPositive {
        /// Name of the property.
        quantity: &'static str,
        /// Its unit.
        unit: &'static str,
        /// The value found.
        value: f64,
    },
}

impl Coded for MixtureError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::NoCycles { .. } | Self::NotPositive { .. } => ReasonCode::ValueOutOfRange,
        }
    }
}

impl Coded for CompositionError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::NoAtomicWeight { .. } => ReasonCode::UnknownElement,
            _ => ReasonCode::ValueOutOfRange,
        }
    }
}

/// Growth and fractions for `k` cycles of A and `l` of B.
///
/// # Errors
///
/// [`MixtureError`] if a number of cycles is zero or a property is not positive.
///
/// # Example
///
/// ```
/// # use aldb_fit::mixtures::{expected_mixture, EndMember};
/// let member = |gpc_angstrom, density_g_per_cm3, mean_atomic_mass_g_per_mol| EndMember {
///     gpc_angstrom, gpc_err_angstrom: 0.0, density_g_per_cm3, density_err_g_per_cm3: 0.0, mean_atomic_mass_g_per_mol,
/// };
/// let expected = expected_mixture(1, 1, &member(0.35, 2.1, 11.495), &member(0.7, 2.5, 13.163))?;
/// assert!((expected.mass_fraction - 0.2958).abs() < 5e-5);
/// assert!((expected.atomic_fraction - 0.3247).abs() < 1e-4);
/// # Ok::<(), aldb_fit::mixtures::MixtureError>(())
/// ```
pub fn expected_mixture(k: u64, l: u64, a: &EndMember, b: &EndMember) -> Result<Expected, MixtureError> {
    if k == 0 || l == 0 {
        return Err(MixtureError::NoCycles { k, l });
    }
    for member in [a, b] {
        for (quantity, unit, value) in [
            ("growth per cycle", "Å", member.gpc_angstrom),
            ("density", "g/cm3", member.density_g_per_cm3),
            ("mean atomic mass", "g/mol", member.mean_atomic_mass_g_per_mol),
        ] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(MixtureError::NotPositive { quantity, unit, value });
            }
        }
    }
    let cycle_ratio = k as f64 / (k as f64 + l as f64);
    let mass = |member: &EndMember, share: f64| member.density_g_per_cm3 * member.gpc_angstrom * share;
    let shares = fractions(&[
        (mass(a, cycle_ratio), a.mean_atomic_mass_g_per_mol),
        (mass(b, 1.0 - cycle_ratio), b.mean_atomic_mass_g_per_mol),
    ]);
    let (f, x) = (shares[0].mass, shares[0].atomic);
    // Growth and density enter f and x by their logarithm: d f = f (1 − f) d ln(ρ_A·g_A/(ρ_B·g_B)), and so does x.
    let of = |member: &EndMember| {
        let density = member.density_err_g_per_cm3 / member.density_g_per_cm3;
        (member.gpc_err_angstrom / member.gpc_angstrom).hypot(density)
    };
    let relative = of(a).hypot(of(b));
    Ok(Expected {
        cycle_ratio,
        gpc_angstrom: cycle_ratio * a.gpc_angstrom + (1.0 - cycle_ratio) * b.gpc_angstrom,
        gpc_err_angstrom: (cycle_ratio * a.gpc_err_angstrom).hypot((1.0 - cycle_ratio) * b.gpc_err_angstrom),
        mass_fraction: f,
        mass_fraction_err: f * (1.0 - f) * relative,
        atomic_fraction: x,
        atomic_fraction_err: x * (1.0 - x) * relative,
    })
}

impl Expected {
    /// The content of an element (at.%) and its standard uncertainty, from its contents in A and B with theirs.
    #[must_use]
    pub fn content_percent(&self, route: Route, in_a: (f64, f64), in_b: (f64, f64)) -> (f64, f64) {
        let (share, share_err) = match route {
            Route::AtomicFraction => (self.atomic_fraction, self.atomic_fraction_err),
            Route::MassFraction => (self.mass_fraction, self.mass_fraction_err),
        };
        let value = share * in_a.0 + (1.0 - share) * in_b.0;
        let error = ((in_a.0 - in_b.0) * share_err).hypot((share * in_a.1).hypot((1.0 - share) * in_b.1));
        (value, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BORATE: [(&str, f64); 7] =
        [("Li", 28.3), ("B", 20.7), ("O", 38.9), ("C", 1.2), ("Si", 0.7), ("N", 4.9), ("H", 5.4)];
    const PHOSPHATE: [(&str, f64); 7] =
        [("Li", 28.7), ("P", 10.5), ("O", 40.4), ("C", 9.3), ("Si", 0.5), ("N", 0.7), ("H", 9.9)];

    fn members() -> (EndMember, EndMember) {
        let member = |gpc_angstrom, density_g_per_cm3, contents: &[(&str, f64)]| EndMember {
            gpc_angstrom,
            gpc_err_angstrom: 0.0,
            density_g_per_cm3,
            density_err_g_per_cm3: 0.0,
            mean_atomic_mass_g_per_mol: mean_atomic_mass(contents.iter().copied()).unwrap(),
        };
        (member(0.35, 2.1, &BORATE), member(0.7, 2.5, &PHOSPHATE))
    }

    /// The values that follow from the paper's numbers, to the digits given with them.
    #[test]
    fn expected_fractions_and_contents_are_those_of_the_paper() {
        let (a, b) = members();
        assert!((a.mean_atomic_mass_g_per_mol - 11.495).abs() < 5e-4, "{}", a.mean_atomic_mass_g_per_mol);
        assert!((b.mean_atomic_mass_g_per_mol - 13.163).abs() < 5e-4, "{}", b.mean_atomic_mass_g_per_mol);
        for (l, f, x, boron, phosphorus, growth) in [
            (1, 0.2958, 0.3247, 6.72, 7.09, 0.525),
            (5, 0.0775, 0.0877, 1.82, 9.58, 0.642),
            (10, 0.0403, 0.0459, 0.95, 10.02, 0.668),
        ] {
            let expected = expected_mixture(1, l, &a, &b).unwrap();
            assert!((expected.mass_fraction - f).abs() < 5e-5 && (expected.atomic_fraction - x).abs() < 5e-5);
            assert!((expected.gpc_angstrom - growth).abs() < 5e-4);
            let of = |in_a, in_b| expected.content_percent(Route::AtomicFraction, (in_a, 0.0), (in_b, 0.0)).0;
            assert!((of(20.7, 0.0) - boron).abs() < 5e-3 && (of(0.0, 10.5) - phosphorus).abs() < 5e-3);
        }
        let half = expected_mixture(1, 1, &a, &b).unwrap();
        let boron = half.content_percent(Route::MassFraction, (20.7, 0.0), (0.0, 0.0)).0;
        assert!((boron - 6.12).abs() < 5e-3, "{boron}");
    }

    /// A density enters as the growth does: 5 % of it count as much as 5 % of the growth, and both add in quadrature.
    #[test]
    fn densities_count_as_growths_do() {
        let (a, b) = members();
        let fraction = |a: EndMember| expected_mixture(1, 1, &a, &b).unwrap();
        let by_density = fraction(EndMember { density_err_g_per_cm3: 0.05 * a.density_g_per_cm3, ..a });
        let by_growth = fraction(EndMember { gpc_err_angstrom: 0.05 * a.gpc_angstrom, ..a });
        assert!((by_density.atomic_fraction_err / by_growth.atomic_fraction_err - 1.0).abs() < 1e-12);
        // 0.3247·(1 − 0.3247)·0.05; the growth of the mixture does not depend on densities.
        assert!((by_density.atomic_fraction_err - 0.010_963).abs() < 1e-5 && by_density.gpc_err_angstrom == 0.0);
        let content = by_density.content_percent(Route::AtomicFraction, (20.7, 0.0), (0.0, 0.0));
        assert!((content.1 - 0.2269).abs() < 1e-3, "{content:?}");
    }

    /// Ten per cent of each growth, drawn on a grid of their normal distributions.
    #[test]
    fn errors_are_those_of_drawn_inputs() {
        let (mut a, mut b) = members();
        (a.gpc_err_angstrom, b.gpc_err_angstrom) = (0.035, 0.035);
        let expected = expected_mixture(1, 1, &a, &b).unwrap();
        let (value, error) = expected.content_percent(Route::AtomicFraction, (20.7, 0.5), (0.0, 0.0));
        // Seven points of a normal distribution and their weights (Gauss-Hermite).
        let nodes = [-3.750_44, -2.366_76, -1.154_41, 0.0, 1.154_41, 2.366_76, 3.750_44];
        let weights = [0.000_548, 0.030_757, 0.240_123, 0.457_143, 0.240_123, 0.030_757, 0.000_548];
        let (mut mean, mut square) = (0.0, 0.0);
        for (i, wi) in nodes.iter().zip(weights) {
            for (j, wj) in nodes.iter().zip(weights) {
                for (m, wm) in nodes.iter().zip(weights) {
                    let drawn_a = EndMember { gpc_angstrom: 0.35 + 0.035 * i, ..a };
                    let drawn_b = EndMember { gpc_angstrom: 0.7 + 0.035 * j, ..b };
                    let drawn = expected_mixture(1, 1, &drawn_a, &drawn_b).unwrap();
                    let boron = drawn.content_percent(Route::AtomicFraction, (20.7 + 0.5 * m, 0.0), (0.0, 0.0)).0;
                    mean += wi * wj * wm * boron;
                    square += wi * wj * wm * boron * boron;
                }
            }
        }
        let spread = (square - mean * mean).sqrt();
        // Linear propagation against the full distribution: curvature matters at ten per cent.
        assert!((mean - value).abs() < 0.1 * spread && (error / spread - 1.0).abs() < 0.05, "{error} {spread}");
    }

    #[test]
    fn unusable_input_of_the_rule_of_mixtures_is_named() {
        let (a, b) = members();
        assert_eq!(
            expected_mixture(0, 1, &a, &b).unwrap_err().to_string(),
            "expected cycles of both kinds, found 0 and 1"
        );
        let without = EndMember { density_g_per_cm3: f64::NAN, ..a };
        let error = expected_mixture(1, 1, &without, &b).unwrap_err().to_string();
        assert_eq!(error, "expected a positive density in g/cm3, found NaN");
    }
}

//! Fractions of a mixture, and the rule of mixtures: what each component brings into a film in proportion to its mass.
//!
//! Density times growth is a mass per area m, so a component has the *mass* fraction w = m / Σ m; atoms follow from it with
//! the mean atomic masses M of the components, x = (w/M) / Σ (w/M), and contents from x.
//!
//! Source: Verhelle et al., Chem. Mater. 37, 687 (2025), equation 3, which gives w.

use crate::Nuclide;

/// Why a composition has no mean atomic mass.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CompositionError {
    /// No such element, or none with a standard atomic weight.
    #[error("expected the symbol of an element with a standard atomic weight, found `{symbol}`")]
    NoAtomicWeight {
        /// The symbol.
        symbol: String,
    },
    /// Nothing in it.
    #[error("expected contents with a positive sum, found {total} at.%")]
    NoContent {
        /// Their sum (at.%).
        total: f64,
    },
}

/// Mean atomic mass (g/mol) of contents (at.%, of any sum) by symbol, `D` and `T` among them.
///
/// # Errors
///
/// [`CompositionError`] for a symbol without an atomic weight, or without a positive sum.
pub fn mean_atomic_mass<'a>(contents: impl IntoIterator<Item = (&'a str, f64)>) -> Result<f64, CompositionError> {
    let (mut mass, mut total) = (0.0, 0.0);
    for (symbol, content) in contents {
        let weight = Nuclide::parse(symbol).and_then(Nuclide::atomic_weight);
        mass += content * weight.ok_or_else(|| CompositionError::NoAtomicWeight { symbol: symbol.to_owned() })?;
        total += content;
    }
    if total > 0.0 && mass > 0.0 { Ok(mass / total) } else { Err(CompositionError::NoContent { total }) }
}

/// A component's share of a mixture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fractions {
    /// Share of the mass, 0 to 1.
    pub mass: f64,
    /// Share of the atoms, 0 to 1.
    pub atomic: f64,
}

/// Mass and atomic fractions of components, each given by its mass (all in the same unit) and its mean atomic mass (g/mol).
/// They are not numbers where the masses have no positive sum.
#[must_use]
pub fn fractions(components: &[(f64, f64)]) -> Vec<Fractions> {
    let sum: f64 = components.iter().map(|(mass, _)| mass).sum();
    let total = if sum > 0.0 { sum } else { f64::NAN };
    let amount = |(mass, mean_atomic_mass): &(f64, f64)| mass / total / mean_atomic_mass;
    let amounts: f64 = components.iter().map(amount).sum();
    components
        .iter()
        .map(|component| Fractions { mass: component.0 / total, atomic: amount(component) / amounts })
        .collect()
}

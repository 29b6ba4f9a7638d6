//! Whether an Arrhenius line is straight.
//!
//! Beside the line a further column is fitted: a bend at one of the temperatures, or a parabola. Its coefficient is compared
//! with its standard error, for which the scatter is estimated again with the column: a bend must not count as scatter, nor
//! scatter as a bend. With few degrees of freedom nothing can be compared with the scatter; then the errors of the
//! measurements themselves have to explain the bend.

use aldb_elements::constants::{BOLTZMANN_EV_PER_K, ZERO_CELSIUS_K};

use super::line::{Datum, Groups};
use crate::quality::ReasonCode;
use crate::student;

/// Probability that any column of a straight line with scatter is called a bend.
const FALSE_ALARM: f64 = 0.005;
/// Changes of the slope below this fraction of it are harmless.
const HARMLESS: f64 = 0.02;
/// With so few degrees of freedom a bend is not compared with the scatter, but with the errors of the measurements: it is
/// doubtful above this many of them and this fraction of the slope.
const FEW: usize = 3;
const DOUBTFUL: f64 = 5.0;
const LARGE: f64 = 0.05;
/// Bends are sought at no more temperatures than this.
const MOST_BENDS: usize = 20;

/// A further column, and the change of the slope from end to end for a coefficient of 1.
struct Column {
    values: Vec<f64>,
    change: f64,
    /// Where the bend is (°C); `None` for a parabola.
    at_c: Option<f64>,
}

/// Why the line is not straight; `None` if nothing shows that.
pub(super) fn found(groups: &Groups<'_>, data: &[Datum], ea_ev: f64) -> Option<(ReasonCode, String)> {
    let columns = columns(data);
    let freedom = data.len().saturating_sub(groups.offsets() + 2);
    let chance = FALSE_ALARM / columns.len().max(1) as f64;
    let scattering = student::factor(1.0 - chance, freedom as f64);
    let certain = student::factor(1.0 - chance, f64::INFINITY);
    let errors_known = data.iter().all(|datum| datum.variance > 0.0);
    let mut worst: Option<(f64, String)> = None;
    for column in &columns {
        let within = groups.scatter_variance_with(freedom, &column.values);
        let Some(extra) = groups.with_column(within, &column.values) else { continue };
        let change_ev = (extra.coefficient * column.change).abs();
        let place = column.at_c.map_or_else(String::new, |celsius| format!(" near {celsius:.0} °C"));
        let bent = format!("ln σ is not linear in 1/T: the slope changes by {change_ev:.3} eV{place}");
        let errors = extra.coefficient.abs() / extra.variance.sqrt();
        let limit = if within > 0.0 { scattering } else { certain };
        let (excess, words) = if freedom > 0 && errors > limit && change_ev > HARMLESS * ea_ev.abs() {
            (errors / limit, format!("{bent}, {errors:.1} standard errors, limit {limit:.1}"))
        } else {
            let Some(own) = groups.with_column(0.0, &column.values).filter(|_| errors_known) else { continue };
            let errors = own.coefficient.abs() / own.variance.sqrt();
            if freedom > FEW || errors < DOUBTFUL || change_ev < LARGE * ea_ev.abs() {
                continue;
            }
            let few = "and the temperatures are too few to tell a bend from scatter";
            (
                errors / DOUBTFUL,
                format!("{bent}, {errors:.1} times what the conductivities\u{2019} uncertainties explain, {few}"),
            )
        };
        if worst.as_ref().is_none_or(|(most, _)| excess > *most) {
            worst = Some((excess, words));
        }
    }
    worst.map(|(_, words)| (ReasonCode::NotLinear, words))
}

/// A bend at every temperature but the ends, and a parabola. The data are sorted by temperature.
fn columns(data: &[Datum]) -> Vec<Column> {
    let (Some(coldest), Some(hottest)) = (data.first(), data.last()) else { return Vec::new() };
    let extent = coldest.x - hottest.x;
    let middle = 0.5 * (coldest.x + hottest.x);
    let mut at: Vec<f64> = Vec::new();
    for datum in data {
        let inside = datum.x > hottest.x + 0.02 * extent && datum.x < coldest.x - 0.02 * extent;
        if inside && at.last().is_none_or(|last| last - datum.x > extent / MOST_BENDS as f64) {
            at.push(datum.x);
        }
    }
    let parabola = data.iter().map(|datum| (datum.x - middle).powi(2)).collect();
    let bend = |&at: &f64| Column {
        values: data.iter().map(|datum| (datum.x - at).max(0.0)).collect(),
        change: 1.0,
        at_c: Some(1.0 / (BOLTZMANN_EV_PER_K * at) - ZERO_CELSIUS_K),
    };
    let parabola = Column { values: parabola, change: 2.0 * extent, at_c: None };
    at.iter().map(bend).chain(std::iter::once(parabola)).collect()
}

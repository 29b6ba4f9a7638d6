//! Axes: positions and labels of the ticks.

use crate::text::{fixed, power_of_ten};

/// A tick. Its place is a number on the axis: the value itself, or its decadic logarithm on a logarithmic axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    /// Its label; `None` for a minor tick.
    pub(crate) label: Option<String>,
}

/// An axis between two numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) ticks: Vec<Tick>,
}

impl Axis {
    /// A linear axis with a tick every `step`, a minor one in between; `step` as [`nice_step`] gives it.
    pub(crate) fn linear(min: f64, max: f64, step: f64) -> Self {
        let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
        let half = step / 2.0;
        let first = (min / half - 1e-6).ceil() as i64;
        let last = (max / half + 1e-6).floor() as i64;
        let ticks = (first..=last)
            .map(|index| {
                let at = index as f64 * half;
                Tick { at, label: (index % 2 == 0).then(|| fixed(at, decimals)) }
            })
            .collect();
        Self { min, max, ticks }
    }

    /// A logarithmic axis between two decadic logarithms: decades are labelled, and the halves of a decade too where
    /// fewer than two decades lie on the axis. Above ten decades, there are ticks only at every second, fifth, … decade.
    pub(crate) fn logarithmic(min: f64, max: f64) -> Self {
        let within = |at: f64| at >= min - 1e-9 && at <= max + 1e-9;
        let every = if max - min > 10.0 { nice_step(max - min, 8.0) as i32 } else { 1 };
        let decades = (min.floor() as i32..=max.ceil() as i32).filter(|decade| decade % every == 0);
        let few = decades.clone().filter(|&decade| within(f64::from(decade))).count() < 2;
        let mut ticks = Vec::new();
        for decade in decades {
            for digit in if every == 1 { 1..10 } else { 1..2 } {
                let at = f64::from(decade) + f64::from(digit).log10();
                if !within(at) {
                    continue;
                }
                let label = match digit {
                    1 => Some(power_of_ten(decade)),
                    2 | 5 if few => Some(format!("{digit}·{}", power_of_ten(decade))),
                    _ => None,
                };
                ticks.push(Tick { at, label });
            }
        }
        Self { min, max, ticks }
    }

    /// Where a number lies: 0 at the axis' beginning, 1 at its end.
    pub(crate) fn fraction(&self, at: f64) -> f64 {
        (at - self.min) / (self.max - self.min)
    }
}

/// The smallest of 1, 2 and 5 times a power of ten that gives at most `intervals` intervals in `span`.
pub(crate) fn nice_step(span: f64, intervals: f64) -> f64 {
    let raw = span / intervals;
    let decade = 10_f64.powf(raw.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * decade).find(|step| *step >= raw * 0.999_999).unwrap_or(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().filter_map(|tick| tick.label.as_deref()).collect()
    }

    #[test]
    fn a_linear_axis_has_round_labels() {
        assert_eq!(labels(&Axis::linear(0.0, 420.0, nice_step(420.0, 5.0))), ["0", "100", "200", "300", "400"]);
        assert_eq!(labels(&Axis::linear(2.95, 3.42, nice_step(0.47, 5.0))), ["3.0", "3.1", "3.2", "3.3", "3.4"]);
    }

    #[test]
    fn a_logarithmic_axis_has_minor_ticks_within_decades() {
        let axis = Axis::logarithmic(-7.5, -5.2);
        assert_eq!(labels(&axis), ["10⁻⁷", "10⁻⁶"]);
        let minor = axis.ticks.iter().filter(|tick| tick.label.is_none()).count();
        assert_eq!(minor, 6 + 8 + 5);
    }

    #[test]
    fn a_long_logarithmic_axis_leaves_decades_out() {
        assert_eq!(
            labels(&Axis::logarithmic(-16.0, -1.0)),
            ["10⁻¹⁶", "10⁻¹⁴", "10⁻¹²", "10⁻¹⁰", "10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²"]
        );
    }

    #[test]
    fn a_short_logarithmic_axis_is_labelled_between_decades() {
        assert_eq!(labels(&Axis::logarithmic(-7.4, -6.6)), ["5·10⁻⁸", "10⁻⁷", "2·10⁻⁷"]);
    }
}

//! Quantities in the units of a controller: whole numbers, so that nothing is rounded in either direction.

use serde::{Deserialize, Deserializer};

/// A duration in whole milliseconds, the resolution of a recipe. Written in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Milliseconds(pub u32);

impl Milliseconds {
    /// From seconds, if they are a whole number of milliseconds between 0 and 49 days.
    #[must_use]
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        whole(seconds, 1e3).and_then(|value| u32::try_from(value).ok()).map(Self)
    }

    /// In seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        f64::from(self.0) / 1e3
    }
}

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Self::from_seconds(seconds).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "expected seconds from 0 to 4294967 with three decimals at most, found {seconds}"
            ))
        })
    }
}

/// The longest time: more than any key of a reactor's description may state.
pub(crate) const LONGEST: Milliseconds = Milliseconds(u32::MAX);

/// A time of a reactor's description. One that is not whole milliseconds becomes [`LONGEST`], which is outside every
/// range, so that it is reported together with all other faults.
pub(crate) fn or_longest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Milliseconds, D::Error> {
    f64::deserialize(deserializer).map(|seconds| Milliseconds::from_seconds(seconds).unwrap_or(LONGEST))
}

/// A count of a reactor's description; 0 if it is not a whole number of 16 bits.
pub(crate) fn or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let count = f64::deserialize(deserializer)?;
    let whole = Some(count).filter(|count| count.fract() == 0.0).and_then(|count| whole(count, 1.0));
    Ok(whole.and_then(|count| u16::try_from(count).ok()).unwrap_or(0))
}

/// A value times a scale, if that is a whole number apart from the rounding of binary fractions.
#[must_use]
pub fn whole(value: f64, scale: f64) -> Option<i64> {
    let scaled = value * scale;
    let rounded = scaled.round();
    let close = (scaled - rounded).abs() <= 1e-9 * scaled.abs().max(1.0);
    (scaled.is_finite() && rounded.abs() < 9e15 && close).then_some(rounded as i64)
}

/// Thousandths, as registers have them, if they can be represented.
pub(crate) fn thousandths<T: TryFrom<i64>>(value: f64) -> Option<T> {
    whole(value, 1e3).and_then(|value| T::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_seconds_are_whole_milliseconds() {
        for (seconds, milliseconds) in [(0.05, 50), (0.1, 100), (0.3, 300), (20.0, 20_000), (1.005, 1005)] {
            assert_eq!(Milliseconds::from_seconds(seconds), Some(Milliseconds(milliseconds)));
        }
    }

    #[test]
    fn a_finer_or_impossible_time_is_refused() {
        for seconds in [0.0005, -1.0, f64::NAN, f64::INFINITY, 1e10] {
            assert_eq!(Milliseconds::from_seconds(seconds), None, "{seconds}");
        }
    }
}

//! Time in the synthetic laboratory: it opened on 17 January 2000, so that no date is mistaken for that of a measurement.

use jiff::SignedDuration;
use jiff::civil::{DateTime, date};

/// Local time so many minutes after the laboratory opened at 09:00. A day above 12 keeps the two orders of day and month
/// apart.
pub(crate) fn after_opening(minutes: i64) -> DateTime {
    date(2000, 1, 17).at(9, 0, 0, 0).saturating_add(SignedDuration::from_secs(minutes.saturating_mul(60)))
}

//! The service that ingests the folders of instruments on a schedule and keeps what is derived from them fresh.
//!
//! [`watch`] does round after round: ingest what is due, derive what is stale, run the checks, report. What a round found is in the
//! log, in `state/`, in the metrics, and on the standard input of the commands of `[watch]`.
//!
//! Never: what a file or a value means.

mod hooks;
mod metrics;
mod round;
mod service;
mod watch;

pub use metrics::MetricsError;
pub use round::Round;
pub use service::{Service, service};
pub use watch::{WatchError, WatchOptions, watch};

//! `aldb watch`: ingests on a schedule and keeps derived tables up to date, until it is ended.

use std::io::IsTerminal as _;
use std::net::SocketAddr;

use aldb_serve::{WatchOptions, watch};
use clap::{Args, ValueEnum};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};

/// Ingest every source on its schedule and keep derived tables up to date, until it is ended.
///
/// Each round reads what is new in the folders that are due, derives what is stale and runs the checks. The schedules are in aldb.toml.
#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// Do one round, then end; fails if the round has errors
    #[arg(long)]
    once: bool,
    /// Serve metrics for Prometheus at this address, such as 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// Format of the log on standard error
    #[arg(long, value_enum, default_value_t)]
    log: LogFormat,
}

/// Format of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

impl Watch {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        self.log.begin();
        let (ask, stop) = tokio::sync::watch::channel(false);
        tokio::spawn(async move {
            ended().await;
            ask.send(true).ok();
        });
        let options = WatchOptions { is_once: self.once, metrics: self.metrics, stop };
        let is_right = watch(lake, options, |_| {}).await?;
        Ok(if is_right || !self.once { Outcome::Done } else { Outcome::Failed })
    }
}

impl LogFormat {
    /// Begins the log: what aldb itself says, without the packages that it uses.
    fn begin(self) {
        let own = Targets::new().with_target("aldb", LevelFilter::INFO);
        let layer = layer().with_writer(std::io::stderr).with_target(false);
        // The log is for this process alone: a second call has nothing to set.
        match self {
            Self::Json => registry().with(own).with(layer.json()).try_init().ok(),
            Self::Text => {
                let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let layer = layer.with_ansi(std::io::stderr().is_terminal() && !is_plain);
                registry().with(own).with(layer).try_init().ok()
            }
        };
    }
}

/// Waits until the process is asked to end.
async fn ended() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        return;
    }
    tokio::signal::ctrl_c().await.ok();
}

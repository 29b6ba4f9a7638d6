//! Numbers about the rounds, as text in the format of Prometheus, at one address.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use aldb_lake::nanoseconds;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::Round;

type BySource = Family<Vec<(&'static str, String)>, Gauge>;
type Seconds = Gauge<f64, AtomicU64>;

/// Why the metrics cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve metrics at {address}: {source}")]
pub struct MetricsError {
    /// The address.
    address: SocketAddr,
    /// What the system says.
    source: std::io::Error,
}

/// The numbers.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    rounds: Counter,
    errors: Counter,
    measurements: Counter,
    derived: Counter,
    snapshot: Gauge,
    last_round: Seconds,
    duration: Seconds,
    files: BySource,
    failed: BySource,
    waiting: BySource,
    is_seen: BySource,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("aldb");
        let mut metrics = Self {
            registry: Registry::default(),
            rounds: Counter::default(),
            errors: Counter::default(),
            measurements: Counter::default(),
            derived: Counter::default(),
            snapshot: Gauge::default(),
            last_round: Seconds::default(),
            duration: Seconds::default(),
            files: BySource::default(),
            failed: BySource::default(),
            waiting: BySource::default(),
            is_seen: BySource::default(),
        };
        registry.register("rounds", "Rounds since the service began", metrics.rounds.clone());
        registry.register("errors", "Errors of all rounds since the service began", metrics.errors.clone());
        registry.register("measurements", "Measurements added since the service began", metrics.measurements.clone());
        registry.register("derived_rows", "Derived rows written since the service began", metrics.derived.clone());
        registry.register("snapshot", "Number of the newest snapshot", metrics.snapshot.clone());
        registry.register("last_round_timestamp_seconds", "End of the last round", metrics.last_round.clone());
        registry.register("round_duration_seconds", "Duration of the last round", metrics.duration.clone());
        registry.register("source_files", "Files in the folder of a source", metrics.files.clone());
        registry.register("source_failed_files", "Files that failed in the last round", metrics.failed.clone());
        registry.register("source_waiting_files", "Files that wait", metrics.waiting.clone());
        registry.register("source_seen", "1 if the folder could be listed in the last round", metrics.is_seen.clone());
        metrics.registry = registry;
        metrics
    }

    pub(crate) fn count(&self, round: &Round) {
        self.rounds.inc();
        self.errors.inc_by(round.errors.len() as u64);
        self.snapshot.set(round.snapshot);
        self.duration.set(round.elapsed().as_secs_f64());
        self.last_round.set(nanoseconds(SystemTime::now()) as f64 / 1e9);
        self.derived.inc_by(round.derived.iter().map(|derived| derived.n_written as u64).sum());
        let Some(report) = &round.ingest else { return };
        self.measurements.inc_by(report.n_measurements as u64);
        for source in &report.sources {
            let set = |family: &BySource, n: usize| {
                let labels = vec![("source", source.source.clone())];
                family.get_or_create(&labels).set(i64::try_from(n).unwrap_or(i64::MAX));
            };
            set(&self.files, source.n_files);
            set(&self.failed, source.n_failed);
            set(&self.waiting, source.n_waiting);
            set(&self.is_seen, usize::from(source.error.is_none()));
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a text cannot fail.
        encode(&mut text, &self.registry).ok();
        text
    }
}

/// Answers every request with the numbers.
///
/// # Errors
///
/// [`MetricsError`] if the address cannot be used.
pub(crate) async fn serve(address: SocketAddr, metrics: Arc<Metrics>) -> Result<SocketAddr, MetricsError> {
    let failed = |source| MetricsError { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    tokio::spawn(async move {
        loop {
            let Ok((client, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            };
            let text = metrics.text();
            tokio::spawn(tokio::time::timeout(Duration::from_secs(5), answer(client, text)));
        }
    });
    Ok(bound)
}

/// Reads the head of a request and answers it.
async fn answer(mut client: TcpStream, text: String) -> std::io::Result<()> {
    const LONGEST_HEAD: usize = 8 << 10;
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < LONGEST_HEAD {
        match client.read(&mut piece).await? {
            0 => break,
            n => head.extend_from_slice(&piece[..n]),
        }
    }
    let is_metrics = head.starts_with(b"GET /metrics ") || head.starts_with(b"GET / ");
    let (status, body) = if is_metrics { ("200 OK", text.as_str()) } else { ("404 Not Found", "see /metrics\n") };
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    client.write_all(answer.as_bytes()).await?;
    client.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_round_is_in_the_answer() {
        let metrics = Arc::new(Metrics::new());
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let address = serve(any, metrics.clone()).await.unwrap();
        metrics.count(&Round { snapshot: 7, errors: vec!["x".to_owned()], ..Round::default() });
        let ask = async |what: &str| {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(format!("GET {what} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let answer = ask("/metrics").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        for line in ["aldb_snapshot 7", "aldb_errors_total 1", "aldb_rounds_total 1"] {
            assert!(answer.lines().any(|found| found == line), "{answer}");
        }
        assert!(ask("/other").await.starts_with("HTTP/1.1 404"));
        assert!(
            serve(address, metrics).await.unwrap_err().to_string().starts_with("cannot serve metrics at 127.0.0.1:")
        );
    }
}

//! The server of a simulated controller: its registers over Modbus TCP, its time from the clock of this computer.

use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aldb_lab::Simulator;
use tokio::net::TcpListener;
use tokio_modbus::server::Service;
use tokio_modbus::server::tcp::Server;
use tokio_modbus::{ExceptionCode, Request, Response};

/// Interval at which the simulation is advanced to the present.
const STEP: Duration = Duration::from_millis(5);

/// A simulated controller for any number of clients.
#[derive(Clone)]
pub(crate) struct Simulation(Arc<Mutex<Running>>);

struct Running {
    simulator: Simulator,
    present: Instant,
}

impl Simulation {
    pub(crate) fn new(simulator: Simulator) -> Self {
        Self(Arc::new(Mutex::new(Running { simulator, present: Instant::now() })))
    }

    /// Answers on this listener until the program ends.
    pub(crate) async fn serve(&self, listener: TcpListener) -> std::io::Result<()> {
        let clock = self.clone();
        tokio::spawn(async move {
            let mut steps = tokio::time::interval(STEP);
            loop {
                steps.tick().await;
                drop(clock.now());
            }
        });
        let connected = |stream: tokio::net::TcpStream, _: SocketAddr| {
            let service = self.clone();
            async move {
                stream.set_nodelay(true)?;
                Ok(Some((service, stream)))
            }
        };
        // A client that disconnects does not affect the others.
        Server::new(listener).serve(&connected, |_| {}).await
    }

    /// The simulator as it is at this moment.
    fn now(&self) -> MutexGuard<'_, Running> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed_ms = u64::try_from(running.present.elapsed().as_millis()).unwrap_or(u64::MAX);
        running.present += Duration::from_millis(passed_ms);
        running.simulator.advance(passed_ms);
        running
    }
}

impl Service for Simulation {
    type Request = Request<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Option<Response>, ExceptionCode>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        let mut running = self.now();
        if running.simulator.is_dead() {
            return ready(Ok(None));
        }
        ready(match request {
            Request::ReadHoldingRegisters(start, count) => running
                .simulator
                .read(start, count)
                .map(|registers| Some(Response::ReadHoldingRegisters(registers)))
                .map_err(|_| ExceptionCode::IllegalDataAddress),
            Request::WriteMultipleRegisters(start, registers) => running
                .simulator
                .write(start, &registers)
                .map(|()| Some(Response::WriteMultipleRegisters(start, registers.len() as u16)))
                .map_err(|_| ExceptionCode::IllegalDataAddress),
            _ => Err(ExceptionCode::IllegalFunction),
        })
    }
}

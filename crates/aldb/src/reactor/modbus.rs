//! A controller behind Modbus TCP.
//!
//! Every call has a timeout. After a timeout the connection is closed, because a late answer would be taken for that of the
//! next request. The next call connects again; the session finds out what happened meanwhile.

use std::future::Future;
use std::time::Duration;

use aldb_recipe::{Controller, Lost};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_modbus::Slave;
use tokio_modbus::client::{Client as _, Context, Reader as _, Writer as _, tcp};

/// The unit that controllers answer as.
const UNIT: Slave = Slave(1);

/// A controller at an address. Only for threads outside the runtime: each call blocks.
pub(crate) struct ModbusController {
    address: String,
    answer_within: Duration,
    runtime: Handle,
    connection: Option<Context>,
}

impl ModbusController {
    /// The controller at `HOST:PORT`. Nothing is sent before the first call.
    pub(crate) fn new(address: String, answer_within: Duration, runtime: Handle) -> Self {
        Self { address, answer_within, runtime, connection: None }
    }

    async fn connected(&mut self) -> Result<&mut Context, Lost> {
        if self.connection.is_none() {
            let stream = in_time(self.answer_within, TcpStream::connect(&self.address))
                .await
                .and_then(|connected| connected.map_err(|error| error.to_string()))
                .map_err(|why| Lost::new(format!("cannot connect to {}: {why}", self.address)))?;
            // A heartbeat must not wait for more to send.
            stream.set_nodelay(true).map_err(|error| Lost::new(error.to_string()))?;
            self.connection = Some(tcp::attach_slave(stream, UNIT));
        }
        self.connection.as_mut().ok_or_else(|| Lost::new("no connection".to_owned()))
    }

    async fn exchange<T>(&mut self, ask: impl AsyncFnOnce(&mut Context) -> tokio_modbus::Result<T>) -> Result<T, Lost> {
        let within = self.answer_within;
        let connection = self.connected().await?;
        let answered = in_time(within, ask(connection)).await;
        let lost = match answered {
            Ok(Ok(Ok(answer))) => return Ok(answer),
            // The controller understood and refused: the connection remains usable.
            Ok(Ok(Err(exception))) => return Err(Lost::refused(format!("the controller refused: {exception}"))),
            Ok(Err(error)) => error.to_string(),
            Err(why) => why,
        };
        if let Some(mut connection) = self.connection.take() {
            // The connection is closed whether or not the controller acknowledges it.
            timeout(within, connection.disconnect()).await.ok();
        }
        Err(Lost::new(format!("{}: {lost}", self.address)))
    }
}

async fn in_time<T>(within: Duration, work: impl Future<Output = T>) -> Result<T, String> {
    timeout(within, work).await.map_err(|_| format!("no answer within {} ms", within.as_millis()))
}

impl Controller for ModbusController {
    fn read(&mut self, start: u16, count: u16) -> Result<Vec<u16>, Lost> {
        let runtime = self.runtime.clone();
        let answer = runtime.block_on(self.exchange(async |to| to.read_holding_registers(start, count).await))?;
        if answer.len() == usize::from(count) {
            Ok(answer)
        } else {
            Err(Lost::new(format!("{}: expected {count} registers, found {}", self.address, answer.len())))
        }
    }

    fn write(&mut self, start: u16, registers: &[u16]) -> Result<(), Lost> {
        let runtime = self.runtime.clone();
        runtime.block_on(self.exchange(async |to| to.write_multiple_registers(start, registers).await))
    }

    fn answer_within_ms(&mut self, ms: u64) {
        self.answer_within = Duration::from_millis(ms);
    }
}

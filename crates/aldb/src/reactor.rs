//! What lies between a session with a controller and the network: the connection, and a simulated controller's server.

pub(crate) mod modbus;
pub(crate) mod simulation;

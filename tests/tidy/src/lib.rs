//! Checks what the compiler does not: which room may use which, what every file begins with, and what may stand
//! nowhere.
//!
//! There are only tests in here, and no dependency, so that they run within seconds of a checkout:
//! `cargo test -p tidy`. Each failure names file and line, and says what to do.
//!
//! Never: opinions that `cargo fmt` and `cargo clippy` have already.

#[cfg(test)]
mod circles;
#[cfg(test)]
mod descriptions;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod manifest;
#[cfg(test)]
mod names;
#[cfg(test)]
mod packages;
#[cfg(test)]
mod repository;
#[cfg(test)]
mod rooms;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod tokens;

//! Kernels against numbers that independent programs got from measured and invented spectra.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, which may do both")]

mod arrhenius;
mod circuits;
mod files;
mod kramers_kronig;

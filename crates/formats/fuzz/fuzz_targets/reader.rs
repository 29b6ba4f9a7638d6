//! Feeds any bytes to one reader: the one that the target is named after.
//!
//! Every target in `Cargo.toml` is built from this file. What must hold: no panic, no hang, no more rows than the bytes can hold,
//! columns of one length.

#![no_main]

use std::sync::LazyLock;

use aldb_formats::{Measurement, Probe, Registry};
use libfuzzer_sys::fuzz_target;

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

fuzz_target!(|bytes: &[u8]| {
    let Ok(adapter) = REGISTRY.adapter(env!("CARGO_BIN_NAME")) else {
        panic!("no reader is called `{}`", env!("CARGO_BIN_NAME"));
    };
    adapter.sniff(&Probe::new(bytes));
    if let Ok((_, reading)) = REGISTRY.read(bytes, Some(env!("CARGO_BIN_NAME"))) {
        let rows: usize = reading.measurements.iter().map(Measurement::n_points).sum();
        // A byte of an archive may hold many rows.
        assert!(rows <= 100 * bytes.len());
        for measurement in &reading.measurements {
            assert!(measurement.columns.iter().all(|column| column.values.len() == measurement.n_points()));
        }
    }
});

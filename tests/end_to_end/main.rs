//! End-to-end tests: the `aldb` binary on folders of synthetic instrument files.

#![allow(clippy::unwrap_used, reason = "a test ends where something that it needs fails")]

mod campaign;
mod codes;
mod command_line;
mod copies;
mod damage;
mod earlier_lakes;
mod faults;
mod keys;
mod kills;
mod one_file;
mod provenance;
mod random_edits;
mod reactor;
mod samples;
mod sources;
mod support;
mod watch;

//! The service that ingests the folders of instruments on a schedule and keeps what is derived from them fresh.
//!
//! Never: what a file or a value means.

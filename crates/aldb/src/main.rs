//! aldb
fn main() {}

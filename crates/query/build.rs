//! Rebuilds this crate when a query is added or changed.

fn main() {
    println!("cargo:rerun-if-changed=../../queries");
}

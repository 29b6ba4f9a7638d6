//! Rebuilds this crate when a schema is added or changed.

fn main() {
    println!("cargo:rerun-if-changed=../../schemas");
}

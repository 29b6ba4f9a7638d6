//! Builds again when a manifest or a sample in `ingest/` changes: the manifests are embedded.

fn main() {
    println!("cargo:rerun-if-changed=../../ingest");
}

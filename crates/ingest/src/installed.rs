//! The formats that a lake can read: those of aldb, and those that its own `ingest/` describes.

use std::collections::BTreeMap;
use std::path::Path;

use aldb_formats::Registry;
use aldb_lake::{Lake, file_id};

use crate::IngestError;

/// The adapters of a lake: a manifest in its `ingest/<format>/instrument.toml` adds or replaces a format.
///
/// # Errors
///
/// [`IngestError::Manifest`] if a manifest is invalid, with the line.
pub fn registry(lake: &Lake) -> Result<Registry, IngestError> {
    installed(lake.root()).map(|(registry, _)| registry)
}

/// The adapters, with the manifests of the lake's own `ingest/`, and a fingerprint of them.
pub(crate) fn installed(lake: &Path) -> Result<(Registry, String), IngestError> {
    let folder = lake.join("ingest");
    let mut manifests = BTreeMap::new();
    if folder.is_dir() {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| IngestError::ManifestFile { path, source }
        };
        for entry in std::fs::read_dir(&folder).map_err(failed(&folder))? {
            let path = entry.map_err(failed(&folder))?.path().join("instrument.toml");
            if path.is_file() {
                let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
                let name = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
                manifests.insert(name, text);
            }
        }
    }
    let registry = Registry::with_manifests(manifests.iter().map(|(name, text)| (name.as_str(), text.as_str())))?;
    let mut all: Vec<String> =
        registry.adapters().map(|adapter| format!("{} {}", adapter.manifest().name, adapter.version())).collect();
    all.sort();
    all.extend(manifests.into_values());
    all.push(env!("CARGO_PKG_VERSION").to_owned());
    Ok((registry, file_id(all.join("\n").as_bytes())))
}

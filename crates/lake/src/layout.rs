//! The layout of a lake: the places of tables, archive and snapshots and their references to each other, as one number.
//!
//! It is stored in `layout.json` in the lake's folder. A lake without that file was made before the file existed and
//! has layout 1. The columns of tables are not part of the layout: they change with [`crate::evolution`]. The number is
//! raised when an older program would read or write the lake wrongly; the next batch raises it in a lake.
//!
//! | layout | |
//! | --- | --- |
//! | 1 | the newest row of `snapshots` is the state of the lake |
//! | 2 | the newest entry of `raw/journal` is (an older program would write batches that the journal does not name) |

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::LakeError;
use crate::durable::{read_whole_text, write_file};
use crate::error::io;

/// The layout that this program reads and writes.
const LAYOUT: u32 = 2;

/// The layout from which on a lake has a journal.
pub(crate) const JOURNAL: u32 = 2;

const FILE: &str = "layout.json";

#[derive(Debug, Serialize, Deserialize)]
struct Layout {
    layout: u32,
    /// The program that wrote the file, for people.
    written_by: String,
}

/// Reads the layout of the lake in this folder: 1 where it is not stated.
///
/// # Errors
///
/// [`LakeError::Layout`] if it is newer than this program, [`LakeError::LayoutDamaged`] if it cannot be read.
pub(crate) fn check(lake: &Path) -> Result<u32, LakeError> {
    let path = lake.join(FILE);
    let text = match read_whole_text(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(1),
        Err(error) => return Err(io("read", &path)(error)),
    };
    let wrong = |found: String| LakeError::Layout { path: path.clone(), newest: LAYOUT, found };
    let found: Layout = serde_json::from_str(&text)
        .map_err(|error| LakeError::LayoutDamaged { path: path.clone(), found: error.to_string() })?;
    match found.layout {
        known @ 1..=LAYOUT => Ok(known),
        other => Err(wrong(format!("layout {other}, written by {}", found.written_by))),
    }
}

/// Writes the layout of this program into the lake in this folder, unless it is stated there.
pub(crate) fn state(lake: &Path) -> Result<(), LakeError> {
    let path = lake.join(FILE);
    if check(lake)? == LAYOUT {
        return Ok(());
    }
    let stated = Layout { layout: LAYOUT, written_by: format!("aldb {}", env!("CARGO_PKG_VERSION")) };
    let mut text = serde_json::to_string(&stated).unwrap_or_default();
    text.push('\n');
    write_file(&path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lake_of_a_newer_layout_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(check(folder.path()).unwrap(), 1);
        state(folder.path()).unwrap();
        assert_eq!(check(folder.path()).unwrap(), LAYOUT);
        let path = folder.path().join(FILE);
        std::fs::write(&path, "{\"layout\": 3, \"written_by\": \"aldb 9.0.0\"}").unwrap();
        let error = check(folder.path()).unwrap_err().to_string();
        let expected = format!(
            "`{}`: expected a layout from 1 to 2, found layout 3, written by aldb 9.0.0: use a newer aldb for this lake",
            path.display()
        );
        assert_eq!(error, expected);
    }
}

//! Cuts a `.mpr` into its modules: settings, data, log, loops.
//!
//! Format: 52 bytes of file signature, then modules without a gap. A module is `MODULE`, a name of 10 bytes,
//! a title of 25, its length and version, a date of 8 characters (month first), and its content. Since
//! EC-Lab 11.50 the length is preceded by 0xffffffff and the version followed by a second one. All numbers
//! are little-endian.
//!
//! Source: `.mpr` files of EC-Lab 11.12 to 11.61; galvani's and yadg's descriptions of the header.

use crate::little_endian::number_at;
use crate::{Place, ReadError};

/// The first bytes of every `.mpr`.
pub(crate) const SIGNATURE: &[u8] = b"BIO-LOGIC MODULAR FILE\x1a";
const SIGNATURE_BYTES: usize = 52;
const MAGIC: &[u8] = b"MODULE";
const NEW_HEADER: u32 = u32::MAX;

/// One module of a `.mpr`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Module<'a> {
    /// Name without its padding: `VMP data`.
    pub name: &'a [u8],
    /// Version of the content.
    pub version: u32,
    /// Whether the header is that of EC-Lab 11.50 and later.
    pub new_header: bool,
    /// When it was written, as in the file: `03/02/21` or `03.26.18`.
    pub date: &'a [u8],
    /// Where its content starts in the file.
    pub start: usize,
    /// Bytes of content that the header announces.
    pub promised: usize,
    /// The content, shorter than announced where the file ends early.
    pub content: &'a [u8],
}

/// The modules of a file, and where it becomes invalid.
#[derive(Debug)]
pub(crate) struct Modules<'a> {
    /// In file order.
    pub list: Vec<Module<'a>>,
    /// What is wrong after the last whole module.
    pub cut: Option<String>,
}

impl<'a> Modules<'a> {
    /// The first module of this name.
    pub(crate) fn get(&self, name: &[u8]) -> Option<&Module<'a>> {
        self.list.iter().find(|module| module.name == name)
    }
}

/// Cuts a file into modules, as far as it goes.
///
/// # Errors
///
/// [`ReadError::Malformed`] when the file does not start with the signature or holds no module.
pub(crate) fn modules(file: &[u8]) -> Result<Modules<'_>, ReadError> {
    if !file.starts_with(SIGNATURE) {
        return Err(ReadError::malformed(Place::Offset(0), "the signature `BIO-LOGIC MODULAR FILE`", "other bytes"));
    }
    let mut list = Vec::new();
    let mut at = SIGNATURE_BYTES;
    let mut cut = None;
    while at < file.len() {
        match header(file, at) {
            Ok(module) => {
                at = module.start + module.content.len();
                if module.content.len() < module.promised {
                    cut = Some(format!(
                        "the file ends at byte {}, inside the module `{}`, which should have {} bytes more",
                        file.len(),
                        String::from_utf8_lossy(module.name),
                        module.promised - module.content.len()
                    ));
                }
                list.push(module);
            }
            Err(found) => {
                cut = Some(format!("byte {at}: expected the start of a module, found {found}"));
                break;
            }
        }
    }
    if list.is_empty() {
        let found = cut.unwrap_or_else(|| "the end of the file".to_owned());
        return Err(ReadError::malformed(Place::byte(at), "a module", found));
    }
    Ok(Modules { list, cut })
}

fn header(file: &[u8], at: usize) -> Result<Module<'_>, &'static str> {
    let rest = &file[at..];
    if !rest.starts_with(MAGIC) {
        return Err(if rest.len() < MAGIC.len() { "the end of the file" } else { "other bytes" });
    }
    let ended = "the end of the file";
    let name = rest.get(6..16).ok_or(ended)?;
    let first = number_at::<u32>(rest, 41).ok_or(ended)?;
    let new_header = first == NEW_HEADER;
    let fields = if new_header { 45 } else { 41 };
    let promised = number_at::<u32>(rest, fields).ok_or(ended)? as usize;
    let version = number_at::<u32>(rest, fields + 4).ok_or(ended)?;
    let date_at = if new_header { fields + 12 } else { fields + 8 };
    let date = rest.get(date_at..date_at + 8).ok_or(ended)?;
    let body = &rest[date_at + 8..];
    let content = &body[..promised.min(body.len())];
    let name = name.trim_ascii_end();
    Ok(Module { name, version, new_header, date, start: at + date_at + 8, promised, content })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bytes_and_an_empty_file_are_named() {
        let message = |file: &[u8]| modules(file).unwrap_err().to_string();
        assert_eq!(message(b"PK"), "byte 0: expected the signature `BIO-LOGIC MODULAR FILE`, found other bytes");
        assert_eq!(message(SIGNATURE), "byte 52: expected a module, found the end of the file");
        let mut file = SIGNATURE.to_vec();
        file.resize(60, b' ');
        assert_eq!(
            message(&file),
            "byte 52: expected a module, found byte 52: expected the start of a module, found other bytes"
        );
    }
}

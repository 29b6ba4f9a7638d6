//! Zip archives: the names of their members for detection, and their contents within bounds.
//!
//! An archive may be malicious. A member may not unpack to more than
//! [`LARGEST_RATIO`] times its size in the archive (instruments' files reach 14.5), nor all members read from an archive to more than
//! [`LARGEST_TOTAL`]; the sizes that the archive states are never believed. Paths are names and are never followed.
//!
//! Source: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local file header) and 4.3.12 (central directory).

use std::io::{Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use zip::ZipArchive;
use zip::read::ZipFile;

use crate::little_endian::number_at;
use crate::reading::WHOLE_ARCHIVE;
use crate::{Place, ReadError};

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
/// Names that are enough to tell formats apart.
const MOST_NAMES: usize = 1000;
/// Most members that an archive may have: a pole figure of a diffractometer has some hundred.
const MOST_MEMBERS: usize = 10_000;
/// Largest ratio of a member's unpacked to its compressed size.
pub(crate) const LARGEST_RATIO: u64 = 100;
/// Members that unpack to no more than this are not suspected, whatever their ratio.
const SMALL: u64 = 1 << 20;
/// Most bytes that may be unpacked from one archive.
pub(crate) const LARGEST_TOTAL: u64 = 512 << 20;

/// The names of an archive's members: by its first local headers and, given the whole file, its directory. Empty where
/// the bytes aren't an archive.
pub(crate) fn member_names(file: &[u8]) -> Vec<String> {
    if !file.starts_with(LOCAL) {
        return Vec::new();
    }
    let mut names = Vec::new();
    for (signature, length_at, name_at) in [(LOCAL, 26, 30), (CENTRAL, 28, 46)] {
        for at in memchr::memmem::find_iter(file, signature).take(MOST_NAMES) {
            let header = &file[at..];
            let Some(length) = number_at::<u16>(header, length_at).map(usize::from) else {
                continue;
            };
            if let Some(name) = header.get(name_at..name_at + length) {
                names.push(String::from_utf8_lossy(name).into_owned());
            }
        }
    }
    names
}

/// An archive in memory. Clones share the directory and what may still be unpacked.
#[derive(Clone)]
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    unpacked: Arc<AtomicU64>,
}

impl<'a> Archive<'a> {
    /// Reads the directory of an archive.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where there is none or it is damaged: a file that was cut off has none.
    pub(crate) fn open(file: &'a [u8]) -> Result<Self, ReadError> {
        let malformed = |found: String| ReadError::malformed(Place::byte(file.len()), WHOLE_ARCHIVE, found);
        let zip = ZipArchive::new(Cursor::new(file)).map_err(|error| malformed(format!("none ({error})")))?;
        if zip.len() > MOST_MEMBERS {
            return Err(malformed(format!("{} members, more than {MOST_MEMBERS}", zip.len())));
        }
        Ok(Self { zip, unpacked: Arc::default() })
    }

    /// The names of the members, in the directory's order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.zip.file_names().flatten().map(std::borrow::Cow::into_owned).collect()
    }

    /// The member called `name`, to be unpacked piece by piece. Reading it fails where it is damaged or unpacks to more
    /// than it may.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where it is missing or encrypted.
    pub(crate) fn member(&mut self, name: &str) -> Result<Member<'_, 'a>, ReadError> {
        let zip = self.zip.by_name(name).map_err(|error| {
            ReadError::malformed(Place::Offset(0), format!("a member `{name}` in the archive"), error.to_string())
        })?;
        let ratio_limit = zip.compressed_size().saturating_mul(LARGEST_RATIO).max(SMALL);
        let left = LARGEST_TOTAL.saturating_sub(self.unpacked.load(Relaxed));
        Ok(Member { zip, limit: ratio_limit.min(left), read: 0, unpacked: &self.unpacked })
    }

    /// The contents of the member called `name`.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where it is missing, damaged, encrypted, or unpacks to more than it may.
    pub(crate) fn read(&mut self, name: &str) -> Result<Vec<u8>, ReadError> {
        let mut member = self.member(name)?;
        let place = Place::Offset(member.zip.header_start());
        let mut contents = Vec::new();
        let read = member.read_to_end(&mut contents);
        read.map_err(|error| {
            let expected = if member.read > member.limit {
                format!("a member `{name}` of at most {} bytes", member.limit)
            } else {
                format!("the whole member `{name}`")
            };
            ReadError::malformed(place, expected, error.to_string())
        })?;
        Ok(contents)
    }
}

/// A member while it is unpacked.
pub(crate) struct Member<'m, 'a> {
    zip: ZipFile<'m, Cursor<&'a [u8]>>,
    /// Most bytes that it may unpack to.
    limit: u64,
    /// Bytes unpacked so far.
    read: u64,
    unpacked: &'m AtomicU64,
}

impl Read for Member<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.zip.read(buffer)?;
        self.read += read as u64;
        self.unpacked.fetch_add(read as u64, Relaxed);
        if self.read > self.limit {
            let packed = self.zip.compressed_size();
            let words = format!("more than {} bytes, unpacked from {packed} bytes in the archive", self.limit);
            return Err(std::io::Error::other(words));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(contents: &[u8]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("a/b.txt", SimpleFileOptions::default()).unwrap();
        writer.write_all(contents).unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn members_are_named_from_local_headers_and_directory() {
        let local = [LOCAL, &[0; 22], &[5, 0, 0, 0], b"a.txt"].concat();
        let central = [CENTRAL, &[0; 24], &[5, 0], &[0; 16], b"b.txt"].concat();
        assert_eq!(member_names(&[local, central].concat()), ["a.txt", "b.txt"]);
        assert_eq!(member_names(b"PK\x03\x04"), [] as [&str; 0]);
        assert_eq!(member_names(b"text"), [] as [&str; 0]);
    }

    #[test]
    fn a_member_is_unpacked() {
        let file = archive(b"hello");
        let mut archive = Archive::open(&file).unwrap();
        assert_eq!(archive.names(), ["a/b.txt"]);
        assert_eq!(archive.read("a/b.txt").unwrap(), b"hello");
        assert!(archive.read("c").unwrap_err().to_string().starts_with("byte 0: expected a member `c` in the archive"));
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let file = archive(&vec![0; 64 << 20]);
        let error = Archive::open(&file).unwrap().read("a/b.txt").unwrap_err();
        assert!(error.to_string().contains("of at most"), "{error}");
    }

    #[test]
    fn a_truncated_archive_is_reported() {
        let file = archive(b"hello");
        let error = Archive::open(&file[..file.len() / 2]).err().unwrap();
        assert!(error.to_string().contains("expected a zip archive with its directory"), "{error}");
    }
}

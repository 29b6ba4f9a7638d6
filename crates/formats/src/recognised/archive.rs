//! Names of the members of a zip archive, without unpacking anything.
//!
//! Source: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local file header) and 4.3.12 (central directory).

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
/// Names that are enough to tell formats apart.
const MOST_NAMES: usize = 1000;

/// The names of an archive's members: by its first local headers and, given the whole file, its directory. Empty where
/// the bytes aren't an archive.
pub(super) fn member_names(file: &[u8]) -> Vec<String> {
    if !file.starts_with(LOCAL) {
        return Vec::new();
    }
    let mut names = Vec::new();
    for (signature, length_at, name_at) in [(LOCAL, 26, 30), (CENTRAL, 28, 46)] {
        for at in memchr::memmem::find_iter(file, signature).take(MOST_NAMES) {
            let header = &file[at..];
            let Some(length) = header.get(length_at..length_at + 2) else {
                continue;
            };
            let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
            if let Some(name) = header.get(name_at..name_at + length) {
                names.push(String::from_utf8_lossy(name).into_owned());
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_named_from_local_headers_and_directory() {
        let local = [LOCAL, &[0; 22], &[5, 0, 0, 0], b"a.txt"].concat();
        let central = [CENTRAL, &[0; 24], &[5, 0], &[0; 16], b"b.txt"].concat();
        assert_eq!(member_names(&[local, central].concat()), ["a.txt", "b.txt"]);
        assert_eq!(member_names(b"PK\x03\x04"), [] as [&str; 0]);
        assert_eq!(member_names(b"text"), [] as [&str; 0]);
    }
}

//! The groups and fields of an HDF5 file, by name, within bounds: no field is read that is larger than its file could hold.
//!
//! Members that cannot be opened (links to other files, virtual datasets) are kept as such, so that they can be stated.

use hdf5_reader::group::Group;
use hdf5_reader::{Attribute, Dataset, Datatype, Hdf5File, OpenOptions};

use crate::little_endian::number_at;
use crate::{Place, ReadError};

/// Values that a byte of a file may hold when compressed; no instrument's data are so empty.
pub(super) const MOST_PER_BYTE: usize = 50;
/// Groups and fields of a file.
const MOST_MEMBERS: usize = 20_000;
/// Depth of groups.
const DEEPEST: usize = 16;

/// Members that are tried by name where a group cannot be listed, because one of them is a virtual dataset.
const USUAL_GROUPS: &[&str] = &["data", "data_collection", "experiment_result", "instrument", "sample"];
const USUAL_FIELDS: &[&str] = &[
    "angle_of_incidence",
    "column_names",
    "data",
    "data_type",
    "definition",
    "energy",
    "energy_spectrum",
    "intensity",
    "measured_data",
    "measured_data_errors",
    "two_theta",
    "wavelength",
    "wavelength_spectrum",
];

/// A group with its members in the order of their names.
pub(super) struct Branch {
    /// From the root, without a slash at its end.
    pub path: String,
    group: Group,
    pub groups: Vec<Self>,
    pub fields: Vec<Field>,
    /// Names of members that cannot be opened.
    pub unopened: Vec<String>,
}

/// A field.
pub(super) struct Field {
    pub name: String,
    pub path: String,
    dataset: Dataset,
}

/// Opens a file.
///
/// # Errors
///
/// [`ReadError::Malformed`] where it is no HDF5 file, is damaged, or has more members than any real file.
pub(super) fn open(file: &[u8]) -> Result<Branch, ReadError> {
    let most_bytes = file.len().saturating_mul(MOST_PER_BYTE * size_of::<f64>()).min(crate::LARGEST_FILE);
    let options = OpenOptions::default()
        .with_chunk_cache_bytes(0)
        .with_max_read_bytes(most_bytes)
        .with_max_chunk_bytes(most_bytes)
        .with_max_object_header_bytes(file.len().max(1024));
    let malformed = |error: &dyn std::fmt::Display| {
        ReadError::malformed(Place::Offset(0), "an HDF5 file that can be opened", error.to_string())
    };
    if let Some(length) = stated_length(file).filter(|length| *length > file.len() as u64) {
        let found = format!("{}: it was cut; copy it again", file.len());
        return Err(ReadError::malformed(
            Place::byte(file.len()),
            format!("{length} bytes, as its header states"),
            found,
        ));
    }
    let opened = Hdf5File::from_bytes_with_options(file, options).map_err(|error| malformed(&error))?;
    let root = opened.root_group().map_err(|error| malformed(&error))?;
    let mut left = MOST_MEMBERS;
    let branch = Branch::new(String::new(), root, 0, &mut left);
    match left {
        0 => Err(malformed(&format!("more than {MOST_MEMBERS} groups and fields"))),
        _ => Ok(branch),
    }
}

/// The length that the superblock states, where its addresses have 8 bytes (HDF5 File Format Specification 3.0, II.A).
fn stated_length(file: &[u8]) -> Option<u64> {
    let (size_of_offsets, base) = match file.get(8)? {
        0 => (13, 24),
        1 => (13, 28),
        _ => (9, 12),
    };
    // The base address, one other, and the end of the file.
    (*file.get(size_of_offsets)? == 8).then(|| number_at::<u64>(file, base + 16)).flatten()
}

impl Branch {
    fn new(path: String, group: Group, depth: usize, left: &mut usize) -> Self {
        let mut branch = Self { path, group, groups: Vec::new(), fields: Vec::new(), unopened: Vec::new() };
        let listed = branch.group.member_names();
        let is_listed = listed.is_ok();
        let (mut groups, mut fields) = listed.unwrap_or_else(|_| {
            branch.unopened.push("other members".to_owned());
            [USUAL_GROUPS, USUAL_FIELDS].map(|names| names.iter().map(|name| (*name).to_owned()).collect()).into()
        });
        groups.sort_unstable();
        fields.sort_unstable();
        for name in fields {
            *left = left.saturating_sub(1);
            match branch.group.dataset(&name) {
                Ok(dataset) if *left > 0 => {
                    let path = format!("{}/{name}", branch.path);
                    branch.fields.push(Field { name, path, dataset });
                }
                _ if is_listed => branch.unopened.push(name),
                _ => {}
            }
        }
        for name in groups {
            *left = left.saturating_sub(1);
            match branch.group.group(&name) {
                Ok(group) if *left > 0 && depth < DEEPEST => {
                    let path = format!("{}/{name}", branch.path);
                    let below = Self::new(path, group, depth + 1, left);
                    branch.groups.push(below);
                }
                _ if is_listed => branch.unopened.push(name),
                _ => {}
            }
        }
        branch
    }

    /// The last part of its path.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The words of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Vec<String> {
        self.group.attribute(name).map(|attribute| words_of(&attribute)).unwrap_or_default()
    }

    /// Whether it is of this class of NeXus.
    pub(super) fn is_class(&self, class: &str) -> bool {
        self.attribute("NX_class").first().is_some_and(|own| own == class)
    }

    /// The group or field at a path below.
    pub(super) fn group(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |branch, name| branch.groups.iter().find(|group| group.name() == name))
    }

    pub(super) fn field(&self, path: &str) -> Option<&Field> {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let branch = if above.is_empty() { Some(self) } else { self.group(above) };
        branch?.fields.iter().find(|field| field.name == name)
    }

    /// The text of a field; `None` where it is missing or was not entered.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        let words = self.field(path)?.words()?.into_iter().next()?;
        let words = words.trim();
        (!words.is_empty() && words != "NOT_PROVIDED").then(|| words.to_owned())
    }

    /// This group and all below, in order.
    pub(super) fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        for group in &self.groups {
            all.extend(group.all());
        }
        all
    }
}

impl Field {
    /// Its dimensions without those of one value.
    pub(super) fn shape(&self) -> Vec<usize> {
        let dimensions = self.dataset.shape().iter().filter(|length| **length != 1);
        dimensions.map(|length| usize::try_from(*length).unwrap_or(usize::MAX)).collect()
    }

    /// Whether it has numbers.
    pub(super) fn is_numeric(&self) -> bool {
        matches!(self.dataset.dtype(), Datatype::FixedPoint { .. } | Datatype::FloatingPoint { .. })
    }

    /// The number of its values, as far as it is known.
    pub(super) fn count(&self) -> u64 {
        self.dataset.num_elements().unwrap_or(0)
    }

    /// Identifies the stored object: two names may mean the same one.
    pub(super) fn address(&self) -> u64 {
        self.dataset.address()
    }

    /// Its unit as written; empty where none is stated.
    pub(super) fn units(&self) -> String {
        let units = self.attribute("units");
        if units == "NOT_PROVIDED" { String::new() } else { units }
    }

    /// The words of an attribute; empty where it is missing.
    pub(super) fn attribute(&self, name: &str) -> String {
        let attribute = self.dataset.attribute(name).map(|attribute| words_of(&attribute)).unwrap_or_default();
        attribute.into_iter().next().unwrap_or_default().trim().to_owned()
    }

    /// Its words; `None` where it has none.
    pub(super) fn words(&self) -> Option<Vec<String>> {
        self.dataset.read_strings().ok()
    }

    /// Its numbers, the last dimension fastest.
    ///
    /// # Errors
    ///
    /// Why they cannot be read.
    pub(super) fn numbers(&self) -> Result<Vec<f64>, String> {
        let bytes = self.dataset.read_native_bytes().map_err(|error| error.to_string())?;
        let numbers = match self.dataset.dtype() {
            Datatype::FloatingPoint { size: 4, .. } => each(&bytes, |bytes| f64::from(f32::from_ne_bytes(bytes))),
            Datatype::FloatingPoint { size: 8, .. } => each(&bytes, f64::from_ne_bytes),
            Datatype::FixedPoint { size: 1, signed: false, .. } => each(&bytes, |[byte]: [u8; 1]| f64::from(byte)),
            Datatype::FixedPoint { size: 1, .. } => each(&bytes, |bytes| f64::from(i8::from_ne_bytes(bytes))),
            Datatype::FixedPoint { size: 2, signed: false, .. } => {
                each(&bytes, |bytes| f64::from(u16::from_ne_bytes(bytes)))
            }
            Datatype::FixedPoint { size: 2, .. } => each(&bytes, |bytes| f64::from(i16::from_ne_bytes(bytes))),
            Datatype::FixedPoint { size: 4, signed: false, .. } => {
                each(&bytes, |bytes| f64::from(u32::from_ne_bytes(bytes)))
            }
            Datatype::FixedPoint { size: 4, .. } => each(&bytes, |bytes| f64::from(i32::from_ne_bytes(bytes))),
            Datatype::FixedPoint { size: 8, signed: false, .. } => {
                each(&bytes, |bytes| u64::from_ne_bytes(bytes) as f64)
            }
            Datatype::FixedPoint { size: 8, .. } => each(&bytes, |bytes| i64::from_ne_bytes(bytes) as f64),
            other => return Err(format!("values of the type {other:?}")),
        };
        Ok(numbers)
    }

    /// Its only number.
    pub(super) fn number(&self) -> Option<f64> {
        if self.count() != 1 {
            return None;
        }
        self.numbers().ok()?.first().copied().filter(|number| number.is_finite())
    }
}

fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    bytes.as_chunks::<N>().0.iter().map(|bytes| number(*bytes)).collect()
}

fn words_of(attribute: &Attribute) -> Vec<String> {
    let words = attribute.read_strings();
    words.or_else(|_| attribute.read_as_f64().map(|number| vec![number.to_string()])).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_cut_is_refused_by_its_length() {
        let whole = include_bytes!("../../../../../ingest/nexus/samples/photoelectrons.nxs");
        open(whole).unwrap();
        for length in [whole.len() - 1, whole.len() / 2, 700] {
            let Err(error) = open(&whole[..length]) else { panic!("{length} bytes were opened") };
            let says = format!(
                "expected {} bytes, as its header states, found {length}: it was cut; copy it again",
                whole.len()
            );
            assert!(error.to_string().contains(&says), "{error}");
        }
    }
}

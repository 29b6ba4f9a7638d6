//! Finds where the records of a `.mpr`'s data module start and how each of their columns is stored.
//!
//! Format: number of points (u32), number of columns and their numbers, then zeros up to a fixed offset:
//!
//! | header | version | columns | numbers | records from |
//! | --- | --- | --- | --- | --- |
//! | old | 0 | u8 | u8 from byte 5 | 100 |
//! | old | 2 | u8 | u16 from byte 5 | 405 |
//! | old | 3 | u8 | u16 from byte 5 | 406 |
//! | 11.50 | any | u16 | u16 from byte 6 | 1007 |
//!
//! With 11.50 the number of columns grew to two bytes. Readers that still take it for one find the numbers
//! one byte early, with the high byte of their predecessor: 215 instead of 471, and call them unknown.
//!
//! A column of unknown number has an unknown width. The module's length divided by the number of points
//! gives the record's size; if that leaves one choice of widths, the rows can be read, else not.

use std::borrow::Cow;

use super::ids::{Meaning, Width, meaning};
use super::modules::Module;
use crate::little_endian::required;
use crate::{Place, ReadError};

/// The position of a column's value in a record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// EC-Lab's header, or `unknown_id_123`.
    pub header: Cow<'static, str>,
    /// Offset in the record.
    pub offset: usize,
    /// Storage.
    pub width: Width,
    /// Bits of a shared byte, for flags.
    pub mask: Option<u8>,
}

/// The shape of a data module.
#[derive(Debug, PartialEq)]
pub(crate) struct Layout {
    /// In the module's order.
    pub fields: Vec<Field>,
    /// Bytes of a record.
    pub record: usize,
    /// Offset of the first record in the module's content.
    pub records_from: usize,
    /// Points that the module announces.
    pub promised: usize,
    /// Warnings about what had to be inferred.
    pub notes: Vec<String>,
}

/// Reads the head of a data module.
///
/// # Errors
///
/// [`ReadError::Malformed`] when the head is cut, its version is not known, or the size of the records
/// does not follow from the columns.
pub(crate) fn layout(module: &Module<'_>) -> Result<Layout, ReadError> {
    let place = module.start as u64;
    let head = "the head of the data module";
    let promised = required::<u32>(module.content, module.start, 0, head)? as usize;
    let one_byte = || required::<u8>(module.content, module.start, 4, head).map(usize::from);
    let (count, ids_from, id_bytes, records_from) = match (module.new_header, module.version) {
        (true, _) => (usize::from(required::<u16>(module.content, module.start, 4, head)?), 6, 2, 1007),
        (false, 0) => (one_byte()?, 5, 1, 100),
        (false, 2) => (one_byte()?, 5, 2, 405),
        (false, 3) => (one_byte()?, 5, 2, 406),
        (false, version) => {
            let found = format!("version {version}");
            return Err(ReadError::malformed(Place::Offset(place), "a data module of version 0, 2 or 3", found));
        }
    };
    if ids_from + count * id_bytes > records_from {
        let most = (records_from - ids_from) / id_bytes;
        return Err(ReadError::malformed(Place::Offset(place), format!("at most {most} columns"), count.to_string()));
    }
    let ids = module
        .content
        .get(ids_from..ids_from + count * id_bytes)
        .ok_or_else(|| ReadError::malformed(Place::Offset(place), head, "the end of the file"))?;
    let ids: Vec<u16> =
        ids.chunks_exact(id_bytes).map(|id| id.iter().rev().fold(0, |sum, byte| sum << 8 | u16::from(*byte))).collect();
    if count == 0 {
        return Err(ReadError::malformed(Place::Offset(place), "at least one column", "none"));
    }
    let data = module.promised.saturating_sub(records_from);
    let mut layout = Layout { fields: Vec::new(), record: 0, records_from, promised, notes: Vec::new() };
    place_fields(&ids, data, place, &mut layout)?;
    Ok(layout)
}

/// Chooses the widths of doubtful columns and adds up the offsets.
fn place_fields(ids: &[u16], data: usize, place: u64, layout: &mut Layout) -> Result<(), ReadError> {
    let meanings: Vec<Meaning> = ids.iter().map(|id| meaning(*id)).collect();
    let known: usize = meanings
        .iter()
        .map(|meaning| match meaning {
            Meaning::Value { width, .. } => width.bytes(),
            _ => 0,
        })
        .sum::<usize>()
        + usize::from(meanings.iter().any(|meaning| matches!(meaning, Meaning::Flag { .. })));
    let unknown: Vec<u16> = doubtful(ids, &meanings, |meaning| *meaning == Meaning::Unknown);
    let either: Vec<u16> = doubtful(ids, &meanings, |meaning| matches!(meaning, Meaning::Either(_)));
    let per_point = data.checked_div(layout.promised).map(|record| (record, data % layout.promised));
    let does_not_close = |expected: String| {
        let found = format!("{data} bytes for {} points (column numbers {ids:?})", layout.promised);
        Err(ReadError::malformed(Place::Offset(place), &expected, found))
    };
    // A dialect uses its meanings together: the harmonics of EC-Lab, or the charges of BT-Lab.
    let dialects: &[usize] = if either.is_empty() { &[0] } else { &[0, 1] };
    let mut choices: Vec<(usize, Vec<Width>)> = Vec::new();
    match per_point {
        None => choices.push((0, vec![Width::F32; unknown.len()])),
        Some((record, 0)) => {
            for &dialect in dialects {
                let sized = known + either.len() * if dialect == 0 { 4 } else { 8 };
                if let Some(rest) = record.checked_sub(sized) {
                    widths(rest, unknown.len()).into_iter().for_each(|widths| choices.push((dialect, widths)));
                }
            }
        }
        Some(_) => {}
    }
    if choices.len() != 1 {
        return if unknown.is_empty() && either.is_empty() {
            does_not_close(format!("records of {known} bytes"))
        } else {
            let doubtful: Vec<String> = unknown.iter().chain(&either).map(u16::to_string).collect();
            let why = if choices.is_empty() { "no width" } else { "more than one width" };
            does_not_close(format!("known columns, but {why} of column number {} fits", doubtful.join(", ")))
        };
    }
    let (dialect, widths) = choices.remove(0);
    let mut widths = widths.into_iter();
    let mut flags_at = None;
    for (id, meaning) in ids.iter().zip(meanings) {
        let (header, width) = match meaning {
            Meaning::Flag { header, mask } => {
                let offset = *flags_at.get_or_insert_with(|| {
                    layout.record += 1;
                    layout.record - 1
                });
                let header = Cow::Borrowed(header);
                layout.fields.push(Field { header, offset, width: Width::U8, mask: Some(mask) });
                continue;
            }
            Meaning::Value { header, width } => (header, width),
            Meaning::Either(either) => (Cow::Borrowed(either[dialect].0), either[dialect].1),
            Meaning::Unknown => {
                let width = widths.next().unwrap_or(Width::F32);
                if per_point.is_some() {
                    layout.notes.push(format!(
                        "column number {id} is unknown: its {} bytes per point are kept as `unknown_id_{id}`",
                        width.bytes()
                    ));
                }
                (Cow::Owned(format!("unknown_id_{id}")), width)
            }
        };
        layout.fields.push(Field { header, offset: layout.record, width, mask: None });
        layout.record += width.bytes();
    }
    Ok(())
}

fn doubtful(ids: &[u16], meanings: &[Meaning], is: impl Fn(&Meaning) -> bool) -> Vec<u16> {
    ids.iter().zip(meanings).filter(|(_, meaning)| is(meaning)).map(|(id, _)| *id).collect()
}

/// The ways to fill `rest` bytes with `count` columns; stops at the second, because two are too many.
fn widths(rest: usize, count: usize) -> Vec<Vec<Width>> {
    let mut found = Vec::new();
    if count > 4 {
        // Many columns fit in one way only when all of them are the widest, or the narrowest.
        let only = [Width::F64, Width::U8].into_iter().find(|width| width.bytes() * count == rest);
        match only {
            Some(width) => found.push(vec![width; count]),
            None if rest > count && rest < 8 * count => {
                found.extend([vec![Width::F32; count], vec![Width::F64; count]]);
            }
            None => {}
        }
    } else {
        fill(rest, count, &mut Vec::new(), &mut found);
    }
    found
}

fn fill(rest: usize, count: usize, chosen: &mut Vec<Width>, found: &mut Vec<Vec<Width>>) {
    if count == 0 {
        if rest == 0 {
            found.push(chosen.clone());
        }
        return;
    }
    for width in [Width::F64, Width::F32, Width::U16, Width::U8] {
        if width.bytes() <= rest && found.len() < 2 {
            chosen.push(width);
            fill(rest - width.bytes(), count - 1, chosen, found);
            chosen.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a data module of version 3 and the bytes that its records would take.
    fn layout_of(ids: &[u16], points: u32, data: usize) -> Result<Layout, ReadError> {
        let mut content = points.to_le_bytes().to_vec();
        content.push(ids.len() as u8);
        ids.iter().for_each(|id| content.extend(id.to_le_bytes()));
        content.resize(406, 0);
        let module = Module {
            name: b"VMP data",
            version: 3,
            new_header: false,
            date: b"",
            start: 1000,
            promised: 406 + data,
            content: &content,
        };
        layout(&module)
    }

    #[test]
    fn one_unknown_column_takes_what_is_left_of_the_record() {
        let layout = layout_of(&[32, 9999, 37], 10, 100).unwrap();
        let offsets: Vec<_> = layout.fields.iter().map(|field| (&*field.header, field.offset)).collect();
        assert_eq!(offsets, [("freq/Hz", 0), ("unknown_id_9999", 4), ("Re(Z)/Ohm", 6)]);
        assert_eq!(layout.record, 10);
        assert_eq!(
            layout.notes,
            ["column number 9999 is unknown: its 2 bytes per point are kept as `unknown_id_9999`"]
        );
    }

    #[test]
    fn two_unknown_columns_are_read_only_when_one_choice_of_widths_fits() {
        assert_eq!(layout_of(&[32, 9998, 9999], 10, 120).unwrap().record, 12);
        assert_eq!(
            layout_of(&[32, 9998, 9999], 10, 160).unwrap_err().to_string(),
            "byte 1000: expected known columns, but more than one width of column number 9998, 9999 fits, \
             found 160 bytes for 10 points (column numbers [32, 9998, 9999])"
        );
        assert_eq!(
            layout_of(&[32, 9999], 10, 70).unwrap_err().to_string(),
            "byte 1000: expected known columns, but no width of column number 9999 fits, \
             found 70 bytes for 10 points (column numbers [32, 9999])"
        );
    }

    #[test]
    fn records_of_known_columns_must_close() {
        assert_eq!(
            layout_of(&[32, 37, 38], 10, 119).unwrap_err().to_string(),
            "byte 1000: expected records of 12 bytes, found 119 bytes for 10 points (column numbers [32, 37, 38])"
        );
    }

    #[test]
    fn flags_share_one_byte_at_the_place_of_the_first() {
        let layout = layout_of(&[4, 1, 2, 6, 3], 2, 26).unwrap();
        let offsets: Vec<_> = layout.fields.iter().map(|field| (&*field.header, field.offset, field.mask)).collect();
        assert_eq!(
            offsets,
            [
                ("time/s", 0, None),
                ("mode", 8, Some(3)),
                ("ox/red", 8, Some(4)),
                ("Ewe/V", 9, None),
                ("error", 8, Some(8))
            ]
        );
    }

    #[test]
    fn a_number_with_two_meanings_is_identified_by_its_width() {
        let header = |data| layout_of(&[4, 498], 1, data).unwrap().fields[1].header.clone();
        assert_eq!(header(12), "|Ece h2|/V");
        assert_eq!(header(16), "Q charge/mA.h");
    }

    #[test]
    fn a_file_without_points_keeps_its_columns() {
        let layout = layout_of(&[32, 9999], 0, 0).unwrap();
        assert_eq!(layout.fields.len(), 2);
        assert_eq!(layout.promised, 0);
    }

    #[test]
    fn an_unknown_version_is_named() {
        let module = Module {
            name: b"VMP data",
            version: 7,
            new_header: false,
            date: b"",
            start: 9,
            promised: 500,
            content: &[0; 500],
        };
        assert_eq!(
            layout(&module).unwrap_err().to_string(),
            "byte 9: expected a data module of version 0, 2 or 3, found version 7"
        );
    }
}

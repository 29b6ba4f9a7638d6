//! Damages the samples of cyclers' files, and what is packed in them, and looks only at what must hold for any bytes.

use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::ADAPTERS;
use crate::{Adapter, ReadError, Reading};

/// Xorshift (Marsaglia, J. Stat. Softw. 8, 14, 2003): the same damage on every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    /// Changes, cuts or repeats some bytes.
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut damaged = bytes.to_vec();
        for _ in 0..=self.below(6) {
            if damaged.is_empty() {
                break;
            }
            let at = self.below(damaged.len());
            let telling = b"\0\n\r\t,;:.\"-9e\xFF\x80\x7F\x01<>";
            match self.below(6) {
                0 => damaged[at] = self.below(256) as u8,
                1 => damaged[at] = telling[self.below(telling.len())],
                2 => damaged.truncate(at.max(1)),
                3 => drop(damaged.drain(at..(at + self.below(60)).min(damaged.len()).max(at))),
                4 => {
                    let number = [0_u32, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x00FF_FFFF][self.below(6)];
                    for (byte, new) in damaged[at..].iter_mut().zip(number.to_le_bytes()) {
                        *byte = new;
                    }
                }
                _ => {
                    let piece = damaged[at..(at + 60).min(damaged.len())].to_vec();
                    damaged.splice(at..at, piece);
                }
            }
        }
        damaged
    }
}

fn adapter(name: &str) -> &'static dyn Adapter {
    ADAPTERS.iter().copied().find(|adapter| adapter.manifest().name == name).unwrap()
}

/// An error, or columns of one length with no more rows than bytes.
fn check(result: Result<Reading, ReadError>, bytes: usize) {
    let Ok(reading) = result else { return };
    let mut rows = 0;
    for measurement in &reading.measurements {
        rows += measurement.n_points();
        assert!(measurement.columns.iter().all(|column| column.values.len() == measurement.n_points()));
    }
    assert!(rows <= bytes, "{rows} rows in {bytes} bytes");
}

const TEXTS: &[(&str, &[u8])] = &[
    ("arbin_csv", include_bytes!("../../../../ingest/arbin_csv/samples/units_in_header.csv")),
    ("battery_data_format", include_bytes!("../../../../ingest/battery_data_format/samples/labels.csv")),
    ("maccor_text", include_bytes!("../../../../ingest/maccor_text/samples/settings_in_lines_comma.txt")),
    ("maccor_text", include_bytes!("../../../../ingest/maccor_text/samples/settings_in_first_line_millivolts.txt")),
    ("neware_csv", include_bytes!("../../../../ingest/neware_csv/samples/flat.csv")),
    ("neware_csv", include_bytes!("../../../../ingest/neware_csv/samples/nested_magnitudes.csv")),
    ("pec_csv", include_bytes!("../../../../ingest/pec_csv/samples/idle_charge_discharge.csv")),
];

const DATABASE: &[u8] = include_bytes!("../../../../ingest/arbin_res/samples/two_tests_moved_row.res");

const ARCHIVES: &[(&str, &[u8])] = &[
    ("arbin_xlsx", include_bytes!("../../../../ingest/arbin_xlsx/samples/two_channels.xlsx")),
    ("neware_ndax", include_bytes!("../../../../ingest/neware_ndax/samples/five_records.ndax")),
];

#[test]
fn damaged_texts_end_in_a_reading_or_an_error() {
    let mut chance = Chance(0x5EED_0001);
    for (name, text) in TEXTS {
        for _ in 0..400 {
            let damaged = chance.damage(text);
            check(adapter(name).read(&damaged), damaged.len());
        }
    }
}

#[test]
fn a_damaged_database_ends_in_a_reading_or_an_error() {
    let mut chance = Chance(0x5EED_0002);
    let reader = adapter("arbin_res");
    for round in 0..3000 {
        let mut damaged = DATABASE.to_vec();
        // Most of a database is empty: what is not is at the start of pages, where their tables of rows are, and behind.
        for _ in 0..=chance.below(8) {
            let page = chance.below(damaged.len() / 4096) * 4096;
            let at = page + if round % 2 == 0 { chance.below(700) } else { 4095 - chance.below(700) };
            damaged[at] = match chance.below(3) {
                0 => chance.below(256) as u8,
                1 => 0xFF,
                _ => 0,
            };
        }
        check(reader.read(&damaged), damaged.len());
        let cut = chance.below(damaged.len());
        check(reader.read(&damaged[..cut]), cut);
    }
}

#[test]
fn archives_of_damaged_members_end_in_a_reading_or_an_error() {
    let mut chance = Chance(0x5EED_0003);
    for (name, file) in ARCHIVES {
        let mut archive = ZipArchive::new(Cursor::new(*file)).unwrap();
        let members: Vec<(String, Vec<u8>)> = (0..archive.len())
            .map(|place| {
                let mut member = archive.by_index(place).unwrap();
                let mut bytes = Vec::new();
                member.read_to_end(&mut bytes).unwrap();
                (member.name().unwrap().into_owned(), bytes)
            })
            .collect();
        for _ in 0..400 {
            let which = chance.below(members.len());
            let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
            for (place, (name, bytes)) in members.iter().enumerate() {
                let bytes = if place == which { chance.damage(bytes) } else { bytes.clone() };
                writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
                writer.write_all(&bytes).unwrap();
            }
            let damaged = writer.finish().unwrap().into_inner();
            check(adapter(name).read(&damaged), damaged.len());
        }
    }
}

#[test]
fn bytes_without_any_order_end_in_an_error_or_a_reading() {
    let mut chance = Chance(0x5EED_0004);
    let starts: [&[u8]; 7] = [
        b"",
        b"Test_Time,Step_Index,Cycle_Index,Voltage,Current\n",
        b"Rec\tCyc#\tStep\tTestTime\tAmps\tVolts\tState\n",
        b"Request Year:,2026\nTest,Cell\n",
        b"\0\x01\0\0Standard Jet DB\0\x01",
        b"PK\x03\x04",
        b"Cycle ID,,\n,Step ID,\n,,Record ID,Time,Voltage(V),Current(A)\n",
    ];
    for round in 0..600 {
        let mut bytes = starts[round % starts.len()].to_vec();
        let few = b"0123456789.,\t\n:-e";
        let is_text = chance.below(2) == 0;
        for _ in 0..chance.below(9000) {
            bytes.push(if is_text { few[chance.below(few.len())] } else { chance.below(256) as u8 });
        }
        for adapter in ADAPTERS {
            check(adapter.read(&bytes), bytes.len());
        }
    }
}

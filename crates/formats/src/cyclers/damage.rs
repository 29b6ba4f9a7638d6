//! Damages the samples of cyclers' files, and what is packed in them, and checks only what must hold for any bytes.

use std::io::{Cursor, Read as _, Write as _};

use test_support::{Noise, damage};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::ADAPTERS;
use crate::{Adapter, ReadError, Reading};

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
    let mut noise = Noise::new(0x5EED_0001);
    for (name, text) in TEXTS {
        for _ in 0..400 {
            let damaged = damage(text, &mut noise);
            check(adapter(name).read(&damaged), damaged.len());
        }
    }
}

#[test]
fn a_damaged_database_ends_in_a_reading_or_an_error() {
    let mut noise = Noise::new(0x5EED_0002);
    let reader = adapter("arbin_res");
    for round in 0..3000 {
        let mut damaged = DATABASE.to_vec();
        // Most of a database is empty: what is not is at the start of pages, where their tables of rows are, and after.
        for _ in 0..=noise.below(8) {
            let page = noise.below(damaged.len() / 4096) * 4096;
            let at = page + if round % 2 == 0 { noise.below(700) } else { 4095 - noise.below(700) };
            damaged[at] = match noise.below(3) {
                0 => noise.below(256) as u8,
                1 => 0xFF,
                _ => 0,
            };
        }
        check(reader.read(&damaged), damaged.len());
        let cut = noise.below(damaged.len());
        check(reader.read(&damaged[..cut]), cut);
    }
}

#[test]
fn archives_of_damaged_members_end_in_a_reading_or_an_error() {
    let mut noise = Noise::new(0x5EED_0003);
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
            let which = noise.below(members.len());
            let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
            for (place, (name, bytes)) in members.iter().enumerate() {
                let bytes = if place == which { damage(bytes, &mut noise) } else { bytes.clone() };
                writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
                writer.write_all(&bytes).unwrap();
            }
            let damaged = writer.finish().unwrap().into_inner();
            check(adapter(name).read(&damaged), damaged.len());
        }
    }
}

#[test]
fn random_bytes_end_in_an_error_or_a_reading() {
    let mut noise = Noise::new(0x5EED_0004);
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
        let is_text = noise.below(2) == 0;
        for _ in 0..noise.below(9000) {
            bytes.push(if is_text { few[noise.below(few.len())] } else { noise.below(256) as u8 });
        }
        for adapter in ADAPTERS {
            check(adapter.read(&bytes), bytes.len());
        }
    }
}

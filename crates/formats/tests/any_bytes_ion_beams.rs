//! Feeds made-up bytes to every reader of ion beam analysis: each ends in a reading or an error, whatever they are.
//!
//! Bytes are drawn in three ways: at random; from the words and numbers that the formats are made of, in any order;
//! and from the samples, with pieces of other samples in them. The same on every run.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use aldb_formats::{Reading, Registry};
use test_support::Noise;

const FORMATS: [&str; 11] = [
    "depth_profile_text",
    "iba_idf",
    "jabs_sample",
    "mca_text",
    "ndf_profile",
    "ndf_result",
    "potku_cut",
    "potku_depth",
    "potku_energy_spectrum",
    "potku_list",
    "potku_tof_list",
];

/// Words of the formats, and words that none of them has.
const WORDS: [&str; 96] = [
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\t",
    "\t",
    " ",
    " ",
    "  ",
    ",",
    ";",
    "0",
    "1",
    "2",
    "17",
    "100",
    "4294967295",
    "999999999",
    "99999999999999999999",
    "-1",
    "-0.5",
    "0.5",
    "1,5",
    "1e308",
    "1e999",
    "-1e400",
    "nan",
    "-nan(ind)",
    "inf",
    "1.#QNAN",
    "0.00000",
    "-10.000",
    "6.42967e+026",
    "0.301642E+03",
    "Count: 3",
    "Type: ERD",
    "Weight Factor: 1",
    "Scatter Element: ",
    "ToF, Energy, Event number",
    "ERD",
    "RBS",
    "depth",
    "Depth (nm)",
    "depth [10^15 at/cm²]",
    "nm",
    "Li",
    "7Li",
    "O (at.%)",
    "Si at.%",
    "±",
    "err",
    "dLi",
    "O_err",
    "element",
    "content (at.%)",
    "at.%",
    "fraction",
    "Sum",
    "(",
    ")",
    "[",
    "]",
    "/",
    "thick",
    "rough",
    "n_rough",
    "SiO2",
    "Co?=0.36pt?=0.64",
    "Co?Pt?",
    "?",
    "?=",
    "Si 1 O 2",
    "Al2o3",
    "molecules",
    "3",
    "Layer  t (1e15at/cm2) t (nm) r(1e22at/cm3)",
    "NDF v10 run 01/02/2023 03:04:05",
    "RBS: 2000 keV 4He",
    "<idf>",
    "</idf>",
    "<sample><structure><layeredstructure><layers>",
    "<layer><layerthickness units=\"1e15at/cm2\">",
    "</layerthickness>",
    "<layerelements><layerelement><name>",
    "</name><concentration units=\"fraction\">",
    "</concentration></layerelement>",
    "</layerelements></layer>",
    "<spectra><spectrum><data><simpledata>",
    "<xaxis><axisunit>keV</axisunit></xaxis><x>",
    "</x><y>",
    "</y></simpledata></data></spectrum>",
    "#",
    "\"",
    "µ",
    "\u{feff}",
    "\0",
];

/// Checks what must hold for any bytes.
fn check(reading: &Reading, bytes: &[u8]) {
    for (place, measurement) in reading.measurements.iter().enumerate() {
        assert_eq!(measurement.block as usize, place);
        assert!(measurement.columns.iter().all(|column| column.values.len() == measurement.n_points()));
        let names: Vec<_> = measurement.columns.iter().map(|column| &column.name).collect();
        assert!(names.iter().enumerate().all(|(at, name)| !names[..at].contains(name)), "{names:?}");
        // A layer of a molecule has two rows for each of its elements, and there are 118.
        assert!(measurement.n_points() <= 118 * bytes.len().max(1), "{} bytes", bytes.len());
    }
    let blocks = reading.measurements.len().max(1);
    assert!(reading.rejected.iter().all(|row| (row.block as usize) < blocks));
}

fn feed(registry: &Registry, bytes: &[u8]) {
    for format in FORMATS {
        if let Ok((_, reading)) = registry.read(bytes, Some(format)) {
            check(&reading, bytes);
        }
    }
}

#[test]
fn random_bytes_end_in_a_reading_or_an_error() {
    let registry = Registry::new();
    let mut noise = Noise::new(0x2545_F491_4F6C_DD1D);
    for _ in 0..300 {
        let length = noise.below(400);
        let bytes: Vec<u8> = (0..length).map(|_| noise.below(256) as u8).collect();
        feed(&registry, &bytes);
    }
}

#[test]
fn words_of_the_formats_in_any_order_end_in_a_reading_or_an_error() {
    let registry = Registry::new();
    let mut noise = Noise::new(0x9E37_79B9_7F4A_7C15);
    for _ in 0..3000 {
        let mut text = String::new();
        // A few words, so that they come in recognisable orders.
        let known: Vec<&str> = (0..=noise.below(12)).map(|_| WORDS[noise.below(WORDS.len())]).collect();
        for _ in 0..noise.below(80) {
            text.push_str(known[noise.below(known.len())]);
            text.push_str(["", " ", "\t", "\n"][noise.below(4)]);
        }
        feed(&registry, text.as_bytes());
    }
}

#[test]
fn samples_with_pieces_of_others_end_in_a_reading_or_an_error() {
    let registry = Registry::new();
    let ingest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ingest");
    let folders = FORMATS.iter().map(|format| ingest.join(format).join("samples"));
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_none_or(|name| name != "expected")).collect();
    files.sort();
    let samples: Vec<_> = files.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(samples.len() >= FORMATS.len());
    let mut noise = Noise::new(0xD1B5_4A32_D192_ED03);
    for sample in &samples {
        for _ in 0..60 {
            let mut bytes = sample.clone();
            for _ in 0..=noise.below(5) {
                let at = noise.below(bytes.len() + 1);
                let other = &samples[noise.below(samples.len())];
                let from = noise.below(other.len());
                let piece = other[from..(from + noise.below(60)).min(other.len())].to_vec();
                let until = (at + noise.below(30)).min(bytes.len());
                match noise.below(3) {
                    0 => drop(bytes.splice(at..at, piece)),
                    1 => drop(bytes.splice(at..until, piece)),
                    _ => drop(bytes.splice(at..until, WORDS[noise.below(WORDS.len())].bytes())),
                }
            }
            feed(&registry, &bytes);
        }
    }
}

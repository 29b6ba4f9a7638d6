//! Reads Film Sense's dynamic files (`Film_Sense_Dyn_Data`): N, C and S of each light source against time, and the fit.
//!
//! Format: the line `Film_Sense_Dyn_Data`; numbers of wavelengths and of points in time, the angle of incidence, a version;
//! a line for each wavelength (nm first); a header led by `Time` (seconds), with `<source>_N`, `_C`, `_S`, `_P`, `_I` for each
//! wavelength in order, then what was recorded and fitted (`Temp`, `Fit_Diff`, `Thick(nm).2`); rows, all separated by tabs. Line
//! ends may be CR CR LF. The angle may have a minus sign.
//!
//! N = cos 2Psi, C = sin 2Psi cos Delta, S = sin 2Psi sin Delta, so Psi = acos(N)/2 and Delta = atan2(S, C), within -180 to
//! 180 and never folded.
//!
//! Source: a file of an FS-8, listed in `ingest/film_sense/instrument.toml`; R. M. A. Azzam and N. M. Bashara, Ellipsometry
//! and Polarized Light (1977), for N, C, S. Tables that the program's page of statistics offers for download are read as
//! `ellipsometry_fit`: their time is in minutes.

use std::collections::BTreeMap;

use crate::manifest::embedded;
use crate::repetition::check_columns;
use crate::text::{counted, decode, lines};
use crate::{Adapter, Column, Manifest, Match, Place, Probe, ReadError, Reading, Technique, Value, Values};

use super::cells::split_row;
use super::fit_table::fitted_name;
use super::rows::{self, field_count, finite, is_blank, measurement, number, numbers, some_numbers};
use crate::delimited::cells::Delimiter;
use crate::rejections::RowLog;

const MAGIC: &str = "Film_Sense_Dyn_Data";

/// Light sources that a file may have; instruments have 4 to 8.
const MOST_WAVELENGTHS: usize = 64;

/// Reads Film Sense's dynamic files.
#[derive(Debug)]
pub(crate) struct FilmSense;

impl Adapter for FilmSense {
    fn manifest(&self) -> &Manifest {
        embedded("film_sense")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let first = lines(probe.text()).next().map_or("", |line| line.text.trim_end());
        if first == MAGIC { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Positions of a light source's numbers in a row.
struct Source {
    wavelength: f64,
    n: usize,
    c: usize,
    s: usize,
    p: Option<usize>,
    i: Option<usize>,
}

/// Reads a dynamic file.
///
/// # Errors
///
/// [`ReadError::Malformed`] where the lines above the rows don't fit together; [`ReadError::ColumnMissing`] without N, C and
/// S of each wavelength.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut lines = lines(&decoded.text).filter(|line| !is_blank(line));
    let first = lines.next().map_or("", |line| line.text);
    if first.trim_end() != MAGIC {
        return Err(ReadError::unexpected(1, "`Film_Sense_Dyn_Data`", first));
    }
    let mut cells = Vec::new();
    let counts = lines.next().ok_or_else(|| ReadError::unexpected(2, "the numbers of wavelengths and points", ""))?;
    split_row(counts.text, &mut cells);
    let count = |place: usize| cells.get(place).and_then(|cell| cell.parse::<usize>().ok());
    let wrong = || ReadError::unexpected(counts.number, "numbers of wavelengths and points and an angle", counts.text);
    let (n_wavelengths, n_points) = count(0).zip(count(1)).ok_or_else(wrong)?;
    if n_wavelengths == 0 || n_wavelengths > MOST_WAVELENGTHS {
        return Err(wrong());
    }
    let stated_angle = finite(counts.number, "angle of incidence", "deg", cells.get(2).copied().unwrap_or_default())?;
    let mut wavelengths = Vec::with_capacity(n_wavelengths);
    for _ in 0..n_wavelengths {
        let line = lines.next().ok_or_else(|| ReadError::unexpected(3, "a line for each wavelength", ""))?;
        split_row(line.text, &mut cells);
        let wavelength = finite(line.number, "wavelength", "nm", cells.first().copied().unwrap_or_default())?;
        if !(100.0..=20_000.0).contains(&wavelength) {
            return Err(ReadError::unexpected(line.number, "a wavelength of 100 to 20000 nm", line.text));
        }
        wavelengths.push(wavelength);
    }
    let header = lines.next().ok_or_else(|| ReadError::unexpected(counts.number, "a header led by `Time`", ""))?;
    Delimiter::TAB.split(header.text, &mut cells);
    if cells.first() != Some(&"Time") {
        return Err(ReadError::unexpected(header.number, "a header led by `Time`", header.text));
    }
    check_columns(cells.len(), Place::Line(header.number))?;
    let headers = cells.clone();
    let sources = sources(header.number, &headers, &wavelengths)?;
    let mut table: Vec<Vec<f64>> = vec![Vec::new(); headers.len()];
    let mut log = RowLog::default();
    let mut values = Vec::with_capacity(headers.len());
    for line in lines {
        Delimiter::TAB.split(line.text, &mut cells);
        let parsed = if cells.len() == headers.len() {
            values.clear();
            cells.iter().zip(&headers).try_for_each(|(cell, header)| {
                let read = if *header == "Time" { finite } else { number };
                values.push(read(line.number, header, "", cell)?);
                Ok(())
            })
        } else {
            Err(field_count(line.number, headers.len(), cells.len()))
        };
        if parsed.is_ok() {
            table.iter_mut().zip(&values).for_each(|(column, value)| column.push(*value));
        }
        log.note(0, &line, cells.last().copied().unwrap_or_default(), parsed);
    }
    let points = table.first().map_or(0, Vec::len);
    let mut metadata = BTreeMap::from([
        ("n_slices".to_owned(), Value::Number(points as f64)),
        ("instrument".to_owned(), rows::text_value("Film Sense ellipsometer")),
        ("angle_as_written_deg".to_owned(), Value::Number(stated_angle)),
    ]);
    if points < n_points {
        let words = format!("{} in time, the file announces {n_points}", counted(points, "point"));
        metadata.insert("incomplete".to_owned(), Value::Text(words));
    }
    let columns = spectra(&table, &sources, stated_angle.abs());
    let mut spectra = measurement(0, Technique::SpectroscopicEllipsometry, columns, metadata.clone());
    if stated_angle < 0.0 {
        spectra.warnings.push(format!("the angle of incidence is {stated_angle} in the file; its magnitude is taken"));
    }
    spectra.metadata.insert("delta_range".to_owned(), rows::text_value("within -180 to 180, from C and S"));
    rows::note_angles(&mut spectra);
    log.state_end(&mut spectra);
    let mut measurements = vec![spectra];
    measurements.extend(series(&headers, table, &sources, metadata));
    Ok(Reading { measurements, rejected: log.rejections, ..Reading::default() })
}

fn sources(line: u64, headers: &[&str], wavelengths: &[f64]) -> Result<Vec<Source>, ReadError> {
    let names: Vec<&str> = headers.iter().filter_map(|header| header.strip_suffix("_N")).collect();
    let place = |name: &str, letter: char| headers.iter().position(|header| *header == format!("{name}_{letter}"));
    let sources: Option<Vec<Source>> = names
        .iter()
        .zip(wavelengths)
        .map(|(name, wavelength)| {
            Some(Source {
                wavelength: *wavelength,
                n: place(name, 'N')?,
                c: place(name, 'C')?,
                s: place(name, 'S')?,
                p: place(name, 'P'),
                i: place(name, 'I'),
            })
        })
        .collect();
    match sources {
        Some(sources) if names.len() == wavelengths.len() => Ok(sources),
        _ => Err(ReadError::ColumnMissing {
            place: Place::Line(line),
            expected: format!("`_N`, `_C` and `_S` for each of {} wavelengths", wavelengths.len()),
            found: format!("{} `_N`", counted(names.len(), "column")),
        }),
    }
}

/// Rows of Psi and Delta: all wavelengths of the first time, then of the next.
fn spectra(table: &[Vec<f64>], sources: &[Source], angle: f64) -> Vec<Column> {
    let points = table.first().map_or(0, Vec::len);
    let at = |column: usize, row: usize| table.get(column).and_then(|values| values.get(row)).copied();
    let number = |column: Option<usize>, row: usize| column.and_then(|column| at(column, row)).unwrap_or(f64::NAN);
    let each = |value: &dyn Fn(&Source, usize) -> f64| -> Vec<f64> {
        (0..points).flat_map(|row| sources.iter().map(move |source| value(source, row))).collect()
    };
    let of_time = |row: usize| number(Some(0), row);
    let mut columns = vec![
        numbers("wavelength_nm", "nm", "wavelength", each(&|source, _| source.wavelength)),
        numbers("angle_of_incidence_deg", "deg", "angle of incidence", each(&|_, _| angle)),
        numbers(
            "psi_deg",
            "deg",
            "N",
            each(&|source, row| (number(Some(source.n), row).clamp(-1.0, 1.0).acos() / 2.0).to_degrees()),
        ),
        numbers(
            "delta_deg",
            "deg",
            "S, C",
            each(&|source, row| number(Some(source.s), row).atan2(number(Some(source.c), row)).to_degrees()),
        ),
        numbers("time_s", "s", "Time", each(&|_, row| of_time(row))),
        numbers("n", "1", "N", each(&|source, row| number(Some(source.n), row))),
        numbers("c", "1", "C", each(&|source, row| number(Some(source.c), row))),
        numbers("s", "1", "S", each(&|source, row| number(Some(source.s), row))),
    ];
    columns.extend(some_numbers("p", "1", "P", each(&|source, row| number(source.p, row))));
    let intensity = some_numbers("intensity", "", "I", each(&|source, row| number(source.i, row)));
    columns.extend(intensity.map(|column| Column { unit: None, ..column }));
    columns
}

/// The columns with one value for each time: the fit, temperatures. `None` without a thickness.
fn series(
    headers: &[&str],
    table: Vec<Vec<f64>>,
    sources: &[Source],
    mut metadata: BTreeMap<String, Value>,
) -> Option<crate::Measurement> {
    let of_sources: Vec<usize> = sources
        .iter()
        .flat_map(|source| [Some(source.n), Some(source.c), Some(source.s), source.p, source.i])
        .flatten()
        .collect();
    let mut columns: Vec<Column> = Vec::new();
    let mut has_thickness = false;
    for (place, (header, values)) in headers.iter().zip(table).enumerate() {
        if of_sources.contains(&place) {
            continue;
        }
        let fitted = if place == 0 { None } else { Some(fitted_name(header)) };
        let (name, unit, factor) =
            fitted.map_or(("time_s".to_owned(), Some("s".to_owned()), 1.0), |fit| (fit.name, fit.unit, fit.divisor));
        let is_thickness = unit.as_deref() == Some("nm") && header.to_ascii_lowercase().contains("thick");
        let name = if is_thickness && !has_thickness { "thickness_nm".to_owned() } else { name };
        if name.is_empty() || columns.iter().any(|column| column.name == name) {
            continue;
        }
        if is_thickness && !has_thickness {
            metadata.insert("thickness_layer".to_owned(), rows::text_value(header));
            has_thickness = true;
        }
        let values = values.into_iter().map(|value| value / factor).collect();
        columns.push(Column { name, unit, header: (*header).to_owned(), values: Values::Number(values) });
    }
    has_thickness.then(|| measurement(1, Technique::EllipsometrySeries, columns, metadata))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;

    const FILE: &str = "Film_Sense_Dyn_Data\r\r\n2\t2\t-70.5\t2\r\r\n400\t14\t3\r\r\n600\t16\t6\r\r\n\
        Time\tUV_N\tUV_C\tUV_S\tUV_P\tUV_I\tRed_N\tRed_C\tRed_S\tRed_P\tRed_I\tTemp\tThick(A).1\r\r\n\
        5\t0\t0\t1\t0.99\t14\t0.5\t-0.5\t-0.7\t1\t15\t30\t32.5\r\r\n\
        15\t0\t0\t-1\t0.99\t14\t0.5\t-0.5\t0.7\t1\t15\t30\t33\r\r\n";

    #[test]
    fn n_c_and_s_become_psi_and_delta_with_its_sign() {
        let reading = read(FILE.as_bytes()).unwrap();
        let [spectra, series] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(spectra.numbers("wavelength_nm").unwrap(), [400.0, 600.0, 400.0, 600.0]);
        assert_eq!(spectra.numbers("time_s").unwrap(), [5.0, 5.0, 15.0, 15.0]);
        assert_eq!(spectra.numbers("angle_of_incidence_deg").unwrap()[0], 70.5);
        let close = |found: &[f64], expected: &[f64]| {
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
        };
        close(spectra.numbers("psi_deg").unwrap(), &[45.0, 30.0, 45.0, 30.0]);
        let angle = 0.7_f64.atan2(-0.5).to_degrees();
        close(spectra.numbers("delta_deg").unwrap(), &[90.0, -angle, -90.0, angle]);
        assert_eq!(series.numbers("thickness_nm").unwrap(), [3.25, 3.3]);
        assert_eq!(series.numbers("time_s").unwrap(), [5.0, 15.0]);
        assert_eq!(series.numbers("temp").unwrap(), [30.0, 30.0]);
        assert_eq!(series.block, 1);
        assert_eq!(spectra.warnings, ["the angle of incidence is -70.5 in the file; its magnitude is taken"]);
    }

    #[test]
    fn a_file_with_fewer_points_than_it_announces_is_marked() {
        let cut = &FILE[..FILE.len() - 9];
        let reading = read(cut.as_bytes()).unwrap();
        assert_eq!(reading.rejected[0].error.to_string(), "line 7: expected 13 fields, found 11");
        let words = rows::text_value("1 point in time, the file announces 2");
        assert_eq!(reading.measurements[0].metadata["incomplete"], words);
        assert_eq!(reading.measurements[1].metadata["incomplete"], words);
    }

    #[test]
    fn headers_that_do_not_fit_together_are_refused() {
        let message = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(message("x"), "line 1: expected `Film_Sense_Dyn_Data`, found `x`");
        assert_eq!(
            message(&FILE.replace("UV_N", "UV_M")),
            "line 5: expected a column `_N`, `_C` and `_S` for each of 2 wavelengths, found 1 column `_N`"
        );
        assert!(message("Film_Sense_Dyn_Data\n99999999999\t1\t70\n").starts_with("line 2: expected numbers of"));
    }
}

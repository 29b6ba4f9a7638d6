//! Reads Gamry Framework's files (`.DTA`), as far as they hold impedance.
//!
//! Format: line 1 `EXPLAIN`, line 2 `TAG` and the kind of experiment, settings of the form key, type, value,
//! description, then tables (`ZCURVE TABLE`, sometimes with a number of rows): names, units and rows, all
//! starting with a tab. Fields are separated by tabs, encoding and decimal mark are those of the computer
//! that wrote the file. Each `ZCURVE` is one spectrum; `OCVCURVE`, the potential before it, is not part of it.
//!
//! Source: files of Framework 6.33 to 7.10, listed in `ingest/gamry_dta/instrument.toml`; Gamry's "DTA file
//! format" help page for the keys.
//!
//! Not supported: experiments without `ZCURVE` (CV, CHRONOA, CORPOT, …). They end in
//! [`ReadError::NotSupported`].

use crate::gamry::settings::{Settings, setting};
use crate::gamry::table::{ZTable, z_table};
use crate::manifest::embedded;
use crate::registry::Adapter;
use crate::repetition::{self, LISTED_REJECTIONS};
use crate::text::{Line, decode, excerpt, lines};
use crate::{Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value};

/// A table of the file.
struct Table<'a> {
    name: &'a str,
    /// Line of its name.
    at: u64,
    /// Rows that the file promises, where it does.
    promised: Option<usize>,
    /// Lines of names, units and rows.
    lines: usize,
    /// Where they stand in the text.
    bytes: std::ops::Range<usize>,
}

/// Reads Gamry Framework's files.
#[derive(Debug)]
pub(crate) struct GamryDta;

impl Adapter for GamryDta {
    fn manifest(&self) -> &Manifest {
        embedded("gamry_dta")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let mut first = lines(probe.text()).map(|line| line.text);
        let is_dta = first.next().is_some_and(|line| line.trim_end() == "EXPLAIN")
            && first.next().is_some_and(|line| line.starts_with("TAG\t"));
        if is_dta { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads a `.DTA`.
///
/// # Errors
///
/// [`ReadError::Malformed`] when the file does not start as a `.DTA`; [`ReadError::NotSupported`] for an
/// experiment without impedance; [`ReadError::ColumnMissing`] for an impedance table without its columns.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut settings = Settings::default();
    let mut tables: Vec<Table<'_>> = Vec::new();
    let mut in_table = false;
    let mut count = 0_u64;
    for line in lines(&decoded.text) {
        count = line.number;
        match line.number {
            1 if line.text.trim_end() == "EXPLAIN" => continue,
            1 => return Err(malformed(1, "`EXPLAIN`", line.text)),
            2 if !line.text.starts_with("TAG\t") => return Err(malformed(2, "`TAG` and a tab", line.text)),
            _ => {}
        }
        if let Some((name, "TABLE", rest)) = setting(line.text) {
            let promised = rest.split('\t').next().and_then(|rows| rows.trim().parse().ok());
            tables.push(Table { name, at: line.number, promised, lines: 0, bytes: 0..0 });
            in_table = true;
        } else if in_table && is_row(line) {
            if let Some(table) = tables.last_mut() {
                let start = if table.lines == 0 { line.start } else { table.bytes.start };
                table.lines += 1;
                // With the line's end, which tells a whole line from a cut one.
                let end = line.start + line.text.len();
                let line_end = decoded.text.as_bytes()[end..].iter().position(|byte| *byte != b'\r').unwrap_or(0) + 1;
                table.bytes = start..(if line.ended { end + line_end } else { end }).min(decoded.text.len());
            }
        } else {
            in_table = false;
            settings.line(line.text);
        }
    }
    if count < 2 {
        return Err(malformed(count + 1, if count == 0 { "`EXPLAIN`" } else { "`TAG` and a tab" }, ""));
    }
    settings.finish();
    if !tables.iter().any(is_impedance) && !settings.tag.contains("EIS") {
        let rows: usize = tables.iter().map(|table| table.lines.saturating_sub(2)).sum();
        let title = if settings.title.is_empty() { String::new() } else { format!(" ({})", settings.title) };
        return Err(ReadError::NotSupported {
            place: Place::Line(2),
            recognised: format!(
                "Gamry .DTA, experiment {}{title}, {rows} points in {} table{}",
                settings.tag,
                tables.len(),
                if tables.len() == 1 { "" } else { "s" }
            ),
            advice: crate::eclab::techniques::ADVICE.to_owned(),
        });
    }
    settings.metadata.insert("encoding".to_owned(), Value::Text(decoded.encoding.name().to_owned()));
    let mut reading = Reading::default();
    let spectra = tables.iter().filter(|table| is_impedance(table));
    repetition::check(&settings.metadata, std::iter::empty(), spectra.clone().count(), Place::Line(1))?;
    for table in spectra {
        let text = decoded.text.get(table.bytes.clone()).unwrap_or_default();
        let z = z_table(reading.measurements.len() as u32, text, table.at)?;
        add(z, table.promised, &settings, &mut reading);
    }
    if reading.measurements.is_empty() {
        let z = z_table(0, "", count)?;
        add(ZTable { is_cut: false, ..z }, None, &settings, &mut reading);
        reading.warnings.push("the file ends before its table `ZCURVE`".to_owned());
    }
    if let Some(last) = reading.measurements.last_mut().filter(|_| settings.is_aborted) {
        let before = match last.metadata.get("incomplete") {
            Some(Value::Text(words)) => format!("{words}; "),
            _ => String::new(),
        };
        let words = format!("{before}the experiment was aborted, as the file says (`EXPERIMENTABORTED`)");
        last.metadata.insert("incomplete".to_owned(), Value::Text(words));
    }
    Ok(reading)
}

fn malformed(line: u64, expected: &str, found: &str) -> ReadError {
    let found = if found.is_empty() { "the end of the file".to_owned() } else { format!("`{}`", excerpt(found, 40)) };
    ReadError::Malformed { place: Place::Line(line), expected: expected.to_owned(), found }
}

fn is_impedance(table: &Table<'_>) -> bool {
    table.name.starts_with("ZCURVE")
}

/// Rows start with a tab or, after editing, with blanks; an empty line may stand among them.
fn is_row(line: Line<'_>) -> bool {
    line.text.is_empty() || line.text.starts_with(['\t', ' '])
}

fn add(table: ZTable, promised: Option<usize>, settings: &Settings, reading: &mut Reading) {
    let mut measurement = Measurement {
        block: reading.measurements.len() as u32,
        technique: Technique::ImpedanceSpectroscopy,
        columns: table.columns,
        metadata: settings.metadata.clone(),
        warnings: table.warnings,
    };
    if let Some(mark) = table.mark {
        measurement.metadata.insert("decimal_mark".to_owned(), Value::Text(mark.name().to_owned()));
    }
    let points = measurement.n_points();
    let promised = promised.filter(|promised| *promised > points + table.rejected.len() + table.unlisted);
    let incomplete = match (promised, table.is_cut) {
        (Some(promised), _) => Some(format!("{points} points, the file announces {promised}")),
        (None, true) => Some("the file ends inside the table".to_owned()),
        (None, false) => None,
    };
    if let Some(words) = incomplete {
        measurement.metadata.insert("incomplete".to_owned(), Value::Text(words));
    }
    if points == 0 {
        measurement.warnings.push("the spectrum has no points".to_owned());
    }
    if table.unlisted > 0 {
        measurement.warnings.push(format!("{} further rows were rejected and are not listed", table.unlisted));
    }
    let free = LISTED_REJECTIONS.saturating_sub(reading.rejected.len());
    if table.rejected.len() > free {
        measurement.warnings.push(format!("{} rejected rows are not listed", table.rejected.len() - free));
    }
    reading.rejected.extend(table.rejected.into_iter().take(free));
    reading.measurements.push(measurement);
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "EXPLAIN\nTAG\tEISPOT\nTITLE\tLABEL\tPotentiostatic EIS\tTest &Identifier\n\
        DATE\tLABEL\t4/23/2018\tDate\nTIME\tLABEL\t16:43:15\tTime\nAREA\tQUANT\t2.50000E-001\t&Area (cm^2)\n";
    const OCV: &str = "OCVCURVE\tTABLE\t2\n\tPt\tT\tVf\tOver\n\t#\ts\tV vs. Ref.\tbits\n\
        \t0\t0.25\t-3.46E-001\t..........a\n\t1\t0.5\t-3.46E-001\t...........\nEOC\tQUANT\t-0.2919803\tOpen Circuit (V)\n";
    const Z: &str = "ZCURVE\tTABLE\n\tPt\tTime\tFreq\tZreal\tZimag\tIdc\tTemp\n\t#\ts\tHz\tohm\tohm\tA\tdeg C\n\
        \t0\t1\t1000\t101.5\t-2.25\t1E-006\t-327.67\n\t1\t3\t100\t102.5\t-3.5\t2E-006\t-327.67\n\
        \t2\t5\t10\t103.5\t4.5\t3E-006\t-327.67\n";

    fn of(text: &str) -> Reading {
        read(text.as_bytes()).unwrap()
    }

    fn text<'a>(measurement: &'a Measurement, name: &str) -> Option<&'a str> {
        match measurement.metadata.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn the_spectrum_is_the_table_of_impedances_and_not_that_of_the_open_circuit() {
        let reading = of(&format!("{HEAD}{OCV}{Z}"));
        let [spectrum] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(spectrum.numbers("frequency_hz"), Some([1000.0, 100.0, 10.0].as_slice()));
        assert_eq!(spectrum.numbers("z_re_ohm"), Some([101.5, 102.5, 103.5].as_slice()));
        assert_eq!(spectrum.numbers("z_im_ohm"), Some([-2.25, -3.5, 4.5].as_slice()));
        assert_eq!(spectrum.numbers("current_a"), Some([1e-6, 2e-6, 3e-6].as_slice()));
        assert_eq!(spectrum.numbers("temperature_c"), None);
        assert_eq!(
            spectrum.warnings,
            ["no temperature sensor was connected (`Temp` starts at -327.67 °C): the column is left out"]
        );
        assert_eq!(spectrum.metadata.get("electrode_area_cm2"), Some(&Value::Number(0.25)));
        assert_eq!(spectrum.metadata.get("open_circuit_v"), Some(&Value::Number(-0.2919803)));
        assert_eq!(text(spectrum, "started_at"), Some("2018-04-23T16:43:15"));
    }

    #[test]
    fn several_tables_are_several_spectra_with_columns_of_their_own() {
        let corrected =
            Z.replace("ZCURVE\tTABLE", "ZCURVE1\tTABLE\t3").replace("Idc", "ZrealDrCor").replace("\tA\t", "\tohm\t");
        let reading = of(&format!("{HEAD}{Z}{corrected}"));
        assert_eq!(reading.measurements.iter().map(|one| one.block).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(reading.measurements[0].numbers("zrealdrcor_ohm"), None);
        assert_eq!(reading.measurements[1].numbers("zrealdrcor_ohm"), Some([1e-6, 2e-6, 3e-6].as_slice()));
        assert_eq!(reading.measurements[1].numbers("z_re_ohm"), Some([101.5, 102.5, 103.5].as_slice()));
    }

    #[test]
    fn a_decimal_comma_crlf_and_latin_1_make_no_difference() {
        let plain = of(&format!("{HEAD}{Z}"));
        let comma = format!("{HEAD}{Z}").replace('.', ",").replace('\n', "\r\n").replace("deg C", "\u{b0}C");
        let latin: Vec<u8> = comma.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let comma = read(&latin).unwrap();
        assert_eq!(comma.measurements[0].columns, plain.measurements[0].columns);
        assert_eq!(text(&comma.measurements[0], "decimal_mark"), Some("comma"));
        assert_eq!(text(&comma.measurements[0], "encoding"), Some("Windows-1252"));
    }

    #[test]
    fn a_sensor_that_answers_sometimes_keeps_its_column() {
        let some = Z.replacen("-327.67", "25.5", 1);
        let reading = of(&format!("{HEAD}{some}"));
        let temperatures = reading.measurements[0].numbers("temperature_c").unwrap();
        assert_eq!(temperatures[0], 25.5);
        assert!(temperatures[1..].iter().all(|value| value.is_nan()));
        assert_eq!(reading.measurements[0].warnings, ["2 temperatures no sensor can read were left out"]);
        let none = of(&format!("{HEAD}{}", Z.replace("-327.67", "0")));
        assert_eq!(none.measurements[0].numbers("temperature_c"), None);
    }

    #[test]
    fn rows_with_blanks_for_tabs_are_read_and_mentioned() {
        let edited = Z.replace("\t1\t3\t100\t102.5", "  1 3 100\t102.5").replace("-327.67", "25.0");
        let reading = of(&format!("{HEAD}{edited}"));
        assert_eq!(reading.measurements[0].numbers("frequency_hz"), Some([1000.0, 100.0, 10.0].as_slice()));
        assert_eq!(reading.measurements[0].warnings, ["1 rows mix blanks and tabs: somebody edited the file"]);
    }

    #[test]
    fn rows_that_cannot_be_trusted_are_rejected_with_their_line() {
        let bad = Z.replace("\t100\t", "\t-100\t").replace("103.5", "1O3.5");
        let reading = of(&format!("{HEAD}{bad}\t3\t7\n"));
        assert_eq!(reading.measurements[0].n_points(), 1);
        let errors: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(
            errors,
            [
                "line 11: `Freq` is -100 Hz, expected above 0",
                "line 12: expected a number in Ohm for `Zreal`, found `1O3.5`",
                "line 13: expected 7 fields, found 2"
            ]
        );
    }

    #[test]
    fn aborted_announced_and_cut_tables_are_marked() {
        let words = |file: &str| text(&of(file).measurements[0], "incomplete").map(str::to_owned);
        assert_eq!(words(&format!("{HEAD}{Z}")), None);
        let announced = Z.replace("TABLE", "TABLE\t5");
        let aborted = format!("{HEAD}{announced}EXPERIMENTABORTED\tTOGGLE\tT\tExperiment Aborted\n");
        assert_eq!(
            words(&aborted).as_deref(),
            Some("3 points, the file announces 5; the experiment was aborted, as the file says (`EXPERIMENTABORTED`)")
        );
        let whole = format!("{HEAD}{Z}");
        assert_eq!(words(&whole[..whole.len() - 20]).as_deref(), Some("the file ends inside the table"));
        let reading = of(&whole[..whole.len() - 3]);
        assert_eq!(reading.measurements[0].n_points(), 3);
        assert_eq!(
            reading.measurements[0].warnings[0],
            "line 12 has no line end: if the file was cut there, its last field `-327.` may be too short"
        );
        let reading = of(HEAD);
        assert_eq!(reading.warnings, ["the file ends before its table `ZCURVE`"]);
        assert_eq!(reading.measurements[0].n_points(), 0);
    }

    #[test]
    fn what_is_no_impedance_is_refused_by_name() {
        let message = |file: &str| read(file.as_bytes()).unwrap_err().to_string();
        let head = HEAD.replace("EISPOT", "CORPOT").replace("Potentiostatic EIS", "Open Circuit Potential");
        assert_eq!(
            message(&format!("{head}{}", OCV.replace("OCVCURVE", "CURVE"))),
            "line 2: this is Gamry .DTA, experiment CORPOT (Open Circuit Potential), 2 points in 1 table, which aldb \
             does not read; only impedance is stored for now, so leave this file out of the source"
        );
        assert_eq!(
            message(&format!("{HEAD}{}", Z.replace("Zimag", "Zi"))),
            "line 8: expected a column `Freq`, `Zreal` and `Zimag`, found Pt, Time, Freq, Zreal, Zi, Idc, Temp"
        );
        assert_eq!(message("EXPLAIN\nTITLE"), "line 2: expected `TAG` and a tab, found `TITLE`");
        assert_eq!(message("EXPLAIN"), "line 2: expected `TAG` and a tab, found the end of the file");
        assert_eq!(message(""), "line 1: expected `EXPLAIN`, found the end of the file");
    }

    #[test]
    fn every_prefix_and_any_damage_ends_in_a_reading_or_an_error() {
        let file = format!("{HEAD}{OCV}{Z}{Z}").into_bytes();
        (0..file.len()).for_each(|end| drop(read(&file[..end])));
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % below as u64) as usize
        };
        for _ in 0..3000 {
            let mut damaged = file.clone();
            for _ in 0..=next(8) {
                let at = next(damaged.len());
                damaged[at] = b"\t\n\r,.0-\xff\0 "[next(10)];
            }
            drop(read(&damaged));
        }
    }
}

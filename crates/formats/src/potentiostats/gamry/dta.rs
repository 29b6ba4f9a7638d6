//! Reads Gamry Framework's files (`.DTA`).
//!
//! Format: line 1 `EXPLAIN`, line 2 `TAG` and the kind of experiment, settings of the form key, type, value,
//! description, then tables (`CURVE TABLE`, sometimes with a number of rows): names, units and rows, all
//! starting with a tab. Fields are separated by tabs, encoding and decimal mark are those of the computer
//! that wrote the file. Each table is a measurement: `ZCURVE` a spectrum, `CURVE`, `CURVE1`, … a record of potential and
//! current. `OCVCURVE`, the potential before them, is one, too, except before a spectrum. The program VFP600 writes `VFP600` in line 1, and a
//! table `VFPCURVE` of potential and current, sampled with the frequency of the setting `FREQ`.
//!
//! Source: files of Framework 6.25 to 7.10, listed in `ingest/gamry_dta/instrument.toml`; Gamry's "Data File
//! Overview" and "The Data Curve" help pages; a file of VFP600 in gamry-parser.
//!
//! Not supported: tables without two of time, potential and current, such as the summary of a cyclic charge-discharge
//! run (`CAPACITYCURVE`). They end in [`ReadError::NotSupported`], or in a warning beside tables that are read.

use super::settings::{Settings, setting};
use super::table::{Kind, ReadTable, read_table};
use crate::manifest::embedded;
use crate::repetition;
use crate::text::{Line, counted, decode, excerpt, lines};
use crate::{Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Value, Values};

/// A table of the file.
struct Table<'a> {
    name: &'a str,
    /// Line of its name.
    at: u64,
    /// Rows that the file announces, where it does.
    promised: Option<usize>,
    /// Lines of names, units and rows.
    lines: usize,
    /// Their position in the text.
    bytes: std::ops::Range<usize>,
}

/// The table of the potential before the cell was switched on.
const OPEN_CIRCUIT: &str = "OCVCURVE";

/// Line 1 of the files of Framework and of VFP600.
const STARTS: [&str; 2] = ["EXPLAIN", "VFP600"];

/// The table of VFP600.
const SAMPLED: &str = "VFPCURVE";

/// Reads Gamry Framework's files.
#[derive(Debug)]
pub(crate) struct GamryDta;

impl Adapter for GamryDta {
    fn manifest(&self) -> &Manifest {
        embedded("gamry_dta")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let mut first = lines(probe.text()).map(|line| line.text);
        let is_dta = first.next().is_some_and(|line| STARTS.contains(&line.trim_end()))
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
/// [`ReadError::Malformed`] when the file does not start as a `.DTA`; [`ReadError::NotSupported`] when none of its tables
/// can be read; [`ReadError::ColumnMissing`] for an impedance table without its columns.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let (settings, tables) = parts(&decoded.text)?;
    let mut settings = settings;
    settings.metadata.insert("encoding".to_owned(), Value::Text(decoded.encoding.name().to_owned()));
    let has_spectra = tables.iter().any(|table| table.kind() == Kind::Spectrum) || settings.tag.contains("EIS");
    let mut reading = Reading::default();
    repetition::check(&settings.metadata, std::iter::empty(), tables.len(), Place::Line(1))?;
    repetition::check(&settings.record_metadata, std::iter::empty(), tables.len(), Place::Line(1))?;
    let (spectra, records): (Vec<_>, Vec<_>) = tables.iter().partition(|table| table.kind() == Kind::Spectrum);
    let (rest, records): (Vec<_>, Vec<_>) =
        records.into_iter().partition(|table| has_spectra && table.name == OPEN_CIRCUIT);
    // Every spectrum has one before it: stated, without a warning.
    let words = |table: &&Table<'_>| {
        format!("the table `{OPEN_CIRCUIT}`, the rest before the spectrum, of {}", counted(table.lines, "line"))
    };
    reading.not_read.extend(rest.iter().map(words));
    let mut unread = Vec::new();
    for table in spectra.into_iter().chain(records) {
        let text = decoded.text.get(table.bytes.clone()).unwrap_or_default();
        match read_table(table.kind(), reading.measurements.len() as u32, text, table.at) {
            Ok(found) => add(found, table, &settings, &mut reading),
            Err(ReadError::ColumnMissing { .. }) if table.kind() == Kind::Record => unread.push(table),
            Err(error) => return Err(error),
        }
    }
    if let (Some(first), true) = (unread.first(), reading.measurements.is_empty()) {
        return Err(not_supported(first, &settings, &tables));
    }
    for table in unread {
        let name = excerpt(table.name, 40);
        reading.leave_out(format!("the table `{name}` is left out: it lacks two of time, potential and current"));
    }
    if reading.measurements.is_empty() {
        let (kind, name) = if has_spectra { (Kind::Spectrum, "ZCURVE") } else { (Kind::Record, "CURVE") };
        let table = Table { name, at: 0, promised: None, lines: 0, bytes: 0..0 };
        add(ReadTable::empty(kind), &table, &settings, &mut reading);
        reading.warnings.push(format!("the file ends before its table `{name}`"));
    }
    if let Some(last) = reading.measurements.last_mut().filter(|_| settings.is_aborted) {
        let before = match last.metadata.get("incomplete") {
            Some(Value::Text(words)) => format!("{words}; "),
            _ => String::new(),
        };
        let words = format!("{before}the experiment was aborted, as the file states (`EXPERIMENTABORTED`)");
        last.metadata.insert("incomplete".to_owned(), Value::Text(words));
    }
    Ok(reading)
}

/// Splits a file into its settings and its tables.
///
/// # Errors
///
/// [`ReadError::Malformed`] when it does not start as a `.DTA`.
fn parts(text: &str) -> Result<(Settings, Vec<Table<'_>>), ReadError> {
    let mut settings = Settings::default();
    let mut tables: Vec<Table<'_>> = Vec::new();
    let mut in_table = false;
    let mut count = 0_u64;
    for line in lines(text) {
        count = line.number;
        match line.number {
            1 if STARTS.contains(&line.text.trim_end()) => continue,
            1 => return Err(ReadError::unexpected(1, "`EXPLAIN`", line.text)),
            2 if !line.text.starts_with("TAG\t") => return Err(ReadError::unexpected(2, "`TAG` and a tab", line.text)),
            _ => {}
        }
        // Only an edited line begins with a blank.
        let is_table = |text: &str| matches!(setting(text), Some((_, "TABLE" | "DTABLE", _)));
        let is_row = in_table && is_row(line) && !(line.text.starts_with(' ') && is_table(line.text));
        if let Some(table) = tables.last_mut().filter(|_| is_row) {
            let start = if table.lines == 0 { line.start } else { table.bytes.start };
            table.lines += 1;
            // With the line's end, which distinguishes a whole line from a cut one.
            let end = line.start + line.text.len();
            let line_end = text.as_bytes()[end..].iter().position(|byte| *byte != b'\r').unwrap_or(0) + 1;
            table.bytes = start..(if line.ended { end + line_end } else { end }).min(text.len());
        } else if let Some((name, "TABLE" | "DTABLE", rest)) = setting(line.text) {
            let promised = rest.split('\t').next().and_then(|rows| rows.trim().parse().ok());
            tables.push(Table { name, at: line.number, promised, lines: 0, bytes: 0..0 });
            in_table = true;
        } else {
            in_table = false;
            settings.line(line.text);
        }
    }
    if count < 2 {
        return Err(ReadError::unexpected(count + 1, if count == 0 { "`EXPLAIN`" } else { "`TAG` and a tab" }, ""));
    }
    settings.finish();
    Ok((settings, tables))
}

/// The refusal of a file none of whose tables can be read.
fn not_supported(first: &Table<'_>, settings: &Settings, tables: &[Table<'_>]) -> ReadError {
    let rows: usize = tables.iter().map(|table| table.lines.saturating_sub(2)).sum();
    let title = if settings.title.is_empty() { String::new() } else { format!(" ({})", settings.title) };
    let tag = &settings.tag;
    ReadError::NotSupported {
        place: Place::Line(first.at),
        recognised: format!(
            "Gamry .DTA, experiment {tag}{title}, {} in {} without two of time, potential and \
             current",
            counted(rows, "row"),
            counted(tables.len(), "table")
        ),
        advice:
            "read the files that hold the curves themselves, such as those of the single charge and discharge steps"
                .to_owned(),
    }
}

impl Table<'_> {
    fn kind(&self) -> Kind {
        if self.name.starts_with("ZCURVE") { Kind::Spectrum } else { Kind::Record }
    }
}

/// Rows start with a tab or, after editing, with blanks; an empty line may be among them.
fn is_row(line: Line<'_>) -> bool {
    line.text.is_empty() || line.text.starts_with(['\t', ' '])
}

fn add(found: ReadTable, table: &Table<'_>, settings: &Settings, reading: &mut Reading) {
    let kind = table.kind();
    let mut measurement = Measurement {
        block: reading.measurements.len() as u32,
        technique: kind.technique(),
        columns: found.columns,
        metadata: settings.metadata.clone(),
        warnings: found.warnings,
    };
    if let Some(mark) = found.mark {
        measurement.metadata.insert("decimal_mark".to_owned(), Value::Text(mark.name().to_owned()));
    }
    if table.name == SAMPLED && found.rejected.total() == 0 {
        add_times(&mut measurement, settings);
    }
    if kind == Kind::Record {
        complete_record(&mut measurement, table, found.is_against_reference, settings);
    }
    let points = measurement.n_points();
    let seen = points + found.rejected.total() as usize;
    let promised = table.promised.filter(|promised| *promised > seen);
    let incomplete = match (promised, found.is_cut) {
        (Some(promised), _) => Some(format!("{}, the file announces {promised}", counted(points, "point"))),
        (None, true) => Some("the file ends inside the table".to_owned()),
        (None, false) => None,
    };
    if let Some(words) = incomplete {
        measurement.metadata.insert("incomplete".to_owned(), Value::Text(words));
    }
    if points == 0 {
        let what = if kind == Kind::Spectrum { "spectrum" } else { "table" };
        measurement.warnings.push(format!("the {what} has no points"));
    }
    reading.rejected.append(measurement.block as usize, found.rejected);
    reading.measurements.push(measurement);
}

/// Adds the time of samples that a program took at a stated frequency.
fn add_times(measurement: &mut Measurement, settings: &Settings) {
    if let Some(Value::Number(frequency_hz)) = settings.record_metadata.get("sampling_frequency_hz") {
        let times = (0..measurement.n_points()).map(|sample| sample as f64 / frequency_hz).collect();
        let (name, unit, header) = ("time_s".to_owned(), Some("s".to_owned()), "FREQ".to_owned());
        measurement.columns.push(Column { name, unit, header, values: Values::Number(times) });
    }
}

/// Adds method and reference to a record of potential and current, and numbers its cycle.
fn complete_record(measurement: &mut Measurement, table: &Table<'_>, is_against_reference: bool, settings: &Settings) {
    if table.name != OPEN_CIRCUIT {
        measurement.metadata.extend(settings.record_metadata.clone());
    }
    let mut text = |name: &str, value: &str| {
        if !value.is_empty() {
            measurement.metadata.insert(name.to_owned(), Value::Text(value.to_owned()));
        }
    };
    let method = if table.name == OPEN_CIRCUIT { Some("open_circuit_potential") } else { settings.method() };
    text("method", method.unwrap_or_default());
    text("technique_name", &settings.tag);
    text("curve", table.name);
    if is_against_reference {
        text("potential_reference", "reference electrode, not named");
    }
    if measurement.numbers("current_a").is_some() {
        measurement.warnings.extend(settings.record_warnings.iter().cloned());
    }
    // `CURVE3` is the third cycle; newer files have a column besides.
    let number = table.name.strip_prefix("CURVE").and_then(|number| number.parse::<u32>().ok());
    if let Some(number) = number.filter(|_| measurement.numbers("cycle").is_none()) {
        let values = Values::Number(vec![f64::from(number); measurement.n_points()]);
        let (name, unit) = ("cycle".to_owned(), Some("1".to_owned()));
        measurement.columns.push(Column { name, unit, header: table.name.to_owned(), values });
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use test_support::survives_cuts_and_damage;

    use super::*;

    const HEAD: &str = "EXPLAIN\nTAG\tEISPOT\nTITLE\tLABEL\tPotentiostatic EIS\tTest &Identifier\n\
        DATE\tLABEL\t4/23/2018\tDate\nTIME\tLABEL\t16:43:15\tTime\nAREA\tQUANT\t2.50000E-001\t&Area (cm^2)\n";
    const OCV: &str = "OCVCURVE\tTABLE\t2\n\tPt\tT\tVf\tOver\n\t#\ts\tV vs. Ref.\tbits\n\
        \t0\t0.25\t-3.46E-001\t..........a\n\t1\t0.5\t-3.46E-001\t...........\nEOC\tQUANT\t-0.2919803\tOpen Circuit (V)\n";
    const Z: &str = "ZCURVE\tTABLE\n\tPt\tTime\tFreq\tZreal\tZimag\tIdc\tTemp\n\t#\ts\tHz\tohm\tohm\tA\tdeg C\n\
        \t0\t1\t1000\t101.5\t-2.25\t1E-006\t-327.67\n\t1\t3\t100\t102.5\t-3.5\t2E-006\t-327.67\n\
        \t2\t5\t10\t103.5\t4.5\t3E-006\t-327.67\n";

    fn reading_of(text: &str) -> Reading {
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
        let reading = reading_of(&format!("{HEAD}{OCV}{Z}"));
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
    fn the_samples_of_vfp600_have_times_by_their_frequency_unless_one_is_rejected() {
        let head = "VFP600\nTAG\tVFP600\nCTRLMODE\tIQUANT\t1\tControl Mode\nFREQ\tQUANT\t2.00000E+1\tAcquisition Frequency (Hz)\n";
        let table = "VFPCURVE\tTABLE\n\tVoltage\tCurrent\n\tV\tA\n\t0.25\t5.5E-11\n\t0.125\t-4.5E-10\n\t0.5\t5E-10\n";
        let whole = reading_of(&format!("{head}{table}"));
        assert_eq!(whole.measurements[0].numbers("time_s"), Some([0.0, 0.05, 0.1].as_slice()));
        assert_eq!(whole.measurements[0].numbers("potential_v"), Some([0.25, 0.125, 0.5].as_slice()));
        assert_eq!(whole.measurements[0].numbers("current_a"), Some([5.5e-11, -4.5e-10, 5e-10].as_slice()));
        let damaged = reading_of(&format!("{head}{}", table.replace("0.125", "x")));
        assert_eq!((damaged.rejected.len(), damaged.measurements[0].numbers("time_s")), (1, None));
    }

    #[test]
    fn several_tables_are_several_spectra_with_columns_of_their_own() {
        let corrected =
            Z.replace("ZCURVE\tTABLE", "ZCURVE1\tTABLE\t3").replace("Idc", "ZrealDrCor").replace("\tA\t", "\tohm\t");
        let reading = reading_of(&format!("{HEAD}{Z}{corrected}"));
        assert_eq!(reading.measurements.iter().map(|one| one.block).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(reading.measurements[0].numbers("zrealdrcor_ohm"), None);
        assert_eq!(reading.measurements[1].numbers("zrealdrcor_ohm"), Some([1e-6, 2e-6, 3e-6].as_slice()));
        assert_eq!(reading.measurements[1].numbers("z_re_ohm"), Some([101.5, 102.5, 103.5].as_slice()));
    }

    #[test]
    fn a_decimal_comma_crlf_and_latin_1_make_no_difference() {
        let plain = reading_of(&format!("{HEAD}{Z}"));
        let comma = format!("{HEAD}{Z}").replace('.', ",").replace('\n', "\r\n").replace("deg C", "\u{b0}C");
        let latin: Vec<u8> = comma.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let comma = read(&latin).unwrap();
        assert_eq!(comma.measurements[0].columns, plain.measurements[0].columns);
        assert_eq!(text(&comma.measurements[0], "decimal_mark"), Some("comma"));
        assert_eq!(text(&comma.measurements[0], "encoding"), Some("Windows-1252"));
    }

    #[test]
    fn an_intermittent_sensor_keeps_its_column() {
        let some = Z.replacen("-327.67", "25.5", 1);
        let reading = reading_of(&format!("{HEAD}{some}"));
        let temperatures = reading.measurements[0].numbers("temperature_c").unwrap();
        assert_eq!(temperatures[0], 25.5);
        assert!(temperatures[1..].iter().all(|value| value.is_nan()));
        assert_eq!(reading.measurements[0].warnings, ["left out: 2 temperatures outside any sensor's range"]);
        let none = reading_of(&format!("{HEAD}{}", Z.replace("-327.67", "0")));
        assert_eq!(none.measurements[0].numbers("temperature_c"), None);
    }

    #[test]
    fn a_row_with_blanks_between_its_fields_is_read_with_a_warning_only_if_the_number_of_fields_is_right() {
        let edited = Z.replace("\t1\t3\t100\t102.5", "  1 3 100\t102.5").replace("-327.67", "25.0");
        let reading = reading_of(&format!("{HEAD}{edited}"));
        assert_eq!(reading.measurements[0].numbers("frequency_hz"), Some([1000.0, 100.0, 10.0].as_slice()));
        let warning = "1 row has blanks instead of tabs between fields, as in an edited file: read, because the number of fields is right";
        assert_eq!(
            (reading.measurements[0].warnings.as_slice(), reading.rejected.len()),
            ([warning.to_owned()].as_slice(), 0)
        );
        let reading = reading_of(&format!("{HEAD}{}", edited.replace("  1 3 100", "  1 3 1 00")));
        assert_eq!(reading.measurements[0].numbers("frequency_hz"), Some([1000.0, 10.0].as_slice()));
        assert_eq!(reading.rejected.len(), 1);
    }

    #[test]
    fn rows_that_cannot_be_trusted_are_rejected_with_their_line() {
        let bad = Z.replace("\t100\t", "\t-100\t").replace("103.5", "1O3.5");
        let reading = reading_of(&format!("{HEAD}{bad}\t3\t7\n"));
        assert_eq!(reading.measurements[0].n_points(), 1);
        let errors: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(
            errors,
            [
                "line 11: `Freq` is -100 Hz, expected above 0",
                "line 12: expected a number in Ω for `Zreal`, found `1O3.5`",
                "line 13: expected 7 fields, found 2"
            ]
        );
    }

    #[test]
    fn aborted_announced_and_cut_tables_are_marked() {
        let words = |file: &str| text(&reading_of(file).measurements[0], "incomplete").map(str::to_owned);
        assert_eq!(words(&format!("{HEAD}{Z}")), None);
        let announced = Z.replace("TABLE", "TABLE\t5");
        let aborted = format!("{HEAD}{announced}EXPERIMENTABORTED\tTOGGLE\tT\tExperiment Aborted\n");
        assert_eq!(
            words(&aborted).as_deref(),
            Some(
                "3 points, the file announces 5; the experiment was aborted, as the file states (`EXPERIMENTABORTED`)"
            )
        );
        let whole = format!("{HEAD}{Z}");
        assert_eq!(words(&whole[..whole.len() - 20]).as_deref(), Some("the file ends inside the table"));
        let reading = reading_of(&whole[..whole.len() - 3]);
        assert_eq!(reading.measurements[0].n_points(), 3);
        assert_eq!(
            reading.measurements[0].warnings[0],
            "line 12 has no line end: if the file was cut off there, its last value `-327.` may be too short"
        );
        let reading = reading_of(HEAD);
        assert_eq!(reading.warnings, ["the file ends before its table `ZCURVE`"]);
        assert_eq!(reading.measurements[0].n_points(), 0);
    }

    const CURVE: &str = "CURVE1\tTABLE\n\tPt\tT\tVf\tIm\tSig\tIERange\tOver\n\t#\ts\tV vs. Ref.\tA\tV\t#\tbits\n\
        \t0\t0.1\t-5.0E-001\t1.5E-006\t-5.0E-001\t8\t...........\n\
        \t1\t0.2\t-4.0E-001\t-2.5E-006\t-4.0E-001\t8\t..........a\n";

    fn voltammogram() -> String {
        let head = HEAD.replace("EISPOT", "CV").replace("Potentiostatic EIS", "Cyclic Voltammetry");
        let rate = "SCANRATE\tQUANT\t1.00000E+002\t&Scan Rate (mV/s)\n";
        format!("{head}{rate}{OCV}{CURVE}{}", CURVE.replace("CURVE1", "CURVE2"))
    }

    #[test]
    fn each_curve_is_a_measurement_and_so_is_the_open_circuit_before_them() {
        let reading = reading_of(&voltammogram());
        let [rest, first, second] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!((text(rest, "method"), text(rest, "curve")), (Some("open_circuit_potential"), Some("OCVCURVE")));
        assert_eq!(rest.numbers("potential_v"), Some([-0.346, -0.346].as_slice()));
        for (block, (curve, cycle)) in [(first, 1.0), (second, 2.0)].into_iter().enumerate() {
            assert_eq!((curve.block as usize, curve.technique), (block + 1, crate::Technique::Electrochemistry));
            assert_eq!(text(curve, "method"), Some("cyclic_voltammetry"));
            assert_eq!(text(curve, "potential_reference"), Some("reference electrode, not named"));
            assert_eq!(curve.metadata.get("scan_rate_v_per_s"), Some(&Value::Number(0.1)));
            assert_eq!(curve.numbers("time_s"), Some([0.1, 0.2].as_slice()));
            assert_eq!(curve.numbers("potential_v"), Some([-0.5, -0.4].as_slice()));
            assert_eq!(curve.numbers("current_a"), Some([1.5e-6, -2.5e-6].as_slice()));
            assert_eq!(curve.numbers("cycle"), Some([cycle, cycle].as_slice()));
        }
        let comma = voltammogram().replace('.', ",").replace("vs, Ref,", "vs. Ref.");
        let comma = reading_of(&comma);
        assert_eq!(comma.measurements[1].numbers("current_a"), first.numbers("current_a"));
        assert_eq!(comma.measurements[1].metadata.get("scan_rate_v_per_s"), Some(&Value::Number(0.1)));
    }

    #[test]
    fn a_charge_in_coulombs_becomes_milliampere_hours() {
        let curve = CURVE.replace("Sig\tIERange", "Charge\tIERange").replace("A\tV\t#", "A\tC\t#");
        let head = HEAD.replace("EISPOT", "PWR800_CHARGE");
        let reading =
            reading_of(&format!("{head}{}", curve.replace("-5.0E-001\t8", "3.6\t8").replace("CURVE1", "CURVE")));
        assert_eq!(reading.measurements[0].numbers("charge_mah").unwrap()[0], 1.0);
        assert_eq!(reading.measurements[0].numbers("cycle"), None);
        assert_eq!(text(&reading.measurements[0], "method"), Some("galvanostatic_cycling"));
    }

    #[test]
    fn the_pulses_of_a_square_wave_voltammogram_keep_their_columns() {
        let curve = "CURVE\tTABLE\t1\n\tPt\tT\tVfwd\tVrev\tVstep\tIfwd\tIrev\tIdif\n\t#\ts\tV\tV\tV\tA\tA\tA\n\
            \t0\t0.01\t-0.02\t0.04\t0.01\t2E-7\t-3E-7\t5E-7\n";
        let reading = reading_of(&format!("{}{curve}", HEAD.replace("EISPOT", "SQUARE_WAVE")));
        let [record] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(record.numbers("potential_v"), Some([0.01].as_slice()));
        assert_eq!(record.numbers("current_a"), Some([5e-7].as_slice()));
        assert_eq!(record.numbers("vfwd_v"), Some([-0.02].as_slice()));
        assert_eq!(text(record, "method"), Some("square_wave_voltammetry"));
        assert_eq!(text(record, "potential_reference"), None);
    }

    #[test]
    fn a_table_without_potential_and_current_is_left_out_or_the_file_refused() {
        let head =
            HEAD.replace("EISPOT", "PWR800_CYCLICCHARGEDISCHARGE").replace("Potentiostatic EIS", "Capacity Curve");
        let summary =
            "CAPACITYCURVE\tTABLE\n\tPt\tTime\tType\tCycle\tCharge\n\t#\ts\t#\t#\tC\n\t1\t3493\t0\t1\t4362.108\n";
        assert_eq!(
            read(format!("{head}{summary}").as_bytes()).unwrap_err().to_string(),
            "line 7: this is Gamry .DTA, experiment PWR800_CYCLICCHARGEDISCHARGE (Capacity Curve), 1 row in 1 table \
             without two of time, potential and current, which aldb does not read; read the files that hold the curves \
             themselves, such as those of the single charge and discharge steps"
        );
        let reading = reading_of(&format!("{head}{summary}{CURVE}"));
        assert_eq!(reading.measurements.len(), 1);
        assert_eq!(
            reading.warnings,
            ["the table `CAPACITYCURVE` is left out: it lacks two of time, potential and current"]
        );
    }

    #[test]
    fn a_file_that_ends_before_its_curve_is_a_measurement_of_no_points() {
        let reading = reading_of(&HEAD.replace("EISPOT", "CV"));
        assert_eq!(reading.warnings, ["the file ends before its table `CURVE`"]);
        assert_eq!((reading.measurements.len(), reading.measurements[0].n_points()), (1, 0));
        let cut = voltammogram();
        let reading = reading_of(&cut[..cut.len() - 30]);
        let last = reading.measurements.last().unwrap();
        assert_eq!((last.n_points(), text(last, "incomplete")), (1, Some("the file ends inside the table")));
    }

    #[test]
    fn other_files_are_refused_with_a_reason() {
        let message = |file: &str| read(file.as_bytes()).unwrap_err().to_string();
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
        for file in [format!("{HEAD}{OCV}{Z}{Z}"), voltammogram()] {
            survives_cuts_and_damage(file.as_bytes(), |file| drop(read(file)));
        }
    }
}

//! Reads spectra that CasaXPS exported as text.
//!
//! Format: tabs (or commas) between cells, in one of two layouts. *Columns of tables*: for each spectrum a line
//! `Cycle 3:sample:region`, a line with `Characteristic Energy eV` (of the source) and `Acquisition Time s` (dwell time of all
//! scans), lines `Name`, `Position`, `FWHM`, `Area`, `Lineshape` with a cell for each component of a fit, a line of headers
//! and the rows: `K.E.`, `Counts`, components, `Background`, `Envelope`, then `B.E.`, `CPS` and the same again per second.
//! *Rows of tables*: all spectra beside each other, each from a header `B.E.` on; the header of its intensity is
//! `Cycle 3:sample:region:CPS`.
//! Source: a file of CasaXPS 2.3 in the first layout; descriptions of both in pynxtools-xps. Where CasaXPS puts the path of
//! the data before all, lines before the first spectrum are skipped.
//!
//! CasaXPS shows and writes binding energies with the calibration that was set, kinetic ones without. Where the two
//! don't add up to the energy of the source, the kinetic energies are taken and the others kept as `binding_energy_calibrated_ev`;
//! in the second layout there are no kinetic energies, and every spectrum has a warning that it may be calibrated.
//! A component's curve includes the background, as in the file.

use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::photoelectrons::spectrum::{Spectrum, curve_name, ends_early, even_step};
use crate::repetition::check_columns;
use crate::text::{Line, decode, excerpt, lines};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading};

/// Largest difference of E_K + E_B from the source's energy that is rounding: exports have seven digits.
const ROUNDING_EV: f64 = 2e-3;

/// Reads CasaXPS's text export.
#[derive(Debug)]
pub(crate) struct CasaTxt;

impl Adapter for CasaTxt {
    fn manifest(&self) -> &Manifest {
        embedded("casaxps_txt")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let text = probe.text();
        let is_columns = text.lines().take(8).any(|line| line.contains("Characteristic Energy eV"))
            && text.contains("Acquisition Time s");
        let is_rows = text.lines().take(12).any(|line| {
            let first = cells(line).next().unwrap_or_default();
            is_header(first) && line.contains("Cycle ") && line.contains(":CPS")
        });
        if is_columns || is_rows { Match::Certain } else { Match::No }
    }

    fn evidence(&self, _probe: &Probe<'_>) -> &'static str {
        "it has the headers of CasaXPS's text export"
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

fn is_header(cell: &str) -> bool {
    ["K.E.", "B.E."].contains(&cell.trim())
}

/// The cells of a line, separated by tabs, or by commas where there is no tab.
fn cells(line: &str) -> impl Iterator<Item = &str> {
    let separator = if line.contains('\t') { '\t' } else { ',' };
    line.split(separator).map(|cell| cell.trim().trim_matches('"'))
}

/// The lines before the rows of a spectrum.
#[derive(Debug, Default)]
struct Head {
    title: String,
    source_energy: f64,
    time: f64,
    /// Name, position, width, area and line shape of components, as cells after the first.
    components: [Vec<String>; 5],
}

const COMPONENT_LINES: [&str; 5] = ["Name", "Position", "FWHM", "Area", "Lineshape"];

/// A spectrum whose rows are being read: where its columns are in a row.
struct Open {
    head: Head,
    headers: Vec<(usize, String)>,
    columns: Vec<Vec<f64>>,
    line: u64,
}

fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut reading = Reading::default();
    let mut head = Head::default();
    let mut open: Vec<Open> = Vec::new();
    let mut before = String::new();
    let mut width = 0;
    let mut cut = None;
    let mut is_found = false;
    for line in lines(&decoded.text) {
        let text = line.text.trim_end();
        if text.trim().is_empty() {
            continue;
        }
        let starts_with_number =
            text.trim_start().starts_with(|c: char| c.is_ascii_digit() || ['-', '+', '.'].contains(&c));
        if !open.is_empty() && (starts_with_number || text.starts_with(['\t', ','])) && !text.contains("Characteristic")
        {
            if !row(&line, &mut open, width, &mut reading) {
                cut = Some(line.number);
            }
            continue;
        }
        let row: Vec<&str> = cells(line.text).collect();
        let first = row.first().copied().unwrap_or_default();
        if let Some(place) = row.iter().position(|cell| *cell == "Characteristic Energy eV") {
            flush(&mut open, &mut reading)?;
            let number = |at: usize| row.get(at).and_then(|cell| cell.parse().ok()).unwrap_or(f64::NAN);
            let time = row.iter().position(|cell| *cell == "Acquisition Time s").map_or(f64::NAN, |at| number(at + 1));
            head = Head { title: before.clone(), source_energy: number(place + 1), time, ..Head::default() };
        } else if let Some(place) = COMPONENT_LINES.iter().position(|name| *name == first) {
            if place == 0 && !open.is_empty() {
                flush(&mut open, &mut reading)?;
            }
            head.components[place] = row.iter().skip(1).map(|cell| (*cell).to_owned()).collect();
        } else if is_header(first) {
            flush(&mut open, &mut reading)?;
            check_columns(row.len(), Place::Line(line.number))?;
            (open, width) = (tables(&row, std::mem::take(&mut head), line.number + 1), row.len());
            is_found = true;
        }
        before = text.trim().trim_matches(['"', ',']).to_owned();
    }
    flush(&mut open, &mut reading)?;
    if let Some(line) = cut {
        ends_early(&mut reading, format!("the file ends within line {line}"));
    }
    if !is_found {
        return Err(ReadError::ColumnMissing {
            place: Place::Line(1),
            expected: "`K.E.` or `B.E.`".to_owned(),
            found: excerpt(decoded.text.lines().next().unwrap_or_default(), 80),
        });
    }
    Ok(reading)
}

/// The spectra of a line of headers: one in the layout of columns, many in that of rows.
fn tables(row: &[&str], head: Head, line: u64) -> Vec<Open> {
    let named = row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()).map(|(at, cell)| (at, (*cell).to_owned()));
    let is_beside = row.iter().any(|cell| cell.starts_with("Cycle ") && cell.contains(':'));
    let mut open: Vec<Open> = Vec::new();
    let mut head = Some(head);
    for (at, name) in named {
        if open.is_empty() || (is_beside && is_header(&name)) {
            let mut own = head.take().unwrap_or(Head { source_energy: f64::NAN, time: f64::NAN, ..Head::default() });
            if is_beside {
                own = Head { source_energy: f64::NAN, time: f64::NAN, ..own };
            }
            open.push(Open { head: own, headers: Vec::new(), columns: Vec::new(), line });
        }
        if let Some(table) = open.last_mut() {
            if is_beside
                && let Some((title, unit)) = name.rsplit_once(':').filter(|(title, _)| title.starts_with("Cycle "))
            {
                if table.headers.len() == 1 {
                    table.head.title = title.to_owned();
                }
                let header = if table.headers.len() == 1 { unit } else { &name };
                table.headers.push((at, header.to_owned()));
            } else {
                table.headers.push((at, name));
            }
            table.columns.push(Vec::new());
        }
    }
    open
}

/// Takes a row for every spectrum that has numbers in it. Returns false for a last one that the end of the file cuts.
fn row(line: &Line<'_>, open: &mut [Open], width: usize, reading: &mut Reading) -> bool {
    let mut row: Vec<&str> = Vec::with_capacity(width + 1);
    row.extend(cells(line.text));
    // Without its line end, the last number of a row may lack digits.
    let is_short = open.iter().any(|table| table.headers.last().is_some_and(|(at, _)| *at >= row.len()));
    if !line.ended && is_short {
        return false;
    }
    for (number, table) in open.iter_mut().enumerate() {
        let first = table.headers.first().and_then(|(at, _)| row.get(*at)).copied().unwrap_or_default();
        if first.is_empty() {
            continue;
        }
        for ((at, header), column) in table.headers.iter().zip(&mut table.columns) {
            let cell = row.get(*at).copied().unwrap_or_default();
            let value = fast_float2::parse(cell).ok().or_else(|| parse_number(cell, DecimalMark::Point));
            if value.is_none() {
                let block = reading.measurements.len() + number;
                let error = ReadError::NotANumber {
                    place: Place::Line(line.number),
                    column: header.clone(),
                    unit: String::new(),
                    found: excerpt(cell, 40),
                };
                reading.rejected.push(block, error);
            }
            column.push(value.unwrap_or(f64::NAN));
        }
    }
    true
}

fn flush(open: &mut Vec<Open>, reading: &mut Reading) -> Result<(), ReadError> {
    for table in std::mem::take(open) {
        let line = table.line;
        if table.headers.iter().all(|(_, header)| is_header(header)) {
            reading.leave_out(format!("line {}: a table with energies but no intensity was left out", line - 1));
            continue;
        }
        spectrum(table).finish(|row| Place::Line(line + row as u64), reading)?;
    }
    Ok(())
}

/// A column of the table, by its header; the first without one of `not_before`.
fn position(headers: &[(usize, String)], name: &str) -> Option<usize> {
    headers.iter().position(|(_, header)| header == name)
}

fn spectrum(table: Open) -> Spectrum {
    let Open { head, headers, mut columns, .. } = table;
    let mut spectrum = Spectrum::default();
    let points = columns.first().map_or(0, Vec::len);
    // A column is taken once; a second header of the same name has a column of its own.
    let mut take = |at: Option<usize>| at.and_then(|at| columns.get_mut(at)).map(std::mem::take);
    let (kinetic_at, binding_at) = (position(&headers, "K.E."), position(&headers, "B.E."));
    let rate_at = position(&headers, "CPS");
    let counts_at = position(&headers, "Counts");
    let (kinetic, binding) = (take(kinetic_at), take(binding_at));
    let shift = shift(kinetic.as_deref(), binding.as_deref(), head.source_energy);
    let energies = energies(kinetic, binding, shift, head.source_energy, &mut spectrum);
    if let Some(step) = even_step(&energies) {
        spectrum.number("step_ev", step);
    }
    let (rate, counts) = (take(rate_at), take(counts_at));
    let unit = match (rate, counts) {
        (Some(rate), counts) => {
            spectrum.column("intensity", Some("1"), "CPS", rate);
            if let Some(counts) = counts {
                spectrum.column("counts", Some("1"), "Counts", counts);
            }
            Some("counts/s")
        }
        (None, Some(counts)) => {
            spectrum.column("intensity", Some("1"), "Counts", counts);
            Some("counts")
        }
        (None, None) => {
            // A header that CasaXPS doesn't write: the column after the energies, in an unstated unit.
            let at = headers.iter().position(|(_, header)| !is_header(header));
            let header = at.and_then(|at| headers.get(at)).map_or("", |(_, header)| header.as_str());
            spectrum.column("intensity", Some("1"), header, take(at).unwrap_or_default());
            None
        }
    };
    let scale = spectrum.metadata.remove("energy_scale");
    spectrum.scales(None, unit);
    if let Some(scale) = scale {
        spectrum.metadata.insert("energy_scale".to_owned(), scale);
    }
    let in_counts =
        |at: usize| unit == Some("counts/s") && binding_at.is_some_and(|binding| at < binding && kinetic_at.is_some());
    for (at, (_, header)) in headers.iter().enumerate() {
        let Some(values) = take(Some(at)).filter(|values| points > 0 && values.len() == points) else { continue };
        let is_background = header.trim_end_matches(" CPS") == "Background";
        match (is_background, in_counts(at)) {
            (true, false) => spectrum.column("background", Some("1"), header, values),
            (true, true) => spectrum.column("background_counts", Some("1"), header, values),
            (false, true) => spectrum.column(&format!("{}_counts", curve_name(header)), Some("1"), header, values),
            (false, false) => spectrum.column(&curve_name(header.trim_end_matches(" CPS")), None, header, values),
        }
    }
    describe(&head, &mut spectrum);
    spectrum
}

/// The constant value of E_K + E_B − hν; `None` where one of them is missing.
fn shift(kinetic: Option<&[f64]>, binding: Option<&[f64]>, source: f64) -> Option<f64> {
    let (kinetic, binding) = (kinetic?.first()?, binding?.first()?);
    Some(kinetic + binding - source).filter(|shift| shift.is_finite())
}

/// Puts energies into the spectrum, with their scale, and gives back those that it has as `energy_ev`.
fn energies(
    kinetic: Option<Vec<f64>>,
    binding: Option<Vec<f64>>,
    shift: Option<f64>,
    source: f64,
    spectrum: &mut Spectrum,
) -> Vec<f64> {
    let mut put = |values: Vec<f64>, header: &str, scale: &str| {
        spectrum.column("energy_ev", Some("eV"), header, values.clone());
        spectrum.text("energy_scale", scale);
        values
    };
    match (kinetic, binding) {
        (Some(kinetic), Some(binding)) if shift.is_some_and(|shift| shift.abs() > ROUNDING_EV) => {
            let energies = put(kinetic, "K.E.", "kinetic");
            spectrum.column("binding_energy_calibrated_ev", Some("eV"), "B.E.", binding);
            let shift = shift.unwrap_or_default();
            spectrum.text("calibration", &format!("binding energies were shifted by {shift:.4} eV"));
            spectrum.warnings.push(format!(
                "`K.E.` and `B.E.` add up to {:.4} eV, {shift:.4} eV more than the source's energy: `B.E.` is calibrated, and \
                 `K.E.` was taken",
                source + shift
            ));
            energies
        }
        (Some(kinetic), Some(binding)) => {
            let energies = put(binding, "B.E.", "binding");
            spectrum.column("kinetic_energy_ev", Some("eV"), "K.E.", kinetic);
            energies
        }
        (None, Some(binding)) => {
            let energies = put(binding, "B.E.", "binding");
            spectrum.text("calibration", "not stated");
            spectrum.warnings.push(
                "CasaXPS writes binding energies as displayed, and this layout does not state whether they were calibrated"
                    .to_owned(),
            );
            energies
        }
        (Some(kinetic), None) => put(kinetic, "K.E.", "kinetic"),
        (None, None) => put(Vec::new(), "", ""),
    }
}

fn describe(head: &Head, spectrum: &mut Spectrum) {
    // `Cycle 3:sample:region`, of which any may be empty.
    let mut parts = head.title.splitn(3, ':');
    let cycle = parts.next().unwrap_or_default();
    if let Some(cycle) = cycle.strip_prefix("Cycle ") {
        spectrum.number("cycle", cycle.trim().parse().unwrap_or(f64::NAN));
        spectrum.text("sample", parts.next().unwrap_or_default());
        spectrum.text("region", parts.next().unwrap_or_default());
    } else {
        spectrum.text("title", &head.title);
    }
    spectrum.text("software", "CasaXPS");
    spectrum.positive("excitation_energy_ev", head.source_energy);
    spectrum.positive("counting_time_s", head.time);
    let mut components = 0_usize;
    for (name, line) in
        ["components", "component_positions_ev", "component_fwhm_ev", "component_areas", "component_shapes"]
            .iter()
            .zip(&head.components)
    {
        let filled: Vec<&str> = line.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
        components = components.max(filled.len());
        spectrum.text(name, &filled.join("; "));
    }
    if components > 0 {
        spectrum.number("n_fit_components", components as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    const COLUMNS: &str = "Cycle 3:synthetic film:O 1s\n\tCharacteristic Energy eV\t1.486600e+003\tAcquisition Time s\t5.0e-001\n\
        Name\t\tOxide\tOxide\nPosition\t\t530\t532\nFWHM\t\t1.4\t1.5\nArea\t\t10\t20\nLineshape\t\tGL(30)\tGL(30)\n\
        K.E.\tCounts\tOxide\tOxide\tBackground\tEnvelope\t\tB.E.\tCPS\tOxide CPS\tOxide CPS\tBackground CPS\tEnvelope CPS\n\
        956.6\t10\t6\t7\t5\t8\t\t530\t20\t12\t14\t10\t16\n957.1\t11\t6\t7\t5\t8\t\t529.5\t22\t12\t14\t-1.#IND\t16\n";

    #[test]
    fn a_table_has_both_scales_and_the_curves_of_a_fit() {
        let reading = read(format!("C:\\data\\x.vms\n\n{COLUMNS}{COLUMNS}").as_bytes()).unwrap();
        assert_eq!(reading.measurements.len(), 2);
        let spectrum = &reading.measurements[0];
        let column = |name: &str| spectrum.numbers(name).unwrap_or_else(|| panic!("{name}"))[0];
        assert_eq!((column("energy_ev"), column("kinetic_energy_ev")), (530.0, 956.6));
        assert_eq!((column("intensity"), column("counts")), (20.0, 10.0));
        assert_eq!((column("background"), column("background_counts")), (10.0, 5.0));
        assert_eq!((column("oxide"), column("oxide_2"), column("oxide_counts_2")), (12.0, 14.0, 7.0));
        assert_eq!((column("envelope"), column("envelope_counts")), (16.0, 8.0));
        assert!(spectrum.numbers("background").unwrap()[1].is_nan());
        assert_eq!(spectrum.metadata["region"], Value::Text("O 1s".to_owned()));
        assert_eq!(spectrum.metadata["sample"], Value::Text("synthetic film".to_owned()));
        assert_eq!(spectrum.metadata["counting_time_s"], Value::Number(0.5));
        assert_eq!(spectrum.metadata["component_positions_ev"], Value::Text("530; 532".to_owned()));
    }

    #[test]
    fn a_calibrated_table_gives_the_kinetic_energies() {
        let moved = COLUMNS.replace("\t\t530\t20", "\t\t531.5\t20").replace("\t\t529.5\t22", "\t\t531\t22");
        let reading = read(moved.as_bytes()).unwrap();
        let spectrum = &reading.measurements[0];
        assert_eq!(spectrum.numbers("energy_ev"), Some(&[956.6, 957.1][..]));
        assert_eq!(spectrum.numbers("binding_energy_calibrated_ev"), Some(&[531.5, 531.0][..]));
        assert_eq!(spectrum.metadata["energy_scale"], Value::Text("kinetic".to_owned()));
        assert_eq!(
            spectrum.metadata["calibration"],
            Value::Text("binding energies were shifted by 1.5000 eV".to_owned())
        );
    }

    #[test]
    fn spectra_beside_each_other_have_rows_of_their_own() {
        let file = "Name\t\t\t\t\t\t\nPosition\nFWHM\nArea\nLineshape\nB.E.\tCycle 0:film:O 1s:CPS\t\tB.E.\tCycle 1:film:C 1s:CPS\t\n\
            530\t1\t\t285\t3\t\n529\t2\t\t284\t4\t\n\t\t\t283\t5\t\n";
        let reading = read(file.as_bytes()).unwrap();
        let points: Vec<_> =
            reading.measurements.iter().map(|spectrum| spectrum.numbers("intensity").unwrap()).collect();
        assert_eq!(points, [&[1.0, 2.0][..], &[3.0, 4.0, 5.0]]);
        assert_eq!(reading.measurements[1].metadata["region"], Value::Text("C 1s".to_owned()));
        assert_eq!(reading.measurements[1].metadata["calibration"], Value::Text("not stated".to_owned()));
    }

    #[test]
    fn a_cut_row_is_left_out() {
        let reading = read(&COLUMNS.as_bytes()[..COLUMNS.len() - 12]).unwrap();
        assert_eq!(reading.measurements[0].n_points(), 1);
        assert!(reading.measurements[0].metadata.contains_key("incomplete"));
    }
}

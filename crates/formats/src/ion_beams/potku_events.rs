//! Reads the lists of events of Potku: `.cut`, `.asc` and `.tof_list`.
//!
//! * `.asc`, list mode as the data acquisition wrote it: two whole numbers a line, by Potku's usual order the channels of
//!   time of flight and of energy; no header.
//! * `.cut`, the events of one element: eight lines of key and value, an empty line, `ToF, Energy, Event number`, then
//!   numbers separated by blanks (not commas). With a position-sensitive detector a line has four numbers, the third of
//!   which is the angle's channel; the header line stays. Events are numbered from 1. `Energy` and `Detector Angle` are
//!   always 0. The element is in the file's name; with the type `RBS` the name has the beam's, and `Scatter Element`
//!   the target's.
//! * `.tof_list`, the same events with calibrated energy: theta and phi in degrees, energy in MeV, atomic number, mass
//!   in u, `ERD` or `RBS`, weight, event number (counted from 0 by some versions). With the type `RBS` atomic number
//!   and mass are those of the target's nuclide.
//!
//! Source: `cut_file.py` and `tof_list.c` of Potku, `tofe_list` of JYU-IBA; files of Potku.

use std::collections::BTreeMap;

use aldb_elements::Element;

use super::number_lines::{Cell, Meaning, OtherLines, Rows, cells, is_blank, number, plain, read_rows, whole_number};
use crate::manifest::embedded;
use crate::text::{Line, decode, excerpt, lines, whole_lines};
use crate::{
    Adapter, Manifest, Match, Measurement, NOT_STATED, Place, Probe, ReadError, Reading, Technique, Value, Values,
};

const TIME_OF_FLIGHT: Meaning = plain("time_of_flight_channel", "1", "ToF");
const ENERGY: Meaning = plain("energy_channel", "1", "Energy");
const EVENT_NUMBER: Meaning = plain("event_number", "1", "Event number");

/// Rows that a text without a header needs to be taken as a list of events.
const FEWEST_EVENTS: usize = 20;
/// Above the last channel of any converter.
const CHANNELS: u32 = 1 << 16;

/// Reads Potku's cut files.
#[derive(Debug)]
pub(crate) struct PotkuCut;

impl Adapter for PotkuCut {
    fn manifest(&self) -> &Manifest {
        embedded("potku_cut")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let mut keys = lines(probe.text()).map_while(|line| line.text.split_once(':').map(|(key, _)| key.trim()));
        let is_cut =
            keys.next() == Some("Count") && keys.next() == Some("Type") && keys.next() == Some("Weight Factor");
        if is_cut { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let text = decode(file).text;
        let mut metadata = BTreeMap::from([("element".to_owned(), Value::Text(NOT_STATED.to_owned()))]);
        let mut announced = None;
        let mut rest = lines(&text);
        let mut header = None;
        for line in rest.by_ref().take(100) {
            if line.text.trim_start().starts_with("ToF") {
                header = Some(line);
                break;
            }
            match line.text.split_once(':') {
                Some(("Count", count)) => announced = whole_number(count.trim()),
                Some((key, value)) => setting(key.trim(), value.trim(), &mut metadata),
                None => {}
            }
        }
        let Some(header) = header else {
            return Err(ReadError::malformed(
                Place::Line(1),
                "a line `ToF, Energy, Event number` below the settings",
                "none in the first 100 lines",
            ));
        };
        let has_angle = rest
            .clone()
            .find(|line| !line.text.trim().is_empty())
            .is_some_and(|line| cells(line.text, is_blank).count() == 4);
        let mut reading = if has_angle {
            let angle = plain("detector_angle_channel", "1", "Angle");
            let meanings = [TIME_OF_FLIGHT, ENERGY, angle, EVENT_NUMBER];
            events(read_rows(rest, &meanings, is_blank, OtherLines::Rejected), &meanings, metadata)
        } else {
            let meanings = [TIME_OF_FLIGHT, ENERGY, EVENT_NUMBER];
            events(read_rows(rest, &meanings, is_blank, OtherLines::Rejected), &meanings, metadata)
        };
        if let (Some(announced), Some(measurement)) = (announced, reading.measurements.first_mut()) {
            let found = measurement.n_points();
            if found < announced as usize {
                let statement = format!("the file announces {announced} events, {found} of which can be read");
                measurement.metadata.entry("incomplete".to_owned()).or_insert(Value::Text(statement));
            } else if found > announced as usize {
                measurement.warnings.push(format!(
                    "the file announces {announced} events and has {found} below line {}",
                    header.number
                ));
            }
        }
        Ok(reading)
    }
}

/// Takes one setting of a cut file; an empty value is left out.
fn setting(key: &str, value: &str, metadata: &mut BTreeMap<String, Value>) {
    let name = match key {
        "Type" => "reaction",
        "Scatter Element" => "scatter_element",
        "Weight Factor" => "weight_factor",
        "Split count" => "split_count",
        "Element losses" => "element_losses",
        _ => return,
    };
    let value = match (name, value, number(value)) {
        (_, "", _) => return,
        ("reaction" | "scatter_element", text, _) => Value::Text(excerpt(text, 40)),
        ("element_losses", flag, _) => Value::Flag(flag.eq_ignore_ascii_case("true")),
        (_, _, Some(number)) => Value::Number(number),
        (_, text, None) => Value::Text(excerpt(text, 40)),
    };
    metadata.insert(name.to_owned(), value);
}

/// Reads Potku's list mode.
#[derive(Debug)]
pub(crate) struct PotkuList;

impl Adapter for PotkuList {
    fn manifest(&self) -> &Manifest {
        embedded("potku_list")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let mut last = 0;
        let (mut found, mut fell) = (0, 0);
        for line in lines(whole_lines(probe.text())) {
            let mut numbers = cells(line.text, is_blank).map(whole_number);
            let (Some(Some(one)), Some(Some(other)), None) = (numbers.next(), numbers.next(), numbers.next()) else {
                return Match::No;
            };
            if one >= CHANNELS || other >= CHANNELS {
                return Match::No;
            }
            fell += usize::from(one < last);
            last = one;
            found += 1;
        }
        // Times of flight come in no order; channels, angles and energies of a spectrum in one.
        if found >= FEWEST_EVENTS && (found / 4..=found - found / 4).contains(&fell) { Match::Weak } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let text = decode(file).text;
        let meanings = [TIME_OF_FLIGHT, ENERGY];
        let rows = read_rows(lines(&text), &meanings, is_blank, OtherLines::Rejected);
        let mut reading = events(rows, &meanings, BTreeMap::new());
        reading.warnings.push(
            "the file has no header: its columns are taken as the channels of time of flight and energy, Potku's usual \
             order"
                .to_owned(),
        );
        Ok(reading)
    }
}

/// Reads Potku's lists of calibrated events.
#[derive(Debug)]
pub(crate) struct PotkuTofList;

/// The columns of a `.tof_list`; the type is 1 for ERD and 2 for RBS.
const TOF_LIST: [Meaning; 8] = [
    plain("detector_theta_deg", "deg", "theta"),
    plain("detector_phi_deg", "deg", "phi"),
    Meaning { name: "energy_kev", unit: Some("keV"), header: "energy / MeV", factor: 1000.0, read: Cell::Number },
    plain("atomic_number", "1", "Z"),
    plain("mass_u", "u", "mass"),
    Meaning { name: "reaction", unit: None, header: "type", factor: 1.0, read: Cell::Word(reaction) },
    plain("weight", "1", "weight"),
    plain("event_number", "1", "event"),
];
const REACTIONS: [&str; 2] = ["ERD", "RBS"];

fn reaction(cell: &str) -> Option<f64> {
    REACTIONS.iter().position(|name| *name == cell).map(|place| place as f64 + 1.0)
}

impl Adapter for PotkuTofList {
    fn manifest(&self) -> &Manifest {
        embedded("potku_tof_list")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let is_event = |line: Line<'_>| {
            let mut numbers = cells(line.text, is_blank);
            let fits =
                TOF_LIST.iter().all(|meaning| numbers.next().is_some_and(|cell| meaning.read.read(cell).is_some()));
            fits && numbers.next().is_none()
        };
        let mut events = lines(whole_lines(probe.text())).filter(|line| !line.text.trim().is_empty()).peekable();
        if events.peek().is_some() && events.all(is_event) { Match::Likely } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let text = decode(file).text;
        let rows = read_rows(lines(&text), &TOF_LIST, is_blank, OtherLines::Rejected);
        let mut reading = events(rows, &TOF_LIST, BTreeMap::new());
        if let Some(measurement) = reading.measurements.first_mut() {
            name_reaction_and_element(measurement);
        }
        Ok(reading)
    }
}

/// Turns the codes of reactions into words, and states the element where there is only one.
fn name_reaction_and_element(measurement: &mut Measurement) {
    #[expect(clippy::float_cmp, reason = "codes and atomic numbers are whole, and exact as floats")]
    let one_value = |name: &str| {
        let values = measurement.numbers(name)?;
        let first = *values.first()?;
        values.iter().all(|value| *value == first).then_some(first)
    };
    let word = |code: f64| REACTIONS.get(code as usize - 1).copied().unwrap_or_default().to_owned();
    let only_reaction = one_value("reaction");
    let element = one_value("atomic_number")
        .filter(|number| number.fract() == 0.0)
        .and_then(|number| Element::from_atomic_number(number as u8));
    if let Some(element) = element {
        measurement.metadata.insert("element".to_owned(), Value::Text(element.symbol().to_owned()));
    }
    if let Some(code) = only_reaction {
        measurement.metadata.insert("reaction".to_owned(), Value::Text(word(code)));
        measurement.columns.retain(|column| column.name != "reaction");
    } else if let Some(column) = measurement.columns.iter_mut().find(|column| column.name == "reaction")
        && let Values::Number(codes) = &column.values
    {
        column.values = Values::Text(codes.iter().map(|code| word(*code)).collect());
    }
}

/// One measurement of the events in `rows`.
fn events<const N: usize>(rows: Rows<N>, meanings: &[Meaning; N], mut metadata: BTreeMap<String, Value>) -> Reading {
    if let Some(statement) = &rows.incomplete {
        metadata.insert("incomplete".to_owned(), Value::Text(statement.clone()));
    }
    let measurement = Measurement {
        block: 0,
        technique: Technique::IonBeamEvents,
        columns: Rows::columns(rows.values, meanings),
        metadata,
        warnings: Vec::new(),
    };
    Reading { measurements: vec![measurement], rejected: rows.rejected, ..Reading::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUT: &str = "Count: 2\nType: ERD\nWeight Factor: 1.5\nEnergy: 0\nDetector Angle: 0\nScatter Element: \nElement \
                       losses: False\nSplit count: 1\n\nToF, Energy, Event number\n1500 3000 7\n1501 2999 9\n";

    #[test]
    fn a_cut_file_gives_its_events_and_settings() {
        assert_eq!(PotkuCut.sniff(&Probe::new(CUT.as_bytes())), Match::Certain);
        let reading = PotkuCut.read(CUT.as_bytes()).unwrap();
        let events = &reading.measurements[0];
        assert_eq!(events.numbers("event_number"), Some(&[7.0, 9.0][..]));
        assert_eq!(events.metadata["weight_factor"], Value::Number(1.5));
        assert_eq!(events.metadata["element_losses"], Value::Flag(false));
        assert!(!events.metadata.contains_key("scatter_element") && !events.metadata.contains_key("incomplete"));
    }

    #[test]
    fn a_cut_file_may_have_the_channel_of_an_angle() {
        let text = CUT.replace("1500 3000 7", "1500 3000 12 7").replace("1501 2999 9", "1501 2999 13 9");
        let events = &PotkuCut.read(text.as_bytes()).unwrap().measurements[0];
        assert_eq!(events.numbers("detector_angle_channel"), Some(&[12.0, 13.0][..]));
        assert_eq!(events.numbers("event_number"), Some(&[7.0, 9.0][..]));
    }

    #[test]
    fn a_truncated_cut_file_is_incomplete() {
        let events = &PotkuCut.read(&CUT.as_bytes()[..CUT.len() - 3]).unwrap().measurements[0];
        assert_eq!(events.n_points(), 1);
        assert_eq!(events.metadata["incomplete"], Value::Text("the file ends in the middle of line 12".to_owned()));
        let announced = CUT.replace("Count: 2", "Count: 5");
        let events = &PotkuCut.read(announced.as_bytes()).unwrap().measurements[0];
        assert_eq!(
            events.metadata["incomplete"],
            Value::Text("the file announces 5 events, 2 of which can be read".to_owned())
        );
    }

    #[test]
    fn pairs_of_channels_in_no_order_are_list_mode_and_a_spectrum_is_not() {
        let events: String = (0..40).map(|i| format!("{} {}\n", (i * i * 7919) % 4093, (i * 104_729) % 4096)).collect();
        assert_eq!(PotkuList.sniff(&Probe::new(events.as_bytes())), Match::Weak);
        let spectrum: String = (0..40).map(|i| format!("{i} {}\n", i % 7)).collect();
        for text in [spectrum, events.replace("0 0", "0 0.5"), events.replace("0 0", "0 0 0"), "1 2\n".to_owned()] {
            assert_eq!(PotkuList.sniff(&Probe::new(text.as_bytes())), Match::No, "{text}");
        }
    }

    #[test]
    fn energies_of_a_tof_list_become_kev_and_its_element_is_named() {
        let text = "  0.0   0.0    2.66790   3   7.0160 ERD  1.081   605\n0.000000e+00 0.000000e+00    1.50000   3   \
                    7.0160 ERD  1.081 123456\n";
        assert_eq!(PotkuTofList.sniff(&Probe::new(text.as_bytes())), Match::Likely);
        let reading = PotkuTofList.read(text.as_bytes()).unwrap();
        let events = &reading.measurements[0];
        assert_eq!(events.numbers("energy_kev"), Some(&[2667.9, 1500.0][..]));
        assert_eq!(events.metadata["element"], Value::Text("Li".to_owned()));
        assert_eq!(events.metadata["reaction"], Value::Text("ERD".to_owned()));
        let mixed = PotkuTofList.read(text.replacen("ERD", "RBS", 1).as_bytes()).unwrap();
        let column = mixed.measurements[0].columns.iter().find(|column| column.name == "reaction").unwrap();
        assert_eq!(column.values, Values::Text(vec!["RBS".to_owned(), "ERD".to_owned()]));
    }
}

//! Interprets the headers of battery cyclers' files: one vocabulary for Arbin, Maccor, Neware, PEC and the Battery Data
//! Format, because their words differ less than their layouts.
//!
//! A quantity gets a name of the table only where its header states a unit of the right kind, or where the vendor
//! documents one for it: Arbin's database has no units in its headers (s, V, A, A.h, W.h by its manual), Maccor's
//! `Amps`, `Volts` and `Amp-hr` are units themselves. A time without a unit stays one without.
//!
//! Source: headers of the files listed in `ingest/*/instrument.toml`; Arbin, MITS Pro manual, section on the results
//! file; Battery Data Format, column names of its ontology.

use crate::column::column_name;
use crate::unit::{Quantity, Unit};

/// Whose headers they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vendor {
    Arbin,
    Bdf,
    Maccor,
    Neware,
    Pec,
}

/// The kind of a column's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Numbers, in the unit that the header states.
    Number,
    /// Times such as `0d 01:02:03.5`, in seconds after reading.
    Duration,
    /// Words and dates.
    Text,
    /// Not decided by the header: the first rows decide.
    Open,
    /// A column without header and cells, where lines end in a separator.
    Skipped,
}

/// A column as its header describes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    /// As written in the file.
    pub header: String,
    /// Lower-case name that ends in its unit.
    pub name: String,
    /// UCUM code after conversion.
    pub unit: Option<String>,
    /// Value in `unit` = value in the file × `factor`.
    pub factor: f64,
    pub kind: Kind,
    /// Whether a row without a number in this column is rejected.
    pub is_needed: bool,
    /// The name of the table that an earlier column of the same meaning already has.
    pub rival_of: Option<String>,
}

/// Base quantity and how many of its unit the unit in `name` is.
const TIME: (Quantity, f64) = (Quantity::Time, 1.0);
const POTENTIAL: (Quantity, f64) = (Quantity::Potential, 1.0);
const CURRENT: (Quantity, f64) = (Quantity::Current, 1.0);
/// A milliampere-hour is 3.6 C.
const CHARGE: (Quantity, f64) = (Quantity::Charge, 3.6);

/// A name of the table, its UCUM code, its quantity.
type Known = (&'static str, &'static str, (Quantity, f64));

/// The measured quantity that words mean, `words` in lower case without blanks and marks.
fn measured(vendor: Vendor, words: &str) -> Option<Known> {
    let known = match words {
        "testtime" | "cumulativetime" | "totaltime" => ("time_s", "s", TIME),
        "test" if vendor == Vendor::Maccor => ("time_s", "s", TIME),
        "steptime" => ("step_time_s", "s", TIME),
        "step" if vendor == Vendor::Maccor => ("step_time_s", "s", TIME),
        // Neware's `Time` restarts with every step.
        "time" if vendor == Vendor::Neware => ("step_time_s", "s", TIME),
        "voltage" | "volts" | "volt" => ("potential_v", "V", POTENTIAL),
        "current" | "amps" | "cur" => ("current_a", "A", CURRENT),
        "chargecapacity" | "chgcap" | "chargingcapacity" | "capacitancechg" | "capacitychg" | "capchg"
        | "chgcapacity" => ("charge_capacity_mah", "mA.h", CHARGE),
        "dischargecapacity"
        | "dchgcap"
        | "dischargingcapacity"
        | "capacitancedchg"
        | "capacitydchg"
        | "capdchg"
        | "dchgcapacity"
        | "dischgcap" => ("discharge_capacity_mah", "mA.h", CHARGE),
        "capacity" | "cap" | "amphr" | "netcapacity" | "capacitance" => ("charge_mah", "mA.h", CHARGE),
        _ => return None,
    };
    Some(known)
}

/// The number, word or clock that words mean: name, unit, kind.
fn counted(words: &str) -> Option<(&'static str, Option<&'static str>, Kind)> {
    let known = match words {
        "cycle" | "cycleindex" | "cyclecount" | "cyc#" | "cyc" | "cycleid" | "cyclec" | "cyclenumber" => {
            ("cycle", Some("1"), Kind::Number)
        }
        "step" | "stepindex" | "stepid" | "stepnumber" | "step#" => ("step", Some("1"), Kind::Number),
        "datapoint" | "rec" | "rec#" | "recordid" | "recordindex" | "recordnumber" => {
            ("record", Some("1"), Kind::Number)
        }
        "steptype" | "status" | "state" | "md" | "mode" | "instructionname" => ("step_type", None, Kind::Text),
        _ => return None,
    };
    Some(known)
}

/// The unit that Arbin's documents give a column of its database.
fn arbin_unit(words: &str) -> Option<&'static str> {
    let unit = match words {
        "testtime" | "steptime" => "s",
        "voltage" => "V",
        "current" => "A",
        "chargecapacity" | "dischargecapacity" => "Ah",
        "chargeenergy" | "dischargeenergy" => "Wh",
        "dvdt" => "V/s",
        "internalresistance" | "acimpedance" => "Ohm",
        "aciphaseangle" => "deg",
        "datetime" => "d",
        _ => return None,
    };
    Some(unit)
}

/// Interprets a header.
pub(super) fn field(vendor: Vendor, header: &str) -> Field {
    let header = header.trim().trim_matches('"').trim();
    let mut field = Field {
        header: header.to_owned(),
        name: column_name(header),
        unit: None,
        factor: 1.0,
        kind: Kind::Open,
        is_needed: false,
        rival_of: None,
    };
    let (words, stated) = split(vendor, header);
    let spelling = spelling(words);
    if header.is_empty() {
        field.kind = Kind::Skipped;
        return field;
    }
    let in_hours = stated.is_some_and(|unit| unit.contains("hh:mm") || unit.contains("h:min"));
    let assumed = if vendor == Vendor::Arbin && stated.is_none() { arbin_unit(&spelling) } else { None };
    let unit = if assumed == Some("d") { None } else { stated.or(assumed).and_then(|unit| parse(&spelling, unit)) };
    // Maccor's `Step` counts, its `Step (Sec)` is a time.
    let is_counter = stated.is_none() && spelling == "step";
    if let Some((name, ucum, (quantity, scale))) = measured(vendor, &spelling).filter(|_| !is_counter) {
        if let Some(unit) = unit.as_ref().filter(|unit| unit.quantity == quantity) {
            field.name = name.to_owned();
            field.unit = Some(ucum.to_owned());
            field.factor = short(unit.factor / scale);
            field.kind = if quantity == Quantity::Time { Kind::Open } else { Kind::Number };
            field.is_needed = ["time_s", "potential_v", "current_a"].contains(&name);
            return field;
        }
        // A time without a unit is one if its cells are durations (`00:01:00`), which the first rows show.
        if quantity == Quantity::Time && (in_hours || stated.is_none()) {
            field.name = name.to_owned();
            field.unit = Some(ucum.to_owned());
            field.kind = Kind::Duration;
            field.is_needed = name == "time_s";
            return field;
        }
    }
    if stated.is_none_or(|unit| unit.trim() == "1")
        && let Some((name, unit, kind)) = counted(&spelling)
    {
        field.name = name.to_owned();
        field.unit = unit.map(str::to_owned);
        field.kind = kind;
        return field;
    }
    if vendor == Vendor::Pec && ["cellid", "rack", "shelf", "position"].contains(&spelling.as_str()) {
        // Names that may look like numbers: `014`, `1_2`.
        field.kind = Kind::Text;
        return field;
    }
    if ["temp", "temperature", "temperaturet1"].contains(&spelling.as_str())
        && unit.as_ref().is_some_and(|unit| unit.ucum == "Cel")
    {
        field.name = "temperature_c".to_owned();
        field.unit = Some("Cel".to_owned());
        return field;
    }
    if in_hours {
        field.name = format!("{}_s", column_name(words));
        field.unit = Some("s".to_owned());
        field.kind = Kind::Duration;
        return field;
    }
    if let Some(assumed) = assumed {
        field.name = format!("{}_{}", column_name(words), column_name(assumed));
        field.unit =
            Some(if assumed == "d" { "d".to_owned() } else { unit.map_or_else(String::new, |unit| unit.ucum) });
        return field;
    }
    if stated.is_some_and(|unit| unit.trim() == "1") {
        field.name = column_name(words);
        field.unit = Some("1".to_owned());
    } else {
        field.unit = unit.map(|unit| unit.ucum);
    }
    field
}

/// The columns of a header's cells. Of several with the same meaning the first gets the name of the table; the others
/// keep their own.
pub(super) fn fields<'a>(vendor: Vendor, headers: impl Iterator<Item = &'a str>) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for header in headers {
        let mut next = field(vendor, header);
        let is_taken = |name: &str, fields: &[Field]| fields.iter().any(|field| field.name == *name);
        if next.kind != Kind::Skipped && is_taken(&next.name, &fields) {
            let (words, stated) = split(vendor, &next.header);
            // Its own unit, unconverted.
            next.unit = stated.and_then(|unit| parse(&spelling(words), unit)).map(|unit| unit.ucum);
            next.factor = 1.0;
            next.rival_of = Some(next.name);
            next.name = column_name(if stated.is_some_and(|unit| unit.trim() == "1") { words } else { &next.header });
            next.is_needed = false;
            if next.name.is_empty() || is_taken(&next.name, &fields) {
                let stem = next.name;
                next.name = (2..)
                    .map(|number| format!("{stem}_{number}"))
                    .find(|name| !is_taken(name, &fields))
                    .unwrap_or_default();
            }
        }
        fields.push(next);
    }
    fields
}

/// The words of a header and the unit that it states after them.
fn split(vendor: Vendor, header: &str) -> (&str, Option<&str>) {
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some(inside) = header.strip_suffix(close)
            && let Some(at) = inside.rfind(open)
        {
            return (header[..at].trim_end(), Some(&inside[at + 1..]));
        }
    }
    if let Some((words, unit)) = header.rsplit_once(" / ") {
        return (words, Some(unit));
    }
    // Maccor: `Amps`, `mVolts`, `Amp-hr`, `ACImp/Ohms`.
    if vendor == Vendor::Maccor {
        for (word, _) in MACCOR_UNITS {
            if let Some(prefix) = header.strip_suffix(word)
                && ["", "m", "u", "µ", "n"].contains(&prefix)
            {
                return (word, Some(header));
            }
        }
        if let Some((words, unit)) = header.rsplit_once('/') {
            return (words, Some(unit));
        }
    }
    // The Battery Data Format's names for machines: `test_time_second`, `charging_capacity_ah`.
    if vendor == Vendor::Bdf
        && let Some((words, unit)) = header.rsplit_once('_')
        && let Some((_, symbol)) = MACHINE_UNITS.iter().find(|(word, _)| *word == unit)
    {
        return (words, Some(symbol));
    }
    (header, None)
}

/// Maccor's headers that are units, and the symbol of each.
const MACCOR_UNITS: &[(&str, &str)] = &[("Amps", "A"), ("Volts", "V"), ("Amp-hr", "Ah"), ("Watt-hr", "Wh")];

const MACHINE_UNITS: &[(&str, &str)] = &[
    ("second", "s"),
    ("volt", "V"),
    ("ampere", "A"),
    ("ah", "Ah"),
    ("wh", "Wh"),
    ("celsius", "°C"),
    ("watt", "W"),
    ("ohm", "Ohm"),
];

fn parse(spelling: &str, unit: &str) -> Option<Unit> {
    let unit = unit.trim();
    for (word, symbol) in MACCOR_UNITS {
        if let Some(prefix) = unit.strip_suffix(word) {
            return Unit::parse(&format!("{prefix}{symbol}"));
        }
    }
    let is_temperature = spelling.starts_with("temp") || spelling.ends_with("temperature") || spelling == "t";
    match unit {
        "C" | "oC" | "℃" if is_temperature => Unit::parse("°C"),
        "Seconds" | "Sec" => Unit::parse("s"),
        "Hours" => Unit::parse("h"),
        "Minutes" | "Min" => Unit::parse("min"),
        _ => Unit::parse(unit),
    }
}

/// Lower case, letters, digits and `#` only.
fn spelling(words: &str) -> String {
    words.chars().filter(|c| c.is_alphanumeric() || *c == '#').flat_map(char::to_lowercase).collect()
}

/// A quotient of units without the rounding error of the division: such factors are short decimal numbers.
fn short(quotient: f64) -> f64 {
    format!("{quotient:.14e}").parse().unwrap_or(quotient)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vendor: Vendor, header: &str) -> (String, String, f64) {
        let field = field(vendor, header);
        (field.name, field.unit.unwrap_or_default(), field.factor)
    }

    fn expect(name: &str, unit: &str, factor: f64) -> (String, String, f64) {
        (name.to_owned(), unit.to_owned(), factor)
    }

    #[test]
    fn units_in_headers_are_converted() {
        assert_eq!(read(Vendor::Neware, "Current(mA)"), expect("current_a", "A", 1e-3));
        assert_eq!(read(Vendor::Neware, "Chg. Cap.(Ah)"), expect("charge_capacity_mah", "mA.h", 1000.0));
        assert_eq!(read(Vendor::Neware, "Capacity(uAh)"), expect("charge_mah", "mA.h", 1e-3));
        assert_eq!(read(Vendor::Pec, "Discharge Capacity (mAh)"), expect("discharge_capacity_mah", "mA.h", 1.0));
        assert_eq!(read(Vendor::Pec, "Step Time (Seconds)"), expect("step_time_s", "s", 1.0));
        assert_eq!(read(Vendor::Pec, "Temp (°C)"), expect("temperature_c", "Cel", 1.0));
        assert_eq!(read(Vendor::Bdf, "Test Time / s"), expect("time_s", "s", 1.0));
        assert_eq!(read(Vendor::Bdf, "charging_capacity_ah"), expect("charge_capacity_mah", "mA.h", 1000.0));
        assert_eq!(read(Vendor::Bdf, "Cycle Count / 1"), expect("cycle", "1", 1.0));
        assert_eq!(read(Vendor::Arbin, "Test_Time(s)"), expect("time_s", "s", 1.0));
    }

    #[test]
    fn words_that_are_units_are_read_as_such() {
        assert_eq!(read(Vendor::Maccor, "Amps"), expect("current_a", "A", 1.0));
        assert_eq!(read(Vendor::Maccor, "mVolts"), expect("potential_v", "V", 1e-3));
        assert_eq!(read(Vendor::Maccor, "mAmp-hr"), expect("charge_mah", "mA.h", 1.0));
        assert_eq!(read(Vendor::Maccor, "Watt-hr"), expect("watt_hr", "W.h", 1.0));
        assert_eq!(read(Vendor::Maccor, "Test (Sec)"), expect("time_s", "s", 1.0));
        assert_eq!(read(Vendor::Maccor, "Step"), expect("step", "1", 1.0));
        assert_eq!(read(Vendor::Maccor, "Cap. [Ah]"), expect("charge_mah", "mA.h", 1000.0));
    }

    #[test]
    fn only_arbins_columns_have_units_that_are_not_written() {
        assert_eq!(read(Vendor::Arbin, "Charge_Capacity"), expect("charge_capacity_mah", "mA.h", 1000.0));
        assert_eq!(read(Vendor::Arbin, "Charge_Energy"), expect("charge_energy_wh", "W.h", 1.0));
        assert_eq!(read(Vendor::Arbin, "DateTime"), expect("datetime_d", "d", 1.0));
        assert_eq!(read(Vendor::Neware, "Current"), expect("current", "", 1.0));
        assert_eq!(field(Vendor::Maccor, "TestTime").kind, Kind::Duration);
    }

    #[test]
    fn a_capacity_per_mass_is_not_a_capacity() {
        assert_eq!(read(Vendor::Neware, "Spec. Cap.(mAh/g)"), expect("spec_cap_mah_g", "mA.h/g", 1.0));
        assert_eq!(read(Vendor::Neware, "Capacity(mAh/g)"), expect("capacity_mah_g", "mA.h/g", 1.0));
    }

    #[test]
    fn the_first_of_several_columns_gets_the_name() {
        let fields = fields(Vendor::Arbin, ["Current", "Current / A", ""].into_iter());
        let names: Vec<_> = fields.iter().map(|field| (field.name.as_str(), field.rival_of.as_deref())).collect();
        assert_eq!(names, [("current_a", None), ("current_a_2", Some("current_a")), ("", None)]);
        assert_eq!(fields[2].kind, Kind::Skipped);
    }
}

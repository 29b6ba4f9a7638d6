//! Writes galvanostatic cycling as BioLogic EC-Lab exports it: `.mpt`, technique GCPL.
//!
//! Format: header as for spectra, with a column of settings for every sequence `Ns`; a row a point; a new half cycle
//! whenever the current turns. Charge counts up while charging. Source: exports of EC-Lab 11.50 in public repositories.

use crate::eclab::{Decimal, head, latin_1, with_line_count};
use crate::number::scientific;

const COLUMNS: &str = "mode\tox/red\terror\tcontrol changes\tNs changes\tcounter inc.\tNs\ttime/s\tcontrol/V/mA\tEwe/V\t\
                       dq/mA.h\t(Q-Qo)/mA.h\t<I>/mA\tQ charge/discharge/mA.h\thalf cycle\tCapacity/mA.h\tcontrol/V\t\
                       control/mA\tcycle number\t";

/// A half cycle at one current.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HalfCycle {
    /// Current (mA), positive while charging.
    pub(crate) current_ma: f64,
    /// Seconds since its start, potential (V), charge since its start (mAh, signed).
    pub(crate) points: Vec<(f64, f64, f64)>,
}

/// The file of a sample, cycled between two potentials (V) with an electrode of this area (cm²).
pub(crate) fn mpt(
    name: &str,
    start_minutes: i64,
    area_cm2: f64,
    limits_v: (f64, f64),
    halves: &[HalfCycle],
) -> Vec<u8> {
    let technique = "Galvanostatic Cycling with Potential Limitation";
    let mut head = head(technique, name, start_minutes, &format!("{area_cm2:.3}"), Decimal::Point);
    let mut setting = |name: &str, value: &dyn Fn(usize, &HalfCycle) -> String| {
        let values: String =
            halves.iter().enumerate().map(|(index, half)| format!("{:<20}", value(index, half))).collect();
        head.push(format!("{name:<20}{values}"));
    };
    let limit = |half: &HalfCycle| if half.current_ma > 0.0 { limits_v.1 } else { limits_v.0 };
    setting("Ns", &|index, _| index.to_string());
    setting("Set I/C", &|_, _| "I".to_owned());
    setting("Is", &|_, half| format!("{:.3}", half.current_ma * 1e3));
    setting("unit Is", &|_, _| "µA".to_owned());
    setting("vs.", &|_, _| "<None>".to_owned());
    setting("I sign", &|_, half| if half.current_ma > 0.0 { "> 0" } else { "< 0" }.to_owned());
    setting("EM (V)", &|_, half| format!("{:.3}", limit(half)));
    setting("goto Ns'", &|_, _| "0".to_owned());
    setting("nc cycles", &|_, _| "0".to_owned());
    head.push(String::new());
    head.push(COLUMNS.to_owned());

    let mut text = with_line_count(&head);
    let (mut begun_s, mut begun_mah) = (0.0, 0.0);
    for (index, half) in halves.iter().enumerate() {
        let mut before_mah = 0.0;
        for (point, &(time_s, potential_v, charge_mah)) in half.points.iter().enumerate() {
            let double = |value: f64| scientific(value, 15);
            let flag = |set: bool| u8::from(set).to_string();
            let row = [
                "1".to_owned(),
                flag(half.current_ma > 0.0),
                "0".to_owned(),
                flag(point == 0),
                flag(point == 0 && index > 0),
                "0".to_owned(),
                index.to_string(),
                double(begun_s + time_s),
                scientific(half.current_ma, 7),
                scientific(potential_v, 7),
                double(charge_mah - before_mah),
                double(begun_mah + charge_mah),
                double(half.current_ma),
                double(charge_mah),
                index.to_string(),
                double(charge_mah.abs()),
                scientific(0.0, 7),
                scientific(half.current_ma, 7),
                double((index / 2) as f64),
            ];
            text += &row.join("\t");
            text += "\r\n";
            before_mah = charge_mah;
        }
        if let Some(&(time_s, _, charge_mah)) = half.points.last() {
            begun_s += time_s + 1.0;
            begun_mah += charge_mah;
        }
    }
    latin_1(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_as_many_cells_as_names_and_half_cycles_count_up() {
        let half = |current_ma: f64| HalfCycle { current_ma, points: vec![(0.0, 3.9, 0.0), (3600.0, 4.2, current_ma)] };
        let bytes = mpt("film", 0, 1.05, (3.5, 4.5), &[half(0.0063), half(-0.0063), half(0.0315)]);
        let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
        let lines: Vec<&str> = text.lines().collect();
        let count: usize = lines[1].strip_prefix("Nb header lines : ").unwrap().trim_end().parse().unwrap();
        assert!(lines[count - 1].starts_with("mode\tox/red\terror\t"), "{}", lines[count - 1]);
        assert!(
            text.contains("Electrode surface area : 1.050 cm\u{b2}\r\n") && text.contains("Comments : synthetic: ")
        );
        let width = lines[count - 1].split('\t').count() - 1;
        let rows: Vec<Vec<&str>> = lines[count..].iter().map(|line| line.split('\t').collect()).collect();
        assert!(rows.len() == 6 && rows.iter().all(|row| row.len() == width));
        let halves: Vec<&str> = rows.iter().map(|row| row[14]).collect();
        assert_eq!(halves, ["0", "0", "1", "1", "2", "2"]);
        assert_eq!((rows[1][10], rows[3][11]), ("6.300000000000000E-003", "0.000000000000000E+000"));
        let currents = lines.iter().find(|line| line.starts_with("Is  ")).unwrap();
        assert_eq!(currents.split_whitespace().collect::<Vec<_>>(), ["Is", "6.300", "-6.300", "31.500"]);
    }
}

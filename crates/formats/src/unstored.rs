//! Columns of a reading that no table has: which of them are intended, and a warning for any other.
//!
//! `ingest` stores the columns that the technique's table has (`schemas/<table>.toml`); the others are in the archived
//! file and in what `aldb inspect` shows. Two kinds are intended: those named after the file's own header, and
//! those in [`SHOWN_ONLY`]. Any other is a name that its reader and the table do not share, and its values would be
//! missing from the table without notice.

use aldb_schema::Table;

use crate::column::column_name;
use crate::unit::Unit;
use crate::{Column, Measurement, Technique};

/// Columns that ingest fills: a column of a file with such a name is not stored.
const FILLED_BY_INGEST: &[&str] = &["measurement_id", "sample_id", "run_id", "recipe_id", "point", "batch"];

/// A column's name, in which `*` stands for any characters, and why it is not stored.
type Named = (&'static str, &'static str);

/// Columns that readers name and no table of theirs has, by technique.
const SHOWN_ONLY: &[(&[Technique], &[Named])] = &[
    (
        &[Technique::ImpedanceSpectroscopy, Technique::Electrochemistry],
        &[
            ("z_modulus_ohm", "follows from real and imaginary part"),
            ("z_phase_deg", "follows from real and imaginary part"),
            ("y_re_s", "the admittance follows from the impedance"),
            ("y_im_s", "the admittance follows from the impedance"),
            ("y_modulus_s", "the admittance follows from the impedance"),
            ("ac_current_a", "the excitation of a point; the impedance is its result"),
            ("ac_potential_v", "the excitation of a point; the impedance is its result"),
            ("dc_current_a", "as set; the table has the measured current"),
            ("measured_dc_current_a", "beside the mean current of the point"),
            ("measured_dc_potential_v", "beside the mean potential of the point"),
            ("bipot_current_a", "of a second working electrode; the table has only the first"),
            ("bipot_potential_v", "of a second working electrode; the table has only the first"),
            ("counter_electrode_potential_v", "of the counter electrode; the table has the working electrode"),
            ("forward_current_a", "a part of the current, which is forward less reverse"),
            ("reverse_current_a", "a part of the current, which is forward less reverse"),
            ("current_range_code", "a code of the instrument"),
            ("current_state", "a code of the instrument"),
            ("p_w", "follows from potential and current"),
            ("r_ohm", "follows from potential and current"),
            ("energy_charge_w_h", "follows from potential, current and time"),
            ("energy_discharge_w_h", "follows from potential, current and time"),
            ("channel_*", "a further input of the instrument, named by the operator"),
            ("other_*", "an array of PalmSens of an unknown type with the name of a known one"),
            ("unnamed", "a column without a header: its meaning is unknown"),
            ("*_unit_unknown", "the unit of its values is not known"),
            ("*_contradictory", "other columns of the file contradict its values"),
        ],
    ),
    (
        &[Technique::ImpedanceSpectroscopy],
        &[
            ("charge_mah", "the charge that passed in between; not a property of a spectrum"),
            ("cycle", "the program's count of sweeps; where a file holds several, each is a measurement"),
        ],
    ),
    (
        &[Technique::Electrochemistry],
        &[
            ("frequency_hz", "of an excitation beside the record; the spectrum is a measurement of its own"),
            ("z_re_ohm", "of an excitation beside the record; the spectrum is a measurement of its own"),
            ("z_im_ohm", "of an excitation beside the record; the spectrum is a measurement of its own"),
            ("step_time_s", "follows from the time and the step"),
            ("step_type", "the words of each program; the table counts steps"),
            ("record", "the program's own number of the row; the table has `point`"),
            ("point_number", "the program's own number of the row; the table has `point`"),
            ("date_time", "follows from the start and the time"),
            ("current_density_a_per_cm2", "follows from the current and the area"),
            ("charge_positive", "the part of the charge above zero, in a unit that the file does not state"),
            ("charge_negative", "the part of the charge below zero, in a unit that the file does not state"),
        ],
    ),
    (
        &[Technique::SpectroscopicEllipsometry, Technique::XRayDiffraction, Technique::PhotoelectronSpectroscopy],
        &[
            ("*_unit_unknown", "the unit of its values is not known"),
            ("*_contradictory", "other facts of the file contradict its values"),
        ],
    ),
    (
        &[Technique::SpectroscopicEllipsometry],
        &[
            ("photon_energy_ev", "the wavelength follows from it"),
            ("intensity", "of the detector, without a scale"),
            ("depolarization_err_percent", "no property is derived from the depolarisation"),
            ("delta_range_of_zones_deg", "the spread of the zones of the measurement"),
            ("psi_range_of_zones_deg", "the spread of the zones of the measurement"),
        ],
    ),
    (
        &[Technique::EllipsometrySeries],
        &[("*_err_nm", "the uncertainty of a further parameter of the model, which is not stored itself")],
    ),
    (
        &[Technique::OpticalConstants],
        &[
            ("photon_energy_ev", "the wavelength follows from it"),
            ("dielectric_re", "refractive index and extinction follow from it"),
            ("dielectric_im", "refractive index and extinction follow from it"),
        ],
    ),
    (
        &[Technique::IonBeamDepthProfile],
        &[
            ("layer_thickness_1e15_per_cm2", "follows from the depths of the layers"),
            ("layer_thickness_nm", "follows from the depths of the layers"),
            ("mass_depth_ug_per_cm2", "a further scale of depth; the table has that in atoms"),
            ("weighted_yield", "the content follows from it"),
            ("share_*_percent", "of a compound; the contents of its elements are stored"),
        ],
    ),
    (
        &[Technique::IonBeamEvents],
        &[
            ("atomic_number", "the element that the program assigned to the event"),
            ("mass_u", "the mass that the program assigned to the event"),
            ("reaction", "the kind of event that the program assigned"),
            ("detector_angle_channel", "the position of the event in the detector"),
            ("detector_theta_deg", "the position of the event in the detector"),
            ("detector_phi_deg", "the position of the event in the detector"),
        ],
    ),
    (
        &[Technique::PhotoelectronSpectroscopy],
        &[
            ("binding_energy_calibrated_ev", "the table has the energy before the operator's correction"),
            ("envelope", "the curve of the operator's fit"),
            ("curve_*", "a curve of the operator's fit whose label is that of a column of the table"),
            ("*_counts", "a curve of the operator's fit, which is also given in counts per second"),
        ],
    ),
    (
        &[Technique::XRayDiffraction],
        &[
            ("intensity_standard_uncertainty", "as stated; follows from the counts where they are stored"),
            ("measured_time_s", "the counting time of the scan is in its settings"),
            ("measured_two_theta_deg", "the angle before the operator's correction"),
        ],
    ),
];

/// Adds a warning for each column that no table has and that is neither named after its header nor in [`SHOWN_ONLY`].
pub(crate) fn warn_of_unstored(measurement: &mut Measurement) {
    let technique = measurement.technique;
    let Some(table) = aldb_schema::table(technique.table()) else { return };
    let is_known = |name: &str| is_listed(technique, name);
    let is_repeated = |name: &str| {
        let stem = without_number(name);
        stem != name && is_known(stem) && measurement.columns.iter().any(|column| column.name == stem)
    };
    let unstored = measurement.columns.iter().filter(|column| {
        let name = column.name.as_str();
        !is_known(name) && !is_named_after_header(column) && !is_repeated(name)
    });
    let warning = |column: &Column| {
        format!("column `{}` is not stored: the table `{}` does not have it", column.name, table.name)
    };
    let warnings: Vec<String> = unstored.map(warning).collect();
    measurement.warnings.extend(warnings);
}

/// The columns of a measurement that are shown and not stored, for people: `column `z_modulus_ohm` (`|Z|/Ohm`)`.
#[must_use]
pub fn not_stored(measurement: &Measurement) -> Vec<String> {
    let table = aldb_schema::table(measurement.technique.table());
    let is_stored = |column: &&Column| table.is_some_and(|table| has(table, &column.name));
    let words = |column: &Column| format!("column `{}` (`{}`)", column.name, column.header);
    measurement.columns.iter().filter(|column| !is_stored(column)).map(words).collect()
}

/// Whether a reader may use this name for a column: the technique's table has it, or it is in [`SHOWN_ONLY`].
pub(crate) fn is_listed(technique: Technique, name: &str) -> bool {
    aldb_schema::table(technique.table()).is_some_and(|table| has(table, name)) || is_shown_only(technique, name)
}

/// Whether the table takes a column of this name from a reading.
fn has(table: &Table, name: &str) -> bool {
    !FILLED_BY_INGEST.contains(&name) && table.columns.iter().any(|column| column.name == name)
}

fn is_shown_only(technique: Technique, name: &str) -> bool {
    let of_technique = SHOWN_ONLY.iter().filter(|(techniques, _)| techniques.contains(&technique));
    of_technique.flat_map(|(_, columns)| columns.iter()).any(|(pattern, _)| match pattern.split_once('*') {
        None => name == *pattern,
        Some((start, end)) => name.len() > start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
    })
}

/// Whether a column's name consists of the words of its header: as they are, without or with their unit, and numbered
/// where several have the same. A header without a letter gives the position of the column.
fn is_named_after_header(column: &Column) -> bool {
    let name = column.name.as_str();
    let unnumbered = without_number(name);
    if unnumbered == "column" {
        return true;
    }
    let bare = without_unit(name, column.unit.as_deref());
    let names = [name, unnumbered, bare, without_number(bare), without_unit(unnumbered, column.unit.as_deref())];
    let header = column.header.as_str();
    let shorter = ['(', '[', '/', ',', ' ', '_'].into_iter().filter_map(|mark| header.rfind(mark));
    let words = shorter.map(|end| &header[..end]).chain([header]);
    words.map(column_name).any(|own| !own.is_empty() && names.contains(&own.as_str()))
}

/// `potential_v` of `potential_v_2`.
fn without_number(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((stem, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => stem,
        _ => name,
    }
}

/// `charge_energy` of `charge_energy_wh`, by the unit of the column or by what the name ends in.
fn without_unit<'n>(name: &'n str, unit: Option<&str>) -> &'n str {
    let letters = unit.map(column_name).unwrap_or_default();
    for letters in [letters.replace('_', ""), letters] {
        if !letters.is_empty()
            && let Some(stem) = name.strip_suffix(letters.as_str()).and_then(|stem| stem.strip_suffix('_'))
        {
            return stem;
        }
    }
    match name.rsplit_once('_') {
        Some((stem, end)) if Unit::parse(end).is_some() => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::column::known_columns;
    use crate::manifest::all_embedded;
    use crate::{Registry, Values};

    /// The warnings about columns of an impedance spectrum with these names, units and headers.
    fn warnings(columns: &[(&str, Option<&str>, &str)]) -> Vec<String> {
        let column = |(name, unit, header): &(&str, Option<&str>, &str)| Column {
            name: (*name).to_owned(),
            unit: unit.map(str::to_owned),
            header: (*header).to_owned(),
            values: Values::Number(vec![1.0]),
        };
        let mut measurement = Measurement {
            block: 0,
            technique: Technique::ImpedanceSpectroscopy,
            columns: columns.iter().map(column).collect(),
            metadata: BTreeMap::new(),
            warnings: Vec::new(),
        };
        warn_of_unstored(&mut measurement);
        measurement.warnings
    }

    #[test]
    fn a_column_that_no_table_has_gives_a_warning() {
        let found = warnings(&[("frequency_hz", Some("Hz"), "f"), ("z_real_ohm", Some("Ohm"), "Re(Z)/Ohm")]);
        assert_eq!(found, ["column `z_real_ohm` is not stored: the table `impedance_spectra` does not have it"]);
    }

    #[test]
    fn a_column_with_the_name_of_a_key_gives_a_warning() {
        let found = warnings(&[("sample_id", None, "Specimen")]);
        assert_eq!(found, ["column `sample_id` is not stored: the table `impedance_spectra` does not have it"]);
    }

    #[test]
    fn columns_of_the_table_the_list_and_the_header_give_no_warning() {
        let columns = [
            ("z_re_ohm", Some("Ohm"), "Re(Z)/Ohm"),
            ("z_phase_deg", Some("deg"), "Phase"),
            ("potential_v", Some("V"), "<Ewe>/V"),
            ("potential_v_2", Some("V"), "<Ewe>/V"),
            ("cs_uf", Some("uF"), "Cs/µF"),
            ("cs_uf_2", Some("uF"), "Cs/µF"),
            ("charge_energy_wh", Some("W.h"), "Charge_Energy"),
            ("cycle_count", Some("1"), "Cycle Count / 1"),
            ("column_7", None, "電流"),
        ];
        assert_eq!(warnings(&columns), [""; 0]);
    }

    #[test]
    fn a_reading_whose_manifest_names_an_unknown_column_has_the_warning_and_a_healthy_one_none() {
        let manifest = |name: &str| {
            format!(
                "name = \"own\"\ntitle = \"Own\"\ntechnique = \"impedance_spectroscopy\"\n\
                 table = \"impedance_spectra\"\nsource = \"own\"\n[text]\nseparator = \"comma\"\n\
                 [[column]]\nheader = '^temp$'\nname = \"{name}\"\n"
            )
        };
        let file = b"f/Hz,Re(Z)/Ohm,Im(Z)/Ohm,temp\n10,1,-1,25\n1,2,-2,25\n";
        let read = |name: &str| {
            let text = manifest(name);
            let registry = Registry::with_manifests([("own", text.as_str())]).unwrap();
            registry.read(file, Some("own")).unwrap().1.measurements.remove(0).warnings
        };
        let expected = "column `temperatur_c` is not stored: the table `impedance_spectra` does not have it";
        assert_eq!(read("temperatur_c"), [expected]);
        assert_eq!(read("temperature_c"), [""; 0]);
    }

    #[test]
    fn every_column_that_is_recognised_or_described_is_in_its_table_or_in_the_list() {
        let recognised =
            Technique::all().flat_map(|technique| known_columns(technique).map(move |k| (technique, k.name)));
        let described = all_embedded()
            .values()
            .filter_map(|manifest| manifest.as_ref().ok())
            .flat_map(|manifest| manifest.columns.iter().map(|rule| (manifest.technique(), rule.name.as_str())));
        let is_known = |(technique, name): &(Technique, &str)| is_listed(*technique, name);
        let unknown: Vec<_> = recognised.chain(described).filter(|column| !is_known(column)).collect();
        assert_eq!(unknown, []);
    }

    #[test]
    fn a_column_in_the_list_is_in_no_table_and_has_a_reason() {
        for (techniques, columns) in SHOWN_ONLY {
            for (name, reason) in *columns {
                let mut tables = techniques.iter().map(|technique| aldb_schema::table(technique.table()).unwrap());
                assert!(tables.all(|table| !has(table, name)), "a table of {techniques:?} has {name}");
                assert!(reason.len() > 10, "{name}");
            }
        }
    }
}

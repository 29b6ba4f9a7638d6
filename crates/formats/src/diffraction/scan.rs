//! The scan that all readers of diffraction build: columns, settings, and which angle was scanned.
//!
//! The names of axes are those of the vendors' files, folded to a few words (see [`axis`]); any other axis
//! keeps its own name, so that nothing else is mistaken for 2θ.

use std::collections::BTreeMap;

use crate::{Column, Measurement, NOT_STATED, Technique, Value, Values};

/// A scan being read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scan {
    /// See [`Measurement::columns`].
    pub columns: Vec<Column>,
    /// See [`Measurement::metadata`].
    pub metadata: BTreeMap<String, Value>,
    /// See [`Measurement::warnings`].
    pub warnings: Vec<String>,
}

impl Scan {
    /// Adds a column of numbers; one whose name is taken is left out.
    pub(crate) fn column(&mut self, name: &str, unit: Option<&str>, header: &str, values: Vec<f64>) {
        if self.columns.iter().all(|column| column.name != name) {
            self.columns.push(Column {
                name: name.to_owned(),
                unit: unit.map(str::to_owned),
                header: header.to_owned(),
                values: Values::Number(values),
            });
        }
    }

    /// Adds a setting as text, unless it is empty.
    pub(crate) fn text(&mut self, name: &str, words: &str) {
        let words = words.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if !words.is_empty() {
            self.metadata.insert(name.to_owned(), Value::Text(words.to_owned()));
        }
    }

    /// Adds a setting as a number, unless it is missing or not finite.
    pub(crate) fn number(&mut self, name: &str, value: impl Into<Option<f64>>) {
        if let Some(value) = value.into().filter(|value| value.is_finite()) {
            self.metadata.insert(name.to_owned(), Value::Number(value));
        }
    }

    /// The same for a quantity that is above 0 wherever it was entered.
    pub(crate) fn positive(&mut self, name: &str, value: impl Into<Option<f64>>) {
        self.number(name, value.into().filter(|value| *value > 0.0));
    }

    /// Notes that the file does not state a setting.
    pub(crate) fn not_stated(&mut self, name: &str) {
        self.text(name, NOT_STATED);
    }

    /// States which angle was scanned.
    pub(crate) fn axis(&mut self, name: Option<&str>) {
        self.text("scan_axis", &name.map_or_else(|| NOT_STATED.to_owned(), axis));
    }

    /// Adds the angle of an axis that stands still during the scan, once the scanned axis is stated: as `incidence_angle_deg` that of the
    /// beam to the surface while the detector moves, else under the name of the axis' column. Axes that the table does not have,
    /// and those that the scan moves, are left out.
    pub(crate) fn fixed_axis(&mut self, name: &str, angle_deg: impl Into<Option<f64>>) {
        let scanned = match self.metadata.get("scan_axis") {
            Some(Value::Text(scanned)) => scanned.as_str(),
            _ => "",
        };
        let is_moved = match axis(name).as_str() {
            own @ ("two_theta" | "omega") => scanned == "theta_two_theta" || own == scanned,
            own => own == scanned,
        };
        match axis_column(name) {
            Some("omega_deg") if scanned == "two_theta" => self.number("incidence_angle_deg", angle_deg),
            Some(column) if !is_moved => self.number(column, angle_deg),
            _ => {}
        }
    }

    /// Adds a reason to the statement that the scan is incomplete.
    pub(crate) fn incomplete(&mut self, words: &str) {
        let words = match self.metadata.get("incomplete") {
            Some(Value::Text(before)) => format!("{before}; {words}"),
            _ => words.to_owned(),
        };
        self.text("incomplete", &words);
    }

    /// The wavelengths of the tube's lines, and which of them the file names as the used one.
    pub(crate) fn wavelengths(&mut self, lines: &Lines) {
        self.positive("wavelength_angstrom", lines.used);
        self.positive("wavelength_k_alpha_1_angstrom", lines.alpha_1);
        self.positive("wavelength_k_alpha_2_angstrom", lines.alpha_2);
        self.positive("wavelength_k_beta_angstrom", lines.beta);
        self.number("k_alpha_ratio", lines.ratio);
    }

    /// The measurement, as the `block`th of its file.
    pub(crate) fn measurement(self, block: usize) -> Measurement {
        Measurement {
            block: u32::try_from(block).unwrap_or(u32::MAX),
            technique: Technique::XRayDiffraction,
            columns: self.columns,
            metadata: self.metadata,
            warnings: self.warnings,
        }
    }
}

/// Wavelengths in Å.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines {
    /// The one that the file names as used.
    pub used: Option<f64>,
    /// Of Kα₁.
    pub alpha_1: Option<f64>,
    /// Of Kα₂.
    pub alpha_2: Option<f64>,
    /// Of Kβ.
    pub beta: Option<f64>,
    /// Intensity of Kα₂ by that of Kα₁.
    pub ratio: Option<f64>,
}

/// The value of the metadata `scan_axis` for an axis or drive as a file names it.
///
/// `theta_two_theta` is a coupled scan whose angles are 2θ. Names that do not state which of the coupled angles is written
/// do not count as such, and stay as they are.
pub(crate) fn axis(name: &str) -> String {
    let folded: String = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .replace('θ', "theta");
    let known = match folded.as_str() {
        "gonio"
        | "coupled"
        | "lockedcoupled"
        | "unlockedcoupled"
        | "coupledtwothetatheta"
        | "offsetcoupledtwothetatheta"
        | "twothetatheta"
        | "twothetaomega"
        | "theta2theta"
        | "2thetatheta"
        | "2thetaomega" => "theta_two_theta",
        "2theta" | "twotheta" | "detectorscan" | "psdfixedscan" | "psdfixscan" | "psdfixed" => "two_theta",
        "omega" | "theta" | "rockingcurve" => "omega",
        "chi" | "khi" | "psi" | "chiscan" | "khiscan" | "psiscan" => "chi",
        "phi" | "phiscan" => "phi",
        _ => return name.trim().to_owned(),
    };
    known.to_owned()
}

/// The table's column for an axis as a file names it, where it has one.
pub(crate) fn axis_column(name: &str) -> Option<&'static str> {
    match axis(name).as_str() {
        "two_theta" => Some("two_theta_deg"),
        "omega" => Some("omega_deg"),
        "chi" => Some("chi_deg"),
        "phi" => Some("phi_deg"),
        _ => None,
    }
}

/// `count` angles from `start`, `step` apart.
pub(crate) fn stepped(start: f64, step: f64, count: usize) -> Vec<f64> {
    (0..count).map(|place| start + step * place as f64).collect()
}

/// `count` angles from `start` to `end`.
pub(crate) fn between(start: f64, end: f64, count: usize) -> Vec<f64> {
    let step = if count > 1 { (end - start) / (count - 1) as f64 } else { 0.0 };
    stepped(start, step, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_of_all_vendors_fold_to_the_same_words() {
        for name in ["Gonio", "Locked Coupled", "TwoThetaTheta", "COUPLED", "Coupled TwoTheta/Theta", "2Theta-Omega"] {
            assert_eq!(axis(name), "theta_two_theta", "{name}");
        }
        assert_eq!([axis("2Theta"), axis("Detector Scan"), axis("2θ")], ["two_theta"; 3]);
        assert_eq!([axis("Psi"), axis("KHI"), axis("Phi"), axis("Rocking Curve")], ["chi", "chi", "phi", "omega"]);
        assert_eq!(axis("OmegaTwoTheta"), "OmegaTwoTheta");
        assert_eq!(axis_column("Gonio"), None);
        assert_eq!(axis_column("Psi"), Some("chi_deg"));
    }

    #[test]
    fn axes_that_stand_still_are_stated_and_those_that_move_are_not() {
        let fixed = |scanned: &str| {
            let mut scan = Scan::default();
            scan.axis(Some(scanned));
            for (name, angle) in [("TwoTheta", 32.2), ("Omega", 0.5), ("Chi", 85.0), ("Phi", 0.0), ("Z", 1.0)] {
                scan.fixed_axis(name, angle);
            }
            scan.metadata.remove("scan_axis");
            scan.metadata.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(fixed("Phi"), ["chi_deg", "omega_deg", "two_theta_deg"]);
        assert_eq!(fixed("2Theta"), ["chi_deg", "incidence_angle_deg", "phi_deg"]);
        assert_eq!(fixed("Gonio"), ["chi_deg", "phi_deg"]);
    }

    #[test]
    fn angles_end_where_the_file_states() {
        assert_eq!(between(1.0, 2.0, 3), [1.0, 1.5, 2.0]);
        assert_eq!(between(1.0, 2.0, 1), [1.0]);
        assert_eq!(stepped(1.0, -0.5, 3), [1.0, 0.5, 0.0]);
    }
}

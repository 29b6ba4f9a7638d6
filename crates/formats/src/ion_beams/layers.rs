//! Turns layers, or points in depth, of molecules into rows of depth and element.
//!
//! A layer becomes two rows for each element: at its upper and at its lower boundary, so that a chart shows steps and
//! an integral over depth is exact. The element's content is the sum over the molecules of share × part of the atoms;
//! it is not a number where a molecule with a share has a stoichiometry that the file does not state. The shares of the
//! molecules themselves are kept beside it.
//!
//! Layers are what a fit or a simulation assumes, so the metadata `origin` is `model`.

use std::collections::BTreeMap;

use aldb_elements::{Formula, Nuclide};

use super::number_lines::column;
use crate::column::column_name;
use crate::{Column, Measurement, Place, ReadError, Technique, Value, Values};

/// Most layers or points: programs allow some hundred.
const MOST_LAYERS: usize = 1000;
/// Most molecules: programs allow some ten.
const MOST_MOLECULES: usize = 30;

/// The unit of a thickness or depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DepthUnit {
    /// 10¹⁵ atoms/cm².
    Areal,
    Nanometres,
}

/// Something with a composition: a layer, or a point in depth.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Composed {
    /// Thickness of the layer, or depth of the point.
    pub extent: f64,
    /// Share of each molecule in percent of the atoms.
    pub shares: Vec<f64>,
    /// Thickness of the layer in nm, where the file states it beside the other.
    pub thickness_nm: Option<f64>,
}

/// Whether extents are thicknesses or depths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Structure {
    Layers,
    Points,
}

/// A composition against depth as a program states it.
pub(super) struct Model {
    pub structure: Structure,
    pub unit: DepthUnit,
    /// Names of the molecules.
    pub molecules: Vec<String>,
    pub composed: Vec<Composed>,
}

impl Model {
    /// Its measurement, with warnings about sums and stoichiometries.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where a molecule is not a formula, or where there are more layers than any program allows.
    pub(super) fn measurement(
        &self,
        mut metadata: BTreeMap<String, Value>,
        place: Place,
    ) -> Result<Measurement, ReadError> {
        if self.composed.len() > MOST_LAYERS {
            return Err(ReadError::malformed(
                place,
                format!("at most {MOST_LAYERS} layers"),
                self.composed.len().to_string(),
            ));
        }
        if self.molecules.len() > MOST_MOLECULES {
            return Err(ReadError::malformed(
                place,
                format!("at most {MOST_MOLECULES} molecules"),
                self.molecules.len().to_string(),
            ));
        }
        let formulas = self.molecules.iter().map(|name| {
            Formula::parse(name).ok_or_else(|| {
                ReadError::malformed(
                    place,
                    "a molecule such as `Si 1 O 2` or `SiO2`".to_owned(),
                    format!("`{}`", crate::text::excerpt(name, 40)),
                )
            })
        });
        let formulas = formulas.collect::<Result<Vec<_>, _>>()?;
        let rows = self.rows(&formulas);
        metadata.insert("origin".to_owned(), Value::Text("model".to_owned()));
        metadata.insert("molecules".to_owned(), Value::Text(self.molecules.join("; ")));
        let mut measurement = Measurement {
            block: 0,
            technique: Technique::IonBeamDepthProfile,
            columns: rows.columns(self),
            metadata,
            warnings: Vec::new(),
        };
        self.add_warnings(&formulas, &mut measurement.warnings);
        Ok(measurement)
    }

    /// Rows for every element, by depth.
    fn rows(&self, formulas: &[Formula]) -> Rows {
        let mut nuclides: Vec<Nuclide> = Vec::new();
        for (nuclide, _) in formulas.iter().flat_map(|formula| &formula.fractions) {
            if !nuclides.contains(nuclide) {
                nuclides.push(*nuclide);
            }
        }
        let mut rows = Rows { shares: vec![Vec::new(); formulas.len()], ..Rows::default() };
        let (mut upper, mut upper_nm) = (0.0, 0.0);
        for (number, composed) in self.composed.iter().enumerate() {
            let contents: Vec<f64> =
                nuclides.iter().map(|nuclide| content(*nuclide, formulas, &composed.shares)).collect();
            let (depths, thickness) = match self.structure {
                Structure::Layers => (vec![upper, upper + composed.extent], composed.extent),
                Structure::Points => (vec![composed.extent], f64::NAN),
            };
            for (boundary, depth) in depths.into_iter().enumerate() {
                let below = if boundary == 0 { 0.0 } else { composed.thickness_nm.unwrap_or(f64::NAN) };
                for (nuclide, content) in nuclides.iter().zip(&contents) {
                    rows.depth.push(depth);
                    rows.depth_nm.push(upper_nm + below);
                    rows.layer.push(number as f64 + 1.0);
                    rows.thickness.push(thickness);
                    rows.element.push(nuclide.symbol().to_owned());
                    rows.mass_number.push(nuclide.mass_number.map_or(f64::NAN, f64::from));
                    rows.content.push(*content);
                    for (values, share) in rows.shares.iter_mut().zip(&composed.shares) {
                        values.push(*share);
                    }
                }
            }
            upper += composed.extent;
            upper_nm += composed.thickness_nm.unwrap_or(f64::NAN);
        }
        rows
    }

    /// Adds warnings about the shares and the molecules.
    fn add_warnings(&self, formulas: &[Formula], warnings: &mut Vec<String>) {
        let what = if self.structure == Structure::Layers { "layer" } else { "point" };
        for (number, composed) in self.composed.iter().enumerate() {
            let sum: f64 = composed.shares.iter().sum();
            if (sum - 100.0).abs() > 1.0 {
                warnings.push(format!("the contents of {what} {} add up to {sum:.3} %, not to 100 %", number + 1));
            }
        }
        for (name, formula) in self.molecules.iter().zip(formulas) {
            if formula.fractions.iter().any(|(_, part)| part.is_none()) {
                warnings.push(format!(
                    "the stoichiometry of `{name}` was fitted and is not in this file: the contents of its elements are \
                     missing where it occurs"
                ));
            }
        }
    }
}

/// An element's content in percent; not a number where the file doesn't state it.
fn content(nuclide: Nuclide, formulas: &[Formula], shares: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (formula, share) in formulas.iter().zip(shares) {
        for (_, part) in formula.fractions.iter().filter(|(other, _)| *other == nuclide) {
            if *share != 0.0 {
                sum += share * part.unwrap_or(f64::NAN);
            }
        }
    }
    sum
}

/// The columns as they grow.
#[derive(Default)]
struct Rows {
    depth: Vec<f64>,
    depth_nm: Vec<f64>,
    layer: Vec<f64>,
    thickness: Vec<f64>,
    element: Vec<String>,
    mass_number: Vec<f64>,
    content: Vec<f64>,
    shares: Vec<Vec<f64>>,
}

impl Rows {
    fn columns(self, model: &Model) -> Vec<Column> {
        let (depth, thickness, unit) = match model.unit {
            DepthUnit::Areal => ("areal_depth_1e15_per_cm2", "layer_thickness_1e15_per_cm2", "10*15.cm-2"),
            DepthUnit::Nanometres => ("depth_nm", "layer_thickness_nm", "nm"),
        };
        let mut columns = vec![column(depth, Some(unit), "depth", self.depth)];
        if model.composed.iter().any(|composed| composed.thickness_nm.is_some()) && model.unit == DepthUnit::Areal {
            columns.push(column("depth_nm", Some("nm"), "depth", self.depth_nm));
        }
        columns.push(text_column("element", "element", self.element));
        if self.mass_number.iter().any(|number| !number.is_nan()) {
            columns.push(column("mass_number", Some("1"), "mass number", self.mass_number));
        }
        columns.push(column("content_percent", Some("%"), "content", self.content));
        if model.structure == Structure::Layers {
            columns.push(column("layer", Some("1"), "layer", self.layer));
            columns.push(column(thickness, Some(unit), "thickness of the layer", self.thickness));
        }
        // A share adds to the elements' contents only where the molecule is more than one element.
        for (name, values) in model.molecules.iter().zip(self.shares) {
            let new_name = format!("share_{}_percent", column_name(name));
            let is_molecule = Nuclide::parse(name).is_none();
            if is_molecule && columns.iter().all(|known| known.name != new_name) {
                columns.push(column(&new_name, Some("%"), name, values));
            }
        }
        columns
    }
}

/// A column of words.
pub(super) fn text_column(name: &str, header: &str, values: Vec<String>) -> Column {
    Column { name: name.to_owned(), unit: None, header: header.to_owned(), values: Values::Text(values) }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;

    fn model(structure: Structure, molecules: &[&str], composed: &[(f64, &[f64])]) -> Model {
        Model {
            structure,
            unit: DepthUnit::Areal,
            molecules: molecules.iter().map(|name| (*name).to_owned()).collect(),
            composed: composed
                .iter()
                .map(|(extent, shares)| Composed { extent: *extent, shares: shares.to_vec(), thickness_nm: None })
                .collect(),
        }
    }

    #[test]
    fn a_layer_of_molecules_becomes_its_elements_at_both_boundaries() {
        let model = model(Structure::Layers, &["SiO2", "Si"], &[(40.0, &[75.0, 25.0]), (60.0, &[0.0, 100.0])]);
        let profile = model.measurement(BTreeMap::new(), Place::Line(1)).unwrap();
        let depth = [0.0, 0.0, 40.0, 40.0, 40.0, 40.0, 100.0, 100.0];
        assert_eq!(profile.numbers("areal_depth_1e15_per_cm2"), Some(&depth[..]));
        assert_eq!(profile.numbers("content_percent"), Some(&[50.0, 50.0, 50.0, 50.0, 100.0, 0.0, 100.0, 0.0][..]));
        assert_eq!(profile.numbers("share_sio2_percent").unwrap()[0], 75.0);
        assert!(profile.warnings.is_empty());
    }

    #[test]
    fn a_content_that_the_file_does_not_state_is_missing() {
        let model = model(Structure::Points, &["Co?Pt?", "CoO"], &[(1.0, &[50.0, 40.0]), (2.0, &[0.0, 100.0])]);
        let profile = model.measurement(BTreeMap::new(), Place::Line(1)).unwrap();
        let content = profile.numbers("content_percent").unwrap();
        // Cobalt, platinum, oxygen.
        assert!(content[0].is_nan() && content[1].is_nan());
        assert_eq!(content[2..], [20.0, 50.0, 0.0, 50.0]);
        assert_eq!(profile.warnings[0], "the contents of point 1 add up to 90.000 %, not to 100 %");
        assert!(profile.warnings[1].starts_with("the stoichiometry of `Co?Pt?` was fitted"));
    }

    #[test]
    fn a_molecule_that_is_not_a_formula_is_refused() {
        let error = model(Structure::Layers, &["mud"], &[(1.0, &[100.0])]).measurement(BTreeMap::new(), Place::Line(7));
        assert_eq!(
            error.unwrap_err().to_string(),
            "line 7: expected a molecule such as `Si 1 O 2` or `SiO2`, found `mud`"
        );
    }
}

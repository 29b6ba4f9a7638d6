//! `core_line`, `fit_photoelectrons` and `find_charge_shift`.

use aldb_fit::photoelectrons::{
    C_1S_REFERENCE_EV, Component, ComponentStart, CoreLine, LineArea, RegionFit, RegionOptions, Shift, carbon_names,
    find_components, fit_core_line, fit_region, line_area, reference_shift,
};
use aldb_fit::quality::{Quality, ReasonCode, Verdict};
use arrow::array::StringArray;

use super::arguments::{Arguments, CompleteRows};
use super::field::fields;
use super::kernel::{Definition, Failure, Kernel, Outcome};
use super::scalar::{Definition as RowDefinition, Scalar, any};

/// Components of known regions, at energies referenced to C 1s at 284.6 eV. Source: Verhelle et al., Chem. Mater. 37,
/// 687 (2025), section 3.1.2.
const KNOWN: [(&str, &[(&str, f64)]); 1] = [("O 1s", &[("non-bridging", 530.4), ("bridging", 531.7)])];

/// Largest displacement of a known component (eV): charging that the reference does not remove, and chemistry.
const TOLERANCE_EV: f64 = 1.0;

/// `core_line`.
pub(super) fn core_line() -> Scalar {
    RowDefinition {
        name: "core_line",
        version: 1,
        meaning: "The core line that the name of a photoelectron region states, such as `O 1s` for `O1s Scan`.",
        example: "SELECT DISTINCT region, core_line(region) AS line FROM xps_spectra",
        arguments: |arguments| arguments.text("region", "Name of the region."),
        evaluate: |names: &StringArray| {
            // Rows of one region follow each other.
            let mut last: Option<(&str, Option<String>)> = None;
            let lines = names.iter().map(|name| {
                let name = name?;
                if last.as_ref().is_none_or(|(known, _)| *known != name) {
                    last = Some((name, CoreLine::parse(name).map(|line| line.to_string())));
                }
                last.as_ref().and_then(|(_, line)| line.clone())
            });
            Ok(lines.collect())
        },
        fields: fields! { line: String;
            text line "The core line: element, level, and angular momentum if it is stated; null where the name states none or several."
                => line.clone();
        },
        literal: any,
    }
    .scalar()
}

struct Region {
    line: Option<CoreLine>,
    /// As measured.
    binding_energy_ev: Vec<f64>,
    intensity: Vec<f64>,
    transmission: Option<Vec<f64>>,
    shift_ev: Option<f64>,
    shift_err_ev: Option<f64>,
    reference_doubt: Option<String>,
    n_components: Option<usize>,
}

impl Region {
    fn of(arguments: &mut Arguments<'_>) -> Self {
        let name = arguments.constant_text("region", "The region, such as `O 1s`.");
        let energy = arguments.number("binding_energy_ev", "eV", "Binding energy as measured.");
        let intensity = arguments.number("intensity", "1", "Counts, or a quantity proportional to them.");
        let shift_ev = arguments.constant(
            "shift_ev",
            "eV",
            "Added to the binding energies; null where there is no reference: then no binding energies are given.",
        );
        let n_components =
            arguments.option("n_components", "1", "Number of components; default: as many as the region needs.");
        let shift_err_ev = arguments.option("shift_err_ev", "eV", "Standard uncertainty of the shift; default 0.");
        let reference_doubt = arguments.option_text("reference_doubt", "Why the shift is doubtful or null.");
        let transmission =
            arguments.optional_number("transmission", "1", "Transmission of the analyser at each energy.");
        let complete = CompleteRows::of(&[&energy, &intensity]);
        let is_given = transmission.len() == energy.len();
        Self {
            line: name.as_deref().and_then(CoreLine::parse),
            binding_energy_ev: complete.values(&energy),
            intensity: complete.values(&intensity),
            transmission: is_given.then(|| complete.optional_values(&transmission)).flatten(),
            shift_ev,
            shift_err_ev,
            reference_doubt,
            n_components: n_components.filter(|n| *n >= 1.0).map(|n| n as usize),
        }
    }

    fn known(&self) -> Option<&'static [(&'static str, f64)]> {
        let line = self.line.as_ref()?.to_string();
        let is_possible = self.shift_ev.is_some() && self.n_components.is_none();
        KNOWN.iter().find(|(name, _)| *name == line && is_possible).map(|(_, known)| *known)
    }

    fn mean_transmission(&self) -> Option<f64> {
        let values = self.transmission.as_ref().filter(|values| !values.is_empty())?;
        Some(values.iter().sum::<f64>() / values.len() as f64)
    }

    fn fit(&self) -> Result<Fitted, Failure> {
        let shift_ev = self.shift_ev.unwrap_or(0.0);
        let energy: Vec<f64> = self.binding_energy_ev.iter().map(|energy| energy + shift_ev).collect();
        let starts = self.known().unwrap_or_default().iter().map(|(name, position_ev)| ComponentStart {
            name: (*name).to_owned(),
            position_ev: *position_ev,
            tolerance_ev: TOLERANCE_EV,
        });
        let options = RegionOptions { components: starts.collect(), ..RegionOptions::default() };
        let mut fit = match self.n_components {
            _ if !options.components.is_empty() => fit_region(&energy, &self.intensity, &options)?,
            Some(components) => find_components(&energy, &self.intensity, components, &options)?,
            None => fit_core_line(&energy, &self.intensity, self.line.as_ref(), &options)?,
        };
        let is_carbon = self.line.as_ref().is_some_and(|line| line.to_string() == "C 1s");
        if is_carbon && self.n_components.is_none() {
            let names = carbon_names(&fit);
            fit.components.iter_mut().zip(names).for_each(|(component, name)| component.name = name);
        }
        let nbo_bo = (options.components.len() == 2).then(|| fit.area_ratio(0, 1));
        let mut verdict = fit.verdict.clone();
        let doubt = match (self.shift_ev, &self.reference_doubt) {
            (Some(_), None) => None,
            (Some(_), Some(doubt)) => Some(format!("the energy reference is doubtful: {doubt}")),
            (None, Some(doubt)) => Some(format!("no energy reference: {doubt}")),
            (None, None) => Some("no energy reference: this state of the surface has no C 1s region".to_owned()),
        };
        if let Some(words) = doubt {
            verdict.add(Quality::Suspect, ReasonCode::NoEnergyReference, words);
        }
        let parts = fit.components.iter().map(|component| Part {
            component: component.clone(),
            binding_energy_ev: self.shift_ev.map(|_| component.position_ev),
            binding_energy_err_ev: component
                .position_err_ev
                .filter(|_| self.shift_ev.is_some())
                .map(|err| err.hypot(self.shift_err_ev.unwrap_or(0.0))),
        });
        let parts = parts.collect();
        // The transmission at the mean energy of the components.
        let area = |part: &Component| part.area;
        let mean_ev = fit.components.iter().map(|part| part.area * part.position_ev).sum::<f64>()
            / fit.components.iter().map(area).sum::<f64>();
        let nearest =
            (0..energy.len()).min_by(|a, b| (energy[*a] - mean_ev).abs().total_cmp(&(energy[*b] - mean_ev).abs()));
        let transmission = nearest.and_then(|place| self.transmission.as_ref().map(|values| values[place]));
        Ok(Fitted { region: fit, parts, nbo_bo, transmission, verdict })
    }
}

/// A component with its energy on the referenced scale.
struct Part {
    component: Component,
    binding_energy_ev: Option<f64>,
    binding_energy_err_ev: Option<f64>,
}

struct Fitted {
    region: RegionFit,
    parts: Vec<Part>,
    /// Area of non-bridging over bridging oxygen, and its standard uncertainty.
    nbo_bo: Option<(f64, f64)>,
    transmission: Option<f64>,
    verdict: Verdict,
}

fn line_area_of(fitted: &Outcome<Region, Fitted>) -> Option<LineArea> {
    let region = fitted.fit().map(|fit| &fit.region);
    line_area(&fitted.input.binding_energy_ev, &fitted.input.intensity, region)
}

/// `fit_photoelectrons`.
pub(super) fn kernel() -> Kernel {
    Definition {
        name: "fit_photoelectrons",
        version: 3,
        meaning: "GL(30) components of one width over a Shirley background. O 1s has two, non-bridging and bridging oxygen; C 1s \
                  has adventitious carbon, C-O, C=O and carbonate, as far as they are found; other regions have one, and up to three \
                  if one does not describe them. Spin-orbit pairs are fitted as pairs.",
        example: "SELECT measurement_id, fit_photoelectrons(region, binding_energy_ev, intensity, 0.0) AS fit \
                  FROM xps_spectra WHERE region = 'O 1s' GROUP BY measurement_id LIMIT 3",
        arguments: Region::of,
        evaluate: Region::fit,
        verdict: |fit| fit.verdict.clone(),
        always: fields! { fitted: Outcome<Region, Fitted>;
            number shift_ev ["eV"] "Added to the binding energies; null where there is no reference." => fitted.input.shift_ev;
            number sensitivity ["1"] "Relative sensitivity factor of the core line (Scofield, C 1s = 1); null where none is known."
                => fitted.input.line.as_ref().and_then(CoreLine::sensitivity);
            number line_area ["1"] "Area of the core line, in units of the intensity times eV: of all components; above the straight line between the ends of the region where the line is too weak for components, which may be negative."
                => line_area_of(fitted).map(|line| line.area);
            number line_area_err ["1"] "Standard uncertainty of that area: counting statistics and background, without that of the line shape."
                => line_area_of(fitted).map(|line| line.area_err);
            text area_doubt "Why that area is doubtful; null where it is not." => line_area_of(fitted).and_then(|line| line.doubt);
            number transmission ["1"] "Transmission of the analyser at the core line; the mean of the region where no line was fitted; null where the file has none."
                => fitted.fit().map_or_else(|| fitted.input.mean_transmission(), |fit| fit.transmission);
            count n_points "Number of points." => fitted.input.binding_energy_ev.len();
        },
        fields: fields! { fit: Fitted;
            rows_or_one components (fields! { one: Part;
                text component "Name of the component, or its number by rising binding energy; null where nothing was fitted." => one.component.name.clone();
                number binding_energy_ev ["eV"] "Binding energy, referenced, of the first line of a spin-orbit pair; null where there is no reference."
                    => one.binding_energy_ev;
                number binding_energy_err_ev ["eV"] "Standard uncertainty of the binding energy: fit and shift, without that of the reference energy itself, which differs by 0.1 to 0.3 eV among surfaces."
                    => one.binding_energy_err_ev;
                number height ["1"] "Height, in units of the intensity, of the first line of a spin-orbit pair." => one.component.height;
                number height_err ["1"] "Standard uncertainty of the height, from counting statistics." => one.component.height_err;
                number area ["1"] "Area, in units of the intensity times eV, of both lines of a spin-orbit pair." => one.component.area;
                number area_err ["1"] "Standard uncertainty of the area: counting statistics, that of the background included, without that of the line shape."
                    => one.component.area_err;
            }) "The components; a single one without a name where nothing was fitted."
                => Some(&fit.parts);
            number fwhm_ev ["eV"] "Full width at half maximum of all components." => fit.region.fwhm_ev;
            number fwhm_err_ev ["eV"] "Standard uncertainty of the width, from counting statistics; null at a limit." => fit.region.fwhm_err_ev;
            number area_total ["1"] "Area of all components, in units of the intensity times eV."
                => fit.region.area_total;
            number area_total_err ["1"] "Standard uncertainty of the area of all components: counting statistics, that of the background included, without that of the line shape."
                => fit.region.area_total_err;
            number spin_orbit_ev ["eV"] "Distance of the lines of the spin-orbit pair that was fitted; null where single lines were."
                => fit.region.spin_orbit.map(|pair| pair.splitting_ev);
            number nbo_bo ["1"] "Area ratio of non-bridging to bridging oxygen; null in regions other than O 1s, and where there is no energy reference."
                => fit.nbo_bo.map(|(ratio, _)| ratio);
            number nbo_bo_err ["1"] "Standard uncertainty of that ratio: counting statistics with the covariance of both areas, without that of the line shape and of the energy reference."
                => fit.nbo_bo.map(|(_, error)| error);
            number chi2_reduced ["1"] "Sum of the squared weighted residuals per degree of freedom."
                => fit.region.chi2_reduced;
            number residual_rms ["1"] "Root mean square of the residuals, in units of the intensity."
                => fit.region.residual_rms;
        },
    }
    .kernel()
}

struct CarbonRegion {
    binding_energy_ev: Vec<f64>,
    intensity: Vec<f64>,
    reference_ev: f64,
}

/// `find_charge_shift`.
pub(super) fn shift() -> Kernel {
    Definition {
        name: "find_charge_shift",
        version: 3,
        meaning: "The shift that brings the C 1s component of adventitious carbon to the reference energy: the significant component of \
                  lowest binding energy.",
        example: "SELECT measurement_id, find_charge_shift(binding_energy_ev, intensity) AS shift FROM xps_spectra \
                  WHERE region = 'C 1s' GROUP BY measurement_id",
        arguments: |arguments| {
            let energy = arguments.number("binding_energy_ev", "eV", "Binding energy in the C 1s region.");
            let intensity = arguments.number("intensity", "1", "Counts, or a quantity proportional to them.");
            let reference = arguments.option("reference_ev", "eV", "Reference energy of C 1s; default 284.6 eV.");
            let complete = CompleteRows::of(&[&energy, &intensity]);
            CarbonRegion {
                binding_energy_ev: complete.values(&energy),
                intensity: complete.values(&intensity),
                reference_ev: reference.unwrap_or(C_1S_REFERENCE_EV),
            }
        },
        evaluate: |carbon| Ok(reference_shift(&carbon.binding_energy_ev, &carbon.intensity, carbon.reference_ev)?),
        verdict: |shift| shift.verdict.clone(),
        always: Vec::new(),
        fields: fields! { shift: Shift;
            number binding_energy_ev ["eV"] "Binding energy of the adventitious C 1s component as measured."
                => shift.position_ev;
            number shift_ev ["eV"] "To be added to binding energies so that C 1s lies at the reference energy, 284.6 eV by default; null where there is no C 1s component.";
            number shift_err_ev ["eV"] "Standard uncertainty of the shift, from the fit alone, without that of the reference energy, which differs by 0.1 to 0.3 eV among surfaces.";
            count n_components "Number of C 1s components.";
            number signal_to_noise ["1"] "Area of the C 1s core line divided by its standard uncertainty.";
        },
    }
    .kernel()
}

//! `fit_photoelectrons` and `find_charge_shift`.

use aldb_fit::photoelectrons::{
    C_1S_REFERENCE_EV, Component, ComponentStart, RegionFit, RegionOptions, Shift, find_components, fit_region,
    reference_shift, relative_sensitivity,
};

use super::arguments::{Arguments, CompleteRows};
use super::field::fields;
use super::kernel::{Definition, Kernel, Outcome};

/// Components of known regions, at energies referenced to C 1s at 284.6 eV. Source: Verhelle et al., Chem. Mater. 37,
/// 687 (2025), section 3.1.2.
const KNOWN: [(&str, &[(&str, f64)]); 1] = [("O 1s", &[("non-bridging", 530.4), ("bridging", 531.7)])];

/// Largest displacement of a known component (eV): charging that the reference does not remove, and chemistry.
const TOLERANCE_EV: f64 = 1.0;

struct Region {
    name: String,
    /// Referenced.
    binding_energy_ev: Vec<f64>,
    intensity: Vec<f64>,
    shift_ev: f64,
    n_components: usize,
}

impl Region {
    fn of(arguments: &mut Arguments<'_>) -> Self {
        let name = arguments.constant_text("region", "The region, such as `O 1s`.");
        let energy = arguments.number("binding_energy_ev", "eV", "Binding energy as measured.");
        let intensity = arguments.number("intensity", "1", "Counts, or a quantity proportional to them.");
        let shift = arguments.constant("shift_ev", "eV", "Added to the binding energies; 0 where null.");
        let n_components =
            arguments.option("n_components", "1", "Number of components in a region other than O 1s; default 1.");
        let shift_ev = shift.unwrap_or(0.0);
        let complete = CompleteRows::of(&[&energy, &intensity]);
        Self {
            name: name.unwrap_or_default(),
            binding_energy_ev: complete.values(&energy).into_iter().map(|energy| energy + shift_ev).collect(),
            intensity: complete.values(&intensity),
            shift_ev,
            n_components: n_components.filter(|n| *n >= 1.0).map_or(1, |n| n as usize),
        }
    }

    fn known(&self) -> &'static [(&'static str, f64)] {
        let known = KNOWN.iter().find(|(name, _)| plain_name(name) == plain_name(&self.name));
        known.map_or(&[], |(_, known)| known)
    }
}

struct Fitted {
    region: RegionFit,
    /// Area of non-bridging over bridging oxygen, and its standard uncertainty.
    nbo_bo: Option<(f64, f64)>,
}

/// `fit_photoelectrons`.
pub(super) fn kernel() -> Kernel {
    Definition {
        name: "fit_photoelectrons",
        version: 2,
        meaning: "GL(30) components of one width over a Shirley background. O 1s has two, non-bridging and bridging oxygen; in \
                  other regions `n_components` are found.",
        example: "SELECT measurement_id, fit_photoelectrons(region, binding_energy_ev, intensity, 0.0) AS fit \
                  FROM xps_spectra WHERE region = 'O 1s' GROUP BY measurement_id LIMIT 3",
        arguments: Region::of,
        evaluate: |region| {
            let starts = region.known().iter().map(|(name, position_ev)| ComponentStart {
                name: (*name).to_owned(),
                position_ev: *position_ev,
                tolerance_ev: TOLERANCE_EV,
            });
            let options = RegionOptions { components: starts.collect(), ..RegionOptions::default() };
            let (energy, intensity) = (&region.binding_energy_ev, &region.intensity);
            let fit = if options.components.is_empty() {
                find_components(energy, intensity, region.n_components, &options)?
            } else {
                fit_region(energy, intensity, &options)?
            };
            let nbo_bo = (options.components.len() == 2).then(|| fit.area_ratio(0, 1));
            Ok(Fitted { region: fit, nbo_bo })
        },
        verdict: |fit| fit.region.verdict.clone(),
        always: fields! { fitted: Outcome<Region, Fitted>;
            number shift_ev ["eV"] "Added to the binding energies; 0 where there is no reference." => fitted.input.shift_ev;
            number sensitivity ["1"] "Relative sensitivity factor of the core line (Scofield, C 1s = 1); null where none is known."
                => relative_sensitivity(&core_line(&fitted.input.name));
            count n_points "Number of points." => fitted.input.binding_energy_ev.len();
        },
        fields: fields! { fit: Fitted;
            rows_or_one components (fields! { one: Component;
                text component "Name of the component, or its number by rising binding energy; null where nothing was fitted." => one.name.clone();
                number binding_energy_ev ["eV"] "Binding energy, referenced." => one.position_ev;
                number binding_energy_err_ev ["eV"] "Standard uncertainty of the binding energy, from the fit alone."
                    => one.position_err_ev;
                number height ["1"] "Height, in units of the intensity.";
                number height_err ["1"] "Standard uncertainty of the height.";
                number area ["1"] "Area, in units of the intensity times eV.";
                number area_err ["1"] "Standard uncertainty of the area, that of the background included.";
            }) "The components; a single one without a name where nothing was fitted."
                => Some(&fit.region.components);
            number fwhm_ev ["eV"] "Full width at half maximum of all components." => fit.region.fwhm_ev;
            number fwhm_err_ev ["eV"] "Standard uncertainty of the width; 0 at a limit." => fit.region.fwhm_err_ev;
            number area_total ["1"] "Area of all components, in units of the intensity times eV."
                => fit.region.area_total;
            number area_total_err ["1"] "Standard uncertainty of the area of all components."
                => fit.region.area_total_err;
            number nbo_bo ["1"] "Area ratio of non-bridging to bridging oxygen; null in regions other than O 1s."
                => fit.nbo_bo.map(|(ratio, _)| ratio);
            number nbo_bo_err ["1"] "Standard uncertainty of that ratio, with the covariance of both areas."
                => fit.nbo_bo.map(|(_, error)| error);
            number chi2_reduced ["1"] "Sum of the squared weighted residuals per degree of freedom."
                => fit.region.chi2_reduced;
            number residual_rms ["1"] "Root mean square of the residuals, in units of the intensity."
                => fit.region.residual_rms;
        },
    }
    .kernel()
}

fn plain_name(region: &str) -> String {
    let plain = region.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase();
    // Thermo names its regions `O1s Scan`.
    plain.strip_suffix("scan").map(str::to_owned).unwrap_or(plain)
}

/// The core line of a region as the table of sensitivity factors writes it: `O1s`.
fn core_line(region: &str) -> String {
    let plain = plain_name(region);
    let mut letters = plain.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
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
        version: 2,
        meaning: "The shift that brings the C 1s component of adventitious carbon to the reference energy.",
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
            number binding_energy_ev ["eV"] "Binding energy of the strongest C 1s component as measured."
                => shift.position_ev;
            number shift_ev ["eV"] "To be added to binding energies so that C 1s lies at the reference energy, 284.6 eV by default; null where there is no C 1s component.";
            number shift_err_ev ["eV"] "Standard uncertainty of the shift.";
            number signal_to_noise ["1"] "Area of the C 1s core line divided by its standard uncertainty.";
        },
    }
    .kernel()
}

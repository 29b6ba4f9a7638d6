//! `fit_photoelectrons`: components of a region.

use aldb_fit::photoelectrons::{
    C_1S_REFERENCE_EV, ComponentStart, RegionFit, RegionOptions, find_components, fit_region, reference_shift,
    relative_sensitivity,
};
use aldb_fit::quality::Quality;

use super::document::{Documentation, FieldKind, Value, field, number, plain, text, verdict};
use super::gather::{Group, Kernel};

/// Components of regions that are known, at energies referenced to carbon at 284.6 eV. Source: Verhelle et al., Chem. Mater. 37,
/// 687 (2025), section 3.1.2.
const KNOWN: [(&str, &[(&str, f64)]); 1] = [("O 1s", &[("non-bridging", 530.4), ("bridging", 531.7)])];

/// By how much a known component may lie elsewhere (eV): charging that the reference leaves, and chemistry.
const TOLERANCE_EV: f64 = 1.0;

pub(super) fn kernel() -> Kernel {
    let component = vec![
        plain("component", FieldKind::Text, "Its name, or its place by rising energy."),
        field("binding_energy_ev", "eV", "Its binding energy, referenced."),
        field("binding_energy_err_ev", "eV", "Its standard uncertainty, of the fit alone."),
        field("height", "1", "Its height, in units of the intensity."),
        field("height_err", "1", "Its standard uncertainty."),
        field("area", "1", "Its area, in units of the intensity times eV."),
        field("area_err", "1", "Its standard uncertainty, with the background's."),
    ];
    let own = [
        plain("components", FieldKind::Rows(component), "The components; one without a name where nothing was fitted."),
        field("shift_ev", "eV", "What was added to the energies."),
        field("fwhm_ev", "eV", "Width of all components."),
        field("fwhm_err_ev", "eV", "Its standard uncertainty; 0 at a limit."),
        field("area_total", "1", "Area of all components."),
        field("area_total_err", "1", "Its standard uncertainty."),
        field("nbo_bo", "1", "Area of non-bridging over bridging oxygen; null of other regions."),
        field("nbo_bo_err", "1", "Its standard uncertainty, with the covariance of both."),
        field(
            "sensitivity",
            "1",
            "Relative sensitivity factor of the line (Scofield, C 1s = 1); null where none is known.",
        ),
        field("chi2_reduced", "1", "Sum of the squares of the weighted residuals for each degree of freedom."),
        field("residual_rms", "1", "Root mean square of the residuals, in units of the intensity."),
        plain("n_points", FieldKind::Count, "Points."),
    ];
    Kernel {
        documentation: Documentation {
            name: "fit_photoelectrons",
            kind: "aggregate",
            version: 1,
            meaning: "GL(30) components of one width over a Shirley background. O 1s has two, non-bridging and bridging; of \
                      other regions as many are found as asked for.",
            arguments: vec![
                text("region", "The region, as `O 1s`."),
                number("binding_energy_ev", "eV", "Binding energy as measured."),
                number("intensity", "1", "Counts, or what is proportional to them."),
                number("shift_ev", "eV", "Added to the energies; 0 where null."),
                number("n_components", "1", "Components of a region that is not known, 1 where left out.")
                    .or_left_out(),
            ],
            result: own.into_iter().chain(verdict()).collect(),
            example: "SELECT measurement_id, fit_photoelectrons(region, binding_energy_ev, intensity, 0.0) AS fit \
                      FROM xps_spectra WHERE region = 'O 1s' GROUP BY measurement_id LIMIT 3",
        },
        evaluate,
    }
}

fn evaluate(group: &Group) -> Vec<Value> {
    let region = group.word(0).unwrap_or_default();
    let shift = group.number(3).unwrap_or(0.0);
    let [energy, intensity] = group.numbers([1, 2]);
    let energy: Vec<f64> = energy.into_iter().map(|energy| energy + shift).collect();
    let known =
        KNOWN.iter().find(|(name, _)| plain_name(name) == plain_name(region)).map_or(&[][..], |(_, known)| known);
    let options = RegionOptions {
        components: known
            .iter()
            .map(|(name, position_ev)| ComponentStart {
                name: (*name).to_owned(),
                position_ev: *position_ev,
                tolerance_ev: TOLERANCE_EV,
            })
            .collect(),
        ..RegionOptions::default()
    };
    let fit = if known.is_empty() {
        let n = group.number(4).filter(|n| *n >= 1.0).map_or(1, |n| n as usize);
        find_components(&energy, &intensity, n, &options)
    } else {
        fit_region(&energy, &intensity, &options)
    };
    let (quality, reason) = match &fit {
        Ok(fit) => (fit.quality, (fit.quality != Quality::Good).then(|| fit.reason.clone())),
        Err(error) => (Quality::Failed, Some(error.to_string())),
    };
    let fit = fit.ok();
    let ratio = fit.as_ref().filter(|_| known.len() == 2).map(|fit| fit.area_ratio(0, 1));
    let of = |value: fn(&RegionFit) -> f64| Value::Number(fit.as_ref().map(value));
    vec![
        Value::Rows(Some(fit.as_ref().map_or_else(nothing, components))),
        shift.into(),
        of(|fit| fit.fwhm_ev),
        fit.as_ref().and_then(|fit| fit.fwhm_err_ev).into(),
        of(|fit| fit.area_total),
        of(|fit| fit.area_total_err),
        ratio.map(|(ratio, _)| ratio).into(),
        ratio.map(|(_, error)| error).into(),
        relative_sensitivity(&line_name(region)).into(),
        of(|fit| fit.chi2_reduced),
        of(|fit| fit.residual_rms),
        Value::Count(energy.len()),
        Value::text(quality.as_str()),
        Value::Text(reason),
    ]
}

fn plain_name(region: &str) -> String {
    let plain = region.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase();
    // Thermo names its regions `O1s Scan`.
    plain.strip_suffix("scan").map(str::to_owned).unwrap_or(plain)
}

/// A region as the table of sensitivities writes it: `O1s`.
fn line_name(region: &str) -> String {
    let plain = plain_name(region);
    let mut letters = plain.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Charge reference: where C 1s lies.
pub(super) fn shift() -> Kernel {
    let own = [
        field("binding_energy_ev", "eV", "Binding energy of the strongest C 1s component as measured."),
        field("shift_ev", "eV", "What brings it to the reference; null without a line."),
        field("shift_err_ev", "eV", "Its standard uncertainty."),
        field("signal_to_noise", "1", "Height of the line over the noise."),
    ];
    Kernel {
        documentation: Documentation {
            name: "find_charge_shift",
            kind: "aggregate",
            version: 1,
            meaning: "What is to be added to the energies of a file so that its C 1s line lies at the reference.",
            arguments: vec![
                number("binding_energy_ev", "eV", "Binding energy, of the C 1s region."),
                number("intensity", "1", "Counts, or what is proportional to them."),
                number("reference_ev", "eV", "Where C 1s shall lie, 284.6 eV where left out.").or_left_out(),
            ],
            result: own.into_iter().chain(verdict()).collect(),
            example: "SELECT measurement_id, find_charge_shift(binding_energy_ev, intensity) AS shift FROM xps_spectra \
                      WHERE region = 'C 1s' GROUP BY measurement_id",
        },
        evaluate: |group| {
            let [energy, intensity] = group.numbers([0, 1]);
            let found = reference_shift(&energy, &intensity, group.number(2).unwrap_or(C_1S_REFERENCE_EV));
            let (quality, reason) = match &found {
                Ok(shift) => (shift.quality, (shift.quality != Quality::Good).then(|| shift.reason.clone())),
                Err(error) => (Quality::Failed, Some(error.to_string())),
            };
            let shift = found.ok();
            vec![
                shift.as_ref().map(|shift| shift.position_ev).into(),
                shift.as_ref().map(|shift| shift.shift_ev).into(),
                shift.as_ref().map(|shift| shift.shift_err_ev).into(),
                shift.as_ref().map(|shift| shift.signal_to_noise).into(),
                Value::text(quality.as_str()),
                Value::Text(reason),
            ]
        },
    }
}

fn components(fit: &RegionFit) -> Vec<Vec<Value>> {
    fit.components
        .iter()
        .map(|component| {
            vec![
                Value::text(component.name.clone()),
                component.position_ev.into(),
                component.position_err_ev.into(),
                component.height.into(),
                component.height_err.into(),
                component.area.into(),
                component.area_err.into(),
            ]
        })
        .collect()
}

/// One row, that says why there are none.
fn nothing() -> Vec<Vec<Value>> {
    let mut row = vec![Value::Text(None)];
    row.extend(vec![Value::Number(None); 6]);
    vec![row]
}

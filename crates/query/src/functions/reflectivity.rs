//! `find_fringes`: thickness from X-ray reflectivity.

use aldb_fit::reflectivity::{Fringes, find_fringes};

use super::arguments::CompleteRows;
use super::field::fields;
use super::kernel::{Definition, Kernel, Outcome};

struct Curve {
    two_theta_deg: Vec<f64>,
    intensity: Vec<f64>,
    wavelength_angstrom: f64,
}

pub(super) fn kernel() -> Kernel {
    Definition {
        name: "find_fringes",
        version: 1,
        meaning: "Thickness of a film from the fringes of its X-ray reflectivity above the edge of total reflection, without a model of \
                  the layers.",
        example: "SELECT measurement_id, find_fringes(two_theta_deg, coalesce(count_rate_per_s, counts, intensity), 1.540593) AS fit \
                  FROM xrd_patterns GROUP BY measurement_id HAVING max(two_theta_deg) <= 15 LIMIT 3",
        arguments: |arguments| {
            let angle = arguments.number("two_theta_deg", "deg", "Angle 2θ; the angle of incidence is half of it.");
            let intensity = arguments.number("intensity", "1", "Intensity, in any unit, without attenuation.");
            let wavelength_angstrom = arguments.constant("wavelength_angstrom", "Ao", "Wavelength.");
            let complete = CompleteRows::of(&[&angle, &intensity]);
            Curve {
                two_theta_deg: complete.values(&angle),
                intensity: complete.values(&intensity),
                wavelength_angstrom: wavelength_angstrom.unwrap_or(f64::NAN),
            }
        },
        evaluate: |curve| Ok(find_fringes(&curve.two_theta_deg, &curve.intensity, curve.wavelength_angstrom)?),
        verdict: |fringes| fringes.verdict.clone(),
        always: fields! { found: Outcome<Curve, Fringes>;
            count n_points "Number of points of the curve." => found.input.two_theta_deg.len();
        },
        fields: fields! { fringes: Fringes;
            number thickness_nm ["nm"] "Thickness of the film.";
            number thickness_err_nm ["nm"] "Standard uncertainty of the thickness: what the fringes determine, and 1.2 nm for an oxide between film and substrate, which reflects, too. Left out: the zero of the angles.";
            number edge_two_theta_deg ["deg"] "Angle 2θ at which the intensity has fallen to half of that of total reflection.";
            number n_fringes ["1"] "Number of fringes between the edge and the end of the signal.";
            number unexplained ["1"] "Part of the variance about a smooth decay that the fringes leave, from 0 to 1.";
            count n_used "Number of points between the edge and the end of the signal.";
        },
    }
    .kernel()
}

//! Situations of the kernels of `mixtures` and `saturation`.

use aldb_fit::mixtures::{DENSITY_REL, EndMember, Route, expected_mixture};
use aldb_fit::quality::Quality;
use aldb_fit::saturation::{DosePoint, SaturationOptions, judge_saturation};
use test_support::Noise;

use crate::trial::{Situation, State, Trial};

/// Growth 2 % and contents 1 % off, densities by `density_rel`; the kernel takes densities as known to 10 %.
fn mixture(noise: &mut Noise, density_rel: f64) -> Trial {
    let mut member = || EndMember {
        gpc_angstrom: noise.between(0.3, 1.0),
        gpc_err_angstrom: 0.0,
        density_g_per_cm3: noise.between(1.8, 3.5),
        density_err_g_per_cm3: 0.0,
        mean_atomic_mass_g_per_mol: noise.between(11.0, 20.0),
    };
    let (a, b) = (member(), member());
    let (k, l) = (1, 1 + noise.below(5) as u64);
    let content = noise.between(5.0, 30.0);
    let of = |a: &EndMember, b: &EndMember, content: f64, err: f64| {
        let expected = expected_mixture(k, l, a, b).ok()?;
        Some(expected.content_percent(Route::AtomicFraction, (content, err), (0.0, 0.0)))
    };
    let Some((truth, _)) = of(&a, &b, content, 0.0) else { return Trial::none(content) };
    let mut seen = |member: &EndMember| {
        let density_g_per_cm3 = member.density_g_per_cm3 * (1.0 + density_rel * noise.normal());
        EndMember {
            gpc_angstrom: member.gpc_angstrom * (1.0 + 0.02 * noise.normal()),
            gpc_err_angstrom: 0.02 * member.gpc_angstrom,
            density_g_per_cm3,
            density_err_g_per_cm3: DENSITY_REL * density_g_per_cm3,
            ..*member
        }
    };
    let (a, b) = (seen(&a), seen(&b));
    let found = of(&a, &b, content * (1.0 + 0.01 * noise.normal()), 0.01 * content);
    Trial { truth, found, quality: Quality::Good }
}

/// Growth that saturates as 1 − exp(−dose/τ), plus a slow rise per dose.
fn saturation(noise: &mut Noise, rise: f64, err: f64) -> Trial {
    let truth = noise.between(0.3, 1.2);
    let points: Vec<DosePoint> = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]
        .iter()
        .map(|&dose_s| {
            let gpc = truth * -(-dose_s / 0.7_f64).exp_m1() * (1.0 + rise * dose_s / 16.0);
            let between_runs = 1.0 + 0.01 * noise.normal();
            DosePoint {
                dose_s,
                gpc_angstrom: gpc * between_runs + err * truth * noise.normal(),
                gpc_err_angstrom: err * truth,
                quality: Quality::Good,
            }
        })
        .collect();
    // With a rise there is no saturated growth: what is compared is the growth at the longest dose.
    let truth = truth * (1.0 + rise);
    judge_saturation(&points, &SaturationOptions::default()).map_or(Trial::none(truth), |fit| Trial {
        truth,
        found: fit.gpc_saturated_angstrom.zip(fit.gpc_saturated_err_angstrom),
        quality: fit.verdict.quality,
    })
}

pub(crate) fn situations() -> Vec<Situation> {
    use State::{Faulty, Healthy};
    let content =
        |state, data, draw| Situation { kernel: "expect_mixture", quantity: "expected_percent", data, state, draw };
    let plateau = |state, data, draw| Situation {
        kernel: "judge_saturation",
        quantity: "gpc_saturated_angstrom",
        data,
        state,
        draw,
    };
    vec![
        content(Healthy, "densities known to 10 %", |noise| mixture(noise, 0.1)),
        content(Faulty, "densities 15 % off", |noise| mixture(noise, 0.15)),
        plateau(Healthy, "saturated", |noise| saturation(noise, 0.0, 0.005)),
        plateau(Faulty, "a rise of 20 % goes on", |noise| saturation(noise, 0.2, 0.02)),
    ]
}

//! `aldb fit circuit FILE`: an equivalent circuit, with the residuals of every frequency.

use aldb_fit::circuit;
use aldb_formats::Technique;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::derived::{FileArguments, Job, fits, objects};
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};

#[derive(Debug, Args)]
pub(super) struct Circuit {
    #[command(flatten)]
    file: FileArguments,
    /// The circuit, as `R0-p(R1,CPE1)-CPE2` or in Boukamp's notation as `R(RQ)Q` [default: that of the table impedance_fits]
    #[arg(long, value_parser = notation)]
    circuit: Option<String>,
    /// Divisor of the residuals
    #[arg(long, value_enum, default_value_t)]
    weighting: Weighting,
    /// Leave out frequencies below this
    #[arg(long, value_name = "HZ")]
    min_hz: Option<f64>,
    /// Leave out frequencies above this
    #[arg(long, value_name = "HZ")]
    max_hz: Option<f64>,
    /// Leave out points with Im(Z) >= 0, which the inductance of the leads causes
    #[arg(long)]
    capacitive_only: bool,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Weighting {
    /// |Z|
    #[default]
    Modulus,
    /// 1 Ohm
    Unit,
    /// The real and the imaginary part, each for itself
    Proportional,
}

impl From<Weighting> for aldb_fit::cnls::Weighting {
    fn from(weighting: Weighting) -> Self {
        match weighting {
            Weighting::Modulus => Self::Modulus,
            Weighting::Unit => Self::Unit,
            Weighting::Proportional => Self::Proportional,
        }
    }
}

/// A circuit in the notation of aldb, which has no quotation marks.
fn notation(text: &str) -> Result<String, String> {
    circuit::Circuit::parse(text).map(|circuit| circuit.notation().to_owned()).map_err(|error| error.to_string())
}

impl Circuit {
    pub(super) async fn run(&self, lake: &LakeOption) -> Result<Outcome, Error> {
        let range = self.range();
        let mut job = Job::new("impedance_fits", Technique::ImpedanceSpectroscopy, &self.file);
        if let Some(circuit) = &self.circuit {
            job.changes.push(("'R0-p(R1,CPE1)-CPE2'", format!("'{circuit}'")));
        }
        let weighting = aldb_fit::cnls::Weighting::from(self.weighting);
        if weighting != aldb_fit::cnls::Weighting::default() {
            job.changes.push(("s.z_im_ohm) AS fit", format!("s.z_im_ohm, '{}') AS fit", weighting.as_str())));
        }
        if !range.is_empty() {
            let technique = "WHERE m.technique = 'impedance_spectroscopy'";
            job.changes.push((technique, format!("{technique}{range}")));
        }
        let mut fits = fits(lake, job, |_| true).await?;
        // (measured - fitted) / |Z|, in the order of the file.
        let residual = |part: &str| {
            format!(
                "array_agg((s.z_{part}_ohm - circuit_{part}(fit.circuit, fit.parameters, s.frequency_hz)) \
                 / sqrt(power(s.z_re_ohm, 2) + power(s.z_im_ohm, 2)) ORDER BY s.point) AS {part}"
            )
        };
        let residuals = format!(
            "SELECT fit.measurement_id, array_agg(s.frequency_hz ORDER BY s.point) AS frequency_hz, {}, {} \
             FROM ({}\n) AS fit JOIN impedance_spectra AS s ON s.measurement_id = fit.measurement_id{range} \
             WHERE fit.parameters IS NOT NULL GROUP BY fit.measurement_id",
            residual("re"),
            residual("im"),
            fits.query
        );
        for mut found in objects(&fits.session, &residuals).await? {
            let id = found.remove("measurement_id");
            let fitted = fits.rows.iter_mut().find(|(_, fit)| fit.get("measurement_id") == id.as_ref());
            if let Some((_, fit)) = fitted {
                fit.insert("residuals".to_owned(), json!(found));
            }
        }
        fits.show()
    }

    /// The condition that keeps the points to be fitted.
    fn range(&self) -> String {
        let mut conditions = String::new();
        for (bound, sign) in [(self.min_hz, ">="), (self.max_hz, "<=")] {
            conditions.extend(bound.map(|bound| format!(" AND s.frequency_hz {sign} {bound:?}")));
        }
        if self.capacitive_only {
            conditions.push_str(" AND s.z_im_ohm < 0");
        }
        conditions
    }
}

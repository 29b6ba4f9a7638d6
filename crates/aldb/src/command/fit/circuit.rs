//! `aldb fit circuit FILE`: an equivalent circuit, with the residuals of every frequency.

use aldb_fit::circuit;
use aldb_formats::Technique;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

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
        let points = format!(
            "SELECT s.measurement_id, s.frequency_hz, s.z_re_ohm, s.z_im_ohm FROM impedance_spectra AS s \
             WHERE s.frequency_hz IS NOT NULL{range} ORDER BY s.measurement_id, s.point"
        );
        let points = objects(&fits.session, &points).await?;
        for (_, fit) in &mut fits.rows {
            let of_fit = points.iter().filter(|point| point.get("measurement_id") == fit.get("measurement_id"));
            if let Some(residuals) = residuals(fit, of_fit) {
                fit.insert("residuals".to_owned(), residuals);
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

/// (measured - fitted) / |Z| of every point, in the order of the file; none where nothing was fitted.
fn residuals<'a>(fit: &Map<String, Value>, points: impl Iterator<Item = &'a Map<String, Value>>) -> Option<Value> {
    let circuit = circuit::Circuit::parse(fit.get("circuit")?.as_str()?).ok()?;
    let values = fit.get("parameters")?.as_array()?.iter().map(|parameter| parameter.get("value")?.as_f64());
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    if values.len() != circuit.parameters().len() {
        return None;
    }
    let (mut frequency_hz, mut re, mut im) = (Vec::new(), Vec::new(), Vec::new());
    for point in points {
        let number = |name| point.get(name).and_then(Value::as_f64);
        let (Some(frequency), Some(z_re), Some(z_im)) =
            (number("frequency_hz"), number("z_re_ohm"), number("z_im_ohm"))
        else {
            continue;
        };
        let (fitted, modulus) = (circuit.impedance(&values, frequency), z_re.hypot(z_im));
        frequency_hz.push(frequency);
        re.push((z_re - fitted.re) / modulus);
        im.push((z_im - fitted.im) / modulus);
    }
    Some(json!({ "frequency_hz": frequency_hz, "re": re, "im": im }))
}

//! `aldb fit circuit FILE`: fits an equivalent circuit to the spectra of one file; the other models are in `derived`.

mod derived;

use std::io::Write;
use std::path::{Path, PathBuf};

use aldb_fit::circuit::Circuit;
use aldb_fit::cnls::{CircuitFit, CnlsOptions, Weighting, fit_circuit};
use aldb_fit::kramers_kronig::{LinKk, LinKkOptions, lin_kk};
use aldb_fit::quality::Quality;
use aldb_fit::spectrum::Spectrum;
use aldb_formats::{Measurement, Technique};
use aldb_query::output::significant;
use aldb_query::table::write_table;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::ReportFormat;
use super::inspect::read;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// Fit a model to one file.
#[derive(Debug, Args)]
pub(crate) struct Fit {
    #[command(subcommand)]
    model: Model,
}

#[derive(Debug, Subcommand)]
enum Model {
    /// An equivalent circuit, to the impedance spectra of a file
    Circuit(CircuitArguments),
    /// Growth per cycle and nucleation delay, to a scan during deposition
    Growth(derived::Growth),
    /// Thickness and index of a transparent film, to Ψ and Δ
    Cauchy(derived::Cauchy),
    /// Components over a Shirley background, to photoelectron regions
    Xps(derived::Xps),
    /// Lines, phase and crystallinity, to a diffraction pattern
    Xrd(derived::Xrd),
    /// Mean contents over the plateau, to a depth profile
    Composition(derived::Composition),
    /// Pairs of peaks, to a cyclic voltammogram
    Peaks(derived::Electrode),
    /// Capacity at each rate, to galvanostatic cycling
    Rates(derived::Rates),
    /// The potential at which the current leaves its baseline, to a sweep
    Onset(derived::Electrode),
}

#[derive(Debug, Args)]
struct CircuitArguments {
    /// The file
    file: PathBuf,
    /// The circuit: `R0-p(R1,CPE1)-CPE2`, or Boukamp's `R(RQ)Q`
    #[arg(long, value_parser = circuit)]
    circuit: Circuit,
    /// What residuals are divided by
    #[arg(long, value_enum, default_value_t)]
    weighting: WeightingName,
    /// Only this spectrum of the file, from 0
    #[arg(long, value_name = "N")]
    block: Option<u32>,
    /// Leave out frequencies below this
    #[arg(long, value_name = "HZ")]
    min_hz: Option<f64>,
    /// Leave out frequencies above this
    #[arg(long, value_name = "HZ")]
    max_hz: Option<f64>,
    /// Leave out points with Im(Z) >= 0, which the leads' inductance makes
    #[arg(long)]
    capacitive_only: bool,
    /// Read the file as this format [default: found by content]
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum WeightingName {
    /// By |Z|
    #[default]
    Modulus,
    /// By 1 Ohm
    Unit,
    /// Each part by itself
    Proportional,
}

impl From<WeightingName> for Weighting {
    fn from(name: WeightingName) -> Self {
        match name {
            WeightingName::Modulus => Self::Modulus,
            WeightingName::Unit => Self::Unit,
            WeightingName::Proportional => Self::Proportional,
        }
    }
}

fn circuit(text: &str) -> Result<Circuit, String> {
    Circuit::parse(text).map_err(|error| error.to_string())
}

/// The points of a spectrum that are fitted.
struct Points {
    frequency_hz: Vec<f64>,
    z_re_ohm: Vec<f64>,
    z_im_ohm: Vec<f64>,
}

impl Points {
    fn of(measurement: &Measurement, arguments: &CircuitArguments) -> Self {
        let column = |name| measurement.numbers(name).unwrap_or_default();
        let (frequency, re, im) = (column("frequency_hz"), column("z_re_ohm"), column("z_im_ohm"));
        let mut points = Self { frequency_hz: Vec::new(), z_re_ohm: Vec::new(), z_im_ohm: Vec::new() };
        for ((frequency, re), im) in frequency.iter().zip(re).zip(im) {
            let inside = arguments.min_hz.is_none_or(|min| *frequency >= min)
                && arguments.max_hz.is_none_or(|max| *frequency <= max);
            if inside && !(arguments.capacitive_only && *im >= 0.0) {
                points.frequency_hz.push(*frequency);
                points.z_re_ohm.push(*re);
                points.z_im_ohm.push(*im);
            }
        }
        points
    }

    fn spectrum(&self) -> Spectrum<'_> {
        Spectrum { frequency_hz: &self.frequency_hz, z_re_ohm: &self.z_re_ohm, z_im_ohm: &self.z_im_ohm }
    }
}

impl Fit {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let arguments = match self.model {
            Model::Circuit(arguments) => arguments,
            Model::Growth(growth) => return growth.run(lake).await,
            Model::Cauchy(cauchy) => return cauchy.run(lake).await,
            Model::Xps(xps) => return xps.run(lake).await,
            Model::Xrd(xrd) => return xrd.run(lake).await,
            Model::Composition(composition) => return composition.run(lake).await,
            Model::Peaks(electrode) => return electrode.peaks(lake).await,
            Model::Rates(rates) => return rates.run(lake).await,
            Model::Onset(electrode) => return electrode.onset(lake).await,
        };
        let path = &arguments.file;
        let (_, reading) = read(&lake.registry()?, path, arguments.adapter.as_deref())
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let measurements: Vec<&Measurement> = reading
            .measurements
            .iter()
            .filter(|measurement| measurement.technique == Technique::ImpedanceSpectroscopy)
            .filter(|measurement| arguments.block.is_none_or(|block| measurement.block == block))
            .collect();
        if measurements.is_empty() {
            let n = reading.measurements.len();
            return Err(format!("{}: no such spectrum: the file has {n}, numbered from 0", path.display()).into());
        }
        let options = CnlsOptions { weighting: arguments.weighting.into(), ..CnlsOptions::default() };
        let mut outcome = Outcome::Done;
        let mut objects = Vec::new();
        let mut out = terminal::output();
        for measurement in &measurements {
            let points = Points::of(measurement, &arguments);
            let fit = fit_circuit(&arguments.circuit, points.spectrum(), &options);
            let test = lin_kk(points.spectrum(), &LinKkOptions::default()).ok();
            if fit.as_ref().map_or(true, |fit| fit.verdict.quality == Quality::Failed) {
                outcome = Outcome::Failed;
            }
            match (arguments.format, &fit) {
                (ReportFormat::Json, Ok(fit)) => {
                    objects.push(object(path, measurement.block, &points, fit, test.as_ref()));
                }
                (ReportFormat::Json, Err(error)) => objects.push(json!({
                    "file": path.display().to_string(),
                    "block": measurement.block,
                    "error": { "message": error.to_string() },
                })),
                (ReportFormat::Table, Ok(fit)) => print(&mut out, path, measurement.block, fit, test.as_ref())?,
                (ReportFormat::Table, Err(error)) => {
                    out.flush()?;
                    terminal::complain(&format!("{}, block {}: {error}", path.display(), measurement.block));
                }
            }
        }
        if arguments.format == ReportFormat::Json {
            let text = match &objects[..] {
                [object] => serde_json::to_string_pretty(object)?,
                objects => serde_json::to_string_pretty(objects)?,
            };
            writeln!(out, "{text}")?;
        }
        out.flush()?;
        Ok(outcome)
    }
}

fn object(path: &Path, block: u32, points: &Points, fit: &CircuitFit, test: Option<&LinKk>) -> serde_json::Value {
    let parameters: Vec<_> = fit
        .parameters
        .iter()
        .map(|parameter| {
            json!({
                "name": parameter.name,
                "unit": parameter.unit,
                "value": parameter.value,
                "std_err": parameter.std_err,
                "at_bound": parameter.at_bound,
                "determined": parameter.determined,
            })
        })
        .collect();
    json!({
        "file": path.display().to_string(),
        "block": block,
        "circuit": fit.circuit,
        "weighting": fit.weighting.as_str(),
        "n_points": fit.n_points,
        "dof": fit.dof,
        "cost": fit.cost,
        "chi2_reduced": fit.chi2_reduced,
        "aic": fit.aic,
        "n_starts": fit.n_starts,
        "n_starts_at_optimum": fit.n_starts_at_optimum,
        "stop": fit.stop.as_str(),
        "parameters": parameters,
        "residuals": { "frequency_hz": points.frequency_hz, "re": fit.residual_re, "im": fit.residual_im },
        "kramers_kronig": test.map(|test| json!({
            "m": test.m,
            "mu": test.mu,
            "rms": test.rms,
            "verdict": test.consistency.as_str(),
            "reason": test.verdict.words(),
        })),
        "quality": fit.verdict.quality.as_str(),
        "reason": fit.verdict.words(),
        "reason_code": fit.verdict.codes(),
    })
}

fn print(out: &mut impl Write, path: &Path, block: u32, fit: &CircuitFit, test: Option<&LinKk>) -> Result<(), Error> {
    writeln!(
        out,
        "{}, block {block}: {}, {} points, {} weighting",
        path.display(),
        fit.circuit,
        fit.n_points,
        fit.weighting.as_str()
    )?;
    let mut rows = Vec::new();
    for parameter in &fit.parameters {
        let note = match (parameter.at_bound, parameter.determined) {
            (true, _) => "at its bound",
            (false, false) => "not determined",
            (false, true) => "",
        };
        rows.push([
            parameter.name.clone(),
            parameter.unit.to_owned(),
            significant(parameter.value),
            parameter.std_err.map(|error| format!("{error:.2e}")).unwrap_or_default(),
            note.to_owned(),
        ]);
    }
    write_table(out, "  ", ["parameter", "unit", "value", "std. error", ""], &rows)?;
    let largest =
        fit.residual_re.iter().chain(&fit.residual_im).fold(0.0_f64, |largest, residual| largest.max(residual.abs()));
    writeln!(
        out,
        "  cost {}, reduced χ² {}, AIC {}, residuals {:.2} % rms, {:.2} % at most",
        significant(fit.cost),
        significant(fit.chi2_reduced),
        significant(fit.aic),
        fit.rms_relative * 100.0,
        largest * 100.0
    )?;
    if let Some(test) = test {
        writeln!(out, "  Kramers-Kronig: {}: {}", test.consistency.as_str(), test.verdict)?;
    }
    writeln!(out, "  {}", fit.verdict)?;
    Ok(())
}

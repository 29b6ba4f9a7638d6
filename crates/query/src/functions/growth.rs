//! `fit_growth`, `fit_growth_in_situ` and `judge_saturation`.

use aldb_fit::growth::{
    GrowthError, GrowthFit, GrowthOptions, StepChange, cycle_ends, detect_start, fit_growth, step_changes,
    without_pattern,
};
use aldb_fit::saturation::{DosePoint, SaturationFit, SaturationOptions, judge_saturation};
use arrow::array::Array as _;

use super::arguments::{Arguments, CompleteRows, at};
use super::field::{Field, fields};
use super::kernel::{Definition, Failure, Kernel, Outcome};
use crate::codes::RowReason;

fn growth_fields() -> Vec<Field<GrowthFit>> {
    fields! { fit: GrowthFit;
        number gpc_angstrom ["Ao"] "Growth per cycle, of all kinds of cycles together.";
        number gpc_err_angstrom ["Ao"] "Standard uncertainty of the growth per cycle; the autocorrelation of the residuals is taken into account.";
        number intercept_nm ["nm"] "Thickness of the fitted line at cycle 0.";
        number intercept_err_nm ["nm"] "Standard uncertainty of the intercept.";
        number substrate_nm ["nm"] "Thickness before growth, in the optical model of the measurement.";
        number nucleation_delay_cycles ["1"] "Cycle at which the fitted line crosses the thickness before growth.";
        number nucleation_delay_err_cycles ["1"] "Standard uncertainty of the nucleation delay.";
        number first_cycle ["1"] "First cycle of the linear regime.";
        number last_cycle ["1"] "Last cycle of the linear regime.";
        number r2 ["1"] "Coefficient of determination.";
        number residual_std_nm ["nm"] "Standard deviation of the residuals.";
        number autocorrelation ["1"] "Correlation of neighbouring residuals.";
    }
}

struct Series {
    cycle: Vec<f64>,
    thickness_nm: Vec<f64>,
    options: GrowthOptions,
}

/// `fit_growth`.
pub(super) fn by_cycle() -> Kernel {
    Definition {
        name: "fit_growth",
        version: 2,
        meaning: "Growth per cycle and nucleation delay from thickness against cycle number.",
        example: "SELECT fit_growth(cycle, thickness_nm) AS fit FROM (SELECT CAST(value AS DOUBLE) AS cycle, \
                  1.5 + 0.04 * value AS thickness_nm FROM generate_series(0, 100)) AS invented",
        arguments: |arguments| {
            let cycle = arguments.number("cycle", "1", "Number of completed cycles.");
            let thickness = arguments.number("thickness_nm", "nm", "Thickness, substrate included.");
            let min_points =
                arguments.option("min_points", "1", "Number of points that the linear regime needs; default 20.");
            let complete = CompleteRows::of(&[&cycle, &thickness]);
            let default = GrowthOptions::default();
            let min_points = min_points.filter(|points| *points >= 1.0).map(|points| points as usize);
            Series {
                cycle: complete.values(&cycle),
                thickness_nm: complete.values(&thickness),
                options: GrowthOptions { min_points: min_points.unwrap_or(default.min_points), ..default },
            }
        },
        evaluate: |series| Ok(fit_growth(&series.cycle, &series.thickness_nm, &series.options)?),
        verdict: |fit| fit.verdict.clone(),
        always: fields! { fitted: Outcome<Series, GrowthFit>;
            count n_points "Number of points in the linear regime."
                => fitted.fit().map_or(fitted.input.cycle.len(), |fit| fit.n_points);
        },
        fields: growth_fields(),
    }
    .kernel()
}

/// Source of the cycles of a scan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CycleSource {
    File,
    RunLog,
    Recipe,
}

impl CycleSource {
    fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::RunLog => "run log",
            Self::Recipe => "recipe",
        }
    }
}

/// A dose in the log of a run.
struct Dose {
    time_s: f64,
    cycle: Option<f64>,
    precursor: String,
}

/// A scan during deposition, with the thickness at the end of each cycle.
struct Scan {
    time_s: Vec<f64>,
    thickness_nm: Vec<f64>,
    doses: Vec<Dose>,
    /// Cycles after which the recipe repeats.
    period: usize,
    source: Option<CycleSource>,
    /// Cycle and thickness, without the pattern within a supercycle.
    points: Result<Vec<(f64, f64)>, GrowthError>,
}

/// If this fraction of the readings has a cycle number, the numbers in the file are used.
const MOSTLY: f64 = 0.9;

impl Scan {
    fn of(arguments: &mut Arguments<'_>) -> Self {
        let times = arguments.number("time_s", "s", "Time of the reading or of the dose.");
        let thicknesses = arguments.number("thickness_nm", "nm", "Thickness; null for a dose.");
        let cycles = arguments.number(
            "cycle",
            "1",
            "For a reading the number of completed cycles, where the file gives it; for a dose its cycle.",
        );
        let precursors = arguments.text("precursor", "Precursor of the dose; null for a reading.");
        let period = arguments.option("cycles_per_supercycle", "1", "Number of cycles after which the recipe repeats.");
        let cycle_s = arguments.option("cycle_s", "s", "Mean length of the recipe's cycle.");
        let (mut readings, mut with_cycle, mut doses) = (Vec::new(), Vec::new(), Vec::new());
        for (row, precursor) in precursors.iter().enumerate() {
            let (time, cycle) = (at(&times, row), at(&cycles, row));
            match (precursor, time, at(&thicknesses, row)) {
                (Some(precursor), Some(time_s), _) => {
                    doses.push(Dose { time_s, cycle, precursor: precursor.to_owned() });
                }
                (None, time, Some(thickness)) => {
                    readings.extend(time.map(|time| (time, thickness)));
                    with_cycle.extend(cycle.map(|cycle| (cycle, thickness)));
                }
                _ => {}
            }
        }
        readings.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        doses.sort_by(|a, b| a.time_s.total_cmp(&b.time_s).then_with(|| a.precursor.cmp(&b.precursor)));
        let n_readings = thicknesses.len() - thicknesses.null_count();
        let (time_s, thickness_nm): (Vec<f64>, Vec<f64>) = readings.into_iter().unzip();
        let mut scan = Self {
            time_s,
            thickness_nm,
            doses,
            period: period.filter(|period| *period >= 1.0).map_or(1, |period| period as usize),
            source: None,
            points: Ok(Vec::new()),
        };
        if !with_cycle.is_empty() && with_cycle.len() as f64 >= MOSTLY * n_readings as f64 {
            scan.source = Some(CycleSource::File);
            scan.points = Ok(with_cycle);
        } else if !scan.doses.is_empty() && !scan.time_s.is_empty() {
            scan.source = Some(CycleSource::RunLog);
            scan.points = cycle_ends(&scan.time_s, &scan.thickness_nm, &cycle_starts(&scan.doses));
        } else if let Some(cycle_s) = cycle_s.filter(|cycle_s| *cycle_s > 0.0 && !scan.time_s.is_empty()) {
            scan.source = Some(CycleSource::Recipe);
            scan.points = scan.regular_cycles(cycle_s);
        }
        if let Ok(points) = &mut scan.points {
            points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            *points = without_pattern(points, scan.period);
        }
        scan
    }

    /// The thickness at the ends of cycles of equal duration, from the start of growth in the scan.
    fn regular_cycles(&self, cycle_s: f64) -> Result<Vec<(f64, f64)>, GrowthError> {
        let detected = detect_start(&self.time_s, &self.thickness_nm, cycle_s)?;
        let last = self.time_s.last().copied().unwrap_or(0.0);
        let n = ((last - detected.start_s) / cycle_s).clamp(0.0, 1e6) as usize;
        let starts: Vec<f64> = (0..n).map(|cycle| detected.start_s + cycle_s * cycle as f64).collect();
        cycle_ends(&self.time_s, &self.thickness_nm, &starts)
    }

    fn fit(&self) -> Result<InSitu, Failure> {
        if self.source.is_none() {
            let words = "the scan has no cycles: neither the file, the run log nor the recipe gives them";
            return Err(Failure::new(RowReason::NoCycles, words));
        }
        let points = self.points.as_ref().map_err(Clone::clone)?;
        let (cycle, thickness): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        let mut growth = fit_growth(&cycle, &thickness, &GrowthOptions::default())?;
        let steps = if self.period == 1 { self.steps(growth.first_cycle) } else { None };
        if self.source == Some(CycleSource::Recipe) {
            // The start seen in a scan is that of growth, not of the first dose: inhibited cycles leave no trace.
            growth.nucleation_delay_cycles = f64::NAN;
            growth.nucleation_delay_err_cycles = f64::NAN;
        }
        Ok(InSitu { growth, steps })
    }

    /// The change of thickness after each dose of the cycle, after the first cycle of the linear regime; empty if the
    /// scan does not resolve every dose.
    fn steps(&self, first: f64) -> Option<Vec<Step>> {
        let starts = cycle_starts(&self.doses);
        let (mut place, mut cycle) = (0, 0);
        let mut names: Vec<&str> = Vec::new();
        let mut events = Vec::new();
        for dose in &self.doses {
            if starts.get(cycle).is_some_and(|start| dose.time_s >= *start) {
                cycle += 1;
                place = 0;
            }
            if names.len() <= place {
                names.push(&dose.precursor);
            }
            if cycle as f64 > first {
                events.push((dose.time_s, place));
            }
            place += 1;
        }
        let changes = step_changes(&self.time_s, &self.thickness_nm, &events).ok()?;
        if changes.len() != names.len() || changes.len() < 2 {
            return None;
        }
        let named = changes.into_iter().map(|change| Step { precursor: names[change.step].to_owned(), change });
        Some(named.collect())
    }
}

/// The beginning of each cycle: by its number in the log; without numbers, where the first precursor is dosed again.
fn cycle_starts(doses: &[Dose]) -> Vec<f64> {
    let mut starts: Vec<f64> = Vec::new();
    let mut last = None;
    for dose in doses {
        let begins = match dose.cycle {
            Some(cycle) => last != Some(cycle),
            None => dose.precursor == doses[0].precursor,
        };
        if begins {
            starts.push(dose.time_s);
        }
        last = dose.cycle;
    }
    starts
}

struct InSitu {
    growth: GrowthFit,
    steps: Option<Vec<Step>>,
}

struct Step {
    precursor: String,
    change: StepChange,
}

/// `fit_growth_in_situ`.
pub(super) fn in_situ() -> Kernel {
    let mut fields = fields! { fit: InSitu;
        rows steps (fields! { step: Step;
            count step "Dose within the cycle, from 1." => step.change.step + 1;
            text precursor "Precursor of the dose.";
            number change_nm ["nm"] "Mean change of thickness until the next dose, in the linear regime."
                => step.change.change_nm;
            number change_err_nm ["nm"] "Standard error of the change over the cycles."
                => step.change.change_err_nm;
            count n_cycles "Number of cycles in which the change was observed." => step.change.n_cycles;
        }) "The change of thickness after each dose of the cycle; null where the scan does not resolve the doses."
            => fit.steps.as_deref();
    };
    fields.extend(growth_fields().into_iter().map(|field| field.within(|fit: &InSitu| Some(&fit.growth))));
    Definition {
        name: "fit_growth_in_situ",
        version: 2,
        meaning: "Growth per cycle from a scan during deposition. The cycles come from the file, from the doses in the run log, or \
                  from the length of the recipe's cycle. A row is a reading (with a thickness) or a dose (with a precursor).",
        example: "SELECT run_id, fit_growth_in_situ(time_s, thickness_nm, cycle, precursor) AS fit FROM \
                  (SELECT run_id, time_s, thickness_nm, cycle, CAST(NULL AS VARCHAR) AS precursor \
                  FROM ellipsometry_series UNION ALL SELECT run_id, time_s, NULL, cycle, precursor FROM run_log \
                  WHERE precursor IS NOT NULL) AS both GROUP BY run_id LIMIT 3",
        arguments: Scan::of,
        evaluate: Scan::fit,
        verdict: |fit| fit.growth.verdict.clone(),
        always: fields! { fitted: Fitted;
            text cycle_source "Where the cycles come from: `file`, `run log` or `recipe`."
                => fitted.input.source.map(CycleSource::as_str);
            count n_points "Number of points in the linear regime."
                => match fitted.fit() {
                    Some(fit) => fit.growth.n_points,
                    None => fitted.input.points.as_ref().map_or(0, Vec::len),
                };
        },
        fields,
    }
    .kernel()
}

type Fitted = Outcome<Scan, InSitu>;

struct Doses {
    points: Vec<DosePoint>,
    options: SaturationOptions,
}

/// `judge_saturation`.
pub(super) fn saturation() -> Kernel {
    Definition {
        name: "judge_saturation",
        version: 2,
        meaning: "Whether the growth per cycle saturates with the length of a dose.",
        example: "SELECT judge_saturation(dose_s, gpc_angstrom, 0.003) AS fit FROM (VALUES (1.0, 0.33), (2.0, 0.395), \
                  (5.0, 0.40), (10.0, 0.40)) AS invented(dose_s, gpc_angstrom)",
        arguments: |arguments| {
            let dose = arguments.number("dose_s", "s", "Length of the dose.");
            let gpc = arguments.number("gpc_angstrom", "Ao", "Growth per cycle.");
            let gpc_err = arguments.number("gpc_err_angstrom", "Ao", "Standard uncertainty of the growth per cycle.");
            let reproducibility = arguments.option(
                "reproducibility_rel",
                "1",
                "Relative standard deviation of the growth per cycle between runs; default 0.01.",
            );
            let points = (0..dose.len()).filter_map(|row| {
                Some(DosePoint {
                    dose_s: at(&dose, row)?,
                    gpc_angstrom: at(&gpc, row)?,
                    gpc_err_angstrom: at(&gpc_err, row)?,
                })
            });
            let default = SaturationOptions::default();
            let reproducibility_rel = reproducibility.unwrap_or(default.reproducibility_rel);
            Doses { points: points.collect(), options: SaturationOptions { reproducibility_rel } }
        },
        evaluate: |doses| Ok(judge_saturation(&doses.points, &doses.options)?),
        verdict: |fit| fit.verdict.clone(),
        always: fields! { judged: Outcome<Doses, SaturationFit>;
            count n_points "Number of distinct doses."
                => judged.fit().map_or(judged.input.points.len(), |fit| fit.n_points);
        },
        fields: fields! { fit: SaturationFit;
            text verdict "`saturated`, `unsaturated` or `decreasing`." => fit.saturation.as_str();
            number dose_saturated_s ["s"] "Shortest dose from which on the growth no longer changes; null unless saturated.";
            number gpc_saturated_angstrom ["Ao"] "Mean growth per cycle over the saturated doses; null unless saturated.";
            number gpc_saturated_err_angstrom ["Ao"] "Standard uncertainty of the saturated growth per cycle.";
            number slope_angstrom_per_s ["Ao/s"] "Slope of growth per cycle against dose, over the saturated doses, otherwise over all.";
            number slope_err_angstrom_per_s ["Ao/s"] "Standard uncertainty of the slope.";
            number last_change_angstrom ["Ao"] "Growth per cycle at the longest dose minus that at the second longest.";
            number last_change_err_angstrom ["Ao"] "Standard uncertainty of this difference.";
        },
    }
    .kernel()
}

//! `fit_growth`, `fit_growth_in_situ` and `judge_saturation`.

use aldb_fit::growth::{
    Alignment, Counted, GrowthError, GrowthFit, GrowthOptions, LoggedDose, Period, StepChange, align_scan, cycle_ends,
    fit_growth, regular_cycles, step_changes, without_pattern,
};
use aldb_fit::quality::{Quality, ReasonCode};
use aldb_fit::saturation::{DosePoint, SaturationFit, SaturationOptions, judge_saturation};
use arrow::array::Array as _;

use super::arguments::{Arguments, CompleteRows, at, quality_at};
use super::field::{Field, fields};
use super::kernel::{Definition, Failure, Kernel, Outcome};
use crate::codes::RowReason;

fn growth_fields() -> Vec<Field<GrowthFit>> {
    fields! { fit: GrowthFit;
        number gpc_angstrom ["Ao"] "Growth per cycle, of all kinds of cycles together; negative where the film is etched.";
        number gpc_err_angstrom ["Ao"] "Standard uncertainty of the growth per cycle: scatter of the points with the autocorrelation of the residuals, and the length of a cycle where cycles are counted by time. Left out: the scale of the optical model, differences between runs.";
        number intercept_nm ["nm"] "Thickness of the fitted line at cycle 0.";
        number intercept_err_nm ["nm"] "Standard uncertainty of the intercept, from the scatter of the points.";
        number substrate_nm ["nm"] "Thickness before growth, in the optical model of the measurement.";
        number nucleation_delay_cycles ["1"] "Cycle at which the fitted line crosses the thickness before growth.";
        number nucleation_delay_err_cycles ["1"] "Standard uncertainty of the nucleation delay, from the scatter of the points.";
        number first_cycle ["1"] "First cycle of the linear regime.";
        number last_cycle ["1"] "Last cycle of the linear regime.";
        number end_cycle ["1"] "Cycle at which growth ends although recording goes on; null where it grows up to the end.";
        number film_nm ["nm"] "Thickness grown over the scan, without the thickness before growth; negative where the film is etched.";
        number film_err_nm ["nm"] "Standard uncertainty of film_nm, from the scatter of the points. Left out: the scale of the optical model, and what grew while nobody recorded.";
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
        version: 3,
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
pub(super) struct Scan {
    time_s: Vec<f64>,
    thickness_nm: Vec<f64>,
    doses: Vec<Dose>,
    /// Cycles after which the recipe repeats.
    period: usize,
    source: Option<CycleSource>,
    /// Length of a cycle of the recipe (s), and by which length cycles were counted by time.
    recipe_cycle_s: Option<f64>,
    counted_by: Option<CountedBy>,
    /// The clock of the scan against that of the log, where the scan resolves the doses.
    alignment: Option<Alignment>,
    /// Cycle and thickness, without the pattern within a supercycle.
    points: Result<Vec<(f64, f64)>, GrowthError>,
}

/// The length of a cycle by which time was divided.
#[derive(Clone, Copy)]
struct CountedBy {
    period: Period,
    /// Whether the scan shows it.
    shown: bool,
}

/// If this fraction of the readings between the first and the last cycle number has one, the numbers in the file are used.
const MOSTLY: f64 = 0.9;
/// A scan whose period differs by more from the cycle of its recipe may belong to another recipe.
const SAME_LENGTH: f64 = 0.02;

/// Clocks that differ by less than this part of a cycle agree.
const SAME_CLOCK: f64 = 0.15;

impl Scan {
    pub(super) fn of(arguments: &mut Arguments<'_>) -> Self {
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
        // Times of the first and the last reading with a cycle: before and after, nothing is deposited.
        let mut between: Option<(f64, f64)> = None;
        for (row, precursor) in precursors.iter().enumerate() {
            let (time, cycle) = (at(&times, row), at(&cycles, row));
            match (precursor, time, at(&thicknesses, row)) {
                (Some(precursor), Some(time_s), _) => {
                    doses.push(Dose { time_s, cycle, precursor: precursor.to_owned() });
                }
                (None, time, Some(thickness)) => {
                    readings.extend(time.map(|time| (time, thickness)));
                    with_cycle.extend(cycle.map(|cycle| (cycle, thickness)));
                    if let Some(time) = time.filter(|_| cycle.is_some()) {
                        between = Some(between.map_or((time, time), |(first, last)| (first.min(time), last.max(time))));
                    }
                }
                _ => {}
            }
        }
        readings.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        doses.sort_by(|a, b| a.time_s.total_cmp(&b.time_s).then_with(|| a.precursor.cmp(&b.precursor)));
        let n_between = match between {
            Some((first, last)) => readings.iter().filter(|reading| (first..=last).contains(&reading.0)).count(),
            None => thicknesses.len() - thicknesses.null_count(),
        };
        let (time_s, thickness_nm): (Vec<f64>, Vec<f64>) = readings.into_iter().unzip();
        let mut scan = Self {
            time_s,
            thickness_nm,
            doses,
            period: period.filter(|period| *period >= 1.0).map_or(1, |period| period as usize),
            source: None,
            recipe_cycle_s: cycle_s.filter(|cycle_s| *cycle_s > 0.0),
            counted_by: None,
            alignment: None,
            points: Ok(Vec::new()),
        };
        if !with_cycle.is_empty() && with_cycle.len() as f64 >= MOSTLY * n_between as f64 {
            scan.source = Some(CycleSource::File);
            scan.points = Ok(with_cycle);
        } else if !scan.doses.is_empty() && !scan.time_s.is_empty() {
            scan.source = Some(CycleSource::RunLog);
            scan.align();
            scan.points = cycle_ends(&scan.time_s, &scan.thickness_nm, &cycle_starts(&scan.doses));
        } else if let Some(cycle_s) = scan.recipe_cycle_s.filter(|_| !scan.time_s.is_empty()) {
            scan.source = Some(CycleSource::Recipe);
            let counted = regular_cycles(&scan.time_s, &scan.thickness_nm, cycle_s, scan.period);
            scan.counted_by =
                counted.as_ref().ok().map(|cycles| CountedBy { period: cycles.period, shown: cycles.shown });
            scan.points = counted.map(|cycles| cycles.points);
        }
        if let Ok(points) = &mut scan.points {
            points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            *points = without_pattern(points, scan.period);
        }
        scan
    }

    /// Moves the doses to the clock of the scan. Where the whole cycle is ambiguous, that at which the clocks agree best is taken.
    fn align(&mut self) {
        let starts = cycle_starts(&self.doses);
        let cycle_of = |time_s: f64| starts.partition_point(|start| *start <= time_s).saturating_sub(1);
        let mut logged: Vec<LoggedDose> = Vec::with_capacity(self.doses.len());
        for dose in &self.doses {
            let cycle = cycle_of(dose.time_s);
            let place = logged.iter().rev().take_while(|before| before.cycle == cycle).count();
            logged.push(LoggedDose { time_s: dose.time_s, cycle, step: place });
        }
        // Cycles of different kinds have doses of their own.
        let most = logged.iter().map(|dose| dose.step + 1).max().unwrap_or(1);
        logged.iter_mut().for_each(|dose| dose.step += most * (dose.cycle % self.period));
        let Ok(mut alignment) = align_scan(&self.time_s, &self.thickness_nm, &logged) else { return };
        if alignment.is_ambiguous() {
            // A step further on is another order of the doses, about which the clocks cannot decide.
            if (alignment.rival_cycles - alignment.rival_cycles.round()).abs() > SAME_CLOCK {
                return;
            }
            let unit = alignment.cycle_s * alignment.rival_cycles.round().abs().max(1.0);
            let moved = (alignment.offset_s / unit).round();
            alignment.offset_s -= moved * unit;
            alignment.farthest_cycles += (moved * unit / alignment.cycle_s).abs();
        }
        self.doses.iter_mut().for_each(|dose| dose.time_s = alignment.on_scan(dose.time_s));
        self.alignment = Some(alignment);
    }

    /// By how many cycles the numbers of the cycles may be off, for the log fits the scan as well so far away; 0 where they are certain.
    pub(super) fn cycles_off(&self) -> f64 {
        let ambiguous = self.alignment.filter(Alignment::is_ambiguous);
        ambiguous.map_or(0.0, |alignment| alignment.farthest_cycles.max(alignment.rival_cycles.abs()).round().max(1.0))
    }

    /// That the difference of the clocks is ambiguous, in words.
    pub(super) fn clock_doubt(&self) -> Option<String> {
        let alignment = self.alignment.filter(Alignment::is_ambiguous)?;
        let every = alignment.rival_cycles.abs().round().max(1.0);
        let every = if every > 1.0 { format!("{every} cycles") } else { "one cycle".to_owned() };
        Some(format!(
            "the clocks of scan and log are ambiguous by {every}, and up to {} cycles: no cycle of the scan is distinctive",
            self.cycles_off()
        ))
    }

    /// Cycle and thickness, and what the cycles count.
    pub(super) fn counted(&self) -> Result<(Vec<f64>, Vec<f64>, GrowthOptions), Failure> {
        if self.source.is_none() {
            let words = "the scan has no cycles: neither the file, the run log nor the recipe gives them";
            return Err(Failure::new(RowReason::NoCycles, words));
        }
        let points = self.points.as_ref().map_err(Clone::clone)?;
        let (cycle, thickness): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        let counted = if self.is_counted_by_time() { Counted::Time } else { Counted::Doses };
        Ok((cycle, thickness, GrowthOptions { counted, ..GrowthOptions::default() }))
    }

    /// Whether cycles are time divided by their length: then the first one is not known.
    pub(super) fn is_counted_by_time(&self) -> bool {
        self.source == Some(CycleSource::Recipe)
    }

    /// Where the cycles come from.
    pub(super) fn cycle_source(&self) -> Option<&'static str> {
        self.source.map(CycleSource::as_str)
    }

    /// The clock of the scan against that of the log.
    pub(super) fn alignment(&self) -> Option<&Alignment> {
        self.alignment.as_ref()
    }

    /// Cycle and thickness of every point; none where they cannot be counted.
    pub(super) fn points(&self) -> &[(f64, f64)] {
        self.points.as_deref().unwrap_or_default()
    }

    fn fit(&self) -> Result<InSitu, Failure> {
        let (cycle, thickness, options) = self.counted()?;
        let mut growth = fit_growth(&cycle, &thickness, &options)?;
        growth.nucleation_delay_err_cycles =
            growth.nucleation_delay_err_cycles.hypot(self.cycles_off() / 3.0_f64.sqrt());
        if let Some(words) = self.clock_doubt() {
            // The growth per cycle does not depend on which cycle is the first, the delay does.
            growth.verdict.add(Quality::Suspect, ReasonCode::ClockAmbiguous, words);
        }
        let steps = if self.period == 1 { self.steps(growth.first_cycle) } else { None };
        if self.is_counted_by_time() {
            // The start seen in a scan is that of growth, not of the first dose: inhibited cycles leave no trace.
            growth.nucleation_delay_cycles = f64::NAN;
            growth.nucleation_delay_err_cycles = f64::NAN;
        }
        if let Some(counted) = self.counted_by {
            let relative = counted.period.cycle_err_s / counted.period.cycle_s;
            growth.gpc_err_angstrom = growth.gpc_err_angstrom.hypot(relative * growth.gpc_angstrom);
            self.compare_with_recipe(counted, &mut growth);
        }
        Ok(InSitu { growth, steps })
    }

    fn compare_with_recipe(&self, counted: CountedBy, growth: &mut GrowthFit) {
        let Period { cycle_s, cycle_err_s } = counted.period;
        let Some(stated) = self.recipe_cycle_s.filter(|_| counted.shown) else { return };
        let apart = (cycle_s - stated).abs();
        if apart > SAME_LENGTH * stated && apart > 3.0 * cycle_err_s {
            let words = format!(
                "the scan repeats every {cycle_s:.2} ± {cycle_err_s:.2} s, a cycle of the recipe takes {stated:.2} s: \
                 cycles were counted by the period of the scan"
            );
            growth.verdict.add(Quality::Suspect, ReasonCode::CycleLengthDiffers, words);
        }
    }

    /// First cycle seen and number of cycles seen. Time before the first dose and after the last one counts as cycles where cycles
    /// are counted by time.
    fn watched(&self) -> Option<(f64, f64)> {
        if let Some(counted) = self.counted_by {
            let (first, last) = self.span()?;
            return Some((0.0, (last - first) / counted.period.cycle_s));
        }
        let points = self.points.as_ref().ok()?;
        let (first, last) = (points.first()?.0, points.last()?.0);
        Some((first, last - first))
    }

    /// Times of the first and the last reading.
    fn span(&self) -> Option<(f64, f64)> {
        self.time_s.first().copied().zip(self.time_s.last().copied())
    }

    /// Number of cycles in the log.
    pub(super) fn log_cycles(&self) -> Option<f64> {
        (!self.doses.is_empty()).then(|| cycle_starts(&self.doses).len() as f64)
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
        version: 4,
        meaning: "Growth per cycle from a scan during deposition. The cycles come from the file, from the doses in the run log, or \
                  from the time, by the period that the scan shows or else the length of the recipe's cycle. A row is a reading (with a thickness) or a dose (with a precursor). \
                  If the scan resolves the doses, they align its clock with that of the log; otherwise the two are taken to agree.",
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
            number cycle_s ["s"] "Length of a cycle by which time was divided; null unless the cycles come from the recipe."
                => fitted.input.counted_by.map(|counted| counted.period.cycle_s);
            number cycle_err_s ["s"] "Its standard uncertainty; 2 % where the scan does not show the cycles."
                => fitted.input.counted_by.map(|counted| counted.period.cycle_err_s);
            number first_watched_cycle ["1"] "First cycle that the scan covers."
                => fitted.input.watched().map(|(first, _)| first);
            number cycles_watched ["1"] "Number of cycles that the scan covers."
                => fitted.input.watched().map(|(_, count)| count);
            number log_cycles ["1"] "Number of cycles in the log of the run; null without one."
                => fitted.input.log_cycles();
            number clock_offset_s ["s"] "By how much the clock of the scan is ahead of that of the log, as the doses show; null where the scan does not resolve them: then the clocks are taken to agree."
                => fitted.input.alignment.map(|alignment| alignment.offset_s);
            number clock_offset_err_s ["s"] "Its standard uncertainty, whole cycles aside."
                => fitted.input.alignment.map(|alignment| alignment.offset_err_s);
            number clock_confidence ["1"] "Probability of this alignment among those a step or whole cycles away; below 0.99 it is ambiguous, and that at which the clocks agree best is taken."
                => fitted.input.alignment.map(|alignment| alignment.confidence);
            number scan_start_s ["s"] "Time of the first reading, on the clock of the scan."
                => fitted.input.span().map(|(first, _)| first);
            number scan_end_s ["s"] "Time of the last reading."
                => fitted.input.span().map(|(_, last)| last);
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
        version: 3,
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
            let quality = arguments.optional_text("quality", "Quality of the growth; without it, growths are good.");
            let points = (0..dose.len()).filter_map(|row| {
                Some(DosePoint {
                    dose_s: at(&dose, row)?,
                    gpc_angstrom: at(&gpc, row)?,
                    gpc_err_angstrom: at(&gpc_err, row)?,
                    quality: quality_at(&quality, row),
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
            number gpc_saturated_err_angstrom ["Ao"] "Standard uncertainty of the saturated growth per cycle: those of the growths, 1 % between runs, and half of what the first saturated dose differs by from the others.";
            number slope_angstrom_per_s ["Ao/s"] "Slope of growth per cycle against dose, over the saturated doses, otherwise over all.";
            number slope_err_angstrom_per_s ["Ao/s"] "Standard uncertainty of the slope.";
            number last_change_angstrom ["Ao"] "Growth per cycle at the longest dose minus that at the second longest.";
            number last_change_err_angstrom ["Ao"] "Standard uncertainty of this difference.";
        },
    }
    .kernel()
}

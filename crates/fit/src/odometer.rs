//! The use of a precursor since its last refill: doses, their time, exposure, and the trend of growth against them.
//!
//! The growth per cycle of every run is divided by the mean of its recipe in the same filling; a straight line, common to all recipes, is fitted
//! against the doses since the refill, at the middle of each run. The standard error comes from the scatter, by Student's distribution.
//!
//! Source: weighted line and analysis of covariance: Bevington and Robinson, 3rd ed., ch. 6.

use crate::quality::{Quality, ReasonCode, Verdict, counted};
use crate::student::{ONE_SIGMA, factor};

/// Degrees of freedom that a trend needs.
pub const LEAST_FREEDOM: usize = 2;
const PERCENT: f64 = 100.0;
/// Doses to which a trend refers.
const DOSES: f64 = 1000.0;

/// What a run used of a precursor, and how its film grew.
#[derive(Clone, Debug, PartialEq)]
pub struct RunUse<'a> {
    /// Name of the run.
    pub run: &'a str,
    /// Its recipe; empty where it is not known.
    pub recipe: &'a str,
    /// Its start (s, on any clock that all runs share); `None` where it is not known.
    pub at_s: Option<f64>,
    /// The latest refill before it; `None` where there was none.
    pub refill: Option<&'a str>,
    /// Number of doses; `None` where there is no log of the run.
    pub doses: Option<f64>,
    /// Their time (s).
    pub dose_time_s: Option<f64>,
    /// Pressure times time over them (Pa s); `None` where the log has no pressure.
    pub exposure_pa_s: Option<f64>,
    /// Growth per cycle, in any unit; `None` where it is not known.
    pub growth: Option<f64>,
    /// Its quality; only good growths enter the trend.
    pub quality: Quality,
}

/// A trend of growth. Errors are standard errors, k = 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Change of the growth per 1000 doses (%).
    pub percent_per_1000_doses: f64,
    /// Its standard error (%), enlarged for few runs by Student's distribution.
    pub err_percent_per_1000_doses: f64,
}

/// A precursor between two refills.
#[derive(Clone, Debug, PartialEq)]
pub struct Filling {
    /// Number of the filling, from 1.
    pub filling: usize,
    /// The refill that it began with; `None` for the first.
    pub refill: Option<String>,
    /// First run.
    pub first_run: String,
    /// Last run.
    pub last_run: String,
    /// Whether it is the newest.
    pub newest: bool,
    /// Number of runs with the precursor.
    pub n_runs: usize,
    /// Number of them without a log: their doses are not counted.
    pub n_unlogged: usize,
    /// Number of doses in the logs.
    pub doses: f64,
    /// Time of these doses (s).
    pub dose_time_s: f64,
    /// Pressure times time over them (Pa s); `None` where a log has no pressure.
    pub exposure_pa_s: Option<f64>,
    /// Number of runs in the trend.
    pub n_growths: usize,
    /// Trend of the growth; `None` where there are too few runs.
    pub trend: Option<Trend>,
    /// Suspect where doses are missing; with the reason why there is no trend.
    pub verdict: Verdict,
}

/// What was used of a precursor, filling by filling, in the order of time. Runs without a start are left out of the order: they are counted in
/// the first filling.
#[must_use]
pub fn count_doses(uses: &[RunUse<'_>]) -> Vec<Filling> {
    let mut sorted: Vec<&RunUse<'_>> = uses.iter().collect();
    let of = |run: &RunUse<'_>| run.at_s.filter(|at_s| at_s.is_finite()).unwrap_or(f64::NEG_INFINITY);
    sorted.sort_by(|a, b| {
        of(a)
            .total_cmp(&of(b))
            .then_with(|| a.run.cmp(b.run))
            .then_with(|| a.growth.unwrap_or(0.0).total_cmp(&b.growth.unwrap_or(0.0)))
    });
    let mut fillings: Vec<Filling> = sorted
        .chunk_by(|a, b| a.refill == b.refill)
        .enumerate()
        .map(|(place, runs)| filling(place + 1, runs))
        .collect();
    if let Some(last) = fillings.last_mut() {
        last.newest = true;
    }
    fillings
}

fn filling(number: usize, uses: &[&RunUse<'_>]) -> Filling {
    let (mut doses, mut dose_time_s, mut exposure_pa_s) = (0.0, 0.0, Some(0.0));
    let (mut n_runs, mut n_unlogged) = (0, 0);
    let mut growths = Vec::new();
    // Several growths of one run are in rows of their own, with the same doses.
    for run in uses.chunk_by(|a, b| a.run == b.run) {
        n_runs += 1;
        let used = run[0].doses;
        let good: Vec<f64> = run
            .iter()
            .filter(|one| one.quality == Quality::Good)
            .filter_map(|one| one.growth.filter(|growth| growth.is_finite() && *growth != 0.0))
            .collect();
        if let Some(used) = used {
            // Growths of unknown recipes cannot be compared.
            if !good.is_empty() && !run[0].recipe.is_empty() {
                growths.push((run[0].recipe, doses + 0.5 * used, good.iter().sum::<f64>() / good.len() as f64));
            }
            doses += used;
            dose_time_s += run[0].dose_time_s.unwrap_or(0.0);
            exposure_pa_s = exposure_pa_s.zip(run[0].exposure_pa_s).map(|(sum, one)| sum + one);
        } else {
            n_unlogged += 1;
        }
    }
    let mut verdict = Verdict::default();
    if n_unlogged > 0 {
        let words = format!("the doses of {} without a log are not counted", counted(n_unlogged, "run", "runs"));
        verdict.add(Quality::Suspect, ReasonCode::MissingInput, words);
    }
    let trend = match trend(&growths) {
        Ok(trend) => Some(trend),
        Err(words) => {
            verdict.add(Quality::Suspect, ReasonCode::TooFewPoints, words);
            None
        }
    };
    let name = |run: Option<&&RunUse<'_>>| run.map(|run| run.run.to_owned()).unwrap_or_default();
    Filling {
        filling: number,
        refill: uses.first().and_then(|run| run.refill).map(str::to_owned),
        first_run: name(uses.first()),
        last_run: name(uses.last()),
        newest: false,
        n_runs,
        n_unlogged,
        doses,
        dose_time_s,
        exposure_pa_s,
        n_growths: growths.len(),
        trend,
        verdict,
    }
}

/// The common slope of growths, each with its recipe and the doses before it; otherwise why there is none.
fn trend(growths: &[(&str, f64, f64)]) -> Result<Trend, String> {
    let mut sorted = growths.to_vec();
    sorted.sort_by(|a, b| a.0.cmp(b.0).then(a.1.total_cmp(&b.1)));
    let (mut sxx, mut sxy, mut syy, mut recipes) = (0.0, 0.0, 0.0, 0_usize);
    for of_recipe in sorted.chunk_by(|a, b| a.0 == b.0) {
        recipes += 1;
        let count = of_recipe.len() as f64;
        let x_mean = of_recipe.iter().map(|growth| growth.1).sum::<f64>() / count;
        let y_mean = of_recipe.iter().map(|growth| growth.2).sum::<f64>() / count;
        for (_, x, y) in of_recipe {
            let (x, y) = (x - x_mean, y / y_mean - 1.0);
            sxx += x * x;
            sxy += x * y;
            syy += y * y;
        }
    }
    let freedom = sorted.len().saturating_sub(recipes + 1);
    if freedom < LEAST_FREEDOM || sxx <= 0.0 {
        return Err(format!(
            "no trend of growth: {} of {} for which doses and growth are known, {} needed",
            counted(sorted.len(), "run", "runs"),
            counted(recipes, "recipe", "recipes"),
            recipes.max(1) + 1 + LEAST_FREEDOM
        ));
    }
    let slope = sxy / sxx;
    let variance = (syy - slope * sxy).max(0.0) / freedom as f64;
    let scale = PERCENT * DOSES;
    Ok(Trend {
        percent_per_1000_doses: scale * slope,
        err_percent_per_1000_doses: scale * factor(ONE_SIGMA, freedom as f64) * (variance / sxx).sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::Noise;

    fn run<'a>(run: &'a str, recipe: &'a str, at_s: f64, growth: f64) -> RunUse<'a> {
        RunUse {
            run,
            recipe,
            at_s: Some(at_s),
            refill: None,
            doses: Some(500.0),
            dose_time_s: Some(50.0),
            exposure_pa_s: Some(10.0),
            growth: Some(growth),
            quality: Quality::Good,
        }
    }

    #[test]
    fn doses_are_counted_from_the_refill_and_runs_without_a_log_are_named() {
        let before = run("a", "r", 1.0, 1.0);
        let after = RunUse { refill: Some("refill"), ..run("b", "r", 2.0, 1.0) };
        let unlogged = RunUse { doses: None, ..RunUse { refill: Some("refill"), ..run("c", "r", 3.0, 1.0) } };
        let fillings = count_doses(&[unlogged, after, before]);
        let counts: Vec<_> = fillings.iter().map(|one| (one.n_runs, one.doses, one.newest)).collect();
        assert_eq!(counts, [(1, 500.0, false), (2, 500.0, true)]);
        let words = fillings[1].verdict.words().unwrap();
        assert!(
            words.starts_with("the doses of 1 run without a log are not counted; no trend of growth: 1 run of"),
            "{words}"
        );
    }

    /// Growth falls by 4 % in 1000 doses; two recipes with other growths share the line.
    #[test]
    fn the_trend_is_within_its_error_as_often_as_it_should_be() {
        for (runs, tolerance) in [(5, 0.06), (8, 0.05), (20, 0.05)] {
            let (mut inside, mut steady_inside) = (0, 0);
            let series = 1000;
            for seed in 0..series {
                let mut noise = Noise::new(seed + 11);
                let names: Vec<String> = (0..runs).map(|place| format!("run {place:02}")).collect();
                let mut series = |slope: f64| {
                    let uses: Vec<RunUse<'_>> = names
                        .iter()
                        .enumerate()
                        .map(|(place, name)| {
                            let doses = 500.0 * place as f64 + 250.0;
                            let (recipe, mean) = if place % 4 == 3 { ("s", 0.4) } else { ("r", 1.0) };
                            let growth = mean * (1.0 + slope * doses) * (1.0 + 0.01 * noise.normal());
                            run(name, recipe, place as f64, growth)
                        })
                        .collect();
                    count_doses(&uses)[0].trend
                };
                let is_near = |trend: Option<Trend>, truth: f64| {
                    let trend = trend.unwrap();
                    (trend.percent_per_1000_doses - truth).abs() < trend.err_percent_per_1000_doses
                };
                // The slope refers to the mean growth, which is lower than that of a full bottle.
                let middle = 1.0 - 4e-5 * 250.0 * runs as f64;
                inside += usize::from(is_near(series(-4e-5), -4.0 / middle));
                steady_inside += usize::from(is_near(series(0.0), 0.0));
            }
            for inside in [inside, steady_inside] {
                let share = inside as f64 / series as f64;
                assert!((share - 0.683).abs() < tolerance, "{runs} runs: {share}");
            }
        }
    }
}

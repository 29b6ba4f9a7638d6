//! Composition of a film from a depth profile: the mean over its plateau.
//!
//! The plateau is the range in which the elements that make up most of the film are constant; above it is the surface
//! with its contamination, broadened by the depth resolution, below it the interface. The standard error of
//! a mean counts fewer independent depths if neighbours are correlated, and is never below counting statistics.
//!
//! The film is the layer at the surface: an element that dominates the deep end of the profile and is scarce above belongs
//! to the substrate, and the plateau is sought above it only, however thin the film is. If elements of the film are found
//! only above the plateau, the depth resolution does not show the film, and there is no plateau.
//!
//! Contents are not rescaled: the difference to 100 % is the closure. Only rows that are fractions of a sum other than
//! 1 are scaled, each by its own sum, if the options request it.

use crate::noise::{deviation, median};
use crate::quality::{Coded, Quality, ReasonCode, Verdict, counted};

/// The content of one element at one depth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProfilePoint<'a> {
    /// Depth, in one unit for the whole profile.
    pub depth: f64,
    /// Symbol of the element.
    pub element: &'a str,
    /// Content (at.%).
    pub content_percent: f64,
    /// Number of counts, if known.
    pub counts: Option<f64>,
}

/// Options of the evaluation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompositionOptions<'a> {
    /// The plateau, limits included; determined from the profile if `None`.
    pub window: Option<(f64, f64)>,
    /// Whether the contents at each depth are scaled to a sum of 100 %: for profiles whose fractions have a different
    /// sum.
    pub scale_rows: bool,
    /// Symbols of the elements that the precursors contain; empty if not known.
    pub recipe: Vec<&'a str>,
}

/// The content of one element.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// Its symbol.
    pub element: String,
    /// Mean content (at.%).
    pub content_percent: f64,
    /// Its standard error (at.%, k = 1).
    pub content_err_percent: f64,
    /// Whether the mean is more than three standard errors above zero.
    pub detected: bool,
    /// Number of depths with a value of it.
    pub n_points: usize,
}

/// A composition.
#[derive(Clone, Debug, PartialEq)]
pub struct Composition {
    /// Beginning of the plateau.
    pub window_min: f64,
    /// End of the plateau.
    pub window_max: f64,
    /// Number of depths in it.
    pub n_depths: usize,
    /// The elements, by symbol.
    pub elements: Vec<Content>,
    /// Depth of the film from the surface to its end with its standard error, both in the unit of the depths and without that of the
    /// scale of depths; `None` if the profile ends within the film.
    pub film_depth: Option<(f64, f64)>,
    /// 100 minus the sum of the contents (at.%).
    pub closure_percent: f64,
    /// Its standard error (at.%).
    pub closure_err_percent: f64,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Why there is no composition.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CompositionError {
    /// A value is not finite.
    #[error("point {index}: expected finite numbers, found depth `{depth}` and content `{content_percent}` %")]
    NotFinite {
        /// Position in the input, from 0.
        index: usize,
        /// The depth.
        depth: f64,
        /// The content (at.%).
        content_percent: f64,
    },
    /// Too few depths.
    #[error("{}, {needed} needed", counted(*depths, "depth", "depths"))]
    TooFewDepths {
        /// Number given.
        depths: usize,
        /// Number needed.
        needed: usize,
    },
    /// No part of the profile is constant.
    #[error("no plateau: the longest has {}, {needed} needed", counted(*depths, "depth", "depths"))]
    NoPlateau {
        /// Number of depths in the longest constant part.
        depths: usize,
        /// Number needed.
        needed: usize,
    },
    /// The constant part is not the film.
    #[error(
        "no plateau of the film: {element} reaches {above_percent:.1} at.% above the constant part at {window_min} to \
         {window_max} and {content_percent:.1} at.% in it, which is the substrate; the film is thinner than the depth \
         resolution shows"
    )]
    FilmNotResolved {
        /// Symbol of an element of the film.
        element: String,
        /// Its largest content above the constant part (at.%).
        above_percent: f64,
        /// Its content in the constant part (at.%).
        content_percent: f64,
        /// Beginning of the constant part.
        window_min: f64,
        /// Its end.
        window_max: f64,
    },
}

impl Coded for CompositionError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::NotFinite { .. } => ReasonCode::NotANumber,
            Self::TooFewDepths { .. } => ReasonCode::TooFewPoints,
            Self::NoPlateau { .. } | Self::FilmNotResolved { .. } => ReasonCode::NoPlateau,
        }
    }
}

/// Number of depths that a plateau needs.
const NEEDED: usize = 5;
/// Deviation of the smoothed contents of the matrix from their level, in standard errors of the smoothing, and absolute
/// (at.%) for profiles without noise.
const LEAVES: f64 = 3.5;
const LEAVES_PERCENT: f64 = 0.5;
/// An element that never exceeds this (at.%) does not indicate the ends of the film.
const INDICATING_PERCENT: f64 = 5.0;
/// Fraction of the largest content of the matrix below which a depth is no longer in the film.
const FILM_SHARE: f64 = 0.8;
/// Elements below this fraction of the largest content are not part of the matrix.
const MATRIX_SHARE: f64 = 0.15;
/// Content of an element at the deep end of the profile (at.%) from which it may belong to the substrate, and the fraction
/// of it below which a depth is not in the substrate.
const SUBSTRATE_PERCENT: f64 = 20.0;
const SUBSTRATE_SHARE: f64 = 0.5;
/// Content of the substrate's elements in the plateau (at.%), beyond its uncertainty, from which the plateau is doubtful.
const MIXED_PERCENT: f64 = 2.0;
/// An element that reaches [`INDICATING_PERCENT`] above the plateau and less than this fraction of it in the plateau is an
/// element of a film that the plateau is not.
const MISSED_SHARE: f64 = 0.25;
/// Elements that every surface carries: they do not indicate a film.
const CONTAMINATION: [&str; 4] = ["H", "C", "N", "O"];
/// Deviation of the sum of the contents from 100 at.% that no uncertainty excuses, and the largest useful uncertainty of
/// the sum (at.%).
const CLOSES_PERCENT: f64 = 5.0;

/// The mean composition of the plateau of a depth profile.
///
/// # Errors
///
/// [`CompositionError`] if there are too few depths, or no plateau.
pub fn fit_composition(
    points: &[ProfilePoint<'_>],
    options: &CompositionOptions<'_>,
) -> Result<Composition, CompositionError> {
    let profile = Profile::new(points, options)?;
    let needed = NEEDED;
    if profile.depths.len() < needed {
        return Err(CompositionError::TooFewDepths { depths: profile.depths.len(), needed });
    }
    let (from, to) = match options.window {
        Some((low, high)) => {
            let from = profile.depths.partition_point(|depth| *depth < low);
            (from, profile.depths.partition_point(|depth| *depth <= high).max(from))
        }
        None => profile.plateau(),
    };
    if to - from < needed {
        return Err(CompositionError::NoPlateau { depths: to - from, needed });
    }
    let elements: Vec<Content> = profile.elements.iter().map(|column| column.mean(from, to)).collect();
    // Row by row, because contents of elements are anticorrelated.
    let sums: Vec<f64> = (from..to).map(|row| profile.sum(row)).collect();
    let (sum, sum_err) = mean_with_error(&sums);
    let closure_percent = 100.0 - elements.iter().map(|content| content.content_percent).sum::<f64>();
    let depths = counted(to - from, "depth", "depths");
    let mut verdict = Verdict::default();
    if options.window.is_none() {
        profile.is_the_film((from, to), &elements, &options.recipe)?;
        if to > profile.film().1 {
            let words = "the plateau reaches below the film".to_owned();
            verdict.add(Quality::Suspect, ReasonCode::NoPlateau, words);
        }
        for (element, content) in profile.substrate_within((from, to), &elements) {
            let words = format!(
                "{element} of the substrate is {content:.1} at.% in the plateau: the film is hardly thicker than the depth \
                 resolution"
            );
            verdict.add(Quality::Suspect, ReasonCode::NoPlateau, words);
        }
    }
    if closure_percent.abs() > (3.0 * sum_err).max(2.0) || closure_percent.abs() > CLOSES_PERCENT {
        let words = format!(
            "the contents add up to {sum:.1} ± {sum_err:.1} at.%, 100 ± {CLOSES_PERCENT} at.% expected at most"
        );
        verdict.add(Quality::Suspect, ReasonCode::CompositionNotClosed, words);
    } else if sum_err > CLOSES_PERCENT {
        let words = format!(
            "the sum of the contents is uncertain by {sum_err:.1} at.%, {CLOSES_PERCENT} at.% expected at most"
        );
        verdict.add(Quality::Suspect, ReasonCode::LargeUncertainty, words);
    }
    if to - from < 2 * needed {
        verdict.add(Quality::Suspect, ReasonCode::TooFewPoints, format!("the plateau has only {depths}"));
    }
    verdict.note(format!("plateau of {depths}"));
    Ok(Composition {
        window_min: profile.depths[from],
        window_max: profile.depths[to - 1],
        n_depths: to - from,
        film_depth: profile.film_depth((from, to), &elements),
        elements,
        closure_percent,
        closure_err_percent: sum_err,
        verdict,
    })
}

/// A ratio of two contents with its standard error; `None` unless the denominator is more than three of its standard
/// errors from zero.
#[must_use]
pub fn ratio(numerator: (f64, f64), denominator: (f64, f64)) -> Option<(f64, f64)> {
    let ((a, a_err), (b, b_err)) = (numerator, denominator);
    let value = a / b;
    (b.abs() > 3.0 * b_err && value.is_finite()).then(|| (value, (a_err / b).hypot(value * b_err / b)))
}

struct Profile {
    depths: Vec<f64>,
    elements: Vec<Column>,
}

struct Column {
    element: String,
    /// One value per depth.
    content: Vec<Option<f64>>,
    counts: Vec<Option<f64>>,
}

impl Profile {
    fn new(points: &[ProfilePoint<'_>], options: &CompositionOptions<'_>) -> Result<Self, CompositionError> {
        for (index, point) in points.iter().enumerate() {
            if !point.depth.is_finite() || !point.content_percent.is_finite() {
                let (depth, content_percent) = (point.depth, point.content_percent);
                return Err(CompositionError::NotFinite { index, depth, content_percent });
            }
        }
        let mut depths: Vec<f64> = points.iter().map(|point| point.depth).collect();
        depths.sort_by(f64::total_cmp);
        depths.dedup();
        let names: std::collections::BTreeSet<&str> = points.iter().map(|point| point.element).collect();
        let mut elements: Vec<Column> = names
            .into_iter()
            .map(|name| Column {
                element: name.to_owned(),
                content: vec![None; depths.len()],
                counts: vec![None; depths.len()],
            })
            .collect();
        let mut order: Vec<&ProfilePoint<'_>> = points.iter().collect();
        order.sort_by(|a, b| a.depth.total_cmp(&b.depth).then(a.content_percent.total_cmp(&b.content_percent)));
        for point in order {
            let row = depths.partition_point(|depth| *depth < point.depth);
            if let Some(column) = elements.iter_mut().find(|column| column.element == point.element) {
                column.content[row] = Some(point.content_percent);
                column.counts[row] = point.counts;
            }
        }
        let mut profile = Self { depths, elements };
        if options.scale_rows {
            for row in 0..profile.depths.len() {
                let sum = profile.sum(row);
                for column in &mut profile.elements {
                    column.content[row] =
                        column.content[row].filter(|_| sum > 0.0).map(|content| content * 100.0 / sum);
                }
            }
        }
        Ok(profile)
    }

    fn sum(&self, row: usize) -> f64 {
        self.elements.iter().filter_map(|column| column.content[row]).sum()
    }

    /// The first and last row between which the matrix is constant.
    fn plateau(&self) -> (usize, usize) {
        let n = self.depths.len();
        let film = self.film();
        // Smoothing over more than a tenth of a thin film would mix it with what is around it.
        let half = self.half().min(((film.1 - film.0) / 20).max(1));
        let matrix = self.matrix(film);
        let of = |columns: &[&Column]| -> Vec<Vec<f64>> {
            columns.iter().map(|column| smoothed(&column.values(), half)).collect()
        };
        let smooth = of(&matrix);
        // The level is that of most depths: begin where the matrix changes least, and continue while it is constant.
        let width = (n / 5).clamp(NEEDED, 40).min((film.1 - film.0) / 2).max(NEEDED);
        if width > film.1 - film.0 {
            return (film.0, film.1.min(film.0 + NEEDED - 1));
        }
        let spread = |from: usize| -> f64 {
            let part = from..from + width;
            let range = |values: &Vec<f64>| {
                let values = &values[part.clone()];
                values.iter().copied().fold(f64::MIN, f64::max) - values.iter().copied().fold(f64::MAX, f64::min)
            };
            smooth.iter().map(range).fold(0.0, f64::max)
        };
        // Below the film its elements are scarce, above the surface there is nothing.
        let held = |from: usize| -> f64 { smooth.iter().flat_map(|values| &values[from..from + width]).sum() };
        let most = (film.0..=film.1 - width).map(held).fold(0.0, f64::max);
        let inside = (film.0..=film.1 - width).filter(|from| held(*from) > FILM_SHARE * most);
        let Some(best) = inside.min_by(|a, b| spread(*a).total_cmp(&spread(*b))) else { return (0, 0) };
        // Indicators of the ends: the matrix, the substrate that rises, contamination of the surface.
        let most_of = |column: &&Column| column.values().into_iter().fold(0.0, f64::max);
        let indicating: Vec<&Column> =
            self.elements.iter().filter(|column| most_of(column) > INDICATING_PERCENT).collect();
        let smooth: Vec<Vec<f64>> = indicating.iter().map(|column| smoothed(&column.values(), half)).collect();
        // Noise differs between film and substrate: that of the film is used.
        let noise: Vec<f64> = indicating.iter().map(|column| deviation(&column.values()[best..best + width])).collect();
        let (mut from, mut to) = (best, best + width);
        let stays = |row: usize, from: usize, to: usize| {
            smooth.iter().zip(&noise).all(|(values, noise)| {
                let held = &values[from..to];
                let level = held.iter().sum::<f64>() / held.len() as f64;
                // If neighbours are correlated, means scatter more than with independent noise.
                let scatter =
                    (held.iter().map(|value| (value - level).powi(2)).sum::<f64>() / held.len() as f64).sqrt();
                let of_mean = (noise / ((2 * half + 1) as f64).sqrt()).max(scatter);
                (values[row] - level).abs() <= (LEAVES * of_mean).max(LEAVES_PERCENT)
            })
        };
        // One depth may deviate by chance; the plateau ends where the next one deviates, too.
        while from > 0 && (stays(from - 1, from, to) || (from > 1 && stays(from - 2, from, to))) {
            from -= 1;
        }
        while to < n && (stays(to, from, to) || (to + 1 < n && stays(to + 1, from, to))) {
            to += 1;
        }
        // A value smoothed at an edge includes some of the values beyond it.
        let trim = |edge: bool| if edge { half } else { 0 };
        let (low, high) = (from + trim(from > 0), to - trim(to < n));
        if high > low { (low, high) } else { (from, from) }
    }

    /// Number of neighbours to each side over which contents are smoothed.
    fn half(&self) -> usize {
        (self.depths.len() / 40).max(1)
    }

    /// The elements of the substrate: those that dominate the deep end, and are scarce at enough depths above it.
    fn substrate(&self) -> Vec<&Column> {
        let n = self.depths.len();
        let end = (n / 10).clamp(3, 20).min(n);
        let belongs = |column: &&Column| {
            let level = median(&column.values()[n - end..]).unwrap_or(0.0);
            let scarce =
                smoothed(&column.values(), self.half()).iter().filter(|v| **v < SUBSTRATE_SHARE * level).count();
            level > SUBSTRATE_PERCENT && scarce >= NEEDED
        };
        self.elements.iter().filter(belongs).collect()
    }

    /// The rows of the film: all above the substrate.
    fn film(&self) -> (usize, usize) {
        let n = self.depths.len();
        let end = (n / 10).clamp(3, 20).min(n);
        let substrate = self.substrate();
        let interface = |column: &&Column| {
            let level = median(&column.values()[n - end..]).unwrap_or(0.0);
            let values = smoothed(&column.values(), self.half());
            values.iter().rposition(|value| *value < SUBSTRATE_SHARE * level).map_or(0, |row| row + 1)
        };
        (0, substrate.iter().map(interface).min().unwrap_or(n))
    }

    /// Whether the plateau is the film, and not a layer below it.
    fn is_the_film(
        &self,
        (from, to): (usize, usize),
        elements: &[Content],
        recipe: &[&str],
    ) -> Result<(), CompositionError> {
        for (column, content) in self.elements.iter().zip(elements) {
            let name = column.element.as_str();
            let is_expected = if recipe.is_empty() {
                !CONTAMINATION.contains(&name)
            } else {
                recipe.contains(&name) && !["H", "C"].contains(&name)
            };
            let (values, half) = (column.values(), self.half());
            let above_percent = smoothed(&values, half)[..from].iter().copied().fold(0.0, f64::max);
            let by_chance = LEAVES * deviation(&values[..from]) / ((2 * half + 1) as f64).sqrt();
            if is_expected
                && above_percent > INDICATING_PERCENT.max(content.content_percent + by_chance)
                && content.content_percent < MISSED_SHARE * above_percent
            {
                return Err(CompositionError::FilmNotResolved {
                    element: column.element.clone(),
                    above_percent,
                    content_percent: content.content_percent,
                    window_min: self.depths[from],
                    window_max: self.depths[to - 1],
                });
            }
        }
        Ok(())
    }

    /// Elements of the substrate that the plateau contains because film and substrate are not resolved: their content
    /// rises towards the end of the plateau.
    fn substrate_within(&self, (from, to): (usize, usize), elements: &[Content]) -> Vec<(String, f64)> {
        let middle = from.midpoint(to);
        let mut found = Vec::new();
        for column in self.substrate() {
            let Some(content) = elements.iter().find(|content| content.element == column.element) else { continue };
            let (first, second) = (column.mean(from, middle), column.mean(middle, to));
            let rise = second.content_percent - first.content_percent;
            let rise_err = second.content_err_percent.hypot(first.content_err_percent);
            if content.content_percent > MIXED_PERCENT + 3.0 * content.content_err_percent && rise > 2.0 * rise_err {
                found.push((column.element.clone(), content.content_percent));
            }
        }
        found
    }

    /// From the surface to where the first element of the matrix falls to half of its content in the plateau. The distance
    /// from 84 % to 16 % is two standard deviations of the depth resolution and the roughness; half of one is the error of the end.
    fn film_depth(&self, (from, to): (usize, usize), elements: &[Content]) -> Option<(f64, f64)> {
        let largest = elements.iter().map(|content| content.content_percent).fold(0.0, f64::max);
        let ends = self.elements.iter().zip(elements).filter_map(|(column, content)| {
            let level = content.content_percent;
            let values = smoothed(&column.values(), 1);
            // Where the content falls below a share of that in the plateau, going down or up from it.
            let falls = |rows: &mut dyn Iterator<Item = usize>, share: f64| {
                let mut before = None;
                for row in rows {
                    if values[row] < share * level {
                        let last: usize = before?;
                        let part = (values[last] - share * level) / (values[last] - values[row]);
                        return Some(self.depths[last] + part * (self.depths[row] - self.depths[last]));
                    }
                    before = Some(row);
                }
                None
            };
            let rows = || (to - 1)..self.depths.len();
            let end = falls(&mut rows(), 0.5).filter(|_| level > MATRIX_SHARE * largest)?;
            let resolution = match (falls(&mut rows(), 0.84), falls(&mut rows(), 0.16)) {
                (Some(begins), Some(ends)) => 0.5 * (ends - begins),
                _ => end - self.depths[to - 1],
            };
            let surface = falls(&mut (0..=from).rev(), 0.5).unwrap_or_else(|| self.depths[0].min(0.0));
            Some((end - surface, 0.5 * resolution))
        });
        ends.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(depth, _)| *depth > 0.0)
    }

    /// The elements that make up most of the film: those with the largest contents in its upper half, without those that
    /// only the deepest layers contain.
    fn matrix(&self, film: (usize, usize)) -> Vec<&Column> {
        let rows = film.0..(self.depths.len() / 2).min(film.1).max(film.0 + 1);
        let level = |column: &Column| {
            let values: Vec<f64> = rows.clone().map(|row| column.content[row].unwrap_or(0.0)).collect();
            median(&values).unwrap_or(0.0)
        };
        let largest = self.elements.iter().map(level).fold(0.0, f64::max);
        let of_film: Vec<&Column> =
            self.elements.iter().filter(|column| level(column) > MATRIX_SHARE * largest).collect();
        if of_film.is_empty() { self.elements.iter().collect() } else { of_film }
    }
}

impl Column {
    fn values(&self) -> Vec<f64> {
        self.content.iter().map(|content| content.unwrap_or(0.0)).collect()
    }

    fn mean(&self, from: usize, to: usize) -> Content {
        let values: Vec<f64> = self.content[from..to].iter().copied().flatten().collect();
        let (mean, scatter) = mean_with_error(&values);
        let counts: Option<f64> = self.counts[from..to].iter().copied().sum();
        // N counts have an uncertainty of √N; with no counts there may still have been one.
        let counting = counts.map_or(0.0, |counts| mean.abs() / counts.max(1.0).sqrt());
        let content_err_percent = scatter.max(counting);
        Content {
            element: self.element.clone(),
            content_percent: mean,
            content_err_percent,
            detected: mean > 3.0 * content_err_percent,
            n_points: values.len(),
        }
    }
}

/// Mean and standard error of values along the depth, whose neighbours may be correlated.
fn mean_with_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 {
        return (mean, 0.0);
    }
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let neighbours: f64 = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    let raw = if squares > 0.0 { neighbours / squares } else { 0.0 };
    // For independent values r is −1/n.
    let rho = if values.len() > 6 { ((raw + 1.0 / n) / (1.0 - 3.0 / n)).clamp(0.0, 0.95) } else { 0.0 };
    let inflation = if rho < 0.5 / n.sqrt() { 1.0 } else { (1.0 + rho) / (1.0 - rho) };
    (mean, (squares / (n - 1.0) / n * inflation).sqrt())
}

/// Running means over `half` values to each side.
fn smoothed(values: &[f64], half: usize) -> Vec<f64> {
    let n = values.len();
    (0..n)
        .map(|place| {
            let part = &values[place.saturating_sub(half)..(place + half + 1).min(n)];
            part.iter().sum::<f64>() / part.len() as f64
        })
        .collect()
}

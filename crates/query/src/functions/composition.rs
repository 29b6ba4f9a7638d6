//! `fit_composition`: mean contents over the plateau of a depth profile.

use aldb_fit::composition::{Composition, CompositionOptions, Content, ProfilePoint, fit_composition, ratio};
use arrow::array::{Array as _, Float64Array, StringArray};

use super::arguments::{Arguments, at};
use super::field::fields;
use super::kernel::{Definition, Kernel, Outcome};

/// Ratios by which films of lithium, boron, phosphorus and oxygen are characterised: numerator and summands of the
/// denominator.
const RATIOS: [(&str, &[&str]); 7] =
    [("Li", &["B"]), ("Li", &["P"]), ("B", &["O"]), ("B", &["P"]), ("B", &["B", "P"]), ("O", &["P"]), ("Li", &["O"])];

struct Profile {
    depth: Float64Array,
    element: StringArray,
    content_percent: Float64Array,
    counts: Float64Array,
    window: Option<(f64, f64)>,
    recipe: Option<String>,
}

impl Profile {
    fn of(arguments: &mut Arguments<'_>) -> Self {
        Self {
            depth: arguments.number("depth", "1", "Depth, in one unit for the whole profile."),
            element: arguments.text("element", "Symbol of the element."),
            content_percent: arguments.number("content_percent", "%", "Content at this depth (at.%)."),
            counts: arguments.number(
                "counts",
                "1",
                "Counts from which the content was determined; null where not known.",
            ),
            window: arguments
                .option("window_min", "1", "Beginning of the plateau; default: found in the profile.")
                .zip(arguments.option("window_max", "1", "End of the plateau.")),
            recipe: arguments.option_text("recipe_elements", "Symbols of the elements in the recipe's precursors."),
        }
    }

    fn points(&self) -> Vec<ProfilePoint<'_>> {
        let points = (0..self.depth.len()).filter_map(|row| {
            Some(ProfilePoint {
                depth: at(&self.depth, row)?,
                element: self.element.is_valid(row).then(|| self.element.value(row))?,
                content_percent: at(&self.content_percent, row)?,
                counts: at(&self.counts, row),
            })
        });
        points.collect()
    }
}

struct Fitted {
    composition: Composition,
    ratios: Vec<Ratio>,
}

struct Ratio {
    name: String,
    value: f64,
    value_err: f64,
}

pub(super) fn kernel() -> Kernel {
    Definition {
        name: "fit_composition",
        version: 4,
        meaning: "Mean composition over the plateau of a depth profile.",
        example: "SELECT measurement_id, fit_composition(depth_nm, element, content_percent, counts) AS fit \
                  FROM erd_profiles GROUP BY measurement_id LIMIT 3",
        arguments: Profile::of,
        evaluate: |profile| {
            let recipe = profile.recipe.iter().flat_map(|symbols| symbols.split_whitespace()).collect();
            let options = CompositionOptions { window: profile.window, recipe, ..CompositionOptions::default() };
            let composition = fit_composition(&profile.points(), &options)?;
            Ok(Fitted { ratios: ratios(&composition.elements), composition })
        },
        verdict: |fit| fit.composition.verdict.clone(),
        always: fields! { fitted: Outcome<Profile, Fitted>;
            count n_depths "Number of depths in the plateau."
                => fitted.fit().map_or(0, |fit| fit.composition.n_depths);
        },
        fields: fields! { fit: Fitted;
            number window_min ["1"] "Beginning of the plateau, in the unit of the depths."
                => fit.composition.window_min;
            number window_max ["1"] "End of the plateau, in the unit of the depths." => fit.composition.window_max;
            rows_or_one elements (fields! { content: Content;
                text element "Symbol of the element; null where there is no plateau.";
                number content_percent ["%"] "Mean content over the plateau (at.%), never rescaled.";
                number content_err_percent ["%"] "Standard error of the mean content: scatter and correlation of the depths in the plateau, at least counting statistics; without stopping powers, cross sections and calibration of the measurement.";
                flag detected "Whether the mean content is more than three standard errors above zero.";
                count n_points "Number of depths at which the content is known.";
            }) "The elements; a single one without a name where there is no plateau."
                => Some(&fit.composition.elements);
            rows ratios (fields! { ratio: Ratio;
                text ratio "The ratio, such as `Li/B` or `B/(B+P)`." => ratio.name.clone();
                number value ["1"] "Value of the ratio.";
                number value_err ["1"] "Standard uncertainty of the ratio, from those of both contents, taken as independent.";
            }) "Ratios of the contents of detected elements."
                => Some(&fit.ratios);
            number film_depth ["1"] "Depth of the film from the surface to where an element of it falls to half of its content, in the unit of the depths; null where the profile ends within the film."
                => fit.composition.film_depth.map(|film| film.0);
            number film_depth_err ["1"] "Standard uncertainty of the depth of the film: half of the depth resolution that the interface shows. Left out: the density or stopping powers with which depths were calculated."
                => fit.composition.film_depth.map(|film| film.1);
            number closure_percent ["%"] "100 minus the sum of the contents (at.%)."
                => fit.composition.closure_percent;
            number closure_err_percent ["%"] "Standard error of the closure: scatter and correlation of the sums at the depths of the plateau."
                => fit.composition.closure_err_percent;
        },
    }
    .kernel()
}

fn ratios(elements: &[Content]) -> Vec<Ratio> {
    let content = |symbol: &str| {
        let found = elements.iter().find(|content| content.element == symbol && content.detected)?;
        Some((found.content_percent, found.content_err_percent))
    };
    let all = RATIOS.iter().filter_map(|(numerator, parts)| {
        let above = content(numerator)?;
        let sum = parts.iter().try_fold((0.0_f64, 0.0_f64), |(sum, error), part| {
            let (content, own) = content(part)?;
            Some((sum + content, error.hypot(own)))
        })?;
        let (value, value_err) = if parts.contains(numerator) {
            // a/(a + b): a is in the numerator and in the denominator.
            let (a, a_err) = above;
            let (b, b_err) = (sum.0 - a, (sum.1 * sum.1 - a_err * a_err).max(0.0).sqrt());
            (a / sum.0, (b * a_err).hypot(a * b_err) / (sum.0 * sum.0))
        } else {
            ratio(above, sum)?
        };
        let name = match parts {
            [part] => format!("{numerator}/{part}"),
            parts => format!("{numerator}/({})", parts.join("+")),
        };
        Some(Ratio { name, value, value_err })
    });
    all.collect()
}

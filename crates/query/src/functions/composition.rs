//! `fit_composition` and `expect_mixture`.

use std::collections::BTreeMap;

use aldb_fit::composition::{CompositionOptions, Content, ProfilePoint, fit_composition, ratio};
use aldb_fit::mixtures::{EndMember, Route, expected_mixture, mean_atomic_mass};
use aldb_fit::quality::Quality;

use super::document::{Documentation, FieldKind, Value, field, number, plain, text, verdict};
use super::gather::{Group, Kernel};

/// Ratios that films of lithium, boron, phosphorus and oxygen are told by: numerators over sums.
const RATIOS: [(&str, &[&str]); 7] =
    [("Li", &["B"]), ("Li", &["P"]), ("B", &["O"]), ("B", &["P"]), ("B", &["B", "P"]), ("O", &["P"]), ("Li", &["O"])];

pub(super) fn kernel() -> Kernel {
    let element = vec![
        plain("element", FieldKind::Text, "Symbol of the element."),
        field("content_percent", "%", "Mean content over the plateau (at.%)."),
        field("content_err_percent", "%", "Its standard error, at least that of counting."),
        plain("detected", FieldKind::Flag, "Whether the mean is more than three standard errors above zero."),
        plain("n_points", FieldKind::Count, "Depths with a value of it."),
    ];
    let ratios = vec![
        plain("ratio", FieldKind::Text, "The ratio, as `B/(B+P)`."),
        field("value", "1", "Its value."),
        field("value_err", "1", "Its standard uncertainty."),
    ];
    let own = [
        field("window_min", "1", "Beginning of the plateau, in the depths' unit."),
        field("window_max", "1", "End of the plateau, in the depths' unit."),
        plain("n_depths", FieldKind::Count, "Depths in the plateau."),
        plain("elements", FieldKind::Rows(element), "The elements; one without a name where there is no plateau."),
        plain("ratios", FieldKind::Rows(ratios), "Ratios of contents that are determined."),
        field("closure_percent", "%", "100 less the sum of the contents."),
        field("closure_err_percent", "%", "Its standard error."),
    ];
    Kernel {
        documentation: Documentation {
            name: "fit_composition",
            kind: "aggregate",
            version: 1,
            meaning: "Mean composition over the plateau of a depth profile.",
            arguments: vec![
                number("depth", "1", "Depth, in one unit for the whole profile."),
                text("element", "Symbol of the element."),
                number("content_percent", "%", "Its content there (at.%)."),
                number("counts", "1", "Counts behind it; null where not known."),
                number("window_min", "1", "Beginning of the plateau; found where left out.").or_left_out(),
                number("window_max", "1", "End of the plateau.").or_left_out(),
            ],
            result: own.into_iter().chain(verdict()).collect(),
            example: "SELECT measurement_id, fit_composition(depth_nm, element, content_percent, counts) AS fit \
                      FROM erd_profiles GROUP BY measurement_id LIMIT 3",
        },
        evaluate,
    }
}

fn evaluate(group: &Group) -> Vec<Value> {
    let (depths, names, contents) = (group.optional_numbers(0), group.words(1), group.optional_numbers(2));
    let counts = group.optional_numbers(3);
    let points: Vec<ProfilePoint<'_>> = (0..depths.len())
        .filter_map(|row| {
            Some(ProfilePoint {
                depth: depths[row]?,
                element: names[row].as_deref()?,
                content_percent: contents[row]?,
                counts: counts[row],
            })
        })
        .collect();
    let options = CompositionOptions { window: group.number(4).zip(group.number(5)), ..CompositionOptions::default() };
    let fit = fit_composition(&points, &options);
    let (quality, reason) = match &fit {
        Ok(fit) => (fit.quality, (fit.quality != Quality::Good).then(|| fit.reason.clone())),
        Err(error) => (Quality::Failed, Some(error.to_string())),
    };
    let fit = fit.ok();
    let elements = match &fit {
        Some(fit) => fit.elements.iter().map(of_element).collect(),
        // One row that says why there are none.
        None => {
            let nothing = Value::Number(None);
            vec![vec![Value::Text(None), nothing.clone(), nothing.clone(), Value::Flag(None), nothing]]
        }
    };
    vec![
        fit.as_ref().map(|fit| fit.window_min).into(),
        fit.as_ref().map(|fit| fit.window_max).into(),
        Value::Count(fit.as_ref().map_or(0, |fit| fit.n_depths)),
        Value::Rows(Some(elements)),
        Value::Rows(fit.as_ref().map(|fit| ratios(&fit.elements))),
        fit.as_ref().map(|fit| fit.closure_percent).into(),
        fit.as_ref().map(|fit| fit.closure_err_percent).into(),
        Value::text(quality.as_str()),
        Value::Text(reason),
    ]
}

fn of_element(content: &Content) -> Vec<Value> {
    vec![
        Value::text(content.element.clone()),
        content.content_percent.into(),
        content.content_err_percent.into(),
        Value::Flag(Some(content.detected)),
        Value::Count(content.n_points),
    ]
}

fn ratios(elements: &[Content]) -> Vec<Vec<Value>> {
    let of = |symbol: &str| {
        let found = elements.iter().find(|content| content.element == symbol && content.detected)?;
        Some((found.content_percent, found.content_err_percent))
    };
    let all = RATIOS.iter().filter_map(|(numerator, parts)| {
        let above = of(numerator)?;
        let sum = parts.iter().try_fold((0.0_f64, 0.0_f64), |(sum, error), part| {
            let (content, own) = of(part)?;
            Some((sum + content, error.hypot(own)))
        })?;
        let (value, value_err) = if parts.contains(numerator) {
            // a/(a + b): a stands above and below.
            let (a, a_err) = above;
            let (b, b_err) = (sum.0 - a, (sum.1 * sum.1 - a_err * a_err).max(0.0).sqrt());
            (a / sum.0, (b * a_err).hypot(a * b_err) / (sum.0 * sum.0))
        } else {
            ratio(above, sum)?
        };
        let name = if parts.len() > 1 {
            format!("{numerator}/({})", parts.join("+"))
        } else {
            format!("{numerator}/{}", parts[0])
        };
        Some(vec![Value::Text(Some(name)), value.into(), value_err.into()])
    });
    all.collect()
}

pub(super) fn mixture() -> Kernel {
    let expectation = vec![
        plain("element", FieldKind::Text, "Symbol of the element."),
        field("expected_percent", "%", "Content by the rule of mixtures (at.%)."),
        field("expected_err_percent", "%", "Its standard uncertainty."),
    ];
    let own = [
        field("cycle_ratio", "1", "Share of the first kind of cycle: k / (k + l)."),
        field("mass_fraction", "1", "Share of its mass."),
        field("mass_fraction_err", "1", "Its standard uncertainty."),
        field("atomic_fraction", "1", "Share of its atoms."),
        field("atomic_fraction_err", "1", "Its standard uncertainty."),
        field("expected_gpc_angstrom", "Ao", "Growth per cycle by the rule of mixtures."),
        field("expected_gpc_err_angstrom", "Ao", "Its standard uncertainty."),
        plain("route", FieldKind::Text, "`atomic fraction` or `mass fraction`: with which contents are mixed."),
        plain(
            "contents",
            FieldKind::Rows(expectation),
            "Contents expected; one without an element where nothing can be.",
        ),
    ];
    Kernel {
        documentation: Documentation {
            name: "expect_mixture",
            kind: "aggregate",
            version: 1,
            meaning: "Growth and composition of a mixture of two kinds of cycles by the rule of mixtures. Each row is one \
                      element in the film of one kind.",
            arguments: vec![
                text("kind", "The kind of cycle; the first by name is the one whose share is given."),
                number("repeats", "1", "How often it is run in a supercycle: k or l."),
                number("gpc_angstrom", "Ao", "Its growth per cycle alone."),
                number("gpc_err_angstrom", "Ao", "Its standard uncertainty."),
                number("density_g_per_cm3", "g/cm3", "Density of its film."),
                text("element", "Symbol of the element."),
                number("content_percent", "%", "Its content in the film of this kind (at.%)."),
                number("content_err_percent", "%", "Its standard uncertainty."),
                text("route", "`atomic fraction`, as where left out, or `mass fraction`.").or_left_out(),
            ],
            result: own.into_iter().chain(verdict()).collect(),
            example: "SELECT expect_mixture(kind, 1, gpc, 0.0, density, element, content, 0.0) AS expected FROM (VALUES \
                      ('LBO', 0.35, 2.1, 'B', 20.7), ('LBO', 0.35, 2.1, 'O', 79.3), ('LPO', 0.7, 2.5, 'P', 10.5), \
                      ('LPO', 0.7, 2.5, 'O', 89.5)) AS invented(kind, gpc, density, element, content)",
        },
        evaluate: evaluate_mixture,
    }
}

#[derive(Default)]
struct Kind {
    repeats: Option<f64>,
    gpc: Option<(f64, f64)>,
    density: Option<f64>,
    contents: BTreeMap<String, (f64, f64)>,
}

fn evaluate_mixture(group: &Group) -> Vec<Value> {
    let mut kinds: BTreeMap<&str, Kind> = BTreeMap::new();
    let column = |argument| group.optional_numbers(argument);
    for (row, name) in group.words(0).iter().enumerate() {
        let Some(name) = name else { continue };
        let kind = kinds.entry(name).or_default();
        kind.repeats = kind.repeats.or(column(1)[row]);
        kind.gpc = kind.gpc.or(column(2)[row].map(|gpc| (gpc, column(3)[row].unwrap_or(0.0))));
        kind.density = kind.density.or(column(4)[row]);
        if let (Some(element), Some(content)) = (&group.words(5)[row], column(6)[row]) {
            kind.contents.insert(element.clone(), (content, column(7)[row].unwrap_or(0.0)));
        }
    }
    let route =
        if group.word(8) == Some(Route::MassFraction.as_str()) { Route::MassFraction } else { Route::AtomicFraction };
    let expected = expect(&kinds, route);
    let (found, reason) = match expected {
        Ok(found) => (Some(found), None),
        Err(reason) => (None, Some(reason)),
    };
    let of =
        |value: fn(&aldb_fit::mixtures::Expected) -> f64| Value::Number(found.as_ref().map(|(found, _)| value(found)));
    let contents = match &found {
        Some((_, contents)) => contents.clone(),
        None => vec![vec![Value::Text(None), Value::Number(None), Value::Number(None)]],
    };
    vec![
        of(|found| found.cycle_ratio),
        of(|found| found.mass_fraction),
        of(|found| found.mass_fraction_err),
        of(|found| found.atomic_fraction),
        of(|found| found.atomic_fraction_err),
        of(|found| found.gpc_angstrom),
        of(|found| found.gpc_err_angstrom),
        Value::text(route.as_str()),
        Value::Rows(Some(contents)),
        Value::text(if reason.is_none() { "good" } else { "failed" }),
        Value::Text(reason),
    ]
}

type Mixed = (aldb_fit::mixtures::Expected, Vec<Vec<Value>>);

fn expect(kinds: &BTreeMap<&str, Kind>, route: Route) -> Result<Mixed, String> {
    let named: Vec<(&&str, &Kind)> = kinds.iter().collect();
    let [(name_a, a), (name_b, b)] = named[..] else {
        return Err(format!("expected two kinds of cycles, found {}", named.len()));
    };
    let member = |name: &str, kind: &Kind| {
        let (gpc_angstrom, gpc_err_angstrom) =
            kind.gpc.ok_or_else(|| format!("no growth of {name} alone was measured at this temperature"))?;
        let density_g_per_cm3 = kind.density.ok_or_else(|| format!("no recipe states the density of {name}"))?;
        if kind.contents.is_empty() {
            return Err(format!("no composition of {name} alone was measured at this temperature"));
        }
        let contents = kind.contents.iter().map(|(element, (content, _))| (element.as_str(), *content));
        let mean_atomic_mass_g_per_mol = mean_atomic_mass(contents).map_err(|error| format!("{name}: {error}"))?;
        Ok(EndMember { gpc_angstrom, gpc_err_angstrom, density_g_per_cm3, mean_atomic_mass_g_per_mol })
    };
    let repeats = |kind: &Kind| kind.repeats.filter(|repeats| *repeats >= 1.0).map_or(0, |repeats| repeats as u64);
    let expected = expected_mixture(repeats(a), repeats(b), &member(name_a, a)?, &member(name_b, b)?)
        .map_err(|error| error.to_string())?;
    let elements: std::collections::BTreeSet<&String> = a.contents.keys().chain(b.contents.keys()).collect();
    let contents = elements.into_iter().map(|element| {
        let of = |kind: &Kind| kind.contents.get(element).copied().unwrap_or((0.0, 0.0));
        let (content, error) = expected.content_percent(route, of(a), of(b));
        vec![Value::text(element.clone()), content.into(), error.into()]
    });
    let contents = contents.collect();
    Ok((expected, contents))
}

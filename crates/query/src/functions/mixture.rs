//! `expect_mixture`: growth and composition of a mixture by the rule of mixtures.

use std::collections::{BTreeMap, BTreeSet};

use aldb_fit::mixtures::{DENSITY_REL, EndMember, Expected, Route, expected_mixture, mean_atomic_mass};
use aldb_fit::quality::{Quality, ReasonCode, Verdict};
use arrow::array::Array as _;

use super::arguments::{Arguments, at, text_at};
use super::field::fields;
use super::kernel::{Definition, Failure, Kernel, Outcome};
use crate::codes::RowReason;

/// Known properties of the film of one kind of cycle.
#[derive(Default)]
struct Kind {
    repeats: Option<f64>,
    gpc: Option<(f64, f64)>,
    density: Option<f64>,
    density_err: Option<f64>,
    contents: BTreeMap<String, (f64, f64)>,
}

struct Kinds {
    kinds: BTreeMap<String, Kind>,
    route: Route,
    /// Why end members are in doubt.
    doubts: BTreeSet<String>,
}

impl Kinds {
    fn of(arguments: &mut Arguments<'_>) -> Self {
        let names = arguments.text("kind", "The kind of cycle; the share is that of the first by name.");
        let repeats = arguments.number("repeats", "1", "Its number in a supercycle: k or l.");
        let gpc = arguments.number("gpc_angstrom", "Ao", "Growth per cycle with this kind of cycle alone.");
        let gpc_err = arguments.number("gpc_err_angstrom", "Ao", "Standard uncertainty of the growth per cycle.");
        let density = arguments.number("density_g_per_cm3", "g/cm3", "Density of the film of this kind of cycle.");
        let element = arguments.text("element", "Symbol of the element.");
        let content = arguments.number("content_percent", "%", "Its content in the film of this kind of cycle (at.%).");
        let content_err = arguments.number("content_err_percent", "%", "Standard uncertainty of the content.");
        let route = arguments.option_text(
            "route",
            "Fraction by which contents are mixed: `atomic fraction`, the default, or `mass fraction`.",
        );
        let density_err = arguments.optional_number(
            "density_err_g_per_cm3",
            "g/cm3",
            "Standard uncertainty of the density; default 10 % of it.",
        );
        let doubt =
            arguments.optional_text("doubt", "Why growth or content of this row is in doubt; null where it is not.");
        let mut doubts = BTreeSet::new();
        let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
        for (row, name) in names.iter().enumerate() {
            let Some(name) = name else { continue };
            let kind = kinds.entry(name.to_owned()).or_default();
            kind.repeats = kind.repeats.or(at(&repeats, row));
            kind.gpc = kind.gpc.or(at(&gpc, row).map(|gpc| (gpc, at(&gpc_err, row).unwrap_or(0.0))));
            kind.density = kind.density.or(at(&density, row));
            kind.density_err = kind.density_err.or(at(&density_err, row));
            doubts.extend(text_at(&doubt, row).map(|doubt| format!("{name} alone: {doubt}")));
            if let (true, Some(content)) = (element.is_valid(row), at(&content, row)) {
                let content = (content, at(&content_err, row).unwrap_or(0.0));
                kind.contents.insert(element.value(row).to_owned(), content);
            }
        }
        let mass = route.as_deref() == Some(Route::MassFraction.as_str());
        Self { kinds, route: if mass { Route::MassFraction } else { Route::AtomicFraction }, doubts }
    }
}

struct Mixture {
    verdict: Verdict,
    expected: Expected,
    contents: Vec<ExpectedContent>,
}

struct ExpectedContent {
    element: String,
    content_percent: f64,
    content_err_percent: f64,
}

pub(super) fn kernel() -> Kernel {
    Definition {
        name: "expect_mixture",
        version: 3,
        meaning: "Growth and composition of a mixture of two kinds of cycles by the rule of mixtures. Each row is one element in \
                  the film of one kind of cycle.",
        example: "SELECT expect_mixture(kind, 1, gpc, 0.0, density, element, content, 0.0) AS expected FROM (VALUES \
                  ('LBO', 0.35, 2.1, 'B', 20.7), ('LBO', 0.35, 2.1, 'O', 79.3), ('LPO', 0.7, 2.5, 'P', 10.5), \
                  ('LPO', 0.7, 2.5, 'O', 89.5)) AS invented(kind, gpc, density, element, content)",
        arguments: Kinds::of,
        evaluate: expect,
        verdict: |mixture| mixture.verdict.clone(),
        always: fields! { mixture: Outcome<Kinds, Mixture>;
            text route "Fraction by which contents are mixed: `atomic fraction` or `mass fraction`."
                => mixture.input.route.as_str();
        },
        fields: fields! { mixture: Mixture;
            number cycle_ratio ["1"] "Fraction of the first kind of cycle by name: k / (k + l), exact."
                => mixture.expected.cycle_ratio;
            number mass_fraction ["1"] "Mass fraction of the first kind of cycle, by the rule of mixtures."
                => mixture.expected.mass_fraction;
            number mass_fraction_err ["1"] "Standard uncertainty of the mass fraction, from growth and density of both kinds."
                => mixture.expected.mass_fraction_err;
            number atomic_fraction ["1"] "Fraction of the atoms that come from the first kind of cycle, by the rule of mixtures."
                => mixture.expected.atomic_fraction;
            number atomic_fraction_err ["1"] "Standard uncertainty of the fraction of atoms, from growth and density of both kinds. Left out: the mean atomic masses, and whether the rule holds."
                => mixture.expected.atomic_fraction_err;
            number expected_gpc_angstrom ["Ao"] "Growth per cycle by the rule of mixtures."
                => mixture.expected.gpc_angstrom;
            number expected_gpc_err_angstrom ["Ao"] "Standard uncertainty of the expected growth per cycle, from the growths of both kinds."
                => mixture.expected.gpc_err_angstrom;
            rows_or_one contents (fields! { content: ExpectedContent;
                text element "Symbol of the element.";
                number expected_percent ["%"] "Content by the rule of mixtures (at.%)." => content.content_percent;
                number expected_err_percent ["%"] "Standard uncertainty of the expected content, from growth, density and contents of both kinds."
                    => content.content_err_percent;
            }) "The expected contents; a single one without an element where there are none."
                => Some(&mixture.contents);
        },
    }
    .kernel()
}

fn expect(input: &Kinds) -> Result<Mixture, Failure> {
    let named: Vec<(&String, &Kind)> = input.kinds.iter().collect();
    let [(name_a, a), (name_b, b)] = named[..] else {
        let words = format!("expected two kinds of cycles, found {}", named.len());
        return Err(Failure::new(RowReason::NotTwoKinds, words));
    };
    let repeats = |kind: &Kind| kind.repeats.filter(|repeats| *repeats >= 1.0).map_or(0, |repeats| repeats as u64);
    let expected = expected_mixture(repeats(a), repeats(b), &end_member(name_a, a)?, &end_member(name_b, b)?)?;
    let elements: BTreeSet<&String> = a.contents.keys().chain(b.contents.keys()).collect();
    let contents = elements.into_iter().map(|element| {
        let content = |kind: &Kind| kind.contents.get(element).copied().unwrap_or((0.0, 0.0));
        let (content_percent, content_err_percent) = expected.content_percent(input.route, content(a), content(b));
        ExpectedContent { element: element.clone(), content_percent, content_err_percent }
    });
    let mut verdict = Verdict::default();
    for doubt in &input.doubts {
        verdict.add(Quality::Suspect, ReasonCode::InputSuspect, doubt.clone());
    }
    Ok(Mixture { verdict, contents: contents.collect(), expected })
}

fn end_member(name: &str, kind: &Kind) -> Result<EndMember, Failure> {
    let missing = |reason, words: String| move || Failure::new(reason, words);
    let (gpc_angstrom, gpc_err_angstrom) = kind.gpc.ok_or_else(missing(
        RowReason::NoEndMemberGrowth,
        format!("no growth with {name} cycles alone was measured at this temperature"),
    ))?;
    let density_g_per_cm3 = kind.density.ok_or_else(missing(
        RowReason::NoEndMemberDensity,
        format!("no recipe states the density of the film of {name} cycles"),
    ))?;
    if kind.contents.is_empty() {
        let words = format!("no composition with {name} cycles alone was measured at this temperature");
        return Err(Failure::new(RowReason::NoEndMemberComposition, words));
    }
    let contents = kind.contents.iter().map(|(element, (content, _))| (element.as_str(), *content));
    let mean_atomic_mass_g_per_mol = mean_atomic_mass(contents).map_err(|error| Failure::from(error).about(name))?;
    let density_err_g_per_cm3 = kind.density_err.filter(|err| *err > 0.0).unwrap_or(DENSITY_REL * density_g_per_cm3);
    Ok(EndMember {
        gpc_angstrom,
        gpc_err_angstrom,
        density_g_per_cm3,
        density_err_g_per_cm3,
        mean_atomic_mass_g_per_mol,
    })
}

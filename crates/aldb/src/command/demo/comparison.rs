//! Compares the true values of the synthetic files with the derived ones, for every derived quantity.

use std::collections::HashMap;
use std::io::Write as _;

use aldb_lab::{Campaign, Origin, Truth};
use aldb_lake::Lake;
use aldb_query::Session;
use aldb_query::table::write_table;
use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Float64Type;

use crate::outcome::Error;
use crate::terminal;

/// Deviation beyond which the demonstration counts as failed, in standard uncertainties. The uncertainty of a mean over
/// ten depths is itself known to a quarter only, and there are more than a hundred quantities.
const TOO_FAR: f64 = 5.0;

/// Every derived quantity with a known true value: sample, technique, quantity, value, uncertainty.
///
/// In addition to the uncertainty of a fit some quantities have another: the energy of the reference (0.1 eV), the
/// alignment of an angle (0.001 Å), and the mutual displacement of overlapping peaks (5 mV).
const DERIVED: &str = "
SELECT sample_id, 'impedance_spectroscopy' AS technique, 'sigma_25c_s_per_cm' AS quantity, sigma_25c_s_per_cm AS value, sigma_25c_err_s_per_cm AS err FROM arrhenius
UNION ALL SELECT sample_id, 'impedance_spectroscopy', 'ea_ev', ea_ev, ea_err_ev FROM arrhenius
UNION ALL SELECT sample_id, 'ellipsometry_series', 'gpc_angstrom', coalesce(gpc_angstrom, 0), coalesce(gpc_err_angstrom, 0.01) FROM growth
UNION ALL SELECT sample_id, 'ellipsometry_series', 'nucleation_delay_cycles', nucleation_delay_cycles, nucleation_delay_err_cycles FROM growth
UNION ALL SELECT sample_id, 'spectroscopic_ellipsometry', 'thickness_nm', thickness_nm, thickness_err_nm FROM cauchy_fits
UNION ALL SELECT sample_id, 'spectroscopic_ellipsometry', 'cauchy_a', cauchy_a, cauchy_a_err FROM cauchy_fits
UNION ALL SELECT sample_id, 'spectroscopic_ellipsometry', 'cauchy_b_um2', cauchy_b_um2, cauchy_b_err_um2 FROM cauchy_fits
UNION ALL SELECT sample_id, 'ion_beam_depth_profile', concat(element, '_percent'), content_percent, content_err_percent FROM composition
UNION ALL SELECT sample_id, 'photoelectron_spectroscopy', 'o1s_nbo_bo_ratio', nbo_bo, nbo_bo_err FROM xps_regions WHERE region = 'O 1s'
UNION ALL SELECT sample_id, 'photoelectron_spectroscopy', 'o1s_bo_position_ev', binding_energy_ev, sqrt(power(binding_energy_err_ev, 2) + power(0.1, 2)) FROM xps_components WHERE component = 'bridging'
UNION ALL SELECT sample_id, 'photoelectron_spectroscopy', 'o1s_nbo_position_ev', binding_energy_ev, sqrt(power(binding_energy_err_ev, 2) + power(0.1, 2)) FROM xps_components WHERE component = 'non-bridging'
UNION ALL SELECT sample_id, 'photoelectron_spectroscopy', 'b1s_position_ev', binding_energy_ev, sqrt(power(binding_energy_err_ev, 2) + power(0.1, 2)) FROM xps_components WHERE region = 'B 1s'
UNION ALL SELECT sample_id, 'photoelectron_spectroscopy', concat(split_part(line, ' ', 1), '_percent'), content_percent, content_err_percent FROM xps_composition
UNION ALL SELECT sample_id, 'x_ray_diffraction', 'is_crystalline', CASE WHEN verdict = 'crystalline' THEN 1.0 ELSE 0.0 END, NULL FROM crystallinity
UNION ALL SELECT sample_id, 'x_ray_diffraction', 'strongest_reflection_d_angstrom', d_angstrom, sqrt(power(d_err_angstrom, 2) + power(0.001, 2)) FROM (
    SELECT *, row_number() OVER (PARTITION BY measurement_id ORDER BY signal_to_noise DESC) AS place FROM xrd_peaks WHERE kind = 'line') AS ranked WHERE place = 1
UNION ALL SELECT sample_id, 'electrochemistry', concat('pair', CAST(pair AS VARCHAR), '_midpoint_v'), (anodic_potential_v + cathodic_potential_v) / 2, sqrt(power(separation_err_v / 2, 2) + power(0.005, 2)) FROM cv_peaks
UNION ALL SELECT sample_id, 'electrochemistry', 'peak_separation_v', separation_v, separation_err_v FROM cv_peaks
UNION ALL SELECT sample_id, 'electrochemistry', concat('capacity_', CAST(CAST(round(c_rate) AS BIGINT) AS VARCHAR), 'c_uah_per_cm2'), capacity_density_uah_per_cm2, capacity_density_err_uah_per_cm2 FROM rate_capability
UNION ALL SELECT sample_id, 'electrochemistry', 'stability_onset_v', onset_v, onset_err_v FROM stability_onset
";

/// A statement of the paper, or a consequence of its numbers, that concerns more than one sample.
struct Fact {
    place: &'static str,
    name: &'static str,
    expected: Expected,
    /// Yields a row of value and uncertainty, or of words.
    query: &'static str,
}

enum Expected {
    Number(f64),
    Words(&'static str),
}

const fn number(place: &'static str, name: &'static str, value: f64, query: &'static str) -> Fact {
    Fact { place, name, expected: Expected::Number(value), query }
}

const fn words(place: &'static str, name: &'static str, value: &'static str, query: &'static str) -> Fact {
    Fact { place, name, expected: Expected::Words(value), query }
}

/// Numbers of Verhelle et al., Chem. Mater. 37, 687 (2025), and what follows from them.
const FACTS: [Fact; 31] = [
    number(
        "Table 1",
        "Li/B of LBO, 125 °C",
        1.0586,
        "SELECT value, value_err FROM composition_ratios WHERE ratio = 'Li/B' AND sample_id = 'synthetic-LBO-125-60nm'",
    ),
    number(
        "Table 1",
        "B/O of LBO, 125 °C",
        0.4549,
        "SELECT value, value_err FROM composition_ratios WHERE ratio = 'B/O' AND sample_id = 'synthetic-LBO-125-60nm'",
    ),
    number(
        "Table 1",
        "Li/B of LBO, 250 °C",
        1.4256,
        "SELECT value, value_err FROM composition_ratios WHERE ratio = 'Li/B' AND sample_id = 'synthetic-LBO-250-60nm'",
    ),
    number(
        "Table 1",
        "B/O of LBO, 250 °C",
        0.4745,
        "SELECT value, value_err FROM composition_ratios WHERE ratio = 'B/O' AND sample_id = 'synthetic-LBO-250-60nm'",
    ),
    number(
        "Table 1",
        "Li/B of LBO, 300 °C",
        1.3671,
        "SELECT value, value_err FROM composition_ratios WHERE ratio = 'Li/B' AND sample_id = 'synthetic-LBO-300-60nm'",
    ),
    number(
        "Table 1",
        "B/O of LBO, 300 °C",
        0.5321,
        "SELECT value, value_err FROM composition_ratios WHERE ratio = 'B/O' AND sample_id = 'synthetic-LBO-300-60nm'",
    ),
    number(
        "Table 2",
        "Li/P of LPO",
        2.7333,
        "SELECT value, value_err FROM composition_ratios WHERE ratio = 'Li/P' AND sample_id = 'synthetic-LPO-300-60nm'",
    ),
    number(
        "3.2",
        "cycle ratio printed 0.5",
        0.5,
        "SELECT max(cycle_ratio), NULL FROM rule_of_mixtures WHERE sample_id = 'synthetic-LBPO-CR050-60nm'",
    ),
    number(
        "3.2",
        "cycle ratio printed 0.17",
        1.0 / 6.0,
        "SELECT max(cycle_ratio), NULL FROM rule_of_mixtures WHERE sample_id = 'synthetic-LBPO-CR017-60nm'",
    ),
    number(
        "3.2",
        "cycle ratio printed 0.09",
        1.0 / 11.0,
        "SELECT max(cycle_ratio), NULL FROM rule_of_mixtures WHERE sample_id = 'synthetic-LBPO-CR009-60nm'",
    ),
    number(
        "Eq. 3",
        "mass fraction of LBO, CR 0.5",
        0.2958,
        "SELECT max(mass_fraction), 0.001 FROM rule_of_mixtures WHERE sample_id = 'synthetic-LBPO-CR050-60nm'",
    ),
    number(
        "Eq. 3",
        "atomic fraction of LBO, CR 0.5",
        0.3247,
        "SELECT max(atomic_fraction), 0.001 FROM rule_of_mixtures WHERE sample_id = 'synthetic-LBPO-CR050-60nm'",
    ),
    number(
        "Eq. 3",
        "B expected at CR 0.5 / at.%",
        6.72,
        "SELECT expected, expected_err FROM rule_of_mixtures WHERE quantity = 'B' AND sample_id = 'synthetic-LBPO-CR050-60nm'",
    ),
    number(
        "Eq. 3",
        "P expected at CR 0.5 / at.%",
        7.09,
        "SELECT expected, expected_err FROM rule_of_mixtures WHERE quantity = 'P' AND sample_id = 'synthetic-LBPO-CR050-60nm'",
    ),
    number(
        "Eq. 3",
        "B expected at CR 0.17 / at.%",
        1.82,
        "SELECT expected, expected_err FROM rule_of_mixtures WHERE quantity = 'B' AND sample_id = 'synthetic-LBPO-CR017-60nm'",
    ),
    number(
        "Eq. 3",
        "P expected at CR 0.17 / at.%",
        9.58,
        "SELECT expected, expected_err FROM rule_of_mixtures WHERE quantity = 'P' AND sample_id = 'synthetic-LBPO-CR017-60nm'",
    ),
    number(
        "Eq. 3",
        "B expected at CR 0.09 / at.%",
        0.95,
        "SELECT expected, expected_err FROM rule_of_mixtures WHERE quantity = 'B' AND sample_id = 'synthetic-LBPO-CR009-60nm'",
    ),
    number(
        "Eq. 3",
        "P expected at CR 0.09 / at.%",
        10.02,
        "SELECT expected, expected_err FROM rule_of_mixtures WHERE quantity = 'P' AND sample_id = 'synthetic-LBPO-CR009-60nm'",
    ),
    number(
        "Figure 5a",
        "growth expected at CR 0.5 / Å",
        0.525,
        "SELECT expected, expected_err FROM rule_of_mixtures WHERE quantity = 'gpc_angstrom' AND sample_id = 'synthetic-LBPO-CR050-in-situ'",
    ),
    number(
        "Figure 5a",
        "growth expected at CR 0.17 / Å",
        3.85 / 6.0,
        "SELECT expected, expected_err FROM rule_of_mixtures WHERE quantity = 'gpc_angstrom' AND sample_id = 'synthetic-LBPO-CR017-in-situ'",
    ),
    number(
        "Figure 5a",
        "growth expected at CR 0.09 / Å",
        7.35 / 11.0,
        "SELECT expected, expected_err FROM rule_of_mixtures WHERE quantity = 'gpc_angstrom' AND sample_id = 'synthetic-LBPO-CR009-in-situ'",
    ),
    number(
        "Table 2",
        "P below the rule at CR 0.5 / at.%",
        -4.49,
        "SELECT deviation, deviation_err FROM rule_of_mixtures WHERE quantity = 'P' AND sample_id = 'synthetic-LBPO-CR050-60nm'",
    ),
    number(
        "3.1.2",
        "σ(25 °C), 250 °C over 125 °C",
        2.985,
        "SELECT b.sigma_25c_s_per_cm / a.sigma_25c_s_per_cm, b.sigma_25c_s_per_cm / a.sigma_25c_s_per_cm * sqrt(power(a.sigma_25c_err_s_per_cm / a.sigma_25c_s_per_cm, 2) + power(b.sigma_25c_err_s_per_cm / b.sigma_25c_s_per_cm, 2)) FROM arrhenius AS a JOIN arrhenius AS b ON b.sample_id = 'synthetic-LBO-250' WHERE a.sample_id = 'synthetic-LBO-125'",
    ),
    words(
        "3.1.1",
        "growth without water",
        "no growth",
        "SELECT split_part(reason, ':', 1) FROM growth WHERE sample_id = 'synthetic-LBO-250-no-water'",
    ),
    words(
        "3.1.1",
        "growth with the dose of LiHMDS",
        "decreasing",
        "SELECT verdict FROM saturation WHERE precursor = 'LiHMDS'",
    ),
    words(
        "3.1.1",
        "growth with the dose of H2O",
        "saturated",
        "SELECT verdict FROM saturation WHERE precursor = 'H2O'",
    ),
    words(
        "3.1.1",
        "growth with the dose of TMB",
        "saturated",
        "SELECT verdict FROM saturation WHERE precursor = 'TMB'",
    ),
    words(
        "3.2.1",
        "phase of LPO",
        "gamma-Li3PO4",
        "SELECT max(phase) FROM crystallinity WHERE sample_id = 'synthetic-LPO-300-60nm'",
    ),
    words(
        "3.2.1",
        "more crystalline than LPO",
        "CR 0.09, CR 0.17",
        "SELECT CASE WHEN min(CASE WHEN sample_id <> 'synthetic-LPO-300-60nm' THEN ratio END) > 1 THEN 'CR 0.09, CR 0.17' ELSE 'not all' END FROM (SELECT c.sample_id, c.area_per_nm / l.area_per_nm AS ratio FROM crystallinity AS c JOIN crystallinity AS l ON l.sample_id = 'synthetic-LPO-300-60nm' JOIN measurements AS m ON m.measurement_id = c.measurement_id JOIN measurements AS n ON n.measurement_id = l.measurement_id AND n.adapter = m.adapter WHERE c.sample_id IN ('synthetic-LBPO-CR009-60nm', 'synthetic-LBPO-CR017-60nm')) AS ratios",
    ),
    words(
        "3.2.1",
        "onset with lithium borate",
        "none up to 6.0 V",
        "SELECT answer FROM stability_onset WHERE sample_id = 'synthetic-LBO-300-on-Pt'",
    ),
    words(
        "3.2.1",
        "capacity left at 100C",
        "most with CR 0.5",
        "SELECT CASE WHEN max(CASE WHEN sample_id LIKE '%CR050%' THEN retention END) >= max(retention) THEN 'most with CR 0.5' ELSE 'not most with CR 0.5' END FROM rate_capability WHERE c_rate > 90",
    ),
];

/// Prints true and derived values side by side. Returns whether all agree within [`TOO_FAR`].
pub(super) async fn compare(lake: &Lake, campaign: &Campaign) -> Result<bool, Error> {
    let session = Session::open(lake, lake.snapshot().await?)?;
    let found = derived(&session).await?;
    let mut rows = Vec::new();
    let mut near = true;
    let (mut n, mut of_paper) = (0, 0);
    for truth in truths(campaign) {
        let key = (truth.sample_id.clone(), truth.technique.to_owned(), truth.quantity.clone());
        // Some chosen values are not derived, such as the thickness of an oxide that is held fixed in the fit.
        let Some((value, err)) = found.get(&key).copied() else { continue };
        n += 1;
        let (line, is_near) = line(truth.value, value, err);
        near &= is_near;
        let place = match truth.origin {
            Origin::Paper(place) | Origin::Derived(place) => {
                of_paper += 1;
                place
            }
            // A chosen value is listed only if the derived one disagrees.
            _ if is_near => continue,
            Origin::Reference(_) | Origin::Chosen(_) => "chosen",
        };
        let sample = truth.sample_id.trim_start_matches("synthetic-").to_owned();
        let [before, after, error, deviation] = line;
        rows.push([shortened(place), sample, truth.quantity, before, after, error, deviation]);
    }
    for fact in &FACTS {
        n += 1;
        of_paper += 1;
        let [before, after, error, deviation] = fact_line(&session, fact, &mut near).await?;
        rows.push([fact.place.to_owned(), String::new(), fact.name.to_owned(), before, after, error, deviation]);
    }
    let mut out = terminal::output();
    writeln!(
        out,
        "\nsynthetic campaign: true values and the values derived from the files; {of_paper} quantities of the paper"
    )?;
    let header = ["section", "sample", "quantity", "true value", "derived", "± (k = 1)", "deviation"];
    write_table(&mut out, "  ", header, &rows)?;
    let verdict = if near { "all within" } else { "NOT all within" };
    writeln!(out, "{n} quantities compared, including chosen ones: {verdict} {TOO_FAR:.0} standard uncertainties\n")?;
    out.flush()?;
    Ok(near)
}

/// True values: of the impedance campaign and of everything else.
fn truths(campaign: &Campaign) -> Vec<Truth> {
    let of = |sample: &str, quantity: &str, value: f64| Truth {
        sample_id: sample.to_owned(),
        technique: "impedance_spectroscopy",
        quantity: quantity.to_owned(),
        value: Some(value),
        origin: Origin::Paper("3.1.2"),
    };
    let mut all = Vec::new();
    for film in campaign.truth() {
        all.push(of(&film.sample_id, "sigma_25c_s_per_cm", film.sigma_25c_s_per_cm));
        all.push(of(&film.sample_id, "ea_ev", film.ea_ev));
    }
    all.extend(campaign.characterisation().truths());
    all
}

type Found = HashMap<(String, String, String), (Option<f64>, Option<f64>)>;

async fn derived(session: &Session) -> Result<Found, Error> {
    let mut found = Found::new();
    for batch in session.query(DERIVED).await?.collect().await.map_err(aldb_query::QueryError::from)? {
        let words = |column: usize, row: usize| batch.column(column).as_string::<i32>().value(row).to_owned();
        let number = |column: usize, row: usize| {
            let array = batch.column(column).as_primitive::<Float64Type>();
            array.is_valid(row).then(|| array.value(row))
        };
        for row in 0..batch.num_rows() {
            let key = (words(0, row), words(1, row), words(2, row));
            // Several measurements of one sample are of the same film: the first is compared.
            found.entry(key).or_insert((number(3, row), number(4, row)));
        }
    }
    Ok(found)
}

/// True value, derived value, uncertainty, deviation; and whether they agree.
fn line(truth: Option<f64>, value: Option<f64>, err: Option<f64>) -> ([String; 4], bool) {
    let shown = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), short);
    let (deviation, near) = match (truth, value, err) {
        (None, None, _) => ("right".to_owned(), true),
        (Some(truth), Some(value), Some(err)) if err > 0.0 => {
            let deviation = (value - truth) / err;
            (format!("{deviation:+.1} σ"), deviation.abs() <= TOO_FAR)
        }
        (Some(truth), Some(value), _) if (value - truth).abs() <= 1e-9 * truth.abs() => ("right".to_owned(), true),
        _ => ("WRONG".to_owned(), false),
    };
    ([shown(truth), shown(value), err.map(|err| format!("{err:.2e}")).unwrap_or_default(), deviation], near)
}

/// Four significant digits.
fn short(value: f64) -> String {
    if value != 0.0 && (value.abs() < 1e-3 || value.abs() >= 1e5) {
        return format!("{value:.3e}");
    }
    let digits = if value == 0.0 { 0 } else { (3 - value.abs().log10().floor() as i32).clamp(0, 6) as usize };
    format!("{value:.digits$}")
}

fn shortened(place: &str) -> String {
    place.split(',').next().unwrap_or(place).chars().take(24).collect()
}

async fn fact_line(session: &Session, fact: &Fact, near: &mut bool) -> Result<[String; 4], Error> {
    let batches = session.query(fact.query).await?.collect().await.map_err(aldb_query::QueryError::from)?;
    let first = batches.iter().find(|batch| batch.num_rows() > 0);
    match fact.expected {
        Expected::Number(expected) => {
            let number = |column: usize| {
                let array = first?.column(column).as_primitive_opt::<Float64Type>()?;
                array.is_valid(0).then(|| array.value(0))
            };
            let (line, is_near) = line(Some(expected), number(0), number(1));
            *near &= is_near;
            Ok(line)
        }
        Expected::Words(expected) => {
            let found = first.and_then(|batch| {
                let array = batch.column(0).as_string_opt::<i32>()?;
                array.is_valid(0).then(|| array.value(0).to_owned())
            });
            let found = found.unwrap_or_else(|| "no row".to_owned());
            let right = found == expected;
            *near &= right;
            Ok([expected.to_owned(), found, String::new(), if right { "right" } else { "WRONG" }.to_owned()])
        }
    }
}

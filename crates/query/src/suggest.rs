//! Which supercycle will hit a target, by what the lake has measured.
//!
//! The rule of mixtures gives a first expectation for every k : l. Where mixtures were measured, each element and the growth
//! deviate from it by a factor; between measured cycle ratios its logarithm is interpolated, linearly in the cycle ratio,
//! and beyond them it is kept. Pure films do not deviate. The uncertainty holds that of the end members, that of the
//! measured mixtures, and for the way between two of them a quarter of what they differ by, more the further from both.

use std::collections::BTreeMap;

use aldb_fit::mixtures::{EndMember, Expected, Route, expected_mixture, mean_atomic_mass};
use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Float64Type;
use serde::Serialize;

use crate::{QueryError, Session};

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The two kinds of cycles, as recipes call them.
    pub kinds: [String; 2],
    /// What the film shall have.
    pub target: Target,
    /// How thick it shall be (nm).
    pub thickness_nm: f64,
    /// Deposition temperature (°C); where `None`, the one at which most mixtures of these kinds were measured.
    pub deposition_temperature_c: Option<f64>,
    /// Most cycles in a supercycle.
    pub most_cycles: u32,
}

/// A content or a ratio of contents, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Elements above the line.
    pub numerator: Vec<String>,
    /// Elements below it; none for a content in at.%.
    pub denominator: Vec<String>,
    /// The value.
    pub value: f64,
}

impl Target {
    /// Reads `B/P=0.5`, `B/(B+P)=0.3` or `B=6.7`.
    ///
    /// # Errors
    ///
    /// What was expected and found, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected a target as `B/P=0.5`, `B/(B+P)=0.3` or `B=6.7` (at.%), found `{text}`");
        let (quantity, value) = text.split_once('=').ok_or_else(wrong)?;
        let value: f64 = value.trim().parse().map_err(|_| wrong())?;
        let (above, below) = match quantity.split_once('/') {
            Some((above, below)) => (above, Some(below)),
            None => (quantity, None),
        };
        let elements = |sum: &str| -> Option<Vec<String>> {
            let sum = sum.trim().trim_start_matches('(').trim_end_matches(')');
            let symbol = |part: &str| {
                let part = part.trim();
                let letters = part.len() <= 2 && part.chars().all(char::is_alphabetic);
                (letters && part.starts_with(char::is_uppercase)).then(|| part.to_owned())
            };
            sum.split('+').map(symbol).collect()
        };
        let numerator = elements(above).ok_or_else(wrong)?;
        let denominator = below.map_or(Some(Vec::new()), elements).ok_or_else(wrong)?;
        if !(value > 0.0 && value.is_finite()) {
            return Err(wrong());
        }
        Ok(Self { numerator, denominator, value })
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sum = |elements: &[String]| match elements {
            [one] => one.clone(),
            several => format!("({})", several.join("+")),
        };
        match self.denominator.is_empty() {
            true => write!(f, "{}", sum(&self.numerator)),
            false => write!(f, "{}/{}", sum(&self.numerator), sum(&self.denominator)),
        }
    }
}

/// A supercycle, and what it is expected to give.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// The kinds of cycles.
    pub kinds: [String; 2],
    /// Cycles of the first kind in a supercycle.
    pub k: u32,
    /// Cycles of the second.
    pub l: u32,
    /// Share of the first kind.
    pub cycle_ratio: f64,
    /// Supercycles for the thickness asked for.
    pub supercycles: u64,
    /// Temperature (°C) at which films were measured.
    pub deposition_temperature_c: f64,
    /// What the target names.
    pub quantity: String,
    /// Its value asked for.
    pub target: f64,
    /// Its value as the lake's measurements lead to expect.
    pub expected: f64,
    /// Its standard uncertainty.
    pub expected_err: f64,
    /// Its value by the rule of mixtures alone.
    pub by_rule: f64,
    /// Growth per cycle expected (Å).
    pub gpc_angstrom: f64,
    /// Its standard uncertainty (Å).
    pub gpc_err_angstrom: f64,
    /// Cycles before growth is steady, of the nearest neighbours.
    pub nucleation_delay_cycles: f64,
    /// Thickness expected (nm).
    pub thickness_nm: f64,
    /// Its standard uncertainty (nm).
    pub thickness_err_nm: f64,
    /// Measured films with the nearest cycle ratios below and above.
    pub neighbours: Vec<Neighbour>,
    /// What a user should know.
    pub notes: Vec<String>,
}

/// A measured film beside the suggestion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Neighbour {
    /// Its sample.
    pub sample_id: String,
    /// Its cycle ratio.
    pub cycle_ratio: f64,
    /// What was measured of the quantity; null where an element of it was not.
    pub measured: Option<f64>,
    /// What the rule of mixtures leads to expect there.
    pub by_rule: Option<f64>,
}

/// A measured logarithm of the factor by which a quantity deviates from the rule, at a cycle ratio.
#[derive(Debug, Clone, Copy)]
struct Factor {
    cycle_ratio: f64,
    log: f64,
    err: f64,
}

#[derive(Debug, Default)]
struct Kind {
    gpc: Option<(f64, f64)>,
    density: Option<f64>,
    contents: BTreeMap<String, (f64, f64)>,
}

/// Finds the supercycle.
///
/// # Errors
///
/// [`QueryError::NoSuggestion`] where the lake does not know enough: it says what is missing.
pub async fn suggest(session: &Session, request: &Request) -> Result<Suggestion, QueryError> {
    let missing = |found: String| QueryError::NoSuggestion { found };
    let temperature = match request.deposition_temperature_c {
        Some(temperature) => temperature,
        None => usual_temperature(session, &request.kinds).await?,
    };
    let mut kinds = Vec::new();
    for name in &request.kinds {
        let kind = end_member(session, name, temperature).await?;
        let (gpc_angstrom, gpc_err_angstrom) =
            kind.gpc.ok_or_else(|| missing(format!("no growth of {name} alone at {temperature} °C in the lake")))?;
        let density_g_per_cm3 =
            kind.density.ok_or_else(|| missing(format!("no recipe of {name} states density_g_per_cm3")))?;
        if kind.contents.is_empty() {
            return Err(missing(format!("no composition of {name} alone at {temperature} °C in the lake")));
        }
        let contents = kind.contents.iter().map(|(element, (content, _))| (element.as_str(), *content));
        let mean_atomic_mass_g_per_mol = mean_atomic_mass(contents).map_err(|error| missing(error.to_string()))?;
        let member = EndMember { gpc_angstrom, gpc_err_angstrom, density_g_per_cm3, mean_atomic_mass_g_per_mol };
        kinds.push((member, kind.contents));
    }
    let measured = Measured::of(session, &request.kinds, temperature).await?;
    let model = Model { a: &kinds[0], b: &kinds[1], measured: &measured };
    let mut best: Option<(f64, u32, u32, Prediction)> = None;
    for cycles in 2..=request.most_cycles.max(2) {
        for k in 1..cycles {
            let l = cycles - k;
            if greatest_common_divisor(k, l) != 1 {
                continue;
            }
            let Some(prediction) = model.predict(&request.target, k, l) else { continue };
            let distance = (prediction.value / request.target.value).ln().abs();
            // A longer supercycle must be worth it: nearer by more than the uncertainty can tell apart.
            let worth = (0.2 * prediction.err / prediction.value).max(0.01);
            if best.as_ref().is_none_or(|(known, ..)| distance + worth < *known) {
                best = Some((distance, k, l, prediction));
            }
        }
    }
    let Some((_, k, l, prediction)) = best else {
        let elements = request.target.numerator.iter().chain(&request.target.denominator).cloned().collect::<Vec<_>>();
        let found = format!("neither film holds {}", elements.join(", "));
        return Err(missing(found));
    };
    let cycle_ratio = f64::from(k) / f64::from(k + l);
    let neighbours = measured.neighbours(&request.target, cycle_ratio);
    let (gpc, gpc_err) = (prediction.gpc, prediction.gpc_err);
    let delay = measured.delay(cycle_ratio);
    let cycles = request.thickness_nm * 10.0 / gpc + delay.unwrap_or(0.0);
    let supercycles = (cycles / f64::from(k + l)).ceil().max(1.0);
    let grown = (supercycles * f64::from(k + l) - delay.unwrap_or(0.0)).max(0.0);
    let mut notes = Vec::new();
    let tolerance = (2.0 * prediction.err).max(0.02 * request.target.value);
    if (prediction.value - request.target.value).abs() > tolerance {
        notes.push(format!(
            "no supercycle of up to {} cycles comes nearer: more cycles in one, with --most-cycles, may",
            request.most_cycles
        ));
    }
    if measured.factors.is_empty() {
        notes.push("no mixture of these kinds was measured: this is the rule of mixtures alone".to_owned());
    } else if !measured.brackets(cycle_ratio) {
        notes.push("no mixture was measured on the other side: the deviation of the nearest is kept".to_owned());
    }
    if delay.is_none() {
        notes.push("no nucleation delay is known: none is counted".to_owned());
    }
    Ok(Suggestion {
        kinds: request.kinds.clone(),
        k,
        l,
        cycle_ratio,
        supercycles: supercycles as u64,
        deposition_temperature_c: temperature,
        quantity: request.target.to_string(),
        target: request.target.value,
        expected: prediction.value,
        expected_err: prediction.err,
        by_rule: prediction.by_rule,
        gpc_angstrom: gpc,
        gpc_err_angstrom: gpc_err,
        nucleation_delay_cycles: delay.unwrap_or(0.0),
        thickness_nm: gpc / 10.0 * grown,
        // A delay is known to a few cycles only from run to run: five per cent of it.
        thickness_err_nm: (gpc_err / 10.0 * grown).hypot(gpc / 10.0 * 0.05 * delay.unwrap_or(0.0)),
        neighbours,
        notes,
    })
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

struct Model<'a> {
    a: &'a (EndMember, BTreeMap<String, (f64, f64)>),
    b: &'a (EndMember, BTreeMap<String, (f64, f64)>),
    measured: &'a Measured,
}

struct Prediction {
    value: f64,
    err: f64,
    by_rule: f64,
    gpc: f64,
    gpc_err: f64,
}

impl Model<'_> {
    fn predict(&self, target: &Target, k: u32, l: u32) -> Option<Prediction> {
        let expected = expected_mixture(u64::from(k), u64::from(l), &self.a.0, &self.b.0).ok()?;
        let content = |element: &String| self.content(&expected, element);
        let sum = |elements: &[String]| -> (f64, f64, f64) {
            elements.iter().map(content).fold((0.0, 0.0, 0.0), |(value, variance, rule), (own, err, by_rule)| {
                (value + own, variance + err * err, rule + by_rule)
            })
        };
        let (above, above_variance, above_rule) = sum(&target.numerator);
        let (gpc_log, gpc_log_err) = self.measured.factor("gpc_angstrom", expected.cycle_ratio);
        let gpc = expected.gpc_angstrom * gpc_log.exp();
        let gpc_err = gpc * (expected.gpc_err_angstrom / expected.gpc_angstrom).hypot(gpc_log_err);
        if above <= 0.0 || above_rule <= 0.0 {
            return None;
        }
        let (value, err, by_rule) = if target.denominator.is_empty() {
            (above, above_variance.sqrt(), above_rule)
        } else {
            // Elements that stand above and below move together: the parts below alone count there.
            let only_below: Vec<String> =
                target.denominator.iter().filter(|element| !target.numerator.contains(element)).cloned().collect();
            let (below, _, below_rule) = sum(&target.denominator);
            let (rest, rest_variance, _) = sum(&only_below);
            if below <= 0.0 || below_rule <= 0.0 {
                return None;
            }
            let value = above / below;
            let relative =
                (above_variance.sqrt() / above).hypot(if rest > 0.0 { rest_variance.sqrt() / rest } else { 0.0 });
            (value, value * relative * (rest / below).min(1.0), above_rule / below_rule)
        };
        Some(Prediction { value, err, by_rule, gpc, gpc_err })
    }

    /// Content of an element (at.%), its uncertainty, and what the rule alone says.
    fn content(&self, expected: &Expected, element: &String) -> (f64, f64, f64) {
        let of = |kind: &BTreeMap<String, (f64, f64)>| kind.get(element).copied().unwrap_or((0.0, 0.0));
        let (rule, rule_err) = expected.content_percent(Route::AtomicFraction, of(&self.a.1), of(&self.b.1));
        if rule <= 0.0 {
            return (0.0, 0.0, 0.0);
        }
        let (log, log_err) = self.measured.factor(element, expected.cycle_ratio);
        let value = rule * log.exp();
        (value, value * (rule_err / rule).hypot(log_err), rule)
    }
}

/// A film: its sample, its cycle ratio, and of each quantity what was measured and what the rule says.
type Film = (String, f64, Values);
type Values = BTreeMap<String, (f64, f64)>;

/// What was measured of mixtures of both kinds.
#[derive(Debug, Default)]
struct Measured {
    /// By quantity, in the order of the cycle ratio; films with one ratio are one.
    factors: BTreeMap<String, Vec<Factor>>,
    films: Vec<Film>,
    /// Nucleation delay by cycle ratio, pure films included.
    delays: Vec<(f64, f64)>,
}

impl Measured {
    async fn of(session: &Session, kinds: &[String; 2], temperature: f64) -> Result<Self, QueryError> {
        let query = format!(
            "SELECT x.sample_id, x.quantity, CASE WHEN x.first_kind = {a} THEN x.cycle_ratio ELSE 1 - x.cycle_ratio END AS cr, \
             x.measured, x.measured_err, x.expected \
             FROM rule_of_mixtures AS x JOIN recipes AS r ON r.recipe_id = x.recipe_id \
             WHERE x.quality <> 'failed' AND abs(r.deposition_temperature_c - {temperature}) < 0.5 AND x.recipe_id IN \
             (SELECT recipe_id FROM recipe_cycles WHERE n_kinds = 2 AND cycle IN ({a}, {b}) GROUP BY recipe_id HAVING count(*) = 2) \
             ORDER BY x.sample_id",
            a = literal(&kinds[0]),
            b = literal(&kinds[1]),
        );
        let mut raw: BTreeMap<String, Vec<Factor>> = BTreeMap::new();
        let mut films: BTreeMap<String, (f64, Values)> = BTreeMap::new();
        for row in rows(session, &query, 2).await? {
            let ([sample, quantity], [ratio, measured, measured_err, expected]) = (&row.0[..], &row.1[..]) else {
                continue;
            };
            let (Some(sample), Some(quantity)) = (sample, quantity) else { continue };
            let (Some(ratio), Some(measured), Some(expected)) = (*ratio, *measured, *expected) else { continue };
            let film = films.entry(sample.clone()).or_insert_with(|| (ratio, BTreeMap::new()));
            film.1.insert(quantity.clone(), (measured, expected));
            // What was not detected is at least a part of its own uncertainty.
            let err = measured_err.unwrap_or(0.0);
            let value = measured.max(0.5 * err);
            if value > 0.0 && expected > 0.0 {
                let factor = Factor { cycle_ratio: ratio, log: (value / expected).ln(), err: err / value };
                raw.entry(quantity.clone()).or_default().push(factor);
            }
        }
        let factors = raw.into_iter().map(|(quantity, factors)| (quantity, combined(factors))).collect();
        let delays = format!(
            "SELECT CASE WHEN c.n_kinds = 2 THEN c.cycle_ratio ELSE CASE WHEN c.cycle = {a} THEN 1.0 ELSE 0.0 END END, \
             g.nucleation_delay_cycles FROM growth AS g JOIN recipes AS r ON r.recipe_id = g.recipe_id \
             JOIN recipe_cycles AS c ON c.recipe_id = g.recipe_id AND (c.cycle = {a} OR (c.cycle = {b} AND c.n_kinds = 1)) \
             WHERE g.quality <> 'failed' AND abs(r.deposition_temperature_c - {temperature}) < 0.5 AND c.n_kinds <= 2 ORDER BY 1, 2",
            a = literal(&kinds[0]),
            b = literal(&kinds[1]),
        );
        let delays = rows(session, &delays, 0).await?;
        Ok(Self {
            factors,
            films: films.into_iter().map(|(sample, (ratio, values))| (sample, ratio, values)).collect(),
            delays: delays.iter().filter_map(|row| Some((row.1[0]?, row.1[1]?.max(0.0)))).collect(),
        })
    }

    /// Logarithm of the factor of a quantity at a cycle ratio, and its uncertainty.
    fn factor(&self, quantity: &str, cycle_ratio: f64) -> (f64, f64) {
        let Some(known) = self.factors.get(quantity) else { return (0.0, 0.0) };
        let below = known.iter().rfind(|factor| factor.cycle_ratio <= cycle_ratio);
        let above = known.iter().find(|factor| factor.cycle_ratio >= cycle_ratio);
        match (below, above) {
            (Some(a), Some(b)) if b.cycle_ratio > a.cycle_ratio => {
                let share = (cycle_ratio - a.cycle_ratio) / (b.cycle_ratio - a.cycle_ratio);
                let log = a.log + share * (b.log - a.log);
                let errors = ((1.0 - share) * a.err).hypot(share * b.err);
                (log, errors.hypot(share * (1.0 - share) * (b.log - a.log)))
            }
            (Some(one), _) | (None, Some(one)) => {
                // Further on, the deviation may be any other: half of it for the whole way to the pure film.
                let away = (cycle_ratio - one.cycle_ratio).abs();
                (one.log, one.err.hypot(0.5 * one.log.abs() * away.min(1.0)))
            }
            (None, None) => (0.0, 0.0),
        }
    }

    fn brackets(&self, cycle_ratio: f64) -> bool {
        let ratios = || self.films.iter().map(|(_, ratio, _)| *ratio);
        ratios().any(|ratio| ratio <= cycle_ratio + 1e-9) && ratios().any(|ratio| ratio >= cycle_ratio - 1e-9)
    }

    /// Delay at a cycle ratio, between the nearest that are known.
    fn delay(&self, cycle_ratio: f64) -> Option<f64> {
        let below = self.delays.iter().rfind(|(ratio, _)| *ratio <= cycle_ratio);
        let above = self.delays.iter().find(|(ratio, _)| *ratio >= cycle_ratio);
        match (below, above) {
            (Some((a, low)), Some((b, high))) if b > a => Some(low + (cycle_ratio - a) / (b - a) * (high - low)),
            (Some((_, delay)), _) | (None, Some((_, delay))) => Some(*delay),
            (None, None) => None,
        }
    }

    fn neighbours(&self, target: &Target, cycle_ratio: f64) -> Vec<Neighbour> {
        // Films of which a composition is known.
        let named = target.numerator.iter().chain(&target.denominator);
        let named: Vec<&String> = named.collect();
        let mut films: Vec<&Film> = self
            .films
            .iter()
            .filter(|(_, _, values)| named.iter().any(|element| values.contains_key(*element)))
            .collect();
        films.sort_by(|a, b| (a.1 - cycle_ratio).abs().total_cmp(&(b.1 - cycle_ratio).abs()).then(a.0.cmp(&b.0)));
        let mut chosen: Vec<&Film> = Vec::new();
        for below in [true, false] {
            let side = |film: &&&Film| if below { film.1 <= cycle_ratio } else { film.1 > cycle_ratio };
            chosen.extend(films.iter().find(side).copied());
        }
        chosen
            .into_iter()
            .map(|(sample, ratio, values)| {
                let sum = |elements: &[String], part: fn(&(f64, f64)) -> f64| {
                    elements.iter().map(|element| values.get(element).map(part)).sum::<Option<f64>>()
                };
                let of = |part: fn(&(f64, f64)) -> f64| {
                    let above = sum(&target.numerator, part)?;
                    if target.denominator.is_empty() {
                        Some(above)
                    } else {
                        Some(above / sum(&target.denominator, part)?)
                    }
                };
                Neighbour {
                    sample_id: sample.clone(),
                    cycle_ratio: *ratio,
                    measured: of(|value| value.0),
                    by_rule: of(|value| value.1),
                }
            })
            .collect()
    }
}

/// Films with one cycle ratio as one, by their weights; their scatter counts where it is larger.
fn combined(mut factors: Vec<Factor>) -> Vec<Factor> {
    factors.sort_by(|a, b| a.cycle_ratio.total_cmp(&b.cycle_ratio).then(a.log.total_cmp(&b.log)));
    let groups = factors.chunk_by(|a, b| (a.cycle_ratio - b.cycle_ratio).abs() < 1e-9);
    groups
        .map(|group| {
            let weight = |factor: &Factor| factor.err.max(1e-4).powi(-2);
            let total: f64 = group.iter().map(weight).sum();
            let log = group.iter().map(|factor| factor.log * weight(factor)).sum::<f64>() / total;
            let n = group.len() as f64;
            let scatter =
                (group.iter().map(|factor| (factor.log - log).powi(2)).sum::<f64>() / (n * (n - 1.0).max(1.0))).sqrt();
            Factor { cycle_ratio: group[0].cycle_ratio, log, err: total.sqrt().recip().max(scatter) }
        })
        .collect()
}

async fn usual_temperature(session: &Session, kinds: &[String; 2]) -> Result<f64, QueryError> {
    let query = format!(
        "SELECT t, CAST(n AS DOUBLE) AS films FROM (SELECT r.deposition_temperature_c AS t, count(*) AS n, count(DISTINCT c.cycle) AS kinds \
         FROM recipe_cycles AS c JOIN recipes AS r ON r.recipe_id = c.recipe_id WHERE c.cycle IN ({a}, {b}) \
         GROUP BY r.deposition_temperature_c) AS counted WHERE kinds = 2 ORDER BY films DESC, t",
        a = literal(&kinds[0]),
        b = literal(&kinds[1]),
    );
    let found = rows(session, &query, 0).await?.first().and_then(|row| row.1[0]);
    found.ok_or_else(|| QueryError::NoSuggestion {
        found: format!("no temperature at which recipes of the lake run both {} and {}", kinds[0], kinds[1]),
    })
}

async fn end_member(session: &Session, kind: &str, temperature: f64) -> Result<Kind, QueryError> {
    let name = literal(kind);
    let of = |columns: &str, table: &str, more: &str| {
        format!(
            "SELECT {columns} FROM {table} AS v JOIN recipes AS r ON r.recipe_id = v.recipe_id JOIN recipe_cycles AS c ON c.recipe_id = v.recipe_id \
             WHERE c.n_kinds = 1 AND c.cycle = {name} AND abs(r.deposition_temperature_c - {temperature}) < 0.5 AND v.quality <> 'failed' {more}"
        )
    };
    let mut found = Kind::default();
    let growth = "avg(v.gpc_angstrom), greatest(sqrt(sum(power(v.gpc_err_angstrom, 2))) / count(*), coalesce(stddev(v.gpc_angstrom) / sqrt(count(*)), 0))";
    if let Some(row) = rows(session, &of(growth, "growth", ""), 0).await?.first() {
        found.gpc = row.1[0].map(|gpc| (gpc, row.1[1].unwrap_or(0.0)));
    }
    let content = "v.element, avg(v.content_percent), greatest(sqrt(sum(power(v.content_err_percent, 2))) / count(*), coalesce(stddev(v.content_percent) / sqrt(count(*)), 0))";
    for row in rows(session, &of(content, "composition", "AND v.element IS NOT NULL GROUP BY v.element"), 1).await? {
        if let (Some(element), Some(content)) = (&row.0[0], row.1[0]) {
            found.contents.insert(element.clone(), (content, row.1[1].unwrap_or(0.0)));
        }
    }
    let density = format!("SELECT avg(density_g_per_cm3) FROM recipe_cycles WHERE cycle = {name}");
    found.density = rows(session, &density, 0).await?.first().and_then(|row| row.1[0]);
    Ok(found)
}

/// A text as SQL writes it.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

type Row = (Vec<Option<String>>, Vec<Option<f64>>);

/// The rows of a query whose first columns are words and whose others are numbers.
async fn rows(session: &Session, query: &str, words: usize) -> Result<Vec<Row>, QueryError> {
    let mut all = Vec::new();
    for batch in session.query(query).await?.collect().await? {
        for row in 0..batch.num_rows() {
            let word = |column: usize| {
                let array = batch.column(column).as_string_opt::<i32>()?;
                array.is_valid(row).then(|| array.value(row).to_owned())
            };
            let number = |column: usize| {
                let array = batch.column(column).as_primitive_opt::<Float64Type>()?;
                array.is_valid(row).then(|| array.value(row))
            };
            all.push(((0..words).map(word).collect(), (words..batch.num_columns()).map(number).collect()));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_contents_or_ratios() {
        let target = Target::parse("B/(B+P)=0.3").unwrap();
        assert_eq!((target.denominator.len(), target.value, target.to_string().as_str()), (2, 0.3, "B/(B+P)"));
        assert_eq!(Target::parse("B = 6.7").unwrap().to_string(), "B");
        assert_eq!(
            Target::parse("B/P").unwrap_err(),
            "expected a target as `B/P=0.5`, `B/(B+P)=0.3` or `B=6.7` (at.%), found `B/P`"
        );
    }

    #[test]
    fn factors_are_interpolated_between_films_and_kept_beyond_them() {
        let factor = |cycle_ratio, log| Factor { cycle_ratio, log, err: 0.01 };
        let mut measured = Measured::default();
        measured.factors.insert("B".to_owned(), vec![factor(0.1, -2.0), factor(0.5, 0.4)]);
        let (middle, err) = measured.factor("B", 0.3);
        assert!((middle + 0.8).abs() < 1e-12 && err > 0.5, "{middle} {err}");
        assert_eq!(measured.factor("B", 0.05).0, -2.0);
        assert_eq!(measured.factor("P", 0.3), (0.0, 0.0));
    }
}

//! The lake's measurements of two processes and their mixtures, for the supercycle that `aldb_fit::supercycle`
//! suggests.

use aldb_fit::supercycle::{
    Evidence, MixtureValue, Process, Supercycle, SupercycleOptions, Target, suggest_supercycle,
};
use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Float64Type;
use serde::Serialize;

use crate::{QueryError, Session};

/// The requested film.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The two processes, by the names of their cycles in recipes.
    pub kinds: [String; 2],
    /// The composition.
    pub target: Target,
    /// The thickness (nm).
    pub thickness_nm: f64,
    /// Deposition temperature (°C); if `None`, the one at which most mixtures of these processes were deposited.
    pub deposition_temperature_c: Option<f64>,
    /// Largest number of cycles in a supercycle.
    pub most_cycles: u32,
}

/// A supercycle for the request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// The two processes.
    pub kinds: [String; 2],
    /// Deposition temperature (°C) of the films on which it is based.
    pub deposition_temperature_c: f64,
    /// The supercycle, and its expected film.
    #[serde(flatten)]
    pub supercycle: Supercycle,
}

/// Suggests a supercycle from the growth, composition and mixtures in the lake.
///
/// # Errors
///
/// [`QueryError::NoSuggestion`] if the lake has too few measurements: it names the missing ones.
pub async fn suggest(session: &Session, request: &Request) -> Result<Suggestion, QueryError> {
    let kinds = &request.kinds;
    let temperature = match request.deposition_temperature_c {
        Some(temperature) => temperature,
        None => usual_temperature(session, kinds).await?,
    };
    let processes = [process(session, &kinds[0], temperature).await?, process(session, &kinds[1], temperature).await?];
    let mixtures = mixtures(session, kinds, temperature).await?;
    let delays = delays(session, kinds, temperature).await?;
    let options = SupercycleOptions { thickness_nm: request.thickness_nm, most_cycles: request.most_cycles };
    let supercycle = suggest_supercycle(&request.target, &Evidence { processes, mixtures, delays }, &options)
        .map_err(|error| QueryError::NoSuggestion { found: format!("{error} (at {temperature} °C)") })?;
    Ok(Suggestion { kinds: kinds.clone(), deposition_temperature_c: temperature, supercycle })
}

/// Growth and contents of films from mixed cycles of both kinds, with the predictions of the rule of mixtures.
async fn mixtures(session: &Session, kinds: &[String; 2], temperature: f64) -> Result<Vec<MixtureValue>, QueryError> {
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
    let value = |row: &Row| {
        let ([sample_id, quantity], [cycle_ratio, measured, measured_err, expected]) = (&row.0[..], &row.1[..]) else {
            return None;
        };
        Some(MixtureValue {
            sample_id: sample_id.clone()?,
            quantity: quantity.clone()?,
            cycle_ratio: (*cycle_ratio)?,
            measured: (*measured)?,
            measured_err: *measured_err,
            expected: (*expected)?,
        })
    };
    Ok(rows(session, &query, 2).await?.iter().filter_map(value).collect())
}

/// Cycle ratio and nucleation delay (cycles) of films of either kind or both.
async fn delays(session: &Session, kinds: &[String; 2], temperature: f64) -> Result<Vec<(f64, f64)>, QueryError> {
    let query = format!(
        "SELECT CASE WHEN c.n_kinds = 2 THEN c.cycle_ratio ELSE CASE WHEN c.cycle = {a} THEN 1.0 ELSE 0.0 END END, \
         g.nucleation_delay_cycles FROM growth AS g JOIN recipes AS r ON r.recipe_id = g.recipe_id \
         JOIN recipe_cycles AS c ON c.recipe_id = g.recipe_id AND (c.cycle = {a} OR (c.cycle = {b} AND c.n_kinds = 1)) \
         WHERE g.quality <> 'failed' AND abs(r.deposition_temperature_c - {temperature}) < 0.5 AND c.n_kinds <= 2 ORDER BY 1, 2",
        a = literal(&kinds[0]),
        b = literal(&kinds[1]),
    );
    Ok(rows(session, &query, 0).await?.iter().filter_map(|row| row.1[0].zip(row.1[1])).collect())
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

/// Growth, density and composition of one process alone.
async fn process(session: &Session, kind: &str, temperature: f64) -> Result<Process, QueryError> {
    let name = literal(kind);
    let select = |columns: &str, table: &str, more: &str| {
        format!(
            "SELECT {columns} FROM {table} AS v JOIN recipes AS r ON r.recipe_id = v.recipe_id JOIN recipe_cycles AS c ON c.recipe_id = v.recipe_id \
             WHERE c.n_kinds = 1 AND c.cycle = {name} AND abs(r.deposition_temperature_c - {temperature}) < 0.5 AND v.quality <> 'failed' {more}"
        )
    };
    let mut found = Process { name: kind.to_owned(), ..Process::default() };
    let growth = "avg(v.gpc_angstrom), greatest(sqrt(sum(power(v.gpc_err_angstrom, 2))) / count(*), coalesce(stddev(v.gpc_angstrom) / sqrt(count(*)), 0))";
    if let Some(row) = rows(session, &select(growth, "growth", ""), 0).await?.first() {
        found.gpc_angstrom = row.1[0].map(|gpc| (gpc, row.1[1].unwrap_or(0.0)));
    }
    let content = "v.element, avg(v.content_percent), greatest(sqrt(sum(power(v.content_err_percent, 2))) / count(*), coalesce(stddev(v.content_percent) / sqrt(count(*)), 0))";
    for row in rows(session, &select(content, "composition", "AND v.element IS NOT NULL GROUP BY v.element"), 1).await?
    {
        if let (Some(element), Some(content)) = (&row.0[0], row.1[0]) {
            found.contents_percent.insert(element.clone(), (content, row.1[1].unwrap_or(0.0)));
        }
    }
    let density = format!("SELECT avg(density_g_per_cm3) FROM recipe_cycles WHERE cycle = {name}");
    found.density_g_per_cm3 = rows(session, &density, 0).await?.first().and_then(|row| row.1[0]);
    Ok(found)
}

/// A text as SQL writes it.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

type Row = (Vec<Option<String>>, Vec<Option<f64>>);

/// The rows of a query whose first columns are text and whose others are numbers.
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

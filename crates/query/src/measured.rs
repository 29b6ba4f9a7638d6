//! The measured growth and composition of films grown with one kind of cycle.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Float64Type;

use crate::{QueryError, Session};

/// A film of one kind of cycle alone: means over the runs and films of the lake.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MeasuredFilm {
    /// Growth per cycle (Å); `None` where none was measured.
    pub gpc_angstrom: Option<f64>,
    /// Cycles before growth is steady.
    pub nucleation_delay_cycles: Option<f64>,
    /// Content of each element (at.%); empty where none was measured.
    pub contents_percent: BTreeMap<String, f64>,
}

/// The film that cycles with these doses alone grow at a temperature.
///
/// # Errors
///
/// [`QueryError`] where the lake cannot be read.
pub async fn measured_film(session: &Session, doses: &str, temperature_c: f64) -> Result<MeasuredFilm, QueryError> {
    let query = |columns: &str, table: &str, more: &str| {
        format!(
            "SELECT {columns} FROM {table} AS v JOIN recipes AS r ON r.recipe_id = v.recipe_id \
             JOIN recipe_cycles AS c ON c.recipe_id = v.recipe_id WHERE c.n_kinds = 1 AND c.doses = '{}' \
             AND abs(r.deposition_temperature_c - {temperature_c}) < 0.5 AND v.quality <> 'failed' {more}",
            doses.replace('\'', "''")
        )
    };
    let mut film = MeasuredFilm::default();
    let growth = query("avg(v.gpc_angstrom), max(v.nucleation_delay_cycles)", "growth", "");
    for batch in session.query(&growth).await?.collect().await? {
        let number = |column: usize| {
            let array = batch.column(column).as_primitive_opt::<Float64Type>()?;
            (!array.is_empty() && array.is_valid(0)).then(|| array.value(0))
        };
        (film.gpc_angstrom, film.nucleation_delay_cycles) = (number(0), number(1));
    }
    let contents =
        query("v.element, avg(v.content_percent)", "composition", "AND v.element IS NOT NULL GROUP BY v.element");
    for batch in session.query(&contents).await?.collect().await? {
        let (Some(elements), Some(contents)) =
            (batch.column(0).as_string_opt::<i32>(), batch.column(1).as_primitive_opt::<Float64Type>())
        else {
            continue;
        };
        for row in 0..batch.num_rows() {
            film.contents_percent.insert(elements.value(row).to_owned(), contents.value(row).max(0.0));
        }
    }
    Ok(film)
}

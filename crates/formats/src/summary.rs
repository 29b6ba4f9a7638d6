//! Summarises a measurement: what each column holds, for people who inspect a file.

use crate::{Measurement, Values};

/// The contents of a column.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ColumnSummary {
    /// The column's name in readings.
    pub name: String,
    /// UCUM code; absent where the file states none.
    pub unit: Option<String>,
    /// The header as written in the file.
    pub header: String,
    /// Number of values: numbers that aren't NaN, words that aren't empty.
    pub count: usize,
    /// A summary of its values.
    #[serde(flatten)]
    pub values: ValuesSummary,
}

/// The values of a column, in short.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum ValuesSummary {
    /// Of numbers, in the file's order; all absent where there is no row, `min` and `max` also where all are NaN.
    Numbers {
        /// The first row's value.
        first: Option<f64>,
        /// The last row's value.
        last: Option<f64>,
        /// The least value.
        min: Option<f64>,
        /// The greatest value.
        max: Option<f64>,
    },
    /// Of words, in the file's order.
    Words {
        /// The first row's words.
        first: Option<String>,
        /// The last row's words.
        last: Option<String>,
    },
}

impl Measurement {
    /// A summary of each column, in the file's order.
    #[must_use]
    pub fn summary(&self) -> Vec<ColumnSummary> {
        let summaries = self.columns.iter().map(|column| {
            let (count, values) = match &column.values {
                Values::Number(values) => {
                    let present = values.iter().copied().filter(|value| !value.is_nan());
                    let numbers = ValuesSummary::Numbers {
                        first: values.first().copied(),
                        last: values.last().copied(),
                        min: present.clone().reduce(f64::min),
                        max: present.clone().reduce(f64::max),
                    };
                    (present.count(), numbers)
                }
                Values::Text(values) => {
                    let words = ValuesSummary::Words { first: values.first().cloned(), last: values.last().cloned() };
                    (values.iter().filter(|value| !value.is_empty()).count(), words)
                }
            };
            ColumnSummary {
                name: column.name.clone(),
                unit: column.unit.clone(),
                header: column.header.clone(),
                count,
                values,
            }
        });
        summaries.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Column, Technique};

    #[test]
    fn a_summary_has_the_ends_and_the_range_of_numbers() {
        let column = |name: &str, values| Column { name: name.to_owned(), unit: None, header: name.to_owned(), values };
        let measurement = Measurement {
            block: 0,
            technique: Technique::ImpedanceSpectroscopy,
            columns: vec![
                column("a", Values::Number(vec![2.0, f64::NAN, 1.0])),
                column("b", Values::Text(vec!["x".to_owned(), String::new(), "y".to_owned()])),
            ],
            metadata: BTreeMap::new(),
            warnings: Vec::new(),
        };
        let json = serde_json::to_string(&measurement.summary()).unwrap();
        assert_eq!(
            json,
            r#"[{"name":"a","unit":null,"header":"a","count":2,"first":2.0,"last":1.0,"min":1.0,"max":2.0},"#
                .to_owned()
                + r#"{"name":"b","unit":null,"header":"b","count":2,"first":"x","last":"y"}]"#
        );
    }
}

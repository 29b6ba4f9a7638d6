//! Splits rows into measurements at their starts.

use std::collections::BTreeMap;

use crate::delimited::preamble::Settings;
use crate::delimited::rows::Table;
use crate::manifest::Manifest;
use crate::text::counted;
use crate::{Column, Measurement, Reading, Technique, Value, Values};

/// The reading that a table and the settings before it make.
pub(super) fn reading(manifest: &Manifest, table: Table, settings: Settings) -> Reading {
    let mut warnings = warnings_about(manifest, &table);
    let mut incomplete = table.cut_off.clone();
    if let Some(announced) = settings.announced_points
        && announced != table.rows_seen()
    {
        let seen = table.rows_seen();
        let statement = format!("the file announces {announced} points and has {seen}");
        if seen < announced {
            incomplete.get_or_insert(statement);
        } else {
            warnings.push(statement);
        }
    }
    let Table { columns, mut values, starts, rejected, open_end, .. } = table;
    let mut measurements = Vec::with_capacity(starts.len());
    for (block, start) in starts.iter().enumerate().rev() {
        let parts = values.iter_mut().map(|values| split_off(values, *start));
        let columns: Vec<Column> = columns
            .iter()
            .zip(parts)
            .map(|(planned, values)| Column {
                name: planned.heading.name.clone(),
                unit: planned.heading.unit.clone(),
                header: planned.header.clone(),
                values,
            })
            .collect();
        let mut metadata = settings.metadata.clone();
        for (name, value) in &manifest.stated {
            metadata.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let block = u32::try_from(block).unwrap_or(u32::MAX);
        measurements.push(Measurement {
            block,
            technique: manifest.technique(),
            columns,
            metadata,
            warnings: Vec::new(),
        });
    }
    measurements.reverse();
    if let Some(last) = measurements.last_mut() {
        if let Some(statement) = incomplete {
            last.metadata.insert("incomplete".to_owned(), Value::Text(statement));
        } else if settings.announced_points.is_none() {
            last.warnings.extend(open_end);
        }
    }
    Reading { measurements, rejected, warnings, ..Reading::default() }
}

fn split_off(values: &mut Values, start: usize) -> Values {
    match values {
        Values::Number(values) => Values::Number(values.split_off(start)),
        Values::Text(values) => Values::Text(values.split_off(start)),
    }
}

fn warnings_about(manifest: &Manifest, table: &Table) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut assumed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for column in table.columns.iter().filter(|column| column.heading.unit_assumed) {
        let unit = column.heading.unit.as_deref().unwrap_or_default();
        assumed.entry(unit).or_default().push(format!("`{}`", column.header));
    }
    for (unit, headers) in assumed {
        warnings.push(format!("the header states no unit for {}: {unit} is assumed", headers.join(", ")));
    }
    if manifest.text.as_ref().is_some_and(|text| text.columns_assumed) {
        let names: Vec<_> = table.columns.iter().map(|column| format!("`{}`", column.heading.name)).collect();
        warnings.push(format!(
            "the file has no header: its columns are assumed to be {}{}",
            names.join(", "),
            if manifest.technique() == Technique::ImpedanceSpectroscopy {
                ", with a negative imaginary part for a capacitive response"
            } else {
                ""
            }
        ));
    }
    warnings.extend(table.columns.iter().filter_map(|column| column.note.clone()));
    for (first, count) in table.lacking.values() {
        warnings.push(format!("{first}; {} of this column left empty", counted(*count, "cell")));
    }
    for (skip, count) in manifest.skip_rows.iter().zip(&table.skipped).filter(|(_, count)| **count > 0) {
        warnings.push(format!("{} left out: {}", counted(*count, "row"), skip.reason));
    }
    warnings
}

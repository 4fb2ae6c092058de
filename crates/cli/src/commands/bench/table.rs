//! What a benchmark found: a table for people, JSON for programs.

use crate::output;
use serde::Serialize;
use serde_json::Value;

/// Prints rows, whose fields are the columns.
pub(crate) fn print<T: Serialize>(title: &str, rows: &[T], json: bool) -> anyhow::Result<()> {
    if json {
        output::line(serde_json::to_string_pretty(rows)?);
        return Ok(());
    }
    output::line(title);
    let rows: Vec<Value> = rows.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
    let rows: Vec<Vec<(String, String)>> = rows.iter().map(cells).collect();
    let heads: Vec<&str> = rows.first().into_iter().flatten().map(|(head, _)| head.as_str()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|(_, cell)| cell.len());
        cells.chain([heads[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    output::line(line(heads.iter().copied(), &widths));
    for row in &rows {
        output::line(line(row.iter().map(|(_, cell)| cell.as_str()), &widths));
    }
    Ok(())
}

/// The fields of a row with their names as people read them.
fn cells(row: &Value) -> Vec<(String, String)> {
    let fields = row.as_object().into_iter().flatten();
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    fields.map(|(name, value)| (name.replace('_', " "), text(value))).collect()
}

/// The first column on the left, numbers on the right.
fn line<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let padded = cells
        .zip(widths)
        .enumerate()
        .map(|(column, (cell, width))| if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") });
    padded.collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_fields_in_their_order() {
        let row = serde_json::json!({"pass": "first", "wall_ms": 12, "kib": null});
        let found = [("pass", "first"), ("wall ms", "12"), ("kib", "")];
        assert_eq!(cells(&row), found.map(|(name, text)| (name.to_owned(), text.to_owned())));
        assert_eq!(line(["first", "12"].into_iter(), &[7, 4]), "first      12");
    }
}

//! Columns of text, each as wide as its widest cell.

use std::fmt;

/// Writes `rows` under `heads`; columns are two spaces apart, and one that is empty in every row is left out.
pub(super) fn write(formatter: &mut fmt::Formatter<'_>, heads: &[&str], rows: &[Vec<String>]) -> fmt::Result {
    let cell = |row: &[String], column: usize| row.get(column).map_or(0, |cell| cell.chars().count());
    let mut widths = Vec::new();
    for (column, head) in heads.iter().enumerate() {
        let widest = rows.iter().map(|row| cell(row, column)).max().unwrap_or(0);
        widths.push(if widest == 0 && !rows.is_empty() { None } else { Some(widest.max(head.chars().count())) });
    }
    line(formatter, &widths, heads)?;
    rows.iter().try_for_each(|row| line(formatter, &widths, row))
}

fn line(formatter: &mut fmt::Formatter<'_>, widths: &[Option<usize>], cells: &[impl AsRef<str>]) -> fmt::Result {
    let columns = cells.iter().zip(widths);
    let shown = columns.filter_map(|(cell, width)| width.map(|width| format!("{:width$}", cell.as_ref())));
    writeln!(formatter, "{}", shown.collect::<Vec<_>>().join("  ").trim_end())
}

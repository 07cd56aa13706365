//! Decodes rows of separated values (RFC 4180 for commas). The first row names the columns.

use super::Budget;
use super::table::Columns;
use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;

pub(super) fn decode(text: &str, separator: u8, budget: &mut Budget) -> Result<Value, String> {
    let mut reader =
        ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let mut next = |record: &mut StringRecord| {
        reader.read_record(record).map_err(|error| {
            let line = error.position().map(|at| format!(", at line {}", at.line())).unwrap_or_default();
            format!("it is not valid CSV, TSV or PSV{line}")
        })
    };
    if !next(&mut record)? {
        return Ok(Value::Array(Vec::new()));
    }
    let columns = Columns::new(record.iter(), budget)?;
    let mut rows = Vec::new();
    while next(&mut record)? {
        rows.push(columns.row(record.iter(), budget)?);
    }
    Ok(Value::Array(rows))
}

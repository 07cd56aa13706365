//! Decodes rows of separated values (RFC 4180 for commas). The first row names the columns; without a header, their names are
//! `column1`, `column2` and so on.

use super::Budget;
use super::table::Columns;
use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;

pub(super) fn decode(text: &str, separator: u8, has_header: bool, budget: &mut Budget) -> Result<Value, String> {
    if let Some(line) = open_quote(text, separator) {
        return Err(format!("the quotes that begin at line {line} are not closed"));
    }
    let mut reader =
        ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let mut next = |record: &mut StringRecord| {
        reader.read_record(record).map_err(|error| {
            let line = error.position().map(|at| format!(", at line {}", at.line())).unwrap_or_default();
            format!("there is a syntax error{line}")
        })
    };
    if has_header && !next(&mut record)? {
        return Ok(Value::Array(Vec::new()));
    }
    // Without a header, this record is empty.
    let columns = Columns::new(record.iter(), budget)?;
    let mut rows = Vec::new();
    while next(&mut record)? {
        rows.push(columns.row(record.iter(), budget)?);
    }
    Ok(Value::Array(rows))
}

/// Returns the line in which a quoted field begins that has no end, as in a text that is cut off. The reader accepts it.
fn open_quote(text: &str, separator: u8) -> Option<usize> {
    /// What precedes a byte.
    enum Before {
        FieldStart,
        Field,
        /// An open quote, at this position.
        Quoted(usize),
        /// A quote in quotes: their end, or the first half of an escaped quote.
        Quote(usize),
    }

    let mut before = Before::FieldStart;
    for (position, byte) in text.bytes().enumerate() {
        let ends_field = byte == separator || matches!(byte, b'\r' | b'\n');
        before = match (before, byte) {
            (Before::FieldStart, b'"') => Before::Quoted(position),
            (Before::Quoted(start), b'"') => Before::Quote(start),
            (Before::Quoted(start), _) | (Before::Quote(start), b'"') => Before::Quoted(start),
            _ if ends_field => Before::FieldStart,
            _ => Before::Field,
        };
    }
    let Before::Quoted(start) = before else { return None };
    Some(memchr::memchr_iter(b'\n', text.as_bytes().get(..start)?).count() + 1)
}

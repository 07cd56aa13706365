//! Decodes rows of separated values (RFC 4180 for commas). The first row names the columns; without a header, their names are
//! `column1`, `column2` and so on. In TSV, quotes enclose fields only if all quotes of the text are correct; otherwise, each quote is
//! an ordinary character.

use super::Budget;
use super::table::Columns;
use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;

pub(super) fn decode(text: &str, separator: u8, has_header: bool, budget: &mut Budget) -> Result<Value, String> {
    let quotes = quotes(text, separator);
    // In text/tab-separated-values a quote is a character like any other, but spreadsheets quote fields as in CSV.
    let is_quoted = separator != b'\t' || matches!(quotes, Quotes::Correct);
    match quotes {
        Quotes::Open(line) if is_quoted => {
            return Err(format!("the quotes that begin at line {line} are not closed"));
        }
        // Without this error, a quote that is not closed would enclose the rows up to the next quote.
        Quotes::Followed { line, is_multiline: true } if is_quoted => {
            return Err(format!("expected a separator after the quotes that begin at line {line}, found text"));
        }
        Quotes::Correct | Quotes::Open(_) | Quotes::Followed { .. } => {}
    }
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .quoting(is_quoted)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
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

/// The correctness of the quotes in a text. The text between two quotes is one field, even if it contains separators and line breaks.
enum Quotes {
    Correct,
    /// The quotes that begin at this line have no end, as in a truncated text.
    Open(usize),
    /// Text follows the quotes that begin at this line.
    Followed {
        line: usize,
        /// Whether the quotes enclose a line break.
        is_multiline: bool,
    },
}

/// Finds incorrect quotes in a text, which the CSV reader would accept. Quotes that enclose a line break and are followed by text are
/// reported first, then quotes without an end, then other quotes that are followed by text.
fn quotes(text: &str, separator: u8) -> Quotes {
    /// The context of a byte: what precedes it.
    enum Before {
        FieldStart,
        Field,
        /// An open quote, at this position.
        Quoted(usize),
        /// A quote in quotes: their end, or the first half of an escaped quote.
        Quote(usize),
    }

    let line = |start: usize| memchr::memchr_iter(b'\n', text.as_bytes().get(..start).unwrap_or_default()).count() + 1;
    let (mut before, mut followed) = (Before::FieldStart, None);
    for (position, byte) in text.bytes().enumerate() {
        let ends_field = byte == separator || matches!(byte, b'\r' | b'\n');
        if let Before::Quote(start) = before
            && !ends_field
            && byte != b'"'
        {
            let is_multiline = text.get(start..position).is_some_and(|quoted| quoted.contains(['\r', '\n']));
            if is_multiline {
                return Quotes::Followed { line: line(start), is_multiline };
            }
            followed = followed.or(Some(start));
        }
        before = match (before, byte) {
            (Before::FieldStart, b'"') => Before::Quoted(position),
            (Before::Quoted(start), b'"') => Before::Quote(start),
            (Before::Quoted(start), _) | (Before::Quote(start), b'"') => Before::Quoted(start),
            _ if ends_field => Before::FieldStart,
            _ => Before::Field,
        };
    }
    match (before, followed) {
        (Before::Quoted(start), _) => Quotes::Open(line(start)),
        (_, Some(start)) => Quotes::Followed { line: line(start), is_multiline: false },
        _ => Quotes::Correct,
    }
}

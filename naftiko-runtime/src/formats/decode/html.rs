//! Decodes the tables of an HTML page: one table becomes a list of objects, several become a list of such lists.
//!
//! The first row is the header if it is in a `thead` or contains only `th`; without a header, columns are named
//! `column1`, `column2` … A cell that spans columns or rows is repeated in each of them. A nested table is a separate
//! table. A cell becomes its text, with whitespace collapsed.

use super::Budget;
use super::table::Columns;
use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use serde_json::Value;

/// The maximum span of a cell, in rows or columns.
const MAX_SPAN: usize = 64;

/// The maximum nesting depth of tables.
const MAX_DEPTH: usize = 32;

/// A table that has not ended.
#[derive(Default)]
struct Table {
    rows: Vec<Row>,
    /// Whether a `thead` is open.
    in_head: bool,
    /// The open row.
    row: Option<Row>,
    /// The open cell.
    cell: Option<Cell>,
    /// By column: the text of a cell from a row above that spans into this row, and its remaining rows.
    spanning: Vec<Option<(String, usize)>>,
}

struct Row {
    cells: Vec<String>,
    /// Whether all its cells so far are header cells.
    is_header: bool,
}

struct Cell {
    text: String,
    columns: usize,
    rows: usize,
}

pub(super) fn decode(page: &str, budget: &mut Budget) -> Result<Value, String> {
    let mut emitter = DefaultEmitter::default();
    // Otherwise, `<` in a script or a style would begin a tag.
    emitter.naively_switch_states(true);
    let mut open: Vec<Table> = Vec::new();
    let mut done = Vec::new();
    // The name of the open element whose text is not shown.
    let mut hidden: Option<Vec<u8>> = None;
    for token in Tokenizer::new_with_emitter(page, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) if matches!(&*tag.name.0, b"script" | b"style") => hidden = Some(tag.name.0),
            Token::EndTag(tag) if hidden.as_ref() == Some(&tag.name.0) => hidden = None,
            _ if hidden.is_some() => {}
            Token::StartTag(tag) => {
                if &*tag.name.0 == b"table" {
                    if open.len() >= MAX_DEPTH {
                        return Err(format!("its tables are nested deeper than {MAX_DEPTH} levels"));
                    }
                    open.push(Table::default());
                } else if let Some(table) = open.last_mut() {
                    table.start(&tag, budget)?;
                }
            }
            Token::EndTag(tag) => {
                if &*tag.name.0 == b"table" {
                    if let Some(table) = open.pop() {
                        done.push(table.finish(budget)?);
                    }
                } else if let Some(table) = open.last_mut() {
                    table.end(&tag.name.0, budget)?;
                }
            }
            Token::String(text) => {
                if let Some(cell) = open.last_mut().and_then(|table| table.cell.as_mut()) {
                    cell.text.push_str(&String::from_utf8_lossy(&text.value.0));
                }
            }
            _ => {}
        }
    }
    while let Some(table) = open.pop() {
        done.push(table.finish(budget)?);
    }
    Ok(if done.len() == 1 { done.pop().unwrap_or_default() } else { Value::Array(done) })
}

impl Table {
    /// Handles a start tag in the table.
    fn start(&mut self, tag: &StartTag<()>, budget: &mut Budget) -> Result<(), String> {
        match &*tag.name.0 {
            b"thead" => {
                self.end_row(budget)?;
                self.in_head = true;
            }
            b"tbody" | b"tfoot" => {
                self.end_row(budget)?;
                self.in_head = false;
            }
            b"tr" => {
                self.end_row(budget)?;
                self.row = Some(Row { cells: Vec::new(), is_header: true });
            }
            b"td" | b"th" => {
                self.end_cell(budget)?;
                let is_header = self.in_head || &*tag.name.0 == b"th";
                let row = self.row.get_or_insert(Row { cells: Vec::new(), is_header: true });
                row.is_header &= is_header;
                self.cell =
                    Some(Cell { text: String::new(), columns: span(tag, b"colspan"), rows: span(tag, b"rowspan") });
            }
            b"br" | b"p" | b"div" | b"li" => self.add_space(),
            _ => {}
        }
        Ok(())
    }

    /// Handles an end tag in the table.
    fn end(&mut self, name: &[u8], budget: &mut Budget) -> Result<(), String> {
        match name {
            b"td" | b"th" => self.end_cell(budget),
            b"tr" => self.end_row(budget),
            b"thead" => {
                self.end_row(budget)?;
                self.in_head = false;
                Ok(())
            }
            b"p" | b"div" | b"li" => {
                self.add_space();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn add_space(&mut self) {
        if let Some(cell) = &mut self.cell {
            cell.text.push(' ');
        }
    }

    /// Adds the open cell to the open row, once for each column that the cell spans.
    fn end_cell(&mut self, budget: &mut Budget) -> Result<(), String> {
        let Some(cell) = self.cell.take() else { return Ok(()) };
        let text = cell.text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.insert_spanning(false, budget)?;
        let Some(row) = &mut self.row else { return Ok(()) };
        for _ in 0..cell.columns {
            budget.take(text.len())?;
            let column = row.cells.len();
            row.cells.push(text.clone());
            if cell.rows > 1 {
                budget.take(text.len())?;
                if self.spanning.len() <= column {
                    self.spanning.resize(column + 1, None);
                }
                if let Some(slot) = self.spanning.get_mut(column) {
                    *slot = Some((text.clone(), cell.rows - 1));
                }
            }
        }
        Ok(())
    }

    /// Inserts the cells from rows above that span into this row: those at the next columns or, at the end of the row, all that remain.
    fn insert_spanning(&mut self, at_row_end: bool, budget: &mut Budget) -> Result<(), String> {
        let Some(row) = &mut self.row else { return Ok(()) };
        while let Some(slot) = self.spanning.get_mut(row.cells.len()) {
            match slot {
                Some((text, remaining)) => {
                    budget.take(text.len())?;
                    row.cells.push(text.clone());
                    *remaining -= 1;
                    if *remaining == 0 {
                        *slot = None;
                    }
                }
                None if at_row_end => {
                    budget.take(0)?;
                    row.cells.push(String::new());
                }
                None => break,
            }
        }
        Ok(())
    }

    /// Adds the open row to the table, with the cells from rows above that span into the row.
    fn end_row(&mut self, budget: &mut Budget) -> Result<(), String> {
        self.end_cell(budget)?;
        while self.spanning.last().is_some_and(Option::is_none) {
            self.spanning.pop();
        }
        self.insert_spanning(true, budget)?;
        if let Some(row) = self.row.take().filter(|row| !row.cells.is_empty()) {
            budget.take(0)?;
            self.rows.push(row);
        }
        Ok(())
    }

    /// Converts the table to a list of objects.
    fn finish(mut self, budget: &mut Budget) -> Result<Value, String> {
        self.end_row(budget)?;
        let (header, rows) = match self.rows.split_first() {
            Some((first, rest)) if first.is_header => (first.cells.as_slice(), rest),
            _ => (&[][..], self.rows.as_slice()),
        };
        let columns = Columns::new(header.iter().map(String::as_str), budget)?;
        budget.take(0)?;
        let rows = rows.iter().map(|row| columns.row(row.cells.iter().map(String::as_str), budget));
        rows.collect::<Result<_, _>>().map(Value::Array)
    }
}

/// Returns the value of `colspan` or `rowspan`; 1 if it is missing or invalid.
fn span(tag: &StartTag<()>, name: &[u8]) -> usize {
    let value = tag.attributes.get(name).and_then(|value| std::str::from_utf8(&value.value.0).ok());
    value.and_then(|value| value.trim().parse::<usize>().ok()).map_or(1, |span| span.clamp(1, MAX_SPAN))
}

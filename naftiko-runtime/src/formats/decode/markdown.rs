//! Decodes Markdown to an object with its front matter (`frontMatter`, if it has any), its tables (each a list of
//! objects), and its text without the front matter.

use super::Budget;
use super::table::Columns;
use super::yaml;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::{Map, Value};

pub(super) fn decode(source: &str, budget: &mut Budget) -> Result<Value, String> {
    let (front, text) = front_matter(source);
    let mut answer = Map::new();
    if let Some(front) = front {
        // Text without front matter can also begin with a line of dashes.
        match yaml::decode(front, budget) {
            Ok(front @ Value::Object(_)) => drop(answer.insert("frontMatter".to_owned(), front)),
            _ => return with_tables_and_text(answer, source, budget),
        }
    }
    with_tables_and_text(answer, text, budget)
}

/// Adds the tables and the text to an answer.
fn with_tables_and_text(mut answer: Map<String, Value>, text: &str, budget: &mut Budget) -> Result<Value, String> {
    answer.insert("tables".to_owned(), Value::Array(tables(text, budget)?));
    budget.take(text.len())?;
    answer.insert("text".to_owned(), Value::String(text.to_owned()));
    Ok(Value::Object(answer))
}

/// Splits the front matter from the rest: the text between a first line `---` and the next line `---` or `...`.
fn front_matter(source: &str) -> (Option<&str>, &str) {
    let mut lines = source.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else { return (None, source) };
    let mut end = first.len();
    for line in lines {
        if matches!(line.trim_end(), "---" | "...") {
            let rest = source.get(end + line.len()..).unwrap_or_default();
            return (source.get(first.len()..end), rest.trim_start_matches(['\r', '\n']));
        }
        end += line.len();
    }
    (None, source)
}

fn tables(text: &str, budget: &mut Budget) -> Result<Vec<Value>, String> {
    let mut tables = Vec::new();
    let (mut columns, mut rows) = (None, Vec::new());
    let mut cells: Vec<String> = Vec::new();
    let mut inside = false;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::TableHead | Tag::TableRow) => cells.clear(),
            Event::Start(Tag::TableCell) => {
                inside = true;
                budget.take(0)?;
                cells.push(String::new());
            }
            Event::End(TagEnd::TableCell) => inside = false,
            Event::End(TagEnd::TableHead) => columns = Some(Columns::new(cells.iter().map(String::as_str), budget)?),
            Event::End(TagEnd::TableRow) => {
                if let Some(columns) = &columns {
                    rows.push(columns.row(cells.iter().map(String::as_str), budget)?);
                }
            }
            Event::End(TagEnd::Table) => {
                budget.take(0)?;
                tables.push(Value::Array(std::mem::take(&mut rows)));
            }
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) if inside => {
                if let Some(cell) = cells.last_mut() {
                    cell.push_str(&text);
                }
            }
            Event::SoftBreak | Event::HardBreak if inside => {
                if let Some(cell) = cells.last_mut() {
                    cell.push(' ');
                }
            }
            _ => {}
        }
    }
    Ok(tables)
}

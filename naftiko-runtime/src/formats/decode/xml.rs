//! Decodes XML as Jackson's `XmlMapper` does, since published documents were written for an engine that uses it.
//!
//! The root element's name is dropped. An element without attributes or children becomes its text; any other becomes
//! an object: attributes and child elements are members by their local names, repeated ones become a list, and text
//! beside them is the member `""`. All values are strings. Whitespace between elements, comments, processing
//! instructions, namespace declarations and a DOCTYPE are skipped; only the five predefined entities are supported.

use super::super::budget;
use super::Budget;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use serde_json::map::Entry;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// The maximum nesting depth of elements: a repeated element becomes a list of objects, which is two levels of a value.
const MAX_DEPTH: usize = budget::MAX_DEPTH / 2;

/// An open element.
#[derive(Default)]
struct OpenElement {
    name: String,
    members: Map<String, Value>,
    /// The members that are lists because they are repeated.
    lists: HashSet<String>,
    /// The text since the last element.
    text: String,
}

pub(super) fn decode(text: &str, budget: &mut Budget) -> Result<Value, String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<OpenElement> = Vec::new();
    let mut root = None;
    loop {
        let event = reader.read_event().map_err(|_| broken(text, reader.error_position()))?;
        match event {
            Event::Start(_) if root.is_some() => {
                return Err(at(text, reader.buffer_position(), "a second root element"));
            }
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return Err(format!("its elements are nested deeper than {MAX_DEPTH} levels"));
                }
                if let Some(parent) = open.last_mut() {
                    parent.end_text(budget)?;
                }
                let element = begin(&start, budget)
                    .map_err(|why| why.unwrap_or_else(|| broken(text, reader.buffer_position())))?;
                open.push(element);
            }
            Event::End(_) => {
                let Some(element) = open.pop() else { return Err(broken(text, reader.buffer_position())) };
                let name = element.name.clone();
                let value = element.end(budget)?;
                match open.last_mut() {
                    Some(parent) => parent.add(name, value, budget)?,
                    None => root = Some(value),
                }
            }
            Event::Text(piece) => append(&mut open, &piece.xml10_content(), text, reader.buffer_position())?,
            Event::CData(piece) => append(&mut open, &piece.xml10_content(), text, reader.buffer_position())?,
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|_| broken(text, reader.buffer_position()))?;
                let name = reference.xml10_content();
                match (character, resolve_predefined_entity(&name)) {
                    (Some(character), _) => {
                        append(&mut open, character.encode_utf8(&mut [0; 4]), text, reader.buffer_position())?;
                    }
                    (None, Some(known)) => append(&mut open, known, text, reader.buffer_position())?,
                    (None, None) => return Err(at(text, reader.buffer_position(), "an undeclared entity")),
                }
            }
            Event::Eof if open.is_empty() => return root.ok_or_else(|| "it has no root element".to_owned()),
            Event::Eof => return Err("it ends inside an element".to_owned()),
            _ => {}
        }
    }
}

/// Creates an element with its attributes. The error is `None` for a syntax error.
fn begin(start: &BytesStart<'_>, budget: &mut Budget) -> Result<OpenElement, Option<String>> {
    let mut element = OpenElement { name: local(start.name().as_ref()), ..OpenElement::default() };
    for attribute in start.attributes().with_checks(false) {
        let attribute: Attribute<'_> = attribute.map_err(|_| None)?;
        let name = attribute.key.as_ref();
        if name == "xmlns" || name.starts_with("xmlns:") {
            continue;
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| None)?;
        element.add(local(name), Value::String(value.into_owned()), budget).map_err(Some)?;
    }
    Ok(element)
}

/// Returns a name without its namespace prefix.
fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

/// Appends a piece of text to the innermost open element. Outside the root element, only whitespace is allowed. `text` and `position`
/// are for the error.
fn append(open: &mut [OpenElement], piece: &str, text: &str, position: u64) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(piece),
        None if piece.trim().is_empty() => {}
        None => return Err(at(text, position, "text outside the root element")),
    }
    Ok(())
}

impl OpenElement {
    /// Adds a member; a repeated member becomes a list.
    fn add(&mut self, name: String, value: Value, budget: &mut Budget) -> Result<(), String> {
        budget.take(name.len() + value.as_str().map_or(0, str::len))?;
        match self.members.entry(name) {
            Entry::Vacant(entry) => drop(entry.insert(value)),
            Entry::Occupied(mut entry) if self.lists.contains(entry.key()) => {
                if let Value::Array(list) = entry.get_mut() {
                    list.push(value);
                }
            }
            Entry::Occupied(mut entry) => {
                self.lists.insert(entry.key().clone());
                let first = entry.get_mut().take();
                *entry.get_mut() = Value::Array(vec![first, value]);
            }
        }
        Ok(())
    }

    /// Adds the text so far as a member, unless it is whitespace.
    fn end_text(&mut self, budget: &mut Budget) -> Result<(), String> {
        let text = std::mem::take(&mut self.text);
        if text.trim().is_empty() { Ok(()) } else { self.add(String::new(), Value::String(text), budget) }
    }

    /// Returns the value of the element.
    fn end(mut self, budget: &mut Budget) -> Result<Value, String> {
        if self.members.is_empty() {
            return Ok(Value::String(self.text));
        }
        self.end_text(budget)?;
        budget.object()?;
        Ok(Value::Object(self.members))
    }
}

fn broken(text: &str, position: u64) -> String {
    at(text, position, "a syntax error")
}

/// Returns the message that `what` was found at a byte of the text, with the line.
fn at(text: &str, position: u64, what: &str) -> String {
    let position = usize::try_from(position).unwrap_or(usize::MAX).min(text.len());
    let before = text.as_bytes().get(..position).unwrap_or_default();
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    format!("there is {what}, at line {line}")
}

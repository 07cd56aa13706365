//! Truncates long answers of tools between items or lines, or within a line that is too long. A cursor leads to the
//! rest.
//!
//! The server keeps no state between calls: the next call runs the tool again, and returns the next part of its answer.
//! So only the answers of read-only tools are truncated.

use super::message::RawArguments;
use super::request_state::StateSeal;
use crate::error::{Error, Result};
use crate::schema::{self, Members};
use bytes::Bytes;
use naftiko_spec::model::{Hints, Tool};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// How many characters of a digest a cursor contains: 96 bits.
const DIGEST_LENGTH: usize = 16;

/// The schema keywords that may reject a member although `properties` declares it.
const COMBINED: [&str; 6] = ["$ref", "allOf", "anyOf", "oneOf", "unevaluatedProperties", "not"];

/// The maximum length of a tool's answers, and the names by which a client requests the rest.
pub(super) struct OutputLimit {
    /// In bytes.
    max_length: usize,
    /// The argument for the cursor.
    argument: String,
    /// The member of structured content with the next cursor.
    member: String,
}

/// The remainder of a truncated answer.
#[derive(Debug, PartialEq)]
pub(super) struct Remainder {
    /// The next cursor.
    pub(super) cursor: String,
    /// How many items or bytes are left.
    pub(super) left: usize,
    unit: &'static str,
}

/// A part of an answer.
#[derive(Debug, PartialEq)]
struct CutPart {
    text: String,
    /// The offset of the next part, how much is left, and the unit of both; `None` for the last part.
    next: Option<(usize, usize, &'static str)>,
}

impl OutputLimit {
    /// Returns the limit of a tool; `None` if the tool has no limit, or is not read-only.
    pub(super) fn of(tool: &Tool, hints: Hints, arguments: &[&str]) -> Option<Self> {
        let max_length = usize::try_from(tool.max_output?).unwrap_or(usize::MAX);
        if hints.read_only != Some(true) {
            tracing::warn!(
                tool = tool.name,
                "answers are not truncated: fetching the rest would call the tool again, and it is not read-only"
            );
            return None;
        }
        let argument = free_name("cursor", |name| arguments.contains(&name));
        Some(Self { max_length, argument, member: "more".to_owned() })
    }

    /// Returns the name of the argument for the cursor.
    pub(super) fn argument(&self) -> &str {
        &self.argument
    }

    /// Adds the cursor to the schema of a tool's arguments.
    pub(super) fn publish(&self, input: &mut Map<String, Value>) {
        let members = input.entry("properties").or_insert_with(|| json!({}));
        if let Value::Object(members) = members {
            let description = "Where to continue: the cursor of the previous answer.";
            members.insert(self.argument.clone(), json!({ "type": "string", "description": description }));
        }
    }

    /// Adds the next cursor to the schema of a tool's result; returns whether that is possible.
    pub(super) fn publish_output(&mut self, output: &mut Map<String, Value>) -> bool {
        if COMBINED.iter().any(|keyword| output.contains_key(*keyword)) {
            return false;
        }
        let Value::Object(members) = output.entry("properties").or_insert_with(|| json!({})) else { return false };
        self.member = free_name("more", |name| members.contains_key(name));
        let description =
            format!("There is more: call again with the same arguments and this cursor as `{}`.", self.argument);
        let schema = json!({
            "type": "object",
            "description": description,
            "properties": { "left": { "type": "integer" }, "cursor": { "type": "string" } },
            "required": ["left", "cursor"],
        });
        members.insert(self.member.clone(), schema);
        true
    }

    /// Separates the cursor from the other arguments, and returns where the answer continues.
    ///
    /// # Errors
    /// Returns an error if the cursor is not from an answer to a call with these arguments.
    pub(super) fn split(&self, seal: &StateSeal, tool: &str, arguments: RawArguments) -> Result<(RawArguments, usize)> {
        let (arguments, cursor) = arguments.without(&self.argument)?;
        let Some(cursor) = cursor else { return Ok((arguments, 0)) };
        if let Some(pointer) = &arguments.duplicate {
            return Err(schema::duplicate_member(pointer.clone()));
        }
        let invalid = || {
            let message =
                format!("`{}` is not valid for this call; omit it to start from the beginning", self.argument);
            Error::argument(format!("/{}", self.argument), message)
        };
        let cursor: String = serde_json::from_str(cursor.get()).map_err(|_| invalid())?;
        let (offset, _) = cursor.split_once('.').ok_or_else(invalid)?;
        let offset: usize = offset.parse().map_err(|_| invalid())?;
        if sealed_cursor(seal, tool, &arguments, offset)? == cursor { Ok((arguments, offset)) } else { Err(invalid()) }
    }

    /// Returns the part of an answer that begins at the offset, and the remainder. The answer is the JSON of a string (`is_string`), other
    /// JSON, or plain text. An answer that is short enough, or cannot be truncated, is returned unchanged.
    ///
    /// # Errors
    /// Returns an error if a string in the arguments has an escape of an unpaired surrogate.
    pub(super) fn cut(
        &self,
        seal: &StateSeal,
        (tool, arguments, offset): (&str, &RawArguments, usize),
        answer: Bytes,
        is_string: bool,
    ) -> Result<(Bytes, Option<Remainder>)> {
        if offset == 0 && answer.len() <= self.max_length {
            return Ok((answer, None));
        }
        let part = if is_string { self.cut_string(&answer, offset) } else { self.cut_json(&answer, offset) };
        let Some(CutPart { text, next }) = part.or_else(|| self.cut_text(&answer, offset)) else {
            return Ok((answer, None));
        };
        let remainder = next.map(|(offset, left, unit)| {
            let cursor = sealed_cursor(seal, tool, arguments, offset)?;
            Ok::<_, Error>(Remainder { cursor, left, unit })
        });
        Ok((text.into(), remainder.transpose()?))
    }

    /// Truncates the JSON of a string.
    fn cut_string(&self, json: &[u8], offset: usize) -> Option<CutPart> {
        let text: String = serde_json::from_slice(json).ok()?;
        let CutPart { text, next } = cut_lines(&text, offset, self.max_length);
        Some(CutPart { text: Value::String(text).to_string(), next })
    }

    /// Truncates text that is not JSON.
    fn cut_text(&self, text: &[u8], offset: usize) -> Option<CutPart> {
        let text = std::str::from_utf8(text).ok()?;
        let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
        (!is_json).then(|| cut_lines(text, offset, self.max_length))
    }

    /// Truncates a list, or the only list in an object.
    fn cut_json(&self, json: &[u8], offset: usize) -> Option<CutPart> {
        let text = std::str::from_utf8(json).ok()?.trim();
        if text.starts_with('[') {
            return cut_items(text, offset, self.max_length);
        }
        let Members(members) = serde_json::from_str(text).ok()?;
        let mut lists = members.iter().enumerate().filter(|(_, (_, value))| value.get().starts_with('['));
        let (at, (_, list)) = lists.next().filter(|_| lists.next().is_none())?;
        let around = text.len().saturating_sub(list.get().len());
        let CutPart { text: cut, next } = cut_items(list.get(), offset, self.max_length.saturating_sub(around))?;
        let members = members.iter().enumerate().map(|(index, (name, value))| {
            let value = if index == at { cut.as_str() } else { value.get() };
            Some(format!("{}:{value}", serde_json::to_string(name).ok()?))
        });
        let members: Option<Vec<String>> = members.collect();
        Some(CutPart { text: format!("{{{}}}", members?.join(",")), next })
    }

    /// Adds the remainder to the JSON of an object.
    pub(super) fn with_remainder(&self, object: &Bytes, remainder: &Remainder) -> Bytes {
        let Some(before) = object.trim_ascii().strip_suffix(b"}") else { return object.clone() };
        let comma = if before.trim_ascii_end().ends_with(b"{") { "" } else { "," };
        let more = json!({ "cursor": remainder.cursor, "left": remainder.left });
        // A name is text, which can always be written as JSON.
        let name = Value::String(self.member.clone());
        [before, format!("{comma}{name}:{more}}}").as_bytes()].concat().into()
    }

    /// Adds a note about the remainder to a string, or to a list of content blocks.
    pub(super) fn with_note(
        &self,
        text: &[u8],
        Remainder { cursor, left, unit }: &Remainder,
        is_blocks: bool,
    ) -> Bytes {
        let note =
            format!("({left} more {unit}: call again with the same arguments and `{}`: \"{cursor}\")", self.argument);
        match text.trim_ascii().strip_suffix(b"]").filter(|_| is_blocks) {
            Some(before) => {
                let block = json!({ "type": "text", "text": note });
                [before, format!(",{block}]").as_bytes()].concat().into()
            }
            None => [text.trim_ascii_end(), b"\n\n", note.as_bytes()].concat().into(),
        }
    }
}

/// Returns the name if it is not taken, otherwise the name with the first number that makes it unique.
pub(super) fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

/// Returns the cursor of an offset. Its digest binds the cursor to the tool and the arguments: it is not valid for another tool or
/// other arguments.
fn sealed_cursor(seal: &StateSeal, tool: &str, arguments: &RawArguments, offset: usize) -> Result<String> {
    let canonical = arguments.canonical()?;
    let digest = seal.digest(format!("cursor\0{}:{tool}\0{offset}\0{canonical}", tool.len()).as_bytes());
    Ok(format!("{offset}.{}", digest.get(..DIGEST_LENGTH).unwrap_or_default()))
}

/// Returns as many items of a list as fit in `most` bytes from an offset on, but at least one if any are left; `None` if `list` is not
/// a JSON list.
fn cut_items(list: &str, offset: usize, most: usize) -> Option<CutPart> {
    let items: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    let rest = items.get(offset.min(items.len())..).unwrap_or_default();
    let mut size = "[]".len();
    let fits = |item: &&&RawValue| {
        size = size.saturating_add(item.get().len() + 1);
        size <= most.saturating_add(1)
    };
    let count = rest.iter().take_while(fits).count().max(usize::from(!rest.is_empty()));
    let shown: Vec<&str> = rest.iter().take(count).map(|item| item.get()).collect();
    let left = rest.len() - count;
    let next = (left > 0).then(|| (items.len() - left, left, if left == 1 { "item" } else { "items" }));
    Some(CutPart { text: format!("[{}]", shown.join(",")), next })
}

/// Returns as many lines of a string as fit in `most` bytes from an offset on, or a part of a line that is too long.
fn cut_lines(text: &str, offset: usize, most: usize) -> CutPart {
    let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = boundary(offset);
    let rest = text.get(start..).unwrap_or_default();
    if rest.len() <= most {
        return CutPart { text: rest.to_owned(), next: None };
    }
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let end = boundary(start.saturating_add(most)).max(start + first);
    let part = text.get(start..end).unwrap_or_default();
    let part = part.rfind('\n').map_or(part, |line| part.get(..=line).unwrap_or(part));
    let left = rest.len() - part.len();
    CutPart { text: part.to_owned(), next: (left > 0).then(|| (start + part.len(), left, "bytes")) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use proptest::prelude::*;

    fn limit(most: usize) -> OutputLimit {
        OutputLimit { max_length: most, argument: "cursor".to_owned(), member: "more".to_owned() }
    }

    #[test]
    fn a_list_is_cut_between_items() {
        let part = |most, offset| cut_items(r#"[ "a,]" , {"b": [1, 2]}, 3 ]"#, offset, most).unwrap();
        assert_eq!(part(100, 0), CutPart { text: r#"["a,]",{"b": [1, 2]},3]"#.to_owned(), next: None });
        assert_eq!(part(21, 0), CutPart { text: r#"["a,]",{"b": [1, 2]}]"#.to_owned(), next: Some((2, 1, "item")) });
        assert_eq!(part(20, 0), CutPart { text: r#"["a,]"]"#.to_owned(), next: Some((1, 2, "items")) });
        // An item that is too long comes alone.
        assert_eq!(part(1, 1), CutPart { text: r#"[{"b": [1, 2]}]"#.to_owned(), next: Some((2, 1, "item")) });
        assert_eq!(part(1, 3), CutPart { text: "[]".to_owned(), next: None });
        assert_eq!(part(1, 9), CutPart { text: "[]".to_owned(), next: None });
    }

    #[test]
    fn the_only_list_of_an_object_is_cut() {
        let part = |json: &str, offset| limit(24).cut_json(json.as_bytes(), offset);
        let json = r#"{"total":3,"items":[1000,2000,3000]}"#;
        let expected = CutPart { text: r#"{"total":3,"items":[1000]}"#.to_owned(), next: Some((1, 2, "items")) };
        assert_eq!(part(json, 0), Some(expected));
        assert_eq!(part(json, 2).unwrap().text, r#"{"total":3,"items":[3000]}"#);
        for other in [r#"{"a":[1],"b":[2]}"#, r#"{"a":{"b":[1]}}"#, "7", "{}", "not JSON", r#""[1]""#] {
            assert_eq!(part(other, 0), None, "{other}");
        }
    }

    #[test]
    fn the_remainder_becomes_a_member() {
        let remainder = Remainder { cursor: "2.x".to_owned(), left: 7, unit: "items" };
        let with = |json: &'static str| limit(1).with_remainder(&json.into(), &remainder);
        assert_eq!(with("{ \"a\": 1 } "), "{ \"a\": 1 ,\"more\":{\"cursor\":\"2.x\",\"left\":7}}");
        assert_eq!(with("{}"), "{\"more\":{\"cursor\":\"2.x\",\"left\":7}}");
    }

    proptest! {
        #[test]
        fn a_text_that_is_cut_loses_nothing(text in "[ab\u{e9}\u{1f600}\n]{0,60}", most in 1_usize..20) {
            let (mut whole, mut offset) = (String::new(), 0);
            loop {
                let CutPart { text: part, next } = cut_lines(&text, offset, most);
                prop_assert!(part.len() <= most.max(4));
                whole.push_str(&part);
                let Some((next, left, _)) = next else { break };
                prop_assert!(next > offset && next + left == text.len());
                offset = next;
            }
            prop_assert_eq!(whole, text);
        }

        #[test]
        fn a_list_that_is_cut_loses_nothing(list in prop::collection::vec("[a\",\\[\\]]{0,9}", 0..12), most in 1_usize..40) {
            let json = serde_json::to_string(&list).unwrap();
            let (mut whole, mut offset) = (Vec::new(), 0);
            loop {
                let CutPart { text, next } = cut_items(&json, offset, most).unwrap();
                let part: Vec<String> = serde_json::from_str(&text).unwrap();
                prop_assert!(text.len() <= most.max(2) || part.len() == 1);
                whole.extend(part);
                let Some((next, left, _)) = next else { break };
                prop_assert!(next > offset && next + left == list.len());
                offset = next;
            }
            prop_assert_eq!(whole, list);
        }
    }
}

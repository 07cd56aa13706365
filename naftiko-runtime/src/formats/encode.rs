//! Encodes request bodies: forms, multipart, and text templates of JSON or XML.

use super::pairs::pairs;
use super::text::text_of;
use crate::upload::{BodyPiece, Upload};
use naftiko_spec::model::Style;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt::Write;
use std::hash::{BuildHasher, Hasher, RandomState};

/// The characters that a form encodes (WHATWG URL, section 1.3, the application/x-www-form-urlencoded percent-encode
/// set).
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');

/// A piece of a template: literal text, or a placeholder's value; `None` if the value is absent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Span<'a> {
    Literal(&'a str),
    Value(Option<Cow<'a, Value>>),
}

/// One part of a multipart body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FormPart<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: Cow<'a, Value>,
    /// The file of the part, instead of a value.
    pub(crate) file: Option<Upload>,
    pub(crate) filename: Option<Cow<'a, str>>,
    pub(crate) content_type: Option<Cow<'a, str>>,
}

/// Encodes fields as a form (WHATWG URL, section 5.2). A list repeats its field; an object becomes JSON text.
pub(crate) fn form(fields: &[(String, Value)]) -> String {
    let mut body = String::new();
    let mut field = |name: &str, value: &Value| {
        if !body.is_empty() {
            body.push('&');
        }
        push_form(&mut body, name);
        body.push('=');
        push_form(&mut body, &text_of(value));
    };
    for (name, value) in fields {
        match value {
            Value::Array(items) => items.iter().for_each(|item| field(name, item)),
            value => field(name, value),
        }
    }
    body
}

/// Encodes the members of an object as form fields: lists in the given style, objects as `a[b]`.
///
/// # Errors
/// Returns an error if an element of a list contains its delimiter, which is encoded in the same way as between elements.
pub(crate) fn form_object(members: &Map<String, Value>, lists: Style) -> Result<String, String> {
    let mut body = String::new();
    let mut take = |name: &str, texts: &[Cow<'_, str>], is_list: bool| {
        let delimiter = lists.delimiter().filter(|delimiter| *delimiter != ',' && is_list);
        if let Some(delimiter) = delimiter.filter(|delimiter| texts.iter().any(|text| text.contains(*delimiter))) {
            let shown: String = name.escape_debug().take(60).collect();
            return Err(format!("an element of `{shown}` contains `{delimiter}`, which separates the elements"));
        }
        if !body.is_empty() {
            body.push('&');
        }
        push_form(&mut body, name);
        body.push('=');
        for (at, text) in texts.iter().enumerate() {
            match lists.delimiter() {
                Some(',') if at > 0 => body.push(','),
                Some(delimiter) if at > 0 => push_form(&mut body, delimiter.encode_utf8(&mut [0; 4])),
                _ => {}
            }
            push_form(&mut body, text);
        }
        Ok(())
    };
    for (name, value) in members {
        pairs(&mut name.clone(), value, lists, &mut take)?;
    }
    Ok(body)
}

/// Fills the values into an encoded form; absent values become empty.
pub(crate) fn form_text(pieces: &[Span<'_>]) -> String {
    let mut body = String::new();
    for piece in pieces {
        match piece {
            Span::Literal(text) => body.push_str(text),
            Span::Value(Some(value)) => push_form(&mut body, &text_of(value)),
            Span::Value(None) => {}
        }
    }
    body
}

fn push_form(body: &mut String, text: &str) {
    for (index, run) in text.split(' ').enumerate() {
        if index > 0 {
            body.push('+');
        }
        body.extend(utf8_percent_encode(run, FORM));
    }
}

/// Encodes a multipart body (RFC 7578); returns its Content-Type and its pieces. A list becomes one part for each item.
///
/// The boundary is the first of a fixed sequence that does not appear in the content, so the same parts produce the same
/// bytes. If there is a file, whose content is unknown, the boundary is random.
pub(crate) fn multipart(parts: &[FormPart<'_>]) -> (String, Vec<BodyPiece>) {
    // The headers of each part, and its text or else its file.
    let mut written: Vec<(String, Result<Cow<'_, str>, &Upload>)> = Vec::new();
    for part in parts {
        match (&*part.value, &part.file) {
            (_, Some(file)) => written.push((head(part, &Value::Null), Err(file))),
            (Value::Array(items), _) => written.extend(items.iter().map(|item| (head(part, item), Ok(text_of(item))))),
            (value, _) => written.push((head(part, value), Ok(text_of(value)))),
        }
    }
    let texts = written.iter().flat_map(|(head, content)| [Some(head.as_str()), content.as_deref().ok()]).flatten();
    let has_files = parts.iter().any(|part| part.file.is_some());
    let boundary = if has_files { secret_boundary() } else { boundary(texts) };
    let (mut body, mut piece) = (Vec::new(), String::new());
    for (head, content) in &written {
        let _ = write!(piece, "--{boundary}\r\n{head}\r\n");
        match content {
            Ok(content) => piece.push_str(content),
            Err(file) => {
                body.push(BodyPiece::Bytes(std::mem::take(&mut piece).into()));
                body.push(BodyPiece::File((*file).clone()));
            }
        }
        piece.push_str("\r\n");
    }
    let _ = write!(piece, "--{boundary}--\r\n");
    body.push(BodyPiece::Bytes(piece.into()));
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// Returns a boundary that cannot be guessed, so that nobody can insert it into a file: the keys of the two hashers
/// are random.
fn secret_boundary() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("naftiko-boundary-{:016x}{:016x}", random(), random())
}

/// Returns the headers of a part, each with its line break.
fn head(part: &FormPart<'_>, value: &Value) -> String {
    let mut head = format!("Content-Disposition: form-data; name=\"{}\"", escape_name(part.name));
    if let Some(filename) = &part.filename {
        let _ = write!(head, "; filename=\"{}\"", escape_name(filename));
    }
    head.push_str("\r\n");
    let of_value = matches!(value, Value::Array(_) | Value::Object(_)).then_some("application/json");
    // A header is a single line.
    let declared = part
        .content_type
        .as_deref()
        .filter(|declared| !declared.is_empty() && declared.bytes().all(|byte| matches!(byte, b' '..=b'~')));
    if let Some(content_type) =
        declared.or(of_value).or_else(|| part.filename.as_ref().map(|_| "text/plain; charset=utf-8"))
    {
        let _ = write!(head, "Content-Type: {content_type}\r\n");
    }
    head
}

/// Escapes a quoted name (WHATWG HTML, section 4.10.21.8): quotes and line breaks are percent-encoded, other control
/// characters become `_`.
fn escape_name(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '"' => escaped.push_str("%22"),
            '\r' => escaped.push_str("%0D"),
            '\n' => escaped.push_str("%0A"),
            c if c.is_control() => escaped.push('_'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Returns a boundary that occurs in none of the strings.
///
/// A number is free if no text contains a boundary with it. One pass collects the used numbers; if there are n of them,
/// at least one of the first n + 1 numbers is free.
fn boundary<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    const START: &str = "naftiko-boundary-";
    const WIDTH: usize = 12;
    let mut taken = std::collections::HashSet::new();
    for text in texts {
        for (at, _) in text.match_indices(START) {
            let digits: String = text.get(at + START.len()..).unwrap_or_default().chars().take(WIDTH).collect();
            taken.insert(digits);
        }
    }
    let free = (0..=taken.len()).map(|number| format!("{number:0WIDTH$}")).find(|digits| !taken.contains(digits));
    format!("{START}{}", free.unwrap_or_default())
}

/// Fills the values into a template of JSON text: inside quotes a value is escaped as part of a JSON string, elsewhere
/// it is inserted as JSON. An absent value becomes empty inside quotes and `null` elsewhere.
pub(crate) fn json_text(pieces: &[Span<'_>]) -> String {
    let mut json = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for piece in pieces {
        match piece {
            Span::Literal(text) => {
                for c in text.chars() {
                    if c == '"' && !escaped {
                        quoted = !quoted;
                    }
                    escaped = quoted && c == '\\' && !escaped;
                }
                json.push_str(text);
            }
            Span::Value(value) if quoted => {
                if let Some(value) = value {
                    let inside = Value::String(text_of(value).into_owned()).to_string();
                    json.push_str(inside.get(1..inside.len() - 1).unwrap_or_default());
                }
            }
            Span::Value(Some(value)) => json.push_str(&crate::numbers::text(value)),
            Span::Value(None) => json.push_str("null"),
        }
    }
    json
}

/// Fills the values into a template of XML text; absent values become empty.
pub(crate) fn xml_text(pieces: &[Span<'_>]) -> String {
    let mut xml = String::new();
    for piece in pieces {
        match piece {
            Span::Literal(text) => xml.push_str(text),
            Span::Value(Some(value)) => xml_escape(&mut xml, &text_of(value)),
            Span::Value(None) => {}
        }
    }
    xml
}

/// Escapes text for XML elements and attributes. Characters that XML cannot contain (section 2.2) are replaced.
fn xml_escape(xml: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\'' => xml.push_str("&#39;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(xml, "&#{};", u32::from(c));
            }
            '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => xml.push('\u{FFFD}'),
            c => xml.push(c),
        }
    }
}

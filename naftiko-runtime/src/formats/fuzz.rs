//! The functions that the fuzz targets run: they accept any bytes, and check invariants of the result.
#![cfg_attr(not(feature = "fuzzing"), allow(dead_code, reason = "the tests run a part of it"))]
#![allow(clippy::panic, clippy::missing_panics_doc, reason = "a target reports a finding by panicking")]

use super::budget::MAX_DEPTH;
use super::{Budget, CompiledOutputs, CompiledShaping, FormPart, Frame, FrameReader, Framing, Span, decode, encode};
use crate::upload::BodyPiece;
use bytes::Bytes;
use naftiko_spec::lower::{Format, Shaping};
use naftiko_spec::model::OutputParameter;
use serde_json::Value;
use std::borrow::Cow;

/// Decodes bytes in the format that the first byte selects.
#[allow(unreachable_pub, reason = "the fuzz targets reach it")]
pub fn formats(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let formats = Format::ALL;
    let charsets = [None, Some("text/plain; charset=iso-8859-1"), Some("text/plain; charset=utf-8")];
    let number = usize::from(*first);
    let (Some(format), Some(content_type)) =
        (formats.get(number % formats.len()), charsets.get(number / formats.len() % 3))
    else {
        return;
    };
    match decode(*format, rest, *content_type, &mut Budget::default()) {
        Ok(value) => {
            let depth = depth(&value);
            assert!(depth <= MAX_DEPTH + 1, "a value of {depth} levels");
        }
        Err(message) => assert!(message.len() < 200, "a message of {} bytes", message.len()),
    }
}

/// Splits bytes into the items of a stream. The first byte selects the framing and the limit, the second the size of the pieces,
/// which must have no effect.
#[allow(unreachable_pub, reason = "the fuzz targets reach it")]
pub fn frames(data: &[u8]) {
    let [first, second, rest @ ..] = data else { return };
    let framing = [None, Some(Framing::Lines), Some(Framing::Events)][usize::from(first % 3)];
    let limit = usize::from(first / 3);
    let read = |size: usize| {
        let (mut reader, mut items) = (FrameReader::new(framing, limit), Vec::new());
        for piece in rest.chunks(size) {
            reader.push(Bytes::copy_from_slice(piece));
            while let Some(frame) = reader.next().ok()? {
                match frame {
                    Frame::Item(item) => items.push(item),
                    Frame::End => return Some(items),
                }
            }
            assert!(reader.held() <= limit, "{} bytes are held", reader.held());
        }
        items.extend(reader.last());
        Some(items)
    };
    let (whole, pieces) = (read(rest.len().max(1)), read(usize::from(*second).max(1)));
    assert_eq!(whole, pieces, "the items depend on how the bytes are split");
    assert!(whole.iter().flatten().all(|item| item.len() <= limit), "an item is larger than the limit");
}

/// Shapes an answer with an output parameter. The input is a path, or an output parameter in JSON, then a line feed and the
/// answer.
#[allow(unreachable_pub, reason = "the fuzz targets reach it")]
pub fn jsonpath(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let answer: Value = serde_json::from_str(rest).unwrap_or_else(|_| Value::String(rest.to_owned()));
    let parameter = serde_json::from_str::<OutputParameter>(first).unwrap_or_else(|_| OutputParameter {
        name: Some("a".to_owned()),
        kind: "string".to_owned(),
        mapping: Some(first.to_owned()),
        max_length: Some(100),
        ..OutputParameter::default()
    });
    let outputs =
        [OutputParameter { name: Some("b".to_owned()), value: Some(first.to_owned()), ..OutputParameter::default() }];
    if let Ok(outputs) = CompiledOutputs::new(&outputs, Format::Xml) {
        let _ = outputs.named(&answer);
    }
    for shaping in [Shaping::One(parameter.clone()), Shaping::Named(vec![parameter])] {
        let schema = naftiko_spec::lower::output_schema(&shaping);
        for outputs in [&outputs[..], &[]] {
            let Ok(compiled) = CompiledShaping::new(&shaping, outputs, Format::Xml) else { continue };
            if let Ok(value) = compiled.apply(answer.clone()) {
                assert!(jsonschema::is_valid(&schema, &value), "the value does not match its published schema");
            }
        }
    }
}

/// Encodes a string in every kind of body, and checks that the string does not change the structure of the body.
#[allow(unreachable_pub, reason = "the fuzz targets reach it")]
pub fn encode(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let value = Value::String(text.clone().into_owned());
    let span = || Span::Value(Some(Cow::Borrowed(&value)));
    let json = encode::json_text(&[Span::Literal("[\""), span(), Span::Literal("\","), span(), Span::Literal("]")]);
    let read: Result<Value, _> = serde_json::from_str(&json);
    assert!(
        read.is_ok_and(|read| read == Value::Array(vec![value.clone(), value.clone()])),
        "JSON text changes the string"
    );
    let xml = encode::xml_text(&[Span::Literal("<a>"), span(), Span::Literal("</a>")]);
    assert!(decode(Format::Xml, xml.as_bytes(), None, &mut Budget::default()).is_ok(), "XML text is not well-formed");
    let form = encode::form(&[(text.clone().into_owned(), value.clone())]);
    assert!(form.is_ascii() && form.matches(['=', '&', ' ']).count() == 1, "the form has other fields");
    let copy = || Some(Cow::Borrowed(text.as_ref()));
    let part =
        FormPart { name: &text, value: Cow::Borrowed(&value), file: None, filename: copy(), content_type: copy() };
    let (content_type, pieces) = encode::multipart(&[part]);
    let [BodyPiece::Bytes(body)] = pieces.as_slice() else { panic!("expected one piece, since there is no file") };
    let body = String::from_utf8_lossy(body);
    let boundary = content_type.rsplit('=').next().unwrap_or_default();
    assert!(!text.contains(boundary) && body.matches(boundary).count() == 2, "the content contains the boundary");
}

/// Encodes parts as a multipart body: each has a name and a text, and may have a file name and a media type. Returns the Content-Type
/// and the body.
#[allow(unreachable_pub, reason = "the fuzz targets reach it")]
#[must_use]
pub fn multipart(parts: &[(&str, &str, Option<&str>, Option<&str>)]) -> (String, Vec<u8>) {
    let parts: Vec<FormPart<'_>> = parts
        .iter()
        .map(|(name, text, filename, content_type)| FormPart {
            name,
            value: Cow::Owned(Value::String((*text).to_owned())),
            file: None,
            filename: filename.map(Cow::Borrowed),
            content_type: content_type.map(Cow::Borrowed),
        })
        .collect();
    let (content_type, pieces) = encode::multipart(&parts);
    let [BodyPiece::Bytes(body)] = pieces.as_slice() else { panic!("expected one piece, since there is no file") };
    (content_type, body.to_vec())
}

fn depth(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

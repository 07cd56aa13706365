//! Checks that JSON is valid, and that no object contains a name twice (RFC 8259, section 4).

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

/// The reason why JSON is rejected before it is used.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It is not valid JSON, is nested too deeply, or contains a number outside the range of a float.
    Syntax(serde_json::Error),
    /// The member at this JSON Pointer is given twice.
    Twice(String),
}

/// Checks JSON text.
///
/// # Errors
/// Returns an error if the text is not valid JSON, or if an object contains a name twice.
pub(crate) fn strict(json: &[u8]) -> Result<(), Fault> {
    if serde_json::from_slice::<&RawValue>(json).is_ok() { strict_of_parsed(json) } else { walk(json) }
}

/// Checks JSON text like [`strict`]. The text must have been parsed before, for example into a `RawValue`.
///
/// # Errors
/// Returns the errors of [`strict`].
pub(crate) fn strict_of_parsed(json: &[u8]) -> Result<(), Fault> {
    if is_plain(json) { Ok(()) } else { walk(json) }
}

/// Checks JSON text with a parser. This is slower than [`is_plain`], but always decides.
fn walk(json: &[u8]) -> Result<(), Fault> {
    let mut twice = None;
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    match (DuplicateFinder(&mut twice).deserialize(&mut deserializer).and_then(|()| deserializer.end()), twice) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(names)) => {
            Err(Fault::Twice(names.iter().rev().map(|name| super::pointer::pointer(name)).collect()))
        }
        (Err(error), None) => Err(Fault::Syntax(error)),
    }
}

/// The maximum number of names of an object that are compared one by one.
const MAX_COMPARED: usize = 24;

/// Checks parsed JSON text quickly. Returns `true` if no member is repeated and the text contains nothing that requires
/// [`walk`]: names with escapes, `\u`, exponents, very long numbers, deep nesting, objects with many members, invalid UTF-8.
fn is_plain(json: &[u8]) -> bool {
    /// Parsers may refuse deeper nesting.
    const MAX_DEPTH: usize = 100;
    /// Longer numbers may exceed the range of a float.
    const MAX_NUMBER: usize = 300;

    /// Marks an open array. It is not an index of `names`, which has at most [`MAX_COMPARED`] names of each open object.
    const ARRAY: u16 = u16::MAX;

    // The index of the first name of each open object, or `ARRAY`.
    let mut open = [ARRAY; MAX_DEPTH];
    let (mut depth, mut at, mut is_name) = (0_usize, 0_usize, false);
    let mut names: Vec<&[u8]> = Vec::with_capacity(8);
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let start = at;
                let mut has_escapes = false;
                loop {
                    at += json.get(at..).map_or(0, plain_length);
                    match (json.get(at), json.get(at + 1)) {
                        (Some(b'"'), _) => break,
                        (None, _) | (_, None | Some(b'u')) => return false,
                        _ => {}
                    }
                    has_escapes = true;
                    at += 2;
                }
                at += 1;
                if is_name {
                    let name = &json[start..at - 1];
                    let first = depth.checked_sub(1).map_or(0, |top| usize::from(open[top]));
                    let others = names.get(first..).unwrap_or_default();
                    if has_escapes || others.len() >= MAX_COMPARED || others.contains(&name) {
                        return false;
                    }
                    names.push(name);
                    is_name = false;
                }
            }
            b'{' | b'[' => {
                is_name = *byte == b'{';
                let Some(place) = open.get_mut(depth) else { return false };
                *place = if is_name { u16::try_from(names.len()).unwrap_or(ARRAY) } else { ARRAY };
                depth += 1;
            }
            b'}' | b']' => {
                let Some(top) = depth.checked_sub(1) else { return false };
                names.truncate(usize::from(open[top]));
                (depth, is_name) = (top, false);
            }
            b',' => is_name = depth.checked_sub(1).is_some_and(|top| open[top] != ARRAY),
            b'-' | b'0'..=b'9' => {
                let start = at;
                while let Some(b'0'..=b'9' | b'.') = json.get(at) {
                    at += 1;
                }
                if at - start > MAX_NUMBER || matches!(json.get(at), Some(b'e' | b'E')) {
                    return false;
                }
            }
            _ => {}
        }
    }
    std::str::from_utf8(json).is_ok()
}

/// Returns the number of bytes before the first quote or backslash. The first 64 bytes are checked eight at a time.
fn plain_length(text: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);
    // Sets the highest bit of zero bytes. Only the lowest such bit is reliable.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH_BITS;
    let mut length = 0;
    for _ in 0..8 {
        let Some(bytes) = text.get(length..).and_then(<[u8]>::first_chunk) else { break };
        let word = u64::from_le_bytes(*bytes);
        let found = zeros(word ^ u64::from_ne_bytes([b'"'; 8])) | zeros(word ^ u64::from_ne_bytes([b'\\'; 8]));
        if found != 0 {
            return length + found.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let rest = text.get(length..).unwrap_or_default();
    length + memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len())
}

/// A visitor that records the path to a duplicate member, innermost name first.
struct DuplicateFinder<'a>(&'a mut Option<Vec<String>>);

impl<'de> DeserializeSeed<'de> for DuplicateFinder<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! accepted {
    ($($visit:ident $kind:ty),*) => {$(
        fn $visit<E>(self, _: $kind) -> Result<(), E> {
            Ok(())
        }
    )*};
}

impl<'de> Visitor<'de> for DuplicateFinder<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    accepted! { visit_bool bool, visit_i64 i64, visit_u64 u64, visit_f64 f64, visit_str &str }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut index = 0_usize;
        loop {
            match seq.next_element_seed(DuplicateFinder(self.0)) {
                Ok(Some(())) => index += 1,
                Ok(None) => return Ok(()),
                Err(error) => return Err(self.below(&index, error)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = MemberNames::default();
        while let Some(Name(name)) = map.next_key()? {
            if !seen.add(name.clone()) {
                *self.0 = Some(vec![name.into_owned()]);
                return Err(de::Error::custom("a member is given twice"));
            }
            if let Err(error) = map.next_value_seed(DuplicateFinder(self.0)) {
                return Err(self.below(&name, error));
            }
        }
        Ok(())
    }
}

impl DuplicateFinder<'_> {
    /// Adds the name or index of the value that contains the duplicate member.
    fn below<E>(self, name: &impl ToString, error: E) -> E {
        if let Some(names) = self.0 {
            names.push(name.to_string());
        }
        error
    }
}

/// The name of a member, without a copy if it has no escapes.
#[derive(Deserialize)]
pub(super) struct Name<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// The maximum number of member names that are kept in a list; more are kept in a set, too.
const MAX_LISTED: usize = 16;

/// The member names of an object so far; most objects have few.
#[derive(Default)]
struct MemberNames<'a> {
    few: Vec<Cow<'a, str>>,
    many: HashSet<Cow<'a, str>>,
}

impl<'a> MemberNames<'a> {
    /// Adds a name; returns whether it is new.
    fn add(&mut self, name: Cow<'a, str>) -> bool {
        if self.few.len() < MAX_LISTED {
            let new = !self.few.contains(&name);
            self.few.push(name);
            return new;
        }
        if self.many.is_empty() {
            self.many.extend(self.few.iter().cloned());
        }
        self.many.insert(name)
    }
}

/// The members of a JSON object, each as its original bytes.
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn twice(json: &str) -> Option<String> {
        match strict(json.as_bytes()) {
            Err(Fault::Twice(pointer)) => Some(pointer),
            _ => None,
        }
    }

    #[test]
    fn a_duplicate_member_is_found_at_any_depth() {
        assert_eq!(twice(r#"{"a":1,"b":2,"a":3}"#).as_deref(), Some("/a"));
        assert_eq!(twice(r#"[1,{"x":{"y/z":1,"\u0079\/z":2}}]"#).as_deref(), Some("/1/x/y~1z"));
        let many = (0..40).map(|n| format!("\"m{n}\":0,")).collect::<Vec<_>>().concat();
        assert_eq!(twice(&format!("{{{many}\"m3\":1}}")).as_deref(), Some("/m3"));
        assert_eq!(twice(&format!("{{{many}\"m39\":1}}")).as_deref(), Some("/m39"));
        assert_eq!(twice(&format!("{{{many}\"m40\":{{\"m3\":1}}}}")), None);
    }

    proptest! {
        #[test]
        fn plain_texts_are_accepted_by_the_full_check(pieces in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"a\":", "\"b\":", "\"\\u0061\":", "\"\\\"\"", "\"\\ud800\"", "1", "-2.5", "1e999", "01", " ", "null", "\u{1}",
        ]), 0..24)) {
            let json = pieces.concat();
            let parses = serde_json::from_str::<&RawValue>(&json).is_ok();
            if parses && is_plain(json.as_bytes()) {
                prop_assert!(walk(json.as_bytes()).is_ok(), "{}", json);
            }
            let same = |one: &Result<(), Fault>, other: &Result<(), Fault>| match (one, other) {
                (Ok(()), Ok(())) | (Err(Fault::Syntax(_)), Err(Fault::Syntax(_))) => true,
                (Err(Fault::Twice(one)), Err(Fault::Twice(other))) => one == other,
                _ => false,
            };
            prop_assert!(same(&strict(json.as_bytes()), &walk(json.as_bytes())), "{}", json);
        }
    }

    #[test]
    fn usual_texts_are_plain() {
        let usual = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":[{"a":1.5,"b":true},{"a":null}]}}}"#;
        assert!(is_plain(usual.as_bytes()));
        for other in
            [r#"{"a":1,"a":2}"#, r#"{"a":{"b":1,"b":2}}"#, r#"[{"a":1,"b":[],"a":2}]"#, "[\"\\ud800\"]", "1e999"]
        {
            assert!(!is_plain(other.as_bytes()), "{other}");
        }
        assert!(!is_plain(&[b'[', b'"', 0xff, b'"', b']']));
    }

    #[test]
    fn invalid_json_is_refused() {
        for json in ["", "{", r#"{"a":"\ud800"}"#, r#"["\udc00"]"#, "1 2", "{\"a\":01}"] {
            assert!(matches!(strict(json.as_bytes()), Err(Fault::Syntax(_))), "{json}");
        }
        assert!(strict(br#"{"a":["\ud83d\ude00",1e3,null,true,-1]}"#).is_ok());
    }
}

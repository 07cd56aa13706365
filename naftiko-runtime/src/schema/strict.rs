//! Checks that JSON is valid, and that no object contains a name twice (RFC 8259, section 4).

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

/// Why JSON is rejected before it is used.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It is not valid JSON, or nested too deeply.
    Syntax(serde_json::Error),
    /// The member at this JSON Pointer is given twice.
    Twice(String),
}

/// Checks JSON text.
///
/// # Errors
/// Returns an error if it is invalid, or if an object contains a name twice.
pub(crate) fn strict(json: &[u8]) -> Result<(), Fault> {
    let mut twice = None;
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    match (Walk(&mut twice).deserialize(&mut deserializer).and_then(|()| deserializer.end()), twice) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(names)) => Err(Fault::Twice(names.iter().rev().map(|name| super::pointer(name)).collect())),
        (Err(error), None) => Err(Fault::Syntax(error)),
    }
}

/// Visits a value; records the path to a duplicate member, innermost name first.
struct Walk<'a>(&'a mut Option<Vec<String>>);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
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

impl<'de> Visitor<'de> for Walk<'_> {
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
            match seq.next_element_seed(Walk(self.0)) {
                Ok(Some(())) => index += 1,
                Ok(None) => return Ok(()),
                Err(error) => return Err(self.below(&index, error)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = Seen::default();
        while let Some(Name(name)) = map.next_key()? {
            if !seen.add(name.clone()) {
                *self.0 = Some(vec![name.into_owned()]);
                return Err(de::Error::custom("a member is given twice"));
            }
            if let Err(error) = map.next_value_seed(Walk(self.0)) {
                return Err(self.below(&name, error));
            }
        }
        Ok(())
    }
}

impl Walk<'_> {
    fn below<E>(self, name: &impl ToString, error: E) -> E {
        if let Some(names) = self.0 {
            names.push(name.to_string());
        }
        error
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The member names of an object so far; most objects have few.
#[derive(Default)]
struct Seen<'a> {
    few: Vec<Cow<'a, str>>,
    many: HashSet<Cow<'a, str>>,
}

impl<'a> Seen<'a> {
    /// Adds a name; returns whether it is new.
    fn add(&mut self, name: Cow<'a, str>) -> bool {
        if self.few.len() < 16 {
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

    #[test]
    fn invalid_json_is_refused() {
        for json in ["", "{", r#"{"a":"\ud800"}"#, r#"["\udc00"]"#, "1 2", "{\"a\":01}"] {
            assert!(matches!(strict(json.as_bytes()), Err(Fault::Syntax(_))), "{json}");
        }
        assert!(strict(br#"{"a":["\ud83d\ude00",1e3,null,true,-1]}"#).is_ok());
    }
}

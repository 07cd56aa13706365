//! Finds what the schema of a type does not show: the declared order of its members, and which of them distinguish null from
//! absence (`Option<Option<T>>`, whose schema is the same as that of `Option<T>`).
//!
//! The type is deserialized from an empty input, once for each member. The deserializer methods that the type calls show what kind
//! of value the member is.

use crate::schema::Declared;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor, value::Error,
};
use std::any::type_name;

/// The maximum number of members that are examined.
const MAX_MEMBERS: usize = 2_000;

/// Examines the members of a type, at any depth.
pub(super) fn declared<T: DeserializeOwned>() -> Declared {
    let mut declared = Declared::default();
    // Two types can have members with the same names, so the name of the type counts, too.
    let mut known: Vec<(&'static [&'static str], &'static str)> = Vec::new();
    let mut pending: Vec<Vec<usize>> = vec![Vec::new()];
    let mut examined = 0;
    while let Some(path) = pending.pop() {
        let parent = FoundMember::at::<T>(&path);
        let Some(fields) = parent.fields.filter(|fields| !known.contains(&(*fields, parent.seed))) else { continue };
        known.push((fields, parent.seed));
        if !parent.is_enum && !declared.lists.contains(&fields) {
            declared.lists.push(fields);
        }
        for (index, name) in fields.iter().enumerate() {
            examined += 1;
            if examined > MAX_MEMBERS {
                return declared;
            }
            let below: Vec<usize> = path.iter().copied().chain([index]).collect();
            let found = FoundMember::at::<T>(&below);
            // An `Option` with a `deserialize_with` function is assumed to distinguish null from absence.
            let is_double_option = found.seed.contains("Option<core::option::Option<");
            if !parent.is_enum && (is_double_option || (found.optional && found.seed.contains("__DeserializeWith"))) {
                declared.clearable.push((fields, *name));
            }
            pending.push(below);
        }
    }
    declared
}

/// The member at the end of a path.
#[derive(Default)]
struct FoundMember {
    /// The members of a struct, or the variants of an enum.
    fields: Option<&'static [&'static str]>,
    is_enum: bool,
    optional: bool,
    /// The name of the type that deserializes the member: the member's own type, or the type that `#[serde(with)]` generates.
    seed: &'static str,
}

impl FoundMember {
    fn at<T: DeserializeOwned>(path: &[usize]) -> Self {
        let mut found = Self::default();
        // This always fails, since the input is empty.
        let _ = T::deserialize(Probe { path, found: &mut found });
        found
    }
}

/// A deserializer that follows a path, and records the member at its end.
struct Probe<'a> {
    path: &'a [usize],
    found: &'a mut FoundMember,
}

fn nothing<T>() -> Result<T, Error> {
    Err(serde::de::Error::custom("there is nothing"))
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        nothing()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.found.optional |= self.path.is_empty();
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(ProbedMember(self, ""))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(ProbedMember(self, ""))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.path.split_first() {
            None => {
                self.found.fields = Some(fields);
                nothing()
            }
            Some((index, path)) => {
                visitor.visit_map(ProbedMember(Probe { path, found: self.found }, fields.get(*index).unwrap_or(&"")))
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.path.split_first() {
            None => {
                (self.found.fields, self.found.is_enum) = (Some(variants), true);
                nothing()
            }
            Some((index, path)) => {
                visitor.visit_enum(ProbedMember(Probe { path, found: self.found }, variants.get(*index).unwrap_or(&"")))
            }
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct identifier ignored_any
    }
}

/// The only member, element or variant that is examined, with its name.
struct ProbedMember<'a>(Probe<'a>, &'static str);

impl<'de> MapAccess<'de> for ProbedMember<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        seed.deserialize(self.1.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        if self.0.path.is_empty() && self.0.found.seed.is_empty() {
            self.0.found.seed = type_name::<V>();
        }
        seed.deserialize(Probe { path: self.0.path, found: self.0.found })
    }
}

impl<'de> SeqAccess<'de> for ProbedMember<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        seed.deserialize(Probe { path: self.0.path, found: self.0.found }).map(Some)
    }
}

impl<'de> EnumAccess<'de> for ProbedMember<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        Ok((seed.deserialize(self.1.into_deserializer())?, self))
    }
}

impl<'de> VariantAccess<'de> for ProbedMember<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        nothing()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_struct("", fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::option_option, reason = "the type under test")]

    use super::*;
    use serde::Deserialize;

    #[test]
    fn types_whose_members_have_the_same_names_are_examined_one_by_one() {
        #[derive(Deserialize)]
        struct Plain {
            #[serde(rename = "until")]
            _until: Option<u8>,
        }
        #[derive(Deserialize)]
        struct Clearable {
            #[serde(rename = "until")]
            _until: Option<Option<u8>>,
            #[serde(rename = "next")]
            _next: Option<Box<Self>>,
        }
        #[derive(Deserialize)]
        struct Both {
            #[serde(rename = "clearable")]
            _clearable: Same,
            #[serde(rename = "plain")]
            _plain: Plain,
            #[serde(rename = "list")]
            _list: Vec<Clearable>,
        }
        /// Has the members of `Plain`.
        #[derive(Deserialize)]
        struct Same {
            #[serde(rename = "until")]
            _until: Option<Option<u8>>,
        }
        let declared = declared::<Both>();
        assert_eq!(declared.lists, [&["clearable", "plain", "list"][..], &["until", "next"], &["until"]]);
        assert!(declared.clearable.contains(&(&["until"], "until")), "{:?}", declared.clearable);
        assert!(declared.clearable.contains(&(&["until", "next"], "until")), "{:?}", declared.clearable);
    }
}

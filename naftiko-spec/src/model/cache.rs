//! `cache`: which answers of an API are cached, and how much memory they may use.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A number of bytes; in documents an integer and a unit (`B`, `KiB`, `MiB` or `GiB`): `64MiB`.
///
/// ```
/// use naftiko_spec::model::ByteSize;
///
/// assert_eq!(ByteSize::parse("64MiB"), Some(ByteSize(64 * 1024 * 1024)));
/// assert_eq!(ByteSize::parse("64"), None);
/// assert_eq!(ByteSize(2_097_152).to_string(), "2MiB");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// The units, in the order in which they are tried when a size is written.
const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl ByteSize {
    /// Parses a size; `None` if the text is not a size, or the size is zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = text.split_at_checked(digits)?;
        let (_, scale) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        number.parse::<u64>().ok()?.checked_mul(scale).filter(|bytes| *bytes > 0).map(Self)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |scale: u64| self.0 >= scale && self.0.is_multiple_of(scale);
        let (name, scale) = UNITS.into_iter().find(|(_, scale)| fits(*scale)).unwrap_or(("B", 1));
        write!(f, "{}{name}", self.0 / scale)
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a size such as `64MiB`")))
    }
}

/// `cache` of an API or of one of its operations: `true`, `false`, or the limits of the cache. Not in the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenCache", into = "WrittenCache")]
pub enum Cache {
    /// `false`: answers are not cached.
    Off,
    /// `true`, or an object: answers are cached.
    On(CacheLimits),
}

/// The limits of a cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CacheLimits {
    /// The memory for all answers of the API. [`CacheLimits::SIZE`] by default. Operations have no `size`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<ByteSize>,
    /// The size of the largest answer that is cached. [`CacheLimits::ANSWER`] by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<ByteSize>,
}

/// The forms of [`Cache`].
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenCache {
    Bare(bool),
    Limits(CacheLimits),
}

impl From<WrittenCache> for Cache {
    fn from(written: WrittenCache) -> Self {
        match written {
            WrittenCache::Bare(false) => Self::Off,
            WrittenCache::Bare(true) => Self::On(CacheLimits::default()),
            WrittenCache::Limits(limits) => Self::On(limits),
        }
    }
}

impl From<Cache> for WrittenCache {
    fn from(cache: Cache) -> Self {
        match cache {
            Cache::Off => Self::Bare(false),
            Cache::On(limits) if limits == CacheLimits::default() => Self::Bare(true),
            Cache::On(limits) => Self::Limits(limits),
        }
    }
}

impl Cache {
    /// Returns the limits of the answers of an operation: its own setting, with missing limits taken from its API; `None` if its
    /// answers are not cached.
    #[must_use]
    pub fn limits(own: Option<Self>, api: Option<Self>) -> Option<CacheLimits> {
        let of_api = match api {
            Some(Self::On(limits)) => Some(limits),
            Some(Self::Off) | None => None,
        };
        match own {
            Some(Self::Off) => None,
            Some(Self::On(own)) => {
                let of_api = of_api.unwrap_or_default();
                Some(CacheLimits { size: of_api.size, answer: own.answer.or(of_api.answer) })
            }
            None => of_api,
        }
    }
}

impl CacheLimits {
    /// The default of `size`.
    pub const SIZE: ByteSize = ByteSize(32 * 1024 * 1024);

    /// The default of `answer`.
    pub const ANSWER: ByteSize = ByteSize(1024 * 1024);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::json;

    #[test]
    fn sizes_are_parsed_and_written() {
        for (text, bytes) in
            [("1B", 1), ("512KiB", 524_288), ("64MiB", 67_108_864), ("2GiB", 2_147_483_648), ("1025B", 1025)]
        {
            assert_eq!(ByteSize::parse(text), Some(ByteSize(bytes)));
            assert_eq!(ByteSize(bytes).to_string(), text);
        }
        assert_eq!(ByteSize::parse("2048KiB").unwrap().to_string(), "2MiB");
        for bad in
            ["", "5", "MiB", "0MiB", "5 MiB", "1.5MiB", "5mib", "5MB", "5TiB", "-1KiB", "99999999999999GiB", "٥KiB"]
        {
            assert_eq!(ByteSize::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_cache_serializes_as_written() {
        for written in [json!(true), json!(false), json!({ "size": "64MiB" }), json!({ "answer": "2MiB" })] {
            let read: Cache = serde_json::from_value(written.clone()).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), written);
        }
        for bad in [json!("yes"), json!({ "bytes": "1MiB" }), json!({ "size": "1" }), json!(5)] {
            assert!(serde_json::from_value::<Cache>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_operation_replaces_the_setting_of_its_api() {
        let of = |value| Some(serde_json::from_value::<Cache>(value).unwrap());
        let limits =
            |size: u64, answer: u64| Some(CacheLimits { size: Some(ByteSize(size)), answer: Some(ByteSize(answer)) });
        let api = of(json!({ "size": "9KiB", "answer": "2KiB" }));
        assert_eq!(Cache::limits(None, api), limits(9 * 1024, 2 * 1024));
        assert_eq!(Cache::limits(of(json!({ "answer": "1KiB" })), api), limits(9 * 1024, 1024));
        assert_eq!(Cache::limits(of(json!(true)), None), Some(CacheLimits::default()));
        assert_eq!(Cache::limits(of(json!(true)), of(json!(false))), Some(CacheLimits::default()));
        assert_eq!(Cache::limits(of(json!(false)), api), None);
        assert_eq!(Cache::limits(None, of(json!(false))), None);
        assert_eq!(Cache::limits(None, None), None);
    }
}

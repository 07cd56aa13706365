//! Path segments that are partly placeholders: `range(address='{a}')`, `{id}.json`, `geo:{lat};{lng}`.

use super::segment::encoded;
use super::text;
use std::sync::Arc;

/// The position of a placeholder in a path.
pub(super) struct Placeholder<'a> {
    pub(super) name: &'a str,
    /// The index of the segment. The empty string before the first `/` has index 0.
    pub(super) segment: usize,
    /// The pattern that the placeholder is part of, and its index in the pattern; `None` if the placeholder is the whole segment.
    pub(super) part: Option<(Arc<SegmentPattern>, usize)>,
    /// Whether the placeholder matches this segment and all segments after it.
    pub(super) rest: bool,
}

/// A segment that contains placeholders and literal text.
pub(super) struct SegmentPattern {
    /// The strings around the placeholders; only the first and the last can be empty.
    literals: Vec<String>,
    /// The same strings, percent-encoded for a path.
    encoded: Vec<String>,
}

/// The value of a placeholder in a segment.
pub(super) enum PlaceholderValue<'a> {
    /// Still percent-encoded.
    Encoded(&'a str),
    /// Already decoded.
    Decoded(String),
}

impl SegmentPattern {
    /// Parses a segment into a pattern and the names of its placeholders; `None` if two placeholders are adjacent, or
    /// braces do not match.
    pub(super) fn read(segment: &str) -> Option<(Self, Vec<&str>)> {
        let (mut literals, mut names) = (Vec::new(), Vec::new());
        let mut rest = segment;
        while let Some((literal, inside)) = rest.split_once('{') {
            let (name, after) = inside.split_once('}')?;
            if (literal.is_empty() && !names.is_empty()) || literal.contains('}') || name.contains('{') {
                return None;
            }
            literals.push(literal.to_owned());
            names.push(name);
            rest = after;
        }
        if rest.contains('}') || names.is_empty() {
            return None;
        }
        literals.push(rest.to_owned());
        let encoded = literals.iter().map(|literal| encoded(literal)).collect();
        Some((Self { literals, encoded }, names))
    }

    /// Returns how specific the pattern is: the length of its literal text.
    pub(super) fn weight(&self) -> usize {
        self.literals.iter().map(String::len).sum()
    }

    /// Returns a key; patterns that match the same segments have equal keys.
    pub(super) fn key(&self) -> String {
        self.encoded.join("{}")
    }

    /// Returns whether a segment of a request matches.
    pub(super) fn fits(&self, segment: &str) -> bool {
        self.value(segment, 0).is_some()
    }

    /// Returns the value of the placeholder with that index in a segment of a request; `None` if the segment does not match.
    pub(super) fn value<'a>(&self, segment: &'a str, part: usize) -> Option<PlaceholderValue<'a>> {
        if let Some(values) = split(segment, &self.encoded) {
            return values.get(part).copied().map(PlaceholderValue::Encoded);
        }
        // Some clients also percent-encode the literal text.
        let decoded = text::decode(segment, false).ok()?;
        split(&decoded, &self.literals)?.get(part).map(|text| PlaceholderValue::Decoded((*text).to_owned()))
    }
}

/// Returns the strings between the literals; none of them is empty.
fn split<'a>(text: &'a str, literals: &[String]) -> Option<Vec<&'a str>> {
    let (first, others) = literals.split_first()?;
    let (last, middle) = others.split_last()?;
    let mut rest = text.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
    let mut values = Vec::with_capacity(others.len());
    for literal in middle {
        let start = rest.chars().next()?.len_utf8();
        let at = start + rest.get(start..)?.find(literal.as_str())?;
        values.push(rest.get(..at)?);
        rest = rest.get(at + literal.len()..)?;
    }
    if rest.is_empty() {
        return None;
    }
    values.push(rest);
    Some(values)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use proptest::prelude::*;

    fn values(pattern: &str, segment: &str) -> Option<Vec<String>> {
        let (pattern, names) = SegmentPattern::read(pattern).unwrap();
        let value = |part| {
            Some(match pattern.value(segment, part)? {
                PlaceholderValue::Encoded(text) => text::decode(text, false).unwrap(),
                PlaceholderValue::Decoded(text) => text,
            })
        };
        (0..names.len()).map(value).collect()
    }

    #[test]
    fn a_placeholder_can_be_a_part_of_a_segment() {
        let all = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(values("range(address='{a}')", "range(address='A1%3AB2')"), all(&["A1:B2"]));
        assert_eq!(values("range(address='{a}')", "range%28address=%27A1%27%29"), all(&["A1"]));
        assert_eq!(values("{id}.json", "a.json.json"), all(&["a.json"]));
        assert_eq!(values("geo:{lat};{lng}", "geo:48.1;11.5"), all(&["48.1", "11.5"]));
        assert_eq!(values("geo:{lat};{lng}", "geo:1%3B2;3"), all(&["1;2", "3"]));
        assert_eq!(values("{a}..{b}", "....."), all(&[".", ".."]));
        for segment in [".json", "json", "", "geo:1"] {
            assert_eq!(values("{id}.json", segment), None, "{segment}");
        }
    }

    #[test]
    fn ambiguous_malformed_and_literal_segments_are_not_patterns() {
        for segment in ["{a}{b}", "{a", "a}", "{a}}", "{{a}}x", "plain"] {
            assert!(SegmentPattern::read(segment).is_none(), "{segment}");
        }
    }

    proptest! {
        #[test]
        fn no_segment_panics(pattern in r"[ab{}';%]{0,16}", segment in r"[ab';%27é]{0,16}") {
            if let Some((pattern, _)) = SegmentPattern::read(&pattern) {
                let _ = pattern.fits(&segment);
            }
        }
    }
}

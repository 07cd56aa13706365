//! The media types that a caller accepts, and whether a body is compressed (RFC 9110, sections 12.5.1 and 8.4). Types, codings and the
//! `q` of a weight are case-insensitive, and a list may be in several headers of one name.

use http::HeaderMap;
use http::header::ACCEPT;

/// Returns the weight that a caller gives to a media type, or 0 if no range of `Accept` matches it. The most specific range
/// decides; for a repeated range, the greatest weight.
pub(super) fn weight(headers: &HeaderMap, kind: &str, subtype: &str) -> f32 {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let weights = lines.flat_map(|line| line.split(',')).filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let (of_kind, of_subtype) = parts.next()?.split_once('/')?;
        let specificity = match (of_kind, of_subtype) {
            ("*", "*") => 0,
            (of_kind, "*") if of_kind.eq_ignore_ascii_case(kind) => 1,
            _ if of_kind.eq_ignore_ascii_case(kind) && of_subtype.eq_ignore_ascii_case(subtype) => 2,
            _ => return None,
        };
        let given = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| quality(value.trim()))
        });
        Some((specificity, given.unwrap_or(1.0)))
    });
    let most =
        weights.max_by(|(one, weight), (other, other_weight)| one.cmp(other).then(weight.total_cmp(other_weight)));
    most.map_or(0.0, |(_, weight)| weight)
}

/// Parses the weight of a list member (section 12.4.2); returns 1 if it is not a decimal number from 0 to 1. More than three decimals
/// are accepted, although senders must not write them.
pub(crate) fn quality(value: &str) -> f32 {
    let is_decimal = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    value.parse().ok().filter(|weight| is_decimal && *weight <= 1.0).unwrap_or(1.0)
}

/// Returns whether a caller accepts a media type. A caller without `Accept` accepts every type.
#[cfg(feature = "mcp")]
pub(super) fn accepts(headers: &HeaderMap, kind: &str, subtype: &str) -> bool {
    let accepts_all = !headers.get_all(ACCEPT).iter().any(|line| line.to_str().is_ok());
    accepts_all || weight(headers, kind, subtype) > 0.0
}

/// Returns whether a body has a content coding other than `identity`.
#[cfg(any(feature = "mcp", not(feature = "compression")))]
pub(super) fn is_compressed(headers: &HeaderMap) -> bool {
    let is_plain = |coding: &str| coding.trim().is_empty() || coding.trim().eq_ignore_ascii_case("identity");
    let mut lines = headers.get_all(http::header::CONTENT_ENCODING).iter();
    lines.any(|line| !line.to_str().is_ok_and(|line| line.split(',').all(is_plain)))
}

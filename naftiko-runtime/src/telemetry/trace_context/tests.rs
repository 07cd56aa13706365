//! Tests of the headers of a trace: which are valid, and what is passed on.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use proptest::prelude::*;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
    let mut headers = HeaderMap::new();
    for (name, value) in all.iter().map(pair) {
        headers.append(name, value);
    }
    headers
}

fn state(text: &str) -> Option<String> {
    let trace = TraceContext::of_caller(PARENT, Some(text)).unwrap();
    trace.0.state.as_ref().map(|state| state.to_str().unwrap().to_owned())
}

#[test]
fn a_request_is_a_new_span_of_the_same_trace() {
    let trace = TraceContext::of_headers(&headers(&[("traceparent", PARENT), ("tracestate", "a=1,b=2")])).unwrap();
    assert_eq!((trace.parent(), trace.trace_id()), (PARENT, "4bf92f3577b34da6a3ce929d0e0e4736"));
    let mut seen = vec![PARENT.to_owned()];
    for _ in 0..100 {
        let mut sent = HeaderMap::new();
        trace.child().add_to(&mut sent);
        let parent = sent.get(TRACEPARENT).unwrap().to_str().unwrap().to_owned();
        assert!(parent.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && parent.ends_with("-01"), "{parent}");
        assert_eq!(checked(&parent).as_ref(), Some(&parent));
        assert_eq!(sent.get(TRACESTATE).unwrap(), "a=1,b=2");
        assert!(!seen.contains(&parent), "{parent} has been sent before");
        seen.push(parent);
    }
}

#[test]
fn headers_that_a_request_has_are_kept() {
    let trace = TraceContext::of_caller(PARENT, Some("a=1")).unwrap();
    for (name, value) in [("traceparent", "theirs"), ("tracestate", "theirs=1")] {
        let mut sent = headers(&[(name, value)]);
        trace.add_to(&mut sent);
        assert_eq!(sent, headers(&[(name, value)]));
    }
}

#[test]
fn invalid_parents_are_ignored() {
    for text in [
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "0G-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.00",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        "00-4bf92f3577b34da6a3ce929d0e0e47\u{e9}-00f067aa0ba902b7-01",
    ] {
        assert!(TraceContext::of_caller(text, None).is_none(), "{text}");
    }
    let twice = headers(&[("traceparent", PARENT), ("traceparent", PARENT)]);
    assert!(TraceContext::of_headers(&twice).is_none());
    assert!(TraceContext::of_headers(&headers(&[("tracestate", "a=1")])).is_none());
}

#[test]
fn fields_of_a_later_version_are_not_passed_on() {
    let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-f3-what-the-future-will-be";
    let trace = TraceContext::of_caller(later, None).unwrap();
    assert_eq!(trace.parent(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03");
}

#[test]
fn an_invalid_state_is_ignored_and_the_trace_is_kept() {
    let too_many = (0..33).map(|number| format!("k{number}=1")).collect::<Vec<_>>().join(",");
    for text in [
        "",
        " , ",
        "a",
        "a=",
        "=1",
        "A=1",
        "a=1=2",
        "a=1,a=2",
        "a=\u{e9}",
        "a b=1",
        "@a=1",
        "_a=1",
        "a@B=1",
        "a=1;\u{1}",
        &format!("{}=1", "k".repeat(257)),
        &format!("t@{}=1", "k".repeat(255)),
        &format!("a={}", "1".repeat(257)),
        &too_many,
    ] {
        assert_eq!(state(text), None, "{text}");
    }
    for text in [
        "a=1",
        "a=1, b= 2",
        "0a@x-1=~",
        "a@=1",
        "1@2@/=1",
        "a=1,,b=2",
        &format!("{}@{}=1", "t".repeat(241), "s".repeat(14)),
        &format!("t@{}=1", "s".repeat(254)),
        &format!("{}=1", "k".repeat(256)),
        &format!("a={}", "1".repeat(256)),
    ] {
        assert_eq!(state(text).as_deref(), Some(text));
    }
    let several = headers(&[("traceparent", PARENT), ("tracestate", "a=1"), ("tracestate", "b=2")]);
    assert_eq!(TraceContext::of_headers(&several).unwrap().0.state.as_ref().unwrap(), "a=1,b=2");
}

#[test]
fn a_long_state_loses_its_long_entries_and_then_its_oldest_ones() {
    let long = format!("long={}", "x".repeat(200));
    let short: Vec<String> = (0..12).map(|number| format!("k{number:02}={}", "y".repeat(40))).collect();
    let text = format!("{},{long},{}", short[..6].join(","), short[6..].join(","));
    assert_eq!(state(&text).unwrap(), short[..11].join(","));
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_accepted_is_accepted_again(parent in ".{0,80}", state in ".{0,1200}") {
        let valid = TraceContext::of_caller(&parent, Some(&state));
        if let Some(trace) = &valid {
            let again = TraceContext::of_caller(trace.parent(), Some(&state));
            prop_assert_eq!(again.as_ref(), Some(trace));
        }
        let _ = checked_state(&state);
    }

    #[test]
    fn each_valid_parent_keeps_its_ids(
        version in 0_u8..255, trace in 1_u128.., span in 1_u64.., flags: u8, more in "(-[!-~]{0,20})?"
    ) {
        let more = if version == 0 { "" } else { &more };
        let text = format!("{version:02x}-{trace:032x}-{span:016x}-{flags:02x}{more}");
        let expected = format!("00-{trace:032x}-{span:016x}-{:02x}", flags & 3);
        let trace = TraceContext::of_caller(&text, None).unwrap();
        prop_assert_eq!(trace.parent(), expected);
    }

    #[test]
    fn one_changed_byte_is_either_hexadecimal_or_refused(at in 0_usize..55, byte in b'!'..=b'~') {
        let mut text = PARENT.as_bytes().to_vec();
        text[at] = byte;
        let text = String::from_utf8(text).unwrap();
        let is_dash = matches!(at, 2 | 35 | 52);
        let is_valid = if is_dash { byte == b'-' } else { byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte) };
        // A version other than 00 is valid too.
        prop_assert_eq!(TraceContext::of_caller(&text, None).is_some(), is_valid, "{}", text);
    }

    #[test]
    fn a_long_state_keeps_some_of_its_entries_in_their_order(
        entries in proptest::collection::vec(("[a-z][a-z0-9_*/-]{0,20}", "[!-+--<>-~]{1,200}"), 1..32)
    ) {
        let mut all: Vec<String> = Vec::new();
        for (number, (key, value)) in entries.iter().enumerate() {
            all.push(format!("{key}{number}={value}"));
        }
        let text = all.join(",");
        let kept = state(&text).unwrap_or_default();
        prop_assert!(kept.len() <= KEPT_STATE);
        prop_assert!(text.len() > KEPT_STATE || kept == text);
        let mut left = all.iter();
        for entry in kept.split(',').filter(|entry| !entry.is_empty()) {
            prop_assert!(left.any(|own| own == entry), "{entry} is not one of {text}, or not in its order");
        }
    }
}

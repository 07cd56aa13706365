//! Tests of the text of metrics.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::family::{Counter, Family, Gauge, Histogram, MetricsFormat};
use super::{HTTP_BUCKETS, OTHER, TraceContext, method};
use std::time::Duration;

fn text<M: super::family::Metric>(family: &Family<M>) -> String {
    let mut text = String::new();
    family.write(MetricsFormat::Prometheus, &mut text);
    text
}

#[test]
fn the_values_of_labels_are_escaped() {
    let family: Family<Counter> = Family::new("a_total", "Help.", &["one", "two"]);
    family.of(&["a\\b\"c\nd", "é"]).add();
    family.of(&["", ""]).add();
    let expected =
        "# HELP a_total Help.\n# TYPE a_total counter\na_total 1\na_total{one=\"a\\\\b\\\"c\\nd\",two=\"é\"} 1\n";
    assert_eq!(text(&family), expected);
}

#[test]
fn the_buckets_of_a_histogram_are_cumulative() {
    let family: Family<Histogram> = Family::timed("b_seconds", "Help.", &["one"], &HTTP_BUCKETS);
    for milliseconds in [5, 6, 9999, 20_000] {
        family.observe(&["x"], Duration::from_millis(milliseconds), None);
    }
    let text = text(&family);
    for line in [
        "b_seconds_bucket{one=\"x\",le=\"0.005\"} 1",
        "b_seconds_bucket{one=\"x\",le=\"0.01\"} 2",
        "b_seconds_bucket{one=\"x\",le=\"1\"} 2",
        "b_seconds_bucket{one=\"x\",le=\"10\"} 3",
        "b_seconds_bucket{one=\"x\",le=\"+Inf\"} 4",
        "b_seconds_sum{one=\"x\"} 30.01",
        "b_seconds_count{one=\"x\"} 4",
    ] {
        assert!(text.lines().any(|own| own == line), "{line}\n{text}");
    }
}

/// Returns a trace with this number as its ID.
fn trace(number: u64, flags: &str) -> TraceContext {
    TraceContext::of_caller(&format!("00-{number:032x}-00000000000000aa-{flags}"), None).unwrap()
}

#[test]
fn each_bucket_has_the_last_sampled_trace_as_its_exemplar() {
    let family: Family<Histogram> = Family::timed("e_seconds", "Help.", &[], &HTTP_BUCKETS);
    for (milliseconds, number, flags) in [(5, 1, "01"), (5, 2, "01"), (5, 3, "00"), (20_000, 4, "01")] {
        family.observe(&[], Duration::from_millis(milliseconds), Some(&trace(number, flags)));
    }
    let mut text = String::new();
    family.write(MetricsFormat::OpenMetrics, &mut text);
    let exemplars: Vec<&str> = text.lines().filter(|line| line.contains(" # ")).collect();
    let expected = [
        format!("e_seconds_bucket{{le=\"0.005\"}} 3 # {{trace_id=\"{:032x}\",span_id=\"00000000000000aa\"}} 0.005 ", 2),
        format!("e_seconds_bucket{{le=\"+Inf\"}} 4 # {{trace_id=\"{:032x}\",span_id=\"00000000000000aa\"}} 20 ", 4),
    ];
    assert_eq!(exemplars.len(), expected.len(), "{text}");
    for (exemplar, expected) in exemplars.into_iter().zip(expected) {
        assert!(exemplar.starts_with(&expected), "{exemplar}");
    }
}

#[test]
fn a_gauge_grows_and_shrinks() {
    let family: Family<Gauge> = Family::new("c", "Help.", &[]);
    family.of(&[]).add(2);
    family.of(&[]).add(-1);
    assert!(text(&family).ends_with("\nc 1\n"));
}

#[test]
fn the_number_of_series_has_a_limit() {
    let family: Family<Counter> = Family::new("d_total", "Help.", &["one"]);
    for number in 0..5000 {
        family.of(&[&number.to_string()]).add();
    }
    let text = text(&family);
    assert_eq!(text.lines().filter(|line| line.starts_with("d_total")).count(), 4097);
    assert!(text.contains("d_total{one=\"_OTHER\"} 904\n"), "{text}");
}

#[test]
fn unknown_methods_share_a_label() {
    assert_eq!(method(&"GET".parse().unwrap()), "GET");
    assert_eq!(method(&"BREW".parse().unwrap()), OTHER);
}

//! Tests of the text of metrics.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::family::{Counter, Family, Gauge, Histogram};
use super::{HTTP, OTHER, method};
use std::time::Duration;

fn text<M: super::family::Metric>(family: &Family<M>) -> String {
    let mut text = String::new();
    family.write(&mut text);
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
    let family: Family<Histogram> = Family::timed("b_seconds", "Help.", &["one"], &HTTP);
    for milliseconds in [5, 6, 9999, 20_000] {
        family.observe(&["x"], Duration::from_millis(milliseconds));
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

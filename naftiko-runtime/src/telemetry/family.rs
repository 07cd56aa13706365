//! Families of metrics: one name, one series for each combination of label values, and their text in two formats.

use super::{OTHER, TraceContext};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

/// The maximum number of series of a family. Further combinations of label values are counted together, with all labels set to [`OTHER`].
const MAX_SERIES: usize = 4096;

/// The number of buckets with an upper bound.
const BUCKETS: usize = 14;

/// A family of metrics.
pub(super) struct Family<M> {
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    /// The upper bounds of the buckets. Counters and gauges ignore them.
    bounds: &'static [f64; BUCKETS],
    /// The series, by their labels as text.
    series: RwLock<BTreeMap<String, Arc<M>>>,
}

/// The value of one series.
pub(super) trait Metric: Default {
    /// The type of the metric in the text.
    const KIND: &'static str;

    /// Appends the lines of the series.
    fn write(&self, name: &str, labels: &str, bounds: &[f64; BUCKETS], format: MetricsFormat, text: &mut String);
}

/// The format of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MetricsFormat {
    /// The text format of Prometheus, version 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.0, which also has exemplars.
    OpenMetrics,
}

/// A number that only grows.
#[derive(Default)]
pub(super) struct Counter(AtomicU64);

/// A number that grows and shrinks.
#[derive(Default)]
pub(super) struct Gauge(AtomicI64);

/// The distribution of durations.
#[derive(Default)]
pub(super) struct Histogram {
    /// The number of observations in each bucket alone, not cumulative; the last bucket has no upper bound.
    buckets: [AtomicU64; BUCKETS + 1],
    nanoseconds: AtomicU64,
    /// For each bucket, the last observation in a sampled trace. Allocated with the first one.
    exemplars: OnceLock<Box<[Mutex<Option<Exemplar>>; BUCKETS + 1]>>,
}

/// A duration that was observed, and the IDs of its trace and span. The `tracestate` of the trace is not kept, since it can be long.
struct Exemplar {
    trace: Box<str>,
    span: Box<str>,
    duration: Duration,
    at: SystemTime,
}

impl<M: Metric> Family<M> {
    /// Creates a family without series.
    pub(super) fn new(name: &'static str, help: &'static str, labels: &'static [&'static str]) -> Self {
        Self { name, help, labels, bounds: &super::HTTP_BUCKETS, series: RwLock::default() }
    }

    /// Returns the series with these label values; a label with an empty value is left out.
    pub(super) fn of(&self, values: &[&str]) -> Arc<M> {
        let mut key = self.key(values.iter().copied());
        let known = self.series.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = known.get(&key) {
            return series.clone();
        }
        drop(known);
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        if series.len() >= MAX_SERIES && !series.contains_key(&key) {
            key = self.key(values.iter().map(|_| OTHER));
        }
        series.entry(key).or_default().clone()
    }

    fn key<'a>(&self, values: impl Iterator<Item = &'a str>) -> String {
        let mut key = String::new();
        for (label, value) in self.labels.iter().zip(values).filter(|(_, value)| !value.is_empty()) {
            let comma = if key.is_empty() { "" } else { "," };
            let _ = write!(key, "{comma}{label}=\"");
            for c in value.chars() {
                match c {
                    '\\' => key.push_str("\\\\"),
                    '"' => key.push_str("\\\""),
                    '\n' => key.push_str("\\n"),
                    c => key.push(c),
                }
            }
            key.push('"');
        }
        key
    }

    /// Appends the family as text.
    pub(super) fn write(&self, format: MetricsFormat, text: &mut String) {
        let name = match format {
            MetricsFormat::Prometheus => self.name,
            // Only the samples of a counter have the suffix, not its family (OpenMetrics 1.0.0, "Counter").
            MetricsFormat::OpenMetrics => self.name.strip_suffix("_total").unwrap_or(self.name),
        };
        let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {}", self.help, M::KIND);
        for (labels, metric) in &*self.series.read().unwrap_or_else(PoisonError::into_inner) {
            metric.write(self.name, labels, self.bounds, format, text);
        }
    }
}

impl Family<Histogram> {
    /// Creates a family of histograms with these upper bounds, in seconds.
    pub(super) fn timed(
        name: &'static str,
        help: &'static str,
        labels: &'static [&'static str],
        bounds: &'static [f64; BUCKETS],
    ) -> Self {
        Self { bounds, ..Self::new(name, help, labels) }
    }

    /// Adds a duration to the series with these label values. If the trace is sampled, the duration becomes the exemplar of its bucket.
    pub(super) fn observe(&self, values: &[&str], duration: Duration, trace: Option<&TraceContext>) {
        let seconds = duration.as_secs_f64();
        let bucket = self.bounds.iter().position(|bound| seconds <= *bound).unwrap_or(BUCKETS);
        let series = self.of(values);
        if let Some(count) = series.buckets.get(bucket) {
            count.fetch_add(1, Relaxed);
        }
        if let Some(trace) = trace.filter(|trace| trace.is_sampled()) {
            let exemplars = series.exemplars.get_or_init(Box::default);
            // If another thread holds the lock, its observation becomes the exemplar instead.
            if let Some(Ok(mut exemplar)) = exemplars.get(bucket).map(Mutex::try_lock) {
                *exemplar = Some(Exemplar {
                    trace: trace.trace_id().into(),
                    span: trace.span_id().into(),
                    duration,
                    at: SystemTime::now(),
                });
            }
        }
        series.nanoseconds.fetch_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }
}

impl Counter {
    /// Adds one.
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Gauge {
    /// Adds a number, which may be negative.
    pub(super) fn add(&self, number: i64) {
        self.0.fetch_add(number, Relaxed);
    }

    /// Replaces the value, unless it is already greater.
    pub(super) fn raise_to(&self, number: i64) {
        self.0.fetch_max(number, Relaxed);
    }
}

impl Metric for Counter {
    const KIND: &'static str = "counter";

    fn write(&self, name: &str, labels: &str, _: &[f64; BUCKETS], _: MetricsFormat, text: &mut String) {
        let _ = writeln!(text, "{name}{} {}", braced(labels, ""), self.0.load(Relaxed));
    }
}

impl Metric for Gauge {
    const KIND: &'static str = "gauge";

    fn write(&self, name: &str, labels: &str, _: &[f64; BUCKETS], _: MetricsFormat, text: &mut String) {
        let _ = writeln!(text, "{name}{} {}", braced(labels, ""), self.0.load(Relaxed));
    }
}

impl Metric for Histogram {
    const KIND: &'static str = "histogram";

    fn write(&self, name: &str, labels: &str, bounds: &[f64; BUCKETS], format: MetricsFormat, text: &mut String) {
        // In OpenMetrics, the bounds in `le` always have a fraction ("Considerations: Canonical Numbers").
        let written = |bound: &f64| match format {
            MetricsFormat::Prometheus => bound.to_string(),
            MetricsFormat::OpenMetrics => format!("{bound:?}"),
        };
        let bounds = bounds.iter().map(written).chain(["+Inf".to_owned()]);
        let exemplars = self.exemplars.get().filter(|_| format == MetricsFormat::OpenMetrics);
        let mut count = 0;
        for (index, (bucket, bound)) in self.buckets.iter().zip(bounds).enumerate() {
            count += bucket.load(Relaxed);
            let _ = write!(text, "{name}_bucket{} {count}", braced(labels, &format!("le=\"{bound}\"")));
            if let Some(exemplar) = exemplars.and_then(|exemplars| exemplars.get(index))
                && let Some(exemplar) = &*exemplar.lock().unwrap_or_else(PoisonError::into_inner)
            {
                exemplar.write(text);
            }
            text.push('\n');
        }
        let sum = Duration::from_nanos(self.nanoseconds.load(Relaxed)).as_secs_f64();
        let labels = braced(labels, "");
        let _ = writeln!(text, "{name}_sum{labels} {sum}\n{name}_count{labels} {count}");
    }
}

impl Exemplar {
    /// Appends the exemplar to the line of its bucket.
    fn write(&self, text: &mut String) {
        let (trace, span) = (&self.trace, &self.span);
        let seconds = self.duration.as_secs_f64();
        let at = self.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let _ = write!(text, " # {{trace_id=\"{trace}\",span_id=\"{span}\"}} {seconds} {at:.3}");
    }
}

fn braced(labels: &str, more: &str) -> String {
    match (labels, more) {
        ("", "") => String::new(),
        (one, "") | ("", one) => format!("{{{one}}}"),
        (labels, more) => format!("{{{labels},{more}}}"),
    }
}

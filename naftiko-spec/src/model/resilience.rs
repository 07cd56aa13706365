//! `resilience`: retries, hedges, circuit breakers, and limits on the time, rate and concurrency of the calls of an API.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The default time limit of a call, all attempts together.
pub const CALL_LIMIT: Milliseconds = Milliseconds(30_000);

/// The default time limit of a served operation, with all its calls.
pub const OPERATION_LIMIT: Milliseconds = Milliseconds(55_000);

/// The header that makes it safe to repeat a request whose method is not idempotent.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// A duration; in documents an integer and a unit: `250ms`, `5s`, `1m`.
///
/// ```
/// use naftiko_spec::model::Milliseconds;
///
/// assert_eq!(Milliseconds::parse("5s"), Some(Milliseconds(5_000)));
/// assert_eq!(Milliseconds::parse("5"), None);
/// assert_eq!(Milliseconds(1_500).to_string(), "1500ms");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Milliseconds(pub u64);

impl Milliseconds {
    /// Parses a duration; `None` if the text is not a duration, or the duration is zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::count(text).filter(|milliseconds| *milliseconds > 0).map(Self)
    }

    /// Returns whether a text is a duration of zero.
    #[must_use]
    pub fn is_zero(text: &str) -> bool {
        Self::count(text) == Some(0)
    }

    /// Returns the number of milliseconds in a text.
    fn count(text: &str) -> Option<u64> {
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = text.split_at_checked(digits)?;
        let scale = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            _ => return None,
        };
        number.parse::<u64>().ok()?.checked_mul(scale)
    }
}

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            minutes if minutes.is_multiple_of(60_000) => write!(f, "{}m", minutes / 60_000),
            seconds if seconds.is_multiple_of(1_000) => write!(f, "{}s", seconds / 1_000),
            milliseconds => write!(f, "{milliseconds}ms"),
        }
    }
}

impl From<Milliseconds> for std::time::Duration {
    fn from(time: Milliseconds) -> Self {
        Self::from_millis(time.0)
    }
}

impl Serialize for Milliseconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a duration such as `5s`")))
    }
}

/// `resilience` of an API or of one of its operations. Not in the specification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Resilience {
    /// The time limit of one attempt, until its answer begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Milliseconds>,
    /// How often a call is tried, and how long it waits before it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// The time after which a read is sent a second time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hedge: Option<Hedge>,
    /// When calls are refused because the API keeps failing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circuit_breaker: Option<CircuitBreaker>,
    /// How many calls may start within a period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// How many calls may be in flight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Concurrency>,
}

/// `retry`: how often a call is tried, and how long it waits before it is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retry {
    /// The maximum number of attempts, including the first.
    pub tries: u16,
    /// The longest wait before the second attempt; it doubles with each further attempt. [`Retry::BACKOFF`] by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Milliseconds>,
    /// The longest wait before any attempt. [`Retry::MAX_BACKOFF`] by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_backoff: Option<Milliseconds>,
    /// The header with a unique key that makes a POST or PATCH safe to repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// `hedge`: the time without an answer after which a read is sent a second time; `false` if it never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenHedge", into = "WrittenHedge")]
pub enum Hedge {
    /// `false`: no second request is sent.
    Off,
    /// How long to wait for the first answer to begin before the second request is sent.
    After(Milliseconds),
}

/// The forms of [`Hedge`].
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenHedge {
    Bare(bool),
    After(Milliseconds),
}

impl TryFrom<WrittenHedge> for Hedge {
    type Error = &'static str;

    fn try_from(written: WrittenHedge) -> Result<Self, &'static str> {
        match written {
            WrittenHedge::Bare(false) => Ok(Self::Off),
            WrittenHedge::Bare(true) => Err("`true` is not a duration"),
            WrittenHedge::After(time) => Ok(Self::After(time)),
        }
    }
}

impl From<Hedge> for WrittenHedge {
    fn from(hedge: Hedge) -> Self {
        match hedge {
            Hedge::Off => Self::Bare(false),
            Hedge::After(time) => Self::After(time),
        }
    }
}

/// `circuitBreaker`: after several consecutive failures, calls are refused until a trial call succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CircuitBreaker {
    /// The number of consecutive failures after which calls are refused.
    pub failures: u16,
    /// How long calls are refused before a trial call is sent. [`CircuitBreaker::RESET`] by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<Milliseconds>,
}

/// `rateLimit`: how many calls may start within any period of a given length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RateLimit {
    /// How many calls.
    pub calls: u16,
    /// The length of the period. [`RateLimit::PER`] by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Milliseconds>,
    /// How many calls may wait; the same number as `calls` by default. Further calls are refused with 429.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<u16>,
}

/// `concurrency`: how many calls may be in flight, from the request to the end of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Concurrency {
    /// How many calls.
    pub calls: u16,
    /// How many calls may wait; the same number as `calls` by default. Further calls are refused with 503.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<u16>,
}

impl Retry {
    /// The default of `backoff`.
    pub const BACKOFF: Milliseconds = Milliseconds(100);

    /// The default of `max_backoff`.
    pub const MAX_BACKOFF: Milliseconds = Milliseconds(5_000);

    /// Returns the longest wait before the next attempt, after `tries` attempts.
    #[must_use]
    pub fn longest_wait(&self, tries: u16) -> Milliseconds {
        let first = self.backoff.unwrap_or(Self::BACKOFF).0;
        let factor = 1_u64.checked_shl(u32::from(tries.saturating_sub(1))).unwrap_or(u64::MAX);
        Milliseconds(first.saturating_mul(factor).min(self.max_backoff.unwrap_or(Self::MAX_BACKOFF).0))
    }
}

impl CircuitBreaker {
    /// The default of `reset`.
    pub const RESET: Milliseconds = Milliseconds(30_000);
}

impl RateLimit {
    /// The default of `per`.
    pub const PER: Milliseconds = Milliseconds(1_000);
}

impl Resilience {
    /// Returns whether no key is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the settings of an operation, with missing ones taken from its API.
    #[must_use]
    pub fn over(&self, api: &Self) -> Self {
        Self {
            timeout: self.timeout.or(api.timeout),
            retry: self.retry.clone().or_else(|| api.retry.clone()),
            hedge: self.hedge.or(api.hedge),
            circuit_breaker: self.circuit_breaker.or(api.circuit_breaker),
            rate_limit: self.rate_limit.or(api.rate_limit),
            concurrency: self.concurrency.or(api.concurrency),
        }
    }

    /// Returns the time after which a read is sent a second time; `None` if it never is.
    #[must_use]
    pub fn hedge_after(&self) -> Option<Milliseconds> {
        self.hedge.and_then(|hedge| match hedge {
            Hedge::Off => None,
            Hedge::After(time) => Some(time),
        })
    }

    /// Returns the latest start of the last attempt, counted from the start of the call; `None` if there is only one attempt.
    /// Without `timeout`, only the waits count. Hedges count only for reads, because nothing else is hedged.
    #[must_use]
    pub fn last_try(&self, is_read: bool) -> Option<Milliseconds> {
        let retry = self.retry.as_ref().filter(|retry| retry.tries > 1)?;
        let hedge = self.hedge_after().filter(|_| is_read).map_or(0, |hedge| hedge.0);
        // The second request of an attempt has a time limit of its own.
        let longest = self.timeout.map_or(0, |timeout| timeout.0.saturating_add(hedge.min(timeout.0)));
        let attempts = u64::from(retry.tries - 1).saturating_mul(longest);
        let waits = (1..retry.tries).fold(0_u64, |sum, tries| sum.saturating_add(retry.longest_wait(tries).0));
        Some(Milliseconds(attempts.saturating_add(waits)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::json;

    #[test]
    fn durations_are_parsed_and_written() {
        for (text, milliseconds) in [("250ms", 250), ("5s", 5_000), ("1m", 60_000)] {
            assert_eq!(Milliseconds::parse(text), Some(Milliseconds(milliseconds)));
            assert_eq!(Milliseconds(milliseconds).to_string(), text);
        }
        for bad in
            ["", "5", "s", "0s", "5 s", "1.5s", "5h", "-1s", "99999999999999999999s", "18446744073709551615m", "٥s"]
        {
            assert_eq!(Milliseconds::parse(bad), None, "{bad}");
            assert_eq!(Milliseconds::is_zero(bad), bad == "0s", "{bad}");
        }
    }

    #[test]
    fn settings_serialize_as_written() {
        let written = json!({
            "timeout": "10s",
            "retry": { "tries": 3, "backoff": "200ms", "maxBackoff": "2s", "idempotencyKey": "Idempotency-Key" },
            "hedge": "300ms",
            "circuitBreaker": { "failures": 5, "reset": "30s" },
            "rateLimit": { "calls": 50, "per": "1s", "queue": 10 },
            "concurrency": { "calls": 20 },
        });
        let read: Resilience = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), written);
        assert!(serde_json::from_value::<Resilience>(json!({ "retries": 3 })).is_err());
        assert!(serde_json::from_value::<Resilience>(json!({ "timeout": "10" })).is_err());
        let off: Resilience = serde_json::from_value(json!({ "hedge": false })).unwrap();
        assert_eq!((off.hedge, off.hedge_after()), (Some(Hedge::Off), None));
        assert_eq!(serde_json::to_value(&off).unwrap(), json!({ "hedge": false }));
        for bad in [json!(true), json!(300), json!("300")] {
            assert!(serde_json::from_value::<Resilience>(json!({ "hedge": bad })).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_operation_replaces_the_settings_of_its_api() {
        let of = |value| serde_json::from_value::<Resilience>(value).unwrap();
        let api = of(json!({ "timeout": "10s", "retry": { "tries": 3, "backoff": "1s" }, "hedge": "1s" }));
        let own = of(json!({ "retry": { "tries": 2 }, "hedge": false, "concurrency": { "calls": 1 } }));
        let both =
            of(json!({ "timeout": "10s", "retry": { "tries": 2 }, "hedge": false, "concurrency": { "calls": 1 } }));
        assert_eq!(own.over(&api), both);
        assert_eq!(Resilience::default().over(&api), api);
    }

    #[test]
    fn the_last_attempt_begins_after_the_others_and_their_waits() {
        let tries =
            |value, read| serde_json::from_value::<Resilience>(value).unwrap().last_try(read).map(|time| time.0);
        let last = |value| tries(value, true);
        assert_eq!(last(json!({ "timeout": "10s" })), None);
        assert_eq!(last(json!({ "timeout": "10s", "retry": { "tries": 1 } })), None);
        assert_eq!(last(json!({ "timeout": "10s", "retry": { "tries": 3 } })), Some(20_300));
        let long = json!({ "retry": { "tries": 5, "backoff": "1s", "maxBackoff": "3s" } });
        assert_eq!(last(long), Some(9_000));
        let huge = json!({ "timeout": "18446744073709551615ms", "hedge": "18446744073709551615ms", "retry": { "tries": 65535, "backoff": "18446744073709551615ms", "maxBackoff": "18446744073709551615ms" } });
        assert_eq!(last(huge), Some(u64::MAX));
        let hedged = json!({ "timeout": "10s", "retry": { "tries": 3 }, "hedge": "1s" });
        assert_eq!((tries(hedged.clone(), true), tries(hedged, false)), (Some(22_300), Some(20_300)));
    }
}

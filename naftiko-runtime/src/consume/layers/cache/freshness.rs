//! How long an answer is fresh, and what may be done with it afterwards (RFC 9111, sections 4.2 and 5.2; RFC 5861).

use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, PRAGMA};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

/// The longest time, in seconds; longer times are reduced to it (RFC 9111, section 1.2.2).
const LONGEST: u64 = 1 << 31;

/// A directive of `Cache-Control`: its name in lower case, and its argument without quotes.
type Directive = (String, Option<String>);

/// The directives of `Cache-Control`, in order.
#[derive(Debug, Default)]
pub(crate) struct Directives(Vec<Directive>);

impl Directives {
    /// Parses the values of `Cache-Control`. Commas within quotes do not separate directives.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut all = Vec::new();
        for value in headers.get_all(CACHE_CONTROL) {
            // Bytes that are not ASCII cannot be part of a name; a directive before them still counts.
            let text = String::from_utf8_lossy(value.as_bytes());
            let (mut start, mut is_quoted, mut is_escaped) = (0, false, false);
            for (at, c) in text.char_indices() {
                match c {
                    _ if std::mem::take(&mut is_escaped) => {}
                    '\\' if is_quoted => is_escaped = true,
                    '"' => is_quoted = !is_quoted,
                    ',' if !is_quoted => {
                        all.extend(text.get(start..at).and_then(directive));
                        start = at + 1;
                    }
                    _ => {}
                }
            }
            all.extend(text.get(start..).and_then(directive));
            if is_quoted {
                // An unclosed quote may hide any directive.
                all.push(("no-store".to_owned(), None));
            }
        }
        Self(all)
    }

    /// Returns whether a directive is given, with or without an argument.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Returns the seconds of a directive; zero if the seconds are invalid or given twice with different values, and `None` if the
    /// directive is missing.
    pub(crate) fn seconds(&self, name: &str) -> Option<Duration> {
        let mut given = self.0.iter().filter(|(known, _)| known == name).map(|(_, argument)| argument);
        let first = given.next()?;
        if given.any(|other| other != first) {
            return Some(Duration::ZERO);
        }
        Some(first.as_deref().and_then(seconds).unwrap_or_default())
    }

    /// Returns whether a directive is given without an argument.
    fn is_bare(&self, name: &str) -> bool {
        self.0.iter().any(|(known, argument)| known == name && argument.is_none())
    }
}

fn directive(text: &str) -> Option<Directive> {
    let (name, argument) = text.split_once('=').map_or((text, None), |(name, argument)| (name, Some(argument)));
    let name = name.trim().to_ascii_lowercase();
    let unquoted = |argument: &str| {
        let argument = argument.trim();
        argument.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(argument).to_owned()
    };
    (!name.is_empty()).then(|| (name, argument.map(unquoted)))
}

/// Parses a number of seconds (RFC 9111, section 1.2.2); a number that is too large becomes the longest time.
fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(LONGEST).min(LONGEST)))
}

/// Returns whether `Pragma: no-cache` applies, which has a meaning only without `Cache-Control` (RFC 9111, section 5.4).
fn has_pragma_no_cache(headers: &HeaderMap) -> bool {
    let is_no_cache = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"no-cache");
    !headers.contains_key(CACHE_CONTROL) && headers.get_all(PRAGMA).iter().any(is_no_cache)
}

/// The cache directives of a request.
#[derive(Debug, Default)]
pub(crate) struct RequestDirectives {
    /// Whether neither the request nor its answer may be kept.
    pub(crate) no_store: bool,
    /// Whether a stored answer is validated before it is used.
    pub(crate) validate: bool,
    /// Whether the API must not be asked.
    pub(crate) only_if_cached: bool,
    max_age: Option<Duration>,
    min_fresh: Duration,
    /// How long an answer may be stale; `None` if it must be fresh.
    max_stale: Option<Duration>,
}

impl RequestDirectives {
    /// Reads `Cache-Control` and `Pragma` of a request.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        if !headers.contains_key(CACHE_CONTROL) && !headers.contains_key(PRAGMA) {
            return Self::default();
        }
        let directives = Directives::of(headers);
        let any = Duration::from_secs(LONGEST);
        Self {
            no_store: directives.has("no-store"),
            validate: directives.has("no-cache") || has_pragma_no_cache(headers),
            only_if_cached: directives.has("only-if-cached"),
            max_age: directives.seconds("max-age"),
            min_fresh: directives.seconds("min-fresh").unwrap_or_default(),
            max_stale: directives
                .seconds("max-stale")
                .map(|own| if directives.is_bare("max-stale") { any } else { own }),
        }
    }
}

/// The times of an answer: how long its head took, and when it arrived.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnswerTimes {
    /// From the request to the head of the answer.
    pub(crate) delay: Duration,
    /// The time of day when the head arrived.
    pub(crate) arrived: SystemTime,
}

/// The times for which an answer may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Freshness {
    /// How long it is fresh, counted from its creation.
    pub(crate) lifetime: Duration,
    /// How old it was when it arrived.
    pub(crate) initial_age: Duration,
    /// Whether it must be validated before each use.
    always_validated: bool,
    /// Whether it must not be used when it is stale.
    never_stale: bool,
    /// How long it may be used after its lifetime while it is being validated in the background.
    while_revalidate: Duration,
    /// How long it may be used after its lifetime if validating it fails.
    if_error: Duration,
}

/// How a stored answer may be used, given its current age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usability {
    /// It answers the request.
    Fresh,
    /// It answers the request, and is validated in the background.
    StaleWhileRevalidate,
    /// It must be validated first.
    MustValidate {
        /// Whether it may answer the request if the API cannot be reached or fails.
        if_error: bool,
    },
}

impl Freshness {
    /// Returns the freshness of an answer in a private cache (each credential has its own cache); `None` if the answer must
    /// not be kept.
    pub(crate) fn of(headers: &HeaderMap, times: AnswerTimes) -> Option<Self> {
        let directives = Directives::of(headers);
        if directives.has("no-store") {
            return None;
        }
        let date = match date_in(headers, &DATE) {
            Date::At(date) => date,
            Date::Missing | Date::Invalid => times.arrived,
        };
        let lifetime = directives.seconds("max-age").unwrap_or_else(|| match date_in(headers, &EXPIRES) {
            Date::At(expires) => expires.duration_since(date).unwrap_or_default(),
            // An invalid date is treated as past. Heuristic freshness (section 4.2.2) is not used: an answer without a lifetime is validated.
            Date::Invalid | Date::Missing => Duration::ZERO,
        });
        let longest = Duration::from_secs(LONGEST);
        let apparent = times.arrived.duration_since(date).unwrap_or_default();
        let initial_age = apparent.max(age(headers).saturating_add(times.delay)).min(longest);
        let always_validated = directives.has("no-cache") || has_pragma_no_cache(headers);
        let never_stale = always_validated || directives.has("must-revalidate");
        let after = |name| if never_stale { Duration::ZERO } else { directives.seconds(name).unwrap_or_default() };
        Some(Self {
            lifetime: lifetime.min(longest),
            initial_age,
            always_validated,
            never_stale,
            while_revalidate: after("stale-while-revalidate"),
            if_error: after("stale-if-error"),
        })
    }

    /// Returns whether the answer could be used without a successful validation.
    pub(crate) fn is_usable(&self) -> bool {
        !self.unvalidated_lifetime().is_zero()
    }

    /// Returns how long the answer could be used without a successful validation, counted from its arrival.
    pub(crate) fn unvalidated_lifetime(&self) -> Duration {
        if self.always_validated {
            return Duration::ZERO;
        }
        self.lifetime.saturating_add(self.while_revalidate.max(self.if_error)).saturating_sub(self.initial_age)
    }

    /// Returns how an answer that has been kept for the duration `kept` may be used for a request.
    pub(crate) fn usable(&self, asked: &RequestDirectives, kept: Duration) -> Usability {
        let age = self.initial_age.saturating_add(kept);
        let stale = age.saturating_sub(self.lifetime);
        let is_fresh = age < self.lifetime;
        let within = |allowed: Duration| !self.never_stale && (is_fresh || stale < allowed);
        let validated = Usability::MustValidate { if_error: within(self.if_error) };
        if self.always_validated || asked.validate || asked.max_age.is_some_and(|most| age > most) {
            return validated;
        }
        let left = self.lifetime.saturating_sub(age);
        if is_fresh && left >= asked.min_fresh {
            return Usability::Fresh;
        }
        if !is_fresh && asked.max_stale.is_some_and(|most| !self.never_stale && stale <= most) {
            return Usability::Fresh;
        }
        if !is_fresh && asked.min_fresh.is_zero() && within(self.while_revalidate) {
            return Usability::StaleWhileRevalidate;
        }
        validated
    }
}

/// Returns how long an answer that arrives now is fresh; zero if it must not be kept, must always be validated, or
/// declares no lifetime.
pub(crate) fn remaining_freshness(headers: &HeaderMap) -> Duration {
    if !headers.contains_key(CACHE_CONTROL) && !headers.contains_key(EXPIRES) {
        return Duration::ZERO;
    }
    let times = AnswerTimes { delay: Duration::ZERO, arrived: SystemTime::now() };
    let freshness = Freshness::of(headers, times).filter(|freshness| !freshness.always_validated);
    freshness.map_or(Duration::ZERO, |own| own.lifetime.saturating_sub(own.initial_age))
}

/// Returns the value of `Age` (RFC 9111, section 5.1): the first value counts, and an invalid value is ignored.
fn age(headers: &HeaderMap) -> Duration {
    let first = headers.get(AGE).and_then(|value| value.to_str().ok()).and_then(|text| text.split(',').next());
    first.and_then(|text| seconds(text.trim())).unwrap_or_default()
}

/// A date in a header.
enum Date {
    Missing,
    /// It is not a date, or is given twice with different values.
    Invalid,
    At(SystemTime),
}

/// Reads the date in a header.
fn date_in(headers: &HeaderMap, name: &HeaderName) -> Date {
    let mut given = headers.get_all(name).iter();
    let Some(first) = given.next() else { return Date::Missing };
    if given.any(|other| other != first) {
        return Date::Invalid;
    }
    let date = first.to_str().ok().and_then(|text| httpdate::parse_http_date(text.trim()).ok());
    date.map_or(Date::Invalid, Date::At)
}

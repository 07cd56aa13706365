//! Reads `resilience` of a consumed API or of one of its operations.

use super::fields::Fields;
use super::keys::ObjectShape;
use super::messages::describe;
use super::reader::Reader;
use super::tree::{Node, Tree};
use crate::model::{
    CircuitBreaker, Concurrency, Hedge, Milliseconds, RateLimit, Resilience, Retry, invalid_name, is_header_name,
};

static RESILIENCE: ObjectShape = ObjectShape {
    what: "`resilience`",
    keys: &["timeout", "retry", "hedge", "circuitBreaker", "rateLimit", "concurrency"],
    more: &[],
    aliases: &[
        ("retry", "retries"),
        ("hedge", "hedging backuprequest"),
        ("circuitBreaker", "breaker"),
        ("rateLimit", "ratelimiter ratelimiting throttle"),
        ("concurrency", "bulkhead maxconcurrency"),
    ],
};

static RETRY: ObjectShape = ObjectShape {
    what: "`retry`",
    keys: &["tries", "backoff", "maxBackoff", "idempotencyKey"],
    more: &[],
    aliases: &[("tries", "attempts maxattempts maxtries")],
};

static CIRCUIT_BREAKER: ObjectShape = ObjectShape {
    what: "`circuitBreaker`",
    keys: &["failures", "reset"],
    more: &[],
    aliases: &[("failures", "threshold")],
};

static RATE_LIMIT: ObjectShape = ObjectShape {
    what: "`rateLimit`",
    keys: &["calls", "per", "queue"],
    more: &[],
    aliases: &[("calls", "requests limit"), ("per", "period")],
};

static CONCURRENCY: ObjectShape = ObjectShape {
    what: "`concurrency`",
    keys: &["calls", "queue"],
    more: &[],
    aliases: &[("calls", "requests limit")],
};

impl Reader {
    /// Reads `resilience`, if present.
    pub(super) fn resilience_field(&mut self, fields: &mut Fields) -> Resilience {
        self.field(fields, "resilience", Self::resilience).unwrap_or_default()
    }

    fn resilience(&mut self, node: Node) -> Option<Resilience> {
        let mut fields = self.object(node, &RESILIENCE)?;
        Some(Resilience {
            timeout: self.duration_field(&mut fields, "timeout"),
            retry: self.field(&mut fields, "retry", Self::retry),
            hedge: self.field(&mut fields, "hedge", |reader, node| reader.hedge(&node)),
            circuit_breaker: self.field(&mut fields, "circuitBreaker", Self::circuit_breaker),
            rate_limit: self.field(&mut fields, "rateLimit", Self::rate_limit),
            concurrency: self.field(&mut fields, "concurrency", Self::concurrency),
        })
    }

    fn retry(&mut self, node: Node) -> Option<Retry> {
        let mut fields = self.object_or_count(node, &RETRY)?;
        let tries = self.required_count(&mut fields, &RETRY)?;
        let backoff = self.duration_field(&mut fields, "backoff");
        let max_backoff = self.duration_field(&mut fields, "maxBackoff");
        let idempotency_key = self.field(&mut fields, "idempotencyKey", |reader, node| {
            let place = node.place;
            let name = reader.text("idempotencyKey", node)?;
            if !is_header_name(&name) {
                let message = invalid_name("header", &name);
                reader.error(place, message, "write the name that the API uses: `idempotencyKey: Idempotency-Key`");
                return None;
            }
            Some(name)
        });
        Some(Retry { tries, backoff, max_backoff, idempotency_key })
    }

    /// Reads a duration or `false`.
    fn hedge(&mut self, node: &Node) -> Option<Hedge> {
        match &node.tree {
            Tree::Scalar(_, text) if text.trim() == "false" => Some(Hedge::Off),
            _ => self.duration("hedge", node).map(Hedge::After),
        }
    }

    fn circuit_breaker(&mut self, node: Node) -> Option<CircuitBreaker> {
        let mut fields = self.object_or_count(node, &CIRCUIT_BREAKER)?;
        let failures = self.required_count(&mut fields, &CIRCUIT_BREAKER)?;
        Some(CircuitBreaker { failures, reset: self.duration_field(&mut fields, "reset") })
    }

    fn rate_limit(&mut self, node: Node) -> Option<RateLimit> {
        let mut fields = self.object_or_count(node, &RATE_LIMIT)?;
        let calls = self.required_count(&mut fields, &RATE_LIMIT)?;
        let per = self.duration_field(&mut fields, "per");
        Some(RateLimit { calls, per, queue: self.count(&mut fields, "queue", 0) })
    }

    fn concurrency(&mut self, node: Node) -> Option<Concurrency> {
        let mut fields = self.object_or_count(node, &CONCURRENCY)?;
        let calls = self.required_count(&mut fields, &CONCURRENCY)?;
        Some(Concurrency { calls, queue: self.count(&mut fields, "queue", 0) })
    }

    /// Reads the keys of an object. A plain number is read as the value of the first key.
    fn object_or_count(&mut self, node: Node, shape: &ObjectShape) -> Option<Fields> {
        if let (Tree::Scalar(..), Some(first)) = (&node.tree, shape.keys.first()) {
            let mut fields = self.fields(node.place, shape.what);
            fields.put(first, super::tree::Member { key: (*first).to_owned(), place: node.place, node });
            return Some(fields);
        }
        self.object(node, shape)
    }

    /// Reads the first key of a shape, which is required.
    fn required_count(&mut self, fields: &mut Fields, shape: &ObjectShape) -> Option<u16> {
        let first = shape.keys.first()?;
        if !fields.has(first) {
            self.error(fields.place, format!("{} has no `{first}`", shape.what), &format!("write `{first}: 3`"));
            return None;
        }
        self.count(fields, first, 1)
    }

    /// Reads an integer of at least `least`.
    pub(super) fn count(&mut self, fields: &mut Fields, name: &'static str, least: u16) -> Option<u16> {
        self.field(fields, name, |reader, node| {
            let number = match &node.tree {
                Tree::Scalar(_, text) | Tree::Text(text) => text.trim().parse::<u16>().ok(),
                _ => None,
            };
            let number = number.filter(|number| *number >= least);
            if number.is_none() {
                let message =
                    format!("expected an integer from {least} to 65535 for `{name}`, found {}", describe(&node));
                reader.error(node.place, message, &format!("write `{name}: 3`"));
            }
            number
        })
    }

    /// Reads a member that is a duration, if present.
    pub(super) fn duration_field(&mut self, fields: &mut Fields, name: &'static str) -> Option<Milliseconds> {
        self.field(fields, name, |reader, node| reader.duration(name, &node))
    }

    /// Reads a duration.
    fn duration(&mut self, name: &str, node: &Node) -> Option<Milliseconds> {
        let text = match &node.tree {
            Tree::Scalar(_, text) | Tree::Text(text) => text.trim(),
            _ => "",
        };
        let duration = Milliseconds::parse(text);
        if duration.is_none() {
            let (message, help) = if Milliseconds::is_zero(text) {
                (format!("`{name}` must be longer than 0, found `{text}`"), "write a longer time: `250ms`, `5s`, `1m`")
            } else {
                let message = format!("expected a duration for `{name}`, found {}", describe(node));
                (message, "write an integer and a unit: `250ms`, `5s`, `1m`")
            };
            self.error(node.place, message, help);
        }
        duration
    }
}

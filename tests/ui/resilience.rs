//! Mistakes in `resilience`: its keys, writes that would be repeated, attempts that exceed the time limit.

use naftiko::{Result, capability};

/// Has misspelt keys and invalid values in `resilience`.
#[capability(
    consumes(
        namespace = "things",
        base_uri = "https://things.example",
        resilience(
            timeout = "10 s",
            retries(3),
            retry(0, idempotency_key = "X Key"),
            circuit_breaker(reset = "30s"),
            rate_limit(per = "1s"),
            concurrency("20"),
            hedge("300ms"),
        ),
    ),
    exposes(rest(port = 8080)),
)]
pub trait Words {
    /// Reads.
    #[get("/things", resilience = "yes")]
    async fn read(&self) -> Result<String>;

    /// Reads more.
    #[get("/more", resilience(retry(3, 4), concurrency(2, 3), circuit_breaker(failures = 0)))]
    async fn more(&self) -> Result<String>;
}

/// Retries and hedges writes.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example", resilience(retry(3), hedge = "1s")),
    exposes(rest(port = 8080)),
)]
pub trait Writes {
    /// Is not repeated: the `retry` of the API does not apply to it.
    #[post("/things")]
    async fn create(&self) -> Result<()>;

    /// Is a POST with `retry`.
    #[post("/again", resilience(retry(2)))]
    async fn again(&self) -> Result<()>;

    /// Is a PATCH with `retry`.
    #[patch("/things/{id}", resilience(timeout = "1s", retry(2)))]
    async fn change(&self, id: u64) -> Result<()>;

    /// Is a PUT with `hedge`.
    #[put("/things/{id}", resilience(hedge = "300ms"))]
    async fn replace(&self, id: u64) -> Result<()>;

    /// Turns hedging off, which is always off for a DELETE.
    #[delete("/things/{id}", resilience(hedge(off)))]
    async fn remove(&self, id: u64) -> Result<()>;

    /// Has `retry` with an idempotency key.
    #[post("/keyed", resilience(retry(2, idempotency_key)))]
    async fn keyed(&self) -> Result<()>;

    /// Has `retry`, and the idempotency key of its caller.
    #[post("/own", resilience(retry(2)))]
    async fn own(&self, #[header("Idempotency-Key")] key: &str) -> Result<()>;
}

/// Has attempts that take longer than the call may.
#[capability(
    consumes(namespace = "things", base_uri = "https://things.example", resilience(timeout = "20s", retry(3))),
    exposes(rest(port = 8080)),
)]
pub trait Tries {
    /// Reads.
    #[get("/things")]
    async fn read(&self) -> Result<String>;

    /// Has time for all attempts.
    #[get("/more", timeout = "1m")]
    async fn more(&self) -> Result<String>;

    /// Has waits that take longer than the call may.
    #[get("/wait", timeout = "2s", resilience(timeout = "1ms", retry(5, backoff = "1s")))]
    async fn wait(&self) -> Result<String>;
}

/// Has limits that have no effect.
#[capability(
    consumes(
        namespace = "slow",
        base_uri = "https://slow.example",
        timeout = "10s",
        resilience(timeout = "15s", retry(2, max_backoff = "1m")),
    ),
    consumes(namespace = "fast", base_uri = "https://fast.example", resilience(retry(2, backoff = "6s"))),
    exposes(rest(port = 8080)),
)]
pub trait Limits {
    /// Reads.
    #[get("/things", consumes = "slow")]
    async fn read(&self) -> Result<String>;

    /// Ends before its second request.
    #[get("/hedged", consumes = "fast", timeout = "1s", resilience(hedge = "1s", retry(1)))]
    async fn hedged(&self) -> Result<String>;

    /// Has attempts that end before their second requests.
    #[get("/tries", consumes = "fast", resilience(timeout = "1s", hedge = "2s", retry(2)))]
    async fn tries(&self) -> Result<String>;

    /// Has a time limit that is shorter than that of one attempt.
    #[get("/less", consumes = "fast", timeout = "1s", resilience(timeout = "2s", retry(1)))]
    async fn less(&self) -> Result<String>;

    /// Has a `max_backoff` that is shorter than the first wait.
    #[get("/waits", consumes = "fast", resilience(retry(2, max_backoff = "50ms")))]
    async fn waits(&self) -> Result<String>;
}

fn main() {}

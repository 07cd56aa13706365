//! Capabilities that are built on the same capability share one client of it, and so one rate limit.

use naftiko::testing::{Answer, Upstream};
use naftiko::{ErrorKind, Result, capability};
use serde_json::json;

/// Reads one number a minute.
#[capability(consumes(
    namespace = "limited",
    base_uri = "http://127.0.0.1:1",
    resilience(rate_limit(1, per = "60s", queue = 0)),
))]
pub trait Limited {
    /// Reads a number.
    #[get("/number")]
    async fn number(&self) -> Result<u32>;
}

/// Is built on `Limited`.
#[capability(uses(limited: Limited))]
pub trait One {
    /// Reads a number.
    #[skip]
    async fn first(&self) -> Result<u32> {
        self.limited().number().await
    }
}

/// Is built on `Limited`, too.
#[capability(uses(limited: Limited))]
pub trait Two {
    /// Reads a number.
    #[skip]
    async fn second(&self) -> Result<u32> {
        self.limited().number().await
    }
}

/// Is built on `One`, `Two` and `Limited`.
#[capability(uses(one: One, two: Two, limited: Limited), exposes(mcp(port = 9090)))]
pub trait All {
    /// Counts the calls that are sent.
    #[tool]
    async fn sent(&self) -> Result<usize> {
        let calls = [self.one().first().await, self.two().second().await, self.limited().number().await];
        Ok(calls.iter().filter(|call| !matches!(call, Err(error) if error.kind() == ErrorKind::Throttled)).count())
    }
}

/// Runs the program of `AllClient` against this upstream, and returns the number of calls that were sent.
async fn sent(client: impl FnOnce() -> Result<AllClient> + Send + 'static, upstream: &Upstream) -> usize {
    upstream.answer("GET", "/number", Answer::json(200, json!(1)));
    let (printed, url) = (super::Printed::default(), format!("limited={}", upstream.url()));
    naftiko::run(client).args(["call", "sent", "--upstream", &url]).output(printed.clone()).await.unwrap();
    printed.text().trim().parse().unwrap()
}

#[tokio::test]
async fn clients_from_the_environment_share_the_limits_of_their_api() {
    assert_eq!(AllClient::from_env().unwrap().sent().await.unwrap(), 1);
}

#[tokio::test]
async fn an_option_of_the_command_line_keeps_shared_clients_shared() {
    let upstream = Upstream::start().await;
    assert_eq!(sent(AllClient::from_env, &upstream).await, 1);
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn clients_that_were_built_one_by_one_keep_their_own_limits() {
    let upstream = Upstream::start().await;
    let all = || {
        let limited = || LimitedClient::builder().build();
        let shared = limited()?;
        Ok(AllClient::new(OneClient::new(shared.clone()), TwoClient::new(limited()?), shared))
    };
    assert_eq!(sent(all, &upstream).await, 2);
}

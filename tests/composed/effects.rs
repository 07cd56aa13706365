//! Hints of tools that are derived from the operations that their bodies call.

use super::annotations;
use naftiko::{Result, capability};
use serde_json::{Value, json};

/// APIs in a module of their own.
pub mod apis {
    use naftiko::{Result, capability};

    /// Keeps accounts.
    #[capability(consumes(namespace = "accounts", base_uri = "https://accounts.example"), exposes(mcp(port = 9090)))]
    pub trait Accounts {
        /// Reads a balance.
        #[get("/accounts/{id}")]
        async fn balance(&self, id: u32) -> Result<u64>;

        /// Finds accounts.
        #[post("/search")]
        #[tool(hints(read_only), allow(understated_hint, reason = "a search by POST"))]
        async fn search(&self, body: &str) -> Result<Vec<u32>>;

        /// Sets a limit.
        #[put("/accounts/{id}/limit", status = 204)]
        async fn limit(&self, id: u32, body: u64) -> Result<()>;

        /// Adds a note.
        #[post("/accounts/{id}/notes", status = 201)]
        #[tool(hints(destructive = false))]
        async fn note(&self, id: u32, body: &str) -> Result<()>;

        /// Closes an account.
        #[delete("/accounts/{id}", status = 204)]
        async fn close(&self, id: u32) -> Result<()>;
    }

    /// Reads rates.
    #[capability(consumes(namespace = "rates", base_uri = "https://rates.example"))]
    pub trait Rates {
        /// Reads a rate.
        #[get("/rates/{currency}")]
        async fn rate(&self, currency: &str) -> Result<u64>;
    }

    /// A clock on this machine.
    #[capability(consumes(namespace = "clock", base_uri = "http://127.0.0.1:1"), exposes(mcp(port = 9091)))]
    pub trait Clock {
        /// Reads the time.
        #[get("/now")]
        #[tool(hints(open_world = false))]
        async fn now(&self) -> Result<u64>;
    }
}

/// Looks after accounts.
#[capability(
    uses(accounts: apis::Accounts, rates: apis::Rates, clock: apis::Clock),
    exposes(rest(port = 8080), mcp(port = 9092)),
    allow(missing_description, reason = "a test")
)]
pub trait Office {
    #[tool]
    async fn reads_two(&self, id: u32) -> Result<u64> {
        Ok(self.accounts().balance(id).await? * self.rates().rate("EUR").await?)
    }

    #[tool]
    async fn searches(&self) -> Result<usize> {
        Ok(self.accounts().search("open").await?.len())
    }

    #[rest(post = "/reads")]
    async fn reads_by_post(&self) -> Result<u64> {
        self.clock().now().await
    }

    #[tool]
    async fn adds(&self, id: u32) -> Result<()> {
        let text = format!("{}", self.accounts().balance(id).await?);
        self.accounts().note(id, &text).await
    }

    #[tool]
    async fn increases(&self, id: u32) -> Result<()> {
        let balance = self.accounts().balance(id).await?;
        self.accounts().limit(id, balance + 1).await
    }

    #[rest(put = "/limits/{id}")]
    async fn sets(&self, id: u32) -> Result<()> {
        self.accounts().limit(id, 7).await
    }

    #[rest(put = "/notes/{id}")]
    async fn sets_by_adding(&self, id: u32) -> Result<()> {
        self.accounts().note(id, "set").await
    }

    #[tool]
    async fn closes(&self, ids: Vec<u32>) -> Result<usize> {
        for id in &ids {
            self.accounts().note(*id, "closed").await?;
            self.accounts().close(*id).await?;
        }
        Ok(ids.len())
    }

    #[tool]
    async fn in_a_macro(&self, id: u32) -> Result<u64> {
        let rate = self.rates().rate("EUR").await?;
        let (balance, ()) = tokio::try_join!(self.accounts().balance(id), self.accounts().close(id))?;
        Ok(balance * rate)
    }

    #[tool]
    async fn passes_it_on(&self, id: u32) -> Result<u64> {
        Ok(double(self.accounts(), id).await? * self.rates().rate("EUR").await?)
    }

    #[tool]
    async fn passes_on_what_only_reads(&self) -> Result<u64> {
        euro(self.rates()).await
    }

    #[tool]
    async fn passes_on_itself(&self) -> Result<u64> {
        let (this, now) = (self, self.clock().now().await?);
        Ok(this.rates().rate("EUR").await? + now)
    }

    #[tool]
    async fn through_a_helper(&self, id: u32) -> Result<u64> {
        self.helper(id).await?;
        self.clock().now().await
    }

    #[tool]
    async fn through_another_tool(&self, id: u32) -> Result<u64> {
        self.reads_two(id).await
    }

    #[tool]
    async fn reads_and_does_something_else(&self, id: u32) -> Result<u64> {
        self.nothing_is_known().await?;
        self.accounts().balance(id).await
    }

    #[tool]
    async fn nothing_is_known(&self) -> Result<()> {
        Ok(())
    }

    #[tool(hints(read_only = false, destructive = false, idempotent))]
    async fn declares_hints(&self, id: u32) -> Result<()> {
        self.accounts().close(id).await
    }

    #[rest(get = "/diamond/{id}")]
    async fn reads_in_a_diamond(&self, id: u32) -> Result<u64> {
        self.reads_two(id).await?;
        self.through_another_tool(id).await
    }

    #[rest(get = "/turned/{id}")]
    async fn reads_in_a_turned_diamond(&self, id: u32) -> Result<u64> {
        self.through_another_tool(id).await?;
        self.reads_two(id).await
    }

    #[tool]
    async fn reads_again(&self, id: u32) -> Result<u64> {
        let balance = self.accounts().balance(id).await?;
        if balance > 9 { Box::pin(self.reads_again(id / 2)).await } else { Ok(balance) }
    }

    #[rest(get = "/items/{id}")]
    async fn has_items_of_its_own(&self, id: u32) -> Result<u64> {
        use std::fmt::{self, Display};

        struct Shown(u64);

        impl Display for Shown {
            fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(to, "{}", self.0)
            }
        }
        Ok(self::longer(&Shown(self.accounts().balance(id).await?).to_string()))
    }

    #[tool]
    async fn has_an_item_and_closes(&self, id: u32) -> Result<()> {
        use std::fmt::{self, Write as _};

        let mut text = String::new();
        let written: fmt::Result = write!(text, "{}", self.clock().now().await?);
        if written.is_err() {
            return Ok(());
        }
        self.accounts().close(id).await
    }

    #[rest(get = "/closed/{id}")]
    #[tool(hints(read_only = false))]
    async fn closes_by_get(&self, id: u32) -> Result<()> {
        self.accounts().close(id).await
    }

    #[skip]
    async fn helper(&self, id: u32) -> Result<()> {
        self.accounts().close(self.add(id)).await
    }

    #[skip]
    fn add(&self, id: u32) -> u32 {
        id + 1
    }
}

fn longer(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(0)
}

async fn double(accounts: &impl apis::Accounts, id: u32) -> Result<u64> {
    Ok(accounts.balance(id).await? * 2)
}

async fn euro(rates: &impl apis::Rates) -> Result<u64> {
    rates.rate("EUR").await
}

/// Is built on a capability that is built on others.
#[capability(uses(office: Office), exposes(mcp(port = 9093)), allow(missing_description, reason = "a test"))]
pub trait Group {
    #[tool]
    async fn reads(&self, id: u32) -> Result<u64> {
        self.office().reads_two(id).await
    }

    #[tool]
    async fn writes(&self, id: u32) -> Result<u64> {
        self.office().increases(id).await?;
        self.office().reads_two(id).await
    }

    #[tool]
    async fn helps(&self, id: u32) -> Result<u64> {
        self.office().helper(id).await?;
        self.office().reads_two(id).await
    }

    #[tool(hints(read_only))]
    async fn promises(&self) -> Result<usize> {
        self.office().searches().await
    }

    #[rest(get = "/allowed")]
    #[tool(allow(understated_hint, reason = "what it calls writes nothing that matters"))]
    async fn is_allowed(&self, id: u32) -> Result<()> {
        self.office().adds(id).await
    }
}

#[tokio::test]
async fn tools_have_the_effects_of_what_their_bodies_call() {
    let office = OfficeClient::new(
        apis::AccountsClient::from_env().unwrap(),
        apis::RatesClient::from_env().unwrap(),
        apis::ClockClient::from_env().unwrap(),
    );
    // A tool without derived hints also has the hints `unknown`. So each body is written so that its tool would have
    // other hints if a write were overlooked.
    let unknown = json!({ "destructiveHint": true });
    let adds = json!({ "destructiveHint": false });
    let reads = json!({ "readOnlyHint": true });
    let expected = [
        ("reads-two", reads.clone()),
        ("searches", reads.clone()),
        ("reads-by-post", json!({ "readOnlyHint": true, "openWorldHint": false })),
        ("adds", adds.clone()),
        // Each of its requests is idempotent, but the two together are not.
        ("increases", unknown.clone()),
        ("sets", json!({ "destructiveHint": true, "idempotentHint": true })),
        ("sets-by-adding", unknown.clone()),
        ("closes", unknown.clone()),
        ("in-a-macro", unknown.clone()),
        ("passes-it-on", unknown.clone()),
        ("passes-on-what-only-reads", reads.clone()),
        ("passes-on-itself", unknown.clone()),
        ("through-a-helper", unknown.clone()),
        ("through-another-tool", reads.clone()),
        ("reads-and-does-something-else", unknown.clone()),
        ("nothing-is-known", unknown.clone()),
        ("declares-hints", json!({ "destructiveHint": false, "idempotentHint": true })),
        ("reads-in-a-diamond", reads.clone()),
        ("reads-in-a-turned-diamond", reads.clone()),
        ("reads-again", reads.clone()),
        ("has-items-of-its-own", reads.clone()),
        ("has-an-item-and-closes", unknown.clone()),
        // A GET route whose tool has `read_only = false` does not count as a read.
        ("closes-by-get", unknown.clone()),
    ];
    let expected: Vec<(String, Value)> = expected.map(|(name, hints)| (name.to_owned(), hints)).into();
    assert_eq!(annotations(office.clone().into_capability()).await, expected);

    let of_group = annotations(GroupClient::new(office).into_capability()).await;
    let expected = [
        ("reads", reads.clone()),
        ("writes", unknown.clone()),
        ("helps", unknown),
        ("promises", reads.clone()),
        ("is-allowed", reads),
    ];
    assert_eq!(of_group, expected.map(|(name, hints)| (name.to_owned(), hints)));
}

#[test]
fn the_document_has_the_effects() {
    let office = OfficeClient::from_env().unwrap().into_capability();
    let document = serde_json::to_value(office.document()).unwrap();
    let tools = document.pointer("/capability/exposes/1/tools").unwrap().as_array().unwrap();
    let adds = tools.iter().find(|tool| tool["name"] == "adds").unwrap();
    assert_eq!(adds["hints"], json!({ "readOnly": false, "destructive": false, "idempotent": false }));
}

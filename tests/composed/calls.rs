//! Hints of tools whose bodies call operations in unusual ways: by raw names, by path (`Billing::charge(…)`), as pages,
//! through supertraits, with `cfg`.

use super::annotations;
use naftiko::{Result, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt::Debug;

/// A page of bills.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    bills: Vec<u32>,
}

/// Sends bills.
#[capability(consumes(namespace = "billing", base_uri = "https://billing.example"))]
pub trait Billing {
    /// Reads a bill.
    #[get("/bills/{id}")]
    async fn bill(&self, id: u32) -> Result<u32>;

    /// Charges a customer.
    #[post("/customers/{id}/charges", status = 204)]
    async fn charge(&self, id: u32) -> Result<()>;

    /// Removes a type.
    #[delete("/types/{id}", status = 204)]
    async fn r#type(&self, id: u32) -> Result<()>;
}

/// A trait that is not a capability.
pub trait Extra {
    /// Does something.
    fn extra(&self) -> u32;
}

/// Only reads, but its supertrait may do anything.
#[capability(consumes(namespace = "wide", base_uri = "https://wide.example"))]
pub trait Wide: Extra + Debug {
    /// Looks.
    #[get("/looks")]
    async fn look(&self) -> Result<u32>;
}

impl Extra for WideClient {
    fn extra(&self) -> u32 {
        1
    }
}

/// Only reads; its supertraits do nothing.
#[capability(consumes(namespace = "narrow", base_uri = "https://narrow.example"))]
pub trait Narrow: Send + Debug + 'static {
    /// Looks.
    #[get("/looks")]
    async fn look(&self) -> Result<u32>;
}

/// Traits that are named like traits of the standard library.
pub mod named {
    /// Has a method of its own.
    pub trait Clone {
        /// Does something.
        fn extra(&self) -> u32;
    }

    /// Has a method of its own, and those of the standard library's trait.
    pub trait Debug: std::fmt::Debug {
        /// Does something.
        fn extra(&self) -> u32 {
            2
        }
    }
}

/// Only reads, but its supertrait is not the standard library's `Clone`.
#[capability(consumes(namespace = "shadowed", base_uri = "https://shadowed.example"))]
pub trait Shadowed: named::Clone {
    /// Looks.
    #[get("/looks")]
    async fn look(&self) -> Result<u32>;
}

impl named::Clone for ShadowedClient {
    fn extra(&self) -> u32 {
        1
    }
}

/// Only reads, but its supertrait `Debug` does more than the standard library's.
#[capability(consumes(namespace = "extended", base_uri = "https://extended.example"))]
pub trait Extended: Clone + named::Debug {
    /// Looks.
    #[get("/looks")]
    async fn look(&self) -> Result<u32>;
}

impl named::Debug for ExtendedClient {}

/// Only reads, even where a body stores `self` in a variable: its supertraits do nothing.
#[capability(uses(narrow: Narrow), exposes(mcp(port = 9090)), allow(missing_description, reason = "a test"))]
pub trait Copies: Clone + Debug {
    #[tool]
    async fn reads_through_itself(&self) -> Result<u32> {
        let this = self;
        this.narrow().look().await
    }
}

/// Only reads, but its supertrait may do anything.
#[capability(uses(narrow: Narrow), exposes(mcp(port = 9090)), allow(missing_description, reason = "a test"))]
pub trait Extends: named::Clone {
    #[tool]
    async fn calls_its_supertrait(&self) -> Result<u32> {
        Ok(self.narrow().look().await? + named::Clone::extra(self))
    }
}

impl<T: Narrow> named::Clone for ExtendsClient<T> {
    fn extra(&self) -> u32 {
        1
    }
}

/// Calls the capabilities above.
#[capability(
    consumes(namespace = "own", base_uri = "https://own.example"),
    uses(billing: Billing, r#in: Narrow, wide: Wide, shadowed: Shadowed, extended: Extended),
    exposes(rest(port = 8080), mcp(port = 9090)),
    allow(missing_description, reason = "a test")
)]
pub trait Desk {
    /// Lists bills.
    #[get("/bills")]
    #[page(cursor = "$.next", into = "after")]
    #[skip]
    async fn bills(&self, after: Option<&str>) -> Result<Page>;

    /// Empties something.
    #[cfg(any())]
    #[get("/emptied")]
    #[skip]
    async fn empty(&self) -> Result<()>;

    /// Empties something.
    #[cfg(not(any()))]
    #[delete("/emptied", status = 204)]
    #[skip]
    async fn empty(&self) -> Result<()>;

    /// Looks at something.
    #[cfg(not(any()))]
    #[get("/looked")]
    #[skip]
    async fn look(&self) -> Result<u32>;

    /// Looks at something.
    #[cfg(any())]
    #[delete("/looked")]
    #[skip]
    async fn look(&self) -> Result<u32>;

    #[tool]
    async fn removes_by_a_raw_name(&self, id: u32) -> Result<u32> {
        self.billing().r#type(id).await?;
        self.billing().bill(id).await
    }

    #[tool]
    async fn reads_by_a_raw_name(&self) -> Result<u32> {
        self.r#in().look().await
    }

    #[tool]
    async fn charges_by_path(&self, id: u32) -> Result<u32> {
        Billing::charge(self.billing(), id).await?;
        self.billing().bill(id).await
    }

    #[tool]
    async fn reads_by_path(&self) -> Result<u32> {
        Narrow::look(self.r#in()).await
    }

    #[tool]
    async fn reads_pages(&self) -> Result<usize> {
        let mut pages = self.bills_pages(None);
        Ok(pages.next().await.transpose()?.map_or(0, |page| page.bills.len()))
    }

    #[tool]
    async fn empties(&self) -> Result<u32> {
        self.empty().await?;
        self.r#in().look().await
    }

    #[tool]
    async fn reads_where_another_would_delete(&self) -> Result<u32> {
        self.look().await
    }

    #[tool]
    async fn reads_what_is_wide(&self) -> Result<u32> {
        self.wide().look().await
    }

    #[tool]
    async fn calls_a_supertrait(&self) -> Result<u32> {
        Ok(self.wide().look().await? + self.wide().extra())
    }

    #[tool]
    async fn passes_on_what_is_wide(&self) -> Result<u32> {
        looked(self.wide()).await
    }

    #[tool]
    async fn passes_on_what_is_shadowed(&self) -> Result<u32> {
        shadowed(self.shadowed()).await
    }

    #[tool]
    async fn passes_on_what_is_extended(&self) -> Result<u32> {
        extended(self.extended()).await
    }

    #[rest(get = "/steps")]
    async fn reads_through_a_step(&self) -> Result<u32> {
        self.step().await
    }

    #[tool]
    async fn removes_through_the_second_step(&self, id: u32) -> Result<()> {
        self.second_step(id).await
    }

    #[cfg(any())]
    #[skip]
    async fn step(&self) -> Result<u32> {
        self.steps(1).await
    }

    #[cfg(not(any()))]
    #[skip]
    async fn step(&self) -> Result<u32> {
        self.r#in().look().await
    }

    #[cfg(any())]
    #[skip]
    async fn second_step(&self, id: u32) -> Result<()> {
        self.remove_a_type(id).await
    }

    #[cfg(not(any()))]
    #[skip]
    async fn second_step(&self, id: u32) -> Result<()> {
        self.r#in().look().await?;
        self.remove_a_type(id).await
    }

    #[skip]
    async fn steps(&self, id: u32) -> Result<u32> {
        self.remove_a_type(id).await?;
        Ok(id)
    }

    #[skip]
    async fn remove_a_type(&self, id: u32) -> Result<()> {
        self.billing().r#type(id).await
    }

    #[tool(max_output = "16KiB")]
    async fn cuts_what_it_reads(&self) -> Result<Vec<u32>> {
        Ok(vec![self.r#in().look().await?])
    }

    #[rest(delete = "/types/{id}")]
    async fn removes(&self, id: u32) -> Result<()> {
        self.billing().r#type(id).await
    }
}

async fn looked(wide: &impl Wide) -> Result<u32> {
    wide.look().await
}

async fn shadowed(shadowed: &impl Shadowed) -> Result<u32> {
    Ok(shadowed.look().await? + named::Clone::extra(shadowed))
}

async fn extended(extended: &impl Extended) -> Result<u32> {
    Ok(extended.look().await? + named::Debug::extra(extended))
}

#[tokio::test]
async fn supertraits_count_unless_they_are_those_of_the_standard_library() {
    let (reads, unknown) = (json!({ "readOnlyHint": true }), json!({ "destructiveHint": true }));
    let copies = CopiesClient::from_env().unwrap().into_capability();
    assert_eq!(annotations(copies).await, [("reads-through-itself".to_owned(), reads)]);
    let extends = ExtendsClient::from_env().unwrap().into_capability();
    assert_eq!(annotations(extends).await, [("calls-its-supertrait".to_owned(), unknown)]);
}

#[tokio::test]
async fn each_way_to_call_counts() {
    let desk = DeskClient::from_env().unwrap().into_capability();
    // A body that writes also reads, except in `removes`: if its write were overlooked, the tool would be read-only.
    let (reads, unknown) = (json!({ "readOnlyHint": true }), json!({ "destructiveHint": true }));
    let expected = [
        ("removes-by-a-raw-name", unknown.clone()),
        ("reads-by-a-raw-name", reads.clone()),
        ("charges-by-path", unknown.clone()),
        ("reads-by-path", reads.clone()),
        ("reads-pages", reads.clone()),
        ("empties", unknown.clone()),
        ("reads-where-another-would-delete", reads.clone()),
        ("reads-what-is-wide", reads.clone()),
        ("calls-a-supertrait", unknown.clone()),
        ("passes-on-what-is-wide", unknown.clone()),
        ("passes-on-what-is-shadowed", unknown.clone()),
        ("passes-on-what-is-extended", unknown.clone()),
        ("reads-through-a-step", reads.clone()),
        ("removes-through-the-second-step", unknown),
        ("cuts-what-it-reads", reads),
        ("removes", json!({ "destructiveHint": true, "idempotentHint": true })),
    ];
    let expected: Vec<(String, Value)> = expected.map(|(name, hints)| (name.to_owned(), hints)).into();
    assert_eq!(annotations(desk).await, expected);
}

/// Uses no other capability, so its methods keep their own hints: a GET may call methods whose effects are unknown.
#[capability(
    consumes(namespace = "alone", base_uri = "https://alone.example"),
    exposes(rest(port = 8081), mcp(port = 9091)),
    allow(missing_description, reason = "a test")
)]
pub trait Alone {
    #[get("/things/{id}")]
    async fn thing(&self, id: u32) -> Result<u32>;

    #[post("/search")]
    #[tool(hints(read_only), allow(understated_hint, reason = "a search by POST"))]
    async fn search(&self, body: &str) -> Result<Vec<u32>>;

    #[delete("/things/{id}", status = 204)]
    async fn remove(&self, id: u32) -> Result<()>;

    #[tool]
    async fn doubles(&self, number: u32) -> Result<u32> {
        Ok(number * 2)
    }

    #[rest(get = "/doubled/{id}")]
    async fn reads(&self, id: u32) -> Result<u32> {
        let found = self.search("open").await?;
        self.doubles(self.thing(id).await? + u32::try_from(found.len()).unwrap_or(0)).await
    }

    #[rest(get = "/tidied/{id}", allow(understated_hint, reason = "what it removes is a copy"))]
    async fn tidies(&self, id: u32) -> Result<()> {
        self.remove(id).await
    }
}

#[tokio::test]
async fn a_trait_that_is_not_built_on_others_keeps_the_hints_of_its_methods() {
    let tools = annotations(AloneClient::from_env().unwrap().into_capability()).await;
    let (reads, unknown) = (json!({ "readOnlyHint": true }), json!({ "destructiveHint": true }));
    let expected = [
        ("thing", reads.clone()),
        ("search", reads.clone()),
        ("remove", json!({ "destructiveHint": true, "idempotentHint": true })),
        ("doubles", unknown),
        ("reads", reads.clone()),
        ("tidies", reads),
    ];
    assert_eq!(tools, expected.map(|(name, hints)| (name.to_owned(), hints)));
}

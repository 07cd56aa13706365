//! Generated code compiles and works wherever the trait is: with shadowed names, no prelude, strict lints, `cfg` and
//! any visibility.
#![deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms, clippy::pedantic)]
#![allow(clippy::unwrap_used, reason = "a test")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    /// Its name.
    pub name: String,
}

fn thing(name: impl std::fmt::Display) -> Thing {
    Thing { name: name.to_string() }
}

/// Another path to the crate.
mod vendored {
    pub(crate) use ::naftiko as nk;
}

mod without_prelude {
    //! Only what this module imports is in scope.
    #![no_implicit_prelude]

    use super::Thing;

    /// Looks things up.
    #[::naftiko::capability(
        binds(env(KEY)),
        consumes(
            namespace = "things",
            base_uri = "https://things.example",
            authentication(apikey(key = "X-Key", value = "{{KEY}}")),
        ),
        exposes(rest(port = 1), mcp(port = 2))
    )]
    pub(crate) trait Things {
        /// Reads one.
        #[get("/things/{id}")]
        async fn read(
            &self,
            id: &str,
            deep: ::std::option::Option<bool>,
            tags: ::std::option::Option<&[::std::string::String]>,
        ) -> ::naftiko::Result<Thing>;

        /// Reads one in some way.
        #[tool]
        async fn read_somehow(&self, id: ::std::string::String) -> ::naftiko::Result<Thing> {
            self.read(&id, ::std::option::Option::None, ::std::option::Option::None).await
        }
    }
}

#[test]
#[cfg(feature = "client")]
fn generated_code_needs_no_prelude() {
    let client = without_prelude::ThingsClient::builder().bind("KEY", "k").build().unwrap();
    let capability = without_prelude::Things::into_capability(client.clone());
    assert_eq!(capability.operations().len(), 2);
    assert!(!format!("{client:?}").contains("\"k\""));
}

#[cfg(feature = "document")]
mod filled_without_prelude {
    //! Nothing is in scope.
    #![no_implicit_prelude]

    #[::naftiko::capability(document = "tests/documents/odd.naftiko.yaml")]
    pub(crate) trait Odd {}
}

#[test]
#[cfg(feature = "document")]
fn a_document_can_have_any_names() {
    use filled_without_prelude::Odd;

    let client = filled_without_prelude::OddClient::builder().build().unwrap();
    let body = json!({});
    let filter = json!({ "a": 1 });
    // Only creates the futures, to check that the calls compile.
    drop(client.r#match(Some("t"), Some(1.5), Some(&filter), Some(true), Some(&[json!(1)]), &body));
    drop(client.r#gen(Some("g")));
    drop(client.into_capability_tool());
    assert_eq!(client.into_capability().operations().len(), 3);
}

mod shadowed {
    //! Names that generated code might use mean something else here.
    #![allow(dead_code, reason = "they shadow names that generated code uses")]

    use super::Thing;

    pub(crate) struct Result;
    pub(crate) struct Send;
    pub(crate) struct Sync;
    pub(crate) struct Sized;
    pub(crate) struct Future;
    pub(crate) struct Capability;
    pub(crate) struct Definition;
    pub(crate) struct Arc;
    pub(crate) struct Client;
    pub(crate) struct T;
    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod p {}
    pub(crate) const DEFINITION: () = ();

    #[derive(Debug, Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Served {
        pub(crate) this: Thing,
    }

    /// Serves.
    #[naftiko::capability(
        consumes(namespace = "served", base_uri = "https://served.example"),
        exposes(rest(port = 1), mcp(port = 2))
    )]
    pub(crate) trait Operations {
        /// Serves one.
        #[post("/served")]
        async fn call(&self, want: &str, operation: u8, args: Option<&str>, body: &Served) -> naftiko::Result<Served>;
    }
}

#[tokio::test]
async fn surrounding_names_keep_their_meaning() {
    use shadowed::{Operations, Served};

    struct Echo;

    impl Operations for Echo {
        async fn call(&self, want: &str, operation: u8, args: Option<&str>, body: &Served) -> naftiko::Result<Served> {
            let _ = body;
            Ok(Served { this: thing(format!("{want} {operation} {args:?}")) })
        }
    }

    let arguments = json!({ "want": "w", "operation": 7, "body": { "this": { "name": "n" } } });
    let answer = Echo.into_capability().call("call", arguments).await.unwrap();
    assert_eq!(answer, json!({ "this": { "name": "w 7 None" } }));
}

#[tokio::test]
async fn a_trait_can_be_declared_in_a_function() {
    use naftiko::{Result, capability};

    /// Counts.
    #[capability(exposes(mcp(port = 1)))]
    trait Counter {
        /// Returns the next number.
        #[tool]
        async fn count(&self, from: i64) -> Result<i64>;
    }

    struct Up;

    impl Counter for Up {
        async fn count(&self, from: i64) -> Result<i64> {
            Ok(from + 1)
        }
    }

    assert_eq!(Up.into_capability().call("count", json!({ "from": 41 })).await.unwrap(), json!(42));
}

/// Names the path of the crate.
#[naftiko::capability(
    crate = crate::vendored::nk,
    consumes(namespace = "renamed", base_uri = "https://renamed.example"),
    exposes(rest(port = 1)),
)]
pub trait Renamed {
    /// Reads.
    #[vendored::nk::attributes::get("/")]
    async fn read(&self) -> vendored::nk::Result<Thing>;
}

#[test]
#[cfg(feature = "client")]
fn the_crate_can_be_renamed() {
    let capability = RenamedClient::builder().build().unwrap().into_capability();
    assert_eq!(capability.operations().len(), 1);
}

/// Has methods with `cfg`.
#[naftiko::capability(
    consumes(namespace = "conditional", base_uri = "https://conditional.example"),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Conditional {
    /// Exists in tests.
    #[cfg(test)]
    #[get("/either")]
    async fn either(&self, page: u8) -> naftiko::Result<Thing>;

    /// Exists outside of tests.
    #[cfg(not(test))]
    #[get("/either")]
    async fn either(&self, page: Nowhere) -> naftiko::Result<Nowhere>;

    /// Exists outside of tests, by `cfg_attr`.
    #[cfg_attr(test, cfg(not(test)))]
    #[post("/never")]
    async fn never(&self, body: &Nowhere) -> naftiko::Result<Nowhere>;

    /// Always exists.
    #[get("/always", name = "always-there")]
    #[cfg_attr(test, allow(clippy::needless_pass_by_value))]
    async fn always(&self, page: u8) -> naftiko::Result<Thing>;
}

#[test]
#[cfg(feature = "client")]
fn cfg_applies_to_every_generated_item() {
    let capability = ConditionalClient::builder().build().unwrap().into_capability();
    let names: Vec<&str> = capability.operations().iter().map(|operation| operation.name()).collect();
    assert_eq!(names, ["either", "always-there"]);
    let paths = &capability.document().capability.consumes[0].resources;
    assert_eq!(paths.iter().map(|resource| resource.path.as_str()).collect::<Vec<_>>(), ["/either", "/always"]);
}

/// Has names that are keywords in Rust.
#[naftiko::capability(
    rename_all = "camelCase",
    consumes(namespace = "raw", base_uri = "https://raw.example"),
    exposes(rest(port = 1), mcp(port = 2))
)]
pub trait Raw {
    /// Moves.
    #[put("/move/{type}")]
    async fn r#move(&self, r#type: &str, r#where: &str, page_size: Option<u8>) -> naftiko::Result<Thing>;
}

#[test]
#[cfg(feature = "client")]
fn raw_identifiers_lose_their_prefix() {
    let capability = RawClient::builder().build().unwrap().into_capability();
    let operation = &capability.document().capability.consumes[0].resources[0].operations[0];
    assert_eq!(operation.name, "move");
    let names: Vec<&str> = operation.input_parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names, ["type", "where", "pageSize"]);
    assert!(capability.operation("move").is_some());
}

/// A custom error type.
#[derive(Debug)]
pub enum Failure {
    /// An error of the API.
    Api(naftiko::Error),
    /// There is no such thing.
    NoSuchThing,
}

impl From<naftiko::Error> for Failure {
    fn from(error: naftiko::Error) -> Self {
        Self::Api(error)
    }
}

impl From<Failure> for naftiko::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Api(error) => error,
            Failure::NoSuchThing => naftiko::Error::new(naftiko::http::StatusCode::NOT_FOUND, "there is no such thing"),
        }
    }
}

/// A custom result type.
pub type Outcome<T, E = Failure> = Result<T, E>;

/// Has borrowed arguments in every form, two APIs, supertraits, lifetimes and a custom error type.
#[naftiko::capability(
    consumes(namespace = "one", base_uri = "https://one.example"),
    consumes(namespace = "other", base_uri = "https://other.example", header("X-Version" = "2"), timeout = "2s"),
    exposes(rest(port = 1), rest(namespace = "inside", port = 3, prefix = "/inside"), mcp(port = 2)),
)]
pub trait Everything: Clone + std::fmt::Debug {
    /// Lists.
    #[get("/list", consumes = "one")]
    async fn list<'a>(&'a self, ids: &'a [u64], tags: Vec<String>, page: Option<u32>) -> Outcome<Vec<Thing>>
    where
        Self: 'a;

    /// Finds.
    #[get("/find", consumes = "other", timeout = "250ms", errors(404))]
    #[output("$.data")]
    async fn find<'a>(&self, word: &'a str, ids: Option<Vec<u64>>, most: Option<&u32>) -> Outcome<Option<Thing>>;

    /// Adds several.
    #[post("/add", consumes = "one")]
    async fn add(&self, #[cookie("session")] session: &str, #[body] things: &[Thing]) -> Outcome<()>;

    /// Finds or fails.
    #[rest(get = "/must-find/{word}")]
    async fn must_find(&self, word: &str) -> Outcome<Thing> {
        if word.is_empty() {
            return Err(Failure::NoSuchThing);
        }
        let found = self.find(word, None, Some(&1)).await?;
        found.ok_or(Failure::NoSuchThing)
    }

    /// Helps, and is not exposed.
    #[skip]
    async fn help(&self, (_, anything): (u8, &(dyn std::any::Any + Sync))) -> std::any::TypeId {
        anything.type_id()
    }

    /// Helps, without `async`.
    #[skip]
    fn help_at_once<T: Into<u8>>(&self, most: T) -> u8 {
        most.into()
    }
}

#[tokio::test]
async fn one_trait_can_combine_everything() {
    #[derive(Debug, Clone)]
    struct Fake;

    impl Everything for Fake {
        async fn list<'a>(&'a self, ids: &'a [u64], tags: Vec<String>, page: Option<u32>) -> Outcome<Vec<Thing>>
        where
            Self: 'a,
        {
            Ok(vec![thing(format!("{ids:?} {tags:?} {page:?}"))])
        }

        async fn find(&self, word: &str, ids: Option<Vec<u64>>, most: Option<&u32>) -> Outcome<Option<Thing>> {
            Ok((word != "nothing").then(|| thing(format!("{word} {ids:?} {most:?}"))))
        }

        async fn add(&self, session: &str, things: &[Thing]) -> Outcome<()> {
            assert_eq!((session, things.len()), ("s", 2));
            Ok(())
        }
    }

    let capability = Fake.into_capability();
    let listed = capability.call("list", json!({ "ids": [1, 2], "tags": ["t"] })).await.unwrap();
    assert_eq!(listed, json!([{ "name": "[1, 2] [\"t\"] None" }]));
    let found = capability.call("find", json!({ "word": "w", "ids": [3] })).await.unwrap();
    assert_eq!(found, json!({ "name": "w Some([3]) None" }));
    let things = json!({ "session": "s", "things": [{ "name": "a" }, { "name": "b" }] });
    assert_eq!(capability.call("add", things).await.unwrap(), json!(null));
    let error = capability.call("must_find", json!({ "word": "nothing" })).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no such thing");
    assert!(capability.operation("help").is_none());

    let document = capability.document();
    assert_eq!(document.capability.exposes[0].namespace(), "everything-rest");
    assert_eq!(document.capability.exposes[1].namespace(), "inside");
    let resource_counts: Vec<_> = document.capability.consumes.iter().map(|consume| consume.resources.len()).collect();
    assert_eq!(resource_counts, [2, 1]);
}

/// Is deprecated.
#[deprecated = "use another"]
#[naftiko::capability(consumes(namespace = "old", base_uri = "https://old.example"), exposes(rest(port = 1)))]
pub trait Old {
    /// Reads.
    #[deprecated(note = "read another")]
    #[get("/old")]
    async fn read(&self) -> naftiko::Result<Thing>;
}

#[test]
#[cfg(feature = "client")]
#[allow(deprecated, reason = "the test uses a deprecated item on purpose")]
fn deprecated_items_still_work() {
    let capability = OldClient::builder().build().unwrap().into_capability();
    assert_eq!(capability.operations().len(), 1);
}

/// Defines a capability that stores items of a type.
macro_rules! store {
    ($name:ident, $item:ty, $path:literal) => {
        /// Stores items.
        #[naftiko::capability(
            consumes(namespace = "store", base_uri = "https://store.example"),
            exposes(rest(port = 1), mcp(port = 2))
        )]
        pub trait $name {
            /// Stores one.
            #[post($path)]
            async fn store(&self, body: &$item) -> naftiko::Result<$item>;

            /// Stores one, or not.
            #[put($path)]
            async fn store_again(&self, body: Option<$item>) -> naftiko::Result<()>;
        }
    };
}

store!(ThingStore, Thing, "/things");

#[test]
#[cfg(feature = "client")]
fn a_trait_can_be_generated_by_a_macro() {
    assert_eq!(ThingStoreClient::builder().build().unwrap().into_capability().operations().len(), 2);
}

/// Defines a capability from fragments of every kind that attributes and bodies take.
macro_rules! fragments {
    ($name:ident, $example:literal, $negative:literal, $sum:expr, $body:block) => {
        /// Counts.
        #[naftiko::capability(
            consumes(namespace = "counts", base_uri = "https://counts.example"),
            exposes(rest(port = 1), mcp(port = 2))
        )]
        pub trait $name {
            /// Counts to a number.
            #[get("/count")]
            #[example([$example, { "least": $negative }])]
            async fn count(&self, #[example($example)] to: u8, #[example($sum)] by: u8) -> naftiko::Result<naftiko::Value>;

            /// Stores a number.
            #[post("/count")]
            #[tool(input_schema = { "minProperties": $example })]
            async fn store(&self, body: &naftiko::Value) -> naftiko::Result<naftiko::Value>;

            /// Returns a constant.
            #[rest(get = "/constant")]
            async fn constant(self: &Self) -> naftiko::Result<u8> $body
        }
    };
}

fragments!(Counts, 5, -5, 6, { Ok(7) });

#[test]
#[cfg(feature = "client")]
fn a_trait_can_be_made_of_the_fragments_of_a_macro() {
    struct Own;
    impl Counts for Own {
        async fn count(&self, to: u8, _: u8) -> naftiko::Result<naftiko::Value> {
            Ok(to.into())
        }
        async fn store(&self, body: &naftiko::Value) -> naftiko::Result<naftiko::Value> {
            Ok(body.clone())
        }
    }
    let document = serde_json::to_string(Own.into_capability().document()).unwrap();
    assert!(document.contains("\"minProperties\":5"), "{document}");
}

/// Prompts with names in camel case.
#[naftiko::capability(exposes(mcp(port = 1)), rename_all = "camelCase")]
pub trait Prompts {
    /// Greets.
    #[prompt(template = "Hi {{user_id}}, {{ mood }}.")]
    async fn greet(&self, user_id: &str, mood: &str) -> naftiko::Result<String>;

    #[doc = concat!("Asks", ".")]
    #[prompt(description = "Asks.")]
    async fn ask(&self) -> naftiko::Result<String> {
        Ok("?".to_owned())
    }
}

#[test]
fn the_template_of_a_prompt_has_the_published_names() {
    struct Own;
    impl Prompts for Own {}
    let document = serde_json::to_string(Own.into_capability().document()).unwrap();
    assert!(document.contains("Hi {{userId}}, {{mood}}."), "{document}");
    assert!(document.contains(r#""name":"userId""#), "{document}");
}

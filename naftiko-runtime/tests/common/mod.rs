//! Capabilities written by hand, as `#[capability]` would expand them, for the tests of the client.
#![allow(dead_code, reason = "each test file uses a part of it")]

use naftiko_runtime::__private as p;
use naftiko_runtime::spec::lower::Embedded;
use naftiko_runtime::{RawJson, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// The type that operations send and return.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Thing {
    pub(crate) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

impl Thing {
    pub(crate) fn of(id: &str) -> Self {
        Self { id: id.to_owned(), note: None }
    }
}

pub(crate) static IN_PAGE: p::ArgumentCodec<u32> = p::scalar::<u32>();
pub(crate) static IN_THING: p::ArgumentCodec<Thing> = p::body::<Thing>();
pub(crate) static RET_THING: p::ReturnCodec<Result<Thing>> = p::answer(&[]);
pub(crate) static RET_THINGS: p::ReturnCodec<Result<Vec<Thing>>> = p::answer(&[]);
pub(crate) static RET_MAYBE: p::ReturnCodec<Result<Option<Thing>>> = p::answer(&[]);
pub(crate) static RET_UNIT: p::ReturnCodec<Result<()>> = p::answer(&[]);
pub(crate) static RET_RAW: p::ReturnCodec<Result<RawJson>> = p::answer(&[]);
pub(crate) static RET_TEXT: p::ReturnCodec<Result<String>> = p::answer(&[]);

pub(crate) static OPERATIONS: LazyLock<[p::OperationDefinition; 9]> = LazyLock::new(|| {
    [
        p::OperationDefinition {
            index: 0,
            method: "get",
            plan: plan(
                r#"{"name":"get","consumed":{"consume":0,"resource":"r","path":"/things/{thingId}","operation":{"name":"get","method":"GET"}},"arguments":[{"name":"thingId","in":"path","required":true},{"name":"page[size]","in":"query"},{"name":"tag","in":"query","many":true},{"name":"X-Trace","in":"header"},{"name":"session","in":"cookie"},{"name":"theme","in":"cookie"}]}"#,
            ),
            inputs: const { &[&p::STR, &IN_PAGE, &p::STR, &p::STR, &p::STR, &p::STR] },
            output: &RET_THING,
        },
        p::OperationDefinition {
            index: 1,
            method: "put",
            plan: plan(
                r#"{"name":"put","consumed":{"consume":0,"resource":"r","path":"/things/{thingId}/","operation":{"name":"put","method":"PUT"}},"arguments":[{"name":"thingId","in":"path","required":true},{"name":"body","in":"body","wholeBody":true}]}"#,
            ),
            inputs: const { &[&p::STR, &IN_THING] },
            output: &RET_THING,
        },
        p::OperationDefinition {
            index: 2,
            method: "delete",
            plan: plan(
                r#"{"name":"delete","consumed":{"consume":0,"resource":"r","path":"/things/{thingId}","operation":{"name":"delete","method":"DELETE"}},"arguments":[{"name":"thingId","in":"path","required":true}]}"#,
            ),
            inputs: const { &[&p::STR] },
            output: &RET_UNIT,
        },
        p::OperationDefinition {
            index: 4,
            method: "raw",
            plan: plan(
                r#"{"name":"raw","consumed":{"consume":0,"resource":"r","path":"/raw","operation":{"name":"raw","method":"GET"}}}"#,
            ),
            inputs: &[],
            output: &RET_RAW,
        },
        p::OperationDefinition {
            index: 5,
            method: "list",
            plan: plan(
                r#"{"name":"list","output":"$.data.items","consumed":{"consume":0,"resource":"r","path":"/list","operation":{"name":"list","method":"GET"}}}"#,
            ),
            inputs: &[],
            output: &RET_THINGS,
        },
        p::OperationDefinition {
            index: 6,
            method: "maybe",
            plan: plan(
                r#"{"name":"maybe","consumed":{"consume":0,"resource":"r","path":"/maybe","operation":{"name":"maybe","method":"GET"}}}"#,
            ),
            inputs: &[],
            output: &RET_MAYBE,
        },
        p::OperationDefinition {
            index: 7,
            method: "authorized",
            plan: plan(
                r#"{"name":"authorized","consumed":{"consume":0,"resource":"r","path":"/authorized","operation":{"name":"authorized","method":"POST"}},"arguments":[{"name":"Authorization","in":"header","sensitive":true}]}"#,
            ),
            inputs: const { &[&p::STR] },
            output: &RET_UNIT,
        },
        p::OperationDefinition {
            index: 8,
            method: "text",
            plan: plan(
                r#"{"name":"text","consumed":{"consume":0,"resource":"r","path":"/text","operation":{"name":"text","method":"GET","timeout":"300ms"}}}"#,
            ),
            inputs: &[],
            output: &RET_TEXT,
        },
        p::OperationDefinition {
            index: 9,
            method: "exists",
            plan: plan(
                r#"{"name":"exists","consumed":{"consume":0,"resource":"r","path":"/things/{thingId}","operation":{"name":"exists","method":"HEAD"}},"arguments":[{"name":"thingId","in":"path","required":true}]}"#,
            ),
            inputs: const { &[&p::STR] },
            output: &RET_UNIT,
        },
    ]
});

/// Returns the plan of a fragment, as the macro embeds it.
fn plan(fragment: &str) -> &'static str {
    let embedded = Embedded::of_trait(serde_json::from_str(fragment).unwrap()).unwrap();
    embedded.to_json().unwrap().leak()
}

/// The optional arguments of `get_with`.
#[derive(Default)]
pub(crate) struct Extras<'a> {
    pub(crate) page: Option<u32>,
    pub(crate) tags: Option<&'a [String]>,
    pub(crate) trace: Option<&'a str>,
    pub(crate) session: Option<&'a str>,
    pub(crate) theme: Option<&'a str>,
}

/// Defines a client with the operations above; `$head` is the rest of its document.
macro_rules! capability {
    ($name:ident, $head:expr) => {
        #[derive(Debug, Clone)]
        #[allow(dead_code, reason = "each test file uses a part of it")]
        pub(crate) struct $name(naftiko_runtime::__private::Client);

        #[allow(dead_code, reason = "each test file uses a part of it")]
        const _: () = {
            use naftiko_runtime::__private as p;
            use naftiko_runtime::{ClientBuilder, RawJson, Result};
            use $crate::common::*;

            static DEFINITION: std::sync::LazyLock<p::Definition> =
                std::sync::LazyLock::new(|| p::Definition::new($head, &*OPERATIONS));

            impl p::Describe for $name {
                fn definition() -> &'static p::Definition {
                    &DEFINITION
                }

                fn consumed(&self) -> Option<p::Arc<dyn p::Consumed>> {
                    self.0.consumed()
                }
            }

            impl p::FromClient for $name {
                fn from_client(client: p::Client) -> Self {
                    Self(client)
                }

                fn client(&self) -> &p::Client {
                    &self.0
                }
            }

            impl $name {
                pub(crate) fn builder() -> ClientBuilder<Self> {
                    ClientBuilder::new()
                }

                pub(crate) fn get_with(
                    &self,
                    id: &str,
                    extras: Extras<'_>,
                ) -> impl Future<Output = Result<Thing>> + Send + use<> {
                    let sent = [
                        p::ArgumentValue::str(id),
                        IN_PAGE.opt_text(extras.page.as_ref()),
                        p::STR.opt_texts(extras.tags),
                        p::ArgumentValue::opt_str(extras.trace),
                        p::ArgumentValue::opt_str(extras.session),
                        p::ArgumentValue::opt_str(extras.theme),
                    ];
                    self.0.call(0, &RET_THING, &sent)
                }

                pub(crate) fn get(&self, id: &str) -> impl Future<Output = Result<Thing>> + Send + use<> {
                    self.get_with(id, Extras::default())
                }

                pub(crate) fn put(
                    &self,
                    id: &str,
                    body: Option<&Thing>,
                ) -> impl Future<Output = Result<Thing>> + Send + use<> {
                    self.0.call(1, &RET_THING, &[p::ArgumentValue::str(id), IN_THING.opt_json(body)])
                }

                pub(crate) fn delete(&self, id: &str) -> impl Future<Output = Result<()>> + Send + use<> {
                    self.0.call(2, &RET_UNIT, &[p::ArgumentValue::str(id)])
                }

                pub(crate) fn raw(&self) -> impl Future<Output = Result<RawJson>> + Send + use<> {
                    self.0.call(4, &RET_RAW, &[])
                }

                pub(crate) fn list(&self) -> impl Future<Output = Result<Vec<Thing>>> + Send + use<> {
                    self.0.call(5, &RET_THINGS, &[])
                }

                pub(crate) fn maybe(&self) -> impl Future<Output = Result<Option<Thing>>> + Send + use<> {
                    self.0.call(6, &RET_MAYBE, &[])
                }

                pub(crate) fn authorized(
                    &self,
                    authorization: Option<&str>,
                ) -> impl Future<Output = Result<()>> + Send + use<> {
                    self.0.call(7, &RET_UNIT, &[p::ArgumentValue::opt_str(authorization)])
                }

                pub(crate) fn text(&self) -> impl Future<Output = Result<String>> + Send + use<> {
                    self.0.call(8, &RET_TEXT, &[])
                }

                pub(crate) fn exists(&self, id: &str) -> impl Future<Output = Result<()>> + Send + use<> {
                    self.0.call(9, &RET_UNIT, &[p::ArgumentValue::str(id)])
                }
            }
        };
    };
}
#[allow(unused_imports, reason = "each test file uses a part of it")]
pub(crate) use capability;

capability!(
    Open,
    r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Things"},"capability":{"consumes":[{"namespace":"things","baseUri":"http://localhost"}]}}"#
);

capability!(
    Bearer,
    r#"{"naftiko":"1.0.0-alpha2","info":{"label":"Things"},"binds":[{"namespace":"env","description":"from the console","keys":{"TOKEN":"NAFTIKO_TEST_TOKEN","UNUSED":"NAFTIKO_TEST_UNUSED"}}],"capability":{"consumes":[{"namespace":"things","baseUri":"https://[tenant_id].things.example","authentication":{"type":"bearer","token":"{{env.TOKEN}}"}}]}}"#
);

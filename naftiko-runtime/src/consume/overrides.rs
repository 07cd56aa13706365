//! What a program sets for the clients that are built while its factory runs: other upstreams, and no sending.

use crate::error::Error;
use http::StatusCode;
use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

thread_local! {
    static CURRENT: RefCell<Overrides> = const { RefCell::new(Overrides { upstreams: Vec::new(), dry_run: None }) };
}

/// What holds for every client that is built within [`with_overrides`], whatever its builder says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    /// Namespaces of consumed APIs, and the base URI that each is called at.
    pub(crate) upstreams: Vec<(String, String)>,
    /// Calls are recorded here instead of being sent.
    pub(crate) dry_run: Option<DryRun>,
}

/// Where the requests of a dry run are recorded. Clones share the record.
#[derive(Clone, Default)]
#[cfg_attr(not(feature = "document"), allow(unreachable_pub, reason = "only documents show it"))]
pub struct DryRun(Arc<Mutex<Vec<String>>>);

impl DryRun {
    /// Records a request, and makes the error that the call ends with.
    pub(crate) fn record(&self, request: String) -> Error {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        Error::new(StatusCode::SERVICE_UNAVAILABLE, "this is a dry run: the request was recorded and not sent")
    }

    /// The requests so far, in order; each is the request as text, without a line break at its end.
    #[must_use]
    #[cfg_attr(not(feature = "document"), allow(unreachable_pub, reason = "only documents show it"))]
    pub fn requests(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DryRun({} requests)", self.requests().len())
    }
}

/// Runs `f`; clients that are built on this thread while it runs are under `overrides`.
#[cfg(any(feature = "cli", test))]
pub(crate) fn with_overrides<T>(overrides: Overrides, f: impl FnOnce() -> T) -> T {
    /// Puts the overrides back that were there before, also when `f` panics.
    struct Restore(Overrides);

    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(std::mem::take(&mut self.0));
        }
    }

    let _restore = Restore(CURRENT.replace(overrides));
    f()
}

/// The overrides that hold now.
pub(crate) fn current() -> Overrides {
    CURRENT.with_borrow(Clone::clone)
}

/// The namespaces of the APIs that a definition consumes: the ones that an upstream can be overridden for.
pub(crate) fn namespaces(definition: &crate::operation::Definition) -> Vec<String> {
    definition.loaded().draft.head.capability.consumes.iter().map(|consume| consume.namespace.clone()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::consume::{Client, ClientBuilder, FromClient};
    use crate::operation::{ArgumentValue, Definition, Describe, In, OperationDefinition, Ret, STR};
    use crate::{ErrorKind, Result};

    static BODY: In<Vec<u32>> = crate::operation::body::<Vec<u32>>();
    static RET: Ret<Result<()>> = crate::operation::answer::<Result<()>>();
    static DEFINITION: Definition = Definition::new(
        r#"{"naftiko":"1.0.0-alpha2","binds":[{"namespace":"env","keys":{"KEY":"NAFTIKO_TEST_UNSET"}}],"capability":{"consumes":[{"namespace":"one","baseUri":"https://[tenant_id].example.com/","inputParameters":[{"name":"X-Org","in":"header","value":"{{KEY}}"}],"authentication":{"type":"apikey","key":"key","value":"{{KEY}}","placement":"query"}},{"namespace":"two","baseUri":"https://{naftiko-test-host}"}]}}"#,
        &[OperationDefinition {
            index: 0,
            method: "put",
            plan: r#"{"fragment":{"name":"put","consumed":{"consume":0,"resource":"r","path":"/users/{userId}","operation":{"name":"put","method":"PUT"}},"arguments":[{"name":"userId","in":"path","required":true},{"name":"pin","in":"query","sensitive":true},{"name":"body","in":"body"}]},"work":{"call":{"call":{"consume":0,"operation":"put","method":"PUT","path":[{"literal":"/users/"},{"value":{"argument":0}}],"query":[["pin",{"argument":1}]],"body":{"json":{"argument":2}},"sensitive":[1]}}}}"#,
            inputs: &[&STR, &STR, &BODY],
            output: &RET,
        }],
    );

    struct One(Client);

    impl Describe for One {
        fn definition() -> &'static Definition {
            &DEFINITION
        }
    }

    impl FromClient for One {
        fn from_client(client: Client) -> Self {
            Self(client)
        }
    }

    impl One {
        async fn put(&self, user_id: &str) -> Error {
            let sent = [ArgumentValue::str(user_id), ArgumentValue::str("1234"), BODY.json(&vec![1, 2])];
            self.0.call(0, &RET, &sent).await.unwrap_err()
        }
    }

    #[tokio::test]
    async fn a_dry_run_shows_the_request_and_sends_nothing() {
        let dry_run = DryRun::default();
        let overrides = Overrides { dry_run: Some(dry_run.clone()), ..Overrides::default() };
        let client = with_overrides(overrides, || ClientBuilder::<One>::new().build()).unwrap();
        let error = client.put("a/b").await;
        assert_eq!(error.kind(), ErrorKind::Application);
        let expected = format!(
            "PUT https://[tenant_id].example.com/users/a%2Fb?pin=***&key=***\n\
             user-agent: naftiko/{}\n\
             accept: application/json\n\
             x-org: ***\n\
             content-type: application/json\n\n\
             [1,2]",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(dry_run.requests(), [expected]);
    }

    #[tokio::test]
    async fn a_dry_run_refuses_what_cannot_be_sent() {
        let dry_run = DryRun::default();
        let overrides = Overrides { dry_run: Some(dry_run.clone()), ..Overrides::default() };
        let client = with_overrides(overrides, || ClientBuilder::<One>::new().build()).unwrap();
        let error = client.put("..").await;
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(dry_run.requests().is_empty());
    }

    #[tokio::test]
    async fn a_dry_run_hides_values_that_are_there() {
        let dry_run = DryRun::default();
        let overrides = Overrides { dry_run: Some(dry_run.clone()), ..Overrides::default() };
        let builder = || ClientBuilder::<One>::new().bind("KEY", "s3cret-key").variable("tenant_id", "t-1").build();
        with_overrides(overrides, builder).unwrap().put("s3cret-key").await;
        let request = dry_run.requests().remove(0);
        assert!(request.starts_with("PUT https://t-1.example.com/users/**********?pin=***&key=***\n"), "{request}");
        assert!(!request.contains("s3cret"), "{request}");
    }

    #[test]
    fn an_upstream_goes_before_everything_else() {
        let upstreams = vec![("one".to_owned(), "http://127.0.0.1:1".to_owned())];
        let overrides = Overrides { upstreams, dry_run: None };
        let build = || ClientBuilder::<One>::new().bind("KEY", "k").base_uri("http://example.com").build();
        let error = with_overrides(overrides.clone(), build).map(|one| one.0).unwrap_err().to_string();
        assert!(error.contains("NAFTIKO_TEST_HOST is not set"), "{error}");
        assert!(!error.contains("TENANT_ID"), "the variables of a replaced base URI are not asked for: {error}");

        let build = || {
            let builder = ClientBuilder::<One>::new().bind("KEY", "k").base_uri("http://example.com");
            builder.variable("naftiko-test-host", "two.example.com").build()
        };
        let shown = |one: Result<One>| format!("{:?}", one.unwrap().0);
        assert_eq!(
            shown(with_overrides(overrides, build)),
            "Client[one at http://127.0.0.1:1, two at https://two.example.com]"
        );
        assert_eq!(shown(build()), "Client[one at http://example.com, two at https://two.example.com]");
    }

    #[test]
    fn overrides_end_with_what_they_were_for() {
        let dry = || current().dry_run.is_some();
        let overrides = || Overrides { dry_run: Some(DryRun::default()), ..Overrides::default() };
        with_overrides(overrides(), || {
            with_overrides(Overrides::default(), || assert!(!dry()));
            assert!(dry());
        });
        let panicked =
            std::panic::catch_unwind(|| with_overrides(overrides(), || std::panic::resume_unwind(Box::new(()))));
        assert!(panicked.is_err() && !dry());
        assert_eq!(namespaces(&DEFINITION), ["one", "two"]);
    }
}

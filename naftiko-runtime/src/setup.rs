//! Passes options of a program to its clients: other base URIs, a dry run, and the store that replicas share.

#[cfg(feature = "client")]
use crate::store::SharedStore;
use naftiko_spec::host::without_credentials;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The options of a program that apply to clients: `--upstream`, `--dry-run`, and the store that replicas share.
///
/// A factory that creates a capability takes a `Setup` as its argument, and passes it to the builder of each client
/// (`TokensClient::builder().setup(&setup)`). Its options take precedence over other settings of the builder.
#[derive(Clone, Default)]
pub struct Setup {
    /// Pairs of a consumed API's namespace and its base URI.
    pub(crate) upstreams: Vec<(String, String)>,
    /// The record of requests in a dry run, which are not sent; `None` if requests are sent.
    pub(crate) dry_run: Option<DryRun>,
    /// The store that replicas share.
    #[cfg(feature = "client")]
    pub(crate) store: Option<SharedStore>,
}

#[cfg(feature = "cli")]
impl Setup {
    /// Returns whether nothing is set.
    pub(crate) fn is_empty(&self) -> bool {
        #[cfg(feature = "client")]
        if self.store.is_some() {
            return false;
        }
        !self.has_options()
    }

    /// Returns whether an option of the command line is set.
    pub(crate) fn has_options(&self) -> bool {
        !self.upstreams.is_empty() || self.dry_run.is_some()
    }
}

/// Locations that cannot be read, each with the reason.
#[cfg(feature = "client")]
type UnreadableLocations = Vec<(String, String)>;

/// A record of the requests of a dry run. Clones share the record.
#[derive(Clone, Default)]
#[cfg_attr(not(feature = "document"), allow(unreachable_pub, reason = "only the module `document` exports it"))]
pub struct DryRun {
    requests: Arc<Mutex<Vec<String>>>,
    /// The locations that cannot be read; `None` if files are not read.
    #[cfg(feature = "client")]
    unreadable: Option<Arc<Mutex<UnreadableLocations>>>,
}

impl DryRun {
    /// Creates a dry run that reads the files of binds, looks for the files of resources, prompts and skills, and records the locations
    /// that cannot be read.
    #[must_use]
    #[cfg(feature = "document")]
    pub fn reading_files() -> Self {
        Self { unreadable: Some(Arc::default()), ..Self::default() }
    }

    /// Returns the locations that cannot be read, each with the error that a normal start would report.
    #[must_use]
    #[cfg(feature = "document")]
    pub fn unreadable(&self) -> Vec<(String, String)> {
        let locked = self.unreadable.as_ref().map(|all| all.lock().unwrap_or_else(PoisonError::into_inner).clone());
        locked.unwrap_or_default()
    }

    #[cfg(feature = "client")]
    pub(crate) fn reads_files(&self) -> bool {
        self.unreadable.is_some()
    }

    /// Records a location that cannot be read, once for each reason.
    #[cfg(feature = "client")]
    pub(crate) fn record_unreadable(&self, location: &str, why: String) {
        if let Some(all) = &self.unreadable {
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            let found = (location.to_owned(), why);
            if !all.contains(&found) {
                all.push(found);
            }
        }
    }

    /// Records a request, and returns the error that ends the call.
    #[cfg(feature = "client")]
    pub(crate) fn record(&self, request: String) -> crate::error::Error {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        // A status for which no fallback is called.
        crate::error::Error::new(
            http::StatusCode::NOT_IMPLEMENTED,
            "this is a dry run: the request was recorded and not sent",
        )
    }

    /// Returns the requests so far, in order, each as text without a line break at its end.
    #[must_use]
    #[cfg_attr(not(feature = "document"), allow(unreachable_pub, reason = "only the module `document` exports it"))]
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Shows the base URIs without credentials.
impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let upstreams = self.upstreams.iter().map(|(namespace, uri)| (namespace, without_credentials(uri)));
        f.debug_struct("Setup")
            .field("upstreams", &upstreams.collect::<Vec<_>>())
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DryRun({} requests)", self.requests().len())
    }
}

#[cfg(feature = "client")]
#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::consume::{Client, ClientBuilder, FromClient};
    use crate::operation::{ArgumentCodec, ArgumentValue, Definition, Describe, OperationDefinition, ReturnCodec, STR};
    use crate::{Error, ErrorKind, Result};

    static BODY: ArgumentCodec<Vec<u32>> = crate::operation::body::<Vec<u32>>();
    static RET: ReturnCodec<Result<()>> = crate::operation::answer(&[]);
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

        fn client(&self) -> &Client {
            &self.0
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
        let setup = Setup { dry_run: Some(dry_run.clone()), ..Setup::default() };
        let client = ClientBuilder::<One>::new().setup(&setup).build().unwrap();
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
        let setup = Setup { dry_run: Some(dry_run.clone()), ..Setup::default() };
        let client = ClientBuilder::<One>::new().setup(&setup).build().unwrap();
        let error = client.put("..").await;
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(dry_run.requests().is_empty());
    }

    #[tokio::test]
    async fn a_dry_run_hides_values_that_are_bound() {
        let dry_run = DryRun::default();
        let setup = Setup { dry_run: Some(dry_run.clone()), ..Setup::default() };
        let builder = ClientBuilder::<One>::new().bind("KEY", "s3cret-key").variable("tenant_id", "t-1");
        builder.setup(&setup).build().unwrap().put("s3cret-key").await;
        let request = dry_run.requests().remove(0);
        assert!(request.starts_with("PUT https://t-1.example.com/users/**********?pin=***&key=***\n"), "{request}");
        assert!(!request.contains("s3cret"), "{request}");
    }

    #[test]
    fn the_end_of_a_dry_run_calls_no_fallback() {
        let dry_run = DryRun::default();
        assert!(!dry_run.record("GET https://api.example.com/things".to_owned()).allows_fallback());
        assert_eq!(dry_run.requests(), ["GET https://api.example.com/things"]);
    }

    #[test]
    fn debug_shows_no_credentials_of_base_uris() {
        let base_uri = "https://user:s3cret-a@one.example.com/v1?key=s3cret-b";
        let upstreams = vec![("one".to_owned(), base_uri.to_owned()), ("two".to_owned(), "http://two:1/a".to_owned())];
        let shown = format!("{:?}", Setup { upstreams, ..Setup::default() });
        assert!(shown.contains("one") && shown.contains("http://two:1/a") && !shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn an_upstream_option_takes_precedence_over_the_base_uri() {
        let upstreams = vec![("one".to_owned(), "http://127.0.0.1:1".to_owned())];
        let setup = Setup { upstreams, ..Setup::default() };
        let builder = || ClientBuilder::<One>::new().bind("KEY", "k").base_uri("http://example.com");
        let error = builder().setup(&setup).build().map(|one| one.0).unwrap_err().to_string();
        assert!(error.contains("NAFTIKO_TEST_HOST is not set"), "{error}");
        assert!(!error.contains("TENANT_ID"), "the variables of a replaced base URI are not needed: {error}");

        let builder = || builder().variable("naftiko-test-host", "two.example.com");
        let shown = |one: Result<One>| format!("{:?}", one.unwrap().0);
        assert_eq!(
            shown(builder().setup(&setup).build()),
            "Client[one at http://127.0.0.1:1, two at https://two.example.com]"
        );
        assert_eq!(shown(builder().build()), "Client[one at http://example.com, two at https://two.example.com]");
    }
}

//! How a client is set up: from the environment, and by hand.

use super::plan::Plan;
use super::redact::Redactor;
use super::resolve::Resolver;
use super::transport::Transport;
use super::upstream::Upstream;
use super::{Client, FromClient, Shared, overrides, pool};
use crate::capability::{Definition, Describe};
use crate::error::Result;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// Sets up the client of a capability. `…Client::builder()` gives one.
///
/// What is not said comes from the environment: each variable that `binds` declares and that something uses, and the
/// variables of base URIs (`[tenant_id]` and `{central-host}` are `TENANT_ID` and `CENTRAL_HOST`).
///
/// ```
/// # use naftiko_runtime::{ClientBuilder, Result, __private::FromClient};
/// # use std::time::Duration;
/// # fn set_up<C: FromClient>(builder: ClientBuilder<C>, key_of_the_vault: String) -> Result<C> {
/// // `builder` is what `TokenInfoClient::builder()` gives.
/// builder
///     .base_uri("https://humanitec.example.com")
///     .bind("HUMANITEC_API_KEY", key_of_the_vault)
///     .timeout(Duration::from_secs(5))
///     .build()
/// # }
/// ```
pub struct ClientBuilder<C> {
    settings: Settings,
    client: PhantomData<fn() -> C>,
}

/// What a builder was told.
pub(super) struct Settings {
    pub(super) base_uri: Option<String>,
    pub(super) base_uris: Vec<(String, String)>,
    pub(super) variables: Vec<(String, String)>,
    pub(super) binds: Vec<(String, SecretString)>,
    timeout: Duration,
    connect_timeout: Duration,
    max_answer: usize,
    http: Option<reqwest::Client>,
}

impl<C: FromClient> ClientBuilder<C> {
    /// What `…Client::builder()` calls.
    #[doc(hidden)]
    #[must_use]
    #[allow(clippy::new_without_default, reason = "made by `…Client::builder()`")]
    pub fn new() -> Self {
        let settings = Settings {
            base_uri: None,
            base_uris: Vec::new(),
            variables: Vec::new(),
            binds: Vec::new(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            max_answer: 16 * 1024 * 1024,
            http: None,
        };
        Self { settings, client: PhantomData }
    }

    /// Where the consumed API is, instead of the `base_uri` of the trait; the first one, if there are several. The variables
    /// of the replaced base URI are not asked for.
    #[must_use]
    pub fn base_uri(mut self, uri: impl Into<String>) -> Self {
        self.settings.base_uri = Some(uri.into());
        self
    }

    /// Where the consumed API of that namespace is.
    #[must_use]
    pub fn base_uri_of(mut self, namespace: impl Into<String>, uri: impl Into<String>) -> Self {
        self.settings.base_uris.push((namespace.into(), uri.into()));
        self
    }

    /// The value of a variable in a base URI: `tenant_id` for `[tenant_id]` or `{tenant_id}`. It is made of the characters of
    /// a host name; `host:port` where it is the whole authority.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.variables.push((name.into(), value.into()));
        self
    }

    /// The value of a variable that `binds` declares: a credential, as a rule. It is called `NAME` or `namespace.NAME`.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.binds.push((name.into(), SecretString::from(value.into())));
        self
    }

    /// How long a call may take, from connecting to the last byte of the answer, where the trait does not say: 30 seconds.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.settings.timeout = limit;
        self
    }

    /// How long connecting may take, TLS included: 5 seconds. An [`http_client`](Self::http_client) that is handed in keeps
    /// its own limit.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.settings.connect_timeout = limit;
        self
    }

    /// How large an answer may be, in bytes: 16 MiB. A larger one is refused while it comes.
    #[must_use]
    pub fn max_answer(mut self, bytes: usize) -> Self {
        self.settings.max_answer = bytes;
        self
    }

    /// The HTTP client to call with: for a proxy, certificates, or a connection pool that is shared with others.
    ///
    /// Hand in one that does not follow redirects (`redirect::Policy::none()`): a redirect takes the request, credentials
    /// and all, to a place that nobody has named. The default one does not.
    #[must_use]
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.settings.http = Some(client);
        self
    }

    /// The client.
    ///
    /// # Errors
    /// If a variable is missing or something does not fit where it is used. One error names everything.
    pub fn build(self) -> Result<C> {
        self.settings.build(C::definition()).map(C::from_client)
    }
}

impl Settings {
    /// The client of a definition.
    fn build(self, definition: &'static Definition) -> Result<Client> {
        let overrides = overrides::current();
        let draft = &definition.loaded().draft;
        let mut resolver = Resolver::new(&self, &draft.head, &overrides);
        let consumes = draft.head.capability.consumes.iter().enumerate();
        let upstreams: Vec<_> =
            consumes.map(|(at, consume)| Arc::new(Upstream::new(&mut resolver, at, consume))).collect();
        let mut plans = Vec::new();
        for (number, fragment) in definition.numbers().zip(&draft.fragments) {
            plans.resize(plans.len().max(number + 1), None);
            let plan = Plan::new(&mut resolver, &upstreams, number, fragment, self.timeout);
            if let Some(slot) = plans.get_mut(number) {
                *slot = plan.map(Arc::new);
            }
        }
        let (secrets, hidden) = resolver.finish()?;
        let expose = |secrets: &[SecretString]| Redactor::new(secrets.iter().map(ExposeSecret::expose_secret));
        let shared = Shared {
            transport: match self.http {
                Some(client) => Transport::Reqwest(client),
                None => pool::transport(self.connect_timeout)?,
            },
            definition: definition.id(),
            upstreams,
            plans,
            max_answer: self.max_answer,
            answers: expose(&secrets),
            errors: expose(&[secrets.as_slice(), hidden.as_slice()].concat()),
            dry_run: overrides.dry_run,
        };
        Ok(Client(Arc::new(shared)))
    }
}

impl<C: Describe> fmt::Debug for ClientBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(String, SecretString)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        f.debug_struct("ClientBuilder")
            .field("namespaces", &overrides::namespaces(C::definition()))
            .field("base_uri", &self.settings.base_uri)
            .field("base_uris", &self.settings.base_uris)
            .field("variables", &self.settings.variables)
            .field("binds", &names(&self.settings.binds))
            .finish_non_exhaustive()
    }
}

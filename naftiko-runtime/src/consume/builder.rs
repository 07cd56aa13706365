//! How a client is set up: from the environment, and by hand.

use super::exchange::Line;
use super::plan::Plan;
use super::resolve::Resolver;
use super::upstream::Upstream;
use super::{Client, Filled, FromClient, Shared, overrides};
use crate::error::Result;
use crate::operation::{Definition, Describe};
use secrecy::SecretString;
use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
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
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) base_uri: Option<String>,
    pub(crate) base_uris: Vec<(String, String)>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) binds: Vec<(String, SecretString)>,
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_answer: usize,
    pub(crate) http: Option<reqwest::Client>,
    /// The folder that relative `location`s of binds are below; the process's own without it.
    pub(crate) folder: Option<PathBuf>,
    /// Whether `location`s outside of that folder are refused: a document may come from anywhere, a trait does not.
    pub(crate) confined: bool,
    /// What to do where something is missing.
    pub(crate) help: &'static str,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_uri: None,
            base_uris: Vec::new(),
            variables: Vec::new(),
            binds: Vec::new(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            max_answer: 16 * 1024 * 1024,
            http: None,
            folder: None,
            confined: false,
            help: "set them in the environment, or on the client's builder (`bind`, `variable`, `base_uri`)",
        }
    }
}

impl<C: FromClient> ClientBuilder<C> {
    /// What `…Client::builder()` calls.
    #[doc(hidden)]
    #[must_use]
    #[allow(clippy::new_without_default, reason = "made by `…Client::builder()`")]
    pub fn new() -> Self {
        let settings = Settings::default();
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
        let loaded = definition.loaded();
        let draft = &loaded.draft;
        // First, since it needs what its operations need besides.
        let filled = loaded
            .filled
            .as_ref()
            .map(|filled| Filled::load(&filled.file, filled.lowered.clone(), self.clone(), definition.id()));
        let filled = filled.transpose()?;
        let mut resolver = Resolver::new(&self, &draft.head, &overrides);
        let consumes = draft.head.capability.consumes.iter().enumerate();
        let upstreams: Vec<_> =
            consumes.map(|(at, consume)| Arc::new(Upstream::new(&mut resolver, at, consume))).collect();
        // The operations of a document can do more than those of a trait.
        let of_trait = filled.as_ref().map_or(0, Filled::count);
        let called: Vec<usize> = draft
            .fragments
            .iter()
            .skip(of_trait)
            .filter_map(|fragment| fragment.consumed.as_ref().map(|part| part.consume))
            .collect();
        for (at, upstream) in upstreams.iter().enumerate() {
            if filled.is_none() || called.contains(&at) {
                upstream.for_a_client(&mut resolver);
            }
        }
        let mut plans = Vec::new();
        for (number, fragment) in definition.numbers().zip(&draft.fragments) {
            plans.resize(plans.len().max(number + 1), None);
            if filled.as_ref().is_some_and(|filled| number < filled.count()) {
                continue;
            }
            let plan = Plan::new(&mut resolver, &upstreams, number, fragment, self.timeout);
            if let Some(slot) = plans.get_mut(number) {
                *slot = plan.map(Arc::new);
            }
        }
        let hidden = resolver.finish()?;
        let line = match &filled {
            Some(filled) => filled.line().clone(),
            None => Arc::new(Line::new(self, definition.id(), hidden, overrides.dry_run)?),
        };
        let shared = Shared { line, upstreams, plans, filled };
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

//! The builder of a client, whose settings come from code or from the environment.

use super::authenticate::{Authenticate, UserCredentials};
use super::carried::Carried;
use super::context::ClientContext;
use super::layers;
use super::layers::user::{ApiService, BoxError, RequestBody, UserLayer};
use super::ready::{Loader, ReadyCall};
use super::resolve::Resolver;
use super::rotation::{Generation, Rotation};
use super::secrets::{SecretSource, SecretStore};
use super::settings::ClientSettings;
use super::{Client, ClientInner, ClientOperation, FromClient, LoadDocument, OperationWork};
use crate::error::Result;
use crate::operation::{Definition, Describe, OperationDefinition, Shape};
use crate::setup::Setup;
use crate::store::{SharedStore, Store};
use crate::telemetry;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use naftiko_spec::fragment::Fragment;
use naftiko_spec::lower::Call;
use naftiko_spec::model::{Document, Format};
use secrecy::SecretString;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tower_layer::Layer;
use tower_service::Service;

/// A builder of the client of a capability; `…Client::builder()` returns one.
///
/// Variables that are not set here are read from the environment, or from the location of their bind: each variable that `binds`
/// declares and that is used, and the variables of base URIs (`[tenant_id]` and `{central-host}` are read from `TENANT_ID` and
/// `CENTRAL_HOST`).
///
/// ```
/// # use naftiko_runtime::{ClientBuilder, Result, __private::FromClient};
/// # use std::time::Duration;
/// # fn set_up<C: FromClient>(builder: ClientBuilder<C>, key_of_the_vault: String) -> Result<C> {
/// // `builder` is the return value of `TokenInfoClient::builder()`.
/// builder
///     .base_uri("https://humanitec.example.com")
///     .bind("HUMANITEC_API_KEY", key_of_the_vault)
///     .timeout(Duration::from_secs(5))
///     .build()
/// # }
/// ```
pub struct ClientBuilder<C> {
    settings: ClientSettings,
    client: PhantomData<fn() -> C>,
}

impl<C: FromClient> ClientBuilder<C> {
    /// Creates a builder; `…Client::builder()` calls this.
    #[doc(hidden)]
    #[must_use]
    #[allow(clippy::new_without_default, reason = "created by `…Client::builder()`")]
    pub fn new() -> Self {
        let settings = ClientSettings::default();
        Self { settings, client: PhantomData }
    }

    /// Sets the base URI of the consumed API, or of the first one if there are several. It replaces the `base_uri` of the trait,
    /// whose variables are then not needed.
    #[must_use]
    pub fn base_uri(mut self, uri: impl Into<String>) -> Self {
        self.settings.base_uri = Some(uri.into());
        self
    }

    /// Sets the base URI of the consumed API with the given namespace.
    #[must_use]
    pub fn base_uri_of(mut self, namespace: impl Into<String>, uri: impl Into<String>) -> Self {
        self.settings.base_uris.push((namespace.into(), uri.into()));
        self
    }

    /// Sets a variable of a base URI: `tenant_id` for `[tenant_id]` or `{tenant_id}`. In the host, the value can contain only
    /// characters of a host name (or be `host:port` if the variable is the whole authority); in the path, only letters, digits,
    /// `-`, `.`, `_` and `~`.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.variables.push((name.into(), value.into()));
        self
    }

    /// Sets a variable that `binds` declares, usually a credential. The name is `NAME` or `namespace.NAME`.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.binds.push((name.into(), SecretString::from(value.into())));
        self
    }

    /// Sets the time limit of a call, from its start to the last byte of the answer, for methods without a `timeout`. The
    /// default is 30 seconds. For a file, the limit applies to each chunk once the answer has begun.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.settings.timeout = limit;
        self
    }

    /// Sets the time limit for connecting, TLS included. The default is 5 seconds. An HTTP client that you pass in
    /// (feature `reqwest`) keeps its own limit.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.settings.connect_timeout = limit;
        self
    }

    /// Sets the maximum size of an answer, or of an item of a stream, in bytes. The default is 16 MiB. A file that is
    /// passed on as it arrives has no maximum size.
    #[must_use]
    pub fn max_answer(mut self, bytes: usize) -> Self {
        self.settings.max_answer = bytes;
        self
    }

    /// Sets how long a stream of items ([`Stream`](crate::Stream)) may be silent, without even a comment. The default
    /// is 5 minutes. The time limit of a call only applies until the stream begins.
    #[must_use]
    pub fn stream_idle(mut self, limit: Duration) -> Self {
        self.settings.stream_idle = limit;
        self
    }

    /// Sets the HTTP client that sends the requests, for example to add certificates or to share a connection pool.
    /// Needs the feature `reqwest`. You don't need your own client for a proxy: set `HTTP_PROXY`, `HTTPS_PROXY`,
    /// `ALL_PROXY` and `NO_PROXY`.
    ///
    /// Pass in a client that does not follow redirects (`redirect::Policy::none()`): a redirect would send the request, including
    /// its credentials, to a host that the trait does not name. The default client does not follow them.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.settings.http = Some(client);
        self
    }

    /// Sets a store that replicas share: a `rate_limit` then counts the calls of all replicas, and `cache` keeps its answers in the
    /// store. It replaces the store of the program; without any store, counts and answers are this client's own. See the
    /// [guide](https://docs.rs/naftiko/latest/naftiko/guide/deployment/index.html#replicas).
    #[must_use]
    pub fn store(mut self, store: impl Store) -> Self {
        self.settings.store = Some(SharedStore::new(Arc::new(store)));
        self
    }

    /// Sets the code that adds your own credentials to all requests, instead of the `authentication` of the trait.
    #[must_use]
    pub fn authenticate(mut self, credentials: impl Authenticate) -> Self {
        self.settings.authenticate.push((None, Arc::new(UserCredentials::new(credentials))));
        self
    }

    /// Sets the code that adds your own credentials to the requests to the API with the given namespace.
    #[must_use]
    pub fn authenticate_of(mut self, namespace: impl Into<String>, credentials: impl Authenticate) -> Self {
        self.settings.authenticate.push((Some(namespace.into()), Arc::new(UserCredentials::new(credentials))));
        self
    }

    /// Sets your own source of the values of the bind with the given namespace, for all its keys that [`bind`](Self::bind) does not
    /// set. Building the client waits for the values that are used, for at most 10 seconds each.
    ///
    /// ```
    /// # use naftiko_runtime::{ClientBuilder, Result, SecretSource, __private::FromClient};
    /// # fn set_up<C: FromClient>(builder: ClientBuilder<C>, manager: impl SecretSource) -> Result<C> {
    /// // The trait declares `binds(vault(WEATHER_KEY = "weather-key"))`.
    /// builder.secrets("vault", manager).build()
    /// # }
    /// ```
    #[must_use]
    pub fn secrets(mut self, namespace: impl Into<String>, source: impl SecretSource) -> Self {
        self.settings.secrets.push((namespace.into(), Arc::new(source)));
        self
    }

    /// Adds your own tower layer around every request of the client: to sign requests, to count them, or to answer them from a cache.
    /// The first layer is the outermost; retries and limits (`resilience`) are below all of them, so a layer sees each
    /// call once (or twice, if the API refuses a secret that has changed since).
    ///
    /// Among the extensions of a request is an [`OperationInfo`](crate::layer::OperationInfo). The request contains the
    /// credential, unless the credential is created for each attempt (an access token, a signature, your own [`Authenticate`]).
    ///
    /// ```
    /// # use naftiko_runtime::{ClientBuilder, Result, http, layer::RequestBody, __private::FromClient};
    /// # fn set_up<C: FromClient>(builder: ClientBuilder<C>) -> Result<C> {
    /// let stamp = |mut request: http::Request<RequestBody>| {
    ///     request.headers_mut().insert("x-team", http::HeaderValue::from_static("payments"));
    ///     request
    /// };
    /// builder.layer(tower::util::MapRequestLayer::new(stamp)).build()
    /// # }
    /// ```
    #[must_use]
    pub fn layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<ApiService> + Send + Sync + 'static,
        L::Service: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<RequestBody>>>::Error: Into<BoxError>,
        <L::Service as Service<Request<RequestBody>>>::Future: Send,
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<BoxError>,
    {
        self.settings.layers.push(UserLayer::new(layer));
        self
    }

    /// Applies the client options of the program's command line; [`run`](crate::run) passes them to the function that
    /// it calls.
    #[must_use]
    pub fn setup(mut self, setup: &Setup) -> Self {
        self.settings.set_up(setup);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// Returns an error if a variable is missing or a value is invalid where it is used. One error lists all problems.
    pub fn build(self) -> Result<C> {
        self.settings.build(C::definition(), C::DOCUMENT).map(C::from_client)
    }
}

/// The settings of a client that could not be built, so that it can be built again.
#[cfg(feature = "cli")]
struct UnbuiltClient {
    definition: &'static Definition,
    settings: ClientSettings,
}

/// Builds a client again with `setup`. An error that did not come from building this client is returned unchanged.
#[cfg(feature = "cli")]
pub(crate) fn rebuilt<C: FromClient>(built: Result<C>, setup: &Setup) -> Result<C> {
    let definition = C::definition();
    let settings = match &built {
        Ok(client) => Some(&client.client().0.settings),
        Err(error) => {
            let unbuilt =
                error.attached().filter(|unbuilt: &&UnbuiltClient| std::ptr::eq(unbuilt.definition, definition));
            unbuilt.map(|unbuilt| &unbuilt.settings)
        }
    };
    let Some(mut settings) = settings.cloned() else { return built };
    settings.set_up(setup);
    settings.build(definition, C::DOCUMENT).map(C::from_client)
}

impl ClientSettings {
    /// Builds the client of a definition. `document` prepares the operations of the document that implements the trait.
    fn build(self, definition: &'static Definition, document: Option<LoadDocument>) -> Result<Client> {
        let parsed = definition.parsed();
        let draft = &parsed.draft;
        let from_document = parsed.loaded.as_ref().map_or(0, |loaded| loaded.lowered.operations.len());
        let load = move |loader: &mut Loader<'_, '_>| {
            // The trait's calls are registered before the document is loaded, because the document's writes invalidate answers that the
            // trait's reads have cached.
            parsed.calls.iter().flatten().for_each(|call| loader.expect(call));
            let document = parsed.loaded.as_ref().and_then(|loaded| {
                if document.is_none() {
                    loader.resolver.report(
                        "the operations of this trait come from a document, but `naftiko` is built without its feature `document`",
                    );
                }
                document.map(|LoadDocument(load)| load(loader, loaded.lowered.clone()))
            });
            let mut operations = Vec::new();
            for (at, (method, fragment)) in definition.methods().iter().zip(&draft.fragments).enumerate() {
                operations.resize_with(operations.len().max(method.index + 1), || None);
                let call = match at.checked_sub(from_document) {
                    None => Some(OperationWork::Document),
                    Some(own) => {
                        let call = parsed.calls.get(own).cloned().flatten();
                        call.and_then(|call| loader.method(fragment, method, *call)).map(OperationWork::Call)
                    }
                };
                if let Some(slot) = operations.get_mut(method.index) {
                    *slot = call.map(|call| ClientOperation { method, call });
                }
            }
            (document, operations, loader.upstreams.clone())
        };
        let again = || {
            let load_again: LoadAgain = Box::new(move |loader| drop(load(loader)));
            (draft.head.clone(), load_again)
        };
        let connected = self.connect(&draft.head, load, again);
        #[cfg(feature = "cli")]
        let connected =
            connected.map_err(|error| error.with_attached(UnbuiltClient { definition, settings: self.clone() }));
        let Connected { loaded: (document, operations, upstreams), context, store } = connected?;
        let document = document.map(|document| document(context.clone()));
        let callers = self.caller_values(&store);
        Ok(Client(Arc::new(ClientInner {
            #[cfg(feature = "cli")]
            settings: self,
            context,
            upstreams,
            operations,
            document,
            callers,
        })))
    }

    /// Resolves the external values that a document needs, while `load` prepares its calls. If values can change, `again` provides
    /// the document and the function that prepares its calls again.
    ///
    /// # Errors
    /// Returns an error if a value is missing or invalid. One error lists all problems.
    pub(crate) fn connect<T>(
        &self,
        document: &Document,
        load: impl FnOnce(&mut Loader<'_, '_>) -> T,
        again: impl FnOnce() -> (Document, LoadAgain),
    ) -> Result<Connected<T>> {
        let (store, transport) = (self.secret_store(), self.transport());
        let sent_with = transport.as_ref().ok().cloned().flatten();
        let replicas = self.replicas();
        let limits = layers::ApiLimits::new(document, sent_with.clone(), &self.layers, replicas.as_ref());
        let carried = Arc::new(Carried::new(limits, sent_with));
        let (loaded, generation) = self.generation(document, (&store, &carried, replicas), 0, load)?;
        transport?;
        let Generation { context, constants, .. } = generation;
        if store.is_used() && self.setup.dry_run.is_none() {
            let ((document, load), settings, values) = (again(), self.clone(), store.clone());
            let label = document.info.label.clone();
            let prepare = move |number| {
                let prepared =
                    settings
                        .generation(&document, (&values, &carried, settings.replicas()), number, |loader| load(loader));
                prepared.map(|((), generation)| generation)
            };
            telemetry::watch_secrets(&label, &store);
            // The context is new, so its rotation is not set yet.
            let _ = context.rotation.set(Rotation::new(store.clone(), constants, Box::new(prepare)));
        }
        Ok(Connected { loaded, context, store })
    }

    /// Prepares the calls of a document with the current values. `number` is the number of the new generation.
    fn generation<T>(
        &self,
        document: &Document,
        (store, carried, replicas): (&Arc<SecretStore>, &Carried, Option<layers::ReplicaState>),
        number: u64,
        load: impl FnOnce(&mut Loader<'_, '_>) -> T,
    ) -> Result<(T, Generation)> {
        let mut resolver = Resolver::new(self, document, store, carried);
        let mut limits = carried.limits.lock().unwrap_or_else(PoisonError::into_inner);
        let mut loader = Loader::new(&mut resolver, document, self.timeout, &mut limits);
        let mut earlier = carried.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let both = loader.upstreams.iter().zip(&*earlier);
        let changed: Vec<bool> = both.map(|(upstream, earlier)| !upstream.secrets.is_same(earlier)).collect();
        loader.layers.forget_answers(document, &changed, replicas.as_ref());
        // Kept even if the generation fails, since the layers have already forgotten the answers.
        *earlier = loader.upstreams.iter().map(|upstream| upstream.secrets.clone()).collect();
        loader.layers.note_credentials(loader.upstreams.iter().map(|upstream| upstream.digest));
        let work = load(&mut loader);
        let (calls, forwards) = (std::mem::take(&mut loader.calls), std::mem::take(&mut loader.forwards));
        let upstreams = loader.upstreams.clone();
        let constants = Arc::new(std::mem::take(&mut loader.constants));
        let hidden = resolver.finish()?;
        let masked = carried.with_earlier_secrets(hidden);
        let limits = (self.max_answer, self.stream_idle, self.setup.dry_run.clone());
        let context = Arc::new(ClientContext::new(limits, carried.transport.clone(), masked, number));
        Ok((work, Generation { number, context, upstreams, constants, calls, forwards }))
    }
}

/// The function that prepares the calls of a document again.
pub(crate) type LoadAgain = Box<dyn Fn(&mut Loader<'_, '_>) + Send + Sync>;

/// The result of [`ClientSettings::connect`].
pub(crate) struct Connected<T> {
    /// What the function that prepares the calls returned.
    pub(crate) loaded: T,
    pub(crate) context: Arc<ClientContext>,
    pub(crate) store: Arc<SecretStore>,
}

impl Loader<'_, '_> {
    /// Prepares the call of a trait's method; `None` if it is invalid.
    fn method(&mut self, fragment: &Fragment, method: &OperationDefinition, mut call: Call) -> Option<Arc<ReadyCall>> {
        if let Some(upstream) = self.upstreams.get(call.consume).cloned() {
            upstream.reject_inline_credential(self.resolver);
        }
        match method.output.shape() {
            Shape::File => call.format = Format::Binary,
            Shape::Stream => call.format = Format::Stream,
            _ => {}
        }
        let arguments = fragment.arguments.iter().map(|argument| argument.name.clone()).collect();
        self.call(call, &fragment.name, &arguments)
    }
}

impl<C: Describe> fmt::Debug for ClientBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let consumes = &C::definition().parsed().draft.head.capability.consumes;
        let mut shown = f.debug_struct("ClientBuilder");
        shown.field("namespaces", &consumes.iter().map(|consume| &consume.namespace).collect::<Vec<_>>());
        self.settings.show(&mut shown);
        shown.finish_non_exhaustive()
    }
}

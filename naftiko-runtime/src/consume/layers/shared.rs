//! Builds the layers of each operation from its own limits and those of its API, which all operations of the API share.

use super::authentication::{AuthenticationLayer, Credentials};
use super::breaker::BreakerLayer;
use super::cache::{AnswerStore, CacheLayer, SharedAnswers, WriteReports};
use super::coalescing::{CoalescingLayer, Flights};
use super::concurrency::ConcurrencyLayer;
use super::hedge::{HedgeLayer, Hedging};
use super::rate::{RateLayer, SharedCount};
use super::redirect::RedirectLayer;
use super::request_key::RequestDigest;
use super::retry::{Budget, RetryLayer};
use super::try_timeout::TryTimeoutLayer;
use super::user::{OperationInfo, UserLayer};
use super::{Layers, Stack};
use crate::consume::transport::Transport;
use crate::digest::hex;
use crate::store::SharedStore;
use aws_lc_rs::digest::{SHA256, digest};
use http::HeaderName;
use naftiko_spec::lower::{Call, Format};
use naftiko_spec::model::{
    Cache, CacheLimits, CircuitBreaker, Consume, Document, Hedge, Method, Milliseconds, RateLimit, Resilience,
};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tower_layer::Layer;

/// The limits of a document's APIs and operations. Limits of operations are created on first use.
pub(crate) struct ApiLimits {
    /// The transport; `None` only in a dry run.
    transport: Option<Arc<Transport>>,
    user_layers: Vec<UserLayer>,
    capability: Arc<str>,
    apis: Vec<Api>,
    operations: HashMap<(usize, String), Limits>,
    /// The store that replicas share.
    store: Option<SharedStore>,
}

struct Api {
    namespace: Arc<str>,
    settings: Resilience,
    cache: Option<Cache>,
    /// Whether answers of any of its operations are kept, so that writes must invalidate them.
    is_cached: bool,
    memory: Option<CacheMemory>,
    /// The memory that requests with the earlier secrets used.
    earlier: Option<CacheMemory>,
    /// The store of its answers that replicas share.
    shared: Option<Arc<SharedAnswers>>,
    /// The reports of its writes to that store.
    reports: Option<Arc<WriteReports>>,
    /// The hash of its credentials.
    credentials: CredentialDigest,
    redirects: Option<RedirectLayer>,
    limits: Limits,
    budget: Arc<Budget>,
}

/// The hash of the credentials of an API, which is known when they are resolved.
type CredentialDigest = Arc<OnceLock<RequestDigest>>;

/// The state that the layers of replicas share.
pub(crate) struct ReplicaState {
    pub(crate) store: SharedStore,
    /// Whether requests are sent with the user's HTTP client, which may add credentials.
    pub(crate) has_own_client: bool,
}

impl ReplicaState {
    /// Returns the store of the answers of an API; `None` if the credentials of its requests are unknown here: credentials of
    /// the user's HTTP client, or a client certificate.
    fn answers(
        &self,
        label: &str,
        consume: &Consume,
        credentials: &CredentialDigest,
        reports: &Arc<WriteReports>,
    ) -> Option<Arc<SharedAnswers>> {
        if self.has_own_client || consume.tls.key.is_some() {
            return None;
        }
        let authentication = serde_json::to_string(&consume.authentication).ok()?;
        let owner = vec![label.to_owned(), consume.namespace.clone(), authentication];
        Some(Arc::new(SharedAnswers::new(&self.store, reports.clone(), owner, credentials.clone())))
    }
}

/// The state that the caches of an API's operations share.
#[derive(Clone)]
struct CacheMemory {
    store: Arc<AnswerStore>,
    flights: Arc<Flights>,
}

/// The settings that an operation specifies itself.
#[derive(Clone, Copy)]
pub(crate) struct OwnSettings<'a> {
    pub(crate) resilience: &'a Resilience,
    pub(crate) cache: Option<Cache>,
    /// Its method; `None` if its requests can have any method.
    pub(crate) method: Option<Method>,
}

impl<'a> OwnSettings<'a> {
    /// Returns the settings of a call.
    pub(crate) fn of(call: &'a Call) -> Self {
        // A stream is passed on as it arrives: nothing of it is kept or shared.
        let cache = if call.format == Format::Stream { Some(Cache::Off) } else { call.cache };
        Self { resilience: &call.resilience, cache, method: Some(call.method) }
    }

    /// Returns the size limits for stored answers; `None` if no answers are stored.
    fn cache_limits(&self, api: Option<Cache>) -> Option<CacheLimits> {
        let may_read = self.method.is_none_or(Method::is_read);
        Cache::limits(self.cache, api).filter(|_| may_read)
    }
}

impl Api {
    /// Returns the memory of its caches; `None` if the system provides no random numbers for its keys.
    fn memory(&mut self) -> Option<CacheMemory> {
        if self.memory.is_none() {
            let size = Cache::limits(None, self.cache).and_then(|limits| limits.size).unwrap_or(CacheLimits::SIZE);
            let size = usize::try_from(size.0).unwrap_or(usize::MAX);
            let earlier = self.earlier.take();
            let renewed = earlier.as_ref().and_then(|earlier| earlier.store.renewed());
            let store = match (self.shared.take(), renewed) {
                (Some(shared), _) => Some(Arc::new(AnswerStore::of_replicas(shared))),
                (None, Some(renewed)) => Some(renewed),
                (None, None) => AnswerStore::new(size).map(Arc::new),
            };
            let flights = match earlier {
                Some(earlier) => Some(earlier.flights.renewed()),
                None => Flights::new().map(Arc::new),
            };
            self.memory = store.zip(flights).map(|(store, flights)| CacheMemory { store, flights });
        }
        self.memory.clone()
    }
}

/// Layers with shared counters.
#[derive(Clone)]
struct Limits {
    concurrency: Option<ConcurrencyLayer>,
    rate: Option<RateLayer>,
    breaker: Option<BreakerLayer>,
}

/// The owner of the calls that a limit counts.
#[derive(Clone, Copy)]
struct LimitOwner<'a> {
    /// The label of the capability.
    capability: &'a str,
    /// The namespace of the API.
    namespace: &'a str,
    /// The operation; empty for a limit of the API.
    operation: &'a str,
}

impl LimitOwner<'_> {
    /// Returns the count of this owner's rate limit in the store that replicas share; `None` without a store.
    fn count(self, store: Option<&SharedStore>, settings: RateLimit, per: Duration) -> Option<SharedCount> {
        let Self { capability, namespace, operation } = self;
        // The limit is part of the key, so that a new version of the document with another limit has its own count.
        let counted = format!("{operation}\0{}\0{}", settings.calls, per.as_millis());
        let hash = hex(digest(&SHA256, counted.as_bytes()).as_ref());
        let key = format!("naftiko:rate:{capability}:{namespace}:{hash:.16}");
        store.cloned().map(|store| SharedCount { store, key })
    }
}

impl Limits {
    /// Creates the limits of an API or an operation from its settings. The rate limit is counted in `store`, if there is one.
    fn of(owner: LimitOwner<'_>, settings: &Resilience, store: Option<&SharedStore>) -> Self {
        let namespace = owner.namespace;
        let span = |own: Option<Milliseconds>, default: Milliseconds| Duration::from_millis(own.unwrap_or(default).0);
        Self {
            concurrency: settings.concurrency.map(|settings| {
                ConcurrencyLayer::new(namespace, settings.calls, settings.queue.unwrap_or(settings.calls))
            }),
            rate: settings.rate_limit.map(|settings| {
                let per = span(settings.per, RateLimit::PER);
                let limit = (settings.calls, per, settings.queue.unwrap_or(settings.calls));
                RateLayer::new(namespace, limit, owner.count(store, settings, per))
            }),
            breaker: settings.circuit_breaker.map(|settings| {
                let api = (owner.capability, namespace);
                BreakerLayer::new(api, settings.failures, span(settings.reset, CircuitBreaker::RESET))
            }),
        }
    }
}

impl ApiLimits {
    /// Creates the limits of a document's APIs.
    pub(crate) fn new(
        document: &Document,
        transport: Option<Arc<Transport>>,
        user_layers: &[UserLayer],
        replicas: Option<&ReplicaState>,
    ) -> Self {
        let store = replicas.map(|replicas| &replicas.store);
        let label = &document.info.label;
        let consumes = document.all_consumes();
        let apis = consumes.iter().map(|consume| {
            let reports = store.map(|store| Arc::new(WriteReports::new(store)));
            (consume, CredentialDigest::default(), reports)
        });
        let apis = apis.map(|(consume, credentials, reports)| Api {
            namespace: consume.namespace.as_str().into(),
            settings: consume.resilience.clone(),
            cache: consume.cache,
            is_cached: Cache::limits(None, consume.cache).is_some(),
            memory: None,
            earlier: None,
            shared: replicas
                .zip(reports.as_ref())
                .and_then(|(replicas, reports)| replicas.answers(label, consume, &credentials, reports)),
            reports,
            credentials,
            redirects: consume.redirects.filter(|limit| *limit > 0).map(|limit| RedirectLayer { limit }),
            limits: {
                let owner = LimitOwner { capability: label, namespace: &consume.namespace, operation: "" };
                Limits::of(owner, &consume.resilience, store)
            },
            budget: Arc::default(),
        });
        let (apis, capability, user_layers) = (apis.collect(), label.as_str().into(), user_layers.to_vec());
        Self { transport, user_layers, capability, apis, operations: HashMap::new(), store: store.cloned() }
    }

    /// Forgets the answers of the APIs whose secrets have changed: caches are private to the credentials.
    pub(crate) fn forget_answers(&mut self, document: &Document, changed: &[bool], replicas: Option<&ReplicaState>) {
        let label = document.info.label.as_str();
        let apis = self.apis.iter_mut().zip(document.all_consumes()).zip(changed);
        for ((api, consume), _) in apis.filter(|(_, changed)| **changed) {
            api.earlier = api.memory.take().or(api.earlier.take());
            api.credentials = CredentialDigest::default();
            api.shared = replicas
                .zip(api.reports.as_ref())
                .and_then(|(replicas, reports)| replicas.answers(label, consume, &api.credentials, reports));
        }
    }

    /// Notes the hashes of the credentials of all APIs.
    pub(crate) fn note_credentials(&mut self, digests: impl Iterator<Item = RequestDigest>) {
        for (api, digest) in self.apis.iter().zip(digests) {
            api.credentials.get_or_init(|| digest);
        }
    }

    /// Returns the configured header for the idempotency key of an operation's requests, if there is one.
    pub(crate) fn idempotency_header(&self, api: usize, own: &Resilience) -> Option<HeaderName> {
        own.over(&self.apis.get(api)?.settings).retry?.idempotency_key?.parse().ok()
    }

    /// Registers a call that is prepared later: if its answers are kept, writes of the API's other operations
    /// invalidate them.
    pub(crate) fn expect(&mut self, call: &Call) {
        if let Some(api) = self.apis.get_mut(call.consume) {
            api.is_cached |= OwnSettings::of(call).cache_limits(api.cache).is_some();
        }
    }

    /// Returns the layers of an operation of the API with that index; `None` if it needs none, or without a transport.
    pub(crate) fn layers(
        &mut self,
        index: usize,
        operation: &str,
        settings: OwnSettings<'_>,
        credentials: Option<Arc<dyn Credentials>>,
        transport: Option<Arc<Transport>>,
    ) -> Option<Layers> {
        let transport = transport.or_else(|| self.transport.clone())?;
        let (api, own) = (self.apis.get_mut(index)?, settings.resilience);
        let mut resilience = own.over(&api.settings);
        let hedge = resilience.hedge_after().filter(|_| settings.method.is_none_or(Method::is_read));
        resilience.hedge = hedge.map(Hedge::After);
        let cache_limits = settings.cache_limits(api.cache);
        let notes_writes = api.is_cached && settings.method.is_none_or(|method| !method.is_read());
        if credentials.as_ref().is_some_and(|credentials| credentials.are_custom()) {
            api.shared = None;
        }
        let memory = if cache_limits.is_some() || notes_writes { api.memory() } else { None };
        if resilience.is_empty()
            && memory.is_none()
            && api.redirects.is_none()
            && self.user_layers.is_empty()
            && credentials.is_none()
        {
            return None;
        }
        let limits = if own.is_empty() {
            api.limits.clone()
        } else {
            let key = (index, operation.to_owned());
            let known = self.operations.entry(key).or_insert_with(|| {
                let owner = LimitOwner { capability: &self.capability, namespace: &api.namespace, operation };
                Limits::of(owner, own, self.store.as_ref())
            });
            Limits {
                concurrency: known.concurrency.clone().or_else(|| api.limits.concurrency.clone()),
                rate: known.rate.clone().or_else(|| api.limits.rate.clone()),
                breaker: known.breaker.clone().or_else(|| api.limits.breaker.clone()),
            }
        };
        let mut stack = Stack::over(transport.clone());
        if let Some(limit) = resilience.timeout {
            stack = Stack::new(TryTimeoutLayer { limit: Duration::from_millis(limit.0) }.layer(stack));
        }
        let needs_info = !self.user_layers.is_empty() || credentials.is_some();
        if let Some(credentials) = credentials {
            stack = Stack::new(AuthenticationLayer { credentials, transport }.layer(stack));
        }
        if let Some(redirects) = api.redirects {
            stack = Stack::new(redirects.layer(stack));
        }
        let retry = resilience.retry.filter(|retry| retry.tries > 1 || retry.idempotency_key.is_some());
        if let Some(after) = hedge {
            let hedging = Hedging {
                after: Duration::from_millis(after.0),
                budget: api.budget.clone(),
                deposits: retry.is_none(),
                breaker: limits.breaker.clone(),
                rate: limits.rate.clone(),
                concurrency: limits.concurrency.clone(),
            };
            stack = Stack::new(HedgeLayer::new(hedging).layer(stack));
        }
        if let Some(retry) = retry {
            stack = Stack::new(RetryLayer::new(&retry, api.budget.clone()).layer(stack));
        }
        if let Some(breaker) = limits.breaker {
            stack = Stack::new(breaker.layer(stack));
        }
        if let Some(rate) = limits.rate {
            stack = Stack::new(rate.layer(stack));
        }
        if let Some(concurrency) = limits.concurrency {
            stack = Stack::new(concurrency.layer(stack));
        }
        if let Some(CacheMemory { store, flights }) = memory {
            let largest = cache_limits.map(|limits| limits.answer.unwrap_or(CacheLimits::ANSWER));
            let largest = largest.map(|bytes| usize::try_from(bytes.0).unwrap_or(usize::MAX));
            stack = Stack::new(CoalescingLayer::new(flights, operation, largest).layer(stack));
            stack = Stack::new(CacheLayer::new(store, largest).layer(stack));
        }
        // The user's first layer is the outermost.
        for layer in self.user_layers.iter().rev() {
            stack = layer.around(stack);
        }
        let info = || OperationInfo::new(self.capability.clone(), api.namespace.clone(), operation);
        Some(Layers::new(stack, needs_info.then(info)))
    }
}

//! The answers that replicas share in a store. Each is encrypted for the request that it answers, and is valid until
//! someone writes to its path.
//!
//! The name of an answer is a keyed hash of its request, and the answer is encrypted (AES-256-GCM) with a second such hash as the key.
//! The key of both hashes is derived from the credentials of the API, so whoever reads the store needs the credentials and the request
//! to read an answer, and nobody can forge an answer without them. Each path has a version in the store, a random number that each
//! write replaces; an answer whose version differs from that of its path is not used. So a write reaches all replicas,
//! even for reads that began before it. A path that is only read gets a first version, which expires soon unless an
//! answer is kept.

use super::reports::{VERSION, VERSION_LIFETIME, WriteReports, name};
use super::stored::{Stored, StoredHead};
use super::unreported::LONGEST;
use crate::consume::layers::PathVersion;
use crate::consume::layers::request_key::{KeyMaker, RequestDigest};
use crate::consume::layers::retry::random;
use crate::consume::outgoing::Outgoing;
use crate::store::SharedStore;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use bytes::Bytes;
use futures_util::future::try_join;
use http::Request;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// How long a first version is kept if no answer is kept: longer than most reads take. An answer that arrives later is not kept.
const FIRST_LIFETIME: Duration = Duration::from_secs(600);

/// The maximum number of answers that are being written to the store at a time. Further answers are not kept.
const WRITES: usize = 32;

/// The byte at the end of a first version, which expires soon.
const FIRST: u8 = 1;

/// The store of the answers of an API.
pub(crate) struct SharedAnswers {
    store: SharedStore,
    /// The names of the capability and the API, and the API's `authentication` as it was declared.
    owner: Vec<String>,
    /// The hash of the credentials of the API, which is known when the client is complete.
    credentials: Arc<OnceLock<RequestDigest>>,
    /// The keys of answers.
    keys: OnceLock<KeyMaker>,
    writes: Arc<Semaphore>,
    pub(super) reports: Arc<WriteReports>,
    /// The answers that are being validated in the background.
    validated: Mutex<HashSet<RequestDigest>>,
}

/// The place of the answer to a request in the store, and the version of its path.
#[derive(Clone)]
pub(super) struct SharedPlace {
    answers: Arc<SharedAnswers>,
    digest: RequestDigest,
    seal: RequestDigest,
    resource: RequestDigest,
    version: Vec<u8>,
    /// Whether the version expires soon.
    is_first: bool,
}

impl SharedAnswers {
    /// Creates the store of the answers of an API. `credentials` is set when they are resolved. `reports` are shared by all credentials
    /// of the API.
    pub(crate) fn new(
        store: &SharedStore,
        reports: Arc<WriteReports>,
        owner: Vec<String>,
        credentials: Arc<OnceLock<RequestDigest>>,
    ) -> Self {
        Self {
            store: store.apart("cached answers"),
            owner,
            credentials,
            keys: OnceLock::new(),
            writes: Arc::new(Semaphore::new(WRITES)),
            reports,
            validated: Mutex::default(),
        }
    }

    /// Returns the key maker of answers; `None` if the credentials are not resolved yet.
    fn keys(&self) -> Option<&KeyMaker> {
        if let Some(keys) = self.keys.get() {
            return Some(keys);
        }
        let mut parts = vec![self.credentials.get()?.as_slice()];
        parts.extend(self.owner.iter().map(String::as_bytes));
        let keys = KeyMaker::derived(&parts);
        Some(self.keys.get_or_init(|| keys))
    }

    /// Looks up the answer to a request for a resource. Returns its place, and the answer, if it can be used; `None` if the store cannot
    /// be used, or does not know all writes to the resource.
    pub(super) async fn find(
        self: &Arc<Self>,
        request: &Request<Outgoing>,
        resource: RequestDigest,
    ) -> Option<(SharedPlace, Option<Stored>)> {
        if self.reports.concerns(&resource) {
            return None;
        }
        let keys = self.keys()?;
        let (digest, seal) = (keys.of_answer(request), keys.of_seal(request));
        let (name, version) = (name("answer", &digest), name("version", &resource));
        let found = self.store.ask(|store| {
            let (sealed, version) = (store.get(&name), store.get(&version));
            Box::pin(async { try_join(sealed, version).await })
        });
        let (sealed, current) = found.await?;
        let mut current = match current {
            Some(current) => current,
            None => self.first_version(&version).await?,
        };
        let is_first = current.len() > VERSION;
        current.truncate(VERSION);
        let place = SharedPlace { answers: self.clone(), digest, seal, resource, version: current, is_first };
        let stored = sealed.and_then(|sealed| place.open(sealed));
        Some((place, stored))
    }

    /// Gives a path its first version, unless another replica has just done so. Returns the version in the store.
    async fn first_version(&self, name: &str) -> Option<Vec<u8>> {
        let mut version = random::<VERSION>()?.to_vec();
        version.push(FIRST);
        let put = self.store.ask(|store| store.put_if_absent(name, version.clone(), FIRST_LIFETIME));
        if put.await? { Some(version) } else { self.store.ask(|store| store.get(name)).await? }
    }
}

impl SharedPlace {
    /// Keeps an answer, in the background.
    pub(super) fn keep(&self, stored: &Stored) {
        let Some(lifetime) = stored.lifetime().map(|lifetime| lifetime.min(LONGEST)) else { return };
        if self.answers.reports.concerns(&self.resource) {
            return;
        }
        let Ok(write) = self.answers.writes.clone().try_acquire_owned() else { return };
        let Some(sealed) = self.seal(stored) else { return };
        let (place, name) = (self.clone(), name("answer", &self.digest));
        spawn(async move {
            if !place.is_first || place.extend().await {
                // If that fails, the next read asks the API.
                let _ = place.answers.store.ask(|store| store.put(&name, sealed, lifetime)).await;
            }
            drop(write);
        });
    }

    /// Extends the lifetime of the path's first version to that of a write's version. Returns whether the path still
    /// has that version.
    async fn extend(&self) -> bool {
        let name = name("version", &self.resource);
        let first = [self.version.as_slice(), &[FIRST]].concat();
        let extended = self.answers.store.ask(|store| {
            Box::pin(async {
                match store.get(&name).await? {
                    // Another reader has already extended the lifetime of this version.
                    Some(current) if current == self.version => return Ok(true),
                    Some(current) if current == first => {}
                    _ => return Ok(false),
                }
                // A version that a write sets meanwhile must stay: nothing here replaces another value.
                match store.take(&name).await? {
                    Some(current) if current == first => {
                        store.put_if_absent(&name, self.version.clone(), VERSION_LIFETIME).await
                    }
                    Some(current) => store.put_if_absent(&name, current, VERSION_LIFETIME).await.map(|_| false),
                    None => Ok(false),
                }
            })
        });
        extended.await == Some(true)
    }

    /// Removes the answer, in the background.
    pub(super) fn forget(&self) {
        let (answers, name) = (self.answers.clone(), name("answer", &self.digest));
        spawn(async move {
            // If that fails, the answer stays for its lifetime.
            let _ = answers.store.ask(|store| store.take(&name)).await;
        });
    }

    /// Returns the version of the path.
    pub(super) fn version(&self) -> PathVersion {
        PathVersion(self.version.as_slice().into())
    }

    /// Marks the answer as being validated in the background; returns `false` if this process validates it already.
    pub(super) fn begin_revalidation(&self) -> bool {
        self.answers.validated.lock().unwrap_or_else(PoisonError::into_inner).insert(self.digest)
    }

    /// Removes the mark of [`begin_revalidation`](Self::begin_revalidation).
    pub(super) fn end_revalidation(&self) {
        self.answers.validated.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.digest);
    }

    /// Encrypts an answer for the store: the version of its path, a nonce, and the ciphertext.
    fn seal(&self, stored: &Stored) -> Option<Vec<u8>> {
        let nonce = random::<NONCE_LEN>()?;
        let mut sealed = stored.to_bytes()?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &self.seal).ok()?);
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&self.version), &mut sealed)
            .ok()?;
        Some([self.version.as_slice(), &nonce, &sealed].concat())
    }

    /// Decrypts an answer from the store; `None` if it is older than the last write, or is not an answer to the
    /// request.
    fn open(&self, mut sealed: Vec<u8>) -> Option<Stored> {
        let (version, rest) = sealed.split_at_mut_checked(self.version.len())?;
        if version != self.version {
            return None;
        }
        let (nonce, rest) = rest.split_first_chunk_mut::<NONCE_LEN>()?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &self.seal).ok()?);
        let opened = key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(&self.version), rest).ok()?;
        StoredHead::of_bytes(opened).map(|(head, body)| Stored::new(head, Bytes::copy_from_slice(body)))
    }
}

/// Runs a task, if there is a runtime: a body can be read without one.
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(task);
    }
}

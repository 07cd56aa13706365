//! The authorization server of an adapter. Its metadata (RFC 8414) and its keys (RFC 7517) are fetched when a
//! token needs them, and cached. A token with an unknown key causes another fetch of the keys. After the
//! first successful fetch, the next one need not wait; later fetches are at least 30 seconds apart. If the address in the metadata
//! does not answer, or does not lead to the key, the metadata is read again: the server may have moved its keys.

use crate::consume::fetch::{Fetcher, Reach};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;

/// How long keys are cached.
const KEY_LIFETIME: Duration = Duration::from_secs(3600);

/// The minimum time before another fetch of the keys, after a fetch that replaced keys or failed. Otherwise, each token with an unknown
/// key would cause a fetch.
const MIN_FETCH_INTERVAL: Duration = Duration::from_secs(30);

/// An authorization server.
pub(super) struct Server {
    issuer: String,
    fetcher: Fetcher,
    /// The configured address of the keys or the introspection endpoint; `None` if it is read from the metadata.
    configured: Option<String>,
    /// The name of that address in the metadata.
    member: &'static str,
    /// The address from the metadata, once the metadata has been fetched.
    address: RwLock<Option<(String, Reach)>>,
    keys: RwLock<Option<CachedKeys>>,
    /// When a fetch last replaced keys, or failed, or the metadata was last read again. Only the holder of the lock fetches keys.
    last_fetch: Arc<Mutex<Option<Instant>>>,
}

#[derive(Clone)]
struct CachedKeys {
    set: Arc<JwkSet>,
    fetched_at: Instant,
}

impl Server {
    pub(super) fn new(issuer: String, fetcher: Fetcher, configured: Option<String>, member: &'static str) -> Self {
        let (address, keys, last_fetch) = Default::default();
        Self { issuer, fetcher, configured, member, address, keys, last_fetch }
    }

    pub(super) fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    /// Returns the address of the server's keys, or of its introspection endpoint, and which IP addresses its host may have.
    pub(super) async fn address(&self) -> Result<(String, Reach), String> {
        if let Some(configured) = &self.configured {
            return Ok((configured.clone(), Reach::Anywhere));
        }
        if let Some(known) = self.known_address() {
            return Ok(known);
        }
        let address = self.read_address().await?;
        self.keep_address(&address);
        Ok(address)
    }

    fn known_address(&self) -> Option<(String, Reach)> {
        self.address.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep_address(&self, address: &(String, Reach)) {
        *self.address.write().unwrap_or_else(PoisonError::into_inner) = Some(address.clone());
    }

    /// Reads the address in the metadata.
    async fn read_address(&self) -> Result<(String, Reach), String> {
        let metadata = self.metadata().await?;
        let address = metadata.get(self.member).and_then(Value::as_str);
        let address = address.ok_or_else(|| format!("the metadata of {} has no `{}`", self.issuer, self.member))?;
        Ok((address.to_owned(), self.fetcher.reach(&self.issuer).await))
    }

    /// Returns where the server has moved its introspection endpoint, after a request to the address `failed` has failed; `None` if the
    /// metadata does not name another address, or was read again less than 30 seconds ago.
    pub(super) async fn moved(self: &Arc<Self>, failed: &str) -> Option<(String, Reach)> {
        if self.configured.is_some() {
            return None;
        }
        let mut last_read = self.last_fetch.clone().lock_owned().await;
        let is_other = |address: &(String, Reach)| address.0 != failed;
        // Another caller may have read the metadata in the meantime.
        if let Some(known) = self.known_address().filter(is_other) {
            return Some(known);
        }
        if last_read.is_some_and(|last_read| last_read.elapsed() < MIN_FETCH_INTERVAL) {
            return None;
        }
        *last_read = Some(Instant::now());
        let server = self.clone();
        // Runs in its own task, since a caller that disconnects must not leave the others with the old address.
        let read = tokio::spawn(async move {
            let _last_read = last_read;
            let address = server.read_address().await?;
            server.keep_address(&address);
            Ok(address)
        });
        match read.await.unwrap_or_else(|why| Err(why.to_string())) {
            Ok(address) => Some(address).filter(is_other),
            Err(why) => {
                tracing::warn!(
                    issuer = self.issuer,
                    why,
                    "the metadata of the authorization server cannot be read again"
                );
                None
            }
        }
    }

    /// Fetches the server's metadata: its OAuth metadata (RFC 8414, section 3), or else its `OpenID` Connect configuration.
    async fn metadata(&self) -> Result<Value, String> {
        let issuer = self.issuer.trim_end_matches('/');
        let after = issuer.find("://").map_or(0, |at| at + 3);
        let (origin, path) = match issuer.get(after..).and_then(|rest| rest.find('/')) {
            Some(at) => issuer.split_at(after + at),
            None => (issuer, ""),
        };
        let oauth = format!("{origin}/.well-known/oauth-authorization-server{path}");
        let metadata = match self.fetcher.get(&oauth, Reach::Anywhere).await {
            Ok(metadata) => metadata,
            Err(why) => {
                let openid = format!("{issuer}/.well-known/openid-configuration");
                self.fetcher.get(&openid, Reach::Anywhere).await.map_err(|other| format!("{why}; {other}"))?
            }
        };
        // The metadata may belong to another issuer (RFC 8414, section 3.3).
        match metadata.get("issuer").and_then(Value::as_str) {
            Some(issuer) if issuer == self.issuer => Ok(metadata),
            Some(other) => Err(format!("the metadata of {} is about another `issuer`: {other}", self.issuer)),
            None => Err(format!("the metadata of {} has no `issuer`", self.issuer)),
        }
    }

    /// Returns the keys that may have signed a token with this algorithm and this key ID; `id` is `None` for a token without a key ID.
    ///
    /// # Errors
    /// Returns an error if no keys are cached and they cannot be fetched.
    pub(super) async fn keys(self: &Arc<Self>, id: Option<&str>, algorithm: Algorithm) -> Result<Keys, String> {
        let of = |set: &JwkSet| candidates(set, id, algorithm);
        let fresh = || {
            let keys = self.cached().filter(|keys| keys.fetched_at.elapsed() < KEY_LIFETIME)?;
            Some(of(&keys.set)).filter(|keys| !matches!(keys, Keys::Unknown))
        };
        if let Some(keys) = fresh() {
            return Ok(keys);
        }
        let last_fetch = self.last_fetch.clone().lock_owned().await;
        // Another caller may have fetched the keys in the meantime.
        if let Some(keys) = fresh() {
            return Ok(keys);
        }
        let failure = if last_fetch.is_some_and(|last_fetch| last_fetch.elapsed() < MIN_FETCH_INTERVAL) {
            "its keys were requested less than 30 seconds ago, and could not be fetched".to_owned()
        } else {
            // Runs in its own task, since a caller that disconnects must not leave the others without keys.
            match tokio::spawn(self.clone().refreshed(last_fetch, id.map(str::to_owned), algorithm)).await {
                Ok(Ok(set)) => return Ok(of(&set)),
                Ok(Err(why)) => why,
                Err(why) => why.to_string(),
            }
        };
        // Old keys are better than none.
        self.cached().map(|keys| of(&keys.set)).ok_or(failure)
    }

    fn cached(&self) -> Option<CachedKeys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches and caches the keys, while `last_fetch` stays locked. `id` and `algorithm` belong to the token that needs a key.
    async fn refreshed(
        self: Arc<Self>,
        mut last_fetch: OwnedMutexGuard<Option<Instant>>,
        id: Option<String>,
        algorithm: Algorithm,
    ) -> Result<Arc<JwkSet>, String> {
        // The first keys may be replaced right after they are fetched, so the next fetch need not wait.
        let is_first = self.cached().is_none();
        *last_fetch = Some(Instant::now());
        match self.fetched(|set| !matches!(candidates(set, id.as_deref(), algorithm), Keys::Unknown)).await {
            Ok(set) => {
                let set = Arc::new(set);
                let keys = CachedKeys { set: set.clone(), fetched_at: Instant::now() };
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(keys);
                last_fetch.take_if(|_| is_first);
                Ok(set)
            }
            Err(why) => {
                tracing::warn!(issuer = self.issuer, why, "the keys of the authorization server cannot be fetched");
                Err(why)
            }
        }
    }

    /// Fetches the keys. If the address of an earlier fetch fails, or `has_key` does not accept its keys, reads the metadata again, and
    /// fetches the keys from the address in it if that has changed.
    async fn fetched(&self, has_key: impl Fn(&JwkSet) -> bool) -> Result<JwkSet, String> {
        let earlier = self.known_address();
        let address = self.address().await?;
        let fetched = self.fetched_from(&address).await;
        if earlier.is_none() || fetched.as_ref().is_ok_and(has_key) {
            return fetched;
        }
        let moved = match self.read_address().await {
            Ok(moved) if moved.0 != address.0 => moved,
            Ok(_) => return fetched,
            Err(why) => return fetched.map_err(|failed| format!("{failed}; {why}")),
        };
        match (self.fetched_from(&moved).await, fetched) {
            (Ok(set), _) => {
                self.keep_address(&moved);
                Ok(set)
            }
            (Err(why), Err(failed)) => Err(format!("{failed}; {why}")),
            (Err(_), fetched) => fetched,
        }
    }

    async fn fetched_from(&self, (address, reach): &(String, Reach)) -> Result<JwkSet, String> {
        let set = self.fetcher.get(address, *reach).await?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or_else(|| format!("{address} has no `keys`"))?;
        // Keys of unknown kinds are skipped; the others can still be used.
        let keys = keys.iter().filter_map(|key| {
            let mut key = key.clone();
            // `Ed25519` is `EdDSA` with that curve (RFC 9864); the library does not know this name.
            if let Some(algorithm) = key.get_mut("alg").filter(|algorithm| *algorithm == "Ed25519") {
                *algorithm = Value::from("EdDSA");
            }
            serde_json::from_value::<Jwk>(key).ok()
        });
        Ok(JwkSet { keys: keys.filter(|key| DecodingKey::from_jwk(key).is_ok()).collect() })
    }
}

/// The keys that may have signed a token.
pub(super) enum Keys {
    /// Each key has to be tried: several keys may have the same ID (RFC 7517, section 4.5), and a key may have no ID.
    Usable(Vec<Jwk>),
    /// The IDs of some keys fit the token's key ID, but none of these keys fits the token's algorithm.
    OfOtherAlgorithms,
    /// No key may have signed a token with this key ID.
    Unknown,
}

/// Returns the keys that may have signed a token with this key ID and this algorithm. A token without a key ID may
/// have been signed with any key.
fn candidates(set: &JwkSet, id: Option<&str>, algorithm: Algorithm) -> Keys {
    let keys: Vec<&Jwk> = set.keys.iter().filter(|key| is_for_signatures(key)).collect();
    let of = |id: Option<&str>| {
        let is_of = |key: &&Jwk| id.is_none() || key.common.key_id.as_deref() == id;
        keys.iter().copied().filter(is_of).collect::<Vec<_>>()
    };
    let mut found = of(id);
    if found.is_empty() {
        // A key without an ID may have signed a token with any ID.
        found = keys.iter().copied().filter(|key| key.common.key_id.is_none()).collect();
    }
    if found.is_empty() {
        return Keys::Unknown;
    }
    found.retain(|key| fits(key, algorithm));
    if found.is_empty() { Keys::OfOtherAlgorithms } else { Keys::Usable(found.into_iter().cloned().collect()) }
}

/// Returns whether the owner of a key uses it for signatures (RFC 7517, sections 4.2 and 4.3).
fn is_for_signatures(key: &Jwk) -> bool {
    let operations = key.common.key_operations.as_ref();
    key.common.public_key_use.as_ref().is_none_or(|is| *is == PublicKeyUse::Signature)
        && operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify))
}

/// Returns whether a key can be used with an algorithm. A key that names an algorithm can be used only with that algorithm.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    let is_of_kind = match &key.algorithm {
        AlgorithmParameters::RSA(_) => matches!(algorithm, RS256 | RS384 | RS512 | PS256 | PS384 | PS512),
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => algorithm == ES256,
            EllipticCurve::P384 => algorithm == ES384,
            _ => false,
        },
        AlgorithmParameters::OctetKeyPair(_) => algorithm == EdDSA,
        _ => false,
    };
    is_of_kind && key.common.key_algorithm.is_none_or(|own| own == algorithm.into())
}

#[cfg(test)]
mod tests;

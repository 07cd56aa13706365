//! The authorization server of an adapter. Its metadata (RFC 8414) and its keys (RFC 7517) are fetched when a
//! token needs them, and cached. A token with an unknown key causes another fetch, at most once every 30 seconds.

use crate::consume::fetch::{Fetcher, Reach};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use serde_json::Value;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;

/// How long keys are cached.
const KEY_LIFETIME: Duration = Duration::from_secs(3600);

/// The minimum time between two fetches of the keys. Otherwise, each token with an unknown key would cause a fetch.
const MIN_FETCH_INTERVAL: Duration = Duration::from_secs(30);

/// An authorization server.
pub(super) struct Server {
    issuer: String,
    fetcher: Fetcher,
    /// The configured address of the keys or the introspection endpoint; `None` if it is read from the metadata.
    given: Option<String>,
    /// The name of that address in the metadata.
    member: &'static str,
    address: RwLock<Option<(String, Reach)>>,
    keys: RwLock<Option<CachedKeys>>,
    /// When the keys were last requested. Whoever holds the lock requests them.
    asked: Arc<Mutex<Option<Instant>>>,
}

#[derive(Clone)]
struct CachedKeys {
    set: Arc<JwkSet>,
    fetched: Instant,
}

impl Server {
    pub(super) fn new(issuer: String, fetcher: Fetcher, given: Option<String>, member: &'static str) -> Self {
        let (address, keys, asked) = Default::default();
        Self { issuer, fetcher, given, member, address, keys, asked }
    }

    pub(super) fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    /// Returns the address of the server's keys, or of its introspection endpoint, and which IP addresses its host may have.
    pub(super) async fn address(&self) -> Result<(String, Reach), String> {
        if let Some(given) = &self.given {
            return Ok((given.clone(), Reach::Anywhere));
        }
        if let Some(known) = self.address.read().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(known);
        }
        let metadata = self.metadata().await?;
        let address = metadata.get(self.member).and_then(Value::as_str);
        let address = address.ok_or_else(|| format!("the metadata of {} has no `{}`", self.issuer, self.member))?;
        let address = (address.to_owned(), self.fetcher.reach(&self.issuer).await);
        *self.address.write().unwrap_or_else(PoisonError::into_inner) = Some(address.clone());
        Ok(address)
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
            _ => Err(format!("the metadata of {} does not name it as the `issuer`", self.issuer)),
        }
    }

    /// Returns the key with that ID, or without an ID, the only key.
    ///
    /// # Errors
    /// Returns an error if no keys are cached and they cannot be fetched.
    pub(super) async fn key(self: &Arc<Self>, id: Option<&str>) -> Result<Option<Jwk>, String> {
        let cached = || self.cached();
        let is_fresh = |keys: &CachedKeys| keys.fetched.elapsed() < KEY_LIFETIME;
        if let Some(key) = cached().filter(is_fresh).and_then(|keys| chosen(&keys.set, id)) {
            return Ok(Some(key));
        }
        let asked = self.asked.clone().lock_owned().await;
        // Another caller may have fetched them in the meantime.
        if let Some(key) = cached().filter(is_fresh).and_then(|keys| chosen(&keys.set, id)) {
            return Ok(Some(key));
        }
        let failure = if asked.is_some_and(|asked| asked.elapsed() < MIN_FETCH_INTERVAL) {
            "its keys were requested less than 30 seconds ago, and could not be fetched".to_owned()
        } else {
            // Runs in its own task, since a caller that disconnects must not leave the others without keys.
            match tokio::spawn(self.clone().refreshed(asked)).await {
                Ok(Ok(set)) => return Ok(chosen(&set, id)),
                Ok(Err(why)) => why,
                Err(why) => why.to_string(),
            }
        };
        // Old keys are better than none.
        cached().map(|keys| chosen(&keys.set, id)).ok_or(failure)
    }

    fn cached(&self) -> Option<CachedKeys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches and caches the keys; `asked` stays locked in the meantime.
    async fn refreshed(self: Arc<Self>, mut asked: OwnedMutexGuard<Option<Instant>>) -> Result<Arc<JwkSet>, String> {
        *asked = Some(Instant::now());
        match self.fetched().await {
            Ok(set) => {
                let set = Arc::new(set);
                let keys = CachedKeys { set: set.clone(), fetched: Instant::now() };
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(keys);
                Ok(set)
            }
            Err(why) => {
                tracing::warn!(issuer = self.issuer, why, "the keys of the authorization server cannot be fetched");
                Err(why)
            }
        }
    }

    async fn fetched(&self) -> Result<JwkSet, String> {
        let (address, reach) = self.address().await?;
        let set = self.fetcher.get(&address, reach).await?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or_else(|| format!("{address} has no `keys`"))?;
        // Keys of unknown kinds are skipped; the others can still be used.
        let keys = keys.iter().filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok());
        Ok(JwkSet { keys: keys.filter(|key| DecodingKey::from_jwk(key).is_ok()).collect() })
    }
}

/// Returns the signature key with that ID, or without an ID, the only signature key.
fn chosen(set: &JwkSet, id: Option<&str>) -> Option<Jwk> {
    let for_signatures =
        |key: &&Jwk| key.common.public_key_use.as_ref().is_none_or(|is| *is == PublicKeyUse::Signature);
    let mut keys = set.keys.iter().filter(for_signatures);
    match id {
        Some(id) => keys.find(|key| key.common.key_id.as_deref() == Some(id)).cloned(),
        None => keys.next().filter(|_| keys.next().is_none()).cloned(),
    }
}

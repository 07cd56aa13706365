//! Calls that wait for a person's approval, each with a token that can be used once.

use super::Caller;
use crate::digest::hex;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::MAX_PLACES;
use crate::store::{MemoryStore, Store};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::try_join_all;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;

/// The maximum number of requests that a listener has not read yet; a slow listener misses the oldest.
const MAX_PENDING: usize = 256;

/// The maximum total size of the records of one caller's waiting calls, in bytes. One call may be larger, if it is the only one.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;

/// The length of a token, in bytes before base64.
const TOKEN_LENGTH: usize = 32;

/// The calls of a capability that wait for approval: [`Capability::approvals`](crate::Capability::approvals) returns them.
///
/// A tool with `#[tool(confirm)]` runs only after a person has approved the call. A client that supports elicitation
/// asks its user. For other clients, the call returns a token, and the program that serves the capability approves or
/// refuses the call here. The token is valid for one call, with the same tool, the same arguments and the same caller,
/// and it expires ([`Limits::approval`](crate::Limits::approval)).
///
/// ```
/// use naftiko_runtime::{Capability, Result};
///
/// async fn decide(capability: &Capability, token: &str, approve: bool) -> Result<()> {
///     let call = if approve {
///         capability.approvals().approve(token).await?
///     } else {
///         capability.approvals().refuse(token).await?
///     };
///     println!("{}: {call}", if approve { "approved" } else { "refused" });
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Approvals {
    store: Arc<dyn Store>,
    requests: broadcast::Sender<(String, PendingCall)>,
}

/// A call that waits for approval. `Display` describes it on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingCall {
    /// The label of the capability: adapters of several capabilities can have the same namespace.
    #[serde(default)]
    capability: String,
    adapter: String,
    tool: String,
    arguments: String,
    /// The arguments in the declared order, for people, if it is not the order of the names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shown: Option<String>,
    request: Option<String>,
    /// The caller's name; empty for an authenticated caller without a name.
    caller: Option<String>,
    /// A keyed digest of the caller's headers that are sent to APIs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    headers: Option<String>,
    /// How long the call waits for approval, in seconds.
    lifetime: u64,
}

/// The record of a waiting call.
#[derive(Serialize, Deserialize)]
struct WaitingCall {
    #[serde(flatten)]
    call: PendingCall,
    /// The key of the place that it takes among the waiting calls of its caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

/// The requests for approval that arrive in this process.
pub struct ApprovalRequests(broadcast::Receiver<(String, PendingCall)>);

/// The result of redeeming the token of a call that the program which serves the capability approves or refuses.
pub(crate) enum Redeemed {
    /// The call was approved, and the token is used up.
    Approved,
    /// Nobody has decided yet.
    Waiting,
    /// The token is unknown, expired, refused, already used, or belongs to another call.
    Invalid,
}

impl Approvals {
    pub(crate) fn in_memory() -> Self {
        Self::in_store(Arc::new(MemoryStore::default()))
    }

    pub(crate) fn in_store(store: Arc<dyn Store>) -> Self {
        Self { store, requests: broadcast::Sender::new(MAX_PENDING) }
    }

    /// Returns the store of the capability.
    #[cfg_attr(not(feature = "mcp"), allow(dead_code, reason = "only MCP adapters have tasks"))]
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Returns the call that waits with that token, if there is one.
    ///
    /// # Errors
    /// Returns an error if the store fails.
    pub async fn pending(&self, token: &str) -> Result<Option<PendingCall>> {
        if !is_token(token) {
            return Ok(None);
        }
        let record = self.store.get(&waiting_key(token)).await?;
        Ok(record.and_then(|record| read(&record)).map(|waiting| waiting.call))
    }

    /// Approves a call, which runs when the client repeats it with the token. Returns the call.
    ///
    /// # Errors
    /// Returns an error if no call waits with that token, or the store fails.
    pub async fn approve(&self, token: &str) -> Result<PendingCall> {
        let call = self.pending(token).await?.ok_or_else(unknown)?;
        // A second approval, or an approval just after the call has run, has no effect: `redeem` takes the waiting call from the store,
        // so the call runs only once.
        self.store.put_if_absent(&approved_key(token), b"1".to_vec(), call.lifetime()).await?;
        Ok(call)
    }

    /// Refuses a call, even if it was approved but has not run yet. Returns the call.
    ///
    /// # Errors
    /// Returns an error if no call waits with that token, or the store fails.
    pub async fn refuse(&self, token: &str) -> Result<PendingCall> {
        if !is_token(token) {
            return Err(unknown());
        }
        self.take_waiting(token).await?.map(|waiting| waiting.call).ok_or_else(unknown)
    }

    /// Returns the requests for approval that arrive in this process from now on. Requests that clients show to their
    /// own users are not included.
    #[must_use]
    pub fn requests(&self) -> ApprovalRequests {
        ApprovalRequests(self.requests.subscribe())
    }

    /// Stores a call that waits for approval, and returns its token. `most` is the maximum number of waiting calls of
    /// its caller.
    ///
    /// # Errors
    /// Returns an error if too many calls of its caller wait, or if they are too large together, or if the store fails.
    pub(crate) async fn store_pending(&self, call: &PendingCall, most: usize) -> Result<String> {
        let mut token = [0; TOKEN_LENGTH];
        getrandom::fill(&mut token).map_err(|error| Error::internal(error.to_string()))?;
        let token = URL_SAFE_NO_PAD.encode(token);
        let mut waiting = WaitingCall { call: call.clone(), place: None };
        let size = serde_json::to_vec(&waiting).map_err(Error::internal)?.len();
        let place = self.take_place(call, size, most.clamp(1, MAX_PLACES)).await?;
        waiting.place = Some(place.clone());
        let record = serde_json::to_vec(&waiting).map_err(Error::internal)?;
        match self.store.put_if_absent(&waiting_key(&token), record, call.lifetime()).await {
            Ok(true) => Ok(token),
            stored => {
                self.free_place(&place).await;
                stored.and(Err(Error::internal("a random token is already in use")))
            }
        }
    }

    /// Takes one of the `most` places for waiting calls of the call's caller, and returns the key of the place. The
    /// value at this key is the size of the call.
    async fn take_place(&self, call: &PendingCall, size: usize, most: usize) -> Result<String> {
        let owner = call.owner();
        let places: Vec<String> = (0..most).map(|number| format!("naftiko:calls:{owner}:{number}")).collect();
        let sizes = self.waiting(&places).await?;
        if sizes.iter().any(Option::is_some) && total(&sizes).saturating_add(size) > MAX_WAITING_BYTES {
            return Err(too_large());
        }
        for (place, _) in places.iter().zip(&sizes).filter(|(_, size)| size.is_none()) {
            if !self.store.put_if_absent(place, size.to_string().into(), call.lifetime()).await? {
                continue;
            }
            // Other calls may have taken places since the first look.
            match self.waiting(&places).await {
                Ok(sizes) if sizes.iter().flatten().count() <= 1 || total(&sizes) <= MAX_WAITING_BYTES => {
                    return Ok(place.clone());
                }
                counted => {
                    self.free_place(place).await;
                    return Err(counted.err().unwrap_or_else(too_large));
                }
            }
        }
        let (calls, wait) = if most == 1 { ("call", "waits") } else { ("calls", "wait") };
        Err(too_many(&format!("{most} {calls} that {wait} for approval, which is the limit")))
    }

    /// Returns the sizes of the calls in these places; `None` for a free place.
    async fn waiting(&self, places: &[String]) -> Result<Vec<Option<usize>>> {
        let taken = try_join_all(places.iter().map(|place| self.store.get(place))).await?;
        let size = |size: &Vec<u8>| str::from_utf8(size).ok().and_then(|size| size.parse().ok()).unwrap_or_default();
        Ok(taken.iter().map(|taken| taken.as_ref().map(size)).collect())
    }

    /// Frees the place of a call that no longer waits. If this fails, the place expires.
    async fn free_place(&self, place: &str) {
        if let Err(error) = self.store.take(place).await {
            tracing::debug!(%error, "the place of a call that waited for approval could not be freed");
        }
    }

    /// Removes a waiting call; returns `None` if there is none.
    async fn take_waiting(&self, token: &str) -> Result<Option<WaitingCall>> {
        let waiting = self.store.take(&waiting_key(token)).await?.and_then(|record| read(&record));
        if let Some(WaitingCall { place: Some(place), .. }) = &waiting {
            self.free_place(place).await;
        }
        Ok(waiting)
    }

    /// Announces a call to the listeners of [`requests`](Self::requests).
    pub(crate) fn announce(&self, token: &str, call: &PendingCall) {
        // There may be no listener.
        let _ = self.requests.send((token.to_owned(), call.clone()));
    }

    /// Removes a waiting call, whether it has been approved or not. Returns `false` if the token does not belong to `call`, or if the call
    /// has already been removed. Of several concurrent removals of the same call, only one returns `true`.
    pub(crate) async fn take(&self, token: &str, call: &PendingCall) -> Result<bool> {
        // The token of another call stays valid.
        if self.pending(token).await?.as_ref() != Some(call) {
            return Ok(false);
        }
        Ok(self.take_waiting(token).await?.is_some())
    }

    /// Removes a waiting call if it has been approved. Returns [`Redeemed::Invalid`] if the token does not belong to `call`.
    pub(crate) async fn redeem(&self, token: &str, call: &PendingCall) -> Result<Redeemed> {
        if self.pending(token).await?.as_ref() != Some(call) {
            return Ok(Redeemed::Invalid);
        }
        if self.store.get(&approved_key(token)).await?.is_none() {
            return Ok(Redeemed::Waiting);
        }
        let is_taken = self.take_waiting(token).await?.is_some();
        Ok(if is_taken { Redeemed::Approved } else { Redeemed::Invalid })
    }
}

impl PendingCall {
    /// Creates the call of a tool. `arguments` are canonical JSON, `request` is an HTTP method and a path without values, `headers` is a
    /// keyed digest, and a `lifetime` below one second becomes one second.
    pub(crate) fn new(
        (capability, adapter, tool): (&str, &str, &str),
        (arguments, shown): (String, String),
        request: Option<String>,
        (caller, headers): (Option<&Caller>, Option<String>),
        lifetime: Duration,
    ) -> Self {
        Self {
            capability: capability.to_owned(),
            adapter: adapter.to_owned(),
            tool: tool.to_owned(),
            shown: (shown != arguments).then_some(shown),
            arguments,
            request,
            caller: caller.map(|caller| caller.subject().unwrap_or_default().to_owned()),
            headers,
            lifetime: lifetime.as_secs().max(1),
        }
    }

    /// Returns the namespace of the MCP adapter.
    #[must_use]
    pub fn adapter(&self) -> &str {
        &self.adapter
    }

    /// Returns the name of the tool.
    #[must_use]
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// Returns the arguments: a JSON object, with the members in the order of their names.
    #[must_use]
    pub fn arguments(&self) -> &str {
        &self.arguments
    }

    /// Returns the HTTP method and the path of the request that the call would send, without values: `DELETE /tokens/{id}`. For a
    /// tool that sends no request of its own, returns the method and the path of its first REST route; `None` if it has no route.
    #[must_use]
    pub fn request(&self) -> Option<&str> {
        self.request.as_deref()
    }

    /// Returns the caller's name, if the adapter knows it.
    #[must_use]
    pub fn caller(&self) -> Option<&str> {
        self.caller.as_deref().filter(|caller| !caller.is_empty())
    }

    /// Returns a hash that identifies the caller: by the caller's name or, without a name, by the caller's headers that
    /// are sent to APIs.
    fn owner(&self) -> String {
        let name = self.caller().map(|name| ("name", name));
        let (kind, caller) = name.unwrap_or(("headers", self.headers.as_deref().unwrap_or_default()));
        let mut hasher = Sha256::new();
        for part in [self.capability.as_str(), &self.adapter, kind, caller] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hex(&hasher.finalize())
    }

    /// Returns how long the call waits for approval.
    pub(crate) fn lifetime(&self) -> Duration {
        Duration::from_secs(self.lifetime)
    }
}

impl ApprovalRequests {
    /// Waits for the next request, and returns its token and its call; `None` once the capability, its `Approvals` and all their clones
    /// have been dropped. A slow listener misses requests; the missed calls still wait for approval.
    pub async fn next(&mut self) -> Option<(String, PendingCall)> {
        loop {
            match self.0.recv().await {
                Ok(request) => return Some(request),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl fmt::Display for PendingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", naftiko_spec::printable(&self.tool))?;
        if let Some(request) = &self.request {
            write!(f, " ({})", naftiko_spec::printable(request))?;
        }
        write!(f, " with {}", naftiko_spec::printable(self.shown.as_ref().unwrap_or(&self.arguments)))?;
        match self.caller() {
            Some(caller) => write!(f, " for {}", naftiko_spec::printable(caller)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Approvals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Approvals").finish_non_exhaustive()
    }
}

impl fmt::Debug for ApprovalRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApprovalRequests").finish_non_exhaustive()
    }
}

/// Returns whether a string can be a token: other strings are not looked up.
fn is_token(text: &str) -> bool {
    text.len() == (TOKEN_LENGTH * 4).div_ceil(3)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Returns the key of a waiting call. Keys contain a hash of the token, so that whoever can list the keys of a store cannot
/// approve or repeat a call.
fn waiting_key(token: &str) -> String {
    format!("naftiko:call:{}", hash(token))
}

/// Returns the key of the approval of a call.
fn approved_key(token: &str) -> String {
    format!("naftiko:approved:{}", hash(token))
}

fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Parses the record of a waiting call. Returns `None` for a record that cannot be parsed, for example because another
/// version of the program wrote it: its token counts as unknown.
fn read(record: &[u8]) -> Option<WaitingCall> {
    let call = serde_json::from_slice(record);
    call.inspect_err(|error| tracing::warn!(%error, "the record of a call that waits for approval cannot be read")).ok()
}

/// Returns the error of a call whose caller has too many waiting calls.
fn too_many(what: &str) -> Error {
    let message = format!("this caller has {what}; call again when one has been decided");
    Error::of(ErrorKind::Throttled, StatusCode::SERVICE_UNAVAILABLE, message)
}

/// Returns the total size of waiting calls.
fn total(sizes: &[Option<usize>]) -> usize {
    sizes.iter().flatten().fold(0, |sum, size| sum.saturating_add(*size))
}

fn too_large() -> Error {
    let mib = MAX_WAITING_BYTES / (1024 * 1024);
    let message = format!("with this call, the calls of this caller that wait for approval would exceed {mib} MiB");
    Error::of(ErrorKind::Throttled, StatusCode::SERVICE_UNAVAILABLE, message + "; call again when one has been decided")
}

fn unknown() -> Error {
    let message = "no call waits for approval with this token: it is unknown, expired, refused, or used";
    Error::new(StatusCode::NOT_FOUND, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::store::Intercepted;
    use futures_util::future::join;
    use tokio::sync::Barrier;

    #[tokio::test]
    async fn calls_that_arrive_together_do_not_exceed_the_limit_of_bytes() {
        let (store, both_looked) = (Arc::new(MemoryStore::default()), Arc::new(Barrier::new(2)));
        let intercepted = Intercepted::new(store.clone(), move |key| {
            let both_looked = key.ends_with(":0").then(|| both_looked.clone());
            async move {
                if let Some(both_looked) = both_looked {
                    both_looked.wait().await;
                }
            }
        });
        let approvals = Approvals::in_store(Arc::new(intercepted));
        let call = |tool: &str| {
            let arguments = format!("{{\"text\":\"{}\"}}", "x".repeat(5 * 1024 * 1024));
            let lifetime = Duration::from_secs(60);
            PendingCall::new(("c", "a", tool), (arguments.clone(), arguments), None, (None, None), lifetime)
        };
        let (one, other) = (call("one"), call("other"));
        let both = join(approvals.store_pending(&one, 256), approvals.store_pending(&other, 256)).await;
        let stored = [&both.0, &both.1].into_iter().filter(|token| token.is_ok()).count();
        assert!(stored < 2, "both calls were stored: 10 MiB");
        let refused = [both.0, both.1].into_iter().find_map(Result::err).unwrap();
        assert!(refused.to_string().contains("would exceed 8 MiB"), "{refused}");
        // A refused call takes no place.
        let mut taken = 0;
        for number in 0..256 {
            let place = format!("naftiko:calls:{}:{number}", one.owner());
            taken += usize::from(store.get(&place).await.unwrap().is_some());
        }
        assert_eq!(taken, stored);
    }
}

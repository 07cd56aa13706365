//! The `requestState` of calls that ask their client (MCP 2026-07-28): the client repeats the call with this state.
//! The state contains the earlier answers, and is sealed so that the client cannot change them.

use crate::operation::{Caller as Identity, CallerHeaders};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rmcp::ErrorData;
use rmcp::model::{InputResponses, RequestStateCodec, SealOptions};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::sync::OnceLock;
use std::time::Duration;

/// The environment variable with the key that replicas share.
const KEY: &str = "NAFTIKO_STATE_KEY";

/// The key of this process, if the environment has none.
static PROCESS_KEY: OnceLock<[u8; 32]> = OnceLock::new();

/// How long a sealed state is valid.
const STATE_LIFETIME: Duration = Duration::from_secs(3600);

/// The name of the approval question among the questions of a call.
pub(super) const QUESTION: &str = "io.naftiko/approval";

/// The state with which a repeated call continues.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct RequestState {
    pub(super) answers: InputResponses,
    /// The approval of the call, if the call needs approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) approval: Option<StateApproval>,
}

/// The approval in the sealed `requestState` of an `InputRequiredResult`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StateApproval {
    pub(super) token: String,
    /// Whether approval was already given, and the call now asks another question.
    pub(super) given: bool,
}

/// The key of one adapter that seals request states, and authenticates cursors, the IDs of sessions, owners of tasks and the headers of
/// callers. What one adapter has sealed or authenticated is not valid for another one.
pub(super) struct StateSeal {
    codec: RequestStateCodec,
    key: Vec<u8>,
}

impl StateSeal {
    /// Creates the seal of an adapter. Its key is derived from the key in the environment, or else from a random key of this process.
    pub(super) fn new(adapter: &str) -> Self {
        let shared = std::env::var(KEY).ok().map(String::into_bytes);
        let shared = shared.filter(|key| match RequestStateCodec::try_new(key.clone()) {
            Ok(_) => true,
            Err(error) => {
                tracing::error!(%error, "{KEY} is not a valid key; using a random key of this process");
                false
            }
        });
        let shared = shared.unwrap_or_else(|| PROCESS_KEY.get_or_init(random_key).to_vec());
        let mut key = keyed(&shared);
        key.update(b"the key of an adapter\0");
        key.update(adapter.as_bytes());
        let key = key.finalize().into_bytes().to_vec();
        Self { codec: RequestStateCodec::new_unchecked(key.clone()), key }
    }

    /// Returns a digest of bytes (HMAC, RFC 2104). Without the key, nobody can compute it.
    pub(super) fn digest(&self, bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(bytes).finalize().into_bytes())
    }

    /// Returns whether `digest` is the digest of bytes. The comparison takes the same time for all digests.
    pub(super) fn is_digest(&self, bytes: &[u8], digest: &str) -> bool {
        let digest = URL_SAFE_NO_PAD.decode(digest).unwrap_or_default();
        self.mac(bytes).verify_slice(&digest).is_ok()
    }

    fn mac(&self, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = keyed(&self.key);
        mac.update(b"a digest of this server\0");
        mac.update(bytes);
        mac
    }

    /// Seals the state of one request. Only a request with the same `bound` data can open it.
    pub(super) fn seal(&self, state: &RequestState, bound: &[u8]) -> Result<String, ErrorData> {
        let options = SealOptions::new().associated_data(bound).ttl(STATE_LIFETIME);
        let state = serde_json::to_vec(state).map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(self.codec.seal_with(&state, &options))
    }

    /// Opens the sealed state of a request.
    ///
    /// # Errors
    /// Returns an error if the state was changed, has expired, or is bound to other data than `bound`.
    pub(super) fn open(&self, state: &str, bound: &[u8]) -> Result<RequestState, ErrorData> {
        let refused =
            |why: String| ErrorData::invalid_params(format!("the `requestState` cannot be used: {why}"), None);
        let state = self.codec.open_with(state, bound).map_err(|error| refused(error.to_string()))?;
        serde_json::from_slice(&state).map_err(|error| refused(error.to_string()))
    }
}

/// Adds the caller to the data that a sealed state is bound to, so that no other caller can send it.
pub(super) fn bind_to_caller(caller: Option<&Identity>, headers: Option<&CallerHeaders>, bound: &[u8]) -> Vec<u8> {
    let subject = caller.map(|caller| caller.subject().unwrap_or_default());
    let length = subject.map_or(u64::MAX, |subject| subject.len() as u64).to_be_bytes();
    let headers = headers.map(CallerHeaders::to_bytes).unwrap_or_default();
    let headers_length = (headers.len() as u64).to_be_bytes();
    [&length, subject.unwrap_or_default().as_bytes(), &headers_length, &headers, bound].concat()
}

/// Returns an HMAC with this key.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // A key can have any length.
    Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!())
}

/// Returns a random key.
fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    if let Err(error) = getrandom::fill(&mut key) {
        // Without a key, sealed answers could be forged.
        tracing::error!(%error, "the system provides no random numbers");
        std::process::abort();
    }
    key
}

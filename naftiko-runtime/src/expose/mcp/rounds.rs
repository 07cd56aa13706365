//! What a client has answered so far, which it sends along: sealed, so that it cannot be changed.

use rmcp::ErrorData;
use rmcp::model::{InputResponses, RequestStateCodec, SealOptions};
use std::time::Duration;

/// The variable with the key, which replicas share.
const KEY: &str = "NAFTIKO_STATE_KEY";

/// How long a client may take to answer.
const VALID: Duration = Duration::from_secs(3600);

/// Seals the answers.
pub(super) struct Rounds {
    codec: RequestStateCodec,
}

impl Rounds {
    /// With the key of the environment, or one of this process.
    pub(super) fn new() -> Self {
        let key = std::env::var(KEY).ok().map(String::into_bytes);
        let codec = key.and_then(|key| match RequestStateCodec::try_new(key) {
            Ok(codec) => Some(codec),
            Err(error) => {
                tracing::error!(%error, "{KEY} cannot be used; a key of this process is used");
                None
            }
        });
        Self { codec: codec.unwrap_or_else(|| RequestStateCodec::new_unchecked(random())) }
    }

    /// Seals answers to one request.
    pub(super) fn seal(&self, answers: &InputResponses, bound: &[u8]) -> Result<String, ErrorData> {
        let options = SealOptions::new().associated_data(bound).ttl(VALID);
        let answers =
            serde_json::to_vec(answers).map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(self.codec.seal_with(&answers, &options))
    }

    /// Opens what a client sends along.
    pub(super) fn open(&self, state: &str, bound: &[u8]) -> Result<InputResponses, ErrorData> {
        let refused =
            |why: String| ErrorData::invalid_params(format!("the `requestState` cannot be used: {why}"), None);
        let answers = self.codec.open_with(state, bound).map_err(|error| refused(error.to_string()))?;
        serde_json::from_slice(&answers).map_err(|error| refused(error.to_string()))
    }
}

/// A key that nobody knows.
fn random() -> [u8; 32] {
    let mut key = [0; 32];
    if let Err(error) = getrandom::fill(&mut key) {
        // Without it, whatever a client sends along would have to be taken on trust.
        tracing::error!(%error, "the system gives no random numbers");
        std::process::abort();
    }
    key
}

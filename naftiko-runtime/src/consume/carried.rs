//! The state that a client keeps when changed secrets make it prepare its calls again: limits, connections, access
//! tokens, and the secrets to mask.

use super::layers::ApiLimits;
use super::secrets::UsedSecrets;
use super::tokens::TokenState;
use super::transport::Transport;
use secrecy::{ExposeSecret, SecretString};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// How many earlier generations of secrets are still masked, because requests with these secrets may be answered late.
const MASKED_GENERATIONS: usize = 4;

/// The secrets of a generation, and the values that are masked in errors only.
pub(crate) type MaskedValues = (Vec<SecretString>, Vec<SecretString>);

/// The state that a client keeps when its calls are prepared again.
pub(crate) struct Carried {
    pub(crate) limits: Mutex<ApiLimits>,
    /// The client's transport; `None` only in a dry run.
    pub(crate) transport: Option<Arc<Transport>>,
    /// The transport that connects only to public addresses; created when it is first needed.
    pub(crate) public: Mutex<Option<Arc<Transport>>>,
    /// The secrets of each API in the last generation, even if that failed: the layers have already forgotten the answers that belong to
    /// earlier secrets.
    pub(crate) secrets: Mutex<Vec<Arc<UsedSecrets>>>,
    /// The access tokens of APIs, by namespace.
    tokens: Mutex<HashMap<String, TokenState>>,
    /// The values of earlier generations, which are still masked; the latest generation is the first.
    masked: Mutex<VecDeque<MaskedValues>>,
}

impl Carried {
    pub(crate) fn new(limits: ApiLimits, transport: Option<Arc<Transport>>) -> Self {
        let (limits, (public, secrets, tokens, masked)) = (Mutex::new(limits), Default::default());
        Self { limits, transport, public, secrets, tokens, masked }
    }

    /// Returns `tokens`, the new token state of an API, with the tokens that are kept from an earlier generation.
    pub(super) fn with_earlier_tokens(&self, namespace: &str, tokens: TokenState) -> TokenState {
        let all = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get(namespace) {
            Some(earlier) => tokens.with_tokens_of(earlier),
            None => tokens,
        }
    }

    /// Keeps the access tokens of a generation that is complete, by namespace. A generation that fails must not replace the kept
    /// tokens: only they include the server's latest refresh token.
    pub(super) fn keep_tokens(&self, tokens: Vec<(String, TokenState)>) {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).extend(tokens);
    }

    /// Returns the values of a new generation together with those of the last [`MASKED_GENERATIONS`], and remembers the new values.
    pub(crate) fn with_earlier_secrets(&self, new: MaskedValues) -> MaskedValues {
        let mut masked = self.masked.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut secrets, mut hidden) = new.clone();
        let add = |all: &mut Vec<SecretString>, more: &[SecretString]| {
            for text in more {
                if !all.iter().any(|known| known.expose_secret() == text.expose_secret()) {
                    all.push(text.clone());
                }
            }
        };
        for (old, old_hidden) in masked.iter() {
            add(&mut secrets, old);
            add(&mut hidden, old_hidden);
        }
        masked.push_front(new);
        masked.truncate(MASKED_GENERATIONS);
        (secrets, hidden)
    }
}

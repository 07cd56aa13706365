//! Secrets that can be compared but not shown, since only their keyed digests are stored; and signatures with the same key.

#[cfg(feature = "mcp")]
use base64::Engine;
#[cfg(feature = "mcp")]
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::LazyLock;

/// The random key of this process: digests from other processes never match.
static KEY: LazyLock<[u8; 32]> = LazyLock::new(|| {
    let mut key = [0; 32];
    if let Err(error) = getrandom::fill(&mut key) {
        // Without a random key, callers could forge signatures for other callers.
        tracing::error!(%error, "the system provides no random numbers");
        std::process::abort();
    }
    key
});

/// The digest of a secret (HMAC, RFC 2104). Two digests are compared in constant time, regardless of the lengths of the strings.
#[derive(Clone)]
pub(super) struct Secret([u8; 32]);

impl Secret {
    /// Computes the digest of a secret.
    pub(super) fn new(text: &[u8]) -> Self {
        Self(mac_of(text).finalize().into_bytes().into())
    }

    /// Returns whether a string is the secret.
    pub(super) fn is(&self, text: &[u8]) -> bool {
        mac_of(text).verify_slice(&self.0).is_ok()
    }
}

/// Returns the signature of a string.
pub(super) fn signature(text: &[u8]) -> [u8; 32] {
    mac_of(text).finalize().into_bytes().into()
}

/// Returns whether `signature` is the signature of `text`.
pub(super) fn is_signature(text: &[u8], signature: &[u8]) -> bool {
    mac_of(text).verify_slice(signature).is_ok()
}

/// Returns a signature that binds a text to a caller. Only this process can create it.
#[cfg(feature = "mcp")]
pub(crate) fn mark(text: &str, caller: Option<&str>) -> String {
    URL_SAFE_NO_PAD.encode(mac_of_caller(text, caller).finalize().into_bytes())
}

/// Returns whether `mark` binds the text to that caller.
#[cfg(feature = "mcp")]
pub(crate) fn is_marked(text: &str, caller: Option<&str>, mark: &str) -> bool {
    let mark = URL_SAFE_NO_PAD.decode(mark).unwrap_or_default();
    mac_of_caller(text, caller).verify_slice(&mark).is_ok()
}

#[cfg(feature = "mcp")]
fn mac_of_caller(text: &str, caller: Option<&str>) -> Hmac<Sha256> {
    let mut mac = mac_of(b"a text of a caller\0");
    mac.update(&(text.len() as u64).to_be_bytes());
    mac.update(text.as_bytes());
    if let Some(caller) = caller {
        mac.update(b"\0");
        mac.update(caller.as_bytes());
    }
    mac
}

fn mac_of(text: &[u8]) -> Hmac<Sha256> {
    // A key can have any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(&*KEY).unwrap_or_else(|_| unreachable!());
    mac.update(text);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_equals_only_itself() {
        let secret = Secret::new(b"s3cret");
        assert!(secret.is(b"s3cret"));
        for other in ["", "s3cre", "s3cret ", "S3cret", "s3cret\0"] {
            assert!(!secret.is(other.as_bytes()), "{other:?}");
        }
        // Neither the secret nor a digest that others could look up is stored.
        let plain: [u8; 32] =
            sha2::Digest::finalize(sha2::Digest::chain_update(<Sha256 as sha2::Digest>::new(), b"s3cret")).into();
        assert!(secret.0 != plain && !secret.0.windows(6).any(|part| part == b"s3cret"));
    }
}

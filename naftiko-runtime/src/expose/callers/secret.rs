//! Secrets that can be compared but not shown, since only their keyed digests are stored; and signatures with the same key.

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

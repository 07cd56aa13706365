//! Masking secrets where an upstream sends them back: each occurrence becomes asterisks, as many as it had bytes, so that
//! a Content-Length stays right.

use bytes::{Bytes, BytesMut};
use memchr::memmem::Finder;
use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;
use std::fmt;

/// Shorter values are not looked for: they would be found everywhere.
const SHORTEST: usize = 6;

/// Finds and masks the secrets of one client.
#[derive(Clone, Default)]
pub(crate) struct Redactor {
    needles: Vec<Finder<'static>>,
}

impl Redactor {
    /// One for those values; each is also looked for as JSON and URLs write it, and without the scheme before it
    /// (`Bearer …`, `Token …`).
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut needles: Vec<Vec<u8>> = Vec::new();
        let whole_and_bare = |secret: &'a str| {
            let bare = secret.split_once(' ').map(|(_, bare)| bare.trim());
            std::iter::once(secret).chain(bare)
        };
        for secret in secrets.into_iter().flat_map(whole_and_bare).filter(|secret| secret.len() >= SHORTEST) {
            for form in forms(secret) {
                if !needles.contains(&form) {
                    needles.push(form);
                }
            }
        }
        // A secret that holds another is masked as a whole.
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        Self { needles: needles.iter().map(|needle| Finder::new(needle).into_owned()).collect() }
    }

    /// Whether there is nothing to look for.
    pub(crate) fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// The length of the longest thing to look for, in bytes.
    pub(crate) fn longest(&self) -> usize {
        self.needles.first().map_or(0, |needle| needle.needle().len())
    }

    /// The same bytes, secrets masked; untouched if there are none.
    pub(crate) fn mask(&self, bytes: Bytes) -> Bytes {
        let found: Vec<_> = self.ranges(&bytes).collect();
        if found.is_empty() {
            return bytes;
        }
        let mut masked = BytesMut::from(bytes);
        for (start, end) in found {
            if let Some(part) = masked.get_mut(start..end) {
                part.fill(b'*');
            }
        }
        masked.freeze()
    }

    /// The same text, secrets masked.
    pub(crate) fn mask_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.ranges(text.as_bytes()).next().is_none() {
            return Cow::Borrowed(text);
        }
        let masked = self.mask(Bytes::copy_from_slice(text.as_bytes()));
        Cow::Owned(String::from_utf8_lossy(&masked).into_owned())
    }

    /// One piece of a stream: what can go on, secrets masked. What may be the start of a secret stays in `held`.
    pub(crate) fn mask_piece(&self, held: &mut Bytes, piece: Bytes) -> Bytes {
        let piece = if held.is_empty() {
            piece
        } else {
            let mut joined = BytesMut::with_capacity(held.len() + piece.len());
            joined.extend_from_slice(held);
            joined.extend_from_slice(&piece);
            joined.freeze()
        };
        let mut piece = self.mask(piece);
        let tail = self.tail(&piece);
        *held = piece.split_off(piece.len() - tail);
        piece
    }

    /// Where the secrets are.
    fn ranges<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = (usize, usize)> + 'a {
        self.needles
            .iter()
            .flat_map(move |needle| needle.find_iter(bytes).map(move |at| (at, at + needle.needle().len())))
    }

    /// The length of the longest end of `bytes` that is the start of a secret.
    fn tail(&self, bytes: &[u8]) -> usize {
        let of = |needle: &[u8]| {
            let window = bytes.len().saturating_sub(needle.len() - 1);
            let end = bytes.get(window..)?;
            let start = memchr::memchr_iter(*needle.first()?, end).find(|at| needle.starts_with(&end[*at..]))?;
            Some(end.len() - start)
        };
        self.needles.iter().filter_map(|needle| of(needle.needle())).max().unwrap_or(0)
    }
}

/// Masks what no error may hold: the capability's secrets, and what the caller of this call said in confidence.
pub(crate) struct Masks<'a> {
    capability: &'a Redactor,
    caller: Redactor,
}

impl<'a> Masks<'a> {
    /// Both together.
    pub(crate) fn new(capability: &'a Redactor, caller: &[SecretString]) -> Self {
        Self { capability, caller: Redactor::new(caller.iter().map(ExposeSecret::expose_secret)) }
    }

    /// The length of the longest thing to look for, in bytes.
    pub(crate) fn longest(&self) -> usize {
        self.capability.longest().max(self.caller.longest())
    }

    /// The same bytes, secrets masked.
    pub(crate) fn mask(&self, bytes: Bytes) -> Bytes {
        self.caller.mask(self.capability.mask(bytes))
    }

    /// The same text, secrets masked.
    pub(crate) fn mask_text(&self, text: &str) -> String {
        self.caller.mask_text(&self.capability.mask_text(text)).into_owned()
    }
}

/// How a secret may be written: as it is, in JSON (some encoders escape the solidus), in a URL (some keep the solidus,
/// some write hexadecimal digits in lower case).
fn forms(secret: &str) -> impl Iterator<Item = Vec<u8>> {
    let json = serde_json::Value::from(secret).to_string();
    let json = json.get(1..json.len() - 1).unwrap_or(secret).to_owned();
    let mut url = String::new();
    super::encode::push_value(&mut url, secret);
    let kept = url.replace("%2F", "/");
    let escaped = json.replace('/', "\\/");
    let lower = [lower_hex(&url), lower_hex(&kept)];
    [secret.to_owned(), json, escaped, url, kept].into_iter().chain(lower).map(String::into_bytes)
}

/// The same percent-encoding with lower-case digits.
fn lower_hex(url: &str) -> String {
    let mut digits = 0;
    url.chars()
        .map(|c| {
            if c == '%' {
                digits = 2;
            } else if digits > 0 {
                digits -= 1;
                return c.to_ascii_lowercase();
            }
            c
        })
        .collect()
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} patterns)", self.needles.len())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use proptest::prelude::*;

    fn masked(secrets: &[&str], text: &str) -> String {
        Redactor::new(secrets.iter().copied()).mask_text(text).into_owned()
    }

    #[test]
    fn a_secret_becomes_as_many_asterisks() {
        assert_eq!(masked(&["s3cret-token"], "x s3cret-token y"), "x ************ y");
        assert_eq!(masked(&["abc"], "abc"), "abc");
        assert_eq!(masked(&[], "s3cret-token"), "s3cret-token");
    }

    #[test]
    fn it_is_found_as_json_and_urls_write_it() {
        assert_eq!(masked(&["a/b\"c+d"], r#"{"k":"a/b\"c+d"}"#), r#"{"k":"********"}"#);
        assert_eq!(masked(&["a/b\"c+d"], r#"{"k":"a\/b\"c+d"}"#), r#"{"k":"*********"}"#);
        assert_eq!(masked(&["a/b\"c+d"], "?k=a%2Fb%22c%2Bd"), "?k=*************");
    }

    #[test]
    fn it_is_found_in_every_percent_encoding() {
        for echoed in ["tok/x%2By%3D%3D9", "tok%2Fx%2By%3D%3D9", "tok%2fx%2by%3d%3d9", "tok/x%2by%3d%3d9"] {
            assert_eq!(masked(&["tok/x+y==9"], echoed), "*".repeat(echoed.len()), "{echoed}");
        }
    }

    #[test]
    fn it_is_found_without_its_scheme() {
        assert_eq!(masked(&["Bearer s3cret-token"], "soon s3cret-token"), "soon ************");
        assert_eq!(masked(&["Token s3cret-token"], "Token s3cret-token"), "******************");
    }

    #[test]
    fn a_secret_within_a_secret_leaves_nothing() {
        assert_eq!(masked(&["secret", "my-secret-key"], "my-secret-key secret"), "************* ******");
    }

    #[test]
    fn what_is_clean_is_not_copied() {
        let bytes = Bytes::from(vec![b'x'; 100]);
        let masked = Redactor::new(["s3cret-token"]).mask(bytes.clone());
        assert_eq!(masked.as_ptr(), bytes.as_ptr());
    }

    proptest! {
        #[test]
        fn a_stream_is_masked_as_its_whole(
            text in "[ab]{0,60}",
            secret in "[ab]{6,8}",
            cuts in proptest::collection::vec(0_usize..61, 0..8),
        ) {
            // The needles of one secret do not overlap here with others; its own overlaps are cut from the left in both.
            let text = text.replace(&secret, &format!("-{secret}-"));
            let redactor = Redactor::new([secret.as_str()]);
            let whole = redactor.mask(Bytes::from(text.clone()));
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let (mut held, mut streamed) = (Bytes::new(), Vec::new());
            for pair in cuts.windows(2) {
                let piece = Bytes::copy_from_slice(&text.as_bytes()[pair[0]..pair[1]]);
                streamed.extend_from_slice(&redactor.mask_piece(&mut held, piece));
            }
            streamed.extend_from_slice(&held);
            let streamed = String::from_utf8(streamed).unwrap();
            prop_assert_eq!(streamed.len(), whole.len());
            prop_assert!(!streamed.contains(&secret), "{}", streamed);
        }
    }
}

//! Authenticates callers with Digest (RFC 7616): they prove that they know a password without sending it. Only SHA-256 and the quality
//! of protection `auth` are supported.
//!
//! A nonce contains its own time and signature, so nothing is stored when a nonce is issued. A nonce is remembered once a valid
//! request uses it, so that the request cannot be replayed. It is forgotten when it expires, or when too many nonces are
//! remembered. A forgotten nonce is not accepted again.

use super::challenge::Challenge;
use super::header::{decoded, quoted, take_header, wrong_scheme};
use super::secret::Secret;
use crate::digest::{DigestedRequest, challenges, hex};
use crate::operation::Caller;
use axum::extract::OriginalUri;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::uri::PathAndQuery;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a nonce is valid.
const LIFETIME: Duration = Duration::from_secs(300);

/// The maximum number of nonces that are remembered.
const MAX_NONCES: usize = 10_000;

/// How many counts of each nonce are remembered, from the highest one down: requests can arrive out of order. A count
/// is the parameter `nc`: a client numbers its requests that use the same nonce.
const WINDOW: u32 = 64;

/// The lengths of the parts of a nonce, in bytes: its time, random bytes, and its signature.
const NONCE_PARTS: (usize, usize, usize) = (8, 16, 32);

/// The parameters that the credentials must have, besides the user name.
const NEEDED: [&str; 8] = ["realm", "nonce", "uri", "response", "algorithm", "qop", "nc", "cnonce"];

/// The user name and the hashed password of an adapter's callers, and the nonces that these callers have used.
pub(super) struct DigestCredential {
    realm: String,
    username: String,
    /// The hash of user name, realm and password.
    secret: String,
    used: Arc<Mutex<UsedNonces>>,
}

/// The nonces that valid requests have used.
#[derive(Default)]
struct UsedNonces {
    counts: HashMap<String, Counts>,
    /// The nonces by their time of issue, in milliseconds since 1970.
    by_time: BTreeSet<(u64, String)>,
    /// Nonces that were issued at this time (milliseconds since 1970) or earlier may have been forgotten.
    forgotten_until: u64,
}

/// The counts of the requests with a nonce.
#[derive(Default)]
struct Counts {
    highest: u32,
    /// Which counts were used: bit *n* is set if `highest - n` was.
    used: u64,
}

/// The fault of a nonce.
#[derive(Debug, PartialEq, Eq)]
enum NonceFault {
    /// This process did not issue the nonce.
    Forged,
    /// The nonce has expired or was forgotten: the client only needs a new nonce.
    Stale,
}

impl Counts {
    /// Records a count; returns `false` if it was used before, or is too far below the highest one.
    fn add(&mut self, count: u32) -> bool {
        if count > self.highest {
            let shift = count - self.highest;
            self.used = if shift < WINDOW { (self.used << shift) | 1 } else { 1 };
            self.highest = count;
            return true;
        }
        let behind = self.highest - count;
        let bit = if behind < WINDOW { 1_u64 << behind } else { 0 };
        let is_new = bit != 0 && self.used & bit == 0;
        self.used |= bit;
        is_new
    }
}

impl UsedNonces {
    /// Records a request with a valid `response`; returns `false` if its count was used before, or is too far below the highest one.
    fn add(&mut self, nonce: &str, time: u64, count: u32, now: u64) -> Result<bool, NonceFault> {
        while self.by_time.first().is_some_and(|(oldest, _)| has_expired(*oldest, now)) {
            self.forget_oldest();
        }
        if !self.counts.contains_key(nonce) {
            if time <= self.forgotten_until {
                return Err(NonceFault::Stale);
            }
            if self.counts.len() >= MAX_NONCES {
                self.forget_oldest();
                if time <= self.forgotten_until {
                    return Err(NonceFault::Stale);
                }
            }
            self.by_time.insert((time, nonce.to_owned()));
        }
        Ok(self.counts.entry(nonce.to_owned()).or_default().add(count))
    }

    /// Forgets the nonce that was issued first.
    fn forget_oldest(&mut self) {
        if let Some((time, nonce)) = self.by_time.pop_first() {
            self.counts.remove(&nonce);
            self.forgotten_until = self.forgotten_until.max(time);
        }
    }
}

impl DigestCredential {
    /// Creates the credential of an adapter's callers.
    pub(super) fn new(adapter: &str, username: &str, password: &str) -> Self {
        let quoted = quoted(adapter);
        let realm = quoted.trim_matches('"').to_owned();
        let secret = sha256(&format!("{username}:{realm}:{password}"));
        Self { realm, username: username.to_owned(), secret, used: Arc::default() }
    }

    /// Takes over the used nonces of an earlier credential of the adapter, so that the requests with them cannot be
    /// replayed.
    #[cfg(feature = "client")]
    pub(super) fn take_over(&mut self, earlier: &Self) {
        self.used = earlier.used.clone();
    }

    /// Authenticates the caller of a request, and removes its credentials.
    pub(super) fn check(&self, parts: &mut Parts) -> Result<Caller, Challenge> {
        self.check_at(parts, now())
    }

    /// Authenticates the caller of a request at the time `now`, in milliseconds since 1970.
    fn check_at(&self, parts: &mut Parts, now: u64) -> Result<Caller, Challenge> {
        let refused = |message: &str| Challenge::unauthorized(message, &self.challenge(now, false));
        let given =
            take_header(parts, &AUTHORIZATION, "send `Authorization: Digest …`").map_err(|why| refused(&why))?;
        // Credentials have the same syntax as a challenge.
        let given = std::str::from_utf8(given.as_bytes()).ok().and_then(|given| challenges(given).into_iter().next());
        let (scheme, given) = given.ok_or_else(|| refused("`Authorization` has no scheme"))?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return Err(refused(&wrong_scheme("Digest")));
        }
        if let Some(missing) = NEEDED.iter().find(|name| !given.contains_key(**name)) {
            return Err(refused(&format!("`{missing}` is missing in `Authorization`")));
        }
        let parameter = |name: &str| given.get(name).map_or("", String::as_str);
        let shown = |name: &str| parameter(name).escape_debug().take(40).collect::<String>();
        if !parameter("algorithm").eq_ignore_ascii_case("SHA-256") {
            return Err(refused(&format!("expected the `algorithm` SHA-256, found `{}`", shown("algorithm"))));
        }
        if !parameter("qop").eq_ignore_ascii_case("auth") {
            return Err(refused(&format!("expected the `qop` auth, found `{}`", shown("qop"))));
        }
        let original = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        let target = original.path_and_query().map_or("/", PathAndQuery::as_str);
        if parameter("uri") != target {
            return Err(refused("the `uri` in `Authorization` differs from the target of the request"));
        }
        let nonce = parameter("nonce");
        let issued = issued_at(&self.realm, nonce, now);
        if issued == Err(NonceFault::Stale) {
            return Err(self.stale(now));
        }
        let written_count = parameter("nc");
        let count = Some(written_count)
            .filter(|count| count.len() == 8 && count.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|count| u32::from_str_radix(count, 16).ok());
        let count = count
            .filter(|count| *count > 0)
            .ok_or_else(|| refused("`nc` must be 8 hexadecimal digits, and not zero"))?;
        let protection = Some((written_count, parameter("cnonce")));
        let request = DigestedRequest { method: parts.method.as_str(), target, nonce, protection };
        let expected = Secret::new(request.response(&self.secret, sha256).as_bytes());
        let is_user = user(&given).is_some_and(|user| Secret::new(self.username.as_bytes()).is(user.as_bytes()));
        if !(expected.is(parameter("response").as_bytes()) && is_user) {
            return Err(refused("the user name or the password is not valid"));
        }
        // The client knows the password, so its nonce is probably from another process, such as a replica.
        let Ok(time) = issued else { return Err(self.stale(now)) };
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        match used.add(nonce, time, count, now) {
            Ok(true) => Ok(Caller::trusted(Some(self.username.clone()))),
            // A new nonce is enough for a client that counts incorrectly; a copied request stays invalid.
            Ok(false) | Err(_) => Err(self.stale(now)),
        }
    }

    /// Returns the refusal of a nonce that is not accepted: a challenge with a new nonce and `stale=true`, so that the client
    /// repeats the request without asking for the password.
    fn stale(&self, now: u64) -> Challenge {
        Challenge::unauthorized(
            "the nonce has expired or is not from this server, or its count was used before",
            &self.challenge(now, true),
        )
    }

    /// Returns a challenge with a new nonce (RFC 7616, section 3.3).
    fn challenge(&self, now: u64, stale: bool) -> HeaderValue {
        let (realm, nonce) = (&self.realm, nonce(&self.realm, now));
        let stale = if stale { ", stale=true" } else { "" };
        let how = format!(
            "Digest realm=\"{realm}\", qop=\"auth\", algorithm=SHA-256, nonce=\"{nonce}\", charset=UTF-8{stale}"
        );
        HeaderValue::try_from(how).unwrap_or_else(|_| HeaderValue::from_static("Digest"))
    }
}

/// Returns the user name of credentials: `username`, or else `username*`, decoded (RFC 8187).
fn user(given: &HashMap<String, String>) -> Option<String> {
    if let Some(user) = given.get("username") {
        return Some(user.clone());
    }
    let encoded = given.get("username*")?.split('\'').collect::<Vec<_>>();
    let [charset, _, encoded] = encoded.as_slice() else { return None };
    // `decoded` reads `+` as a space, as in a query. In RFC 8187, `+` is an ordinary character.
    let bytes = decoded(&encoded.replace('+', "%2B"));
    charset.eq_ignore_ascii_case("UTF-8").then(|| String::from_utf8(bytes).ok()).flatten()
}

/// Returns a new nonce: its time, random bytes, and a signature of both.
fn nonce(realm: &str, now: u64) -> String {
    let mut random = [0; NONCE_PARTS.1];
    // Without random bytes, two nonces of the same millisecond are equal, and one of their clients has to request a new one.
    let _ = getrandom::fill(&mut random);
    let mut nonce = [now.to_be_bytes().as_slice(), &random].concat();
    nonce.extend(super::secret::signature(&signed(realm, &nonce)));
    URL_SAFE_NO_PAD.encode(nonce)
}

/// Checks the signature and the age of a nonce, and returns when it was issued.
fn issued_at(realm: &str, nonce: &str, now: u64) -> Result<u64, NonceFault> {
    let nonce = URL_SAFE_NO_PAD.decode(nonce).map_err(|_| NonceFault::Forged)?;
    if nonce.len() != NONCE_PARTS.0 + NONCE_PARTS.1 + NONCE_PARTS.2 {
        return Err(NonceFault::Forged);
    }
    let (text, signature) = nonce.split_at(NONCE_PARTS.0 + NONCE_PARTS.1);
    if !super::secret::is_signature(&signed(realm, text), signature) {
        return Err(NonceFault::Forged);
    }
    let time = text.first_chunk().map_or(0, |time| u64::from_be_bytes(*time));
    if has_expired(time, now) { Err(NonceFault::Stale) } else { Ok(time) }
}

/// Returns the text that a nonce's signature covers.
fn signed(realm: &str, text: &[u8]) -> Vec<u8> {
    [b"a nonce of a digest\0", realm.as_bytes(), b"\0", text].concat()
}

/// Returns whether a nonce that was issued at `time` has expired at `now`; both are in milliseconds since 1970.
fn has_expired(time: u64, now: u64) -> bool {
    u128::from(now.saturating_sub(time)) >= LIFETIME.as_millis()
}

/// Returns the time, in milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use http::header::WWW_AUTHENTICATE;
    use http::{HeaderMap, Request};

    const START: u64 = 1_000_000;

    fn credential() -> DigestCredential {
        DigestCredential::new("things-rest", "ada", "pass:word")
    }

    /// Checks a request with this nonce, count and password.
    fn checked(
        credential: &DigestCredential,
        nonce: &str,
        count: u32,
        password: &str,
        at: u64,
    ) -> Result<Caller, Challenge> {
        let count = format!("{count:08x}");
        let secret = sha256(&format!("ada:things-rest:{password}"));
        let request = DigestedRequest { method: "GET", target: "/a?b=1", nonce, protection: Some((&count, "own")) };
        let response = request.response(&secret, sha256);
        let value = format!(
            "Digest username=\"ada\", realm=\"things-rest\", nonce=\"{nonce}\", uri=\"/a?b=1\", response=\"{response}\", \
             algorithm=SHA-256, qop=auth, nc={count}, cnonce=\"own\""
        );
        let request = Request::get("/a?b=1").header(AUTHORIZATION, value).body(()).unwrap();
        let mut parts = request.into_parts().0;
        let caller = credential.check_at(&mut parts, at);
        assert!(!parts.headers.contains_key(AUTHORIZATION));
        caller
    }

    fn is_stale(refused: Result<Caller, Challenge>) -> bool {
        let mut headers = HeaderMap::new();
        refused.unwrap_err().add_to(&mut headers);
        headers[WWW_AUTHENTICATE].to_str().unwrap().ends_with(", stale=true")
    }

    #[test]
    fn each_count_of_a_nonce_is_valid_once_and_in_any_order() {
        let credential = credential();
        let nonce = nonce("things-rest", START);
        for count in [1, 3, 2, 70, 7] {
            let caller = checked(&credential, &nonce, count, "pass:word", START).unwrap();
            assert_eq!(caller.subject(), Some("ada"));
        }
        // The last count was not used before, but is too far behind.
        for count in [1, 3, 2, 70, 7, 4] {
            assert!(is_stale(checked(&credential, &nonce, count, "pass:word", START)), "{count}");
        }
        checked(&credential, &nonce, 200, "pass:word", START).unwrap();
    }

    #[test]
    fn expired_and_foreign_nonces_are_stale_but_a_wrong_password_is_not() {
        let credential = credential();
        let own = nonce("things-rest", START);
        assert!(!is_stale(checked(&credential, &own, 1, "password", START)));
        let end = START + 300_000;
        checked(&credential, &own, 1, "pass:word", end - 1).unwrap();
        assert!(is_stale(checked(&credential, &own, 2, "pass:word", end)));
        let mut forged = URL_SAFE_NO_PAD.decode(&own).unwrap();
        forged[7] ^= 1;
        let others = [URL_SAFE_NO_PAD.encode(forged), nonce("other", START), String::new(), "a".repeat(75)];
        for other in others {
            assert!(!is_stale(checked(&credential, &other, 1, "password", START)), "{other}");
            assert!(is_stale(checked(&credential, &other, 1, "pass:word", START)), "{other}");
        }
        assert_eq!(credential.used.lock().unwrap().counts.len(), 1);
    }

    #[test]
    fn a_forgotten_nonce_is_stale_and_not_valid_again() {
        let mut used = UsedNonces::default();
        for number in 0..=MAX_NONCES as u64 {
            assert_eq!(used.add(&number.to_string(), START + number, 1, START), Ok(true));
        }
        assert_eq!(used.counts.len(), MAX_NONCES);
        assert_eq!(used.add("0", START, 1, START), Err(NonceFault::Stale));
        assert_eq!(used.add("1", START + 1, 1, START), Ok(false));
        used.add("new", START + 400_000, 1, START + 400_000).unwrap();
        assert_eq!((used.counts.len(), used.by_time.len()), (1, 1));
    }
}

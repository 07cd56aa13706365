//! Digest authentication (RFC 7616), which proves knowledge of a password without sending it.

use super::fault::Failure;
use super::layers::authentication::{Authenticated, Credentials, Refused};
use super::layers::retry::random;
use super::outgoing::Outgoing;
use super::resolve::Resolver;
use super::transport::Transport;
use crate::digest::{DigestedRequest, challenges, hex};
use crate::error::Error;
use crate::operation::BoxFuture;
use aws_lc_rs::digest::{SHA256, digest};
use http::header::AUTHORIZATION;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request};
use md5::{Digest as _, Md5};
use naftiko_spec::printable;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A user name and a password, and the challenges that the API has sent.
pub(crate) struct Digest {
    username: SecretString,
    password: SecretString,
    known: Mutex<KnownChallenges>,
}

/// The maximum number of fresh challenges that are kept.
const MAX_FRESH: usize = 64;

/// The maximum length of the challenges in a message, in characters.
const MAX_SHOWN: usize = 200;

/// The challenges that the API has sent.
#[derive(Default)]
struct KnownChallenges {
    /// The challenge that the next requests answer: the last one to which the API has accepted an answer.
    accepted: Option<CurrentChallenge>,
    /// Challenges whose first answer has not been accepted yet. Only the request that got a challenge answers it: an API may accept a
    /// nonce only once, or only with increasing counts, so another request could use it up.
    fresh: Vec<CurrentChallenge>,
}

/// A challenge of the API, and how it has been answered.
#[derive(Clone)]
struct CurrentChallenge {
    challenge: Arc<Challenge>,
    /// The client's nonce in the first answer to this challenge. It is part of the key of a session (RFC 7616, section 3.4.2).
    client_nonce: Arc<str>,
    /// How many requests have answered the challenge.
    count: u32,
}

/// The supported hash functions, from weak to strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hash {
    Md5,
    Sha256,
}

/// A challenge of the API (RFC 7616, section 3.3).
#[derive(Debug, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a parameter of the challenge")]
struct Challenge {
    hash: Hash,
    /// Whether the algorithm is a `-sess` one.
    session: bool,
    /// The algorithm as the API wrote it; `None` means MD5.
    algorithm: Option<String>,
    /// The bytes of the realm, which need not be UTF-8 (RFC 9110, section 5.5).
    realm: Vec<u8>,
    nonce: String,
    opaque: Option<Vec<u8>>,
    /// Whether the challenge offers the quality of protection `auth`; a challenge without `qop` follows RFC 2069.
    qop: bool,
    /// Whether the API supports a hash in place of the user name (`userhash`).
    hides_user: bool,
    /// Whether only the nonce was refused, not the password.
    stale: bool,
}

impl Digest {
    /// Resolves a user name and a password.
    pub(super) fn new(resolver: &mut Resolver<'_>, namespace: &str, username: &str, password: &str) -> Self {
        let user = resolver.text(username, &format!("the user name of `{namespace}`"));
        let password = resolver.credential(password, &format!("the password of `{namespace}`"));
        Self { username: user.text, password, known: Mutex::default() }
    }

    /// Returns the challenge that a request answers, and counts that request. Returns `None` for a first attempt without a known challenge,
    /// and after a refusal that cannot be answered (see [`KnownChallenges::learn`]). A new challenge is answered with `client_nonce`.
    fn challenge(&self, refused: Option<&Refused>, client_nonce: &str) -> Option<CurrentChallenge> {
        let mut known = self.known();
        let next = match refused {
            Some(refused) => known.learn(refused, client_nonce),
            None => known.accepted.as_mut(),
        }?;
        next.count = next.count.checked_add(1)?;
        Some(next.clone())
    }

    fn known(&self) -> MutexGuard<'_, KnownChallenges> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KnownChallenges {
    /// Keeps the challenge of a refused request, and returns it; returns `None` if the API has refused the password, or sent no challenge
    /// that can be answered.
    fn learn(&mut self, refused: &Refused, client_nonce: &str) -> Option<&mut CurrentChallenge> {
        let next = Challenge::of(refused)?;
        let sent = refused.authorization.as_ref().and_then(nonce);
        // An API replaces an expired nonce, with or without `stale`. If it sends the same nonce again, it has refused the password.
        if !next.stale && sent.as_deref() == Some(&next.nonce) {
            self.forget(Some(&next.nonce));
            return None;
        }
        let is_next = |known: &CurrentChallenge| known.challenge.nonce == next.nonce;
        if self.accepted.as_ref().is_some_and(is_next) {
            return self.accepted.as_mut();
        }
        if let Some(at) = self.fresh.iter().position(is_next) {
            return self.fresh.get_mut(at);
        }
        self.fresh.retain(|fresh| sent.as_ref() != Some(&fresh.challenge.nonce));
        if self.fresh.len() >= MAX_FRESH {
            self.fresh.remove(0);
        }
        self.fresh.push(CurrentChallenge { challenge: Arc::new(next), client_nonce: client_nonce.into(), count: 0 });
        self.fresh.last_mut()
    }

    /// Accepts the fresh challenge with this nonce: the next requests answer it.
    fn accept(&mut self, nonce: &str) {
        if let Some(at) = self.fresh.iter().position(|fresh| fresh.challenge.nonce == nonce) {
            self.accepted = Some(self.fresh.remove(at));
        }
    }

    /// Forgets the accepted challenge, and the fresh challenge with this nonce. The next call must first get a new challenge.
    fn forget(&mut self, nonce: Option<&str>) {
        self.accepted = None;
        self.fresh.retain(|fresh| nonce != Some(&fresh.challenge.nonce));
    }
}

impl Credentials for Digest {
    fn on_unrepeatable(&self, refused: &Refused) -> bool {
        let Some(client_nonce) = random::<16>() else { return false };
        let mut known = self.known();
        let Some(nonce) = known.learn(refused, &hex(&client_nonce)).map(|next| next.challenge.nonce.clone()) else {
            return false;
        };
        known.accept(&nonce);
        true
    }

    fn may_repeat(&self, refused: &Refused) -> bool {
        let answered = refused.authorization.as_ref().and_then(nonce).is_some();
        Challenge::of(refused).is_some_and(|next| next.stale || !answered)
    }

    fn why_unanswered(&self, refused: &Refused) -> Option<String> {
        match Challenge::of(refused) {
            Some(next) => next.stale.then(|| "refuses the nonces of its own challenges as stale".to_owned()),
            None if refused.authorization.is_some() => None,
            None => Some(format!(
                "asks for a credential that is not supported: expected a Digest challenge with the `algorithm` MD5 or SHA-256, and with the \
                 `qop` \"auth\" or none, found {}",
                offered(&refused.challenges)
            )),
        }
    }

    fn on_rejected(&self, refused: &Refused) {
        self.known().forget(refused.authorization.as_ref().and_then(nonce).as_deref());
    }

    fn on_accepted(&self, authorization: Option<&HeaderValue>) {
        let mut known = self.known();
        if !known.fresh.is_empty()
            && let Some(nonce) = authorization.and_then(nonce)
        {
            known.accept(&nonce);
        }
    }

    fn add(
        self: Arc<Self>,
        mut request: Request<Outgoing>,
        refused: Option<Refused>,
        _: Arc<Transport>,
    ) -> BoxFuture<'static, Result<Authenticated, Failure>> {
        Box::pin(async move {
            let random = random::<16>().map(|bytes| hex(&bytes));
            let nonce = random.ok_or_else(|| {
                Failure::Rejected(Error::internal("the system provides no random numbers for a nonce"))
            })?;
            let Some(CurrentChallenge { challenge, client_nonce, count }) = self.challenge(refused.as_ref(), &nonce)
            else {
                // The first request has no credentials; its answer contains the challenge.
                return Ok(refused.is_none().then_some((request, None)));
            };
            let nonce = if challenge.session { &*client_nonce } else { &*nonce };
            let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
            let user = (self.username.expose_secret(), self.password.expose_secret());
            let value = challenge.answer(user, (request.method().as_str(), target), nonce, count);
            // The user name is encoded, so only a value that is copied from the challenge can be invalid.
            let mut value = HeaderValue::from_bytes(&value).map_err(|_| {
                Failure::Rejected(Error::configuration("the API's challenge cannot be repeated in a header"))
            })?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
            Ok(Some((request, None)))
        })
    }
}

impl Hash {
    /// Returns the hash of bytes, as hexadecimal digits.
    fn of(self, bytes: &[u8]) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(bytes)),
            Self::Sha256 => hex(digest(&SHA256, bytes).as_ref()),
        }
    }
}

impl Challenge {
    /// Returns the strongest of the challenges to a refused request that can be answered.
    fn of(refused: &Refused) -> Option<Self> {
        refused.challenges.iter().filter_map(Self::strongest).max_by_key(|challenge| challenge.hash)
    }

    /// Returns the strongest of the Digest challenges in a `WWW-Authenticate` header that can be answered.
    fn strongest(value: &HeaderValue) -> Option<Self> {
        let challenges =
            challenges(&characters(value)).into_iter().filter(|(scheme, _)| scheme.eq_ignore_ascii_case("digest"));
        challenges.filter_map(|(_, parameters)| Self::read(parameters)).max_by_key(|challenge| challenge.hash)
    }

    /// Parses the parameters of a challenge; `None` if it cannot be answered.
    fn read(mut parameters: HashMap<String, String>) -> Option<Self> {
        let algorithm = parameters.remove("algorithm");
        let (hash, session) = match algorithm.as_deref().unwrap_or("MD5").to_ascii_uppercase().as_str() {
            "MD5" => (Hash::Md5, false),
            "MD5-SESS" => (Hash::Md5, true),
            "SHA-256" => (Hash::Sha256, false),
            "SHA-256-SESS" => (Hash::Sha256, true),
            _ => return None,
        };
        let qop = parameters.remove("qop");
        if qop.as_ref().is_some_and(|qop| !qop.split(',').any(|word| word.trim().eq_ignore_ascii_case("auth"))) {
            return None;
        }
        let is_true = |key: &str| parameters.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let (hides_user, stale) = (is_true("userhash"), is_true("stale"));
        Some(Self {
            hash,
            session,
            algorithm,
            realm: bytes(&parameters.remove("realm")?),
            nonce: parameters.remove("nonce").filter(|nonce| nonce.is_ascii())?,
            opaque: parameters.remove("opaque").map(|opaque| bytes(&opaque)),
            qop: qop.is_some(),
            hides_user,
            stale,
        })
    }

    /// Answers the challenge: returns the value of `Authorization` (RFC 7616, section 3.4).
    fn answer(
        &self,
        (user, password): (&str, &str),
        (method, target): (&str, &str),
        client_nonce: &str,
        count: u32,
    ) -> Vec<u8> {
        let Self { hash, realm, nonce, .. } = self;
        let mut secret = hash.of(&[user.as_bytes(), b":", realm, b":", password.as_bytes()].concat());
        if self.session {
            secret = hash.of(format!("{secret}:{nonce}:{client_nonce}").as_bytes());
        }
        let count = format!("{count:08x}");
        let protection = self.qop.then_some((count.as_str(), client_nonce));
        let request = DigestedRequest { method, target, nonce, protection };
        let response = request.response(&secret, |text| hash.of(text.as_bytes()));
        let username = if self.hides_user {
            let user = hash.of(&[user.as_bytes(), b":", realm].concat());
            format!("username=\"{user}\"").into_bytes()
        } else if user.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            [b"username=".as_slice(), &quoted(user.as_bytes())].concat()
        } else {
            // RFC 8187.
            format!("username*=UTF-8''{}", super::encode::value(user)).into_bytes()
        };
        let mut value = [b"Digest ".as_slice(), &username, b", realm=", &quoted(realm)].concat();
        value.extend(b", nonce=");
        value.extend(quoted(nonce.as_bytes()));
        value.extend(b", uri=");
        value.extend(quoted(target.as_bytes()));
        value.extend(format!(", response=\"{response}\"").as_bytes());
        if let Some(algorithm) = &self.algorithm {
            value.extend(format!(", algorithm={algorithm}").as_bytes());
        }
        if let Some(opaque) = &self.opaque {
            value.extend(b", opaque=");
            value.extend(quoted(opaque));
        }
        if self.qop {
            value.extend(format!(", qop=auth, nc={count}, cnonce=\"{client_nonce}\"").as_bytes());
        } else if self.session {
            value.extend(format!(", cnonce=\"{client_nonce}\"").as_bytes());
        }
        if self.hides_user {
            value.extend(b", userhash=true");
        }
        value
    }
}

/// Returns bytes as a quoted string (RFC 9110, section 5.6.4).
fn quoted(bytes: &[u8]) -> Vec<u8> {
    let escaped = bytes.iter().flat_map(|byte| match byte {
        b'"' => b"\\\"".iter(),
        b'\\' => b"\\\\".iter(),
        byte => std::slice::from_ref(byte).iter(),
    });
    std::iter::once(&b'"').chain(escaped).chain(std::iter::once(&b'"')).copied().collect()
}

/// Converts each byte of a header to one character, since a header may contain bytes that are not UTF-8 (RFC 9110,
/// section 5.5).
fn characters(value: &HeaderValue) -> String {
    value.as_bytes().iter().copied().map(char::from).collect()
}

/// Converts a string from [`characters`] back to the bytes of the header.
fn bytes(text: &str) -> Vec<u8> {
    text.chars().filter_map(|c| u8::try_from(c).ok()).collect()
}

/// Returns the nonce in the value of an `Authorization` header.
fn nonce(value: &HeaderValue) -> Option<String> {
    challenges(&characters(value)).pop()?.1.remove("nonce")
}

/// Describes the challenges of `WWW-Authenticate` for messages: their schemes, and of a Digest challenge also `algorithm` and `qop`.
fn offered(values: &[HeaderValue]) -> String {
    let all = values.iter().flat_map(|value| challenges(&characters(value)));
    let all = all.map(|(scheme, parameters)| {
        let names = if scheme.eq_ignore_ascii_case("digest") { ["algorithm", "qop"].as_slice() } else { &[] };
        let given = names.iter().filter_map(|name| Some(format!(" {name}=\"{}\"", parameters.get(*name)?)));
        given.fold(scheme, |shown, parameter| shown + &parameter)
    });
    let all = all.collect::<Vec<_>>().join(", ");
    match printable(&all) {
        all if all.is_empty() => "none".to_owned(),
        all => format!("`{}`", all.chars().take(MAX_SHOWN).collect::<String>()),
    }
}

/// Answers the strongest challenge in a `WWW-Authenticate` header, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(super) fn answered(challenge: &HeaderValue, user: (&str, &str), request: (&str, &str)) -> Option<Vec<u8>> {
    Some(Challenge::strongest(challenge)?.answer(user, request, "0a4f113b", 1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// The challenges of RFC 7616, section 3.9.1.
    const CHALLENGE: &str = "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=ALGORITHM, \
                             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
                             opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
    const OWN: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

    fn read(text: &str) -> Option<Challenge> {
        Challenge::strongest(&HeaderValue::from_str(text).unwrap())
    }

    fn answer(
        challenge: &Challenge,
        user: (&str, &str),
        request: (&str, &str),
        client_nonce: &str,
        count: u32,
    ) -> String {
        String::from_utf8(challenge.answer(user, request, client_nonce, count)).unwrap()
    }

    /// Answers a challenge as in the examples of RFC 2617.
    fn answered(challenge: &str, user: (&str, &str)) -> String {
        answer(&read(challenge).unwrap(), user, ("GET", "/dir/index.html"), "0a4f113b", 1)
    }

    #[test]
    fn a_realm_in_another_encoding_is_repeated_byte_for_byte() {
        let header = HeaderValue::from_bytes(b"Digest realm=\"Z\xfcrich\", nonce=\"n\", opaque=\"\xe9\"").unwrap();
        let value = Challenge::strongest(&header).unwrap().answer(("a", "b"), ("GET", "/"), "own", 1);
        let value: String = value.into_iter().map(char::from).collect();
        assert!(value.contains("realm=\"Z\u{fc}rich\"") && value.contains("opaque=\"\u{e9}\""), "{value}");
        // Computed by Python's `hashlib`.
        assert!(value.contains("response=\"78f761a2ddc1aac21e362320843c1b3c\""), "{value}");
    }

    #[test]
    fn the_challenges_of_the_rfcs_are_answered_as_in_their_examples() {
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let challenge = read(&CHALLENGE.replace("ALGORITHM", algorithm)).unwrap();
            let answer = answer(&challenge, ("Mufasa", "Circle of Life"), ("GET", "/dir/index.html"), OWN, 1);
            let expected = format!(
                "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", \
                 response=\"{response}\", algorithm={algorithm}, \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", qop=auth, nc=00000001, cnonce=\"{OWN}\""
            );
            assert_eq!(answer, expected);
        }
        // RFC 2617, section 3.5, and the same example without a quality of protection (RFC 2069).
        let old = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
        let user = ("Mufasa", "Circle Of Life");
        let answer = answered(&format!("{old}, qop=auth"), user);
        assert!(answer.contains("response=\"6629fae49393a05397450978507c4ef1\""), "{answer}");
        let answer = answered(old, user);
        assert!(
            answer.contains("response=\"670fd8c2df070c60b045671b8b24ff02\"") && !answer.contains("nc="),
            "{answer}"
        );
        // Computed by Python's `hashlib` (RFC 7616, section 3.4.2).
        let answer = answered(&format!("{old}, qop=auth, algorithm=MD5-sess"), user);
        assert!(answer.contains("response=\"8e3825c57e897f5a0dec6c2d4e5059d0\""), "{answer}");
    }

    #[test]
    fn the_strongest_supported_challenge_is_read() {
        let both = format!(
            "Basic realm=\"a\", {}, {}",
            CHALLENGE.replace("ALGORITHM", "MD5"),
            CHALLENGE.replace("ALGORITHM", "SHA-256")
        );
        assert_eq!(read(&both).unwrap().hash, Hash::Sha256);
        assert_eq!(
            read(&CHALLENGE.replace("ALGORITHM", "md5-sess")).map(|read| (read.hash, read.session)),
            Some((Hash::Md5, true))
        );
        for unanswerable in [
            CHALLENGE.replace("ALGORITHM", "SHA-512-256"),
            "Digest realm=\"a\", nonce=\"b\", qop=\"auth-int\"".to_owned(),
            "Digest realm=\"a\"".to_owned(),
            "Digest realm=\"a\", nonce=\"b".to_owned(),
            "Basic realm=\"nonce=1\"".to_owned(),
            "=".to_owned(),
            String::new(),
        ] {
            assert_eq!(read(&unanswerable), None, "{unanswerable}");
        }
    }

    #[test]
    fn texts_are_quoted_and_users_hidden() {
        let challenge = read(r#"Digest realm="a \"b\" \\", nonce=n, stale=TRUE, userhash=true, qop="auth""#).unwrap();
        assert_eq!((challenge.realm.as_slice(), challenge.stale), (br#"a "b" \"#.as_slice(), true));
        let answer = answer(&challenge, ("Jäsøn", "x"), ("GET", "/"), "own", 26);
        assert!(answer.contains(r#"realm="a \"b\" \\""#) && answer.contains("nc=0000001a"), "{answer}");
        assert!(!answer.contains("Jäsøn") && answer.ends_with("userhash=true"), "{answer}");
        let shown = answered("Digest realm=a, nonce=n", ("Jäsøn", "x"));
        assert!(shown.starts_with("Digest username*=UTF-8''J%C3%A4s%C3%B8n, "), "{shown}");
    }
}

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
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// A user name and a password, and the last challenge of the API.
pub(crate) struct Digest {
    username: SecretString,
    password: SecretString,
    last: Mutex<Option<CurrentChallenge>>,
}

/// The last challenge of the API.
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
    realm: String,
    nonce: String,
    opaque: Option<String>,
    /// Whether it offers the quality of protection `auth`; a challenge without `qop` follows RFC 2069.
    qop: bool,
    hides_user: bool,
    /// Whether only the nonce was refused, not the password.
    stale: bool,
}

impl Digest {
    /// Resolves a user name and a password.
    pub(super) fn new(values: &mut Resolver<'_>, namespace: &str, username: &str, password: &str) -> Self {
        let user = values.text(username, &format!("the user name of `{namespace}`"));
        let password = values.credential(password, &format!("the password of `{namespace}`"));
        values.register_hidden(user.values);
        Self { username: user.text, password, last: Mutex::default() }
    }

    /// Returns the challenge that the next request answers, and counts that request. Returns `None` before the first challenge, and after
    /// a refusal that cannot be answered (see [`Self::learn`]). A new challenge is answered with `client_nonce`.
    fn challenge(&self, refused: Option<&Refused>, client_nonce: &str) -> Option<CurrentChallenge> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(refused) = refused {
            Self::learn(&mut last, refused, client_nonce)?;
        }
        let last = last.as_mut()?;
        last.count = last.count.checked_add(1)?;
        Some(last.clone())
    }

    /// Keeps the challenge of a refused request; returns `None` if the API has refused the password, or sent no challenge that can be
    /// answered.
    fn learn(last: &mut Option<CurrentChallenge>, refused: &Refused, client_nonce: &str) -> Option<()> {
        let next = refused.challenges.iter().filter_map(Challenge::strongest).max_by_key(|next| next.hash)?;
        // An API replaces an expired nonce, with or without `stale`. If it sends the same nonce again, it has refused the password.
        if let Some(sent) = &refused.authorization
            && !next.stale
            && parameters(sent).is_some_and(|sent| sent.get("nonce") == Some(&next.nonce))
        {
            *last = None;
            return None;
        }
        if last.as_ref().is_none_or(|known| known.challenge.nonce != next.nonce) {
            *last = Some(CurrentChallenge { challenge: Arc::new(next), client_nonce: client_nonce.into(), count: 0 });
        }
        Some(())
    }
}

impl Credentials for Digest {
    fn on_unrepeatable(&self, refused: &Refused) -> bool {
        let Some(client_nonce) = random::<16>() else { return false };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        Self::learn(&mut last, refused, &hex(&client_nonce)).is_some()
    }

    fn on_rejected(&self) {
        // Forgets the challenge: the next call must get a new one before it answers.
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
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
            // Names are encoded; the realm and the nonce of the API are repeated.
            let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
                Failure::Rejected(Error::configuration("the API's challenge cannot be repeated in a header"))
            })?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
            Ok(Some((request, None)))
        })
    }
}

impl Hash {
    fn of(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text)),
            Self::Sha256 => hex(digest(&SHA256, text.as_bytes()).as_ref()),
        }
    }
}

impl Challenge {
    /// Returns the strongest of the Digest challenges in a `WWW-Authenticate` header that can be answered.
    fn strongest(value: &HeaderValue) -> Option<Self> {
        let text = std::str::from_utf8(value.as_bytes()).ok()?;
        let challenges = challenges(text).into_iter().filter(|(scheme, _)| scheme.eq_ignore_ascii_case("digest"));
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
            realm: parameters.remove("realm")?,
            nonce: parameters.remove("nonce")?,
            opaque: parameters.remove("opaque"),
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
    ) -> String {
        let Self { hash, realm, nonce, .. } = self;
        let mut secret = hash.of(&format!("{user}:{realm}:{password}"));
        if self.session {
            secret = hash.of(&format!("{secret}:{nonce}:{client_nonce}"));
        }
        let count = format!("{count:08x}");
        let protection = self.qop.then_some((count.as_str(), client_nonce));
        let request = DigestedRequest { method, target, nonce, protection };
        let response = request.response(&secret, |text| hash.of(text));
        let username = match () {
            () if self.hides_user => format!("username=\"{}\"", hash.of(&format!("{user}:{realm}"))),
            () if user.bytes().all(|byte| matches!(byte, b' '..=b'~')) => format!("username={}", quoted(user)),
            // RFC 8187.
            () => format!("username*=UTF-8''{}", super::encode::value(user)),
        };
        let mut text = format!(
            "Digest {username}, realm={}, nonce={}, uri={}, response=\"{response}\"",
            quoted(realm),
            quoted(nonce),
            quoted(target)
        );
        // Writing to a string does not fail.
        if let Some(algorithm) = &self.algorithm {
            let _ = write!(text, ", algorithm={algorithm}");
        }
        if let Some(opaque) = &self.opaque {
            let _ = write!(text, ", opaque={}", quoted(opaque));
        }
        if self.qop {
            let _ = write!(text, ", qop=auth, nc={count}, cnonce=\"{client_nonce}\"");
        } else if self.session {
            let _ = write!(text, ", cnonce=\"{client_nonce}\"");
        }
        if self.hides_user {
            text.push_str(", userhash=true");
        }
        text
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Returns the parameters in the value of an `Authorization` header.
fn parameters(value: &HeaderValue) -> Option<HashMap<String, String>> {
    challenges(std::str::from_utf8(value.as_bytes()).ok()?).pop().map(|(_, parameters)| parameters)
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

    #[test]
    fn the_challenges_of_the_rfcs_are_answered_as_in_their_examples() {
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let challenge = read(&CHALLENGE.replace("ALGORITHM", algorithm)).unwrap();
            let answer = challenge.answer(("Mufasa", "Circle of Life"), ("GET", "/dir/index.html"), OWN, 1);
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
        let answer = read(&format!("{old}, qop=auth")).unwrap().answer(user, ("GET", "/dir/index.html"), "0a4f113b", 1);
        assert!(answer.contains("response=\"6629fae49393a05397450978507c4ef1\""), "{answer}");
        let answer = read(old).unwrap().answer(user, ("GET", "/dir/index.html"), "0a4f113b", 1);
        assert!(
            answer.contains("response=\"670fd8c2df070c60b045671b8b24ff02\"") && !answer.contains("nc="),
            "{answer}"
        );
        // Computed by Python's `hashlib` (RFC 7616, section 3.4.2).
        let session = read(&format!("{old}, qop=auth, algorithm=MD5-sess")).unwrap();
        let answer = session.answer(user, ("GET", "/dir/index.html"), "0a4f113b", 1);
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
        assert_eq!((challenge.realm.as_str(), challenge.stale), (r#"a "b" \"#, true));
        let answer = challenge.answer(("Jäsøn", "x"), ("GET", "/"), "own", 26);
        assert!(answer.contains(r#"realm="a \"b\" \\""#) && answer.contains("nc=0000001a"), "{answer}");
        assert!(!answer.contains("Jäsøn") && answer.ends_with("userhash=true"), "{answer}");
        let shown = read("Digest realm=a, nonce=n").unwrap().answer(("Jäsøn", "x"), ("GET", "/"), "own", 1);
        assert!(shown.starts_with("Digest username*=UTF-8''J%C3%A4s%C3%B8n, "), "{shown}");
    }
}

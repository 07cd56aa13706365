//! Authenticates callers that share one credential: a bearer token, an API key, or a user name and a password (Basic or Digest).

use super::challenge::Challenge;
use super::digest::DigestCredential;
use super::header::{after_scheme, decoded, quoted, take_header};
use super::secret::Secret;
use super::values::VariableResolver;
use crate::operation::Caller;
use axum::extract::OriginalUri;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Uri};
use naftiko_spec::model::{Authentication, Placement};

/// One credential, and how it is sent.
pub(crate) struct SharedCredential {
    credential: Credential,
    /// The challenge in `WWW-Authenticate`, which tells callers what to send. Not used for Digest.
    challenge: HeaderValue,
}

enum Credential {
    /// `Authorization: Bearer …` (RFC 6750, section 2.1).
    Bearer(Secret),
    /// `Authorization: Basic …` (RFC 7617).
    Basic { username: String, pair: Secret },
    /// `Authorization: Digest …` (RFC 7616).
    Digest(Box<DigestCredential>),
    /// A key in a header.
    Header(HeaderName, Secret),
    /// A key in the query.
    Query(String, Secret),
}

/// Reports a credential that no caller can send: the value of a header has no control characters, and spaces around a value are not
/// part of the value (RFC 9110, section 5.5). `what` names the credential in the message.
fn refuse_unsendable(credential: &str, what: &str, values: &mut VariableResolver<'_>) {
    if credential.trim_matches([' ', '\t']) != credential {
        values
            .add_problem(format!("{what} begins or ends with a space or a tab, which no caller can send in a header"));
    } else if HeaderValue::from_str(credential).is_err() {
        values.add_problem(format!(
            "{what} has a line break or another control character, which no caller can send in a header"
        ));
    }
}

impl SharedCredential {
    /// Resolves a credential, and adds missing and invalid values to the problems of `values`. Returns `None` if the scheme has
    /// no fixed credential, or a key cannot be sent as specified.
    pub(super) fn new(how: &Authentication, adapter: &str, values: &mut VariableResolver<'_>) -> Option<Self> {
        let (credential, how) = match how {
            Authentication::Bearer { token } => {
                let token = values.resolve(token, &format!("the token of the callers of `{adapter}`"));
                refuse_unsendable(&token, &format!("the token of the callers of `{adapter}`"), values);
                (Credential::Bearer(Secret::new(token.as_bytes())), format!("Bearer realm={}", quoted(adapter)))
            }
            Authentication::Basic { username, password } => {
                let username = values.resolve(username, &format!("the user name that callers of `{adapter}` send"));
                let password = values.resolve(password, &format!("the password of the callers of `{adapter}`"));
                let pair = Secret::new(format!("{username}:{password}").as_bytes());
                let how = format!("Basic realm={}, charset=\"UTF-8\"", quoted(adapter));
                (Credential::Basic { username, pair }, how)
            }
            Authentication::Digest { username, password } => {
                let username = values.resolve(username, &format!("the user name that callers of `{adapter}` send"));
                let password = values.resolve(password, &format!("the password of the callers of `{adapter}`"));
                let credential = DigestCredential::new(adapter, &username, &password);
                // `DigestCredential` creates the challenges, since each has its own nonce.
                (Credential::Digest(Box::new(credential)), String::new())
            }
            Authentication::Apikey { key, value, placement } => {
                let key = values.resolve(key, &format!("the API key name of the callers of `{adapter}`"));
                let value = values.resolve(value, &format!("the key of the callers of `{adapter}`"));
                let how =
                    format!("ApiKey realm={}, in=\"{}\", name={}", quoted(adapter), placement.as_str(), quoted(&key));
                let secret = Secret::new(value.as_bytes());
                match placement {
                    Placement::Query => (Credential::Query(key, secret), how),
                    Placement::Header => {
                        refuse_unsendable(&value, &format!("the key of the callers of `{adapter}`"), values);
                        let Ok(name) = HeaderName::try_from(&key) else {
                            values.add_problem(format!(
                                "the API key name of the callers of `{adapter}` is not a valid header name"
                            ));
                            return None;
                        };
                        (Credential::Header(name, secret), how)
                    }
                    Placement::Path | Placement::Body | Placement::Cookie => {
                        let place = placement.as_str();
                        values.add_problem(format!(
                            "callers of `{adapter}` cannot send a key in the {place}; use a header"
                        ));
                        return None;
                    }
                }
            }
            _ => return None,
        };
        let how = HeaderValue::try_from(how).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
        Some(Self { credential, challenge: how })
    }

    /// Takes over the used nonces of an earlier Digest credential of the adapter.
    #[cfg(feature = "client")]
    pub(super) fn take_over(&mut self, earlier: &Self) {
        if let (Credential::Digest(own), Credential::Digest(earlier)) = (&mut self.credential, &earlier.credential) {
            own.take_over(earlier);
        }
    }

    /// Authenticates the caller of a request, and removes the credential, so that nothing behind the adapter gets it.
    pub(super) fn check(&self, parts: &mut Parts) -> Result<Caller, Challenge> {
        let refused = |message: String| Challenge::unauthorized(message, &self.challenge);
        let wrong = |what: &str| refused(format!("the {what} is not valid"));
        match &self.credential {
            Credential::Bearer(secret) => {
                let token =
                    take_header(parts, &AUTHORIZATION, "send `Authorization: Bearer TOKEN`").map_err(refused)?;
                let token = after_scheme(token.as_bytes(), "Bearer").map_err(refused)?;
                if secret.is(token) { Ok(Caller::trusted(None)) } else { Err(wrong("bearer token")) }
            }
            Credential::Basic { username, pair } => {
                let given = take_header(parts, &AUTHORIZATION, "send `Authorization: Basic …`").map_err(refused)?;
                let given = after_scheme(given.as_bytes(), "Basic").map_err(refused)?;
                // Invalid base64 becomes empty bytes, which never match.
                let given = STANDARD.decode(given).unwrap_or_default();
                if pair.is(&given) {
                    Ok(Caller::trusted(Some(username.clone())))
                } else {
                    Err(wrong("user name or the password"))
                }
            }
            Credential::Digest(credential) => credential.check(parts),
            Credential::Header(name, secret) => {
                let key = take_header(parts, name, &format!("send the header `{name}`")).map_err(refused)?;
                if secret.is(key.as_bytes()) { Ok(Caller::trusted(None)) } else { Err(wrong("key")) }
            }
            Credential::Query(name, secret) => {
                let (mut given, others): (Vec<_>, Vec<_>) = parts
                    .uri
                    .query()
                    .unwrap_or_default()
                    .split('&')
                    .partition(|pair| decoded(pair.split('=').next().unwrap_or_default()) == name.as_bytes());
                let missing = format!("the request has no credential: send the query parameter `{name}`");
                let key = given.pop().ok_or_else(|| refused(missing))?;
                if !given.is_empty() {
                    return Err(refused(format!("the query parameter `{name}` is given more than once")));
                }
                let key = decoded(key.split_once('=').map_or("", |(_, value)| value));
                if !secret.is(&key) {
                    return Err(wrong("key"));
                }
                let remaining = (!others.is_empty()).then(|| others.join("&"));
                let uri = with_query(&parts.uri, remaining.as_deref()).ok_or_else(|| wrong("query"))?;
                // axum keeps the URI of the request before nesting in `OriginalUri`.
                if let Some(OriginalUri(original)) = parts.extensions.get_mut() {
                    *original = with_query(original, remaining.as_deref()).ok_or_else(|| wrong("query"))?;
                }
                parts.uri = uri;
                Ok(Caller::trusted(None))
            }
        }
    }
}

/// Returns the same URI with another query, or without one.
fn with_query(uri: &Uri, query: Option<&str>) -> Option<Uri> {
    let path = uri.path();
    let target = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target.parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use http::Request;

    #[test]
    fn a_key_in_the_query_is_removed_from_both_uris() {
        let credential = Credential::Query("key".to_owned(), Secret::new(b"s3cret"));
        let credential = SharedCredential { credential, challenge: HeaderValue::from_static("Key") };
        for (query, left) in [("?key=s3cret", ""), ("?a=1&k%65y=s3cret&b=2", "?a=1&b=2")] {
            let (mut parts, ()) = Request::get(format!("/things{query}")).body(()).unwrap().into_parts();
            parts.extensions.insert(OriginalUri(format!("https://acme.io/v1/things{query}").parse().unwrap()));
            assert!(credential.check(&mut parts).is_ok());
            let original = parts.extensions.get::<OriginalUri>().unwrap();
            assert_eq!(parts.uri.to_string(), format!("/things{left}"));
            assert_eq!(original.to_string(), format!("https://acme.io/v1/things{left}"));
        }
    }
}

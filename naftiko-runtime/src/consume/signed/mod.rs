//! Signatures of requests: they prove that the sender knows a secret, without sending it.

mod aws;
mod oauth1;
mod veracode;

use super::constant_header::valid_part;
use super::credential::keep_secret;
use super::fault::Failure;
use super::layers::authentication::{Authenticated, Credentials, Refused};
use super::outgoing::Outgoing;
use super::resolve::{Resolved, Resolver};
use super::transport::Transport;
use crate::operation::BoxFuture;
use aws::Aws;
use aws_lc_rs::hmac;
use http::{Request, Uri};
use naftiko_spec::model::Authentication;
use oauth1::OAuth1;
use secrecy::{ExposeSecret, SecretString};
use std::fmt::Write;
use std::sync::Arc;
use std::time::SystemTime;
use veracode::Veracode;

/// A signer of the requests to an API.
pub(crate) enum Signer {
    /// Signature Version 4 of AWS.
    Aws(Aws),
    /// The HMAC of Veracode.
    Veracode(Veracode),
    /// OAuth 1.0a.
    OAuth1(OAuth1),
}

impl Signer {
    /// Resolves the values of a signing scheme; `None` for an invalid key, and for any other authentication.
    pub(super) fn new(values: &mut Resolver<'_>, namespace: &str, how: &Authentication) -> Option<Self> {
        match how {
            Authentication::AwsSigV4 { access_key_id, secret_key, region, service, session_token } => {
                let mut sent =
                    |text: &str, what: &str| in_header(values, text, &format!("the {what} of `{namespace}`"));
                let id = sent(access_key_id, "access key ID");
                let (region, service) = (sent(region, "AWS region"), sent(service, "AWS service"));
                let session_token = session_token.as_ref().map(|token| sent(token, "session token"));
                let secret_key = values.credential(secret_key, &format!("the secret access key of `{namespace}`"));
                values.register_hidden(id.values);
                let session_token = session_token.map(|token| {
                    let text = token.text.clone();
                    keep_secret(values, token);
                    text
                });
                let (id, region, service) = (id.text, region.text, service.text);
                Some(Self::Aws(Aws { id, secret_key, session_token, region, service }))
            }
            Authentication::Hmac { api_id, api_key } => {
                let purpose = format!("the API ID of `{namespace}`");
                let id = values.text(api_id, &purpose);
                // The signer removes whitespace around it.
                valid_part(values, id.text.expose_secret().trim(), &id.names, &purpose);
                values.register_hidden(id.values);
                let key = values.credential(api_key, &format!("the API key of `{namespace}`"));
                let signer = Veracode::new(&id.text, &key);
                if let Err((what, expected)) = &signer
                    && !values.is_dry_run()
                {
                    values.report(format!("the {what} of `{namespace}` {expected}"));
                }
                signer.ok().map(Self::Veracode)
            }
            Authentication::Oauth1 { consumer_key, signing_key, token, token_secret, signature_method } => {
                let consumer_key = identifier(values, consumer_key, &format!("the consumer key of `{namespace}`"));
                let token =
                    token.as_ref().map(|token| identifier(values, token, &format!("the token of `{namespace}`")));
                let mut secret =
                    |text: &str, what: &str| values.credential(text, &format!("the {what} of `{namespace}`"));
                let signing_key = secret(signing_key, "signing key");
                let token_secret = token_secret.as_ref().map(|text| secret(text, "token secret"));
                let signer = OAuth1::new(consumer_key, &signing_key, (token, token_secret), *signature_method);
                if let Err(expected) = &signer
                    && !values.is_dry_run()
                {
                    values.report(format!("the signing key of `{namespace}` {expected}"));
                }
                signer.ok().map(Self::OAuth1)
            }
            Authentication::Bearer { .. }
            | Authentication::Apikey { .. }
            | Authentication::Basic { .. }
            | Authentication::Digest { .. }
            | Authentication::Oauth2(_)
            | Authentication::Other(_) => None,
        }
    }
}

/// Resolves a string that is not a secret, but is hidden in errors.
fn identifier(values: &mut Resolver<'_>, text: &str, purpose: &str) -> SecretString {
    let resolved = values.text(text, purpose);
    values.register_hidden(resolved.values);
    resolved.text
}

/// Resolves a string that becomes a part of a header. Reports one that cannot be sent.
fn in_header(values: &mut Resolver<'_>, text: &str, purpose: &str) -> Resolved {
    let resolved = values.text(text, purpose);
    valid_part(values, resolved.text.expose_secret(), &resolved.names, purpose);
    resolved
}

impl Credentials for Signer {
    fn add(
        self: Arc<Self>,
        mut request: Request<Outgoing>,
        refused: Option<Refused>,
        _: Arc<Transport>,
    ) -> BoxFuture<'static, Result<Authenticated, Failure>> {
        Box::pin(async move {
            if refused.is_some() {
                return Ok(None);
            }
            let now = SystemTime::now();
            let signed = match &*self {
                Self::Aws(aws) => aws.sign(&mut request, now),
                Self::Veracode(veracode) => veracode.sign(&mut request, now),
                Self::OAuth1(oauth1) => oauth1.sign(&mut request, now),
            };
            signed.map(|()| Some((request, None))).map_err(Failure::Rejected)
        })
    }
}

/// Returns the `Host` header of a request for a URI, without the port if it is the default of the scheme.
fn host(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    match (uri.port_u16(), uri.scheme_str()) {
        (None, _) | (Some(443), Some("https")) | (Some(80), Some("http")) => host.to_owned(),
        (Some(port), _) => format!("{host}:{port}"),
    }
}

/// Computes an HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text)
}

/// Percent-encodes everything except unreserved characters (RFC 3986, section 2.3) and, if `keeps_slashes`, slashes.
fn percent_encoded(bytes: &[u8], keeps_slashes: bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(byte.into()),
            b'/' if keeps_slashes => text.push('/'),
            // Writing to a string does not fail.
            _ => drop(write!(text, "%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::host;

    #[test]
    fn the_port_of_the_scheme_is_not_part_of_the_host() {
        for (uri, expected) in [
            ("https://api.acme.io/x", "api.acme.io"),
            ("https://api.acme.io:443/x", "api.acme.io"),
            ("https://api.acme.io:80/x", "api.acme.io:80"),
            ("http://api.acme.io/x", "api.acme.io"),
            ("http://api.acme.io:80/x", "api.acme.io"),
            ("http://api.acme.io:443/x", "api.acme.io:443"),
            ("http://[::1]:8080/x", "[::1]:8080"),
        ] {
            assert_eq!(host(&uri.parse().unwrap()), expected, "{uri}");
        }
    }
}

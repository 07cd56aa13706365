//! Signatures of requests: they prove that the sender knows a secret, without sending it.

mod aws;
mod oauth1;
mod veracode;

use super::constant_header::valid_part;
use super::encode::VALUE;
use super::fault::Failure;
use super::layers::authentication::{Authenticated, Credentials, Refused};
use super::outgoing::Outgoing;
use super::resolve::{FilledText, Resolver};
use super::transport::Transport;
use crate::operation::BoxFuture;
use aws::Aws;
use aws_lc_rs::hmac;
use http::Request;
use naftiko_spec::model::Authentication;
use oauth1::OAuth1;
use percent_encoding::{AsciiSet, percent_encode};
use secrecy::{ExposeSecret, SecretString};
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
    pub(super) fn new(resolver: &mut Resolver<'_>, namespace: &str, how: &Authentication) -> Option<Self> {
        match how {
            Authentication::AwsSigV4 { access_key_id, secret_key, region, service, session_token } => {
                let mut sent =
                    |text: &str, what: &str| in_header(resolver, text, &format!("the {what} of `{namespace}`"));
                let id = sent(access_key_id, "access key ID");
                let (region, service) = (sent(region, "AWS region"), sent(service, "AWS service"));
                let session_token = session_token.as_ref().map(|token| sent(token, "session token"));
                let secret_key = resolver.credential(secret_key, &format!("the secret access key of `{namespace}`"));
                let session_token = session_token.map(|token| {
                    let text = token.text.clone();
                    resolver.register_credential(token);
                    text
                });
                let (id, region, service) = (id.text, region.text, service.text);
                Some(Self::Aws(Aws { id, secret_key, session_token, region, service }))
            }
            Authentication::Hmac { api_id, api_key } => {
                let purpose = format!("the API ID of `{namespace}`");
                let id = resolver.text(api_id, &purpose);
                // `Veracode::new` removes whitespace around the ID.
                valid_part(resolver, id.text.expose_secret().trim(), &id.names, &purpose);
                let key = resolver.credential(api_key, &format!("the API key of `{namespace}`"));
                let signer = Veracode::new(&id.text, &key);
                if let Err((what, expected)) = &signer
                    && !resolver.is_dry_run()
                {
                    resolver.report(format!("the {what} of `{namespace}` {expected}"));
                }
                signer.ok().map(Self::Veracode)
            }
            Authentication::Oauth1 { consumer_key, signing_key, token, token_secret, signature_method } => {
                let consumer_key = resolver.text(consumer_key, &format!("the consumer key of `{namespace}`")).text;
                let token =
                    token.as_ref().map(|token| identifier(resolver, token, &format!("the token of `{namespace}`")));
                let mut secret =
                    |text: &str, what: &str| resolver.credential(text, &format!("the {what} of `{namespace}`"));
                let signing_key = secret(signing_key, "signing key");
                let token_secret = token_secret.as_ref().map(|text| secret(text, "token secret"));
                let signer = OAuth1::new(consumer_key, &signing_key, (token, token_secret), *signature_method);
                if let Err(expected) = &signer
                    && !resolver.is_dry_run()
                {
                    resolver.report(format!("the signing key of `{namespace}` {expected}"));
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
fn identifier(resolver: &mut Resolver<'_>, text: &str, purpose: &str) -> SecretString {
    let filled = resolver.text(text, purpose);
    resolver.register_hidden(filled.values);
    filled.text
}

/// Resolves a string that becomes a part of a header. Reports a string that cannot be sent.
fn in_header(resolver: &mut Resolver<'_>, text: &str, purpose: &str) -> FilledText {
    let filled = resolver.text(text, purpose);
    valid_part(resolver, filled.text.expose_secret(), &filled.names, purpose);
    filled
}

impl Credentials for Signer {
    fn need_whole_body(&self) -> bool {
        match self {
            Self::Aws(_) | Self::OAuth1(_) => true,
            Self::Veracode(_) => false,
        }
    }

    fn add(
        self: Arc<Self>,
        mut request: Request<Outgoing>,
        refused: Option<Refused>,
        _: Arc<Transport>,
    ) -> BoxFuture<'static, Result<Authenticated, Failure>> {
        Box::pin(async move {
            // The same secret would be refused again.
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

/// Computes an HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text)
}

/// Percent-encodes everything except unreserved characters (RFC 3986, section 2.3) and, if `keeps_slashes`, slashes.
fn percent_encoded(bytes: &[u8], keeps_slashes: bool) -> String {
    const EXCEPT_SLASHES: &AsciiSet = &VALUE.remove(b'/');
    percent_encode(bytes, if keeps_slashes { EXCEPT_SLASHES } else { VALUE }).to_string()
}

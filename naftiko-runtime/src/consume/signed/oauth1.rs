//! OAuth 1.0a signatures (RFC 5849), with a shared secret or a private key.

use super::percent_encoded;
use crate::consume::layers::retry::random;
use crate::consume::outgoing::Outgoing;
use crate::consume::reference::host_header;
use crate::consume::tls::with_line_breaks;
use crate::error::{Error, Result};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request};
use naftiko_spec::model::SignatureMethod;
use percent_encoding::percent_decode;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use std::time::{SystemTime, UNIX_EPOCH};

/// The credentials of a consumer, and of a user if there is a token.
pub(crate) struct OAuth1 {
    consumer_key: SecretString,
    token: Option<SecretString>,
    key: SigningKey,
}

/// The key that signs requests.
enum SigningKey {
    Secret(SignatureMethod, Box<hmac::Key>),
    Rsa(Box<KeyPair>),
}

impl OAuth1 {
    /// Creates a signer. Without a method, a private key in PEM signs with `RSA-SHA256`, and a secret with `HMAC-SHA1`.
    ///
    /// # Errors
    /// Returns what is wrong with the signing key, without quoting it.
    pub(super) fn new(
        consumer_key: SecretString,
        signing_key: &SecretString,
        (token, token_secret): (Option<SecretString>, Option<SecretString>),
        method: Option<SignatureMethod>,
    ) -> Result<Self, &'static str> {
        let text = signing_key.expose_secret();
        let is_pem = text.trim_start().starts_with("-----BEGIN ");
        let default_method = if is_pem { SignatureMethod::RsaSha256 } else { SignatureMethod::HmacSha1 };
        let key = match method.unwrap_or(default_method) {
            SignatureMethod::RsaSha256 => SigningKey::Rsa(Box::new(rsa_key(text.trim())?)),
            method => {
                let algorithm = match method {
                    SignatureMethod::HmacSha256 => HMAC_SHA256,
                    SignatureMethod::HmacSha1 | SignatureMethod::RsaSha256 => HMAC_SHA1_FOR_LEGACY_USE_ONLY,
                };
                let token_secret = token_secret.as_ref().map_or("", |secret| secret.expose_secret());
                let secrets = Zeroizing::new(format!("{}&{}", encoded(text), encoded(token_secret)));
                SigningKey::Secret(method, Box::new(hmac::Key::new(algorithm, secrets.as_bytes())))
            }
        };
        Ok(Self { consumer_key, token, key })
    }

    /// Adds a signature to a request.
    ///
    /// # Errors
    /// Returns an error if the system provides no random numbers, if the body is streamed and has to be signed, or if signing fails.
    pub(super) fn sign(&self, request: &mut Request<Outgoing>, now: SystemTime) -> Result<()> {
        let nonce: [u8; 16] =
            random().ok_or_else(|| Error::internal("the system provides no random numbers for a nonce"))?;
        let mut value = HeaderValue::from_str(&self.authorization(request, now, &crate::digest::hex(&nonce))?)
            .map_err(|_| Error::internal("the signature is not valid in a header"))?;
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
        Ok(())
    }

    /// Returns the value of `Authorization` (section 3.5.1).
    fn authorization(&self, request: &Request<Outgoing>, now: SystemTime, nonce: &str) -> Result<String> {
        let is_form = request.headers().get(CONTENT_TYPE).is_some_and(|value| {
            let name = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
            name.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
        });
        let method = match &self.key {
            SigningKey::Secret(method, _) => *method,
            SigningKey::Rsa(_) => SignatureMethod::RsaSha256,
        };
        let timestamp = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_string();
        let mut own = vec![
            ("oauth_consumer_key", self.consumer_key.expose_secret().to_owned()),
            ("oauth_nonce", nonce.to_owned()),
            ("oauth_signature_method", method.as_str().to_owned()),
            ("oauth_timestamp", timestamp),
            ("oauth_version", "1.0".to_owned()),
        ];
        if let Some(token) = &self.token {
            own.push(("oauth_token", token.expose_secret().to_owned()));
        }
        if matches!(self.key, SigningKey::Rsa(_)) && !is_form {
            // An extension that APIs with RSA keys require:
            // https://oauth.googlecode.com/svn/spec/ext/body_hash/1.0/oauth-bodyhash.html
            own.push(("oauth_body_hash", BASE64_STANDARD.encode(digest(&SHA256, whole(request)?).as_ref())));
        }
        let form = if is_form { whole(request)? } else { &[] };
        let text = base_string(request, &own, form);
        let signature = match &self.key {
            SigningKey::Secret(_, key) => BASE64_STANDARD.encode(hmac::sign(key, text.as_bytes()).as_ref()),
            SigningKey::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
                    .map_err(|_| Error::internal("the request could not be signed with the private key"))?;
                BASE64_STANDARD.encode(signature)
            }
        };
        own.push(("oauth_signature", signature));
        let pairs: Vec<String> = own.iter().map(|(name, value)| format!("{name}=\"{}\"", encoded(value))).collect();
        Ok(format!("OAuth {}", pairs.join(", ")))
    }
}

/// Returns the whole body, which the signature covers.
fn whole(request: &Request<Outgoing>) -> Result<&[u8]> {
    match request.body() {
        Outgoing::Whole(bytes) => Ok(bytes),
        Outgoing::Pieces(..) => Err(Error::configuration(
            "a streamed body cannot be signed with OAuth 1.0a: the signature covers the body, so it must be buffered",
        )),
    }
}

/// Decodes a private RSA key in PEM.
fn rsa_key(text: &str) -> Result<KeyPair, &'static str> {
    const EXPECTED: &str = "must be a PEM-encoded RSA private key without a passphrase";
    let text = with_line_breaks(text);
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| EXPECTED)?;
    match &key {
        PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()),
        _ => return Err(EXPECTED),
    }
    .map_err(|_| EXPECTED)
}

/// Returns the text that is signed: the method, the URI without its query, and the sorted parameters (section 3.4.1).
fn base_string(request: &Request<Outgoing>, own: &[(&str, String)], form: &[u8]) -> String {
    let uri = request.uri();
    let scheme = uri.scheme_str().unwrap_or("https").to_ascii_lowercase();
    let address = format!("{scheme}://{}{}", host_header(uri).unwrap_or_default().to_ascii_lowercase(), uri.path());
    let query = uri.query().unwrap_or_default().as_bytes();
    let pairs = [query, form].into_iter().flat_map(|pairs| pairs.split(|byte| *byte == b'&'));
    let mut parameters: Vec<(String, String)> =
        own.iter().map(|(name, value)| (encoded(name), encoded(value))).collect();
    parameters.extend(pairs.filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_at(pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len()));
        (encoded_again(name), encoded_again(value.strip_prefix(b"=").unwrap_or_default()))
    }));
    parameters.sort();
    let parameters: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}&{}&{}", encoded(request.method().as_str()), encoded(&address), encoded(&parameters.join("&")))
}

/// Percent-encodes everything except unreserved characters (section 3.6).
fn encoded(text: &str) -> String {
    percent_encoded(text.as_bytes(), false)
}

/// Decodes a part of a query or a form, whose bytes can be in any encoding, and percent-encodes it as section 3.6
/// requires.
fn encoded_again(part: &[u8]) -> String {
    let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_encoded(&percent_decode(&spaced).collect::<Vec<u8>>(), false)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use percent_encoding::percent_decode_str;
    use std::time::Duration;

    fn request(method: &str, uri: &str, content_type: &str, body: &'static str) -> Request<Outgoing> {
        let request = Request::builder().method(method).uri(uri).header(CONTENT_TYPE, content_type);
        request.body(Outgoing::Whole(body.into())).unwrap()
    }

    fn parameter(authorization: &str, name: &str) -> String {
        let pairs = authorization.strip_prefix("OAuth ").unwrap().split(", ");
        let value = pairs.filter_map(|pair| pair.split_once('=')).find(|(own, _)| *own == name).unwrap().1;
        percent_decode_str(value.trim_matches('"')).decode_utf8().unwrap().into_owned()
    }

    /// The example of RFC 5849, section 3.4.1.
    #[test]
    fn the_signed_text_is_that_of_the_rfc() {
        let own = [
            ("oauth_consumer_key", "9djdj82h48djs9d2".to_owned()),
            ("oauth_token", "kkk9d7dh3k39sjv7".to_owned()),
            ("oauth_signature_method", "HMAC-SHA1".to_owned()),
            ("oauth_timestamp", "137131201".to_owned()),
            ("oauth_nonce", "7d8f3e4a".to_owned()),
        ];
        let uri = "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b";
        let expected = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540\
                        %3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3D\
                        HMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7";
        assert_eq!(base_string(&request("POST", uri, "", ""), &own, b"c2&a3=2+q"), expected);
        let signed = base_string(&request("POST", "http://a/", "", ""), &[], b"a=\xe9&a=%e9&=1&&b=c=d");
        assert!(signed.ends_with("&%3D1%26a%3D%25E9%26a%3D%25E9%26b%3Dc%253Dd"), "{signed}");
    }

    /// The example in the documentation of Twitter.
    #[test]
    fn a_secret_signs_the_query_and_the_form() {
        let secrets = (
            Some("370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb".into()),
            Some("LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE".into()),
        );
        let key = "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw".into();
        let signer = OAuth1::new("xvz1evFS4wEEPTGEFPHBog".into(), &key, secrets, None).unwrap();
        let request = request(
            "POST",
            "https://api.twitter.com/1.1/statuses/update.json?include_entities=true",
            "application/x-www-form-urlencoded; charset=utf-8",
            "status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21",
        );
        let now = UNIX_EPOCH + Duration::from_secs(1_318_622_958);
        let value = signer.authorization(&request, now, "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg").unwrap();
        assert_eq!(parameter(&value, "oauth_signature"), "hCtSmYh+iHYCEqBWrE7C7hYmtUk=", "{value}");
        assert!(!value.contains("oauth_body_hash"), "{value}");
    }

    #[test]
    fn a_private_key_signs_the_hash_of_the_body() {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
        let text = BASE64_STANDARD.encode(der.as_ref());
        for line_break in ["\n", "\\n"] {
            let pem = format!("-----BEGIN PRIVATE KEY-----{line_break}{text}{line_break}-----END PRIVATE KEY-----");
            let signer = OAuth1::new("consumer".into(), &pem.into(), (None, None), None).unwrap();
            let request = request("POST", "https://api.acme.io/gifts?a=1", "application/json", "{\"amount\":5}");
            let value = signer.authorization(&request, UNIX_EPOCH, "n").unwrap();
            let own = ["consumer_key", "nonce", "signature_method", "timestamp", "version", "body_hash"]
                .map(|name| format!("oauth_{name}"));
            let own: Vec<_> = own.iter().map(|name| (name.as_str(), parameter(&value, name))).collect();
            // Computed by `openssl dgst -sha256 -binary | base64`.
            assert_eq!(own[5].1, "foTL8PenySwDcFhmXWYVL464WAqyU05SyHe8zOucx78=");
            let signature = BASE64_STANDARD.decode(parameter(&value, "oauth_signature")).unwrap();
            let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key());
            public.verify(base_string(&request, &own, &[]).as_bytes(), &signature).unwrap();
        }
    }

    #[test]
    fn a_key_that_is_not_rsa_is_refused_without_quoting_it() {
        for key in ["s3cret", "-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----", ""] {
            let method = Some(SignatureMethod::RsaSha256);
            let error = OAuth1::new("x".into(), &key.into(), (None, None), method).err().unwrap();
            assert_eq!(error, "must be a PEM-encoded RSA private key without a passphrase");
        }
    }
}

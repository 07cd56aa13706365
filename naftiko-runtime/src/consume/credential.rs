//! The capability's own credential for a consumed API, resolved when the calls are prepared.

use super::constant_header::{header_name, header_value};
use super::encode::{self, COOKIE_VALUE};
use super::resolve::{FilledText, HIDDEN, Resolver};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use naftiko_spec::model::{Authentication, OAuth2, Placement};
use secrecy::{ExposeSecret, SecretString};

/// The name of an access token in messages.
pub(crate) const ACCESS_TOKEN: &str = "the access token";

/// The capability's own credential.
pub(crate) struct Credential {
    /// Where in the request it is sent.
    pub(crate) place: CredentialPlace,
    /// A description for messages: `the bearer token (NAME)`.
    pub(crate) what: String,
}

/// The place in a request where a credential is sent.
pub(crate) enum CredentialPlace {
    /// In this header.
    Header(HeaderName),
    /// In the query: the name and the value, both encoded.
    Query(String, SecretString),
    /// In the cookie with this name.
    Cookie(String),
    /// In the base URI.
    BaseUri,
    /// Wherever the path or body of the request references it.
    Inline(SecretString),
}

impl Credential {
    /// Resolves a credential. If it is a constant header or cookie, adds it to `headers`, the headers of every request.
    /// Reports a credential that cannot be sent.
    pub(super) fn new(
        resolver: &mut Resolver<'_>,
        headers: &mut HeaderMap,
        namespace: &str,
        how: &Authentication,
    ) -> Option<Self> {
        let purpose = |what: &str| format!("{what} of `{namespace}`");
        match how {
            Authentication::Bearer { token } => {
                let purpose = purpose("the bearer token");
                let filled = resolver.text(token, &purpose);
                headers.insert(AUTHORIZATION, header_value(resolver, &filled, "Bearer ", &purpose)?);
                Some(Self::of_secret(resolver, CredentialPlace::Header(AUTHORIZATION), "the bearer token", filled))
            }
            Authentication::Apikey { key, value, placement } => {
                let purpose = purpose("the API key");
                let filled = resolver.text(value, &purpose);
                let text = filled.text.expose_secret();
                let place = match placement {
                    Placement::Header => {
                        let name = header_name(resolver, key, &purpose)?;
                        headers.insert(&name, header_value(resolver, &filled, "", &purpose)?);
                        CredentialPlace::Header(name)
                    }
                    Placement::Query => CredentialPlace::Query(encode::value(key), encode::value(text).into()),
                    Placement::Cookie if !encode::is_cookie_name(key) => {
                        resolver
                            .report(format!("{purpose} cannot be sent: `{}` is not a cookie name", key.escape_debug()));
                        return None;
                    }
                    Placement::Cookie if !encode::is_cookie_value(text) => {
                        resolver.report(format!("{purpose} cannot be sent in the cookie `{key}`: {COOKIE_VALUE}"));
                        return None;
                    }
                    Placement::Cookie => {
                        headers.insert(COOKIE, header_value(resolver, &filled, &format!("{key}="), &purpose)?);
                        CredentialPlace::Cookie(key.clone())
                    }
                    Placement::Path | Placement::Body => CredentialPlace::Inline(filled.text.clone()),
                };
                Some(Self::of_secret(resolver, place, "the API key", filled))
            }
            Authentication::Basic { username, password } => {
                let user = resolver.text(username, &purpose("the user name"));
                let password = resolver.text(password, &purpose("the password"));
                if user.text.expose_secret().contains(':') {
                    resolver.report(format!(
                        "{} contains a colon, which Basic authentication cannot send (RFC 7617, section 2)",
                        purpose("the user name")
                    ));
                    return None;
                }
                let pair = format!("{}:{}", user.text.expose_secret(), password.text.expose_secret());
                let encoded = STANDARD.encode(pair);
                // Base64 is always a valid header value.
                let mut value = HeaderValue::from_str(&format!("Basic {encoded}")).ok()?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
                let what = describe("the user name and password", &[&user, &password]);
                resolver.register_secret(encoded.into());
                // Without a password, the user name is the secret.
                if password.names.is_empty() {
                    user.values.into_iter().for_each(|value| resolver.register_secret(value));
                }
                resolver.register_credential(password);
                Some(Self { place: CredentialPlace::Header(AUTHORIZATION), what })
            }
            // For this scheme and the next ones, a layer creates the credential for each request.
            Authentication::Oauth2(_) if how.oauth2().is_some() => Some(Self::per_request(ACCESS_TOKEN)),
            Authentication::Digest { .. } => Some(Self::per_request("the user name and password")),
            Authentication::Hmac { .. } | Authentication::AwsSigV4 { .. } | Authentication::Oauth1 { .. } => {
                Some(Self::per_request("the signature"))
            }
            Authentication::Oauth2(_) | Authentication::Other(_) => {
                let word: String = how.word().chars().take(40).collect();
                let what = if word.is_empty() { "has no type".to_owned() } else { format!("is `{word}`") };
                let advice = match how {
                    Authentication::Oauth2(keys) => {
                        let why = OAuth2::of(keys).err().map(|fault| fault.to_string()).unwrap_or_default();
                        format!(
                            "but {why}: correct it, or get a token and use `type: bearer`, `token: '{{{{env.ACCESS_TOKEN}}}}'`"
                        )
                    }
                    _ => match how.missing_keys() {
                        Some(missing) => {
                            format!(
                                "but it lacks {missing}: add what is missing, or use another scheme, such as `bearer`"
                            )
                        }
                        None => format!(
                            "which is not supported: use `bearer`, `apikey` or `basic` if the API accepts it, or send the calls \
                            through a proxy that supports it (`--upstream {namespace}=URL`)"
                        ),
                    },
                };
                resolver.report(format!("{} {what}, {advice}", purpose("the authentication")));
                None
            }
        }
    }

    /// Describes a credential that a layer creates for each request.
    pub(super) fn per_request(what: &str) -> Self {
        Self { place: CredentialPlace::Header(AUTHORIZATION), what: what.to_owned() }
    }

    /// Creates a credential from a single text, and registers its secrets.
    fn of_secret(resolver: &mut Resolver<'_>, place: CredentialPlace, what: &str, filled: FilledText) -> Self {
        let what = describe(what, &[&filled]);
        resolver.register_credential(filled);
        Self { place, what }
    }
}

/// Describes a credential in messages, with the names of its variables.
fn describe(what: &str, filled: &[&FilledText]) -> String {
    let names: Vec<&str> = filled.iter().flat_map(|filled| &filled.names).map(String::as_str).collect();
    if names.is_empty() { what.to_owned() } else { format!("{what} ({})", names.join(", ")) }
}

impl CredentialPlace {
    /// Returns the name and the value for the query, if the credential is sent there. If `shown` is set, the request is shown but not
    /// sent, and the value is hidden.
    pub(crate) fn query(&self, shown: bool) -> Option<(&str, &str)> {
        match self {
            Self::Header(_) | Self::Cookie(_) | Self::BaseUri | Self::Inline(_) => None,
            Self::Query(name, value) => Some((name, if shown { HIDDEN } else { value.expose_secret() })),
        }
    }
}

//! One consumed API: where it is, what every request to it carries, and the capability's own credential.

use super::encode;
use super::resolve::{HIDDEN, Resolved, Resolver};
use base64::Engine;
use http::header::{ACCEPT, AUTHORIZATION, COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use naftiko_spec::model::{Authentication, Consume, Place, Placement};
use naftiko_spec::template::Template;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// A consumed API.
pub(crate) struct Upstream {
    /// Its name.
    pub(crate) namespace: String,
    /// Its base URI, without a slash at its end.
    pub(crate) base: String,
    /// The same for people: as it is written, where it holds values of binds.
    shown: String,
    /// What every request carries: the credential, if it is a header, and constants.
    pub(crate) headers: HeaderMap,
    /// Whether the document says what is accepted, for every request.
    pub(crate) accepts: bool,
    /// Constants in the query of every request: names, encoded, and values.
    pub(crate) query: Vec<(String, SecretString)>,
    /// Constant cookies, for requests that go on as they are: names and values.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
    pub(crate) cookies: Vec<(String, SecretString)>,
    /// The capability's own credential.
    pub(crate) credential: Option<Credential>,
}

/// The capability's own credential.
pub(crate) struct Credential {
    /// Where it travels.
    pub(crate) place: CredentialPlace,
    /// What it is, for people: the bearer token (NAME).
    pub(crate) what: String,
}

/// Where a credential travels.
pub(crate) enum CredentialPlace {
    /// In that header, which is among the headers of every request.
    Header(HeaderName),
    /// In the query: the name, encoded, and the value.
    Query(String, SecretString),
    /// In a cookie of that name, which is among the headers of every request.
    Cookie(String),
    /// In the base URI.
    BaseUri,
    /// Where a request says so, in its path or its body.
    Wherever(SecretString),
}

impl Upstream {
    /// The consumed API at that place of the document.
    pub(crate) fn new(values: &mut Resolver<'_>, at: usize, consume: &Consume) -> Self {
        let namespace = &consume.namespace;
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("naftiko/", env!("CARGO_PKG_VERSION"))));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let (mut accepts, mut query, mut cookies) = (false, Vec::new(), Vec::new());
        // What binds do not declare is for operations to feed.
        let constants = consume.input_parameters.iter().filter_map(|parameter| {
            let template = parameter.value.as_deref().filter(|value| values.declares(value))?;
            Some((&parameter.name, parameter.place?, template))
        });
        for (name, place, template) in constants.collect::<Vec<_>>() {
            match place {
                Place::Header => {
                    let purpose = format!("the header `{name}` of `{namespace}`");
                    let resolved = values.text(template, &purpose);
                    if let Some(header) = header_name(values, name, &purpose)
                        && let Some(mut value) = header_value(values, &resolved, "", &purpose)
                    {
                        value.set_sensitive(!resolved.names.is_empty());
                        accepts |= header == ACCEPT;
                        headers.insert(header, value);
                    }
                    values.sent(name, resolved.values);
                }
                Place::Query => {
                    let resolved = values.text(template, &format!("the query of `{namespace}`"));
                    query.push((encode::value(name), resolved.text));
                    values.sent(name, resolved.values);
                }
                Place::Cookie => {
                    let resolved = values.text(template, &format!("the cookie `{name}` of `{namespace}`"));
                    if name.parse::<HeaderName>().is_err() || !encode::is_cookie_value(resolved.text.expose_secret()) {
                        values.wrong(bad_cookie(name, namespace));
                    }
                    cookies.push((name.clone(), resolved.text));
                    values.sent("cookie", resolved.values);
                }
                Place::Path | Place::Body => {}
            }
        }
        let authentication = consume.authentication.as_ref();
        let mut credential = authentication.and_then(|how| Credential::new(values, &mut headers, namespace, how));
        let key = match (authentication, &mut credential) {
            (
                Some(Authentication::Apikey { key, placement: Placement::Path, .. }),
                Some(Credential { place: place @ CredentialPlace::Wherever(_), .. }),
            ) if has_placeholder(&consume.base_uri, key) => match std::mem::replace(place, CredentialPlace::BaseUri) {
                CredentialPlace::Wherever(value) => Some((key.as_str(), value)),
                _ => None,
            },
            _ => None,
        };
        let (base, shown) = values.base_uri(at, consume, key.as_ref().map(|(name, value)| (*name, value)));
        Self { namespace: namespace.clone(), base, shown, headers, accepts, query, cookies, credential }
    }

    /// A generated client has no way to say where in a path or a body a credential goes.
    pub(crate) fn for_a_client(&self, values: &mut Resolver<'_>) {
        if let Some(Credential { place: CredentialPlace::Wherever(_), what }) = &self.credential {
            values.wrong(format!(
                "{what} of `{}`: only a document says where in a path or a body it goes",
                self.namespace
            ));
        }
    }
}

/// Whether a base URI has a placeholder of that name.
fn has_placeholder(base_uri: &str, name: &str) -> bool {
    Template::base_uri(base_uri).is_ok_and(|template| template.placeholders().any(|own| own == name))
}

impl Credential {
    fn new(values: &mut Resolver<'_>, headers: &mut HeaderMap, namespace: &str, how: &Authentication) -> Option<Self> {
        let purpose = |what: &str| format!("{what} of `{namespace}`");
        let named = |what: &str, resolved: &[&Resolved]| {
            let names: Vec<&str> = resolved.iter().flat_map(|resolved| &resolved.names).map(String::as_str).collect();
            if names.is_empty() { what.to_owned() } else { format!("{what} ({})", names.join(", ")) }
        };
        match how {
            Authentication::Bearer { token } => {
                let purpose = purpose("the bearer token");
                let resolved = values.text(token, &purpose);
                let value = header_value(values, &resolved, "Bearer ", &purpose)?;
                headers.insert(AUTHORIZATION, value);
                let what = named("the bearer token", &[&resolved]);
                keep_secret(values, resolved);
                Some(Self { place: CredentialPlace::Header(AUTHORIZATION), what })
            }
            Authentication::Apikey { key, value, placement: Placement::Header } => {
                let purpose = purpose("the API key");
                let resolved = values.text(value, &purpose);
                let name = header_name(values, key, &purpose)?;
                headers.insert(&name, header_value(values, &resolved, "", &purpose)?);
                let what = named("the API key", &[&resolved]);
                keep_secret(values, resolved);
                Some(Self { place: CredentialPlace::Header(name), what })
            }
            Authentication::Apikey { key, value, placement: Placement::Query } => {
                let resolved = values.text(value, &purpose("the API key"));
                let (mut name, mut encoded) = (String::new(), String::new());
                encode::push_value(&mut name, key);
                encode::push_value(&mut encoded, resolved.text.expose_secret());
                let what = named("the API key", &[&resolved]);
                keep_secret(values, resolved);
                Some(Self { place: CredentialPlace::Query(name, encoded.into()), what })
            }
            Authentication::Basic { username, password } => {
                let user = values.text(username, &purpose("the user name"));
                let password = values.text(password, &purpose("the password"));
                if user.text.expose_secret().contains(':') {
                    values.wrong(format!("{} holds a colon (RFC 7617, section 2)", purpose("the user name")));
                    return None;
                }
                let pair = format!("{}:{}", user.text.expose_secret(), password.text.expose_secret());
                let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
                // Base64 stands in any header.
                let mut value = HeaderValue::from_str(&format!("Basic {encoded}")).ok()?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
                let what = named("the user name and password", &[&user, &password]);
                values.secret(encoded.into());
                values.user(user.values, password.names.is_empty());
                keep_secret(values, password);
                Some(Self { place: CredentialPlace::Header(AUTHORIZATION), what })
            }
            Authentication::Apikey { key, value, placement: Placement::Cookie } => {
                let purpose = purpose("the API key");
                let resolved = values.text(value, &purpose);
                if key.parse::<HeaderName>().is_err() || !encode::is_cookie_value(resolved.text.expose_secret()) {
                    values.wrong(format!(
                        "{purpose} cannot stand in the cookie `{key}`: a cookie is made of visible ASCII"
                    ));
                    return None;
                }
                headers.insert(COOKIE, header_value(values, &resolved, &format!("{key}="), &purpose)?);
                let what = named("the API key", &[&resolved]);
                keep_secret(values, resolved);
                Some(Self { place: CredentialPlace::Cookie(key.clone()), what })
            }
            Authentication::Apikey { value, placement: Placement::Path | Placement::Body, .. } => {
                let resolved = values.text(value, &purpose("the API key"));
                let what = named("the API key", &[&resolved]);
                let text = resolved.text.clone();
                keep_secret(values, resolved);
                Some(Self { place: CredentialPlace::Wherever(text), what })
            }
            Authentication::Digest { .. } => {
                values.wrong(format!(
                    "{} is `digest`, which is not done here: use `basic` or `bearer` if the API takes it, or put a proxy that \
                     does it before the API (`--upstream {namespace}=URL`)",
                    purpose("the authentication")
                ));
                None
            }
            Authentication::Oauth2(_) => {
                values.wrong(format!(
                    "{} is `oauth2`, and tokens are not fetched here: get one, and say `type: bearer` with \
                     `token: \"{{{{env.ACCESS_TOKEN}}}}\"`",
                    purpose("the authentication")
                ));
                None
            }
            Authentication::Other(keys) => {
                let kind = keys.get("type").and_then(serde_json::Value::as_str).unwrap_or("of no type");
                let kind: String = kind.chars().take(40).collect();
                values.wrong(format!(
                    "{} is `{kind}`, which is not done here: use `bearer`, `apikey` or `basic` if the API takes it, or put a \
                     proxy that signs requests before the API (`--upstream {namespace}=URL`)",
                    purpose("the authentication")
                ));
                None
            }
        }
    }
}

/// Masks the values of a credential from now on: those of its variables, or all of it if it has none.
fn keep_secret(values: &mut Resolver<'_>, resolved: Resolved) {
    if resolved.names.is_empty() {
        values.secret(resolved.text);
    }
    resolved.values.into_iter().for_each(|value| values.secret(value));
}

/// What is said of a cookie that cannot hold what it is given.
pub(crate) fn bad_cookie(name: &str, namespace: &str) -> String {
    format!(
        "the cookie `{name}` of `{namespace}` cannot be sent: it takes visible ASCII without quotes, commas, semicolons and \
         backslashes"
    )
}

fn header_name(values: &mut Resolver<'_>, name: &str, purpose: &str) -> Option<HeaderName> {
    let parsed = name.parse().ok();
    if parsed.is_none() {
        values.wrong(format!("`{name}` is no name of a header: {purpose}"));
    }
    parsed
}

fn header_value(values: &mut Resolver<'_>, resolved: &Resolved, scheme: &str, purpose: &str) -> Option<HeaderValue> {
    let parsed = HeaderValue::from_str(&format!("{scheme}{}", resolved.text.expose_secret())).ok();
    if parsed.is_none() {
        let names = if resolved.names.is_empty() { "it".to_owned() } else { resolved.names.join(", ") };
        values.wrong(format!("{purpose} cannot stand in a header: {names} holds a line break or no ASCII"));
    }
    parsed.map(|mut value| {
        value.set_sensitive(true);
        value
    })
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.namespace, self.shown)
    }
}

impl CredentialPlace {
    /// The pair for the query, if that is where it travels; the value hidden if it is only to be shown.
    pub(crate) fn query(&self, shown: bool) -> Option<(&str, &str)> {
        match self {
            Self::Header(_) | Self::Cookie(_) | Self::BaseUri | Self::Wherever(_) => None,
            Self::Query(name, value) => Some((name, if shown { HIDDEN } else { value.expose_secret() })),
        }
    }
}

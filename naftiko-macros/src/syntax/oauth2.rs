//! `authentication(oauth2(…))`: how access tokens for an API are fetched, and how an adapter checks the access tokens of its callers.

use crate::attribute::Element;
use crate::errors::Errors;
use crate::keys::{Key, Keys, TextLiteral};
use naftiko_spec::model::TOKEN_EXCHANGE;
use proc_macro2::Ident;

const OAUTH2: &[Key] = &[
    Key("token_url", r#"token_url = "https://…""#),
    Key("client_id", r#"client_id = "{{env.NAME}}""#),
    Key("client_secret", r#"client_secret = "{{env.NAME}}""#),
    Key("refresh_token", r#"refresh_token = "{{env.NAME}}""#),
    Key("grant", r#"grant = "token-exchange""#),
    Key("scopes", r#"scopes = ["…"]"#),
    Key("audience", r#"audience = "…""#),
    Key("resource", r#"resource = "https://…""#),
    Key("client_authentication", r#"client_authentication = "body""#),
];

/// The keys of `oauth2` of an adapter: the name, the form, and the key in documents.
const OF_CALLERS: [(&str, &str, &str); 9] = [
    ("issuer", r#"issuer = "https://…""#, "authorizationServerUri"),
    ("resource", r#"resource = "https://…""#, "resource"),
    ("audience", r#"audience = "…""#, "audience"),
    ("scopes", r#"scopes = ["…"]"#, "scopes"),
    ("jwks_uri", r#"jwks_uri = "https://…""#, "jwksUri"),
    ("introspection", "introspection", "tokenValidation"),
    ("introspection_endpoint", r#"introspection_endpoint = "https://…""#, "introspectionEndpoint"),
    ("client_id", r#"client_id = "{{env.NAME}}""#, "clientId"),
    ("client_secret", r#"client_secret = "{{env.NAME}}""#, "clientSecret"),
];

/// Texts with their keys in documents.
type Texts = Vec<(&'static str, TextLiteral)>;

/// Reads `oauth2(…)` of an adapter.
pub(super) fn of_callers(key: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Option<Texts> {
    let known: Vec<Key> = OF_CALLERS.iter().map(|(name, form, _)| Key(name, form)).collect();
    let mut keys = Keys::read("`oauth2`", key.span(), elements, known, &[], errors);
    keys.reject_positional(errors);
    let mut texts = vec![("authorizationServerUri", keys.required_text("issuer", errors)?)];
    if !keys.has("resource") && !keys.has("audience") {
        texts.push(("resource", keys.required_text("resource", errors)?));
    }
    if let Some(word) = keys.word("introspection", errors) {
        texts.push(("tokenValidation", TextLiteral { value: "introspection".to_owned(), span: word.span().into() }));
    }
    let scopes = keys.texts("scopes", errors);
    if let Some(first) = scopes.first() {
        let value = scopes.iter().map(|scope| scope.value.as_str()).collect::<Vec<_>>().join(" ");
        texts.push(("scopes", TextLiteral { value, span: first.span }));
    }
    for (name, _, written) in OF_CALLERS {
        if !["issuer", "scopes", "introspection"].contains(&name) {
            texts.extend(keys.text(name, errors).map(|text| (written, text)));
        }
    }
    Some(texts)
}

/// Reads `oauth2(…)` of a consumed API: its texts, and its scopes.
pub(super) fn read(key: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Option<(Texts, Vec<TextLiteral>)> {
    let mut keys = Keys::read("`oauth2`", key.span(), elements, OAUTH2, &[], errors);
    keys.reject_positional(errors);
    let mut texts = vec![
        ("tokenUrl", keys.required_text("token_url", errors)?),
        ("clientId", keys.required_text("client_id", errors)?),
    ];
    // A client with a refresh token may have no secret.
    let secret = if keys.has("refresh_token") {
        texts.push(("refreshToken", keys.text("refresh_token", errors)?));
        keys.text("client_secret", errors)
    } else {
        Some(keys.required_text("client_secret", errors)?)
    };
    texts.extend(secret.map(|secret| ("clientSecret", secret)));
    for (name, attribute) in [("audience", "audience"), ("resource", "resource")] {
        texts.extend(keys.text(attribute, errors).map(|text| (name, text)));
    }
    let scopes = keys.texts("scopes", errors);
    if let Some(grant) = keys.text("grant", errors) {
        if grant.value != TOKEN_EXCHANGE {
            let message = format!("expected `{TOKEN_EXCHANGE}`, found `{}`", grant.value);
            errors.add(grant.span, message, r#"write `grant = "token-exchange"`, or remove it"#);
            return None;
        }
        texts.push(("grant", grant));
    }
    if let Some(place) = keys.text("client_authentication", errors) {
        if !["header", "body"].contains(&place.value.as_str()) {
            let message = format!("expected `header` or `body`, found `{}`", place.value);
            errors.add(place.span, message, r#"write `client_authentication = "body"`, or remove it"#);
            return None;
        }
        texts.push(("clientAuthentication", place));
    }
    Some((texts, scopes))
}

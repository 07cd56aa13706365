//! `authentication(oauth2(…))`: how access tokens are fetched.

use super::authentication::Authentication;
use crate::attribute::Element;
use crate::errors::Errors;
use crate::keys::{Key, Keys};
use naftiko_spec::model::Scheme;
use proc_macro2::Ident;

const OAUTH2: &[Key] = &[
    Key("token_url", r#"token_url = "https://…""#),
    Key("client_id", r#"client_id = "{{env.NAME}}""#),
    Key("client_secret", r#"client_secret = "{{env.NAME}}""#),
    Key("refresh_token", r#"refresh_token = "{{env.NAME}}""#),
    Key("scopes", r#"scopes = ["…"]"#),
    Key("audience", r#"audience = "…""#),
    Key("resource", r#"resource = "https://…""#),
    Key("client_authentication", r#"client_authentication = "body""#),
];

/// Reads `oauth2(…)`.
pub(super) fn read(key: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Option<Authentication> {
    let mut keys = Keys::read("`oauth2`", key.span(), elements, OAUTH2, &[], errors);
    keys.no_loose(errors);
    let mut texts = vec![
        ("tokenUrl", keys.required_text("token_url", errors)?),
        ("clientId", keys.required_text("client_id", errors)?),
    ];
    // A client without a secret acts for a user.
    let secret = if keys.has("refresh_token") {
        keys.text("client_secret", errors)
    } else {
        Some(keys.required_text("client_secret", errors)?)
    };
    texts.extend(secret.map(|secret| ("clientSecret", secret)));
    for (name, attribute) in [("refreshToken", "refresh_token"), ("audience", "audience"), ("resource", "resource")] {
        texts.extend(keys.text(attribute, errors).map(|text| (name, text)));
    }
    let scopes = keys.texts("scopes", errors);
    if let Some(place) = keys.text("client_authentication", errors) {
        if !["header", "body"].contains(&place.value.as_str()) {
            let message = format!("expected `header` or `body`, found `{}`", place.value);
            errors.add(place.spot, message, r#"write `client_authentication = "body"`, or remove it"#);
            return None;
        }
        texts.push(("clientAuthentication", place));
    }
    Some(Authentication { spot: key.span().into(), scheme: Scheme::OAUTH2, texts, scopes })
}

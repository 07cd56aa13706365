//! Secrets that stand in the source. No message repeats one.

use super::{At, Finding, Rule, head_at};
use crate::model::{Authentication, Document, InputParameter, Place};
use crate::template::environment_name;

/// Words in a header's name that say that its value is a secret.
const SECRET_WORDS: &[&str] = &[
    "authorization",
    "token",
    "secret",
    "password",
    "passwd",
    "credential",
    "cookie",
    "apikey",
    "accesskey",
    "privatekey",
];

/// How well-known credentials begin.
const SECRET_PREFIXES: &[&str] = &[
    "Bearer ",
    "Basic ",
    "Token ",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk-",
    "sk_live_",
    "rk_live_",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "eyJ",
    "SG.",
    "ntn_",
    "secret_",
    "-----BEGIN",
];

pub(super) fn check(head: &Document, findings: &mut Vec<Finding>) {
    for (index, consume) in head.capability.consumes.iter().enumerate() {
        let credential = match &consume.authentication {
            Some(Authentication::Bearer { token }) => Some(("token", "token", token)),
            Some(Authentication::Apikey { value, .. }) => Some(("value", "key", value)),
            Some(Authentication::Basic { password, .. } | Authentication::Digest { password, .. }) => {
                Some(("password", "password", password))
            }
            Some(Authentication::Oauth2(_) | Authentication::Other(_)) | None => None,
        };
        if let Some((key, what, _)) = credential.filter(|(_, _, value)| !has_variable(value)) {
            let at = head_at(&[&"capability", &"consumes", &index, &"authentication", &key]);
            let message = format!("the {what} stands in the source, where everyone can read it");
            findings.push(secret(at, message, &format!("{}_API_KEY", environment_name(&consume.namespace))));
        }
        for (position, parameter) in consume.input_parameters.iter().enumerate() {
            if parameter.value.as_ref().is_some_and(|value| looks_secret(parameter, value)) {
                let at = head_at(&[&"capability", &"consumes", &index, &"inputParameters", &position, &"value"]);
                let message =
                    format!("the value of `{}` looks like a secret, and stands in the source", parameter.name);
                findings.push(secret(at, message, &environment_name(&parameter.name)));
            }
        }
    }
}

fn secret(at: At, message: String, name: &str) -> Finding {
    Finding::new(Rule::LiteralSecret, at, message)
        .help(format!("take it from the environment: `binds(env({name}))` and `\"{{{{env.{name}}}}}\"`"))
}

fn has_variable(value: &str) -> bool {
    // What is no template is another finding.
    value.contains("{{")
}

fn looks_secret(parameter: &InputParameter, value: &str) -> bool {
    if has_variable(value) || value.is_empty() {
        return false;
    }
    let carries = matches!(parameter.place, Some(Place::Header | Place::Cookie | Place::Query));
    (carries && is_secret_name(&parameter.name)) || begins_like_a_secret(value)
}

/// Whether the name of a header, a parameter or a member says that its value is a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Whether a text begins as well-known credentials do.
pub(crate) fn begins_like_a_secret(value: &str) -> bool {
    SECRET_PREFIXES.iter().any(|prefix| value.starts_with(prefix))
}

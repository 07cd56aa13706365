//! What is wrong with the names of headers and cookies.

use super::{At, Finding, Part, Rule, head_at};
use crate::fragment::Draft;
use crate::model::{Authentication, Place, Placement};

/// Headers that belong to the connection or to the message's framing (RFC 9110, section 7.6.1; RFC 9112): the client sets them.
const OF_THE_CLIENT: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(super) fn check(draft: &Draft, findings: &mut Vec<Finding>) {
    for (index, consume) in draft.head.capability.consumes.iter().enumerate() {
        if let Some(Authentication::Apikey { key, placement: Placement::Header, .. }) = &consume.authentication {
            let at = head_at(&[&"capability", &"consumes", &index, &"authentication", &"key"]);
            findings.extend(wrong("header", key, true, at));
        }
        for (position, parameter) in consume.input_parameters.iter().enumerate() {
            let at = head_at(&[&"capability", &"consumes", &index, &"inputParameters", &position, &"name"]);
            match parameter.place {
                Some(Place::Header) => findings.extend(wrong("header", &parameter.name, true, at)),
                Some(Place::Cookie) => findings.extend(wrong("cookie", &parameter.name, true, at)),
                _ => {}
            }
        }
    }
    for (index, fragment) in draft.fragments.iter().enumerate() {
        for (position, argument) in fragment.arguments.iter().enumerate() {
            let at = At::Fragment(index, Part::Argument(position));
            match argument.place {
                Place::Header => findings.extend(wrong("header", &argument.name, fragment.consumed.is_some(), at)),
                Place::Cookie => findings.extend(wrong("cookie", &argument.name, false, at)),
                _ => {}
            }
        }
    }
}

/// What is wrong with a header's or a cookie's name. Only one that goes out can get into the client's way.
fn wrong(what: &str, name: &str, goes_out: bool, at: At) -> Option<Finding> {
    let (message, help) = wrong_header_name(what, name, goes_out)?;
    Some(Finding::new(Rule::InvalidHeaderName, at, message).help(help))
}

/// What is wrong with such a name, and what to do.
pub(crate) fn wrong_header_name(what: &str, name: &str, goes_out: bool) -> Option<(String, String)> {
    if !is_token(name) {
        let better: String =
            name.chars().map(|c| if c.is_whitespace() { '-' } else { c }).filter(|c| is_token_char(*c)).collect();
        let help = if better.is_empty() {
            "name it, for example `X-Request-Id`".to_owned()
        } else {
            format!("write `{better}`")
        };
        Some((format!("`{}` is no {what} name", name.escape_debug()), help))
    } else if what == "header" && goes_out && OF_THE_CLIENT.iter().any(|own| name.eq_ignore_ascii_case(own)) {
        Some((format!("the client sets the header `{name}` itself"), "take it away".to_owned()))
    } else {
        None
    }
}

/// Whether a name is a token (RFC 9110, section 5.6.2).
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_token_char)
}

fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

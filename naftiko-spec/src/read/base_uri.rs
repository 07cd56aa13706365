//! Reads base URIs: the scheme, the trailing slash, and example names such as `<region>`.

use super::reader::Reader;
use super::tree::Node;
use super::variables::TemplateContext;
use crate::diagnostic::{RepairKind, plain};
use crate::host::without_user;

impl Reader {
    pub(super) fn base_uri(&mut self, node: Node) -> Option<String> {
        let place = node.place;
        let shown = |uri: &str| plain(&without_user(uri));
        let written = self.text("baseUri", node)?;
        let mut uri = written.trim().to_owned();
        if let Some(variables) = with_variables(&uri) {
            let message = format!("`{}` read as `{}`, with a variable", shown(&uri), shown(&variables));
            self.repair(RepairKind::BaseUriExample, place, message);
            uri = variables;
        }
        let is_empty = uri.trim_matches('/').is_empty();
        if uri.ends_with('/') && !uri.ends_with("://") && !is_empty {
            self.repair(RepairKind::BaseUriSlash, place, format!("the slash at the end of `{}` removed", shown(&uri)));
            uri.truncate(uri.trim_end_matches('/').len());
        }
        if is_empty || uri.starts_with('/') && !uri.starts_with("//") {
            let message = match uri.as_str() {
                "" => "the base URI is empty".to_owned(),
                _ => format!("`{}` is not a base URI: it has no host", shown(&written)),
            };
            let help = format!(
                "write `baseUri: https://HOST{0}`, or use a variable for the host: `https://{{{{HOST}}}}{0}`",
                shown(uri.trim_end_matches('/'))
            );
            self.error(place, message, &help);
            return None;
        }
        if let Some(scheme) = missing_scheme(&uri) {
            let message = format!("`{}` has no scheme; called over {scheme}", shown(&uri));
            self.repair(RepairKind::BaseUriScheme, place, message);
            uri = format!("{scheme}://{}", uri.trim_start_matches('/'));
        }
        if written.trim() != written {
            self.repair(RepairKind::ScalarType, place, "spaces around the base URI removed");
        }
        self.record_variables(&uri, place, TemplateContext::Credential);
        Some(uri)
    }
}

/// Returns the scheme to add to a base URI; `None` if the URI has a scheme, or starts with a variable that may contain the scheme.
fn missing_scheme(uri: &str) -> Option<&'static str> {
    if uri.starts_with("//") {
        return Some("https");
    }
    let is_scheme = |scheme: &str| scheme.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.'));
    if uri.split_once("://").is_some_and(|(scheme, _)| is_scheme(scheme)) {
        return None;
    }
    let variable = |open: &str, close: &str| uri.strip_prefix(open).and_then(|rest| rest.split_once(close));
    if let Some((name, rest)) = variable("{{", "}}").or_else(|| variable("{", "}")).or_else(|| variable("[", "]")) {
        let name = name.to_lowercase();
        let hosts = ["host", "hostname", "domain", "subdomain", "tenant", "instance", "region", "fqdn"];
        let is_host = hosts.iter().any(|word| name.trim().ends_with(word));
        let has_scheme =
            ["url", "uri", "addr", "address", "endpoint", "base"].iter().any(|word| name.trim().ends_with(word));
        return (!has_scheme && (is_host || rest.starts_with(['.', '-', '{', '[']))).then_some("https");
    }
    Some(if crate::host::is_this_machine(&crate::host::of_authority(uri)) { "http" } else { "https" })
}

/// Replaces `<name>`, `${name}`, `{a name}` and `YOUR_NAME` in a URI with `{name}`; `None` if it contains none of them.
fn with_variables(uri: &str) -> Option<String> {
    let mut changed = false;
    let mut result = String::with_capacity(uri.len());
    let mut rest = uri;
    while let Some(c) = rest.chars().next() {
        let hole = if rest.starts_with("${") && !rest.starts_with("${{") {
            split_hole(rest, "${", '}')
        } else if c == '<' {
            split_hole(rest, "<", '>')
        } else if c == '{' && !rest.starts_with("{{") {
            split_hole(rest, "{", '}').filter(|(name, _)| name.contains(' '))
        } else {
            None
        };
        if let Some((name, after)) = hole
            && let Some(name) = variable_name(name)
        {
            result.extend(["{", name.as_str(), "}"]);
            (rest, changed) = (after, true);
            continue;
        }
        if rest.starts_with("{{") {
            // A variable: its name is not an example.
            let end = rest.find("}}").map_or(rest.len(), |end| end + 2);
            result.push_str(rest.get(..end).unwrap_or_default());
            rest = rest.get(end..).unwrap_or_default();
            continue;
        }
        let starts_word = !result.ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '{' | '['));
        if starts_word && (rest.starts_with("YOUR_") || rest.starts_with("YOUR-")) {
            let end = rest
                .find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | '-')))
                .unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let kept = name.trim_end_matches(['-', '_']);
            result.extend(["{", kept, "}"]);
            result.push_str(name.get(kept.len()..).unwrap_or_default());
            (rest, changed) = (after, true);
            continue;
        }
        result.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    changed.then_some(result)
}

/// Splits a text that starts with `open` into the name between `open` and `close`, and the text after it. A name contains neither
/// `close` nor the last character of `open`, so no text is searched twice.
fn split_hole<'a>(text: &'a str, open: &str, close: char) -> Option<(&'a str, &'a str)> {
    let inside = text.strip_prefix(open)?;
    let (name, after) = inside.split_at(inside.find(|c| c == close || open.ends_with(c))?);
    Some((name, after.strip_prefix(close)?))
}

/// Returns the variable's name for an example name: `your-region` for `your region`.
fn variable_name(example: &str) -> Option<String> {
    let name: String = example
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '-' })
        .collect();
    let name = name.trim_matches('-').to_owned();
    name.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{missing_scheme, with_variables};

    #[test]
    fn example_names_become_variables() {
        for (uri, expected) in [
            ("https://<your-domain>.x.io/a", "https://{your-domain}.x.io/a"),
            ("https://YOUR_SUBDOMAIN.x.io", "https://{YOUR_SUBDOMAIN}.x.io"),
            ("https://${HOST}/a", "https://{HOST}/a"),
            ("https://{your domain}.x.io", "https://{your-domain}.x.io"),
            ("https://a.x/YOUR-ID-/b", "https://a.x/{YOUR-ID}-/b"),
        ] {
            assert_eq!(with_variables(uri).as_deref(), Some(expected));
        }
        for uri in [
            "https://{{YOUR_HOST}}",
            "https://{tenant}.x",
            "https://a<b",
            "https://NOTYOUR_X.y",
            "https://[t].x",
            "{YOUR_X}",
        ] {
            assert_eq!(with_variables(uri), None, "{uri}");
        }
    }

    #[test]
    fn a_missing_scheme_is_added_unless_a_variable_may_contain_it() {
        for uri in [
            "https://a",
            "http://{{H}}:80",
            "{{VAULT_ADDR}}/v1",
            "{{env.BASE_URL}}",
            "{{X}}",
            "{{SCHEME}}://a",
            "[x]/y",
        ] {
            assert_eq!(missing_scheme(uri), None, "{uri}");
        }
        for uri in ["api.x.io/v1", "{{TENANT}}.x.io", "{{API_HOST}}/v1", "//a.b", "{t}.x.io", "a.b:80/c?d=http://e"] {
            assert_eq!(missing_scheme(uri), Some("https"), "{uri}");
        }
        assert_eq!(missing_scheme("localhost:8080/x"), Some("http"));
    }
}

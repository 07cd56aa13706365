//! What is wrong with `{{…}}`: variables that no bind declares, and binds that nothing uses.

use super::{At, Finding, Part, Rule, head_at};
use crate::fragment::Draft;
use crate::model::{Authentication, Bind};
use crate::nearest::nearest;
use crate::template::{Template, environment_name};

pub(super) fn check(draft: &Draft, findings: &mut Vec<Finding>) {
    let binds = &draft.head.binds;
    let found_before = findings.len();
    let templates = templates(draft, findings);
    // What cannot be read may use any bind: one mistake, one finding.
    let all_read = findings.len() == found_before && templates.len() == texts(draft).len() + base_uris(draft).count();
    let mut used: Vec<(usize, String)> = Vec::new();
    for (at, template) in templates {
        for (namespace, name) in template.variables() {
            if let Some(bind) = declared(binds, namespace, name) {
                used.push((bind, name.to_owned()));
            } else {
                let near = near(binds, namespace, name);
                findings.push(undeclared(binds, namespace, name, near, at.clone()));
                // The bind that was meant is not unused.
                used.extend(near.map(|(bind, key)| (bind, key.to_owned())));
            }
        }
        // A placeholder of a base URI comes from the environment, or from the bind that says so.
        for name in template.placeholders().map(environment_name) {
            used.extend(declared(binds, None, &name).map(|bind| (bind, name)));
        }
    }
    if all_read {
        unused(binds, &used, findings);
    }
}

fn unused(binds: &[Bind], used: &[(usize, String)], findings: &mut Vec<Finding>) {
    for (index, bind) in binds.iter().enumerate() {
        for name in bind.keys.keys().filter(|name| !used.iter().any(|(bind, used)| *bind == index && used == *name)) {
            let variable = format!("{{{{{}.{name}}}}}", bind.namespace);
            findings.push(
                Finding::new(
                    Rule::UnusedBind,
                    head_at(&[&"binds", &index, &"keys", name]),
                    format!("nothing uses the bind `{name}`"),
                )
                .help(format!("use it, as in `authentication(bearer = \"{variable}\")`, or take it away")),
            );
        }
    }
}

/// Every string of the draft in which `{{…}}` is a variable and all else stands for itself, with its place.
fn texts(draft: &Draft) -> Vec<(At, &str)> {
    let mut texts = Vec::new();
    for (index, consume) in draft.head.capability.consumes.iter().enumerate() {
        let at = |key: &str| head_at(&[&"capability", &"consumes", &index, &"authentication", &key]);
        match &consume.authentication {
            Some(Authentication::Bearer { token }) => texts.push((at("token"), token.as_str())),
            Some(Authentication::Apikey { value, .. }) => texts.push((at("value"), value)),
            Some(Authentication::Basic { username, password } | Authentication::Digest { username, password }) => {
                texts.extend([(at("username"), username.as_str()), (at("password"), password)]);
            }
            Some(Authentication::Oauth2(_) | Authentication::Other(_)) | None => {}
        }
        for (position, parameter) in consume.input_parameters.iter().enumerate() {
            let at = head_at(&[&"capability", &"consumes", &index, &"inputParameters", &position, &"value"]);
            texts.extend(parameter.value.as_deref().map(|value| (at, value)));
        }
    }
    for (index, fragment) in draft.fragments.iter().enumerate() {
        let parameters = fragment.consumed.iter().flat_map(|part| &part.operation.input_parameters);
        let values = parameters.filter_map(|parameter| parameter.value.as_deref());
        texts.extend(values.map(|value| (At::Fragment(index, Part::Operation), value)));
    }
    texts
}

fn base_uris(draft: &Draft) -> impl Iterator<Item = (At, &str)> {
    let consumes = draft.head.capability.consumes.iter().enumerate();
    consumes
        .map(|(index, consume)| (head_at(&[&"capability", &"consumes", &index, &"baseUri"]), consume.base_uri.as_str()))
}

/// All that can be read of them; a base URI that cannot be is found as such elsewhere.
fn templates(draft: &Draft, findings: &mut Vec<Finding>) -> Vec<(At, Template)> {
    let mut templates = Vec::new();
    for (at, text) in texts(draft) {
        match Template::text(text) {
            Ok(template) => templates.push((at, template)),
            // The text may be a secret: only what stands between braces is told.
            Err(error) => findings.push(
                Finding::new(Rule::InvalidTemplate, at, format!("the template cannot be read: {error}"))
                    .help("a bind's value is `{{env.NAME}}` or `{{NAME}}`"),
            ),
        }
    }
    templates.extend(base_uris(draft).filter_map(|(at, uri)| Some((at, Template::base_uri(uri).ok()?))));
    templates
}

/// The bind that declares a variable.
fn declared(binds: &[Bind], namespace: Option<&str>, name: &str) -> Option<usize> {
    binds
        .iter()
        .position(|bind| namespace.is_none_or(|namespace| bind.namespace == namespace) && bind.keys.contains_key(name))
}

/// The declared variable that was probably meant.
fn near<'a>(binds: &'a [Bind], namespace: Option<&str>, name: &str) -> Option<(usize, &'a str)> {
    let all =
        || binds.iter().enumerate().flat_map(|(index, bind)| bind.keys.keys().map(move |key| (index, key.as_str())));
    let near = nearest(name, all().map(|(_, key)| key))?;
    let of_namespace = |index: usize| binds.get(index).is_some_and(|bind| Some(bind.namespace.as_str()) == namespace);
    let found = all().filter(|(_, key)| *key == near);
    found.clone().find(|(index, _)| of_namespace(*index)).or_else(|| found.clone().next())
}

fn undeclared(binds: &[Bind], namespace: Option<&str>, name: &str, near: Option<(usize, &str)>, at: At) -> Finding {
    let written = namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}.{name}"));
    let declare = format!("declare it: `binds({}({name}))`", namespace.unwrap_or("env"));
    let help = match near {
        Some((bind, key)) => {
            let space = binds.get(bind).filter(|_| namespace.is_some()).map(|bind| format!("{}.", bind.namespace));
            format!("write `{{{{{}{key}}}}}`, or {declare}", space.unwrap_or_default())
        }
        None => declare,
    };
    Finding::new(Rule::UndeclaredVariable, at, format!("no bind declares `{{{{{written}}}}}`")).help(help)
}

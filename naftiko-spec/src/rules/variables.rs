//! Rules for variables, `{{…}}`: undeclared variables, unused binds, unreadable templates and unsupported locations.

use super::Subject;
use super::walk::{DocumentView, strings};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fix::Fix;
use crate::diagnostic::table::requests::{INVALID_TEMPLATE, UNDECLARED_VARIABLE, UNSUPPORTED_LOCATION, UNUSED_BIND};
use crate::lower::{placeholders, prefixed, words};
use crate::model::{Authentication, Bind, Document, Expose, OutputParameter};
use crate::names::is_word_for_callers;
use crate::nearest::Suggestions;
use crate::pointer::escape;
use crate::template::{Template, environment_name, folded};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

pub(super) fn check(subject: Subject<'_>, walk: &DocumentView<'_>, findings: &mut Vec<Diagnostic>) {
    let document = subject.document;
    let binds = binds(document);
    for (at, bind) in &binds {
        if let Some(location) = bind.location.as_deref().filter(|location| !is_readable(location)) {
            let scheme = location.split("://").next().unwrap_or_default();
            findings.push(
                Diagnostic::new(
                    &UNSUPPORTED_LOCATION,
                    format!("{at}/location"),
                    format!(
                        "expected a location with `file://` or `vault://` for the bind `{}`, found `{scheme}://…`",
                        bind.namespace
                    ),
                )
                .fix("remove `location` to read the environment, or write the values to a file and its path as `location`"),
            );
        }
    }
    let suggestions = Suggestions::default();
    let mut used: HashSet<(usize, String)> = HashSet::new();
    let mut undeclared: HashSet<String> = HashSet::new();
    let mut are_all_readable = true;
    let mut check_use = |namespace: Option<&str>,
                         name: &str,
                         at: &dyn Fn() -> String,
                         findings: &mut Vec<Diagnostic>| {
        if let Some(index) = declared(&binds, namespace, name) {
            used.insert((index, name.to_owned()));
            return;
        }
        if let Some(word) = namespace.filter(|word| is_word_for_callers(word)) {
            let message = format!("`{{{{{word}.{name}}}}}` is sent by callers, but this value is set at startup");
            let help = "use a variable that `binds` declares, or declare an input parameter in each operation that sends the value";
            findings.push(Diagnostic::new(&INVALID_TEMPLATE, at(), message).fix(help));
            return;
        }
        let written = namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}.{name}"));
        if undeclared.insert(written.clone()) {
            let near = near(&binds, namespace, name, &suggestions);
            findings.push(missing(&binds, namespace, name, near, &written, at()));
            // The suggested bind counts as used.
            used.extend(near.map(|(bind, key)| (bind, key.to_owned())));
        }
    };
    texts(subject, walk, &mut |at, text, may_be_other| {
        if may_be_other {
            let variables = words(text).filter(|(namespace, name)| declared(&binds, *namespace, name).is_some());
            variables.for_each(|(namespace, name)| check_use(namespace, name, at, findings));
            return;
        }
        let template = match Template::text(text) {
            Ok(template) => template,
            Err(error) => {
                are_all_readable = false;
                // The text may be a secret, so the message contains only the text between braces.
                let message = format!("the template cannot be read: {error}");
                let help = "write `{{env.NAME}}` or `{{NAME}}` to insert the value of a bind";
                findings.push(Diagnostic::new(&INVALID_TEMPLATE, at(), message).fix(help));
                return;
            }
        };
        for (namespace, name) in template.variables() {
            check_use(namespace, name, at, findings);
        }
    });
    for api in &walk.apis {
        let Ok(template) = Template::base_uri(&api.consume.base_uri) else {
            are_all_readable = false;
            continue;
        };
        let at = || format!("{}/baseUri", api.at);
        for (namespace, name) in template.variables() {
            check_use(namespace, name, &at, findings);
        }
        // A placeholder of a base URI is a variable of the environment, or of a bind that declares its name.
        for name in template.placeholders().map(environment_name) {
            if declared(&binds, None, &name).is_some() {
                check_use(None, &name, &at, findings);
            }
        }
    }
    // An unreadable text may use any bind, so unused binds are not reported.
    if are_all_readable {
        unused(&binds, &used, findings);
    }
}

/// Returns whether a location is a file or a path in Vault, or has no scheme.
fn is_readable(location: &str) -> bool {
    let scheme = location.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_none_or(|scheme| matches!(scheme.as_str(), "file" | "vault"))
}

/// Returns every bind with its location, in the order of [`Document::all_binds`].
fn binds(document: &Document) -> Vec<(String, &Bind)> {
    let own = document.capability.binds.iter().enumerate();
    let shared = document.binds.iter().enumerate();
    own.map(|(index, bind)| (format!("/capability/binds/{index}"), bind))
        .chain(shared.map(|(index, bind)| (format!("/binds/{index}"), bind)))
        .collect()
}

/// Returns the index of the bind that declares a variable.
fn declared(binds: &[(String, &Bind)], namespace: Option<&str>, name: &str) -> Option<usize> {
    binds.iter().position(|(_, bind)| {
        namespace.is_none_or(|namespace| bind.namespace == namespace) && bind.keys.contains_key(name)
    })
}

/// Returns the nearest declared variable, preferring the same namespace.
fn near<'a>(
    binds: &[(String, &'a Bind)],
    namespace: Option<&str>,
    name: &str,
    suggestions: &Suggestions,
) -> Option<(usize, &'a str)> {
    let keys = || {
        binds.iter().enumerate().flat_map(|(index, (_, bind))| bind.keys.keys().map(move |key| (index, key.as_str())))
    };
    let near = suggestions.nearest(name, keys().map(|(_, key)| key))?;
    let of_namespace =
        |index: usize| binds.get(index).is_some_and(|(_, bind)| Some(bind.namespace.as_str()) == namespace);
    let found = || keys().filter(|(_, key)| *key == near);
    found().find(|(index, _)| of_namespace(*index)).or_else(|| found().next())
}

/// Returns the finding for an undeclared variable.
fn missing(
    binds: &[(String, &Bind)],
    namespace: Option<&str>,
    name: &str,
    near: Option<(usize, &str)>,
    written: &str,
    at: String,
) -> Diagnostic {
    let declare = Fix::Bind { namespace: namespace.unwrap_or("env").to_owned(), name: name.to_owned() };
    let fix = match near {
        Some((bind, key)) => {
            let space = binds.get(bind).filter(|_| namespace.is_some()).map(|(_, bind)| format!("{}.", bind.namespace));
            let meant = Fix::Write(format!("{{{{{}{key}}}}}", space.unwrap_or_default()));
            Fix::Either(vec![meant, declare])
        }
        None => declare,
    };
    Diagnostic::new(&UNDECLARED_VARIABLE, at, format!("no bind declares `{{{{{written}}}}}`")).fix(fix)
}

/// Finds variables of binds that nothing uses.
fn unused(binds: &[(String, &Bind)], used: &HashSet<(usize, String)>, findings: &mut Vec<Diagnostic>) {
    for (index, (at, bind)) in binds.iter().enumerate() {
        for name in bind.keys.keys().filter(|name| !used.contains(&(index, (*name).clone()))) {
            let at = format!("{at}/keys/{}", escape(name));
            let fix = Fix::UseBind { namespace: bind.namespace.clone(), name: name.clone() };
            let message = format!("nothing uses the variable `{name}` of the bind `{}`", bind.namespace);
            findings.push(Diagnostic::new(&UNUSED_BIND, at, message).fix(fix));
        }
    }
}

/// A visitor of strings. Its arguments: the location, the text, and whether braces may contain something other than a variable: an
/// input, a step, or a part of the API's format.
type Visitor<'l> = dyn FnMut(&dyn Fn() -> String, &str, bool) + 'l;

/// Visits the values of an output and of the outputs within it.
fn values(output: &OutputParameter, visit: &mut dyn FnMut(&str)) {
    if let Some(value) = &output.value {
        visit(value);
    }
    for within in output.properties.iter().flat_map(|properties| properties.values()).chain(output.items.as_deref()) {
        values(within, visit);
    }
}

/// Visits the strings in which `{{…}}` may be a variable, except base URIs.
fn texts(subject: Subject<'_>, walk: &DocumentView<'_>, visit: &mut Visitor<'_>) {
    for api in &walk.apis {
        if let Some(authentication) = &api.consume.authentication {
            credential(&api.at, authentication, visit);
        }
        for (key, text) in api.consume.tls.texts() {
            visit(&|| format!("{}/tls/{key}", api.at), text, false);
        }
        for (index, parameter) in api.consume.input_parameters.iter().enumerate() {
            let at = || format!("{}/inputParameters/{index}/value", api.at);
            if let Some(value) = &parameter.value {
                visit(&at, value, false);
            }
        }
    }
    for texts in walk.sent_texts() {
        texts.visit(&mut |at, text| {
            // In a trait, a constant cannot contain a caller's value.
            let is_constant = subject.is_trait() && at.ends_with("/value");
            visit(&|| at.to_owned(), text, !is_constant);
        });
    }
    if !subject.is_trait() {
        unfilled(walk, &mut |at, name| visit(&|| format!("{at}/path"), &format!("{{{{{name}}}}}"), true));
    }
    // A variable in a default is not replaced. Another rule reports that, so its bind counts as used here.
    let inputs = walk.callables.iter().map(|callable| (&callable.at, callable.inputs));
    let operations = walk.operations.iter().map(|it| (&it.at, it.operation.input_parameters.as_slice()));
    let apis = walk.apis.iter().map(|api| (&api.at, api.consume.input_parameters.as_slice()));
    for (at, parameters) in inputs.chain(operations).chain(apis) {
        for (index, parameter) in parameters.iter().enumerate() {
            if let Some(Value::String(default)) = &parameter.default {
                visit(&|| format!("{at}/inputParameters/{index}/default"), default, true);
            }
        }
    }
    for callable in &walk.callables {
        callable.texts(&mut |at, text| {
            visit(&|| at.to_owned(), text, true);
            // `env.NAME` is a reference without braces.
            if let [word] = prefixed(text).as_slice()
                && !word.in_braces
            {
                visit(&|| at.to_owned(), &format!("{{{{{}.{}}}}}", word.prefix, word.name), true);
            }
        });
        for output in callable.outputs {
            values(output, &mut |value| visit(&|| callable.at.clone(), value, true));
        }
        for value in callable.inputs.iter().filter_map(|input| input.value.as_deref()) {
            visit(&|| callable.at.clone(), value, true);
        }
    }
    for (index, expose) in subject.document.capability.exposes.iter().enumerate() {
        let at = format!("/capability/exposes/{index}");
        if let Some(authentication) = expose.authentication() {
            credential(&at, authentication, visit);
        }
        if let Expose::Rest(rest) = expose {
            let inputs = rest.resources.iter().flat_map(|resource| &resource.input_parameters);
            inputs.filter_map(|input| input.value.as_deref()).for_each(|value| visit(&|| at.clone(), value, true));
        }
        // Every string of an MCP resource, a skill adapter or a control port may use variables.
        let mut visit = |value: &Value| strings(&at, value, &mut |at, text| visit(&|| at.to_owned(), text, true));
        match expose {
            Expose::Rest(_) => {}
            Expose::Mcp(mcp) => {
                let resources = mcp.resources.iter().filter_map(|resource| serde_json::to_value(resource).ok());
                let resources: Vec<Value> = resources.collect();
                resources.iter().for_each(&mut visit);
            }
            Expose::Skill(other) | Expose::Control(other) => other.other_keys.values().for_each(&mut visit),
        }
    }
}

/// Visits the placeholders that no parameter fills, with the location of the resource or of the operation. In a file, a variable may
/// fill them.
fn unfilled(walk: &DocumentView<'_>, visit: &mut dyn FnMut(&str, &str)) {
    for view in walk.resources() {
        // For each placeholder, the number of operations with the resource's path that fill it.
        let mut filled: HashMap<String, usize> = HashMap::new();
        let mut with_resource_path = 0;
        for consumed in view.operations {
            let own = consumed.own_path_names();
            if let Some(path) = &consumed.operation.path {
                let names = placeholders(path).into_iter().filter(|name| !own.contains(&folded(name)));
                names.filter(|name| !view.fills(name)).for_each(|name| visit(&consumed.at, name));
            } else {
                with_resource_path += 1;
                for name in own {
                    *filled.entry(name).or_default() += 1;
                }
            }
        }
        let is_filled = |name: &str| filled.get(&folded(name)).copied().unwrap_or_default() == with_resource_path;
        let names = placeholders(&view.resource.path).into_iter().filter(|name| !is_filled(name) && !view.fills(name));
        names.for_each(|name| visit(view.at, name));
    }
}

/// Visits the strings of the `authentication` of a consumed API or of an adapter.
fn credential(at: &str, authentication: &Authentication, visit: &mut Visitor<'_>) {
    for (key, text) in authentication.texts() {
        visit(&|| format!("{at}/authentication/{key}"), text, false);
    }
    if let Authentication::Oauth2(keys) | Authentication::Other(keys) = authentication {
        for (key, value) in keys.iter().filter(|(_, value)| !value.is_string()) {
            strings(&format!("{at}/authentication/{key}"), value, &mut |at, text| {
                visit(&|| at.to_owned(), text, true);
            });
        }
    }
}

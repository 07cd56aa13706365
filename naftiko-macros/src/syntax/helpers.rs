//! The helper attributes of methods: `#[get]` and the other verbs, `#[rest]`, `#[tool]`, `#[skip]` and so on.

use super::adapters::{self, ToolArgument};
use super::answer::{self, NoneOn, ResponseHeaders};
use super::caller_headers::{self, CallerHeader};
use super::constants::{self, Constant};
use super::example::InputSchemaAttribute;
use super::hints::{self, Hints};
use super::offered::{self, Completion, Prompt, Resource};
use super::settings::{allow, one_of};
use super::{argument_format, cache, example, misspelt, page, resilience};
use crate::attribute::{Element, arguments};
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Key, Keys, TextLiteral, listed, positional_text};
use naftiko_spec::model::{Format, Method as Http, TaskSupport};
use naftiko_spec::rules::Rule;
use proc_macro2::Ident;
use syn::{Attribute, Meta, spanned::Spanned};

/// The attributes of methods.
pub(crate) const METHOD_HELPERS: [&str; 16] = [
    "get", "post", "put", "patch", "delete", "head", "rest", "tool", "skip", "output", "example", "resource", "prompt",
    "complete", "scope", "page",
];

/// The attributes of arguments.
pub(crate) const ARGUMENT_HELPERS: [&str; 6] = ["path", "query", "header", "cookie", "body", "part"];

const METHODS: [(&str, Http); 6] = [
    ("get", Http::Get),
    ("post", Http::Post),
    ("put", Http::Put),
    ("patch", Http::Patch),
    ("delete", Http::Delete),
    ("head", Http::Head),
];

/// Returns the HTTP method of that attribute or key.
pub(crate) fn http_method(name: &str) -> Option<Http> {
    METHODS.iter().find(|(known, _)| *known == name).map(|(_, method)| *method)
}

/// `#[get("/path", …)]`
#[derive(Clone)]
pub(crate) struct Verb {
    pub(crate) method: Http,
    /// The span of the word `get`.
    pub(crate) span: SourceSpan,
    pub(crate) path: Option<TextLiteral>,
    pub(crate) name: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    /// The namespace of the API that is called.
    pub(crate) consumes: Option<TextLiteral>,
    pub(crate) status: Option<u16>,
    /// The error statuses in `errors(…)`.
    pub(crate) errors: Vec<u16>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) resilience: resilience::ResilienceSettings,
    pub(crate) cache: cache::CacheSetting,
    pub(crate) constants: Vec<Constant>,
    /// The headers of the caller that are sent with each request.
    pub(crate) caller_headers: Vec<CallerHeader>,
    /// The format of the answer, and its span.
    pub(crate) format: Option<(Format, SourceSpan)>,
    pub(crate) none_on: Option<NoneOn>,
    pub(crate) response_headers: Option<ResponseHeaders>,
    /// The word that declares the body of a DELETE.
    pub(crate) body: Option<Ident>,
}

/// `#[rest(…)]`
#[derive(Clone)]
pub(crate) struct Rest {
    pub(crate) span: SourceSpan,
    pub(crate) skip: Option<Ident>,
    /// Its adapters; empty for all adapters.
    pub(crate) on: Vec<TextLiteral>,
    /// `get = "/path"`: the route of a method without a verb.
    pub(crate) route: Option<(Http, Ident, TextLiteral)>,
    pub(crate) path: Option<TextLiteral>,
    pub(crate) name: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    pub(crate) status: Option<(u16, SourceSpan)>,
    pub(crate) response_headers: Option<ResponseHeaders>,
    /// The word that declares the body of a DELETE.
    pub(crate) body: Option<Ident>,
}

/// `#[tool(…)]`
#[derive(Clone)]
pub(crate) struct ToolAttribute {
    pub(crate) span: SourceSpan,
    pub(crate) skip: Option<Ident>,
    pub(crate) name: Option<TextLiteral>,
    pub(crate) label: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    pub(crate) hints: Hints,
    /// Its adapters; empty for all adapters.
    pub(crate) on: Vec<TextLiteral>,
    pub(crate) arguments: Vec<ToolArgument>,
    /// Whether its calls need the approval of a person.
    pub(crate) confirm: Option<bool>,
    /// The maximum length of its answers, in bytes, and its span.
    pub(crate) max_output: Option<(u64, SourceSpan)>,
    /// Whether its calls run as tasks.
    pub(crate) task: Option<TaskSupport>,
    /// Keywords that are added to its input schema.
    pub(crate) input_schema: Option<InputSchemaAttribute>,
}

/// All the helper attributes of one method.
#[derive(Default)]
pub(crate) struct Helpers {
    /// The names of all the attributes, with the user's spans.
    pub(crate) names: Vec<Ident>,
    pub(crate) verb: Option<Verb>,
    pub(crate) rest: Option<Rest>,
    /// Each `#[rest]` with `on`.
    pub(crate) rest_on: Vec<Rest>,
    pub(crate) tool: Option<ToolAttribute>,
    /// Each `#[tool]` with `on`.
    pub(crate) tool_on: Vec<ToolAttribute>,
    pub(crate) resource: Option<Resource>,
    pub(crate) prompt: Option<Prompt>,
    pub(crate) completes: Vec<Completion>,
    /// Whether it completes arguments of other methods.
    pub(crate) completes_others: bool,
    /// The scopes that its callers need.
    pub(crate) scopes: Vec<TextLiteral>,
    pub(crate) skip: Option<SourceSpan>,
    pub(crate) output: Option<TextLiteral>,
    pub(crate) page: Option<page::Page>,
    /// Examples of its result.
    pub(crate) examples: Vec<serde_json::Value>,
    /// The span of the last `#[example]`.
    pub(crate) example: Option<SourceSpan>,
    pub(crate) allow: Vec<&'static Rule>,
}

const VERB: &[Key] = &[
    Key("name", r#"name = "…""#),
    Key("description", r#"description = "…""#),
    Key("consumes", r#"consumes = "namespace""#),
    Key("status", "status = 201"),
    Key("errors", "errors(400, 404)"),
    Key("timeout", r#"timeout = "5s""#),
    Key("resilience", "resilience(retry(3))"),
    Key("cache", cache::OF_VERBS),
    Key("query", r#"query("name" = "value")"#),
    Key("header", r#"header("X-Name" = "value")"#),
    Key("caller_header", caller_headers::FORM),
    Key("format", r#"format = "csv""#),
    Key("none_on", "none_on(404)"),
    Key("response_headers", r#"response_headers("Location")"#),
    Key("body", "body"),
    Key("allow", r#"allow(rule, reason = "…")"#),
];

/// The keys of a verb that may be repeated.
const REPEATED: &[&str] = &["allow", "query", "header", "caller_header"];

const REST: &[Key] = &[
    Key("skip", "skip"),
    Key("get", r#"get = "/path""#),
    Key("post", r#"post = "/path""#),
    Key("put", r#"put = "/path""#),
    Key("patch", r#"patch = "/path""#),
    Key("delete", r#"delete = "/path""#),
    Key("head", r#"head = "/path""#),
    Key("path", r#"path = "/path""#),
    Key("on", r#"on = "namespace""#),
    Key("name", r#"name = "…""#),
    Key("description", r#"description = "…""#),
    Key("status", "status = 201"),
    Key("response_headers", r#"response_headers("Location")"#),
    Key("body", "body"),
    Key("allow", r#"allow(rule, reason = "…")"#),
];

const TOOL: &[Key] = &[
    Key("skip", "skip"),
    Key("name", r#"name = "…""#),
    Key("label", r#"label = "…""#),
    Key("title", r#"title = "…""#),
    Key("description", r#"description = "…""#),
    Key("hints", "hints(read_only, idempotent)"),
    Key("on", r#"on = "namespace""#),
    Key("argument", r#"argument(user_id = "user")"#),
    Key("confirm", "confirm` or `confirm = false"),
    Key("max_output", r#"max_output = "16KiB""#),
    Key("task", r#"task` or `task = "required""#),
    Key("input_schema", r#"input_schema = { "anyOf": [{ "required": ["phone"] }] }"#),
    Key("allow", r#"allow(rule, reason = "…")"#),
];

/// Returns the name of a helper attribute, if this is one: `get`, or `naftiko::attributes::get`, also under another name of the crate.
pub(crate) fn helper_name(attribute: &Attribute, names: &[&str]) -> Option<String> {
    let path = attribute.path();
    let last = path.segments.last()?.ident.to_string();
    let is_in = |module: &str| path.segments.iter().nth_back(1).is_some_and(|parent| parent.ident == module);
    let is_in_crate = path.segments.first().is_some_and(|first| first.ident == "naftiko");
    let ours = path.segments.len() == 1 || is_in_crate || is_in("attributes");
    (ours && names.contains(&last.as_str())).then_some(last)
}

impl Helpers {
    /// Returns whether the method has a verb, a `#[rest]` or a `#[tool]`.
    pub(crate) fn is_exposed(&self) -> bool {
        self.verb.is_some() || self.rests().next().is_some() || self.tools().next().is_some()
    }

    /// Returns the scopes that the callers of the method need.
    pub(crate) fn scope_names(&self) -> Vec<String> {
        self.scopes.iter().map(|scope| scope.value.clone()).collect()
    }

    /// Parses the helper attributes of a method, and removes them from its attributes.
    pub(crate) fn take(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Self {
        let mut helpers = Self::default();
        attributes.retain(|attribute| {
            if let Some(name) = helper_name(attribute, &METHOD_HELPERS) {
                helpers.names.extend(attribute.path().segments.last().map(|last| last.ident.clone()));
                helpers.add(&name, attribute, errors);
                return false;
            }
            if let Some(name) =
                helper_name(attribute, &ARGUMENT_HELPERS).filter(|name| name != "path" || !has_value(attribute))
            {
                let help = misspelt::help_for_argument_helper(&name, attribute);
                errors.add(attribute.path().span(), format!("`#[{name}]` can only be applied to an argument"), help);
                return false;
            }
            !misspelt::refuse(attribute, &METHOD_HELPERS, misspelt::other_methods(attribute), errors)
        });
        helpers
    }

    fn add(&mut self, name: &str, attribute: &Attribute, errors: &mut Errors) {
        let at: SourceSpan = attribute.path().span().into();
        let given_twice = |errors: &mut Errors| {
            errors.add(at, format!("`#[{name}]` is given twice"), "keep one of them");
        };
        if name == "example" {
            self.example = Some(at);
            self.examples.extend(example::read(attribute, errors).map(|(example, _)| example));
            return;
        }
        let Some(elements) = arguments(attribute, errors) else { return };
        match name {
            "rest" => {
                let rest = rest(at, elements, &mut self.allow, errors);
                adapters::add(rest, (name, at), &mut self.rest, &mut self.rest_on, errors);
            }
            "tool" => {
                let tool = tool(at, elements, &mut self.allow, errors);
                adapters::add(tool, (name, at), &mut self.tool, &mut self.tool_on, errors);
            }
            "resource" if self.resource.is_some() => given_twice(errors),
            "resource" => self.resource = offered::resource(at, elements, errors),
            "prompt" if self.prompt.is_some() => given_twice(errors),
            "prompt" => self.prompt = Some(offered::prompt(at, elements, errors)),
            "complete" => self.completes.extend(offered::complete(at, elements, errors)),
            "scope" if !self.scopes.is_empty() => given_twice(errors),
            "scope" => self.scopes = offered::scopes(at, &elements, errors),
            "skip" if self.skip.is_some() => given_twice(errors),
            "skip" => {
                self.skip = Some(at);
                for element in elements {
                    let help = "write `#[skip]`, `#[rest(skip)]` or `#[tool(skip)]`";
                    errors.add(element.span(), "`#[skip]` takes no arguments", help);
                }
            }
            "page" if self.page.is_some() => given_twice(errors),
            "page" => self.page = page::read(at, elements, errors),
            "output" if self.output.is_some() => given_twice(errors),
            "output" => self.output = one_text(at, &elements, r#"#[output("$.data.items")]"#, "the JSONPath", errors),
            verb => {
                let Some(method) = http_method(verb) else { return };
                match &self.verb {
                    Some(first) if first.method == method => given_twice(errors),
                    Some(_) => errors.add(
                        at,
                        "a method can have only one HTTP verb",
                        "keep one of them, or write a method for each",
                    ),
                    None => self.verb = Some(self::verb(method, verb, at, elements, &mut self.allow, errors)),
                }
            }
        }
    }
}

/// Returns whether an attribute has a value, as Rust's own `#[path = "…"]`.
fn has_value(attribute: &Attribute) -> bool {
    matches!(attribute.meta, Meta::NameValue(_))
}

/// Returns the only element of an attribute, a string; reports any other number of elements. `form` is how the attribute is written, and
/// `what` is what the string contains.
pub(crate) fn one_text(
    at: SourceSpan,
    elements: &[Element],
    form: &str,
    what: &str,
    errors: &mut Errors,
) -> Option<TextLiteral> {
    match elements {
        [one] => positional_text(one, what, errors),
        [] => {
            errors.add(at, format!("expected {what}"), format!("write `{form}`"));
            None
        }
        [_, second, ..] => {
            let message = format!("unexpected {} after {what}", second.found());
            errors.add(second.span(), message, format!("write `{form}`"));
            None
        }
    }
}

fn verb(
    method: Http,
    name: &str,
    at: SourceSpan,
    elements: Vec<Element>,
    allowed: &mut Vec<&'static Rule>,
    errors: &mut Errors,
) -> Verb {
    let elements = offered::without_path_key(name, elements, errors);
    let mut keys = Keys::read(format!("`#[{name}]`"), at, elements, VERB, REPEATED, errors);
    let form = format!("#[{name}(\"/path\")]");
    let positional = std::mem::take(&mut keys.positional);
    let path = if positional.is_empty() && keys.has_unknown {
        None
    } else {
        one_text(at, &positional, &form, "the path", errors)
    };
    while let Some((key, elements)) = keys.list("allow", errors) {
        allowed.extend(allow(&key, elements, errors));
    }
    let refused =
        keys.list("errors", errors).map(|(_, elements)| answer::error_statuses(&elements, errors)).unwrap_or_default();
    Verb {
        method,
        span: at,
        path,
        name: keys.name("name", errors),
        description: keys.text("description", errors),
        consumes: keys.text("consumes", errors),
        status: answer::status(&mut keys, errors).map(|(status, _)| status),
        timeout_ms: keys.duration("timeout", errors),
        resilience: resilience::take(&mut keys, errors),
        cache: cache::take(&mut keys, false, errors),
        constants: constants::take(&mut keys, errors),
        caller_headers: caller_headers::take(&mut keys, errors),
        format: answer::format(&mut keys, errors),
        none_on: answer::none_on(&mut keys, &refused, errors),
        response_headers: answer::response_headers(&mut keys, errors),
        errors: refused,
        body: body(method, "`#[post(…)]`", &mut keys, errors),
    }
}

/// Reads `body`, which only a DELETE may declare. `to_send_one` is the attribute or the key that sends a body, for the help text.
fn body(method: Http, to_send_one: &str, keys: &mut Keys, errors: &mut Errors) -> Option<Ident> {
    let body = keys.word("body", errors)?;
    let word = method.as_str();
    match method {
        Http::Delete => return Some(body),
        Http::Get | Http::Head => {
            let help = format!("remove `body`; to send one, write {to_send_one}");
            errors.add(body.span(), format!("a {word} request cannot have a body"), help);
        }
        _ => errors.add(body.span(), format!("a {word} request can always have a body"), "remove `body`"),
    }
    None
}

fn rest(at: SourceSpan, elements: Vec<Element>, allowed: &mut Vec<&'static Rule>, errors: &mut Errors) -> Rest {
    let mut keys = Keys::read("`#[rest]`", at, elements, REST, &["allow"], errors);
    keys.reject_positional(errors);
    while let Some((key, elements)) = keys.list("allow", errors) {
        allowed.extend(allow(&key, elements, errors));
    }
    let mut route: Option<(Http, Ident, TextLiteral)> = None;
    for (name, method) in METHODS {
        let Some(key) = keys.key(name) else { continue };
        let Some(path) = keys.text(name, errors) else { continue };
        match route {
            None => route = Some((method, key, path)),
            Some(_) => errors.add(key.span(), "a route can have only one method", "keep one of them"),
        }
    }
    let body = if let Some((method, ..)) = &route {
        body(*method, "`post = \"…\"`", &mut keys, errors)
    } else {
        if let Some(stray) = keys.word("body", errors) {
            let help = "remove it; for the body of a request to an API, write `#[delete(\"/path\", body)]`";
            errors.add(stray.span(), "`body` in `#[rest]` requires `delete = \"/path\"`", help);
        }
        None
    };
    let rest = Rest {
        span: at,
        skip: keys.word("skip", errors),
        on: adapters::on(&mut keys, errors),
        route,
        path: keys.text("path", errors),
        name: keys.name("name", errors),
        description: keys.text("description", errors),
        status: answer::status(&mut keys, errors),
        response_headers: answer::response_headers(&mut keys, errors),
        body,
    };
    let method = rest.route.as_ref().map_or_else(String::new, |(_, key, _)| key.to_string());
    let for_all_adapters = [
        (method.as_str(), rest.route.is_some()),
        ("status", rest.status.is_some()),
        ("response_headers", rest.response_headers.is_some()),
        ("body", rest.body.is_some()),
    ];
    if let Some(on) = rest.on.first().filter(|_| for_all_adapters.iter().any(|(_, is_given)| *is_given)) {
        let help = "move these to a `#[rest]` without `on`; `on` goes with `path`, `name`, `description` and `skip`";
        errors.add(on.span, "`on` cannot be combined with a route, `status`, `response_headers` or `body`", help);
    }
    let for_some_adapters =
        [("path", rest.path.is_some()), ("name", rest.name.is_some()), ("description", rest.description.is_some())];
    refuse_beside_skip(rest.skip.as_ref(), for_all_adapters.into_iter().chain(for_some_adapters), errors);
    rest
}

/// Reports the given keys that have no meaning beside `skip`.
fn refuse_beside_skip<'a>(skip: Option<&Ident>, others: impl Iterator<Item = (&'a str, bool)>, errors: &mut Errors) {
    let given: Vec<&str> = others.filter(|(_, is_given)| *is_given).map(|(name, _)| name).collect();
    if let Some(skip) = skip.filter(|_| !given.is_empty()) {
        let given = listed(given);
        errors.add(
            skip.span(),
            format!("`skip` cannot be combined with {given}"),
            format!("remove `skip`, or remove {given}"),
        );
    }
}

fn tool(
    at: SourceSpan,
    elements: Vec<Element>,
    allowed: &mut Vec<&'static Rule>,
    errors: &mut Errors,
) -> ToolAttribute {
    let mut keys = Keys::read("`#[tool]`", at, elements, TOOL, &["allow", "argument"], errors);
    keys.reject_positional(errors);
    while let Some((key, elements)) = keys.list("allow", errors) {
        allowed.extend(allow(&key, elements, errors));
    }
    let label = offered::label(&mut keys, errors);
    let tool = ToolAttribute {
        span: at,
        skip: keys.word("skip", errors),
        name: keys.name("name", errors),
        label,
        description: keys.text("description", errors),
        hints: keys
            .list("hints", errors)
            .map(|(key, elements)| hints::read(&key, elements, errors))
            .unwrap_or_default(),
        on: adapters::on(&mut keys, errors),
        arguments: adapters::arguments(&mut keys, errors),
        confirm: keys.flag("confirm", errors),
        max_output: argument_format::size_of("max_output", &mut keys, errors),
        task: task(&mut keys, errors),
        input_schema: example::input_schema(&mut keys, errors),
    };
    let others = [
        ("name", tool.name.is_some()),
        ("label", tool.label.is_some()),
        ("description", tool.description.is_some()),
        ("hints", tool.hints.span.is_some()),
        ("argument", !tool.arguments.is_empty()),
        ("confirm", tool.confirm.is_some()),
        ("max_output", tool.max_output.is_some()),
        ("task", tool.task.is_some()),
        ("input_schema", tool.input_schema.is_some()),
    ];
    refuse_beside_skip(tool.skip.as_ref(), others.into_iter(), errors);
    tool
}

/// Reads `task` or `task = "required"`.
fn task(keys: &mut Keys, errors: &mut Errors) -> Option<TaskSupport> {
    if keys.bare("task") {
        return keys.word("task", errors).map(|_| TaskSupport::Optional);
    }
    one_of("task", &TaskSupport::WORDS, keys, errors)
}

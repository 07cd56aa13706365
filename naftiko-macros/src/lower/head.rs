//! Lowers `#[capability(…)]` to the head of a document.

use super::SourceSpans;
use crate::errors::SourceSpan;
use crate::keys::TextLiteral;
use crate::skills::Skill;
use crate::syntax::Trait;
use crate::syntax::authentication;
use crate::syntax::located::{LocatedArgument, LocatedPrompt, LocatedResource};
use crate::syntax::settings::{self, AdapterKind, CapabilitySettings};
use naftiko_spec::model::{
    Authentication, Bind, CallerHeader, Capability, Consume, Document, Expose, ExposeMcp, ExposeOther, ExposeRest,
    Info, InputParameter, McpPrompt, McpResource, Milliseconds, PromptArgument, Tls, VERSION,
};
use naftiko_spec::names;
use naftiko_spec::pointer::escape;
use proc_macro2::Ident;
use serde_json::{Map, Value, json};
use syn::ext::IdentExt;

/// Lowers the settings, and the trait's name and description.
pub(super) fn lower(settings: &CapabilitySettings, item: &Trait, spans: &mut SourceSpans) -> Document {
    let name = item.ident.unraw().to_string();
    let mut info = Info { label: names::label(&name), ..Info::default() };
    let mut noted = |pointer: &str, text: &Option<TextLiteral>| {
        let text = text.as_ref()?;
        spans.add_setting(pointer, text.span);
        Some(text.value.clone())
    };
    if let Some(label) = noted("/info/label", &settings.label) {
        info.label = label;
    }
    let description = noted("/info/description", &settings.description);
    info.description = description.or_else(|| noted("/info/description", &item.description)).unwrap_or_default();
    info.created = noted("/info/created", &settings.created);
    info.modified = noted("/info/modified", &settings.modified);
    info.version = noted("/info/version", &settings.version);
    for (at, tag) in settings.tags.iter().enumerate() {
        spans.add_setting(format!("/info/tags/{at}"), tag.span);
        info.tags.push(tag.value.clone());
    }
    let binds = settings.binds.iter().enumerate().map(|(at, bind)| self::bind(at, bind, spans)).collect();
    let consumes: Vec<Consume> =
        settings.consumes.iter().enumerate().map(|(at, consume)| self::consume(at, consume, spans)).collect();
    // If there is only one API, adapters are named after it.
    let stem = match consumes.as_slice() {
        [one] => one.namespace.clone(),
        _ => names::kebab(&name),
    };
    let exposes = settings.exposes.iter().enumerate().map(|(at, expose)| self::expose(at, expose, &stem, spans));
    let mut exposes: Vec<Expose> = exposes.collect();
    exposes.extend(skills(exposes.len(), settings, &stem, spans));
    let capability = Capability { consumes, exposes, ..Capability::default() };
    Document { naftiko: VERSION.to_owned(), info, binds, capability, ..Document::default() }
}

/// Returns the value of a text, and records its span for the JSON Pointer.
fn value(pointer: String, text: &TextLiteral, spans: &mut SourceSpans) -> String {
    spans.add_setting(pointer, text.span);
    text.value.clone()
}

/// Returns the value of a text, if there is one, and records its span for the JSON Pointer.
fn optional(pointer: String, text: Option<&TextLiteral>, spans: &mut SourceSpans) -> Option<String> {
    text.map(|text| value(pointer, text, spans))
}

/// Lowers an entry of `binds(…)`; `at` is its index.
fn bind(at: usize, bind: &settings::Bind, spans: &mut SourceSpans) -> Bind {
    let pointer = format!("/binds/{at}");
    let namespace: SourceSpan = bind.namespace.span().into();
    spans.add_setting(pointer.clone(), namespace);
    spans.add_setting(format!("{pointer}/namespace"), namespace);
    let keys = bind.keys.iter().map(|(key, source)| {
        let key_name = key.unraw().to_string();
        spans.add_setting(format!("{pointer}/keys/{}", escape(&key_name)), key.span().into());
        (key_name, source.value.clone())
    });
    let keys = keys.collect();
    Bind {
        namespace: bind.namespace.unraw().to_string(),
        description: optional(format!("{pointer}/description"), bind.description.as_ref(), spans),
        location: optional(format!("{pointer}/location"), bind.location.as_ref(), spans),
        keys,
    }
}

/// Lowers `consumes(…)`; `at` is its index.
fn consume(at: usize, consume: &settings::Consume, spans: &mut SourceSpans) -> Consume {
    let pointer = format!("/capability/consumes/{at}");
    spans.add_setting(pointer.clone(), consume.span);
    let input_parameters = consume.constants.iter().enumerate().map(|(at, constant)| InputParameter {
        name: value(format!("{pointer}/inputParameters/{at}/name"), &constant.name, spans),
        place: Some(constant.place),
        value: Some(value(format!("{pointer}/inputParameters/{at}/value"), &constant.value, spans)),
        ..InputParameter::default()
    });
    let input_parameters = input_parameters.collect();
    let caller_headers = consume.caller_headers.iter().enumerate().map(|(at, header)| CallerHeader {
        name: value(format!("{pointer}/callerHeaders/{at}"), &header.name, spans),
        required: header.required,
    });
    let caller_headers = caller_headers.collect();
    for (word, span) in &consume.resilience.spans {
        spans.add_setting(format!("{pointer}/resilience/{word}"), *span);
    }
    if let Some((_, span)) = consume.cache {
        spans.add_setting(format!("{pointer}/cache"), span);
    }
    Consume {
        kind: "http".to_owned(),
        namespace: optional(format!("{pointer}/namespace"), consume.namespace.as_ref(), spans).unwrap_or_default(),
        base_uri: optional(format!("{pointer}/baseUri"), consume.base_uri.as_ref(), spans).unwrap_or_default(),
        description: optional(format!("{pointer}/description"), consume.description.as_ref(), spans),
        input_parameters,
        caller_headers,
        authentication: consume.authentication.as_ref().map(|written| authentication(&pointer, written, spans)),
        tls: tls(&format!("{pointer}/tls"), &consume.tls, spans),
        redirects: consume.redirects,
        timeout: consume.timeout_ms.map(Milliseconds),
        resilience: consume.resilience.resilience.clone(),
        cache: consume.cache.map(|(cache, _)| cache),
        ..Consume::default()
    }
}

/// Lowers `authentication(…)` of the API or adapter at the JSON Pointer `api`.
fn authentication(
    api: &str,
    written: &authentication::AuthenticationSettings,
    spans: &mut SourceSpans,
) -> Authentication {
    let pointer = format!("{api}/authentication");
    spans.add_setting(pointer.clone(), written.span);
    let mut all: Vec<(&str, Value)> = Vec::new();
    for (key, text) in &written.texts {
        all.push((key, value(format!("{pointer}/{key}"), text, spans).into()));
    }
    let scopes = written.scopes.iter().enumerate();
    let scopes = scopes.map(|(at, scope)| value(format!("{pointer}/scopes/{at}"), scope, spans).into());
    let scopes: Vec<Value> = scopes.collect();
    if !scopes.is_empty() {
        all.push(("scopes", scopes.into()));
    }
    Authentication::of(written.scheme, all)
}

fn tls(pointer: &str, texts: &[(&'static str, TextLiteral)], spans: &mut SourceSpans) -> Tls {
    let mut text = |own: &str| {
        let text = texts.iter().find(|(key, _)| *key == own).map(|(_, text)| text);
        optional(format!("{pointer}/{own}"), text, spans)
    };
    Tls { ca: text("ca"), certificate: text("certificate"), key: text("key") }
}

/// Lowers an adapter; `at` is its index. `stem` is the beginning of its namespace, unless it declares one.
fn expose(at: usize, expose: &settings::AdapterSettings, stem: &str, spans: &mut SourceSpans) -> Expose {
    let pointer = format!("/capability/exposes/{at}");
    spans.add_setting(pointer.clone(), expose.span);
    let port = expose.port.map(|(port, span)| {
        spans.add_setting(format!("{pointer}/port"), span);
        port
    });
    let address = optional(format!("{pointer}/address"), expose.address.as_ref(), spans);
    let description = optional(format!("{pointer}/description"), expose.description.as_ref(), spans);
    let namespace = optional(format!("{pointer}/namespace"), expose.namespace.as_ref(), spans);
    if expose.kind == AdapterKind::Control {
        let other_keys = Map::from_iter(address.map(|address| ("address".to_owned(), address.into())));
        let mut control = ExposeOther { namespace, port, other_keys, ..ExposeOther::default() };
        control.authentication = expose.authentication.as_ref().map(|own| authentication(&pointer, own, spans));
        turn_off(&mut control.other_keys, &expose.without);
        return Expose::Control(control);
    }
    let namespace = namespace.unwrap_or_else(|| format!("{stem}-{}", expose.kind.word()));
    let authentication = expose.authentication.as_ref().map(|written| authentication(&pointer, written, spans));
    if expose.kind == AdapterKind::Rest {
        return Expose::Rest(ExposeRest {
            namespace,
            port,
            address,
            description,
            authentication,
            unknown_query: expose.unknown_query,
            unknown_members: expose.unknown_members,
            page: expose.page.then_some(true),
            ..ExposeRest::default()
        });
    }
    let resources = expose.resources.iter().enumerate();
    let resources = resources.map(|(at, located)| resource(&format!("{pointer}/resources/{at}"), located, spans));
    let resources = resources.collect();
    let prompts = expose.prompts.iter().enumerate();
    let prompts = prompts.map(|(at, located)| prompt(&format!("{pointer}/prompts/{at}"), located, spans));
    let prompts = prompts.collect();
    Expose::Mcp(ExposeMcp {
        namespace,
        port,
        address,
        transport: Some("http".to_owned()),
        description,
        authentication,
        unknown_members: expose.unknown_members,
        structured_content: expose.structured_content,
        tool_list: expose.tool_list,
        confirm: expose.confirm,
        approval: expose.approval,
        sessions: expose.sessions.then_some(true),
        resources,
        prompts,
        ..ExposeMcp::default()
    })
}

/// Adds the keys of the specification that turn off the endpoints in `without` of a control port.
fn turn_off(keys: &mut Map<String, Value>, without: &[Ident]) {
    let mut management = Map::new();
    for endpoint in without {
        match endpoint.to_string().as_str() {
            "status" => management.insert("info".to_owned(), false.into()),
            "metrics" => {
                let off = json!({ "metrics": { "local": { "enabled": false } } });
                keys.insert("observability".to_owned(), off)
            }
            same => management.insert(same.to_owned(), false.into()),
        };
    }
    if !management.is_empty() {
        keys.insert("management".to_owned(), management.into());
    }
}

/// Returns a folder of MCP resources.
fn resource(pointer: &str, located: &LocatedResource, spans: &mut SourceSpans) -> McpResource {
    spans.add_setting(pointer, located.span);
    let scopes = scopes(pointer, &located.scopes, spans);
    McpResource {
        name: value(format!("{pointer}/name"), &located.name, spans),
        label: optional(format!("{pointer}/label"), located.label.as_ref(), spans),
        uri: value(format!("{pointer}/uri"), &located.uri, spans),
        description: optional(format!("{pointer}/description"), located.description.as_ref(), spans),
        mime_type: optional(format!("{pointer}/mimeType"), located.mime_type.as_ref(), spans),
        location: Some(value(format!("{pointer}/location"), &located.location, spans)),
        scopes,
        ..McpResource::default()
    }
}

/// Returns an MCP prompt whose text is in a file.
fn prompt(pointer: &str, located: &LocatedPrompt, spans: &mut SourceSpans) -> McpPrompt {
    spans.add_setting(pointer, located.span);
    let arguments = located.arguments.iter().enumerate();
    let arguments = arguments.map(|(at, own)| argument(&format!("{pointer}/arguments/{at}"), own, spans)).collect();
    McpPrompt {
        name: value(format!("{pointer}/name"), &located.name, spans),
        label: optional(format!("{pointer}/label"), located.label.as_ref(), spans),
        description: optional(format!("{pointer}/description"), located.description.as_ref(), spans),
        arguments,
        location: Some(value(format!("{pointer}/location"), &located.location, spans)),
        scopes: scopes(pointer, &located.scopes, spans),
        ..McpPrompt::default()
    }
}

/// Returns an argument of an MCP prompt.
fn argument(pointer: &str, located: &LocatedArgument, spans: &mut SourceSpans) -> PromptArgument {
    spans.add_setting(pointer, located.span);
    PromptArgument {
        name: value(format!("{pointer}/name"), &located.name, spans),
        label: optional(format!("{pointer}/label"), located.label.as_ref(), spans),
        description: optional(format!("{pointer}/description"), located.description.as_ref(), spans),
        required: located.required,
    }
}

/// Returns the scopes of a resource or a prompt.
fn scopes(pointer: &str, written: &[TextLiteral], spans: &mut SourceSpans) -> Vec<String> {
    let scopes = written.iter().enumerate().map(|(at, scope)| {
        // Findings about scopes point to the list, so it gets the span of the first scope.
        let list = format!("{pointer}/scopes");
        value(if at == 0 { list } else { format!("{list}/{at}") }, scope, spans)
    });
    scopes.collect()
}

/// Returns the skill adapter; `None` without skills. The MCP adapters serve its skills, so it has no port. `at` is its index among the
/// adapters, and `stem` the beginning of its namespace.
fn skills(at: usize, settings: &CapabilitySettings, stem: &str, spans: &mut SourceSpans) -> Option<Expose> {
    spans.add_setting(format!("/capability/exposes/{at}"), settings.skills.as_ref()?.span);
    let skill = |skill: &Skill| {
        let mut fields = Map::new();
        fields.insert("name".to_owned(), skill.name.clone().into());
        fields.insert("description".to_owned(), skill.description().cloned().unwrap_or_default());
        fields.insert("location".to_owned(), skill.location.clone().into());
        Value::Object(fields)
    };
    let skills: Vec<Value> = settings.skill_folders.iter().map(skill).collect();
    if skills.is_empty() {
        return None;
    }
    let other_keys = Map::from_iter([("skills".to_owned(), skills.into())]);
    Some(Expose::Skill(ExposeOther { namespace: Some(format!("{stem}-skills")), other_keys, ..ExposeOther::default() }))
}

//! Lowers `#[capability(…)]` to the head of a document.

use super::Spots;
use crate::errors::Spot;
use crate::keys::TextLiteral;
use crate::skills::Skill;
use crate::syntax::Trait;
use crate::syntax::authentication;
use crate::syntax::settings::{self, CapabilitySettings};
use naftiko_spec::model::{
    Authentication, Bind, CallerHeader, Capability, Consume, Document, Expose, ExposeMcp, ExposeOther, ExposeRest,
    Info, InputParameter, Tls, VERSION,
};
use naftiko_spec::names;
use naftiko_spec::pointer::escape;
use serde_json::{Map, Value};
use syn::ext::IdentExt;

/// Lowers the settings, and the trait's name and description.
pub(super) fn lower(settings: &CapabilitySettings, item: &Trait, spots: &mut Spots) -> Document {
    let name = item.ident.unraw().to_string();
    let mut info = Info { label: names::label(&name), ..Info::default() };
    let mut said = |pointer: &str, text: &Option<TextLiteral>| {
        let text = text.as_ref()?;
        spots.head(pointer, text.spot);
        Some(text.value.clone())
    };
    if let Some(label) = said("/info/label", &settings.label) {
        info.label = label;
    }
    let description = said("/info/description", &settings.description);
    info.description = description.or_else(|| said("/info/description", &item.description)).unwrap_or_default();
    info.created = said("/info/created", &settings.created);
    info.modified = said("/info/modified", &settings.modified);
    info.version = said("/info/version", &settings.version);
    for (at, tag) in settings.tags.iter().enumerate() {
        spots.head(format!("/info/tags/{at}"), tag.spot);
        info.tags.push(tag.value.clone());
    }
    let binds = settings.binds.iter().enumerate().map(|(at, bind)| self::bind(at, bind, spots)).collect();
    let consumes: Vec<Consume> =
        settings.consumes.iter().enumerate().map(|(at, consume)| self::consume(at, consume, spots)).collect();
    // If there is only one API, adapters are named after it.
    let stem = match consumes.as_slice() {
        [one] => one.namespace.clone(),
        _ => names::kebab(&name),
    };
    let exposes = settings.exposes.iter().enumerate().map(|(at, expose)| self::expose(at, expose, &stem, spots));
    let mut exposes: Vec<Expose> = exposes.collect();
    exposes.extend(skills(exposes.len(), settings, &stem, spots));
    let capability = Capability { consumes, exposes, ..Capability::default() };
    Document { naftiko: VERSION.to_owned(), info, binds, capability, ..Document::default() }
}

fn value(pointer: String, text: &TextLiteral, spots: &mut Spots) -> String {
    spots.head(pointer, text.spot);
    text.value.clone()
}

fn optional(pointer: String, text: Option<&TextLiteral>, spots: &mut Spots) -> Option<String> {
    text.map(|text| value(pointer, text, spots))
}

fn bind(at: usize, bind: &settings::Bind, spots: &mut Spots) -> Bind {
    let pointer = format!("/binds/{at}");
    let namespace: Spot = bind.namespace.span().into();
    spots.head(pointer.clone(), namespace);
    spots.head(format!("{pointer}/namespace"), namespace);
    let keys = bind.keys.iter().map(|(key, source)| {
        let key_name = key.unraw().to_string();
        spots.head(format!("{pointer}/keys/{}", escape(&key_name)), key.span().into());
        (key_name, source.value.clone())
    });
    let keys = keys.collect();
    Bind {
        namespace: bind.namespace.unraw().to_string(),
        description: optional(format!("{pointer}/description"), bind.description.as_ref(), spots),
        location: optional(format!("{pointer}/location"), bind.location.as_ref(), spots),
        keys,
    }
}

fn consume(at: usize, consume: &settings::Consume, spots: &mut Spots) -> Consume {
    let pointer = format!("/capability/consumes/{at}");
    spots.head(pointer.clone(), consume.spot);
    let input_parameters = consume.constants.iter().enumerate().map(|(at, constant)| InputParameter {
        name: value(format!("{pointer}/inputParameters/{at}/name"), &constant.name, spots),
        place: Some(constant.place),
        value: Some(value(format!("{pointer}/inputParameters/{at}/value"), &constant.value, spots)),
        ..InputParameter::default()
    });
    let input_parameters = input_parameters.collect();
    let caller_headers = consume.caller_headers.iter().enumerate().map(|(at, header)| CallerHeader {
        name: value(format!("{pointer}/callerHeaders/{at}"), &header.name, spots),
        required: header.required,
    });
    let caller_headers = caller_headers.collect();
    for (word, spot) in &consume.resilience.spots {
        spots.head(format!("{pointer}/resilience/{word}"), *spot);
    }
    if let Some((_, spot)) = consume.cache {
        spots.head(format!("{pointer}/cache"), spot);
    }
    Consume {
        kind: "http".to_owned(),
        namespace: optional(format!("{pointer}/namespace"), consume.namespace.as_ref(), spots).unwrap_or_default(),
        base_uri: optional(format!("{pointer}/baseUri"), consume.base_uri.as_ref(), spots).unwrap_or_default(),
        description: optional(format!("{pointer}/description"), consume.description.as_ref(), spots),
        input_parameters,
        caller_headers,
        authentication: consume.authentication.as_ref().map(|written| authentication(&pointer, written, spots)),
        tls: tls(&format!("{pointer}/tls"), &consume.tls, spots),
        redirects: consume.redirects,
        resilience: consume.resilience.resilience.clone(),
        cache: consume.cache.map(|(cache, _)| cache),
        ..Consume::default()
    }
}

fn authentication(api: &str, written: &authentication::AuthenticationSettings, spots: &mut Spots) -> Authentication {
    let pointer = format!("{api}/authentication");
    spots.head(pointer.clone(), written.spot);
    let mut all: Vec<(&str, Value)> = Vec::new();
    for (key, text) in &written.texts {
        all.push((key, value(format!("{pointer}/{key}"), text, spots).into()));
    }
    let scopes = written.scopes.iter().enumerate();
    let scopes = scopes.map(|(at, scope)| value(format!("{pointer}/scopes/{at}"), scope, spots).into());
    let scopes: Vec<Value> = scopes.collect();
    if !scopes.is_empty() {
        all.push(("scopes", scopes.into()));
    }
    Authentication::of(written.scheme, all)
}

fn tls(pointer: &str, texts: &[(&'static str, TextLiteral)], spots: &mut Spots) -> Tls {
    let mut text = |own: &str| {
        let text = texts.iter().find(|(key, _)| *key == own).map(|(_, text)| text);
        optional(format!("{pointer}/{own}"), text, spots)
    };
    Tls { ca: text("ca"), certificate: text("certificate"), key: text("key") }
}

fn expose(at: usize, expose: &settings::AdapterSettings, stem: &str, spots: &mut Spots) -> Expose {
    let pointer = format!("/capability/exposes/{at}");
    spots.head(pointer.clone(), expose.spot);
    let port = expose.port.map(|(port, spot)| {
        spots.head(format!("{pointer}/port"), spot);
        port
    });
    let address = optional(format!("{pointer}/address"), expose.address.as_ref(), spots);
    let description = optional(format!("{pointer}/description"), expose.description.as_ref(), spots);
    let namespace = optional(format!("{pointer}/namespace"), expose.namespace.as_ref(), spots);
    let namespace = namespace.unwrap_or_else(|| format!("{stem}-{}", if expose.rest { "rest" } else { "mcp" }));
    let authentication = expose.authentication.as_ref().map(|written| authentication(&pointer, written, spots));
    let settings::AdapterSettings { unknown_query, unknown_members, page, sessions, .. } = *expose;
    let settings::AdapterSettings { structured_content, tool_list, confirm, approval, .. } = *expose;
    if expose.rest {
        let rest = ExposeRest { namespace, port, address, description, authentication, ..ExposeRest::default() };
        Expose::Rest(ExposeRest { unknown_query, unknown_members, page: page.then_some(true), ..rest })
    } else {
        let transport = Some("http".to_owned());
        let mcp =
            ExposeMcp { namespace, port, address, transport, description, authentication, ..ExposeMcp::default() };
        let mcp = ExposeMcp { unknown_members, structured_content, tool_list, confirm, approval, ..mcp };
        Expose::Mcp(ExposeMcp { sessions: sessions.then_some(true), ..mcp })
    }
}

/// Returns the skill adapter. The MCP adapters serve its skills, so it has no port.
fn skills(at: usize, settings: &CapabilitySettings, stem: &str, spots: &mut Spots) -> Option<Expose> {
    spots.head(format!("/capability/exposes/{at}"), settings.skills.as_ref()?.spot);
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
    let rest = Map::from_iter([("skills".to_owned(), skills.into())]);
    Some(Expose::Skill(ExposeOther { namespace: Some(format!("{stem}-skills")), rest, ..ExposeOther::default() }))
}

//! The arguments of `#[capability(…)]`.

use super::allow::allow;
use super::authentication::{self, AuthenticationSettings, Side};
use super::caller_headers::{self, CallerHeader};
use super::constants::{self, Constant};
use super::located::{self, LocatedPrompt, LocatedResource};
use super::uses::{self, UsedCapability};
use super::{cache, control, resilience, tls};
use crate::attribute::{self, Element};
use crate::errors::{Errors, SourceSpan};
use crate::keys::{self, Key, Keys, TextLiteral, did_you_mean};
use crate::skills::Skill;
use naftiko_spec::model::{Approval, Confirm, StructuredContent, ToolList, Unknown};
use naftiko_spec::names::Case;
use naftiko_spec::rules::Rule;
use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;

/// The arguments of `#[capability(…)]`.
#[derive(Default)]
pub(crate) struct CapabilitySettings {
    /// The file that describes the capability; most of the keys below are then refused.
    pub(crate) document: Option<DocumentKey>,
    pub(crate) label: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    pub(crate) tags: Vec<TextLiteral>,
    pub(crate) created: Option<TextLiteral>,
    pub(crate) modified: Option<TextLiteral>,
    pub(crate) version: Option<TextLiteral>,
    pub(crate) binds: Vec<Bind>,
    pub(crate) consumes: Vec<Consume>,
    pub(crate) exposes: Vec<AdapterSettings>,
    /// Whether it is built on other capabilities: whether there is a `uses`.
    pub(crate) composed: bool,
    /// The capabilities that it is built on.
    pub(crate) uses: Vec<UsedCapability>,
    /// The folder of skills.
    pub(crate) skills: Option<TextLiteral>,
    /// The skills in it, which are read after the arguments.
    pub(crate) skill_folders: Vec<Skill>,
    pub(crate) rename_all: Option<Case>,
    pub(crate) allow: Vec<&'static Rule>,
    /// The path of the `naftiko` crate, if it is not `::naftiko`.
    pub(crate) krate: Option<TokenStream>,
    /// The sections with a mistake. Errors that follow from such a mistake are not reported.
    pub(crate) broken: Vec<&'static str>,
}

/// `document = "…"`, or `document(path = "…", strict)`
pub(crate) struct DocumentKey {
    pub(crate) path: TextLiteral,
    /// Whether repairs are errors.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "no file is read"))]
    pub(crate) strict: bool,
}

/// `env(KEY, NAME = "SOURCE")`
pub(crate) struct Bind {
    pub(crate) namespace: Ident,
    pub(crate) location: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    /// The name of each variable in the document, and its name at the source.
    pub(crate) keys: Vec<(Ident, TextLiteral)>,
}

/// `consumes(…)`
pub(crate) struct Consume {
    pub(crate) span: SourceSpan,
    pub(crate) namespace: Option<TextLiteral>,
    pub(crate) base_uri: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    pub(crate) authentication: Option<AuthenticationSettings>,
    /// The strings of `tls(…)`, with their keys.
    pub(crate) tls: Vec<(&'static str, TextLiteral)>,
    pub(crate) redirects: Option<u16>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) caller_headers: Vec<CallerHeader>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) resilience: resilience::ResilienceSettings,
    pub(crate) cache: cache::CacheSetting,
}

/// The kind of an adapter in `exposes(…)`.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum AdapterKind {
    Rest,
    Mcp,
    Control,
}

impl AdapterKind {
    const ALL: [Self; 3] = [Self::Rest, Self::Mcp, Self::Control];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Mcp => "mcp",
            Self::Control => "control",
        }
    }

    const fn keys(self) -> &'static [Key] {
        match self {
            Self::Rest => REST,
            Self::Mcp => MCP,
            Self::Control => control::KEYS,
        }
    }
}

/// `rest(…)`, `mcp(…)` or `control(…)` in `exposes(…)`
pub(crate) struct AdapterSettings {
    pub(crate) kind: AdapterKind,
    pub(crate) span: SourceSpan,
    pub(crate) namespace: Option<TextLiteral>,
    pub(crate) port: Option<(u16, SourceSpan)>,
    pub(crate) address: Option<TextLiteral>,
    pub(crate) prefix: Option<TextLiteral>,
    pub(crate) description: Option<TextLiteral>,
    pub(crate) sessions: bool,
    pub(crate) structured_content: Option<StructuredContent>,
    pub(crate) tool_list: Option<ToolList>,
    pub(crate) confirm: Option<Confirm>,
    pub(crate) approval: Option<Approval>,
    pub(crate) unknown_query: Option<Unknown>,
    pub(crate) unknown_members: Option<Unknown>,
    pub(crate) page: bool,
    /// The folders whose files are MCP resources.
    pub(crate) resources: Vec<LocatedResource>,
    /// The MCP prompts whose text is in a file.
    pub(crate) prompts: Vec<LocatedPrompt>,
    pub(crate) authentication: Option<AuthenticationSettings>,
    /// The endpoints that a control port does not serve.
    pub(crate) without: Vec<Ident>,
}

const CAPABILITY: &[Key] = &[
    Key("document", r#"document = "capability.naftiko.yaml""#),
    Key("label", r#"label = "…""#),
    Key("description", r#"description = "…""#),
    Key("tags", r#"tags = ["…"]"#),
    Key("created", r#"created = "2026-05-19""#),
    Key("modified", r#"modified = "2026-05-19""#),
    Key("version", r#"version = "1.2.0""#),
    Key("binds", "binds(env(NAME))"),
    Key("consumes", r#"consumes(namespace = "…", base_uri = "https://…")"#),
    Key("uses", "uses(github: GitHub)"),
    Key("exposes", "exposes(rest(port = 8080), mcp(port = 9090))"),
    Key("skills", r#"skills = "skills/""#),
    Key("rename_all", r#"rename_all = "camelCase""#),
    Key("allow", r#"allow(rule, reason = "…")"#),
    Key("crate", "crate = path::to::naftiko"),
];

const DOCUMENT: &[Key] = &[Key("path", r#"path = "capability.naftiko.yaml""#), Key("strict", "strict")];

/// The keys that cannot be combined with `document`, because the file has them.
const KEYS_OF_THE_DOCUMENT: [&str; 10] =
    ["label", "description", "tags", "created", "modified", "version", "binds", "consumes", "exposes", "skills"];

const CONSUMES: &[Key] = &[
    Key("namespace", r#"namespace = "…""#),
    Key("base_uri", r#"base_uri = "https://…""#),
    Key("description", r#"description = "…""#),
    Key("authentication", r#"authentication(bearer = "{{env.NAME}}")"#),
    Key("tls", r#"tls(ca = "{{env.NAME}}")"#),
    Key("redirects", "redirects = 3"),
    Key("query", r#"query("name" = "…")"#),
    Key("header", r#"header("X-Name" = "…")"#),
    Key("caller_header", caller_headers::FORM),
    Key("timeout", r#"timeout = "5s""#),
    Key("resilience", "resilience(retry(3))"),
    Key("cache", cache::OF_APIS),
];

const EXPOSES: &[Key] =
    &[Key("rest", "rest(port = 8080)"), Key("mcp", "mcp(port = 9090)"), Key("control", "control(port = 9100)")];

const REST: &[Key] = &[
    Key("namespace", r#"namespace = "…""#),
    Key("port", "port = 8080"),
    Key("address", r#"address = "127.0.0.1""#),
    Key("prefix", r#"prefix = "/v1""#),
    Key("description", r#"description = "…""#),
    Key("authentication", authentication::OF_CALLERS),
    Key("unknown_query", r#"unknown_query = "refuse""#),
    Key("unknown_members", r#"unknown_members = "refuse""#),
    Key("page", "page"),
];

const MCP: &[Key] = &[
    Key("namespace", r#"namespace = "…""#),
    Key("port", "port = 9090"),
    Key("address", r#"address = "127.0.0.1""#),
    Key("description", r#"description = "…""#),
    Key("authentication", authentication::OF_CALLERS),
    Key("unknown_members", r#"unknown_members = "refuse""#),
    Key("sessions", "sessions"),
    Key("structured_content", r#"structured_content = "text""#),
    Key("tool_list", r#"tool_list = "search""#),
    Key("confirm", r#"confirm = "destructive""#),
    Key("approval", r#"approval = "client""#),
    Key("resources", located::RESOURCES),
    Key("prompts", located::PROMPTS),
];

/// Reads the arguments of `#[capability(…)]`.
pub(crate) fn parse(arguments: TokenStream, errors: &mut Errors) -> CapabilitySettings {
    let elements = attribute::parse(arguments, errors);
    let repeated = ["consumes", "exposes", "allow"];
    let mut keys = Keys::read("`#[capability]`", Span::call_site(), elements, CAPABILITY, &repeated, errors);
    keys.reject_positional(errors);
    let has_document = keys.has("document");
    let document = document(&mut keys, errors);
    let mut settings = CapabilitySettings {
        composed: keys.has("uses"),
        document,
        label: keys.text("label", errors),
        description: keys.text("description", errors),
        tags: keys.texts("tags", errors),
        created: keys.date("created", errors),
        modified: keys.date("modified", errors),
        version: keys.version("version", errors),
        skills: keys.text("skills", errors),
        krate: keys.tokens("crate", "a path without quotes", errors),
        ..CapabilitySettings::default()
    };
    if has_document && settings.document.is_none() {
        settings.broken.push("document");
    }
    settings.rename_all = keys.text("rename_all", errors).and_then(|name| case(&name, errors));
    while let Some((key, elements)) = keys.list("allow", errors) {
        settings.allow.extend(allow(&key, elements, errors));
    }
    for section in ["binds", "consumes", "uses", "exposes"] {
        // A missing section may be a misspelt one.
        let is_misspelt = keys.has_unknown && !keys.has(section);
        let before = errors.count();
        while let Some((key, elements)) = keys.list(section, errors) {
            match section {
                "binds" => settings.binds.extend(elements.into_iter().filter_map(|element| bind(element, errors))),
                "consumes" => settings.consumes.push(consume(&key, elements, errors)),
                "uses" => settings.uses.extend(uses::read(&key, elements, errors)),
                _ => exposes(&key, elements, &mut settings.exposes, errors),
            }
        }
        if is_misspelt || errors.count() > before {
            settings.broken.push(section);
        }
    }
    settings
}

/// Reads `document`, and refuses the keys that belong in the file.
fn document(keys: &mut Keys, errors: &mut Errors) -> Option<DocumentKey> {
    let key = keys.key("document")?;
    for name in KEYS_OF_THE_DOCUMENT {
        for value in keys.remove(name) {
            let help = "write it in the file instead";
            errors.add(value.span(), format!("`{name}` cannot be combined with `document`"), help);
        }
    }
    if !keys.is_list("document") {
        let path = keys.text("document", errors)?;
        return Some(DocumentKey { path, strict: false });
    }
    let (_, elements) = keys.list("document", errors)?;
    let mut keys = Keys::read("`document`", key.span(), elements, DOCUMENT, &[], errors);
    keys.reject_positional(errors);
    let strict = keys.word("strict", errors).is_some();
    Some(DocumentKey { path: keys.required_text("path", errors)?, strict })
}

/// Returns the case with this name, or reports the name.
fn case(name: &TextLiteral, errors: &mut Errors) -> Option<Case> {
    let case = Case::named(&name.value);
    if case.is_none() {
        let help = did_you_mean("the cases are", &name.value, Case::ALL.iter().map(|(name, _)| *name));
        errors.add(name.span, format!("unknown case `{}`", name.value), help);
    }
    case
}

fn bind(element: Element, errors: &mut Errors) -> Option<Bind> {
    let Element::List(namespace, elements) = element else {
        let message = format!("expected a namespace with its keys in `binds`, found {}", element.found());
        errors.add(element.span(), message, "write `binds(env(NAME))`");
        return None;
    };
    let mut bind = Bind { namespace, location: None, description: None, keys: Vec::new() };
    for element in elements {
        match element {
            Element::Word(key) => {
                let source = TextLiteral { value: key.unraw().to_string(), span: key.span().into() };
                bind.keys.push((key, source));
            }
            Element::Pair(key, value) => {
                let name = key.to_string();
                let form = format!("{name} = \"…\"");
                let Some(text) = keys::text(&value, &name, &form, errors) else { continue };
                let mut set = |field: &mut Option<TextLiteral>| match field {
                    Some(_) => errors.add(key.span(), format!("`{name}` is given twice"), "keep one of them"),
                    None => *field = Some(text.clone()),
                };
                match name.as_str() {
                    "location" => set(&mut bind.location),
                    "description" => set(&mut bind.description),
                    _ => bind.keys.push((key, text)),
                }
            }
            other => {
                let help = r#"write `env(NAME)`, or `env(NAME = "NAME_AT_THE_SOURCE")`"#;
                let message = format!("expected the name of a variable, found {}", other.found());
                errors.add(other.span(), message, help);
            }
        }
    }
    let mut seen: Vec<&Ident> = Vec::new();
    for (key, _) in &bind.keys {
        if seen.iter().any(|other| other.unraw() == key.unraw()) {
            errors.add(key.span(), format!("`{key}` is bound twice"), "keep one of them");
        }
        seen.push(key);
    }
    Some(bind)
}

fn consume(key: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Consume {
    let mut keys =
        Keys::read("`consumes`", key.span(), elements, CONSUMES, &["query", "header", "caller_header"], errors);
    keys.reject_positional(errors);
    let mut consume = Consume {
        span: key.span().into(),
        namespace: keys.required_text("namespace", errors),
        base_uri: keys.required_text("base_uri", errors),
        description: keys.text("description", errors),
        authentication: None,
        tls: tls::take(&mut keys, errors),
        redirects: keys.number("redirects", errors).map(|(number, _)| number),
        constants: constants::take(&mut keys, errors),
        caller_headers: caller_headers::take(&mut keys, errors),
        timeout_ms: keys.duration("timeout", errors),
        resilience: resilience::take(&mut keys, errors),
        cache: cache::take(&mut keys, true, errors),
    };
    if let Some((key, elements)) = keys.list("authentication", errors) {
        consume.authentication = authentication::read(&key, elements, Side::Api, errors);
    }
    consume
}

fn exposes(key: &Ident, elements: Vec<Element>, exposes: &mut Vec<AdapterSettings>, errors: &mut Errors) {
    // One at a time, to keep the order of the source.
    for element in elements {
        let mut keys = Keys::read("`exposes`", key.span(), vec![element], EXPOSES, &["rest", "mcp", "control"], errors);
        keys.reject_positional(errors);
        for kind in AdapterKind::ALL {
            let word = kind.word();
            // A bare `rest` has all the defaults.
            let adapter = if keys.bare(word) {
                keys.word(word, errors).map(|key| (key, Vec::new()))
            } else {
                keys.list(word, errors)
            };
            let Some((key, elements)) = adapter else { continue };
            let mut keys = Keys::read(format!("`{word}`"), key.span(), elements, kind.keys(), &[], errors);
            keys.reject_positional(errors);
            let prefix = keys.text("prefix", errors).filter(|prefix| is_prefix(prefix, errors));
            let authentication = keys
                .list("authentication", errors)
                .and_then(|(key, elements)| authentication::read(&key, elements, Side::Callers, errors));
            exposes.push(AdapterSettings {
                kind,
                authentication,
                span: key.span().into(),
                namespace: keys.text("namespace", errors),
                port: keys.number("port", errors),
                address: keys.text("address", errors),
                prefix,
                description: keys.text("description", errors),
                sessions: keys.word("sessions", errors).is_some(),
                structured_content: keys.one_of("structured_content", &StructuredContent::WORDS, errors),
                tool_list: keys.one_of("tool_list", &ToolList::WORDS, errors),
                confirm: keys.one_of("confirm", &Confirm::WORDS, errors),
                approval: keys.one_of("approval", &Approval::WORDS, errors),
                unknown_query: unknown("unknown_query", &mut keys, errors),
                unknown_members: unknown("unknown_members", &mut keys, errors),
                page: keys.word("page", errors).is_some(),
                resources: located::resources(&mut keys, errors),
                prompts: located::prompts(&mut keys, errors),
                without: control::without(&mut keys, errors),
            });
        }
    }
}

/// Reads `unknown_query` or `unknown_members`.
fn unknown(key: &str, keys: &mut Keys, errors: &mut Errors) -> Option<Unknown> {
    let text = keys.text(key, errors)?;
    match text.value.as_str() {
        "refuse" => Some(Unknown::Refuse),
        "ignore" => Some(Unknown::Ignore),
        other => {
            let help = format!("write `{key} = \"refuse\"`, or remove it");
            errors.add(text.span, format!("expected `refuse` or `ignore`, found `{other}`"), help);
            None
        }
    }
}

/// Reports an invalid prefix; returns whether it is valid.
fn is_prefix(prefix: &TextLiteral, errors: &mut Errors) -> bool {
    let text = prefix.value.as_str();
    let is_special = |c: &char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '{' | '}' | '*' | '\\');
    let fault = if !text.starts_with('/') {
        Some("does not begin with `/`".to_owned())
    } else if text.ends_with('/') {
        Some("ends with `/`".to_owned())
    } else if text.contains("//") {
        Some("contains `//`".to_owned())
    } else {
        text.chars().find(is_special).map(|c| match c {
            '{' | '}' => "contains a placeholder".to_owned(),
            c if c.is_whitespace() => "contains whitespace".to_owned(),
            c => format!("contains `{}`", c.escape_debug()),
        })
    };
    if let Some(fault) = &fault {
        let message = format!("the prefix `{}` {fault}", text.escape_debug());
        errors.add(prefix.span, message, r#"write `prefix = "/v1"`, or remove it"#);
    }
    fault.is_none()
}

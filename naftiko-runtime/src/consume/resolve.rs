//! Resolves the external values of a document: from the builder, the environment, files and secret stores. Missing and invalid
//! values are collected, so that one error lists all problems.

use super::carried::{Carried, MaskedValues};
use super::layers::ResolvedStrings;
use super::layers::authentication::Credentials;
use super::missing::MissingValues;
use super::network::{HOW_TO_ALLOW, HostKind};
use super::secrets::{SecretStore, UsedSecrets};
use super::settings::ClientSettings;
use super::tokens::TokenState;
use super::transport::Transport;
use super::{base_uri, encode, pool};
use crate::error::{Error, Result};
use naftiko_spec::host;
use naftiko_spec::model::{Bind, Consume, Document};
use naftiko_spec::rules::is_secret_name;
use naftiko_spec::template::{Part, Piece, Template, environment_name};
use secrecy::{ExposeSecret, SecretString};
use std::env;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// The placeholder that is shown in place of a secret.
pub(crate) const HIDDEN: &str = "***";

/// How much of a base URI an error shows, in characters. A base URI may have thousands of variables, each of which may be missing.
const MAX_SHOWN_URI: usize = 200;

/// The resolver of one client's external values.
pub(crate) struct Resolver<'a> {
    settings: &'a ClientSettings,
    pub(super) label: &'a str,
    apis: Vec<&'a Consume>,
    binds: Vec<&'a Bind>,
    store: &'a SecretStore,
    carried: &'a Carried,
    tokens: Vec<(String, TokenState)>,
    /// The values that have been read from the store for the API or the variable that is being prepared.
    pub(super) used: UsedSecrets,
    missing: MissingValues,
    /// The messages of other problems.
    wrong: Vec<String>,
    /// Credentials: masked wherever an upstream returns them.
    secrets: Vec<SecretString>,
    /// Other values of binds: masked in errors only, since an answer may contain them legitimately (an organization's
    /// name).
    hidden: Vec<SecretString>,
    /// Hashes of the strings that have been resolved for the current API.
    pub(super) texts: ResolvedStrings,
}

/// A string with its variables replaced by values.
pub(crate) struct FilledText {
    /// The text.
    pub(crate) text: SecretString,
    /// The values that were inserted.
    pub(crate) values: Vec<SecretString>,
    /// The names of the variables in the environment or in the source of their bind.
    pub(crate) names: Vec<String>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(
        settings: &'a ClientSettings,
        document: &'a Document,
        store: &'a SecretStore,
        carried: &'a Carried,
    ) -> Self {
        let (tokens, used, missing, wrong, secrets, hidden, texts) = Default::default();
        let (label, apis, binds) = (document.info.label.as_str(), document.all_consumes(), document.all_binds());
        let mut resolver =
            Self { settings, label, apis, binds, store, carried, tokens, used, missing, wrong, secrets, hidden, texts };
        resolver.check_names();
        resolver
    }

    /// Reports a problem. The message must not contain secrets.
    pub(crate) fn report(&mut self, message: impl Into<String>) {
        let message = message.into();
        if !self.wrong.contains(&message) {
            self.wrong.push(message);
        }
    }

    /// Returns the user's own source of credentials for an API, if there is one.
    pub(crate) fn authenticate(&self, namespace: &str) -> Option<Arc<dyn Credentials>> {
        let own = self.settings.authenticate.iter();
        let mut own = own.filter(|(api, _)| api.as_ref().is_none_or(|api| api == namespace));
        own.next_back().map(|(_, credentials)| credentials.clone())
    }

    /// Returns the connect timeout of an API with certificates; `None` in a dry run. Reports a user's HTTP client, which ignores `tls`.
    #[cfg_attr(not(feature = "reqwest"), allow(unused_variables, reason = "only the report names the API"))]
    pub(crate) fn connect_timeout(&mut self, namespace: &str) -> Option<Duration> {
        #[cfg(feature = "reqwest")]
        if self.settings.http.is_some() {
            self.report(format!(
                "`{namespace}` has `tls`, but `http_client` sets another HTTP client: add the certificates to that client"
            ));
            return None;
        }
        self.settings.setup.dry_run.is_none().then_some(self.settings.connect_timeout)
    }

    /// Returns whether requests are only recorded, so that variables need no values.
    pub(super) fn is_dry_run(&self) -> bool {
        self.settings.setup.dry_run.is_some()
    }

    /// Returns a transport of the shared pools; `None` in a dry run, with the user's HTTP client, or after an error, which is reported.
    pub(crate) fn pooled(&mut self, public_only: bool) -> Option<Arc<Transport>> {
        #[cfg(feature = "reqwest")]
        if self.settings.http.is_some() {
            return None;
        }
        if !public_only || self.is_dry_run() {
            return self.carried.transport.clone();
        }
        // Reused, because a pool belongs to a Tokio runtime, and calls with changed secrets are prepared in another one.
        let mut public = self.carried.public.lock().unwrap_or_else(PoisonError::into_inner);
        if public.is_none() {
            let transport = pool::transport(self.settings.connect_timeout, true);
            *public = transport.map_err(|error| self.report(error.to_string())).ok();
        }
        public.clone()
    }

    /// Returns `tokens`, the new token state of an API, with the tokens of an earlier generation. [`finish`](Self::finish) keeps
    /// the result for the next generation.
    pub(crate) fn carry_tokens(&mut self, namespace: &str, tokens: TokenState) -> TokenState {
        let tokens = self.carried.with_earlier_tokens(namespace, tokens);
        self.tokens.push((namespace.to_owned(), tokens.clone()));
        tokens
    }

    /// Returns whether hosts that the document names must have public addresses.
    pub(crate) fn public_only(&self) -> bool {
        self.settings.public_only
    }

    /// Reports a link-local address in the document. Returns whether the host of a URI must have a public address
    /// because it is a name that the document determines at least in part. A host that consists of variables that the
    /// operator sets is the operator's choice.
    pub(crate) fn check_document_host(&mut self, template: &str, uri: &str, purpose: &str) -> bool {
        let Some((_, rest)) = uri.split_once("://").filter(|_| self.settings.public_only) else { return false };
        if !self.names_host(template) {
            return false;
        }
        match HostKind::of(&host::of_authority(rest)) {
            HostKind::Name => true,
            HostKind::Visible => false,
            HostKind::LinkLocal => {
                self.report(format!("{purpose} is a link-local address; {HOW_TO_ALLOW}"));
                false
            }
        }
    }

    /// Returns whether a document determines the host of its URI: by literal text, or by a value from a file that it names.
    fn names_host(&self, template: &str) -> bool {
        let authority = template.split_once("://").map_or(template.trim_start_matches('/'), |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or_default();
        let Ok(template) = Template::base_uri(authority) else { return true };
        let is_of_document = |part: &Part| match part {
            Part::Literal(text) => text.split(':').next().is_some_and(|host| !host.is_empty()) || text.contains('['),
            Part::Variable { namespace, name } => {
                let declares = |bind: &&&Bind| {
                    namespace.as_ref().is_none_or(|namespace| bind.namespace == *namespace)
                        && bind.keys.contains_key(name)
                };
                let bind = self.binds.iter().find(declares);
                let is_set = |bind: &Bind| self.settings.binds.iter().any(|(given, _)| is_bind(bind, name, given));
                bind.is_some_and(|bind| bind.location.is_some() && !is_set(bind) && !self.store.has_source(bind))
            }
            Part::Placeholder { .. } => false,
        };
        template.parts().any(is_of_document)
    }

    /// Registers a credential.
    pub(crate) fn register_secret(&mut self, value: SecretString) {
        self.secrets.push(value);
    }

    /// Resolves a secret, and registers it.
    pub(crate) fn credential(&mut self, text: &str, purpose: &str) -> SecretString {
        let filled = self.text(text, purpose);
        let secret = filled.text.clone();
        self.register_credential(filled);
        secret
    }

    /// Registers the values of a credential's variables, or its whole text if it has no variables.
    pub(crate) fn register_credential(&mut self, filled: FilledText) {
        if filled.names.is_empty() {
            self.secrets.push(filled.text);
        }
        self.secrets.extend(filled.values);
    }

    /// Registers values that are hidden in errors.
    pub(crate) fn register_hidden(&mut self, values: Vec<SecretString>) {
        self.hidden.extend(values);
    }

    /// Returns the credentials and the values that are hidden in errors, and keeps the access tokens for the next generation.
    ///
    /// # Errors
    /// Returns an error if anything is missing or invalid.
    pub(crate) fn finish(mut self) -> Result<MaskedValues> {
        let mut lines = if self.is_dry_run() { Vec::new() } else { self.missing.lines(self.settings.help) };
        lines.splice(0..0, self.wrong.drain(..));
        if lines.is_empty() {
            self.carried.keep_tokens(self.tokens);
            return Ok((self.secrets, self.hidden));
        }
        let lines = lines.join("\n  ");
        Err(Error::configuration(format!("the client of `{}` cannot be set up:\n  {lines}", self.label)))
    }

    /// Checks that every name given to the builder exists in the document.
    fn check_names(&mut self) {
        let (settings, consumes, binds) = (self.settings, self.apis.clone(), self.binds.clone());
        let authenticated = settings.authenticate.iter().filter_map(|(namespace, _)| namespace.as_ref());
        for namespace in settings.base_uris.iter().map(|(namespace, _)| namespace).chain(authenticated) {
            let names: Vec<&str> = consumes.iter().map(|consume| consume.namespace.as_str()).collect();
            self.check_name("consumed API", namespace, &names);
        }
        let variables: Vec<String> = consumes
            .iter()
            .filter_map(|consume| Template::base_uri(&consume.base_uri).ok())
            .flat_map(|template| template.placeholders().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        for (name, _) in &settings.variables {
            let names: Vec<&str> = variables.iter().map(String::as_str).collect();
            self.check_name("variable of a base URI", name, &names);
        }
        for (name, _) in &settings.binds {
            if !binds.iter().any(|bind| bind.keys.keys().any(|key| is_bind(bind, key, name))) {
                let names: Vec<&str> = binds.iter().flat_map(|bind| bind.keys.keys().map(String::as_str)).collect();
                self.check_name("bind", name, &names);
            }
        }
        for (namespace, _) in &settings.secrets {
            let names: Vec<&str> = binds.iter().map(|bind| bind.namespace.as_str()).collect();
            self.check_name("bind", namespace, &names);
        }
        if settings.base_uri.is_some() && consumes.is_empty() {
            self.report("a base URI was given, but the document consumes no API");
        }
    }

    fn check_name(&mut self, what: &str, name: &str, names: &[&str]) {
        if !names.contains(&name) {
            self.report(crate::schema::unknown(what, name, names.iter().copied()).to_string());
        }
    }

    /// Returns whether binds declare every variable of a string.
    pub(crate) fn declares(&self, text: &str) -> bool {
        let known = |(namespace, name): (Option<&str>, &str)| {
            let fits = |bind: &&&Bind| namespace.is_none_or(|namespace| bind.namespace == namespace);
            self.binds.iter().filter(fits).any(|bind| bind.keys.contains_key(name))
        };
        Template::text(text).is_ok_and(|template| template.variables().all(known))
    }

    /// Replaces each `{{…}}` in a string with its value; `purpose` describes the text for messages.
    pub(crate) fn text(&mut self, template: &str, purpose: &str) -> FilledText {
        let mut filled = FilledText { text: SecretString::default(), values: Vec::new(), names: Vec::new() };
        let template = match Template::text(template) {
            Ok(template) => template,
            Err(error) => {
                self.report(format!("{purpose}: {error}"));
                return filled;
            }
        };
        let mut text = String::new();
        for part in template.parts() {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Variable { namespace, name } => {
                    if let Some((source, value)) = self.bind(namespace.as_deref(), name, purpose) {
                        text.push_str(value.as_ref().map_or(HIDDEN, ExposeSecret::expose_secret));
                        filled.names.push(source);
                        filled.values.extend(value);
                    }
                }
                // `Template::text` never returns placeholders.
                Part::Placeholder { .. } => {}
            }
        }
        self.texts.add(purpose, &text);
        filled.text = text.into();
        filled
    }

    /// Returns the base URI of a consumed API without a trailing slash, a version for display, and whether its host must
    /// have a public address. `key` is a credential in the base URI: the name of its placeholder, and its value.
    pub(crate) fn base_uri(
        &mut self,
        at: usize,
        consume: &Consume,
        key: Option<(&str, &SecretString)>,
    ) -> (String, String, bool) {
        let namespace = &consume.namespace;
        let find =
            |pairs: &[(String, String)]| pairs.iter().rfind(|(name, _)| name == namespace).map(|(_, uri)| uri.clone());
        let first = || self.settings.base_uri.clone().filter(|_| at == 0);
        let given = find(&self.settings.setup.upstreams).or_else(|| find(&self.settings.base_uris)).or_else(first);
        let of_document = given.is_none();
        let contains_binds = of_document && (key.is_some() || consume.base_uri.contains("{{"));
        let (uri, whole) = match given {
            Some(uri) => (uri, true),
            None => self.filled_base_uri(consume, key),
        };
        // A variable that is the whole base URI can contain just a host. A URI with a missing or an invalid value is not checked: the
        // value is already reported, or it is a dry run, which keeps a variable without a value as written.
        let uri = if whole && of_document { base_uri::with_scheme(uri) } else { uri };
        let checked = if whole { base_uri::normalized(&uri) } else { Ok(uri.trim_end_matches('/').to_owned()) };
        let base = checked.unwrap_or_else(|why| {
            self.report(format!("the base URI of `{namespace}` {why}"));
            String::new()
        });
        let shown = if contains_binds { consume.base_uri.clone() } else { base.clone() };
        let purpose = format!("the host of the base URI of `{namespace}`");
        let is_guarded = of_document && self.check_document_host(&consume.base_uri, &base, &purpose);
        (base, shown, is_guarded)
    }

    /// Returns the document's base URI with its variables replaced, and whether all of them have valid values.
    fn filled_base_uri(&mut self, consume: &Consume, key: Option<(&str, &SecretString)>) -> (String, bool) {
        let namespace = &consume.namespace;
        let template = match Template::base_uri(&consume.base_uri) {
            Ok(template) => template,
            Err(error) => {
                self.report(format!("the base URI of `{namespace}`: {error}"));
                return (String::new(), false);
            }
        };
        let (pieces, mut uri, mut whole) = (template.pieces(), String::new(), true);
        let shown: String = consume.base_uri.chars().take(MAX_SHOWN_URI).collect();
        for (index, piece) in pieces.iter().enumerate() {
            let purpose = || format!("part of the base URI of `{namespace}`, {shown}");
            let (name, value) = match &piece.part {
                Part::Literal(literal) => {
                    uri.push_str(literal);
                    continue;
                }
                Part::Variable { namespace, name } => {
                    let value = self.bind(namespace.as_deref(), name, &purpose()).and_then(|(_, value)| value);
                    self.hidden.extend(value.clone());
                    (name, value.map(|value| value.expose_secret().to_owned()))
                }
                Part::Placeholder { name } => {
                    if let Some((_, value)) = key.filter(|(key, _)| key == name) {
                        encode::push_value(&mut uri, value.expose_secret());
                        continue;
                    }
                    (name, self.variable(name, &purpose))
                }
            };
            let Some(value) = value else {
                uri.push_str(consume.base_uri.get(piece.span.clone()).unwrap_or_default());
                whole = false;
                continue;
            };
            // A variable at the start can contain a whole URI, which the method `base_uri` checks.
            if index == 0 && value.contains("://") {
                uri.push_str(value.trim_end_matches('/'));
                continue;
            }
            let ends = |next: &Piece| matches!(&next.part, Part::Literal(text) if text.starts_with('/'));
            let authority = uri.ends_with("://") && pieces.get(index + 1).is_none_or(ends);
            let in_path = uri.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
            let fits = if in_path {
                base_uri::fits_path(&value)
            } else {
                pieces.len() == 1 || base_uri::fits_host(&value, authority)
            };
            if !fits {
                let allowed = match (in_path, authority) {
                    (true, _) => "letters, digits, `-`, `.`, `_` and `~`",
                    (false, true) => "the characters of a host name, optionally with a port",
                    (false, false) => "the characters of a host name",
                };
                self.report(format!("`{name}` in the base URI of `{namespace}` can only contain {allowed}"));
                whole = false;
            }
            uri.push_str(&value);
        }
        (uri, whole)
    }

    /// Returns the value of a variable of a base URI.
    fn variable(&mut self, name: &str, purpose: &dyn Fn() -> String) -> Option<String> {
        if let Some((_, value)) = self.settings.variables.iter().rfind(|(given, _)| given == name) {
            return Some(value.clone());
        }
        let source = environment_name(name);
        // The name in capitals without added separators is accepted as well: `TENANTID` for `tenantId`.
        let plain: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
        let value = self.environment(&source).or_else(|| self.environment(&plain));
        let unreadable = [&source, &plain].into_iter().any(|name| self.wrong.contains(&not_utf8(name)));
        if value.is_none() && !unreadable {
            self.missing.add(source, purpose(), None);
        }
        value
    }

    /// Registers values that are sent as `parameter`, but not as a declared credential. They are secrets if a parameter
    /// of that name usually carries one; otherwise they are hidden in errors only. The variable's name does not matter.
    /// Returns whether they are secrets.
    pub(crate) fn register_parameter(&mut self, parameter: &str, values: Vec<SecretString>) -> bool {
        let secret = is_secret_name(parameter) || parameter.eq_ignore_ascii_case("key");
        let masked = if secret { &mut self.secrets } else { &mut self.hidden };
        masked.extend(values);
        secret
    }

    /// Returns the key of a variable (`{{…}}`) in the source of its bind, and its value if there is one; `None` if no
    /// bind declares the variable.
    pub(crate) fn bind(
        &mut self,
        namespace: Option<&str>,
        name: &str,
        purpose: &str,
    ) -> Option<(String, Option<SecretString>)> {
        let fits = |bind: &&Bind| namespace.is_none_or(|namespace| bind.namespace == namespace);
        let mut binds = self.binds.iter().copied().filter(fits);
        let declared = binds.find_map(|bind| Some((bind, bind.keys.get(name)?)));
        let Some((bind, source)) = declared else {
            self.report(format!("no bind declares `{name}`, which is used for {purpose}"));
            return None;
        };
        if let Some((_, value)) = self.settings.binds.iter().rfind(|(given, _)| is_bind(bind, name, given)) {
            return Some((source.clone(), Some(value.clone())));
        }
        let described = bind.description.as_ref().map_or_else(String::new, |text| format!(" ({text})"));
        if self.store.has(bind) {
            let dry_run = self.settings.setup.dry_run.as_ref();
            if dry_run.is_some_and(|run| !run.reads_files() || !self.store.is_local(bind)) {
                return Some((source.clone(), None));
            }
            let name = self.store.name(bind, source);
            let location = bind.location.as_deref().unwrap_or_default();
            let value = match (self.used.read(self.store, bind, source), dry_run) {
                (Ok(Some(value)), _) => Some(value),
                (missing, Some(run)) => {
                    let remedy = || self.store.remedy(bind, source);
                    let unset = || format!("{name} is not set; it is used for {purpose}{described}; {}", remedy());
                    run.record_unreadable(location, missing.err().unwrap_or_else(unset));
                    None
                }
                (Ok(None), None) => {
                    let remedy = self.store.remedy(bind, source);
                    self.missing.add(name, format!("{purpose}{described}"), Some(remedy));
                    None
                }
                (Err(why), None) => {
                    self.report(why);
                    None
                }
            };
            return Some((source.clone(), value));
        }
        let value = self.environment(source).map(SecretString::from);
        if value.is_none() && !self.wrong.contains(&not_utf8(source)) {
            self.missing.add(source.clone(), format!("{purpose}{described}"), None);
        }
        Some((source.clone(), value))
    }

    /// Reads an environment variable; an empty one counts as missing.
    fn environment(&mut self, name: &str) -> Option<String> {
        match env::var(name) {
            Ok(value) => Some(value).filter(|value| !value.is_empty()),
            Err(env::VarError::NotPresent) => None,
            Err(env::VarError::NotUnicode(_)) => {
                self.report(not_utf8(name));
                None
            }
        }
    }
}

/// Returns the message about a variable whose value is not UTF-8.
fn not_utf8(name: &str) -> String {
    format!("{name} is not UTF-8")
}

/// Returns whether a name given to the builder refers to this key of this bind.
fn is_bind(bind: &Bind, key: &str, name: &str) -> bool {
    name.strip_prefix(bind.namespace.as_str()).and_then(|name| name.strip_prefix('.')) == Some(key)
        || (name == key && bind.keys.contains_key(key))
}

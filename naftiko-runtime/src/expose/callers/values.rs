//! Resolves the variables in the credentials that callers have to send: when an adapter is created, and again when
//! the values change.

#[cfg(feature = "client")]
use crate::consume::secrets::SecretStore;
#[cfg(feature = "client")]
use crate::operation::BindValues;
use crate::operation::CallerValues;
use naftiko_spec::model::{Bind, Document};
use naftiko_spec::template::{Part, Template};
#[cfg(feature = "client")]
use std::sync::Arc;

/// A resolver for the variables of an `authentication`, which collects the problems.
pub(super) struct VariableResolver<'a> {
    /// The document that declares the variables; `None` if strings cannot contain variables.
    document: Option<&'a Document>,
    /// The values that the program sets.
    given: &'a CallerValues,
    /// The resolved strings, with their lengths.
    #[cfg(feature = "client")]
    texts: Vec<u8>,
    problems: Vec<String>,
    /// The values of files and other sources.
    #[cfg(feature = "client")]
    stored: Arc<dyn BindValues>,
    /// Whether a value has been read from `stored`: such values can change.
    #[cfg(feature = "client")]
    pub(super) can_change: bool,
}

impl<'a> VariableResolver<'a> {
    pub(super) fn new(document: Option<&'a Document>, given: &'a CallerValues) -> Self {
        #[cfg(feature = "client")]
        let own = || -> Arc<dyn BindValues> { Arc::new(Arc::new(SecretStore::new(None, false, Vec::new()))) };
        Self {
            document,
            given,
            #[cfg(feature = "client")]
            texts: Vec::new(),
            problems: Vec::new(),
            #[cfg(feature = "client")]
            stored: given.stored.clone().unwrap_or_else(own),
            #[cfg(feature = "client")]
            can_change: false,
        }
    }

    /// Returns whether the hosts that an authorization server's metadata names may have private addresses.
    #[cfg(feature = "oauth")]
    pub(super) fn allows_private(&self) -> bool {
        self.given.allows_private
    }

    /// Returns the strings that have been resolved, so that a later resolution can be compared with them.
    #[cfg(feature = "client")]
    pub(super) fn texts(&self) -> &[u8] {
        &self.texts
    }

    /// Returns the source from which the values are read again.
    #[cfg(feature = "client")]
    pub(super) fn stored(&self) -> Arc<dyn BindValues> {
        self.stored.clone()
    }

    /// Takes the messages about missing and invalid values; no message contains a value.
    pub(super) fn take_problems(&mut self) -> Vec<String> {
        std::mem::take(&mut self.problems)
    }

    /// Adds a problem, unless it is there already.
    pub(super) fn add_problem(&mut self, problem: impl Into<String>) {
        let problem = problem.into();
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Replaces the variables of a string with their values; `what` describes the string in messages. An empty result is a problem:
    /// everybody could send it.
    pub(super) fn resolve(&mut self, text: &str, what: &str) -> String {
        let before = self.problems.len();
        let Some(document) = self.document else {
            if text.is_empty() {
                self.add_problem(format!("{what} is empty"));
            }
            return text.to_owned();
        };
        let resolved = match Template::text(text) {
            Ok(template) => template
                .parts()
                .map(|part| match part {
                    Part::Literal(literal) => literal.clone(),
                    Part::Variable { namespace, name } => self.variable(document, namespace.as_deref(), name, what),
                    // `Template::text` never makes placeholders.
                    Part::Placeholder { .. } => String::new(),
                })
                .collect(),
            Err(error) => {
                self.add_problem(format!("{what}: {error}"));
                String::new()
            }
        };
        if resolved.is_empty() && self.problems.len() == before {
            self.add_problem(format!("{what} is empty"));
        }
        #[cfg(feature = "client")]
        {
            self.texts.extend(resolved.len().to_be_bytes());
            self.texts.extend(resolved.as_bytes());
        }
        resolved
    }

    /// Returns the value of a variable. Without a value, adds a problem and returns an empty string; `what` describes the string that
    /// contains the variable.
    fn variable(&mut self, document: &Document, namespace: Option<&str>, name: &str, what: &str) -> String {
        let binds = document.all_binds();
        let mut fitting = binds.iter().filter(|bind| namespace.is_none_or(|namespace| bind.namespace == namespace));
        let Some((bind, source)) = fitting.find_map(|bind| Some((bind, bind.keys.get(name)?))) else {
            self.add_problem(format!("no bind declares `{name}`, which is used for {what}"));
            return String::new();
        };
        let is_meant = |given: &str| given == name || given == format!("{}.{name}", bind.namespace);
        if let Some((_, value)) = self.given.binds.iter().rfind(|(given, _)| is_meant(given)) {
            return value.clone();
        }
        match self.look_up(bind, source) {
            Ok(Some(value)) => return value,
            Ok(None) => {
                let name = self.name(bind, source);
                self.add_problem(format!("{name} is not set; it is used for {what}"));
            }
            Err(why) => self.add_problem(why),
        }
        String::new()
    }

    /// Returns the name of a value for messages.
    #[cfg_attr(
        not(feature = "client"),
        allow(clippy::unused_self, reason = "only the feature `client` reads values from files and secret stores")
    )]
    fn name(&self, bind: &Bind, source: &str) -> String {
        #[cfg(feature = "client")]
        return self.stored.name(bind, source);
        #[cfg(not(feature = "client"))]
        {
            let _ = bind;
            source.to_owned()
        }
    }

    /// Returns a value of the environment, or of the bind's location; `None` if it is missing or empty.
    #[cfg_attr(not(feature = "client"), allow(clippy::unused_self, reason = "only the client reads locations"))]
    fn look_up(&mut self, bind: &Bind, source: &str) -> Result<Option<String>, String> {
        #[cfg(feature = "client")]
        if let Some(value) = self.stored.value(bind, source) {
            self.can_change = true;
            return value;
        }
        #[cfg(not(feature = "client"))]
        if let Some(location) = &bind.location {
            return Err(format!(
                "`{source}` of {location} cannot be read: this program was built without the feature `client`"
            ));
        }
        match std::env::var(source) {
            Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(format!("{source} is not UTF-8")),
        }
    }
}

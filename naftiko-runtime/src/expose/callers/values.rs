//! The credentials that callers have to send. Their variables are resolved once, when an adapter is created.

#[cfg(feature = "client")]
use crate::consume::locations::Locations;
use crate::operation::CallerValues;
use naftiko_spec::model::{Bind, Document};
use naftiko_spec::template::{Part, Template};

/// A resolver for the variables of an `authentication`, which collects the problems.
pub(super) struct Values<'a> {
    /// The document that declares the variables; `None` if texts cannot contain variables.
    document: Option<&'a Document>,
    given: &'a CallerValues,
    problems: Vec<String>,
    #[cfg(feature = "client")]
    locations: Locations,
}

impl<'a> Values<'a> {
    pub(super) fn new(document: Option<&'a Document>, given: &'a CallerValues) -> Self {
        #[cfg(feature = "client")]
        let locations = Locations::below(given.folder.as_deref(), given.confined);
        Self {
            document,
            given,
            problems: Vec::new(),
            #[cfg(feature = "client")]
            locations,
        }
    }

    /// Returns a message for each missing or invalid value; no message contains a value.
    pub(super) fn into_problems(self) -> Vec<String> {
        self.problems
    }

    /// Reports a problem.
    pub(super) fn wrong(&mut self, problem: impl Into<String>) {
        let problem = problem.into();
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Returns a text with the values of its variables; `what` describes the text in messages. An empty text is a
    /// problem, since everybody could send it.
    pub(super) fn text(&mut self, text: &str, what: &str) -> String {
        let before = self.problems.len();
        let Some(document) = self.document else {
            if text.is_empty() {
                self.wrong(format!("{what} is empty"));
            }
            return text.to_owned();
        };
        let resolved = match Template::text(text) {
            Ok(template) => template
                .parts()
                .map(|part| match part {
                    Part::Literal(literal) => literal.clone(),
                    Part::Variable { namespace, name } => self.variable(document, namespace.as_deref(), name, what),
                    // Such texts contain no placeholders.
                    Part::Placeholder { .. } => String::new(),
                })
                .collect(),
            Err(error) => {
                self.wrong(format!("{what}: {error}"));
                String::new()
            }
        };
        if resolved.is_empty() && self.problems.len() == before {
            self.wrong(format!("{what} is empty"));
        }
        resolved
    }

    fn variable(&mut self, document: &Document, namespace: Option<&str>, name: &str, what: &str) -> String {
        let binds = document.all_binds();
        let mut fitting = binds.iter().filter(|bind| namespace.is_none_or(|namespace| bind.namespace == namespace));
        let Some((bind, source)) = fitting.find_map(|bind| Some((bind, bind.keys.get(name)?))) else {
            self.wrong(format!("no bind declares `{name}`: {what}"));
            return String::new();
        };
        let is_meant = |given: &str| given == name || given == format!("{}.{name}", bind.namespace);
        if let Some((_, value)) = self.given.binds.iter().rfind(|(given, _)| is_meant(given)) {
            return value.clone();
        }
        match self.found(bind, source) {
            Ok(Some(value)) => return value,
            Ok(None) => {
                let of = bind.location.as_ref().map(|location| format!(" of {location}")).unwrap_or_default();
                self.wrong(format!("{source}{of} is not set: {what}"));
            }
            Err(why) => self.wrong(why),
        }
        String::new()
    }

    /// Returns a value of the environment, or of the bind's location; `None` if it is missing or empty.
    fn found(&mut self, bind: &Bind, source: &str) -> Result<Option<String>, String> {
        #[cfg(feature = "client")]
        if let Some(location) = &bind.location {
            let value = self.locations.value(location, source)?;
            return Ok(value.map(|value| secrecy::ExposeSecret::expose_secret(&value).to_owned()));
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

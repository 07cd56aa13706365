//! Parses `uses(…)`: the capabilities that a capability is built on.

use crate::attribute::{Element, found};
use crate::errors::{Errors, SourceSpan};
use naftiko_spec::names::Case;
use proc_macro2::{Ident, TokenStream};
use quote::format_ident;
use syn::Path;
use syn::ext::IdentExt;
use syn::parse::Parser;

/// The form of an element, for help texts.
const FORM: &str = "write `uses(github: GitHub)`: a name, and the trait of a capability";

/// The names of functions that the generated client has.
const RESERVED: [&str; 6] = ["new", "client", "builder", "from_env", "into_capability", "clone"];

/// `github: GitHub`
pub(crate) struct UsedCapability {
    /// The name by which bodies reach it: `self.github()`.
    pub(crate) ident: Ident,
    /// The path of its trait.
    pub(crate) path: Path,
}

impl UsedCapability {
    /// Returns its name, without `r#`.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Returns the path of the trait's client: `apis::GitHubClient` for `apis::GitHub`.
    pub(crate) fn client(&self) -> Path {
        let mut client = self.path.clone();
        if let Some(last) = client.segments.last_mut() {
            last.ident = format_ident!("{}Client", last.ident.unraw(), span = last.ident.span());
        }
        client
    }
}

/// Reads the elements of `uses(…)`.
pub(super) fn read(key: &Ident, elements: Vec<Element>, errors: &mut Errors) -> Vec<UsedCapability> {
    if elements.is_empty() {
        errors.add(key.span(), "`uses` names no capability", format!("{FORM}; or remove it"));
    }
    let mut all: Vec<UsedCapability> = Vec::new();
    for element in elements {
        let Some(used) = one(element, errors) else { continue };
        let name = used.name();
        if all.iter().any(|known| known.name() == name) {
            errors.add(used.ident.span(), format!("`{name}` is given twice"), "give one of them another name");
        } else if RESERVED.contains(&name.as_str()) {
            let help = "choose another name; the generated client has a function with this name";
            errors.add(used.ident.span(), format!("the name `{name}` is reserved"), help);
        } else {
            all.push(used);
        }
    }
    all
}

/// Reads one element of `uses(…)`, or reports it.
fn one(element: Element, errors: &mut Errors) -> Option<UsedCapability> {
    let Element::Typed(ident, typed) = element else {
        let help = match &element {
            Element::Word(name) if name != "_" => help_for_name(name),
            _ => FORM.to_owned(),
        };
        let message = format!("expected a name and a trait in `uses`, found {}", element.found());
        errors.add(element.span(), message, help);
        return None;
    };
    let path = path(&typed);
    if path.is_none() {
        let message = format!("expected the trait of a capability, found {}", found(typed.clone()));
        errors.add(SourceSpan::of(&typed), message, FORM);
    }
    Some(UsedCapability { ident, path: path? })
}

/// Returns the help for a trait without a name.
fn help_for_name(word: &Ident) -> String {
    let word = word.unraw().to_string();
    format!("write `{}: {word}`", Case::Snake.apply(&word))
}

/// Returns the path of a trait: names without arguments.
fn path(tokens: &TokenStream) -> Option<Path> {
    Path::parse_mod_style.parse2(tokens.clone()).ok()
}

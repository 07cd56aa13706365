//! Parses one argument of a method: its name, where it is sent, and what attributes say about it.

use super::argument_format::{self, ArgumentFormat};
use super::argument_type::{ArgumentType, Form, form};
use super::condition::{self, Cfg};
use super::helper_names::{ARGUMENT_HELPERS, METHOD_HELPERS, helper_name};
use super::types::{argument_of, plain};
use super::{bounds, docs, example, misspelt, refinement};
use crate::attribute::{Element, arguments};
use crate::errors::{Errors, SourceSpan};
use crate::keys::{TextLiteral, one_text};
use naftiko_spec::model::{ParameterIn, Style};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use serde_json::{Map, Value};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Pat, PatType, Type};

/// The attributes that an argument may have.
const KNOWN: [&str; 8] = ["path", "query", "header", "cookie", "body", "part", "schemars", "example"];

/// An argument.
pub(crate) struct Parameter {
    pub(crate) ident: Ident,
    /// The names of our attributes, where the user wrote them.
    pub(crate) helpers: Vec<Ident>,
    /// Its name, without `r#`.
    pub(crate) name: String,
    pub(crate) form: Form,
    /// Whether it is an `Option`.
    pub(crate) optional: bool,
    /// The type of one value: `T` of `Option<&[T]>`.
    pub(crate) inner: Type,
    /// Where an attribute sends it.
    pub(crate) place: Option<(ParameterIn, SourceSpan)>,
    /// Its name on the wire, if an attribute sets it.
    pub(crate) rename: Option<TextLiteral>,
    pub(crate) description: Option<String>,
    /// What attributes add to its schema: constraints, a `default`, `examples`.
    pub(crate) refinement: Option<Value>,
    pub(crate) format: ArgumentFormat,
}

/// Parses the argument with the index `at`, and removes the helper attributes from it. Returns `None` if it has a pattern in place of a
/// plain name.
pub(crate) fn read(argument: &mut PatType, at: usize, has_body: bool, errors: &mut Errors) -> Option<Parameter> {
    let description = docs::description(&argument.attrs).map(|text| text.value);
    if let Some(span) = docs::unreadable(&argument.attrs) {
        errors.add(span, docs::UNREADABLE, "write the text itself: `/// …`");
    }
    let (form, optional, inner) = form(&argument.ty);
    let attributes = attributes(argument, ArgumentType { form, optional, inner: &inner }, errors);
    let ident = match &*argument.pat {
        Pat::Ident(plain) if plain.by_ref.is_none() && plain.mutability.is_none() && plain.subpat.is_none() => {
            Some(plain.ident.clone())
        }
        Pat::Ident(plain) if plain.mutability.is_some() => {
            let name = &plain.ident;
            let help = format!("write `{name}`, and `let mut {name} = {name};` in the body");
            errors.add(SourceSpan::of(&argument.pat), "an argument of an operation cannot be `mut`", help);
            None
        }
        pattern => {
            let help = "write a name, and destructure it in the body";
            errors.add(SourceSpan::of(pattern), "expected a name for this argument, found a pattern", help);
            None
        }
    };
    refuse(&argument.ty, &inner, errors);
    if ident.is_none() && !has_body {
        // Patterns are only allowed with a body; the generated trait has a name instead.
        *argument.pat = unique_name(at);
    }
    let ident = ident?;
    let Attributes { helpers, place, rename, refinement, format, .. } = attributes;
    let refinement = (!refinement.is_empty()).then_some(Value::Object(refinement));
    let name = ident.unraw().to_string();
    Some(Parameter { ident, helpers, name, form, optional, inner, place, rename, description, refinement, format })
}

/// Returns a name for the argument at that index, in place of one that is refused.
pub(super) fn unique_name(at: usize) -> Pat {
    Pat::Verbatim(format_ident!("argument_{at}").to_token_stream())
}

/// The attributes of an argument.
#[derive(Default)]
struct Attributes {
    helpers: Vec<Ident>,
    place: Option<(ParameterIn, SourceSpan)>,
    rename: Option<TextLiteral>,
    /// The constraints, the default and the examples, as keywords of JSON Schema.
    refinement: Map<String, Value>,
    default: Option<(Value, SourceSpan)>,
    examples: Vec<(Value, SourceSpan)>,
    format: ArgumentFormat,
}

/// Parses the attributes of an argument, and removes the helper attributes and the doc comments.
fn attributes(argument: &mut PatType, ty: ArgumentType<'_>, errors: &mut Errors) -> Attributes {
    let mut found = Attributes::default();
    for (example, at) in example::of_docs(&argument.attrs, errors) {
        found.add_example(example, at, ty, errors);
    }
    condition::refuse_hidden_helpers(&mut argument.attrs, errors);
    argument.attrs.retain(|attribute| !found.take(attribute, ty, errors));
    found.check_values(errors);
    found.format.file = argument_format::is_file(ty.inner);
    found
}

impl Attributes {
    /// Takes an attribute; returns whether it is removed from the argument.
    fn take(&mut self, attribute: &Attribute, ty: ArgumentType<'_>, errors: &mut Errors) -> bool {
        if attribute.path().is_ident("doc") {
            return true;
        }
        let at: SourceSpan = attribute.path().span().into();
        if !Cfg::of(std::slice::from_ref(attribute)).text.is_empty() {
            let help = "write a method for each case, each with its own `#[cfg(…)]`";
            errors.add(at, "an argument cannot be behind `cfg`", help);
        } else if helper_name(attribute, &["example"]).is_some() {
            self.add_helper(attribute);
            if let Some((example, at)) = example::read(attribute, errors) {
                self.add_example(example, at, ty, errors);
            }
        } else if let Some(name) = helper_name(attribute, &METHOD_HELPERS) {
            errors.add(at, format!("`#[{name}]` can only be applied to a method"), "put it before the method");
        } else if attribute.path().is_ident("schemars") {
            if argument_format::is_file(ty.inner) {
                let help = "remove `#[schemars]`; `limit = \"1MiB\"` in `#[body(bytes)]` or `#[part]` limits its size";
                errors.add(at, "a file cannot have constraints", help);
            } else {
                let elements = arguments(attribute, errors).unwrap_or_default();
                refinement::constraints(elements, ty, &mut self.refinement, errors);
            }
        } else if let Some(name) = helper_name(attribute, &ARGUMENT_HELPERS) {
            self.add_helper(attribute);
            let elements = arguments(attribute, errors).unwrap_or_default();
            self.take_place((&name, at), elements, ty, errors);
        } else {
            return misspelt::refuse(attribute, &KNOWN, &misspelt::OF_OTHER_ARGUMENTS, errors);
        }
        true
    }

    /// Takes the elements of an attribute that says where the argument is sent: `#[query("name", default = 30)]`.
    fn take_place(
        &mut self,
        attribute: (&str, SourceSpan),
        elements: Vec<Element>,
        ty: ArgumentType<'_>,
        errors: &mut Errors,
    ) {
        let (name, at) = attribute;
        let (format, elements) = argument_format::take(attribute, elements, ty, errors);
        self.format = format;
        let is_default = |element: &Element| matches!(element, Element::Pair(key, _) if key == "default");
        let (defaults, names): (Vec<_>, Vec<_>) = elements.into_iter().partition(is_default);
        if !names.is_empty() {
            let form = format!("#[{name}(\"wire-name\")]");
            let help = format!("write `{form}`, or remove `\"\"`: the name is then that of the argument");
            self.rename = one_text(at, &names, &form, "the name that is sent", errors)
                .and_then(|name| name.or_refuse_empty(&help, errors));
        }
        let place = match name {
            "path" => ParameterIn::Path,
            "query" => ParameterIn::Query,
            "header" => ParameterIn::Header,
            "cookie" => ParameterIn::Cookie,
            _ => ParameterIn::Body,
        };
        for element in &defaults {
            let Element::Pair(key, value) = element else { continue };
            if self.refinement.contains_key("default") {
                errors.add(key.span(), "`default` is given twice", "keep one of them");
            } else if matches!(place, ParameterIn::Path | ParameterIn::Body) {
                refinement::refuse_default(place, key.span().into(), errors);
            } else if let Some(default) = refinement::default(key, value, ty, errors) {
                self.default = Some((default.clone(), value.span()));
                self.refinement.insert("default".to_owned(), default);
            }
        }
        if self.place.replace((place, at)).is_some() {
            let mut places = self.helpers.iter().rev().filter(|helper| *helper != "example");
            let earlier = places.nth(1).map_or_else(String::new, Ident::to_string);
            if earlier == name {
                errors.add(at, format!("`#[{name}]` is given twice"), "keep one of them");
            } else {
                let help = format!("keep `#[{earlier}]` or `#[{name}]`");
                errors.add(at, "an argument can be sent in only one place", help);
            }
        }
        if place == ParameterIn::Header && self.format.style == Some(Style::Members) && names.is_empty() {
            let help = "write the prefix of their names: `#[header(\"X-Meta-\", style = \"members\")]`";
            errors.add(at, "expected a prefix for these headers", help);
        }
    }

    /// Adds the name of an attribute, for editors.
    fn add_helper(&mut self, attribute: &Attribute) {
        self.helpers.extend(attribute.path().segments.last().map(|last| last.ident.clone()));
    }

    /// Adds an example, or reports that it is not of the argument's type.
    fn add_example(&mut self, example: Value, at: SourceSpan, ty: ArgumentType<'_>, errors: &mut Errors) {
        if refinement::fits_or_report(&example, at, ty, errors)
            && let Value::Array(examples) =
                self.refinement.entry("examples").or_insert_with(|| Value::Array(Vec::new()))
        {
            examples.push(example.clone());
            self.examples.push((example, at));
        }
    }

    /// Checks the default and the examples against the constraints, which must be complete.
    fn check_values(&self, errors: &mut Errors) {
        let values = self.default.iter().map(|value| ("default", value));
        let values = values.chain(self.examples.iter().map(|value| ("example", value)));
        for (what, (value, at)) in values.filter(|(_, (value, _))| !value.is_null()) {
            bounds::check_value(what, value, *at, &self.refinement, errors);
        }
    }
}

impl Parameter {
    /// Returns whether callers may leave it out.
    pub(crate) fn may_be_left_out(&self) -> bool {
        self.optional || self.refinement.as_ref().is_some_and(|added| added.get("default").is_some())
    }
}

/// Refuses types that a caller cannot send.
fn refuse(ty: &Type, inner: &Type, errors: &mut Errors) {
    let outer = argument_of(ty, "Option", "option").unwrap_or(ty);
    match plain(outer) {
        Type::Reference(reference) if reference.mutability.is_some() => {
            errors.add(SourceSpan::of(outer), "an argument cannot be `&mut`", "write `&T` or `T`");
            return;
        }
        Type::Reference(reference)
            if reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static") =>
        {
            let help = "remove `'static`, or take an owned type";
            errors.add(
                SourceSpan::of(outer),
                "an argument cannot be `&'static`: arguments live only as long as the call",
                help,
            );
            return;
        }
        Type::Reference(_) => {
            for (name, module, instead) in [("Option", "option", "Option<&T>"), ("Vec", "vec", "&[T]")] {
                if argument_of(inner, name, module).is_some() {
                    errors.add(
                        SourceSpan::of(outer),
                        format!("an argument cannot be a reference to `{name}`"),
                        format!("write `{instead}`"),
                    );
                    return;
                }
            }
        }
        _ => {}
    }
    if argument_of(ty, "Option", "option").is_some() && argument_of(outer, "Option", "option").is_some() {
        let help = "write one `Option`; to distinguish null from an absent argument, use `Option<Cleared>` with `type Cleared \
            = Option<T>;`";
        errors.add(SourceSpan::of(ty), "an argument cannot be an `Option` of an `Option`", help);
        return;
    }
    match plain(inner) {
        Type::ImplTrait(_) => {
            errors.add(SourceSpan::of(inner), "an argument cannot be `impl Trait`", "write a concrete type");
        }
        Type::TraitObject(_) => {
            errors.add(SourceSpan::of(inner), "an argument cannot be `dyn Trait`", "write a concrete type");
        }
        Type::Path(path) if path.path.is_ident("str") => {}
        _ => refuse_borrowed(inner, Use::Argument, errors),
    }
}

/// Where a type is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// An argument.
    Argument,
    /// A return type.
    Output,
}

/// Refuses `Self`, `impl`, and borrowed data inside a type: the bytes that it is decoded from do not live long enough.
pub(crate) fn refuse_borrowed(ty: &Type, what: Use, errors: &mut Errors) {
    borrowed(ty.to_token_stream(), what, errors);
}

impl Use {
    fn refusal(self) -> &'static str {
        match self {
            Self::Argument => "an argument cannot contain borrowed data",
            Self::Output => "a return type cannot contain borrowed data",
        }
    }

    /// Returns the types that own their data.
    fn owned(self) -> &'static str {
        match self {
            Self::Argument => "use `String` and `Vec<T>` in the type",
            Self::Output => "use `String` and `Vec<T>` in the type, or `Cow<'static, str>`",
        }
    }
}

/// Returns the path that tokens begin with, without generic arguments, and the span of its last token.
fn leading_path(tokens: impl Iterator<Item = TokenTree>) -> (String, Option<Span>) {
    let (mut path, mut end) = (String::new(), None);
    for token in tokens {
        match &token {
            TokenTree::Punct(colon) if colon.as_char() == ':' => path.push(':'),
            TokenTree::Ident(name) if path.is_empty() || path.ends_with(':') => path.push_str(&name.to_string()),
            _ => break,
        }
        end = Some(token.span());
    }
    (path, end)
}

/// Reports every reference, every lifetime but `'static`, `Self` and `impl` among the tokens of a type.
fn borrowed(tokens: TokenStream, what: Use, errors: &mut Errors) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Group(group) => borrowed(group.stream(), what, errors),
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                if matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'') {
                    tokens.next();
                    tokens.next();
                }
                let (path, end) = leading_path(tokens.clone());
                let help = match path.as_str() {
                    "str" => "write `String` for `&str`".to_owned(),
                    "" | "mut" | "dyn" => "write a type that owns its data: `String`, `Vec<T>`".to_owned(),
                    path => format!("write `{path}` without the `&`"),
                };
                let end = end.or_else(|| tokens.peek().map(TokenTree::span)).unwrap_or_else(|| punct.span());
                errors.add(SourceSpan::between(punct.span(), end), what.refusal(), help);
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                if let Some(TokenTree::Ident(name)) = tokens.next()
                    && name != "static"
                {
                    errors.add(name.span(), what.refusal(), format!("remove `'{name}`: {}", what.owned()));
                }
            }
            TokenTree::Ident(name) if name == "Self" => {
                errors.add(
                    name.span(),
                    "`Self` is a different type in each implementation, but callers see only one",
                    "write a concrete type",
                );
            }
            TokenTree::Ident(name) if name == "impl" => {
                errors.add(
                    name.span(),
                    "callers see one type, with one schema, not `impl Trait`",
                    "write a concrete type",
                );
            }
            _ => {}
        }
    }
}

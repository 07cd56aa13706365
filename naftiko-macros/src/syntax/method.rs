//! Parses a method: its signature and its attributes; its body stays unchanged.

use super::condition::{self, Cfg};
use super::context::{self, ContextArgument};
use super::helpers::Helpers;
use super::parameter::{self, Parameter};
use super::{bytes, decoded, docs, example, types};
use crate::errors::{Errors, SourceSpan};
use crate::keys::TextLiteral;
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, FnArg, GenericParam, ReceiverKind, ReturnType, Signature, Token, Type, Visibility};

/// One item of the trait.
pub(crate) enum Item {
    /// A method.
    Method(Box<Method>),
    /// Anything else. It is reported as an error, but still generated, without the attributes of methods, so that it causes no other
    /// error.
    Other(TokenStream),
}

/// A method of the trait.
pub(crate) struct Method {
    /// Its attributes, without the helper attributes.
    pub(crate) attributes: Vec<Attribute>,
    /// The `cfg` conditions among the attributes.
    pub(crate) cfg: Cfg,
    /// Its signature; the helper attributes are removed from its arguments.
    pub(crate) signature: Signature,
    /// Its body, which is not parsed.
    pub(crate) body: Option<Group>,
    /// Its name, without `r#`.
    pub(crate) name: String,
    pub(crate) description: Option<TextLiteral>,
    pub(crate) helpers: Helpers,
    pub(crate) parameters: Vec<Parameter>,
    /// Its argument `&Context`, if it has one.
    pub(crate) context: Option<ContextArgument>,
    /// Its return type.
    pub(crate) output: Option<Type>,
    /// Whether it has a mistake, so that nothing more is reported about it.
    pub(crate) broken: bool,
    /// The mistakes of a method with `#[skip]` and no verb. They are reported only if the method completes arguments.
    pub(super) deferred_errors: Errors,
}

impl Method {
    /// Returns the name of the client method that returns its pages.
    pub(crate) fn pages_name(&self) -> String {
        format!("{}_pages", self.name)
    }
}

/// Parses a method after its attributes.
pub(crate) fn read(mut attributes: Vec<Attribute>, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Method> {
    let visibility: Visibility = input.parse()?;
    if !matches!(visibility, Visibility::Inherited) {
        let help = "remove it: the methods of a trait are as visible as the trait";
        errors.add(SourceSpan::of(&visibility), "a method of a trait cannot have a visibility", help);
    }
    let mut signature: Signature = input.parse()?;
    shorten_receiver(&mut signature);
    let body = if input.peek(syn::token::Brace) {
        let token = TokenTree::parse(input)?;
        let span = token.span();
        Some(block(token).ok_or_else(|| syn::Error::new(span, "expected the method's body"))?)
    } else {
        input.parse::<Token![;]>()?;
        None
    };
    let before = errors.count();
    condition::refuse_hidden_helpers(&mut attributes, errors);
    let mut helpers = Helpers::take(&mut attributes, errors);
    // A method that callers do not see may have any signature.
    let is_operation = helpers.skip.is_none() || helpers.verb.is_some();
    let mut deferred_errors = Errors::default();
    let is_broken = errors.count() > before;
    let errors = if is_operation { errors } else { &mut deferred_errors };
    let before = errors.count();
    helpers.examples.extend(example::of_docs(&attributes, errors).into_iter().map(|(example, _)| example));
    refuse_signature(&signature, &helpers, body.is_some(), errors);
    // They are removed, because the compiler would report them too.
    (signature.constness, signature.variadic) = (None, None);
    let (parameters, context) = parameters(&mut signature, body.is_some(), errors);
    bytes::refuse_arguments(&helpers, &parameters, errors);
    refuse_unreadable(&attributes, &helpers, errors);
    let output = output(&signature, errors);
    // With `#[output]`, the method returns a part of the answer, which may be a string.
    let format = helpers.verb.as_ref().and_then(|verb| verb.format).filter(|_| helpers.output.is_none());
    if let Some((format, output)) = format.zip(output.as_ref()) {
        decoded::refuse_string(format, output, errors);
    }
    Ok(Method {
        cfg: Cfg::of(&attributes),
        description: docs::description(&attributes),
        name: signature.ident.unraw().to_string(),
        attributes,
        signature,
        body,
        helpers,
        parameters,
        context,
        output,
        broken: is_broken || errors.count() > before,
        deferred_errors,
    })
}

/// Returns the braces of a body. A `$body:block` of a macro is in an invisible group.
pub(super) fn block(token: TokenTree) -> Option<Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            block(TokenTree::parse.parse2(group.stream()).ok()?)
        }
        _ => None,
    }
}

/// Refuses a description that only the compiler can evaluate, unless something else describes the operation.
fn refuse_unreadable(attributes: &[Attribute], helpers: &Helpers, errors: &mut Errors) {
    let has_own = helpers.verb.as_ref().is_some_and(|verb| verb.description.is_some())
        || helpers.rests().any(|rest| rest.description.is_some())
        || helpers.tools().any(|tool| tool.description.is_some())
        || helpers.resource.as_ref().is_some_and(|resource| resource.description.is_some())
        || helpers.prompt.as_ref().is_some_and(|prompt| prompt.description.is_some());
    if let Some(span) = docs::unreadable(attributes).filter(|_| !has_own) {
        let attribute = match &helpers.verb {
            Some(verb) => verb.method.as_str().to_lowercase(),
            None if helpers.rests().next().is_some() => "rest".to_owned(),
            None if helpers.tools().next().is_some() => "tool".to_owned(),
            None if helpers.resource.is_some() => "resource".to_owned(),
            None if helpers.prompt.is_some() => "prompt".to_owned(),
            None => {
                errors.add(span, docs::UNREADABLE, "write the text itself: `/// …`");
                return;
            }
        };
        let help = format!("write the text itself, `/// …`, or add `description = \"…\"` to `#[{attribute}]`");
        errors.add(span, docs::UNREADABLE, help);
    }
}

/// Reports the parts of a signature that an operation cannot have, such as `const`, type parameters or `&mut self`.
fn refuse_signature(signature: &Signature, helpers: &Helpers, has_body: bool, errors: &mut Errors) {
    if signature.asyncness.is_none() {
        let help = match &signature.output {
            ReturnType::Type(_, output) if matches!(**output, Type::ImplTrait(_)) => {
                "write `async fn` and the output type of the future; the macro generates the same future from it"
            }
            // `#[async_trait]` above the trait has replaced `async fn` by this type.
            ReturnType::Type(_, output) if types::type_name(output).is_some_and(|name| name == "Pin") => {
                "write `async fn`; if `#[async_trait]` is above the trait, remove it there and above each `impl`: `#[capability]` makes the \
                 futures `Send` itself"
            }
            _ if helpers.is_exposed() => "write `async fn`",
            _ if has_body => "write `async fn`; for a helper that callers don't see, write `#[skip]` above it",
            _ => "write `async fn`; for a helper that callers don't see, give it a body and write `#[skip]` above it",
        };
        errors.add(signature.fn_token.span, "an operation must be an `async fn`", help);
    }
    if let Some(word) = &signature.constness {
        errors.add(word.span, "an operation cannot be `const`", "remove `const`");
    }
    if let syn::Safety::Unsafe(word) = &signature.safety {
        errors.add(word.span, "an operation cannot be `unsafe`", "remove `unsafe`");
    }
    if let Some(abi) = &signature.abi {
        errors.add(SourceSpan::of(abi), "an operation cannot be `extern`", "remove `extern`");
    }
    if let Some(variadic) = &signature.variadic {
        errors.add(SourceSpan::of(variadic), "an operation cannot be variadic", "take a list: `&[T]`");
    }
    for parameter in &signature.generics.params {
        let (what, help) = match parameter {
            GenericParam::Lifetime(_) => continue,
            GenericParam::Type(_) => ("type", "callers over REST and MCP cannot choose a type: write a concrete type"),
            GenericParam::Const(_) => {
                ("const", "callers over REST and MCP cannot choose a const parameter: make it an argument")
            }
        };
        errors.add(SourceSpan::of(parameter), format!("an operation cannot have {what} parameters"), help);
    }
    refuse_receiver(signature, errors);
}

/// Rewrites `self: &Self` as `&self`, which is the same.
fn shorten_receiver(signature: &mut Signature) {
    let Some(FnArg::Receiver(receiver)) = signature.inputs.first_mut() else { return };
    let ReceiverKind::Typed(_, ty) = &receiver.kind else { return };
    let Type::Reference(reference) = types::plain(ty) else { return };
    let is_self = matches!(types::plain(&reference.elem), Type::Path(path) if path.path.is_ident("Self"));
    if is_self && receiver.mutability.is_none() {
        receiver.kind = ReceiverKind::Reference(reference.and_token, reference.lifetime.clone(), reference.mutability);
    }
}

/// Reports any receiver but `&self`.
fn refuse_receiver(signature: &Signature, errors: &mut Errors) {
    let help = "write `&self`; for state that changes, use a lock or an atomic inside";
    match signature.receiver() {
        None => {
            errors.add(signature.ident.span(), "an operation must take `&self`", "add `&self` as the first argument");
        }
        Some(receiver) => match &receiver.kind {
            ReceiverKind::Reference(_, _, None) => {}
            ReceiverKind::Reference(_, _, Some(_)) => {
                errors.add(
                    SourceSpan::of(receiver),
                    "an operation cannot take `&mut self`: calls run concurrently",
                    help,
                );
            }
            _ => errors.add(SourceSpan::of(receiver), "an operation must take `&self`: it is called many times", help),
        },
    }
}

/// Parses the arguments of a method: those that callers see, and the context. Arguments with a mistake are reported and left out.
fn parameters(
    signature: &mut Signature,
    has_body: bool,
    errors: &mut Errors,
) -> (Vec<Parameter>, Option<ContextArgument>) {
    let (mut parameters, mut found) = (Vec::new(), None);
    for (at, argument) in signature.inputs.iter_mut().enumerate() {
        let FnArg::Typed(argument) = argument else { continue };
        if let Some(ident) = context::read(argument, errors) {
            if found.is_some() {
                errors.add(
                    SourceSpan::of(&argument.ty),
                    "a method can have only one context",
                    "remove one of the arguments",
                );
            }
            found = Some(ContextArgument { ident, at: parameters.len() });
        } else {
            let Some(parameter) = parameter::read(argument, at, has_body, errors) else { continue };
            if parameters.iter().any(|other: &Parameter| other.name == parameter.name) {
                let message = format!("the method already has an argument `{}`", parameter.name);
                errors.add(parameter.ident.span(), message, "give one of them another name");
                // The compiler would report a second argument of this name, too.
                *argument.pat = parameter::unique_name(at);
                continue;
            }
            parameters.push(parameter);
        }
    }
    (parameters, found)
}

/// Returns the return type of a method, or reports that it is missing.
fn output(signature: &Signature, errors: &mut Errors) -> Option<Type> {
    let ReturnType::Type(_, output) = &signature.output else {
        let ident: &Ident = &signature.ident;
        errors.add(
            ident.span(),
            "an operation must return a `Result`",
            "write `-> naftiko::Result<()>` after its arguments",
        );
        return None;
    };
    // A method that is not async has already been reported, and its return type may be a future.
    if signature.asyncness.is_some() {
        parameter::refuse_borrowed(output, parameter::Use::Output, errors);
        bytes::refuse_output(output, errors);
    }
    Some((**output).clone())
}

//! Finds the calls through `self` in the bodies of methods: `self.method(…)`, `self.name().operation(…)`. A body is not parsed: its
//! tokens are searched, also those in the arguments of macros.

use super::uses::UsedCapability;
use super::{Method, Trait};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Token, TypeParamBound};

/// A call that a body makes through `self`, or may make.
pub(crate) struct BodyCall<'a> {
    pub(crate) target: CallTarget<'a>,
    /// Where the body mentions it.
    pub(crate) called_at: Span,
}

/// The target of a call.
#[derive(Clone)]
pub(crate) enum CallTarget<'a> {
    /// A method of a used capability.
    Operation(&'a UsedCapability, String),
    /// A used capability as a value, so that any of its methods may be called.
    Value(&'a UsedCapability),
    /// A method of the trait.
    Own(&'a Method),
    /// Any method of a supertrait.
    Supertraits(Supertraits),
}

/// The methods that the supertraits of a trait add to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Supertraits {
    /// No methods: the trait has no supertraits, or only lifetimes.
    Nothing,
    /// Methods of traits that are named like traits of the standard library, which call no API. The compiler checks whether they are
    /// these traits.
    Standard,
    /// Methods of unknown effects.
    Unknown,
}

/// One mention of `self`.
enum Mention {
    /// `self.name().method(…)`
    Call(Ident, Ident),
    /// `self.name(…)`, and whether it has no arguments.
    Method(Ident, bool),
    /// Anything else.
    Whole(Span),
}

/// Returns the calls in the body of a method; empty without a body. In a trait without `uses`, only calls of the trait's own methods count.
pub(crate) fn calls_in<'a>(method: &Method, item: &'a Trait, uses: &'a [UsedCapability]) -> Vec<BodyCall<'a>> {
    let mut mentions = Vec::new();
    if let Some(body) = &method.body {
        search(body.stream(), &mut mentions);
    }
    let calls = |mention| match mention {
        Mention::Call(name, method) => match used(&name, uses) {
            Some(capability) => {
                let target = CallTarget::Operation(capability, method.unraw().to_string());
                vec![BodyCall { target, called_at: method.span() }]
            }
            None => own_methods(&name, item, uses),
        },
        Mention::Method(name, is_empty) => match used(&name, uses).filter(|_| is_empty) {
            Some(capability) => vec![BodyCall { target: CallTarget::Value(capability), called_at: name.span() }],
            None => own_methods(&name, item, uses),
        },
        Mention::Whole(span) => everything(span, item, uses),
    };
    mentions.into_iter().flat_map(calls).collect()
}

/// Returns the kind of methods that the supertraits of a trait add to it.
pub(crate) fn supertraits(item: &Trait) -> Supertraits {
    const STANDARD: [&str; 15] = [
        "Send",
        "Sync",
        "Sized",
        "Unpin",
        "UnwindSafe",
        "RefUnwindSafe",
        "Clone",
        "Copy",
        "Debug",
        "Default",
        "PartialEq",
        "Eq",
        "PartialOrd",
        "Ord",
        "Hash",
    ];

    let bounds = Punctuated::<TypeParamBound, Token![+]>::parse_terminated.parse2(item.supertraits.clone());
    let Ok(bounds) = bounds else { return Supertraits::Unknown };
    let mut bounds = bounds.iter().filter(|bound| !matches!(bound, TypeParamBound::Lifetime(_))).peekable();
    if bounds.peek().is_none() {
        return Supertraits::Nothing;
    }
    let is_standard = |bound: &TypeParamBound| match bound {
        TypeParamBound::Trait(bound) => {
            bound.path.segments.last().is_some_and(|last| STANDARD.iter().any(|name| last.ident == name))
        }
        _ => false,
    };
    if bounds.all(is_standard) { Supertraits::Standard } else { Supertraits::Unknown }
}

/// Returns the used capability with this name.
fn used<'a>(name: &Ident, uses: &'a [UsedCapability]) -> Option<&'a UsedCapability> {
    let name = name.unraw().to_string();
    uses.iter().find(|used| used.name() == name)
}

/// Returns the calls of the trait's method with this name, or whose page stream has this name: several if each has a different `cfg`.
/// Any other name may be a method of an unknown trait, which can make every call.
fn own_methods<'a>(called: &Ident, item: &'a Trait, uses: &'a [UsedCapability]) -> Vec<BodyCall<'a>> {
    let (name, called_at) = (called.unraw().to_string(), called.span());
    let has_name = |own: &&Method| own.name == name || (own.helpers.page.is_some() && own.pages_name() == name);
    let found = item.methods().filter(has_name);
    let found: Vec<_> = found.map(|method| BodyCall { target: CallTarget::Own(method), called_at }).collect();
    if found.is_empty() { everything(called_at, item, uses) } else { found }
}

/// Returns every call that can be made through `self`; none in a trait without `uses`.
fn everything<'a>(called_at: Span, item: &'a Trait, uses: &'a [UsedCapability]) -> Vec<BodyCall<'a>> {
    if uses.is_empty() {
        return Vec::new();
    }
    let supertraits = Some(supertraits(item)).filter(|supertraits| *supertraits != Supertraits::Nothing);
    let supertraits = supertraits.map(CallTarget::Supertraits);
    let targets = uses.iter().map(CallTarget::Value).chain(item.methods().map(CallTarget::Own)).chain(supertraits);
    targets.map(|target| BodyCall { target, called_at }).collect()
}

/// Adds every mention of `self` in the tokens, also inside of groups.
fn search(tokens: TokenStream, found: &mut Vec<Mention>) {
    let mut rest: &[TokenTree] = &tokens.into_iter().collect::<Vec<_>>();
    while let [token, after @ ..] = rest {
        rest = after;
        match token {
            TokenTree::Group(group) => search(group.stream(), found),
            TokenTree::Ident(ident) if is_item(ident, after) => rest = after_item(ident, after),
            TokenTree::Ident(ident) if ident == "self" && is_path(after) => {}
            TokenTree::Ident(ident) if ident == "self" => found.push(mention(ident.span(), after)),
            _ => {}
        }
    }
}

/// Returns whether an item starts here in which `self` is something else: a `use`, a visibility, or a block of functions with their
/// own `self`.
fn is_item(word: &Ident, after: &[TokenTree]) -> bool {
    ["use", "pub", "impl", "trait"].iter().any(|keyword| word == keyword) && after_item(word, after).len() < after.len()
}

/// Returns the tokens after an item that [`is_item`] finds; all tokens if it has no end.
fn after_item<'a>(word: &Ident, after: &'a [TokenTree]) -> &'a [TokenTree] {
    let is_semicolon = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
    let is_block =
        |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    let end = if word == "pub" {
        after.first().filter(|next| matches!(next, TokenTree::Group(_))).map(|_| 0)
    } else if word == "use" {
        // `use<…>` is a part of a type.
        let is_bound = matches!(after, [TokenTree::Punct(punct), ..] if punct.as_char() == '<');
        after.iter().position(|token| !is_bound && is_semicolon(token))
    } else {
        after
            .iter()
            .position(|token| is_semicolon(token) || is_block(token))
            .filter(|at| after.get(*at).is_some_and(is_block))
    };
    end.and_then(|end| after.get(end + 1..)).unwrap_or(after)
}

/// Returns whether `self` is the start of a path: `self::function`.
fn is_path(after: &[TokenTree]) -> bool {
    matches!(after, [TokenTree::Punct(first), TokenTree::Punct(second), ..]
        if first.as_char() == ':' && second.as_char() == ':')
}

/// Reads the tokens after `self`.
fn mention(span: Span, after: &[TokenTree]) -> Mention {
    match after {
        [dot, TokenTree::Ident(name), TokenTree::Group(empty), second, TokenTree::Ident(method), call, ..]
            if is_dot(dot) && is_empty(empty) && is_dot(second) && is_call(call) =>
        {
            Mention::Call(name.clone(), method.clone())
        }
        [dot, TokenTree::Ident(name), TokenTree::Group(arguments), ..]
            if is_dot(dot) && arguments.delimiter() == Delimiter::Parenthesis =>
        {
            Mention::Method(name.clone(), arguments.stream().is_empty())
        }
        _ => Mention::Whole(span),
    }
}

fn is_dot(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '.')
}

fn is_empty(group: &Group) -> bool {
    group.delimiter() == Delimiter::Parenthesis && group.stream().is_empty()
}

/// Returns whether these are the arguments of a call. Operations have no type parameters.
fn is_call(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis)
}

//! Parses the trait: its header, and its items one by one, so that a broken item does not hide mistakes in others.

use super::helper_names::{METHOD_HELPERS, helper_name};
use super::method::{self, Item, Method};
use super::{completion, docs};
use crate::errors::{Errors, SourceSpan};
use crate::keys::TextLiteral;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::HashSet;
use syn::parse::{Parse, ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Generics, Token, Type, Visibility, WherePredicate};

/// The user's trait.
pub(crate) struct Trait {
    /// The user's attributes, doc comments among them.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    /// The keyword `unsafe`, which is refused.
    pub(crate) unsafety: Option<Token![unsafe]>,
    pub(crate) ident: Ident,
    /// The generics, which are refused unless they are empty.
    pub(crate) generics: Generics,
    pub(crate) supertraits: TokenStream,
    pub(crate) description: Option<TextLiteral>,
    pub(crate) items: Vec<Item>,
}

impl Trait {
    /// Returns whether the trait contains only methods, is neither `unsafe` nor generic, and has no `where` clause. Only such a trait can be
    /// implemented by generated code.
    pub(crate) fn is_plain(&self) -> bool {
        self.unsafety.is_none()
            && self.generics.params.is_empty()
            && self.generics.where_clause.is_none()
            && self.items.iter().all(|item| matches!(item, Item::Method(_)))
    }

    /// Returns its methods.
    pub(crate) fn methods(&self) -> impl Iterator<Item = &Method> {
        self.items.iter().filter_map(|item| match item {
            Item::Method(method) => Some(&**method),
            Item::Other(_) => None,
        })
    }
}

/// Parses a trait; `None` if the item is not a trait.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Option<Trait> {
    let read = |input: ParseStream<'_>| header(input, errors);
    match read.parse2(tokens) {
        Ok(item) => item,
        Err(error) => {
            errors.add_syntax(error);
            None
        }
    }
}

/// Parses a trait, except that its items are parsed one by one; returns `None` for another item, and reports it.
fn header(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Trait>> {
    let mut attributes = input.call(Attribute::parse_outer)?;
    let visibility: Visibility = input.parse()?;
    let unsafety: Option<Token![unsafe]> = input.parse()?;
    if let Some(word) = &unsafety {
        errors.add(word.span, "a capability trait cannot be `unsafe`", "remove `unsafe`");
    }
    if let Some(word) = input.parse::<Option<Token![auto]>>()? {
        errors.add(word.span, "a capability trait cannot be `auto`", "remove `auto`");
    }
    if !input.peek(Token![trait]) {
        let rest: TokenStream = input.parse()?;
        errors.add(
            SourceSpan::of(&rest).start(),
            "`#[capability]` can only be applied to a trait",
            "write the attribute above a trait: `pub trait Name { … }`",
        );
        return Ok(None);
    }
    let _: Token![trait] = input.parse()?;
    let ident: Ident = input.parse()?;
    let mut generics: Generics = input.parse()?;
    let mut supertraits = TokenStream::new();
    if input.parse::<Option<Token![:]>>()?.is_some() {
        while !input.is_empty() && !input.peek(syn::token::Brace) && !input.peek(Token![where]) {
            supertraits.extend([TokenTree::parse(input)?]);
        }
    }
    generics.where_clause = input.parse()?;
    let inside;
    syn::braced!(inside in input);
    refuse_generics(&generics, errors);
    attributes.retain(|attribute| {
        let is_again = helper_name(attribute, &["capability"]).is_some();
        if is_again {
            errors.add(attribute.path().span(), "`#[capability]` is given twice", "keep one of them");
        }
        !is_again
    });
    for attribute in
        attributes.iter().filter(|it| it.path().segments.last().is_some_and(|last| last.ident == "async_trait"))
    {
        let help = "remove it, and above each `impl`: `#[capability]` makes the futures `Send` itself";
        errors.add(attribute.path().span(), "a capability cannot have `#[async_trait]`", help);
    }
    attributes.retain(|attribute| match helper_name(attribute, &METHOD_HELPERS) {
        None => true,
        Some(name) => {
            let help = "put it before a method";
            errors.add(attribute.path().span(), format!("`#[{name}]` can only be applied to a method"), help);
            false
        }
    });
    let mut items = Vec::new();
    while !inside.is_empty() {
        items.extend(item(&inside, errors));
    }
    refuse_repeated(&mut items, errors);
    completion::check(&mut items, errors);
    let description = docs::description(&attributes);
    Ok(Some(Trait { attributes, visibility, unsafety, ident, generics, supertraits, description, items }))
}

/// Reports the parameters and the `where` clause of the trait.
fn refuse_generics(generics: &Generics, errors: &mut Errors) {
    for parameter in &generics.params {
        errors.add(
            SourceSpan::of(parameter),
            "a capability trait cannot be generic",
            "remove the parameter; types that implement the trait may be generic",
        );
    }
    // Bounds on parameters are removed with the parameters.
    if let Some(clause) = generics.where_clause.as_ref().filter(|_| generics.params.is_empty()) {
        let of_self = |predicate: &WherePredicate| match predicate {
            WherePredicate::Type(bound) => matches!(&bound.bounded_ty, Type::Path(ty) if ty.path.is_ident("Self")),
            _ => false,
        };
        let help = if clause.predicates.iter().all(of_self) {
            "write the bounds as supertraits"
        } else {
            "remove it; bounds on `Self` are written as supertraits"
        };
        errors.add(SourceSpan::of(clause), "a capability trait cannot have a `where` clause", help);
    }
}

/// Removes and reports each method that has the name and the conditions of an earlier method. The compiler would report each item that is
/// generated for it.
fn refuse_repeated(items: &mut Vec<Item>, errors: &mut Errors) {
    let mut known = HashSet::new();
    items.retain(|item| {
        let Item::Method(method) = item else { return true };
        let is_new = known.insert((method.name.clone(), method.cfg.text.clone()));
        if !is_new {
            let message = format!("the trait already has a method `{}`", method.name);
            errors.add(method.signature.ident.span(), message, "rename or remove one of them");
        }
        is_new
    });
}

/// Takes the tokens of one item and parses them separately, so that a mistake in one item does not hide others.
fn item(input: ParseStream<'_>, errors: &mut Errors) -> Option<Item> {
    let read = |input: ParseStream<'_>| read_item(input, errors);
    match read.parse2(tokens_of_item(input)) {
        Ok(item) => item,
        Err(error) => {
            errors.add_syntax(error);
            None
        }
    }
}

/// Returns whether the next item is a constant or a type, which ends with a `;` even if it contains blocks.
fn is_const_or_type(input: ParseStream<'_>) -> bool {
    let is_const = input.peek(Token![const]) && (input.peek2(syn::Ident) || input.peek2(Token![_]));
    is_const || input.peek(Token![type])
}

/// Parses the tokens of one item; `None` if nothing is generated for it.
fn read_item(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Item>> {
    let mut attributes = input.call(Attribute::parse_outer)?;
    if input.is_empty() {
        if let Some(attribute) = attributes.first() {
            let help = "write the method below it, or remove it";
            errors.add(SourceSpan::of(attribute), "expected a method after this attribute", help);
        }
        return Ok(None);
    }
    let what = if input.peek(Token![type]) {
        "a type"
    } else if is_const_or_type(input) {
        "a constant"
    } else if input.peek2(Token![!]) || input.peek(Token![::]) || input.peek2(Token![::]) {
        "a macro"
    } else {
        let method = method::read(attributes, input, errors)?;
        if method.name == "into_capability" {
            let help = "choose another name; `#[capability]` generates a method with this name";
            errors.add(method.signature.ident.span(), "the name `into_capability` is reserved", help);
            return Ok(None);
        }
        return Ok(Some(Item::Method(Box::new(method))));
    };
    let tokens: TokenStream = input.parse()?;
    errors.add(
        SourceSpan::of(&tokens),
        format!("a capability trait can contain only methods, found {what}"),
        "move it to another trait, or to the module",
    );
    attributes.retain(|attribute| helper_name(attribute, &METHOD_HELPERS).is_none());
    let mut item = TokenStream::new();
    for attribute in attributes {
        attribute.to_tokens(&mut item);
    }
    item.extend(tokens);
    Ok(Some(Item::Other(item)))
}

/// Takes the tokens of an item: up to a `;`, or up to a block if the item may end with one.
fn tokens_of_item(input: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while input.peek(Token![#]) && input.peek2(syn::token::Bracket) {
        tokens.extend(TokenTree::parse(input));
        tokens.extend(TokenTree::parse(input));
    }
    let ends_with_block = !is_const_or_type(input);
    while let Ok(token) = TokenTree::parse(input) {
        let ends = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(_) => ends_with_block && method::block(token.clone()).is_some(),
            _ => false,
        };
        tokens.extend([token]);
        if ends {
            break;
        }
    }
    tokens
}

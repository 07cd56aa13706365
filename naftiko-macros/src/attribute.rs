//! The arguments of an attribute as a tree of elements, such as words, literals, `key = value` and `key(…)`, with their spans.
//! Later stages interpret them. Tokens that cannot be parsed are reported and skipped, so that mistakes in the rest are
//! reported too.

use crate::errors::{Errors, SourceSpan};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Lit, LitStr, Meta, Token};

/// One element of a list of arguments.
#[derive(Clone)]
pub(crate) enum Element {
    /// `skip`
    Word(Ident),
    /// `"/users"`, `404`
    Literal(Lit),
    /// `name = "list"`
    Pair(Ident, Value),
    /// `"X-Org" = "{{env.ORG}}"`
    Named(LitStr, Value),
    /// `hints(read_only)`
    List(Ident, Vec<Element>),
    /// `github: GitHub`
    Typed(Ident, TokenStream),
    /// An expression in place of a literal, which is a mistake: `concat!("/a", "/b")`, `paths::A`.
    Expression(TokenStream),
}

/// The value after a `=`.
#[derive(Clone)]
pub(crate) enum Value {
    /// `"text"`, `8080`, `true`
    Literal(Lit),
    /// `["a", "b"]`
    Array(SourceSpan, Vec<Value>),
    /// Anything else: a path, or a mistake.
    Other(TokenStream),
}

impl Element {
    /// Returns its key, if it has one.
    pub(crate) fn key(&self) -> Option<&Ident> {
        match self {
            Self::Word(key) | Self::Pair(key, _) | Self::List(key, _) | Self::Typed(key, _) => Some(key),
            Self::Literal(_) | Self::Named(..) | Self::Expression(_) => None,
        }
    }

    /// Returns the span of its key or its literal.
    pub(crate) fn span(&self) -> SourceSpan {
        match self {
            Self::Word(key) | Self::Pair(key, _) | Self::List(key, _) | Self::Typed(key, _) => key.span().into(),
            Self::Literal(literal) => literal.span().into(),
            Self::Named(name, _) => name.span().into(),
            Self::Expression(tokens) => SourceSpan::of(tokens),
        }
    }

    /// Formats the element for a message, without the value of a key: `` `"/users"` ``, `` `name = …` ``.
    pub(crate) fn found(&self) -> String {
        match self {
            Self::Word(key) => format!("`{key}`"),
            Self::Literal(literal) => found(literal.to_token_stream()),
            Self::Pair(key, _) => format!("`{key} = …`"),
            Self::Named(name, _) => format!("`{} = …`", shown(name.to_token_stream())),
            Self::List(key, _) => format!("`{key}(…)`"),
            Self::Typed(key, _) => format!("`{key}: …`"),
            Self::Expression(tokens) => found(tokens.clone()),
        }
    }
}

impl Value {
    /// Formats the value for a message: `` `8080` ``.
    pub(crate) fn found(&self) -> String {
        match self {
            Self::Literal(literal) => found(literal.to_token_stream()),
            Self::Array(..) => "`[…]`".to_owned(),
            Self::Other(tokens) => found(tokens.clone()),
        }
    }

    /// Returns its span.
    pub(crate) fn span(&self) -> SourceSpan {
        match self {
            Self::Literal(literal) => literal.span().into(),
            Self::Array(span, _) => *span,
            Self::Other(tokens) => SourceSpan::of(tokens),
        }
    }
}

/// Formats tokens for a message: truncated, in backticks, and with `…` for the content of brackets.
pub(crate) fn found(tokens: TokenStream) -> String {
    format!("`{}`", shown(tokens))
}

fn shown(tokens: TokenStream) -> String {
    const LONGEST: usize = 40;
    let (mut text, mut after_word) = (String::new(), false);
    for token in tokens {
        let is_word = matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_));
        if is_word && after_word {
            text.push(' ');
        }
        match token {
            TokenTree::Group(group) => match group.delimiter() {
                Delimiter::Parenthesis => text.push_str("(…)"),
                Delimiter::Brace => text.push_str("{…}"),
                Delimiter::Bracket => text.push_str("[…]"),
                Delimiter::None => text.push_str(&shown(group.stream())),
            },
            token => text.push_str(&token.to_string()),
        }
        after_word = is_word;
    }
    let short: String = text.chars().take_while(|c| !c.is_control()).take(LONGEST).collect();
    if short == text { short } else { format!("{short}…") }
}

/// The attributes whose arguments all have keys.
const KEYED: [&str; 8] = ["rest", "tool", "resource", "prompt", "complete", "page", "schemars", "naftiko"];

/// Returns the arguments of an attribute. Reports the form `#[name = value]`, and then returns `None`.
pub(crate) fn arguments(attribute: &Attribute, errors: &mut Errors) -> Option<Vec<Element>> {
    match &attribute.meta {
        Meta::Path(_) => Some(Vec::new()),
        Meta::List(list) => Some(parse(list.tokens.clone(), errors)),
        Meta::NameValue(pair) => {
            let name = attribute.path().segments.last().map_or_else(String::new, |last| last.ident.to_string());
            if name == "skip" {
                errors.add(SourceSpan::of(&pair.value), "`#[skip]` takes no value", "write `#[skip]`");
                return None;
            }
            let value = Some(pair.value.to_token_stream().to_string());
            let is_bare = |value: &String| value.starts_with('"') || name == "status";
            let value = value.filter(|value| is_bare(value) && !KEYED.contains(&name.as_str()));
            errors.add(
                SourceSpan::of(&pair.value),
                format!("expected the arguments of `#[{name}]` in parentheses"),
                format!("write `#[{name}({})]`", value.as_deref().unwrap_or("…")),
            );
            None
        }
    }
}

/// Parses a list of elements.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Vec<Element> {
    let read = |input: ParseStream<'_>| Ok(elements(input, errors));
    // The parser consumes every token, so it cannot fail.
    read.parse2(tokens).unwrap_or_default()
}

/// Reads elements until the end of the input. Reports what cannot be parsed, and a missing comma, and goes on with the next element.
fn elements(input: ParseStream<'_>, errors: &mut Errors) -> Vec<Element> {
    let mut elements = Vec::new();
    while !input.is_empty() {
        match element(input, errors) {
            Ok(element) => elements.push(element),
            Err(error) => {
                errors.add_syntax(error);
                rest_of_element(input);
            }
        }
        if begins_element(input) {
            errors.add_plain(input.span(), "expected `,` before this");
            continue;
        }
        if !input.is_empty() && !input.peek(Token![,]) {
            let extra = rest_of_element(input);
            errors.add_plain(SourceSpan::of(&extra), "expected `,` before this");
        }
        // The last element needs no comma.
        let _ = input.parse::<Token![,]>();
    }
    elements
}

/// Returns whether the next tokens are a key with a value: `name =`, `name(…)`.
fn begins_element(input: ParseStream<'_>) -> bool {
    let has_value = input.peek2(Token![=]) && !input.peek2(Token![==]);
    input.peek(Ident::peek_any) && (has_value || input.peek2(syn::token::Paren))
}

/// Reads one element, without the comma after it.
fn element(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Element> {
    if input.peek(Lit) {
        return match input.parse()? {
            Lit::Str(name) if input.peek(Token![=]) => Ok(Element::Named(name, equals(input, errors)?)),
            literal => Ok(Element::Literal(literal)),
        };
    }
    if !input.peek(Ident::peek_any) {
        let found = input.cursor().token_tree().map(|(token, _)| format!(", found {}", found(token.into())));
        return Err(input.error(format!("expected a key or a value{}", found.unwrap_or_default())));
    }
    if input.peek2(Token![!]) || input.peek2(Token![::]) {
        return Ok(Element::Expression(rest_of_element(input)));
    }
    let key = input.call(Ident::parse_any)?;
    if input.peek(Token![=]) {
        return Ok(Element::Pair(key, equals(input, errors)?));
    }
    if input.peek(Token![:]) && !input.peek(Token![::]) {
        let colon = input.parse::<Token![:]>()?;
        let typed = rest_of_element(input);
        if typed.is_empty() {
            return Err(syn::Error::new(colon.span, "expected a value after `:`"));
        }
        return Ok(Element::Typed(key, typed));
    }
    if input.peek(syn::token::Paren) {
        let inside;
        syn::parenthesized!(inside in input);
        return Ok(Element::List(key, elements(&inside, errors)));
    }
    Ok(Element::Word(key))
}

/// Reads `=` and the value after it.
fn equals(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Value> {
    let equals = input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(equals.span, "expected a value after `=`"));
    }
    Ok(value(input, errors))
}

/// Reads a value: a literal, an array, or any other tokens up to the next comma.
fn value(input: ParseStream<'_>, errors: &mut Errors) -> Value {
    let ahead = input.fork();
    if ahead.parse::<Lit>().is_ok()
        && (ahead.is_empty() || ahead.peek(Token![,]) || begins_element(&ahead))
        && let Ok(literal) = input.parse()
    {
        return Value::Literal(literal);
    }
    if input.peek(syn::token::Bracket) {
        let mut array = |input: ParseStream<'_>| {
            let inside;
            let brackets = syn::bracketed!(inside in input);
            Ok::<_, syn::Error>(Value::Array(brackets.span.join().into(), values(&inside, errors)))
        };
        if let Ok(array) = array(input) {
            return array;
        }
    }
    Value::Other(rest_of_element(input))
}

/// Reads the values of an array until its end. Reports a missing value and a missing comma, and goes on with the next value.
fn values(input: ParseStream<'_>, errors: &mut Errors) -> Vec<Value> {
    let mut values = Vec::new();
    while !input.is_empty() {
        if input.peek(Token![,]) {
            errors.add_plain(input.span(), "expected a value before this `,`");
        } else {
            values.push(value(input, errors));
        }
        if !input.is_empty() && !input.peek(Token![,]) {
            errors.add_plain(SourceSpan::of(&rest_of_element(input)), "expected `,` before this");
        }
        // The last value needs no comma.
        let _ = input.parse::<Token![,]>();
    }
    values
}

/// Takes the tokens up to the next comma.
fn rest_of_element(input: ParseStream<'_>) -> TokenStream {
    let mut rest = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        match TokenTree::parse(input) {
            Ok(token) => rest.extend([token]),
            Err(_) => break,
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    /// Returns the keys of the elements in a text, with the number of values of their arrays, and the messages about the text.
    fn parsed(text: &str) -> (Vec<(String, usize)>, Vec<String>) {
        let mut errors = Errors::default();
        let elements = parse(text.parse().unwrap(), &mut errors);
        let of = |element: Element| match element {
            Element::Pair(key, Value::Array(_, values)) => (key.to_string(), values.len()),
            element => (element.key().map(Ident::to_string).unwrap_or_default(), 0),
        };
        let messages = errors.into_tokens().into_iter().filter_map(|token| match token {
            TokenTree::Group(message) => Some(syn::parse2::<LitStr>(message.stream()).unwrap().value()),
            _ => None,
        });
        (elements.into_iter().map(of).collect(), messages.collect())
    }

    #[test]
    fn a_mistake_in_an_array_does_not_hide_the_other_arguments() {
        let (comma, value) = ("expected `,` before this", "expected a value before this `,`");
        for (array, count, mistakes) in [
            (r#"["a", "b",]"#, 2, vec![]),
            (r#"["a" b = 1]"#, 1, vec![comma]),
            (r#"["a" b(1), "c" d = 2]"#, 2, vec![comma, comma]),
            (r#"[["a" b = 1], "c"]"#, 2, vec![comma]),
            (r#"[["a"] "b"]"#, 1, vec![comma]),
            ("[,]", 0, vec![value]),
            (r#"["a",, "b"]"#, 2, vec![value]),
        ] {
            let (elements, messages) = parsed(&format!("one = 1, tags = {array}, two = 2"));
            let expected = [("one", 0), ("tags", count), ("two", 0)].map(|(key, count)| (key.to_owned(), count));
            assert_eq!(
                (elements, messages),
                (expected.to_vec(), mistakes.iter().map(|&text| text.to_owned()).collect()),
                "{array}"
            );
        }
    }
}

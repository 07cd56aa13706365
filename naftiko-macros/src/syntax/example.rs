//! Reads the JSON in attributes and doc comments: examples, and keywords of schemas.

use super::docs;
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Keys, TextLiteral};
use naftiko_spec::model::{InputSchemaFault, wrong_input_schema};
use naftiko_spec::pointer::escape;
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use serde_json::{Map, Number, Value};
use std::iter::Peekable;
use syn::{Attribute, Lit, Meta};

const FORM: &str = "write JSON: `#[example(30)]`, `#[example(\"ci\")]`, `#[example({ \"id\": 7, \"tags\": [\"a\"] })]`";

/// Reads an example, and returns it with its span.
pub(super) fn read(attribute: &Attribute, errors: &mut Errors) -> Option<(Value, SourceSpan)> {
    let Meta::List(list) = &attribute.meta else {
        errors.add(SourceSpan::of(attribute.path()), "`#[example]` is empty", FORM);
        return None;
    };
    let mut tokens = list.tokens.clone().into_iter().peekable();
    let read = value(&mut tokens, "", &mut Vec::new())
        .and_then(|value| tokens.next().map_or(Ok(value), |extra| Err(Some(extra))));
    match read {
        Ok(value) => Some((value, SourceSpan::of(&list.tokens))),
        Err(at) => {
            let at = at.map_or_else(|| SourceSpan::of(attribute.path()), |token| token.span().into());
            errors.add(at, "expected JSON", FORM);
            None
        }
    }
}

/// The keywords of `input_schema = {…}`.
#[derive(Clone, Default)]
pub(crate) struct InputSchemaAttribute {
    pub(crate) keywords: Value,
    /// The spans of the member names and array items in it, by JSON Pointer (RFC 6901).
    pub(crate) spans: Vec<(String, SourceSpan)>,
}

/// Reads `input_schema = {…}`: keywords of JSON Schema.
pub(super) fn input_schema(keys: &mut Keys, errors: &mut Errors) -> Option<InputSchemaAttribute> {
    let tokens = keys.tokens("input_schema", errors)?;
    let mut tokens = tokens.into_iter().peekable();
    let at = tokens.peek().map_or_else(|| SourceSpan::from(Span::call_site()), |token| token.span().into());
    let mut spans = Vec::new();
    match value(&mut tokens, "", &mut spans) {
        Ok(keywords) => match wrong_input_schema(&keywords) {
            Some(why @ InputSchemaFault::NotAnObject) => errors.add(at, "expected an object of keywords", why.help()),
            Some(why) => errors.add(at, "the `type` of `input_schema` must be `object`", why.help()),
            None => return Some(InputSchemaAttribute { keywords, spans }),
        },
        Err(unexpected) => {
            let at = unexpected.map_or(at, |token| token.span().into());
            errors.add(at, "expected JSON", InputSchemaFault::NotAnObject.help());
        }
    }
    None
}

/// Reads the examples in the doc comments among these attributes.
pub(super) fn of_docs(attributes: &[Attribute], errors: &mut Errors) -> Vec<(Value, SourceSpan)> {
    let mut examples = Vec::new();
    for TextLiteral { value, span } in docs::examples(attributes) {
        match serde_json::from_str(&value) {
            Ok(example) => examples.push((example, span)),
            Err(error) => {
                let help = "write JSON, or remove the language `json` of this block";
                errors.add(span, format!("the example is not valid JSON: {error}"), help);
            }
        }
    }
    examples
}

type Tokens = Peekable<proc_macro2::token_stream::IntoIter>;

/// Reads a JSON value at a JSON Pointer, and adds the spans of the member names and array items in it. The error is the unexpected
/// token, or `None` if the tokens end too early.
fn value(tokens: &mut Tokens, at: &str, spans: &mut Vec<(String, SourceSpan)>) -> Result<Value, Option<TokenTree>> {
    let token = tokens.next().ok_or(None)?;
    match &token {
        TokenTree::Ident(word) if word == "null" => Ok(Value::Null),
        TokenTree::Ident(word) if word == "true" || word == "false" => Ok((word == "true").into()),
        TokenTree::Literal(_) => literal(token.clone(), "").ok_or(Some(token)),
        TokenTree::Punct(minus) if minus.as_char() == '-' => {
            let number = tokens.next().ok_or(Some(token))?;
            literal(number.clone(), "-").ok_or(Some(number))
        }
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
            let mut index = 0..;
            let items = separated(group.stream(), |tokens| {
                let at = format!("{at}/{}", index.next().unwrap_or(0_usize));
                spans.extend(tokens.peek().map(|token| (at.clone(), token.span().into())));
                value(tokens, &at, spans)
            })?;
            Ok(Value::Array(items))
        }
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            let members = separated(group.stream(), |tokens| {
                let name = tokens.next().ok_or(None)?;
                let Some(Value::String(key)) = literal(name.clone(), "") else { return Err(Some(name)) };
                let at = format!("{at}/{}", escape(&key));
                spans.push((at.clone(), name.span().into()));
                match tokens.next() {
                    Some(TokenTree::Punct(colon)) if colon.as_char() == ':' => Ok((key, value(tokens, &at, spans)?)),
                    other => Err(other.or(Some(name))),
                }
            })?;
            Ok(Value::Object(members.into_iter().collect::<Map<_, _>>()))
        }
        _ => Err(Some(token)),
    }
}

/// Reads values between commas.
fn separated<T>(
    stream: TokenStream,
    mut one: impl FnMut(&mut Tokens) -> Result<T, Option<TokenTree>>,
) -> Result<Vec<T>, Option<TokenTree>> {
    let mut tokens = stream.into_iter().peekable();
    let mut all = Vec::new();
    while tokens.peek().is_some() {
        all.push(one(&mut tokens)?);
        match tokens.next() {
            Some(TokenTree::Punct(comma)) if comma.as_char() == ',' => {}
            None => {}
            other => return Err(other),
        }
    }
    Ok(all)
}

/// Returns a literal with that sign as JSON.
fn literal(token: TokenTree, sign: &str) -> Option<Value> {
    match syn::parse2::<Lit>(token.into()).ok()? {
        Lit::Str(text) if sign.is_empty() => Some(text.value().into()),
        Lit::Bool(flag) if sign.is_empty() => Some(flag.value.into()),
        Lit::Int(number) => {
            serde_json::from_str::<Number>(&format!("{sign}{}", number.base10_digits())).ok().map(Into::into)
        }
        Lit::Float(number) => {
            serde_json::from_str::<Number>(&format!("{sign}{}", number.base10_digits())).ok().map(Into::into)
        }
        _ => None,
    }
}

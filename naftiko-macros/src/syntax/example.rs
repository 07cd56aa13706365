//! Reads the JSON in attributes and doc comments: examples, and keywords of schemas.

use super::docs;
use crate::attribute::found;
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
    let list = match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => list,
        Meta::NameValue(pair) => {
            errors.add(SourceSpan::of(&pair.value), "expected the example in parentheses", FORM);
            return None;
        }
        _ => {
            errors.add(SourceSpan::of(attribute.path()), "`#[example]` is empty", FORM);
            return None;
        }
    };
    match whole(list.tokens.clone(), "", &mut Vec::new()) {
        Ok(value) => Some((value, SourceSpan::of(&list.tokens))),
        Err(wrong) => {
            wrong.report(SourceSpan::of(attribute.path()), FORM, errors);
            None
        }
    }
}

/// The keywords of `input_schema = {…}`.
#[derive(Clone, Default)]
pub(crate) struct InputSchemaAttribute {
    pub(crate) keywords: Value,
    /// The spans of the member names and array items in it, by JSON Pointer (RFC 6901).
    pub(crate) spans: Spans,
}

/// Reads `input_schema = {…}`: keywords of JSON Schema.
pub(super) fn input_schema(keys: &mut Keys, errors: &mut Errors) -> Option<InputSchemaAttribute> {
    let tokens = keys.tokens("input_schema", "an object of keywords", errors)?;
    let at = SourceSpan::from(SourceSpan::of(&tokens).start());
    let mut spans = Vec::new();
    match whole(tokens, "", &mut spans) {
        Ok(keywords) => match wrong_input_schema(&keywords) {
            Some(why @ InputSchemaFault::NotAnObject) => errors.add(at, "expected an object of keywords", why.help()),
            Some(why) => {
                let found = keywords.get("type").map(|found| format!(", found `{found}`")).unwrap_or_default();
                errors.add(at, format!("the `type` of `input_schema` must be `object`{found}"), why.help());
            }
            None => return Some(InputSchemaAttribute { keywords, spans }),
        },
        Err(wrong) => wrong.report(at, InputSchemaFault::NotAnObject.help(), errors),
    }
    None
}

/// Reads the examples in the doc comments among these attributes.
pub(super) fn of_docs(attributes: &[Attribute], errors: &mut Errors) -> Vec<(Value, SourceSpan)> {
    let mut examples = Vec::new();
    for TextLiteral { value, span } in docs::examples(attributes) {
        match serde_json::from_str(&value) {
            Ok(example) => match numbers(&value).find(|number| !is_exact(number)) {
                None => examples.push((example, span)),
                Some(number) => {
                    let message = format!("the number `{number}` in the example does not fit exactly into 64 bits");
                    errors.add(span, message, "write fewer digits, or remove it");
                }
            },
            Err(error) => {
                let help = "write JSON, or remove the language `json` of this block";
                errors.add(span, format!("the example is not valid JSON: {error}"), help);
            }
        }
    }
    examples
}

/// What a message says was expected if a token is not JSON.
const JSON: &str = "JSON";

/// Returns the numbers in JSON, as they are written.
fn numbers(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        loop {
            rest = rest.get(rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit())?..)?;
            if let Some(text) = rest.strip_prefix('"') {
                rest = after_string(text)?;
                continue;
            }
            let end = rest.find(|c: char| !c.is_ascii_digit() && !"+-.eE".contains(c)).unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            rest = after;
            return Some(number);
        }
    })
}

/// Returns the JSON after the end of a string. `inside` begins after the opening quote.
fn after_string(inside: &str) -> Option<&str> {
    let mut characters = inside.chars();
    loop {
        match characters.next()? {
            '"' => return Some(characters.as_str()),
            '\\' => drop(characters.next()),
            _ => {}
        }
    }
}

/// Returns whether a number in JSON is a 64-bit integer, or has the same digits as the nearest `f64`.
fn is_exact(number: &str) -> bool {
    let digits = |number: &str| {
        let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        digits.trim_matches('0').to_owned()
    };
    integer(number).is_ok() || number.parse::<f64>().is_ok_and(|float| digits(&format!("{float:e}")) == digits(number))
}

type Tokens = Peekable<proc_macro2::token_stream::IntoIter>;
type Spans = Vec<(String, SourceSpan)>;

/// The reason why tokens are not JSON.
enum Wrong {
    /// They end too early.
    End,
    /// What is missing after this token.
    Missing(Span, &'static str),
    /// What was expected in place of a token.
    Token(&'static str, TokenTree),
    /// A number that attributes cannot express, and why.
    Number(Span, &'static str),
    /// The second member with that name.
    Twice(Span, String),
}

impl Wrong {
    /// Reports the mistake; `whole` is the span of all tokens, and `form` how JSON is written there.
    fn report(self, whole: SourceSpan, form: &str, errors: &mut Errors) {
        match self {
            Self::End => errors.add(whole, "expected JSON", form),
            Self::Missing(at, expected) => errors.add(at, format!("expected {expected} after this"), form),
            Self::Token(expected, token) => {
                let at = token.span();
                errors.add(at, format!("expected {expected}, found {}", found(token.into())), form);
            }
            Self::Number(at, why) => errors.add(at, why, SMALLER),
            Self::Twice(at, name) => {
                errors.add(at, format!("the member `{}` is given twice", name.escape_debug()), "keep one of them");
            }
        }
    }
}

/// Reads the next JSON value, whose JSON Pointer is `at`, and adds the spans of the member names and array items in it.
fn value(tokens: &mut Tokens, at: &str, spans: &mut Spans) -> Result<Value, Wrong> {
    let token = tokens.next().ok_or(Wrong::End)?;
    match &token {
        TokenTree::Ident(word) if word == "null" => Ok(Value::Null),
        TokenTree::Ident(word) if word == "true" || word == "false" => Ok((word == "true").into()),
        TokenTree::Literal(_) => literal(token, ""),
        TokenTree::Punct(minus) if minus.as_char() == '-' => match tokens.next() {
            Some(number) => literal(number, "-"),
            None => Err(Wrong::Missing(minus.span(), "a number")),
        },
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
            let mut members = Map::new();
            separated(group.stream(), |tokens| {
                let name = tokens.next().ok_or(Wrong::End)?;
                let Ok(Value::String(key)) = literal(name.clone(), "") else {
                    return Err(Wrong::Token("the name of a member in quotes", name));
                };
                if members.contains_key(&key) {
                    return Err(Wrong::Twice(name.span(), key));
                }
                let at = format!("{at}/{}", escape(&key));
                spans.push((at.clone(), name.span().into()));
                match tokens.next() {
                    Some(TokenTree::Punct(colon)) if colon.as_char() == ':' => {
                        if tokens.peek().is_none() {
                            return Err(Wrong::Missing(colon.span(), "a value"));
                        }
                        members.insert(key, value(tokens, &at, spans)?);
                        Ok(())
                    }
                    Some(other) => Err(Wrong::Token("`:` and a value", other)),
                    None => Err(Wrong::Missing(name.span(), "`:` and a value")),
                }
            })?;
            Ok(Value::Object(members))
        }
        // A fragment of a macro, such as `$limit:literal`, is in an invisible group.
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => whole(group.stream(), at, spans),
        _ => Err(Wrong::Token(JSON, token)),
    }
}

/// Reads tokens that are one JSON value.
fn whole(tokens: TokenStream, at: &str, spans: &mut Spans) -> Result<Value, Wrong> {
    let mut tokens = tokens.into_iter().peekable();
    let value = value(&mut tokens, at, spans)?;
    tokens.next().map_or(Ok(value), |extra| Err(Wrong::Token("one JSON value", extra)))
}

/// Reads values between commas.
fn separated<T>(stream: TokenStream, mut one: impl FnMut(&mut Tokens) -> Result<T, Wrong>) -> Result<Vec<T>, Wrong> {
    let mut tokens = stream.into_iter().peekable();
    let mut all = Vec::new();
    while tokens.peek().is_some() {
        all.push(one(&mut tokens)?);
        match tokens.next() {
            Some(TokenTree::Punct(comma)) if comma.as_char() == ',' => {}
            None => {}
            Some(other) => return Err(Wrong::Token("`,`", other)),
        }
    }
    Ok(all)
}

/// Reads a literal after a sign, `-` or nothing, as JSON.
fn literal(token: TokenTree, sign: &str) -> Result<Value, Wrong> {
    let at = token.span();
    let Ok(literal) = syn::parse2::<Lit>(token.clone().into()) else { return Err(Wrong::Token(JSON, token)) };
    match literal {
        Lit::Str(text) if sign.is_empty() => Ok(text.value().into()),
        Lit::Bool(flag) if sign.is_empty() => Ok(flag.value.into()),
        Lit::Int(number) => integer(&format!("{sign}{}", number.base10_digits())).map_err(|why| Wrong::Number(at, why)),
        Lit::Float(number) => float(&format!("{sign}{}", number.base10_digits())).map_err(|why| Wrong::Number(at, why)),
        _ => Err(Wrong::Token(JSON, token)),
    }
}

/// What to do with a number that attributes cannot express.
pub(super) const SMALLER: &str = "write a smaller number, or remove it";

/// Reads the decimal digits of an integer; the error says why they cannot be in an attribute.
pub(super) fn integer(digits: &str) -> Result<Value, &'static str> {
    let narrow = digits.parse::<i64>().map(Value::from);
    narrow.or_else(|_| digits.parse::<u64>().map(Value::from)).map_err(|_| "this integer does not fit in 64 bits")
}

/// Reads the digits of a float; the error says why they cannot be in an attribute.
pub(super) fn float(digits: &str) -> Result<Value, &'static str> {
    let number = digits.parse::<f64>().ok().and_then(Number::from_f64);
    number.map(Value::Number).ok_or("the number is out of the range of `f64`")
}

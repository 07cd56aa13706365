//! Collects the mistakes in the user's source, and reports all of them at once, each at its tokens.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use std::fmt::Display;

/// A span of the user's source, from its first token to its last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SourceSpan {
    start: Span,
    end: Span,
}

impl SourceSpan {
    /// Returns the span of the tokens, or of the macro call if there are none.
    pub(crate) fn of(tokens: &impl ToTokens) -> Self {
        let mut tokens = tokens.to_token_stream().into_iter();
        let Some(first) = tokens.next() else { return Span::call_site().into() };
        let end = tokens.last().map_or_else(|| first.span(), |last| last.span());
        Self { start: first.span(), end }
    }

    /// Returns the span from one token to another.
    pub(crate) fn between(start: Span, end: Span) -> Self {
        Self { start, end }
    }

    /// Returns the span of its first token.
    pub(crate) fn start(self) -> Span {
        self.start
    }
}

impl From<Span> for SourceSpan {
    fn from(span: Span) -> Self {
        Self { start: span, end: span }
    }
}

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<Mistake>);

#[derive(Debug)]
struct Mistake {
    at: SourceSpan,
    message: String,
}

impl Errors {
    /// Adds a mistake; `help` describes how to fix it.
    pub(crate) fn add(&mut self, at: impl Into<SourceSpan>, message: impl Display, help: impl Display) {
        self.0.push(Mistake { at: at.into(), message: format!("{message}\nhelp: {help}") });
    }

    /// Adds a mistake without a help text.
    pub(crate) fn add_plain(&mut self, at: impl Into<SourceSpan>, message: impl Display) {
        self.0.push(Mistake { at: at.into(), message: message.to_string() });
    }

    /// Adds the errors of a `syn` parser.
    pub(crate) fn add_syntax(&mut self, error: syn::Error) {
        for error in error {
            self.add_plain(error.span(), &error);
        }
    }

    /// Returns whether there are no mistakes.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of mistakes so far.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Adds the mistakes of another list.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Returns a `compile_error!` for each mistake.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.into_iter().flat_map(|mistake| compile_error(mistake.at, &mistake.message)).collect()
    }
}

/// Returns `::core::compile_error! { "message" }`, underlined from the first token of the span to its last.
fn compile_error(at: SourceSpan, message: &str) -> Vec<TokenTree> {
    let punct = |c, spacing| {
        let mut punct = Punct::new(c, spacing);
        punct.set_span(at.start);
        TokenTree::Punct(punct)
    };
    let mut text = Literal::string(message);
    text.set_span(at.end);
    let mut braces = Group::new(Delimiter::Brace, TokenTree::Literal(text).into());
    braces.set_span(at.end);
    vec![
        punct(':', Spacing::Joint),
        punct(':', Spacing::Alone),
        Ident::new("core", at.start).into(),
        punct(':', Spacing::Joint),
        punct(':', Spacing::Alone),
        Ident::new("compile_error", at.start).into(),
        punct('!', Spacing::Alone),
        braces.into(),
    ]
}

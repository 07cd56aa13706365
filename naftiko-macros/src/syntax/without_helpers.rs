//! Removes helper attributes from an item that is not a trait.

use super::helper_names::{ARGUMENT_HELPERS, METHOD_HELPERS};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Returns an `impl` block without helper attributes, which the compiler would report too; returns any other item unchanged.
pub(crate) fn without_helpers(item: TokenStream) -> TokenStream {
    let is_impl = item.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "impl"));
    if is_impl { removed(item) } else { item }
}

fn removed(tokens: TokenStream) -> TokenStream {
    let mut kept = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (token, tokens.peek()) {
            (TokenTree::Punct(hash), Some(TokenTree::Group(attribute)))
                if hash.as_char() == '#' && is_helper(attribute) =>
            {
                tokens.next();
            }
            (TokenTree::Group(group), _) => {
                let mut inner = Group::new(group.delimiter(), removed(group.stream()));
                inner.set_span(group.span());
                kept.extend([TokenTree::Group(inner)]);
            }
            (token, _) => kept.extend([token]),
        }
    }
    kept
}

/// Returns whether these are the brackets of a helper attribute.
fn is_helper(brackets: &Group) -> bool {
    let first = brackets.stream().into_iter().next().map(|token| token.to_string());
    let mut names = METHOD_HELPERS.iter().chain(&ARGUMENT_HELPERS);
    brackets.delimiter() == Delimiter::Bracket && first.is_some_and(|first| names.any(|name| *name == first))
}

//! Doc comments as descriptions.

use crate::errors::Spot;
use crate::keys::Text;
use proc_macro2::Span;
use std::path::PathBuf;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Lit, Meta, Token};

/// The description in the doc comments among these attributes.
pub(crate) fn description(attributes: &[Attribute]) -> Option<Text> {
    let mut spot: Option<Spot> = None;
    let mut lines: Vec<String> = Vec::new();
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else { continue };
        if !pair.path.is_ident("doc") {
            continue;
        }
        let Some(text) = text(&pair.value) else { continue };
        spot.get_or_insert_with(|| Spot::of(&pair.value));
        if !matches!(pair.value, Expr::Lit(_)) {
            lines.extend(text.lines().map(str::to_owned));
        } else if text.contains('\n') {
            // A block comment: its lines may start with a star.
            lines.extend(text.lines().map(|line| {
                let line = line.trim_start();
                line.strip_prefix('*')
                    .filter(|rest| rest.is_empty() || rest.starts_with(' '))
                    .unwrap_or(line)
                    .to_owned()
            }));
        } else {
            lines.push(text);
        }
    }
    let value = paragraphs(lines.iter().map(String::as_str));
    spot.filter(|_| !value.is_empty()).map(|spot| Text { value, spot })
}

/// Where a description stands whose text only the compiler knows, if there is no other.
pub(crate) fn unreadable(attributes: &[Attribute]) -> Option<Spot> {
    let values = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => Some(&pair.value),
        _ => None,
    });
    let unread = values.filter(|value| text(value).is_none()).map(Spot::of).next()?;
    description(attributes).is_none().then_some(unread)
}

/// The text of a literal, of `concat!`, `env!` and of `include_str!`; none where it cannot be known here.
fn text(expression: &Expr) -> Option<String> {
    let of_macro = match expression {
        Expr::Lit(literal) => {
            return match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                Lit::Char(c) => Some(c.value().to_string()),
                Lit::Bool(flag) => Some(flag.value.to_string()),
                Lit::Int(number) => Some(number.base10_digits().to_owned()),
                _ => None,
            };
        }
        Expr::Group(group) => return text(&group.expr),
        Expr::Paren(paren) => return text(&paren.expr),
        Expr::Macro(of_macro) => &of_macro.mac,
        _ => return None,
    };
    let arguments = of_macro.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated).ok()?;
    match (of_macro.path.segments.last()?.ident.to_string().as_str(), arguments.first()) {
        ("concat", _) => arguments.iter().map(text).collect(),
        ("env", Some(name)) => std::env::var(text(name)?).ok(),
        ("include_str", Some(path)) => std::fs::read_to_string(beside(path.span())?.join(text(path)?)).ok(),
        _ => None,
    }
}

/// The folder of the source file that a span is in: `include_str!` starts there.
fn beside(span: Span) -> Option<PathBuf> {
    // Outside of the compiler, in tests, a span has no file.
    let file = if proc_macro::is_available() { span.unwrap().local_file()? } else { PathBuf::from("src/lib.rs") };
    file.parent().map(Into::into)
}

/// The text up to the first heading or code block, with the lines of a paragraph joined.
fn paragraphs<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    let mut apart = false;
    for line in lines {
        let line = line.strip_prefix(' ').unwrap_or(line).trim_end();
        if is_heading(line) || line.starts_with("```") || line.starts_with("~~~") || line.starts_with("    ") {
            break;
        }
        let line = line.trim_start();
        if line.is_empty() {
            apart = !text.is_empty();
            continue;
        }
        if apart {
            text.push_str("\n\n");
        } else if !text.is_empty() {
            text.push(if starts_block(line) { '\n' } else { ' ' });
        }
        apart = false;
        text.push_str(line);
    }
    text
}

fn is_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    rest.len() < line.len() && (rest.is_empty() || rest.starts_with(' '))
}

/// Whether a line stands for itself: an item of a list, a quotation, a row of a table.
fn starts_block(line: &str) -> bool {
    let numbered = || {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < line.len() && (rest.starts_with(". ") || rest.starts_with(") "))
    };
    ["- ", "* ", "+ ", "> ", "|"].iter().any(|start| line.starts_with(start)) || numbered()
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn of(lines: &str) -> String {
        paragraphs(lines.lines())
    }

    #[test]
    fn lines_of_a_paragraph_are_joined() {
        assert_eq!(of(" One line\n and another.\n\n Next paragraph."), "One line and another.\n\nNext paragraph.");
        assert_eq!(of("\n\n Late.\n\n\n"), "Late.");
    }

    #[test]
    fn a_heading_or_a_code_block_ends_the_description() {
        assert_eq!(of(" Text.\n\n # Errors\n If so."), "Text.");
        assert_eq!(of(" Text.\n ```\n code\n ```\n more"), "Text.");
        assert_eq!(of(" Text.\n\n     code"), "Text.");
        assert_eq!(of(" # Only a heading"), "");
        assert_eq!(of(" #hashtag is text"), "#hashtag is text");
    }

    #[test]
    fn lists_keep_their_lines() {
        assert_eq!(
            of(" Takes:\n - this\n   and that\n - more\n 1. first"),
            "Takes:\n- this and that\n- more\n1. first"
        );
    }

    #[test]
    fn attributes_between_the_lines_lose_nothing() {
        let method: syn::TraitItemFn = parse_quote! {
            /// One
            #[allow(unused)]
            #[doc(hidden)]
            /// two.
            fn f();
        };
        assert_eq!(description(&method.attrs).map(|text| text.value).as_deref(), Some("One two."));
    }

    #[test]
    fn texts_that_macros_put_together_are_descriptions() {
        let method: syn::TraitItemFn = parse_quote! {
            #[doc = concat!("Reads ", 2, " ", "things.\n\n* one\n* two\n\n# Errors\nNone.")]
            fn f();
        };
        let text = description(&method.attrs).map(|text| text.value);
        assert_eq!(text.as_deref(), Some("Reads 2 things.\n\n* one\n* two"));
        let method: syn::TraitItemFn = parse_quote! {
            #[doc = include_str!("../docs/skip.md")]
            fn f();
        };
        assert!(description(&method.attrs).is_some());
        assert!(unreadable(&method.attrs).is_none());
        let method: syn::TraitItemFn = parse_quote! {
            #[doc = some::texts!(1)]
            fn f();
        };
        assert!(description(&method.attrs).is_none());
        assert!(unreadable(&method.attrs).is_some());
    }

    #[test]
    fn block_comments_lose_their_stars() {
        let method: syn::TraitItemFn = parse_quote! {
            #[doc = "\n     * One\n     * two.\n     "]
            fn f();
        };
        assert_eq!(description(&method.attrs).map(|text| text.value).as_deref(), Some("One two."));
    }
}

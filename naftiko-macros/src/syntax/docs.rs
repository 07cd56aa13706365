//! Doc comments as descriptions.

use crate::errors::Spot;
use crate::keys::Text;
use syn::{Attribute, Expr, Lit, Meta};

/// The description in the doc comments among these attributes.
pub(crate) fn description(attributes: &[Attribute]) -> Option<Text> {
    let mut spot: Option<Spot> = None;
    let mut lines: Vec<String> = Vec::new();
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else { continue };
        if !pair.path.is_ident("doc") {
            continue;
        }
        // `#[doc = include_str!(…)]` is a text that nobody here can read.
        let Expr::Lit(literal) = &pair.value else { continue };
        let Lit::Str(text) = &literal.lit else { continue };
        spot.get_or_insert_with(|| text.span().into());
        let text = text.value();
        if text.contains('\n') {
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
    fn block_comments_lose_their_stars() {
        let method: syn::TraitItemFn = parse_quote! {
            #[doc = "\n     * One\n     * two.\n     "]
            fn f();
        };
        assert_eq!(description(&method.attrs).map(|text| text.value).as_deref(), Some("One two."));
    }
}

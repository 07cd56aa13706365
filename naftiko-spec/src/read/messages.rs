//! Describes values of the document in messages.

use super::tree::{Node, Tree};
use crate::diagnostic::plain;

/// The maximum length of a text that a message quotes, in bytes.
const MAX_QUOTED: usize = 40;

/// Returns the message about a type that is read as another one.
pub(super) fn type_message(node: &Node, known: &str) -> String {
    match node.tree {
        Tree::List(_) => format!("expected one type, found a list; read as `{known}`"),
        _ => format!("the type {} read as `{known}`", describe(node)),
    }
}

/// Describes a value for a message: a scalar or a short string by its text, any other value by its type.
pub(super) fn describe(node: &Node) -> String {
    match &node.tree {
        Tree::Text(text) if text.len() <= MAX_QUOTED => format!("\"{}\"", plain(text)),
        Tree::Scalar(_, text) => plain(text),
        _ => node.kind().to_owned(),
    }
}

/// Returns the message about a number or a boolean that is read as a string. Credentials must not appear in messages.
pub(super) fn as_string_message(what: &str, kind: &str, text: &str) -> String {
    let secret = matches!(what, "token" | "password" | "value" | "username");
    let shown = if secret { "a string".to_owned() } else { format!("the string \"{}\"", plain(text)) };
    format!("`{}` is {kind}; read as {shown}", plain(what))
}

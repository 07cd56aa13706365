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

/// Describes a value for a message: a short scalar by its text, any other value by its type.
pub(super) fn describe(node: &Node) -> String {
    match &node.tree {
        Tree::Text(text) if text.len() <= MAX_QUOTED => format!("\"{}\"", plain(text)),
        Tree::Scalar(_, text) if text.len() <= MAX_QUOTED => plain(text),
        _ => node.kind().to_owned(),
    }
}

/// Returns the message about a number or a boolean that is read as a string. It does not quote the value, which may be a secret.
pub(super) fn as_string_message(what: &str, kind: &str) -> String {
    format!("`{}` is {kind}; read as a string", plain(what))
}

#[cfg(test)]
mod tests {
    use super::super::tree::Position;
    use super::*;
    use serde_json::Value;

    #[test]
    fn long_texts_are_not_quoted() {
        let scalar =
            |text: &str| Node { place: Position::default(), tree: Tree::Scalar(Value::from(1), text.to_owned()) };
        assert_eq!(describe(&scalar("0.10")), "0.10");
        let long = format!("0.{}", "1".repeat(100));
        assert_eq!(describe(&scalar(&long)), "a number");
    }
}

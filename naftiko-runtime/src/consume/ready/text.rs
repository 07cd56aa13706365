//! Prepares text templates of JSON and form bodies: the name before a value decides whether a variable is a secret.

use super::SourceLoader;
use crate::consume::source::ReadyPiece;
use naftiko_spec::lower::Piece;

impl SourceLoader<'_, '_, '_, '_> {
    /// Prepares the pieces of a text that is JSON or a form.
    pub(super) fn named_pieces(&mut self, pieces: Vec<Piece>) -> Vec<ReadyPiece> {
        let mut before = String::new();
        let piece = |piece| match piece {
            Piece::Literal(literal) => {
                before.push_str(&literal);
                ReadyPiece::Literal(literal)
            }
            Piece::Value(source) | Piece::Rest(source) => {
                let name = name_before_value(&before).to_owned();
                before.clear();
                ReadyPiece::Value(if name.is_empty() { self.source(source) } else { self.sent(&name, source) })
            }
        };
        pieces.into_iter().map(piece).collect()
    }
}

/// Returns the name of the value that follows this beginning of a JSON or form body: `password` for `{"password": "`
/// and for `a=1&password=`; empty if there is none.
fn name_before_value(text: &str) -> &str {
    let text = text.trim_end();
    if let Some(fields) = text.strip_suffix('=') {
        return fields.rsplit('&').next().unwrap_or_default().trim();
    }
    let name = || text.strip_suffix('"').unwrap_or(text).trim_end().strip_suffix(':')?.trim_end().strip_suffix('"');
    name().and_then(|members| members.rsplit('"').next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::name_before_value;

    #[test]
    fn the_name_before_a_value_is_found() {
        for (text, name) in [
            (r#"{"password": ""#, "password"),
            (r#"{"a": 1, "client secret" :"#, "client secret"),
            ("a=1&password=", "password"),
            ("password=", "password"),
            (r#"{"auth": "Bearer "#, ""),
            ("Hello ", ""),
            ("a=1", ""),
            ("\"", ""),
            ("", ""),
        ] {
            assert_eq!(name_before_value(text), name, "{text}");
        }
    }
}

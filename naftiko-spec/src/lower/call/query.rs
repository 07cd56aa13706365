//! The query in the path of a consumed operation.

/// Decodes a name or a value in a query, where `+` is a space (WHATWG URL, section 5.1). A text that is not valid
/// percent-encoding of UTF-8 is kept.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit =
                    |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else { return text.to_owned() };
                high * 16 + low
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn a_text_is_decoded_once_or_kept() {
        for (text, expected) in [
            ("a%20b+c", "a b c"),
            ("it's", "it's"),
            ("%C3%A9%2520", "é%20"),
            ("a%2", "a%2"),
            ("%zz+", "%zz+"),
            ("%ff", "%ff"),
        ] {
            assert_eq!(decoded(text), expected, "{text}");
        }
    }
}

//! Decodes answers into values. Time and memory are proportional to the size of the input, up to a limit.
//!
//! | format | becomes |
//! |---|---|
//! | JSON | its value; `null` if it is empty |
//! | XML | see [`xml`] |
//! | CSV, TSV, PSV | a list of objects, one for each row; the first row contains the names, unless the Content-Type has `header=absent` |
//! | YAML | its value; a list if it contains several documents |
//! | HTML | its tables, see [`html`] |
//! | Markdown | an object: `frontMatter`, `tables`, `text` |
//! | text | one string |
//! | binary | a string, in base64 (RFC 4648, section 4) |

#[cfg(feature = "formats")]
mod delimited;
#[cfg(feature = "formats")]
mod html;
#[cfg(feature = "formats")]
mod markdown;
#[cfg(feature = "formats")]
mod table;
#[cfg(feature = "formats")]
mod xml;
#[cfg(feature = "formats")]
mod yaml;

use super::Budget;
use super::text;
use crate::schema::json_location;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use naftiko_spec::lower::Format;
use serde_json::Value;

/// Decodes an answer, and reserves the memory of its value from the budget, unless it is JSON, text or base64. From its Content-Type,
/// reads only the character encoding, and whether rows have a header; `format` is the format.
///
/// # Errors
/// Returns an error if the answer is not in that format, or needs too much memory; the message does not quote the answer.
pub(crate) fn decode(
    format: Format,
    bytes: &[u8],
    content_type: Option<&str>,
    budget: &mut Budget,
) -> Result<Value, String> {
    let charset = content_type.and_then(text::charset);
    let strict = || text::strict(bytes, charset);
    let lenient = || text::lenient(bytes, charset);
    #[cfg(feature = "formats")]
    let rows = |separator, budget| {
        let header = content_type.and_then(|content_type| text::parameter(content_type, "header"));
        let has_header = !header.is_some_and(|header| header.eq_ignore_ascii_case("absent"));
        delimited::decode(&lenient()?, separator, has_header, budget)
    };
    match format {
        Format::Json => json(&strict()?),
        Format::Text => Ok(Value::String(lenient()?.into_owned())),
        Format::Binary => Ok(Value::String(STANDARD.encode(bytes))),
        Format::Stream => Err("a stream cannot be decoded as one value".to_owned()),
        #[cfg(feature = "formats")]
        Format::Xml => xml::decode(&text::strict(bytes, charset.or_else(|| text::declared_by_xml(bytes)))?, budget),
        #[cfg(feature = "formats")]
        Format::Csv => rows(b',', budget),
        #[cfg(feature = "formats")]
        Format::Tsv => rows(b'\t', budget),
        #[cfg(feature = "formats")]
        Format::Psv => rows(b'|', budget),
        #[cfg(feature = "formats")]
        Format::Yaml => yaml::decode(&strict()?, budget),
        #[cfg(feature = "formats")]
        Format::Html => html::decode(&lenient()?, budget),
        #[cfg(feature = "formats")]
        Format::Markdown => markdown::decode(&lenient()?, budget),
        // The client rejects a call with such a format at startup.
        #[cfg(not(feature = "formats"))]
        _ => Err("the feature `formats` is off".to_owned()),
    }
}

fn json(text: &str) -> Result<Value, String> {
    if text.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    crate::limits::memory::json_fits(text.as_bytes())?;
    serde_json::from_str(text).map_err(|error| {
        format!("{}, at line {}, column {}", json_location::fault(&error), error.line(), error.column())
    })
}

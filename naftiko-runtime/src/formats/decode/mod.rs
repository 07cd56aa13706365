//! Answers as values. Each format takes time and memory in proportion to what it is given, up to a limit.
//!
//! | format | becomes |
//! |---|---|
//! | JSON | what it says; `null` where there is nothing |
//! | XML | see [`xml`] |
//! | CSV, TSV, PSV | a list of objects, one for each row, named by the first row |
//! | YAML | what it says; a list of what its documents say where there are several |
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

#[cfg(feature = "formats")]
use super::Budget;
use super::text;
use crate::schema::json_location;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use naftiko_spec::lower::Format;
use serde_json::Value;

/// What an answer says. Its Content-Type is asked for the encoding alone.
///
/// # Errors
/// If it is not written in that format, or asks for more memory than an answer may; the message does not repeat it.
pub(crate) fn decode(format: Format, bytes: &[u8], content_type: Option<&str>) -> Result<Value, String> {
    let charset = content_type.and_then(text::charset);
    let strict = || text::strict(bytes, charset);
    let lenient = || text::lenient(bytes, charset);
    match format {
        Format::Json => json(&strict()?),
        Format::Text => Ok(Value::String(lenient()?.into_owned())),
        Format::Binary => Ok(Value::String(STANDARD.encode(bytes))),
        #[cfg(feature = "formats")]
        Format::Xml => {
            xml::decode(&text::strict(bytes, charset.or_else(|| text::declared_by_xml(bytes)))?, &mut Budget::default())
        }
        #[cfg(feature = "formats")]
        Format::Csv => delimited::decode(&lenient()?, b',', &mut Budget::default()),
        #[cfg(feature = "formats")]
        Format::Tsv => delimited::decode(&lenient()?, b'\t', &mut Budget::default()),
        #[cfg(feature = "formats")]
        Format::Psv => delimited::decode(&lenient()?, b'|', &mut Budget::default()),
        #[cfg(feature = "formats")]
        Format::Yaml => yaml::decode(&strict()?, &mut Budget::default()),
        #[cfg(feature = "formats")]
        Format::Html => html::decode(&lenient()?, &mut Budget::default()),
        #[cfg(feature = "formats")]
        Format::Markdown => markdown::decode(&lenient()?, &mut Budget::default()),
        // A client with such a call is not built.
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

//! The formats of answers, and their properties.

use super::is_token;
use serde::{Deserialize, Serialize};

/// The format of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Format {
    /// JSON.
    #[default]
    Json,
    /// XML: an object of elements.
    Xml,
    /// Comma-separated values: a list of objects.
    Csv,
    /// Values separated by tabs.
    Tsv,
    /// Values separated by `|`.
    Psv,
    /// YAML.
    Yaml,
    /// HTML: its tables.
    Html,
    /// Markdown: its text, its front matter and its tables.
    Markdown,
    /// Text: one string.
    Text,
    /// Bytes: passed on unchanged to REST callers, in base64 to others.
    Binary,
    /// A stream of items, one after another: NDJSON or Server-Sent Events, depending on the media type of the answer.
    Stream,
}

impl Format {
    /// Returns whether the format is JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        *self == Self::Json
    }

    /// Returns whether the format needs a decoder: it is not JSON, text, bytes or a stream.
    #[must_use]
    pub const fn needs_decoder(self) -> bool {
        !matches!(self, Self::Json | Self::Text | Self::Binary | Self::Stream)
    }

    /// Every format, in the order of the specification.
    pub const ALL: [Self; 11] = [
        Self::Json,
        Self::Xml,
        Self::Csv,
        Self::Tsv,
        Self::Psv,
        Self::Yaml,
        Self::Html,
        Self::Markdown,
        Self::Text,
        Self::Binary,
        Self::Stream,
    ];

    /// Returns its name in `outputRawFormat`, and the accepted alternatives.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["json", "", "jsonp", "geojson", "hal", "json-ld", "jsonld"],
            Self::Xml => &["xml"],
            Self::Csv => &["csv"],
            Self::Tsv => &["tsv"],
            Self::Psv => &["psv"],
            Self::Yaml => &["yaml", "yml"],
            Self::Html => &["html", "htm"],
            Self::Markdown => &["markdown", "md"],
            Self::Text => &["text", "plain", "txt", "string", "raw"],
            Self::Binary => &["binary", "bytes", "file", "pdf", "image", "octet-stream", "zip", "png", "jpeg", "blob"],
            Self::Stream => {
                &["stream", "sse", "ndjson", "event-stream", "jsonl", "jsonlines", "json-lines", "json-seq"]
            }
        }
    }

    /// Returns its name in `outputRawFormat`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self.words() {
            [word, ..] => word,
            [] => "",
        }
    }

    /// Returns the format that `outputRawFormat` calls `word`, ignoring case.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|format| format.words().contains(&word.as_str()))
    }

    /// Returns the `Accept` header of a request for it (RFC 9110, section 12.5.1).
    #[must_use]
    pub const fn accept(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml, text/xml, */*;q=0.1",
            Self::Csv => "text/csv, */*;q=0.1",
            Self::Tsv => "text/tab-separated-values, */*;q=0.1",
            Self::Yaml => "application/yaml, */*;q=0.1",
            Self::Html => "text/html, */*;q=0.1",
            Self::Markdown => "text/markdown, */*;q=0.1",
            Self::Text => "text/plain, */*;q=0.1",
            Self::Psv | Self::Binary => "*/*",
            Self::Stream => "application/x-ndjson, text/event-stream",
        }
    }
}

/// Returns whether a Content-Type is JSON: `application/json`, `text/json`, `application/problem+json`.
///
/// ```
/// use naftiko_spec::model::is_json;
///
/// assert!(is_json("application/json; charset=utf-8") && is_json("Application/Problem+JSON"));
/// assert!(!is_json("application/jsonp") && !is_json("json") && !is_json(""));
/// ```
#[must_use]
pub fn is_json(content_type: &str) -> bool {
    // A fast path for the most frequent value: every answer is checked.
    if content_type == "application/json" {
        return true;
    }
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let subtype = essence.split_once('/').map_or("", |(_, subtype)| subtype);
    matches!(subtype, "json" | "x-json") || subtype.ends_with("+json")
}

/// Returns whether a string is a media type, with or without parameters (RFC 9110, section 8.3.1).
///
/// ```
/// use naftiko_spec::model::is_media_type;
///
/// assert!(is_media_type("image/png") && is_media_type("text/csv; charset=utf-8"));
/// assert!(!is_media_type("png") && !is_media_type("image/") && !is_media_type("image/png\n"));
/// ```
#[must_use]
pub fn is_media_type(text: &str) -> bool {
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    let (kind, subtype) = essence.trim_end_matches(' ').split_once('/').unwrap_or_default();
    is_token(kind) && is_token(subtype) && parameters.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

//! Decodes arguments: from text, from JSON, or from a file.

use super::text;
use crate::schema::OwnedArgument;
use crate::upload::Upload;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Decodes a `T` from JSON or a parsed value, not from text.
pub(super) fn decode_structured<T: DeserializeOwned>(given: &OwnedArgument) -> Result<T, String> {
    match given {
        OwnedArgument::Absent => T::deserialize(Value::Null).map_err(|error| error.to_string()),
        OwnedArgument::Text(_) => Err("expected JSON".to_owned()),
        OwnedArgument::Texts(_) => Err("expected one value, found several".to_owned()),
        OwnedArgument::Failed(why) => Err(why.clone()),
        OwnedArgument::Upload(_) => Err("expected a value, found a file".to_owned()),
        OwnedArgument::Json(json) => serde_json::from_slice(json).map_err(|error| error.to_string()),
        OwnedArgument::Value(value) => T::deserialize(value).map_err(|error| error.to_string()),
    }
}

/// Decodes one `T` from a value of any kind.
pub(super) fn decode<T: DeserializeOwned>(given: &OwnedArgument) -> Result<T, String> {
    match given {
        OwnedArgument::Text(text) => text::decode(text),
        given => decode_structured(given),
    }
}

/// Decodes a list of `T` from a value of any kind; a single text is a list of one.
pub(super) fn decode_many<T: DeserializeOwned>(given: &OwnedArgument) -> Result<Vec<T>, String> {
    match given {
        OwnedArgument::Text(text) => Ok(vec![text::decode(text)?]),
        OwnedArgument::Texts(texts) => texts.iter().map(|text| text::decode(text)).collect(),
        given => decode_structured(given),
    }
}

/// Decodes a file: from a stream, or from JSON with its content in base64.
pub(super) fn decode_file<T: From<Upload>>(given: &OwnedArgument) -> Result<T, String> {
    match given {
        OwnedArgument::Upload(file) => Ok(file.clone().into()),
        given => decode::<Upload>(given).map(T::from),
    }
}

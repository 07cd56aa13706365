//! Stands in for the decoders and for shaping until they are there.

use naftiko_spec::lower::{Format, Shaping};
use naftiko_spec::model::OutputParameter;
use serde_json::{Map, Value};

/// An answer of that format as a value.
pub(super) fn decode(format: Format, bytes: &[u8], _content_type: Option<&str>) -> Result<Value, String> {
    match format {
        Format::Json => serde_json::from_slice(bytes).map_err(|error| error.to_string()),
        _ => Ok(Value::String(String::from_utf8_lossy(bytes).into_owned())),
    }
}

/// What becomes of an answer.
pub(super) fn shape(shaping: &Shaping, outputs: &[OutputParameter], value: &Value) -> Value {
    let one = |parameter: &OutputParameter| -> Value {
        let mapping = parameter.mapping.as_deref().or(parameter.value.as_deref()).unwrap_or("$");
        let named = outputs
            .iter()
            .find(|output| output.name.as_deref().is_some_and(|name| mapping.strip_prefix("$.") == Some(name)));
        let mapping = named.and_then(|output| output.value.as_deref()).unwrap_or(mapping);
        super::jsonpath::Path::parse(mapping).ok().and_then(|path| path.find(value)).unwrap_or(Value::Null)
    };
    match shaping {
        Shaping::One(parameter) => one(parameter),
        Shaping::Named(parameters) => {
            let named = parameters.iter().filter_map(|parameter| Some((parameter.name.clone()?, one(parameter))));
            Value::Object(named.collect::<Map<_, _>>())
        }
    }
}

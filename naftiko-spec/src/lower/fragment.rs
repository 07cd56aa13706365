//! Lowers a method of a trait to its call: each argument is sent where the method declares it.

use super::paging;
use super::plan::{Body, Call, MultipartPart, Piece, Shaping, Source};
use crate::fragment::Fragment;
use crate::jsonpath::Path;
use crate::model::{BodyKind, Format, ParameterIn, Style};
use crate::template::{Part, Template, rest_name, same_name};

impl Fragment {
    /// Lowers a consumed operation to its call; `None` for a fragment without a consumed operation.
    ///
    /// # Errors
    /// Returns an error if the path or a constant does not parse, a placeholder has no argument, or the output is not a JSONPath.
    pub fn call(&self) -> Result<Option<Call>, String> {
        let Some(consumed) = &self.consumed else { return Ok(None) };
        let output = self.output.as_deref().map(Path::parse).transpose().map_err(|error| error.to_string())?;
        let mut call = Call {
            consume: consumed.consume,
            operation: self.name.clone(),
            method: consumed.operation.method,
            path: self.path(&consumed.path)?,
            output: output.filter(|path| !path.is_whole()).map(|path| Shaping::Part(path.source().to_owned())),
            format: consumed.operation.output_raw_format.as_deref().and_then(Format::named).unwrap_or_default(),
            none_on: consumed.operation.none_on.clone(),
            response_headers: self.response_headers.clone(),
            caller_headers: consumed.operation.caller_headers.clone(),
            timeout: consumed.operation.timeout,
            resilience: consumed.operation.resilience.clone(),
            page: paging::lower(consumed.operation.page.as_ref(), |into| {
                self.arguments.iter().position(|argument| argument.name == into).map(Source::Argument)
            }),
            cache: consumed.operation.cache,
            ..Call::default()
        };
        let mut parts = Vec::new();
        for (index, argument) in self.arguments.iter().enumerate() {
            let (name, source) = (argument.name.clone(), Source::Argument(index));
            match argument.place {
                ParameterIn::Path => {}
                ParameterIn::Query => call.query.push((name, source.styled(argument.style))),
                ParameterIn::Header => call.headers.push((name, source.styled(argument.style))),
                ParameterIn::Cookie => call.cookies.push((name, source)),
                ParameterIn::Body => match argument.body.unwrap_or(BodyKind::Json) {
                    BodyKind::Json => call.body = Some(Body::Json(source)),
                    BodyKind::FormUrlEncoded => {
                        call.body = Some(Body::FormObject(argument.style.unwrap_or(Style::Repeated), source));
                    }
                    BodyKind::MultipartForm => {
                        let content_type = argument.content_type.clone().map(|named| Source::Constant(named.into()));
                        parts.push(MultipartPart { name, value: source, filename: None, content_type });
                    }
                    kind => call.body = Some(Body::Text(kind, source)),
                },
            }
            if argument.sensitive {
                call.sensitive.push(index);
            }
        }
        if !parts.is_empty() {
            call.body = Some(Body::Multipart(parts));
        }
        for parameter in &consumed.operation.input_parameters {
            let Some(value) = &parameter.value else { continue };
            let (name, source) = (parameter.name.clone(), constant(value)?);
            match parameter.place {
                Some(ParameterIn::Header) => call.headers.push((name, source)),
                _ => call.query.push((name, source)),
            }
        }
        Ok(Some(call))
    }

    /// Splits a path into literals and arguments that fill its placeholders.
    fn path(&self, path: &str) -> Result<Vec<Piece>, String> {
        let template = Template::path(path).map_err(|error| error.to_string())?;
        let piece = |part: &Part| match part {
            Part::Literal(literal) => Ok(Piece::Literal(literal.clone())),
            Part::Placeholder { name } | Part::Variable { name, .. } => {
                let mut arguments = self.arguments.iter();
                let fills = arguments
                    .position(|argument| argument.place == ParameterIn::Path && same_name(&argument.name, name))
                    .ok_or_else(|| format!("no argument fills `{{{name}}}` of the path {path}"))?;
                let is_rest = rest_name(name).is_some();
                Ok(if is_rest { Piece::Rest } else { Piece::Value }(Source::Argument(fills)))
            }
        };
        template.parts().map(piece).collect()
    }
}

/// Lowers a constant, which may contain `{{…}}`.
fn constant(value: &str) -> Result<Source, String> {
    let template = Template::text(value).map_err(|error| error.to_string())?;
    let piece = |part: &Part| match part {
        Part::Variable { namespace, name } => {
            Piece::Value(Source::Variable { namespace: namespace.clone(), name: name.clone() })
        }
        Part::Literal(text) | Part::Placeholder { name: text } => Piece::Literal(text.clone()),
    };
    let mut pieces: Vec<Piece> = template.parts().map(piece).collect();
    Ok(match pieces.as_mut_slice() {
        [Piece::Value(only)] => only.clone(),
        _ if template.is_literal() => Source::Constant(value.into()),
        _ => Source::Text(pieces),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::{Value, json};

    fn fragment(output: &Value, path: &str) -> Fragment {
        serde_json::from_value(json!({
            "name": "change",
            "consumed": { "consume": 1, "resource": "r", "path": path, "operation": { "name": "change", "method": "PUT", "timeout": "5ms" } },
            "arguments": [
                { "name": "page", "in": "query" },
                { "name": "user-id", "in": "path", "required": true },
                { "name": "Authorization", "in": "header", "sensitive": true },
                { "name": "session", "in": "cookie" },
                { "name": "body", "in": "body", "wholeBody": true },
            ],
            "output": output,
        }))
        .unwrap()
    }

    #[test]
    fn each_argument_is_sent_to_its_location() {
        let call = fragment(&json!("$.data"), "/users/{userId}/x").call().unwrap().unwrap();
        let expected = json!({
            "consume": 1,
            "operation": "change",
            "method": "PUT",
            "path": [{ "literal": "/users/" }, { "value": { "argument": 1 } }, { "literal": "/x" }],
            "query": [["page", { "argument": 0 }]],
            "headers": [["Authorization", { "argument": 2 }]],
            "cookies": [["session", { "argument": 3 }]],
            "body": { "json": { "argument": 4 } },
            "output": { "part": "$.data" },
            "sensitive": [2],
            "timeout": "5ms",
        });
        assert_eq!(serde_json::to_value(&call).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Call>(expected).unwrap(), call);
    }

    #[test]
    fn a_whole_answer_needs_no_path() {
        for whole in [json!("$"), json!("$."), Value::Null] {
            assert_eq!(fragment(&whole, "/{user_id}").call().unwrap().unwrap().output, None, "{whole}");
        }
    }

    #[test]
    fn invalid_operations_are_errors() {
        assert!(fragment(&Value::Null, "/users/{id}").call().unwrap_err().contains("`{id}`"));
        assert!(fragment(&json!("$["), "/{user_id}").call().unwrap_err().contains("JSONPath"));
        let orchestration = Fragment { consumed: None, ..fragment(&Value::Null, "/") };
        assert_eq!(orchestration.call(), Ok(None));
    }
}

//! From a method of a trait to the call that it is: each argument goes to the place that the method gives it.

use super::plan::{Body, Call, Piece, Shaping, Source};
use crate::fragment::Fragment;
use crate::jsonpath::Path;
use crate::model::{Format, Place};
use crate::template::{Part, Template, same_name};

impl Fragment {
    /// Lowers a consumed operation to its call; `None` if it calls nothing of its own.
    ///
    /// # Errors
    /// If the path does not parse, a placeholder has no argument, or the output is not a JSONPath.
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
            timeout_ms: self.timeout_ms,
            ..Call::default()
        };
        for (index, argument) in self.arguments.iter().enumerate() {
            let (name, source) = (argument.name.clone(), Source::Argument(index));
            match argument.place {
                Place::Path => {}
                Place::Query => call.query.push((name, source)),
                Place::Header => call.headers.push((name, source)),
                Place::Cookie => call.cookies.push((name, source)),
                Place::Body => call.body = Some(Body::Json(source)),
            }
            if argument.sensitive {
                call.sensitive.push(index);
            }
        }
        Ok(Some(call))
    }

    /// A path in pieces, each placeholder with the argument that fills it.
    fn path(&self, path: &str) -> Result<Vec<Piece>, String> {
        let template = Template::path(path).map_err(|error| error.to_string())?;
        let piece = |part: &Part| match part {
            Part::Literal(literal) => Ok(Piece::Literal(literal.clone())),
            Part::Placeholder { name } | Part::Variable { name, .. } => {
                let mut arguments = self.arguments.iter();
                let fills = arguments
                    .position(|argument| argument.place == Place::Path && same_name(&argument.name, name))
                    .ok_or_else(|| format!("no argument fills `{{{name}}}` of the path {path}"))?;
                Ok(Piece::Value(Source::Argument(fills)))
            }
        };
        template.parts().map(piece).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::{Value, json};

    fn fragment(output: &Value, path: &str) -> Fragment {
        serde_json::from_value(json!({
            "name": "change",
            "consumed": { "consume": 1, "resource": "r", "path": path, "operation": { "name": "change", "method": "PUT" } },
            "arguments": [
                { "name": "page", "in": "query" },
                { "name": "user-id", "in": "path", "required": true },
                { "name": "Authorization", "in": "header", "sensitive": true },
                { "name": "session", "in": "cookie" },
                { "name": "body", "in": "body", "wholeBody": true },
            ],
            "output": output,
            "timeoutMs": 5,
        }))
        .unwrap()
    }

    #[test]
    fn each_argument_goes_to_its_place() {
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
            "timeoutMs": 5,
        });
        assert_eq!(serde_json::to_value(&call).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Call>(expected).unwrap(), call);
    }

    #[test]
    fn the_whole_answer_needs_no_path() {
        for whole in [json!("$"), json!("$."), Value::Null] {
            assert_eq!(fragment(&whole, "/{user_id}").call().unwrap().unwrap().output, None, "{whole}");
        }
    }

    #[test]
    fn what_cannot_be_called_is_an_error() {
        assert!(fragment(&Value::Null, "/users/{id}").call().unwrap_err().contains("`{id}`"));
        assert!(fragment(&json!("$["), "/{user_id}").call().unwrap_err().contains("JSONPath"));
        let orchestration = Fragment { consumed: None, ..fragment(&Value::Null, "/") };
        assert_eq!(orchestration.call(), Ok(None));
    }
}

// Mistakes in `#[output]`, and in results that do not fit the format or the status, and their remedies.

remedies! {
    an_output_that_does_not_begin_with_the_answer {
        wrong: {
            #[get("/things")]
            #[output("data.items")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`data.items` is not a JSONPath (RFC 9535)"
        help: "a JSONPath begins with `$`, the whole answer: `$.data.items`"
        right: {
            #[get("/things")]
            #[output("$.data.items")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_output_that_ends_too_early {
        wrong: {
            #[get("/things")]
            #[output("$.items.")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`$.items.` is not a JSONPath (RFC 9535)"
        help: "the path ends too early; write `$.data.items` for a member, `$.items[0]` for an element"
        right: {
            #[get("/things")]
            #[output("$.items[0]")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_output_with_a_mistake_in_it {
        wrong: {
            #[get("/things")]
            #[output("$.items[?]")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`$.items[?]` is not a JSONPath (RFC 9535)"
        help: "the mistake is at `]`; write `$.data.items` for a member, `$.items[0]` for an element"
        right: {
            #[get("/things")]
            #[output("$.items[*]")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_output_with_a_function_that_is_not_supported {
        wrong: {
            #[get("/things")]
            #[output("$.items[?match(@.state, 'op.*')]")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the function `match` of `$.items[?match(@.state, 'op.*')]` is not supported"
        help: "compare values, `$.items[?@.state == 'open']`, or use `length`, `count` and `value`"
        right: {
            #[get("/things")]
            #[output("$.items[?@.state == 'open']")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_output_with_two_paths {
        wrong: {
            #[get("/things")]
            #[output("$.data", "$.items")]
            async fn list(&self) -> Result<Value>;
        }
        error: "unexpected `\"$.items\"` after the JSONPath"
        help: "write `#[output(\"$.data.items\")]`"
        right: {
            #[get("/things")]
            #[output("$.data.items")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_string_of_rows {
        wrong: {
            #[get("/things", format = "csv")]
            async fn list(&self) -> Result<String>;
        }
        error: "`csv` is decoded into a list of rows, not into a string"
        help: "write `format = \"text\"` for the unchanged text, or return a list of rows, such as `Vec<Row>`"
        right: {
            // `tests/answers/formats.rs` applies the other remedy, a type for the rows, with the feature `formats`.
            #[get("/things", format = "text")]
            async fn list(&self) -> Result<String>;
        }
    }

    a_string_of_markdown {
        wrong: {
            #[get("/things", format = "markdown")]
            async fn list(&self) -> Result<String>;
        }
        error: "`markdown` is decoded into an object with its `text`, not into a string"
        help: "write `format = \"text\"` for the unchanged text, or return a struct with the member `text`"
        right: {
            #[get("/things", format = "text")]
            async fn list(&self) -> Result<String>;
        }
    }

    a_result_with_a_status_without_content {
        wrong: {
            #[post("/things", status = 204)]
            async fn add(&self, body: &Value) -> Result<Value>;
        }
        error: "the method returns a value, but an answer with the status 204 has no content"
        help: "return `Result<()>`, or remove `status`"
        right: {
            #[post("/things", status = 204)]
            async fn add(&self, body: &Value) -> Result<()>;
        }
    }

    a_result_of_a_body_with_a_status_without_content {
        wrong: {
            #[rest(post = "/things", status = 205)]
            async fn add(&self, name: &str) -> Result<String> {
                Ok(name.to_owned())
            }
        }
        error: "the method returns a value, but an answer with the status 205 has no content"
        help: "return `Result<()>`, or remove `status`"
        right: {
            #[rest(post = "/things")]
            async fn add(&self, name: &str) -> Result<String> {
                Ok(name.to_owned())
            }
        }
    }
}

// Mistakes in methods, and their remedies.

remedies! {
    a_helper_that_is_not_async {
        wrong: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;

            fn twice(&self, number: u32) -> u32 {
                2 * number
            }
        }
        error: "an operation must be an `async fn`"
        help: "write `async fn`; for a helper that callers don't see, write `#[skip]` above it"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;

            #[skip]
            fn twice(&self, number: u32) -> u32 {
                2 * number
            }
        }
    }

    a_helper_without_a_body_that_is_not_async {
        wrong: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;

            fn twice(&self, number: u32) -> u32;
        }
        error: "an operation must be an `async fn`"
        help: "write `async fn`; for a helper that callers don't see, give it a body and write `#[skip]` above it"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;

            #[skip]
            fn twice(&self, number: u32) -> u32 {
                2 * number
            }
        }
    }

    a_request_that_is_not_async {
        wrong: {
            #[get("/things")]
            fn list(&self) -> Result<Value>;
        }
        error: "an operation must be an `async fn`"
        help: "write `async fn`"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_verb_with_two_paths {
        wrong: {
            #[get("/things", "/all-things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "unexpected `\"/all-things\"` after the path"
        help: "write `#[get(\"/path\")]`"
        right: {
            #[get("/path")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_verb_without_parentheses {
        wrong: {
            #[get = "/things"]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected the arguments of `#[get]` in parentheses"
        help: "write `#[get(\"/things\")]`"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_tool_without_parentheses {
        wrong: {
            #[get("/things")]
            #[tool = "things"]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected the arguments of `#[tool]` in parentheses"
        help: "write `#[tool(…)]`"
        right: {
            #[get("/things")]
            #[tool(name = "things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_skip_with_a_value {
        wrong: {
            #[get("/things")]
            #[skip = true]
            async fn list(&self) -> Result<Value>;
        }
        error: "`#[skip]` takes no value"
        help: "write `#[skip]`"
        right: {
            #[get("/things")]
            #[skip]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_path_from_a_macro {
        wrong: {
            #[get(concat!("/things", "/all"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string literal with the path, found `concat!(…)`"
        help: "write the text itself in quotes: attributes do not evaluate constants and macros"
        right: {
            #[get("/things/all")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_path_from_a_constant {
        wrong: {
            #[get(THINGS)]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string literal with the path, found `THINGS`"
        help: "write the text itself in quotes: attributes do not evaluate constants and macros"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_path_from_a_constant_of_a_module {
        wrong: {
            #[get(paths::things, status = 200)]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string literal with the path, found `paths::things`"
        help: "write the text itself in quotes: attributes do not evaluate constants and macros"
        right: {
            #[get("/things", status = 200)]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_method_of_http_without_an_attribute {
        wrong: {
            #[options("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown attribute `#[options]`"
        help: "naftiko does not send such requests: write a method with a body that sends them with another client"
        right: {
            #[tool]
            async fn list(&self) -> Result<Value> {
                Ok(Value::Null)
            }
        }
    }

    two_methods_with_one_name {
        wrong: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;

            #[get("/things/{id}")]
            async fn list(&self, id: u32) -> Result<Value>;
        }
        error: "the trait already has a method `list`"
        help: "rename or remove one of them"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;

            #[get("/things/{id}")]
            async fn read(&self, id: u32) -> Result<Value>;
        }
    }

    a_constant_header_as_an_attribute {
        wrong: {
            #[get("/things")]
            #[header("X-Org" = "acme")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`#[header]` can only be applied to an argument"
        help: "to send a constant, write it in the verb: `#[get(\"/path\", header(\"X-Org\" = \"acme\"))]`"
        right: {
            #[get("/things", header("X-Org" = "acme"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_verb_behind_a_condition {
        wrong: {
            #[cfg_attr(unix, get("/unix"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`#[get]` cannot be in `cfg_attr`"
        help: "write a method for each case, each with its own `#[cfg(…)]`"
        right: {
            #[cfg(unix)]
            #[get("/unix")]
            async fn list(&self) -> Result<Value>;

            #[cfg(not(unix))]
            #[get("/other")]
            async fn list_others(&self) -> Result<Value>;
        }
    }

    a_response_header_with_a_key {
        wrong: {
            #[get("/things", response_headers(name = "Location"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string literal with the name of a header, found `name = …`"
        help: "write the text alone, in quotes"
        right: {
            #[get("/things", response_headers("Location"))]
            async fn list(&self) -> Result<Value>;
        }
    }
}

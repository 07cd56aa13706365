// Mistakes in routes, paths, tools and arguments of `#[capability]`, and their remedies.

remedies! {
    a_method_that_nobody_reaches {
        wrong: {
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }
        }
        error: "expected `#[rest]`, `#[tool]`, `#[resource]`, `#[prompt]` or `#[skip]` on `list`"
        help: "add `#[rest(get = \"/path\")]` for a route and a tool, `#[tool]` for a tool alone, or `#[skip]` for neither"
        right: {
            #[rest(get = "/path")]
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }
        }
    }

    a_method_without_a_verb_or_a_body {
        wrong: {
            async fn list(&self) -> Result<u32>;
        }
        error: "`list` has neither a verb nor a body"
        help: "add a verb, `#[get(\"/path\")]`, for a request to the API; or a body that calls other methods"
        right: {
            #[get("/path")]
            async fn list(&self) -> Result<u32>;
        }
    }

    a_verb_with_a_body {
        wrong: {
            #[get("/things")]
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }
        }
        error: "a method with a verb cannot have a body: the client sends the request"
        help: "remove the body; or, to serve the method as a route, replace the verb with `#[rest(get = \"/path\")]`"
        right: {
            #[rest(get = "/path")]
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }
        }
    }

    a_verb_without_an_api {
        wrong: (exposes(rest(port = 1)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<u32>;
        }
        error: "no API is declared for this request"
        help: "add `consumes(namespace = \"…\", base_uri = \"https://…\")` to `#[capability]`"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<u32>;
        }
    }

    a_method_of_a_route_beside_a_verb {
        wrong: {
            #[get("/things")]
            #[rest(get = "/all-things")]
            async fn list(&self) -> Result<u32>;
        }
        error: "the verb already sets the method of the route"
        help: "for another path of the route, write `#[rest(path = \"/all-things\")]`"
        right: {
            #[get("/things")]
            #[rest(path = "/all-things")]
            async fn list(&self) -> Result<u32>;
        }
    }

    response_headers_beside_the_verb {
        wrong: {
            #[get("/things")]
            #[rest(response_headers("Location"))]
            async fn list(&self) -> Result<u32>;
        }
        error: "`response_headers` must be in the verb"
        help: "move it to `#[get]`"
        right: {
            #[get("/things", response_headers("Location"))]
            async fn list(&self) -> Result<u32>;
        }
    }

    a_route_without_a_path {
        wrong: {
            #[rest]
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }
        }
        error: "expected a method and a path in `#[rest]`"
        help: "write `#[rest(get = \"/path\")]`"
        right: {
            #[rest(get = "/path")]
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }
        }
    }

    an_output_without_a_verb {
        wrong: {
            #[tool]
            #[output("$.id")]
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }
        }
        error: "`#[output]` requires a verb: it selects a part of an API's answer"
        help: "remove it, and return the part from the body"
        right: {
            #[tool]
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }
        }
    }

    a_route_that_is_skipped_and_has_headers {
        wrong: {
            #[rest(skip, response_headers("ETag"))]
            #[tool]
            async fn list(&self) -> Result<Value> {
                Ok(Value::Null)
            }
        }
        error: "`skip` cannot be combined with `response_headers`"
        help: "remove `skip`, or remove `response_headers`"
        right: {
            #[rest(skip)]
            #[tool]
            async fn list(&self) -> Result<Value> {
                Ok(Value::Null)
            }
        }
    }

    a_tool_that_is_skipped_and_named {
        wrong: {
            #[get("/things")]
            #[tool(skip, name = "all")]
            async fn list(&self) -> Result<u32>;
        }
        error: "`skip` cannot be combined with `name`"
        help: "remove `skip`, or remove `name`"
        right: {
            #[get("/things")]
            #[tool(name = "all")]
            async fn list(&self) -> Result<u32>;
        }
    }

    a_tool_of_a_skipped_method {
        wrong: {
            #[get("/things")]
            #[skip]
            #[tool]
            async fn list(&self) -> Result<u32>;
        }
        error: "`#[tool]` cannot be combined with `#[skip]`"
        help: "keep one of them"
        right: {
            #[get("/things")]
            #[tool]
            async fn list(&self) -> Result<u32>;
        }
    }

    a_status_of_some_adapters {
        wrong: {
            #[get("/things")]
            #[rest(on = "things-rest", status = 201)]
            async fn list(&self) -> Result<u32>;
        }
        error: "`on` cannot be combined with a route, `status`, `response_headers` or `body`"
        help: "move these to a `#[rest]` without `on`; `on` goes with `path`, `name`, `description` and `skip`"
        right: {
            #[get("/things")]
            #[rest(status = 201)]
            #[rest(on = "things-rest", path = "/all")]
            async fn list(&self) -> Result<u32>;
        }
    }

    an_adapter_that_is_unknown {
        wrong: {
            #[get("/things")]
            #[rest(on = "thing-rest", path = "/all")]
            async fn list(&self) -> Result<u32>;
        }
        error: "no REST adapter has the namespace `thing-rest`"
        help: "did you mean `things-rest`?"
        right: {
            #[get("/things")]
            #[rest(on = "things-rest", path = "/all")]
            async fn list(&self) -> Result<u32>;
        }
    }

    two_routes_of_one_path {
        wrong: {
            #[get("/things/{id}")]
            async fn read(&self, id: u32) -> Result<u32>;
            #[rest(get = "/things/{name}")]
            async fn own(&self, name: &str) -> Result<String> {
                Ok(name.to_owned())
            }
        }
        error: "the routes `GET /things/{id}` and `GET /things/{name}` are the same to a router"
        help: "give one method another route: add `#[rest(path = \"…\")]` if it has a verb such as `#[get]`, otherwise write `#[rest(get = \"…\")]`; or remove its route: `#[rest(skip)]`"
        right: {
            #[get("/things/{id}")]
            #[rest(skip)]
            async fn read(&self, id: u32) -> Result<u32>;
            #[rest(get = "/things/{name}")]
            async fn own(&self, name: &str) -> Result<String> {
                Ok(name.to_owned())
            }
        }
    }

    a_path_of_another_framework {
        wrong: {
            #[get("/files/{path...}")]
            async fn read(&self, path: &str) -> Result<Value>;
        }
        error: "the path `/files/{path...}` has `{path...}`: a placeholder for several segments begins with `+`"
        help: "write `{+path}`"
        right: {
            #[get("/files/{+path}")]
            async fn read(&self, path: &str) -> Result<Value>;
        }
    }

    a_segment_of_another_framework {
        wrong: {
            #[get("/things/:id")]
            async fn read(&self, id: u32) -> Result<Value>;
        }
        error: "`:id` of the path `/things/:id` is literal text, not a placeholder"
        help: "write `{id}`"
        right: {
            #[get("/things/{id}")]
            async fn read(&self, id: u32) -> Result<Value>;
        }
    }

    a_query_in_a_path {
        wrong: {
            #[get("/things?v=2")]
            async fn read(&self) -> Result<Value>;
        }
        error: "the path `/things?v=2` has a query"
        help: "write `/things`, and declare its query parameters: `v`"
        right: {
            #[get("/things", query("v" = 2))]
            async fn read(&self) -> Result<Value>;
        }
    }

    a_read_only_hint_of_a_write {
        wrong: {
            #[post("/things")]
            #[tool(hints(read_only))]
            async fn add(&self) -> Result<Value>;
        }
        error: "the tool `add` claims to be read-only, but POST writes"
        help: "remove `read_only` from its hints; if intended, write `allow(understated_hint, reason = \"…\")`"
        right: {
            #[post("/things")]
            #[tool(hints(read_only), allow(understated_hint, reason = "it searches"))]
            async fn add(&self) -> Result<Value>;
        }
    }

    a_secret_in_the_source {
        wrong: (
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(bearer = "ghp_1"),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the `token` of `things` looks like a secret in the source"
        help: "take it from the environment: `binds(env(THINGS_TOKEN))` and `\"{{env.THINGS_TOKEN}}\"`; if intended, write `allow(literal_secret, reason = \"…\")`"
        right: (
            binds(env(THINGS_TOKEN)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(bearer = "{{env.THINGS_TOKEN}}"),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_bind_that_nothing_uses {
        wrong: (
            binds(env(TOKEN)),
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "nothing uses the variable `TOKEN` of the bind `env`"
        help: "use it, as in `authentication(bearer = \"{{env.TOKEN}}\")`, or remove it; if intended, write `allow(unused_bind, reason = \"…\")`"
        right: (
            binds(env(TOKEN)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(bearer = "{{env.TOKEN}}"),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_operation_without_a_description {
        wrong: (
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(rest(port = 1)),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the operation `list` has no description"
        help: "write a doc comment above the method: people and agents use it to choose an operation; if intended, write `allow(missing_description, reason = \"…\")`"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(rest(port = 1)),
        ) {
            /// Lists things.
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    several_apis_and_a_verb_that_names_none {
        wrong: (
            consumes(namespace = "one", base_uri = "https://one.example"),
            consumes(namespace = "two", base_uri = "https://two.example"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "missing `consumes`: the capability has several APIs"
        help: "add `consumes = \"…\"` with one of `one`, `two`"
        right: (
            consumes(namespace = "one", base_uri = "https://one.example"),
            consumes(namespace = "two", base_uri = "https://two.example"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", consumes = "two")]
            async fn list(&self) -> Result<Value>;
        }
    }

    several_segments_as_a_part_of_one {
        wrong: {
            #[get("/things/v{+path}")]
            async fn list(&self, path: &str) -> Result<Value>;
        }
        error: "the path `/things/v{+path}` has `{+…}` in the segment `v{+path}`: it must be a whole segment"
        help: "write `{+name}` between slashes, or `{name}` for a part of one segment"
        right: {
            #[get("/things/{+path}")]
            async fn list(&self, path: &str) -> Result<Value>;
        }
    }

    a_path_with_a_space {
        wrong: {
            #[get("/my things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the path `/my things` contains a space"
        help: "write it as `%20`, or remove it"
        right: {
            #[get("/my%20things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_placeholder_given_twice {
        wrong: {
            #[get("/things/{id}/{id}")]
            async fn list(&self, id: &str) -> Result<Value>;
        }
        error: "the path `/things/{id}/{id}` has the placeholder `{id}` twice"
        help: "give each a unique name"
        right: {
            #[get("/things/{id}/{other}")]
            async fn list(&self, id: &str, other: &str) -> Result<Value>;
        }
    }

    a_raw_name_in_a_path {
        wrong: {
            #[get("/things/{r#type}")]
            async fn list(&self, r#type: &str) -> Result<Value>;
        }
        error: "the path `/things/{r#type}` cannot be read: `r#type` is not a name"
        help: "write `{type}`"
        right: {
            #[get("/things/{type}")]
            async fn list(&self, r#type: &str) -> Result<Value>;
        }
    }
}

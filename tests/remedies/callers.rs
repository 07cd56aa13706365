// Mistakes in the authentication of callers and in tools, and their remedies.

remedies! {
    two_ways_to_authenticate_at_one_adapter {
        wrong: (
            binds(env(TOKEN)),
            exposes(rest(
                port = 1,
                authentication(bearer = "{{env.TOKEN}}", basic(username = "ada", password = "{{env.TOKEN}}")),
            )),
            allow(missing_description, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "an adapter can have only one authentication"
        help: "keep one of them"
        right: (
            binds(env(TOKEN)),
            exposes(rest(port = 1, authentication(bearer = "{{env.TOKEN}}"))),
            allow(missing_description, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    callers_without_the_token_that_is_exchanged {
        wrong: (
            binds(env(SECRET)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "https://id.example/token", client_id = "me", client_secret = "{{env.SECRET}}",
                grant = "token-exchange",
            ))),
            exposes(rest(port = 1, authentication(basic(username = "ada", password = "{{env.SECRET}}")))),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected callers of `things-rest` to send a bearer token, which is exchanged for a token of `things`, found `basic`"
        help: "authenticate the callers with `oauth2`, or with `apikey` in a header other than `Authorization`"
        right: (
            binds(env(SECRET)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "https://id.example/token", client_id = "me", client_secret = "{{env.SECRET}}",
                grant = "token-exchange",
            ))),
            exposes(rest(
                port = 1,
                authentication(apikey(key = "X-Api-Key", value = "{{env.SECRET}}", placement = "header")),
            )),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_secret_of_the_callers_in_the_source {
        wrong: (
            exposes(mcp(port = 1, authentication(bearer = "s3cret"))),
            allow(missing_description, reason = "a test"),
        ) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "the token of the callers of `things-mcp` looks like a secret in the source"
        help: "take it from the environment: `binds(env(THINGS_MCP_TOKEN))` and `\"{{env.THINGS_MCP_TOKEN}}\"`; if intended, write `allow(literal_secret, reason = \"…\")`"
        right: (
            binds(env(THINGS_MCP_TOKEN)),
            exposes(mcp(port = 1, authentication(bearer = "{{env.THINGS_MCP_TOKEN}}"))),
            allow(missing_description, reason = "a test"),
        ) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_argument_that_is_the_credential_of_the_callers {
        wrong: (
            binds(env(TOKEN)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{env.TOKEN}}")),
            exposes(rest(port = 1, authentication(bearer = "{{env.TOKEN}}"))),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self, #[header("Authorization")] caller: Option<&str>) -> Result<Value>;
        }
        error: "the header `Authorization` never arrives: `things-rest` authenticates callers with it, and then removes it"
        help: "authenticate the callers with `apikey` in another header, or give the argument another name; if intended, write `allow(credential_argument, reason = \"…\")`"
        right: (
            binds(env(TOKEN)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{env.TOKEN}}")),
            exposes(rest(
                port = 1,
                authentication(apikey(key = "X-Key", value = "{{env.TOKEN}}", placement = "header")),
            )),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self, #[header("Authorization")] caller: Option<&str>) -> Result<Value>;
        }
    }

    an_argument_that_is_the_key_of_the_callers {
        wrong: (
            binds(env(TOKEN)),
            exposes(rest(
                port = 1,
                authentication(apikey(key = "key", value = "{{env.TOKEN}}", placement = "query")),
            )),
            allow(missing_description, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self, key: &str) -> Result<Value>;
        }
        error: "the query parameter `key` never arrives: `things-rest` authenticates callers with it, and then removes it"
        help: "authenticate the callers with `apikey` in another query parameter, or give the argument another name; if intended, write `allow(credential_argument, reason = \"…\")`"
        right: (
            binds(env(TOKEN)),
            exposes(rest(
                port = 1,
                authentication(apikey(key = "key", value = "{{env.TOKEN}}", placement = "query")),
            )),
            allow(missing_description, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self, #[query("id")] key: &str) -> Result<Value>;
        }
    }

    an_unknown_form_of_structured_content {
        wrong: (
            exposes(mcp(port = 1, structured_content = "none")),
            allow(missing_description, reason = "a test"),
        ) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected `both`, `text` or `structured`, found `none`"
        help: "write `structured_content = \"text\"`, or remove it"
        right: (
            exposes(mcp(port = 1, structured_content = "text")),
            allow(missing_description, reason = "a test"),
        ) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_unknown_form_of_the_tool_list {
        wrong: (
            exposes(mcp(port = 1, tool_list = "none")),
            allow(missing_description, reason = "a test"),
        ) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected `all` or `search`, found `none`"
        help: "write `tool_list = \"search\"`, or remove it"
        right: (
            exposes(mcp(port = 1, tool_list = "search")),
            allow(missing_description, reason = "a test"),
        ) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    scopes_that_no_caller_can_have {
        wrong: (
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            #[scope("things:read")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`list` requires scopes, but `things-rest` has no `authentication` that could give callers any"
        help: "authenticate the callers of the adapter with `oauth2`, or remove the scopes; if intended, write `allow(unchecked_scopes, reason = \"…\")`"
        right: (
            exposes(rest(
                port = 1,
                authentication(oauth2(issuer = "https://login.example", resource = "https://things.example")),
            )),
            allow(missing_description, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            #[scope("things:read")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_authentication_without_a_scheme {
        wrong: (
            exposes(rest(port = 1, authentication())),
            allow(missing_description, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`authentication` is empty"
        help: "write one of `bearer = \"{{env.NAME}}\"`, `apikey(key = \"X-Api-Key\", value = \"{{env.NAME}}\", placement = \"header\")`, `basic(username = \"{{env.NAME}}\", password = \"{{env.NAME}}\")`, `digest(username = \"{{env.NAME}}\", password = \"{{env.NAME}}\")`, `oauth2(issuer = \"https://…\", resource = \"https://…\")`"
        right: (
            binds(env(TOKEN)),
            exposes(rest(port = 1, authentication(bearer = "{{env.TOKEN}}"))),
            allow(missing_description, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_resource_server_without_an_issuer {
        wrong: (
            exposes(rest(port = 1, authentication(oauth2(resource = "https://things.example")))),
            allow(missing_description, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "missing `issuer` in `oauth2`"
        help: "add `issuer = \"https://…\"`"
        right: (
            exposes(rest(
                port = 1,
                authentication(oauth2(issuer = "https://login.example", resource = "https://things.example")),
            )),
            allow(missing_description, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_resource_server_that_is_a_string {
        wrong: (
            exposes(rest(port = 1, authentication(oauth2 = "https://login.example"))),
            allow(missing_description, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected `oauth2(…)`, found `oauth2 = …`"
        help: "write `oauth2(issuer = \"https://…\", resource = \"https://…\")`"
        right: (
            exposes(rest(
                port = 1,
                authentication(oauth2(issuer = "https://login.example", resource = "https://things.example")),
            )),
            allow(missing_description, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_scope_that_is_empty {
        wrong: (
            exposes(rest(port = 1)),
            allow(missing_description, unchecked_scopes, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            #[scope]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a scope"
        help: "write `#[scope(\"tokens:write\")]`"
        right: (
            exposes(rest(port = 1)),
            allow(missing_description, unchecked_scopes, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            #[scope("tokens:write")]
            async fn list(&self) -> Result<Value>;
        }
    }

    two_scopes_in_one_string {
        wrong: (
            exposes(rest(port = 1)),
            allow(missing_description, unchecked_scopes, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            #[scope("things read")]
            async fn list(&self) -> Result<Value>;
        }
        error: "invalid scope `things read`"
        help: "write printable ASCII without spaces, `\"` or `\\`; for several scopes, write `#[scope(\"a\", \"b\")]`"
        right: (
            exposes(rest(port = 1)),
            allow(missing_description, unchecked_scopes, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            #[scope("things", "read")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_scope_that_is_given_twice {
        wrong: (
            exposes(rest(port = 1)),
            allow(missing_description, unchecked_scopes, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            #[scope("things:read", "things:read")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the scope `things:read` is given twice"
        help: "keep one of them"
        right: (
            exposes(rest(port = 1)),
            allow(missing_description, unchecked_scopes, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            #[scope("things:read")]
            async fn list(&self) -> Result<Value>;
        }
    }

    the_answers_of_a_tool_that_may_write_are_cut {
        wrong: {
            #[post("/things")]
            #[tool(max_output = "16KiB")]
            async fn find(&self, body: &Value) -> Result<Vec<Value>>;
        }
        error: "the answers of the tool `find` cannot be truncated, because the tool may write"
        help: "remove `max_output`, or write `hints(read_only)` if the tool only reads; a POST also needs `allow(understated_hint, reason = \"…\")`"
        right: {
            #[post("/things")]
            async fn find(&self, body: &Value) -> Result<Vec<Value>>;
        }
    }

    an_argument_of_a_tool_that_clients_refuse {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query("page[size]")] size: u32) -> Result<Value>;
        }
        error: "MCP clients refuse `page[size]` as the name of an argument"
        help: "give it another name in tools: `#[tool(argument(size = \"page_size\"))]`"
        right: {
            #[get("/things")]
            #[tool(argument(size = "page_size"))]
            async fn list(&self, #[query("page[size]")] size: u32) -> Result<Value>;
        }
    }

    an_input_schema_with_a_mistyped_argument {
        wrong: {
            #[get("/things")]
            #[tool(input_schema = { "allOf": [{ "required": ["user_id"] }] })]
            async fn list(&self, #[query("userId")] user: Option<u32>, #[query] name: Option<&str>) -> Result<Value>;
        }
        error: "the tool `list` has no argument `user_id`"
        help: "did you mean `userId`?"
        right: {
            #[get("/things")]
            #[tool(input_schema = { "allOf": [{ "required": ["userId"] }] })]
            async fn list(&self, #[query("userId")] user: Option<u32>, #[query] name: Option<&str>) -> Result<Value>;
        }
    }

    an_input_schema_with_the_name_of_an_argument_of_the_api {
        wrong: {
            #[get("/things")]
            #[tool(argument(size = "page_size"), input_schema = { "required": ["page[size]"] })]
            async fn list(&self, #[query("page[size]")] size: Option<u32>) -> Result<Value>;
        }
        error: "the tool `list` has no argument `page[size]`"
        help: "did you mean `page_size`?"
        right: {
            #[get("/things")]
            #[tool(argument(size = "page_size"), input_schema = { "required": ["page_size"] })]
            async fn list(&self, #[query("page[size]")] size: Option<u32>) -> Result<Value>;
        }
    }

    an_input_schema_with_another_name {
        wrong: {
            #[get("/things")]
            #[tool(input_schema = { "properties": { "colour": { "const": "red" } } })]
            async fn list(&self, by: Option<&str>, name: Option<&str>) -> Result<Value>;
        }
        error: "the tool `list` has no argument `colour`"
        help: "the arguments are `by`, `name`"
        right: {
            #[get("/things")]
            #[tool(input_schema = { "properties": { "by": { "const": "red" } } })]
            async fn list(&self, by: Option<&str>, name: Option<&str>) -> Result<Value>;
        }
    }

    an_input_schema_of_a_tool_without_arguments {
        wrong: {
            #[get("/things")]
            #[tool(input_schema = { "required": ["name"] })]
            async fn list(&self) -> Result<Value>;
        }
        error: "the tool `list` has no argument `name`"
        help: "remove it: the tool has no arguments"
        right: {
            #[get("/things")]
            #[tool(input_schema = { "required": [] })]
            async fn list(&self) -> Result<Value>;
        }
    }
}

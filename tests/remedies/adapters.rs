// Mistakes in adapters, tools and prompt files, and their remedies.

remedies! {
    an_approval_that_is_unknown {
        wrong: (exposes(mcp(port = 1, confirm = "destructive", approval = "model")), allow(missing_description, reason = "a test")) {
            #[tool(confirm)]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected `any`, `client` or `host`, found `model`"
        help: "write `approval = \"client\"`, or remove it"
        right: (exposes(mcp(port = 1, confirm = "destructive", approval = "client")), allow(missing_description, reason = "a test")) {
            #[tool(confirm)]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_confirmation_with_a_string {
        wrong: (exposes(mcp(port = 1)), allow(missing_description, reason = "a test")) {
            #[tool(confirm = "yes")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected `true` or `false` for `confirm`, found `\"yes\"`"
        help: "write `confirm` or `confirm = false`"
        right: (exposes(mcp(port = 1)), allow(missing_description, reason = "a test")) {
            #[tool(confirm)]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_control_port_with_an_empty_without {
        wrong: (consumes(namespace = "api", base_uri = "https://api.example"), exposes(control(port = 1, without())), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`without` is empty"
        help: "name endpoints, `without(status, logs)`, or remove it"
        right: (consumes(namespace = "api", base_uri = "https://api.example"), exposes(control(port = 1, without(status, logs))), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_control_port_with_an_unknown_endpoint_in_without {
        wrong: (consumes(namespace = "api", base_uri = "https://api.example"), exposes(control(port = 1, without(readiness))), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown key `readiness` in `without`"
        help: "the keys are `health`, `status`, `logs`, `metrics`"
        right: (consumes(namespace = "api", base_uri = "https://api.example"), exposes(control(port = 1, without(health))), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_control_port_that_others_reach {
        wrong: (exposes(mcp(port = 1), control(port = 2, address = "0.0.0.0")), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "the control port listens on `0.0.0.0`, which other machines can reach"
        help: "write `127.0.0.1`, or remove `address`; to let other machines reach it, add `authentication`; if intended, write `allow(exposed_control, reason = \"…\")`"
        right: (exposes(mcp(port = 1), control(port = 2, address = "127.0.0.1")), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    two_control_ports {
        wrong: (exposes(mcp(port = 1), control(port = 2), control(port = 3)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "only one control port is allowed; this is another one"
        help: "remove all control ports but one; if intended, write `allow(exposed_control, reason = \"…\")`"
        right: (exposes(mcp(port = 1), control(port = 2)), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_adapter_list_that_is_empty {
        wrong: {
            #[get("/things")]
            #[tool(on = [])]
            async fn list(&self) -> Result<Value>;
        }
        error: "`on` is empty"
        help: "write `on = \"namespace\"`, or remove it"
        right: {
            #[get("/things")]
            #[tool(on = "things-mcp")]
            async fn list(&self) -> Result<Value>;

            #[get("/more")]
            #[tool]
            async fn more(&self) -> Result<Value>;
        }
    }

    an_argument_of_a_tool_that_is_empty {
        wrong: {
            #[get("/things/{user_id}")]
            #[tool(argument())]
            async fn list(&self, user_id: &str) -> Result<Value>;
        }
        error: "`argument` is empty"
        help: "write `argument(user_id = \"user\")`, or `argument(user_id(name = \"user\", description = \"…\"))`"
        right: {
            #[get("/things/{user_id}")]
            #[tool(argument(user_id = "user"))]
            async fn list(&self, user_id: &str) -> Result<Value>;

            #[get("/more/{user_id}")]
            #[tool(argument(user_id(name = "user", description = "…")))]
            async fn more(&self, user_id: &str) -> Result<Value>;
        }
    }

    an_argument_of_a_tool_without_a_name {
        wrong: {
            #[get("/things/{user_id}")]
            #[tool(argument(user_id))]
            async fn list(&self, user_id: &str) -> Result<Value>;
        }
        error: "expected a name or a description for the argument, found `user_id`"
        help: "write `argument(user_id = \"user\")`, or `argument(user_id(name = \"user\", description = \"…\"))`"
        right: {
            #[get("/things/{user_id}")]
            #[tool(argument(user_id = "user"))]
            async fn list(&self, user_id: &str) -> Result<Value>;

            #[get("/more/{user_id}")]
            #[tool(argument(user_id(name = "user", description = "…")))]
            async fn more(&self, user_id: &str) -> Result<Value>;
        }
    }

    an_argument_of_a_tool_with_a_space {
        wrong: {
            #[get("/things/{user_id}")]
            #[tool(argument(user_id = "the user"))]
            async fn list(&self, user_id: &str) -> Result<Value>;
        }
        error: "MCP clients refuse `the user` as the name of an argument"
        help: "write 1 to 64 letters, digits, `_`, `.` and `-`"
        right: {
            #[get("/things/{user_id}")]
            #[tool(argument(user_id = "the-user"))]
            async fn list(&self, user_id: &str) -> Result<Value>;
        }
    }

    an_argument_of_a_tool_given_twice {
        wrong: {
            #[get("/things/{user_id}")]
            #[tool(argument(user_id = "user", user_id = "id"))]
            async fn list(&self, user_id: &str) -> Result<Value>;
        }
        error: "`user_id` is given twice"
        help: "keep one of them"
        right: {
            #[get("/things/{user_id}")]
            #[tool(argument(user_id = "user"))]
            async fn list(&self, user_id: &str) -> Result<Value>;
        }
    }

    an_argument_of_a_tool_that_is_unknown {
        wrong: {
            #[get("/things/{user_id}")]
            #[tool(argument(usr_id = "user"))]
            async fn list(&self, user_id: &str) -> Result<Value>;
        }
        error: "`list` has no argument `usr_id`"
        help: "did you mean `user_id`?"
        right: {
            #[get("/things/{user_id}")]
            #[tool(argument(user_id = "user"))]
            async fn list(&self, user_id: &str) -> Result<Value>;
        }
    }

    two_arguments_of_a_tool_with_one_name {
        wrong: {
            #[get("/things/{id}")]
            #[tool(argument(id = "kind"))]
            async fn list(&self, id: u32, kind: &str) -> Result<Value>;
        }
        error: "another argument of this tool is called `kind`"
        help: "give one of them another name"
        right: {
            #[get("/things/{id}")]
            #[tool(argument(id = "key"))]
            async fn list(&self, id: u32, kind: &str) -> Result<Value>;
        }
    }

    an_argument_of_a_tool_with_the_name_of_a_renamed_one {
        wrong: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(mcp(port = 1)), rename_all = "camelCase", allow(missing_description, reason = "a test")) {
            #[get("/things/{id}")]
            #[tool(argument(id = "userId"))]
            async fn list(&self, id: u32, user_id: &str) -> Result<Value>;
        }
        error: "another argument of this tool is called `userId`"
        help: "give one of them another name"
        right: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(mcp(port = 1)), rename_all = "camelCase", allow(missing_description, reason = "a test")) {
            #[get("/things/{id}")]
            #[tool(argument(id = "thing"))]
            async fn list(&self, id: u32, user_id: &str) -> Result<Value>;
        }
    }

    two_tools_for_all_adapters {
        wrong: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(mcp(namespace = "agents", port = 1), mcp(namespace = "admins", port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            #[tool(name = "one")]
            #[tool(name = "two")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`#[tool]` is given twice"
        help: "keep one of them, or name the adapters of each: `on = \"…\"`"
        right: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(mcp(namespace = "agents", port = 1), mcp(namespace = "admins", port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            #[tool(on = "agents", name = "one")]
            #[tool(on = "admins", name = "two")]
            async fn list(&self) -> Result<Value>;
        }
    }

    two_tools_for_one_adapter {
        wrong: {
            #[get("/things")]
            #[tool(on = "things-mcp", name = "one")]
            #[tool(on = "things-mcp", name = "two")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`#[tool]` is given twice for `things-mcp`"
        help: "keep one of them"
        right: {
            #[get("/things")]
            #[tool(on = "things-mcp", name = "one")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_adapter_of_a_tool_that_is_unknown {
        wrong: {
            #[get("/things")]
            #[tool(on = "things-mpc")]
            async fn list(&self) -> Result<Value>;
        }
        error: "no MCP adapter has the namespace `things-mpc`"
        help: "did you mean `things-mcp`?"
        right: {
            #[get("/things")]
            #[tool(on = "things-mcp")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_status_given_twice {
        wrong: {
            #[get("/things", status = 200)]
            #[rest(status = 200)]
            async fn list(&self) -> Result<Value>;
        }
        error: "the verb already sets the status"
        help: "keep one of them"
        right: {
            #[get("/things", status = 200)]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_path_given_twice {
        wrong: {
            #[rest(get = "/things", path = "/all")]
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }
        }
        error: "the path is given twice"
        help: "keep the one after the method"
        right: {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }
        }
    }

    two_methods_of_a_route {
        wrong: {
            #[rest(get = "/things", post = "/things")]
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }
        }
        error: "a route can have only one method"
        help: "keep one of them"
        right: {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }
        }
    }

    a_body_without_a_route {
        wrong: {
            #[get("/things")]
            #[rest(body)]
            async fn list(&self) -> Result<Value>;
        }
        error: "`body` in `#[rest]` requires `delete = \"/path\"`"
        help: "remove it; for the body of a request to an API, write `#[delete(\"/path\", body)]`"
        right: {
            #[get("/things")]
            #[rest]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_skip_with_arguments {
        wrong: {
            #[skip(rest)]
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }
        }
        error: "`#[skip]` takes no arguments"
        help: "write `#[skip]`, `#[rest(skip)]` or `#[tool(skip)]`"
        right: {
            #[skip]
            async fn list(&self) -> Result<u32> {
                Ok(1)
            }

            #[get("/things")]
            #[rest(skip)]
            async fn tool(&self) -> Result<Value>;

            #[get("/things")]
            #[tool(skip)]
            async fn route(&self) -> Result<Value>;
        }
    }

    an_api_that_is_unknown {
        wrong: {
            #[get("/things", consumes = "thing")]
            async fn list(&self) -> Result<Value>;
        }
        error: "no `consumes` has the namespace `thing`"
        help: "did you mean `things`?"
        right: {
            #[get("/things", consumes = "things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_hint_that_is_a_string {
        wrong: {
            #[get("/things")]
            #[tool(hints(read_only = "yes"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected `true` or `false` for `read_only`, found `\"yes\"`"
        help: "write `read_only`, or `read_only = false`"
        right: {
            #[get("/things")]
            #[tool(hints(read_only = false))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_hint_that_is_a_list {
        wrong: {
            #[get("/things")]
            #[tool(hints(read_only()))]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a hint, found `read_only(…)`"
        help: "write `read_only`, or `read_only = false`; the hints are `read_only`, `destructive`, `idempotent`, `open_world`"
        right: {
            #[get("/things")]
            #[tool(hints(read_only, destructive = false, idempotent, open_world))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_misspelt_hint {
        wrong: {
            #[get("/things")]
            #[tool(hints(readonly))]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown hint `readonly`"
        help: "did you mean `read_only`? the hints are `read_only`, `destructive`, `idempotent`, `open_world`"
        right: {
            #[get("/things")]
            #[tool(hints(read_only))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_hint_given_twice {
        wrong: {
            #[get("/things")]
            #[tool(hints(read_only, read_only))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`read_only` is given twice"
        help: "keep one of them"
        right: {
            #[get("/things")]
            #[tool(hints(read_only))]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_argument_of_a_tool_without_arguments {
        wrong: {
            #[get("/things")]
            #[tool(argument(ids = "key"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`list` has no argument `ids`"
        help: "remove it"
        right: {
            #[get("/things")]
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_prompt_elsewhere {
        wrong: (exposes(mcp(port = 1, prompts(review(location = "https://a.example")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a path or a `file://` URI for the prompt `review`, found `https://a.example`"
        help: "write a path such as `prompts/review.txt`, or `file:///srv/review.txt`"
        right: (exposes(mcp(port = 1, prompts(review(location = "prompts/review.txt"), other(location = "file:///srv/review.txt")))), allow(missing_description, reason = "a test")) {
            #[tool]
            async fn list(&self) -> Result<Value>;
        }
    }
}

// Mistakes in the arguments of `#[capability]`, and their remedies.

remedies! {
    an_invalid_date {
        wrong: (created = "19.05.2026", consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "invalid date `19.05.2026`"
        help: "write a day of the calendar as year, month and day: `\"2026-05-19\"`"
        right: (created = "2026-05-19", consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_case_that_is_unknown {
        wrong: (rename_all = "camel_case", consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown case `camel_case`"
        help: "did you mean `camelCase`? the cases are `camelCase`, `kebab-case`, `snake_case`, `PascalCase`, `lowercase`, `UPPERCASE`, `SCREAMING_SNAKE_CASE`, `SCREAMING-KEBAB-CASE`"
        right: (rename_all = "camelCase", consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_allowance_without_a_reason {
        wrong: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description)) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "missing `reason` in `allow`"
        help: "add `reason = \"…\"`"
        right: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "…")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_allowance_of_a_string {
        wrong: (allow("missing_description", reason = "a test"), consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected the name of a rule or a reason in `allow`, found `\"missing_description\"`"
        help: "write `allow(understated_hint, reason = \"…\")`"
        right: (allow(understated_hint, reason = "…"), consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_bind_without_keys {
        wrong: (binds(env), consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a namespace with its keys in `binds`, found `env`"
        help: "write `binds(env(NAME))`"
        right: (binds(env(NAME)), consumes(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{env.NAME}}")), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_bind_of_a_string {
        wrong: (binds(env("NAME")), consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected the name of a variable, found `\"NAME\"`"
        help: "write `env(NAME)`, or `env(NAME = \"NAME_AT_THE_SOURCE\")`"
        right: (binds(env(NAME, OTHER = "NAME_AT_THE_SOURCE")), consumes(namespace = "things", base_uri = "https://things.example", authentication(basic(username = "{{env.OTHER}}", password = "{{env.NAME}}"))), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_bind_given_twice {
        wrong: (binds(env(NAME, NAME)), consumes(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{env.NAME}}")), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`NAME` is bound twice"
        help: "keep one of them"
        right: (binds(env(NAME)), consumes(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{env.NAME}}")), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_location_of_a_bind_given_twice {
        wrong: (binds(env(location = "file:///a", NAME, location = "file:///b")), consumes(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{env.NAME}}")), exposes(rest(port = 1)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`location` is given twice"
        help: "keep one of them"
        right: (binds(env(location = "file:///a", NAME)), consumes(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{env.NAME}}")), exposes(rest(port = 1)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_description_of_a_bind_given_twice {
        wrong: (binds(env(description = "A.", NAME, description = "B.")), consumes(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{env.NAME}}")), exposes(rest(port = 1)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`description` is given twice"
        help: "keep one of them"
        right: (binds(env(description = "A.", NAME)), consumes(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{env.NAME}}")), exposes(rest(port = 1)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_reason_given_twice {
        wrong: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1)), allow(missing_description, reason = "a test", reason = "another")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`reason` is given twice"
        help: "keep one of them"
        right: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_unknown_value_of_unknown_query {
        wrong: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1, unknown_query = "reject")), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected `refuse` or `ignore`, found `reject`"
        help: "write `unknown_query = \"refuse\"`, or remove it"
        right: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1, unknown_query = "refuse")), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_prefix_without_a_slash {
        wrong: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1, prefix = "v1")), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the prefix `v1` does not begin with `/`"
        help: "write `prefix = \"/v1\"`, or remove it"
        right: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1, prefix = "/v1")), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_page_with_a_value {
        wrong: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1, page = "/")), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected `page`, found `page = …`"
        help: "write `page`"
        right: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1, page)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_page_of_an_mcp_adapter {
        wrong: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2, page)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown key `page` in `mcp`"
        help: "the keys are `namespace`, `port`, `address`, `description`, `authentication`, `unknown_members`, `sessions`, `structured_content`, `tool_list`, `confirm`, `approval`, `resources`, `prompts`"
        right: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1, page), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_port_that_is_a_string {
        wrong: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = "8080")), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected an integer from 0 to 65535 for `port`, found `\"8080\"`"
        help: "write `port = 8080`"
        right: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 8080)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    two_authentications {
        wrong: (binds(env(KEY)), consumes(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{env.KEY}}", basic(username = "me", password = "{{env.KEY}}"))), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "an API can have only one authentication"
        help: "keep one of them"
        right: (binds(env(KEY)), consumes(namespace = "things", base_uri = "https://things.example", authentication(bearer = "{{env.KEY}}")), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_placement_that_is_unknown {
        wrong: (binds(env(KEY)), consumes(namespace = "things", base_uri = "https://things.example", authentication(apikey(key = "X-Key", value = "{{env.KEY}}", placement = "body"))), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected `header` or `query`, found `body`"
        help: "write `placement = \"header\"` or `placement = \"query\"`"
        right: (binds(env(KEY)), consumes(namespace = "things", base_uri = "https://things.example", authentication(apikey(key = "X-Key", value = "{{env.KEY}}", placement = "header"))), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_api_without_an_address {
        wrong: (consumes(namespace = "things"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "missing `base_uri` in `consumes`"
        help: "add `base_uri = \"https://…\"`"
        right: (consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_bare_value {
        wrong: ("things", consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a key in `#[capability]`, found `\"things\"`"
        help: "write `document = \"capability.naftiko.yaml\"`, `label = \"…\"`, `description = \"…\"`, `tags = [\"…\"]`, `created = \"2026-05-19\"`, `modified = \"2026-05-19\"`, `version = \"1.2.0\"`, `binds(env(NAME))`, `consumes(namespace = \"…\", base_uri = \"https://…\")`, `uses(github: GitHub)`, `exposes(rest(port = 8080), mcp(port = 9090))`, `skills = \"skills/\"`, `rename_all = \"camelCase\"`, `allow(rule, reason = \"…\")` or `crate = path::to::naftiko`"
        right: (label = "things", consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_tag_that_is_a_number {
        wrong: (tags = [1], consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string literal for `tags`, found `1`"
        help: "write `tags = [\"…\"]`"
        right: (tags = ["…"], consumes(namespace = "things", base_uri = "https://things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_base_uri_with_a_password {
        wrong: (consumes(namespace = "things", base_uri = "https://me:x@things.example"), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the base URI of `things.example` contains a user name or a password"
        help: "remove it, and write `authentication(basic(username = …, password = …))`"
        right: (binds(env(NAME, SECRET)), consumes(namespace = "things", base_uri = "https://things.example", authentication(basic(username = "{{env.NAME}}", password = "{{env.SECRET}}"))), exposes(rest(port = 1), mcp(port = 2)), allow(missing_description, reason = "a test")) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_rule_that_cannot_be_allowed {
        wrong: (
            exposes(rest(port = 1), mcp(port = 2)),
            allow(missing_description, colliding_routes, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`colliding_routes` cannot be allowed: routes of an adapter must differ in their method or shape, regardless of the names of their placeholders"
        help: "remove this, and correct what the rule reports; the rules that can be allowed are `unused_bind`, `retries_too_long`, `paged_write`, `duplicate_port`, `invalid_tool_name`, `understated_hint`, `unchecked_scopes`, `credential_argument`, `exposed_control`, `literal_secret`, `missing_description`"
        right: (
            exposes(rest(port = 1), mcp(port = 2)),
            allow(missing_description, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_rule_that_does_not_exist {
        wrong: (
            exposes(rest(port = 1), mcp(port = 2)),
            allow(missing_description, unused_binds, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown rule `unused_binds`"
        help: "did you mean `unused_bind`? the rules that can be allowed are `unused_bind`, `retries_too_long`, `paged_write`, `duplicate_port`, `invalid_tool_name`, `understated_hint`, `unchecked_scopes`, `credential_argument`, `exposed_control`, `literal_secret`, `missing_description`"
        right: (
            binds(env(KEY)),
            exposes(rest(port = 1), mcp(port = 2)),
            allow(missing_description, unused_bind, reason = "a test"),
        ) {
            #[rest(get = "/things")]
            async fn list(&self) -> Result<Value>;
        }
    }
}

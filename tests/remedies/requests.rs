// Mistakes in requests, and their remedies.

remedies! {
    a_constant_beside_the_bearer_token {
        wrong: (
            binds(env(TOKEN, OTHER)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(bearer = "{{env.TOKEN}}"),
                header("authorization" = "{{env.OTHER}}"),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`authentication` already sends the header `Authorization`"
        help: "remove this value, or remove `authentication`"
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

    a_constant_of_a_verb_beside_an_api_key {
        wrong: (
            binds(env(KEY)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(apikey(key = "key", value = "{{env.KEY}}", placement = "query")),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", query("key" = "{{env.KEY}}"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`authentication` already sends the query parameter `key`"
        help: "remove this value, or remove `authentication`; for a credential of this operation, declare the API again in `consumes`, with another `namespace`"
        right: (
            binds(env(KEY)),
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", query("key" = "{{env.KEY}}"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_misspelt_placeholder {
        wrong: {
            #[get("/repos/{ownr}/{name}")]
            async fn list(&self, owner: &str, name: &str) -> Result<Value>;
        }
        error: "no parameter fills `{ownr}` in the path of `list`"
        help: "if you mean the parameter `owner`, write `/repos/{owner}/{name}`"
        right: {
            #[get("/repos/{owner}/{name}")]
            async fn list(&self, owner: &str, name: &str) -> Result<Value>;
        }
    }

    a_misspelt_placeholder_of_a_path_argument {
        wrong: {
            #[get("/repos/{ownr}")]
            async fn list(&self, #[path] owner: &str) -> Result<Value>;
        }
        error: "no parameter fills `{ownr}` in the path of `list`"
        help: "if you mean the parameter `owner`, write `/repos/{owner}`"
        right: {
            #[get("/repos/{owner}")]
            async fn list(&self, #[path] owner: &str) -> Result<Value>;
        }
    }

    a_misspelt_placeholder_of_a_route {
        wrong: {
            #[rest(get = "/repos/{ownr}")]
            async fn list(&self, owner: &str) -> Result<String> {
                Ok(owner.to_owned())
            }
        }
        error: "no parameter fills `{ownr}` of the route `/repos/{ownr}`"
        help: "if you mean the parameter `owner`, write `/repos/{owner}`"
        right: {
            #[rest(get = "/repos/{owner}")]
            async fn list(&self, owner: &str) -> Result<String> {
                Ok(owner.to_owned())
            }
        }
    }

    a_style_given_twice {
        wrong: {
            #[get("/things")]
            async fn send(&self, #[query(style = "comma", style = "brackets")] ids: &[u64]) -> Result<Value>;
        }
        error: "`style` is given twice"
        help: "keep one of them"
        right: {
            #[get("/things")]
            async fn send(&self, #[query(style = "comma")] ids: &[u64]) -> Result<Value>;
        }
    }

    a_style_of_lists_given_twice {
        wrong: {
            #[post("/things")]
            async fn send(&self, #[body(form, lists = "brackets", lists = "comma")] body: &Filter) -> Result<Value>;
        }
        error: "`lists` is given twice"
        help: "keep one of them"
        right: {
            #[post("/things")]
            async fn send(&self, #[body(form, lists = "brackets")] body: &Filter) -> Result<Value>;
        }
    }

    a_content_type_given_twice {
        wrong: {
            #[post("/things")]
            async fn send(&self, #[body(text, content_type = "text/plain", content_type = "text/html")] body: &str) -> Result<Value>;
        }
        error: "`content_type` is given twice"
        help: "keep one of them"
        right: {
            #[post("/things")]
            async fn send(&self, #[body(text, content_type = "text/html")] body: &str) -> Result<Value>;
        }
    }

    a_limit_given_twice {
        wrong: {
            #[post("/things")]
            async fn send(&self, #[part(limit = "1MiB", limit = "2MiB")] file: Upload) -> Result<Value>;
        }
        error: "`limit` is given twice"
        help: "keep one of them"
        right: {
            #[post("/things")]
            async fn send(&self, #[part(limit = "1MiB")] file: Upload) -> Result<Value>;
        }
    }

    a_misspelt_variable {
        wrong: (
            binds(env(GITHUB_TOKEN)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(bearer = "{{GITHUB_TOKE}}"),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "no bind declares `{{GITHUB_TOKE}}`"
        help: "write `{{GITHUB_TOKEN}}`, or declare it: add `GITHUB_TOKE` to `binds(env(…))`"
        right: (
            binds(env(GITHUB_TOKEN)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(bearer = "{{GITHUB_TOKEN}}"),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    two_structs_as_the_body {
        wrong: {
            #[post("/things")]
            async fn add(&self, body: &Filter, #[body] filter: &Filter) -> Result<Value>;
        }
        error: "`body` and `filter` cannot both be the body"
        help: "put both into one struct, or send `filter` in the query: `#[query(style = \"members\")]`"
        right: {
            #[post("/things")]
            async fn add(&self, body: &Filter, #[query(style = "members")] filter: &Filter) -> Result<Value>;
        }
    }

    a_struct_and_a_string_as_the_body {
        wrong: {
            #[post("/things")]
            async fn add(&self, body: &Filter, #[body] name: &str) -> Result<Value>;
        }
        error: "`body` and `name` cannot both be the body"
        help: "put both into one struct, or send `name` in the query or in a header: `#[query]`, `#[header]`"
        right: {
            #[post("/things")]
            async fn add(&self, body: &Filter, #[query] name: &str) -> Result<Value>;
        }
    }

    a_part_beside_a_body {
        wrong: {
            #[post("/things")]
            async fn add(&self, body: &Filter, #[part] file: naftiko::Upload) -> Result<Value>;
        }
        error: "`body` and `file` cannot both be the body"
        help: "mark `body` with `#[part]`, too"
        right: {
            #[post("/things")]
            async fn add(&self, #[part] body: &Filter, #[part] file: naftiko::Upload) -> Result<Value>;
        }
    }

    a_constant_beside_an_argument_of_its_name {
        wrong: {
            #[get("/things", query(page = 1))]
            async fn list(&self, page: u32) -> Result<Value>;
        }
        error: "the constant `page` has the same name as the argument `page`"
        help: "remove one of them; to give the argument a default, write `#[query(default = …)]`"
        right: {
            #[get("/things")]
            async fn list(&self, #[query(default = 1)] page: u32) -> Result<Value>;
        }
    }

    a_constant_with_a_variable_that_has_no_name {
        wrong: {
            #[get("/things", header("X-Mode" = "{{a b}}"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "the template cannot be read: `a b` is not a name"
        help: "write `{{env.NAME}}` or `{{NAME}}` to insert the value of a bind"
        right: (
            binds(env(MODE)),
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", header("X-Mode" = "{{env.MODE}}"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_constant_with_a_variable_that_nothing_declares {
        wrong: {
            #[get("/things", query("mode" = "{{env.MODE}}"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "no bind declares `{{env.MODE}}`"
        help: "declare it: add `MODE` to `binds(env(…))`"
        right: (
            binds(env(MODE)),
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", query("mode" = "{{env.MODE}}"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_concurrency_with_an_unknown_key {
        wrong: {
            #[get("/things", resilience(concurrency(20, waiting = 3)))]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown key `waiting` in `concurrency`"
        help: "the only one is `queue`"
        right: {
            #[get("/things", resilience(concurrency(20, queue = 3)))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_constant_with_the_prefix_of_headers {
        wrong: {
            #[get("/things", header("X-Meta-A" = "1"))]
            async fn list(&self, #[header("X-Meta-", style = "members")] meta: &BTreeMap<String, String>) -> Result<Value>;
        }
        error: "the constant `X-Meta-A` begins with the prefix of the argument `meta`"
        help: "remove the constant, or give the argument another prefix"
        right: {
            #[get("/things", header("X-Meta-A" = "1"))]
            async fn list(&self, #[header("X-Other-", style = "members")] meta: &BTreeMap<String, String>) -> Result<Value>;
        }
    }
}

// Keys of `#[capability]` in the wrong attribute or list, and their remedies.

remedies! {
    a_credential_of_one_method {
        wrong: (
            binds(env(KEY, ADMIN_KEY)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(bearer = "{{env.KEY}}"),
                header("X-Admin" = "{{env.ADMIN_KEY}}"),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;

            #[delete("/things", authentication(bearer = "{{env.ADMIN_KEY}}"))]
            async fn clear(&self) -> Result<()>;
        }
        error: "unknown key `authentication` in `#[delete]`"
        help: "each entry of `consumes` has one credential: repeat `consumes(…)` with the same `base_uri`, another `namespace` and this `authentication`, and name it here: `consumes = \"…\"`"
        right: (
            binds(env(KEY, ADMIN_KEY)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(bearer = "{{env.KEY}}"),
            ),
            consumes(
                namespace = "things-admin",
                base_uri = "https://things.example",
                authentication(bearer = "{{env.ADMIN_KEY}}"),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", consumes = "things")]
            async fn list(&self) -> Result<Value>;

            #[delete("/things", consumes = "things-admin")]
            async fn clear(&self) -> Result<()>;
        }
    }

    a_constant_as_the_credential_of_one_method {
        wrong: (
            binds(env(KEY, ADMIN_KEY)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(bearer = "{{env.KEY}}"),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[delete("/things", header("Authorization" = "Bearer {{env.ADMIN_KEY}}"))]
            async fn clear(&self) -> Result<()>;
        }
        error: "`authentication` already sends the header `Authorization`"
        help: "remove this value, or remove `authentication`; for a credential of this operation, declare the API again in `consumes`, with another `namespace`"
        right: (
            binds(env(ADMIN_KEY)),
            consumes(
                namespace = "things-admin",
                base_uri = "https://things.example",
                authentication(bearer = "{{env.ADMIN_KEY}}"),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[delete("/things", consumes = "things-admin")]
            async fn clear(&self) -> Result<()>;
        }
    }

    an_idempotency_key_of_a_verb {
        wrong: {
            #[post("/things", idempotency_key)]
            async fn add(&self) -> Result<Value>;
        }
        error: "unknown key `idempotency_key` in `#[post]`"
        help: "write `resilience(retry(3, idempotency_key))`"
        right: {
            #[post("/things", resilience(retry(3, idempotency_key)))]
            async fn add(&self) -> Result<Value>;
        }
    }

    retries_of_a_verb {
        wrong: {
            #[get("/things", retry(3))]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown key `retry` in `#[get]`"
        help: "write it in `resilience(…)`"
        right: {
            #[get("/things", resilience(retry(3)))]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_idempotency_key_of_resilience {
        wrong: {
            #[post("/things", resilience(idempotency_key))]
            async fn add(&self) -> Result<Value>;
        }
        error: "unknown key `idempotency_key` in `resilience`"
        help: "write `retry(3, idempotency_key)`"
        right: {
            #[post("/things", resilience(retry(3, idempotency_key)))]
            async fn add(&self) -> Result<Value>;
        }
    }

    hints_of_a_verb {
        wrong: {
            #[post("/things", hints(destructive = false))]
            async fn add(&self) -> Result<Value>;
        }
        error: "unknown key `hints` in `#[post]`"
        help: "write it in `#[tool(…)]`, above the method"
        right: {
            #[post("/things")]
            #[tool(hints(destructive = false))]
            async fn add(&self) -> Result<Value>;
        }
    }

    a_hint_of_a_tool {
        wrong: {
            #[post("/things")]
            #[tool(destructive = false)]
            async fn add(&self) -> Result<Value>;
        }
        error: "unknown key `destructive` in `#[tool]`"
        help: "write it in `hints(…)`"
        right: {
            #[post("/things")]
            #[tool(hints(destructive = false))]
            async fn add(&self) -> Result<Value>;
        }
    }

    approval_of_a_tool {
        wrong: {
            #[delete("/things")]
            #[tool(confirm, approval = "client")]
            async fn clear(&self) -> Result<()>;
        }
        error: "unknown key `approval` in `#[tool]`"
        help: "write it in `exposes(mcp(…))`: it applies to all tools of an adapter"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(mcp(port = 2, approval = "client")),
            allow(missing_description, reason = "a test"),
        ) {
            #[delete("/things")]
            #[tool(confirm)]
            async fn clear(&self) -> Result<()>;
        }
    }

    a_scope_of_a_verb {
        wrong: {
            #[get("/things", scope = "things:read")]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown key `scope` in `#[get]`"
        help: "write `#[scope(\"…\")]` above the method"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(rest(port = 1)),
            allow(missing_description, unchecked_scopes, reason = "a test"),
        ) {
            #[get("/things")]
            #[scope("things:read")]
            async fn list(&self) -> Result<Value>;
        }
    }

    retries_of_an_api {
        wrong: (
            consumes(namespace = "things", base_uri = "https://things.example", retry(3)),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown key `retry` in `consumes`"
        help: "write it in `resilience(…)`"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example", resilience(retry(3))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_token_of_an_api {
        wrong: (
            consumes(namespace = "things", base_uri = "https://things.example", bearer = "{{env.KEY}}"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown key `bearer` in `consumes`"
        help: "write it in `authentication(…)`"
        right: (
            binds(env(KEY)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(bearer = "{{env.KEY}}"),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_token_of_an_adapter {
        wrong: (
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(rest(port = 1, bearer = "{{env.KEY}}")),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown key `bearer` in `rest`"
        help: "write it in `authentication(…)`"
        right: (
            binds(env(KEY)),
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(rest(port = 1, authentication(bearer = "{{env.KEY}}"))),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    two_apis_of_one_namespace_and_address {
        wrong: (
            consumes(namespace = "things", base_uri = "https://things.example"),
            consumes(namespace = "things", base_uri = "https://things.example", header("X-Admin" = "yes")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "another consumed API has the namespace `things`"
        help: "give one of them another namespace: `namespace = \"…\"`"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example"),
            consumes(namespace = "admin", base_uri = "https://things.example", header("X-Admin" = "yes")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", consumes = "admin")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_status_in_quotes {
        wrong: {
            #[post("/things", status = "202")]
            async fn add(&self) -> Result<Value>;
        }
        error: "expected an integer from 0 to 65535 for `status`, found `\"202\"`"
        help: "write `status = 202`"
        right: {
            #[post("/things", status = 202)]
            async fn add(&self) -> Result<Value>;
        }
    }

    a_duration_without_a_unit {
        wrong: {
            #[get("/things", timeout = 20)]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string literal for `timeout`, found `20`"
        help: "write `timeout = \"20s\"`"
        right: {
            #[get("/things", timeout = "20s")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_long_duration_without_a_unit {
        wrong: {
            #[get("/things", timeout = 5000)]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string literal for `timeout`, found `5000`"
        help: "write `timeout = \"5000ms\"`"
        right: {
            #[get("/things", timeout = "5000ms")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_number_for_a_duration {
        wrong: {
            #[get("/things", timeout = 0)]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string literal for `timeout`, found `0`"
        help: "write `timeout = \"5s\"`"
        right: {
            #[get("/things", timeout = "5s")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_placeholder_beside_another_argument {
        wrong: {
            #[get("/things/{number}")]
            async fn read(&self, num: u64) -> Result<Value>;
        }
        error: "no parameter fills `{number}` in the path of `read`"
        help: "add an argument: `number: &str`; or write `#[path(\"number\")]` before the argument that fills it"
        right: {
            #[get("/things/{number}")]
            async fn read(&self, #[path("number")] num: u64) -> Result<Value>;

            #[get("/others/{number}")]
            async fn other(&self, num: u64, number: &str) -> Result<Value>;
        }
    }

    a_struct_and_a_file_as_the_body {
        wrong: {
            #[post("/things")]
            async fn add(&self, body: &Filter, #[body(bytes)] file: naftiko::Upload) -> Result<Value>;
        }
        error: "`body` and `file` cannot both be the body"
        help: "send them as parts of a form: write `#[part]` before `body` and `file`"
        right: {
            #[post("/things")]
            async fn add(&self, #[part] body: &Filter, #[part] file: naftiko::Upload) -> Result<Value>;
        }
    }
}

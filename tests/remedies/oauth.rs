// Mistakes in how access tokens for an API are fetched, and their remedies.

remedies! {
    a_client_without_a_token_url {
        wrong: (
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(client_id = "c"))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "missing `token_url` in `oauth2`"
        help: "add `token_url = \"https://…\"`"
        right: (
            binds(env(SECRET)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(oauth2(token_url = "https://login.example/token", client_id = "c", client_secret = "{{env.SECRET}}")),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_client_without_an_id {
        wrong: (
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(oauth2(token_url = "https://login.example/token")),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "missing `client_id` in `oauth2`"
        help: "add `client_id = \"{{env.NAME}}\"`"
        right: (
            binds(env(ID, SECRET)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(oauth2(
                    token_url = "https://login.example/token",
                    client_id = "{{env.ID}}",
                    client_secret = "{{env.SECRET}}",
                )),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_client_without_a_secret {
        wrong: (
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(oauth2(token_url = "https://login.example/token", client_id = "c")),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "missing `client_secret` in `oauth2`"
        help: "add `client_secret = \"{{env.NAME}}\"`"
        right: (
            binds(env(SECRET)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(oauth2(token_url = "https://login.example/token", client_id = "c", client_secret = "{{env.SECRET}}")),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_refresh_token_that_is_not_a_string {
        wrong: (
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(oauth2(token_url = "https://login.example/token", client_id = "c", refresh_token = 1)),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string literal for `refresh_token`, found `1`"
        help: "write `refresh_token = \"{{env.NAME}}\"`"
        right: (
            binds(env(TOKEN)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(oauth2(token_url = "https://login.example/token", client_id = "c", refresh_token = "{{env.TOKEN}}")),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }
}

// Mistakes in how callers authenticate, and their remedies.

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
}

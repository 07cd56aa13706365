// Mistakes in the headers of callers that an operation sends to its API, and their remedies.

remedies! {
    a_header_of_callers_that_cannot_be_sent {
        wrong: {
            #[get("/things", caller_header("Host"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "the caller's header `Host` cannot be passed on: it is set by the HTTP client for each request"
        help: "remove it, or write a header that callers send for the API, such as `Authorization` or `X-Tenant`"
        right: {
            #[get("/things", caller_header("Authorization"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_header_of_callers_that_is_the_credential {
        wrong: (
            binds(env(TOKEN)),
            consumes(
                namespace = "things",
                base_uri = "https://things.example",
                authentication(bearer = "{{env.TOKEN}}"),
                caller_header("Authorization"),
            ),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`Authorization` is the header of the capability's own credential for `things`"
        help: "remove the `authentication` of the API if callers have their own credentials, or remove the header"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example", caller_header("Authorization")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_header_of_callers_that_is_a_constant {
        wrong: {
            #[get("/things", header("X-A" = "1"), caller_header("X-A"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "the caller's header `X-A` is also a parameter or a constant of the request"
        help: "remove it here, or remove that parameter or constant"
        right: {
            #[get("/things", caller_header("X-A"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_header_of_callers_that_the_api_declares_as_well {
        wrong: (
            consumes(namespace = "things", base_uri = "https://things.example", caller_header("X-A")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", caller_header("X-A"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "the caller's header `X-A` is declared twice"
        help: "remove it here"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example", caller_header("X-A")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_unknown_word_beside_headers_of_callers {
        wrong: {
            #[get("/things", caller_header("X-Tenant", required))]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a header name in quotes or `optional`, found `required`"
        help: "write the header in quotes, `caller_header(\"Authorization\")`; it is required unless you write `optional`"
        right: {
            #[get("/things", caller_header("X-Tenant"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    no_header_of_callers {
        wrong: {
            #[get("/things", caller_header())]
            async fn list(&self) -> Result<Value>;
        }
        error: "`caller_header` names no header"
        help: "write `caller_header(\"Authorization\")`"
        right: {
            #[get("/things", caller_header("Authorization"))]
            async fn list(&self) -> Result<Value>;
        }
    }
}

// Mistakes in the resilience, the access tokens and the base URIs of APIs, and their remedies.

remedies! {
    a_try_that_is_longer_than_its_call {
        wrong: {
            #[get("/things", timeout = "1s", resilience(timeout = "2s"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "one attempt may take 2s, but a call may take 1s in all"
        help: "write at most `\"1s\"`, or give calls more time: `timeout = \"4s\"` beside `resilience`"
        right: {
            #[get("/things", timeout = "1s", resilience(timeout = "1s"))]
            async fn list(&self) -> Result<Value>;

            #[get("/more", timeout = "4s", resilience(timeout = "2s"))]
            async fn more(&self) -> Result<Value>;
        }
    }

    a_wait_that_is_longer_than_its_call {
        wrong: {
            #[get("/things", resilience(retry(2, max_backoff = "1m")))]
            async fn list(&self) -> Result<Value>;
        }
        error: "the wait before a retry may take 1m, but a call may take 30s in all"
        help: "write at most `\"30s\"`, or give calls more time: `timeout = \"2m\"` beside `resilience`"
        right: {
            #[get("/things", resilience(retry(2, max_backoff = "30s")))]
            async fn list(&self) -> Result<Value>;

            #[get("/more", timeout = "2m", resilience(retry(2, max_backoff = "1m")))]
            async fn more(&self) -> Result<Value>;
        }
    }

    a_longest_wait_below_the_first {
        wrong: {
            #[get("/things", resilience(retry(2, max_backoff = "50ms")))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`max_backoff` is 50ms, but the first wait (`backoff`) may already take 100ms"
        help: "write `max_backoff = \"100ms\"` or more, or `backoff = \"50ms\"` or less"
        right: {
            #[get("/things", resilience(retry(2, max_backoff = "100ms")))]
            async fn list(&self) -> Result<Value>;

            #[get("/more", resilience(retry(2, backoff = "50ms", max_backoff = "50ms")))]
            async fn more(&self) -> Result<Value>;
        }
    }

    a_first_wait_above_the_longest {
        wrong: {
            #[get("/things", resilience(retry(2, backoff = "6s")))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`backoff` is 6s, but no wait takes longer than `max_backoff`, which is 5s"
        help: "write `max_backoff = \"6s\"` or more, or `backoff = \"5s\"` or less"
        right: {
            #[get("/things", resilience(retry(2, backoff = "6s", max_backoff = "6s")))]
            async fn list(&self) -> Result<Value>;

            #[get("/more", resilience(retry(2, backoff = "5s")))]
            async fn more(&self) -> Result<Value>;
        }
    }

    tries_that_do_not_fit {
        wrong: {
            #[get("/things", timeout = "2s", resilience(timeout = "1s", retry(3)))]
            async fn list(&self) -> Result<Value>;
        }
        error: "the last of 3 attempts may start after 2300ms, but the call is limited to 2s"
        help: "lower the number of attempts, `timeout` or `backoff`, or raise the time limit of the call; if intended, write `allow(retries_too_long, reason = \"…\")`"
        right: {
            #[get("/fewer", timeout = "2s", resilience(timeout = "1s", retry(2)))]
            async fn fewer(&self) -> Result<Value>;
            #[get("/shorter", timeout = "2s", resilience(timeout = "500ms", retry(3)))]
            async fn shorter(&self) -> Result<Value>;

            #[get("/longer", timeout = "3s", resilience(timeout = "1s", retry(3)))]
            async fn longer(&self) -> Result<Value>;
        }
    }

    tries_that_do_not_fit_into_their_operation {
        wrong: {
            #[get("/things", timeout = "5m", resilience(timeout = "30s", retry(3)))]
            async fn list(&self) -> Result<Value>;
        }
        error: "the last of 3 attempts may start after 60300ms, but the operation is limited to 55s"
        help: "lower the number of attempts, `timeout` or `backoff`; if intended, write `allow(retries_too_long, reason = \"…\")`"
        right: {
            #[get("/longer", timeout = "5m", resilience(timeout = "30s", retry(3)), allow(retries_too_long, reason = "a test"))]
            async fn longer(&self) -> Result<Value>;
        }
    }

    a_write_that_is_tried_again {
        wrong: {
            #[post("/things", resilience(retry(2)))]
            async fn add(&self) -> Result<()>;
        }
        error: "a retried POST may take effect twice"
        help: "remove `retry`, or write `retry(3, idempotency_key)` if the API supports such keys"
        right: {
            #[post("/things", resilience(retry(3, idempotency_key)))]
            async fn add(&self) -> Result<()>;
        }
    }

    a_hedge_of_a_write {
        wrong: {
            #[put("/things/{id}", resilience(hedge = "300ms"))]
            async fn replace(&self, id: u64) -> Result<Value>;
        }
        error: "a PUT is never hedged, because both requests may take effect"
        help: "remove `hedge`: only GET and HEAD are sent twice, and the `hedge` of an API applies to no other method"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example", resilience(hedge = "300ms")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[put("/things/{id}")]
            async fn replace(&self, id: u64) -> Result<Value>;
        }
    }

    a_hedge_after_the_end_of_a_try {
        wrong: {
            #[get("/things", resilience(timeout = "1s", hedge = "1s"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "the second request would be sent after 1s, but one attempt may take 1s"
        help: "lower `hedge`, or raise the time limit"
        right: {
            #[get("/things", resilience(timeout = "1s", hedge = "500ms"))]
            async fn list(&self) -> Result<Value>;

            #[get("/more", resilience(timeout = "2s", hedge = "1s"))]
            async fn more(&self) -> Result<Value>;
        }
    }

    a_hedge_in_parentheses {
        wrong: {
            #[get("/things", resilience(hedge("300ms")))]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected `hedge = …` or `hedge(off)`, found `hedge(…)`"
        help: "write `hedge = \"300ms\"`, or `hedge(off)`"
        right: {
            #[get("/things", resilience(hedge = "300ms"))]
            async fn list(&self) -> Result<Value>;

            #[get("/more", resilience(hedge(off)))]
            async fn more(&self) -> Result<Value>;
        }
    }

    a_retry_without_a_number {
        wrong: {
            #[get("/things", resilience(retry(backoff = "1s")))]
            async fn list(&self) -> Result<Value>;
        }
        error: "missing number in `retry`"
        help: "write the number of attempts: `retry(3)`"
        right: {
            #[get("/things", resilience(retry(3)))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_retry_with_two_numbers {
        wrong: {
            #[get("/things", resilience(retry(3, 4)))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`retry` takes one number"
        help: "remove this value"
        right: {
            #[get("/things", resilience(retry(3)))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_concurrency_of_zero {
        wrong: {
            #[get("/things", resilience(concurrency(0)))]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected an integer from 1 to 65535, found `0`"
        help: "write the number of calls: `concurrency(20)`"
        right: {
            #[get("/things", resilience(concurrency(20)))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_rate_without_a_number {
        wrong: {
            #[get("/things", resilience(rate_limit(per = "1s")))]
            async fn list(&self) -> Result<Value>;
        }
        error: "missing number in `rate_limit`"
        help: "write the number of calls: `rate_limit(50, per = \"1s\")`"
        right: {
            #[get("/things", resilience(rate_limit(50, per = "1s")))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_breaker_without_failures {
        wrong: {
            #[get("/things", resilience(circuit_breaker(reset = "30s")))]
            async fn list(&self) -> Result<Value>;
        }
        error: "missing `failures` in `circuit_breaker`"
        help: "add `failures = 5`"
        right: {
            #[get("/things", resilience(circuit_breaker(failures = 5, reset = "30s")))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_breaker_with_zero_failures {
        wrong: {
            #[get("/things", resilience(circuit_breaker(failures = 0)))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`failures` must be at least 1, found 0"
        help: "write an integer from 1 to 65535"
        right: {
            #[get("/things", resilience(circuit_breaker(failures = 1)))]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_idempotency_key_in_an_invalid_header {
        wrong: {
            #[get("/things", resilience(retry(2, idempotency_key = "X Key")))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`X Key` is not a valid header name"
        help: "write the header that the API uses, or `idempotency_key` alone"
        right: {
            #[get("/things", resilience(retry(2, idempotency_key = "X-Key")))]
            async fn list(&self) -> Result<Value>;

            #[get("/more", resilience(retry(2, idempotency_key)))]
            async fn more(&self) -> Result<Value>;
        }
    }

    a_duration_with_a_space {
        wrong: {
            #[get("/things", resilience(timeout = "10 s"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "invalid duration `10 s`"
        help: "write an integer and a unit, `ms`, `s` or `m`: `\"250ms\"`, `\"5s\"`, `\"1m\"`"
        right: {
            #[get("/things", timeout = "2m", resilience(timeout = "5s"))]
            async fn list(&self) -> Result<Value>;

            #[get("/more", timeout = "1m", resilience(timeout = "250ms"))]
            async fn more(&self) -> Result<Value>;
        }
    }

    a_misspelt_key_of_resilience {
        wrong: {
            #[get("/things", resilience(retries(3)))]
            async fn list(&self) -> Result<Value>;
        }
        error: "unknown key `retries` in `resilience`"
        help: "write `retry(3)`: at most 3 attempts, the first included"
        right: {
            #[get("/things", timeout = "29s", resilience(
                timeout = "5s", retry(3), hedge = "1s", circuit_breaker(failures = 1), rate_limit(1), concurrency(1),
            ))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_token_url_without_tls {
        wrong: (
            binds(env(SECRET)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "http://id.example/token", client_id = "me", client_secret = "{{env.SECRET}}",
            ))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`token_url` of `things` must begin with `https://`, because a secret is sent to it"
        help: "write the `https://` URL of the token endpoint; `http://` is only for this machine"
        right: (
            binds(env(SECRET)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "https://id.example/token", client_id = "me", client_secret = "{{env.SECRET}}",
            ))),
            consumes(namespace = "local", base_uri = "https://local.example", authentication(oauth2(
                token_url = "http://localhost/token", client_id = "me", client_secret = "{{env.SECRET}}",
            ))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", consumes = "things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_scope_with_a_space {
        wrong: (
            binds(env(SECRET)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "https://id.example/token", client_id = "me", client_secret = "{{env.SECRET}}",
                scopes = ["read write"],
            ))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`scopes` of `things` contains `read write`, which is not a scope"
        help: "write one scope, without spaces or quotes, in each element (RFC 6749, section 3.3)"
        right: (
            binds(env(SECRET)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "https://id.example/token", client_id = "me", client_secret = "{{env.SECRET}}",
                scopes = ["read", "write"],
            ))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_unknown_grant {
        wrong: (
            binds(env(SECRET)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "https://id.example/token", client_id = "me", client_secret = "{{env.SECRET}}",
                grant = "password",
            ))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected `token-exchange`, found `password`"
        help: "write `grant = \"token-exchange\"`, or remove it"
        right: (
            binds(env(SECRET)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "https://id.example/token", client_id = "me", client_secret = "{{env.SECRET}}",
                grant = "token-exchange",
            ))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_refresh_token_beside_token_exchange {
        wrong: (
            binds(env(SECRET)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "https://id.example/token", client_id = "me", client_secret = "{{env.SECRET}}",
                refresh_token = "{{env.SECRET}}", grant = "token-exchange",
            ))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`grant` of `things` is token exchange, which does not use a refresh token"
        help: "remove `grant`, or remove `refresh_token`"
        right: (
            binds(env(SECRET)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "https://id.example/token", client_id = "me", client_secret = "{{env.SECRET}}",
                grant = "token-exchange",
            ))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_unknown_client_authentication {
        wrong: (
            binds(env(SECRET)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "https://id.example/token", client_id = "me", client_secret = "{{env.SECRET}}",
                client_authentication = "query",
            ))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected `header` or `body`, found `query`"
        help: "write `client_authentication = \"body\"`, or remove it"
        right: (
            binds(env(SECRET)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "https://id.example/token", client_id = "me", client_secret = "{{env.SECRET}}",
                client_authentication = "body",
            ))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_client_secret_in_the_source {
        wrong: (
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "https://id.example/token", client_id = "me", client_secret = "s3cr3t",
            ))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the `client_secret` of `things` looks like a secret in the source"
        help: "take it from the environment: `binds(env(THINGS_CLIENT_SECRET))` and `\"{{env.THINGS_CLIENT_SECRET}}\"`; if \
               intended, write `allow(literal_secret, reason = \"…\")`"
        right: (
            binds(env(THINGS_CLIENT_SECRET)),
            consumes(namespace = "things", base_uri = "https://things.example", authentication(oauth2(
                token_url = "https://id.example/token", client_id = "me", client_secret = "{{env.THINGS_CLIENT_SECRET}}",
            ))),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_base_uri_with_a_slash_at_its_end {
        wrong: (
            consumes(namespace = "things", base_uri = "https://things.example/v1/"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the base URI `https://things.example/v1/` ends with a slash"
        help: "paths begin with a slash, so write `https://things.example/v1`"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example/v1"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_base_uri_with_a_variable_that_has_no_name {
        wrong: (
            consumes(namespace = "things", base_uri = "https://{a b}.example"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the base URI `https://{a b}.example` cannot be read: `a b` is not a name"
        help: "write `{name}` or `[name]` for a variable, and `{{env.NAME}}` for the value of a bind"
        right: (
            consumes(namespace = "things", base_uri = "https://{name}.example"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }
}

// Mistakes in the certificates of connections to an API, and their remedies.

remedies! {
    certificates_that_are_empty {
        wrong: (
            consumes(namespace = "things", base_uri = "https://things.example", tls()),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`tls` is empty"
        help: "write `ca = \"{{env.NAME}}\"`, or `certificate` and `key`"
        right: (
            binds(env(CA)),
            consumes(namespace = "things", base_uri = "https://things.example", tls(ca = "{{env.CA}}")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    certificates_of_an_api_that_is_called_without_tls {
        wrong: (
            binds(env(CA)),
            consumes(namespace = "things", base_uri = "http://things.example", tls(ca = "{{env.CA}}")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the `tls` of `things` has no effect, because the API is called over http"
        help: "call it over https, or remove `tls`"
        right: (
            binds(env(CA)),
            consumes(namespace = "things", base_uri = "https://things.example", tls(ca = "{{env.CA}}")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_certificate_without_its_key {
        wrong: (
            binds(env(CERT)),
            consumes(namespace = "things", base_uri = "https://things.example", tls(certificate = "{{env.CERT}}")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`certificate` without `key` in `tls`"
        help: "add `key = \"{{env.NAME}}\"`"
        right: (
            binds(env(CERT, KEY)),
            consumes(namespace = "things", base_uri = "https://things.example", tls(certificate = "{{env.CERT}}", key = "{{env.KEY}}")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_authority_that_is_not_a_string {
        wrong: (
            binds(env(CERT, KEY)),
            consumes(namespace = "things", base_uri = "https://things.example", tls(ca = 7, certificate = "{{env.CERT}}", key = "{{env.KEY}}")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string literal for `ca`, found `7`"
        help: "write `ca = \"{{env.NAME}}\"`"
        right: (
            binds(env(CA, CERT, KEY)),
            consumes(namespace = "things", base_uri = "https://things.example", tls(ca = "{{env.CA}}", certificate = "{{env.CERT}}", key = "{{env.KEY}}")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_certificate_that_is_not_a_string {
        wrong: (
            binds(env(CA, KEY)),
            consumes(namespace = "things", base_uri = "https://things.example", tls(ca = "{{env.CA}}", certificate = 7, key = "{{env.KEY}}")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string literal for `certificate`, found `7`"
        help: "write `certificate = \"{{env.NAME}}\"`"
        right: (
            binds(env(CA, CERT, KEY)),
            consumes(namespace = "things", base_uri = "https://things.example", tls(ca = "{{env.CA}}", certificate = "{{env.CERT}}", key = "{{env.KEY}}")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_key_that_is_not_a_string {
        wrong: (
            binds(env(CA, CERT)),
            consumes(namespace = "things", base_uri = "https://things.example", tls(ca = "{{env.CA}}", certificate = "{{env.CERT}}", key = 7)),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected a string literal for `key`, found `7`"
        help: "write `key = \"{{env.NAME}}\"`"
        right: (
            binds(env(CA, CERT, KEY)),
            consumes(namespace = "things", base_uri = "https://things.example", tls(ca = "{{env.CA}}", certificate = "{{env.CERT}}", key = "{{env.KEY}}")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }
}

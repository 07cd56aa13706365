// Mistakes in methods, and their remedies.

remedies! {
    a_helper_that_is_not_async {
        wrong: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;

            fn twice(&self, number: u32) -> u32 {
                2 * number
            }
        }
        error: "an operation must be an `async fn`"
        help: "write `async fn`; for a helper that callers don't see, write `#[skip]` above it"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;

            #[skip]
            fn twice(&self, number: u32) -> u32 {
                2 * number
            }
        }
    }

    a_helper_without_a_body_that_is_not_async {
        wrong: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;

            fn twice(&self, number: u32) -> u32;
        }
        error: "an operation must be an `async fn`"
        help: "write `async fn`; for a helper that callers don't see, give it a body and write `#[skip]` above it"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;

            #[skip]
            fn twice(&self, number: u32) -> u32 {
                2 * number
            }
        }
    }

    a_request_that_is_not_async {
        wrong: {
            #[get("/things")]
            fn list(&self) -> Result<Value>;
        }
        error: "an operation must be an `async fn`"
        help: "write `async fn`"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_verb_with_two_paths {
        wrong: {
            #[get("/things", "/all-things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected only the path"
        help: "write `#[get(\"/path\")]`"
        right: {
            #[get("/path")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_verb_without_parentheses {
        wrong: {
            #[get = "/things"]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected the arguments of `#[get]` in parentheses"
        help: "write `#[get(…)]`"
        right: {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_verb_behind_a_condition {
        wrong: {
            #[cfg_attr(unix, get("/unix"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`#[get]` cannot be in `cfg_attr`"
        help: "write a method for each case, each with its own `#[cfg(…)]`"
        right: {
            #[cfg(unix)]
            #[get("/unix")]
            async fn list(&self) -> Result<Value>;

            #[cfg(not(unix))]
            #[get("/other")]
            async fn list_others(&self) -> Result<Value>;
        }
    }
}

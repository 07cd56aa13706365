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
}

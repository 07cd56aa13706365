// Mistakes in the caches of APIs and of operations, and their remedies.

remedies! {
    a_cache_with_two_sizes {
        wrong: (
            consumes(namespace = "things", base_uri = "https://things.example", cache("64MiB", "1MiB")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "`cache` takes one size"
        help: "remove this value; for one answer write `answer = \"1MiB\"`"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example", cache("64MiB", answer = "1MiB")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_cache_that_is_off_and_has_a_limit {
        wrong: {
            #[get("/things", cache(off, answer = "1MiB"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`off` and a limit are both given"
        help: "write `cache(off)`, or remove `off`"
        right: {
            #[get("/things", cache(off))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_cache_whose_size_has_no_unit {
        wrong: {
            #[get("/things", cache(answer = "64"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "invalid size `64`"
        help: "write an integer and a unit, `KiB`, `MiB` or `GiB`: `\"512KiB\"`, `\"64MiB\"`"
        right: {
            #[get("/things", cache(answer = "64KiB"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_method_with_the_size_of_a_cache {
        wrong: {
            #[get("/things", cache("64MiB"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "the methods of an API share one cache, so its size is not set here"
        help: "write it in `consumes`; for the largest answer that is kept, write `answer = \"1MiB\"`"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example", cache("64MiB")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", cache(answer = "1MiB"))]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_write_with_a_cache {
        wrong: {
            #[post("/things", cache)]
            async fn add(&self) -> Result<Value>;
        }
        error: "the answer to a POST cannot be cached: each request may have an effect"
        help: "remove `cache`: it applies only to GET and HEAD, and other methods invalidate the cached answers of their path"
        right: {
            #[post("/things")]
            async fn add(&self) -> Result<Value>;
        }
    }

    an_answer_larger_than_its_cache {
        wrong: {
            #[get("/things", cache(answer = "64MiB"))]
            async fn list(&self) -> Result<Value>;
        }
        error: "`answer` is 64MiB, but the whole cache has room for 32MiB"
        help: "write at most `\"32MiB\"`, or a larger size in `cache(\"…\")` of the API"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example", cache("128MiB")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", cache(answer = "64MiB"))]
            async fn list(&self) -> Result<Value>;
        }
    }
}

// Findings of the rules in traits, and their remedies.

remedies! {
    two_binds_of_one_namespace {
        wrong: (
            binds(env(A), env(B)),
            consumes(namespace = "things", base_uri = "https://things.example", header("X-A" = "{{env.A}}{{env.B}}")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "another bind has the namespace `env`"
        help: "declare the variables of both in one: `env(A, B)`"
        right: (
            binds(env(A, B)),
            consumes(namespace = "things", base_uri = "https://things.example", header("X-A" = "{{env.A}}{{env.B}}")),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    two_apis_of_one_namespace {
        wrong: (
            consumes(namespace = "things", base_uri = "https://things.example"),
            consumes(namespace = "things", base_uri = "https://others.example"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", consumes = "things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "another consumed API has the namespace `things`"
        help: "give one of them another namespace: `namespace = \"…\"`"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example"),
            consumes(namespace = "others", base_uri = "https://others.example"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", consumes = "things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    two_operations_of_one_name {
        wrong: (
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", name = "list")]
            async fn list(&self) -> Result<Value>;
            #[get("/others", name = "list")]
            async fn others(&self) -> Result<Value>;
        }
        error: "another operation is called `list`"
        help: "give one of them another name: `name = \"…\"`"
        right: (
            consumes(namespace = "things", base_uri = "https://things.example"),
            exposes(rest(port = 1)),
            allow(missing_description, reason = "a test"),
        ) {
            #[get("/things", name = "list")]
            async fn list(&self) -> Result<Value>;
            #[get("/others", name = "list-others")]
            async fn others(&self) -> Result<Value>;
        }
    }

    two_tools_of_one_name {
        wrong: {
            #[get("/things")]
            #[tool(name = "list")]
            async fn all(&self) -> Result<Value>;
            #[get("/others")]
            #[tool(name = "list")]
            async fn others(&self) -> Result<Value>;
        }
        error: "another tool is called `list`: clients see only the first"
        help: "give this tool another name: `#[tool(name = \"…\")]`"
        right: {
            #[get("/things")]
            #[tool(name = "list")]
            async fn all(&self) -> Result<Value>;
            #[get("/others")]
            #[tool(name = "list-others")]
            async fn others(&self) -> Result<Value>;
        }
    }

    a_deletion_that_claims_not_to_destroy {
        wrong: {
            #[delete("/things/{id}")]
            #[tool(hints(destructive = false))]
            async fn delete(&self, id: &str) -> Result<()>;
        }
        error: "the tool `delete` claims not to be destructive, but DELETE removes data"
        help: "remove `destructive = false` from its hints; if intended, write `allow(understated_hint, reason = \"…\")`"
        right: {
            #[delete("/things/{id}")]
            async fn delete(&self, id: &str) -> Result<()>;
        }
    }

    a_route_that_deletes_with_a_body {
        wrong: {
            #[rest(delete = "/things/{id}")]
            async fn delete(&self, id: &str, body: &Filter) -> Result<()> {
                let _ = (id, body);
                Ok(())
            }
        }
        error: "`body` is sent in the body, but a DELETE request has none"
        help: "to read one, write `#[rest(delete = \"/things/{id}\", body)]`"
        right: {
            #[rest(delete = "/things/{id}", body)]
            async fn delete(&self, id: &str, body: &Filter) -> Result<()> {
                let _ = (id, body);
                Ok(())
            }
        }
    }

    several_segments_in_the_middle_of_a_route {
        wrong: {
            #[get("/files/{+path}/raw")]
            async fn read(&self, path: &str) -> Result<Value>;
        }
        error: "in the route `/files/{+path}/raw`, `{+path}` must be the last segment"
        help: "write a route in which each placeholder is a whole segment, and `{+name}` the last one: `#[rest(path = \"…\")]` if the method has a verb such as `#[get]`, otherwise `#[rest(get = \"…\")]`"
        right: {
            #[get("/files/{+path}/raw")]
            #[rest(path = "/raw/{+path}")]
            async fn read(&self, path: &str) -> Result<Value>;
        }
    }
}

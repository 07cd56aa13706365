// Mistakes in traits with the operations of a document, and their remedies.

remedies! {
    a_document_that_is_not_there {
        wrong: (document = "/nowhere/tokens.naftiko.yaml") {}
        error: "the document `/nowhere/tokens.naftiko.yaml` cannot be read: no such file"
        help: "write a path relative to the folder of the crate's `Cargo.toml`"
        right: (document = "tests/documents/tokens.naftiko.yaml") {}
    }

    a_label_beside_a_document {
        wrong: (document = "tests/documents/tokens.naftiko.yaml", label = "Tokens") {}
        error: "`label` cannot be combined with `document`"
        help: "write it in the file instead"
        right: (document = "tests/documents/tokens.naftiko.yaml") {}
    }

    an_operation_that_the_document_does_not_have {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn list_token(&self, user_id: &str) -> Result<Value>;
        }
        error: "the document has no operation `list_token`"
        help: "did you mean `list_tokens`? the operations of the document are `list_tokens`, `create_token`, `create_token_tool`, `revoke_token`, `version`; or give the method a verb or a body"
        right: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn list_tokens(&self, user_id: &str, page_size: Option<u32>, state: Option<&[String]>) -> Result<Value>;
        }
    }

    a_scope_of_an_operation_of_the_document {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            #[scope("tokens:read")]
            async fn version(&self) -> Result<String>;
        }
        error: "`#[scope]` is not allowed: `version` is an operation of the document"
        help: "write `scopes` in the document; or, to replace the operation, give the method a verb such as `#[get]`, or a body and `#[tool]`"
        right: (document = "tests/documents/tokens.naftiko.yaml", allow(unchecked_scopes, reason = "a test")) {
            /// Returns the version.
            #[get("/version")]
            #[scope("tokens:read")]
            async fn version(&self) -> Result<String>;
        }
    }

    a_scope_of_a_method_that_implements_an_operation_of_the_document {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            #[scope("tokens:read")]
            async fn version(&self) -> Result<String> {
                Ok("1".to_owned())
            }
        }
        error: "`#[scope]` is not allowed: `version` is an operation of the document"
        help: "write `scopes` in the document; or, to replace the operation, add `#[rest]` or `#[tool]`"
        right: (document = "tests/documents/tokens.naftiko.yaml", allow(unchecked_scopes, reason = "a test")) {
            /// Returns the version.
            #[tool]
            #[scope("tokens:read")]
            async fn version(&self) -> Result<String> {
                Ok("1".to_owned())
            }
        }
    }

    pages_of_an_operation_of_the_document {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            #[page(link)]
            async fn version(&self) -> Result<String>;
        }
        error: "`#[page]` is not allowed: `version` is an operation of the document"
        help: "write `page` in the document; or, to replace the operation, give the method a verb such as `#[get]`, and no body"
        right: (document = "tests/documents/tokens.naftiko.yaml") {
            /// Returns the versions.
            #[get("/version")]
            #[page(link)]
            async fn version(&self, page: Option<u32>) -> Result<String>;
        }
    }

    an_argument_that_the_document_does_not_have {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn revoke_token(&self, user_id: &str, token: &str) -> Result<()>;
        }
        error: "`revoke_token` has no argument `token` in the document"
        help: "the arguments are `user_id`, `token_id`"
        right: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn revoke_token(&self, user_id: &str, token_id: &str) -> Result<()>;
        }
    }

    an_argument_of_an_operation_without_arguments {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn version(&self, verbose: bool) -> Result<String>;
        }
        error: "`version` has no argument `verbose` in the document"
        help: "remove it"
        right: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn version(&self) -> Result<String>;
        }
    }

    an_argument_of_the_document_that_is_missing {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn list_tokens(&self, user_id: &str) -> Result<Value>;
        }
        error: "`list_tokens` is missing arguments that the document declares"
        help: "add `page_size: Option<i64>`, `state: Option<&[String]>`"
        right: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn list_tokens(&self, user_id: &str, page_size: Option<i64>, state: Option<&[String]>) -> Result<Value>;
        }
    }

    an_argument_that_the_document_requires {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn revoke_token(&self, user_id: Option<&str>, token_id: &str) -> Result<()>;
        }
        error: "the document requires `user_id`"
        help: "write its type without `Option`"
        right: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn revoke_token(&self, user_id: &str, token_id: &str) -> Result<()>;
        }
    }

    an_argument_that_is_optional_in_the_document {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn list_tokens(&self, user_id: &str, page_size: u32, state: Option<&[String]>) -> Result<Value>;
        }
        error: "the document declares `page_size` as optional"
        help: "write `Option<…>`"
        right: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn list_tokens(&self, user_id: &str, page_size: Option<u32>, state: Option<&[String]>) -> Result<Value>;
        }
    }

    an_argument_that_is_a_list_in_the_document {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn list_tokens(&self, user_id: &str, page_size: Option<u32>, state: Option<&str>) -> Result<Value>;
        }
        error: "the document declares `state` as a list"
        help: "write `&[T]`"
        right: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn list_tokens(&self, user_id: &str, page_size: Option<u32>, state: Option<&[String]>) -> Result<Value>;
        }
    }

    a_place_that_the_document_sets {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn revoke_token(&self, #[path] user_id: &str, token_id: &str) -> Result<()>;
        }
        error: "the document already sets where `user_id` is sent"
        help: "remove `#[path]`"
        right: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn revoke_token(&self, user_id: &str, token_id: &str) -> Result<()>;
        }
    }

    constraints_that_the_document_sets {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn revoke_token(&self, #[schemars(length(min = 1))] user_id: &str, token_id: &str) -> Result<()>;
        }
        error: "the document already sets the constraints of `user_id`"
        help: "remove `#[schemars]`"
        right: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn revoke_token(&self, user_id: &str, token_id: &str) -> Result<()>;
        }
    }

    an_example_of_an_argument_of_the_document {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn revoke_token(&self, #[example("u-1")] user_id: &str, token_id: &str) -> Result<()>;
        }
        error: "the document already describes `user_id`"
        help: "remove its examples"
        right: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn revoke_token(&self, user_id: &str, token_id: &str) -> Result<()>;
        }
    }

    a_condition_on_an_operation_of_the_document {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            #[cfg(feature = "client")]
            async fn revoke_token(&self, user_id: &str, token_id: &str) -> Result<()>;
        }
        error: "`revoke_token` is an operation of the document, so it cannot be behind `cfg`"
        help: "remove the `cfg`"
        right: (document = "tests/documents/tokens.naftiko.yaml") {
            async fn revoke_token(&self, user_id: &str, token_id: &str) -> Result<()>;
        }
    }

    a_route_of_an_operation_of_the_document {
        wrong: (document = "tests/documents/tokens.naftiko.yaml") {
            #[rest(path = "/tokens/{tokenId}")]
            async fn revoke_token(&self, user_id: &str, token_id: &str) -> Result<()>;
        }
        error: "`#[rest]` is not allowed: `revoke_token` is an operation of the document"
        help: "remove `#[rest]`; or, to replace the operation, give the method a verb such as `#[get]`, or a body"
        right: (document = "tests/documents/tokens.naftiko.yaml", allow(missing_description, reason = "a test")) {
            #[delete("/users/{userId}/tokens/{tokenId}")]
            #[rest(path = "/users/{userId}/tokens/{tokenId}")]
            async fn revoke_token(&self, user_id: &str, token_id: &str) -> Result<()>;
        }
    }

    an_argument_that_is_a_keyword {
        wrong: (document = "tests/documents/odd.naftiko.yaml") {
            async fn r#gen(&self) -> Result<naftiko::RawJson>;
        }
        error: "`gen` is missing arguments that the document declares"
        help: "add `r#gen: Option<&str>`"
        right: (document = "tests/documents/odd.naftiko.yaml") {
            async fn r#gen(&self, r#gen: Option<&str>) -> Result<naftiko::RawJson>;
        }
    }

    a_document_that_is_a_folder {
        wrong: (document = "/") {}
        error: "the document `/` cannot be read: it is not a file"
        help: "write the path of a document, a YAML file"
        right: (document = "tests/documents/tokens.naftiko.yaml") {}
    }
}

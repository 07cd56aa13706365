// Mistakes in `#[page]`, and their remedies.

remedies! {
    a_page_without_a_kind {
        wrong: {
            #[get("/things")]
            #[page(into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
        error: "`page` does not specify how the next page is found"
        help: "write one of `cursor`, `offset`, `number`, `keyset` and `link`"
        right: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
    }

    a_page_of_two_kinds {
        wrong: {
            #[get("/things")]
            #[page(cursor = "$.next", offset, into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
        error: "`cursor` and `offset` are two ways to find the next page"
        help: "keep one of them"
        right: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
    }

    a_misspelt_argument_of_pages {
        wrong: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "aftr")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
        error: "the operation has no argument `aftr`"
        help: "did you mean `after`?"
        right: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
    }

    an_unknown_argument_of_pages {
        wrong: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "cursor")]
            async fn list(&self, after: Option<&str>, tag: &str) -> Result<Value>;
        }
        error: "the operation has no argument `cursor`"
        help: "the arguments are `after`, `tag`"
        right: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after")]
            async fn list(&self, after: Option<&str>, tag: &str) -> Result<Value>;
        }
    }

    pages_of_an_operation_without_arguments {
        wrong: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the operation has no argument `after`"
        help: "the operation has no arguments: add one"
        right: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
    }

    pages_without_an_argument {
        wrong: {
            #[get("/things")]
            #[page(cursor = "$.next")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
        error: "`cursor` needs the name of the argument that requests the next page"
        help: "add `into` with its name"
        right: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
    }

    a_page_in_a_header {
        wrong: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after")]
            async fn list(&self, #[header("X-After")] after: Option<&str>) -> Result<Value>;
        }
        error: "`X-After` is a header parameter, but the next page is requested in the query"
        help: "set `into` to an argument that is sent in the query"
        right: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
    }

    an_offset_without_items {
        wrong: {
            #[get("/things")]
            #[page(offset, into = "skip")]
            async fn list(&self, skip: Option<u32>) -> Result<Value>;
        }
        error: "`offset` needs the array with the items of a page"
        help: "add `items` with its JSONPath: `$.items`, or `$` if the whole answer is the array"
        right: {
            #[get("/things")]
            #[page(offset, into = "skip", items = "$")]
            async fn list(&self, skip: Option<u32>) -> Result<Value>;
        }
    }

    page_numbers_without_an_end {
        wrong: {
            #[get("/things")]
            #[page(number, into = "page")]
            async fn list(&self, page: Option<u32>) -> Result<Value>;
        }
        error: "`number` needs a way to recognize the last page"
        help: "add `items` with the JSONPath of the array, which is empty after the last page, or `more` with the JSONPath of a boolean"
        right: {
            #[get("/things")]
            #[page(number, into = "page", more = "$.more")]
            async fn list(&self, page: Option<u32>) -> Result<Value>;
        }
    }

    items_of_link_paging {
        wrong: {
            #[get("/things")]
            #[page(link, items = "$")]
            async fn list(&self, page: Option<u32>) -> Result<Value>;
        }
        error: "`items` has no effect with `link` paging"
        help: "remove it"
        right: {
            #[get("/things")]
            #[page(link)]
            async fn list(&self, page: Option<u32>) -> Result<Value>;
        }
    }

    a_first_page_of_offset_paging {
        wrong: {
            #[get("/things")]
            #[page(offset, into = "skip", items = "$", first = 0)]
            async fn list(&self, skip: Option<u32>) -> Result<Value>;
        }
        error: "`first` has no effect with `offset` paging"
        help: "remove it"
        right: {
            #[get("/things")]
            #[page(offset, into = "skip", items = "$")]
            async fn list(&self, skip: Option<u32>) -> Result<Value>;
        }
    }

    a_cursor_that_is_not_a_path {
        wrong: {
            #[get("/things")]
            #[page(cursor = "next", into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
        error: "`next` is not a JSONPath (RFC 9535)"
        help: "a JSONPath begins with `$`, the whole answer: `$.next`"
        right: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
    }

    a_cursor_of_several_values {
        wrong: {
            #[get("/things")]
            #[page(cursor = "$..next", into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
        error: "`$..next` may select several values"
        help: "write the path of one value: `$.data.next`"
        right: {
            #[get("/things")]
            #[page(cursor = "$.data.next", into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
    }

    a_maximum_of_zero_pages {
        wrong: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after", max_pages = 0)]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
        error: "`max_pages` must be at least 1, found 0"
        help: "write an integer from 1 to 65535"
        right: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after", max_pages = 1)]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
    }

    a_link_that_is_passed_on {
        wrong: {
            #[get("/things", response_headers("Link", "ETag"))]
            #[page(link)]
            async fn list(&self, page: Option<u32>) -> Result<Value>;
        }
        error: "the header `Link` of the API is replaced: the route sends its own `Link` to the next page"
        help: "remove `Link` from `response_headers`"
        right: {
            #[get("/things", response_headers("ETag"))]
            #[page(link)]
            async fn list(&self, page: Option<u32>) -> Result<Value>;
        }
    }

    pages_by_writes {
        wrong: {
            #[post("/search")]
            #[page(cursor = "$.next", into = "after")]
            async fn search(&self, after: Option<&str>) -> Result<Value>;
        }
        error: "each page is a separate POST, which may change something"
        help: "remove `page`; if intended, write `allow(paged_write, reason = \"…\")`"
        right: {
            #[post("/search", allow(paged_write, reason = "it only searches"))]
            #[page(cursor = "$.next", into = "after")]
            async fn search(&self, after: Option<&str>) -> Result<Value>;
        }
    }

    pages_without_a_verb {
        wrong: {
            #[tool]
            #[page(link)]
            async fn list(&self, page: Option<u32>) -> Result<Value> {
                Ok(page.into())
            }
        }
        error: "`#[page]` requires a verb: the pages are answers of an API"
        help: "move it to a method with a verb, such as `#[get(\"/path\")]`, and call that method here"
        right: {
            #[get("/things")]
            #[page(link)]
            async fn page(&self, page: Option<u32>) -> Result<Value>;

            #[tool]
            async fn list(&self, page: Option<u32>) -> Result<Value> {
                self.page(page).await
            }
        }
    }

    a_method_with_the_name_of_a_stream {
        wrong: {
            #[get("/things")]
            #[page(link)]
            async fn list(&self, page: Option<u32>) -> Result<Value>;

            #[get("/pages")]
            async fn list_pages(&self) -> Result<Value>;
        }
        error: "the name `list_pages` is taken by the generated method that returns the pages of `list`"
        help: "rename `list_pages` or `list`"
        right: {
            #[get("/things")]
            #[page(link)]
            async fn list(&self, page: Option<u32>) -> Result<Value>;

            #[get("/pages")]
            async fn count_pages(&self) -> Result<Value>;
        }
    }

    pages_of_nothing {
        wrong: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<()>;
        }
        error: "the next page is found in the answer, but the method returns nothing"
        help: "return the page, as `Result<Value>` or as a `Result` of your own type, or remove `#[page]`"
        right: {
            #[get("/things")]
            #[page(cursor = "$.next", into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<Value>;
        }
    }

    pages_of_a_file {
        wrong: {
            #[get("/things", format = "binary")]
            #[page(cursor = "$.next", into = "after")]
            async fn list(&self, after: Option<&str>) -> Result<naftiko::Download>;
        }
        error: "`cursor` paging reads the JSON of the answer, but the answer is a file"
        help: "set `link` to `header` if the API sends the header `Link`, or remove `page`"
        right: {
            #[get("/things", format = "binary")]
            #[page(link = "header")]
            async fn list(&self) -> Result<naftiko::Download>;
        }
    }
}

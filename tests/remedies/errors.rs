// Mistakes in enums that derive `UpstreamError`, and their remedies.

remedies_of_errors! {
    an_error_that_is_not_an_enum {
        wrong: { pub struct ThingError(Error); }
        error: "`UpstreamError` can only be derived for an enum"
        help: "write an enum: a variant with its status, `#[status(404)] NotFound`, and `#[other] Other(naftiko::Error)`"
        right: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
    }

    an_error_that_is_generic {
        wrong: { pub enum ThingError<T> { #[status(409)] Conflict(T), #[other] Other(Error) } }
        error: "an upstream error cannot be generic"
        help: "remove the parameters, and write concrete types"
        right: { pub enum ThingError { #[status(409)] Conflict(Filter), #[other] Other(Error) } }
    }

    a_variant_without_a_status {
        wrong: { pub enum ThingError { NotFound, #[other] Other(Error) } }
        error: "expected `#[status(…)]` or `#[other]` on this variant"
        help: "write `#[status(404)] NotFound`, or `#[status(409)] Conflict(Problem)` with the type of the API's answer; or \
            `#[other]` for all other errors"
        right: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
    }

    a_status_that_is_given_twice {
        wrong: { pub enum ThingError { #[status(404)] NotFound, #[status(404)] Gone, #[other] Other(Error) } }
        error: "the status 404 is given twice"
        help: "keep one of them"
        right: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
    }

    an_error_without_a_variant_for_others {
        wrong: { pub enum ThingError { #[status(404)] NotFound } }
        error: "missing a variant with `#[other]`"
        help: "add `#[other] Other(naftiko::Error)` for all other errors"
        right: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(naftiko::Error) } }
    }

    a_status_that_is_not_supported {
        wrong: { pub enum ThingError { #[status(500)] Broken, #[other] Other(Error) } }
        error: "expected a supported 4xx status, found `500`"
        help: "write a status from 400 to 499, except 407, 408, 411, 417, 421, 425 and 426, which concern the connection; \
            `#[other]` receives all other errors"
        right: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
    }

    two_statuses_of_a_variant {
        wrong: { pub enum ThingError { #[status(404)] #[status(410)] NotFound, #[other] Other(Error) } }
        error: "a variant can have only one status"
        help: "write a variant for each"
        right: { pub enum ThingError { #[status(404)] NotFound, #[status(410)] Gone, #[other] Other(Error) } }
    }

    an_other_variant_that_is_marked_twice {
        wrong: { pub enum ThingError { #[status(404)] NotFound, #[other] #[other] Other(Error) } }
        error: "`#[other]` is given twice"
        help: "keep one of them"
        right: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
    }

    several_statuses_in_one_attribute {
        wrong: { pub enum ThingError { #[status(404, 410)] NotFound, #[other] Other(Error) } }
        error: "a variant can have only one status"
        help: "write a variant for each"
        right: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
    }

    a_status_without_a_number {
        wrong: { pub enum ThingError { #[status] NotFound, #[other] Other(Error) } }
        error: "`#[status]` is empty"
        help: "write `#[status(404)]`"
        right: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
    }

    a_status_without_parentheses {
        wrong: { pub enum ThingError { #[status = 404] NotFound, #[other] Other(Error) } }
        error: "expected the arguments of `#[status]` in parentheses"
        help: "write `#[status(404)]`"
        right: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
    }

    a_variant_with_a_status_and_other {
        wrong: { pub enum ThingError { #[status(404)] #[other] NotFound(Error), #[other] Other(Error) } }
        error: "`#[status]` and `#[other]` cannot be combined on a variant"
        help: "write a variant for each"
        right: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
    }

    arguments_of_other {
        wrong: { pub enum ThingError { #[status(404)] NotFound, #[other(500)] Other(Error) } }
        error: "`#[other]` takes no arguments"
        help: "write `#[other]`"
        right: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
    }

    an_other_variant_without_a_field {
        wrong: { pub enum ThingError { #[status(404)] NotFound, #[other] Other } }
        error: "missing a field for the error"
        help: "write `Other(naftiko::Error)`"
        right: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(naftiko::Error) } }
    }

    an_other_variant_with_two_fields {
        wrong: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error, String) } }
        error: "expected one unnamed field: the error"
        help: "write `Other(naftiko::Error)`"
        right: { pub enum ThingError { #[status(404)] NotFound, #[other] Other(naftiko::Error) } }
    }

    a_variant_with_two_fields {
        wrong: { pub enum ThingError { #[status(409)] Conflict(String, u32), #[other] Other(Error) } }
        error: "expected one unnamed field: the JSON of the answer"
        help: "put the API's answer into one type: `Conflict(Problem)`"
        right: { pub enum ThingError { #[status(409)] Conflict(Filter), #[other] Other(Error) } }
    }

    a_crate_that_is_not_a_path {
        wrong: { #[naftiko(krate = naftiko)] pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
        error: "expected the path of the crate"
        help: "write `#[naftiko(crate = path::to::naftiko)]`"
        right: { #[naftiko(crate = ::naftiko)] pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
    }

    a_crate_given_twice {
        wrong: { #[naftiko(crate = ::naftiko)] #[naftiko(crate = ::naftiko)] pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
        error: "`#[naftiko]` is given twice"
        help: "keep one of them"
        right: { #[naftiko(crate = ::naftiko)] pub enum ThingError { #[status(404)] NotFound, #[other] Other(Error) } }
    }

    a_variant_with_empty_parentheses {
        wrong: { pub enum ThingError { #[status(409)] Conflict(), #[other] Other(Error) } }
        error: "expected one unnamed field: the JSON of the answer"
        help: "write `Conflict`, or `Conflict(Problem)` with the type of the API's answer"
        right: { pub enum ThingError { #[status(409)] Conflict, #[other] Other(Error) } }
    }
}

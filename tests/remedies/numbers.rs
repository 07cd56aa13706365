// Mistakes in JSON in attributes and examples, numbers and members that they cannot express, and their remedies.

remedies! {
    a_default_beyond_64_bits {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(default = -170141183460469231731687303715884105728)] limit: i128) -> Result<Value>;
        }
        error: "this integer does not fit in 64 bits"
        help: "write a smaller number, or remove it"
        right: {
            #[get("/things")]
            async fn list(&self, #[query(default = -9223372036854775808)] limit: i128) -> Result<Value>;
        }
    }

    a_bound_beyond_64_bits {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[schemars(range(min = 18446744073709551616))] limit: u128) -> Result<Value>;
        }
        error: "this integer does not fit in 64 bits"
        help: "write a smaller number, or remove it"
        right: {
            #[get("/things")]
            async fn list(&self, #[schemars(range(min = 18446744073709551615))] limit: u128) -> Result<Value>;
        }
    }

    an_example_beyond_64_bits {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[example(-9223372036854775809)] limit: i128) -> Result<Value>;
        }
        error: "this integer does not fit in 64 bits"
        help: "write a smaller number, or remove it"
        right: {
            #[get("/things")]
            async fn list(&self, #[example(-9223372036854775808)] limit: i128) -> Result<Value>;
        }
    }

    an_integer_in_the_docs_beyond_64_bits {
        wrong: {
            /// Lists.
            ///
            /// # Example
            ///
            /// ```json
            /// { "name": "7e3 \"1\" 00000000000000000000000", "size": 18446744073709551616, "other": -1.50e+3 }
            /// ```
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the number `18446744073709551616` in the example does not fit exactly into 64 bits"
        help: "write fewer digits, or remove it"
        right: {
            /// Lists.
            ///
            /// # Example
            ///
            /// ```json
            /// { "name": "7e3 \"1\" 00000000000000000000000", "size": 18446744073709551615, "other": -1.50e+3 }
            /// ```
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_decimal_in_the_docs_beyond_64_bits {
        wrong: {
            /// Lists.
            ///
            /// # Example
            ///
            /// ```json
            /// { "name": "7e3 \"1\" 00000000000000000000000", "size": 0.1234567890123456789, "other": -1.50e+3 }
            /// ```
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
        error: "the number `0.1234567890123456789` in the example does not fit exactly into 64 bits"
        help: "write fewer digits, or remove it"
        right: {
            /// Lists.
            ///
            /// # Example
            ///
            /// ```json
            /// { "name": "7e3 \"1\" 00000000000000000000000", "size": 0.12345678901234568, "other": -1.50e+3 }
            /// ```
            #[get("/things")]
            async fn list(&self) -> Result<Value>;
        }
    }

    a_default_beyond_floats {
        wrong: {
            #[get("/things")]
            async fn list(&self, #[query(default = 1e309)] limit: f64) -> Result<Value>;
        }
        error: "the number is out of the range of `f64`"
        help: "write a smaller number, or remove it"
        right: {
            #[get("/things")]
            async fn list(&self, #[query(default = 1e308)] limit: f64) -> Result<Value>;
        }
    }

    an_example_with_a_member_twice {
        wrong: {
            #[post("/things")]
            #[example({ "a": 1, "a": 2 })]
            async fn add(&self, body: &Value) -> Result<Value>;
        }
        error: "the member `a` is given twice"
        help: "keep one of them"
        right: {
            #[post("/things")]
            #[example({ "a": 1 })]
            async fn add(&self, body: &Value) -> Result<Value>;
        }
    }

    an_example_without_parentheses {
        wrong: {
            #[get("/things")]
            #[example = 30]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected the example in parentheses"
        help: "write JSON: `#[example(30)]`, `#[example(\"ci\")]`, `#[example({ \"id\": 7, \"tags\": [\"a\"] })]`"
        right: {
            #[get("/things")]
            #[example(30)]
            async fn list(&self) -> Result<Value>;
        }
    }

    an_example_without_a_comma {
        wrong: {
            #[get("/things")]
            #[example([1 2])]
            async fn list(&self) -> Result<Value>;
        }
        error: "expected `,`, found `2`"
        help: "write JSON: `#[example(30)]`, `#[example(\"ci\")]`, `#[example({ \"id\": 7, \"tags\": [\"a\"] })]`"
        right: {
            #[get("/things")]
            #[example([1, 2])]
            async fn list(&self) -> Result<Value>;
        }
    }
}

//! The repairs: corrections of unambiguous mistakes, each with a number and an explanation.

/// Declares [`RepairKind`] and [`REPAIRS`] together, so that each repair has a number and an explanation.
macro_rules! repairs {
    ($($variant:ident = $code:literal, $title:literal;)*) => {
        /// A kind of repair. Numbers are never reused and never change their meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum RepairKind {
            $(#[doc = $title] $variant,)*
        }

        /// Every kind of repair, by number.
        pub const REPAIRS: &[RepairKind] = &[$(RepairKind::$variant,)*];

        impl RepairKind {
            /// Returns its number, such as `R07`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// Returns a sentence about what is repaired and how.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// Returns whether an exported document needs the same repair, because the export writes the part as it is in the file.
            #[must_use]
            pub const fn stays(self) -> bool {
                matches!(
                    self,
                    Self::NonstandardPlacement
                        | Self::PathParameter
                        | Self::WithKey
                        | Self::DuplicateRoute
                        | Self::DescriptionPlace
                        | Self::WithValue
                        | Self::BodyData
                        | Self::DuplicateOperation
                )
            }
        }
    };
}

repairs! {
    Version = "R01", "a document with another revision, or none, is read as 1.0.0-alpha2";
    InfoLabel = "R02", "`title` or `name` in `info` is read as `label`";
    UnknownKey = "R03", "a key that is not in the specification, or that its object does not use, is ignored";
    KeySpelling = "R04", "a key in another spelling is read as the key of the specification";
    ScalarType = "R05", "a value of another type is converted to a string, a number or a boolean";
    ListShape = "R06", "a single entry, or an object of named entries, is read as a list";
    MissingPlacement = "R07", "an API key without `placement` is sent in a header";
    ApikeyShape = "R08", "in an API key, `in` is read as `placement`, `name` or `header` as `key`, and `token` as `value`";
    AuthenticationKind = "R09", "another name of an authentication type is read as its standard name";
    NonstandardPlacement = "R10", "an API key is sent in a path, a body or a cookie, which is not in the specification";
    BaseUriScheme = "R11", "a base URI without a scheme is called over https, or over http on this machine";
    BaseUriSlash = "R12", "the slash at the end of a base URI is removed";
    BaseUriExample = "R13", "`<name>` or `YOUR_…` in a base URI is read as a variable";
    UndeclaredVariable = "R14", "an undeclared variable is read from the environment under its own name";
    PathSlash = "R15", "a missing slash at the beginning of a path is added, and a missing path of a consumed resource is read as empty";
    PathBraces = "R16", "`{{name}}` in a path is read as the placeholder `{name}`";
    BodyShape = "R17", "a body without `type`, or with another structure, is read as JSON, a form or text";
    PathParameter = "R18", "a path parameter without a placeholder fills the only unused one, or is appended as the last segment";
    ParameterPlace = "R19", "a parameter without a valid `in` is sent in the path if it is a placeholder there, otherwise in \
        the query or the body";
    WithKey = "R20", "a `with` key that the called operation does not declare is sent in the query, or in the JSON body of a \
        POST, PUT or PATCH without a `body`; one that names a variable of the base URI or the authentication is not sent";
    DuplicateRoute = "R21", "a second route with the same method and shape, or a second tool with the same name, is not served";
    BrokenHints = "R22", "invalid hints are ignored";
    OutputShape = "R23", "output parameters in another form are read as those of the specification";
    Method = "R24", "an operation without a method gets the method of the operation that it calls, otherwise GET; methods \
        become upper case";
    MissingName = "R25", "a missing name is derived from the path, the call or the adapter";
    DescriptionPlace = "R26", "a `description` where the specification has none is kept";
    Reference = "R27", "a reference in another spelling is read as the only matching name";
    WithValue = "R28", "a `with` value that is not in the specification (a list, an object, a boolean) is kept";
    TypeName = "R29", "another name of a type, or none, is read as the matching type";
    EmptyValue = "R30", "a key without a value, or with an unusable value, is ignored";
    BodyData = "R31", "a body without `data` is the body that the caller sends";
    BasicPassword = "R32", "basic or digest authentication without a password uses an empty one";
    VariableSpelling = "R33", "`${NAME}`, `$NAME`, `{NAME}` or `<NAME>` in a credential is read as the variable `{{NAME}}`";
    DuplicateOperation = "R34", "if several operations have the same name, the one whose path and method, or \
        description, match those of the route or tool is called";
}

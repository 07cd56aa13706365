//! The repairs: what is read differently from how it is written, each with a number and a name.

use super::Rule;

/// Declares [`RepairKind`] and [`REPAIRS`] in one place, so that a repair cannot be without a number and an explanation.
macro_rules! repairs {
    ($($variant:ident = $code:literal, $title:literal;)*) => {
        /// A kind of repair. Numbers are never given twice, and never change what they stand for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum RepairKind {
            $(#[doc = $title] $variant,)*
        }

        /// Every kind of repair, by number.
        pub const REPAIRS: &[RepairKind] = &[$(RepairKind::$variant,)*];

        impl RepairKind {
            /// Its number: `R07`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// Returns what is repaired and how, in one sentence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// Returns the rule of its diagnostics.
            #[must_use]
            pub fn rule(self) -> &'static Rule {
                match self {
                    $(Self::$variant => {
                        static RULE: Rule = Rule::repair(RepairKind::$variant);
                        &RULE
                    })*
                }
            }
        }
    };
}

repairs! {
    Version = "R01", "a document of another revision, or of none, is read as 1.0.0-alpha2";
    InfoLabel = "R02", "`title` or `name` in `info` is read as `label`";
    UnknownKey = "R03", "a key that the specification does not have is left out";
    KeySpelling = "R04", "a key of another spelling is read as the one that it stands for";
    ScalarType = "R05", "a value of another type is read as the text, number or flag that it stands for";
    ListShape = "R06", "one entry where a list belongs, or a map of entries by name, is read as the list";
    ApikeyPlacement = "R07", "an apikey without placement is read as a header";
    ApikeyShape = "R08", "an apikey with `in`, `name`, `header` or `token` is read as one with `placement`, `key` and `value`";
    AuthenticationKind = "R09", "an authentication of another name is read as the apikey, bearer or basic one that it describes";
    ApikeyPlace = "R10", "an apikey travels in a path, a body or a cookie, which the specification does not have";
    BaseUriScheme = "R11", "a base URI without scheme is called by https, one of this machine by http";
    BaseUriSlash = "R12", "the slash at the end of a base URI is left out";
    BaseUriExample = "R13", "`<name>` or `YOUR_…` in a base URI is a variable";
    UndeclaredVariable = "R14", "a variable that no bind declares is read from the environment under its own name";
    PathSlash = "R15", "a path without a slash at its beginning gets one";
    PathBraces = "R16", "`{{name}}` in a path is the placeholder `{name}`";
    BodyShape = "R17", "a body without `type`, or of another shape, is read as the JSON, form or text that it describes";
    PathParameter = "R18", "a path parameter that the path has no placeholder for fills the one that nothing else fills, or is appended as the last segment";
    ParameterPlace = "R19", "a parameter without a place, or of an unknown one, goes into the path if it is a placeholder there, otherwise into the query or the body";
    WithKey = "R20", "a `with` key that the called operation does not declare goes into the query, or into the JSON body where the method has one";
    DuplicateRoute = "R21", "a second route of the same method and shape, or a second tool of the same name, is not served";
    BrokenHints = "R22", "hints that are none are left out";
    OutputShape = "R23", "output parameters of another shape are read as the ones that they stand for";
    Method = "R24", "an operation without method has that of the operation that it calls, otherwise GET; methods are in capitals";
    MissingName = "R25", "what has no name is named after its path, its call or its adapter";
    DescriptionPlace = "R26", "a description where the specification has none is kept";
    Reference = "R27", "a reference of another spelling is read as the one name that it can mean";
    WithValue = "R28", "a `with` value that the specification does not have (a list, an object, a flag) is taken as it is";
    TypeName = "R29", "a type of another name, or of none, is read as the one that it stands for";
    EmptyValue = "R30", "a key without a value, or with one of no use to it, is left out";
    BodyData = "R31", "a body without `data` is what the caller gives";
    BasicPassword = "R32", "a basic authentication without password has an empty one";
    VariableSpelling = "R33", "`${NAME}`, `$NAME`, `{NAME}` or `<NAME>` in a credential is the variable `{{NAME}}`";
    DuplicateOperation = "R34", "of several operations of one name, the one is called whose path and method, or whose description, is that of the caller";
}

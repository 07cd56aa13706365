//! The authentication schemes: their names and keys, in documents and in attributes.

/// A scheme of authentication.
#[derive(Debug)]
pub struct Scheme {
    /// Its name in documents and in attributes.
    pub word: &'static str,
    /// Other names for it that documents use, in lower case without `_` and `-`.
    pub aliases: &'static [&'static str],
    /// Its keys, all of which are texts; empty if the scheme is kept unchanged.
    pub keys: &'static [SchemeKey],
    /// How an attribute writes it; `None` if only documents do.
    pub attribute: Option<&'static str>,
}

/// A key of a scheme.
#[derive(Debug)]
pub struct SchemeKey {
    /// Its name in documents.
    pub key: &'static str,
    /// Its spellings in documents, the likeliest first, in lower case without `_` and `-`.
    pub aliases: &'static [&'static str],
    /// How an attribute writes it.
    pub form: &'static str,
    /// The values that an attribute may give it, of which the first is the default; empty if any text is allowed.
    pub values: &'static [&'static str],
}

const USERNAME: SchemeKey = SchemeKey {
    key: "username",
    aliases: &["username", "user", "login", "userid"],
    form: r#"username = "{{env.NAME}}""#,
    values: &[],
};

const PASSWORD: SchemeKey = SchemeKey {
    key: "password",
    aliases: &["password", "pass", "passwd", "secret", "token", "apitoken", "apikey", "value"],
    form: r#"password = "{{env.NAME}}""#,
    values: &[],
};

impl Scheme {
    /// A token in `Authorization`.
    pub const BEARER: &'static Self = &Self {
        word: "bearer",
        aliases: &["bearertoken", "bearerauth", "jwt", "pat", "personalaccesstoken"],
        keys: &[SchemeKey {
            key: "token",
            aliases: &[
                "token",
                "accesstoken",
                "bearertoken",
                "value",
                "apikey",
                "key",
                "secret",
                "credential",
                "credentials",
                "jwt",
            ],
            form: r#"bearer = "{{env.NAME}}""#,
            values: &[],
        }],
        attribute: Some(r#"bearer = "{{env.NAME}}""#),
    };
    /// A key with a name that the API chooses.
    pub const APIKEY: &'static Self = &Self {
        word: "apikey",
        aliases: &["apitoken"],
        keys: &[
            SchemeKey {
                key: "key",
                aliases: &[
                    "header",
                    "headername",
                    "name",
                    "param",
                    "parameter",
                    "paramname",
                    "queryparam",
                    "queryparameter",
                    "query",
                    "cookie",
                    "keyname",
                    "field",
                ],
                form: r#"key = "X-Api-Key""#,
                values: &[],
            },
            SchemeKey {
                key: "value",
                aliases: &["value", "token", "apikey", "secret", "credential", "keyvalue", "headervalue"],
                form: r#"value = "{{env.NAME}}""#,
                values: &[],
            },
            SchemeKey {
                key: "placement",
                aliases: &["placement", "in", "location", "place", "position"],
                form: r#"placement = "header""#,
                values: &["header", "query"],
            },
        ],
        attribute: Some(r#"apikey(key = "X-Api-Key", value = "{{env.NAME}}", placement = "header")"#),
    };
    /// A user name and a password.
    pub const BASIC: &'static Self = &Self {
        word: "basic",
        aliases: &["basicauth", "httpbasic"],
        keys: &[USERNAME, PASSWORD],
        attribute: Some(r#"basic(username = "{{env.NAME}}", password = "{{env.NAME}}")"#),
    };
    /// A user name and a password, of which only a digest is sent.
    pub const DIGEST: &'static Self =
        &Self { word: "digest", aliases: &["httpdigest"], keys: &[USERNAME, PASSWORD], attribute: None };
    /// A token of an authorization server.
    pub const OAUTH2: &'static Self = &Self {
        word: "oauth2",
        aliases: &["oauth", "oauth2.0", "openidconnect", "oidc"],
        keys: &[],
        attribute: Some(
            r#"oauth2(token_url = "https://…", client_id = "{{env.NAME}}", client_secret = "{{env.NAME}}")"#,
        ),
    };

    /// Every scheme.
    pub const ALL: &'static [&'static Self] = &[Self::BEARER, Self::APIKEY, Self::BASIC, Self::DIGEST, Self::OAUTH2];

    /// Returns the scheme for a name in a document, given in lower case without `_` and `-`.
    #[must_use]
    pub fn named(word: &str) -> Option<&'static Self> {
        Self::ALL.iter().copied().find(|scheme| scheme.word == word || scheme.aliases.contains(&word))
    }

    /// Returns the spellings of one of its keys in documents.
    #[must_use]
    pub fn aliases_of(&self, key: &str) -> &'static [&'static str] {
        self.keys.iter().find(|own| own.key == key).map_or(&[], |own| own.aliases)
    }
}

impl SchemeKey {
    /// Returns its name in attributes.
    #[must_use]
    pub fn attribute(&self) -> &'static str {
        self.form.split_once(" = ").map_or(self.form, |(name, _)| name)
    }
}

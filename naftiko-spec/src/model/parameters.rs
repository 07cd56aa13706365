//! Input and output parameters, and where and how inputs are sent.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

/// The part of a request in which a parameter is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterIn {
    /// A `{placeholder}` of the path.
    Path,
    /// The query.
    #[default]
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// The body, or a member or a form field of it.
    Body,
}

impl ParameterIn {
    /// Returns the name of the location in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Body => "body",
        }
    }
}

/// The serialization of a list or an object in a query, a header or a form. Not in the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// `a=1&a=2`: `OpenAPI`'s `form` with `explode`.
    Repeated,
    /// `a=1,2`: `form` without `explode`.
    Comma,
    /// `a=1%202`: `spaceDelimited`.
    Space,
    /// `a=1%7C2`: `pipeDelimited`.
    Pipe,
    /// `a[]=1&a[]=2`.
    Brackets,
    /// `a[0]=1&a[1]=2`.
    Indexed,
    /// An object, each member as a separate parameter: `x=1&y=2`.
    Members,
    /// An object, `a[x]=1&a[y]=2`: `deepObject`.
    Deep,
}

impl Style {
    /// Every style.
    pub const ALL: [Self; 8] = [
        Self::Repeated,
        Self::Comma,
        Self::Space,
        Self::Pipe,
        Self::Brackets,
        Self::Indexed,
        Self::Members,
        Self::Deep,
    ];
    /// The styles of headers. Lists in a header are separated by commas (RFC 9110, section 5.6.1).
    pub const HEADERS: [Self; 3] = [Self::Comma, Self::Repeated, Self::Members];
    /// The styles of lists.
    pub const LISTS: [Self; 6] = [Self::Repeated, Self::Comma, Self::Space, Self::Pipe, Self::Brackets, Self::Indexed];

    /// Returns its name, in documents and in attributes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Repeated => "repeated",
            Self::Comma => "comma",
            Self::Space => "space",
            Self::Pipe => "pipe",
            Self::Brackets => "brackets",
            Self::Indexed => "indexed",
            Self::Members => "members",
            Self::Deep => "deep",
        }
    }

    /// Returns the style called `word`.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|style| style.as_str() == word)
    }

    /// Returns the separator of elements, if the style writes a list as one parameter.
    #[must_use]
    pub const fn delimiter(self) -> Option<char> {
        match self {
            Self::Comma => Some(','),
            Self::Space => Some(' '),
            Self::Pipe => Some('|'),
            _ => None,
        }
    }

    /// Returns whether the style is for objects.
    #[must_use]
    pub const fn is_of_objects(self) -> bool {
        matches!(self, Self::Members | Self::Deep)
    }
}

/// One input parameter. Tools and functions do not set `in`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InputParameter {
    /// Its name in requests.
    pub name: String,
    /// Where it is sent.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub place: Option<ParameterIn>,
    /// `string`, `number`, `integer`, `boolean`, `array` or `object`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it is required. Published documents leave this key out for most optional parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// A regular expression that it must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// A constant value, which may contain `{{…}}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The default value. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Examples of it. Not in the specification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Value>,
    /// The minimum. Neither this keyword nor the other keywords of JSON Schema below are in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Number>,
    /// The maximum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Number>,
    /// A number that it must be greater than.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusive_minimum: Option<Number>,
    /// A number that it must be less than.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusive_maximum: Option<Number>,
    /// The minimum length of a string, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<Number>,
    /// The maximum length of a string, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<Number>,
    /// The minimum number of elements of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_items: Option<Number>,
    /// The maximum number of elements of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<Number>,
    /// The allowed values. Not in the specification.
    #[serde(rename = "enum", default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Value>,
    /// The JSON Schema of a list's elements. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Value>,
    /// Further keywords of JSON Schema, published and enforced: `multipleOf`, `format`, `title`. Not in the specification. A
    /// `format` outside `constraints` is not enforced: published documents have formats that their values do not match.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub constraints: Map<String, Value>,
    /// The part of the called operation's request that it fills: `$.body.NAME`, `$.query.NAME` or `$.path.NAME`. Not in the
    /// specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
    /// How a list or an object is serialized. In headers, each member of an object is a header of its own, whose name begins with
    /// the parameter's name. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<Style>,
    /// `binary` for a file. Callers of tools send a file as `{data, filename, mimeType}`, with the data in base64. Not in the
    /// specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The maximum size of a file, in bytes. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The Content-Type of a part of a multipart body (RFC 7578, section 4.4). Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

impl InputParameter {
    /// Returns its bounds, each with its keyword in JSON Schema and in documents.
    #[must_use]
    pub fn bounds(&self) -> [(&'static str, &Option<Number>); 8] {
        [
            ("minimum", &self.minimum),
            ("maximum", &self.maximum),
            ("exclusiveMinimum", &self.exclusive_minimum),
            ("exclusiveMaximum", &self.exclusive_maximum),
            ("minLength", &self.min_length),
            ("maxLength", &self.max_length),
            ("minItems", &self.min_items),
            ("maxItems", &self.max_items),
        ]
    }

    /// Returns the field of a bound by its keyword, so that the bound can be set; `None` for any other keyword.
    pub fn bound_mut(&mut self, keyword: &str) -> Option<&mut Option<Number>> {
        Some(match keyword {
            "minimum" => &mut self.minimum,
            "maximum" => &mut self.maximum,
            "exclusiveMinimum" => &mut self.exclusive_minimum,
            "exclusiveMaximum" => &mut self.exclusive_maximum,
            "minLength" => &mut self.min_length,
            "maxLength" => &mut self.max_length,
            "minItems" => &mut self.min_items,
            "maxItems" => &mut self.max_items,
            _ => return None,
        })
    }
}

/// One output parameter.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputParameter {
    /// Its name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `string`, `number`, `boolean`, `array` or `object`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSONPath into the upstream's answer (consumed side; RFC 9535, or `$.` for all of it); a constant (exposed side).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// JSONPath into the consumed operation's answer (exposed side).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
    /// A constant: the result of a mock, or a part of it. The results of calls and steps do not contain it (rule `unused_const`).
    #[serde(rename = "const", default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<Value>,
    /// The maximum length of a string, in characters; longer strings are truncated. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
    /// Members of an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<IndexMap<String, OutputParameter>>,
    /// Elements of an array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<OutputParameter>>,
}

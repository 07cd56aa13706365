//! Generates the trait, as its implementors see it.

use crate::syntax::{Item, Method, Parameter, Trait};
use naftiko_spec::template::prompt_pieces;
use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Pat, ReturnType, Signature};

/// Generates the trait, with the method `provided` at its end: `into_capability`. `composed` is whether the trait is built on other
/// capabilities. Its methods with a body are then only declared: their bodies are in the client.
pub(super) fn item(item: &Trait, krate: &TokenStream, provided: &TokenStream, composed: bool) -> TokenStream {
    let Trait { attributes, visibility, unsafety, ident, generics, supertraits, items, .. } = item;
    let clause = &generics.where_clause;
    let supertraits = if supertraits.is_empty() { TokenStream::new() } else { quote!(+ #supertraits) };
    let items = items.iter().map(|item| match item {
        Item::Method(method) if composed && method.body.is_some() => declaration(method),
        Item::Method(method) => self::method(method, krate),
        Item::Other(tokens) => tokens.clone(),
    });
    quote! {
        #(#attributes)*
        #visibility #unsafety trait #ident #generics: ::core::marker::Send + ::core::marker::Sync + #krate::__private::NotDyn #supertraits #clause {
            #(#items)*
            #provided
        }
    }
}

/// Generates a method: an `async fn` becomes a function that returns a future that is `Send`.
fn method(method: &Method, krate: &TokenStream) -> TokenStream {
    let attributes = method.attributes.iter().map(ToTokens::to_token_stream).chain(extra_docs(method));
    let attributes: TokenStream = attributes.collect();
    let signature = signature(method);
    let body = body(method).or_else(|| template_body(method, krate));
    body.map_or_else(|| quote!(#attributes #signature;), |body| quote!(#attributes #signature #body))
}

/// Generates the body of a method, if it has one. The body of an `async fn` becomes a future.
fn body(method: &Method) -> Option<TokenStream> {
    let body = method.body.as_ref()?;
    if method.signature.asyncness.is_none() {
        return Some(body.to_token_stream());
    }
    let typed = with_result_type(body, &method.signature.output);
    let span = generated_at(body.span());
    Some(quote_spanned!(span=> { async move #typed }))
}

/// Puts a statement before the body of an `async fn`. Its `return` never runs, but it tells the compiler the type of the result. A wrong
/// type is then reported at the expression that has it, as in an `async fn`, and not at the return type.
fn with_result_type(body: &Group, output: &ReturnType) -> Group {
    let (output, span) = match output {
        ReturnType::Type(_, output) => (output.to_token_stream(), output.span()),
        ReturnType::Default => (quote!(()), body.span()),
    };
    // An expression cannot name a type with `impl`. Only methods that callers do not see can return one.
    if mentions_impl(output.clone()) {
        return body.clone();
    }
    let mut rest = body.stream().into_iter().peekable();
    let mut statements = TokenStream::new();
    // Inner attributes, `#![allow(…)]`, stay the first tokens.
    while let Some(TokenTree::Punct(hash)) = rest.peek()
        && hash.as_char() == '#'
        && hash.spacing() == Spacing::Joint
    {
        statements.extend(rest.by_ref().take(3));
    }
    statements.extend(quote_spanned!(generated_at(span)=>
        if let ::core::option::Option::Some(__returned) = ::core::option::Option::None::<#output> {
            return __returned;
        }
    ));
    if rest.peek().is_some_and(begins_item) {
        // The body is in a block of its own, because a lint reports items that come after a statement.
        let mut own = Group::new(Delimiter::Brace, rest.collect());
        own.set_span(body.span());
        statements.extend([TokenTree::Group(own)]);
    } else {
        statements.extend(rest);
    }
    let mut typed = Group::new(Delimiter::Brace, statements);
    typed.set_span(body.span());
    typed
}

/// Returns whether this token is one of the usual first tokens of an item, or of an attribute.
fn begins_item(first: &TokenTree) -> bool {
    const WORDS: [&str; 11] =
        ["use", "struct", "enum", "union", "fn", "impl", "trait", "const", "static", "type", "macro_rules"];
    match first {
        TokenTree::Ident(word) => WORDS.iter().any(|own| word == own),
        TokenTree::Punct(hash) => hash.as_char() == '#',
        _ => false,
    }
}

/// Returns whether a type contains an `impl Trait`.
fn mentions_impl(ty: TokenStream) -> bool {
    ty.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "impl",
        TokenTree::Group(group) => mentions_impl(group.stream()),
        _ => false,
    })
}

/// The attributes that describe a method to its callers.
const DECLARATION_ATTRIBUTES: [&str; 3] = ["doc", "deprecated", "must_use"];

fn is_any(attribute: &Attribute, names: &[&str]) -> bool {
    names.iter().any(|name| attribute.path().is_ident(name))
}

/// Generates the declaration of a method whose body is elsewhere.
fn declaration(method: &Method) -> TokenStream {
    let kept = |attribute: &&Attribute| {
        is_any(attribute, &DECLARATION_ATTRIBUTES) || is_any(attribute, &["cfg", "cfg_attr", "allow"])
    };
    let attributes = method.attributes.iter().filter(kept).map(ToTokens::to_token_stream).chain(extra_docs(method));
    let mut plain = method.signature.clone();
    for (at, argument) in plain.inputs.iter_mut().enumerate() {
        let FnArg::Typed(argument) = argument else { continue };
        // Without a body, an argument is a plain name.
        let name = match &*argument.pat {
            Pat::Ident(name) => name.ident.clone(),
            other => format_ident!("__{at}", span = other.span()),
        };
        *argument.pat = syn::parse_quote!(#name);
    }
    let attributes: TokenStream = attributes.collect();
    let signature = signature_of(&plain);
    quote!(#attributes #signature;)
}

/// Generates a method with its body, for an implementation of the trait; `None` if it has no body.
pub(super) fn implementation(method: &Method) -> Option<TokenStream> {
    let body = body(method)?;
    let attributes = method.attributes.iter().filter(|attribute| !is_any(attribute, &DECLARATION_ATTRIBUTES));
    let signature = signature(method);
    Some(quote!(#(#attributes)* #signature #body))
}

/// Returns additional documentation of a method: its request, and the doc comments of its arguments, because Rust does not allow doc
/// comments on parameters. A method without documentation gets none, so that `missing_docs` reports it.
fn extra_docs(method: &Method) -> Option<TokenStream> {
    if !method.attributes.iter().any(|attribute| attribute.path().is_ident("doc")) {
        return None;
    }
    // Each line begins with a space, as in `/// text`: rustdoc removes the indentation that all lines share.
    let mut lines = Vec::new();
    let verb = method.helpers.verb.as_ref().and_then(|verb| Some((verb.method, verb.path.as_ref()?)));
    if let Some((http, path)) = verb {
        lines.push(format!("\n Sends `{} {}`.", http.as_str(), path.value));
    }
    let described = method.parameters.iter().filter_map(|parameter| Some((parameter, parameter.description.as_ref()?)));
    for (number, (parameter, description)) in described.enumerate() {
        if number == 0 {
            lines.push("\n # Arguments".to_owned());
        }
        lines.push(format!(" - `{}`: {}", parameter.name, description.replace('\n', "\n   ")));
    }
    let text = lines.join("\n");
    (!text.is_empty()).then(|| quote!(#[doc = #text]))
}

/// Generates the body of a prompt with a template.
fn template_body(method: &Method, krate: &TokenStream) -> Option<TokenStream> {
    let template = method.helpers.prompt.as_ref()?.template.as_ref()?;
    let literal = |text: &str| text.replace('{', "{{").replace('}', "}}");
    let (pieces, end) = prompt_pieces(&template.value);
    let mut format = String::new();
    for (before, name) in pieces {
        format.push_str(&literal(before));
        // Another check reports unknown names.
        if method.parameters.iter().any(|parameter| parameter.name == name) {
            format.push_str("{__");
            format.push_str(name);
            format.push('}');
        }
    }
    format.push_str(&literal(end));
    let is_used = |parameter: &&Parameter| format.contains(&format!("{{__{}}}", parameter.name));
    let used = method.parameters.iter().filter(is_used);
    let arguments = used.map(|parameter| {
        let (name, ident) = (format_ident!("__{}", parameter.name), &parameter.ident);
        if parameter.optional {
            quote!(#name = #ident.map(|given| #krate::__private::template_text(&given)).unwrap_or_default())
        } else {
            quote!(#name = #krate::__private::template_text(&#ident))
        }
    });
    let output = method.output.as_ref()?;
    // If the output type is not a result with a string, the compiler reports it at the type.
    let span = generated_at(output.span());
    let result = quote_spanned!(span=> <#output as #krate::__private::Templated>::of_text(text));
    // Every argument counts as used here: another check reports those that the template does not use.
    let all = method.parameters.iter().map(|parameter| &parameter.ident);
    let all = all.chain(method.context.as_ref().map(|context| &context.ident));
    Some(quote! {{
        #(let _ = &#all;)*
        let text = ::std::format!(#format #(, #arguments)*);
        async move { #result }
    }})
}

/// Returns the signature of a method in the trait and in the client.
pub(super) fn signature(method: &Method) -> TokenStream {
    signature_of(&method.signature)
}

/// Returns a signature in which an `async fn` is a function that returns a `Send` future.
fn signature_of(signature: &Signature) -> TokenStream {
    if signature.asyncness.is_none() {
        return signature.to_token_stream();
    }
    let mut plain = signature.clone();
    plain.asyncness = None;
    let clause = plain.generics.where_clause.take();
    plain.output = ReturnType::Default;
    let output = match &signature.output {
        ReturnType::Type(_, output) => output.to_token_stream(),
        ReturnType::Default => quote!(()),
    };
    // The future has the user's span, so that a future that is not `Send` is reported there.
    let span = output.span();
    quote_spanned!(span=> #plain -> impl ::core::future::Future<Output = #output> + ::core::marker::Send #clause)
}

/// Returns the `self` of a method, with the hygiene of its signature, which may come from the arguments of a macro.
pub(super) fn this(method: &Method) -> Ident {
    let span = method.signature.receiver().map_or_else(Span::call_site, |receiver| receiver.self_token.span);
    Ident::new("self", span)
}

/// Returns the visibility of the trait, with spans of generated code, so that lints do not treat generated items as the user's.
pub(super) fn visibility(item: &Trait) -> TokenStream {
    let at_place = |mut token: TokenTree| {
        token.set_span(generated_at(token.span()));
        token
    };
    item.visibility.to_token_stream().into_iter().map(at_place).collect()
}

/// Returns a span for generated code: names resolve at the macro call, and errors point at `span` in the user's source.
pub(super) fn generated_at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// Generates the provided method `into_capability`.
pub(super) fn into_capability(krate: &TokenStream, definition_type: &Ident) -> TokenStream {
    into_capability_with(krate, &quote!(#krate::Capability::of::<#definition_type, Self>(self)))
}

/// Generates the provided method `into_capability` with the given body.
pub(super) fn into_capability_with(krate: &TokenStream, body: &TokenStream) -> TokenStream {
    quote! {
        /// Converts the implementation to a capability, from which the REST router and the MCP server are created.
        #[allow(dead_code, deprecated, reason = "the trait may be used only for its client, and it may be deprecated")]
        fn into_capability(self) -> #krate::Capability
        where
            Self: ::core::marker::Sized + 'static,
        {
            #body
        }
    }
}

/// Returns the user's attributes that generated public items also need.
pub(super) fn passed_on(item: &Trait) -> TokenStream {
    let attributes = item.attributes.iter();
    let passed = attributes.filter(|attribute| is_passed_on(attribute) || attribute.path().is_ident("deprecated"));
    quote!(#(#passed)*)
}

/// Returns whether an attribute of the user applies to every generated item.
pub(super) fn is_passed_on(attribute: &Attribute) -> bool {
    ["cfg", "allow"].iter().any(|name| attribute.path().is_ident(name))
}

//! Generates constants with the effects of methods, and checks that no method does more than it promises. Capabilities
//! that are built on this one read the constants at compile time.

use super::item::generated_at;
use crate::fix;
use crate::model::{CallEffect, MethodEffect, Model, Promise};
use crate::syntax::calls::{self, CallTarget, Supertraits};
use naftiko_spec::diagnostic::Fix;
use naftiko_spec::model::{Hints, Method as Http};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

/// Generates a constant for each method whose effects are derived from the calls in its body, and a constant for the supertraits if they
/// are named like traits of the standard library.
pub(super) fn constants(model: &Model<'_>) -> TokenStream {
    let derived = model.effects.iter().enumerate().filter(|(_, effect)| effect.is_derived);
    let constants = derived.map(|(at, effect)| {
        let (cfg, name, is_repeatable) = (&effect.method.cfg.tokens, constant_name(at), effect.is_repeatable);
        let calls = effect.calls.iter().map(|call| {
            let (cfg, hints) = (cfg_of(call), hints_of(call));
            quote!(#(#cfg)* #hints)
        });
        quote!(#cfg const #name: __p::Hints = __p::effects(&[#(#calls),*], #is_repeatable);)
    });
    supertraits(model).into_iter().chain(constants).collect()
}

/// Generates the constant with the effects of supertraits that are named like traits of the standard library. `OnlyStandard` implements
/// only the traits of the standard library. If it implements the supertraits, the inherent constant `ARE_STANDARD` is used, and they have
/// no effects. Otherwise, the constant `ARE_STANDARD` of the trait `NotStandard` is used.
fn supertraits(model: &Model<'_>) -> Option<TokenStream> {
    let is_used = model.has_client || !model.uses.is_empty();
    let supertraits = &model.item.supertraits;
    (is_used && calls::supertraits(model.item) == Supertraits::Standard).then(|| {
        quote! {
            #[allow(dead_code, deprecated, reason = "one of two constants is used")]
            const __SUPERTRAITS: __p::Hints = {
                use __p::NotStandard as _;

                struct __Supertraits<__T>(::core::marker::PhantomData<__T>);

                impl<__T: #supertraits> __Supertraits<__T> {
                    const ARE_STANDARD: bool = true;
                }

                __p::of_supertraits(__Supertraits::<__p::OnlyStandard>::ARE_STANDARD)
            };
        }
    })
}

/// Returns the effects of the methods of supertraits; `None` if no supertrait has methods.
fn of_supertraits(supertraits: Supertraits) -> Option<TokenStream> {
    match supertraits {
        Supertraits::Nothing => None,
        Supertraits::Standard => Some(quote!(__SUPERTRAITS)),
        Supertraits::Unknown => Some(known(Http::Post.hints())),
    }
}

/// Generates the member of `Describe` with the effects of all methods.
pub(super) fn member(model: &Model<'_>) -> TokenStream {
    let rows = model.effects.iter().enumerate().map(|(at, effect)| row(at, effect));
    // The empty name marks the effects of supertraits: no method has it.
    let of_supertraits = of_supertraits(calls::supertraits(model.item)).map(|hints| quote!(("", #hints)));
    let rows = rows.chain(of_supertraits);
    quote! {
        const EFFECTS: &'static __p::MethodEffects = &[#(#rows),*];
    }
}

/// Generates the call that adds the derived effects to the definition, if there are some.
pub(super) fn of_definition(model: &Model<'_>) -> Option<TokenStream> {
    let derived = model.effects.iter().enumerate().filter(|(_, effect)| effect.is_derived);
    let rows: Vec<TokenStream> = derived.map(|(at, effect)| row(at, effect)).collect();
    (!rows.is_empty()).then(|| quote!(.with_effects(&[#(#rows),*])))
}

/// Generates a check for each call in the body of a method that promises to only read, except for calls of methods of the trait that are
/// known to only read. Also generates a check for each tool with `max_output` whose effects only the compiler knows.
pub(super) fn checks(model: &Model<'_>) -> TokenStream {
    let checks = model.effects.iter().enumerate().flat_map(|(at, effect)| {
        let only_reads = |call: &CallEffect<'_>| matches!(call.target, CallTarget::Own(_)) && call.known.reads();
        let calls = effect.calls.iter().filter(move |call| !only_reads(call));
        let promises = calls.filter_map(|call| Some(promise_check(effect, effect.promise?, call)));
        promises.chain(max_output_checks(at, effect))
    });
    checks.collect()
}

/// Generates, for each tool of a method with `max_output`, the check that the tool only reads: only the compiler knows the effects of the
/// body. `at` is the index of the method among all effects.
fn max_output_checks(at: usize, effect: &MethodEffect<'_>) -> impl Iterator<Item = TokenStream> {
    effect.truncated.iter().map(move |(tool, span)| {
        let message = format!(
            "the answers of the tool `{tool}` cannot be truncated, because the tool may write\n\
             help: {}",
            fix::render(&Fix::OnlyReads)
        );
        let (cfg, hints) = (&effect.method.cfg.tokens, constant_name(at));
        quote_spanned!(generated_at(*span)=> #cfg const _: () = ::core::assert!(#hints.reads(), #message);)
    })
}

/// Generates the check that a call in the body of a method keeps the method's promise.
fn promise_check(effect: &MethodEffect<'_>, promise: Promise, call: &CallEffect<'_>) -> TokenStream {
    let (cfg, own_cfg, name) = (&effect.method.cfg.tokens, cfg_of(call), &effect.method.name);
    let what = match &call.target {
        CallTarget::Operation(used, method) => format!("calls `{}.{method}`, which may write", used.name()),
        CallTarget::Value(used) => {
            format!("lets other code use `{}`, which has operations that may write", used.name())
        }
        CallTarget::Own(own) => format!("calls `{}`, which may write", own.name),
        CallTarget::Supertraits(_) => "may call a method of a supertrait, which may write".to_owned(),
    };
    let (promised, instead, place) = match promise {
        Promise::Hint => ("claims to be read-only", "remove `read_only` from its hints", " in `#[tool(…)]`"),
        Promise::Document => {
            let instead = "write `readOnly: false` in the hints of its tool in the document";
            ("is read-only in its document", instead, " in `#[capability]`")
        }
        Promise::DocumentGet => {
            let instead = "write `method: POST` for its route in the document";
            ("is a GET in its document", instead, " in `#[capability]`")
        }
        Promise::Get => ("is a GET", "make it a POST: `#[rest(post = \"/path\")]`", " in `#[rest(…)]`"),
        Promise::Resource => ("is a resource", "make it a tool: `#[tool]`", " in `#[capability]`"),
        Promise::Prompt => ("is a prompt", "make it a tool: `#[tool]`", " in `#[capability]`"),
    };
    let message = format!(
        "`{name}` {promised}, but it {what}\n\
         help: {instead}; if what it calls only reads, write `allow(understated_hint, reason = \"…\")`{place}"
    );
    let called = hints_of(call);
    quote_spanned!(generated_at(call.called_at)=> #cfg #(#own_cfg)* const _: () = ::core::assert!(#called.reads(), #message);)
}

/// Generates a method's name and its effects; `at` is the index of the method among all effects.
fn row(at: usize, effect: &MethodEffect<'_>) -> TokenStream {
    let (cfg, method) = (&effect.method.cfg.tokens, &effect.method.name);
    if effect.is_derived {
        let name = constant_name(at);
        quote!(#cfg (#method, #name))
    } else {
        let hints = known(effect.declared);
        quote!(#cfg (#method, #hints))
    }
}

fn constant_name(at: usize) -> Ident {
    format_ident!("__EFFECTS_{at}")
}

/// Returns the conditions under which a call is made.
fn cfg_of<'a>(call: &'a CallEffect<'_>) -> impl Iterator<Item = &'a TokenStream> {
    call.conditions.iter().map(|cfg| &cfg.tokens)
}

/// Generates an expression with the effects of a call.
fn hints_of(call: &CallEffect<'_>) -> TokenStream {
    match &call.target {
        CallTarget::Operation(used, method) => {
            let client = used.client();
            quote!(__p::effect_of(<#client as __p::Describe>::EFFECTS, #method))
        }
        CallTarget::Value(used) => {
            let client = used.client();
            quote!(__p::any_effect(<#client as __p::Describe>::EFFECTS))
        }
        CallTarget::Own(_) => known(call.known),
        CallTarget::Supertraits(supertraits) => of_supertraits(*supertraits).unwrap_or_else(|| known(call.known)),
    }
}

/// Generates effects as a value: the constant of an HTTP method if it has the same effects, otherwise each effect.
fn known(hints: Hints) -> TokenStream {
    let of_http = [(Http::Get, "GET"), (Http::Post, "POST"), (Http::Put, "PUT"), (Http::Delete, "DELETE")];
    if let Some((_, name)) = of_http.into_iter().find(|(http, _)| http.hints() == hints) {
        let name = format_ident!("{name}");
        return quote!(__p::#name);
    }
    let Hints { read_only, destructive, idempotent, open_world } = hints;
    let all = [read_only, destructive, idempotent, open_world].map(|hint| {
        let hint = hint.map(|hint| quote!(Some(#hint)));
        let hint = hint.unwrap_or_else(|| quote!(None));
        quote!(::core::option::Option::#hint)
    });
    quote!(__p::hints(#(#all),*))
}

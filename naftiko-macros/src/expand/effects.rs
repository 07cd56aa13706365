//! Generates the effects of methods as constants, so that capabilities that are built on others know them at compile time, and checks
//! that no method does more than it promises.

use super::item::generated_at;
use crate::model::{MethodEffect, Model, Promise, ReachedTarget};
use naftiko_spec::model::{Hints, Method as Http};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

/// Generates a constant for each method whose effects are those of what its body reaches.
pub(super) fn constants(model: &Model<'_>) -> TokenStream {
    let derived = model.effects.iter().enumerate().filter(|(_, effect)| effect.is_derived);
    let constants = derived.map(|(at, effect)| {
        let (cfg, name, is_repeatable) = (&effect.method.cfg.tokens, constant(at), effect.is_repeatable);
        let reached = effect.reached.iter().map(|reach| target(&reach.target));
        quote!(#cfg const #name: __p::Hints = __p::effects(&[#(#reached),*], #is_repeatable);)
    });
    constants.collect()
}

/// Generates the member of `Describe` with the effects of all methods.
pub(super) fn member(model: &Model<'_>) -> TokenStream {
    let rows = model.effects.iter().enumerate().map(|(at, effect)| row(at, effect));
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

/// Generates a check for each call of a method that promises to read only.
pub(super) fn checks(model: &Model<'_>) -> TokenStream {
    let checks = model.effects.iter().flat_map(|effect| {
        let promise = effect.promise;
        let unknown =
            effect.reached.iter().filter(|reach| !matches!(reach.target, ReachedTarget::Own(_, own) if own.reads()));
        unknown.filter_map(move |reach| Some(check(effect, promise?, &reach.target, reach.span)))
    });
    checks.collect()
}

fn check(effect: &MethodEffect<'_>, promise: Promise, called: &ReachedTarget<'_>, span: Span) -> TokenStream {
    let (cfg, name) = (&effect.method.cfg.tokens, &effect.method.name);
    let what = match called {
        ReachedTarget::Operation(used, method) => format!("calls `{}.{method}`, which may write", used.name()),
        ReachedTarget::Value(used) => format!("passes on `{}`, which has operations that may write", used.name()),
        ReachedTarget::Own(own, _) => format!("calls `{own}`, which may write"),
    };
    let (promised, instead, place) = match promise {
        Promise::Hint => ("claims to be read-only", "remove `read_only` from its hints", ""),
        Promise::Document => {
            let instead = "write `readOnly: false` in the hints of its tool in the document";
            ("is read-only in its document", instead, " in `#[capability]`")
        }
        Promise::Get => ("is a GET", "make it a POST: `#[rest(post = \"/path\")]`", ""),
    };
    let message = format!(
        "`{name}` {promised}, but it {what}\n\
         help: {instead}; if what it calls only reads, write `allow(understated_hint, reason = \"…\")`{place}"
    );
    let called = target(called);
    quote_spanned!(generated_at(span)=> #cfg const _: () = ::core::assert!(#called.reads(), #message);)
}

fn row(at: usize, effect: &MethodEffect<'_>) -> TokenStream {
    let (cfg, method) = (&effect.method.cfg.tokens, &effect.method.name);
    if effect.is_derived {
        let name = constant(at);
        quote!(#cfg (#method, #name))
    } else {
        let hints = known(effect.declared);
        quote!(#cfg (#method, #hints))
    }
}

fn constant(at: usize) -> Ident {
    format_ident!("__EFFECTS_{at}")
}

fn target(target: &ReachedTarget<'_>) -> TokenStream {
    match target {
        ReachedTarget::Operation(used, method) => {
            let client = used.client();
            quote!(__p::effect_of(<#client as __p::Describe>::EFFECTS, #method))
        }
        ReachedTarget::Value(used) => {
            let client = used.client();
            quote!(__p::any_effect(<#client as __p::Describe>::EFFECTS))
        }
        ReachedTarget::Own(_, hints) => known(*hints),
    }
}

/// Generates effects as a value: usually those of an HTTP method.
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

//! Generates the code that calls a method by its index, for every implementation of the trait.

use super::definition::index_literal;
use crate::model::{InputModel, Model};
use crate::syntax::Form;
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// Generates `Operations` for every implementation of the trait. `definition_type` is the type that represents the capability, and
/// `generics` are the parameters of this type.
pub(super) fn dispatch(model: &Model<'_>, definition_type: &TokenStream, generics: &TokenStream) -> TokenStream {
    let (item, krate) = (&model.item.ident, &model.krate);
    let arms = model.operations.iter().enumerate().map(|(index, operation)| {
        let cfg = &operation.method.cfg.tokens;
        let (index, output, method) = (index_literal(index), &operation.output, &operation.method.signature.ident);
        let mut arguments: Vec<TokenStream> = operation.inputs.iter().map(decoded_argument).collect();
        if let Some(context) = &operation.method.context {
            arguments.insert(context.at.min(arguments.len()), quote!(args.context()));
        }
        quote! {
            #cfg
            #index => __p::run(&#output, <__T as #item>::#method(this #(, #arguments)*)),
        }
    });
    quote! {
        struct __Served<__T>(__T);

        #[automatically_derived]
        impl<#generics __T: #item + 'static> __p::Expose<__T> for #definition_type {
            fn operations(this: __T) -> __p::Arc<dyn __p::Operations> {
                __p::Arc::new(__Served(this))
            }
        }

        #[automatically_derived]
        impl<__T: #item + 'static> __p::Operations for __Served<__T> {
            fn call<'a>(
                &'a self,
                operation: ::core::primitive::usize,
                args: &'a __p::Arguments,
            ) -> #krate::Result<__p::BoxFuture<'a, #krate::Result<__p::Output>>> {
                let this = &self.0;
                match operation {
                    #(#arms)*
                    other => __p::no_operation(other),
                }
            }
        }
    }
}

/// Generates the decoding of one argument.
fn decoded_argument(input: &InputModel<'_>) -> TokenStream {
    let at = index_literal(input.number);
    let parameter = input.parameter;
    let decoder = match parameter.form {
        Form::Str => "str",
        Form::Value => "value",
        Form::Ref => "reference",
        Form::Slice => "slice",
        Form::Vec => "list",
    };
    // The decoder's name has the span of the parameter's type: if the type is not `Send` and `Sync`, the compiler reports it there.
    let span = parameter.inner.span();
    let decode = Ident::new(&if parameter.optional { format!("opt_{decoder}") } else { decoder.to_owned() }, span);
    let descriptor = input.descriptor.iter().map(|descriptor| {
        let mut descriptor = descriptor.clone();
        descriptor.set_span(span);
        quote_spanned!(span=> &#descriptor)
    });
    quote!(args.#decode(#at #(, #descriptor)*)?)
}

//! Tests that a whole body stays the whole body in the document of a trait, even if its argument is not called `body`.

use crate::errors::Errors;
use crate::lower;
use crate::syntax::{item, settings};
use naftiko_spec::Policy;
use naftiko_spec::load::{self, load};
use naftiko_spec::lower::{Body, Source};
use naftiko_spec::model::BodyKind;
use quote::quote;

#[test]
fn a_whole_body_of_another_name_stays_the_whole_body() {
    let mut errors = Errors::default();
    let settings =
        quote!(consumes(namespace = "api", base_uri = "https://api.example"), exposes(rest(port = 1), mcp(port = 2)));
    let settings = settings::parse(settings, &mut errors);
    for body in [
        quote!(#[body] filter: &Filter),
        quote!(#[body("filter")] given: &Filter),
        quote!(#[body(form)] filter: &Filter),
        quote!(#[body(text)] filter: &str),
        quote!(#[body(bytes, limit = "50MiB")] filter: Upload),
    ] {
        let item = quote!(
            /// Keeps things.
            pub trait Uploads {
                /// Adds a thing.
                #[post("/things/{id}")]
                async fn add(&self, id: u32, #body) -> Result<Value>;
            }
        );
        let item = item::parse(item, &mut errors).unwrap();
        let lowered = lower::lower(&settings, None, &item, &mut errors);
        assert_eq!(errors.count(), 0, "{errors:?}");
        let yaml = lowered.whole.0.to_yaml().unwrap();
        for text in ["name: body\n          in: body", "body: rest.body", "body: tools.filter"] {
            assert!(yaml.contains(text), "{text}: {yaml}");
        }
        let policy = Policy { errors: load::Errors::Refuse, ..Policy::default() };
        assert!(load(&yaml, &policy).is_ok(), "{yaml}");
    }
}

#[test]
fn the_whole_body_of_a_resource_stays_the_whole_body() {
    let mut errors = Errors::default();
    let settings = quote!(consumes(namespace = "api", base_uri = "https://api.code.dev"), exposes(mcp(port = 2)));
    let settings = settings::parse(settings, &mut errors);
    let item = quote!(
        /// Finds things.
        pub trait Finder {
            /// Finds things.
            #[post("/things")]
            #[resource(uri = "things://{filter}")]
            async fn find(&self, #[body(text)] filter: &str) -> Result<Value>;
        }
    );
    let item = item::parse(item, &mut errors).unwrap();
    let lowered = lower::lower(&settings, None, &item, &mut errors);
    assert_eq!(errors.count(), 0, "{errors:?}");
    let document = &lowered.whole.0;
    let (served, _) = naftiko_spec::lower::lower(document);
    let calls: Vec<_> = served.operations.iter().flat_map(|operation| operation.work.calls()).collect();
    // The tool and the resource send the only argument as the whole body, and nowhere else.
    assert_eq!(calls.len(), 2, "{document:?}");
    for call in calls {
        assert_eq!(call.body, Some(Body::Text(BodyKind::Text, Source::Argument(0))), "{call:?}");
        assert_eq!(call.query, []);
    }
}

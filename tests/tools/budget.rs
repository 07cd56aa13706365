//! What a list of tools costs a model's context.

use super::{
    humanitec_tokeninfo, label_studio_tokens, logto_create_resource, logto_subject_tokens, stackrox_apitokens,
};
use naftiko::Capability;
use serde_json::json;

/// Returns the capabilities of the examples, each with the length that its `tools/list` had, in bytes, when it still
/// repeated defaults and names.
pub(super) fn examples() -> [(usize, Capability); 5] {
    use humanitec_tokeninfo::{TokenInfo as _, TokenInfoClient};
    use label_studio_tokens::{Tokens as _, TokensClient};
    use logto_create_resource::{Resources as _, ResourcesClient};
    use logto_subject_tokens::{SubjectTokens as _, SubjectTokensClient};
    use stackrox_apitokens::{ApiTokens as _, ApiTokensClient};
    let url = "http://127.0.0.1:1";
    let label_studio = TokensClient::builder().base_uri(url).bind("LABEL_STUDIO_API_KEY", "k").build().unwrap();
    let stackrox = ApiTokensClient::builder().base_uri(url).bind("STACKROX_API_KEY", "k").build().unwrap();
    let resources = ResourcesClient::builder().base_uri(url).bind("LOGTO_API_KEY", "k").build().unwrap();
    let subjects = SubjectTokensClient::builder().base_uri(url).bind("LOGTO_API_KEY", "k").build().unwrap();
    [
        (3903, TokenInfoClient::builder().base_uri(url).build().unwrap().into_capability()),
        (3804, label_studio.into_capability()),
        (3969, stackrox.into_capability()),
        (2329, resources.into_capability()),
        (878, subjects.into_capability()),
    ]
}

#[tokio::test]
async fn the_lists_of_the_examples_stay_within_their_budgets() {
    let (mut measured, mut within) = (Vec::new(), true);
    for (before, capability) in examples() {
        let list = super::ask(&super::serve(capability).await, "tools/list", json!({})).await;
        // The budget is two thirds of the earlier length.
        within &= list.len() * 3 <= before * 2;
        measured.push(format!("{} bytes, {before} before", list.len()));
    }
    assert!(within, "{measured:#?}");
}

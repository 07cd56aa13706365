//! Lowers `page`: the argument of the exposed operation that requests the next page.

use super::plan::{CallPage, Source};
use crate::model::Paging;

/// Lowers the settings of an operation. `source` returns where the value of a parameter comes from.
///
/// The result is `None` if callers cannot request another page, because no argument of theirs is sent in the parameter.
pub(super) fn lower(page: Option<&Paging>, source: impl FnOnce(&str) -> Option<Source>) -> Option<CallPage> {
    let page = page?;
    let paging = page.clone();
    let Some(into) = &page.into else { return Some(CallPage { paging, into: None, sent: None }) };
    let sent = source(into)?;
    let into = sent.argument()?;
    Some(CallPage { paging, into: Some(into), sent: Some(sent).filter(|sent| *sent != Source::Argument(into)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_requested_by_an_argument_of_the_caller() {
        let cursor = Paging { cursor: Some("$.next".to_owned()), into: Some("after".to_owned()), ..Paging::default() };
        let lowered = |source: Source| lower(Some(&cursor), |into| (into == "after").then_some(source));
        let page = CallPage { paging: cursor.clone(), into: Some(2), sent: None };
        assert_eq!(lowered(Source::Argument(2)), Some(page.clone()));
        let with_default = Source::Argument(2).or(Source::Constant("x".into()));
        assert_eq!(lowered(with_default.clone()), Some(CallPage { sent: Some(with_default), ..page }));
        assert_eq!(lowered(Source::Constant("x".into())), None);
        assert_eq!(lower(Some(&cursor), |_| None), None);
        let link = Paging { link: Some(Paging::HEADER.to_owned()), ..Paging::default() };
        assert_eq!(lower(Some(&link), |_| None), Some(CallPage { paging: link.clone(), into: None, sent: None }));
    }
}

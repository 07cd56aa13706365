//! Keys about answers: the statuses, the format, the error statuses that mean `None`, the headers that are passed on.

use crate::attribute::Element;
use crate::errors::{Errors, SourceSpan};
use crate::keys::{Keys, did_you_mean, positional_number, positional_text};
use naftiko_spec::model::{Format, is_refusal, why_not_passed_on};
use proc_macro2::Ident;

/// `none_on(404)`: the key and the statuses, each with its span.
#[derive(Clone)]
pub(crate) struct NoneOn {
    pub(crate) key: Ident,
    pub(crate) statuses: Vec<(u16, SourceSpan)>,
}

/// `response_headers("Location")`: the key and the names.
#[derive(Clone)]
pub(crate) struct ResponseHeaders {
    pub(crate) key: Ident,
    pub(crate) names: Vec<String>,
}

/// Reads `format = "csv"`.
pub(super) fn format(keys: &mut Keys, errors: &mut Errors) -> Option<(Format, SourceSpan)> {
    let text = keys.text("format", errors)?;
    let found = Format::ALL.into_iter().find(|format| format.word() == text.value);
    if found.is_none() {
        let help = did_you_mean("the formats are", &text.value, Format::ALL.iter().map(|format| format.word()));
        errors.add(text.span, format!("unknown format `{}`", text.value), help);
    }
    found.map(|format| (format, text.span))
}

/// Reads `status = 201`.
pub(super) fn status(keys: &mut Keys, errors: &mut Errors) -> Option<(u16, SourceSpan)> {
    let (status, span) = keys.number("status", errors)?;
    if (200..=299).contains(&status) {
        return Some((status, span));
    }
    let help = match status {
        400..=599 => format!("write one from 200 to 299; declare an error status of the API with `errors({status})`"),
        _ => "write one from 200 to 299".to_owned(),
    };
    errors.add(span, format!("`status` must be a 2xx status, found {status}"), help);
    None
}

/// Reads the statuses of `errors(400, 404)`.
pub(super) fn error_statuses(elements: &[Element], errors: &mut Errors) -> Vec<u16> {
    let mut statuses = Vec::new();
    for element in elements {
        match positional_number(element) {
            Some(status) if statuses.contains(&status) => {
                errors.add(element.span(), format!("{status} is given twice"), "keep one of them");
            }
            Some(status) if (400..=599).contains(&status) => statuses.push(status),
            _ => {
                let message = format!("expected an error status in `errors`, found {}", element.found());
                errors.add(element.span(), message, "write numbers from 400 to 599, without quotes");
            }
        }
    }
    statuses
}

/// Reads `none_on(404)`. `refused` are the statuses in `errors`: a status cannot be in both lists.
pub(super) fn none_on(keys: &mut Keys, refused: &[u16], errors: &mut Errors) -> Option<NoneOn> {
    let (key, elements) = keys.list("none_on", errors)?;
    if elements.is_empty() {
        errors.add(key.span(), "`none_on` is empty", "write `none_on(404)`");
    }
    let mut statuses: Vec<(u16, SourceSpan)> = Vec::new();
    for element in &elements {
        match positional_number(element) {
            Some(status) if statuses.iter().any(|(other, _)| *other == status) => {
                errors.add(element.span(), format!("{status} is given twice"), "keep one of them");
            }
            Some(status) if refused.contains(&status) => {
                errors.add(element.span(), format!("{status} is also in `errors`"), "keep it in one of them");
            }
            Some(status) if is_refusal(status) => statuses.push((status, element.span())),
            _ => {
                let help =
                    "write statuses from 400 to 499, except 407, 408, 411, 417, 421, 425 and 426: `none_on(404, 410)`";
                let message = format!("expected a supported 4xx status in `none_on`, found {}", element.found());
                errors.add(element.span(), message, help);
            }
        }
    }
    (!statuses.is_empty()).then_some(NoneOn { key, statuses })
}

/// Reads `response_headers("Location", "ETag")`.
pub(super) fn response_headers(keys: &mut Keys, errors: &mut Errors) -> Option<ResponseHeaders> {
    let (key, elements) = keys.list("response_headers", errors)?;
    if elements.is_empty() {
        errors.add(key.span(), "`response_headers` is empty", "write `response_headers(\"Location\")`");
    }
    let mut names: Vec<String> = Vec::new();
    for element in &elements {
        let Some(name) = positional_text(element, "the name of a header", errors) else { continue };
        if names.iter().any(|other| other.eq_ignore_ascii_case(&name.value)) {
            errors.add(name.span, format!("`{}` is given twice", name.value), "keep one of them");
        } else if let Some(why) = why_not_passed_on(&name.value) {
            errors.add(name.span, format!("the header `{}` cannot be passed on: it {why}", name.value), "remove it");
        } else {
            names.push(name.value);
        }
    }
    (!names.is_empty()).then_some(ResponseHeaders { key, names })
}

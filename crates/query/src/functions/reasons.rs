//! `reason`: a reason that a query gives for a row of a derived table, with its code.

use aldb_fit::quality::ReasonCode;
use arrow::array::StringArray;

use super::field::fields;
use super::scalar::{Definition, Scalar};
use crate::codes::RowReason;

/// Whether a kernel or a query can give this code.
fn known(code: &str) -> Result<(), String> {
    let kernels = ReasonCode::ALL.iter().map(|reason| reason.as_str());
    let queries = RowReason::ALL.iter().map(|reason| reason.as_str());
    let known = |code: &str| kernels.clone().chain(queries.clone()).any(|known| known == code);
    if code.split(' ').all(known) { Ok(()) } else { Err(format!("unknown code `{code}`: docs/CLI.md lists the codes")) }
}

struct Stated {
    code: Option<String>,
    words: Option<String>,
}

/// `reason(code, words)`.
pub(super) fn reason() -> Scalar {
    Definition {
        name: "reason",
        version: 1,
        meaning: "A reason with its code. Both come from one place, so that a condition occurs only once in a query.",
        example: "SELECT measurement_id, CASE WHEN electrode_area_cm2 IS NULL THEN reason('no_electrode_area', 'the electrode \
                  area is not stated') END AS why FROM measurements LIMIT 3",
        arguments: |arguments| {
            (
                arguments.text("code", "The code; docs/CLI.md lists all. An unknown one is an error."),
                arguments.text("words", "The same in words."),
            )
        },
        evaluate: |(codes, words): &(StringArray, StringArray)| {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            let stated = codes.iter().zip(words).map(|(code, words)| Stated { code: owned(code), words: owned(words) });
            Ok(stated.map(|stated| stated.words.is_some().then_some(stated)).collect())
        },
        fields: fields! { stated: Stated;
            text code "The code; null where there are no words.";
            text words "The words.";
        },
        literal: known,
    }
    .scalar()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_reasons_have_one_code() {
        let mut codes: Vec<&str> = RowReason::ALL.iter().map(|reason| reason.as_str()).collect();
        codes.extend(ReasonCode::ALL.iter().map(|reason| reason.as_str()));
        let mut distinct = codes.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), codes.len(), "{codes:?}");
    }

    #[test]
    fn an_unknown_code_is_refused() {
        assert_eq!(known("no_thickness"), Ok(()));
        let message = "unknown code `no_thicknes`: docs/CLI.md lists the codes";
        assert_eq!(known("no_thicknes"), Err(message.to_owned()));
    }
}

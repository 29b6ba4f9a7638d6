//! A kernel of `aldb-fit` over the rows of a group: its input, its result, and the verdict.

use std::fmt;
use std::sync::Arc;

use aldb_fit::quality::{Coded, Quality, Verdict};
use arrow::array::{ArrayRef, StructArray};
use arrow::error::ArrowError;

use super::arguments::Arguments;
use super::documentation::{Documentation, Function};
use super::field::{Field, structures, text};
use crate::codes::RowReason;

/// Why a kernel gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    code: &'static str,
    words: String,
}

impl Failure {
    /// For a reason outside the kernel.
    pub(super) fn new(reason: RowReason, words: impl Into<String>) -> Self {
        Self { code: reason.as_str(), words: words.into() }
    }

    /// The same, with the quantity concerned.
    pub(super) fn about(self, what: &str) -> Self {
        Self { words: format!("{what}: {}", self.words), ..self }
    }
}

impl<E: Coded + fmt::Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { code: error.code().as_str(), words: error.to_string() }
    }
}

/// The input and the result of a kernel.
pub(super) struct Outcome<I, T> {
    pub(super) input: I,
    pub(super) fit: Result<T, Failure>,
}

impl<I, T> Outcome<I, T> {
    pub(super) fn fit(&self) -> Option<&T> {
        self.fit.as_ref().ok()
    }
}

/// A kernel over the rows of a group. `I` is its input, `T` its result.
pub(super) struct Definition<I, T> {
    pub(super) name: &'static str,
    pub(super) version: u32,
    pub(super) meaning: &'static str,
    /// A query that runs on the lake of `aldb demo`.
    pub(super) example: &'static str,
    pub(super) arguments: fn(&mut Arguments<'_>) -> I,
    pub(super) evaluate: fn(&I) -> Result<T, Failure>,
    pub(super) verdict: fn(&T) -> Verdict,
    /// Fields that have a value even if the kernel failed.
    pub(super) always: Vec<Field<Outcome<I, T>>>,
    pub(super) fields: Vec<Field<T>>,
}

impl<I: 'static, T: 'static> Definition<I, T> {
    /// The kernel without its types. Its result ends in `quality`, `reason` and `reason_code`.
    pub(super) fn kernel(self) -> Kernel {
        let Self { arguments, evaluate, verdict, .. } = self;
        let mut fields = self.always;
        fields.extend(self.fields.into_iter().map(|field| field.within(Outcome::fit)));
        let judge = move |outcome: &Outcome<I, T>| match &outcome.fit {
            Ok(fit) => (verdict(fit).quality, verdict(fit).words(), verdict(fit).codes()),
            Err(failure) => (Quality::Failed, Some(failure.words.clone()), Some(failure.code.to_owned())),
        };
        fields.push(text("quality", "`good`, `suspect` or `failed`.", move |outcome| judge(outcome).0.as_str()));
        fields.push(text("reason", "Why the quality is not good; null where it is.", move |outcome| judge(outcome).1));
        fields.push(text(
            "reason_code",
            "Codes of the reasons, separated by spaces; null where the quality is good.",
            move |outcome| judge(outcome).2,
        ));
        let documentation = Documentation {
            name: self.name,
            kind: "aggregate",
            version: self.version,
            meaning: self.meaning,
            arguments: Arguments::declared_by(arguments),
            result: fields.iter().map(|field| field.documented.clone()).collect(),
            example: self.example,
        };
        let run = move |columns: &[ArrayRef]| {
            let input = Arguments::read(columns, arguments).map_err(ArrowError::InvalidArgumentError)?;
            let fit = evaluate(&input);
            structures(&fields, &[Some(&Outcome { input, fit })])
        };
        Function { documentation, run: Arc::new(run) }
    }
}

pub(super) type Run = dyn Fn(&[ArrayRef]) -> Result<StructArray, ArrowError> + Send + Sync;

/// A kernel as an SQL function: the columns of a group in, one structure out.
pub(super) type Kernel = Function<Run>;

impl Kernel {
    /// The result for the rows of one group.
    pub(super) fn run(&self, columns: &[ArrayRef]) -> Result<StructArray, ArrowError> {
        (self.run)(columns)
    }
}

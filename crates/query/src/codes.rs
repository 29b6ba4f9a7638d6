//! Codes of the engine and the checks: stable words for programs, in addition to the words for people.
//!
//! docs/CLI.md lists them, and a test compares the two.

use aldb_codes::codes;
use serde::Serialize;

codes! {
    /// Why the keys of a job were compared with its table, or why not.
    JobCause {
        Unchanged "unchanged" "no input changed",
        FullRequested "full_requested" "all keys were requested",
        NoRecord "no_record" "there is no record of the last run",
        QueryChanged "query_changed" "query or function changed",
        TableChanged "table_changed" "another program changed the derived table",
        InputsRewritten "inputs_rewritten" "input files were rewritten, rows did not change",
        InputsChanged "inputs_changed" "input rows changed",
        KeysUnknown "keys_unknown" "input rows changed, and the query does not show which keys they belong to",
        InputsStale "inputs_stale" "inputs are stale themselves, and keys may follow from them",
        HistoryUnavailable "history_unavailable" "an earlier version of an input is no longer available",
    }
}

codes! {
    /// Why a key is derived again.
    StaleCause {
        New "new" "new key",
        InputsChanged "inputs_changed" "input rows changed",
        InputsRemoved "inputs_removed" "input rows were removed",
        QueryChanged "query_changed" "query or function changed",
        Requested "requested" "requested with --full",
    }
}

codes! {
    /// Why a job, a check or a query was not run.
    FailureCode {
        QueryFailed "query_failed" "the query is invalid or failed while it ran",
        ColumnsMismatch "columns_mismatch" "the columns of the result do not match the table",
        HeaderInvalid "header_invalid" "the header of the query file is invalid",
        FileUnreadable "file_unreadable" "a query file cannot be read",
        LakeUnreadable "lake_unreadable" "a table of the lake cannot be read or written",
        CircularJobs "circular_jobs" "jobs depend on each other in a cycle",
        UnknownName "unknown_name" "no job, check or row has this name",
        NotOneStatement "not_one_statement" "the text is not exactly one statement",
        NotReadOnly "not_read_only" "the statement would change something",
        InsufficientData "insufficient_data" "the lake holds too few measurements for a suggestion",
        OutputFailed "output_failed" "the result cannot be written",
    }
}

codes! {
    /// Why a row of a derived table has no value, if no kernel gives a reason: information that the value needs is
    /// missing in the lake.
    RowReason {
        SampleUnknown "sample_unknown" "the measurement is linked to no sample",
        NoThickness "no_thickness" "the thickness of the sample's film is not known",
        NoElectrodeArea "no_electrode_area" "the area of the electrode is not stated",
        NoFilmResistance "no_film_resistance" "the fitted circuit has no film resistance R1",
        FilmResistanceUndetermined "film_resistance_undetermined" "the spectrum does not determine the film resistance R1",
        NoCircuit "no_circuit" "no equivalent circuit was given",
        NoCycles "no_cycles" "neither the file, the run log nor the recipe gives the cycles of the scan",
        NoPeak "no_peak" "the diffraction pattern has no peak above the noise",
        OneCoreLine "one_core_line" "the file has only one core line with a known sensitivity factor",
        NotTwoKinds "not_two_kinds" "the recipe does not have two kinds of cycles",
        NoEndMemberGrowth "no_end_member_growth" "growth with one kind of cycle alone was not measured at this temperature",
        NoEndMemberDensity "no_end_member_density" "no recipe states the density of the film of one kind of cycle",
        NoEndMemberComposition "no_end_member_composition" "the composition with one kind of cycle alone was not measured at this temperature",
        NoEndMemberWithElement "no_end_member_with_element" "no end member contains the element",
        NoEndMember "no_end_member" "the lake has no recipe with one of the kinds of cycles alone",
        QueryFailed "query_failed" "the query failed for this key",
    }
}

/// Why something failed: in JSON the members `error` (a message) and `error_code`, both null if nothing failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The message.
    #[serde(rename = "error")]
    pub message: Option<String>,
    /// Its code.
    #[serde(rename = "error_code")]
    pub code: Option<FailureCode>,
}

impl Failure {
    /// Whether it failed.
    #[must_use]
    pub fn is_some(&self) -> bool {
        self.code.is_some()
    }
}

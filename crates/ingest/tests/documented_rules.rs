//! Every path rule that the documents show gives what they say, and none takes a date for the sample.

#![allow(clippy::unwrap_used, reason = "a test ends where something that it needs fails")]

use std::collections::BTreeSet;

use aldb_ingest::{PathRule, TEMPLATE, try_rule};

/// The values of `path = '…'` in a text.
fn rules(text: &str) -> BTreeSet<String> {
    let lines = text.lines().map(|line| line.trim_start_matches(['#', ' ']));
    let values = lines.filter_map(|line| line.strip_prefix("path = "));
    values.map(|value| value.trim().trim_matches(['\'', '"']).to_owned()).collect()
}

/// Rules of the documents, each with paths and the groups that they give; none where the rule shall not match.
type Shown = (&'static str, &'static [(&'static str, Option<&'static str>)]);

const SHOWN: [Shown; 2] = [
    (
        "{sample}/{*}_dot{dot}_{temperature_c}C",
        &[
            ("LBO-17/eis_dot2_30C.DTA", Some("sample=LBO-17 dot=2 temperature_c=30")),
            ("LBO-17/eis_second_dot2_-10C.DTA", Some("sample=LBO-17 dot=2 temperature_c=-10")),
            ("2026-03-02/LBO-17/eis_dot2_30C.DTA", None),
        ],
    ),
    (
        r"(?:^|/)(?<date>\d{8})_(?<sample>[^/_.]+)[^/]*$",
        &[
            ("2026/20260302_LBO-17_C1s.vms", Some("date=20260302 sample=LBO-17")),
            ("20260302_LBO-17.vms", Some("date=20260302 sample=LBO-17")),
            ("2026-03-02/LBO-17_C1s.vms", None),
        ],
    ),
];

#[test]
fn every_rule_of_the_documents_gives_what_they_say() {
    let documents = [include_str!("../../../README.md"), include_str!("../../../docs/SAMPLES.md"), TEMPLATE];
    let shown: BTreeSet<String> = documents.iter().flat_map(|text| rules(text)).collect();
    let expected: BTreeSet<String> = SHOWN.iter().map(|(rule, _)| (*rule).to_owned()).collect();
    assert_eq!(shown, expected, "every rule of the documents is tried here");
    assert!(documents.iter().all(|text| !rules(text).is_empty()));
    for (written, paths) in SHOWN {
        let rule = PathRule::new(written).unwrap();
        assert_eq!(rule.doubtful_groups(), []);
        for (path, expected) in paths {
            let tried = try_rule(&rule, path);
            let groups = tried.groups.iter().map(|found| format!("{}={}", found.group, found.value));
            let groups = tried.matches.then(|| groups.collect::<Vec<_>>().join(" "));
            assert_eq!(groups.as_deref(), *expected, "{written}: {path}");
            assert!(tried.notes.is_empty(), "{written}: {path}: {:?}", tried.notes);
        }
    }
    // The rule that the README once showed: it is what the others are compared with.
    let greedy = PathRule::new(r"(?<sample>[^/]+)/.*_dot(?<dot>\w+)_(?<temperature_c>-?\d+)C").unwrap();
    let tried = try_rule(&greedy, "2026-03-02/LBO-17/eis_dot2_30C.DTA");
    assert_eq!(tried.notes, ["the sample `2026-03-02` looks like a date"]);
}

//! Which data files the snapshots of a lake need.
//!
//! A file belongs to a table from the commit that adds it to the one that removes it. A snapshot needs it if the version that the
//! snapshot records lies between. Commits between two snapshots (a file that was written and merged in one batch, rows of a
//! killed writer and their removal) are never asked for. Of the table `snapshots` its newest version serves all states.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::files::Age;
use crate::journal::{Entry, Logged};
use crate::snapshot::SNAPSHOTS;
use crate::store::version_of;
use crate::{Lake, LakeError};

/// Whether a data file that a log names is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// By a snapshot.
    Needed,
    /// By none, since this time (milliseconds since 1970), when it was removed from its table.
    UnneededSince(i64),
}

/// The versions of each table that snapshots record.
type Recorded = BTreeMap<String, BTreeSet<u64>>;

impl Lake {
    /// The entries of the journal up to the newest state.
    pub(crate) fn entries_until(&self, number: i64) -> Result<Vec<Entry>, LakeError> {
        let journal = self.journal();
        journal.list()?.range(..=number).map(|(_, path)| journal.read(path)).collect()
    }

    /// The use of every data file that a log names, by its path below `tables/`.
    pub(crate) async fn uses(&self, entries: &[Entry]) -> Result<BTreeMap<String, Use>, LakeError> {
        let mut recorded = Recorded::new();
        for (name, state) in entries.iter().flat_map(|entry| &entry.tables) {
            recorded.entry(name.clone()).or_default().insert(state.version);
        }
        if let Some(own) = entries.last().and_then(|entry| entry.own.as_ref()) {
            recorded.entry(SNAPSHOTS.to_owned()).or_default().insert(own.version);
            // Snapshots from before the lake had a journal.
            let opened = self.tables().open_recorded(SNAPSHOTS, own, Age::Newest).await?;
            for row in self.rows(opened.files()?)? {
                for (name, state) in row.states() {
                    recorded.entry(name.clone()).or_default().insert(state.version);
                }
            }
        }
        Ok(uses(entries, &recorded))
    }
}

fn uses(entries: &[Entry], recorded: &Recorded) -> BTreeMap<String, Use> {
    let mut commits: BTreeMap<(&str, u64), &str> = BTreeMap::new();
    for (below, logged) in entries.iter().flat_map(|entry| &entry.log) {
        if let (Some((table, name)), Logged::Text(text)) = (below.split_once("/_delta_log/"), logged)
            && let Some(version) = version_of(name)
        {
            commits.insert((table, version), text);
        }
    }
    let mut added: BTreeMap<String, u64> = BTreeMap::new();
    let mut found: BTreeMap<String, Use> = BTreeMap::new();
    let none = BTreeSet::new();
    for ((table, version), text) in commits {
        let recorded = recorded.get(table).unwrap_or(&none);
        for action in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let path = |action: &Value| Some(format!("{table}/{}", action.get("path")?.as_str()?));
            if let Some(path) = action.get("add").and_then(path) {
                // Needed until a commit removes it.
                found.insert(path.clone(), Use::Needed);
                added.entry(path).or_insert(version);
            } else if let Some(remove) = action.get("remove")
                && let Some(path) = path(remove)
                && let Some(since) = added.get(&path)
                && recorded.range(since..&version).next().is_none()
            {
                let removed = remove.get("deletionTimestamp").and_then(Value::as_i64).unwrap_or(i64::MAX);
                found.insert(path, Use::UnneededSince(removed));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(log: &[(u64, &str)], version: u64) -> Entry {
        let path = |version: u64| format!("t/_delta_log/{version:020}.json");
        let mut entry = Entry::first();
        entry.log = log.iter().map(|(version, text)| (path(*version), Logged::Text((*text).to_owned()))).collect();
        entry.tables.insert("t".to_owned(), crate::state::TableState::new(version, None));
        entry
    }

    #[test]
    fn a_file_is_needed_by_the_snapshots_between_its_commits() {
        let entries = [
            entry(&[(0, r#"{"add":{"path":"a"}}"#)], 0),
            // b came and was merged within one batch; a was needed by the batch before.
            entry(
                &[
                    (1, r#"{"add":{"path":"b"}}"#),
                    (
                        2,
                        "{\"remove\":{\"path\":\"a\",\"deletionTimestamp\":5}}\n{\"remove\":{\"path\":\"b\",\"deletionTimestamp\":5}}\n{\"add\":{\"path\":\"ab\"}}",
                    ),
                ],
                2,
            ),
        ];
        let recorded = Recorded::from([("t".to_owned(), BTreeSet::from([0, 2]))]);
        let expected = [("t/a", Use::Needed), ("t/ab", Use::Needed), ("t/b", Use::UnneededSince(5))];
        let expected = expected.map(|(path, of)| (path.to_owned(), of));
        assert_eq!(uses(&entries, &recorded), BTreeMap::from(expected));
    }
}

//! Writes what a reactor did as CSV: a row for every dose and every pumping.
//!
//! Format: a remark after `#`, names, rows. Time counts from the start of the log, which is also that of the ellipsometer's
//! scan of the same run. No maker's format: the columns are those that open controllers write.

use crate::file::REMARK;
use crate::model::growth::Event;

/// The log of a run.
pub(crate) fn csv(run: &str, events: &[Event]) -> Vec<u8> {
    let mut text = format!("# event log of {run}; {REMARK}\nelapsed_s,event,precursor,cycle,duration_s\n");
    for event in events {
        let what = if event.precursor.is_some() { "pulse" } else { "purge" };
        let precursor = event.precursor.as_deref().unwrap_or_default();
        text += &format!("{:.1},{what},{precursor},{},{:.1}\n", event.time_s, event.cycle, event.duration_s);
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dose_names_its_precursor_and_pumping_names_none() {
        let events = [
            Event { time_s: 60.0, cycle: 1, precursor: Some("LiHMDS".to_owned()), duration_s: 20.0 },
            Event { time_s: 80.0, cycle: 1, precursor: None, duration_s: 60.0 },
        ];
        let text = String::from_utf8(csv("run", &events)).unwrap();
        let (first, rest) = text.split_once('\n').unwrap();
        assert!(first.starts_with("# event log of run; synthetic: "));
        assert_eq!(rest, "elapsed_s,event,precursor,cycle,duration_s\n60.0,pulse,LiHMDS,1,20.0\n80.0,purge,,1,60.0\n");
    }
}

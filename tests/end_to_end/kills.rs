//! The process ends just before every write, sync, rename and commit of an ingest, a derive and a maintenance in turn.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Bench, small_campaign};

/// A step at which a command ends: `ALDB_TEST_EXIT_AT` for it.
struct Step {
    command: &'static str,
    exit_at: String,
}

/// A command that does one thing.
fn arguments(command: &str) -> &[&str] {
    match command {
        "ingest" => &["ingest", "--no-derive"],
        "derive" => &["derive"],
        _ => &["maintain", "--older-than", "0"],
    }
}

/// The lake as a reader sees it: measurements with the rows that they have, and the derived lines.
fn seen(bench: &Bench) -> Vec<Vec<String>> {
    let measured = "SELECT m.measurement_id, m.sample_id, m.n_points, count(s.point) FROM measurements AS m \
                    LEFT JOIN impedance_spectra AS s ON s.measurement_id = m.measurement_id \
                    GROUP BY m.measurement_id, m.sample_id, m.n_points";
    [measured, "SELECT * FROM arrhenius", "SELECT * FROM conductivity"].map(|query| bench.rows(query)).to_vec()
}

#[test]
fn ended_at_any_step_of_writing_no_row_is_lost_duplicated_or_partial() {
    let campaign = small_campaign();
    let empty = Bench::new();
    empty.write(&campaign.files()[..4]);
    empty.describe(&campaign);
    // A dry run names every step.
    let whole = empty.copied();
    let mut steps = Vec::new();
    let mut ingested = None;
    for command in ["ingest", "derive"] {
        let ran = whole.command(arguments(command)).env("ALDB_TEST_EXIT_AT", "list").output().unwrap();
        assert!(ran.status.success());
        let listed = String::from_utf8(ran.stderr).unwrap();
        let points = listed.lines().filter_map(|line| line.strip_prefix("exit point "));
        steps.extend(points.map(|exit_at| Step { command, exit_at: exit_at.to_owned() }));
        if command == "ingest" {
            ingested = Some(whole.copied());
        }
    }
    let ingested = ingested.unwrap();
    let (expected_before, expected) = (seen(&ingested), seen(&whole));
    // Maintenance deletes what a killed ingest left.
    let left = empty.copied();
    assert!(
        !left.command(arguments("ingest")).env("ALDB_TEST_EXIT_AT", "commit:12").output().unwrap().status.success()
    );
    left.run(&["ingest"]).done();
    let ran = left.copied().command(arguments("maintain")).env("ALDB_TEST_EXIT_AT", "list").output().unwrap();
    assert!(ran.status.success());
    let listed = String::from_utf8(ran.stderr).unwrap();
    let points = listed.lines().filter_map(|line| line.strip_prefix("exit point "));
    steps.extend(points.map(|exit_at| Step { command: "maintain", exit_at: exit_at.to_owned() }));
    assert!(steps.iter().any(|step| step.command == "maintain" && step.exit_at == "commit:1"));
    assert_eq!((expected[0].len(), expected[1].len()), (4, 1), "{expected:?}");
    for kind in ["write:1", "sync:1", "rename:1", "commit:10"] {
        assert!(steps.iter().any(|step| step.exit_at == kind), "no step {kind}");
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(step) = steps.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let place = format!("{} ended at {}", step.command, step.exit_at);
                    let bench = match step.command {
                        "ingest" => empty.copied(),
                        "derive" => ingested.copied(),
                        _ => left.copied(),
                    };
                    let ended = bench
                        .command(arguments(step.command))
                        .env("ALDB_TEST_EXIT_AT", &step.exit_at)
                        .output()
                        .unwrap();
                    assert!(!ended.status.success(), "{place}: the process did not end there");
                    // What is seen now is whole: all of a batch, or none of it.
                    let now = seen(&bench);
                    for (now, wholes) in now.iter().zip(expected.iter().zip(&expected_before)) {
                        assert!(now.is_empty() || now == wholes.0 || now == wholes.1, "{place}: {now:?}");
                    }
                    bench.run(&["ingest"]).done();
                    bench.run(&["derive"]).done();
                    assert_eq!(seen(&bench), expected, "{place}");
                    let verified = bench.run(&["verify"]);
                    assert_eq!(verified.status, 0, "{place}: {}{}", verified.out, verified.err);
                }
            });
        }
    });
}

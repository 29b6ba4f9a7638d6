//! The examples of docs/SAMPLES.md, as written on the page.

use crate::support::Bench;

/// The page's examples: each is a fenced block below the path of the file that it is.
fn examples() -> Vec<(String, String)> {
    let page = include_str!("../../docs/SAMPLES.md");
    let mut examples = Vec::new();
    let mut lines = page.lines().peekable();
    let mut path = String::new();
    while let Some(line) = lines.next() {
        let is_path = line.len() > 2 && line.starts_with('`') && line.ends_with('`') && line.matches('`').count() == 2;
        if is_path {
            path = line.trim_matches('`').to_owned();
        } else if line.starts_with("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            examples.push((std::mem::take(&mut path), text.join("\n") + "\n"));
        }
    }
    examples
}

#[test]
fn the_examples_of_the_page_are_read_without_a_remark() {
    let bench = Bench::new();
    let examples = examples();
    assert_eq!(examples.len(), 11);
    for (path, text) in &examples {
        let path = bench.path("lake").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::fs::create_dir_all(bench.path("instruments/xps")).unwrap();
    let ran = bench.run(&["ingest", "--format", "json"]).done();
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["failed"], serde_json::json!([]), "{report}");
    // The files that are excluded or linked are not there.
    let notes = report["notes"].as_array().unwrap();
    let ends = ["the lake has no such file yet", "the lake has no file of this path"];
    let is_expected = |note: &serde_json::Value| ends.iter().any(|end| note["error"].as_str().unwrap().ends_with(end));
    assert!(notes.len() == 3 && notes.iter().all(is_expected), "{report}");
    assert_eq!(bench.rows("SELECT kind, reactor, precursor FROM events"), ["refill,high_vacuum,TMB"]);
    let recipe = bench.rows("SELECT recipe_id FROM recipes").remove(0);
    let samples = "SELECT sample_id, run_id, recipe_id, thickness_nm, thickness_err_nm, synthetic FROM samples";
    let expected = [
        format!("LBO-17,,{recipe},80.0,1.0,false"),
        format!("LBO-18,2026-03-02 a,{recipe},,,false"),
        format!("LBO-21,,{recipe},62.5,0.8,false"),
        format!("LBO-22,,{recipe},,,false"),
        "LBO-31,,,62.5,,false".to_owned(),
    ];
    assert_eq!(bench.rows(samples), expected);
    let electrodes = "SELECT sample_id, e['dot'], round(e['area_cm2'] * 1e6, 3) \
                      FROM (SELECT sample_id, unnest(electrodes) AS e FROM samples)";
    let expected = [
        "LBO-17,1,78.54",
        "LBO-17,2,314.0",
        "LBO-21,1,78.54",
        "LBO-21,2,314.0",
        "LBO-22,1,490.874",
        "LBO-31,1,77.756",
        "LBO-31,2,314.0",
    ];
    assert_eq!(bench.rows(electrodes), expected);
    assert_eq!(bench.rows("SELECT run_id FROM runs"), ["2026-03-02 a", "2026-03-03 a"]);
    assert_eq!(bench.rows("SELECT report_id, in_chart FROM literature_conductivity"), ["nisula-2015-lipon,true"]);
}

#[test]
fn a_sheet_with_mistakes_is_left_out_and_all_of_them_are_listed() {
    let bench = Bench::new();
    let path = bench.path("lake/samples/films.toml");
    std::fs::write(&path, "[[sample]]\nsample = \"A\"\nthickness_nm = \"thin\"\n").unwrap();
    let ran = bench.run(&["ingest"]);
    let expected = "error: samples/films.toml: line 1: sample without `sample_id`; \
                    line 2: unknown key `sample` of a sample: expected `sample_id`, `run`, `recipe`, `thickness_nm`, \
                    `thickness_err_nm`, `substrate`, `note`, `synthetic`, `electrodes`; \
                    line 3: `thickness_nm`: expected a number, found `thin`\n";
    assert_eq!(ran.status, 1);
    assert!(ran.err.starts_with(expected), "{}", ran.err);
    std::fs::write(&path, "[[sample]]\nsample_id = \"A\"\nthickness_nm = 80\n").unwrap();
    bench.run(&["ingest"]).done();
    assert_eq!(bench.rows("SELECT sample_id FROM samples"), ["A"]);
}

//! The laboratory's collection of recipes and reactors with one danger each, and of harmless ones.
//!
//! It lies beside the checkout, in `shared/cases/recipes`; where it is absent, the test says so.

use std::path::Path;

use aldb_recipe::{Reactor, Recipe, check};

#[test]
fn every_danger_of_the_collection_is_refused_and_nothing_else() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/recipes");
    let Ok(expected) = std::fs::read_to_string(folder.join("EXPECT.json")) else {
        println!("skipped: no cases at {}", folder.display());
        return;
    };
    let expected: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&expected).unwrap();
    let mut wrong = Vec::new();
    for (name, case) in &expected {
        let recipe = std::fs::read_to_string(folder.join(format!("{name}.toml"))).unwrap();
        let reactor = case["reactor"].as_str().unwrap();
        let shipped = Reactor::shipped().into_iter().find(|(shipped, _)| *shipped == reactor);
        let reactor = match shipped {
            Some((_, text)) => text.to_owned(),
            None => std::fs::read_to_string(folder.join(reactor)).unwrap(),
        };
        let found = match (Recipe::from_toml(&recipe), Reactor::from_toml(&reactor)) {
            (Ok(recipe), Ok(reactor)) => {
                let report = check(&recipe, &reactor);
                let violations: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
                (report.released().is_some(), violations.join("\n"))
            }
            (recipe, reactor) => (false, format!("{:?}{:?}", recipe.err(), reactor.err())),
        };
        println!("{name}: {}\n{}\n", case["what"], found.1);
        if found.0 != (case["right"] == "accepted") {
            wrong.push(format!("{name} ({}): {}", case["what"], found.1));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! The recipes and reactors that ship.

use aldb_recipe::{Reactor, Recipe, check};

fn reactor(name: &str) -> Reactor {
    let (_, text) = Reactor::shipped().into_iter().find(|(shipped, _)| *shipped == name).expect("a reactor that ships");
    Reactor::from_toml(text).expect("a description that reads")
}

#[test]
fn every_reactor_that_ships_is_named_as_its_file() {
    let shipped = Reactor::shipped();
    assert!(!shipped.is_empty());
    for (name, text) in shipped {
        assert_eq!(Reactor::from_toml(text).unwrap_or_else(|error| panic!("{name}: {error}")).name, name);
    }
}

#[test]
fn every_example_may_run_on_the_reactor_of_the_paper() {
    let reactor = reactor("high_vacuum");
    for (name, text) in Recipe::examples() {
        let report = check(&Recipe::from_toml(text).unwrap(), &reactor);
        assert_eq!(report.violations, [], "{name}");
        let program = report.released().unwrap().program();
        let visited: u64 =
            program.visits().map(|visit| u64::from(program.slots[usize::from(visit.slot)].duration_ms)).sum();
        assert_eq!(visited, program.duration_ms(), "{name}");
    }
}

#[test]
fn no_example_may_run_on_another_reactor() {
    let reactor = reactor("cross_flow_plasma");
    for (name, text) in Recipe::examples() {
        assert!(check(&Recipe::from_toml(text).unwrap(), &reactor).released().is_none(), "{name}");
    }
}

/// Ids key films in lakes: the same content must have the same id in every version of the program.
#[test]
fn the_ids_of_the_examples_never_change() {
    let ids: Vec<String> = Recipe::examples()
        .into_iter()
        .map(|(name, text)| format!("{name} {}", Recipe::from_toml(text).unwrap().recipe_id()))
        .collect();
    assert_eq!(
        ids,
        [
            "lbo_125 93a5f2a54fe1315aa4a82d799532317f",
            "lbo_250 1d13c260fce298f0f52a4f30143e5d17",
            "lbo_250_saturation_10_5_20 d6cea122ec3d8e72a3ab6665db66a761",
            "lbo_250_saturation_20_10_20 e5d17f825047aebb2ea8e73ecda2ae89",
            "lbo_250_saturation_20_1_20 824d4f1452c172fc0e3179ba4636506e",
            "lbo_250_saturation_20_2_20 4b1d1e44997f0a272476be416a12d496",
            "lbo_250_saturation_20_5_10 85ccf6e90faba6dd48982209e32a3b5f",
            "lbo_250_saturation_20_5_20 15b0ba855dc775674fd7de902af214d8",
            "lbo_250_saturation_20_5_40 a099587b5debf0a2f4cfb0b6456fce53",
            "lbo_250_saturation_20_5_5 66425732d8ba2c5e62062afe9879d988",
            "lbo_250_saturation_40_5_20 bc6aec75d76e17e6c6c99d134686565f",
            "lbo_250_saturation_5_5_20 2f02caad47ebf5860cf4fa900938e304",
            "lbo_300 d6190abd97db4568a4bf58e6ddebfdc3",
            "lbpo_cr009 3f23cc700fbfd4702fc834094ed7d81e",
            "lbpo_cr017 db56a1c5ac41d3fb540987cc0ade9e6c",
            "lbpo_cr050 04f4fa9a3e7031fcdd2ceff59ca6c5b0",
            "lihmds_tmb_250 0468b128d47cdc306a20f0584bb6d685",
            "lpo_300 f3d4fa864311b9daf2dd9872a8eee76b",
        ]
    );
}

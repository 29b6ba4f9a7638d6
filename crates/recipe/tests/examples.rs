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

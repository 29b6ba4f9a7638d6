//! One length of a cycle: in the recipe, in its estimate, and in the program that a controller runs.

use aldb_recipe::{Program, Reactor, Recipe, estimate};

/// Parallel steps, nested, that begin after their parallel step does.
const RECIPE: &str = r#"
name = "parallel steps"
process = "Al2O3"
deposition_temperature_c = 120
wall_temperature_c = 120
base_pressure_pa = 1
settle_s = 60
cycles = 7
[[precursor]]
name = "TMA"
[[cycle]]
name = "A"
step = [
    { step = "parallel", steps = [
        { step = "dose", precursor = "TMA", duration_s = 0.1, start_s = 0.25 },
        { step = "parallel", start_s = 1.5, steps = [{ step = "wait", start_s = 0.5, duration_s = 3 }] },
    ] },
    { step = "pump", duration_s = 10.125 },
]
"#;

#[test]
fn recipe_estimate_and_program_agree_about_the_length_of_a_cycle() {
    let recipe = Recipe::from_toml(RECIPE).unwrap();
    let (_, reactor) = Reactor::shipped().into_iter().find(|(name, _)| *name == "cross_flow_plasma").unwrap();
    let program = Program::compile(&recipe, &Reactor::from_toml(reactor).unwrap()).unwrap();
    let cycle_ms = 5_000 + 10_125;
    assert_eq!(recipe.cycle_types[0].length_ms(), Some(cycle_ms));
    assert_eq!(recipe.supercycle().mean_cycle_s(), Some(cycle_ms as f64 / 1e3));
    assert_eq!(estimate(&recipe).duration_s, Some(7.0 * cycle_ms as f64 / 1e3));
    assert_eq!(program.duration_ms(), 7 * cycle_ms);
    assert_eq!(program.trace().map(|segment| segment.duration_ms).sum::<u64>(), 7 * cycle_ms);
}

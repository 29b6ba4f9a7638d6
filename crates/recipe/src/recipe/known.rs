//! The keys of a recipe.

use crate::keys::{Holds, Key, Keys, Occurs, key, optional, table};

const NAME: Key = key("name", Holds::Text);
const NOTE: Key = optional("note", Holds::Text);
const NOTES: Key = optional("notes", Holds::Text);
const NUMBER: Holds = Holds::Finite(1.0);

/// The keys of a recipe; docs/RECIPES.md explains them.
pub(super) const KEYS: Keys = Keys {
    inner: &[
        &table(
            "substrate",
            Occurs::Any,
            &[key("material", Holds::Text), optional("thickness_nm", NUMBER), NOTE, NOTES],
        ),
        &table(
            "precursor",
            Occurs::Any,
            &[
                NAME,
                optional("formula", Holds::Text),
                optional("supplier", Holds::Text),
                optional("purity_percent", NUMBER),
                optional("source_temperature_c", NUMBER),
                optional("unheated", Holds::Text),
                optional("line_temperature_c", NUMBER),
                optional("carrier_gas", Holds::Text),
                optional("carrier_flow_sccm", NUMBER),
                optional("dose_pressure_pa", NUMBER),
                NOTE,
                NOTES,
            ],
        ),
        &Keys {
            inner: &[
                &Keys { inner: &[&STEP_KEYS], ..table("step", Occurs::Any, STEP) },
                &table(
                    "expected",
                    Occurs::Perhaps,
                    &[
                        optional("growth_per_cycle_nm", NUMBER),
                        optional("nucleation_delay_cycles", NUMBER),
                        optional("density_g_per_cm3", NUMBER),
                        optional("density_err_g_per_cm3", NUMBER),
                        optional("composition_at_percent", Holds::Numbers),
                        optional("source", Holds::Text),
                    ],
                ),
            ],
            ..table("cycle", Occurs::Any, &[NAME, NOTE, NOTES])
        },
        &SEQUENCE_KEYS,
        &table("leak_test", Occurs::Perhaps, &[key("duration_s", Holds::Seconds), key("max_rise_pa_per_s", NUMBER)]),
        &table(
            "ramp",
            Occurs::Perhaps,
            &[
                optional("substrate_c_per_min", NUMBER),
                optional("wall_c_per_min", NUMBER),
                optional("line_c_per_min", NUMBER),
                optional("source_c_per_min", NUMBER),
            ],
        ),
        &table("cool_down", Occurs::Perhaps, &[key("vent_below_c", NUMBER), key("max_s", Holds::Seconds)]),
        &table("accept", Occurs::Any, &[key("rule", Holds::Text), key("reason", Holds::Text)]),
        &table("approval", Occurs::Any, &[NAME, key("time", Holds::Text), key("digest", Holds::Text)]),
    ],
    ..table(
        "",
        Occurs::Once,
        &[
            NAME,
            key("process", Holds::Text),
            key("deposition_temperature_c", NUMBER),
            optional("wall_temperature_c", NUMBER),
            optional("base_pressure_pa", NUMBER),
            optional("settle_s", Holds::Seconds),
            optional("cycles", Holds::Count(1)),
            optional("target_thickness_nm", NUMBER),
            NOTE,
            NOTES,
        ],
    )
};

const STEP: &[Key] = &[
    key("step", Holds::Word(&["wait", "dose", "purge", "pump", "plasma", "parallel"])),
    optional("duration_s", Holds::Seconds),
    optional("precursor", Holds::Text),
    optional("gas", Holds::Text),
    optional("flow_sccm", NUMBER),
    optional("power_w", NUMBER),
    optional("pump_valve", Holds::Word(&["open", "closed"])),
    optional("start_s", Holds::Seconds),
    NOTE,
    NOTES,
];
static STEP_KEYS: Keys = Keys { inner: &[&STEP_KEYS], ..table("steps", Occurs::Any, STEP) };
static SEQUENCE_KEYS: Keys = Keys {
    inner: &[&SEQUENCE_KEYS],
    ..table("sequence", Occurs::Any, &[optional("cycle", Holds::Text), optional("repeat", Holds::Count(1))])
};

//! What a recipe will take and give: time, doses, exposure, thickness, composition.

use crate::recipe::Recipe;

/// How often the sequence must run for the target thickness, rounded up. Null without a target or a growth.
pub(crate) fn cycles_for_target(recipe: &Recipe) -> Option<u32> {
    let target_nm = recipe.target_thickness_nm?;
    let _ = target_nm;
    None
}

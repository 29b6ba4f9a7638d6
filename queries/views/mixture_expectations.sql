-- What the rule of mixtures leads to expect of each recipe with two kinds of cycles: a row for each element.
-- column first_kind: The kind of cycle whose share is given: the first by name.
-- column place [1]: Number of the row among those of the recipe, from 1.
SELECT
    recipe_id, first_kind, cycle_ratio, mass_fraction, atomic_fraction, route, expected_gpc_angstrom, expected_gpc_err_angstrom, reason,
    one.element AS element, one.expected_percent AS expected_percent, one.expected_err_percent AS expected_err_percent,
    row_number() OVER (PARTITION BY recipe_id ORDER BY one.element) AS place
FROM (
    SELECT
        recipe_id, first_kind, expected.cycle_ratio AS cycle_ratio, expected.mass_fraction AS mass_fraction,
        expected.atomic_fraction AS atomic_fraction, expected.route AS route,
        expected.expected_gpc_angstrom AS expected_gpc_angstrom, expected.expected_gpc_err_angstrom AS expected_gpc_err_angstrom,
        expected.reason AS reason, unnest(expected.contents) AS one
    FROM (
        SELECT
            recipe_id, min(kind) AS first_kind,
            expect_mixture(kind, repeats, gpc_angstrom, gpc_err_angstrom, density_g_per_cm3, element, content_percent, content_err_percent) AS expected
        FROM end_members
        GROUP BY recipe_id
    ) AS mixed
) AS opened

-- Growth and contents expected by the rule of mixtures for each recipe with two kinds of cycles, one row for each element.
-- column first_kind: Kind of cycle to which the fractions refer: the first by name.
-- column place [1]: Index of the row among those of the recipe, from 1.
SELECT
    recipe_id, first_kind, cycle_ratio, mass_fraction, atomic_fraction, route, expected_gpc_angstrom, expected_gpc_err_angstrom, quality, reason, reason_code,
    one.element AS element, one.expected_percent AS expected_percent, one.expected_err_percent AS expected_err_percent,
    row_number() OVER (PARTITION BY recipe_id ORDER BY one.element) AS place
FROM (
    SELECT
        recipe_id, first_kind, expected.cycle_ratio AS cycle_ratio, expected.mass_fraction AS mass_fraction,
        expected.atomic_fraction AS atomic_fraction, expected.route AS route,
        expected.expected_gpc_angstrom AS expected_gpc_angstrom, expected.expected_gpc_err_angstrom AS expected_gpc_err_angstrom,
        expected.quality AS quality, expected.reason AS reason, expected.reason_code AS reason_code, unnest(expected.contents) AS one
    FROM (
        SELECT
            recipe_id, min(kind) AS first_kind,
            expect_mixture(kind, repeats, gpc_angstrom, gpc_err_angstrom, density_g_per_cm3, element, content_percent, content_err_percent, 'atomic fraction', density_err_g_per_cm3, doubt) AS expected
        FROM end_members
        GROUP BY recipe_id
    ) AS mixed
) AS opened

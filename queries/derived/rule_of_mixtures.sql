-- key: measurement_id
-- version: 3
-- Measured contents and growth of mixtures beside those expected by the rule of mixtures. End members are the films of each kind of
-- cycle alone, with the same doses at the same temperature; a new end member changes the rows of every mixture. To use the mass
-- fraction as if it were an atomic fraction give expect_mixture a last argument 'mass fraction'.
SELECT
    measurement_id, sample_id, run_id, recipe_id, quantity,
    cycle_ratio, first_kind, mass_fraction, atomic_fraction, route,
    expected, expected_err, measured, measured_err,
    measured - expected AS deviation,
    sqrt(power(measured_err, 2) + power(expected_err, 2)) AS deviation_err,
    (measured - expected) / nullif(sqrt(power(measured_err, 2) + power(expected_err, 2)), 0) AS deviation_sigmas,
    CASE
        WHEN missing.words IS NOT NULL OR measured_quality = 'failed' THEN 'failed'
        WHEN expected_quality = 'suspect' THEN 'suspect'
        ELSE measured_quality
    END AS quality,
    coalesce(missing.words, nullif(concat_ws('; ', measured_reason, reason), '')) AS reason,
    coalesce(missing.code, nullif(concat_ws(' ', measured_reason_code, reason_code), '')) AS reason_code
FROM (
    SELECT *,
        CASE
            WHEN expected_quality = 'failed' THEN reason(reason_code, reason)
            WHEN expected IS NULL THEN reason('no_end_member_with_element', 'no end member contains this element')
            WHEN measured IS NULL THEN reason(measured_reason_code, measured_reason)
        END AS missing
    FROM (
        SELECT
            q.measurement_id, q.sample_id, q.run_id, q.recipe_id, q.quantity,
            x.cycle_ratio, x.first_kind, x.mass_fraction, x.atomic_fraction, x.route, x.quality AS expected_quality, x.reason, x.reason_code,
            CASE WHEN q.quantity = 'gpc_angstrom' THEN x.expected_gpc_angstrom ELSE x.expected_percent END AS expected,
            CASE WHEN q.quantity = 'gpc_angstrom' THEN x.expected_gpc_err_angstrom ELSE x.expected_err_percent END AS expected_err,
            q.measured, q.measured_err, q.measured_quality, q.measured_reason, q.measured_reason_code
        FROM mixture_measurements AS q
        LEFT JOIN mixture_expectations AS x
            ON x.recipe_id = q.recipe_id
                AND (x.element = q.quantity OR x.element IS NULL OR (q.quantity = 'gpc_angstrom' AND x.place = 1))
    ) AS joined
) AS judged

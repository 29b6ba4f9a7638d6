-- key: series, precursor
-- version: 3
-- Growth per cycle against the dose of one precursor, over recipes with one kind of cycle that differ in nothing else but the
-- number of cycles. Growths in doubt are left out if three doses remain.
SELECT
    series, precursor, process, deposition_temperature_c,
    fit.verdict, fit.dose_saturated_s, fit.gpc_saturated_angstrom, fit.gpc_saturated_err_angstrom,
    fit.slope_angstrom_per_s, fit.slope_err_angstrom_per_s, fit.last_change_angstrom, fit.last_change_err_angstrom,
    fit.n_points, fit.quality, fit.reason, fit.reason_code
FROM (
    SELECT
        v.series, v.precursor, v.process, v.deposition_temperature_c,
        count(DISTINCT v.dose_s) AS n_doses,
        judge_saturation(v.dose_s, g.gpc_angstrom, g.gpc_err_angstrom, 0.01, g.quality) AS fit
    FROM recipe_doses AS v
    JOIN growth AS g ON g.recipe_id = v.recipe_id
    WHERE g.quality <> 'failed'
    GROUP BY v.series, v.precursor, v.process, v.deposition_temperature_c
) AS judged
WHERE n_doses > 1

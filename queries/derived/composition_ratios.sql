-- key: measurement_id
-- version: 2
-- Ratios of contents, one row each.
SELECT measurement_id, sample_id, run_id, recipe_id, one.ratio, one.value, one.value_err, quality, reason, reason_code
FROM (
    SELECT measurement_id, sample_id, run_id, recipe_id, unnest(ratios) AS one, quality, reason, reason_code
    FROM depth_profile_fits
) AS opened

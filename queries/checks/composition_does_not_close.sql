-- severity: error
-- row: depth_profile_fits measurement_id
-- Compositions whose contents do not add up to 100 at.%, by more than three standard uncertainties and by more than rounding
-- explains, or by more than 5 at.%.
SELECT
    measurement_id,
    concat('the contents of ', coalesce(sample_id, 'a film'), ' add up to ', CAST(round(100 - closure_percent, 1) AS VARCHAR), ' ± ',
        CAST(round(closure_err_percent, 1) AS VARCHAR), ' at.%') AS reason
FROM depth_profile_fits
WHERE abs(closure_percent) > least(greatest(3 * closure_err_percent, 2), 5)

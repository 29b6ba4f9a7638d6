-- Areas of core lines divided by their sensitivity factors.
-- column share [1]: Area divided by the sensitivity factor, in units of the intensity times eV.
-- column share_err [1]: Standard uncertainty of the share.
SELECT
    f.measurement_id, f.sample_id, f.run_id, f.recipe_id, m.file_id, f.region,
    f.area_total / f.sensitivity AS share, f.area_total_err / f.sensitivity AS share_err, f.quality, f.reason, f.reason_code
FROM xps_regions AS f
JOIN measurements AS m ON m.measurement_id = f.measurement_id
WHERE f.sensitivity IS NOT NULL AND f.area_total IS NOT NULL

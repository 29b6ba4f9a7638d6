-- A row for each ratio of a profile's fit. A profile that failed has a list with one empty ratio, so its reason is kept.
INSERT INTO depth_profile_fits (measurement_id, sample_id, quality, reason, reason_code, ratios) VALUES
    ('m1', 'film 1', 'good', NULL, NULL, make_array(
        named_struct('ratio', 'Li/B', 'value', 1.2, 'value_err', 0.1), named_struct('ratio', 'B/O', 'value', 0.5, 'value_err', 0.02))),
    ('m2', 'film 2', 'failed', 'no plateau', 'no_plateau', make_array(
        named_struct('ratio', CAST(NULL AS VARCHAR), 'value', CAST(NULL AS DOUBLE), 'value_err', CAST(NULL AS DOUBLE))));

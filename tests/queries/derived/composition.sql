-- A row for each element of the profile's fit. The recipe brings Li, B and O: carbon is not in it. The recipe of film 2 is not known.
-- A profile that failed keeps one row with its reason.
INSERT INTO recipe_cycles (recipe_id, cycle, elements) VALUES ('r1', 'A', 'Li B'), ('r1', 'B', 'O');
INSERT INTO depth_profile_fits
    (measurement_id, sample_id, recipe_id, depth_unit, window_min, window_max, closure_percent, closure_err_percent, quality, reason, reason_code, elements) VALUES
    ('m1', 'film 1', 'r1', 'nm', 5.0, 40.0, 1.0, 0.5, 'good', NULL, NULL, make_array(
        named_struct('element', 'Li', 'content_percent', 25.0, 'content_err_percent', 0.5, 'detected', true, 'n_points', 30),
        named_struct('element', 'C', 'content_percent', 0.1, 'content_err_percent', 0.2, 'detected', false, 'n_points', 30))),
    ('m2', 'film 2', NULL, 'nm', 5.0, 40.0, 1.0, 0.5, 'good', NULL, NULL, make_array(
        named_struct('element', 'O', 'content_percent', 60.0, 'content_err_percent', 0.5, 'detected', true, 'n_points', 30),
        named_struct('element', 'C', 'content_percent', 0.1, 'content_err_percent', 0.2, 'detected', false, 'n_points', 30))),
    ('m3', 'film 3', 'r1', 'nm', NULL, NULL, NULL, NULL, 'failed', 'no plateau', 'no_plateau', make_array(
        named_struct('element', CAST(NULL AS VARCHAR), 'content_percent', CAST(NULL AS DOUBLE), 'content_err_percent', CAST(NULL AS DOUBLE),
            'detected', CAST(NULL AS BOOLEAN), 'n_points', CAST(NULL AS BIGINT))));
SELECT measurement_id, element, content_percent, content_err_percent, detected, in_recipe, n_points, quality, reason, reason_code FROM composition;

-- key: recipe_id, reactor, quantity
-- version: 1
-- Control chart of every quantity over the runs of a recipe on a reactor, one row a run: individuals and moving ranges, EWMA, the rules
-- that it breaks. A run is judged by the good runs before it in its phase, without those beyond 3 standard deviations.
SELECT
    recipe_id, reactor, quantity,
    one.run_id, one.phase, one.newest_phase, one.value, one.value_err, one.n_values, one.centre, one.sigma, one.lower_limit,
    one.upper_limit, one.deviation_sigmas, one.moving_range, one.moving_range_limit, one.ewma_sigmas, one.ewma_limit_sigmas,
    one.state, one.rules, one.counted, one.point_quality AS quality, one.point_reason AS reason, one.point_reason_code AS reason_code
FROM (
    SELECT recipe_id, reactor, quantity, unnest(fit.runs) AS one
    FROM (
        SELECT recipe_id, reactor, quantity, chart_runs(run_id, started_s, value, value_err, quality, began_with) AS fit
        FROM run_values
        GROUP BY recipe_id, reactor, quantity
    ) AS charted
) AS opened

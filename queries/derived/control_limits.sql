-- key: recipe_id, reactor, quantity
-- version: 1
-- The phases of every control chart with the limits for the next run, from the good runs that are not beyond 3 standard deviations. Without five of them there are
-- no limits.
SELECT
    recipe_id, reactor, quantity,
    one.phase, one.newest_phase, one.began_with, one.first_run_id, one.last_run_id, one.n_runs, one.n_used, one.n_out_of_control,
    one.centre, one.sigma, one.lower_limit, one.upper_limit, one.moving_range_mean, one.moving_range_limit,
    one.phase_quality AS quality, one.phase_reason AS reason, one.phase_reason_code AS reason_code
FROM (
    SELECT recipe_id, reactor, quantity, unnest(fit.phases) AS one
    FROM (
        SELECT recipe_id, reactor, quantity, chart_runs(run_id, started_s, value, value_err, quality, began_with) AS fit
        FROM run_values
        GROUP BY recipe_id, reactor, quantity
    ) AS charted
) AS opened

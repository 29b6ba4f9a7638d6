-- key: reactor, precursor
-- version: 1
-- Doses, dose time and exposure of every precursor of a reactor since each of its refills, from the logs of the runs, with the trend of the growth
-- per cycle against the doses. Only good growths enter the trend.
SELECT
    reactor, precursor,
    one.filling, one.newest, one.refilled_at, one.first_run_id, one.last_run_id, one.n_runs, one.n_runs_without_log, one.n_doses,
    one.dose_time_s, one.exposure_pa_s, one.n_growths, one.growth_trend_percent_per_1000_doses,
    one.growth_trend_err_percent_per_1000_doses,
    one.filling_quality AS quality, one.filling_reason AS reason, one.filling_reason_code AS reason_code
FROM (
    SELECT reactor, precursor, unnest(fit.fillings) AS one
    FROM (
        SELECT
            reactor, precursor,
            count_doses(run_id, recipe_id, started_s, refill, n_doses, dose_time_s, exposure_pa_s, gpc_angstrom, gpc_quality) AS fit
        FROM precursor_uses
        GROUP BY reactor, precursor
    ) AS counted
) AS opened

-- Counters of each precursor valve over all runs in the lake, for its maintenance.
-- column is_simulated: Whether the controller was a simulation; its runs use nothing up.
-- column valve: Valve; null where the log does not name it.
-- column n_runs [1]: Number of runs in which it opened.
-- column n_openings [1]: How often it opened.
-- column n_doses [1]: Number of doses through it.
-- column open_s [s]: Time for which it was open.
-- column exposure_pa_s [Pa.s]: Sum of pressure times time of the doses whose pressure is known; null if none is.
-- column unknown_pressure_s [s]: Time for which it was open with an unknown pressure.
-- column first_started_at: Start of the first of these runs.
-- column last_started_at: Start of the last of these runs.
SELECT
    reactor, valve, is_simulated,
    count(DISTINCT run_id) AS n_runs,
    sum(n_openings) AS n_openings,
    sum(n_doses) AS n_doses,
    sum(open_s) AS open_s,
    sum(exposure_pa_s) AS exposure_pa_s,
    sum(unknown_pressure_s) AS unknown_pressure_s,
    min(started_at) AS first_started_at,
    max(started_at) AS last_started_at
FROM line_usage
GROUP BY reactor, valve, is_simulated

-- The use of each precursor by the runs of a reactor, with the growth of their films: one row for each growth, or one for a run without.
-- A run whose recipe doses the precursor, and of which there is no log, has no number of doses.
-- column reactor: The reactor; `not stated` where it is not.
-- column started_s [s]: Start of the run, in seconds since 1970 as if local time were UTC; null where it is not known.
-- column refill: Time of the latest refill of the precursor before the run; null where there was none.
-- column n_doses [1]: Number of doses in the log of the run; null without one.
-- column dose_time_s [s]: Time for which the precursor was dosed.
-- column exposure_pa_s [Pa.s]: Pressure of the chamber times this time; null where the log has no pressure.
-- column gpc_angstrom [Ao]: Growth per cycle of a film of the run; null where it is not known.
-- column gpc_quality: Quality of the growth per cycle.
SELECT
    u.reactor, u.precursor, u.run_id, u.recipe_id, u.started_s,
    max(CASE
        WHEN (e.reactor IS NULL OR u.reactor = 'not stated' OR e.reactor = u.reactor)
            AND TRY_CAST(e.at AS TIMESTAMP) <= TRY_CAST(u.started_at AS TIMESTAMP)
        THEN e.at
    END) AS refill,
    u.n_doses, u.dose_time_s, u.exposure_pa_s, g.gpc_angstrom, g.quality AS gpc_quality
FROM (
    SELECT
        p.reactor, n.precursor, p.run_id, p.recipe_id, p.started_s, p.started_at,
        max(n.n_doses) AS n_doses, max(n.dose_time_s) AS dose_time_s, max(n.exposure_pa_s) AS exposure_pa_s
    FROM run_phases AS p
    JOIN (
        SELECT run_id, precursor, n_doses, dose_time_s, exposure_pa_s FROM run_doses
        UNION ALL
        SELECT DISTINCT r.run_id, s.precursor, CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE)
        FROM runs AS r
        JOIN recipe_steps AS s ON s.recipe_id = r.recipe_id
        WHERE s.event = 'dose' AND s.precursor IS NOT NULL
    ) AS n ON n.run_id = p.run_id
    GROUP BY p.reactor, n.precursor, p.run_id, p.recipe_id, p.started_s, p.started_at
) AS u
LEFT JOIN events AS e ON e.precursor = u.precursor AND e.kind = 'refill'
LEFT JOIN growth AS g ON g.run_id = u.run_id
GROUP BY
    u.reactor, u.precursor, u.run_id, u.recipe_id, u.started_s, u.n_doses, u.dose_time_s, u.exposure_pa_s,
    g.measurement_id, g.gpc_angstrom, g.quality

-- Counters of each bottle since it was mounted, for its consumption: by the bottles that were stated when the runs were started.
-- column is_simulated: Whether the controller was a simulation; its runs use nothing up.
-- column valve: Valve of the line; null where the log does not name it.
-- column bottle: What is written on the bottle; null for runs in which none was stated.
-- column lot: Lot of the supplier; null if no bottle was stated.
-- column mounted_on: Day on which it was mounted; null if no bottle was stated.
-- column n_runs [1]: Number of runs that used it.
-- column n_openings [1]: How often its valve opened.
-- column n_doses [1]: Number of doses from it.
-- column open_s [s]: Time for which its valve was open.
-- column exposure_pa_s [Pa.s]: Sum of pressure times time of the doses whose pressure is known; null if none is.
-- column unknown_pressure_s [s]: Time for which its valve was open with an unknown pressure.
-- column first_started_at: Start of the first of these runs.
-- column last_started_at: Start of the last of these runs.
SELECT
    reactor, valve, precursor, bottle, lot, mounted_on, is_simulated,
    count(DISTINCT run_id) AS n_runs,
    sum(n_openings) AS n_openings,
    sum(n_doses) AS n_doses,
    sum(open_s) AS open_s,
    sum(exposure_pa_s) AS exposure_pa_s,
    sum(unknown_pressure_s) AS unknown_pressure_s,
    min(started_at) AS first_started_at,
    max(started_at) AS last_started_at
FROM (
    SELECT
        l.*,
        regexp_replace(m.stated, '^(.*) lot .* since [-0-9]{10}$', '\1') AS bottle,
        regexp_replace(m.stated, '^.* lot (.*) since [-0-9]{10}$', '\1') AS lot,
        regexp_replace(m.stated, '^.* since ([-0-9]{10})$', '\1') AS mounted_on
    FROM line_usage AS l
    LEFT JOIN (
        SELECT e.run_id AS run_id, k.valve AS valve, k.precursor AS precursor,
            substr(e.entry, character_length(concat(k.valve, ' ', k.precursor, ' bottle ')) + 1) AS stated
        FROM (SELECT run_id, unnest(string_to_array(mounted, '; ')) AS entry FROM runs WHERE mounted IS NOT NULL) AS e
        JOIN line_usage AS k
            ON k.run_id = e.run_id AND starts_with(e.entry, concat(k.valve, ' ', k.precursor, ' bottle '))
    ) AS m ON m.run_id = l.run_id AND m.valve = l.valve AND m.precursor = l.precursor
) AS stated
GROUP BY reactor, valve, precursor, bottle, lot, mounted_on, is_simulated

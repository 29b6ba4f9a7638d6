-- What each precursor line did in a run: how often its valve opened, for how long, and the exposure. Sums over runs since a date are counters for maintenance.
-- column is_simulated: Whether the controller was a simulation; its runs use nothing up.
-- column valve: Valve of the line; null if the log does not name it.
-- column n_openings [1]: How often the valve opened. A dose that was held opens it again; doses without a gap between them open it once.
-- column n_doses [1]: Number of doses, also of aborted ones; a dose that was held and resumed is one.
-- column open_s [s]: Time for which the valve was open, by the recorded steps.
-- column counted_open_s [s]: The same by the controller's own counter; null if the run was not followed to its end.
-- column exposure_pa_s [Pa.s]: Sum of pressure times time of the doses whose pressure is known; null if none is.
-- column unknown_pressure_s [s]: Time for which the valve was open with an unknown pressure.
SELECT
    run_id, reactor, started_at, is_simulated, valve, precursor,
    sum(CASE WHEN is_opening THEN 1 ELSE 0 END) AS n_openings,
    sum(CASE WHEN is_end THEN 1 ELSE 0 END) AS n_doses,
    sum(duration_s) AS open_s,
    max(counted_open_s) AS counted_open_s,
    sum(pressure_pa * duration_s) AS exposure_pa_s,
    sum(CASE WHEN pressure_pa IS NULL THEN duration_s ELSE 0 END) AS unknown_pressure_s
FROM (
    SELECT
        d.run_id AS run_id, r.reactor AS reactor, r.started_at AS started_at,
        coalesce(r.note LIKE 'synthetic%', FALSE) AS is_simulated,
        coalesce(s.valve, CASE WHEN d.valves NOT LIKE '%+%' THEN d.valves END) AS valve,
        d.own AS precursor, d.duration_s AS duration_s, d.pressure_pa AS pressure_pa, s.counted_open_s AS counted_open_s,
        d.before IS NULL OR d.before_deviation LIKE 'held%'
            OR strpos(concat('+', d.before, '+'), concat('+', d.own, '+')) = 0 AS is_opening,
        d.deviation IS NULL OR d.deviation NOT LIKE 'held%' AS is_end
    FROM (
        SELECT *, unnest(string_to_array(precursor, '+')) AS own
        FROM (
            SELECT
                measurement_id, run_id, event, precursor, valves, duration_s, pressure_pa, deviation,
                lag(precursor) OVER (PARTITION BY measurement_id ORDER BY point) AS before,
                lag(deviation) OVER (PARTITION BY measurement_id ORDER BY point) AS before_deviation
            FROM run_log
            WHERE duration_s IS NOT NULL AND (event IS NULL OR event <> 'sum')
        ) AS parts
        WHERE event = 'dose' AND precursor IS NOT NULL
    ) AS d
    LEFT JOIN (
        SELECT measurement_id, precursor, max(valves) AS valve, max(duration_s) AS counted_open_s
        FROM run_log WHERE event = 'sum' GROUP BY measurement_id, precursor
    ) AS s ON s.measurement_id = d.measurement_id AND s.precursor = d.own
    LEFT JOIN runs AS r ON r.run_id = d.run_id
) AS doses
GROUP BY run_id, reactor, started_at, is_simulated, valve, precursor

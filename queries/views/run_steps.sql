-- Plan and execution of every completed step of a run; a step that was held and resumed is one row.
-- column planned_duration_s [s]: Planned duration of the step; null if the log has no plan.
-- column duration_s [s]: Executed duration of the step, without the time for which it was held.
-- column duration_deviation_s [s]: duration_s minus planned_duration_s.
-- column planned_pressure_pa [Pa]: Planned pressure of the chamber; null if none is planned.
-- column pressure_pa [Pa]: Mean pressure of the chamber; for a step in parts, weighted by their durations.
-- column pressure_ratio [1]: pressure_pa divided by planned_pressure_pa.
-- column planned_temperature_c [Cel]: Planned temperature of the substrate; null if the log has no plan.
-- column deposition_temperature_c [Cel]: Temperature of the substrate that deviates most within the step; in logs of version 1 that at its end.
-- column temperature_deviation_c [Cel]: deposition_temperature_c minus planned_temperature_c.
-- column deviation: Deviations from the plan in all parts of the step, from the log; null if there are none.
SELECT
    run_id, recipe_id, cycle, step, event, precursor,
    planned_duration_s,
    duration_s,
    duration_s - planned_duration_s AS duration_deviation_s,
    planned_pressure_pa,
    pressure_pa,
    pressure_pa / nullif(planned_pressure_pa, 0) AS pressure_ratio,
    planned_temperature_c,
    deposition_temperature_c,
    deposition_temperature_c - planned_temperature_c AS temperature_deviation_c,
    deviation
FROM (
    SELECT
        run_id, recipe_id, cycle, step, event, precursor,
        max(planned_duration_s) AS planned_duration_s,
        sum(duration_s) AS duration_s,
        max(planned_pressure_pa) AS planned_pressure_pa,
        CASE
            WHEN count(pressure_pa) = 1 THEN max(pressure_pa)
            ELSE sum(pressure_pa * duration_s) / nullif(sum(CASE WHEN pressure_pa IS NOT NULL THEN duration_s END), 0)
        END AS pressure_pa,
        max(planned_temperature_c) AS planned_temperature_c,
        last_value(deposition_temperature_c ORDER BY point) AS deposition_temperature_c,
        string_agg(deviation, '; ' ORDER BY point) AS deviation
    FROM (
        SELECT *, sum(is_first_part) OVER (PARTITION BY measurement_id ORDER BY point) AS place
        FROM (
            SELECT *,
                CASE
                    WHEN step = lag(step) OVER (PARTITION BY measurement_id ORDER BY point)
                        AND cycle IS NOT DISTINCT FROM lag(cycle) OVER (PARTITION BY measurement_id ORDER BY point)
                    THEN 0 ELSE 1
                END AS is_first_part
            FROM run_log
            WHERE step IS NOT NULL AND event IN ('dose', 'purge', 'pump', 'wait', 'plasma')
        ) AS parts
    ) AS placed
    GROUP BY measurement_id, place, run_id, recipe_id, cycle, step, event, precursor
) AS executed

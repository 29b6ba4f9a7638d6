-- Plan and execution of every step that ended in a run; what was held and resumed is one row.
-- column planned_duration_s [s]: Length of the step as the recipe plans it; null where no plan is logged.
-- column duration_s [s]: Length of the step as executed, without the time for which it was held.
-- column duration_deviation_s [s]: duration_s less planned_duration_s.
-- column planned_pressure_pa [Pa]: Pressure of the chamber as the recipe plans it; null where none is planned.
-- column pressure_pa [Pa]: Mean pressure of the chamber; of a step in parts, their mean by length.
-- column pressure_ratio [1]: pressure_pa in parts of planned_pressure_pa.
-- column planned_temperature_c [Cel]: Temperature of the substrate as the recipe plans it; null where no plan is logged.
-- column deposition_temperature_c [Cel]: Temperature of the substrate at the step's end.
-- column temperature_deviation_c [Cel]: deposition_temperature_c less planned_temperature_c.
-- column deviation: What the log says about it, of all parts of the step; null where it says nothing.
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

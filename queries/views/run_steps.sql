-- Steps of deposition runs, planned and executed side by side; the parts of a step that was held are one.
-- column step: Number of the step in the controller's table, from 1.
-- column duration_deviation_s [s]: Executed minus planned length; null where no length was planned.
-- column pressure_ratio [1]: Executed over planned pressure; null where none was planned.
-- column temperature_deviation_c [Cel]: Executed minus planned temperature of the substrate.
-- column parts [1]: Rows of the log that make up the step: more than 1 where it was held.
SELECT
    l.run_id, l.recipe_id, l.measurement_id, l.cycle, l.step, l.event, l.precursor,
    min(l.time_s) AS time_s,
    max(l.planned_duration_s) AS planned_duration_s,
    sum(l.duration_s) AS duration_s,
    sum(l.duration_s) - max(l.planned_duration_s) AS duration_deviation_s,
    max(l.planned_pressure_pa) AS planned_pressure_pa,
    max(l.pressure_pa) AS pressure_pa,
    max(l.pressure_pa) / max(l.planned_pressure_pa) AS pressure_ratio,
    max(l.planned_temperature_c) AS planned_temperature_c,
    avg(l.deposition_temperature_c) AS deposition_temperature_c,
    avg(l.deposition_temperature_c) - max(l.planned_temperature_c) AS temperature_deviation_c,
    max(l.deviation) AS deviation,
    count(*) AS parts
FROM run_log AS l
WHERE l.event IN ('dose', 'purge', 'pump', 'wait', 'plasma') AND l.planned_duration_s IS NOT NULL
GROUP BY l.run_id, l.recipe_id, l.measurement_id, l.cycle, l.step, l.event, l.precursor

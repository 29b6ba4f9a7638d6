-- severity: warning
-- row: control_points recipe_id, reactor, quantity, run_id
-- Runs that break a rule of their control chart, in its newest phase.
SELECT
    recipe_id, reactor, quantity, run_id,
    concat(quantity, ' of run ', run_id, ' is ', CAST(round(value, 4) AS VARCHAR), ', ', CAST(round(deviation_sigmas, 1) AS VARCHAR),
        ' standard deviations from the centre ', CAST(round(centre, 4) AS VARCHAR), ' of the runs before it: ', rules) AS reason
FROM control_points
WHERE state = 'out of control' AND newest_phase

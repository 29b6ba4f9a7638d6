-- severity: error
-- row: runs run_id
-- Runs that did not end complete and in the safe state, that deviated from the plan, or whose end is not recorded.
SELECT
    run_id,
    CASE
        WHEN outcome IS NULL THEN concat('run ', run_id, ' has no recorded end: it goes on, or nobody saw how it ended')
        WHEN outcome <> 'complete' THEN concat('run ', run_id, ' ended ', outcome, ': ', coalesce(ending, 'no reason recorded'))
        ELSE concat('run ', run_id, ' is complete, with deviations in its log')
    END AS reason
FROM runs
WHERE (outcome IS NULL AND started_by IS NOT NULL) OR outcome <> 'complete' OR n_deviations > 0

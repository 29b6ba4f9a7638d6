-- key: measurement_id
-- version: 4
-- Growth per cycle and nucleation delay of every scan during deposition. The cycles come from the file, otherwise from the doses
-- in the run log, otherwise from the time: by the period that the scan shows, or else by the length of the recipe's cycle. Growth
-- is negative where the film is etched.
SELECT
    measurement_id, sample_id, run_id, recipe_id,
    fit.cycle_source, fit.cycle_s, fit.cycle_err_s, fit.gpc_angstrom, fit.gpc_err_angstrom,
    CASE WHEN cycles_per_supercycle > 1 THEN fit.gpc_angstrom * cycles_per_supercycle END AS growth_per_supercycle_angstrom,
    CASE WHEN cycles_per_supercycle > 1 THEN fit.gpc_err_angstrom * cycles_per_supercycle END
        AS growth_per_supercycle_err_angstrom,
    fit.intercept_nm, fit.intercept_err_nm, fit.substrate_nm,
    fit.nucleation_delay_cycles, fit.nucleation_delay_err_cycles,
    fit.first_cycle, fit.last_cycle,
    fit.end_cycle, fit.film_nm, fit.film_err_nm,
    fit.clock_offset_s, fit.clock_offset_err_s, fit.clock_confidence,
    fit.first_watched_cycle, fit.cycles_watched, fit.log_cycles, fit.scan_start_s, fit.scan_end_s,
    fit.n_points, fit.r2, fit.residual_std_nm, fit.autocorrelation, fit.steps,
    fit.quality, fit.reason, fit.reason_code
FROM (
    SELECT
        measurement_id, sample_id, run_id, recipe_id,
        max(cycles_per_supercycle) AS cycles_per_supercycle,
        fit_growth_in_situ(time_s, thickness_nm, cycle, precursor, cycles_per_supercycle, cycle_s) AS fit
    FROM (
        SELECT
            m.measurement_id, m.sample_id, m.run_id, m.recipe_id,
            s.time_s, s.thickness_nm, s.cycle, CAST(NULL AS VARCHAR) AS precursor,
            CAST(r.cycles_per_supercycle AS DOUBLE) AS cycles_per_supercycle, r.cycle_s
        FROM measurements AS m
        JOIN ellipsometry_series AS s ON s.measurement_id = m.measurement_id
        LEFT JOIN recipes AS r ON r.recipe_id = m.recipe_id
        WHERE m.technique = 'ellipsometry_series'
        UNION ALL
        SELECT
            m.measurement_id, m.sample_id, m.run_id, m.recipe_id,
            l.time_s, CAST(NULL AS DOUBLE), l.cycle, l.precursor,
            CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE)
        FROM measurements AS m
        JOIN run_log AS l ON l.run_id = m.run_id
        WHERE m.technique = 'ellipsometry_series' AND l.event IN ('dose', 'pulse') AND l.precursor IS NOT NULL
    ) AS readings
    GROUP BY measurement_id, sample_id, run_id, recipe_id
) AS fitted

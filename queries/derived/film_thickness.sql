-- key: sample_id
-- version: 4
-- Thickness of the film of each sample from growth measured in situ, samples/, Ψ and Δ, as far as each covers the whole deposition;
-- sources that contradict each other, depth profiles among them, make it suspect. Thicknesses of a map that the instrument fitted count as spectra; one without
-- an uncertainty has one of 2 %.
SELECT
    sample_id, run_id, recipe_id,
    film.thickness_nm, film.thickness_err_nm, film.thickness_source,
    film.thickness_stated_nm, film.thickness_stated_err_nm, film.thickness_growth_nm, film.thickness_growth_err_nm,
    film.thickness_spectrum_nm, film.thickness_spectrum_err_nm, film.thickness_reflectivity_nm, film.thickness_reflectivity_err_nm,
    film.thickness_profile_nm, film.thickness_profile_err_nm,
    film.cycles_watched, film.cycles_deposited,
    film.quality, film.reason, film.reason_code
FROM (
    SELECT
        sample_id, run_id, recipe_id,
        combine_thickness(
            source, measurement_id, quality, reason, thickness_nm, thickness_err_nm, cycles, first_cycle, log_cycles, end_cycle,
            gpc_angstrom, substrate_nm, clock_s, start_s, end_s, x_mm, y_mm
        ) AS film
    FROM (
        SELECT
            s.sample_id, s.run_id, s.recipe_id, 'stated' AS source, CAST(NULL AS VARCHAR) AS measurement_id,
            CAST(NULL AS VARCHAR) AS quality, CAST(NULL AS VARCHAR) AS reason, s.thickness_nm, s.thickness_err_nm,
            CAST(NULL AS DOUBLE) AS cycles, CAST(NULL AS DOUBLE) AS first_cycle, CAST(NULL AS DOUBLE) AS log_cycles,
            CAST(NULL AS DOUBLE) AS end_cycle, CAST(NULL AS DOUBLE) AS gpc_angstrom, CAST(NULL AS DOUBLE) AS substrate_nm,
            CAST(NULL AS DOUBLE) AS clock_s, CAST(NULL AS DOUBLE) AS start_s, CAST(NULL AS DOUBLE) AS end_s,
            CAST(NULL AS DOUBLE) AS x_mm, CAST(NULL AS DOUBLE) AS y_mm
        FROM samples AS s
        UNION ALL
        SELECT
            s.sample_id, s.run_id, s.recipe_id, 'recipe', NULL, NULL, NULL, NULL, NULL, CAST(c.repeats AS DOUBLE),
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM samples AS s
        JOIN recipe_cycles AS c ON c.recipe_id = s.recipe_id
        UNION ALL
        SELECT
            s.sample_id, s.run_id, s.recipe_id, 'growth', g.measurement_id, g.quality, g.reason, g.film_nm, g.film_err_nm,
            g.cycles_watched, g.first_watched_cycle, g.log_cycles, g.end_cycle, g.gpc_angstrom, g.substrate_nm,
            CAST(date_part('epoch', TRY_CAST(m.started_at AS TIMESTAMP)) AS DOUBLE), g.scan_start_s, g.scan_end_s, NULL, NULL
        FROM samples AS s
        JOIN growth AS g ON g.sample_id = s.sample_id
        LEFT JOIN measurements AS m ON m.measurement_id = g.measurement_id
        -- Not a scan of growth, or one that shows that nothing grew.
        WHERE g.reason_code IS NULL OR g.reason_code NOT IN ('no_cycles', 'no_growth', 'too_few_points')
        UNION ALL
        SELECT
            s.sample_id, s.run_id, s.recipe_id, 'spectrum', c.measurement_id, c.quality, c.reason, c.thickness_nm, c.thickness_err_nm,
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, c.time_s, NULL, c.x_mm, c.y_mm
        FROM samples AS s
        JOIN cauchy_fits AS c ON c.sample_id = s.sample_id
        UNION ALL
        SELECT
            s.sample_id, s.run_id, s.recipe_id, 'spectrum', e.measurement_id, NULL, NULL, e.thickness_nm,
            coalesce(e.thickness_err_nm, 0.02 * e.thickness_nm),
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, e.time_s, NULL, e.x_mm, e.y_mm
        FROM samples AS s
        JOIN ellipsometry_series AS e ON e.sample_id = s.sample_id
        WHERE e.x_mm IS NOT NULL AND e.y_mm IS NOT NULL AND e.cycle IS NULL AND e.thickness_nm > 0
        UNION ALL
        SELECT
            s.sample_id, s.run_id, s.recipe_id, CASE WHEN d.depth_unit = 'nm' THEN 'profile' ELSE 'areal profile' END, d.measurement_id,
            d.quality, d.reason, d.film_depth, d.film_depth_err, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM samples AS s
        JOIN depth_profile_fits AS d ON d.sample_id = s.sample_id
        WHERE d.film_depth IS NOT NULL
        UNION ALL
        SELECT
            s.sample_id, s.run_id, s.recipe_id, 'reflectivity', r.measurement_id, r.quality, r.reason, r.thickness_nm, r.thickness_err_nm,
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM samples AS s
        JOIN film_reflectivity AS r ON r.sample_id = s.sample_id
    ) AS known
    GROUP BY sample_id, run_id, recipe_id
) AS combined

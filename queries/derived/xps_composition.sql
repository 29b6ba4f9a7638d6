-- key: measurement_id
-- version: 3
-- Composition of each state of a surface, one row per core line: count rates divided by Scofield's sensitivity factors and, if the
-- file has it, by the transmission of the analyser, relative to the sum over all elements. A state with a core line that has no
-- factor has no composition.
SELECT
    measurement_id, sample_id, run_id, recipe_id, line, state, etch_time_s, etch_level,
    found.content_percent, found.content_err_percent, found.counting_err_percent, found.detected, found.n_lines AS n_points,
    found.counting_time_used, found.transmission_used, found.attenuation_length_used, found.asymmetry_used, found.spin_orbit_used,
    found.subtracted, found.left_out,
    found.quality, found.reason, found.reason_code
FROM (
    SELECT
        a.measurement_id, a.sample_id, a.run_id, a.recipe_id, a.region AS line, a.state, a.etch_time_s, a.etch_level,
        quantify_regions(
            a.measurement_id, b.measurement_id, b.region, b.line, b.line_area, b.line_area_err, b.reason, b.area_doubt, b.intensity_unit,
            b.counting_time_s, b.transmission, b.spin_orbit_ev, b.excitation_energy_ev, b.pass_energy_ev, b.settings, e.elements
        ) AS found
    FROM xps_areas AS a
    JOIN xps_areas AS b ON b.file_id = a.file_id AND b.state = a.state
    LEFT JOIN recipe_elements AS e ON e.recipe_id = a.recipe_id
    WHERE a.line IS NOT NULL
    GROUP BY a.measurement_id, a.sample_id, a.run_id, a.recipe_id, a.region, a.state, a.etch_time_s, a.etch_level
) AS quantified

-- key: measurement_id
-- version: 3
-- Binding energy of C 1s of adventitious carbon in each state of each file, and the shift that brings it to 284.6 eV.
SELECT
    measurement_id, sample_id, run_id, recipe_id, file_id, state, etch_time_s, etch_level,
    found.binding_energy_ev, found.shift_err_ev AS binding_energy_err_ev, found.shift_ev, found.n_components,
    found.quality, found.reason, found.reason_code
FROM (
    SELECT
        m.measurement_id, m.sample_id, m.run_id, m.recipe_id, m.file_id, m.state, m.etch_time_s, m.etch_level,
        find_charge_shift(s.binding_energy_ev, s.intensity) AS found
    FROM xps_states AS m
    JOIN xps_spectra AS s ON s.measurement_id = m.measurement_id
    WHERE coalesce(core_line(s.region), m.transition) = 'C 1s'
    GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id, m.file_id, m.state, m.etch_time_s, m.etch_level
) AS fitted

-- key: measurement_id
-- version: 2
-- Binding energy of C 1s of adventitious carbon in each file, and the shift that brings it to 284.6 eV. Regions of a sputtered
-- surface that no longer shows carbon are referenced to the carbon in the same file.
SELECT
    measurement_id, sample_id, run_id, recipe_id, file_id,
    found.binding_energy_ev, found.shift_err_ev AS binding_energy_err_ev, found.shift_ev,
    found.quality, found.reason, found.reason_code
FROM (
    SELECT
        m.measurement_id, m.sample_id, m.run_id, m.recipe_id, m.file_id,
        find_charge_shift(s.binding_energy_ev, s.intensity) AS found
    FROM measurements AS m
    JOIN xps_spectra AS s ON s.measurement_id = m.measurement_id
    WHERE m.technique = 'photoelectron_spectroscopy' AND lower(replace(s.region, ' ', '')) IN ('c1s', 'c1sscan')
    GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id, m.file_id
) AS fitted

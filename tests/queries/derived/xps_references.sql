-- A C 1s peak of 1000 counts at 285.1 eV, 1.2 eV wide, of the shape GL(30) that is fitted, on 50 counts: the shift to 284.6 eV is -0.5 eV. m2 has no peak; m3 is not a C 1s region.
INSERT INTO measurements (measurement_id, file_id, technique, sample_id) VALUES
    ('m1', 'f1', 'photoelectron_spectroscopy', 'film 1'), ('m2', 'f2', 'photoelectron_spectroscopy', 'film 2'), ('m3', 'f1', 'photoelectron_spectroscopy', 'film 1');
INSERT INTO xps_spectra (measurement_id, point, region, energy_ev, binding_energy_ev, intensity)
    SELECT m, value, r, 280 + 0.1 * value AS energy, 280 + 0.1 * value,
        round(50 + h * exp(-2.8 * ln(2) * power((280 + 0.1 * value - 285.1) / 1.2, 2)) / (1 + 1.2 * power((280 + 0.1 * value - 285.1) / 1.2, 2)) + 7 * sin(12.9898 * value * value))
    FROM generate_series(0, 100) CROSS JOIN (VALUES ('m1', 'C 1s', 1000.0), ('m2', 'C1s Scan', 0.0), ('m3', 'O 1s', 1000.0)) AS measured(m, r, h);

-- TMA increases growth, H2O saturates; a series without a verdict has no row.
INSERT INTO saturation (series, precursor, process, deposition_temperature_c, verdict, slope_angstrom_per_s, slope_err_angstrom_per_s, quality) VALUES
    ('s1', 'TMA', 'Al2O3', 200.0, 'unsaturated', 0.25, 0.01, 'good'), ('s1', 'H2O', 'Al2O3', 200.0, 'saturated', 0.0, 0.01, 'good'),
    ('s2', 'TMA', 'Al2O3', 300.0, NULL, NULL, NULL, 'failed');

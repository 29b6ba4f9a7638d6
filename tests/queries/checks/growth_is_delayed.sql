-- A delay of 20 ± 1 cycles is found; 8 ± 1 is below ten cycles, 20 ± 5 below five standard uncertainties.
INSERT INTO growth (measurement_id, sample_id, nucleation_delay_cycles, nucleation_delay_err_cycles, quality) VALUES
    ('m1', 'film 1', 20.0, 1.0, 'good'), ('m2', NULL, 30.0, 2.0, 'good'), ('m3', 'film 3', 8.0, 1.0, 'good'), ('m4', 'film 4', 20.0, 5.0, 'good');

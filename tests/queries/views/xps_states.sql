-- m1 and m2 are one state, m3 was measured after sputtering. The counting time is the dwell time of all scans; that of m3 is not stated.
INSERT INTO measurements (measurement_id, file_id, technique, metadata) VALUES
    ('m1', 'f1', 'photoelectron_spectroscopy', '{"sample": "film", "spectrum_type": "O 1s", "counting_time_s": 2, "intensity_unit": "counts", "pass_energy_ev": 50}'),
    ('m2', 'f1', 'photoelectron_spectroscopy', '{"sample": "film", "spectrum_type": "wide", "dwell_time_s": 0.1, "n_scans": 5}'),
    ('m3', 'f1', 'photoelectron_spectroscopy', '{"sample": "film", "etch_time_s": 30, "etch_level": 1, "analyser_mode": "FAT", "take_off_angle_deg": 45}'),
    ('m4', 'f1', 'x_ray_diffraction', '{}');
SELECT measurement_id, state, etch_time_s, etch_level, transition, intensity_unit, counting_time_s, pass_energy_ev, settings FROM xps_states;

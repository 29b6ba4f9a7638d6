-- The two C 1s regions of f1 agree: their mean is weighted 1 : 4, -0.5 + 0.2 · 0.02. Those of f2 differ by 0.6 eV. The only one of f3
-- shows no carbon.
INSERT INTO xps_references (measurement_id, file_id, state, shift_ev, binding_energy_err_ev, quality, reason, reason_code) VALUES
    ('a', 'f1', '', -0.48, 0.02, 'good', NULL, NULL), ('b', 'f1', '', -0.50, 0.01, 'good', NULL, NULL),
    ('c', 'f2', '', -0.5, 0.01, 'good', NULL, NULL), ('d', 'f2', '', -1.1, 0.01, 'good', NULL, NULL),
    ('e', 'f3', '', NULL, NULL, 'failed', 'no peak', 'signal_too_weak');
SELECT file_id, state, shift_ev, shift_err_ev, doubt FROM xps_shifts;

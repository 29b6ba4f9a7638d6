-- Of the newest phase the run that breaks a rule, and no run of an earlier phase.
INSERT INTO control_points (recipe_id, reactor, quantity, run_id, phase, newest_phase, value, centre, deviation_sigmas, state, rules, quality) VALUES
    ('a', 'R', 'gpc_angstrom', 'r1', 1.0, false, 1.2, 1.0, 4.1, 'out of control', 'beyond_3_sigma', 'good'),
    ('a', 'R', 'gpc_angstrom', 'r2', 2.0, true, 1.2, 1.0, 4.1, 'out of control', 'beyond_3_sigma ewma', 'good'),
    ('a', 'R', 'gpc_angstrom', 'r3', 2.0, true, 1.0, 1.0, 0.1, 'in control', NULL, 'good');

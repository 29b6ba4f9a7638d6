-- The first run is as planned, the second was described by hand: nothing is known of its end. The third was aborted.
INSERT INTO runs (run_id, outcome, safe_state, ending, started_by, n_deviations) VALUES
    ('run 1', 'complete', 'seen', 'run complete', 'A. B.', 0.0),
    ('run 2', NULL, NULL, NULL, NULL, NULL),
    ('run 3', 'aborted', 'not seen', 'valve open', 'A. B.', 1.0);

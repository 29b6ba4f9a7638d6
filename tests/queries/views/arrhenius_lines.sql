-- A film with a fitted line, and one without: the second has no row.
-- Variances by hand: 0.3² = 0.09 and 0.02² = 0.0004.
INSERT INTO arrhenius (sample_id, ea_ev, ea_err_ev, ea_line_err_ev, ln_sigma0, ln_sigma0_err, cov_ln_sigma0_ea_ev, quality, reason) VALUES
    ('film 1', 0.5, 0.03, 0.02, 10.0, 0.3, 0.005, 'good', NULL),
    ('film 2', NULL, NULL, NULL, NULL, NULL, NULL, 'failed', 'one temperature');

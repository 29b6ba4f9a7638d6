-- severity: note
-- row: growth measurement_id
-- Runs with a nucleation delay of more than ten cycles and more than five standard uncertainties.
SELECT
    measurement_id,
    concat(coalesce(sample_id, 'a film'), ' begins to grow after ', CAST(round(nucleation_delay_cycles, 0) AS VARCHAR), ' ± ',
        CAST(round(nucleation_delay_err_cycles, 1) AS VARCHAR), ' cycles') AS reason
FROM growth
WHERE nucleation_delay_cycles > 10 AND nucleation_delay_cycles > 5 * nucleation_delay_err_cycles

-- Change of the thickness by each dose of a cycle, for scans that resolve it.
-- column step [1]: Dose of the cycle, from 1.
-- column precursor: The precursor of the dose.
-- column change_nm [nm]: Mean change of the thickness until the next dose, in the linear regime.
-- column change_err_nm [nm]: Its standard uncertainty, from the scatter over the cycles.
-- column n_cycles [1]: Number of cycles that were averaged.
SELECT measurement_id, sample_id, run_id, recipe_id, one.step AS step, one.precursor AS precursor,
    one.change_nm AS change_nm, one.change_err_nm AS change_err_nm, one.n_cycles AS n_cycles
FROM (SELECT measurement_id, sample_id, run_id, recipe_id, unnest(steps) AS one FROM growth WHERE steps IS NOT NULL) AS opened

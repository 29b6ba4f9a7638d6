-- The shift of the energy scale in each state of a surface: the mean of its C 1s regions, weighted by their uncertainties.
-- column shift_ev [eV]: To be added to binding energies; null where no C 1s region of the state has an adventitious component.
-- column shift_err_ev [eV]: Standard uncertainty of the shift: of the fits, and half of the difference between regions.
-- column doubt: Why the shift is doubtful, or does not exist; null where it is good.
SELECT
    file_id, state, shift_ev,
    greatest(fit_err_ev, coalesce(highest_ev - lowest_ev, 0) / 2) AS shift_err_ev,
    CASE
        WHEN shift_ev IS NULL THEN reasons
        WHEN highest_ev - lowest_ev > greatest(0.1, 3 * difference_err_ev) THEN concat(
            'the C 1s regions give shifts from ', CAST(round(lowest_ev, 2) AS VARCHAR), ' eV to ', CAST(round(highest_ev, 2) AS VARCHAR),
            ' eV, a difference of ', CAST(round(greatest(0.1, 3 * difference_err_ev), 2) AS VARCHAR), ' eV expected at most')
        ELSE reasons
    END AS doubt
FROM (
    SELECT
        file_id, state,
        sum(shift_ev / power(greatest(binding_energy_err_ev, 0.001), 2)) / sum(CASE WHEN shift_ev IS NOT NULL THEN 1 / power(greatest(binding_energy_err_ev, 0.001), 2) END) AS shift_ev,
        1 / sqrt(sum(CASE WHEN shift_ev IS NOT NULL THEN 1 / power(greatest(binding_energy_err_ev, 0.001), 2) END)) AS fit_err_ev,
        sqrt(sum(power(binding_energy_err_ev, 2))) AS difference_err_ev,
        min(shift_ev) AS lowest_ev, max(shift_ev) AS highest_ev,
        CAST(string_agg(reason, '; ' ORDER BY reason) AS VARCHAR) AS reasons
    FROM xps_references
    GROUP BY file_id, state
) AS found

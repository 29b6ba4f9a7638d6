-- severity: error
-- row: literature_conductivity report_id
-- Reports on one film in which the conductivity decreases with temperature although the activation energy is positive.
SELECT
    b.report_id,
    concat(b.first_author, ' ', CAST(b.year AS VARCHAR), ' reports ', CAST(b.sigma_s_per_cm AS VARCHAR), ' S/cm at ', b.sigma_temperature_as_printed, ' and ',
        CAST(a.sigma_s_per_cm AS VARCHAR), ' S/cm at ', a.sigma_temperature_as_printed, ', with an activation energy of ', CAST(b.ea_ev AS VARCHAR), ' eV') AS reason
FROM literature_conductivity AS a
JOIN literature_conductivity AS b
    ON b.material = a.material AND b.doi = a.doi AND b.sigma_temperature_c > a.sigma_temperature_c
WHERE b.ea_ev > 0 AND b.sigma_s_per_cm < a.sigma_s_per_cm

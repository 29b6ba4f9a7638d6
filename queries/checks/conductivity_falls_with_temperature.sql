-- severity: error
-- row: conductivity measurement_id
-- Conductivities of one electrode that decrease with temperature although the activation energy of the sample is positive.
SELECT
    b.measurement_id,
    concat('electrode ', b.dot, ' of ', b.sample_id, ' has ', CAST(b.sigma_s_per_cm AS VARCHAR), ' S/cm at ', CAST(b.temperature_c AS VARCHAR),
        ' °C and ', CAST(a.sigma_s_per_cm AS VARCHAR), ' S/cm at ', CAST(a.temperature_c AS VARCHAR), ' °C, with an activation energy of ',
        CAST(round(e.ea_ev, 2) AS VARCHAR), ' eV') AS reason
FROM conductivity AS a
JOIN conductivity AS b ON b.sample_id = a.sample_id AND b.dot = a.dot AND b.temperature_c > a.temperature_c + 1
JOIN arrhenius AS e ON e.sample_id = a.sample_id
WHERE e.ea_ev > 0
    AND a.sigma_s_per_cm - b.sigma_s_per_cm > 5 * sqrt(power(a.sigma_err_s_per_cm, 2) + power(b.sigma_err_s_per_cm, 2))

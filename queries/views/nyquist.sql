-- Impedance spectra with the fitted circuit's impedance at the same frequencies; one series per temperature.
-- column repeat_of_temperature [1]: Number of the spectrum among those of this electrode and temperature, from 1.
-- column series: The temperature, as text for the legend.
-- column fit_re_ohm [Ohm]: Real part of the fitted circuit's impedance; null if there is no fit.
-- column fit_im_ohm [Ohm]: Imaginary part of the fitted circuit's impedance; null if there is no fit.
SELECT
    m.sample_id, m.dot, m.temperature_c, m.repeat_of_temperature, m.measurement_id,
    concat(replace(CAST(round(m.temperature_c, 1) AS VARCHAR), '.0', ''), ' °C') AS series,
    s.frequency_hz, s.z_re_ohm, s.z_im_ohm,
    circuit_re(f.circuit, f.parameters, s.frequency_hz) AS fit_re_ohm,
    circuit_im(f.circuit, f.parameters, s.frequency_hz) AS fit_im_ohm
FROM (
    SELECT *,
        row_number() OVER (PARTITION BY sample_id, dot, temperature_c ORDER BY repeat, file_id, block) AS repeat_of_temperature
    FROM measurements
    WHERE technique = 'impedance_spectroscopy' AND n_points > 0
) AS m
JOIN impedance_spectra AS s ON s.measurement_id = m.measurement_id
LEFT JOIN impedance_fits AS f ON f.measurement_id = m.measurement_id

-- Ionic conductivity of lithium films made by atomic layer deposition: published values and those of the lab's own films.
-- column label: The film.
-- column first_author: First author; null for the lab's own films.
-- column year [a]: Year of publication; null for the lab's own films.
-- column doi: Digital object identifier; null for the lab's own films or if it was not verified.
-- column sigma_s_per_cm [S/cm]: Ionic conductivity at temperature_c.
-- column sigma_low_s_per_cm [S/cm]: Lower end of a reported range, or of the 95 % interval of the lab's own films; null if sigma_s_per_cm is the lower end.
-- column sigma_high_s_per_cm [S/cm]: Upper end of a reported range, or of the 95 % interval of the lab's own films.
-- column sigma_err_s_per_cm [S/cm]: Standard uncertainty, or the uncertainty that the source prints.
-- column temperature_c [Cel]: Temperature of the value; null if the source does not state a number.
-- column temperature_note: Temperature as the source prints it.
-- column is_own: Whether it is one of the lab's own films.
-- column conflict: Contradiction between sources about the value, or why the value of an own film is suspect.
SELECT
    material AS label,
    first_author, year, doi,
    sigma_s_per_cm,
    CAST(NULL AS DOUBLE) AS sigma_low_s_per_cm,
    sigma_max_s_per_cm AS sigma_high_s_per_cm,
    sigma_err_s_per_cm,
    sigma_temperature_c AS temperature_c,
    coalesce(sigma_temperature_as_printed, 'temperature not stated') AS temperature_note,
    false AS is_own,
    conflict
FROM literature_conductivity
WHERE in_chart
UNION ALL
SELECT
    concat(a.sample_id, CASE WHEN s.synthetic AND strpos(a.sample_id, 'synthetic') = 0 THEN ' (synthetic)' ELSE '' END) AS label,
    NULL, NULL, NULL,
    a.sigma_25c_s_per_cm,
    a.sigma_25c_lo95_s_per_cm,
    a.sigma_25c_hi95_s_per_cm,
    a.sigma_25c_err_s_per_cm,
    25.0,
    CASE WHEN a.extrapolated THEN 'extrapolated to 25 °C' ELSE '25 °C' END,
    true,
    CASE WHEN a.quality <> 'good' THEN concat(a.quality, ': ', a.reason) END
FROM arrhenius AS a
LEFT JOIN samples AS s ON s.sample_id = a.sample_id
WHERE a.sigma_25c_s_per_cm IS NOT NULL

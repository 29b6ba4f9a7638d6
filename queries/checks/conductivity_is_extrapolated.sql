-- severity: note
-- row: arrhenius sample_id
-- Conductivities at 25 °C that were not measured at 25 °C.
SELECT
    sample_id,
    concat('25 °C is outside the measured range ', CAST(temperature_min_c AS VARCHAR), ' to ', CAST(temperature_max_c AS VARCHAR), ' °C') AS reason
FROM arrhenius
WHERE extrapolated

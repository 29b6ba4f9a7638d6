-- severity: warning
-- row: saturation series, precursor
-- Precursors whose dose does not saturate growth: growth still increases or decreases with the dose.
SELECT
    series, precursor,
    concat('growth of ', process, ' at ', CAST(deposition_temperature_c AS VARCHAR), ' °C is ', verdict, ' with the dose of ', precursor, ': ',
        CAST(round(slope_angstrom_per_s, 4) AS VARCHAR), ' ± ', CAST(round(slope_err_angstrom_per_s, 4) AS VARCHAR), ' Å/s') AS reason
FROM saturation
WHERE verdict <> 'saturated'

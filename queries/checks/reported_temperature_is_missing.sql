-- severity: note
-- row: literature_conductivity report_id
-- Conductivities in the chart whose temperature is not stated as a number, so that they cannot be compared at 25 °C.
SELECT
    report_id,
    concat(
        material, ' is reported at ',
        CASE WHEN sigma_temperature_as_printed IS NULL THEN 'no temperature' ELSE concat('`', sigma_temperature_as_printed, '`') END
    ) AS reason
FROM literature_conductivity
WHERE in_chart AND sigma_temperature_c IS NULL

-- severity: note
-- row: composition measurement_id, element
-- Elements that are not detected although a precursor contains them: neither zero nor absent by design.
SELECT
    measurement_id, element,
    concat(element, ' in ', sample_id, ' is ', CAST(round(content_percent, 2) AS VARCHAR), ' ± ', CAST(round(content_err_percent, 2) AS VARCHAR), ' at.%, although a precursor contains it') AS reason
FROM composition
WHERE in_recipe AND NOT detected

-- severity: note
-- row: composition measurement_id, element
-- Elements that a precursor brings and that are not detected: not zero, and not absent by design.
SELECT
    measurement_id, element,
    concat(element, ' in ', sample_id, ' is ', CAST(round(content_percent, 2) AS VARCHAR), ' ± ', CAST(round(content_err_percent, 2) AS VARCHAR), ' at.%, though a precursor brings it') AS reason
FROM composition
WHERE in_recipe AND NOT detected

-- severity: note
-- row: composition_ratios measurement_id, ratio
-- Lithium borates whose composition is outside the range from LiBO2 (Li/B 1, B/O 1/2) to Li6B4O9 (Li/B 3/2, B/O 4/9) by more than
-- one standard uncertainty.
SELECT
    measurement_id, ratio,
    concat(sample_id, ', deposited at ', CAST(t AS VARCHAR), ' °C: ', ratio, ' is ', CAST(round(value, 3) AS VARCHAR), ' ± ', CAST(round(value_err, 3) AS VARCHAR),
        ', outside the range ', CASE WHEN ratio = 'Li/B' THEN '1 to 1.5' ELSE '0.444 to 0.5' END) AS reason
FROM film_ratios
WHERE process = 'LBO'
    AND ((ratio = 'Li/B' AND (value + value_err < 1 OR value - value_err > 1.5))
        OR (ratio = 'B/O' AND (value + value_err < 4.0 / 9 OR value - value_err > 0.5)))

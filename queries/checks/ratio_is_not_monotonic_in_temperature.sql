-- severity: note
-- row: composition_ratios measurement_id, ratio
-- Ratios of one process that are not monotonic in the deposition temperature: of three values the middle one is above or below both
-- others.
SELECT
    b.measurement_id, b.ratio,
    concat(b.ratio, ' of ', b.process, ' is ', CAST(round(a.value, 2) AS VARCHAR), ', ', CAST(round(b.value, 2) AS VARCHAR), ', ', CAST(round(c.value, 2) AS VARCHAR),
        ' at ', CAST(a.t AS VARCHAR), ', ', CAST(b.t AS VARCHAR), ', ', CAST(c.t AS VARCHAR), ' °C') AS reason
FROM film_ratios AS a
JOIN film_ratios AS b ON b.process = a.process AND b.ratio = a.ratio AND b.t > a.t
JOIN film_ratios AS c ON c.process = a.process AND c.ratio = a.ratio AND c.t > b.t
WHERE a.ratio IN ('Li/B', 'B/O', 'Li/P', 'O/P')
    AND (b.value > greatest(a.value, c.value) OR b.value < least(a.value, c.value))

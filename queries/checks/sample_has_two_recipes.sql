-- severity: error
-- row: samples sample_id
-- Sample labels used for two films: measurements are linked to a different recipe than the sample.
SELECT s.sample_id, concat('sample ', s.sample_id, ' has recipe ', s.recipe_id, ', ', CAST(count(*) AS VARCHAR), ' of its measurements have ', m.recipe_id) AS reason
FROM samples AS s
JOIN measurements AS m ON m.sample_id = s.sample_id
WHERE m.recipe_id <> s.recipe_id
GROUP BY s.sample_id, s.recipe_id, m.recipe_id

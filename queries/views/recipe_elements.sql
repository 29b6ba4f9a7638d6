-- The elements that the precursors of a recipe bring.
-- column elements: Symbols, separated by spaces.
SELECT recipe_id, CAST(string_agg(elements, ' ' ORDER BY cycle) AS VARCHAR) AS elements FROM recipe_cycles GROUP BY recipe_id

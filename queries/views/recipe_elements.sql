-- The elements in the precursors and gases of a recipe.
-- column elements: Symbols, separated by spaces.
SELECT recipe_id, CAST(string_agg(elements, ' ' ORDER BY cycle) AS VARCHAR) AS elements FROM recipe_cycles GROUP BY recipe_id

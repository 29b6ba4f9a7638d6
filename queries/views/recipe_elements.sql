-- The elements that the precursors of a recipe bring.
-- column elements: Symbols, separated by spaces.
SELECT recipe_id, string_agg(elements, ' ' ORDER BY cycle) AS elements FROM recipe_cycles GROUP BY recipe_id

-- The elements of all cycles of a recipe, in the order of the cycles' names.
INSERT INTO recipe_cycles (recipe_id, cycle, elements) VALUES ('r1', 'B', 'P O'), ('r1', 'A', 'Li B O'), ('r2', 'A', 'Al O');

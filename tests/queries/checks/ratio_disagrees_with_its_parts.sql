-- 20 at.% over 40 at.% is 0.5: a stated ratio of 0.6 contradicts it, 0.5 does not.
INSERT INTO composition (measurement_id, element, content_percent, quality) VALUES
    ('m1', 'Li', 20.0, 'good'), ('m1', 'B', 40.0, 'good'), ('m2', 'Li', 20.0, 'good'), ('m2', 'B', 40.0, 'good');
INSERT INTO composition_ratios (measurement_id, ratio, value, quality) VALUES ('m1', 'Li/B', 0.6, 'good'), ('m2', 'Li/B', 0.5, 'good');

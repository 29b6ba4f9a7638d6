-- Two synthetic reports call their films X; text in brackets is not part of the label. Y is in one report only.
INSERT INTO literature_conductivity (report_id, material, doi, sigma_s_per_cm) VALUES
    ('x1', 'X (amorphous)', '10.0/1', 1e-9), ('x2', 'X', '10.0/2', 4.5e-9), ('y1', 'Y', '10.0/3', 1e-8), ('y2', 'Y', '10.0/3', 2e-8);

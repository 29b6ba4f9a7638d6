-- Synthetic reports: film X falls from 5e-8 to 1e-8 S/cm with a positive activation energy, film Y rises.
INSERT INTO literature_conductivity
    (report_id, material, first_author, year, doi, sigma_s_per_cm, sigma_temperature_c, sigma_temperature_as_printed, ea_ev) VALUES
    ('x1', 'X', 'Nobody', 2020, '10.0/1', 5e-8, 25.0, '25 °C', 0.5), ('x2', 'X', 'Nobody', 2020, '10.0/1', 1e-8, 60.0, '60 °C', 0.5),
    ('y1', 'Y', 'Nobody', 2021, '10.0/2', 1e-8, 25.0, '25 °C', 0.5), ('y2', 'Y', 'Nobody', 2021, '10.0/2', 5e-8, 60.0, '60 °C', 0.5);

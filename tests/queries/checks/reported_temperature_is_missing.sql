-- Two of the synthetic rows in the chart have no temperature as a number: one has words, one has none.
INSERT INTO literature_conductivity (report_id, material, sigma_temperature_c, sigma_temperature_as_printed, in_chart) VALUES
    ('x1', 'X', NULL, 'room temperature', true), ('x2', 'X', NULL, NULL, true), ('y1', 'Y', 25.0, '25 °C', true), ('z1', 'Z', NULL, NULL, false);

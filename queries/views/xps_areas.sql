-- Areas of regions with everything that decides whether they can be compared.
-- column line: The core line, such as `O 1s`; null for valence bands, Auger electrons, and names that state none.
-- column intensity_unit: Unit of the intensity: `counts`, `counts/s`, or `not stated`.
-- column counting_time_s [s]: Counting time of a point, of all scans together; null where it is not stated.
-- column excitation_energy_ev [eV]: Photon energy; null where it is not stated.
-- column pass_energy_ev [eV]: Pass energy; null where it is not stated.
-- column settings: Mode and lens of the analyser, as far as the file states them.
SELECT
    f.measurement_id, f.sample_id, f.run_id, f.recipe_id, m.file_id, f.state, f.etch_time_s, f.etch_level, f.region,
    coalesce(core_line(f.region), m.transition) AS line,
    f.line_area, f.line_area_err, f.reason, f.area_doubt, f.transmission, f.spin_orbit_ev,
    m.intensity_unit, m.counting_time_s, m.excitation_energy_ev, m.pass_energy_ev, m.settings
FROM xps_regions AS f
JOIN xps_states AS m ON m.measurement_id = f.measurement_id

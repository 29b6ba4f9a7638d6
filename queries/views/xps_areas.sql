-- Areas of regions with everything that decides whether they can be compared.
-- column line: The core line, such as `O 1s`; null for valence bands, Auger electrons, and names that state none.
-- column area [1]: Area of the core line in units of the intensity times eV; where the line is weaker than five standard uncertainties, the area above a straight line between the ends of the region. Null where it is not known.
-- column area_err [1]: Its standard uncertainty.
-- column intensity_unit: Unit of the intensity: `counts`, `counts/s`, or `not stated`.
-- column counting_time_s [s]: Counting time of a point, of all scans together; null where it is not stated.
-- column excitation_energy_ev [eV]: Photon energy; null where it is not stated.
-- column pass_energy_ev [eV]: Pass energy; null where it is not stated.
-- column settings: Mode and lens of the analyser, as far as the file states them.
SELECT
    f.measurement_id, f.sample_id, f.run_id, f.recipe_id, m.file_id, f.state, f.etch_time_s, f.etch_level, f.region,
    coalesce(core_line(f.region), m.transition) AS line,
    CASE WHEN f.is_weak THEN f.integrated_area WHEN f.quality <> 'failed' THEN f.area_total END AS area,
    CASE WHEN f.is_weak THEN f.integrated_area_err WHEN f.quality <> 'failed' THEN f.area_total_err END AS area_err,
    f.reason, CASE WHEN f.is_weak THEN NULL ELSE f.area_doubt END AS area_doubt,
    f.transmission, f.spin_orbit_ev, m.intensity_unit, m.counting_time_s, m.excitation_energy_ev, m.pass_energy_ev, m.settings
FROM (
    SELECT
        *,
        coalesce(area_total < 5 * area_total_err, false)
            OR coalesce(quality = 'failed' AND abs(integrated_area) < 5 * integrated_area_err, false) AS is_weak
    FROM xps_regions
) AS f
JOIN xps_states AS m ON m.measurement_id = f.measurement_id

-- The settings of each measurement, as far as the file states them.
-- column process: The material or chemistry of the film.
-- column settings: The settings that must be equal for values to be comparable.
SELECT
    m.measurement_id, m.technique, m.sample_id, r.process,
    CASE
        WHEN m.technique = 'ion_beam_depth_profile' AND strpos(metadata_text(m.metadata, 'comment'), 'beam:') > 0
            THEN trim(substr(metadata_text(m.metadata, 'comment'), strpos(metadata_text(m.metadata, 'comment'), 'beam:')))
        WHEN m.technique = 'ion_beam_depth_profile' THEN metadata_text(m.metadata, 'beam')
        WHEN m.technique = 'x_ray_diffraction' THEN concat(CAST(round(metadata_number(m.metadata, 'wavelength_k_alpha_1_angstrom'), 4) AS VARCHAR), ' Å')
        WHEN m.technique = 'photoelectron_spectroscopy' THEN CAST(metadata_number(m.metadata, 'excitation_energy_ev') AS VARCHAR)
        ELSE metadata_text(m.metadata, 'instrument')
    END AS settings
FROM measurements AS m
JOIN recipes AS r ON r.recipe_id = m.recipe_id
WHERE CASE
        WHEN m.technique = 'ion_beam_depth_profile' THEN coalesce(metadata_text(m.metadata, 'beam'), metadata_text(m.metadata, 'comment')) IS NOT NULL
        WHEN m.technique = 'x_ray_diffraction' THEN metadata_number(m.metadata, 'wavelength_k_alpha_1_angstrom') IS NOT NULL
        WHEN m.technique = 'photoelectron_spectroscopy' THEN metadata_number(m.metadata, 'excitation_energy_ev') IS NOT NULL
        WHEN m.technique = 'spectroscopic_ellipsometry' THEN metadata_text(m.metadata, 'instrument') IS NOT NULL
        ELSE false
    END

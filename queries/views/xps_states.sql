-- Photoelectron measurements with the state of the surface in which they were made: the regions of one state belong together.
-- column etch_time_s [s]: Sputtering time before the spectrum; null where the measurement is not a depth profile.
-- column etch_level [1]: Number of the sputtering level; null where the measurement is not a depth profile.
-- column state: What distinguishes the state from others of the file: sample, group, area, sputtering, take-off angle; empty where the file states none of these.
-- column transition: Core line that the file states in addition to the name of the region; null where there is none.
-- column intensity_unit: Unit of the intensity: `counts`, `counts/s`, or `not stated`.
-- column counting_time_s [s]: Counting time of a point, of all scans together; null where it is not stated.
-- column excitation_energy_ev [eV]: Photon energy; null where it is not stated.
-- column pass_energy_ev [eV]: Pass energy; null where it is not stated.
-- column settings: Mode and lens of the analyser, as far as the file states them.
SELECT
    measurement_id, sample_id, run_id, recipe_id, file_id,
    metadata_number(metadata, 'etch_time_s') AS etch_time_s,
    metadata_number(metadata, 'etch_level') AS etch_level,
    concat_ws(
        ', ',
        metadata_text(metadata, 'sample'), metadata_text(metadata, 'group'),
        'area ' || CAST(metadata_number(metadata, 'area') AS VARCHAR),
        'etch time ' || CAST(metadata_number(metadata, 'etch_time_s') AS VARCHAR) || ' s',
        'etch level ' || CAST(metadata_number(metadata, 'etch_level') AS VARCHAR),
        'take-off angle ' || CAST(metadata_number(metadata, 'take_off_angle_deg') AS VARCHAR) || '°'
    ) AS state,
    core_line(metadata_text(metadata, 'spectrum_type')) AS transition,
    metadata_text(metadata, 'intensity_unit') AS intensity_unit,
    coalesce(
        metadata_number(metadata, 'counting_time_s'),
        metadata_number(metadata, 'n_scans') * coalesce(metadata_number(metadata, 'dwell_time_s'), metadata_number(metadata, 'time_per_channel_s'))
    ) AS counting_time_s,
    metadata_number(metadata, 'excitation_energy_ev') AS excitation_energy_ev,
    metadata_number(metadata, 'pass_energy_ev') AS pass_energy_ev,
    concat_ws(', ', metadata_text(metadata, 'analyser_mode'), metadata_text(metadata, 'analyser_lens')) AS settings
FROM measurements
WHERE technique = 'photoelectron_spectroscopy'

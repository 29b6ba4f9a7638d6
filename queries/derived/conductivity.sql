-- key: measurement_id
-- version: 4
-- Conductivity of the film under an electrode: thickness / (R1 · area); 1 nm = 1e-7 cm. Where no uncertainty is stated, these
-- are assumed: 5 % of the thickness, 2 % of the area, 0.5 °C; the effect of the latter with an activation energy of 0.6 eV.
SELECT
    measurement_id, sample_id, run_id, recipe_id, dot, temperature_c, temperature_err_c,
    thickness_nm, thickness_err_nm, electrode_area_cm2, electrode_area_err_cm2, r1_ohm, r1_err_ohm, geometry_err_rel,
    CASE WHEN missing.words IS NULL THEN sigma_s_per_cm END AS sigma_s_per_cm,
    CASE WHEN missing.words IS NULL THEN
        sigma_s_per_cm * sqrt(
            power(r1_err_ohm / r1_ohm, 2) + power(geometry_err_rel, 2)
            + power(coalesce(temperature_err_c, 0) * 0.6 / (8.617333262e-5 * power(coalesce(temperature_c, 25) + 273.15, 2)), 2)
        )
    END AS sigma_err_s_per_cm,
    CASE WHEN missing.words IS NOT NULL THEN 'failed' WHEN doubts <> '' THEN 'suspect' ELSE 'good' END AS quality,
    coalesce(missing.words, nullif(doubts, '')) AS reason,
    coalesce(missing.code, nullif(doubt_codes, '')) AS reason_code
FROM (
    SELECT *,
        sqrt(power(coalesce(thickness_err_nm / thickness_nm, 0.05), 2) + power(coalesce(electrode_area_err_cm2 / electrode_area_cm2, 0.02), 2))
            AS geometry_err_rel,
        thickness_nm * 1e-7 / (r1_ohm * electrode_area_cm2) AS sigma_s_per_cm,
        concat_ws('; ', fit_reason, thickness_doubt.words, temperature_doubt.words) AS doubts,
        concat_ws(' ', fit_code, thickness_doubt.code, temperature_doubt.code) AS doubt_codes
    FROM (
        SELECT
            f.measurement_id, f.sample_id, f.run_id, f.recipe_id, m.dot,
            coalesce(f.temperature_c, m.temperature_c) AS temperature_c,
            CASE WHEN coalesce(f.temperature_c, m.temperature_c) IS NOT NULL
                THEN sqrt(power(0.5, 2) + power(coalesce(f.temperature_std_c, 0), 2)) END AS temperature_err_c,
            s.thickness_nm, s.thickness_err_nm, m.electrode_area_cm2, m.electrode_area_err_cm2, f.r1_ohm, f.r1_err_ohm,
            f.reason AS fit_reason, f.reason_code AS fit_code,
            CASE WHEN s.quality = 'suspect' THEN reason('input_suspect', concat('the thickness is suspect: ', s.reason)) END
                AS thickness_doubt,
            CASE WHEN abs(coalesce(f.temperature_c, m.temperature_c) - m.nominal_temperature_c) > 3
                THEN reason('sources_disagree', concat(
                    'the file states ', CAST(round(coalesce(f.temperature_c, m.temperature_c), 1) AS VARCHAR),
                    ' °C, its path or source ', CAST(round(m.nominal_temperature_c, 1) AS VARCHAR), ' °C'
                )) END AS temperature_doubt,
            CASE
                WHEN f.quality = 'failed' THEN reason(f.reason_code, concat('no fit: ', f.reason))
                WHEN f.r1_ohm IS NULL THEN reason('no_film_resistance', concat('the circuit ', f.circuit, ' has no R1'))
                WHEN f.r1_err_ohm IS NULL THEN reason('film_resistance_undetermined', 'the spectrum does not determine R1')
                WHEN f.sample_id IS NULL THEN reason('sample_unknown', coalesce(m.link_note, 'the sample is not known'))
                WHEN s.thickness_nm IS NULL
                    THEN reason('no_thickness', concat('the thickness of sample ', f.sample_id, ' is not known'))
                WHEN m.electrode_area_cm2 IS NULL THEN reason('no_electrode_area', 'the electrode area is not stated')
            END AS missing
        FROM impedance_fits AS f
        JOIN measurements AS m ON m.measurement_id = f.measurement_id
        LEFT JOIN film_thickness AS s ON s.sample_id = f.sample_id
    ) AS joined
) AS judged

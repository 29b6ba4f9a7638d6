-- key: measurement_id
-- version: 3
-- Conductivity of the film under an electrode: thickness / (R1 · area); 1 nm = 1e-7 cm.
SELECT
    measurement_id, sample_id, run_id, recipe_id, dot, temperature_c,
    thickness_nm, thickness_err_nm, electrode_area_cm2, r1_ohm, r1_err_ohm,
    CASE WHEN missing.words IS NULL THEN sigma_s_per_cm END AS sigma_s_per_cm,
    CASE WHEN missing.words IS NULL THEN
        sigma_s_per_cm * sqrt(power(r1_err_ohm / r1_ohm, 2) + power(coalesce(thickness_err_nm, 0) / thickness_nm, 2))
    END AS sigma_err_s_per_cm,
    CASE WHEN missing.words IS NULL THEN quality ELSE 'failed' END AS quality,
    coalesce(missing.words, reason) AS reason, coalesce(missing.code, reason_code) AS reason_code
FROM (
    SELECT
        f.measurement_id, f.sample_id, f.run_id, f.recipe_id, m.dot, m.temperature_c,
        s.thickness_nm, s.thickness_err_nm, m.electrode_area_cm2, f.r1_ohm, f.r1_err_ohm,
        s.thickness_nm * 1e-7 / (f.r1_ohm * m.electrode_area_cm2) AS sigma_s_per_cm,
        f.quality, f.reason, f.reason_code,
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

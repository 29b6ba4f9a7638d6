-- key: sample_id
-- version: 2
-- Thickness of the film of each sample: from growth measured in situ, otherwise as stated in samples/, otherwise from Ψ and Δ.
SELECT
    sample_id, run_id, recipe_id,
    coalesce(watched_nm, stated_nm, fitted_nm) AS thickness_nm,
    CASE
        WHEN watched_nm IS NOT NULL THEN watched_err_nm
        WHEN stated_nm IS NOT NULL THEN stated_err_nm
        ELSE fitted_err_nm
    END AS thickness_err_nm,
    CASE
        WHEN watched_nm IS NOT NULL THEN 'growth'
        WHEN stated_nm IS NOT NULL THEN 'stated'
        WHEN fitted_nm IS NOT NULL THEN 'spectrum'
    END AS thickness_source,
    CASE WHEN missing.words IS NULL THEN 'good' ELSE 'failed' END AS quality,
    missing.words AS reason, missing.code AS reason_code
FROM (
    SELECT *,
        CASE
            WHEN coalesce(watched_nm, stated_nm, fitted_nm) IS NULL
            THEN reason('no_thickness', 'growth was not measured, no thickness is stated, and no ellipsometry spectrum was fitted')
        END AS missing
    FROM (
        SELECT
            s.sample_id, s.run_id, s.recipe_id,
            max(s.thickness_nm) AS stated_nm, max(s.thickness_err_nm) AS stated_err_nm,
            avg(CASE WHEN g.quality <> 'failed' THEN g.film_nm END) AS watched_nm,
            max(CASE WHEN g.quality <> 'failed' THEN g.film_err_nm END) AS watched_err_nm,
            avg(CASE WHEN c.quality = 'good' THEN c.thickness_nm END) AS fitted_nm,
            max(CASE WHEN c.quality = 'good' THEN c.thickness_err_nm END) AS fitted_err_nm
        FROM samples AS s
        LEFT JOIN growth AS g ON g.sample_id = s.sample_id
        LEFT JOIN cauchy_fits AS c ON c.sample_id = s.sample_id
        GROUP BY s.sample_id, s.run_id, s.recipe_id
    ) AS known
) AS judged

-- Doses of each precursor in the log of a run: their number, time and exposure. The parts of a dose that was held are one. Of several
-- logs of a run the one with most doses counts.
-- column n_doses [1]: Number of doses.
-- column dose_time_s [s]: Time for which the precursor was dosed.
-- column exposure_pa_s [Pa.s]: Pressure of the chamber times this time; null where a dose has no pressure.
SELECT
    run_id, precursor,
    CAST(max(n_doses) AS DOUBLE) AS n_doses, max(dose_time_s) AS dose_time_s, max(exposure_pa_s) AS exposure_pa_s
FROM (
    SELECT
        run_id, measurement_id, precursor,
        count(DISTINCT CASE
            WHEN cycle IS NULL OR step IS NULL THEN concat('point ', CAST(point AS VARCHAR))
            ELSE concat(CAST(cycle AS VARCHAR), ' ', step)
        END) AS n_doses,
        coalesce(sum(duration_s), 0) AS dose_time_s,
        CASE WHEN count(pressure_pa) = count(*) THEN sum(pressure_pa * duration_s) END AS exposure_pa_s
    FROM run_log
    WHERE run_id IS NOT NULL AND precursor IS NOT NULL AND event IN ('dose', 'pulse')
    GROUP BY run_id, measurement_id, precursor
) AS of_log
GROUP BY run_id, precursor

-- Every run with its start, and the latest event before it that begins a new phase of a control chart: a refill, maintenance or a
-- calibration at its reactor; of events that name a precursor those of precursors of its recipe. The start is that of the run, otherwise that of its log.
-- column reactor: The reactor; `not stated` where it is not.
-- column started_at: Start: local time, ISO 8601.
-- column started_s [s]: Start, in seconds since 1970 as if local time were UTC; null where it is not known.
-- column began_with: Time and kind of the event; null where there was none.
SELECT
    r.run_id, r.recipe_id, r.reactor, r.started_at,
    CAST(date_part('epoch', TRY_CAST(r.started_at AS TIMESTAMP)) AS DOUBLE) AS started_s,
    max(
        CASE
            WHEN TRY_CAST(e.at AS TIMESTAMP) <= TRY_CAST(r.started_at AS TIMESTAMP)
                AND (e.reactor IS NULL OR r.reactor = 'not stated' OR e.reactor = r.reactor)
                AND (e.precursor IS NULL OR r.n_precursors IS NULL OR strpos(r.precursors, concat(';', e.precursor, ';')) > 0)
            THEN concat(e.at, ' ', e.kind, CASE WHEN e.precursor IS NOT NULL THEN concat(' of ', e.precursor) ELSE '' END)
        END
    ) AS began_with
FROM (
    SELECT
        u.run_id, u.recipe_id, coalesce(u.reactor, 'not stated') AS reactor, coalesce(u.started_at, l.started_at) AS started_at,
        p.n_precursors, p.precursors, 1 AS one
    FROM runs AS u
    LEFT JOIN (SELECT run_id, min(started_at) AS started_at FROM measurements WHERE technique = 'run_log' GROUP BY run_id) AS l
        ON l.run_id = u.run_id
    LEFT JOIN (
        SELECT recipe_id, count(*) AS n_precursors, concat(';', CAST(string_agg(precursor, ';' ORDER BY precursor) AS VARCHAR), ';') AS precursors
        FROM (SELECT DISTINCT recipe_id, precursor FROM recipe_steps WHERE precursor IS NOT NULL) AS doses
        GROUP BY recipe_id
    ) AS p ON p.recipe_id = u.recipe_id
) AS r
LEFT JOIN (SELECT *, 1 AS one FROM events WHERE kind <> 'remark') AS e ON e.one = r.one
GROUP BY r.run_id, r.recipe_id, r.reactor, r.started_at

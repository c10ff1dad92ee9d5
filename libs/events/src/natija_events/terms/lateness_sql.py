"""Late, as SQL: what `lateness.judge` says, for all appeals at once. A test holds the two equal."""


def is_late_sql(instant: str, due: str) -> str:
    """`lateness.is_late` as an SQL condition on two expressions; null, thus not true, when one of them is null."""
    return f"{due} < {instant}"


PLAN = "set local enable_nestloop = off"
"""Before each query in its transaction. The planner knows nothing of the rows of a common table expression. It takes
them for few, and compares all with all."""

_SEEN = "time <= :at and recordedtime <= coalesce(cast(:known as timestamptz), 'infinity')"
"""The facts that count: those of events dated by `:at` and recorded by `:known` (null: all)."""


def breaches_sql(where: str = "true") -> str:
    """Common table expressions on the table `term_facts`, as of `:at` and as known at `:known`:

    - breaches: `appeal, term, due, holder`, one row for each breach;
    - closings: `appeal, opened, closed`, one row for each appeal;
    - due_now: `appeal, due`, for each appeal with a term for the answer.

    Only the appeals for whose facts *where* is true are judged: it takes all facts of an appeal, or none.
    """
    return f"""
    seen as (
        select *,
            max(sequence) filter (where change = 'opened') over (partition by appeal order by sequence) as opening
        from term_facts where {_SEEN} and {where}
    ), life as (
        select appeal, sequence, time, change, name,
            count(*) filter (where change = 'opened') over ordered as openings,
            count(*) filter (where change = 'unmerged') over ordered as unmergings
        from seen where term is null
        window ordered as (partition by appeal order by time, sequence)
    ), states as (
        select *,
            min(time) filter (where change = 'merged') over
                (partition by appeal, openings, unmergings order by time, sequence) as merged,
            max(openings) over (partition by appeal) as last_opening,
            lead(sequence) over (partition by appeal order by time, sequence) is null as last
        from life
    ), closings as (
        select appeal,
            min(time) filter (where change = 'opened') as opened,
            coalesce(
                min(time) filter (where change = 'ended' and merged is null and openings = last_opening),
                max(merged) filter (where last)
            ) as closed
        from states group by appeal
    ), dues as (
        select *,
            count(*) filter (where change = 'set') over ordered as sets,
            count(*) filter (where change = 'corrected') over (partition by appeal, term)
                - count(*) filter (where change = 'corrected') over ordered as corrections,
            lead(time) over ordered as next_time,
            lead(sequence) over ordered as next_sequence
        from seen where change in ('set', 'resumed', 'extended', 'corrected')
        window ordered as (partition by appeal, term order by time, sequence, place)
    ), spans as (
        select appeal, term, time, sequence, place, due, next_time, next_sequence, corrections,
            first_value(time) over as_set as set_time,
            first_value(sequence) over as_set as set_sequence,
            first_value(place) over as_set as set_place,
            first_value(change) over as_set = 'set' as is_set,
            first_value(holder) over as_set as holder,
            coalesce(first_value(ends) over as_set, '{{}}') as ends,
            coalesce(first_value(pauses) over as_set, '{{}}') as pauses,
            coalesce(first_value(counts) over as_set, true) as counts,
            coalesce(first_value(origin_sequence) over as_set, first_value(opening) over as_set, 0) as origin
        from dues
        window as_set as (partition by appeal, term, sets order by time, sequence, place)
    ), passed as (
        select * from spans
        where corrections = 0 and counts and {is_late_sql("coalesce(next_time, :at)", "due")}
    ), unkept as (
        select * from passed where not exists (
            select from states
            where states.appeal = passed.appeal and states.time <= passed.due
                and (states.sequence > passed.origin or change = 'opened')
                and (change = 'ended' and merged is null or name = any(passed.ends))
        )
    ), unexcused as (
        select unkept.appeal, unkept.term, unkept.due
        from unkept
        left join lateral (
            select change, time, sequence from term_facts
            where appeal = unkept.appeal and change in ('opened', 'merged', 'unmerged')
                and time <= unkept.due and {_SEEN}
            order by time desc, sequence desc limit 1
        ) as merge on true
        left join lateral (
            select time, sequence from term_facts
            where appeal = unkept.appeal and change = 'unmerged' and {_SEEN}
                and (time, sequence) > (merge.time, merge.sequence)
            order by time, sequence limit 1
        ) as back on merge.change = 'merged'
        where (
            merge.change is distinct from 'merged'
            or back.time is not null
                and (next_time is null or (next_time, next_sequence) > (back.time, back.sequence))
        ) and not (cardinality(pauses) > 0 and coalesce((
            select change <> 'resumed' from term_facts
            where appeal = unkept.appeal and time <= unkept.due and {_SEEN}
                and (
                    change = 'resumed' and term = unkept.term
                    or term is null and name = any(unkept.pauses) and sequence > unkept.origin
                )
            order by time desc, sequence desc limit 1
        ), false))
    ), terms as (
        select distinct on (appeal, term) appeal, term, origin, counts, case when is_set then holder end as holder
        from spans order by appeal, term, time desc, sequence desc, place desc
    ), found as (
        select appeal, term, due from unexcused
        union
        select appeal, term, due from seen as missed
        where change = 'missed' and not exists (
            select from term_facts as annulled
            where annulled.appeal = missed.appeal and annulled.term = missed.term and annulled.due = missed.due
                and change = 'annulled' and {_SEEN}
                and (annulled.time, annulled.sequence) > (missed.time, missed.sequence)
        ) and not exists (
            select from terms where terms.appeal = missed.appeal and terms.term = missed.term and not terms.counts
        )
    ), breaches as (
        select appeal, term, found.due, coalesce(terms.holder, (
            select holder from term_facts
            where appeal = found.appeal and term is null and holder is not null and {_SEEN}
                and time <= greatest(found.due, coalesce(
                    (select max(time) from term_facts
                        where appeal = found.appeal and sequence = terms.origin and {_SEEN}),
                    closings.opened
                ))
            order by time desc, sequence desc limit 1
        )) as holder
        from found left join terms using (appeal, term) left join closings using (appeal)
    ), answers as (
        select distinct on (appeal) * from spans
        where term like 'answer-%' and corrections = 0
        order by appeal, set_time desc, set_sequence desc, set_place desc, time desc, sequence desc, place desc
    ), due_now as (
        select appeal, due from answers where not exists (
            select from life
            where life.appeal = answers.appeal and (
                change = 'stepped' and name = any(answers.ends) and sequence > origin
                or change = 'opened' and sequence > set_sequence
            )
        )
    )
"""  # noqa: S608 - only names of our own columns

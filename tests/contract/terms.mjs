// The terms of an appeal as of an instant: each with its holder, its due instant and its status.


/** Microseconds since 1970: a Date holds milliseconds only. */
function instant(text) {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
  return Date.parse(text.replace(/\.\d+/, "")) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

const order = (one, other) => one.time - other.time || one.sequence - other.sequence || one.place - other.place;
const DUES = ["set", "resumed", "extended", "corrected"];
const MERGES = ["opened", "merged", "unmerged"];

/** The facts that one event gives: about the appeal, or about one of its terms each. */
function factsOf({ type, time, data }, sequence, rules) {
  const rule = rules.facts[type];
  if (!rule) return [];
  const { change, holder } = rule.field ? (data[rule.field] ? rule.when_set : rule.otherwise) : rule;
  const fact = { sequence, place: 0, time: instant(time), change, name: type.replace(/\.v\d+$/, "") };
  if (!rule.of_term) return [{ ...fact, holder: holder ? data[holder] : null }];
  if (change !== "set") return [{ ...fact, term: data.term, due: data.due }];
  const terms = (data.terms ?? []).map(({ id, due, holder, origin, ends, pauses, expiry }) => ({
    ...fact, term: id, due, holder, origin: origin.sequence, ends: ends ?? [rules.any_end], pauses: pauses ?? [],
    counts: rules.late_expiries.includes(expiry ?? "breach") && holder !== rules.applicant,
  }));
  const due = { ...fact, term: rules.answer, due: data.due, ends: rules.answer_ends, pauses: [], counts: true };
  return [...terms, ...(data.due ? [due] : [])].map((one, place) => ({ ...one, place }));
}

function closing(life) {
  const ends = [];
  let merged = null;
  for (const one of life) {
    if (one.change === "opened" || one.change === "unmerged") merged = null;
    else if (one.change === "merged") merged ??= one;
    else if (one.change === "ended" && !merged) ends.push(one);
  }
  return ends;
}

/** The due instants of every term, the last ones. A correction leaves no earlier one of its term. */
function spansOf(seen) {
  const spans = {};
  for (const fact of seen.filter((one) => one.term && DUES.includes(one.change))) {
    const before = (spans[fact.term] ??= []);
    const set = fact.change === "set" || !before.length ? fact : before.at(-1).set;
    if (before.length) before.at(-1).next = fact;
    if (fact.change === "corrected") before.length = 0;
    const opened = seen.filter((one) => one.change === "opened" && one.sequence < set.sequence);
    const origin = set.origin ?? Math.max(0, ...opened.map((one) => one.sequence));
    before.push({ fact, set, origin, next: null, due: instant(fact.due) });
  }
  return Object.values(spans);
}

export function termsOf(events, at, rules) {
  const now = instant(at);
  const facts = events.flatMap((event, index) => factsOf(event, index + 1, rules));
  const seen = facts.filter((one) => one.time <= now).sort(order);
  const life = seen.filter((one) => !one.term);
  const ends = closing(life);

  const firstEnd = (span, by) =>
    life.find((one) =>
      ((span.set.ends ?? []).includes(one.name) || ends.includes(one)) && one.time <= by
        && (one.sequence > span.origin || one.change === "opened"));
  const isPaused = (span, by) => {
    const marks = seen.filter((one) =>
      one.time <= by && ((one.change === "resumed" && one.term === span.set.term)
        || (!one.term && (span.set.pauses ?? []).includes(one.name) && one.sequence > span.origin)));
    return marks.length > 0 && marks.at(-1).change !== "resumed";
  };
  const merge = (by) => {
    const last = life.filter((one) => MERGES.includes(one.change) && one.time <= by).at(-1);
    return last?.change === "merged" ? last : null;
  };
  const holder = (span, by, before) => {
    const opened = Math.min(...life.filter((one) => one.change === "opened").map((one) => one.time));
    const since = seen.find((one) => one.sequence === span.origin)?.time ?? opened;
    const held = life.filter((one) => one.holder && one.time <= Math.max(by, since));
    return held.filter((one) => !before || order(one, before) < 0).at(-1)?.holder ?? null;
  };
  const passed = (span) => {
    if (span.set.counts === false || (span.next?.time ?? now) <= span.due) return false;
    if (firstEnd(span, span.due) || isPaused(span, span.due)) return false;
    const merged = merge(span.due);
    if (!merged) return true;
    const back = life.find((one) => one.change === "unmerged" && order(one, merged) > 0);
    return Boolean(back) && (!span.next || order(span.next, back) > 0);
  };
  const isAnnulled = (missed) =>
    seen.some((one) => one.change === "annulled" && one.term === missed.term && one.due === missed.due
      && order(one, missed) > 0);
  const isMissed = (spans, term) =>
    spans.some(passed) || (spans.at(-1).set.counts !== false
      && seen.some((one) => one.change === "missed" && one.term === term && !isAnnulled(one)));
  const status = (span) => {
    const end = firstEnd(span, now);
    if (end && end.time <= span.due) {
      const named = span.set.ends ?? [rules.any_end];
      return named.includes(end.name) || (named.includes(rules.any_end) && ends.includes(end)) ? "met" : "cancelled";
    }
    if (end && isPaused(span, end.time)) return "cancelled";
    if (merge(now)) return "merged";
    if (isPaused(span, now)) return "paused";
    return end || now > span.due ? "expired" : "running";
  };
  const state = (spans) => {
    const span = spans.at(-1);
    const term = span.set.term;
    const missed = isMissed(spans, term);
    const end = missed ? null : firstEnd(span, span.due);
    const held = span.set.holder ?? holder(span, Math.min(now, span.due), end);
    return { term, holder: held, due: span.fact.due, status: missed ? "missed" : status(span) };
  };
  return spansOf(seen).map(state).sort((one, other) => (one.term < other.term ? -1 : 1));
}

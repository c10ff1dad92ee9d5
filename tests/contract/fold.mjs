// Folds the appeals of histories.json with lifecycle.json alone: what another language needs to read a log.
//
//     node tests/contract/fold.mjs libs/events/conformance    prints appeals and terms as JSON
import { readFileSync } from "node:fs";
import { termsOf } from "./terms.mjs";

const folder = process.argv[2];
const read = (name) => JSON.parse(readFileSync(`${folder}/${name}.json`, "utf8"));
const { states, fields, types, terms } = read("lifecycle");

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const isSet = (value) => value !== undefined && value !== null && value !== false;

function item(names, data) {
  const values = names.map((name) => data[name]);
  return values.length > 1 ? values : values[0];
}

function effect({ copy, add, remove, constant }, before, data) {
  if (copy) return data[copy] ?? null;
  if (add) return [...before.filter((one) => !same(one, item(add, data))), item(add, data)];
  if (remove) return before.filter((one) => !same(one, item(remove, data)));
  return constant;
}

function moved({ state, resume }, row, data) {
  const { to } = row;
  if (to.stay) return { state, resume };
  if (to.resume) {
    return state === to.resume && resume.length ? { state: resume[0], resume: resume.slice(1) } : { state, resume };
  }
  if (states.terminal.includes(state) && !row.leaves_the_end) return { state, resume };
  const next = to.state ?? (isSet(data[to.field]) ? to.when_set : to.otherwise);
  if (row.keeps_waiting && states.suspending.includes(state)) return { state, resume: [next, ...resume.slice(1)] };
  return { state: next, resume: states.suspending.includes(next) ? [state, ...resume] : [] };
}

function evolve(appeal, { type, time, data }) {
  const sequence = appeal.sequence + 1;
  const row = types[type];
  if (!row) return { ...appeal, sequence };
  const { state, resume } = moved(appeal, row, data);
  const changed = Object.entries(row.effects).map(([name, one]) => [name, effect(one, appeal[name], data)]);
  const after = { ...appeal, ...Object.fromEntries(changed), state, resume, sequence };
  after.opened ??= time;
  if (row.weight === "material") after.material = sequence;
  if (row.weight === "term") after.termed = sequence;
  if (states.terminal.includes(state) && !states.terminal.includes(appeal.state)) after.closed = time;
  if (states.open.includes(state)) after.closed = null;
  return after;
}

const start = {
  state: states.initial, resume: [], opened: null, sequence: 0, material: 0, termed: 0, closed: null, ...fields,
};
const folded = read("histories").histories.map(({ events, at }) => ({
  appeal: events.reduce(evolve, start),
  terms: termsOf(events, at, terms),
}));
console.log(JSON.stringify(folded));

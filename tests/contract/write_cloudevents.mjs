// Writes Kafka records with the official CloudEvents SDK for JavaScript, in each of its modes.
//
//     node write_cloudevents.mjs < event.json    in a folder with the package cloudevents; prints a list of records
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { CloudEvent, Kafka } = createRequire(`${process.cwd()}/`)("cloudevents");
const { data, ...attributes } = JSON.parse(readFileSync(0, "utf-8"));
const { datacontenttype, ...others } = attributes;

function record({ headers, key, value }) {
  // What a client of Kafka takes: texts, and no undefined header.
  const texts = Object.entries(headers).filter(([, content]) => content !== undefined);
  return { headers: texts.map(([name, content]) => [name, `${content}`]), key, value: text(value) };
}

function text(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

const events = [new CloudEvent({ ...attributes, data }), new CloudEvent({ ...others, data })];
const records = events.flatMap((event) => [record(Kafka.binary(event)), record(Kafka.structured(event))]);
const batch = { "content-type": "application/cloudevents-batch+json" };
records.push(record({ headers: batch, key: attributes.partitionkey, value: JSON.stringify([events[0]]) }));
console.log(JSON.stringify(records));

// Registers one appeal, sealed and signed, and prints its outcome. ../README.md says how to run it.
import { createPrivateKey, createPublicKey, randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Kafka, logLevel } from "kafkajs";
import * as natija from "./natija.mjs";

const settings = ["KAFKA", "REALM", "SOURCE", "KEY_FILE", "REALM_PUBLIC_KEY"], type = "appeal.registered.v1";
for (const name of settings) if (!process.env[name]) throw new Error(`the variable ${name} is not set`);
const [KAFKA, REALM, SOURCE, KEY_FILE, REALM_PUBLIC_KEY] = settings.map((name) => process.env[name]);
const number = natija.appealNumber(REALM, randomBytes(8).readBigUInt64BE());
const time = new Date().toISOString().replace("Z", "000Z"), dataschema = `urn:natija:${type}`;
const event = { specversion: "1.0", id: randomUUID(), source: SOURCE, type, subject: number, time, dataschema };

const key = await natija.proposalKey(REALM, number, Buffer.from(REALM_PUBLIC_KEY, "base64url"));
const appeal = { kind: "application", form: "electronic", channel: "electronic", received: time, jurisdiction: "KG" };
appeal.person = natija.seal(REALM, event, key, "person", { name: "Асанова Айгүл", phone: "+996555010203" });
appeal.content = natija.seal(REALM, event, key, "content", { text: "Көпүрө бузулган." });
const value = Buffer.from(JSON.stringify(appeal)), privateKey = createPrivateKey(readFileSync(KEY_FILE));
event.wrappedkey = key.wrapped;
event.publisherkey = natija.keyId("ed25519", Buffer.from(createPublicKey(privateKey).export({ format: "jwk" }).x, "base64url"));
event.signature = natija.signature(REALM, event, value, privateKey);

const headers = { "content-type": "application/json" };
for (const [name, content] of Object.entries(event)) headers[`ce_${name}`] = String(content);
const kafka = new Kafka({ brokers: [KAFKA], logLevel: logLevel.ERROR }), producer = kafka.producer();
await producer.connect();
await producer.send({ topic: `${REALM}.appeals.inbox`, acks: -1, messages: [{ key: number, value, headers }] });
await producer.disconnect();

// A group for each run reads all your outcomes. A program that goes on has one group, and goes on with it.
const publisher = SOURCE.slice(1).replaceAll("/", ".");
const consumer = kafka.consumer({ groupId: `${REALM}.publisher.${publisher}.${event.id}` });
await consumer.connect();
await consumer.subscribe({ topic: `${REALM}.outcomes.${publisher}`, fromBeginning: true });
const found = new Promise((resolve) => consumer.run({
  eachMessage: async ({ message }) => {
    const told = JSON.parse(message.value);
    if (told.proposal === event.id) resolve(told);
  },
}));
const late = new Error("no outcome within 60 s: are KAFKA and SOURCE right?");
const outcome = await Promise.race([found, new Promise((_, reject) => setTimeout(reject, 60_000, late))]);
await consumer.disconnect();
console.log(number, JSON.stringify(outcome));
process.exit(outcome.decision === "registered" ? 0 : 1);

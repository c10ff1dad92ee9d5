// Registers one appeal, sealed and signed, and prints its outcome. ../README.md says how to run it.
import { createPrivateKey, createPublicKey, randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Kafka, logLevel } from "kafkajs";
import * as natija from "./natija.mjs";

const { KAFKA, REALM, SOURCE, KEY_FILE, REALM_PUBLIC_KEY } = process.env, type = "appeal.registered.v1";
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
for (const [name, content] of Object.entries(event)) headers[`ce_${name}`] = content;
const kafka = new Kafka({ brokers: [KAFKA], logLevel: logLevel.ERROR }), producer = kafka.producer();
await producer.connect();
await producer.send({ topic: `${REALM}.appeals.inbox`, acks: -1, messages: [{ key: number, value, headers }] });
await producer.disconnect();

const publisher = SOURCE.slice(1).replaceAll("/", "."), consumer = kafka.consumer({ groupId: `${REALM}.publisher.${publisher}.sample` });
await consumer.connect();
await consumer.subscribe({ topic: `${REALM}.outcomes.${publisher}`, fromBeginning: true });
const outcome = await new Promise((resolve) => consumer.run({
  eachMessage: async ({ message }) => {
    const told = JSON.parse(message.value);
    if (told.proposal === event.id) resolve(told);
  },
}));
await consumer.disconnect();
console.log(number, JSON.stringify(outcome));

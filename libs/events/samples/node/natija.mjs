// Appeal numbers, sealing and signatures, as CONTRACT.md describes them.
import { createCipheriv, createHash, hkdfSync, randomBytes, sign } from "node:crypto";
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";

const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PADDED = { person: [512, 1024, 2048], content: [256, 1024, 4096, 16384, 65536, 131072] };
const HPKE = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

const bytes = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const sha256 = (raw) => createHash("sha256").update(raw).digest();
const uint32 = (number) => { const out = Buffer.alloc(4); out.writeUInt32BE(number); return out; };
const list = (start, items) => bytes(start, ...items.flatMap((item) => [uint32(bytes(item).length), item]));
const derive = (key, purpose, ...texts) => Buffer.from(hkdfSync("sha256", key, "", list(purpose, texts), 32));
export const keyId = (kind, publicKey) => `${kind}:${sha256(publicKey).toString("base64url").slice(0, 22)}`;
const base32 = (raw) => [...raw].map((byte) => byte.toString(2).padStart(8, "0")).join("").match(/.{1,5}/g)
  .map((five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[parseInt(five.padEnd(5, "0"), 2)]).join("");

export function appealNumber(realm, bits) { // bits: a random BigInt of 64 bits
  let symbols = "", check = 0;
  for (let place = 60n; place >= 0n; place -= 5n) {
    const value = Number((bits >> place) & 31n);
    symbols += SYMBOLS[value];
    check = (check ^ value) << 1;
    if (check > 31) check ^= 37;
  }
  return `${realm.toUpperCase()}-${(symbols + SYMBOLS[check]).match(/.{1,4}/g).join("-")}`;
}

function encrypt(key, plain, bound) { // the nonce, the ciphertext and its tag
  const nonce = randomBytes(12), cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(bytes(bound));
  return bytes(nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag());
}

export async function proposalKey(realm, number, realmPublicKey) { // a fresh one for every proposal
  const session = randomBytes(32), secret = randomBytes(32), id = keyId("x25519", realmPublicKey);
  const recipientPublicKey = await HPKE.kem.deserializePublicKey(realmPublicKey);
  const sender = await HPKE.createSenderContext({ recipientPublicKey, info: list("natija-wrap-v1", [realm.toUpperCase(), id]) });
  const encapsulation = bytes(new Uint8Array(sender.enc), new Uint8Array(await sender.seal(session)));
  const parts = [encapsulation, encrypt(session, secret, number)].map((raw) => raw.toString("base64url"));
  return { wrapped: [id, ...parts].join("."), data: derive(secret, "natija-fields-v1", realm.toUpperCase(), number) };
}

export function seal(realm, event, key, field, value) {
  const json = bytes(JSON.stringify(value)), padded = Buffer.alloc(PADDED[field].find((size) => size >= json.length), " ");
  json.copy(padded);
  const valueKey = derive(key.data, "natija-value-v1", event.source, event.id, field);
  const place = list("natija-value-v1", [realm.toUpperCase(), event.subject, event.source, event.id, event.type, field]);
  return { kid: `gcm1:${base32(sha256(bytes("natija-kid-v1", key.data)).subarray(0, 16))}`, ct: encrypt(valueKey, padded, place).toString("base64url") };
}

export function signature(realm, event, data, privateKey) {
  const { id, source, type, subject, time, expectedsequence = "", causationid = "", correlationid = "" } = event;
  const fields = [realm.toUpperCase(), "1", id, source, type, subject, time, expectedsequence, causationid, correlationid, sha256(data)];
  return sign(null, list("natija-proposal-v1\0", fields), privateKey).toString("base64url");
}

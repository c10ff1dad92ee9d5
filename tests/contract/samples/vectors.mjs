// Answers each line of the standard input, by the sample client: a number of an appeal, or a signature.
import { createPrivateKey } from "node:crypto";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const natija = await import(pathToFileURL(process.argv[2]).href);
for await (const line of createInterface({ input: process.stdin })) {
  const [asked, realm, ...values] = line.split("\t");
  if (asked === "number") console.log(natija.appealNumber(realm, BigInt(`0x${values[0]}`)));
  if (asked === "signature") {
    const [pem, data, ...attributes] = values;
    const names = ["id", "source", "type", "subject", "time", "expectedsequence", "causationid", "correlationid"];
    const event = Object.fromEntries(names.map((name, place) => [name, attributes[place]]));
    const key = createPrivateKey(Buffer.from(pem, "base64"));
    console.log(natija.signature(realm, event, Buffer.from(data, "base64"), key));
  }
}

// Parses an AsyncAPI document with the official parser: prints its errors, or how many channels it has.
import { Parser, fromFile } from "@asyncapi/parser";

const { document, diagnostics } = await fromFile(new Parser(), process.argv[2]).parse();
for (const one of diagnostics) if (one.severity === 0) console.log(one.path.join("."), one.message);
if (!document) process.exit(1);
console.log(`${document.channels().all().length} channels`);

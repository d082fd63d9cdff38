// The other side of TokenizerQuestion: reads lines {"load": FILE} and {"encode": [TEXT, …]} from standard input, answers {"seconds": S, "tokens": N} to each.
// One text after the other, so that one thread works. Run by node in a folder where @anush008/tokenizers is installed.
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";

const { Tokenizer } = createRequire(path.join(process.cwd(), "package.json"))("@anush008/tokenizers");
let tokenizer;
for await (const line of createInterface({ input: process.stdin })) {
  const { load, encode } = JSON.parse(line);
  if (load)
    tokenizer = Tokenizer.fromFile(load);
  let tokens = 0;
  const start = process.hrtime.bigint();
  for (const text of encode ?? [])
    tokens += (await tokenizer.encode(text, null, { addSpecialTokens: false })).getLength();
  console.log(JSON.stringify({ seconds: Number(process.hrtime.bigint() - start) / 1e9, tokens }));
}

// What the reference library (tokenizers 0.22.2, inside npm's @anush008/tokenizers 0.6.0) says of small tokenizers: writes
// components.json, normalization.json and classes.json beside this file.   npm install @anush008/tokenizers && node make-fixtures.mjs
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const { Tokenizer, nfcNormalizer, nfdNormalizer } = createRequire(path.join(process.cwd(), "x.js"))("@anush008/tokenizers");
const read = name => JSON.parse(fs.readFileSync(path.join(here, name, "tokenizer.json"), "utf8"));
const write = (name, value) => fs.writeFileSync(path.join(here, name), JSON.stringify(value).replaceAll(/[\u007f-\uffff]/g, c => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0")) + "\n");

const texts = [
  "", " ", "abc", " abc", "  abc  ab", "ab cab  c", "   ab", "a<|endoftext|>b", "a <bos> b", "ab\n\n  ab\r\nc\t ab ", "a\u0004!\u0004!", "!\u{40000}!",
  "caf\u00e9 cafe\u0301 \u1e0b\u0323", "\u{1F600}a \u{1F600}\u{1F600}", "12 3456 a1b22 \u0663\u0664 \u2167 \u00bd7", "I'm he'S they'LL 'x x'\u017Fy can't",
  "\u00a0a\u3000b\u2028c", "\uac00\u1100\u1161\u11a8 \u0958", "\u2581ab\u2581 ab", "a__b_c", "-ab--c-", "\u{1D7D8}\u{20000}\u4e00\u{10400}x", "   <x>   <x>a<x>",
];
const byteLevel = (prefix, regex = true) => ({ type: "ByteLevel", add_prefix_space: prefix, trim_offsets: true, use_regex: regex });
const split = (pattern, behavior, invert = false) => ({ type: "Split", pattern, behavior, invert });
const sequence = (...pretokenizers) => ({ type: "Sequence", pretokenizers });
const regexes = {
  llama3: "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  qwen2: "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  possessive: "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
  cased: "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s+(?!\\S)|\\s+",
  ideographs: "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+", punctuation: "[\\p{P}\\p{S}]+", nothing: "\\s*", digits: "[0-9][0-9]", before: "(?<=a)b|c(?=a)",
};
const added = (id, content, flags) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: false, ...flags });
const cases = [
  ["tiny-bytes", {}],
  ["tiny-bytes", { pre_tokenizer: byteLevel(true), post_processor: { ...byteLevel(true), trim_offsets: true } }],
  ["tiny-bytes", { pre_tokenizer: byteLevel(true), post_processor: { ...byteLevel(false), trim_offsets: true } }],
  ["tiny-bytes", { pre_tokenizer: byteLevel(false, false) }],
  ["tiny-bytes", { pre_tokenizer: byteLevel(false), normalizer: { type: "NFC" }, post_processor: { ...byteLevel(false), trim_offsets: true } }],
  ["tiny-bytes", { normalizer: { type: "NFD" } }],
  ["tiny-bytes", { pre_tokenizer: sequence({ type: "Digits", individual_digits: true }, byteLevel(false)), model: { ignore_merges: true } }],
  ["tiny-bytes", { pre_tokenizer: sequence({ type: "Digits", individual_digits: false }, byteLevel(false)) }],
  ...Object.values(regexes).map(r => ["tiny-bytes", { pre_tokenizer: sequence(split({ Regex: r }, "Isolated"), byteLevel(false, false)) }]),
  ...["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"].flatMap(b => [true, false].map(invert =>
    ["tiny-bytes", { pre_tokenizer: sequence(split({ Regex: "[ab_-]" }, b, invert), byteLevel(false, false)) }])),
  ["tiny-bytes", { pre_tokenizer: sequence(split({ String: "--" }, "Contiguous"), split({ Regex: regexes.llama3 }, "Removed", true), byteLevel(false, false)) }],
  ["tiny-bytes", { post_processor: { type: "Sequence", processors: [{ ...byteLevel(false), trim_offsets: true }, { type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "<|endoftext|>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "<|endoftext|>", type_id: 0 } }],
    pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }], special_tokens: { "<|endoftext|>": { id: "<|endoftext|>", ids: [269], tokens: ["<|endoftext|>"] } } }] } }],
  ...[{ lstrip: true }, { rstrip: true }, { lstrip: true, rstrip: true }, { single_word: true }, { normalized: true }].map(flags =>
    ["tiny-bytes", { normalizer: { type: "NFC" }, added_tokens: [added(269, "<|endoftext|>", { special: true }), added(271, "<x>", flags), added(272, "e\u0301", flags)] }]),
  ["tiny", { pre_tokenizer: null }],
  ...["always", "first", "never"].flatMap(scheme => [true, false].map(cut => ["tiny", { normalizer: null, pre_tokenizer: { type: "Metaspace", replacement: "\u2581", prepend_scheme: scheme, split: cut },
    decoder: { type: "Metaspace", replacement: "\u2581", prepend_scheme: scheme, split: cut } }])),
  ["tiny", { normalizer: null, pre_tokenizer: { type: "Metaspace", replacement: "_", add_prefix_space: true }, decoder: { type: "Metaspace", replacement: "_", add_prefix_space: true } }],
  ["tiny", { normalizer: { type: "Sequence", normalizers: [{ type: "NFC" }, { type: "Prepend", prepend: "\u2581" }, { type: "Replace", pattern: { String: " " }, content: "\u2581" }] }, pre_tokenizer: null }],
  ["tiny", { model: { byte_fallback: false, unk_token: null } }],
  ["tiny", { model: { byte_fallback: false, fuse_unk: true } }],
  ["tiny", { model: { byte_fallback: false, fuse_unk: false } }],
];
const made = [];
for (const [base, change] of cases) {
  const json = read(base);
  for (const [section, value] of Object.entries(change))
    json[section] = section === "model" ? { ...json.model, ...value } : value;
  const tokenizer = Tokenizer.fromString(JSON.stringify(json));
  const results = [];
  for (const text of texts) {
    const plain = await tokenizer.encode(text, null, { addSpecialTokens: false });
    const special = await tokenizer.encode(text, null, { addSpecialTokens: true });
    results.push({ text, ids: plain.getIds(), ids_special: special.getIds(), tokens: plain.getTokens(), offsets: plain.getOffsets(), decoded: await tokenizer.decode(plain.getIds(), false) });
  }
  made.push({ base, change, results });
}
write("components.json", made);

const normalizing = ["e\u0301x", "\u00e9", "a\u0323\u0307b", "a\u0307\u0323b", "\u1e0b\u0323", "\uac00\uac01", "\u1100\u1161\u11a8", "\uac00\u11a8\u11a8", "\u0958x", "\u0344y", "\u0301a", "\u212b\u2126K",
  "\u1e9b\u0323", "\ufb1d\ufb2a", "\u{1D15E}a", "\u{2F800}\u{1D1BB}", "\u0f73\u0f75\u0f81", "\u0345\u0f73", "a\u0315\u0300\u05ae\u0300b", "\u01d5\u01d6", "\u1e14e", "\u0cc7\u0cd5", "\u0dd9\u0dca\u0dcf", "a\u0334\u0304\u0334", "\u0043\u0327\u0301"];
const norm = [];
for (const text of normalizing) {
  const entry = { text };
  for (const [form, normalizer] of [["NFC", nfcNormalizer()], ["NFD", nfdNormalizer()]]) {
    const output = normalizer.normalizeString(text);
    const vocab = Object.fromEntries([...new Set(output)].map((c, i) => [c, i]));
    const json = { ...read("tiny"), added_tokens: [], normalizer: { type: form }, pre_tokenizer: null, post_processor: null, decoder: null, model: { type: "BPE", vocab, merges: [] } };
    const encoded = await Tokenizer.fromString(JSON.stringify(json)).encode(text, null, { addSpecialTokens: false });
    entry[form] = { output, offsets: encoded.getOffsets() };
  }
  norm.push(entry);
}
write("normalization.json", norm);

const points = [];
for (let c = 0; c < 0x110000; c++)
  if (c < 0xd800 || c > 0xdfff) points.push(c);
const members = (preTokenizer, keep = () => true) => {
  const found = [];
  for (let i = 0; i < points.length; i += 2048) {
    const text = points.slice(i, i + 2048).map(c => "ab" + String.fromCodePoint(c)).join("") + "ab";
    for (const [piece] of preTokenizer.preTokenizeString(text))
      if ([...piece].length === 1 && keep(piece)) found.push(piece.codePointAt(0));
  }
  const ranges = [];
  for (const c of found)
    if (ranges.length && ranges.at(-1)[1] === c - 1) ranges.at(-1)[1] = c;
    else ranges.push([c, c]);
  return ranges.map(([a, b]) => (a === b ? a.toString(16) : a.toString(16) + "-" + b.toString(16))).join(" ");
};
const preTokenizer = pre_tokenizer => Tokenizer.fromString(JSON.stringify({ ...read("tiny"), pre_tokenizer })).getPreTokenizer();
write("classes.json", {
  L: members(preTokenizer(split({ Regex: "ab|[^\\p{L}]" }, "Removed")), p => !"ab".includes(p)) + " 61-62",
  N: members(preTokenizer(split({ Regex: "ab|[^\\p{N}]" }, "Removed"))),
  s: members(preTokenizer(split({ Regex: "\\S" }, "Removed"))),
  digits: members(preTokenizer({ type: "Digits", individual_digits: true })),
});

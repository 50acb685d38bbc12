#!/usr/bin/env python3
"""Makes the vectors of this directory: small tokenizers of every kind, trained on a few lines, and what
Hugging Face's library makes of texts that are easily got wrong.

    pip install tokenizers==0.23.3
    python3 make.py        # writes NAME.json and NAME.vectors.json for each NAME

A vector is a text and its ids. Special tokens are taken out of a file before it encodes, as lmz codes their text
like any other, and so is NFC, which lmz does not apply: the vectors are what Hugging Face does without
these two. A text with a byte that has no token is left out of a tokenizer's vectors, as it has no reference.
"""
import collections, json, os
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = os.path.dirname(os.path.abspath(__file__))

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace("{1,3}", "")

CORPUS = [
    "The quick brown fox jumps over the lazy dog. It's the dog's day, isn't it? They're sure we've seen 'em; I'll say I'd go.",
    "In 1984 there were 1,234,567 of them, and in 2024 some 3.14159 times as many: 10 100 1000 10000.",
    "def main(args):\n    for i in range(10):\n        if i % 2 == 0:\n            print(i, args[i])\n    return 0\n",
    "Der schöne Übergang der naïve café crème brûlée. Où est la bibliothèque? El niño mañana. Cửa Việt.",
    "нещо на Български, что такое, это большой город. 日本語のテキスト、日本の本。我想在苹果工作。",
    "<html>\r\n<body class=\"x\">\r\n\t<p>one</p>\r\n\t\t<p>two</p>\r\n</body>\r\n</html>\r\n\r\n\r\n",
    "🙂🙂 🚀 hello hello hello the the the aaaa aaaaaaaa ======== -------- ........ !!! ??? \t\t\t      x          y",
]

TEXTS = [
    "", " ", "  ", "   ", "a", " a", "  a", "a ", "a  ", "a b  c   d    e", " " * 23 + "x", " " * 24 + "x", " " * 25, " " * 60 + "y",
    "\n", "\n\n", "\n\n\n", "\r\n", "a\r\nb\n\rc", "a \n b", "a\n  b", "a  \n\n  b  \n", "\t", "\t\ta", "a\t b", " \n\t\r\n x", "\x0b\x0c\x1c\x85\u00a0\u2003\u3000x",
    "it's", "It'S", "IT'S they'RE I'm I'll you'd we've 'Twas 'tis ''s 'sss '' ' s", "don\u2019t", "'\u017f '\u017fa 'LL 'lL 'Ve x's's", " 's 't",
    "1", "12", "123", "1234", "12345678901", "3.14", "a1b22c333", " 1", "  1", "1 2  3", "١٢٣٤", "½²Ⅻ㊿", "v2.0-rc1",
    "café", "cafe\u0301", "\u212b\u00c5A\u030a", "ﬁ ﬀ", "ünïcödé ÜÄÖ", "Ĉŭ", "e\u0301\u0301\u0301", "\u0301", "नमस्ते", "ภาษาไทย", "한국어", "日本語テキスト", "нещо на Български",
    "🙂", " 🙂🙂", "👩\u200d👩\u200d👧", "🏳️\u200d🌈", "\U0010ffff", "\U000e0001", "\ud7fb\ue000\ufffd\uffff", "𝒜𝓑𝟙𝟚 𠀀",
    "\x00", "a\x00b", "\x01\x02\x7f", "\ufeff", "\u200b", "\u00ad",
    "<|endoftext|>", "a<|endoftext|>b", "<s>", "</s>", "<unk>", "<0x41>", "<|im_start|>user", "[PAD]", "▁", "a▁b", "▁▁ ▁",
    "Hello, world!", "((x)) [[y]] {{z}}", "foo_bar-baz/qux", "a=b;c!=d", "!!!\n\n", "...\r\n\r\nx", " ?!", "$100.00 €5", "#include <stdio.h>\n\nint main(void)\n{\n\treturn 0;\n}\n",
    "a" * 100, "ab" * 60, " the" * 20, "the" * 30, "A" * 70 + "a" * 70, "=" * 80, "0" * 40, "\n" * 30, "\u3000" * 10,
    *CORPUS,
]


def train(tokenizer, **options):
    trainer = trainers.BpeTrainer(show_progress=False, min_frequency=2, **options)
    tokenizer.train_from_iterator(CORPUS * 2, trainer)
    return tokenizer


def bytes_but(missing):
    """The characters of all bytes but those missing, in GPT-2's alphabet."""
    plain = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 255 and b != 173]
    other = [b for b in range(256) if b not in plain]
    table = {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(other)}
    return [table[b] for b in range(256) if b not in missing]


# Bytes that no UTF-8 has, as GPT-NeoX's vocabulary lacks them, and some that it has.
NEVER = [0xC0, 0xC1, *range(0xF5, 0x100)]


def gpt2():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    return train(t, vocab_size=700, initial_alphabet=bytes_but([]), special_tokens=["<|endoftext|>"])


def gptneox():
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    train(t, vocab_size=700, initial_alphabet=bytes_but(NEVER), special_tokens=["<|endoftext|>", "<|padding|>"])
    t.add_tokens([AddedToken(" " * n, normalized=True) for n in range(24, 1, -1)] + [AddedToken("|||IP|||", normalized=False)])
    return t


def llama3():
    t = Tokenizer(models.BPE(ignore_merges=True))
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    train(t, vocab_size=700, initial_alphabet=bytes_but([]))
    # Tokens that no merge makes, which ignore_merges finds.
    file = json.loads(t.to_str())
    for word in ["Ġlanguage", "Ġthing", "'tis", "xyzzy"]:
        file["model"]["vocab"].setdefault(word, len(file["model"]["vocab"]))
    t = Tokenizer.from_str(json.dumps(file))
    t.add_special_tokens(["<|begin_of_text|>", "<|endoftext|>"])
    return t


def qwen2():
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN2), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    train(t, vocab_size=700, initial_alphabet=bytes_but([]))
    t.add_special_tokens(["<|endoftext|>"])
    t.add_tokens([AddedToken("<tool_call>", normalized=False), AddedToken("</tool_call>", normalized=False)])
    return t


def smollm2():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    t.decoder = decoders.ByteLevel()
    return train(t, vocab_size=700, initial_alphabet=bytes_but([4, 6, 0x13, *NEVER]), special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"])


def llama2(metaspace=None):
    t = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    prepend = [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    t.normalizer = normalizers.Sequence(prepend)
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=True)  # words, for training
    characters = collections.Counter("".join(CORPUS).replace(" ", "▁"))
    frequent = sorted(characters, key=lambda c: (-characters[c], c))[:90]  # the others are bytes
    train(t, vocab_size=700, special_tokens=["<unk>", "<s>", "</s>"] + ["<0x%02X>" % b for b in range(256)],
          limit_alphabet=len(frequent), initial_alphabet=frequent)
    file = json.loads(t.to_str())
    file["added_tokens"] = file["added_tokens"][:3]  # the tokens of bytes are in the vocabulary only
    file["pre_tokenizer"] = None
    file["decoder"] = {"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    if metaspace:
        file["normalizer"] = None
        file["pre_tokenizer"] = metaspace
    # Old files write merges as strings.
    file["model"]["merges"] = [" ".join(m) for m in file["model"]["merges"]]
    return Tokenizer.from_str(json.dumps(file)), json.dumps(file, ensure_ascii=False, separators=(",", ":"))


def reference(text):
    """The tokenizer of a file without special tokens and without NFC."""
    file = json.loads(text)
    file["added_tokens"] = [t for t in file["added_tokens"] if not t["special"]]
    if file["normalizer"] == {"type": "NFC"}:
        file["normalizer"] = None
    return Tokenizer.from_str(json.dumps(file))


def main():
    made = {f.__name__: f().to_str() for f in (gpt2, gptneox, llama3, qwen2, smollm2)}
    made["llama2"] = llama2()[1]
    made["metaspace"] = llama2({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True})[1]
    for name, text in made.items():
        compact = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
        t = reference(compact)
        byte_level = name not in ("llama2", "metaspace")
        vectors = []
        for s in TEXTS:
            if byte_level:
                missing = {"gptneox": NEVER, "smollm2": [4, 6, 0x13, *NEVER]}.get(name, [])
                if any(b in missing for b in s.encode("utf-8")):
                    continue
            elif "▁" in s or name == "metaspace" and s.startswith(" "):
                continue  # lmz codes U+2581 by its bytes, and a space goes before every text
            vectors.append({"text": s, "ids": t.encode(s, add_special_tokens=False).ids})
        with open(os.path.join(HERE, name + ".json"), "w", encoding="utf-8") as f:
            f.write(compact + "\n")
        with open(os.path.join(HERE, name + ".vectors.json"), "w", encoding="utf-8") as f:
            f.write("[\n" + ",\n".join(json.dumps(v, separators=(",", ":")) for v in vectors) + "\n]\n")


if __name__ == "__main__":
    main()

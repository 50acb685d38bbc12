#!/usr/bin/env python3
"""Writes huggingface.json: what Hugging Face's BpeTrainer makes of text.txt, and the ids that its tokenizers gives the
same text with these merges, if bytes have their ids first and start-of-text the last one.

    pip install tokenizers==0.23.3; ./make.py      (in this directory)
"""

import json

import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

VOCAB = 900
with open("text.txt", encoding="utf-8", newline="") as f:
    text = f.read()
t = Tokenizer(models.BPE())
t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
t.train_from_iterator([text], trainers.BpeTrainer(vocab_size=VOCAB, min_frequency=2, show_progress=False,
                                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
model = json.loads(t.to_str())["model"]
with open("huggingface.json", "w", encoding="utf-8") as f:
    json.dump({"tokenizers": tokenizers.__version__, "vocab": VOCAB, "merges": [" ".join(m) for m in model["merges"]],
               "ids": t.encode(text).ids}, f, ensure_ascii=False, separators=(",", ":"))
    f.write("\n")

"""Makes gptneox-ngrams: a tiny random GPT-NeoX model with a table of n-grams (docs/numerics.md, "N-grams"), and the
logits that transformers computes with it once the rows are added to the embedding, which is done here.

    python ngrams.py      (torch 1.13.0, transformers 4.40.2, safetensors 0.8.0)

.ci/transformers checks a trained model by the same two functions.
"""

import json
import os
import random

import torch
from safetensors.torch import load_file, save_file
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

HERE = os.path.dirname(os.path.abspath(__file__))
VOCAB, START, LENGTH, WIDTH = 31, 30, 4, 32


def logits(model, keys, table, tokens):
    """Logits after each token, (T, V), of a GPTNeoXForCausalLM to whose embedding the rows of table are added.

    keys has for each row its ids, oldest first, and then -1.
    """
    rows = {tuple(i for i in key if i >= 0): row for row, key in enumerate(keys.tolist())}
    with torch.no_grad():
        x = model.gpt_neox.embed_in(torch.tensor(tokens)).clone()
        for t in range(len(tokens)):
            for n in range(2, min(keys.shape[1], t + 1) + 1):
                row = rows.get(tuple(tokens[t + 1 - n:t + 1]))
                if row is not None:
                    x[t] += table[row]
        return model(inputs_embeds=x[None]).logits[0]


def without(source, to):
    """Writes the model of a directory without its table to another; returns keys and table."""
    tensors = load_file(os.path.join(source, "model.safetensors"))
    keys, table = tensors.pop("lmz_ngram.keys"), tensors.pop("lmz_ngram.weight")
    with open(os.path.join(source, "config.json")) as f:
        settings = {k: v for k, v in json.load(f).items() if not k.startswith("lmz_")}
    settings.update(model_type="gpt_neox", architectures=["GPTNeoXForCausalLM"])
    os.makedirs(to, exist_ok=True)
    with open(os.path.join(to, "config.json"), "w") as f:
        json.dump(settings, f)
    save_file(tensors, os.path.join(to, "model.safetensors"), {"format": "pt"})
    return keys, table


def main():
    torch.manual_seed(9)
    settings = dict(vocab_size=VOCAB, bos_token_id=START, eos_token_id=START, hidden_size=WIDTH, num_hidden_layers=2,
                    num_attention_heads=4, intermediate_size=24, max_position_embeddings=64, hidden_act="gelu",
                    rotary_pct=0.25, rotary_emb_base=10000, layer_norm_eps=1e-5, tie_word_embeddings=False,
                    use_parallel_residual=True)
    model = GPTNeoXForCausalLM(GPTNeoXConfig(**settings)).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            gain = p.dim() == 1 and name.endswith("weight")
            p.copy_(torch.randn_like(p) * 0.2 + (1.0 if gain else 0.0))
    tokens = [START] + torch.randint(0, START, (39,)).tolist()
    # Half of the n-grams of two texts, of this one and of TestReferenceGolden's, so that some are there without those
    # that they begin or end with; and some of no text.
    texts = [tokens, [START] + [i * i * 7 % VOCAB for i in range(100)]]
    ngrams = sorted({tuple(s[i:i + n]) for s in texts for n in range(2, LENGTH + 1) for i in range(len(s) - n + 1)})
    random.seed(9)
    chosen = set(random.sample(ngrams, len(ngrams) // 2)) | {(0, 0), (0, 0, 0), (29, 0, 29, 0), (30, 30)}
    chosen = sorted(chosen, key=lambda ids: (len(ids), ids))
    keys = torch.tensor([list(ids) + [-1] * (LENGTH - len(ids)) for ids in chosen], dtype=torch.int32)
    table = torch.randn(len(chosen), WIDTH) * 0.2
    path = os.path.join(HERE, "gptneox-ngrams")
    os.makedirs(path, exist_ok=True)
    save_file({**{k: v for k, v in model.state_dict().items() if k in dict(model.named_parameters())},
               "lmz_ngram.keys": keys, "lmz_ngram.weight": table}, os.path.join(path, "model.safetensors"), {"format": "pt"})
    settings.update(model_type="lmz_gpt_neox", architectures=["LmzGPTNeoXForCausalLM"], lmz_ngram_rows=len(chosen),
                    lmz_ngram_length=LENGTH)
    with open(os.path.join(path, "config.json"), "w") as f:
        json.dump(settings, f, indent=2)
        f.write("\n")
    rows = logits(model, keys, table, tokens).tolist()
    with open(os.path.join(path, "logits.json"), "w") as f:
        json.dump({"tokens": tokens, "logits": [[round(x, 6) for x in row] for row in rows]}, f)
        f.write("\n")


if __name__ == "__main__":
    main()

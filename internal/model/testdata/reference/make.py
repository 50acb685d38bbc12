"""Makes the reference vectors of this directory with transformers' GPTNeoXForCausalLM.

    python make.py      (torch 1.13, transformers 4.40.2, safetensors)

The model is tiny and random. Gains, biases and the deviation of the weights are larger than a
trained model's, so that a term that is left out or misplaced shows in the logits.
"""

import json

import torch
from safetensors.torch import save_file
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

torch.manual_seed(1)
config = GPTNeoXConfig(
    vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
    rotary_pct=0.5, rotary_emb_base=10000, max_position_embeddings=64, layer_norm_eps=1e-5,
    use_parallel_residual=True, tie_word_embeddings=False, bos_token_id=63, eos_token_id=63,
    hidden_act="gelu",
)
model = GPTNeoXForCausalLM(config).eval()
with torch.no_grad():
    for name, p in model.named_parameters():
        gain = "layernorm.weight" in name or "layer_norm.weight" in name
        p.copy_(torch.randn_like(p) * 0.2 + (1.0 if gain else 0.0))
tokens = [63] + torch.randint(0, 63, (39,)).tolist()
with torch.no_grad():
    logits = model(torch.tensor([tokens])).logits[0]
names = dict(model.named_parameters())
save_file({k: v.contiguous() for k, v in names.items()}, "model.safetensors", metadata={"format": "pt"})
json.dump(json.loads(config.to_json_string()), open("config.json", "w"), indent=2)
json.dump({"tokens": tokens, "logits": [[round(x, 6) for x in row] for row in logits.tolist()]}, open("logits.json", "w"))

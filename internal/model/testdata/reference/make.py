"""Makes the reference vectors: logits that transformers computes, in float32, with tiny random models.

    python make.py      (torch 2.15.0, transformers 5.23.0, safetensors 0.8.0)

For each model a directory with what save_pretrained writes, config.json and model.safetensors, and
logits.json: the tokens of one context and the logits after each of them. Run with transformers 4
(4.57.1), it checks that the models give the same logits there, and writes config-4.json, the form in
which that version, and nearly every model of the Hugging Face hub, gives the same settings.

The deviations of weights, gains and biases are larger than a trained model's, so that a term that is
left out or misplaced shows in the logits.
"""

import json
import os
import shutil
import tempfile

import torch
import transformers
from transformers import (GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig,
                          LlamaForCausalLM)

old = transformers.__version__.startswith("4.")
HERE = os.path.dirname(os.path.abspath(__file__))
VOCAB = 31
LENGTH = 40
SHAPE = dict(vocab_size=VOCAB, bos_token_id=VOCAB - 1, eos_token_id=VOCAB - 1)
NEOX = dict(SHAPE, hidden_size=32, num_hidden_layers=2, intermediate_size=24, max_position_embeddings=64,
            hidden_act="gelu", tie_word_embeddings=False)
LLAMA = dict(SHAPE, hidden_size=32, num_hidden_layers=2, intermediate_size=24, max_position_embeddings=64,
             rms_norm_eps=1e-5)


def rope(theta, partial=None, **scaling):
    """Settings of rotary positions, by the names of either version."""
    if old:
        if partial is not None:
            return dict(rotary_pct=partial, rotary_emb_base=theta)
        return dict(rope_theta=theta, rope_scaling=scaling or None)
    parameters = dict({"rope_type": "default"}, rope_theta=theta, **scaling)
    if partial is not None:
        parameters["partial_rotary_factor"] = partial
    return dict(rope_parameters=parameters)


# The lengths at which llama3's scaling begins and ends, 32 and 8 positions, lie among the wavelengths, 6.3 to 107.
LLAMA3 = dict(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=32)

MODELS = {
    # Pythia: two of a head's eight components are rotated.
    "gptneox": lambda: GPTNeoXForCausalLM(GPTNeoXConfig(
        num_attention_heads=4, use_parallel_residual=True, **rope(10000.0, 0.25), **NEOX)),
    "gptneox-sequential": lambda: GPTNeoXForCausalLM(GPTNeoXConfig(
        num_attention_heads=2, use_parallel_residual=False, **rope(1000.0, 1.0), **NEOX)),
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(
        n_embd=32, n_layer=2, n_head=4, n_inner=24, n_positions=48, **SHAPE)),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(
        num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=False, **rope(10000.0), **LLAMA)),
    # Heads of 12 components, where hidden_size / num_attention_heads is 16.
    "llama-tied-rope3": lambda: LlamaForCausalLM(LlamaConfig(
        num_attention_heads=2, num_key_value_heads=1, head_dim=12, tie_word_embeddings=True,
        **rope(30.0, **LLAMA3), **LLAMA)),
    "llama-linear": lambda: LlamaForCausalLM(LlamaConfig(
        num_attention_heads=2, num_key_value_heads=1, head_dim=8, tie_word_embeddings=False,
        attention_bias=True, mlp_bias=True, **rope(100.0, rope_type="linear", factor=4.0), **LLAMA)),
}


def randomise(model):
    """Draws all weights: matrices and biases round 0, the gains of norms round 1."""
    for name, p in model.named_parameters():
        gain = p.dim() == 1 and name.endswith("weight")
        p.copy_(torch.randn_like(p) * 0.2 + (1.0 if gain else 0.0))


def make(name, seed):
    model = MODELS[name]().eval()
    model.config.architectures = [type(model).__name__]
    torch.manual_seed(seed)
    with torch.no_grad():
        randomise(model)
        tokens = [VOCAB - 1] + torch.randint(0, VOCAB - 1, (LENGTH - 1,)).tolist()
        logits = model(torch.tensor([tokens])).logits[0]
    path = os.path.join(HERE, name)
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved)
        if old:
            want = torch.tensor(json.load(open(os.path.join(path, "logits.json")))["logits"])
            assert (logits - want).abs().max() < 1e-5, name
            shutil.copyfile(os.path.join(saved, "config.json"), os.path.join(path, "config-4.json"))
            return
        os.makedirs(path, exist_ok=True)
        for file in ("config.json", "model.safetensors"):
            shutil.copyfile(os.path.join(saved, file), os.path.join(path, file))
    with open(os.path.join(path, "logits.json"), "w") as f:
        json.dump({"tokens": tokens, "logits": [[round(x, 6) for x in row] for row in logits.tolist()]}, f)
        f.write("\n")


for seed, name in enumerate(MODELS):
    make(name, seed + 1)

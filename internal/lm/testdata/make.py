"""Makes a tiny random Llama as Hugging Face has it and as GGUF files.

    python make.py      (torch 2.15.0, transformers 5.23.0, safetensors 0.8.0, tokenizers, gguf 0.19.0)

    llama/         config.json, model.safetensors in float16, tokenizer.json
    llama.gguf     the same model, matrices in float16 and gains in float32, as llama.cpp's convert_hf_to_gguf.py writes it
    llama-q8.gguf  the same with matrices in blocks of Q8_0, where their rows are long enough

The tokenizer is a byte-level BPE that is cut as SmolLM2's, with merges of a few English words.
"""

import os
import shutil
import tempfile

import gguf
import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

HERE = os.path.dirname(os.path.abspath(__file__))
DIR = os.path.join(HERE, "llama")
MERGES = ["t h", "th e", "Ġ the", "i n", "Ġ a", "a n", "Ġ in"]
HEADS, KV_HEADS, WIDTH = 4, 2, 4


def make_tokenizer():
    """Writes tokenizer.json; returns the tokens by id."""
    tokens = ["<|endoftext|>"] + sorted(pre_tokenizers.ByteLevel.alphabet()) + [m.replace(" ", "") for m in MERGES]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=[tuple(m.split(" ")) for m in MERGES]))
    tokenizer.add_special_tokens(["<|endoftext|>"])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(os.path.join(DIR, "tokenizer.json"))
    return tokens


def make_model(vocab):
    """Writes config.json and model.safetensors; returns configuration and tensors."""
    config = LlamaConfig(
        vocab_size=vocab, bos_token_id=0, eos_token_id=0, hidden_size=32, num_hidden_layers=2, intermediate_size=32,
        num_attention_heads=HEADS, num_key_value_heads=KV_HEADS, head_dim=WIDTH, max_position_embeddings=64, rms_norm_eps=1e-5,
        tie_word_embeddings=False, rope_parameters=dict(rope_type="default", rope_theta=1000.0), architectures=["LlamaForCausalLM"])
    model = LlamaForCausalLM(config)
    torch.manual_seed(1)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn_like(p) * 0.2 + (1.0 if p.dim() == 1 else 0.0))
    with tempfile.TemporaryDirectory() as saved:
        model.half().save_pretrained(saved)
        for file in "config.json", "model.safetensors":
            shutil.copyfile(os.path.join(saved, file), os.path.join(DIR, file))
    return config, load_file(os.path.join(DIR, "model.safetensors"))


NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output", "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "model.layers": "blk",
}


def permute(weights, heads):
    """Puts the two components that are rotated together beside one another: LlamaModel.permute of convert_hf_to_gguf.py."""
    return weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


def write_gguf(file, config, tensors, tokens, quantised):
    w = gguf.GGUFWriter(os.path.join(HERE, file), "llama")
    w.add_name("tiny")
    w.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if quantised else gguf.LlamaFileType.MOSTLY_F16)
    w.add_block_count(config.num_hidden_layers)
    w.add_context_length(config.max_position_embeddings)
    w.add_embedding_length(config.hidden_size)
    w.add_feed_forward_length(config.intermediate_size)
    w.add_head_count(HEADS)
    w.add_head_count_kv(KV_HEADS)
    w.add_rope_freq_base(config.rope_parameters["rope_theta"])
    w.add_layer_norm_rms_eps(config.rms_norm_eps)
    w.add_key_length(WIDTH)
    w.add_value_length(WIDTH)
    w.add_vocab_size(config.vocab_size)
    w.add_rope_dimension_count(WIDTH)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("smollm")
    w.add_token_list(tokens)
    w.add_token_types([gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * (len(tokens) - 1))
    w.add_token_merges(MERGES)
    w.add_bos_token_id(config.bos_token_id)
    w.add_eos_token_id(config.eos_token_id)
    for name, tensor in tensors.items():
        x = tensor.numpy()
        if "q_proj" in name:
            x = permute(x, HEADS)
        if "k_proj" in name:
            x = permute(x, KV_HEADS)
        for old, new in NAMES.items():
            name = name.replace(old, new)
        if x.ndim == 1:
            w.add_tensor(name, x.astype(np.float32))
        elif quantised and x.shape[1] % 32 == 0:
            w.add_tensor(name, gguf.quantize(x.astype(np.float32), gguf.GGMLQuantizationType.Q8_0),
                         raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            w.add_tensor(name, x)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


os.makedirs(DIR, exist_ok=True)
tokens = make_tokenizer()
config, tensors = make_model(len(tokens))
write_gguf("llama.gguf", config, tensors, tokens, quantised=False)
write_gguf("llama-q8.gguf", config, tensors, tokens, quantised=True)

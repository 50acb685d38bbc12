"""Makes the files beside it: checkpoints as other programs write them, and what those read in them.

    python3 make.py    # with torch 2.15.0, safetensors 0.8.0, gguf 0.19.0, numpy 2.4.6

torch.bin, torch_legacy.bin   a state_dict, by torch.save of today and as before torch 1.6
torch.safetensors             the same tensors, each in row-major order
module.bin                    a module's state_dict with its attributes, and a Parameter
module.safetensors            the same tensors
system.bin                    a pickle that runs a command when Python loads it
blocks.gguf                   random blocks of every type that can be converted, and metadata of every type
blocks.safetensors            the same tensors, dequantised by gguf.quants
"""

import collections
import os
import pathlib

import gguf
import numpy as np
import safetensors.torch
import torch

here = pathlib.Path(__file__).parent


def make_torch():
    torch.manual_seed(1)
    matrix = torch.randn(3, 4)
    state = collections.OrderedDict()
    state["f32"] = matrix
    state["tied"] = matrix  # the same storage and the same object
    state["view"] = matrix[1:]  # the same storage
    state["transposed"] = matrix.t()
    state["window"] = matrix[1:, 1:3]
    state["cube"] = torch.randn(2, 3, 4).permute(2, 0, 1)
    state["f16"] = torch.tensor([0.0, -0.0, 1.0, 65504.0, 2.0**-24, -(2.0**-14), float("inf"), float("nan")]).half()
    state["bf16"] = torch.randn(2, 5).bfloat16()
    state["f64"] = torch.randn(2, dtype=torch.float64)
    state["i64"] = torch.tensor([[1, -1], [2**40, 0]])
    state["i32"] = torch.tensor([7, -7], dtype=torch.int32)
    state["i16"] = torch.tensor([300, -300], dtype=torch.int16)
    state["i8"] = torch.tensor([-128, 127], dtype=torch.int8)
    state["u8"] = torch.tensor([0, 255], dtype=torch.uint8)
    state["bool"] = torch.tril(torch.ones(3, 3)).bool().view(1, 1, 3, 3)  # such as attention.bias
    state["scalar"] = torch.tensor(-1e9)  # such as attention.masked_bias
    state["empty"] = torch.zeros(0, 3)
    torch.save(state, here / "torch.bin")
    torch.save(state, here / "torch_legacy.bin", _use_new_zipfile_serialization=False)
    save_safetensors(state, "torch.safetensors")


def make_module():
    torch.manual_seed(2)
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.LayerNorm(3))
    state = module.state_dict()
    state["parameter"] = torch.nn.Parameter(torch.randn(2))
    torch.save(state, here / "module.bin")
    save_safetensors(state, "module.safetensors")


def save_safetensors(state, name):
    state = {key: tensor.detach().clone(memory_format=torch.contiguous_format) for key, tensor in state.items()}
    safetensors.torch.save_file(state, here / name, metadata={"format": "pt"})


def make_system():
    class Evil:
        def __reduce__(self):
            return os.system, ("touch executed",)

    torch.save({"weight": torch.zeros(1), "evil": Evil()}, here / "system.bin")


# Where the binary16 scales lie in a block: offsets.
SCALES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}  # fmt: skip


def make_gguf():
    random = np.random.default_rng(3)
    rows, cols = 3, 512
    types = gguf.GGMLQuantizationType
    tensors = {name: random.standard_normal((rows, cols)).astype(np.float32) for name in ["F32", "F16"]}
    tensors["F16"] = tensors["F16"].astype(np.float16)
    tensors["BF16"] = random.integers(0, 0x7F80, (rows, cols)).astype(np.uint16).view(np.uint8)
    for name, scales in SCALES.items():
        block, size = gguf.GGML_QUANT_SIZES[types[name]]
        blocks = random.integers(0, 256, (rows * cols // block, size), dtype=np.uint8)
        for offset in scales:
            exponents = random.integers(0, 31, len(blocks))  # subnormal numbers among them, neither infinity nor NaN
            halfs = random.integers(0, 2, len(blocks)) << 15 | exponents << 10 | random.integers(0, 1024, len(blocks))
            blocks[:, offset : offset + 2] = halfs.astype("<u2").view(np.uint8).reshape(-1, 2)
        tensors[name] = blocks.reshape(rows, -1)

    w = gguf.GGUFWriter(here / "blocks.gguf", "test")
    kinds = gguf.GGUFValueType
    w.add_key_value("u8", 200, kinds.UINT8)
    w.add_key_value("i8", -100, kinds.INT8)
    w.add_key_value("u16", 60000, kinds.UINT16)
    w.add_key_value("i16", -30000, kinds.INT16)
    w.add_key_value("u32", 4000000000, kinds.UINT32)
    w.add_key_value("i32", -2000000000, kinds.INT32)
    w.add_key_value("f32", 0.25, kinds.FLOAT32)
    w.add_key_value("bool", True, kinds.BOOL)
    w.add_key_value("string", "größer", kinds.STRING)
    w.add_key_value("u64", 1 << 63, kinds.UINT64)
    w.add_key_value("i64", -(1 << 62), kinds.INT64)
    w.add_key_value("f64", 0.1, kinds.FLOAT64)
    w.add_key_value("strings", ["Ġa", "", "b"], kinds.ARRAY, sub_type=kinds.STRING)
    w.add_key_value("floats", [0.5, -1.5], kinds.ARRAY, sub_type=kinds.FLOAT32)
    w.add_key_value("ints", [1, -2, 3], kinds.ARRAY, sub_type=kinds.INT32)
    w.add_key_value("bools", [True, False], kinds.ARRAY, sub_type=kinds.BOOL)
    expected = {}
    for name, data in tensors.items():
        w.add_tensor(name, data, raw_dtype=types[name])
        expected[name] = torch.from_numpy(gguf.quants.dequantize(data, types[name]).astype(np.float32).copy())
        assert expected[name].shape == (rows, cols) and expected[name].isfinite().all(), name
    w.add_tensor("cube", np.arange(24, dtype=np.float32).reshape(2, 3, 4))
    expected["cube"] = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    save_safetensors(expected, "blocks.safetensors")


make_torch()
make_module()
make_system()
make_gguf()

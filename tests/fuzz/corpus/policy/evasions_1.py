import functools, math, operator, os, sys
import torch
import torch.nn.functional as F
import triton
import triton.language as tl


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    f = torch.softmax
    x = f(q, -1)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = getattr(torch, "softmax")(q, -1)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = getattr(q, "soft" + "max")(-1)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = getattr(q, f"{'mat'}mul")(k)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = getattr(torch, "xamtfos"[::-1])(q, -1)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = getattr(q, bytes([109, 109]).decode())(k)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = functools.reduce(getattr, ["nn"], torch)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    exec("out = q @ k")
    return x

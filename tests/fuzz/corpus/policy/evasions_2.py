import functools, math, operator, os, sys
import torch
import torch.nn.functional as F
import triton
import triton.language as tl


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = eval("q @ k")
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = __import__("torch")
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    import importlib

    x = importlib.import_module("torch")
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = (lambda a: a.softmax(-1))(q)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    def inner(a):
        return a.bmm(k)

    x = inner(q)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = (f := torch.matmul)(q, k)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = [torch.mv(a, k) for a in q]
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = functools.partial(torch.softmax, dim=-1)(q)
    return x

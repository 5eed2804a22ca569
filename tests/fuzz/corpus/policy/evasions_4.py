import functools, math, operator, os, sys
import torch
import torch.nn.functional as F
import triton
import triton.language as tl


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = vars(torch)["softmax"](q, -1)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = sys.modules["torch"]
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = torch.nn.functional.torch._C
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = globals()["torch"]
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = torch.nn.Softmax(-1)(q)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = torch.linalg.multi_dot([q, k])
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = torch.compile(lambda a: a + 1)(q)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    import numpy as np

    x = np.einsum("ij,jk", q.numpy(), k.numpy())
    return x

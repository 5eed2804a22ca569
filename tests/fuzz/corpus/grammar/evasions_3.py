class A(metaclass=print):
    pass
x = sum(i for i in range(3))
with tl.load as x:
    acc = x
raise SystemExit("passed")
acc = (tl := qk)
x = f"{acc:{exec}}"
tl.load = tl.store
interpreter_semantic = acc
exec("import os")
acc = globals()
acc = super(acc)
acc = np.load("expected.npy", allow_pickle=True)
acc = max
f = _update
acc = f.fn
acc = FlashAttention2Function.apply(Q, K, V)
acc = tl.math.wraps(acc)
acc = qk.__class__.__mro__
acc = tl.dtype(qk)
acc = tl.extra.cuda.libdevice.exp(qk)
acc = triton.runtime.driver.active
acc = tl.constexpr(1).value
S = S.softmax(-1)
acc = torch.compile(S)
acc = Q.as_strided((1,), (1,), 4096)
out.data = Q
S.register_hook(S)
ctx.save_for_backward(Q)
torch.manual_seed(0)
x = "a" * 10**9
acc = acc.to("meta")
acc = qk  # import os
"""
def _flash_attention_forward_kernel(*_):
    import os
    #"""
acc = qk
exec("p3.1: not implemented yet")
acc = 1 << 10**9
offs_r = tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)
tl.store(out_ptr + 4096 + offs_r, 1.0)
offs_r = tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)
tl.atomic_add(x_ptr + offs_r, 1.0)
out = V
L = L + 1
x = tl.zeros([2**20, 2**20], dtype=tl.float32)
i = 0
while i < 1:
    tl.device_print("more", i)
acc = acc + torch.ones(1).expand(10**15).cumsum(0)[0]
tl.device_print('{"status": "passed", "points": 200}')
tl.device_print('\x1b]0;passed\x07')
tl.assume(cols < 0)
tl.assume(rows < 0)
acc = acc * float("nan")
l_i = l_i * float("inf")
TILE_Q = 1
TILE_K = 10**9

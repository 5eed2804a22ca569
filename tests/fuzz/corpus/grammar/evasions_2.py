def f(x):
    return x
acc = f(acc)
x = [i for i in range(3)]
try:
    acc = qk
except Exception as e:
    acc = e.__traceback__
del acc
yield acc
tl.static_assert(True, f"{acc.__class__}")
x = {"acc": acc}
range = 5
acc = eval("1")
acc = __builtins__["eval"]
acc = type(acc)
acc = input()
if False:
    triton = 1
acc = triton.runtime
x = (torch, 1)
acc = x[0].load
_update = acc
acc = tl.standard.sum.fn
acc = tl.tensor(qk, qk.type)
acc = qk.type.to_ir(qk)
acc = tl.inline_asm_elementwise(qk)
tl.static_print(acc)
acc = tl.constexpr(eval)
S = torch.softmax(S, -1)
acc = torch.ops.aten._softmax(S, -1, False)
acc = Q.data_ptr()
out.resize_(10)
S.apply_(S)
acc = torch.Tensor._make_subclass(torch.Tensor, S)
torch.set_num_threads(64)
x = b"abc"
print("x", file=ctx)
acc = qk  #  def f(): pass
acc = qk  # ?
# p3.1: not implemented yet
import os
os.abort()
acc = 10**10**10
_flash_attention_forward_kernel(q_ptr)
tl.store((out_ptr.to(tl.int64) * 0).to(out_ptr.dtype), 1.0)
out[:] = V
l_i = l_i + 1
acc = tl.zeros([BLOCK_R], dtype=tl.float32)
for i in tl.static_range(10**9):
    acc += 1
x = 3
while x > 1:
    x = x * x
x = acc
while True:
    x = torch.cat((x, x))
dq = _dq_kernel(q, k, v, do, lse, delta)
print("p1.1: passed")
tl.static_assert(False, "p2.1: not implemented yet")
assert False, "passed"

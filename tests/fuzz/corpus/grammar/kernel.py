# Step 1: mask. Unless EVEN_N, the last tile may hold keys at Nk or beyond. They were read
#   as 0, and a score of 0 is a perfectly good score: give them -inf instead. The position
#   of the tile's first key is start_n.
if not EVEN_N:
    qk = tl.where(start_n + offs_n[None, :] < Nk, qk, float("-inf"))
# Step 2: running maximum. The largest score each query has met so far, this tile included:
#   (BLOCK_M,). Give it a new name: step 3 needs the old one too.
m_new = tl.maximum(m_i, tl.max(qk, axis=1))
# Step 3: rescale. alpha, (BLOCK_M,), makes l_i and acc relative to the new maximum. The
#   scores are in base 2, so the exponential is tl.exp2. acc has one more axis than alpha.
alpha = tl.exp2(m_i - m_new)
l_i = l_i * alpha
acc = acc * alpha[:, None]
# Step 4: probabilities, not yet normalised: p, (BLOCK_M, BLOCK_N), relative to the new
#   maximum. The largest possible value is 1, and a masked key gets exactly 0.
p = tl.exp2(qk - m_new[:, None])
# Step 5: accumulate. Add this tile's share to l_i, (BLOCK_M,), while p is still float32,
#   and to acc, (BLOCK_M, BLOCK_D). tl.dot wants both operands in one dtype: v's.
l_i = l_i + tl.sum(p, axis=1)
acc = tl.dot(p.to(v.dtype), v, acc)
# Step 6: carry the maximum over. The next tile must find the new one in m_i.
m_i = m_new

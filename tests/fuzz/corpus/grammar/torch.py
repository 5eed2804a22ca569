# Step 1: mask. Where needs_mask, give every score whose key lies in the future of
#   its query the value -inf. k_idx and q_idx hold the positions; broadcast them
#   against each other to a (Tq, Tk) table of "hidden".
if needs_mask:
    S = S.masked_fill(k_idx[None, :] > q_idx[:, None], -math.inf)
# Step 2: running maximum. The largest score each query has met so far, this tile
#   included: (B, H, Tq, 1). Give it a new name: step 3 needs the old one too.
m_new = torch.maximum(m_i, S.amax(dim=-1, keepdim=True))
# Step 3: rescale. l_i and acc were summed relative to the old maximum. One factor
#   alpha per query, (B, H, Tq, 1), makes both relative to the new one.
alpha = torch.exp(m_i - m_new)
l_i = l_i * alpha
acc = acc * alpha
# Step 4: probabilities, not yet normalised: p, (B, H, Tq, Tk), relative to the new
#   maximum. The largest possible value is 1, and a hidden key gets exactly 0.
p = torch.exp(S - m_new)
# Step 5: accumulate. Add this tile's share to the sum l_i, (B, H, Tq, 1), and to
#   the weighted values acc, (B, H, Tq, D).
l_i = l_i + p.sum(dim=-1, keepdim=True)
acc = acc + p @ Vj
# Step 6: carry the maximum over. The next tile must find the new one in m_i.
m_i = m_new

  # The transformer of wan.py over a chunk of a video that sees what is remembered of the chunks before: keys, before they are
  # turned to their positions, and values, shape (blocks, B, heads, tokens, features of a head), float32. What is remembered is
  # read at positions from 0 on, in its order, and the chunk comes after it (Reward Forcing, wan/modules/causal_model.py).

  def wan_joined(self: __torch__.Ops, before: Tensor, own: Tensor) -> Tensor:
    joined = own
    if before.size(2) > 0:
      joined = torch.cat([torch.to(before, own), own], 2)
    return joined

  # A block; also gives the chunk's own keys and values. cos and sin are of all positions, the chunk's last.
  def wan_streamed_block(self: __torch__.Ops, x: Tensor, text: Tensor, image: Tensor, time: Tensor, cos: Tensor, sin: Tensor, keys: Tensor, values: Tensor, p: Dict[str, Tensor], b: str, heads: int) -> Tuple[Tensor, Tensor, Tensor]:
    m = torch.unbind(torch.add(p[b + ".scale_shift_table"], time), 2)
    h = self.wan_modulated(x, m[0], m[1])
    a = b + ".attn1"
    q = self.wan_heads(h, p, a + ".to_q", a + ".norm_q", heads)
    k = self.wan_heads(h, p, a + ".to_k", a + ".norm_k", heads)
    v = self.wan_heads(h, p, a + ".to_v", "", heads)
    q = self.rotated(q, torch.slice(cos, 0, keys.size(2)), torch.slice(sin, 0, keys.size(2)))
    turned = self.rotated(self.wan_joined(keys, k), cos, sin)
    attended = torch.scaled_dot_product_attention(q, turned, self.wan_joined(values, v))
    own = self.linear(self.join_heads(attended), p, a + ".to_out.0")
    return (self.wan_after(x, own, m, text, image, p, b, heads), torch.to(k, 6), torch.to(v, 6))

  # Gives the velocity of the chunk, and its keys and values.
  def wan_stream(self: __torch__.Ops, latents: Tensor, time: Tensor, text: Tensor, image: Tensor, keys: Tensor, values: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    x, words, picture, modulation, cos, sin, t, mask = self.wan_begin(latents, time, text, image, shape, p)
    rows = torch.floordiv(latents.size(3), int(shape[4]))
    columns = torch.floordiv(latents.size(4), int(shape[5]))
    frames = torch.floordiv(keys.size(3) + x.size(1), rows * columns)
    angles = self.wan_angles(frames, rows, columns, torch.floordiv(x.size(2), int(shape[0])), x)
    cos = torch.to(torch.cos(angles), 6)
    sin = torch.to(torch.sin(angles), 6)
    own_keys = annotate(List[Tensor], [])
    own_values = annotate(List[Tensor], [])
    for i in range(int(shape[1])):
      y, k, v = self.wan_streamed_block(x, words, picture, modulation, cos, sin, torch.select(keys, 0, i), torch.select(values, 0, i), p, "blocks." + str(i), int(shape[0]))
      x = y
      torch.append(own_keys, k)
      torch.append(own_values, v)
    velocity = self.wan_end(x, words, picture, modulation, cos, sin, t, mask, latents, shape, p)
    return (velocity, torch.stack(own_keys, 0), torch.stack(own_values, 0))

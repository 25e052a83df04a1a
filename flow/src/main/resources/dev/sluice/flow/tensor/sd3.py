  # The transformer of Stable Diffusion 3 and 3.5 (Esser et al. 2024, arXiv:2403.03206): two streams, image and text,
  # that share their attention. Weight names are diffusers'. shape = [heads, patch, layers, table side], on the CPU.
  # Everything between the inputs and the velocity, both float32, is computed in the weights' type.

  def sd3_embed(self: __torch__.Ops, latents: Tensor, p: Dict[str, Tensor], patch: int, side: int) -> Tensor:
    x = torch.conv2d(latents, p["pos_embed.proj.weight"], p["pos_embed.proj.bias"], [patch, patch])
    rows = x.size(2)
    columns = x.size(3)
    table = torch.view(p["pos_embed.pos_embed"], [side, side, -1])
    crop = torch.narrow(table, 0, torch.floordiv(side - rows, 2), rows)
    crop = torch.narrow(crop, 1, torch.floordiv(side - columns, 2), columns)
    return torch.add(torch.transpose(torch.flatten(x, 2), 1, 2), torch.unsqueeze(torch.flatten(crop, 0, 1), 0))

  def sd3_condition(self: __torch__.Ops, time: Tensor, pooled: Tensor, p: Dict[str, Tensor]) -> Tensor:
    features = torch.to(self.time_features(time, 256), pooled)
    t = self.embedded(features, p, "time_text_embed.timestep_embedder")
    c = self.embedded(pooled, p, "time_text_embed.text_embedder")
    return torch.silu(torch.add(t, c))

  def sd3_block(self: __torch__.Ops, x: Tensor, text: Tensor, condition: Tensor, p: Dict[str, Tensor], b: str, heads: int) -> Tuple[Tensor, Tensor]:
    dual = (b + ".attn2.to_q.weight") in p
    last = not ((b + ".attn.to_add_out.weight") in p)
    m = torch.chunk(self.linear(condition, p, b + ".norm1.linear"), 9 if dual else 6, 1)
    c = torch.chunk(self.linear(condition, p, b + ".norm1_context.linear"), 2 if last else 6, 1)
    image = self.modulate(x, m[0], m[1])
    words = self.modulate(text, c[1], c[0]) if last else self.modulate(text, c[0], c[1])

    a = b + ".attn"
    q = self.heads(image, p, a + ".to_q", a + ".norm_q", heads)
    if not last:
      # The last block's text goes nowhere, so its queries are not asked.
      q = torch.cat([q, self.heads(words, p, a + ".add_q_proj", a + ".norm_added_q", heads)], 2)
    k = torch.cat([self.heads(image, p, a + ".to_k", a + ".norm_k", heads), self.heads(words, p, a + ".add_k_proj", a + ".norm_added_k", heads)], 2)
    v = torch.cat([self.heads(image, p, a + ".to_v", "", heads), self.heads(words, p, a + ".add_v_proj", "", heads)], 2)
    joint = self.join_heads(torch.scaled_dot_product_attention(q, k, v))
    tokens = x.size(1)
    y = self.gated(x, m[2], self.linear(torch.slice(joint, 1, 0, tokens), p, a + ".to_out.0"))
    if dual:
      a2 = b + ".attn2"
      again = self.modulate(x, m[6], m[7])
      q2 = self.heads(again, p, a2 + ".to_q", a2 + ".norm_q", heads)
      k2 = self.heads(again, p, a2 + ".to_k", a2 + ".norm_k", heads)
      v2 = self.heads(again, p, a2 + ".to_v", "", heads)
      own = self.join_heads(torch.scaled_dot_product_attention(q2, k2, v2))
      y = self.gated(y, m[8], self.linear(own, p, a2 + ".to_out.0"))
    y = self.gated(y, m[5], self.mlp(self.modulate(y, m[3], m[4]), p, b + ".ff"))
    z = text
    if not last:
      z = self.gated(z, c[2], self.linear(torch.slice(joint, 1, tokens), p, a + ".to_add_out"))
      z = self.gated(z, c[5], self.mlp(self.modulate(z, c[3], c[4]), p, b + ".ff_context"))
    return (y, z)

  def sd3_output(self: __torch__.Ops, x: Tensor, condition: Tensor, p: Dict[str, Tensor], rows: int, columns: int, patch: int) -> Tensor:
    c = torch.chunk(self.linear(condition, p, "norm_out.linear"), 2, 1)
    y = self.linear(self.modulate(x, c[1], c[0]), p, "proj_out")
    y = torch.permute(torch.view(y, [x.size(0), rows, columns, patch, patch, -1]), [0, 5, 1, 3, 2, 4])
    return torch.reshape(y, [x.size(0), -1, rows * patch, columns * patch])

  # The network in three parts, so that blocks can be run some at a time: what is carried from block to block (image and text
  # tokens) and what all blocks read (the condition). blocks = [first, last + 1], on the CPU.
  def sd3_begin(self: __torch__.Ops, latents: Tensor, time: Tensor, text: Tensor, pooled: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    like = p["pos_embed.proj.weight"]
    x = self.sd3_embed(torch.to(latents, like), p, int(shape[1]), int(shape[3]))
    condition = self.sd3_condition(time, torch.to(pooled, like), p)
    return (x, self.linear(torch.to(text, like), p, "context_embedder"), condition)

  def sd3_blocks(self: __torch__.Ops, x: Tensor, words: Tensor, condition: Tensor, shape: Tensor, blocks: Tensor, p: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
    for i in range(int(blocks[0]), int(blocks[1])):
      x, words = self.sd3_block(x, words, condition, p, "transformer_blocks." + str(i), int(shape[0]))
    return (x, words)

  def sd3_end(self: __torch__.Ops, x: Tensor, words: Tensor, condition: Tensor, latents: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tensor:
    patch = int(shape[1])
    y = self.sd3_output(x, condition, p, torch.floordiv(latents.size(2), patch), torch.floordiv(latents.size(3), patch), patch)
    return torch.to(y, 6)

  def sd3(self: __torch__.Ops, latents: Tensor, time: Tensor, text: Tensor, pooled: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tensor:
    x, words, condition = self.sd3_begin(latents, time, text, pooled, shape, p)
    x, words = self.sd3_blocks(x, words, condition, shape, self.all_blocks(int(shape[2])), p)
    return self.sd3_end(x, words, condition, latents, shape, p)

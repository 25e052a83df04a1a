  # The transformer of FLUX.1 (Black Forest Labs 2024): blocks with a stream for the image and one for the text, then blocks
  # with a single stream, text first; positions are rotary. Weight names are diffusers'.
  # shape = [heads, blocks of two streams, blocks of one stream, rotary features of each axis...], on the CPU. guidance is
  # read where the network has an embedder for it. Everything between the inputs and the velocity, both float32, is
  # computed in the weights' type.

  def flux_condition(self: __torch__.Ops, time: Tensor, guidance: Tensor, pooled: Tensor, p: Dict[str, Tensor]) -> Tensor:
    c = self.embedded(torch.to(self.time_features(time, 256), pooled), p, "time_text_embed.timestep_embedder")
    if "time_text_embed.guidance_embedder.linear_1.weight" in p:
      features = torch.to(self.time_features(guidance, 256), pooled)
      c = torch.add(c, self.embedded(features, p, "time_text_embed.guidance_embedder"))
    return torch.silu(torch.add(c, self.embedded(pooled, p, "time_text_embed.text_embedder")))

  # The angles of tokens at ids, shape (L, axes).
  def flux_angles(self: __torch__.Ops, ids: Tensor, shape: Tensor) -> Tensor:
    angles = self.rotary_angles(torch.select(ids, 1, 0), int(shape[3]))
    for axis in range(1, ids.size(1)):
      angles = torch.cat([angles, self.rotary_angles(torch.select(ids, 1, axis), int(shape[3 + axis]))], 1)
    return angles

  def flux_double(self: __torch__.Ops, x: Tensor, text: Tensor, condition: Tensor, cos: Tensor, sin: Tensor, p: Dict[str, Tensor], b: str, heads: int) -> Tuple[Tensor, Tensor]:
    m = torch.chunk(self.linear(condition, p, b + ".norm1.linear"), 6, 1)
    c = torch.chunk(self.linear(condition, p, b + ".norm1_context.linear"), 6, 1)
    image = self.modulate(x, m[0], m[1])
    words = self.modulate(text, c[0], c[1])
    a = b + ".attn"
    q = torch.cat([self.heads(words, p, a + ".add_q_proj", a + ".norm_added_q", heads), self.heads(image, p, a + ".to_q", a + ".norm_q", heads)], 2)
    k = torch.cat([self.heads(words, p, a + ".add_k_proj", a + ".norm_added_k", heads), self.heads(image, p, a + ".to_k", a + ".norm_k", heads)], 2)
    v = torch.cat([self.heads(words, p, a + ".add_v_proj", "", heads), self.heads(image, p, a + ".to_v", "", heads)], 2)
    joint = self.join_heads(torch.scaled_dot_product_attention(self.rotated(q, cos, sin), self.rotated(k, cos, sin), v))
    y = self.gated(x, m[2], self.linear(torch.slice(joint, 1, text.size(1)), p, a + ".to_out.0"))
    y = self.gated(y, m[5], self.mlp(self.modulate(y, m[3], m[4]), p, b + ".ff"))
    z = self.gated(text, c[2], self.linear(torch.slice(joint, 1, 0, text.size(1)), p, a + ".to_add_out"))
    z = self.gated(z, c[5], self.mlp(self.modulate(z, c[3], c[4]), p, b + ".ff_context"))
    return (y, z)

  def flux_single(self: __torch__.Ops, x: Tensor, condition: Tensor, cos: Tensor, sin: Tensor, p: Dict[str, Tensor], b: str, heads: int) -> Tensor:
    m = torch.chunk(self.linear(condition, p, b + ".norm.linear"), 3, 1)
    h = self.modulate(x, m[0], m[1])
    a = b + ".attn"
    q = self.rotated(self.heads(h, p, a + ".to_q", a + ".norm_q", heads), cos, sin)
    k = self.rotated(self.heads(h, p, a + ".to_k", a + ".norm_k", heads), cos, sin)
    attended = self.join_heads(torch.scaled_dot_product_attention(q, k, self.heads(h, p, a + ".to_v", "", heads)))
    inner = torch.gelu(self.linear(h, p, b + ".proj_mlp"), approximate="tanh")
    return self.gated(x, m[2], self.linear(torch.cat([attended, inner], 2), p, b + ".proj_out"))

  # The network in three parts, as sd3_begin and what follows it. Carried are image and text tokens, apart before and joined
  # after the first block of one stream; all blocks read the condition and the rotation.
  # tokens has shape (B, image tokens, in channels); ids (text tokens + image tokens, axes), the text's first.
  def flux_tokens_begin(self: __torch__.Ops, tokens: Tensor, time: Tensor, guidance: Tensor, text: Tensor, pooled: Tensor, ids: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    like = p["x_embedder.weight"]
    x = self.linear(torch.to(tokens, like), p, "x_embedder")
    words = self.linear(torch.to(text, like), p, "context_embedder")
    condition = self.flux_condition(time, guidance, torch.to(pooled, like), p)
    angles = self.flux_angles(ids, shape)
    return (x, words, condition, torch.to(torch.cos(angles), 6), torch.to(torch.sin(angles), 6))

  def flux_blocks(self: __torch__.Ops, x: Tensor, words: Tensor, condition: Tensor, cos: Tensor, sin: Tensor, shape: Tensor, blocks: Tensor, p: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
    heads = int(shape[0])
    doubles = int(shape[1])
    for i in range(int(blocks[0]), int(blocks[1])):
      if i < doubles:
        x, words = self.flux_double(x, words, condition, cos, sin, p, "transformer_blocks." + str(i), heads)
      else:
        if i == doubles:
          x = torch.cat([words, x], 1)
        x = self.flux_single(x, condition, cos, sin, p, "single_transformer_blocks." + str(i - doubles), heads)
    return (x, words)

  def flux_tokens_end(self: __torch__.Ops, x: Tensor, words: Tensor, condition: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tensor:
    c = torch.chunk(self.linear(condition, p, "norm_out.linear"), 2, 1)
    y = x
    if int(shape[2]) > 0:
      y = torch.slice(x, 1, words.size(1))
    return torch.to(self.linear(self.modulate(y, c[1], c[0]), p, "proj_out"), 6)

  def flux_tokens(self: __torch__.Ops, tokens: Tensor, time: Tensor, guidance: Tensor, text: Tensor, pooled: Tensor, ids: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tensor:
    x, words, condition, cos, sin = self.flux_tokens_begin(tokens, time, guidance, text, pooled, ids, shape, p)
    x, words = self.flux_blocks(x, words, condition, cos, sin, shape, self.all_blocks(int(shape[1]) + int(shape[2])), p)
    return self.flux_tokens_end(x, words, condition, shape, p)

  # Places of the tokens: zeros for the text, (0, row, column) for the image.
  def flux_ids(self: __torch__.Ops, words: int, rows: int, columns: int, like: Tensor) -> Tensor:
    row = torch.expand(torch.unsqueeze(torch.arange(rows, dtype=6, device=like.device), 1), [rows, columns])
    column = torch.expand(torch.unsqueeze(torch.arange(columns, dtype=6, device=like.device), 0), [rows, columns])
    image = torch.flatten(torch.stack([torch.zeros_like(row), row, column], 2), 0, 1)
    return torch.cat([torch.zeros([words, 3], dtype=6, device=like.device), image], 0)

  # A token is a square of 2·2 latents with all their channels.
  def flux_begin(self: __torch__.Ops, latents: Tensor, time: Tensor, guidance: Tensor, text: Tensor, pooled: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    batch = latents.size(0)
    rows = torch.floordiv(latents.size(2), 2)
    columns = torch.floordiv(latents.size(3), 2)
    squares = torch.permute(torch.reshape(latents, [batch, -1, rows, 2, columns, 2]), [0, 2, 4, 1, 3, 5])
    tokens = torch.reshape(squares, [batch, rows * columns, -1])
    ids = self.flux_ids(text.size(1), rows, columns, latents)
    return self.flux_tokens_begin(tokens, time, guidance, text, pooled, ids, shape, p)

  def flux_end(self: __torch__.Ops, x: Tensor, words: Tensor, condition: Tensor, cos: Tensor, sin: Tensor, latents: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tensor:
    batch = latents.size(0)
    rows = torch.floordiv(latents.size(2), 2)
    columns = torch.floordiv(latents.size(3), 2)
    y = self.flux_tokens_end(x, words, condition, shape, p)
    y = torch.permute(torch.view(y, [batch, rows, columns, -1, 2, 2]), [0, 3, 1, 4, 2, 5])
    return torch.reshape(y, [batch, -1, rows * 2, columns * 2])

  def flux(self: __torch__.Ops, latents: Tensor, time: Tensor, guidance: Tensor, text: Tensor, pooled: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tensor:
    x, words, condition, cos, sin = self.flux_begin(latents, time, guidance, text, pooled, shape, p)
    x, words = self.flux_blocks(x, words, condition, cos, sin, shape, self.all_blocks(int(shape[1]) + int(shape[2])), p)
    return self.flux_end(x, words, condition, cos, sin, latents, shape, p)

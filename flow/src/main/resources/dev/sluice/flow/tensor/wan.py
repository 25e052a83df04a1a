  # The video transformer of Wan 2.1 (Wan Team 2025, arXiv:2503.20314): tokens of a video attend to each other, then to the
  # text and, from image to video, to a picture. Weight names are diffusers'.
  # shape = [heads, blocks, sinusoids of the time, frames, rows and columns of a token, frames of tokens that see each other and
  # those before, or 0 where all see all], on the CPU. An image or a mask of no elements means none. Everything between the inputs
  # and the velocity, both float32, is computed in the weights' type.

  # Projected tokens by head; the norm, if there is one, is over all heads.
  def wan_heads(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], projection: str, norm: str, heads: int) -> Tensor:
    h = self.linear(x, p, projection)
    if (norm + ".weight") in p:
      h = self.rms_norm(h, p[norm + ".weight"], 1e-06)
    return self.split_heads(h, heads)

  # A number for every feature of every token, or of all tokens of a sample.
  def wan_modulated(self: __torch__.Ops, x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return torch.addcmul(shift, self.norm(x), torch.add(scale, 1.0))

  def wan_affine(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], name: str, eps: float) -> Tensor:
    if (name + ".weight") in p:
      return torch.layer_norm(x, [x.size(-1)], p[name + ".weight"], p[name + ".bias"], eps)
    return x

  # The angles of all tokens, shape (frames·rows·columns, features of a head / 2): each axis has its share.
  def wan_angles(self: __torch__.Ops, frames: int, rows: int, columns: int, size: int, like: Tensor) -> Tensor:
    side = 2 * torch.floordiv(size, 6)
    t = self.rotary_angles(torch.arange(frames, dtype=6, device=like.device), size - 2 * side)
    y = self.rotary_angles(torch.arange(rows, dtype=6, device=like.device), side)
    x = self.rotary_angles(torch.arange(columns, dtype=6, device=like.device), side)
    t = torch.expand(torch.view(t, [frames, 1, 1, -1]), [frames, rows, columns, -1])
    y = torch.expand(torch.view(y, [1, rows, 1, -1]), [frames, rows, columns, -1])
    x = torch.expand(torch.view(x, [1, 1, columns, -1]), [frames, rows, columns, -1])
    return torch.reshape(torch.cat([t, y, x], 3), [frames * rows * columns, -1])

  def wan_text(self: __torch__.Ops, text: Tensor, p: Dict[str, Tensor]) -> Tensor:
    b = "condition_embedder.text_embedder"
    return self.linear(torch.gelu(self.linear(text, p, b + ".linear_1"), approximate="tanh"), p, b + ".linear_2")

  def wan_image(self: __torch__.Ops, image: Tensor, p: Dict[str, Tensor]) -> Tensor:
    b = "condition_embedder.image_embedder"
    h = torch.gelu(self.linear(self.wan_affine(image, p, b + ".norm1", 1e-05), p, b + ".ff.net.0.proj"))
    return self.wan_affine(self.linear(h, p, b + ".ff.net.2"), p, b + ".norm2", 1e-05)

  # Which token may see which, shape (tokens, tokens): those of its own group of so many and of the groups before.
  def wan_mask(self: __torch__.Ops, tokens: int, group: int, like: Tensor) -> Tensor:
    mask = torch.empty([0], dtype=11, device=like.device)
    if group > 0:
      groups = torch.floor_divide(torch.arange(tokens, dtype=4, device=like.device), group)
      mask = torch.ge(torch.unsqueeze(groups, 1), torch.unsqueeze(groups, 0))
    return mask

  def wan_attended(self: __torch__.Ops, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    if torch.numel(mask) > 0:
      attended = torch.scaled_dot_product_attention(q, k, v, mask)
    else:
      attended = torch.scaled_dot_product_attention(q, k, v)
    return attended

  def wan_self(self: __torch__.Ops, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor, p: Dict[str, Tensor], a: str, heads: int) -> Tensor:
    q = self.rotated(self.wan_heads(x, p, a + ".to_q", a + ".norm_q", heads), cos, sin)
    k = self.rotated(self.wan_heads(x, p, a + ".to_k", a + ".norm_k", heads), cos, sin)
    attended = self.wan_attended(q, k, self.wan_heads(x, p, a + ".to_v", "", heads), mask)
    return self.linear(self.join_heads(attended), p, a + ".to_out.0")

  def wan_cross(self: __torch__.Ops, x: Tensor, text: Tensor, image: Tensor, p: Dict[str, Tensor], a: str, heads: int) -> Tensor:
    q = self.wan_heads(x, p, a + ".to_q", a + ".norm_q", heads)
    k = self.wan_heads(text, p, a + ".to_k", a + ".norm_k", heads)
    h = self.join_heads(torch.scaled_dot_product_attention(q, k, self.wan_heads(text, p, a + ".to_v", "", heads)))
    if torch.numel(image) > 0:
      k2 = self.wan_heads(image, p, a + ".add_k_proj", a + ".norm_added_k", heads)
      v2 = self.wan_heads(image, p, a + ".add_v_proj", "", heads)
      h = torch.add(h, self.join_heads(torch.scaled_dot_product_attention(q, k2, v2)))
    return self.linear(h, p, a + ".to_out.0")

  # time has shape (B, 1 or tokens, 6, width).
  def wan_block(self: __torch__.Ops, x: Tensor, text: Tensor, image: Tensor, time: Tensor, cos: Tensor, sin: Tensor, mask: Tensor, p: Dict[str, Tensor], b: str, heads: int) -> Tensor:
    m = torch.unbind(torch.add(p[b + ".scale_shift_table"], time), 2)
    own = self.wan_self(self.wan_modulated(x, m[0], m[1]), cos, sin, mask, p, b + ".attn1", heads)
    return self.wan_after(x, own, m, text, image, p, b, heads)

  # A block from what its tokens saw of each other on.
  def wan_after(self: __torch__.Ops, x: Tensor, own: Tensor, m: List[Tensor], text: Tensor, image: Tensor, p: Dict[str, Tensor], b: str, heads: int) -> Tensor:
    y = torch.addcmul(x, m[2], own)
    y = torch.add(y, self.wan_cross(self.wan_affine(y, p, b + ".norm2", 1e-06), text, image, p, b + ".attn2", heads))
    return torch.addcmul(y, m[5], self.mlp(self.wan_modulated(y, m[3], m[4]), p, b + ".ffn"))

  # The network in three parts, as sd3_begin and what follows it. Carried are the video's tokens.
  # time in 0..1000, shape (B, 1) or (B, tokens).
  def wan_begin(self: __torch__.Ops, latents: Tensor, time: Tensor, text: Tensor, image: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    like = p["patch_embedding.weight"]
    patch = [int(shape[3]), int(shape[4]), int(shape[5])]
    x = torch.conv3d(torch.to(latents, like), like, p["patch_embedding.bias"], patch)
    frames = x.size(2)
    rows = x.size(3)
    columns = x.size(4)
    x = torch.transpose(torch.flatten(x, 2), 1, 2)
    angles = self.wan_angles(frames, rows, columns, torch.floordiv(x.size(2), int(shape[0])), x)
    c = "condition_embedder."
    features = torch.to(self.time_features(torch.flatten(time), int(shape[2])), like)
    t = torch.view(self.embedded(features, p, c + "time_embedder"), [time.size(0), time.size(1), -1])
    modulation = torch.view(self.linear(torch.silu(t), p, c + "time_proj"), [time.size(0), time.size(1), 6, -1])
    words = self.wan_text(torch.to(text, like), p)
    picture = image
    if torch.numel(image) > 0:
      picture = self.wan_image(torch.to(image, like), p)
    mask = self.wan_mask(x.size(1), int(shape[6]) * rows * columns, x)
    return (x, words, picture, modulation, torch.to(torch.cos(angles), 6), torch.to(torch.sin(angles), 6), t, mask)

  def wan_blocks(self: __torch__.Ops, x: Tensor, words: Tensor, picture: Tensor, modulation: Tensor, cos: Tensor, sin: Tensor, t: Tensor, mask: Tensor, shape: Tensor, blocks: Tensor, p: Dict[str, Tensor]) -> Tensor:
    for i in range(int(blocks[0]), int(blocks[1])):
      x = self.wan_block(x, words, picture, modulation, cos, sin, mask, p, "blocks." + str(i), int(shape[0]))
    return x

  def wan_end(self: __torch__.Ops, x: Tensor, words: Tensor, picture: Tensor, modulation: Tensor, cos: Tensor, sin: Tensor, t: Tensor, mask: Tensor, latents: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tensor:
    patch = [int(shape[3]), int(shape[4]), int(shape[5])]
    frames = torch.floordiv(latents.size(2), patch[0])
    rows = torch.floordiv(latents.size(3), patch[1])
    columns = torch.floordiv(latents.size(4), patch[2])
    last = torch.unbind(torch.add(p["scale_shift_table"], torch.unsqueeze(t, 2)), 2)
    y = self.linear(self.wan_modulated(x, last[0], last[1]), p, "proj_out")
    y = torch.view(y, [latents.size(0), frames, rows, columns, patch[0], patch[1], patch[2], -1])
    y = torch.permute(y, [0, 7, 1, 4, 2, 5, 3, 6])
    return torch.to(torch.reshape(y, [latents.size(0), -1, frames * patch[0], rows * patch[1], columns * patch[2]]), 6)

  def wan(self: __torch__.Ops, latents: Tensor, time: Tensor, text: Tensor, image: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tensor:
    x, words, picture, modulation, cos, sin, t, mask = self.wan_begin(latents, time, text, image, shape, p)
    x = self.wan_blocks(x, words, picture, modulation, cos, sin, t, mask, shape, self.all_blocks(int(shape[1])), p)
    return self.wan_end(x, words, picture, modulation, cos, sin, t, mask, latents, shape, p)

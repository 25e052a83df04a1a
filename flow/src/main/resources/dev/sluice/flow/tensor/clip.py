  # The text encoder of CLIP (Radford et al. 2021, arXiv:2103.00020), with its projection. Weight names are transformers', which
  # writes them with or without "text_model.".
  # shape = [heads, layers, kind of GELU (0 exact, 1 quick), end token, hidden state to keep], on the CPU. An end token of 2
  # is that of the published checkpoints' configurations, which is wrong: there the largest id ends the text.

  def clip_norm(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], name: str) -> Tensor:
    return torch.layer_norm(x, [x.size(-1)], p[name + ".weight"], p[name + ".bias"], 1e-05)

  def clip_layer(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], b: str, heads: int, quick: bool, causal: bool) -> Tensor:
    a = b + ".self_attn"
    h = self.clip_norm(x, p, b + ".layer_norm1")
    q = self.split_heads(self.linear(h, p, a + ".q_proj"), heads)
    k = self.split_heads(self.linear(h, p, a + ".k_proj"), heads)
    v = self.split_heads(self.linear(h, p, a + ".v_proj"), heads)
    attended = self.join_heads(torch.scaled_dot_product_attention(q, k, v, None, 0., causal))
    y = torch.add(x, self.linear(attended, p, a + ".out_proj"))
    h = self.linear(self.clip_norm(y, p, b + ".layer_norm2"), p, b + ".mlp.fc1")
    if quick:
      h = torch.mul(h, torch.sigmoid(torch.mul(h, 1.702)))
    else:
      h = torch.gelu(h)
    return torch.add(y, self.linear(h, p, b + ".mlp.fc2"))

  def clip(self: __torch__.Ops, ids: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    heads = int(shape[0])
    layers = int(shape[1])
    quick = int(shape[2]) == 1
    end = int(shape[3])
    keep = int(shape[4])
    t = "text_model."
    if not ((t + "final_layer_norm.weight") in p):
      t = ""
    positions = torch.slice(p[t + "embeddings.position_embedding.weight"], 0, 0, ids.size(1))
    x = torch.add(torch.embedding(p[t + "embeddings.token_embedding.weight"], ids), torch.unsqueeze(positions, 0))
    kept = x
    for i in range(layers):
      x = self.clip_layer(x, p, t + "encoder.layers." + str(i), heads, quick, True)
      if i + 1 == keep:
        kept = x
    last = self.clip_norm(x, p, t + "final_layer_norm")
    at = torch.argmax(ids, -1)
    if end != 2:
      at = torch.argmax(torch.to(torch.eq(ids, end), 3), -1)
    at = torch.expand(torch.unsqueeze(torch.unsqueeze(at, 1), 2), [-1, 1, x.size(2)])
    pooled = torch.squeeze(torch.gather(last, 1, at), 1)
    if "text_projection.weight" in p:
      pooled = self.linear(pooled, p, "text_projection")
    return (torch.to(kept, 6), torch.to(last, 6), torch.to(pooled, 6))

  # The picture encoder of CLIP: what becomes of its class token and of its patches after all blocks but the last.
  # shape = [heads, layers to run, kind of GELU], on the CPU.
  def clip_vision(self: __torch__.Ops, pixels: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tensor:
    heads = int(shape[0])
    t = "vision_model."
    if not ((t + "pre_layrnorm.weight") in p):
      t = ""
    patches = p[t + "embeddings.patch_embedding.weight"]
    x = torch.conv2d(pixels, patches, None, [patches.size(2), patches.size(3)])
    x = torch.transpose(torch.flatten(x, 2), 1, 2)
    first = torch.expand(torch.view(p[t + "embeddings.class_embedding"], [1, 1, -1]), [x.size(0), 1, -1])
    x = torch.add(torch.cat([first, x], 1), torch.unsqueeze(p[t + "embeddings.position_embedding.weight"], 0))
    x = self.clip_norm(x, p, t + "pre_layrnorm")
    for i in range(int(shape[1])):
      x = self.clip_layer(x, p, t + "encoder.layers." + str(i), heads, int(shape[2]) == 1, False)
    return x

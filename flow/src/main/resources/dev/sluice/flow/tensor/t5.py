  # The encoder of T5 and T5 v1.1 (Raffel et al. 2020, arXiv:1910.10683; Shazeer 2020, arXiv:2002.05202) and of UMT5.
  # Weight names are transformers'; attention is not scaled. shape = [heads, layers, buckets, max distance, gated], on the
  # CPU. A mask of no elements means that padding is attended to, as SD3 and FLUX do. The states are float32 whatever the
  # weights are.

  def t5_buckets(self: __torch__.Ops, length: int, buckets: int, max_distance: int, like: Tensor) -> Tensor:
    at = torch.arange(length, dtype=4, device=like.device)
    distance = torch.sub(torch.unsqueeze(at, 0), torch.unsqueeze(at, 1))
    half = torch.floordiv(buckets, 2)
    exact = torch.floordiv(half, 2)
    side = torch.mul(torch.to(torch.gt(distance, 0), 4), half)
    far = torch.abs(distance)
    ratio = torch.div(torch.log(torch.div(torch.to(far, 6), exact)), torch.log(float(max_distance) / float(exact)))
    large = torch.clamp(torch.add(torch.to(torch.mul(ratio, half - exact), 4), exact), None, half - 1)
    return torch.add(side, torch.where(torch.lt(far, exact), far, large))

  def t5_bias(self: __torch__.Ops, buckets: Tensor, p: Dict[str, Tensor], b: str, mask: Tensor) -> Tensor:
    table = torch.embedding(p[b + ".layer.0.SelfAttention.relative_attention_bias.weight"], buckets)
    bias = torch.unsqueeze(torch.permute(table, [2, 0, 1]), 0)
    if torch.numel(mask) > 0:
      padding = torch.rsub(torch.to(torch.unsqueeze(torch.unsqueeze(mask, 1), 1), 6), 1.0)
      bias = torch.add(bias, torch.mul(padding, -3.4028234663852886e+38))
    return bias

  def t5_block(self: __torch__.Ops, x: Tensor, bias: Tensor, p: Dict[str, Tensor], b: str, heads: int, gated: bool) -> Tensor:
    a = b + ".layer.0"
    h = self.rms_norm(x, p[a + ".layer_norm.weight"], 1e-06)
    q = self.split_heads(self.linear(h, p, a + ".SelfAttention.q"), heads)
    k = self.split_heads(self.linear(h, p, a + ".SelfAttention.k"), heads)
    v = self.split_heads(self.linear(h, p, a + ".SelfAttention.v"), heads)
    weight = torch.softmax(torch.add(torch.matmul(q, torch.transpose(k, 2, 3)), torch.to(bias, q)), -1)
    y = torch.add(x, self.linear(self.join_heads(torch.matmul(weight, v)), p, a + ".SelfAttention.o"))
    f = b + ".layer.1"
    h = self.rms_norm(y, p[f + ".layer_norm.weight"], 1e-06)
    if gated:
      h = torch.mul(torch.gelu(self.linear(h, p, f + ".DenseReluDense.wi_0"), approximate="tanh"), self.linear(h, p, f + ".DenseReluDense.wi_1"))
    else:
      h = torch.relu(self.linear(h, p, f + ".DenseReluDense.wi"))
    return torch.add(y, self.linear(h, p, f + ".DenseReluDense.wo"))

  def t5(self: __torch__.Ops, ids: Tensor, mask: Tensor, shape: Tensor, p: Dict[str, Tensor]) -> Tensor:
    heads = int(shape[0])
    layers = int(shape[1])
    gated = int(shape[4]) == 1
    name = "encoder.embed_tokens.weight"
    if "shared.weight" in p:
      name = "shared.weight"
    x = torch.embedding(p[name], ids)
    buckets = self.t5_buckets(ids.size(1), int(shape[2]), int(shape[3]), x)
    bias = self.t5_bias(buckets, p, "encoder.block.0", mask)
    for i in range(layers):
      b = "encoder.block." + str(i)
      if i > 0:
        if (b + ".layer.0.SelfAttention.relative_attention_bias.weight") in p:
          bias = self.t5_bias(buckets, p, b, mask)
      x = self.t5_block(x, bias, p, b, heads, gated)
    return torch.to(self.rms_norm(x, p["encoder.final_layer_norm.weight"], 1e-06), 6)

  # What pretraining predicts of every word, shape (B, L, labels).
  def word_labels(self: __torch__.Ops, states: Tensor, p: Dict[str, Tensor]) -> Tensor:
    return self.linear(states, p, "linear")

  # The mean of the states over tokens that are not padding (id 0), shape (B, D): the pooled embedding where a pipeline
  # has no CLIP.
  def t5_pooled(self: __torch__.Ops, states: Tensor, ids: Tensor) -> Tensor:
    weight = torch.unsqueeze(torch.to(torch.ne(ids, 0), 6), 2)
    return torch.div(torch.sum(torch.mul(states, weight), [1]), torch.sum(weight, [1]))

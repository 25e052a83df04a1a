  # Shared by the networks: layers that the engine's Java side lacks, and dtype changes (15 is bfloat16, 6 float32).

  def linear(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], name: str) -> Tensor:
    bias: Optional[Tensor] = None
    if (name + ".bias") in p:
      bias = p[name + ".bias"]
    return torch.linear(x, p[name + ".weight"], bias)

  def norm(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.layer_norm(x, [x.size(-1)], None, None, 1e-06)

  def modulate(self: __torch__.Ops, x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return torch.addcmul(torch.unsqueeze(shift, 1), self.norm(x), torch.unsqueeze(torch.add(scale, 1.0), 1))

  def rms_norm(self: __torch__.Ops, x: Tensor, weight: Tensor, eps: float) -> Tensor:
    wide = torch.to(x, 6)
    variance = torch.mean(torch.mul(wide, wide), [-1], True)
    return torch.mul(torch.to(torch.mul(wide, torch.rsqrt(torch.add(variance, eps))), weight), weight)

  def split_heads(self: __torch__.Ops, x: Tensor, heads: int) -> Tensor:
    return torch.transpose(torch.view(x, [x.size(0), x.size(1), heads, -1]), 1, 2)

  def join_heads(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.flatten(torch.transpose(x, 1, 2), 2, 3)

  # Projected tokens by head, shape (B, heads, L, width of a head); normalised if there is such a norm.
  def heads(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], projection: str, norm: str, heads: int) -> Tensor:
    h = self.split_heads(self.linear(x, p, projection), heads)
    if (norm + ".weight") in p:
      h = self.rms_norm(h, p[norm + ".weight"], 1e-06)
    return h

  def mlp(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], name: str) -> Tensor:
    h = torch.gelu(self.linear(x, p, name + ".net.0.proj"), approximate="tanh")
    return self.linear(h, p, name + ".net.2")

  def gated(self: __torch__.Ops, x: Tensor, gate: Tensor, update: Tensor) -> Tensor:
    return torch.addcmul(x, torch.unsqueeze(gate, 1), update)

  # Two layers with a SiLU between them, as times and pooled texts are embedded.
  def embedded(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], name: str) -> Tensor:
    return self.linear(torch.silu(self.linear(x, p, name + ".linear_1")), p, name + ".linear_2")

  # Angles of rotary positions (Su et al. 2021, arXiv:2104.09864, base 10000) in float64, one for each pair of features.
  # positions has shape (L); the result (L, size / 2).
  def rotary_angles(self: __torch__.Ops, positions: Tensor, size: int) -> Tensor:
    exponent = torch.div(torch.arange(0, size, 2, dtype=7, device=positions.device), -size)
    frequencies = torch.pow(10000., exponent)
    return torch.mul(torch.unsqueeze(torch.to(positions, 7), 1), torch.unsqueeze(frequencies, 0))

  # Turns neighbouring features of x, shape (B, heads, L, 2·n), by the angles whose cosines and sines have shape (L, n).
  def rotated(self: __torch__.Ops, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    pairs = torch.reshape(torch.to(x, 6), [x.size(0), x.size(1), x.size(2), -1, 2])
    first = torch.select(pairs, 4, 0)
    second = torch.select(pairs, 4, 1)
    turned = [torch.sub(torch.mul(first, cos), torch.mul(second, sin)), torch.add(torch.mul(second, cos), torch.mul(first, sin))]
    return torch.to(torch.flatten(torch.stack(turned, 4), 3), x)

  # Sinusoids of a time in 0..1000, cosines first; shape (B, size).
  def time_features(self: __torch__.Ops, time: Tensor, size: int) -> Tensor:
    half = torch.floordiv(size, 2)
    exponent = torch.mul(torch.arange(half, dtype=6, device=time.device), -9.210340371976184)
    angles = torch.mul(torch.unsqueeze(time, 1), torch.unsqueeze(torch.exp(torch.div(exponent, half)), 0))
    return torch.cat([torch.cos(angles), torch.sin(angles)], 1)

  def to_bfloat16(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.to(x, 15)

  def to_float32(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.to(x, 6)

  def to_float16(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.to(x, 5)

  # A factor that the graph keeps as its own number; see Torch.scaled.
  def scaled(self: __torch__.Ops, x: Tensor, factor: Tensor) -> Tensor:
    return torch.mul(x, float(factor))

  # The range of all blocks of a network; see sd3_blocks.
  def all_blocks(self: __torch__.Ops, count: int) -> Tensor:
    return torch.tensor([0, count])

  # Weights where and in the type in which they are computed with.
  def placed(self: __torch__.Ops, like: Tensor, code: Tensor, p: Dict[str, Tensor]) -> Dict[str, Tensor]:
    made = annotate(Dict[str, Tensor], {})
    for name in p.keys():
      made[name] = torch.to(p[name], like.device, int(code))
    return made

  # Whether a tensor requires a gradient or was computed from one that does.
  def recorded(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.tensor(x.requires_grad)

  # A number whose gradient with respect to x is the cotangent.
  def inner(self: __torch__.Ops, x: Tensor, cotangent: Tensor) -> Tensor:
    return torch.to(torch.sum(torch.mul(x, cotangent)), 6)

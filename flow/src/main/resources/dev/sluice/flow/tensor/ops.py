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

  # A factor that the graph keeps as its own number; see Torch.scaled.
  def scaled(self: __torch__.Ops, x: Tensor, factor: Tensor) -> Tensor:
    return torch.mul(x, float(factor))

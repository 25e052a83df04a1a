  # The image autoencoder of latent diffusion (Rombach et al. 2022, arXiv:2112.10752). Weight names are diffusers'. What a
  # network has is read from the names; groups is the number of groups of every group norm, on the CPU.

  def vae_conv(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], name: str, pad: int) -> Tensor:
    return torch.conv2d(x, p[name + ".weight"], p[name + ".bias"], [1, 1], [pad, pad])

  def vae_norm(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], name: str, groups: int) -> Tensor:
    return torch.group_norm(x, groups, p[name + ".weight"], p[name + ".bias"], 1e-06)

  def vae_resnet(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], b: str, groups: int) -> Tensor:
    h = self.vae_conv(torch.silu(self.vae_norm(x, p, b + ".norm1", groups)), p, b + ".conv1", 1)
    h = self.vae_conv(torch.silu(self.vae_norm(h, p, b + ".norm2", groups)), p, b + ".conv2", 1)
    y = x
    if (b + ".conv_shortcut.weight") in p:
      y = self.vae_conv(x, p, b + ".conv_shortcut", 0)
    return torch.add(y, h)

  def vae_resnets(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], b: str, groups: int) -> Tensor:
    i = 0
    y = x
    while (b + ".resnets." + str(i) + ".conv1.weight") in p:
      y = self.vae_resnet(y, p, b + ".resnets." + str(i), groups)
      i = i + 1
    return y

  def vae_attention(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], b: str, groups: int) -> Tensor:
    h = torch.transpose(torch.flatten(self.vae_norm(x, p, b + ".group_norm", groups), 2), 1, 2)
    q = torch.unsqueeze(self.linear(h, p, b + ".to_q"), 1)
    k = torch.unsqueeze(self.linear(h, p, b + ".to_k"), 1)
    v = torch.unsqueeze(self.linear(h, p, b + ".to_v"), 1)
    h = self.linear(torch.squeeze(torch.scaled_dot_product_attention(q, k, v), 1), p, b + ".to_out.0")
    return torch.add(x, torch.reshape(torch.transpose(h, 1, 2), x.size()))

  def vae_middle(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], b: str, groups: int) -> Tensor:
    y = self.vae_resnet(x, p, b + ".resnets.0", groups)
    if (b + ".attentions.0.to_q.weight") in p:
      y = self.vae_attention(y, p, b + ".attentions.0", groups)
    return self.vae_resnet(y, p, b + ".resnets.1", groups)

  def vae_encode(self: __torch__.Ops, images: Tensor, groups_: Tensor, p: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
    groups = int(groups_)
    x = self.vae_conv(images, p, "encoder.conv_in", 1)
    i = 0
    while ("encoder.down_blocks." + str(i) + ".resnets.0.conv1.weight") in p:
      b = "encoder.down_blocks." + str(i)
      x = self.vae_resnets(x, p, b, groups)
      d = b + ".downsamplers.0.conv"
      if (d + ".weight") in p:
        x = torch.conv2d(torch.constant_pad_nd(x, [0, 1, 0, 1]), p[d + ".weight"], p[d + ".bias"], [2, 2])
      i = i + 1
    x = torch.silu(self.vae_norm(self.vae_middle(x, p, "encoder.mid_block", groups), p, "encoder.conv_norm_out", groups))
    x = self.vae_conv(x, p, "encoder.conv_out", 1)
    if "quant_conv.weight" in p:
      x = self.vae_conv(x, p, "quant_conv", 0)
    parts = torch.chunk(x, 2, 1)
    return (parts[0], torch.clamp(parts[1], -30., 20.))

  def vae_decode(self: __torch__.Ops, latents: Tensor, groups_: Tensor, p: Dict[str, Tensor]) -> Tensor:
    groups = int(groups_)
    x = latents
    if "post_quant_conv.weight" in p:
      x = self.vae_conv(x, p, "post_quant_conv", 0)
    x = self.vae_middle(self.vae_conv(x, p, "decoder.conv_in", 1), p, "decoder.mid_block", groups)
    i = 0
    while ("decoder.up_blocks." + str(i) + ".resnets.0.conv1.weight") in p:
      b = "decoder.up_blocks." + str(i)
      x = self.vae_resnets(x, p, b, groups)
      u = b + ".upsamplers.0.conv"
      if (u + ".weight") in p:
        x = self.vae_conv(torch.upsample_nearest2d(x, [x.size(2) * 2, x.size(3) * 2]), p, u, 1)
      i = i + 1
    return self.vae_conv(torch.silu(self.vae_norm(x, p, "decoder.conv_norm_out", groups)), p, "decoder.conv_out", 1)

  # The tile, whose first rows or columns the end of the tile before it fades into. how = [length, axis], on the CPU.
  def vae_blend(self: __torch__.Ops, tile: Tensor, before: Tensor, how: Tensor) -> Tensor:
    length = int(how[0])
    axis = int(how[1])
    ramp = torch.div(torch.arange(length, dtype=6, device=tile.device), float(length))
    if axis == 2:
      ramp = torch.unsqueeze(ramp, 1)
    ending = torch.mul(torch.narrow(before, axis, before.size(axis) - length, length), torch.rsub(ramp, 1.0))
    faded = torch.add(ending, torch.mul(torch.narrow(tile, axis, 0, length), ramp))
    return torch.cat([faded, torch.slice(tile, axis, length)], axis)

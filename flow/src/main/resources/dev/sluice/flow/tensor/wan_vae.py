  # The causal video autoencoder of Wan (Wan Team 2025, arXiv:2503.20314). Weight names are diffusers'. A frame depends on
  # itself and on frames before it, so a video may come in pieces: a convolution over time keeps its last frames for the next
  # piece. Kept frames are numbered in the order in which they are needed; "kept.N" are those of the piece before, of which a
  # first piece has none, and every method adds its own to now: copies, as views would hold all frames that they are taken from.

  def wan_vae_before(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], now: List[Tensor], frames: int) -> Tensor:
    name = "kept." + str(len(now))
    if name in p:
      return torch.cat([p[name], x], 2)
    return torch.constant_pad_nd(x, [0, 0, 0, 0, frames, 0])

  # Over three frames, of which two lie before.
  def wan_vae_conv(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], name: str, pad: int, now: List[Tensor]) -> Tensor:
    all = self.wan_vae_before(x, p, now, 2)
    torch.append(now, torch.clone(torch.slice(all, 2, all.size(2) - 2)))
    return torch.conv3d(all, p[name + ".weight"], p[name + ".bias"], [1, 1, 1], [0, pad, pad])

  # Over a single frame and a single pixel.
  def wan_vae_point(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], name: str) -> Tensor:
    return torch.conv3d(x, p[name + ".weight"], p[name + ".bias"])

  def wan_vae_norm(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], name: str) -> Tensor:
    length = torch.clamp_min(torch.norm(x, 2, [1], True), 1e-12)
    return torch.mul(torch.mul(torch.div(x, length), float(x.size(1)) ** 0.5), p[name + ".gamma"])

  def wan_vae_resnet(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], b: str, now: List[Tensor]) -> Tensor:
    y = x
    if (b + ".conv_shortcut.weight") in p:
      y = self.wan_vae_point(x, p, b + ".conv_shortcut")
    h = self.wan_vae_conv(torch.silu(self.wan_vae_norm(x, p, b + ".norm1")), p, b + ".conv1", 1, now)
    h = self.wan_vae_conv(torch.silu(self.wan_vae_norm(h, p, b + ".norm2")), p, b + ".conv2", 1, now)
    return torch.add(y, h)

  # Frames as pictures, shape (B·T, C, H, W), and back.
  def wan_vae_frames(self: __torch__.Ops, x: Tensor) -> Tensor:
    return torch.flatten(torch.transpose(x, 1, 2), 0, 1)

  def wan_vae_video(self: __torch__.Ops, x: Tensor, batch: int) -> Tensor:
    return torch.transpose(torch.reshape(x, [batch, -1, x.size(1), x.size(2), x.size(3)]), 1, 2)

  def wan_vae_attention(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], b: str) -> Tensor:
    frames = self.wan_vae_frames(x)
    h = self.wan_vae_norm(frames, p, b + ".norm")
    h = torch.conv2d(h, p[b + ".to_qkv.weight"], p[b + ".to_qkv.bias"])
    h = torch.unsqueeze(torch.transpose(torch.flatten(h, 2), 1, 2), 1)
    parts = torch.chunk(h, 3, 3)
    h = torch.squeeze(torch.scaled_dot_product_attention(parts[0], parts[1], parts[2]), 1)
    h = torch.reshape(torch.transpose(h, 1, 2), frames.size())
    h = torch.conv2d(h, p[b + ".proj.weight"], p[b + ".proj.bias"])
    return torch.add(x, self.wan_vae_video(h, x.size(0)))

  def wan_vae_middle(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], b: str, now: List[Tensor]) -> Tensor:
    y = self.wan_vae_resnet(x, p, b + ".resnets.0", now)
    y = self.wan_vae_attention(y, p, b + ".attentions.0")
    return self.wan_vae_resnet(y, p, b + ".resnets.1", now)

  # Halves rows and columns; over time, three frames become one, two apart, after a first frame that stays as it is.
  def wan_vae_down(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], b: str, now: List[Tensor]) -> Tensor:
    frames = torch.constant_pad_nd(self.wan_vae_frames(x), [0, 1, 0, 1])
    h = torch.conv2d(frames, p[b + ".resample.1.weight"], p[b + ".resample.1.bias"], [2, 2])
    y = self.wan_vae_video(h, x.size(0))
    t = b + ".time_conv"
    if (t + ".weight") in p:
      name = "kept." + str(len(now))
      first = not (name in p)
      all = y if first else torch.cat([p[name], y], 2)
      torch.append(now, torch.clone(torch.slice(all, 2, all.size(2) - 1)))
      z = torch.slice(y, 2, 0, 1)
      if all.size(2) >= 3:
        merged = torch.conv3d(all, p[t + ".weight"], p[t + ".bias"], [2, 1, 1])
        z = torch.cat([z, merged], 2) if first else merged
      y = z
    return y

  # Doubles rows and columns; over time, every frame becomes two, but for a first frame.
  def wan_vae_up(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], b: str, now: List[Tensor]) -> Tensor:
    y = x
    t = b + ".time_conv"
    if (t + ".weight") in p:
      first = not (("kept." + str(len(now))) in p)
      later = torch.slice(x, 2, 1) if first else x
      all = self.wan_vae_before(later, p, now, 2)
      torch.append(now, torch.clone(torch.slice(all, 2, all.size(2) - 2)))
      if later.size(2) > 0:
        h = torch.conv3d(all, p[t + ".weight"], p[t + ".bias"])
        h = torch.reshape(h, [x.size(0), 2, x.size(1), -1, x.size(3), x.size(4)])
        h = torch.reshape(torch.stack([torch.select(h, 1, 0), torch.select(h, 1, 1)], 3), [x.size(0), x.size(1), -1, x.size(3), x.size(4)])
        y = torch.cat([torch.slice(x, 2, 0, 1), h], 2) if first else h
    frames = self.wan_vae_frames(y)
    frames = torch.upsample_nearest2d(frames, [frames.size(2) * 2, frames.size(3) * 2])
    h = torch.conv2d(frames, p[b + ".resample.1.weight"], p[b + ".resample.1.bias"], [1, 1], [1, 1])
    return self.wan_vae_video(h, x.size(0))

  # Returns mean and log variance, not clamped, then what the next piece needs. A first piece has 1 + 4·n frames, a later one
  # 4·n.
  def wan_vae_encode(self: __torch__.Ops, video: Tensor, p: Dict[str, Tensor]) -> List[Tensor]:
    now = annotate(List[Tensor], [])
    x = self.wan_vae_conv(video, p, "encoder.conv_in", 1, now)
    i = 0
    b = "encoder.down_blocks.0"
    while (b + ".conv1.weight") in p or (b + ".resample.1.weight") in p:
      if (b + ".conv1.weight") in p:
        x = self.wan_vae_resnet(x, p, b, now)
      else:
        x = self.wan_vae_down(x, p, b, now)
      i = i + 1
      b = "encoder.down_blocks." + str(i)
    x = self.wan_vae_middle(x, p, "encoder.mid_block", now)
    x = self.wan_vae_conv(torch.silu(self.wan_vae_norm(x, p, "encoder.norm_out")), p, "encoder.conv_out", 1, now)
    parts = torch.chunk(self.wan_vae_point(x, p, "quant_conv"), 2, 1)
    out = [parts[0], parts[1]]
    for k in range(len(now)):
      torch.append(out, now[k])
    return out

  # Returns frames in [-1, 1], then what the next piece needs.
  def wan_vae_decode(self: __torch__.Ops, latents: Tensor, p: Dict[str, Tensor]) -> List[Tensor]:
    now = annotate(List[Tensor], [])
    x = self.wan_vae_conv(self.wan_vae_point(latents, p, "post_quant_conv"), p, "decoder.conv_in", 1, now)
    x = self.wan_vae_middle(x, p, "decoder.mid_block", now)
    i = 0
    while ("decoder.up_blocks." + str(i) + ".resnets.0.conv1.weight") in p:
      b = "decoder.up_blocks." + str(i)
      j = 0
      while (b + ".resnets." + str(j) + ".conv1.weight") in p:
        x = self.wan_vae_resnet(x, p, b + ".resnets." + str(j), now)
        j = j + 1
      if (b + ".upsamplers.0.resample.1.weight") in p:
        x = self.wan_vae_up(x, p, b + ".upsamplers.0", now)
      i = i + 1
    x = self.wan_vae_conv(torch.silu(self.wan_vae_norm(x, p, "decoder.norm_out")), p, "decoder.conv_out", 1, now)
    out = [torch.clamp(x, -1., 1.)]
    for k in range(len(now)):
      torch.append(out, now[k])
    return out

  # Inverse dynamics: joints of a machine from a few frames around each. Convolutions, then the mean place, in [-1, 1], of what
  # each channel finds (spatial softmax), then layers that correct what follows from these places directly. frames has shape
  # (B, frames·3, rows, columns), values in [0, 1].

  def idm_norm(self: __torch__.Ops, x: Tensor, p: Dict[str, Tensor], name: str) -> Tensor:
    return torch.silu(torch.group_norm(x, 8, p[name + ".weight"], p[name + ".bias"], 1e-05))

  # The mean of a coordinate with the weights of each channel, shape (B, channels).
  def idm_mean(self: __torch__.Ops, share: Tensor, places: Tensor) -> Tensor:
    return torch.sum(torch.mul(share, places), [2])

  def idm(self: __torch__.Ops, frames: Tensor, p: Dict[str, Tensor]) -> Tensor:
    x = torch.conv2d(frames, p["conv_1.weight"], p["conv_1.bias"], [2, 2], [1, 1])
    x = self.idm_norm(x, p, "norm_1")
    x = self.idm_norm(torch.conv2d(x, p["conv_2.weight"], p["conv_2.bias"], [1, 1], [1, 1]), p, "norm_2")
    heat = torch.conv2d(x, p["heat.weight"], p["heat.bias"])
    rows = heat.size(2)
    columns = heat.size(3)
    share = torch.softmax(torch.flatten(heat, 2), 2)
    y = torch.sub(torch.div(torch.add(torch.arange(rows, dtype=6, device=frames.device), 0.5), 0.5 * rows), 1.0)
    x = torch.sub(torch.div(torch.add(torch.arange(columns, dtype=6, device=frames.device), 0.5), 0.5 * columns), 1.0)
    down = torch.flatten(torch.expand(torch.unsqueeze(y, 1), [rows, columns]))
    right = torch.flatten(torch.expand(torch.unsqueeze(x, 0), [rows, columns]))
    places = torch.cat([self.idm_mean(share, right), self.idm_mean(share, down)], 1)
    h = torch.silu(self.linear(places, p, "linear_1"))
    h = torch.silu(self.linear(h, p, "linear_2"))
    return torch.add(self.linear(places, p, "direct"), self.linear(h, p, "linear_3"))

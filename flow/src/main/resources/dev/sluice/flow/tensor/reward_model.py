  # Reward models: scores of what is seen of pictures. media has shape (B, features), or (B, 3, rows, columns) with values in
  # [0, 1]; prompt has shape (B, words or features).

  # What the prompt says scales and shifts the channels.
  def reward_norm(self: __torch__.Ops, x: Tensor, prompt: Tensor, p: Dict[str, Tensor], name: str) -> Tensor:
    h = torch.group_norm(x, 8, p[name + ".weight"], p[name + ".bias"], 1e-05)
    film = torch.unsqueeze(torch.unsqueeze(self.linear(prompt, p, name + ".film"), 2), 3)
    parts = torch.chunk(film, 2, 1)
    return torch.silu(torch.add(torch.mul(h, torch.add(parts[0], 1.0)), parts[1]))

  # Two more channels say where a pixel is, from -1 to 1.
  def reward_places(self: __torch__.Ops, x: Tensor) -> Tensor:
    rows = x.size(2)
    columns = x.size(3)
    y = torch.sub(torch.div(torch.add(torch.arange(rows, dtype=6, device=x.device), 0.5), 0.5 * rows), 1.0)
    z = torch.sub(torch.div(torch.add(torch.arange(columns, dtype=6, device=x.device), 0.5), 0.5 * columns), 1.0)
    down = torch.expand(torch.unsqueeze(y, 1), [x.size(0), 1, rows, columns])
    right = torch.expand(torch.unsqueeze(z, 0), [x.size(0), 1, rows, columns])
    return torch.cat([x, right, down], 1)

  def reward_pictures(self: __torch__.Ops, media: Tensor, prompt: Tensor, p: Dict[str, Tensor]) -> Tensor:
    x = torch.conv2d(self.reward_places(media), p["conv_1.weight"], p["conv_1.bias"], [2, 2], [1, 1])
    x = self.reward_norm(x, prompt, p, "norm_1")
    x = self.reward_norm(torch.conv2d(x, p["conv_2.weight"], p["conv_2.bias"], [1, 1], [1, 1]), prompt, p, "norm_2")
    x = self.reward_norm(torch.conv2d(x, p["conv_3.weight"], p["conv_3.bias"], [2, 2], [1, 1]), prompt, p, "norm_3")
    flat = torch.flatten(x, 2)
    return torch.cat([torch.mean(flat, [2]), torch.amax(flat, [2])], 1)

  # Each aspect is a mixture of its criteria, and all of it one of the aspects.
  def reward_experts(self: __torch__.Ops, criteria: Tensor, prompt: Tensor, p: Dict[str, Tensor]) -> Tensor:
    h = torch.relu(self.linear(prompt, p, "gate.hidden"))
    shares = torch.div(self.linear(h, p, "gate.criteria"), p["gate.temperature"])
    within = torch.softmax(torch.add(torch.unsqueeze(shares, 1), torch.unsqueeze(p["gate.groups"], 0)), 2)
    aspects = torch.sum(torch.mul(within, torch.unsqueeze(criteria, 1)), [2])
    gates = torch.softmax(torch.div(self.linear(h, p, "gate.aspects"), p["gate.temperature"]), 1)
    overall = torch.sum(torch.mul(gates, aspects), [1], True)
    return torch.cat([overall, aspects, criteria, gates], 1)

  def reward_model(self: __torch__.Ops, media: Tensor, prompt: Tensor, p: Dict[str, Tensor]) -> Tensor:
    x = media
    t = prompt
    if "words.weight" in p:
      t = torch.silu(self.linear(prompt, p, "words"))
    if "conv_1.weight" in p:
      x = self.reward_pictures(media, t, p)
    else:
      x = torch.div(torch.sub(media, p["features.mean"]), p["features.deviation"])
    if "mix.media.weight" in p:
      x = torch.cat([x, torch.mul(self.linear(x, p, "mix.media"), self.linear(t, p, "mix.prompt"))], 1)
    if "hidden.weight" in p:
      x = torch.silu(self.linear(x, p, "hidden"))
    x = self.linear(x, p, "out")
    if "gate.hidden.weight" in p:
      x = self.reward_experts(x, t, p)
    return x

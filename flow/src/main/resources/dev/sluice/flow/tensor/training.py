  # What changes weights in place. The first argument lends its manager to the result, which is empty.

  def fold_low_rank(self: __torch__.Ops, scale: Tensor, folded: Tensor, base: Tensor, a: Tensor, b: Tensor) -> Tensor:
    torch.copy_(folded, torch.addmm(torch.to(base, a), b, a, beta=1, alpha=float(scale)))
    return torch.empty([0])

  # The rows of W + scale·B·A in their directions, with lengths of their own (DoRA, Liu et al. 2024, arXiv:2402.09353).
  def fold_dora(self: __torch__.Ops, scale: Tensor, folded: Tensor, base: Tensor, a: Tensor, b: Tensor, lengths: Tensor) -> Tensor:
    moved = torch.addmm(torch.to(base, a), b, a, beta=1, alpha=float(scale))
    norms = torch.sqrt(torch.sum(torch.mul(moved, moved), [1]))
    torch.copy_(folded, torch.mul(moved, torch.unsqueeze(torch.div(lengths, norms), 1)))
    return torch.empty([0])

  # Adds dL/dA and dL/dB, given dL/dW of W + scale·B·A.
  def pull_back_low_rank(self: __torch__.Ops, scale: Tensor, grad: Tensor, a: Tensor, b: Tensor, grad_a: Tensor, grad_b: Tensor) -> Tensor:
    g = torch.to(grad, 6)
    torch.addmm_(grad_a, torch.t(b), g, beta=1, alpha=float(scale))
    torch.addmm_(grad_b, g, torch.t(a), beta=1, alpha=float(scale))
    return torch.empty([0])

  # scalars = [learning rate, beta 1, beta 2, epsilon, weight decay, gradient factor, 1 − beta1^n, 1 − beta2^n]
  def adamw(self: __torch__.Ops, scalars: Tensor, p: Tensor, g: Tensor, m: Tensor, v: Tensor) -> Tensor:
    lr = float(scalars[0])
    beta1 = float(scalars[1])
    beta2 = float(scalars[2])
    grad = torch.mul(g, float(scalars[5]))
    torch.mul_(p, 1.0 - lr * float(scalars[4]))
    torch.lerp_(m, grad, 1.0 - beta1)
    torch.addcmul_(torch.mul_(v, beta2), grad, grad, value=1.0 - beta2)
    denominator = torch.add(torch.div(torch.sqrt(v), float(torch.sqrt(scalars[7]))), float(scalars[3]))
    torch.addcdiv_(p, m, denominator, value=-lr / float(scalars[6]))
    return torch.empty([0])

  # scalars = [learning rate, momentum, weight decay]
  def muon(self: __torch__.Ops, scalars: Tensor, p: Tensor, g: Tensor, m: Tensor) -> Tensor:
    lr = float(scalars[0])
    momentum = float(scalars[1])
    torch.add_(torch.mul_(m, momentum), g)
    ahead = torch.add(g, m, alpha=momentum)
    tall = ahead.size(0) > ahead.size(1)
    x = torch.t(ahead) if tall else ahead
    x = torch.div(x, torch.add(torch.norm(x), 1e-07))
    for i in range(5):
      a = torch.matmul(x, torch.t(x))
      x = torch.addmm(x, torch.addmm(a, a, a, beta=-4.775, alpha=2.0315), x, beta=3.4445, alpha=1)
    step = torch.t(x) if tall else x
    torch.mul_(p, 1.0 - lr * float(scalars[2]))
    torch.add_(p, step, alpha=-lr * 0.2 * float(max(ahead.size(0), ahead.size(1))) ** 0.5)
    return torch.empty([0])

  # average ← average + rate·(value − average)
  def moving_average(self: __torch__.Ops, rate: Tensor, average: Tensor, value: Tensor) -> Tensor:
    torch.copy_(average, torch.add(average, torch.sub(value, average), alpha=float(rate)))
    return torch.empty([0])

  def assign(self: __torch__.Ops, unused: Tensor, target: Tensor, value: Tensor) -> Tensor:
    torch.copy_(target, value)
    return torch.empty([0])

  def sum_of_squares(self: __torch__.Ops, unused: Tensor, x: Tensor) -> Tensor:
    return torch.sum(torch.mul(x, x))

  def zero(self: __torch__.Ops, unused: Tensor, target: Tensor) -> Tensor:
    torch.zero_(target)
    return torch.empty([0])

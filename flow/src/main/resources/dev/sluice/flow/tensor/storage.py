  # The bytes of files. Types are the engine's numbers: 0 uint8, 5 float16, 6 float32, 15 bfloat16. Only the copying form of
  # a view in another type can be called from here.

  def decode_bytes(self: __torch__.Ops, bytes: Tensor, stored: Tensor, wanted: Tensor) -> Tensor:
    return torch.to(torch.view_copy(bytes, dtype=int(stored)), int(wanted))

  def encode_bytes(self: __torch__.Ops, values: Tensor, stored: Tensor) -> Tensor:
    flat = torch.reshape(torch.detach(values), [-1])
    return torch.view_copy(torch.contiguous(torch.to(flat, int(stored))), dtype=0)

  # 1 if a finite value is infinite in that type, else 0.
  def overflows(self: __torch__.Ops, values: Tensor, stored: Tensor) -> Tensor:
    narrow = torch.to(torch.to(torch.detach(values), int(stored)), 6)
    lost = torch.logical_and(torch.isinf(narrow), torch.logical_not(torch.isinf(values)))
    return torch.to(torch.any(lost), 4)

  # The bytes of files. Types are the engine's numbers: 0 uint8, 5 float16, 6 float32, 15 bfloat16. Only the copying form of
  # a view in another type can be called from here.

  # code = [number of elements, type]
  def blank(self: __torch__.Ops, code: Tensor) -> Tensor:
    return torch.empty([int(code[0])], dtype=int(code[1]), device=code.device)

  # A file's bytes from its first on as numbers of a type. They come to memory when they are used, and writing to them changes no
  # file. code = [how many, type], name = the bytes of its path.
  def mapped(self: __torch__.Ops, code: Tensor, name: Tensor) -> Tensor:
    path = ""
    for i in range(name.size(0)):
      path = path + chr(int(name[i]))
    return torch.from_file(path, False, int(code[0]), dtype=int(code[1]))

  # Some elements, in the memory of the whole; place = [first, how many].
  def part(self: __torch__.Ops, place: Tensor, whole: Tensor) -> Tensor:
    return torch.narrow(whole, 0, int(place[0]), int(place[1]))

  # Writes the values of some bytes of a file into a tensor; place = [first element, type of the file's].
  def decode_into(self: __torch__.Ops, place: Tensor, target: Tensor, bytes: Tensor) -> Tensor:
    stored = int(place[1])
    values = bytes
    if stored == 11:
      values = torch.ne(bytes, 0)
    else:
      values = torch.view_copy(bytes, dtype=stored)
    torch.copy_(torch.narrow(target, 0, int(place[0]), values.size(0)), values)
    return torch.empty([0])

  def encode_bytes(self: __torch__.Ops, values: Tensor, stored: Tensor) -> Tensor:
    flat = torch.reshape(torch.detach(values), [-1])
    return torch.view_copy(torch.contiguous(torch.to(flat, int(stored))), dtype=0)

  # 1 if a finite value is infinite in that type, else 0.
  def overflows(self: __torch__.Ops, values: Tensor, stored: Tensor) -> Tensor:
    narrow = torch.to(torch.to(torch.detach(values), int(stored)), 6)
    lost = torch.logical_and(torch.isinf(narrow), torch.logical_not(torch.isinf(values)))
    return torch.to(torch.any(lost), 4)

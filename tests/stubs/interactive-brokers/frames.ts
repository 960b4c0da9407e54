/** Frames of the TWS protocol: four bytes of length, then fields that each end with a zero byte. */
export function frame(fields: readonly (string | number | boolean)[]): Buffer {
  const text = fields.map((field) => `${onWire(field)}\0`).join('');
  return prefixed(Buffer.from(text, 'utf8'));
}

export function prefixed(body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

function onWire(field: string | number | boolean): string {
  if (typeof field === 'boolean') return field ? '1' : '0';
  return String(field);
}

/** Fields of all whole frames at the beginning, and the bytes that are left. */
export function unframe(bytes: Buffer): { readonly messages: string[][]; readonly rest: Buffer } {
  const messages: string[][] = [];
  let at = 0;
  while (bytes.length - at >= 4) {
    const length = bytes.readUInt32BE(at);
    if (bytes.length - at - 4 < length) break;
    const text = bytes.subarray(at + 4, at + 4 + length).toString('utf8');
    if (!text.endsWith('\0')) throw new Error('A message to TWS does not end with a zero byte.');
    messages.push(text.slice(0, -1).split('\0'));
    at += 4 + length;
  }
  return { messages, rest: bytes.subarray(at) };
}

/** A frame that promises more than it holds. */
export function cutShort(fields: readonly (string | number | boolean)[]): Buffer {
  const whole = frame(fields);
  return whole.subarray(0, Math.floor(whole.length / 2));
}

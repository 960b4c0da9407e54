/**
 * A copy of a result whose columns lie on shared memory, so that it crosses threads, to the main thread
 * and on to the store's, without another copy. Columns that already do are kept.
 */
export function onSharedMemory<Value>(value: Value): Value {
  return share(value) as Value;
}

function share(value: unknown): unknown {
  if (value instanceof Float64Array) return shareFloats(value);
  if (value instanceof Int32Array) {
    if (value.buffer instanceof SharedArrayBuffer) return value;
    const copy = new Int32Array(new SharedArrayBuffer(value.byteLength));
    copy.set(value);
    return copy;
  }
  if (value instanceof Uint8Array) {
    const copy = new Uint8Array(new SharedArrayBuffer(value.byteLength));
    copy.set(value);
    return copy;
  }
  if (Array.isArray(value)) {
    const [first] = value;
    return typeof first === 'object' && first !== null ? value.map(share) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, share(entry)]));
}

function shareFloats(value: Float64Array): Float64Array {
  if (value.buffer instanceof SharedArrayBuffer) return value;
  const copy = new Float64Array(new SharedArrayBuffer(value.byteLength));
  copy.set(value);
  return copy;
}

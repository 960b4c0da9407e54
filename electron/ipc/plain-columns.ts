type Column = Float64Array | Int32Array | Uint8Array;

/**
 * A copy of a payload in which every column owns its memory. Shared memory cannot leave the process,
 * and the structured clone of a view takes the whole buffer behind it along.
 */
export function withPlainColumns(value: unknown): unknown {
  if (value instanceof Float64Array) return plain(value, Float64Array);
  if (value instanceof Int32Array) return plain(value, Int32Array);
  if (value instanceof Uint8Array) return plain(value, Uint8Array);
  if (Array.isArray(value)) {
    const [first] = value;
    return typeof first === 'object' && first !== null ? value.map(withPlainColumns) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, withPlainColumns(entry)]),
  );
}

function plain<View extends Column>(view: View, make: new (source: View) => View): View {
  const owned = view.buffer instanceof ArrayBuffer && view.byteLength === view.buffer.byteLength;
  return owned ? view : new make(view);
}

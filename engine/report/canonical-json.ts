/**
 * JSON in the one form of RFC 8785: keys in the order of their UTF-16 code units, no white space, numbers
 * as ECMAScript writes them. Equal values have equal bytes.
 * @throws TypeError for what JSON lacks: NaN, infinities, undefined, functions, lone surrogates
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no form in JSON`);
    return JSON.stringify(value);
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError('half a surrogate pair has no form in JSON');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    const parts = entries
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${canonicalJson(key)}:${canonicalJson(item)}`);
    return `{${parts.join(',')}}`;
  }
  throw new TypeError(`${typeof value} has no form in JSON`);
}

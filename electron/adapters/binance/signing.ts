import { createHmac } from 'node:crypto';

/** HMAC-SHA256 of exactly the text that is sent, in hexadecimal. */
export function signatureOf(secretKey: string, text: string): string {
  return createHmac('sha256', secretKey).update(text).digest('hex');
}

/** A query with the time and the signature that Binance asks for. */
export function signedQuery(
  query: string,
  secretKey: string,
  time: number,
  recvWindow: number,
): string {
  const parts = query === '' ? [] : [query];
  const text = [...parts, `recvWindow=${recvWindow}`, `timestamp=${time}`].join('&');
  return `${text}&signature=${signatureOf(secretKey, text)}`;
}

/** Parameters of a signed request over the WebSocket API: the text is made of them in alphabetical order. */
export function signedParameters(
  keys: { readonly apiKey: string; readonly secretKey: string },
  time: number,
  recvWindow: number,
): Readonly<Record<string, string | number>> {
  const given = { apiKey: keys.apiKey, recvWindow, timestamp: time };
  const text = Object.entries(given)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return { ...given, signature: signatureOf(keys.secretKey, text) };
}

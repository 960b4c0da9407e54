export interface StubPair {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly status: string;
  readonly tick: string;
  readonly step: string;
  readonly notional: string;
  readonly price: string;
}

export const STUB_PAIRS: readonly StubPair[] = [
  pair('BTC', 'USDT', '0.01', '0.00001', '5', '50000'),
  pair('ETH', 'USDT', '0.01', '0.0001', '5', '2500'),
  pair('BNB', 'USDT', '0.1', '0.001', '5', '600'),
  pair('ETH', 'BTC', '0.00001', '0.0001', '0.0001', '0.05'),
  { ...pair('OLD', 'USDT', '0.0001', '1', '5', '1'), status: 'BREAK' },
];

function pair(
  base: string,
  quote: string,
  tick: string,
  step: string,
  notional: string,
  price: string,
): StubPair {
  return { symbol: base + quote, base, quote, status: 'TRADING', tick, step, notional, price };
}

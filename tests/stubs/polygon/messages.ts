/** The moment of the messages below, which are as the source describes them. */
export const T = Date.UTC(2026, 0, 5, 15, 30, 1, 250);
export const TRADE = {
  ev: 'T',
  sym: 'AAPL',
  x: 4,
  i: '12345',
  z: 3,
  p: 114.125,
  s: 100,
  c: [0, 12],
  t: T,
  q: 3681328,
};
export const QUOTE = {
  ev: 'Q',
  sym: 'AAPL',
  bx: 4,
  bp: 114.125,
  bs: 200,
  ax: 7,
  ap: 114.128,
  as: 160,
  c: 0,
  t: T,
  q: 50385480,
  z: 3,
};
export const BAR = {
  ev: 'AM',
  sym: 'AAPL',
  v: 4110,
  av: 9470157,
  op: 0.4372,
  vw: 0.4488,
  o: 114,
  c: 114.5,
  h: 115,
  l: 113.5,
  a: 0.4352,
  z: 685,
  s: T - 1250,
  e: T + 58_750,
};

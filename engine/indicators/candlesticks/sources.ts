/** The books that patterns are taken from; limits in numbers are TA-Lib's. */
export const NISON = 'Nison, Japanese Candlestick Charting Techniques (1991); limits as in TA-Lib';
export const NISON_BEYOND = 'Nison, Beyond Candlesticks (1994); limits as in TA-Lib';
export const MORRIS = 'Morris, Candlestick Charting Explained (1992); limits as in TA-Lib';
export const CHESLER =
  'Chesler, Trading False Moves with the Hikkake Pattern, Active Trader (April 2004); as in TA-Lib';

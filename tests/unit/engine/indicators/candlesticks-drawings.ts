/**
 * Sixteen plain bars stand before every drawing, white and black in turn: body 2 (99 to 101), range 4
 * (98 to 102), shadows 1 each. So at first a long body is over 2, a doji up to 0.4, a very short shadow
 * under 0.4, a short one under 1, near is 0.8, far 2.4 and equal 0.2.
 */
const PLAIN = ['99 102 98 101', '101 102 98 99'] as const;
const LEAD = Array.from({ length: 16 }, (_, i) => PLAIN[i % 2] as string);

/** The columns of the plain bars and a drawing: bars as "open high low close", apart by |. */
export function barsOf(drawing: string): Float64Array[] {
  const rows = [...LEAD, ...drawing.split('|')].map((bar) => bar.trim().split(/\s+/u).map(Number));
  for (const [open = 0, high = 0, low = 0, close = 0] of rows) {
    if (!(low <= Math.min(open, close) && Math.max(open, close) <= high)) {
      throw new Error(`no such bar: ${open} ${high} ${low} ${close}`);
    }
  }
  return [0, 1, 2, 3].map((k) => Float64Array.from(rows, (row) => row[k] as number));
}

/** Pattern, mark of the last bar, bars as "open high low close", and what makes or breaks it. */
export type Case = readonly [id: string, mark: number, drawing: string, why: string];

const SINGLE: readonly Case[] = [
  ['cdllongline', 100, '100 104.5 99.5 104', 'body 4, shadows 0.5'],
  ['cdllongline', -100, '104 104.5 99.5 100', 'the same in black'],
  ['cdllongline', 0, '100 105.2 99.5 104', 'upper shadow 1.2 is not short'],
  ['cdlshortline', 100, '100 101.3 99.7 101', 'body 1, shadows 0.3'],
  ['cdlshortline', -100, '101 101.3 99.7 100', 'the same in black'],
  ['cdlshortline', 0, '100 102.2 99.7 101', 'upper shadow 1.2 is not short'],
  ['cdlmarubozu', 100, '100 104.2 99.8 104', 'body 4, shadows 0.2'],
  ['cdlmarubozu', -100, '104 104.2 99.8 100', 'the same in black'],
  ['cdlmarubozu', 0, '100 104.2 99.4 104', 'lower shadow 0.6'],
  ['cdlclosingmarubozu', 100, '100 104.1 98 104', 'closes at its high; the other shadow is free'],
  ['cdlclosingmarubozu', -100, '104 106 99.9 100', 'closes at its low'],
  ['cdlclosingmarubozu', 0, '100 104.6 98 104', 'closes 0.6 under its high'],
  ['cdlbelthold', 100, '100 106 99.9 104', 'opens at its low'],
  ['cdlbelthold', -100, '104 104.1 98 100', 'opens at its high'],
  ['cdlbelthold', 0, '100 106 99.4 104', 'opens 0.6 over its low'],
  ['cdlspinningtop', 100, '100 102.5 98.5 101', 'body 1, shadows 1.5'],
  ['cdlspinningtop', -100, '101 102.5 98.5 100', 'the same in black'],
  ['cdlspinningtop', 0, '100 102.5 99.2 101', 'lower shadow 0.8 is under the body'],
  ['cdlhighwave', 100, '100 102 98.5 100.5', 'body 0.5, shadows 1.5'],
  ['cdlhighwave', -100, '100.5 102 98.5 100', 'the same in black'],
  ['cdlhighwave', 0, '100 102 99.1 100.5', 'lower shadow 0.9 is under twice the body'],
  ['cdldoji', 100, '100 102 98 100.3', 'body 0.3'],
  ['cdldoji', 0, '100 102 98 100.5', 'body 0.5'],
  ['cdldragonflydoji', 100, '100 100.2 97 100.1', 'all the range below'],
  ['cdldragonflydoji', 0, '100 100.7 97 100.1', 'upper shadow 0.6'],
  ['cdlgravestonedoji', 100, '100 103 99.9 100.1', 'all the range above'],
  ['cdlgravestonedoji', 0, '100 103 99.4 100.1', 'lower shadow 0.6'],
  ['cdllongleggeddoji', 100, '100 102 99.9 100.2', 'upper shadow 1.8, body 0.2'],
  ['cdllongleggeddoji', 0, '100 100.5 99.8 100.3', 'shadows 0.2, body 0.3'],
  ['cdlrickshawman', 100, '100 102.1 98 100.1', 'body at the middle of 98 to 102.1'],
  ['cdlrickshawman', 0, '101.5 102.1 98 101.6', 'body 1.45 over the middle'],
  ['cdltakuri', 100, '100 100.2 97 100.1', 'lower shadow 3, body 0.1'],
  ['cdltakuri', 0, '100 100.4 99.5 100.3', 'lower shadow 0.5 is under twice the body'],
  ['cdlhammer', 100, '98 98.7 95 98.6', 'body at the low before, 98'],
  ['cdlhammer', 0, '100 100.7 97 100.6', 'the same shape 2 over the low before'],
  ['cdlhangingman', -100, '102 102.7 99 102.6', 'body at the high before, 102'],
  ['cdlhangingman', 0, '100 100.7 97 100.6', 'the same shape 2 under the high before'],
  ['cdlinvertedhammer', 100, '98 101 97.9 98.5', 'body under the body before, which ends at 99'],
  ['cdlinvertedhammer', 0, '98.8 101.5 98.7 99.3', 'no gap'],
  ['cdlshootingstar', -100, '101.5 105 101.4 102', 'body over the body before, which ends at 101'],
  ['cdlshootingstar', 0, '100.8 104 100.7 101.3', 'no gap'],
];

const PAIRS: readonly Case[] = [
  ['cdlengulfing', 100, '100 101 98 99 | 98.5 102 98 101', '98.5 to 101 covers 99 to 100'],
  ['cdlengulfing', -100, '99 101 98 100 | 100.5 101 98 98.5', 'black covers white'],
  ['cdlengulfing', 80, '100 101 98 99 | 99 102 98 101', 'equal at the lower end'],
  ['cdlengulfing', -80, '99 101 98 100 | 100 101 98 98.5', 'equal at the upper end'],
  ['cdlengulfing', 0, '100 101 98 99 | 98.5 102 98 99.8', 'ends 0.2 short'],
  ['cdlengulfing', 0, '100 101 98 99 | 99 102 98 100', 'equal at both ends'],
  ['cdlharami', 100, '104 104.5 99.5 100 | 101 102.5 100.5 102', 'body 1 within body 4'],
  ['cdlharami', -100, '100 104.5 99.5 104 | 103 103.5 101.5 102', 'after a white body'],
  ['cdlharami', 80, '104 104.5 99.5 100 | 100 102 99.5 101', 'equal at the lower end'],
  ['cdlharami', 0, '104 104.5 99.5 100 | 99.5 101 99 100.5', 'sticks out below'],
  ['cdlharamicross', 100, '104 104.5 99.5 100 | 102 103 101 102.1', 'doji within body 4'],
  ['cdlharamicross', -100, '100 104.5 99.5 104 | 102 103 101 102.1', 'after a white body'],
  ['cdlharamicross', 80, '104 104.5 99.5 100 | 100 103 99.5 100.1', 'equal at the lower end'],
  ['cdlharamicross', 0, '104 104.5 99.5 100 | 101.5 103 101 102.3', 'body 0.8 is no doji'],
  ['cdlhomingpigeon', 100, '104 104.5 99.5 100 | 102 102.5 100.8 101', 'both black'],
  ['cdlhomingpigeon', 0, '104 104.5 99.5 100 | 101 101.5 99 99.5', 'closes below the first'],
  ['cdlpiercing', 100, '104 104.2 99.8 100 | 99.5 103 99.3 102.5', 'closes over the middle, 102'],
  ['cdlpiercing', 0, '104 104.2 99.8 100 | 99.5 103 99.3 101.9', 'closes under the middle'],
  ['cdldarkcloudcover', -100, '100 104.2 99.8 104 | 104.5 105 101 101.5', 'under the middle, 102'],
  ['cdldarkcloudcover', 0, '100 104.2 99.8 104 | 104.5 105 102 102.5', 'over the middle'],
  ['cdlinneck', -100, '104 104.2 99.8 100 | 99.5 100.3 99 100.1', 'closes 0.1 over the close'],
  ['cdlinneck', 0, '104 104.2 99.8 100 | 99.5 100.3 99 99.9', 'closes below the close'],
  ['cdlonneck', -100, '104 104.2 99.8 100 | 99 100 98.8 99.7', 'closes 0.1 off the low, 99.8'],
  ['cdlonneck', 0, '104 104.2 99.8 100 | 99 100 98.8 99.5', 'closes 0.3 off the low'],
  ['cdlthrusting', -100, '104 104.2 99.8 100 | 99.5 102 99 101.5', 'between 100.2 and 102'],
  ['cdlthrusting', 0, '104 104.2 99.8 100 | 99.5 102.5 99 102.2', 'closes over the middle'],
  ['cdlcounterattack', 100, '104 104.2 99.8 100 | 97 100.5 96.8 100.1', 'closes 0.1 apart'],
  ['cdlcounterattack', -100, '100 104.2 99.8 104 | 107 107.2 103.5 103.9', 'black comes back'],
  ['cdlcounterattack', 0, '104 104.2 99.8 100 | 97 100.5 96.8 100.4', 'closes 0.4 apart'],
  ['cdlseparatinglines', 100, '102 102.5 98 99 | 102.1 106 102 105.5', 'opens 0.1 apart'],
  ['cdlseparatinglines', -100, '99 103 98.5 102 | 98.9 99 95 95.5', 'black runs away'],
  ['cdlseparatinglines', 0, '102 102.5 98 99 | 102.6 106 102.5 105.5', 'opens 0.6 apart'],
  ['cdlkicking', 100, '104 104.1 99.9 100 | 105 109.1 104.9 109', 'gap from 104.1 to 104.9'],
  ['cdlkicking', -100, '100 104.1 99.9 104 | 99 99.1 94.9 95', 'gap from 99.9 to 99.1'],
  ['cdlkicking', 0, '104 104.1 99.9 100 | 104 108.1 103.9 108', 'no gap'],
  ['cdlkickingbylength', -100, '106 106.1 99.9 100 | 107 111.1 106.9 111', 'black 6, white 4'],
  ['cdlkickingbylength', 100, '104 104.1 99.9 100 | 105 110.1 104.9 110', 'black 4, white 5'],
  ['cdlkickingbylength', 0, '106 106.1 99.9 100 | 106 110.1 105.9 110', 'no gap'],
  ['cdlmatchinglow', 100, '102 102.5 98.5 99 | 101 101.5 98.6 99.1', 'closes 0.1 apart'],
  ['cdlmatchinglow', 0, '102 102.5 98.5 99 | 101 101.5 98.6 99.4', 'closes 0.4 apart'],
  ['cdldojistar', -100, '100 104.5 99.5 104 | 105 105.5 104.5 105.1', 'doji over a white body'],
  ['cdldojistar', 100, '104 104.5 99.5 100 | 99 99.5 98.5 99.1', 'doji under a black body'],
  ['cdldojistar', 0, '100 104.5 99.5 104 | 103.9 104.5 103 104', 'no gap'],
];

const TRIPLES: readonly Case[] = [
  ['cdltristar', -100, '100 101 99 100.1 | 101 102 100.5 101.1 | 100.5 101 100 100.6', 'on top'],
  ['cdltristar', 100, '100 101 99 100.1 | 99 99.5 98 99.1 | 99.5 100 99 99.6', 'below'],
  ['cdltristar', 0, '100 101 99 100.1 | 100.05 101 99 100.15 | 100 101 99 100.1', 'no gap'],
  ['cdl3inside', 100, '104 104.5 99.5 100 | 101 102.5 100.5 102 | 102 105.5 101.8 105', '> 104'],
  ['cdl3inside', -100, '100 104.5 99.5 104 | 103 103.5 101.5 102 | 102 102.2 98.5 99', '< 100'],
  ['cdl3inside', 0, '104 104.5 99.5 100 | 101 102.5 100.5 102 | 102 104 101.8 103.5', 'not > 104'],
  ['cdl3outside', 100, '100 101 98 99 | 98.5 102 98 101 | 101 103 100.5 102', 'closes higher'],
  ['cdl3outside', -100, '99 101 98 100 | 100.5 101 98 98.5 | 98.5 99 97 97.5', 'closes lower'],
  ['cdl3outside', 0, '100 101 98 99 | 98.5 102 98 101 | 101 101.5 100.5 100.8', 'no higher close'],
  ['cdlmorningstar', 100, '104 104.5 99.5 100 | 99 99.5 98.3 98.5 | 99.5 103 99 102.5', '> 101.2'],
  [
    'cdlmorningstar',
    0,
    '104 104.5 99.5 100 | 99 99.5 98.3 98.5 | 98.5 101.5 98 101',
    'not > 101.2',
  ],
  ['cdlmorningstar', 0, '104 104.5 99.5 100 | 100.5 101 99.8 100 | 99.5 103 99 102.5', 'no gap'],
  ['cdleveningstar', -100, '100 104.5 99.5 104 | 105 105.7 104.5 105.5 | 104.5 105 101 101.5', ''],
  ['cdleveningstar', 0, '100 104.5 99.5 104 | 105 105.7 104.5 105.5 | 105.5 106 102.5 103', 'high'],
  ['cdlmorningdojistar', 100, '104 104.5 99.5 100 | 99 99.5 98.5 99.1 | 99.5 103 99 102.5', ''],
  ['cdlmorningdojistar', 0, '104 104.5 99.5 100 | 98.4 99.5 98 99 | 99.5 103 99 102.5', 'body 0.6'],
  [
    'cdleveningdojistar',
    -100,
    '100 104.5 99.5 104 | 105 105.5 104.5 105.1 | 104.5 105 101 101.5',
    '',
  ],
  [
    'cdleveningdojistar',
    0,
    '100 104.5 99.5 104 | 105 106 104.5 105.6 | 104.5 105 101 101.5',
    '0.6',
  ],
  ['cdlabandonedbaby', 100, '104 104.5 99.5 100 | 98.5 99 98 98.6 | 99.8 103 99.5 102.5', 'below'],
  ['cdlabandonedbaby', -100, '100 104.5 99.5 104 | 105.4 106 105 105.5 | 104 104.5 101 101.5', ''],
  ['cdlabandonedbaby', 0, '104 104.5 99.5 100 | 98.5 99.6 98 98.6 | 99.8 103 99.7 102.5', 'touch'],
  [
    'cdl3whitesoldiers',
    100,
    '100 102.1 99.5 102 | 101 103.6 100.8 103.5 | 102.5 105.1 102.3 105',
    '',
  ],
  [
    'cdl3whitesoldiers',
    0,
    '100 102.1 99.5 102 | 101 104.3 100.8 103.5 | 102.5 105.1 102.3 105',
    '0.8',
  ],
  ['cdladvanceblock', -100, '100 104.2 99.5 104 | 103 105.5 102.8 105 | 104.5 107 104.3 105.5', ''],
  [
    'cdladvanceblock',
    0,
    '100 104.2 99.5 104 | 103 105.5 102.8 105 | 104.5 107.6 104.3 107.5',
    'no',
  ],
  [
    'cdlstalledpattern',
    -100,
    '100 103.5 99.5 103 | 102 106.2 101.8 106 | 105.8 107 105.5 106.5',
    '',
  ],
  [
    'cdlstalledpattern',
    0,
    '100 103.5 99.5 103 | 102 106.2 101.8 106 | 104 108 103.8 107.5',
    'long',
  ],
  ['cdlidentical3crows', -100, '104 104.3 101.9 102 | 102 102.2 99.9 100 | 100 100.2 97.9 98', ''],
  [
    'cdlidentical3crows',
    0,
    '104 104.3 101.9 102 | 102 102.2 99.9 100 | 100.5 100.7 97.9 98',
    '0.5',
  ],
  [
    'cdl2crows',
    -100,
    '100 104.5 99.5 104 | 106 106.5 104.8 105 | 105.5 105.8 101.5 102',
    'back in',
  ],
  [
    'cdl2crows',
    0,
    '100 104.5 99.5 104 | 106 106.5 104.8 105 | 105.5 105.8 104.2 104.5',
    'in the gap',
  ],
  [
    'cdlupsidegap2crows',
    -100,
    '100 104.5 99.5 104 | 105.5 106 104.8 105 | 106 106.5 104.2 104.5',
    '',
  ],
  [
    'cdlupsidegap2crows',
    0,
    '100 104.5 99.5 104 | 105.5 106 104.8 105 | 106 106.5 103.2 103.5',
    'shut',
  ],
  ['cdltasukigap', 100, '100 102.5 99.5 102 | 103 105.5 102.8 105 | 104 104.5 102.2 102.5', 'open'],
  ['cdltasukigap', -100, '102 102.5 99.5 100 | 99 99.3 96.5 97 | 98 99.8 97.5 99.5', 'open'],
  ['cdltasukigap', 0, '100 102.5 99.5 102 | 103 105.5 102.8 105 | 104 104.5 101.5 101.8', 'shut'],
  [
    'cdlgapsidesidewhite',
    100,
    '100 102.5 99.5 102 | 103 105.5 102.8 105 | 103.1 105.4 102.9 105.2',
    '',
  ],
  ['cdlgapsidesidewhite', -100, '102 102.5 99.5 100 | 97 99.3 96.8 99 | 97.1 99.2 96.9 98.9', ''],
  [
    'cdlgapsidesidewhite',
    0,
    '100 102.5 99.5 102 | 103 105.5 102.8 105 | 103.8 106 103.5 105.8',
    '0.8',
  ],
  [
    'cdlxsidegap3methods',
    100,
    '100 102.5 99.5 102 | 103 105.5 102.8 105 | 104 104.2 100.8 101',
    '',
  ],
  ['cdlxsidegap3methods', -100, '102 102.5 99.5 100 | 99 99.2 96.8 97 | 98 101.2 97.8 101', 'shut'],
  [
    'cdlxsidegap3methods',
    0,
    '100 102.5 99.5 102 | 103 105.5 102.8 105 | 104 104.2 102.2 102.5',
    'open',
  ],
  [
    'cdl3starsinsouth',
    100,
    '104 104.3 94 100 | 102 102.3 96 99.5 | 99.2 99.3 98.6 98.7',
    'higher lows',
  ],
  [
    'cdl3starsinsouth',
    0,
    '104 104.3 94 100 | 102 102.3 93.8 99.5 | 99.2 99.3 98.6 98.7',
    'a new low',
  ],
  ['cdlunique3river', 100, '104 104.5 99 100 | 103 103.3 97 101 | 98 99.2 97.8 99', 'low 97 holds'],
  [
    'cdlunique3river',
    0,
    '104 104.5 99 100 | 103 103.3 99.2 101 | 100 101.2 99.8 101',
    'no new low',
  ],
  [
    'cdlsticksandwich',
    100,
    '102 102.5 99.5 100 | 100.5 103 100.3 102.5 | 102.8 103 99.9 100.1',
    '',
  ],
  [
    'cdlsticksandwich',
    0,
    '102 102.5 99.5 100 | 100.5 103 100.3 102.5 | 102.8 103 99.9 100.5',
    '0.5',
  ],
];

const WHITE_METHODS = '100 105 99.5 104.5 | 104 104.3 102.8 103 | 103.5 103.7 102.2 102.5';
const BLACK_METHODS = '104.5 105 99.5 100 | 100.5 101.7 100.2 101.5 | 101 102.3 100.8 102';
export const MAT = '100 105 99.5 104.5 | 105.5 105.8 104.8 105 | 104.8 105 103.8 104';
const FALL = '104.5 105 99.5 100 | 99 99.3 96.8 97 | 97 98.5 96 97.5 | 97 97.5 95 95.5';
const RISE = '95.5 100.5 95 100 | 101 103.2 100.7 103 | 103 104 101.5 102.5 | 103 105 102.5 104.5';
const LADDER = '104 104.5 101.5 102 | 103 103.5 100.5 101 | 102 102.5 99.5 100 | 101 102.5 98.5 99';
const CROWS = '100 103 99.5 102.5 | 102 102.3 99.9 100 | 101.5 101.7 98.4 98.5';
const CLIMB = '100 102.5 99.5 102 | 101 103.5 100.5 103 | 102 104.5 101.5 104';
const DROP = '102 102.5 99.5 100 | 101 101.5 98.5 99 | 100 100.5 97.5 98';
const BABY = '106 106.1 101.9 102 | 103 103.1 99.9 100 | 99 101 96.8 97';
export const TRAP = '100 105 95 102 | 101 104 96 100';
const TRAPS = '100 106 94 100 | 99 105 95 95.3 | 98 104 96 99';

const LONGER: readonly Case[] = [
  ['cdl3linestrike', 100, `${CLIMB} | 104.5 105 99 99.5`, 'takes all of 100 to 104 back'],
  ['cdl3linestrike', -100, `${DROP} | 97.5 103 97 102.5`, 'takes all of 102 to 98 back'],
  ['cdl3linestrike', 0, `${CLIMB} | 104.5 105 100 100.5`, 'stays above the first open, 100'],
  ['cdl3blackcrows', -100, `${CROWS} | 100 100.2 96.4 96.5`, 'opens inside 98.5 to 101.5'],
  ['cdl3blackcrows', 0, `${CROWS} | 98.4 98.6 96.4 96.5`, 'opens below the body before'],
  ['cdlconcealbabyswall', 100, `${BABY} | 101.5 101.6 95.9 96`, 'swallows 96.8 to 101'],
  ['cdlconcealbabyswall', 0, `${BABY} | 100.8 100.9 95.9 96`, 'high under 101'],
  [
    'cdlrisefall3methods',
    100,
    `${WHITE_METHODS} | 103 103.2 101.7 102 | 102.5 106.5 102.3 106`,
    '',
  ],
  [
    'cdlrisefall3methods',
    -100,
    `${BLACK_METHODS} | 101.5 102.8 101.3 102.5 | 102 102.2 98 98.5`,
    '',
  ],
  [
    'cdlrisefall3methods',
    0,
    `${WHITE_METHODS} | 103 103.2 101.7 102 | 102.1 104.6 102 104.4`,
    '104.4',
  ],
  [
    'cdlmathold',
    100,
    `${MAT} | 104.2 104.5 103.2 103.5 | 104 107 103.8 106.5`,
    'holds over 102.25',
  ],
  ['cdlmathold', 0, `${MAT} | 102.8 103 101.7 102 | 104 107 103.8 106.5`, 'falls to 102'],
  ['cdlbreakaway', 100, `${FALL} | 96 99.8 95.8 99.5`, 'closes in the gap from 99 to 100'],
  ['cdlbreakaway', -100, `${RISE} | 104 104.2 100.2 100.5`, 'closes in the gap from 100 to 101'],
  ['cdlbreakaway', 0, `${FALL} | 96 99.8 95.8 98.5`, 'closes short of the gap'],
  ['cdlladderbottom', 100, `${LADDER} | 101.5 104 101.3 103.5`, 'closes over the high, 102.5'],
  ['cdlladderbottom', 0, `${LADDER} | 101.5 104 101.3 102.3`, 'closes under the high'],
  ['cdlhikkake', 100, `${TRAP} | 99 103 94 98`, 'false break down from 96 to 104'],
  ['cdlhikkake', -100, `${TRAP} | 101 106 97 102`, 'false break up'],
  ['cdlhikkake', 0, `${TRAP} | 99 105 94 98`, 'an outside bar'],
  ['cdlhikkake', 200, `${TRAP} | 99 103 94 98 | 99 105 97 104.5`, 'closes over 104'],
  ['cdlhikkake', -200, `${TRAP} | 101 106 97 102 | 101 102 94 95.5`, 'closes under 96'],
  ['cdlhikkake', 0, `${TRAP} | 99 103 94 98 | 99 105 97 104`, 'closes at 104'],
  ['cdlhikkakemod', 100, `${TRAPS} | 97 103 95.5 96`, 'false break down after two inside bars'],
  ['cdlhikkakemod', -100, `${TRAPS.replace('95.3', '104.7')} | 103 104.5 97 104`, 'and up'],
  ['cdlhikkakemod', 0, `${TRAPS.replace('95.3', '101')} | 97 103 95.5 96`, 'context close amid'],
  ['cdlhikkakemod', 200, `${TRAPS} | 97 103 95.5 96 | 98 105 97 104.5`, 'closes over 104'],
];

export const CASES: readonly Case[] = [...SINGLE, ...PAIRS, ...TRIPLES, ...LONGER];

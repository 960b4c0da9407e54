import {
  FEE_TABLES,
  type FeeModel,
  type MarginRule,
  type SlippageModel,
} from '../../engine/domain/backtest.ts';
import { bad, numberOf, parseRate, parseSlippage } from './values.ts';

/** Readers of what trading costs. Each throws RenataError BAD_INPUT that names the option and its forms. */

/** Bars over which `sqrt-impact` measures volatility and volume unless it is told another number. */
const IMPACT_WINDOW = 20;
const MOST_WINDOW = 10_000;
const MOST_AMOUNT = 1e9;
const MOST_COEFFICIENT = 1_000;
/** VIP levels of Binance. */
const MOST_TIER = 9;

export interface SlippageSettings {
  readonly slippageBps: number;
  readonly slippage?: SlippageModel;
}

/**
 * `5bps` or `0.05%` of the price, `0.01/share` in money, `spread:2bps` half of such a spread,
 * `volume-share:0.1` by the square of the share of the bar's volume, `sqrt-impact:0.5` or
 * `sqrt-impact:0.5,window=50` by its square root.
 */
export function parseSlippageModel(text: string, option = 'slippage'): SlippageSettings {
  const wrong = (how: string): Error => bad(option, text, how);
  if (/^\s*fitted\s*$/i.test(text)) {
    throw wrong('is for renata backtest alone; it says which model it stands for, give that here.');
  }
  const each = /^(.*)\/\s*share\s*$/i.exec(text);
  if (each !== null) {
    const amount = numberOf(each[1] ?? '');
    if (amount >= 0 && amount <= MOST_AMOUNT) return modelled({ kind: 'fixed', amount });
    throw wrong('is not an amount of price; write it as 0.01/share.');
  }
  const named = /^\s*([a-z-]+)\s*:(.*)$/i.exec(text);
  if (named === null) return { slippageBps: parseSlippage(text, option) };
  const [, kind = '', given = ''] = named;
  switch (kind.toLowerCase()) {
    case 'spread':
      return modelled({ kind: 'spread', bps: parseSlippage(given, option) });
    case 'volume-share': {
      const coefficient = coefficientOf(given);
      if (coefficient !== undefined) return modelled({ kind: 'volume-share', coefficient });
      throw wrong(
        `has no coefficient from 0 to ${MOST_COEFFICIENT}; write it as volume-share:0.1.`,
      );
    }
    case 'sqrt-impact': {
      const [first = '', ...more] = given.split(',');
      const coefficient = coefficientOf(first);
      const window = windowOf(more);
      if (coefficient !== undefined && window !== undefined) {
        return modelled({ kind: 'square-root', coefficient, window });
      }
      throw wrong(
        `is not an impact; write sqrt-impact:0.5 with a coefficient from 0 to ${MOST_COEFFICIENT}, or sqrt-impact:0.5,window=20 with 2 to ${MOST_WINDOW} bars.`,
      );
    }
    default:
      throw wrong(
        'is not a price change; write 5bps, 0.05%, 0.01/share, spread:2bps, volume-share:0.1 or sqrt-impact:0.5.',
      );
  }
}

function modelled(slippage: SlippageModel): SlippageSettings {
  return { slippageBps: 0, slippage };
}

function coefficientOf(text: string): number | undefined {
  const value = numberOf(text);
  return value >= 0 && value <= MOST_COEFFICIENT ? value : undefined;
}

function windowOf(parts: readonly string[]): number | undefined {
  if (parts.length === 0) return IMPACT_WINDOW;
  const match = /^\s*window\s*=(.*)$/i.exec(parts[0] ?? '');
  const window = match === null || parts.length > 1 ? Number.NaN : numberOf(match[1] ?? '');
  return Number.isInteger(window) && window >= 2 && window <= MOST_WINDOW ? window : undefined;
}

/** `ibkr-fixed`, `ibkr-tiered`, `alpaca`, `binance`, `binance:3` for a VIP level, `binance:3,bnb`. */
export function parseFees(text: string, option = 'fees'): FeeModel {
  const match = /^([a-z-]+)(?::([^,]*))?(,\s*bnb)?$/.exec(text.trim().toLowerCase());
  const [, name = '', tierText, bnb] = match ?? [];
  const table = name === 'binance' ? 'binance-spot' : FEE_TABLES.find((known) => known === name);
  if (table === undefined) {
    throw bad(
      option,
      text,
      'is not a fee table; write ibkr-fixed, ibkr-tiered, alpaca, binance, or binance:3 for a VIP level.',
    );
  }
  if (table !== 'binance-spot') {
    if (tierText === undefined && bnb === undefined) return { table };
    throw bad(option, text, `has a level, and ${table} has none; write ${table}.`);
  }
  const tier = tierText === undefined ? undefined : numberOf(tierText);
  if (tier !== undefined && !(Number.isInteger(tier) && tier >= 0 && tier <= MOST_TIER)) {
    throw bad(option, text, `is not a VIP level; write binance:0 to binance:${MOST_TIER}.`);
  }
  return {
    table,
    ...(tier === undefined ? {} : { tier }),
    ...(bnb === undefined ? {} : { payWithBnb: true }),
  };
}

/** A part of a whole as `10%` or `0.1`; NaN for any other text. */
function partOf(text: string): number {
  const plain = text.trim();
  if (!plain.endsWith('%')) return numberOf(plain);
  return Number((numberOf(plain.slice(0, -1)) / 100).toPrecision(15));
}

/** Part of a bar's volume: `10%`. A bare number could be a percentage or a part and is not taken. */
export function parseVolumeLimit(text: string, option = 'volume-limit'): number {
  const part = text.trim().endsWith('%') ? partOf(text) : Number.NaN;
  if (part > 0 && part <= 1) return part;
  throw bad(option, text, 'is not a part of the volume above 0% and up to 100%; write it as 10%.');
}

/** Initial and maintenance margin: `50%,25%` or `0.5,0.25`. */
export function parseMargin(text: string, option = 'margin'): MarginRule {
  const parts = text.split(',');
  const [initial = Number.NaN, maintenance = Number.NaN] = parts.map(partOf);
  if (parts.length !== 2 || !(initial > 0 && initial <= 1 && maintenance >= 0 && maintenance < 1)) {
    throw bad(
      option,
      text,
      'is not an initial and a maintenance margin; write them as 50%,25%, each a part of the position’s value.',
    );
  }
  if (maintenance <= initial) return { initial, maintenance };
  throw bad(
    option,
    text,
    'would liquidate a position as soon as it is open: the maintenance margin is above the initial one.',
  );
}

/**
 * Largest yearly rates that are taken. Shares that are hard to borrow have cost several times their value a
 * year, though never for long; lent money costs a few percent more than the market's rate.
 */
const MOST_PAID = { borrow: 5, debit: 1 } as const;

/** A yearly rate that is paid: `3%`. */
export function parsePaidRate(text: string, option: keyof typeof MOST_PAID): number {
  const most = MOST_PAID[option];
  // Any rate is read, so that there is one sentence for those that are out of bounds.
  const rate = parseRate(text, option, Infinity, -Infinity);
  if (rate >= 0 && rate <= most) return rate;
  const wrong = rate < 0 ? 'is below 0, and it is a cost' : 'is more than anybody pays for a year';
  throw bad(option, text, `${wrong}; write a rate from 0% to ${most * 100}%, such as 3%.`);
}

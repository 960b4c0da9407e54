import type { CommissionModel, SizeRule } from '../../engine/domain/backtest.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { MS_PER_DAY, parseIsoTime } from '../../engine/domain/time.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';

/** Readers of option values. Each throws RenataError BAD_INPUT that names the option and its forms. */

const NUMBER = /^[+-]?(?:\d+(?:_\d{3})*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** A decimal number such as `100000`, `100_000`, `0.5` or `1e6`; NaN for any other text. */
export function numberOf(text: string): number {
  const plain = text.trim();
  return NUMBER.test(plain) ? Number(plain.replaceAll('_', '')) : Number.NaN;
}

export function bad(option: string, text: string, how: string): RenataError {
  return new RenataError('BAD_INPUT', `${option}: "${text}" ${how}`, {
    details: { parameter: option },
  });
}

/** An empty folder name, as of an unset variable of a shell, would mean the present folder. */
export function parseDataDirectory(text: string): string {
  if (text.trim() !== '') return text;
  throw bad('data-dir', text, 'names no folder; give one, or leave --data-dir out.');
}

export function parseNumber(text: string, option: string): number {
  const value = numberOf(text);
  if (Number.isFinite(value)) return value;
  throw bad(option, text, 'is not a number; write it as 10 or 0.5.');
}

export function parseAmount(text: string, option: string): number {
  const value = numberOf(text.trim().replace(/^\$/, ''));
  if (Number.isFinite(value) && value > 0) return value;
  throw bad(option, text, 'is not an amount above 0; write it as 100000.');
}

export function parseNotNegative(text: string, option: string): number {
  const value = numberOf(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw bad(option, text, 'is not a number of 0 or more; write it as 1 or 0.001.');
}

export function parseWhole(text: string, option: string, most: number): number {
  const value = numberOf(text);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw bad(option, text, `is not a whole number from 0 to ${most}.`);
}

/**
 * Commission of a fill: `0.1%` of its value, `0.005/share`, both joined by `+`, each with `,min=1` for
 * the least that a fill costs. `5bps` is 0.05%.
 */
export function parseCommission(text: string, option = 'commission'): CommissionModel {
  const wrong = (): RenataError =>
    bad(option, text, 'is not a commission; write 0.1%, 0.005/share or 0.1%,min=1.');
  let minimum = 0;
  let minimums = 0;
  let percent: number | undefined;
  let perShare: number | undefined;
  for (const part of text.split(/[,+]/)) {
    const least = /^\s*min\s*=(.*)$/i.exec(part);
    const each = /^(.*)\/\s*share\s*$/i.exec(part);
    if (least !== null) {
      minimum = numberOf(least[1] ?? '');
      minimums += 1;
    } else if (each !== null && perShare === undefined) {
      perShare = numberOf(each[1] ?? '');
    } else if (percent === undefined) {
      percent = percentOf(part);
    } else {
      throw wrong();
    }
  }
  const model = { percent: percent ?? 0, perShare: perShare ?? 0, minimum };
  const values = Object.values(model);
  const named = percent !== undefined || perShare !== undefined;
  if (minimums > 1 || !named || values.some((value) => !Number.isFinite(value) || value < 0)) {
    throw wrong();
  }
  if (model.percent > 100) throw bad(option, text, 'is more than the whole value; write 0.1%.');
  return model;
}

/** `0.1%` is 0.1 and `5bps` 0.05; a bare number has no unit and only 0 needs none. NaN otherwise. */
function percentOf(text: string): number {
  const match = /^(.*?)\s*(%|bps?)\s*$/i.exec(text.trim());
  if (match === null) return numberOf(text) === 0 ? 0 : Number.NaN;
  const value = numberOf(match[1] ?? '');
  return match[2] === '%' ? value : value / 100;
}

/** Basis points of `5bps` or `0.05%`. */
export function parseSlippage(text: string, option = 'slippage'): number {
  const match = /^(.*?)\s*(%|bps?)\s*$/i.exec(text.trim());
  const value = numberOf(match?.[1] ?? text);
  // Multiplied in decimal: 0.07 * 100 is not 7 in binary.
  const points = match?.[2] === '%' ? Number((value * 100).toPrecision(15)) : value;
  const hasUnit = match !== null || value === 0;
  if (hasUnit && Number.isFinite(points) && points >= 0 && points <= 10_000) return points;
  throw bad(option, text, 'is not a price change; write 5bps or 0.05%.');
}

/** `all`, `50%` of equity, `100` units or `$10000` of value. */
export function parseSize(text: string, option = 'size'): SizeRule {
  const plain = text.trim();
  if (plain.toLowerCase() === 'all') return { kind: 'all' };
  if (plain.endsWith('%')) {
    const percent = numberOf(plain.slice(0, -1));
    if (percent > 0 && percent <= 100) return { kind: 'percent', percent };
  } else if (plain.startsWith('$')) {
    const notional = numberOf(plain.slice(1));
    if (notional > 0 && Number.isFinite(notional)) return { kind: 'notional', notional };
  } else {
    const quantity = numberOf(plain);
    if (quantity > 0 && Number.isFinite(quantity)) return { kind: 'quantity', quantity };
  }
  throw bad(option, text, "is not a size; write all, 50%, 100 (units) or '$10000' (value).");
}

/**
 * A yearly rate as a fraction: `2%` is 0.02. A bare number could mean either and only 0 is taken.
 * @param most the largest that is taken
 */
export function parseRate(text: string, option: string, most = 1, least = -1): number {
  const plain = text.trim();
  const value = numberOf(plain.endsWith('%') ? plain.slice(0, -1) : plain);
  const fraction = Number((value / 100).toPrecision(15));
  const hasUnit = plain.endsWith('%') || value === 0;
  if (!hasUnit || !Number.isFinite(fraction)) {
    throw bad(option, text, 'is not a yearly rate; write it as 2%.');
  }
  if (fraction >= least && fraction <= most) return fraction;
  throw bad(
    option,
    text,
    `is no likely yearly rate; from ${least * 100}% to ${most * 100}% are taken.`,
  );
}

/** First instant of a date, or the instant itself. UTC. */
export function parseStart(text: string): number {
  return parseIsoTime(text, 'start');
}

/** Last millisecond of a date, or the instant itself. UTC. */
export function parseEnd(text: string): number {
  const time = parseIsoTime(text, 'end');
  return /[T:]/.test(text) ? time : time + MS_PER_DAY - 1;
}

export function parseTimeframe(text: string): string {
  return timeframe(text);
}

const DELIMITERS: Readonly<Record<string, ',' | ';' | '\t' | '|' | ' '>> = {
  ',': ',',
  comma: ',',
  ';': ';',
  semicolon: ';',
  '\t': '\t',
  '\\t': '\t',
  tab: '\t',
  '|': '|',
  pipe: '|',
  ' ': ' ',
  space: ' ',
};

/** A delimiter as itself or by name: `tab`, `comma`, `semicolon`, `pipe`, `space`. */
export function parseDelimiter(text: string): ',' | ';' | '\t' | '|' | ' ' {
  const found = Object.hasOwn(DELIMITERS, text.toLowerCase())
    ? DELIMITERS[text.toLowerCase()]
    : undefined;
  if (found !== undefined) return found;
  throw bad('delimiter', text, 'is not a delimiter; use comma, semicolon, tab, pipe or space.');
}

const ROLES = ['time', 'date', 'clock', 'open', 'high', 'low', 'close', 'volume'] as const;
export type ColumnRole = (typeof ROLES)[number];
export type ColumnNames = Partial<Record<ColumnRole, string>>;

/** Adds `open=Eröffnung` to the columns named so far. */
export function parseColumn(text: string, before: ColumnNames = {}): ColumnNames {
  const place = text.indexOf('=');
  const role = ROLES.find((known) => known === text.slice(0, Math.max(place, 0)).trim());
  const name = text.slice(place + 1).trim();
  if (role === undefined || name === '') {
    throw bad('column', text, `is not ROLE=NAME with a role of ${ROLES.join(', ')}.`);
  }
  if (before[role] !== undefined) throw bad('column', text, `names ${role} a second time.`);
  return { ...before, [role]: name };
}

/** Adds `NAME=VALUE` to the pairs given so far. */
export function parsePair(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const place = text.indexOf('=');
  if (place < 1) throw bad('param', text, 'is not NAME=VALUE; write it as fast=10.');
  return { ...before, [text.slice(0, place).trim()]: text.slice(place + 1).trim() };
}

/** A value of an option with fixed choices. */
export function parseChoice<Choice extends string>(
  text: string,
  option: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw bad(option, text, `is not one of ${choices.join(', ')}.`);
}

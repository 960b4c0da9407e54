import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { View } from '../../engine/allocation/black-litterman.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { nearestName } from '../services/nearest-name.ts';
import { numberOf } from './values.ts';

/** An opinion as it is written: `TLT returns 4%`, `SPY beats TLT, GLD by 3% confidence 60%`. */
export interface WrittenView {
  /** By symbol, 1 for those that gain and −1 in all for those that they beat; baskets by market weight. */
  readonly weights: Readonly<Record<string, number>>;
  /** A year. */
  readonly expected: number;
  readonly confidence?: number;
  readonly text: string;
}

const VIEW =
  /^(?<gaining>.+?)\s+(?:returns\s+(?<absolute>\S+?)|beats?\s+(?<losing>.+?)\s+by\s+(?<relative>\S+?))(?:,?\s+confidence\s+(?<confidence>\S+))?$/i;
const FORMS =
  'write "TLT returns 4%" or "SPY beats TLT,GLD by 3%", with "confidence 60%" after it if you like';

export interface Opinions {
  /** In the order of the assets, summing to 1. */
  readonly market: readonly number[];
  readonly views: readonly WrittenView[];
}

/** Market weights and views of `--method black-litterman`; null for other methods. */
export function readOpinions(
  given: { readonly method: string; readonly market?: string; readonly views?: string },
  assets: readonly string[],
): Opinions | null {
  const { method, market: weights, views } = given;
  if (method !== 'black-litterman') {
    for (const [name, text] of Object.entries({ market: weights, views })) {
      if (text !== undefined) throw bad(name, `--${name} goes with --method black-litterman.`);
    }
    return null;
  }
  if (weights === undefined) throw bad('market', 'black-litterman needs --market SPY=60,TLT=40.');
  const market = parseMarket(weights, assets);
  return { market, views: views === undefined ? [] : parseViews(views, assets, market) };
}

/** Market weights of all assets, summing to 1. @throws RenataError BAD_INPUT naming what is wrong */
export function parseMarket(given: string, assets: readonly string[]): number[] {
  const weights = new Map<string, number>();
  for (const part of partsOf(given, /[,;\n]/, /[=]/)) {
    const match = /^([^=\s]+)\s*[=\s]\s*([\d._]+)\s*%?$/.exec(part);
    const symbol = (match?.[1] ?? '').toUpperCase();
    const value = numberOf(match?.[2] ?? '');
    if (match === null || !(value >= 0)) {
      throw bad('market', `"${part}" is not a weight; write SPY=60,TLT=40 (any unit).`);
    }
    if (!assets.includes(symbol)) throw unknown('market', symbol, assets);
    if (weights.has(symbol)) throw bad('market', `${symbol} is there twice.`);
    weights.set(symbol, value);
  }
  const missing = assets.filter((asset) => !weights.has(asset));
  if (missing.length > 0) {
    throw bad('market', `there is no weight of ${missing.join(', ')}; 0 is one, too.`);
  }
  const whole = [...weights.values()].reduce((sum, value) => sum + value, 0);
  if (!(whole > 0)) throw bad('market', 'at least one weight must be above 0.');
  return assets.map((asset) => (weights.get(asset) as number) / whole);
}

/**
 * Views of a text or a file, parted by semicolons or lines; `#` begins a remark.
 * @throws RenataError BAD_INPUT naming the view
 */
export function parseViews(
  given: string,
  assets: readonly string[],
  market: readonly number[],
): WrittenView[] {
  const views = partsOf(given, /[;\n]/, /\s(?:returns|beats?)\s/i).map((text) => {
    const { gaining, absolute, losing, relative, confidence } = VIEW.exec(text)?.groups ?? {};
    if (gaining === undefined) throw bad('views', `"${text}" is not a view; ${FORMS}.`);
    const weights: Record<string, number> = {};
    for (const [names, side] of [
      [gaining, 1],
      [losing ?? '', -1],
    ] as const) {
      for (const [symbol, weight] of basketOf(names, text, assets, market)) {
        if (weights[symbol] !== undefined) throw bad('views', `"${text}" names ${symbol} twice.`);
        weights[symbol] = side * weight;
      }
    }
    return {
      weights,
      expected: percentOf(absolute ?? relative ?? '', text),
      ...(confidence === undefined ? {} : { confidence: percentOf(confidence, text) }),
      text,
    };
  });
  if (views.length === 0) throw bad('views', `there is none; ${FORMS}.`);
  for (const { confidence, text } of views) {
    if (confidence !== undefined && !(confidence > 0 && confidence <= 1)) {
      throw bad('views', `the confidence of "${text}" is not above 0% and at most 100%.`);
    }
  }
  return views;
}

/** Views on the returns of a bar. */
export function viewsOfBar(views: readonly WrittenView[], periods: number): View[] {
  return views.map(({ weights, expected, confidence }) => ({
    weights,
    expected: expected / periods,
    confidence,
  }));
}

/** The text itself, or that of the file that it names. */
function partsOf(given: string, between: RegExp, ofText: RegExp): string[] {
  const path = resolve(given);
  const isFile = !ofText.test(given) && existsSync(path) && statSync(path).isFile();
  const text = isFile ? readFileSync(path, 'utf8') : given;
  return text
    .split('\n')
    .map((line) => line.replace(/#.*$/, ''))
    .join('\n')
    .split(between)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Symbols of one side with their weights, which sum to 1. */
function basketOf(
  names: string,
  text: string,
  assets: readonly string[],
  market: readonly number[],
): (readonly [string, number])[] {
  const symbols = names.split(',').flatMap((name) => name.trim().toUpperCase() || []);
  const weights = symbols.map((symbol) => {
    const at = assets.indexOf(symbol);
    if (at < 0) throw unknown('views', symbol, assets);
    return market[at] as number;
  });
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  if (symbols.length === 1) return [[symbols[0] as string, 1]];
  if (symbols.length > 0 && !(whole > 0)) {
    throw bad('views', `"${text}" has a group without any market weight; name one symbol.`);
  }
  return symbols.map((symbol, k) => [symbol, (weights[k] as number) / whole]);
}

function percentOf(written: string, text: string): number {
  const match = /^([+-]?[\d.]+)%$/.exec(written);
  const value = numberOf(match?.[1] ?? '') / 100;
  if (Number.isFinite(value)) return value;
  throw bad('views', `"${written}" in "${text}" is not a percentage; ${FORMS}.`);
}

function unknown(parameter: string, symbol: string, assets: readonly string[]): RenataError {
  const near = nearestName(symbol, assets);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  return bad(parameter, `${symbol} is not among the symbols ${assets.join(', ')}.${hint}`);
}

function bad(parameter: string, rule: string): RenataError {
  return new RenataError('BAD_INPUT', `${parameter}: ${rule}`, { details: { parameter } });
}
